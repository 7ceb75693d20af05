/* SPDX-License-Identifier: Apache-2.0 */
/* Foreign JSON: bounds before jansson sees it, and where in it a fault is. */
#include "base/json_read.h"

#include <stdio.h>

static size_t write_path(const struct json_at *at, char *out, size_t size)
{
    size_t len;
    int n;

    if (!at || (!at->up && !at->name)) {
        out[0] = '\0';
        return 0;
    }
    len = write_path(at->up, out, size);
    if (at->name)
        n = snprintf(out + len, size - len, "%s%s", len ? "." : "", at->name);
    else
        n = snprintf(out + len, size - len, "[%zu]", at->index);
    return n < 0 || (size_t)n >= size - len ? size - 1 : len + (size_t)n;
}

size_t json_at_write(const struct json_at *at, char *out, size_t size)
{
    size_t len = write_path(at, out, size);

    while (!im_utf8_valid((struct im_bytes){(uint8_t *)out, len})) /* cut inside one */
        len--;
    out[len] = '\0';
    return len;
}

/* The greatest depth, and how many values there may be: one more than commas and
 * opening brackets. */
static void
measure(struct im_bytes json, size_t max_depth, size_t *deepest, size_t *values)
{
    size_t depth = 0;
    bool in_string = false;

    *deepest = 0;
    *values = 1;
    for (size_t i = 0; i < json.len && *deepest <= max_depth; i++) {
        uint8_t c = json.data[i];

        if (in_string && c == '\\') {
            i++;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == '{' || c == '[')) {
            *values += 1;
            if (++depth > *deepest)
                *deepest = depth;
        } else if (!in_string && (c == '}' || c == ']') && depth > 0) {
            depth--;
        } else if (!in_string && c == ',') {
            *values += 1;
        }
    }
}

bool json_is_too_deep(struct im_bytes json, size_t max_depth)
{
    size_t deepest;
    size_t values;

    measure(json, max_depth, &deepest, &values);
    return deepest > max_depth;
}

bool json_is_too_long(struct im_bytes json, size_t max)
{
    size_t deepest;
    size_t values;

    measure(json, SIZE_MAX, &deepest, &values);
    return values > max;
}
