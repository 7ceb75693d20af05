/* SPDX-License-Identifier: Apache-2.0 */
/* What the columns of a file mean for a layer, and what a row comes to.
 *
 *   header.c   which sheet, which row names the columns, which rows are no data
 *   columns.c  column to field: by name, title, synonym, content, or as given
 *   check.c    one row: values and geometry, or what is wrong
 *
 * and what they share, see parts.h.
 */
#ifndef IMPORT_PLAN_H
#define IMPORT_PLAN_H

#include "../place/gazetteer.h"
#include "../place/online.h"
#include "../place/shape.h"
#include "../report/log.h"
#include "../source/source.h"

/* ---- header.c ---- */

struct header {
    size_t sheet;       /* of source_sheets */
    uint64_t first_row; /* of the header, as source_row.number */
    uint64_t last_row;
    const char **names; /* in the arena; unnamed columns get "column_7" */
    size_t n_names;
    const char *const *above; /* texts over the header, NULL-terminated */
    const char *others; /* sheets with rows that nobody chose and that are left out, "" */
    bool is_guess;            /* no name was recognised: the first full row was taken */
};
/** Look at the first rows of each sheet; the row whose cells are best known as names,
 *  titles or synonyms of `schema` (NULL: of any text, for new layers) is the header. A
 *  header of two rows with merged cells is joined ("坐标/经度"), units in a row below
 *  stand in brackets ("面积（亩）"), equal names are told apart ("备注_2"). The source
 * is left at the first row of the sheet. IM_EDATA several sheets fit, or none has rows;
 *  IM_ENOTFOUND no sheet of that name. */
IM_CHECKED enum im_code header_find(struct source *source,
                                    const struct layer_schema *schema,
                                    const struct source_options *options,
                                    struct im_arena *arena,
                                    struct header *out,
                                    struct im_error *err);
/** Is it no data: empty, a total (合计, 总计, 小计 ...) or a note
 *  (注：, 说明, 填表人 ...)? */
bool header_is_no_data(const struct source_row *row, size_t n_columns);
/** The heading of a section ("（二）苏州市（3家）") without its number and count:
 * "苏州市". False: the row is none. */
bool header_section(const struct source_row *row,
                    size_t n_columns,
                    struct im_arena *arena,
                    struct im_bytes *out);
/** The names of the columns once more, as on every printed page? */
bool header_is_repeated(const struct source *source, const struct source_row *row);

/* ---- the plan ---- */

enum position_kind {
    POSITION_NONE,
    POSITION_GEOMETRY, /* of the source's rows */
    POSITION_COLUMNS,  /* two columns of numbers or angles */
    POSITION_PAIR,     /* both in one column */
    POSITION_WKT
};

struct plan; /* columns.c */

struct plan_context {
    const struct import_options *options;
    const struct layer_schema *schema;
    struct im_bytes definition; /* JSON of the layer: for what the schema lacks */
    const struct gazetteer *gazetteer; /* NULL: none */
    struct online *online;             /* NULL: off */
    bool is_own; /* shipped with innomap: nothing is derived, rows need no position */
    struct import_report *report; /* mappings, notes, crs, columns are written to it */
    struct im_arena *arena;       /* lives as long as the report */
};

/** Finds the header of a grid, maps columns, decides where positions are and in which
 *  system. Errors say what the file has and what to give. */
IM_CHECKED enum im_code plan_make(const struct plan_context *context,
                                  struct source *source,
                                  struct plan **out,
                                  struct im_error *err);
void plan_release(struct plan *plan); /* NULL is fine */
enum position_kind plan_position(const struct plan *plan);
/** The schema that checked rows follow: the layer's, with the extra columns of
 *  --keep-extra at its end. */
const struct layer_schema *plan_schema(const struct plan *plan);
/** Per field: does this import say anything about it? */
bool plan_has_field(const struct plan *plan, size_t field);
/** The file says nothing about the field; its values follow from name, division,
 *  position or file. They are for new rows: what a stored row has stays. */
bool plan_is_derived(const struct plan *plan, size_t field);
/** Extra columns (--keep-extra) as fields of the layer: the definition with them, empty
 *  when there are none. */
struct im_bytes plan_definition(const struct plan *plan);

struct checked_row {
    struct source_value *values; /* per field of the schema, in the arena */
    struct geom geom;            /* EPSG:4326; GEOM_EMPTY: no position */
    bool is_no_data;             /* empty, total, note: skipped */
    bool is_good;
    bool has_key;     /* the file has the key column, and it is good */
    bool is_repaired; /* counts as `repaired` */
    bool is_placed;   /* `geom` was found by a name: a stored position is better */
    /* JSON of what was done to the position, for the lineage: {"x":..,"y":..,
       "crs":"gcj02"} or {"matched":..,"layer":..,"key":..,"text":..}; empty: nothing */
    struct im_bytes lineage;
};
/** `out` and all it refers to live in `arena` (reset by the caller after the row). All
 *  that is to be told goes to the report's log. IM_ENOMEM, IM_EIO. */
IM_CHECKED enum im_code check_row(struct plan *plan,
                                  const struct source_row *row,
                                  struct im_arena *arena,
                                  struct checked_row *out,
                                  struct im_error *err);

/** Refuse a row for what check_row cannot know, such as a repeat; told as its others.
 */
IM_CHECKED enum im_code plan_refuse(struct plan *plan,
                                    const struct source_row *row,
                                    struct im_arena *arena,
                                    struct checked_row *checked,
                                    size_t field,
                                    struct refusal why,
                                    struct im_error *err);
/** The cells of a row as a report may show them, n_columns of them; in the arena, NULL:
 *  memory ran out. */
const char *const *plan_cells(struct plan *plan,
                              const struct source_row *row,
                              struct im_arena *arena,
                              size_t *n_columns);

#endif
