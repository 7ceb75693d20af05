/* SPDX-License-Identifier: Apache-2.0 */
/* Where the name of a shape stands. */
#include "label/interior.h"

#include <math.h>

static double part_length(const struct atlas_shape *s, uint32_t first, uint32_t end)
{
    double sum = 0;

    for (uint32_t i = first; i + 1 < end; i++)
        sum += hypot((double)s->xy[2 * i + 2] - s->xy[2 * i],
                     (double)s->xy[2 * i + 3] - s->xy[2 * i + 1]);
    return sum;
}

bool label_line_middle(const struct atlas_shape *s, double *x, double *y)
{
    uint32_t best_first = 0;
    uint32_t best_end = 0;
    uint32_t first = 0;
    double longest = -1;

    for (uint32_t p = 0; p < s->n_parts; p++) {
        double length = part_length(s, first, s->part_end[p]);

        if (length > longest) {
            longest = length;
            best_first = first;
            best_end = s->part_end[p];
        }
        first = s->part_end[p];
    }
    if (best_end == best_first)
        return false;
    double left = longest / 2;
    *x = s->xy[2 * best_first];
    *y = s->xy[2 * best_first + 1];
    for (uint32_t i = best_first; i + 1 < best_end; i++) {
        double dx = (double)s->xy[2 * i + 2] - s->xy[2 * i];
        double dy = (double)s->xy[2 * i + 3] - s->xy[2 * i + 1];
        double length = hypot(dx, dy);

        if (length >= left && length > 0) {
            *x = s->xy[2 * i] + dx * left / length;
            *y = s->xy[2 * i + 1] + dy * left / length;
            return true;
        }
        left -= length;
    }
    return true;
}

/* ---- areas ---- */

struct polygon {
    const uint32_t *xy;
    const uint32_t *part_end;
    uint32_t first_vertex;
    uint32_t first_part;
    uint32_t end_part;
    double x0, y0; /* subtracted: keeps the squares exact enough */
};

static double ring_area2(const struct atlas_shape *s, uint32_t first, uint32_t end)
{
    double x0 = s->xy[2 * first];
    double y0 = s->xy[2 * first + 1];
    double sum = 0;

    for (uint32_t i = first; i + 1 < end; i++)
        sum += (s->xy[2 * i] - x0) * (s->xy[2 * i + 3] - y0) -
               (s->xy[2 * i + 2] - x0) * (s->xy[2 * i + 1] - y0);
    return sum;
}

/* Outer rings run the other way than holes; the first ring of a shape is an outer one.
 */
static bool largest_polygon(const struct atlas_shape *s, struct polygon *out)
{
    uint32_t first = 0;
    double largest = 0;
    double sign = 0;
    bool in_best = false;

    for (uint32_t p = 0; p < s->n_parts; p++) {
        double area = ring_area2(s, first, s->part_end[p]);

        if (sign == 0 && area != 0)
            sign = area > 0 ? 1 : -1;
        if (area * sign > 0) {
            in_best = fabs(area) > largest;
            if (in_best) {
                largest = fabs(area);
                *out = (struct polygon){.xy = s->xy,
                                        .part_end = s->part_end,
                                        .first_vertex = first,
                                        .first_part = p,
                                        .end_part = p + 1,
                                        .x0 = s->xy[2 * first],
                                        .y0 = s->xy[2 * first + 1]};
            }
        } else if (in_best) {
            out->end_part = p + 1;
        }
        first = s->part_end[p];
    }
    return largest > 0;
}

static double
segment_distance2(double x, double y, const uint32_t *a, double x0, double y0)
{
    double ax = a[0] - x0;
    double ay = a[1] - y0;
    double dx = (double)a[2] - a[0];
    double dy = (double)a[3] - a[1];
    double len2 = dx * dx + dy * dy;
    double t = len2 > 0 ? ((x - ax) * dx + (y - ay) * dy) / len2 : 0;

    t = t < 0 ? 0 : t > 1 ? 1 : t;
    double ex = x - ax - t * dx;
    double ey = y - ay - t * dy;
    return ex * ex + ey * ey;
}

