/* SPDX-License-Identifier: Apache-2.0 */
/* What a map takes from a stylesheet: its layers, sorted by what they draw. */
#ifndef TILES_STYLESHEET_PART_H
#define TILES_STYLESHEET_PART_H

#include <tiles/stylesheet.h>

#include <jansson.h>

enum {
    STYLESHEET_MAX_BYTES = 1024 * 1024,
    STYLESHEET_MAX_SHEETS = 64,
    STYLESHEET_MAX_ID = 48
};

/** The style layers of one layer of the map, in the order of the file. */
struct stylesheet_part {
    char *source_layer;  /* the id of the layer; "": backgrounds */
    char *json;          /* a style.json (ARCHITECTURE.md) with them */
    uint32_t *positions; /* of each of them among the layers of the file */
    uint32_t n;
};

/** NULL: the sheet says nothing of this layer. `layer` "": the background. */
const struct stylesheet_part *stylesheet_part_find(const struct stylesheet *sheet,
                                                   const char *layer);
/** Does the whole map show this layer: one that metadata.layers lists; without such a
 *  list, `in_map` of its layer.json decides. */
bool stylesheet_shows(const struct stylesheet *sheet, const char *layer, bool in_map);
/** The file as JSON: to be read without changing any count of references. */
const json_t *stylesheet_root(const struct stylesheet *sheet);

#endif
