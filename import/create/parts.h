/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of import/create. */
#ifndef IMPORT_CREATE_PARTS_H
#define IMPORT_CREATE_PARTS_H

#include "survey.h"

#include <jansson.h>

/** What the layer is to be, before it is written as JSON. */
struct new_layer {
    const struct survey *survey;
    const char *id;
    enum schema_geometry geometry;
    json_t *fields;  /* array */
    json_t *roles;   /* object */
    const char *key; /* names of fields; "" none */
    const char *name;
    bool has_name_en;
    bool names_repeat; /* and nothing else tells the rows apart */
    bool has_precision;
    bool is_clustered; /* at low zooms */
    struct im_arena *arena;
};

/* Of a column that is rightly a key nearly every row has one of its own; the others are
 * mistakes, which are refused one by one. */
#define NEARLY_ALL 0.97

/* One column's way into the layer. */
struct choice {
    bool is_kept;
    int common; /* enum common_field; SCHEMA_NO_FIELD: a field of its own */
    bool is_key;
    bool is_name; /* takes the role, whatever it is called */
};

/* ---- choose.c ---- */

/** One choice per column, in the arena. */
IM_CHECKED enum im_code
choices_make(struct new_layer *layer, struct choice **out, struct im_error *err);
bool choices_have_key(const struct new_layer *layer, const struct choice *choices);

/* ---- codes.c ---- */

bool codes_fit(const struct survey_column *c, const struct choice *choice);
/** As `codes` of a definition; NULL: memory ran out. */
json_t *codes_make(const struct survey_column *c);
json_t *codes_of_precision(void);
bool text_is_ascii(const char *text);

/* ---- fields.c, style.c ---- */

/** Columns into fields; sets fields, roles, key, name ... IM_EDATA nothing to keep. */
IM_CHECKED enum im_code fields_make(struct new_layer *layer, struct im_error *err);
/** style.json as an object; NULL: memory ran out. */
json_t *
style_make(const struct new_layer *layer, const char *title_zh, const char *title_en);

#endif
