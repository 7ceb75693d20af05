/* SPDX-License-Identifier: Apache-2.0 */
/* The operators of expressions, by family: each family is a file with its rows of the
 * table. A new operator is a row there; a new family one more line in operators.c.
 * Names and meaning: MapLibre style specification, "Expressions". */
#ifndef TILES_STYLE_OPERATORS_H
#define TILES_STYLE_OPERATORS_H

#include "style/expr.h"

struct expr_family {
    const struct expr_operator *rows;
    size_t n;
};

extern const struct expr_family expr_family_choice;
extern const struct expr_family expr_family_collator;
extern const struct expr_family expr_family_compare;
extern const struct expr_family expr_family_convert;
extern const struct expr_family expr_family_curve;
extern const struct expr_family expr_family_data;
extern const struct expr_family expr_family_filter;
extern const struct expr_family expr_family_list;
extern const struct expr_family expr_family_math;
extern const struct expr_family expr_family_place;
extern const struct expr_family expr_family_text;

/* Columns of a row: name, compile, eval, result, number of parameters, their types,
 * dependencies */
#define ANY (&expr_types[STYLE_ANY])
#define NUM (&expr_types[STYLE_NUMBER])
#define BOOL (&expr_types[STYLE_BOOL])
#define STR (&expr_types[STYLE_STRING])
#define COL (&expr_types[STYLE_COLOR])
#define OBJ (&expr_types[STYLE_OBJECT])
#define LIST (&expr_types[STYLE_ARRAY])

/* Evaluate argument `i` into `name`; what failed there fails here. */
#define EVAL_ARG(name, i)                                                              \
    struct style_value name = expr_eval(e->args[i], at);                               \
    if (name.kind == STYLE_ERROR)                                                      \
    return name

/** "Expected arguments of type …, but found …" */
const struct expr *
expr_fail_signature(struct expr_compiler *c, const json_t *json, const char *signature);
/** "Expected 2 arguments, but found 3 instead." */
const struct expr *
expr_fail_count(struct expr_compiler *c, const char *needed, const json_t *json);
/** What choices yield: the type that is expected, or that of the first. */
static inline const struct expr_type *expr_output_type(const struct expr_type *expected)
{
    return expected && expected->kind != STYLE_ANY ? expected : NULL;
}

/* What the compiler and the walkers have to know of single operators. */
bool expr_is_annotation(const struct expr *e);
bool expr_is_variable(const struct expr *e);
bool expr_is_never_folded(const struct expr *e);
bool expr_is_curve(const struct expr *e);
bool expr_is_step(const struct expr *e);
/** Is argument `i` one of the values that can come out? */
bool expr_is_output(const struct expr *e, uint32_t i);

int style_collate(const struct style_collator *collator,
                  struct style_value a,
                  struct style_value b);

#endif
