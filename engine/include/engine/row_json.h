/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of one layer as GeoJSON, fast: what is the same in each of them is escaped once,
 * values are written from the columns to the buffer without a step between. */
#ifndef ENGINE_ROW_JSON_H
#define ENGINE_ROW_JSON_H

#include <engine/arena.h>
#include <engine/atlas.h>
#include <engine/json_writer.h>

enum row_json_style {
    ROW_JSON_PLAIN, /* lists and booleans as they are stored: "A;B", 1 */
    ROW_JSON_TYPED  /* ["A","B"], true */
};

struct row_json;
/** Without fields; NULL without memory. Lives in `arena`. */
struct row_json *row_json_new(const struct atlas_layer *layer,
                              enum row_json_style style,
                              struct im_arena *arena);
/** One more field, by index, to be written as member `name`. False without memory. */
IM_CHECKED bool row_json_add(struct row_json *rows, int field);
/** `"a":1,"b":"x"` within an object. */
void row_json_members(const struct row_json *rows, uint32_t feature, struct im_json *w);
/** `{"type":"Feature","id":"1","geometry":{...},"properties":`: what follows is for the
 *  caller to write. */
void row_json_begin(const struct row_json *rows,
                    uint32_t feature,
                    const struct geom *geometry,
                    int decimals,
                    struct im_json *w);

#endif
