/* SPDX-License-Identifier: Apache-2.0 */
/* How much work an outline from outside would be for GEOS. */
#include "geom/tangle.h"

#include <stdlib.h>

enum {
    FEW = 10000, /* vertices: the worst shape of so many takes GEOS a second */
    MAX_COMPARED = 20 * 1000 * 1000
};

/* Edges of a ring that all lead into one quadrant. */
struct chain {
    struct bbox box;
    uint32_t edges;
};

static int quadrant(const double *a)
{
    return (a[2] >= a[0] ? 1 : 0) + (a[3] >= a[1] ? 2 : 0);
}

/* Chains of the ring of vertices [i, end). */
static size_t cut(const struct geom *g, uint32_t i, uint32_t end, struct chain *out)
{
    size_t n = 0;
    int before = -1;

    for (; i + 1 < end; i++) {
        const double *a = g->lonlat + 2 * (size_t)i;
        int now = quadrant(a);

        if (now != before)
            out[n++] = (struct chain){bbox_empty(), 0};
        out[n - 1].box = bbox_extend(out[n - 1].box, a[0], a[1]);
        out[n - 1].box = bbox_extend(out[n - 1].box, a[2], a[3]);
        out[n - 1].edges++;
        before = now;
    }
    return n;
}

static int by_west(const void *a, const void *b)
{
    const struct chain *x = a;
    const struct chain *y = b;

    return (x->box.min_x > y->box.min_x) - (x->box.min_x < y->box.min_x);
}

/* From west to east: only chains that begin before this one ends can overlap it. */
static bool is_too_much(const struct chain *chains, size_t n)
{
    uint64_t work = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n && chains[j].box.min_x <= chains[i].box.max_x;
             j++) {
            work++;
            if (bbox_intersects(chains[i].box, chains[j].box))
                work += chains[i].edges + chains[j].edges;
            if (work > MAX_COMPARED)
                return true;
        }
    return false;
}

bool geom_is_tangled(const struct geom *areas)
{
    struct chain *chains;
    uint32_t start = 0;
    size_t n = 0;
    bool tangled;

    if (areas->n_points <= FEW)
        return false;
    chains = malloc(areas->n_points * sizeof *chains);
    if (!chains)
        return true;
    for (uint32_t part = 0; part < areas->n_parts; part++) {
        n += cut(areas, start, areas->part_end[part], chains + n);
        start = areas->part_end[part];
    }
    qsort(chains, n, sizeof *chains, by_west);
    tangled = is_too_much(chains, n);
    free(chains);
    return tangled;
}
