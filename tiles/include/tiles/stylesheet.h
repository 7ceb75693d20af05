/* SPDX-License-Identifier: Apache-2.0 */
/* Styles of the whole map (MapLibre style specification, version 8): light, dark,
 * government blue, print. A layer that a stylesheet says nothing of keeps its own
 * style.json, so that a newly imported layer shows in each of them. */
#ifndef TILES_STYLESHEET_H
#define TILES_STYLESHEET_H

#include <engine/bytes.h>
#include <engine/query.h>

/** One parsed file: "source-layer" of its layers names layers of the map, drawing order
 * is that of the file. Immutable, shared by all threads. */
struct stylesheet;

/** All *.json of a directory. */
struct stylesheet_set;
/** `directory` NULL: an empty set. Errors: IM_EDATA with file and JSON path. */
IM_CHECKED enum im_code stylesheet_set_open(const char *directory,
                                            struct stylesheet_set **out,
                                            struct im_error *err);
void stylesheet_set_close(struct stylesheet_set *set);
uint32_t stylesheet_set_size(const struct stylesheet_set *set);
const struct stylesheet *stylesheet_set_at(const struct stylesheet_set *set,
                                           uint32_t i);
const struct stylesheet *stylesheet_set_find(const struct stylesheet_set *set,
                                             struct im_bytes id);

const char *stylesheet_id(const struct stylesheet *sheet); /* the file's name */
const char *stylesheet_title(const struct stylesheet *sheet, enum lang lang);
/** Its place in a list to choose from (metadata.order), else after all others. */
int stylesheet_order(const struct stylesheet *sheet);
/** Does it say which layers the map shows (metadata.layers): a map of one subject, not
 *  a look of the whole map. */
bool stylesheet_is_theme(const struct stylesheet *sheet);
/** As it was read; lives as long as the set. */
struct im_bytes stylesheet_json(const struct stylesheet *sheet);
/** Of its content, for the versions of maps. */
uint64_t stylesheet_hash(const struct stylesheet *sheet);

#endif
