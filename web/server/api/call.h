/* SPDX-License-Identifier: Apache-2.0 */
/* One question on its way from the parameters of a door to its answer. The doors are
 * /api/NAME by GET and POST, and `innomap NAME`; all of them fill in the same values by
 * the same table (params.c), run the same function and write the same answer. */
#ifndef API_CALL_H
#define API_CALL_H

#include "http_params.h"

#include <engine/analysis.h>
#include <engine/ask.h>
#include <engine/search.h>
#include <tiles/stylesheet.h>

enum api_param {
    API_LAYER,
    API_LON,
    API_LAT,
    API_NEAR,
    API_K,
    API_MAX_KM,
    API_EACH,
    API_RADIUS_KM,
    API_IN,
    API_BBOX,
    API_POLYGON,
    API_CORRIDOR,
    API_FROM,
    API_TO,
    API_HALF_WIDTH_KM,
    API_FILTER,
    API_FILTER_LANG,
    API_Q,
    API_DATETIME,
    API_PRECISION,
    API_BY,
    API_AREAS,
    API_MEASURE,
    API_PER,
    API_INDICATOR,
    API_EMPTY,
    API_MIN_COUNT,
    API_OTHER,
    API_OTHER_FILTER,
    API_SHOW,
    API_ACROSS,
    API_LEVEL,
    API_ORIGIN,
    API_HOST,
    API_MUTUAL,
    API_OUTSIDE,
    API_GEOMETRY,
    API_FACETS,
    API_RUN,
    API_FIELDS,
    API_LIMIT,
    API_CURSOR,
    API_SORTBY,
    API_STYLE,
    API_FORMAT,
    API_LANG,
    API_PARAMS
};

struct api_param_info {
    struct param_spec spec;
    struct schema_title value; /* what stands for the value in help: "KM" */
    struct schema_title about;
};
extern const struct api_param_info api_params[API_PARAMS];

enum { API_MAX_FIELDS = 64, API_MAX_OTHERS = 8 };

struct api_call;
struct api_table;

struct api_operation {
    const char *name;
    struct schema_title about;
    const uint8_t *params; /* enum api_param */
    size_t n_params;
    enum api_param word; /* what the command line takes without its name */
    double word_max; /* its length in bytes where it is not that of the table; else 0 */
    uint32_t default_limit; /* of rows */
    const char *examples;
    /* Understand the values and execute. Errors: those of the engine; c->fault. */
    enum im_code (*run)(struct api_call *c, struct im_error *err);
    /* The answer as JSON. */
    void (*write)(const struct api_call *c, struct im_json *w);
    /* The answer as a table: of all fields, or (table->is_brief) for a terminal. */
    void (*tabulate)(const struct api_call *c, struct api_table *table);
};
extern const struct api_operation api_operations[];
extern const size_t api_n_operations;
/** NULL: there is none. */
const struct api_operation *api_operation_find(struct im_bytes name);

enum api_format { API_JSON, API_CSV, API_XLSX };

struct api_call {
    /* what the door knows */
    const struct api_operation *operation;
    const struct atlas *atlas;
    struct im_arena *arena; /* everything of the answer lives here */
    enum lang lang;
    bool leave_out_unreviewed;
    const char *review_number;           /* as written into answers */
    const char *db_path;                 /* for what is not in the atlas: runs */
    const struct stylesheet_set *styles; /* NULL: none */
    struct im_deadline deadline;

    /* what was asked */
    struct param_value values[API_PARAMS];
    struct param_fault fault;
    struct query_places choices; /* of an ambiguous name */

    /* what was understood */
    struct query_request request;
    struct query_places near; /* n is 0 when the origin is a position */
    struct query_area area;
    struct im_bytes fields[API_MAX_FIELDS];
    size_t n_fields; /* 0: all */
    bool is_geojson;
    bool is_unanswered; /* the answer says why: the command line fails */
    struct cql_fault cql_fault;

