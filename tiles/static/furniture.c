/* SPDX-License-Identifier: Apache-2.0 */
/* Markers, foot, scale bar, title. */
#include "static/furniture.h"

#include "static/panel.h"

#include <math.h>

enum { MARGIN_PX = 8, PADDING_PX = 6 };

void furniture_init(struct furniture *f, struct draw_color ground)
{
    float light = 0.2126f * ground.r + 0.7152f * ground.g + 0.0722f * ground.b;

    if (light < 0.35f) {
        f->paper = (struct draw_color){ground.r, ground.g, ground.b, 0.95f};
        f->ink = (struct draw_color){0.93f, 0.95f, 0.97f, 1};
    } else {
        f->paper = (struct draw_color){1, 1, 1, 0.95f};
        f->ink = (struct draw_color){0.13f, 0.17f, 0.22f, 1};
    }
}

void furniture_take(struct furniture *f, float x, float y, float w, float h)
{
    if (f->n_taken < FURNITURE_BOXES)
        f->taken[f->n_taken++] = (struct furniture_box){x, y, w, h};
}

/* ---- markers ---- */

/* A pin: a circle of radius 8 that ends in a point, 22 px above the place. */
static enum im_code
draw_pin(struct furniture *f, double x, double y, struct draw_color color)
{
    enum { STEPS = 24 };
    static const double r = 8;
    static const double high = 14;
    double from = asin(r / high); /* where the tangents from the tip touch */
    float xy[2 * (STEPS + 2)];
    uint32_t n = 0;

    xy[n++] = (float)x;
    xy[n++] = (float)y;
    for (int i = 0; i <= STEPS; i++) {
        double a = M_PI - from + (M_PI + 2 * from) * i / STEPS;

        xy[n++] = (float)(x + r * cos(a));
        xy[n++] = (float)(y - high + r * sin(a));
    }
    enum im_code rc = panel_ring(f, xy, n / 2, color, 1.5f);
    if (rc == IM_OK)
        rc = panel_disc(f, x, y - high, 3, (struct draw_color){1, 1, 1, 1});
    return rc;
}

enum im_code furniture_markers(struct furniture *f)
{
    enum im_code rc = IM_OK;

    for (uint32_t i = 0; i < f->page->n_markers && rc == IM_OK; i++) {
        const struct static_marker *m = &f->page->markers[i];
        struct panel_text text = {.text = m->label, .size = 12, .is_bold = true};
        double x;
        double y;

        static_map_place(&f->view, m->lon, m->lat, &x, &y);
        rc = draw_pin(f, x, y, m->color);
        furniture_take(f, (float)x - 10, (float)y - 24, 20, 25);
        if (rc != IM_OK || m->label.len == 0)
            continue;
        im_arena_reset(f->w->arena);
        rc = panel_shape(f, &text);
        /* beside the head, on the side that has room */
        double reach = 12 + (double)text.width / 2;
        double side = x + 2 * reach > f->view.width_px && x > 2 * reach ? -1 : 1;
        /* its box is not kept: a legend may come close to it, not to the pin */
        if (rc == IM_OK)
            rc = panel_write(f, &text, x + side * reach, y - 14, 2);
    }
    return rc;
}

/* ---- foot ---- */

/* Notice, review number and the sources of what is shown. */
static enum im_code shape_foot(struct furniture *f, struct panel_text *text)
{
    struct im_buf sources = {.max = 2000};
    struct im_buf line = {.max = 4000};
    enum im_code rc;

    *text = (struct panel_text){.size = 10 * f->size,
                                .max_width = (float)f->page->width_px - 2 * PADDING_PX};
    for (uint32_t i = 0; i < f->map->n_layers; i++)
        if (shown_layer(f->shown, &f->map->layers[i]))
            query_add_attribution(&sources, f->map->layers[i].layer, f->map->lang);
    im_buf_append(&line, f->page->notice.data, f->page->notice.len);
    if (sources.len) {
        im_buf_text(&line, f->map->lang == LANG_EN ? ". Sources: " : "。来源：");
        im_buf_append(&line, sources.data, sources.len);
    }
    text->text = im_buf_bytes(&line);
    im_arena_reset(f->w->arena);
    rc = im_buf_check(&line, "the foot of the picture", f->err);
    if (rc == IM_OK)
        rc = panel_shape(f, text);
    im_buf_release(&line);
    im_buf_release(&sources);
    text->text = (struct im_bytes){0};
    return rc;
}

