/* SPDX-License-Identifier: Apache-2.0 */
/* A sweep over the vertices from left to right (by x, then y, which is a sweep with a
 * line that leans infinitely little, so that upright edges are nothing special).
 *
 * The edges that the line cuts are kept in their order from below to above: a treap for
 * finding a place, and a list for neighbours. Edges that come to be neighbours are
 * tested up to where the first of them ends; as long as no test fails, the order stays
 * right, and when the sweep comes to its end no two edges have met. Each decision is a
 * sign of an orientation that is certain (J. R. Shewchuk: Adaptive precision
 * floating-point arithmetic, 1997, his bound A); the first that is not ends the sweep
 * with SIMPLE_UNSURE.
 */
#include "simple.h"

#include <math.h>
#include <time.h>

#define NONE UINT32_MAX

/* An edge is named by the vertex it starts from; a slot of the status by the edge that
 * was first in it. */
struct sweep {
    const double *lonlat; /* rings closed, without repeats */
    const uint32_t *ring_end;
    uint32_t n_rings;
    uint32_t n;         /* vertices: positions but the closing ones */
    uint32_t *previous; /* vertex -> the one before it in its ring */
    uint32_t *area;     /* ring -> area */
    bool *is_outer;     /* ring */
    bool *is_seen;      /* ring: its leftmost vertex was met */
    uint32_t *order;    /* vertices from left to right */
    uint32_t *spare;    /* of the sort */
    /* status */
    uint32_t *edge; /* slot -> edge now in it */
    uint32_t *slot; /* edge -> slot */
    uint32_t *left;
    uint32_t *right;
    uint32_t *parent;
    uint32_t *below;
    uint32_t *above;
    uint32_t root;
    uint32_t lowest;
    uint32_t seed;
    enum simple_verdict verdict;
    double place[2];
};

/* An edge runs from at(edge) to at(edge + 1): the closing position follows the last
 * vertex of a ring. */
static const double *at(const struct sweep *s, uint32_t vertex)
{
    return s->lonlat + 2 * (size_t)vertex;
}

