/* SPDX-License-Identifier: Apache-2.0 */
/* The outlines of a layer cut where they meet. */
#include "atlas/arcs.h"
#include "geom/simplify.h"

#include <stdlib.h>

#define NONE UINT32_MAX

/* A place with the two vertices that were beside it when it was first met. */
struct place {
    uint32_t vertex; /* + 1; 0: free */
    uint32_t before;
    uint32_t after;
};

struct cutter {
    const struct atlas_layer *layer;
    const uint32_t *xy; /* of the full shapes */
    struct place *places;
    uint32_t *first;  /* of each vertex: the first one at its place */
    uint8_t *is_node; /* of first ones */
    uint32_t n_slots; /* a power of two, of places and of known */
    /* arcs by content */
    uint32_t *known; /* arc + 1 */
    uint64_t *hashes;
    uint32_t n_refs;
    uint32_t n_xy;
    struct arcs *out;
};

void arcs_release(struct arcs *a)
{
    free(a->start);
    free(a->xy);
    free(a->kinds);
    free(a->groups);
    free(a->part_first);
    free(a->refs);
    free(a->area2);
    *a = (struct arcs){0};
}

static uint64_t key_of(const struct cutter *c, uint32_t vertex)
{
    return (uint64_t)c->xy[2 * (size_t)vertex] << 32 | c->xy[2 * (size_t)vertex + 1];
}

static uint64_t mix(uint64_t key)
{
    key *= 0x9e3779b97f4a7c15u;
    return (key ^ key >> 29) * 0xbf58476d1ce4e5b9u;
}

/* ---- nodes ---- */

static bool same_place(const struct cutter *c, uint32_t a, uint32_t b)
{
    return a == b || (a != NONE && b != NONE && key_of(c, a) == key_of(c, b));
}

static void
meet(struct cutter *c, uint32_t vertex, uint32_t before, uint32_t after, bool is_end)
{
    uint64_t key = key_of(c, vertex);
    uint32_t at = (uint32_t)(mix(key) >> 32) & (c->n_slots - 1);
    struct place *p;

    while (c->places[at].vertex && key_of(c, c->places[at].vertex - 1) != key)
        at = (at + 1) & (c->n_slots - 1);
    p = &c->places[at];
    if (!p->vertex) {
        *p = (struct place){vertex + 1, before, after};
    } else if (!(same_place(c, p->before, before) && same_place(c, p->after, after)) &&
               !(same_place(c, p->before, after) && same_place(c, p->after, before))) {
        c->is_node[p->vertex - 1] = 1;
    }
    c->first[vertex] = p->vertex - 1;
    if (is_end)
        c->is_node[p->vertex - 1] = 1;
}

/* A part's vertices first .. end-1; the last one of a ring repeats the first. */
static void meet_part(struct cutter *c, uint32_t first, uint32_t end, bool is_ring)
{
    uint32_t last = is_ring ? end - 2 : end - 1;

    for (uint32_t i = first; i <= last; i++) {
        bool is_end = !is_ring && (i == first || i == last);
        uint32_t before = i > first ? i - 1 : is_ring ? last : NONE;
        uint32_t after = i < last ? i + 1 : is_ring ? first : NONE;

        meet(c, i, before, after, is_end);
    }
}

/* ---- arcs ---- */

/* Some vertices of a part, one after another; of a ring also across its end. */
struct run {
    uint32_t base; /* first vertex of the part */
    uint32_t wrap; /* vertices after which it begins again */
    uint32_t at;   /* from base */
    uint32_t n;
    bool is_back;
};

static uint64_t run_key(const struct cutter *c, const struct run *r, uint32_t i)
{
    uint32_t at = r->at + (r->is_back ? r->n - 1 - i : i);

    return key_of(c, r->base + (at < r->wrap ? at : at - r->wrap)); /* once around */
}

static bool goes_back(const struct cutter *c, const struct run *r)
{
    for (uint32_t i = 0, k = r->n - 1; i < k; i++, k--) {
        uint64_t a = run_key(c, r, i);
        uint64_t b = run_key(c, r, k);

        if (a != b)
            return a > b;
    }
    return false;
}

