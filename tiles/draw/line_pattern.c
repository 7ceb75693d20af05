/* SPDX-License-Identifier: Apache-2.0 */
/* Lines painted with an image that repeats along them.
 *
 * The stroker says how much of each pixel the line covers, whatever its joins and caps;
 * the colour is that of the image at the pixel's place along and across the segment it
 * is nearest to. So pieces have no seams between them, and a turn is cut in half like a
 * frame's corner. */
#include "coverage.h"
#include "pattern.h"

#include <math.h>
#include <stdlib.h>

struct segment {
    double x, y;   /* where it starts */
    double dx, dy; /* of length 1 */
    double length;
    double at; /* of its start along the line */
    int64_t last_row;
    uint32_t next; /* that starts to count in the same row */
};

/* Of one pixel, by the segment that suits it best. */
struct place {
    double cost;
    double along;
    double across; /* to the right */
};

enum { NO_SEGMENT = UINT32_MAX };

struct painter {
    struct raster *raster;
    const struct draw_pattern *pattern;
    double width; /* of the line */
    double share; /* of the colour that lines thinner than a pixel have */
    double offset;
    double side;  /* half the distance of a pair of lines, or 0 */
    double reach; /* beyond a segment, of what it may paint */
    struct segment *segments;
    uint32_t n_segments;
    uint32_t *starts; /* by row: the first one that counts from there on */
    uint32_t *active;
    uint32_t n_active;
    uint32_t n_rows; /* whose segments are active or were */
    struct place *places;
};

static void
put_segment(struct painter *p, const double a[2], const double b[2], double at)
{
    double length = hypot(b[0] - a[0], b[1] - a[1]);
    struct segment *s = &p->segments[p->n_segments];

    if (!(length > 0))
        return;
    *s = (struct segment){.x = a[0],
                          .y = a[1],
                          .dx = (b[0] - a[0]) / length,
                          .dy = (b[1] - a[1]) / length,
                          .length = length,
                          .at = at};
    double end = s->y + s->dy * length;
    double first = floor(fmin(s->y, end) - p->reach);
    double last = ceil(fmax(s->y, end) + p->reach);
    if (last < 0 || first >= p->raster->height_px)
        return;
    uint32_t row = first > 0 ? (uint32_t)first : 0;
    s->last_row = (int64_t)fmin(last, p->raster->height_px);
    s->next = p->starts[row];
    p->starts[row] = p->n_segments++;
}

static void
put_lines(struct painter *p, const struct draw_path *lines, const double *part_at)
{
    uint32_t start = 0;

    for (uint32_t i = 0; i < lines->n_parts; i++) {
        double at = part_at[i];

        for (uint32_t k = start; k + 1 < lines->part_end[i]; k++) {
            const float *xy = lines->xy + 2 * (size_t)k;
            const double a[2] = {(double)xy[0], (double)xy[1]};
            const double b[2] = {(double)xy[2], (double)xy[3]};

            put_segment(p, a, b, at);
            at += hypot(b[0] - a[0], b[1] - a[1]);
        }
        start = lines->part_end[i];
    }
}

static void measure(struct painter *p, const struct segment *s, double y)
{
    double end = s->x + s->dx * s->length;
    double left = fmax(0, floor(fmin(s->x, end) - p->reach));
    double right = fmin(p->raster->width_px, ceil(fmax(s->x, end) + p->reach));

    for (double x = left; x < right; x++) {
        struct place *place = &p->places[(size_t)x];
        double px = x + 0.5 - s->x;
        double py = y - s->y;
        double along = px * s->dx + py * s->dy;
        double across = py * s->dx - px * s->dy;
        double beyond = along < 0 ? along : along > s->length ? along - s->length : 0;
        /* the distance; outside of a turn, where it is that to the vertex for both,
         * what is beyond counts a little more, which cuts the turn in half */
        double cost = across * across + beyond * beyond * 1.001;

        if (cost < place->cost)
            *place = (struct place){cost, s->at + along, across};
    }
}

static void paint_row(void *ctx, uint32_t row, const uint8_t *mask)
{
    struct painter *p = ctx;
    const struct sprite_image *image = p->pattern->image;
    uint8_t *px = p->raster->rgba + (size_t)row * p->raster->width_px * 4;
    double unit = image->height_px / p->width; /* own pixels a pixel */
    uint32_t kept = 0;

    for (; p->n_rows <= row; p->n_rows++)
        for (uint32_t i = p->starts[p->n_rows]; i != NO_SEGMENT;
             i = p->segments[i].next)
            p->active[p->n_active++] = i;
    for (uint32_t x = 0; x < p->raster->width_px; x++)
        p->places[x].cost = HUGE_VAL;
    for (uint32_t i = 0; i < p->n_active; i++) {
        const struct segment *s = &p->segments[p->active[i]];

        if (s->last_row < row)
            continue;
        measure(p, s, row + 0.5);
        p->active[kept++] = p->active[i];
    }
    p->n_active = kept;
    for (uint32_t x = 0; x < p->raster->width_px; x++, px += 4) {
        const struct place *place = &p->places[x];
        float color[4];

        if (!mask[x] || place->cost == HUGE_VAL)
            continue;
        /* across, the image does not repeat */
        double across = place->across - p->offset;
        across -= across > 0 ? p->side : -p->side;
        double v = (across + p->width / 2) * unit;
        pattern_sample(image, place->along * unit,
                       fmin(fmax(v, 0.5), image->height_px - 0.5), color);
        pattern_blend(px, color,
                      p->pattern->opacity * (float)(p->share * mask[x] / 255));
    }
}

enum im_code draw_line_pattern(struct draw_scratch *scratch,
                               struct raster *raster,
                               const struct draw_path *lines,
                               const double *part_at,
                               const struct draw_stroke *stroke,
                               const struct draw_pattern *pattern,
                               struct im_error *err)
{
    enum im_code rc = pattern_check(pattern, err);
    struct painter p = {.raster = raster, .pattern = pattern};
    size_t n = lines->n_parts ? lines->part_end[lines->n_parts - 1] : 0;
    struct draw_stroke solid = *stroke;

    if (rc != IM_OK || n == 0 || pattern->opacity <= 0 || !(stroke->width_px > 0))
        return rc;
    solid.n_dashes = 0;
    p.width = fmax(1, (double)stroke->width_px);
    p.share = (double)stroke->width_px / p.width;
    p.offset = (double)stroke->offset_px;
    p.side = stroke->gap_px > 0 ? (double)(stroke->gap_px + stroke->width_px) / 2 : 0;
    p.reach = (p.width / 2 + fabs(p.offset) + p.side) *
                  fmax(1.5, (double)stroke->miter_limit) +
              1;
    p.segments = malloc(n * sizeof *p.segments);
    p.active = malloc(n * sizeof *p.active);
    p.starts = malloc(raster->height_px * sizeof *p.starts);
    p.places = malloc(raster->width_px * sizeof *p.places);
    if (!p.segments || !p.active || !p.starts || !p.places) {
        rc = im_fail(err, IM_ENOMEM, "line with a pattern");
        goto done;
    }
    for (uint32_t row = 0; row < raster->height_px; row++)
        p.starts[row] = NO_SEGMENT;
    put_lines(&p, lines, part_at);
    rc = coverage_line(scratch, raster, lines, &solid, paint_row, &p, err);
done:
    free(p.segments);
    free(p.active);
    free(p.starts);
    free(p.places);
    return rc;
}
