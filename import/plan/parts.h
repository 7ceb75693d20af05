/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of import/plan, not by anyone else.
 *
 *   words.c     what columns are called
 *   private.c   what belongs to persons
 *   codes.c     code lists by code, title, synonym
 *   sample.c    the first rows, to decide by content
 *   plan.c      the steps from a file to a plan for its rows
 *   wishes.c    what a person said about columns
 *   columns.c   which column is which field, by name, by content
 *   units.c     in which unit a column's numbers are
 *   columns_report.c  what became of each column, what is missing
 *   mapping.c   --map, --set and a saved mapping as a list
 *   extra.c     columns that become fields of their own
 *   position.c  where positions are, in which coordinate system; position_read.c one
 *               row's position
 *   wkt.c       a cell of WKT
 *   values.c    one cell as the value of a field
 *   derive.c    what follows from name, division, position
 *   mended.c    refused rows that go out to be mended and come back
 *   check.c     one row
 */
#ifndef IMPORT_PLAN_PARTS_H
#define IMPORT_PLAN_PARTS_H

#include "plan.h"

#include "../text/text.h"

#include <jansson.h>

enum {
    NO_COLUMN = -1,
    NAME_MAX_CHARACTERS = 200,
    TEXT_MAX_BYTES = 20000,
    REASON_MAX = 320
};

static inline bool is_text(struct im_bytes a, const char *b)
{
    return im_bytes_equal(a, im_bytes_of(b));
}
static inline struct im_bytes bytes_from(struct im_bytes text, size_t at)
{
    return (struct im_bytes){text.data + at, text.len - at};
}
static inline bool bytes_start(struct im_bytes text, struct im_bytes with)
{
    return text.len >= with.len &&
           (with.len == 0 || memcmp(text.data, with.data, with.len) == 0);
}
static inline bool bytes_end(struct im_bytes text, struct im_bytes with)
{
    return text.len >= with.len &&
           (with.len == 0 ||
            memcmp(text.data + text.len - with.len, with.data, with.len) == 0);
}
/** Offset of `part` in `text`, -1 when it is not there. */
ptrdiff_t bytes_find(struct im_bytes text, struct im_bytes part);

/* ---- words.c ---- */

/** A table of texts with a number each; the first entry of a text stays. */
struct word_table {
    struct word_entry *entries;
    size_t n;
    size_t cap; /* a power of two */
    struct im_arena *arena;
};
/** False when memory runs out. `text` is borrowed. */
bool word_table_put(struct word_table *table, struct im_bytes text, int value);
/** NULL: not there. */
const int *word_table_get(const struct word_table *table, struct im_bytes text);
/** Slot `i` of `cap`; false when it is free. */
bool word_table_at(const struct word_table *table,
                   size_t i,
                   struct im_bytes *text,
                   int *value);

/** A column's name, folded for comparing. */
struct heading {
    struct im_bytes whole;  /* "面积(亩)" */
    struct im_bytes base;   /* "面积", without what stands in brackets */
    struct im_bytes inside; /* "亩"; as written, "" when there are no brackets */
    struct im_bytes last; /* of "空间位置/东经(度)": "东经(度)", "" of a single name */
    struct im_bytes last_base; /* "东经" */
};
struct heading heading_of(struct im_bytes name, struct im_arena *arena);

struct headings;
enum heading_tier { TIER_NAME, TIER_TITLE, TIER_SYNONYM, TIER_ENDING, TIER_NONE };
struct heading_match {
    int field; /* SCHEMA_NO_FIELD: none */
    enum heading_tier tier;
};
struct heading_match headings_match(const struct headings *headings,
                                    const struct heading *heading);
/** A name cut at 10 bytes by a DBF file: the only field that begins like it. */
struct heading_match headings_match_cut(const struct headings *headings,
                                        const struct heading *heading);

/** What columns are called: the names, titles and synonyms of the layer's fields, and
 *  the words that offices use everywhere. NULL: memory ran out. */
