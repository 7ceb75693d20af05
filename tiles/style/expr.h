/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled expressions (MapLibre style specification, "Expressions"): a tree of typed
 * nodes in an arena, constants folded, evaluated without allocation. */
#ifndef TILES_STYLE_EXPR_H
#define TILES_STYLE_EXPR_H

#include "style/value.h"

#include <engine/arena.h>
#include <engine/query.h>

#include <jansson.h>

enum {
    EXPR_MAX_DEPTH = 64,
    EXPR_MAX_NODES = 200000, /* of one style file */
    EXPR_MAX_PATH = 600,
    /* of one value: variables are shared nodes, so that a few lines of `let` could ask
     * for endless work */
    EXPR_MAX_COST = 20000,
    EXPR_MAX_LEVELS = 128,
    EXPR_MAX_PROBLEMS = 200
};

/* The attribute of vector tiles that says which names the label plan shows; styles for
 * pages filter by it. */
#define STYLE_LABEL_ZOOM "label_zoom"

/* what a node's value depends on; 0: it is a constant */
enum {
    EXPR_ZOOM = 1,
    EXPR_FEATURE = 2,
    EXPR_DENSITY = 4,
    EXPR_PROGRESS = 8, /* line-progress */
    EXPR_OTHER = 16    /* elevation, accumulated, global-state, the images there are */
};

struct expr_operator;

/** One node. `args` are typed as the operator wants them. */
struct expr {
    const struct expr_operator *op; /* NULL: constant `value` */
    const struct expr_type *type;
    unsigned depends;
    bool is_literal;  /* as MapLibre folds: a literal or made one */
    bool is_constant; /* would MapLibre fold what it is an argument of */
    bool has_image;   /* it is known when drawing whether there is the image */
    uint32_t cost;    /* nodes visited by an evaluation, at most */
    uint32_t levels;  /* how deep it goes */
    uint32_t n_args;
    const struct expr **args;
    struct style_value value; /* constants; get, has: the name */
    int field;                /* get, has: the field, or SCHEMA_NO_FIELD */
    const void *more;         /* what else the operator needs */
};

static inline struct style_value expr_eval(const struct expr *e, struct style_eval *at);

/** One thing that is wrong with a style. */
struct style_problem {
    const char *path;
    const char *en;
    const char *zh;
};
struct style_problems {
    struct style_problem *items;
    uint32_t n;
    uint32_t more; /* not kept */
};

/** State of one compilation: where in the JSON it is, what it may use. */
struct expr_compiler {
    struct im_arena *arena;
    const struct layer_schema *schema; /* NULL: only the style is checked */
    enum lang lang;
    struct style_problems problems;
    bool is_out_of_memory;
    bool is_plain; /* messages word for word as MapLibre's, nothing added */
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
/** Note a problem at the path; both formats take the same arguments in the same order.
 *  Always NULL. */
const struct expr *
expr_fail(struct expr_compiler *c, const char *en, const char *zh, ...);
/** The same about argument `i`. */
const struct expr *
expr_fail_at(struct expr_compiler *c, size_t i, const char *en, const char *zh, ...);
const struct expr *expr_nomem(struct expr_compiler *c);

/** What happens to a value whose type is only known when it is evaluated. */
enum expr_annotate { EXPR_ASSERT, EXPR_COERCE, EXPR_OMIT };

/** Compile `json` into a value of type `expected` (NULL: as it comes). NULL: problems
 *  have been noted. */
const struct expr *expr_compile(struct expr_compiler *c,
                                const json_t *json,
                                const struct expr_type *expected,
                                enum expr_annotate annotate);
/** Argument `i` (1 is the first after the name) with the path set. */
const struct expr *expr_compile_arg(struct expr_compiler *c,
                                    const json_t *json,
                                    size_t i,
                                    const struct expr_type *expected);
/** Another JSON value as if it stood at argument `i`: members of options. */
const struct expr *expr_compile_as(struct expr_compiler *c,
                                   const json_t *value,
                                   size_t i,
                                   const struct expr_type *expected,
                                   enum expr_annotate annotate);
/** A filter, new or old form, to a boolean. */
const struct expr *expr_compile_filter(struct expr_compiler *c, const json_t *json);
/** A filter of the old form (["==", "key", value] …) as an expression; a new reference,
 *  NULL when memory runs out or it is nested too deep. */
json_t *expr_modern_filter(const json_t *filter);
bool expr_is_old_filter(const json_t *filter);

/** A JSON value as constant; texts with `{lang}` replaced when `c` says a language. */
bool expr_literal(struct expr_compiler *c, const json_t *json, struct style_value *out);
/** Is this array an operator call (and not a plain list of values)? */
bool expr_is_call(const json_t *json);
const struct expr *expr_constant(struct expr_compiler *c, struct style_value value);
/** The type that a constant has; in the arena. NULL: out of memory. */
const struct expr_type *expr_type_of(struct expr_compiler *c, struct style_value value);
const struct expr_type *
expr_array_type(struct expr_compiler *c, const struct expr_type *item, int32_t n);

/** Calls fn for every value that can come out; `complete` is cleared when some are not
 *  constants. */
typedef void expr_output_fn(void *ctx, struct style_value value);
void expr_each_constant(const struct expr *e,
                        expr_output_fn *fn,
                        void *ctx,
                        bool *complete);
/** How `zoom` is used. */
enum expr_zoom {
    EXPR_ZOOM_NONE,
    EXPR_ZOOM_STEP,
    EXPR_ZOOM_INTERPOLATE,
    EXPR_ZOOM_NOT_ON_TOP, /* the rest MapLibre refuses */
    EXPR_ZOOM_TWICE
};
enum expr_zoom expr_zoom_use(const struct expr *e);

/* The operators: tiles/style/operators.h */
typedef const struct expr *expr_compile_fn(struct expr_compiler *c,
                                           const struct expr_operator *op,
                                           const json_t *json,
                                           const struct expr_type *expected);
typedef struct style_value expr_eval_fn(const struct expr *e, struct style_eval *at);

enum { EXPR_MAX_PARAMS = 4 };
struct expr_operator {
    const char *name;
    expr_compile_fn *compile; /* NULL: arguments of the types in `params` */
    expr_eval_fn *eval;
    const struct expr_type *result;
    int n_params; /* -1: any number of the first one */
    const struct expr_type *params[EXPR_MAX_PARAMS];
    unsigned depends;
};

const struct expr_operator *expr_operator_find(const char *name);
/** The operator whose name is nearest, for messages. */
const char *expr_operator_nearest(const char *name);

struct expr *expr_new(struct expr_compiler *c,
                      const struct expr_operator *op,
                      const struct expr_type *type,
                      size_t n_args);
/** Finish a node whose args are set: dependencies, cost, bounds. */
const struct expr *expr_finish(struct expr_compiler *c, struct expr *e);
/** A node of a type's assertion or conversion around `e`. */
const struct expr *expr_wrap(struct expr_compiler *c,
                             const struct expr *e,
                             const struct expr_type *type,
                             enum expr_annotate annotate);

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