/* Distance to the outline, negative outside. */
static double signed_distance(const struct polygon *g, double x, double y)
{
    double least = HUGE_VAL;
    bool inside = false;
    uint32_t first = g->first_vertex;

    for (uint32_t p = g->first_part; p < g->end_part; p++) {
        for (uint32_t i = first; i + 1 < g->part_end[p]; i++) {
            const uint32_t *a = g->xy + 2 * i;
            double ay = a[1] - g->y0;
            double by = a[3] - g->y0;
            double d = segment_distance2(x, y, a, g->x0, g->y0);

            if (d < least)
                least = d;
            if ((ay > y) != (by > y) &&
                x < (a[0] - g->x0) + ((double)a[2] - a[0]) * (y - ay) / (by - ay))
                inside = !inside;
        }
        first = g->part_end[p];
    }
    return inside ? sqrt(least) : -sqrt(least);
}

struct cell {
    double x, y; /* centre */
    double half;
    double distance;
    double most; /* no point of the cell is farther inside */
};

static struct cell cell_of(const struct polygon *g, double x, double y, double half)
{
    double d = signed_distance(g, x, y);

    return (struct cell){x, y, half, d, d + half * M_SQRT2};
}

/* A binary heap of bounded size, largest `most` first; what does not fit is forgotten,
 * which can only cost precision. */
enum { HEAP_MAX = 512 };
struct heap {
    struct cell cells[HEAP_MAX];
    uint32_t n;
};

static void heap_push(struct heap *h, struct cell c)
{
    uint32_t i = h->n;

    if (h->n == HEAP_MAX)
        return;
    for (h->n++; i > 0 && h->cells[(i - 1) / 2].most < c.most; i = (i - 1) / 2)
        h->cells[i] = h->cells[(i - 1) / 2];
    h->cells[i] = c;
}

static struct cell heap_pop(struct heap *h)
{
    struct cell top = h->cells[0];
    struct cell last = h->cells[--h->n];
    uint32_t i = 0;

    for (uint32_t child = 1; child < h->n; child = 2 * i + 1) {
        if (child + 1 < h->n && h->cells[child + 1].most > h->cells[child].most)
            child++;
        if (h->cells[child].most <= last.most)
            break;
        h->cells[i] = h->cells[child];
        i = child;
    }
    h->cells[i] = last;
    return top;
}

static void bounds_of(const struct polygon *g, double box[4])
{
    uint32_t end = g->part_end[g->first_part];

    box[0] = box[1] = HUGE_VAL;
    box[2] = box[3] = -HUGE_VAL;
    for (uint32_t i = g->first_vertex; i < end; i++) {
        box[0] = fmin(box[0], g->xy[2 * i] - g->x0);
        box[1] = fmin(box[1], g->xy[2 * i + 1] - g->y0);
        box[2] = fmax(box[2], g->xy[2 * i] - g->x0);
        box[3] = fmax(box[3], g->xy[2 * i + 1] - g->y0);
    }
}

bool label_area_inside(const struct atlas_shape *s, double *x, double *y)
{
    struct polygon g = {0};
    struct heap heap = {.n = 0};
    double box[4];

    if (!largest_polygon(s, &g))
        return false;
    bounds_of(&g, box);
    double width = box[2] - box[0];
    double height = box[3] - box[1];
    double half = fmax(fmin(width, height), fmax(width, height) / 8) / 2;
    double precision = fmax(fmin(width, height) / 50, 0.5);
    struct cell best = cell_of(&g, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, 0);
    for (double cx = box[0]; cx < box[2]; cx += 2 * half)
        for (double cy = box[1]; cy < box[3]; cy += 2 * half)
            heap_push(&heap, cell_of(&g, cx + half, cy + half, half));
    while (heap.n) {
        struct cell c = heap_pop(&heap);

        if (c.distance > best.distance)
            best = c;
        if (c.most - best.distance <= precision)
            break;
        for (int i = 0; i < 4; i++)
            heap_push(&heap, cell_of(&g, c.x + (i & 1 ? 0.5 : -0.5) * c.half,
                                     c.y + (i & 2 ? 0.5 : -0.5) * c.half, c.half / 2));
    }
    *x = best.x + g.x0;
    *y = best.y + g.y0;
    return true;
}