static bool same_arc(const struct cutter *c, uint32_t arc, const struct run *r)
{
    const uint32_t *xy = c->out->xy + 2 * (size_t)c->out->start[arc];

    if (c->out->start[arc + 1] - c->out->start[arc] != r->n)
        return false;
    for (uint32_t i = 0; i < r->n; i++, xy += 2)
        if (((uint64_t)xy[0] << 32 | xy[1]) != run_key(c, r, i))
            return false;
    return true;
}

static void put_arc(struct cutter *c, struct run *r, enum simplify_kind kind)
{
    struct arcs *out = c->out;
    uint64_t hash = r->n;
    uint32_t at;

    r->is_back = false;
    r->is_back = goes_back(c, r);
    for (uint32_t i = 0; i < r->n; i++)
        hash = mix(hash ^ run_key(c, r, i));
    at = (uint32_t)(hash >> 32) & (c->n_slots - 1);
    for (; c->known[at]; at = (at + 1) & (c->n_slots - 1))
        if (c->hashes[c->known[at] - 1] == hash && same_arc(c, c->known[at] - 1, r))
            break;
    if (!c->known[at]) {
        c->hashes[out->n] = hash;
        out->kinds[out->n] = (uint8_t)kind;
        out->groups[out->n] = ARCS_LINE;
        for (uint32_t i = 0; i < r->n; i++) {
            uint64_t key = run_key(c, r, i);

            out->xy[2 * (size_t)c->n_xy] = (uint32_t)(key >> 32);
            out->xy[2 * (size_t)c->n_xy++ + 1] = (uint32_t)key;
        }
        c->known[at] = ++out->n;
        out->start[out->n] = c->n_xy;
    }
    out->refs[c->n_refs++] = (c->known[at] - 1) << 1 | r->is_back;
}

static bool is_node(const struct cutter *c, uint32_t vertex)
{
    return c->is_node[c->first[vertex]];
}

/* From node to node and once around. */
static void cut_ring(struct cutter *c, uint32_t first, uint32_t wrap)
{
    struct run r = {.base = first, .wrap = wrap};
    uint32_t begin = 0;
    uint32_t n_arcs = 0;
    uint32_t ref = c->n_refs;

    while (begin < wrap && !is_node(c, first + begin))
        begin++;
    if (begin == wrap) { /* none: from the vertex farthest west, then north */
        begin = 0;
        for (uint32_t i = 1; i < wrap; i++)
            if (key_of(c, first + i) < key_of(c, first + begin))
                begin = i;
    }
    for (uint32_t i = 1, from = 0; i <= wrap; i++) {
        if (i < wrap && !is_node(c, first + (begin + i) % wrap))
            continue;
        r.at = begin + from;
        r.n = i + 1 - from;
        put_arc(c, &r, i == wrap && from == 0 ? SIMPLIFY_RING : SIMPLIFY_LINE);
        from = i;
        n_arcs++;
    }
    if (n_arcs == 2) /* two straight lines there and back would be no ring */
        for (uint32_t i = ref; i < c->n_refs; i++)
            c->out->kinds[c->out->refs[i] >> 1] = SIMPLIFY_SIDE;
}

static void cut_line(struct cutter *c, uint32_t first, uint32_t end)
{
    struct run r = {.base = first, .wrap = end - first};
    bool is_closed = key_of(c, first) == key_of(c, end - 1);
    uint32_t from = 0;

    for (uint32_t i = 1; i < r.wrap; i++) {
        if (i + 1 < r.wrap && !is_node(c, first + i))
            continue;
        r.at = from;
        r.n = i + 1 - from;
        put_arc(c, &r,
                is_closed && r.n == r.wrap && r.n > 3 ? SIMPLIFY_RING : SIMPLIFY_LINE);
        from = i;
    }
}

double ring_area2(const uint32_t *xy, size_t n)
{
    double sum = 0;

    for (size_t i = 1; i + 1 < n; i++)
        sum += ((double)xy[2 * i + 2] - xy[0]) * ((double)xy[2 * i + 1] - xy[1]) -
               ((double)xy[2 * i] - xy[0]) * ((double)xy[2 * i + 3] - xy[1]);
    return sum;
}

static void cut_part(struct cutter *c, uint32_t first, uint32_t end, bool is_ring)
{
    if (is_ring)
        cut_ring(c, first, end - first - 1);
    else
        cut_line(c, first, end);
}

/* ---- groups ---- */