const struct headings *headings_new(const struct layer_schema *schema,
                                    struct im_arena *arena);

enum position_word {
    WORD_NONE,
    WORD_LON,
    WORD_LAT,
    WORD_X, /* east or, in surveying, north: the numbers tell */
    WORD_Y,
    WORD_PAIR,
    WORD_PAIR_LAT_FIRST,
    WORD_WKT,
    WORD_SYSTEM /* a column that names the coordinate system */
};
struct position_heading {
    enum position_word word;
    const char *system; /* as --crs has it, when the name says it: "bd09"; NULL */
};
struct position_heading heading_position(const struct heading *heading);
/** "GCJ-02", "百度", "CGCS2000", "WGS84", "EPSG:4549", "4490" as --crs has it; NULL:
 * not recognised. Static or in `arena`. */
const char *system_of_text(struct im_bytes text, struct im_arena *arena);
/** A sentence about the positions of a list that names a shifted system ("坐标取自高德
 *  地图"): as --crs has it; NULL: it says no such thing. */
const char *system_of_note(struct im_bytes text, struct im_arena *arena);
/** A column of remarks or sources: it may say where the coordinates are from. */
bool heading_is_remark(const struct heading *heading);
/** "所在地区", "所属区域": a division of some level. */
bool heading_is_region(const struct heading *heading);
/** A running number or a key of the programme that wrote the file. */
bool heading_is_row_number(const struct heading *heading);

/* ---- private.c ---- */

bool private_heading(const struct heading *heading);
/** A mobile number, identity number or e-mail address and nothing else. */
bool private_value(struct im_bytes text);
/** A mobile or identity number somewhere in it. */
bool private_inside(struct im_bytes text);
/** `text` with mobile and identity numbers starred; itself when there are none. */
struct im_bytes private_mask(struct im_bytes text, struct im_arena *arena);

/* ---- codes.c ---- */

struct code_table {
    const struct schema_field *field;
    struct word_table raw;         /* codes and titles as written */
    struct word_table folded;      /* and synonyms, and parts of titles */
    const struct im_bytes *titles; /* folded, for codes_in_name */
    const int *title_code;
    size_t n_titles;
};
/** NULL: memory ran out. */
struct code_table *codes_new(const struct schema_field *field, struct im_arena *arena);
/** The code that a cell means, or several joined by ';' for a list. False: not one. */
bool codes_find(const struct code_table *codes,
                struct im_bytes cell,
                struct im_arena *arena,
                struct im_bytes *out);
struct refusal codes_refusal(const struct code_table *codes,
                             struct im_bytes cell,
                             struct im_arena *arena);
/** The one code whose title or synonym stands in the name of a place; -1: none or
 *  several. */
int codes_in_name(const struct code_table *codes,
                  struct im_bytes name,
                  struct im_arena *arena);

/* ---- the plan ---- */

struct column {
    const char *name; /* as in the file */
    struct heading heading;
    const char *how; /* NULL: not decided yet */
    int field;       /* SCHEMA_NO_FIELD */
    bool is_personal;
    const char *note_zh;
    const char *note_en;
};

/** How a field gets its values. */
struct field_plan {
    int column;
    const char *how; /* NULL: the import says nothing about it */
    bool is_set;     /* `set` for all rows */
    struct source_value set;
    const char *set_text;
    struct im_bytes unit; /* of the numbers, from the column's name; "" as the field */
    int unit_column;      /* "面积单位": each row says its own; NO_COLUMN */
    bool fill_down;
    struct source_value last; /* what stood above; its text is in `last_text` */
    struct im_buf last_text;
    const struct code_table *codes; /* NULL: none */
    bool is_year;
    bool is_name;
    const char *note_zh;
    const char *note_en;
};

/** What follows from elsewhere; fields or SCHEMA_NO_FIELD. */
struct derived_fields {
    int category;
    int city;
    int district;
    int adcode;
    int precision;
    int source;
};

