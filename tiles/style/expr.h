/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled expressions (MapLibre style specification, "Expressions"): a tree of typed
 * nodes in an arena, constants folded, evaluated without allocation. */
#ifndef TILES_STYLE_EXPR_H
#define TILES_STYLE_EXPR_H

#include "style/value.h"

#include <engine/query.h>

#include <jansson.h>

enum {
    EXPR_MAX_DEPTH = 32,
    EXPR_MAX_NODES = 100000, /* of one style file */
    EXPR_MAX_PATH = 200,
    /* of one value: variables are shared nodes, so that a few lines of `let` could ask
     * for endless work */
    EXPR_MAX_COST = 20000,
    EXPR_MAX_LEVELS = 64
};

/* what a node's value depends on; 0: it is a constant */
enum { EXPR_ZOOM = 1, EXPR_FEATURE = 2, EXPR_DENSITY = 4 };

struct expr_operator;

/**
 * One node. `args` are typed as the operator wants them. Curves and `match` have their
 * input first, then the outputs, for `match` and `case` the fallback last.
 */
struct expr {
    const struct expr_operator *op; /* NULL: constant `value` */
    enum style_kind type;
    unsigned depends;
    uint32_t cost;   /* nodes visited by an evaluation, at most */
    uint32_t levels; /* how deep it goes */
    uint32_t n_args;
    uint32_t n_labels;
    const struct expr **args;
    struct style_value value;
    const struct style_value *labels; /* match: what is compared; curves: the stops */
    const uint32_t *label_arg;        /* match: the argument that belongs to a label */
    double base;                      /* interpolate: 1 is linear */
    int field;                        /* get, has: the field, or SCHEMA_NO_FIELD */
};

static inline struct style_value expr_eval(const struct expr *e, struct style_eval *at);

/** State of one compilation: where in the JSON it is, what it may use. */
struct expr_compiler {
    struct im_arena *arena;
    const struct layer_schema *schema; /* NULL: only the style is checked */
    enum lang lang;
    struct im_error *err;
    const struct expr_binding *bindings; /* of let, innermost first */
    unsigned depth;
    unsigned n_nodes;
    size_t path_len;
    char path[EXPR_MAX_PATH];
};

/** Append to the JSON path; returns the length to give to expr_path_pop. */
size_t expr_path_key(struct expr_compiler *c, const char *key);
size_t expr_path_index(struct expr_compiler *c, size_t index);
void expr_path_pop(struct expr_compiler *c, size_t mark);
/** IM_EDATA "path: text"; both formats take the same arguments in the same order. */
enum im_code expr_fail(struct expr_compiler *c, const char *en, const char *zh, ...);
enum im_code expr_nomem(struct expr_compiler *c);

/** Compile `json` into a value of type `expected` (STYLE_ANY: as it comes). */
IM_CHECKED enum im_code expr_compile(struct expr_compiler *c,
                                     const json_t *json,
                                     enum style_kind expected,
                                     const struct expr **out);
/** As expr_compile to STYLE_BOOL; a legacy filter is an error that shows the expression
 *  to write instead. */
IM_CHECKED enum im_code expr_compile_filter(struct expr_compiler *c,
                                            const json_t *json,
                                            const struct expr **out);
/** A JSON value as constant; texts with `{lang}` replaced. */
IM_CHECKED enum im_code
expr_literal(struct expr_compiler *c, const json_t *json, struct style_value *out);
/** Is this array an operator call (and not a plain list of values)? */
bool expr_is_call(const json_t *json);

/** Calls fn for every value that can come out; false when some are not constants. */
typedef enum im_code expr_output_fn(void *ctx, const struct style_value *value);
enum im_code
expr_each_constant(const struct expr *e, expr_output_fn *fn, void *ctx, bool *complete);
/** `zoom` only as the input of a curve at the top (MapLibre refuses the rest). */
bool expr_zoom_is_on_top(const struct expr *e);

/* The operators: tiles/style/operators.h */
typedef enum im_code expr_compile_fn(struct expr_compiler *c,
                                     const struct expr_operator *op,
                                     const json_t *json,
                                     enum style_kind expected,
                                     const struct expr **out);
typedef struct style_value expr_eval_fn(const struct expr *e, struct style_eval *at);

struct expr_operator {
    const char *name;
    enum style_kind result; /* for own compile functions: of a generic call */
    enum style_kind arg;    /* type of every argument */
    int min_args;
    int max_args; /* -1: any number */
    unsigned depends;
    expr_compile_fn *compile; /* NULL: all arguments of type `arg` */
    expr_eval_fn *eval;
};

const struct expr_operator *expr_operator_find(const char *name);
/** The operator whose name is nearest, for messages. */
const char *expr_operator_nearest(const char *name);
/** The conversion that turns any value into `kind` at evaluation. */
const struct expr_operator *expr_conversion(enum style_kind kind, bool assert_only);

struct expr *expr_new(struct expr_compiler *c,
                      const struct expr_operator *op,
                      enum style_kind type,
                      uint32_t n_args);
/** Convert or check the type of a compiled node; may wrap it. */
IM_CHECKED enum im_code expr_coerce(struct expr_compiler *c,
                                    const struct expr *e,
                                    enum style_kind expected,
                                    const struct expr **out);
/** Finish a node whose args are set: dependencies, folding. */
IM_CHECKED enum im_code
expr_finish(struct expr_compiler *c, struct expr *e, const struct expr **out);
/** Argument `i` (1 is the first after the name) with the path set. */
IM_CHECKED enum im_code expr_compile_arg(struct expr_compiler *c,
                                         const json_t *json,
                                         size_t i,
                                         enum style_kind expected,
                                         const struct expr **out);

struct expr_binding {
    const struct expr_binding *outer;
    const char *name;
    const struct expr *value;
};

static inline struct style_value expr_eval(const struct expr *e, struct style_eval *at)
{
    return e->op ? e->op->eval(e, at) : e->value;
}

/** Edit distance of two short names, for "did you mean". */
unsigned style_name_distance(const char *a, const char *b);

#endif
