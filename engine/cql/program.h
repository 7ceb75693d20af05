/* SPDX-License-Identifier: Apache-2.0 */
/* A filter compiled for one layer: a tree of steps, each of a known type. */
#ifndef ENGINE_CQL_PROGRAM_H
#define ENGINE_CQL_PROGRAM_H

#include <engine/geom_prepared.h>

#include "atlas/layer.h"
#include "cql/ast.h"
#include <engine/geom_geos.h>

/* Three-valued logic (OGC 21-065r2, 7.4; as SQL) */
enum cql_truth { CQL_NO, CQL_YES, CQL_UNKNOWN };

enum cql_type {
    CQL_TYPE_ANY, /* only wanted, never had */
    CQL_TYPE_TEXT,
    CQL_TYPE_NUMBER,
    CQL_TYPE_TRUTH,
    CQL_TYPE_TIME, /* instant or interval */
    CQL_TYPE_GEOMETRY,
    CQL_TYPE_ARRAY
};

struct cql_value {
    enum cql_type type;
    bool is_null;
    bool is_integer; /* the number is `integer` exactly */
    union {
        struct {
            double number;
            int64_t integer;
        };
        enum cql_truth truth;
        struct im_bytes text;
        struct {
            struct cql_span start; /* time; an instant starts and ends with one span */
            struct cql_span end;
        };
        struct geom geom;
        struct {
            const struct cql_value *items; /* array */
            size_t n_items;
        };
    };
};

/** A geometry literal. */
struct cql_shape {
    struct geom_item item;
    struct geom flat; /* GEOM_EMPTY when the collection has several kinds */
    bool is_mixed;
    bool is_rectangle; /* flat is exactly `box` */
    struct bbox box;
    size_t n_points; /* of all parts */
    unsigned slot;   /* in the scratch */
};

/* How a property becomes a value */
enum cql_read {
    CQL_READ_TEXT,
    CQL_READ_LIST,
    CQL_READ_NUMBER,
    CQL_READ_TRUTH,
    CQL_READ_TIME, /* a text that is a date or time */
    CQL_READ_YEAR,
    CQL_READ_GEOMETRY
};

/* On which field a step depends, when on one text field alone: then its result is
 * remembered for each code of the dictionary. */
enum { CQL_DEPENDS_ON_NOTHING = -1, CQL_DEPENDS_ON_MORE = -2 };

struct cql_run;
struct cql_call;

struct cql_step {
    enum cql_op op;
    enum cql_type type;
    bool is_constant; /* `value` */
    struct cql_value value;
    const struct cql_step *const *args;
    uint32_t n_args;
    int field;
    enum cql_read read;
    const struct cql_call *call;
    const struct cql_shape *shape;
    int depends_on;
    int memo;      /* which of the scratch; -1: none */
    bool has_code; /* field = 'text' of a large dictionary: true for `code` alone */
    uint32_t code; /* ATLAS_NULL_CODE: the dictionary does not have it */
    double cost;
};

/** A function that filters may call, and what computes it. */
struct cql_call {
    struct cql_function about;
    enum cql_type arguments[3]; /* CQL_TYPE_ANY: no more */
    enum cql_type returns;
    bool reads_feature; /* more than its arguments */
    double cost;
    void (*run)(struct cql_run *run,
                const struct cql_value *args,
                struct cql_value *out);
};
/** NULL when there is none. */
const struct cql_call *cql_call_find(struct im_bytes name);

struct cql_program {
    const struct atlas_layer *layer;
    const struct cql_step *root;
    unsigned n_shapes;
    const struct cql_shape *const *shapes;
    unsigned n_memos;
    const int *memo_fields;
    struct cql_bounds bounds;
};

struct cql_prepared_shape {
    GEOSContextHandle_t h;
    struct geom_prepared *edges; /* areas */
    GEOSGeometry *geos;
    const GEOSPreparedGeometry *prepared;
};

struct cql_scratch {
    struct im_arena *temporary; /* texts and arrays of one feature */
    GEOSContextHandle_t geos;
    struct cql_prepared_shape *shapes;
    uint8_t **memos; /* 0: not asked yet, else cql_truth + 1; the last is of null */
};

/** One feature going through a program. */
struct cql_run {
    const struct atlas_layer *layer;
    struct cql_scratch *scratch;
    uint32_t feature;
    int fixed_field; /* this text field has fixed_code instead; -1: none */
    uint32_t fixed_code;
};

/* eval.c */
enum cql_truth cql_eval_truth(struct cql_run *run, const struct cql_step *step);
void cql_eval(struct cql_run *run, const struct cql_step *step, struct cql_value *out);

/* text.c: results live in `arena`; false without memory */
bool cql_fold_case(struct im_bytes text, struct im_arena *arena, struct im_bytes *out);
bool cql_strip_accents(struct im_bytes text,
                       struct im_arena *arena,
                       struct im_bytes *out);
bool cql_change_case(struct im_bytes text,
                     bool upper,
                     struct im_arena *arena,
                     struct im_bytes *out);
/** NFC, when it may not be that. */
bool cql_compose(struct im_bytes text, struct im_arena *arena, struct im_bytes *out);
/** % any characters, _ one character, \ takes the next as it is. The steps are at most
 *  the product of the lengths. */
bool cql_is_like(struct im_bytes text, struct im_bytes pattern);
enum { CQL_MAX_PATTERN_BYTES = 1000 };

/* time.c */
enum cql_truth
cql_relate_time(enum cql_op op, const struct cql_value *a, const struct cql_value *b);
/** -1, 0, 1; spans that share a moment are equal. */
int cql_compare_spans(struct cql_span a, struct cql_span b);

/* spatial.c */
IM_CHECKED enum im_code cql_shape_make(const struct cql_node *node,
                                       const struct cql_crs *crs,
                                       struct im_arena *arena,
                                       struct cql_shape **out,
                                       struct cql_fault *fault,
                                       struct im_error *err);
bool cql_shape_prepare(const struct cql_shape *shape,
                       struct cql_scratch *scratch,
                       struct im_arena *arena);
/** Which operators take a collection of several kinds. */
bool cql_takes_mixed(enum cql_op op);
enum cql_truth
cql_relate_feature(struct cql_run *run, enum cql_op op, const struct cql_shape *shape);
enum cql_truth
cql_relate_shapes(enum cql_op op, const struct cql_shape *a, const struct cql_shape *b);

/* bounds.c */
/** The code of `text` in a dictionary; false when several may compose to it. */
bool cql_find_code(const struct column *column, struct im_bytes text, uint32_t *out);
/** The constant of `field = 'text'`; NULL for any other step. */
const struct cql_value *cql_plain_equality(const struct cql_step *step);
void cql_find_bounds(struct cql_program *program, struct im_arena *arena);

#endif