    /* the answer: the member of the operation */
    struct query_answer rows;
    struct aggregate_answer groups;
    struct join_answer joined;
    struct flows_answer flows;
    struct search_answer found;
    void *other; /* of the operation alone */
};

static inline bool api_is_set(const struct api_call *c, enum api_param p)
{
    return c->values[p].is_set;
}
static inline bool api_flag(const struct api_call *c, enum api_param p)
{
    return c->values[p].is_set && c->values[p].choice == 1;
}
static inline const char *
api_text(const struct api_call *c, const char *zh, const char *en)
{
    return c->lang == LANG_ZH ? zh : en;
}

/* ---- params.c ---- */

/**
 * Check names and values against the operation's parameters; sets `values` and `lang`.
 * Errors: IM_EARG unknown, repeated, out of range; `fault` names it.
 */
IM_CHECKED enum im_code api_take(struct api_call *c,
                                 const struct url_param *pairs,
                                 size_t n_pairs,
                                 struct im_error *err);
enum api_format api_format_of(const struct api_call *c);
/** What run has understood, in the format that was asked for. `content_type` may be
 *  NULL. Errors: IM_ELIMIT, IM_ENOMEM. */
IM_CHECKED enum im_code api_answer(const struct api_call *c,
                                   enum api_format format,
                                   struct im_buf *out,
                                   const char **content_type,
                                   struct im_error *err);
const char *api_content_type(const struct api_call *c, enum api_format format);
/** Can it be written piece by piece, so that memory does not follow its rows? */
bool api_is_in_pieces(const struct api_call *c, enum api_format format);
/** The next piece of what api_answer writes: rows from *n_written (0 at first) on,
 * until `out` has some `full` bytes or, *end, nothing is left. Errors as api_answer. */
IM_CHECKED enum im_code api_answer_piece(const struct api_call *c,
                                         enum api_format format,
                                         size_t full,
                                         size_t *n_written,
                                         struct im_buf *out,
                                         bool *end,
                                         struct im_error *err);
/** The same for people, as a table in a terminal. */
IM_CHECKED enum im_code
api_answer_text(const struct api_call *c, struct im_buf *out, struct im_error *err);

/* ---- resolve.c: values to what the engine takes ---- */

/** Which layers a parameter may name. */
enum api_kind {
    API_PLACED, /* layers with positions */
    API_ROWS,   /* tables too */
    API_PUBLIC  /* and the base map: only to be told of */
};
/** Internal ones: never. */
bool api_takes_layer(const struct layer_schema *schema, enum api_kind kind);
/** The layers a parameter names, "a,b". Errors: IM_EARG it is missing, an empty
 *  element; IM_ENOTFOUND with the nearest; IM_ELIMIT. */
IM_CHECKED enum im_code api_layers(struct api_call *c,
                                   enum api_param param,
                                   enum api_kind kind,
                                   const struct atlas_layer ***out,
                                   size_t *n,
                                   struct im_error *err);
/** Everything of c->request but its layers: origin, area, filter, words, time, order,
 *  page, precision; also c->fields. */
IM_CHECKED enum im_code api_request(struct api_call *c, struct im_error *err);
/** The rows B of other layers, by `other` and `other_filter`, else as the request. */
IM_CHECKED enum im_code api_other_request(struct api_call *c,
                                          const struct atlas_layer *const *layer,
                                          struct query_request *out,
                                          struct im_error *err);
/** A fault of a parameter, for the answer: its name and value. */
void api_fault(struct api_call *c, enum api_param param, struct im_bytes value);
/** "PARAM is missing: say …" as IM_EARG. */
enum im_code api_missing(struct api_call *c,
                         enum api_param param,
                         const char *zh,
                         const char *en,
                         struct im_error *err);
/** After a call of the engine: names the parameter that was wrong. Returns `rc`. */
enum im_code
api_fault_of(struct api_call *c, enum im_code rc, const struct im_error *err);