struct sample {
    struct im_arena *arena;
    struct im_bytes *cells; /* rows * columns, as text */
    bool *is_typed;         /* per column: every cell that is there is a number */
    size_t n_rows;
    size_t n_columns;
    bool is_all; /* the file has no more rows */
    double *xy;  /* of the first positions of geometries */
    size_t n_xy;
};

enum { DIVISION_CACHE = 256, DIVISION_KEY_MAX = 160 };
struct division_entry {
    uint8_t key[DIVISION_KEY_MAX];
    size_t len; /* 0: empty */
    const struct gazetteer_division *division;
    bool was_renamed;
};

struct plan {
    const struct source *source;
    const struct import_options *options;
    const struct layer_schema *schema; /* with extra fields */
    struct im_bytes definition;        /* empty: without extra fields */
    const struct gazetteer *gazetteer;
    struct online *online;
    struct import_report *report;
    struct im_arena *arena;
    const char *source_name;
    bool is_grid;
    bool is_own;    /* of innomap: shipped or exported, values are as in the store */
    bool shows_wkt; /* a report's rows end with their geometry */
    bool is_table;  /* the layer has no positions, or gets them elsewhere */
    bool can_place; /* rows are places, so a name can place them */

    struct column *columns;
    size_t n_columns;
    struct field_plan *fields; /* per field of the schema */

    enum position_kind position;
    int lon_column; /* also of a pair and of WKT */
    int lat_column;
    bool lat_first; /* of a pair */
    int system_column;
    struct crs_transform crs;
    struct shape_rules shape;
    const char *given_crs; /* by a person, NULL */
    const char *crs_name;  /* as --crs has it, or the file's own; for the lineage */
    const char *crs_json;  /* the same as a JSON text */
    bool is_assumed; /* degrees of no named system: a note may still name another */
    const char *const *above; /* texts over the header, NULL-terminated; NULL: none */
    const struct gazetteer_division *section; /* "（二）苏州市" stood above; NULL */
    bool check_system; /* refuse rows whose system column says another one */
    enum import_unplaced unplaced;

    struct derived_fields derived;
    int name_field;
    int address_field;
    int district_field;
    bool can_lack_key; /* one is made from what identifies the place */
    bool online_failed;
    uint64_t sheet_hash; /* of the row before, for filling down */
    struct division_entry *divisions;
};

/** A remark in the report; texts are copied. */
IM_CHECKED enum im_code plan_note(struct plan *plan,
                                  const char *code,
                                  const char *zh,
                                  const char *en,
                                  struct im_error *err);
IM_CHECKED enum im_code plan_no_memory(struct im_error *err);
/** A terminated text of the plan's arena; NULL: memory ran out. */
char *plan_printf(struct im_arena *arena, const char *fmt, ...) IM_PRINTF(2, 3);

/* ---- sample.c ---- */

IM_CHECKED enum im_code sample_read(struct source *source,
                                    bool is_grid,
                                    struct sample *out,
                                    struct im_error *err);
void sample_release(struct sample *sample);
static inline struct im_bytes
sample_cell(const struct sample *sample, size_t row, int column)
{
    return sample->cells[row * sample->n_columns + (size_t)column];
}
/** How many cells of a column are not empty, and how many of them `test` likes. */
size_t sample_count(const struct sample *sample,
                    int column,
                    bool (*test)(void *ctx, struct im_bytes cell),
                    void *ctx,
                    size_t *n_filled);

/* ---- mapping.c ---- */

/** What a person said about columns, from the command line and from a saved mapping. */
struct wish {
    const char *target; /* field, "lon", "lat", "position", "wkt" */
    const char *source; /* column, or value for `is_set` */
    bool is_set;
    bool is_saved;
};
struct wishes {
    struct wish *list;
    size_t n;
    const char *crs;        /* of the saved mapping; NULL */
    const char **fill_down; /* NULL-terminated, never NULL */
};
IM_CHECKED enum im_code mapping_wishes(const struct import_options *options,
                                       struct im_arena *arena,
                                       struct wishes *out,
                                       struct im_error *err);
