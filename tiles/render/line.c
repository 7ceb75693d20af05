/* SPDX-License-Identifier: Apache-2.0 */
/* Line layers. */
#include "render/pass.h"

#include <math.h>
#include <xxhash.h>

static void stroke_of(const struct render *r,
                      struct draw_stroke *stroke,
                      struct clip_dashes *dashes)
{
    const struct style_layer *style = r->ms->style;
    struct style_eval *at = &r->w->at;
    double width = style_number(style, LINE_WIDTH, at);
    double pattern[DRAW_MAX_DASHES];
    uint32_t n = style_numbers(style, LINE_DASHARRAY, at, pattern, DRAW_MAX_DASHES);

    *stroke = (struct draw_stroke){
        .width_px = (float)(width * r->scale),
        .offset_px = (float)(style_number(style, LINE_OFFSET, at) * r->scale),
        .gap_px = (float)(style_number(style, LINE_GAP_WIDTH, at) * r->scale),
        .blur_px = (float)(style_number(style, LINE_BLUR, at) * r->scale),
        .cap = (enum draw_cap)style_choice(style, LINE_CAP, at),
        .join = (enum draw_join)style_choice(style, LINE_JOIN, at),
        .miter_limit = (float)style_number(style, LINE_MITER_LIMIT, at),
        .round_limit = (float)style_number(style, LINE_ROUND_LIMIT, at)};
    /* an odd list is said twice, so that it ends with a gap; the unit is the width */
    dashes->n = n % 2 ? 2 * n : n;
    for (uint32_t i = 0; i < dashes->n; i++) {
        /* a dash of no length is its caps, so without them nothing */
        double least = i % 2 == 0 && stroke->cap == DRAW_CAP_BUTT ? 0.001 : 0.05;

        dashes->length[i] = fmax(pattern[i % n] * fmax(width, 1), least) * r->scale;
    }
}

static bool same_stroke(const struct draw_stroke *a, const struct draw_stroke *b)
{
    return a->width_px == b->width_px && a->offset_px == b->offset_px &&
           a->gap_px == b->gap_px && a->blur_px == b->blur_px && a->cap == b->cap &&
           a->join == b->join && a->miter_limit == b->miter_limit &&
           a->round_limit == b->round_limit;
}

/* Evaluates the look of the feature at hand. False: there is nothing to be seen. */
static bool
look_of(struct render *r, struct draw_stroke *stroke, struct draw_color *color)
{
    *color = style_color_opacity(r->ms->style, LINE_COLOR, LINE_OPACITY, &r->w->at);
    stroke_of(r, stroke, &r->dashes);
    return color->a > 0 && stroke->width_px > 0;
}

static uint64_t line_look(struct render *r)
{
    struct draw_stroke stroke;
    struct draw_color color;

    (void)look_of(r, &stroke, &color);
    /* not the structure itself: it has gaps */
    const float values[] = {color.r,
                            color.g,
                            color.b,
                            color.a,
                            stroke.width_px,
                            stroke.offset_px,
                            stroke.gap_px,
                            stroke.blur_px,
                            (float)stroke.cap,
                            (float)stroke.join,
                            stroke.miter_limit,
                            stroke.round_limit};
    uint64_t hash = XXH64(values, sizeof values, 0) ^
                    XXH64(r->dashes.length, r->dashes.n * sizeof *r->dashes.length, 1);
    /* the wider line lies above */
    return (uint64_t)fminf(stroke.width_px * 256, 65535) << 37 | hash >> 27;
}

static bool visit_line(void *ctx, uint32_t feature)
{
    struct render *r = ctx;
    struct atlas_shape shape = shape_of(r, feature);
    struct draw_stroke stroke;
    struct draw_color color;

    if ((shape.kind != GEOM_AREA && shape.kind != GEOM_LINE) ||
        !enter(r, feature, shape.kind))
        return r->rc == IM_OK;
    if (!r->is_one_look) {
        if (!look_of(r, &stroke, &color))
            return true;
        if (!same_color(color, r->color) || !same_stroke(&stroke, &r->stroke))
            flush(r);
        r->color = color;
        r->stroke = stroke;
        set_snap(r);
    }
    add_to_group(r, &shape, false, &r->dashes);
    return r->rc == IM_OK;
}

/* Each is drawn for itself: where they cross, the later one covers the earlier. */
static bool visit_patterned(void *ctx, uint32_t feature)
{
    struct render *r = ctx;
    struct atlas_shape shape = shape_of(r, feature);
    double opacity;

    if ((shape.kind != GEOM_AREA && shape.kind != GEOM_LINE) ||
        !enter(r, feature, shape.kind))
        return r->rc == IM_OK;
    opacity = style_number(r->ms->style, LINE_OPACITY, &r->w->at);
    stroke_of(r, &r->stroke, &r->dashes);
    if (opacity <= 0 || r->stroke.width_px <= 0 ||
        !set_pattern(r, LINE_PATTERN, (float)opacity))
        return r->rc == IM_OK;
    set_snap(r);
    r->dashes = (struct clip_dashes){.is_measured = true};
    add_to_group(r, &shape, false, &r->dashes);
    flush(r);
    return r->rc == IM_OK;
}

void pass_line(struct render *r)
{
    static const enum style_property look[] = {
        LINE_CAP,     LINE_JOIN,  LINE_MITER_LIMIT, LINE_ROUND_LIMIT,
        LINE_OPACITY, LINE_COLOR, LINE_WIDTH,       LINE_GAP_WIDTH,
        LINE_OFFSET,  LINE_BLUR,  LINE_DASHARRAY};

    r->is_stroked = true;
    r->has_pattern = false;
    r->dashes.is_measured = false;
    set_shift(r, LINE_TRANSLATE);
    if (style_has(r->ms->style, LINE_PATTERN)) {
        visit_ordered(r, LINE_SORT_KEY, NULL, visit_patterned);
        r->has_pattern = false;
        return;
    }
    r->is_one_look = style_is_one_look(r->ms->style, look, sizeof look / sizeof *look);
    if (r->is_one_look) {
        style_eval_feature(&r->w->at, NULL, 0, GEOM_EMPTY);
        if (!look_of(r, &r->stroke, &r->color))
            return;
        set_snap(r);
    }
    visit_ordered(r, LINE_SORT_KEY, line_look, visit_line);
    flush(r);
}
