/* SPDX-License-Identifier: Apache-2.0 */
/* Symbol layers: what the label plan has in the window. */
#include "render/pass.h"

#include "label/spec.h"

#include <stdlib.h>

enum {
    LABEL_MARGIN_PX = 16 /* halo and overhang of glyphs beyond the box of a label */
};

struct label_hit {
    uint32_t style;
    uint32_t index; /* in the plan */
    const struct label *label;
};

/* A tile goes on in its neighbours, a picture ends. */
static bool is_cut(const struct render *r, const struct label *label)
{
    double x = (label->x - (double)r->area.x_px) * r->stretch;
    double y = (label->y - (double)r->area.y_px) * r->stretch;

    return x + (double)label->min_x < 0 || y + (double)label->min_y < 0 ||
           x + (double)label->max_x > r->area.width_px ||
           y + (double)label->max_y > r->area.height_px;
}

static bool collect_label(void *ctx, uint32_t index, const struct label *label)
{
    struct render *r = ctx;
    struct label_hit *hit;

    if (r->area.whole_labels && is_cut(r, label))
        return true;
    hit = growing_add(&r->w->labels, sizeof *hit);

    if (!hit) {
        r->rc = im_fail(r->err, IM_ENOMEM, "tile labels");
        return false;
    }
    *hit = (struct label_hit){label->style, index, label};
    return true;
}

/* By style layer, then the most important last and so on top. */
static int compare_labels(const void *a, const void *b)
{
    const struct label_hit *p = a;
    const struct label_hit *q = b;

    if (p->style != q->style)
        return p->style < q->style ? -1 : 1;
    return (p->index < q->index) - (p->index > q->index);
}

void pass_collect_symbols(struct render *r)
{
    const struct label_plan *plan;
    double x = (double)r->area.x_px;
    double y = (double)r->area.y_px;
    struct label_window window = {x - LABEL_MARGIN_PX, y - LABEL_MARGIN_PX,
                                  x + r->area.width_px / r->stretch + LABEL_MARGIN_PX,
                                  y + r->area.height_px / r->stretch + LABEL_MARGIN_PX};

    r->w->labels.n = 0;
    r->rc = label_plan_get(r->map, r->area.zoom, r->w->fonts, &plan, r->err);
    if (r->rc != IM_OK)
        return;
    label_plan_window(plan, window, collect_label, r);
    if (r->w->labels.n > 1)
        qsort(r->w->labels.items, r->w->labels.n, sizeof(struct label_hit),
              compare_labels);
}

static void draw_label(struct render *r, const struct label *label)
{
    const struct style_layer *style = r->ms->style;
    const struct atlas_layer *layer = r->ms->layer->layer;
    struct style_eval *at = &r->w->at;
    const struct text_block *block;
    struct label_spec spec;
    double dx;
    double dy;

    style_eval_feature(at, layer, label->feature,
                       atlas_geom(layer, label->feature).kind);
    if (!label_spec_eval(style, at, &spec))
        return;
    im_arena_reset(r->w->arena);
    spec.style.size_px *= (float)r->scale;
    r->rc =
        text_shape(r->w->fonts, spec.text, &spec.style, r->w->arena, &block, r->err);
    if (r->rc != IM_OK)
        return;
    label_spec_centre(&spec, (enum style_anchor)label->anchor,
                      (double)text_block_width_px(block),
                      (double)text_block_height_px(block), &dx, &dy);
    double x = (label->x - (double)r->area.x_px) * r->stretch * r->scale + dx;
    double y = (label->y - (double)r->area.y_px) * r->stretch * r->scale + dy;
    struct draw_color fill = style_color_opacity(style, TEXT_COLOR, TEXT_OPACITY, at);
    struct draw_color halo =
        style_color_opacity(style, TEXT_HALO_COLOR, TEXT_OPACITY, at);
    double halo_px = style_number(style, TEXT_HALO_WIDTH, at) * r->scale;
    r->rc = text_draw(r->w->fonts, r->raster, block, (float)x, (float)y, fill, halo,
                      halo.a > 0 ? (float)halo_px : 0, r->err);
}

void pass_symbol(struct render *r, uint32_t style)
{
    const struct label_hit *hits = r->w->labels.items;

    for (uint32_t i = 0; i < r->w->labels.n && r->rc == IM_OK; i++)
        if (hits[i].style == style)
            draw_label(r, hits[i].label);
}
