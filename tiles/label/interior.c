/* SPDX-License-Identifier: Apache-2.0 */
/* Where the name of a shape stands. */
#include "label/interior.h"

#include <math.h>
#include <stdlib.h>

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

/* Edges side by side, so that the same is done to LANES of them at once. */
enum { LANES = 8 };
struct edges {
    double ax[LANES], ay[LANES]; /* where it starts, from (x0, y0) of the polygon */
    double dx[LANES], dy[LANES];
    double by[LANES];
    double per_len2[LANES]; /* 1 / length², 0 of an edge without any */
    double slope[LANES];    /* dx / dy, 0 of level ones, which are never crossed */
};

struct outline {
    struct edges *edges;
    size_t n;
    enum im_simd simd;
};

static void set_edge(struct edges *e, size_t lane, const struct polygon *g, uint32_t at)
{
    const uint32_t *a = g->xy + 2 * (size_t)at;
    double dx = (double)a[2] - a[0];
    double dy = (double)a[3] - a[1];
    double len2 = dx * dx + dy * dy;

    e->ax[lane] = a[0] - g->x0;
    e->ay[lane] = a[1] - g->y0;
    e->by[lane] = a[3] - g->y0;
    e->dx[lane] = dx;
    e->dy[lane] = dy;
    e->per_len2[lane] = len2 > 0 ? 1 / len2 : 0;
    e->slope[lane] = dy < 0 || dy > 0 ? dx / dy : 0;
}

/* The last lanes repeat a vertex: no nearer than the edge it belongs to, and level. */
static bool outline_init(struct outline *o, const struct polygon *g)
{
    size_t most = (size_t)g->part_end[g->end_part - 1] - g->first_vertex + LANES;
    uint32_t first = g->first_vertex;
    size_t n = 0;

    o->edges = calloc(most / LANES, sizeof *o->edges);
    if (!o->edges)
        return false;
    for (uint32_t p = g->first_part; p < g->end_part; p++) {
        for (uint32_t i = first; i + 1 < g->part_end[p]; i++, n++)
            set_edge(&o->edges[n / LANES], n % LANES, g, i);
        first = g->part_end[p];
    }
    o->n = (n + LANES - 1) / LANES;
    for (; n % LANES; n++) {
        struct edges *e = &o->edges[n / LANES];

        e->ax[n % LANES] = e->ax[0];
        e->ay[n % LANES] = e->by[n % LANES] = e->ay[0];
    }
    return true;
}

/* Distance to the outline, negative outside. */
static IM_SIMD_BODY double distance_body(const struct outline *o, double x, double y)
{
    double least[LANES];
    double crossed[LANES] = {0};
    double min = HUGE_VAL;
    double sum = 0;

    for (int k = 0; k < LANES; k++)
        least[k] = HUGE_VAL;
    for (size_t i = 0; i < o->n; i++) {
        const struct edges *e = &o->edges[i];

        for (int k = 0; k < LANES; k++) {
            double px = x - e->ax[k];
            double py = y - e->ay[k];
            double t = (px * e->dx[k] + py * e->dy[k]) * e->per_len2[k];
            double after_a = e->ay[k] > y ? 1 : 0;
            double after_b = e->by[k] > y ? 1 : 0;
            double is_left = px < e->slope[k] * py ? 1 : 0;

            t = t < 0 ? 0 : t;
            t = t > 1 ? 1 : t;
            crossed[k] += fabs(after_a - after_b) * is_left;
            px -= t * e->dx[k];
            py -= t * e->dy[k];
            t = px * px + py * py;
            least[k] = t < least[k] ? t : least[k];
        }
    }
    for (int k = 0; k < LANES; k++) {
        min = least[k] < min ? least[k] : min;
        sum += crossed[k];
    }
    return (uint64_t)sum % 2 ? sqrt(min) : -sqrt(min);
}

static double distance_plain(const struct outline *o, double x, double y)
{
    return distance_body(o, x, y);
}

