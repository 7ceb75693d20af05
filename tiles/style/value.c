/* SPDX-License-Identifier: Apache-2.0 */
/* Values of style expressions. */
#include "style/value.h"

const char *style_kind_name(enum style_kind kind)
{
    static const char *const names[] = {"null",  "boolean", "number", "string",
                                        "color", "array",   "value",  "error"};

    return names[kind];
}

static bool items_equal(struct style_value a, struct style_value b)
{
    for (uint32_t i = 0; i < a.n; i++)
        if (!style_value_equal(a.items[i], b.items[i]))
            return false;
    return true;
}

bool style_value_equal(struct style_value a, struct style_value b)
{
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case STYLE_NULL:
        return true;
    case STYLE_BOOL:
        return a.boolean == b.boolean;
    case STYLE_NUMBER:
        return a.number == b.number;
    case STYLE_STRING:
        return im_bytes_equal(a.text, b.text);
    case STYLE_COLOR:
        return a.color.r == b.color.r && a.color.g == b.color.g &&
               a.color.b == b.color.b && a.color.a == b.color.a;
    case STYLE_ARRAY:
        return a.n == b.n && items_equal(a, b);
    case STYLE_ANY:
    case STYLE_ERROR:
        break;
    }
    return false;
}
