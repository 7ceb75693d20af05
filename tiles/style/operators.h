/* SPDX-License-Identifier: Apache-2.0 */
/* The operators of expressions, by family: each family is a file with its rows of the
 * table. A new operator is a row there; a new family one more line in operators.c. */
#ifndef TILES_STYLE_OPERATORS_H
#define TILES_STYLE_OPERATORS_H

#include "style/expr.h"

struct expr_family {
    const struct expr_operator *rows;
    size_t n;
};

extern const struct expr_family expr_family_data;
extern const struct expr_family expr_family_logic;
extern const struct expr_family expr_family_choice;
extern const struct expr_family expr_family_value;

/* Columns of a row: name, result, argument, min, max, depends, compile, eval */
#define ANY STYLE_ANY
#define NUM STYLE_NUMBER
#define BOOL STYLE_BOOL
#define STR STYLE_STRING
#define COL STYLE_COLOR

#endif