enum im_code furniture_measure_foot(struct furniture *f)
{
    struct panel_text text;
    enum im_code rc = shape_foot(f, &text);

    f->foot = rc == IM_OK && text.height > 0 ? text.height + 6 : 0;
    return rc;
}

enum im_code furniture_foot(struct furniture *f)
{
    struct panel_text text;
    float width = (float)f->page->width_px;
    float y = (float)f->page->height_px - f->foot;
    enum im_code rc = shape_foot(f, &text);

    if (rc == IM_OK && f->foot > 0)
        rc = panel_box(f, 0, y, width, f->foot, 0);
    return rc == IM_OK
               ? panel_write(f, &text, (double)width / 2, (double)(y + f->foot / 2), 0)
               : rc;
}

/* ---- scale bar ---- */

enum im_code furniture_scale_bar(struct furniture *f)
{
    const struct static_map *p = &f->view;
    double m_per_px = static_map_m_per_px(p->lat, p->zoom);
    double most_px = fmin(120 * (double)f->size, p->width_px / 3.0);
    double length_m = static_map_round_length(most_px * m_per_px);
    float width = (float)(length_m / m_per_px);
    float x = MARGIN_PX;
    float y = f->bottom - MARGIN_PX;
    char label[48];
    float k = f->size;
    struct panel_text text = {.size = 11 * k};
    enum im_code rc;

    if (length_m >= 1000)
        snprintf(label, sizeof label, "%g %s", length_m / 1000,
                 f->map->lang == LANG_EN ? "km" : "公里");
    else
        snprintf(label, sizeof label, "%g %s", length_m,
                 f->map->lang == LANG_EN ? "m" : "米");
    text.text = im_bytes_of(label);
    im_arena_reset(f->w->arena);
    rc = panel_shape(f, &text);
    float box = fmaxf(width, text.width) + 2 * PADDING_PX;
    furniture_take(f, x, y - 26 * k, box, 26 * k);
    if (rc == IM_OK)
        rc = panel_box(f, x, y - 26 * k, box, 26 * k, 3);
    if (rc == IM_OK)
        rc = panel_write(f, &text, (double)(x + box / 2), (double)(y - 17 * k), 0);
    /* the bar with its two ends: their outer edges are the length apart */
    float left = x + (box - width) / 2;
    if (rc == IM_OK)
        rc = panel_rect(f, left, y - 7, width, 1.5f * k, f->ink);
    if (rc == IM_OK)
        rc = panel_rect(f, left, y - 7 - 3.5f * k, 1.5f * k, 5 * k, f->ink);
    return rc == IM_OK ? panel_rect(f, left + width - 1.5f * k, y - 7 - 3.5f * k,
                                    1.5f * k, 5 * k, f->ink)
                       : rc;
}

/* ---- title ---- */

enum im_code furniture_title(struct furniture *f)
{
    struct panel_text text = {
        .text = f->page->title, .size = 18 * f->size, .is_bold = true};
    enum im_code rc;

    text.max_width = (float)f->view.width_px - 2 * (MARGIN_PX + 10);
    im_arena_reset(f->w->arena);
    rc = panel_shape(f, &text);
    furniture_take(f, MARGIN_PX, MARGIN_PX, text.width + 20, text.height + 10);
    if (rc == IM_OK)
        rc = panel_box(f, MARGIN_PX, MARGIN_PX, text.width + 20, text.height + 10, 4);
    return rc == IM_OK ? panel_write(f, &text, MARGIN_PX + 10 + (double)text.width / 2,
                                     MARGIN_PX + 5 + (double)text.height / 2, 0)
                       : rc;
}
