/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of the form before expressions, and "{name}" in texts (MapLibre style
 * specification, "Deprecations"). */
#ifndef TILES_STYLE_FUNCTION_H
#define TILES_STYLE_FUNCTION_H

#include <jansson.h>
#include <stdbool.h>

enum { STYLE_FUNCTION_STOPS = 1000 };

/** What the function is the value of. */
struct style_function_target {
    const char *type; /* of the specification: "number", "color", "enum", "array" … */
    const char *item; /* arrays: of their items */
    int length;       /* arrays; -1: any */
    bool is_interpolated;
    bool has_tokens;        /* "{name}" in its texts stands for a property */
    const json_t *values;   /* enums: a list */
    const json_t *fallback; /* the default; NULL: none */
};

bool style_is_function(const json_t *json);
/** A new reference; NULL: no function that we know. */
json_t *style_function_expression(const json_t *fn,
                                  const struct style_function_target *to);
/** "in {name}" as ["concat", "in ", ["get", "name"]]; a new reference. */
json_t *style_token_expression(const char *text);

#endif
