/* SPDX-License-Identifier: Apache-2.0 */
/* Fill layers: areas and their outlines. */
#include "render/pass.h"

static bool visit_fill(void *ctx, uint32_t feature)
{
    struct render *r = ctx;
    struct atlas_shape shape = shape_of(r, feature);
    struct draw_color fill;

    if (shape.kind != GEOM_AREA || !enter(r, feature, shape.kind))
        return r->rc == IM_OK;
    if (style_has(r->ms->style, FILL_PATTERN)) {
        double opacity = style_number(r->ms->style, FILL_OPACITY, &r->w->at);

        if (opacity > 0 && set_pattern(r, FILL_PATTERN, (float)opacity))
            add_to_group(r, &shape, true, NULL);
        return r->rc == IM_OK;
    }
    fill = style_color_opacity(r->ms->style, FILL_COLOR, FILL_OPACITY, &r->w->at);
    if (fill.a <= 0)
        return true;
    if (!same_color(fill, r->color))
        flush(r);
    r->color = fill;
    add_to_group(r, &shape, true, NULL);
    return r->rc == IM_OK;
}

/* Outlines are stroked from the rings as lines: the edges that cutting makes along the
 * tile are no outline. */
static bool visit_outline(void *ctx, uint32_t feature)
{
    struct render *r = ctx;
    struct atlas_shape shape = shape_of(r, feature);
    struct draw_color color;

    if (shape.kind != GEOM_AREA || !enter(r, feature, shape.kind))
        return r->rc == IM_OK;
    color =
        style_color_opacity(r->ms->style, FILL_OUTLINE_COLOR, FILL_OPACITY, &r->w->at);
    if (color.a <= 0)
        return true;
    if (!same_color(color, r->color))
        flush(r);
    r->color = color;
    add_to_group(r, &shape, false, NULL);
    return r->rc == IM_OK;
}

static uint64_t fill_look(struct render *r)
{
    return color_look(
        style_color_opacity(r->ms->style, FILL_COLOR, FILL_OPACITY, &r->w->at));
}

static uint64_t outline_look(struct render *r)
{
    return color_look(
        style_color_opacity(r->ms->style, FILL_OUTLINE_COLOR, FILL_OPACITY, &r->w->at));
}

void pass_fill(struct render *r)
{
    static const enum style_property look[] = {FILL_COLOR, FILL_OUTLINE_COLOR};

    r->is_one_look = style_is_one_look(r->ms->style, look, 2);
    r->is_stroked = false;
    r->has_pattern = false;
    r->frame.snap = (struct clip_snap){0};
    set_shift(r, FILL_TRANSLATE);
    visit_ordered(r, FILL_SORT_KEY,
                  style_has(r->ms->style, FILL_PATTERN) ? NULL : fill_look, visit_fill);
    flush(r);
    r->has_pattern = false;
    if (r->rc != IM_OK || !r->ms->style->properties[FILL_OUTLINE_COLOR] ||
        !style_flag(r->ms->style, FILL_ANTIALIAS, &r->w->at))
        return;
    r->is_stroked = true;
    r->stroke = (struct draw_stroke){.width_px = (float)r->scale, .miter_limit = 2};
    set_snap(r);
    visit_ordered(r, FILL_SORT_KEY, outline_look, visit_outline);
    flush(r);
}
