/* SPDX-License-Identifier: Apache-2.0 */
/* Thinned arcs that would cross or touch get vertices back until they do not.
 *
 * Edges lie in a packed tree in the order of the arcs, which follow the layer's curve.
 * Only edges that stand for several can cross any: each of them asks the tree. */
#include "atlas/untangle.h"
#include "geom/simplify.h"

#include <stdlib.h>

enum {
    NODE_BITS = 3,
    NODE_SIZE = 1 << NODE_BITS,
    MAX_LEVELS = 12,
    MAX_ROUNDS = 8,
    /* Looks at a node or an edge. Of layers of maps on 2026-11-21 those under 50,000
     * vertices took up to 54 a vertex, larger ones up to 21; an outline of a million
     * spikes of some kilometres would take 190. */
    STEPS_A_VERTEX = 256,
    STEPS_A_VERTEX_OF_MANY = 32,
    STEPS_OF_MANY = 16 * 1024 * 1024
};

struct edge {
    uint32_t a; /* vertices */
    uint32_t b;
    uint32_t group;
    bool is_new; /* to be looked at in this round */
    bool is_bad;
};

struct box {
    uint32_t min_x, min_y, max_x, max_y;
};

struct tangle {
    const struct arcs *arcs;
    uint8_t *keep;
    struct edge *edges;
    uint32_t n;
    /* of each group: its edges lie from here to before there, with others between */
    uint32_t (*ranges)[2];
    struct box *boxes; /* level 0: of groups of edges */
    uint32_t level_start[MAX_LEVELS];
    uint32_t level_size[MAX_LEVELS];
    unsigned n_levels;
    uint64_t steps; /* left */
    bool any_bad;
};

static const uint32_t *vertex(const struct tangle *t, uint32_t i)
{
    return t->arcs->xy + 2 * (size_t)i;
}

static struct box box_of_edge(const struct tangle *t, const struct edge *e)
{
    const uint32_t *a = vertex(t, e->a);
    const uint32_t *b = vertex(t, e->b);

    return (struct box){a[0] < b[0] ? a[0] : b[0], a[1] < b[1] ? a[1] : b[1],
                        a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]};
}

static void join(struct box *a, struct box b)
{
    a->min_x = b.min_x < a->min_x ? b.min_x : a->min_x;
    a->min_y = b.min_y < a->min_y ? b.min_y : a->min_y;
    a->max_x = b.max_x > a->max_x ? b.max_x : a->max_x;
    a->max_y = b.max_y > a->max_y ? b.max_y : a->max_y;
}

static bool meets(struct box a, struct box b)
{
    return a.min_x <= b.max_x && b.min_x <= a.max_x && a.min_y <= b.max_y &&
           b.min_y <= a.max_y;
}

/* ---- do two edges cross ---- */

__extension__ typedef __int128 wide;

/* On which side of ab p lies; exact: the products take 66 bits. */
static int side(const uint32_t *a, const uint32_t *b, const uint32_t *p)
{
    wide left = (wide)((int64_t)b[0] - a[0]) * ((int64_t)p[1] - a[1]);
    wide right = (wide)((int64_t)b[1] - a[1]) * ((int64_t)p[0] - a[0]);

    return (left > right) - (left < right);
}

static bool same(const uint32_t *a, const uint32_t *b)
{
    return a[0] == b[0] && a[1] == b[1];
}

/* Do p and q lie in the same direction from a, on one line with it? */
static bool overlap(const uint32_t *a, const uint32_t *p, const uint32_t *q)
{
    int64_t dx = (int64_t)p[0] - a[0];
    int64_t dy = (int64_t)p[1] - a[1];
    int64_t ex = (int64_t)q[0] - a[0];
    int64_t ey = (int64_t)q[1] - a[1];

    return side(a, p, q) == 0 && (dx > 0) - (dx < 0) == (ex > 0) - (ex < 0) &&
           (dy > 0) - (dy < 0) == (ey > 0) - (ey < 0);
}

static bool cross(const struct tangle *t, const struct edge *e, const struct edge *f)
{
    const uint32_t *a = vertex(t, e->a);
    const uint32_t *b = vertex(t, e->b);
    const uint32_t *c = vertex(t, f->a);
    const uint32_t *d = vertex(t, f->b);

    if (same(a, c) || same(b, d))
        return same(a, c) && same(b, d) ? true
               : same(a, c)             ? overlap(a, b, d)
                                        : overlap(b, a, c);
    if (same(a, d) || same(b, c))
        return same(a, d) && same(b, c) ? true
               : same(a, d)             ? overlap(a, b, c)
                                        : overlap(b, a, d);
    return side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0;
}

/* ---- the tree ---- */