IM_CHECKED enum im_code mapping_save(const struct plan *plan, struct im_error *err);

/* ---- mended.c ---- */

/** Marks the columns that an earlier report added; `names` of all columns. */
void mended_columns(struct plan *plan, const char *const *names);
/** Sets the report's columns: those of the file, and one for the geometry where the
 *  file keeps it elsewhere. `names` has room for one more. */
void mended_report_columns(struct plan *plan, const char **names);
/** As text; "" when there is none or it is too long. In the arena. */
const char *mended_wkt(const struct geom *geom, struct im_arena *arena);

/* ---- extra.c ---- */

/** "Floor Area (m2)" as floor_area_m2; "" when it has letters of another script. Can it
 *  be the name of a field? */
bool heading_field_name(const char *heading, char out[SCHEMA_MAX_ID + 1]);
/** `fields` of a definition. */
bool fields_have(const json_t *fields, const char *name);

/** Unknown columns as fields of the layer: definition and schema are made anew. */
IM_CHECKED enum im_code extra_fields(struct plan *plan,
                                     struct im_bytes definition,
                                     const struct sample *sample,
                                     struct im_error *err);

/* ---- position.c ---- */

/** `lon`, `lat` ...: columns a person named, NO_COLUMN when not. */
struct position_wish {
    int lon;
    int lat;
    int pair;
    int wkt;
    const char *crs; /* that a person gave; NULL */
    const char *crs_how;
};
/** A row that is no data may say which system the positions are in: IM_EDATA then. */
IM_CHECKED enum im_code position_note(struct plan *plan,
                                      const struct source_row *row,
                                      struct im_arena *arena,
                                      struct im_error *err);
IM_CHECKED enum im_code position_plan(struct plan *plan,
                                      struct source *source,
                                      struct im_bytes definition,
                                      const struct position_wish *wish,
                                      const struct sample *sample,
                                      struct im_error *err);

struct position {
    struct geom geom; /* of the file's coordinates */
    bool is_missing;
    struct refusal refusal; /* code NULL: good or missing */
    const char *field;      /* where the refusal is */
    struct im_bytes value;
    const char *precision; /* what the digits are worth */
};
static inline const char *position_column(const struct plan *plan, int column)
{
    return plan->columns[column].name;
}
/** Is the system that a row names the one that is used? */
bool position_same_system(const char *named, const char *used);
/** Where the row says it is, as it says it. */
void position_read(const struct plan *plan,
                   const struct source_row *row,
                   struct im_arena *arena,
                   struct position *out);

/* ---- wkt.c ---- */

/** False: not WKT, of mixed kinds, or out of memory. */
bool wkt_read(struct im_bytes text, struct im_arena *arena, struct geom *out);

/* ---- values.c ---- */

/** What stood in the cell, for text fields and for the report. */
struct im_bytes cell_text(const struct source_value *cell, struct im_arena *arena);
bool cell_is_blank(const struct source_value *cell);
struct refusal refusal_of(const char *code,
                          const char *zh,
                          const char *en,
                          const char *suggestion_zh,
                          const char *suggestion_en);
/** The cell as the value of a field, in place. *is_about: a figure such as 约500. */
struct refusal value_check(const struct plan *plan,
                           size_t field,
                           struct source_value *value,
                           struct im_arena *arena,
                           bool *is_about);

/* ---- derive.c ---- */

void derive_plan(struct plan *plan);
/** The division that the row's values state; NULL: none, or not known. */
const struct gazetteer_division *
derive_stated(struct plan *plan, const struct source_value *values, bool *was_renamed);
struct gazetteer_question derive_question(const struct plan *plan,
                                          const struct source_value *values);
/** Fill what the file leaves open: category, division, source. */
void derive_values(struct plan *plan,
                   const struct checked_row *row,
                   const struct gazetteer_division *stated,
                   const struct gazetteer_division *found,
                   struct im_arena *arena);

#endif