/* ---- write.c: members that answers share ---- */

/** The member `query`: what was understood; and `url`, the same question again. */
void api_write_query(const struct api_call *c, struct im_json *w);
/** Its members that query_write_request does not write. */
void api_write_query_members(const struct api_call *c, struct im_json *w);
/** completeness, attribution, notice, review_number. */
void api_write_about(const struct api_call *c, struct im_json *w);
void api_write_text(struct im_json *w, const char *key, const char *value);
void api_write_int(struct im_json *w, const char *key, uint64_t value);
/** Not finite: null. */
void api_write_number(struct im_json *w, const char *key, double value, int decimals);
/** The question as an address of this server; `cursor` NULL: the first page. False when
 *  it does not fit into one. */
bool api_write_url(const struct api_call *c, const char *cursor, struct im_buf *out);
/** For features: what to show of them. */
struct query_answer_context api_context(const struct api_call *c);

/** The member `geometry`: an outline, null where nobody may see it. */
void api_write_outline(const struct api_call *c,
                       const struct atlas_layer *layer,
                       uint32_t feature,
                       struct im_json *w);
/** Lines of a table: the area it is about; what the layers lack; where it is from. */
void api_lead_origin(const struct api_call *c, struct api_table *t);
void api_lead_area(const struct api_call *c, struct api_table *t);
void api_note_completeness(const struct api_call *c, struct api_table *t);
void api_note_source(const struct api_call *c, struct api_table *t);

/* ---- the operations ---- */

enum im_code api_rows_run(struct api_call *c, struct im_error *err);
void api_rows_write(const struct api_call *c, struct im_json *w);
void api_rows_tabulate(const struct api_call *c, struct api_table *table);
/** The next rows of the same, as api_answer_piece; true: that was the end. */
bool api_rows_write_piece(const struct api_call *c,
                          size_t full,
                          size_t *n_written,
                          struct im_buf *out);
void api_rows_tabulate_piece(const struct api_call *c,
                             size_t from,
                             size_t to,
                             struct api_table *table);
/** c->rows with all declared fields, as columns. */
void api_rows_all_fields(const struct api_call *c, struct api_table *table);
enum im_code api_words_run(struct api_call *c, struct im_error *err);
void api_words_tabulate(const struct api_call *c, struct api_table *table);
void api_search_write(const struct api_call *c, struct im_json *w);
void api_suggest_write(const struct api_call *c, struct im_json *w);

enum im_code api_counts_run(struct api_call *c, struct im_error *err);
void api_counts_write(const struct api_call *c, struct im_json *w);
void api_counts_tabulate(const struct api_call *c, struct api_table *table);
enum im_code api_pairs_run(struct api_call *c, struct im_error *err);
void api_pairs_write(const struct api_call *c, struct im_json *w);
void api_pairs_tabulate(const struct api_call *c, struct api_table *table);
enum im_code api_flows_run(struct api_call *c, struct im_error *err);
void api_flows_write(const struct api_call *c, struct im_json *w);
void api_flows_tabulate(const struct api_call *c, struct api_table *table);
enum im_code api_twins_run(struct api_call *c, struct im_error *err);
void api_twins_write(const struct api_call *c, struct im_json *w);
void api_twins_tabulate(const struct api_call *c, struct api_table *table);
enum im_code api_changes_run(struct api_call *c, struct im_error *err);
void api_changes_write(const struct api_call *c, struct im_json *w);
void api_changes_tabulate(const struct api_call *c, struct api_table *table);
enum im_code api_ask_run(struct api_call *c, struct im_error *err);
void api_ask_write(const struct api_call *c, struct im_json *w);
void api_ask_tabulate(const struct api_call *c, struct api_table *table);
enum im_code api_layers_run(struct api_call *c, struct im_error *err);
void api_layers_write(const struct api_call *c, struct im_json *w);
void api_layers_tabulate(const struct api_call *c, struct api_table *table);

#endif