static uint32_t group_of(struct arcs *a, uint32_t arc)
{
    while (a->groups[arc] != arc) {
        a->groups[arc] = a->groups[a->groups[arc]]; /* half the way next time */
        arc = a->groups[arc];
    }
    return arc;
}

/* The arcs of a feature are of one group, that of the least of them. */
static void join_groups(struct arcs *a, uint32_t first_ref, uint32_t end_ref)
{
    uint32_t group = 0;

    for (uint32_t r = first_ref; r < end_ref; r++) {
        uint32_t arc = a->refs[r] >> 1;

        if (a->groups[arc] == ARCS_LINE)
            a->groups[arc] = arc;
        if (r == first_ref)
            group = group_of(a, arc);
        uint32_t other = group_of(a, arc);
        uint32_t least = group < other ? group : other;
        a->groups[group] = a->groups[other] = least;
        group = least;
    }
}

static void flatten_groups(struct arcs *a)
{
    for (uint32_t i = 0; i < a->n; i++)
        if (a->groups[i] != ARCS_LINE)
            a->groups[i] = group_of(a, i);
}

/* ---- all of them ---- */

static void each_part(struct cutter *c,
                      void (*act)(struct cutter *, uint32_t, uint32_t, bool))
{
    const struct atlas_layer *layer = c->layer;
    const struct shape_level *full = &layer->full;

    for (uint32_t i = 0; i < layer->n_placed; i++) {
        enum geom_kind kind =
            layer->kinds ? (enum geom_kind)layer->kinds[i] : layer->kind;
        uint32_t base = full->point_start[i];
        uint32_t first = base;
        uint32_t first_ref = c->n_refs;

        for (uint32_t p = full->part_start[i]; p < full->part_start[i + 1]; p++) {
            uint32_t end = base + full->parts[p];

            if (act == cut_part) {
                c->out->part_first[p] = c->n_refs;
                c->out->area2[p] = ring_area2(c->xy + 2 * (size_t)first, end - first);
            }
            if (kind != GEOM_POINT)
                act(c, first, end, kind == GEOM_AREA);
            first = end;
        }
        if (act == cut_part && kind == GEOM_AREA)
            join_groups(c->out, first_ref, c->n_refs);
    }
    if (act == cut_part)
        c->out->part_first[full->part_start[layer->n_placed]] = c->n_refs;
}

static bool allocate(struct cutter *c)
{
    const struct shape_level *full = &c->layer->full;
    size_t n = full->point_start[c->layer->n_placed];
    size_t n_parts = full->part_start[c->layer->n_placed];
    /* arcs share their end vertices: at most one more for each arc and part */
    size_t most = 2 * n + n_parts + 1;
    struct arcs *out = c->out;

    c->n_slots = 64;
    while (c->n_slots < n + n / 2 && c->n_slots < 1u << 31)
        c->n_slots *= 2;
    c->places = calloc(c->n_slots, sizeof *c->places);
    c->first = malloc((n + 1) * sizeof *c->first);
    c->is_node = calloc(n + 1, 1);
    c->known = calloc(c->n_slots, sizeof *c->known);
    c->hashes = malloc((n + 1) * sizeof *c->hashes);
    out->start = calloc(n + 2, sizeof *out->start);
    out->xy = malloc(most * 2 * sizeof *out->xy);
    out->kinds = malloc(n + 1);
    out->groups = malloc((n + 1) * sizeof *out->groups);
    out->part_first = malloc((n_parts + 1) * sizeof *out->part_first);
    out->refs = malloc((n + 1) * sizeof *out->refs);
    out->area2 = malloc((n_parts + 1) * sizeof *out->area2);
    return c->places && c->first && c->is_node && c->known && c->hashes && out->start &&
           out->xy && out->kinds && out->groups && out->part_first && out->refs &&
           out->area2;
}

bool arcs_init(struct arcs *arcs, const struct atlas_layer *layer)
{
    struct cutter c = {.layer = layer, .xy = layer->full.xy, .out = arcs};
    bool fine;

    *arcs = (struct arcs){0};
    fine = allocate(&c);
    if (fine) {
        each_part(&c, meet_part);
        free(c.places);
        c.places = NULL;
        each_part(&c, cut_part);
        flatten_groups(arcs);
    }
    free(c.places);
    free(c.first);
    free(c.is_node);
    free(c.known);
    free(c.hashes);
    if (!fine)
        arcs_release(arcs);
    return fine;
}
