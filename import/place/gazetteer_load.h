/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files that load the gazetteer. */
#ifndef IMPORT_GAZETTEER_LOAD_H
#define IMPORT_GAZETTEER_LOAD_H

#include "gazetteer_internal.h"

#include <engine/schema.h>
#include <layers/sql.h>

enum {
    MIN_LOCAL_BYTES = 9, /* three Chinese characters */
    MIN_LATIN_BYTES = 4
};

struct table {
    const struct layer_schema *schema;
    int64_t n_rows;
};

struct loader {
    sqlite3 *db;
    struct gazetteer *g;
    struct im_arena *schemas;
    struct im_arena *scratch; /* one row */
    struct table *tables;
    size_t n_tables;
    const struct layer_schema *divisions; /* NULL: none */
    struct im_buf list;                   /* struct division */
    struct im_buf former;                 /* struct former_code */
    struct im_error *err;
};

/* ---- gazetteer_load.c ---- */

enum im_code loader_no_memory(struct loader *l);
/** In the gazetteer's arena; NULL: memory ran out. */
const char *loader_keep(struct loader *l, const char *text);

bool loader_is_places(const struct layer_schema *s);
/** SCHEMA_NO_FIELD: it has none of that name. */
int loader_field(const struct layer_schema *s, const char *name);

/** The columns of a row. */
enum {
    COL_KEY,
    COL_NAME,
    COL_NAME_EN,
    COL_ALIASES,
    COL_FORMER,
    COL_PRECISION,
    COL_ADCODE,
    COL_CITY,
    COL_DISTRICT,
    COL_FORMER_CODES,
    COL_AREA,
    COL_GEOM
};

/** Call `take` for each row; it sets *stop when nothing more is wanted. */
IM_CHECKED enum im_code
loader_each_row(struct loader *l,
                const struct layer_schema *s,
                const char *where,
                enum im_code (*take)(struct loader *,
                                     const struct layer_schema *,
                                     sqlite3_stmt *,
                                     bool *stop));
struct im_bytes loader_text(sqlite3_stmt *stmt, int column);
/** A point, or the middle of the box with how far that reaches as `reach_m`. */
bool loader_position(
    struct loader *l, sqlite3_stmt *stmt, double *lon, double *lat, double *reach_m);
/** The parts of "张江高科;张江园区". */
bool loader_next_part(struct im_bytes *list, struct im_bytes *part);

/* ---- gazetteer_load_divisions.c ---- */

bool division_is_code(const char *text); /* six digits */
/** The division of the first `digits` of the code and zeros behind; NONE. */
uint32_t
division_with_digits(const struct gazetteer *g, const char *adcode, size_t digits);
IM_CHECKED enum im_code load_divisions(struct loader *l);
IM_CHECKED enum im_code load_division_names(struct loader *l);

/* ---- gazetteer_load_places.c ---- */

IM_CHECKED enum im_code load_places(struct loader *l, const char *except_layer);

#endif
