/* SPDX-License-Identifier: Apache-2.0 */
/* A style.json: compiled, and what compiles is evaluated at some zooms. */
#include "style/style.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void evaluate(const struct style_layer *layer, double zoom)
{
    struct style_eval at = {.zoom = zoom};
    double numbers[16];
    uint8_t choices[ANCHOR_COUNT];

    style_eval_feature(&at, NULL, 0, GEOM_POINT);
    style_matches(layer, &at);
    for (int i = 0; i < STYLE_PROPERTY_COUNT; i++) {
        enum style_property property = (enum style_property)i;
        const struct style_property_def *def = &style_properties[i];

        at.text_len = 0;
        if (def->kind == STYLE_NUMBER) {
            double v = style_number(layer, property, &at);

            if (!(v >= def->min && v <= def->max))
                abort();
            if (style_number_bound(layer, property) > def->max && def->max > 0 &&
                def->min >= 0)
                abort();
        } else if (def->kind == STYLE_COLOR) {
            style_color(layer, property, &at);
        } else if (def->kind == STYLE_STRING || def->kind == STYLE_FORMATTED ||
                   def->kind == STYLE_IMAGE) {
            struct im_bytes text = style_text(layer, property, &at);

            if (text.len && !im_utf8_valid(text))
                abort();
        } else if (def->kind == STYLE_ARRAY && def->choices) {
            style_choices(layer, property, &at, choices, ANCHOR_COUNT);
        } else if (def->kind == STYLE_OFFSETS) {
            struct style_anchor_offset offsets[ANCHOR_COUNT];

            style_anchor_offsets(layer, &at, offsets);
        } else if (def->kind == STYLE_ARRAY || def->kind == STYLE_PADDING) {
            style_numbers(layer, property, &at, numbers, 16);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct im_arena *arena = im_arena_new(32 * 1024 * 1024);
    struct im_error err = {0};
    struct style style;

    if (arena && style_parse((struct im_bytes){data, size}, NULL, LANG_EN, arena,
                             &style, &err) == IM_OK) {
        for (uint32_t i = 0; i < style.n_layers; i++)
            for (int zoom = -1; zoom < 23; zoom += 6)
                evaluate(&style.layers[i], zoom);
    } else if (!im_utf8_valid(im_bytes_of(err.msg)) ||
               !im_utf8_valid(im_bytes_of(err.msg_zh))) {
        abort();
    }
    im_arena_free(arena);
    return 0;
}