#ifdef IM_HAS_SIMD_CHOICE
IM_TARGET_AVX2 static double distance_avx2(const struct outline *o, double x, double y)
{
    return distance_body(o, x, y);
}

IM_TARGET_AVX512 static double
distance_avx512(const struct outline *o, double x, double y)
{
    return distance_body(o, x, y);
}
#endif

static double signed_distance(const struct outline *o, double x, double y)
{
#ifdef IM_HAS_SIMD_CHOICE
    if (o->simd == IM_SIMD_AVX512)
        return distance_avx512(o, x, y);
    if (o->simd == IM_SIMD_AVX2)
        return distance_avx2(o, x, y);
#endif
    return distance_plain(o, x, y);
}

struct cell {
    double x, y; /* centre */
    double half;
    double distance;
    double most; /* no point of the cell is farther inside */
};

static struct cell cell_of(const struct outline *o, double x, double y, double half)
{
    double d = signed_distance(o, x, y);

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
    uint32_t low[2] = {UINT32_MAX, UINT32_MAX};
    uint32_t high[2] = {0, 0};

    for (uint32_t i = 2 * g->first_vertex; i < 2 * end; i++) {
        uint32_t v = g->xy[i];

        low[i % 2] = v < low[i % 2] ? v : low[i % 2];
        high[i % 2] = v > high[i % 2] ? v : high[i % 2];
    }
    box[0] = low[0] - g->x0;
    box[1] = low[1] - g->y0;
    box[2] = high[0] - g->x0;
    box[3] = high[1] - g->y0;
}

/* The centre of gravity of the outer ring: of most shapes it is nearly the point we
 * look for, and from there on few cells are worth a look. */
static struct cell centre_of(const struct polygon *g, const struct outline *o)
{
    uint32_t end = g->part_end[g->first_part];
    double sum = 0;
    double x = 0;
    double y = 0;

    for (uint32_t i = g->first_vertex; i + 1 < end; i++) {
        double ax = g->xy[2 * i] - g->x0;
        double ay = g->xy[2 * i + 1] - g->y0;
        double bx = g->xy[2 * i + 2] - g->x0;
        double by = g->xy[2 * i + 3] - g->y0;
        double cross = ax * by - bx * ay;

        sum += cross;
        x += (ax + bx) * cross;
        y += (ay + by) * cross;
    }
    return cell_of(o, x / (3 * sum), y / (3 * sum), 0);
}

bool label_area_inside(const struct atlas_shape *s, double *x, double *y)
{
    return label_area_inside_with(s, im_simd_best(), x, y);
}

bool label_area_inside_with(const struct atlas_shape *s,
                            enum im_simd simd,
                            double *x,
                            double *y)
{
    struct polygon g = {0};
    struct outline o = {.simd = simd};
    struct heap heap; /* not all of it set to 0: that would take as long as the rest */
    double box[4];

    if (!largest_polygon(s, &g) || !outline_init(&o, &g))
        return false;
    heap.n = 0;
    bounds_of(&g, box);
    double width = box[2] - box[0];
    double height = box[3] - box[1];
    double half = fmax(fmin(width, height), fmax(width, height) / 8) / 2;
    double precision = fmax(fmin(width, height) / 50, 0.5);
    struct cell best = centre_of(&g, &o);
    for (double cx = box[0]; cx < box[2]; cx += 2 * half)
        for (double cy = box[1]; cy < box[3]; cy += 2 * half)
            heap_push(&heap, cell_of(&o, cx + half, cy + half, half));
    while (heap.n) {
        struct cell c = heap_pop(&heap);

        if (c.distance > best.distance)
            best = c;
        /* a tenth more room would not be seen */
        if (c.most - best.distance <= fmax(precision, best.distance / 10))
            break;
        for (int i = 0; i < 4; i++)
            heap_push(&heap, cell_of(&o, c.x + (i & 1 ? 0.5 : -0.5) * c.half,
                                     c.y + (i & 2 ? 0.5 : -0.5) * c.half, c.half / 2));
    }
    *x = best.x + g.x0;
    *y = best.y + g.y0;
    free(o.edges);
    return true;
}
