/* SPDX-License-Identifier: Apache-2.0 */
/* Boxes, rings and texts of furniture. */
#include "static/panel.h"

#include <math.h>

static float scale_of(const struct furniture *f)
{
    return (float)f->page->scale;
}

enum im_code panel_shape(struct furniture *f, struct panel_text *text)
{
    float scale = scale_of(f);
    struct text_style style = {.size_px = text->size * scale,
                               .weight = text->is_bold ? TEXT_BOLD : TEXT_REGULAR,
                               .line_height_em = 1.3f,
                               .max_width_em = text->max_width / text->size,
                               .justify = text->justify};
    enum im_code rc =
        text_shape(f->w->fonts, text->text, &style, f->w->arena, &text->block, f->err);

    if (rc == IM_OK) {
        text->width = text_block_width_px(text->block) / scale;
        text->height = text_block_height_px(text->block) / scale;
    }
    return rc;
}

enum im_code panel_write(
    struct furniture *f, const struct panel_text *text, double x, double y, float halo)
{
    float scale = scale_of(f);
    struct draw_color paper = f->paper;
    struct draw_color ink = f->ink;

    paper.a = 1;
    ink.a *= 1 - text->faint;
    return text_draw(f->w->fonts, f->raster, text->block, (float)x * scale,
                     (float)y * scale, ink, paper, halo * scale, f->err);
}

enum im_code panel_ring(
    struct furniture *f, float *xy, uint32_t n, struct draw_color color, float edge)
{
    float scale = scale_of(f);
    struct draw_path path = {xy, &n, 1};
    struct draw_stroke stroke = {.width_px = 2 * edge * scale,
                                 .join = DRAW_JOIN_ROUND,
                                 .miter_limit = 2,
                                 .closed = true};
    enum im_code rc = IM_OK;

    for (uint32_t i = 0; i < 2 * n; i++)
        xy[i] *= scale;
    if (edge > 0)
        rc = draw_line(f->w->scratch, f->raster, &path, &stroke,
                       (struct draw_color){1, 1, 1, 1}, f->err);
    return rc == IM_OK ? draw_fill(f->w->scratch, f->raster, &path, color, f->err) : rc;
}

enum im_code panel_disc(
    struct furniture *f, double x, double y, float radius, struct draw_color color)
{
    enum { STEPS = 24 };
    float xy[2 * STEPS];

    for (int i = 0; i < STEPS; i++) {
        xy[2 * i] = (float)(x + (double)radius * cos(2 * M_PI * i / STEPS));
        xy[2 * i + 1] = (float)(y + (double)radius * sin(2 * M_PI * i / STEPS));
    }
    return panel_ring(f, xy, STEPS, color, 0);
}

enum im_code panel_rect(
    struct furniture *f, float x, float y, float w, float h, struct draw_color color)
{
    float xy[] = {x, y, x + w, y, x + w, y + h, x, y + h};

    return panel_ring(f, xy, 4, color, 0);
}

static enum im_code round_box(struct furniture *f,
                              struct furniture_box box,
                              float radius,
                              struct draw_color color)
{
    enum { STEPS = 6 };
    /* middles of the four corner arcs, clockwise from the upper left one */
    const float cx[] = {box.x + radius, box.x + box.w - radius, box.x + box.w - radius,
                        box.x + radius};
    const float cy[] = {box.y + radius, box.y + radius, box.y + box.h - radius,
                        box.y + box.h - radius};
    float xy[2 * 4 * (STEPS + 1)];
    uint32_t n = 0;

    for (int c = 0; c < 4; c++)
        for (int i = 0; i <= STEPS; i++) {
            double a = M_PI + M_PI_2 * (c + (double)i / STEPS);

            xy[n++] = cx[c] + radius * (float)cos(a);
            xy[n++] = cy[c] + radius * (float)sin(a);
        }
    return panel_ring(f, xy, n / 2, color, 0);
}

enum im_code
panel_box(struct furniture *f, float x, float y, float w, float h, float radius)
{
    struct draw_color edge = f->ink;
    enum im_code rc;

    if (radius <= 0)
        return panel_rect(f, x, y, w, h, f->paper);
    edge.a = 0.2f; /* white paper on a white map */
    rc = round_box(f, (struct furniture_box){x - 0.5f, y - 0.5f, w + 1, h + 1},
                   radius + 0.5f, edge);
    return rc == IM_OK
               ? round_box(f, (struct furniture_box){x, y, w, h}, radius, f->paper)
               : rc;
}