static uint32_t ring_of(const struct sweep *s, uint32_t vertex)
{
    uint32_t low = 0;
    uint32_t high = s->n_rings - 1;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (vertex < s->ring_end[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static bool is_same(const double *a, const double *b)
{
    return a[0] == b[0] && a[1] == b[1];
}

static bool is_before(const double *a, const double *b)
{
    return a[0] < b[0] || (a[0] == b[0] && a[1] < b[1]);
}

/* ---- decisions ---- */

/* 1: c lies left of the way from a to b, -1: right; 0: not certain. */
static int side_of(const double *a, const double *b, const double *c)
{
    static const double BOUND = 3.3306690738754716e-16; /* (3 + 16 eps) eps */
    double l = (a[0] - c[0]) * (b[1] - c[1]);
    double r = (a[1] - c[1]) * (b[0] - c[0]);
    double det = l - r;
    double error = BOUND * (fabs(l) + fabs(r));

    return det > error ? 1 : det < -error ? -1 : 0;
}

static bool stop(struct sweep *s, enum simple_verdict verdict, const double *place)
{
    s->verdict = verdict;
    s->place[0] = place[0];
    s->place[1] = place[1];
    return false;
}

struct ends {
    const double *l; /* the end that the sweep meets first */
    const double *r;
};

static struct ends ends_of(const struct sweep *s, uint32_t edge)
{
    const double *a = at(s, edge);

    return is_before(a, a + 2) ? (struct ends){a, a + 2} : (struct ends){a + 2, a};
}

static void cross(const struct ends *a, const struct ends *b, double out[2])
{
    double ax = a->r[0] - a->l[0];
    double ay = a->r[1] - a->l[1];
    double bx = b->r[0] - b->l[0];
    double by = b->r[1] - b->l[1];
    double det = ax * by - ay * bx;
    double t =
        det == 0 ? 0 : ((b->l[0] - a->l[0]) * by - (b->l[1] - a->l[1]) * bx) / det;

    t = fmin(fmax(t, 0), 1);
    out[0] = a->l[0] + t * ax;
    out[1] = a->l[1] + t * ay;
}

/* Two neighbours of the status: is the lower one still below where the first of them
 * ends? */
static bool test_neighbours(struct sweep *s, uint32_t lower, uint32_t upper)
{
    if (lower == NONE || upper == NONE)
        return true;
    struct ends a = ends_of(s, s->edge[lower]);
    struct ends b = ends_of(s, s->edge[upper]);
    if (is_same(a.r, b.r)) /* no two vertices do: it is one */
        return true;
    bool a_first = is_before(a.r, b.r);
    int side = a_first ? -side_of(b.l, b.r, a.r) : side_of(a.l, a.r, b.r);
    if (side > 0)
        return true;
    if (side == 0)
        return stop(s, SIMPLE_UNSURE, a_first ? a.r : b.r);
    double place[2];
    cross(&a, &b, place);
    return stop(s, SIMPLE_CROSSING, place);
}

/* ---- the status ---- */

/* Depth in the heap of the treap: mixed with a seed that files cannot know, or they
 * could be made to degenerate the tree. */
static uint32_t rank_of(const struct sweep *s, uint32_t slot)
{
    uint32_t h = slot ^ s->seed;

    h = (h ^ (h >> 16)) * 0x7feb352d;
    h = (h ^ (h >> 15)) * 0x846ca68b;
    return h ^ (h >> 16);
}

static void replace_child(struct sweep *s, uint32_t parent, uint32_t old, uint32_t new)
{
    if (parent == NONE)
        s->root = new;
    else if (s->left[parent] == old)
        s->left[parent] = new;
    else
        s->right[parent] = new;
    if (new != NONE)
        s->parent[new] = parent;
}

/* `child` goes up over its parent. */
static void rotate_up(struct sweep *s, uint32_t child)
{
    uint32_t parent = s->parent[child];

    replace_child(s, s->parent[parent], parent, child);
    if (s->left[parent] == child) {
        s->left[parent] = s->right[child];
        if (s->left[parent] != NONE)
            s->parent[s->left[parent]] = parent;
        s->right[child] = parent;
    } else {
        s->right[parent] = s->left[child];
        if (s->right[parent] != NONE)
            s->parent[s->right[parent]] = parent;
        s->left[child] = parent;
    }
    s->parent[parent] = child;
}

static uint32_t above_of(const struct sweep *s, uint32_t slot)
{
    return slot == NONE ? s->lowest : s->above[slot];
}

/* Put `edge` right above the slot `under` (NONE: lowest of all). */
static uint32_t insert_above(struct sweep *s, uint32_t under, uint32_t edge)
{
    uint32_t slot = edge;
    uint32_t over = above_of(s, under);

    s->edge[slot] = edge;
    s->slot[edge] = slot;
    s->left[slot] = s->right[slot] = s->parent[slot] = NONE;
    s->below[slot] = under;
    s->above[slot] = over;
    if (under == NONE)
        s->lowest = slot;
    else
        s->above[under] = slot;
    if (over != NONE)
        s->below[over] = slot;
    if (s->root == NONE) {
        s->root = slot;
    } else if (under != NONE && s->right[under] == NONE) {
        s->right[under] = slot;
        s->parent[slot] = under;
    } else { /* the lowest of what is above `under` has nothing on its left */
        s->left[over] = slot;
        s->parent[slot] = over;
    }
    while (s->parent[slot] != NONE && rank_of(s, slot) < rank_of(s, s->parent[slot]))
        rotate_up(s, slot);
    return slot;
}

static void remove_slot(struct sweep *s, uint32_t slot)
{
    for (;;) {
        uint32_t l = s->left[slot];
        uint32_t r = s->right[slot];

        if (l == NONE || r == NONE) {
            replace_child(s, s->parent[slot], slot, l == NONE ? r : l);
            break;
        }
        rotate_up(s, rank_of(s, l) < rank_of(s, r) ? l : r);
    }
    uint32_t below = s->below[slot];
    uint32_t above = s->above[slot];
    if (below == NONE)
        s->lowest = above;
    else
        s->above[below] = above;
    if (above != NONE)
        s->below[above] = below;
}

/* The slot right below a position; false when it lies on an edge. */
static bool find_below(struct sweep *s, const double *p, uint32_t *out)
{
    uint32_t slot = s->root;

    *out = NONE;
    while (slot != NONE) {
        struct ends e = ends_of(s, s->edge[slot]);
        int side = side_of(e.l, e.r, p);

        if (side == 0)
            return stop(s, SIMPLE_UNSURE, p);
        if (side > 0)
            *out = slot;
        slot = side > 0 ? s->right[slot] : s->left[slot];
    }
    return true;
}

/* ---- the sweep ---- */

/* The leftmost vertex of a ring: what is below it says in what it lies. Outer rings run
 * counter-clockwise and holes clockwise, so above an edge that runs to the right is
 * the inside of its area. */
static bool test_nesting(struct sweep *s, uint32_t vertex, uint32_t below)
{
    uint32_t ring = ring_of(s, vertex);
    uint32_t edge = below == NONE ? NONE : s->edge[below];

    if (s->is_seen[ring])
        return true;
    s->is_seen[ring] = true;
    bool is_inside = edge != NONE && is_before(at(s, edge), at(s, edge + 1));
    if (s->is_outer[ring])
        return is_inside ? stop(s, SIMPLE_NESTED, at(s, vertex)) : true;
    if (!is_inside || s->area[ring_of(s, edge)] != s->area[ring])
        return stop(s, SIMPLE_HOLE_OUTSIDE, at(s, vertex));
    return true;
}

/* Both edges of a vertex begin here. */
static bool open_vertex(struct sweep *s, uint32_t vertex)
{
    uint32_t in = s->previous[vertex]; /* also the name of the edge */
    uint32_t below;
    const double *p = at(s, vertex);

    if (!find_below(s, p, &below) || !test_nesting(s, vertex, below))
        return false;
    int side = side_of(p, at(s, in), at(s, vertex + 1));
    if (side == 0) /* there and back */
        return stop(s, SIMPLE_UNSURE, p);
    uint32_t lower = insert_above(s, below, side > 0 ? in : vertex);
    uint32_t upper = insert_above(s, lower, side > 0 ? vertex : in);
    return test_neighbours(s, below, lower) &&
           test_neighbours(s, upper, s->above[upper]);
}

/* Both edges end. */
static bool close_vertex(struct sweep *s, uint32_t vertex)
{
    uint32_t a = s->slot[s->previous[vertex]];
    uint32_t b = s->slot[vertex];
    uint32_t lower = s->above[a] == b ? a : b;
    uint32_t upper = lower == a ? b : a;

    if (s->above[lower] != upper) /* something runs into the vertex between them */
        return stop(s, SIMPLE_UNSURE, at(s, vertex));
    uint32_t below = s->below[lower];
    uint32_t above = s->above[upper];
    remove_slot(s, lower);
    remove_slot(s, upper);
    return test_neighbours(s, below, above);
}

/* One edge ends, the other takes its place. */
static bool pass_vertex(struct sweep *s, uint32_t ending, uint32_t beginning)
{
    uint32_t slot = s->slot[ending];

    s->edge[slot] = beginning;
    s->slot[beginning] = slot;
    return test_neighbours(s, s->below[slot], slot) &&
           test_neighbours(s, slot, s->above[slot]);
}

static bool meet_vertex(struct sweep *s, uint32_t vertex)
{
    uint32_t in = s->previous[vertex];
    const double *p = at(s, vertex);
    bool in_begins = is_before(p, at(s, in));
    bool out_begins = is_before(p, at(s, vertex + 1));

    if (in_begins && out_begins)
        return open_vertex(s, vertex);
    if (!in_begins && !out_begins)
        return close_vertex(s, vertex);
    return in_begins ? pass_vertex(s, vertex, in) : pass_vertex(s, in, vertex);
}

/* ---- the order of vertices ---- */

static bool goes_before(const struct sweep *s, uint32_t a, uint32_t b)
{
    return is_before(at(s, a), at(s, b));
}

/* End of the ascending run at `from`; a descending one is turned round. */
static uint32_t take_run(struct sweep *s, uint32_t from)
{
    uint32_t *o = s->order;
    uint32_t end = from + 1;

    if (end == s->n)
        return end;
    if (goes_before(s, o[end], o[from])) {
        while (end < s->n && goes_before(s, o[end], o[end - 1]))
            end++;
        for (uint32_t i = from, j = end - 1; i < j; i++, j--) {
            uint32_t swap = o[i];

            o[i] = o[j];
            o[j] = swap;
        }
    } else {
        while (end < s->n && !goes_before(s, o[end], o[end - 1]))
            end++;
    }
    return end;
}

static void
merge(struct sweep *s, uint32_t from, uint32_t middle, uint32_t end, uint32_t *out)
{
    const uint32_t *o = s->order;
    uint32_t i = from;
    uint32_t j = middle;

    for (uint32_t k = from; k < end; k++)
        if (j == end || (i < middle && !goes_before(s, o[j], o[i])))
            out[k] = o[i++];
        else
            out[k] = o[j++];
}

/* Natural merge sort: a ring is a few runs to the right and to the left. */
static void sort_order(struct sweep *s)
{
    for (;;) {
        uint32_t from = 0;
        uint32_t n_merges = 0;

        while (from < s->n) {
            uint32_t middle = take_run(s, from);
            uint32_t end = middle < s->n ? take_run(s, middle) : middle;

            merge(s, from, middle, end, s->spare);
            n_merges += from > 0 || end < s->n;
            from = end;
        }
        uint32_t *swap = s->order;
        s->order = s->spare;
        s->spare = swap;
        if (n_merges == 0)
            return;
    }
}

/* ---- set-up ---- */

static bool take(struct im_arena *arena, size_t n, uint32_t **out)
{
    size_t bytes;

    *out = im_size_mul(n, sizeof **out, &bytes) ? im_arena_alloc(arena, bytes) : NULL;
    return *out != NULL;
}

static bool allocate(struct sweep *s, const struct geom *g, struct im_arena *arena)
{
    size_t n = g->n_points;
    uint32_t **const arrays[] = {&s->previous, &s->order, &s->spare, &s->edge,
                                 &s->slot,     &s->left,  &s->right, &s->parent,
                                 &s->below,    &s->above};
    enum { N_ARRAYS = sizeof arrays / sizeof *arrays };
    uint32_t *all;
    size_t total;

    s->is_outer = im_arena_calloc(arena, (size_t)g->n_parts + 1, 2 * sizeof(bool));
    if (!s->is_outer || !take(arena, (size_t)g->n_parts + 1, &s->area) ||
        !im_size_mul(n, N_ARRAYS, &total) || !take(arena, total, &all))
        return false;
    s->is_seen = s->is_outer + g->n_parts;
    for (size_t i = 0; i < N_ARRAYS; i++)
        *arrays[i] = all + i * n;
    return true;
}

static bool has_repeats(const struct geom *g)
{
    uint32_t first = 0;

    for (uint32_t ring = 0; ring < g->n_parts; ring++) {
        for (uint32_t i = first; i + 1 < g->part_end[ring]; i++)
            if (is_same(g->lonlat + 2 * (size_t)i, g->lonlat + 2 * ((size_t)i + 1)))
                return true;
        first = g->part_end[ring];
    }
    return false;
}

/* A copy of the positions without those that repeat the one before. */
static bool
leave_out_repeats(const struct geom *g, struct im_arena *arena, struct geom *out)
{
    double *lonlat = im_arena_calloc(arena, g->n_points, 2 * sizeof *lonlat);
    uint32_t *part_end = NULL;
    uint32_t first = 0;
    uint32_t n = 0;

    if (!lonlat || !take(arena, g->n_parts, &part_end))
        return false;
    for (uint32_t ring = 0; ring < g->n_parts; ring++) {
        for (uint32_t i = first; i < g->part_end[ring]; i++) {
            const double *p = g->lonlat + 2 * (size_t)i;

            if (i > first && is_same(p, p - 2))
                continue;
            lonlat[2 * (size_t)n] = p[0];
            lonlat[2 * (size_t)n + 1] = p[1];
            n++;
        }
        first = g->part_end[ring];
        part_end[ring] = n;
    }
    *out = *g;
    out->n_points = n;
    out->lonlat = lonlat;
    out->part_end = part_end;
    return true;
}

static bool add_ring(struct sweep *s, uint32_t first, uint32_t end)
{
    if (end - first < 4)
        return stop(s, SIMPLE_UNSURE, at(s, first));
    for (uint32_t i = first; i + 1 < end; i++) {
        s->previous[i] = i == first ? end - 2 : i - 1;
        s->order[s->n++] = i;
    }
    return true;
}

static bool add_rings(struct sweep *s, const struct geom *g)
{
    uint32_t first = 0;
    uint32_t area = 0;

    for (uint32_t ring = 0; ring < g->n_parts; ring++) {
        while (ring >= g->area_end[area])
            area++;
        s->area[ring] = area;
        s->is_outer[ring] = ring == (area ? g->area_end[area - 1] : 0);
        if (!add_ring(s, first, g->part_end[ring]))
            return false;
        first = g->part_end[ring];
    }
    return true;
}

static bool test_repeats(struct sweep *s)
{
    for (uint32_t i = 1; i < s->n; i++)
        if (is_same(at(s, s->order[i - 1]), at(s, s->order[i])))
            return stop(s, SIMPLE_UNSURE, at(s, s->order[i]));
    return true;
}

static void run(struct sweep *s, const struct geom *g)
{
    if (!add_rings(s, g))
        return;
    sort_order(s);
    if (!test_repeats(s))
        return;
    for (uint32_t i = 0; i < s->n; i++)
        if (!meet_vertex(s, s->order[i]))
            return;
}

enum simple_verdict
simple_check(const struct geom *areas, struct im_arena *arena, double place[2])
{
    struct timespec now;
    struct geom g = *areas;

    if (has_repeats(areas) && !leave_out_repeats(areas, arena, &g))
        return SIMPLE_NO_MEMORY;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct sweep s = {.lonlat = g.lonlat,
                      .ring_end = g.part_end,
                      .n_rings = g.n_parts,
                      .root = NONE,
                      .lowest = NONE,
                      .seed = (uint32_t)now.tv_nsec * 2654435761u};
    if (!allocate(&s, &g, arena))
        return SIMPLE_NO_MEMORY;
    run(&s, &g);
    place[0] = s.place[0];
    place[1] = s.place[1];
    return s.verdict;
}

/* ---- how tangled is it? ---- */

enum { MAX_CELLS_A_SIDE = 1024, ENTRIES_A_VERTEX = 64 };
static const uint64_t MAX_PAIRS = 200000000;

/* A grid over the edges' boxes. */
struct grid {
    const struct geom *g;
    struct bbox box;
    uint32_t side;
    uint32_t *start; /* cell -> first entry; one more at the end */
    uint32_t *entry; /* edges (by their first vertex) */
};

static uint32_t cell_of(double v, double min, double max, uint32_t side)
{
    double share = max > min ? (v - min) / (max - min) : 0;
    double cell = floor(share * side);

    return cell < 0 ? 0 : cell >= side ? side - 1 : (uint32_t)cell;
}

struct span {
    uint32_t x0, y0, x1, y1;
};

static struct span span_of(const struct grid *t, uint32_t edge)
{
    const double *a = t->g->lonlat + 2 * (size_t)edge;
    const double *b = a + 2;

    return (struct span){
        cell_of(fmin(a[0], b[0]), t->box.min_x, t->box.max_x, t->side),
        cell_of(fmin(a[1], b[1]), t->box.min_y, t->box.max_y, t->side),
        cell_of(fmax(a[0], b[0]), t->box.min_x, t->box.max_x, t->side),
        cell_of(fmax(a[1], b[1]), t->box.min_y, t->box.max_y, t->side)};
}

/* Calls for every edge; `fill`: put it into its cells, else count. False: too many. */
static bool enter_edges(struct grid *t, bool fill)
{
    uint64_t entries = 0;
    uint32_t first = 0;

    for (uint32_t part = 0; part < t->g->n_parts; part++) {
        for (uint32_t i = first; i + 1 < t->g->part_end[part]; i++) {
            struct span c = span_of(t, i);

            entries += (uint64_t)(c.x1 - c.x0 + 1) * (c.y1 - c.y0 + 1);
            if (entries > (uint64_t)ENTRIES_A_VERTEX * t->g->n_points)
                return false;
            for (uint32_t y = c.y0; y <= c.y1; y++)
                for (uint32_t x = c.x0; x <= c.x1; x++) {
                    uint32_t *cell = &t->start[y * t->side + x];

                    if (fill)
                        t->entry[--*cell] = i;
                    else
                        ++*cell;
                }
        }
        first = t->g->part_end[part];
    }
    return true;
}

/* Counts become ends; filling then moves them to the starts. */
static uint32_t sum_up(struct grid *t)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < t->side * t->side; i++)
        sum = t->start[i] += sum;
    t->start[t->side * t->side] = sum;
    return sum;
}

static bool may_cross(const double *a, const double *b)
{
    if (is_same(a, b) || is_same(a + 2, b) || is_same(a, b + 2) ||
        is_same(a + 2, b + 2))
        return false;
    return side_of(a, a + 2, b) * side_of(a, a + 2, b + 2) <= 0 &&
           side_of(b, b + 2, a) * side_of(b, b + 2, a + 2) <= 0;
}

static uint64_t count_crossings_in(const struct grid *t, uint32_t cell)
{
    uint64_t n = 0;

    for (uint32_t i = t->start[cell]; i < t->start[cell + 1]; i++)
        for (uint32_t j = i + 1; j < t->start[cell + 1]; j++)
            n += may_cross(t->g->lonlat + 2 * (size_t)t->entry[i],
                           t->g->lonlat + 2 * (size_t)t->entry[j]);
    return n;
}

bool simple_tangle(const struct geom *areas,
                   bool count_crossings,
                   struct im_arena *arena,
                   struct simple_tangle *out)
{
    struct grid t = {.g = areas, .box = geom_bbox(areas)};
    double side = floor(sqrt(areas->n_points));

    t.side = side > MAX_CELLS_A_SIDE ? MAX_CELLS_A_SIDE : (uint32_t)side;
    t.side = t.side ? t.side : 1;
    *out = (struct simple_tangle){.pairs = UINT64_MAX, .crossings = UINT64_MAX};
    t.start = im_arena_calloc(arena, (size_t)t.side * t.side + 1, sizeof *t.start);
    if (!t.start)
        return false;
    if (!enter_edges(&t, false))
        return true;
    uint64_t pairs = 0;
    for (uint32_t i = 0; i < t.side * t.side; i++)
        pairs += (uint64_t)t.start[i] * t.start[i] / 2;
    if (pairs > MAX_PAIRS)
        return true;
    out->pairs = pairs;
    if (!count_crossings)
        return true;
    if (!take(arena, (size_t)sum_up(&t) + 1, &t.entry) || !enter_edges(&t, true))
        return false;
    out->crossings = 0;
    for (uint32_t i = 0; i < t.side * t.side; i++)
        out->crossings += count_crossings_in(&t, i);
    return true;
}
