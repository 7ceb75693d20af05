/* SPDX-License-Identifier: Apache-2.0 */
/* The same pictures through cairo, and random shapes. */
#include "reference.h"

#include <cairo.h>

#include <math.h>

/** cairo keeps native-endian ARGB words; ours are bytes r, g, b, a. */
static void
swap_channels(const struct raster *raster, cairo_surface_t *surface, bool in)
{
    cairo_surface_flush(surface);
    unsigned char *data = cairo_image_surface_get_data(surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(surface);

    for (size_t y = 0; y < raster->height_px; y++)
        for (size_t x = 0; x < raster->width_px; x++) {
            uint8_t *px = raster->rgba + (y * raster->width_px + x) * 4;
            uint32_t word;

            if (in) {
                word = (uint32_t)px[3] << 24 | (uint32_t)px[0] << 16 |
                       (uint32_t)px[1] << 8 | px[2];
                memcpy(data + y * stride + 4 * x, &word, 4);
            } else {
                memcpy(&word, data + y * stride + 4 * x, 4);
                px[0] = (uint8_t)(word >> 16);
                px[1] = (uint8_t)(word >> 8);
                px[2] = (uint8_t)word;
                px[3] = (uint8_t)(word >> 24);
            }
        }
    cairo_surface_mark_dirty(surface);
}

struct reference {
    cairo_surface_t *surface;
    cairo_t *cr;
};

struct reference *reference_open(const struct raster *raster)
{
    struct reference *reference = malloc(sizeof *reference);

    if (!reference)
        abort();
    reference->surface = cairo_image_surface_create(
        CAIRO_FORMAT_ARGB32, (int)raster->width_px, (int)raster->height_px);
    swap_channels(raster, reference->surface, true);
    reference->cr = cairo_create(reference->surface);
    return reference;
}

void reference_close(struct reference *reference, struct raster *raster)
{
    swap_channels(raster, reference->surface, false);
    cairo_destroy(reference->cr);
    cairo_surface_destroy(reference->surface);
    free(reference);
}

static void add_path(cairo_t *cr, const struct draw_path *path, bool closed)
{
    uint32_t start = 0;

    for (uint32_t i = 0; i < path->n_parts; i++) {
        for (uint32_t k = start; k < path->part_end[i]; k++)
            cairo_line_to(cr, (double)path->xy[2 * k], (double)path->xy[2 * k + 1]);
        if (closed)
            cairo_close_path(cr);
        cairo_new_sub_path(cr);
        start = path->part_end[i];
    }
}

static void set_color(cairo_t *cr, struct draw_color color)
{
    cairo_set_source_rgba(cr, (double)color.r, (double)color.g, (double)color.b,
                          (double)color.a);
}

void reference_fill_on(struct reference *reference,
                       const struct draw_path *rings,
                       struct draw_color color)
{
    set_color(reference->cr, color);
    add_path(reference->cr, rings, true);
    cairo_fill(reference->cr);
}

void reference_line_on(struct reference *reference,
                       const struct draw_path *lines,
                       const struct draw_stroke *stroke,
                       struct draw_color color)
{
    static const cairo_line_cap_t caps[] = {CAIRO_LINE_CAP_BUTT, CAIRO_LINE_CAP_ROUND,
                                            CAIRO_LINE_CAP_SQUARE};
    static const cairo_line_join_t joins[] = {
        CAIRO_LINE_JOIN_MITER, CAIRO_LINE_JOIN_ROUND, CAIRO_LINE_JOIN_BEVEL};
    cairo_t *cr = reference->cr;
    double dashes[DRAW_MAX_DASHES];

    for (uint32_t i = 0; i < stroke->n_dashes; i++)
        dashes[i] = (double)stroke->dashes_px[i];
    set_color(cr, color);
    cairo_set_dash(cr, dashes, (int)stroke->n_dashes, 0);
    cairo_set_line_width(cr, (double)stroke->width_px);
    cairo_set_line_cap(cr, caps[stroke->cap]);
    cairo_set_line_join(cr, joins[stroke->join]);
    cairo_set_miter_limit(cr, (double)stroke->miter_limit);
    add_path(cr, lines, stroke->closed);
    cairo_stroke(cr);
}

void reference_fill(struct raster *raster,
                    const struct draw_path *rings,
                    struct draw_color color)
{
    struct reference *reference = reference_open(raster);

    reference_fill_on(reference, rings, color);
    reference_close(reference, raster);
}

void reference_line(struct raster *raster,
                    const struct draw_path *lines,
                    const struct draw_stroke *stroke,
                    struct draw_color color)
{
    struct reference *reference = reference_open(raster);

    reference_line_on(reference, lines, stroke, color);
    reference_close(reference, raster);
}

void random_star(struct test_random *random,
                 double cx,
                 double cy,
                 double radius,
                 uint32_t n,
                 float *xy)
{
    for (uint32_t i = 0; i < n; i++) {
        double angle = 2 * M_PI * i / n;
        double r = radius * test_random_in(random, 0.5, 1);

        xy[2 * i] = (float)(cx + r * cos(angle));
        xy[2 * i + 1] = (float)(cy + r * sin(angle));
    }
}