/* In the first round edges that stand for several are new, then those that were cut. */
static void list_edges(struct tangle *t, bool is_first)
{
    const struct arcs *a = t->arcs;

    t->n = 0;
    for (uint32_t i = 0; i < a->n; i++)
        t->ranges[i][1] = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t *range = t->ranges[a->groups[i] == ARCS_LINE ? 0 : a->groups[i]];
        uint32_t from = a->start[i];

        if (a->groups[i] == ARCS_LINE)
            continue;
        if (!range[1])
            range[0] = t->n;
        for (uint32_t at = from + 1; at < a->start[i + 1]; at++) {
            if (!t->keep[at])
                continue;
            /* 2: cut in the round before, see give_back */
            bool is_new =
                is_first ? at > from + 1 : t->keep[from] & 2 || t->keep[at] & 2;

            t->edges[t->n++] = (struct edge){from, at, a->groups[i], is_new, false};
            t->keep[from] &= 1;
            from = at;
        }
        t->keep[from] &= 1;
        range[1] = t->n;
    }
}

static void lay_tree(struct tangle *t)
{
    uint32_t n = t->n;
    uint32_t start = 0;

    t->n_levels = 0;
    do {
        uint32_t size = (n + NODE_SIZE - 1) / NODE_SIZE;

        for (uint32_t i = 0; i < size; i++) {
            struct box box = {UINT32_MAX, UINT32_MAX, 0, 0};
            uint32_t first = i * NODE_SIZE;
            uint32_t end = first + NODE_SIZE < n ? first + NODE_SIZE : n;

            for (uint32_t k = first; k < end; k++)
                join(&box, t->n_levels ? t->boxes[t->level_start[t->n_levels - 1] + k]
                                       : box_of_edge(t, &t->edges[k]));
            t->boxes[start + i] = box;
        }
        t->level_start[t->n_levels] = start;
        t->level_size[t->n_levels++] = size;
        start += size;
        n = size;
    } while (n > 1);
}

static void
look_at(struct tangle *t, struct edge *e, struct box box, unsigned level, uint32_t node)
{
    uint32_t first = node * NODE_SIZE;
    uint32_t size = level ? t->level_size[level - 1] : t->n;
    uint32_t end = first + NODE_SIZE < size ? first + NODE_SIZE : size;
    const uint32_t *range = t->ranges[e->group];
    unsigned bits = NODE_BITS * level; /* a child covers 1 << bits edges */

    if (first < range[0] >> bits)
        first = range[0] >> bits;
    if (end > ((range[1] - 1) >> bits) + 1)
        end = ((range[1] - 1) >> bits) + 1;
    for (uint32_t i = first; i < end && t->steps; i++) {
        t->steps--;
        if (level) {
            if (meets(box, t->boxes[t->level_start[level - 1] + i]))
                look_at(t, e, box, level - 1, i);
        } else if (&t->edges[i] != e && t->edges[i].group == e->group &&
                   meets(box, box_of_edge(t, &t->edges[i])) &&
                   cross(t, e, &t->edges[i])) {
            e->is_bad = t->edges[i].is_bad = t->any_bad = true;
        }
    }
}

/* An edge in the way is cut where it is farthest from what it stands for. In the last
 * round all of that comes back. */
static void give_back(struct tangle *t, bool is_last)
{
    for (uint32_t i = 0; i < t->n; i++) {
        const struct edge *e = &t->edges[i];

        if (!e->is_bad || e->b == e->a + 1)
            continue;
        if (is_last)
            memset(t->keep + e->a + 1, 1, e->b - e->a - 1);
        else
            t->keep[simplify_farthest(t->arcs->xy, e->a, e->b)] = 3;
    }
}

static uint64_t most_steps(uint32_t n)
{
    uint64_t few = (uint64_t)n * STEPS_A_VERTEX;
    uint64_t many = (uint64_t)n * STEPS_A_VERTEX_OF_MANY + STEPS_OF_MANY;

    return few < many ? few : many;
}

bool arcs_untangle(const struct arcs *arcs, uint8_t *keep)
{
    uint32_t n = arcs->start[arcs->n];
    struct tangle t = {.arcs = arcs,
                       .keep = keep,
                       .edges = malloc(((size_t)n + 1) * sizeof *t.edges),
                       .ranges = malloc(((size_t)arcs->n + 1) * sizeof *t.ranges),
                       .boxes = malloc(((size_t)n / 4 + 64) * sizeof *t.boxes),
                       .steps = most_steps(n)};
    bool fine = t.edges && t.ranges && t.boxes;

    for (int round = 0; fine && n && round < MAX_ROUNDS; round++) {
        list_edges(&t, round == 0);
        if (t.n == 0)
            break;
        lay_tree(&t);
        t.any_bad = false;
        for (uint32_t i = 0; i < t.n && t.steps; i++)
            if (t.edges[i].is_new)
                look_at(&t, &t.edges[i], box_of_edge(&t, &t.edges[i]), t.n_levels - 1,
                        0);
        if (!t.any_bad)
            break;
        give_back(&t, round + 1 == MAX_ROUNDS);
    }
    for (uint32_t i = 0; fine && i < n; i++)
        keep[i] &= 1;
    free(t.edges);
    free(t.ranges);
    free(t.boxes);
    return fine;
}
