/* SPDX-License-Identifier: Apache-2.0 */
/* Greedy hierarchical clusters (after Vladimir Agafonkin's supercluster, 2016): from
 * the largest zoom down to 0 each point or cluster that is still free, along the
 * Hilbert curve, takes all free ones within the radius. What takes nothing goes on to
 * the next zoom as it is, so each cluster is stored once, with the zooms at which it
 * stands on the map.
 *
 *   all          32 bytes a cluster
 *   codes         8 bytes a kind of a cluster
 *   parents       4 bytes a feature
 *   items        12 bytes a cluster, and a feature that stands alone at some zoom
 *   tree          1.2 bytes an item; its masks are the zooms
 */
#include <engine/clusters.h>

#include "atlas/layer.h"
#include <engine/hilbert.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

enum { TILE_BITS = 9, BLOCK_BITS = 3, NOBODY = -1 };

struct item {
    uint32_t x, y;
    uint32_t what; /* a feature, or CLUSTER_BIT and a cluster */
};

struct clusters {
    const struct atlas_layer *layer;
    unsigned max_zoom;
    int field; /* counted by, or SCHEMA_NO_FIELD */
    struct cluster *all;
    uint32_t n;
    struct cluster_code *codes;
    size_t n_codes;
    uint32_t *parents;
    struct item *items;
    uint32_t n_items;
    struct tree tree;
    struct im_arena *arena; /* of the tree */
};

/* What is needed while building. */
struct builder {
    struct clusters *c;
    clusters_shows_fn *shows;
    const void *ctx;
    /* the points and clusters of the zoom at hand */
    struct item *now;
    uint32_t n;
    uint8_t *done;
    /* cells of one radius a side, hashed; places in `now`, rising within a cell */
    int32_t *heads;
    int32_t *next;
    uint32_t mask;
    uint64_t radius;
    struct sums {
        uint64_t x, y;
    } * sums; /* of each cluster's points */
    int32_t *taken;
    uint32_t n_taken;
    uint32_t cap; /* of c->all and sums */
    size_t cap_codes;
    uint32_t counts[CLUSTERS_MAX_CODES];
};

/* ---- cells ---- */

/* Neighbouring cells are neighbours in memory by blocks of 8 x 8; which blocks share
 * their places is as good as random, so no data can make long chains of it. */
static uint32_t slot_of(const struct builder *b, uint64_t cx, uint64_t cy)
{
    enum { LOW = (1 << BLOCK_BITS) - 1 };
    uint64_t block = (cx >> BLOCK_BITS) << 32 | cy >> BLOCK_BITS;

    block = (block ^ block >> 31) * 0x9E3779B97F4A7C15ull;
    block = (block ^ block >> 29) * 0xD6E8FEB86659FD93ull;
    return (uint32_t)(block >> 32 << 2 * BLOCK_BITS | (cy & LOW) << BLOCK_BITS |
                      (cx & LOW)) &
           b->mask;
}

static void fill_cells(struct builder *b)
{
    uint32_t n_slots = 64;

    while (n_slots < b->n)
        n_slots *= 2;
    b->mask = n_slots - 1;
    for (uint32_t i = 0; i < n_slots; i++)
        b->heads[i] = NOBODY;
    for (uint32_t i = b->n; i-- > 0;) {
        uint32_t slot = slot_of(b, b->now[i].x / b->radius, b->now[i].y / b->radius);

        b->next[i] = b->heads[slot];
        b->heads[slot] = (int32_t)i;
    }
}

static bool is_near(const struct builder *b, const struct item *p, const struct item *q)
{
    uint64_t dx = p->x > q->x ? p->x - q->x : q->x - p->x;
    uint64_t dy = p->y > q->y ? p->y - q->y : q->y - p->y;

    return dx <= b->radius && dy <= b->radius &&
           dx * dx + dy * dy <= b->radius * b->radius;
}

/* Takes the free ones of a cell; those that are gone leave the chain, so that nobody
 * meets them again. */
static void take_cell(struct builder *b, uint32_t seed, uint64_t cx, uint64_t cy)
{
    int32_t *link = &b->heads[slot_of(b, cx, cy)];

    while (*link != NOBODY) {
        int32_t i = *link;

        if (!b->done[i] && is_near(b, &b->now[seed], &b->now[i])) {
            b->done[i] = 1;
            b->taken[b->n_taken++] = i;
        }
        if (b->done[i])
            *link = b->next[i];
        else
            link = &b->next[i];
    }
}

static void take_near(struct builder *b, uint32_t seed)
{
    uint64_t cx = b->now[seed].x / b->radius;
    uint64_t cy = b->now[seed].y / b->radius;

    b->done[seed] = 1;
    b->taken[0] = (int32_t)seed;
    b->n_taken = 1;
    for (uint64_t y = cy ? cy - 1 : 0; y <= cy + 1; y++)
        for (uint64_t x = cx ? cx - 1 : 0; x <= cx + 1; x++)
            take_cell(b, seed, x, y);
}

/* ---- one cluster ---- */

/* Room for one cluster more and all its kinds. */
static bool has_room(struct builder *b)
{
    struct clusters *c = b->c;

    if (c->n == b->cap) {
        uint32_t cap = b->cap ? 2 * b->cap : 256;
        struct cluster *all = realloc(c->all, cap * sizeof *all);
        struct sums *sums = all ? realloc(b->sums, cap * sizeof *sums) : NULL;

        c->all = all ? all : c->all;
        b->sums = sums ? sums : b->sums;
        if (!sums)
            return false;
        b->cap = cap;
    }
    if (c->n_codes + CLUSTERS_MAX_CODES > b->cap_codes) {
        size_t cap = 2 * b->cap_codes + CLUSTERS_MAX_CODES;
        struct cluster_code *codes;

        if (cap > UINT32_MAX)
            return false;
        codes = realloc(c->codes, cap * sizeof *codes);
        if (!codes)
            return false;
        c->codes = codes;
        b->cap_codes = cap;
    }
    return true;
}

static bool is_better(const struct atlas_layer *layer, uint32_t a, uint32_t b)
{
    float p = atlas_importance(layer, a);
    float q = atlas_importance(layer, b);

    return p != q ? p > q : layer->fids[a] < layer->fids[b];
}

static void add_member(struct builder *b,
                       struct cluster *cluster,
                       struct sums *sums,
                       const struct item *member)
{
    struct clusters *c = b->c;
    uint32_t feature = member->what;

    if (member->what & CLUSTER_BIT) {
        uint32_t i = member->what & ~CLUSTER_BIT;
        struct cluster *part = &c->all[i];

        part->parent = c->n;
        part->min_zoom = (uint8_t)(cluster->max_zoom + 1);
        feature = part->feature;
        cluster->n_points += part->n_points;
        sums->x += b->sums[i].x;
        sums->y += b->sums[i].y;
        for (uint32_t k = 0; k < part->n_codes; k++)
            b->counts[c->codes[part->first_code + k].code] +=
                c->codes[part->first_code + k].n_points;
    } else {
        uint32_t code = atlas_code(c->layer, feature, c->field);

        c->parents[feature] = c->n;
        cluster->n_points++;
        sums->x += member->x;
        sums->y += member->y;
        if (code != ATLAS_NULL_CODE)
            b->counts[code]++;
    }
    if (cluster->feature == CLUSTER_NONE ||
        is_better(c->layer, feature, cluster->feature))
        cluster->feature = feature;
}

static void write_codes(struct builder *b, struct cluster *cluster)
{
    struct clusters *c = b->c;
    uint32_t n = atlas_code_count(c->layer, c->field);

    cluster->first_code = (uint32_t)c->n_codes;
    for (uint32_t code = 0; code < n; code++) {
        if (b->counts[code])
            c->codes[c->n_codes++] = (struct cluster_code){code, b->counts[code]};
        b->counts[code] = 0;
    }
    cluster->n_codes = (uint16_t)(c->n_codes - cluster->first_code);
}

static void add_cluster(struct builder *b, unsigned zoom, struct item *out)
{
    struct clusters *c = b->c;
    struct cluster cluster = {
        .parent = CLUSTER_NONE, .feature = CLUSTER_NONE, .max_zoom = (uint8_t)zoom};
    struct sums sums = {0, 0};

    for (uint32_t i = 0; i < b->n_taken; i++)
        add_member(b, &cluster, &sums, &b->now[b->taken[i]]);
    write_codes(b, &cluster);
    cluster.xy[0] = (uint32_t)(sums.x / cluster.n_points);
    cluster.xy[1] = (uint32_t)(sums.y / cluster.n_points);
    *out = (struct item){cluster.xy[0], cluster.xy[1], CLUSTER_BIT | c->n};
    b->sums[c->n] = sums;
    c->all[c->n++] = cluster;
}

/* What is left stands at the front of `now` in the order in which it began to take. */
static bool build_zoom(struct builder *b, unsigned zoom)
{
    uint32_t n = 0;

    b->radius = (uint64_t)b->c->layer->schema->cluster.radius_px
                << (WORLD_BITS - TILE_BITS - zoom);
    memset(b->done, 0, b->n);
    fill_cells(b);
    for (uint32_t i = 0; i < b->n; i++) {
        if (b->done[i])
            continue;
        take_near(b, i);
        if (b->n_taken > 1 && !has_room(b))
            return false;
        if (b->n_taken > 1)
            add_cluster(b, zoom, &b->now[n++]);
        else
            b->now[n++] = b->now[i];
    }
    b->n = n;
    return true;
}

/* ---- all ---- */

static void list_points(struct builder *b)
{
    const struct atlas_layer *layer = b->c->layer;

    for (uint32_t f = 0; f < layer->n_placed; f++) {
        struct geom g = atlas_geom(layer, f);

        b->c->parents[f] = CLUSTER_NONE;
        if (g.kind == GEOM_POINT && g.n_points == 1 &&
            (!b->shows || b->shows(b->ctx, f)))
            b->now[b->n++] =
                (struct item){world_x(g.lonlat[0]), world_y(g.lonlat[1]), f};
    }
}

/* Keeps no more than there is. */
static void shrink(struct clusters *c)
{
    void *p = realloc(c->all, (c->n + 1u) * sizeof *c->all);

    c->all = p ? p : c->all;
    p = realloc(c->codes, (c->n_codes + 1) * sizeof *c->codes);
    c->codes = p ? p : c->codes;
}

static bool build(struct builder *b)
{
    struct clusters *c = b->c;
    size_t n = c->layer->n_placed + (size_t)1;
    size_t n_slots = 64;

    if (n >= INT32_MAX)
        return false;
    while (n_slots < n)
        n_slots *= 2;
    c->parents = malloc(n * sizeof *c->parents);
    b->now = malloc(n * sizeof *b->now);
    b->done = malloc(n);
    b->next = malloc(n * sizeof *b->next);
    b->taken = malloc(n * sizeof *b->taken);
    b->heads = malloc(n_slots * sizeof *b->heads);
    if (!c->parents || !b->now || !b->done || !b->next || !b->taken || !b->heads)
        return false;
    list_points(b);
    for (unsigned zoom = c->max_zoom + 1; zoom-- > 0;)
        if (!build_zoom(b, zoom))
            return false;
    shrink(c);
    return true;
}

static void builder_release(struct builder *b)
{
    free(b->now);
    free(b->done);
    free(b->next);
    free(b->taken);
    free(b->heads);
    free(b->sums);
}

/* ---- windows ---- */

static uint16_t mask_of(const void *ctx, uint32_t i)
{
    const struct clusters *c = ctx;
    uint32_t what = c->items[i].what;
    unsigned first;
    unsigned last = c->max_zoom;

    if (what & CLUSTER_BIT) {
        first = c->all[what & ~CLUSTER_BIT].min_zoom;
        last = c->all[what & ~CLUSTER_BIT].max_zoom;
    } else {
        first = clusters_first_zoom(c, what);
    }
    return (uint16_t)((2u << last) - (1u << first));
}

/* In world units, as floats of the tree. */
static struct bbox box_of(const void *ctx, uint32_t i)
{
    const struct clusters *c = ctx;
    const struct item *item = &c->items[i];
    struct bbox b;

    if ((item->what & CLUSTER_BIT) || atlas_geom(c->layer, item->what).n_points == 1)
        return (struct bbox){item->x, item->y, item->x, item->y};
    b = atlas_bbox(c->layer, item->what);
    return (struct bbox){world_x(b.min_x), world_y(b.max_y), world_x(b.max_x),
                         world_y(b.min_y)};
}

static bool stands(const struct builder *b, uint32_t feature)
{
    return (!b->shows || b->shows(b->ctx, feature)) &&
           clusters_first_zoom(b->c, feature) <= b->c->max_zoom;
}

static uint32_t key_of(const struct clusters *c, const struct item *item)
{
    return hilbert_of(c->layer->extent, world_lon(item->x), world_lat(item->y));
}

/* Features alone, then clusters; sorted along the curve. */
static bool list_items(struct builder *b)
{
    struct clusters *c = b->c;
    struct item *unsorted;
    uint64_t *pairs;
    uint32_t n = 0;

    for (uint32_t f = 0; f < c->layer->n_placed; f++)
        n += stands(b, f);
    n += c->n;
    unsorted = malloc((n + (size_t)1) * sizeof *unsorted);
    pairs = malloc((n + (size_t)1) * 2 * sizeof *pairs);
    c->items = malloc((n + (size_t)1) * sizeof *c->items);
    for (uint32_t f = 0; unsorted && f < c->layer->n_placed; f++)
        if (stands(b, f)) {
            const double *lonlat = atlas_geom(c->layer, f).lonlat;

            unsorted[c->n_items++] =
                (struct item){world_x(lonlat[0]), world_y(lonlat[1]), f};
        }
    for (uint32_t i = 0; unsorted && i < c->n; i++)
        unsorted[c->n_items++] =
            (struct item){c->all[i].xy[0], c->all[i].xy[1], CLUSTER_BIT | i};
    if (unsorted && pairs && c->items) {
        for (uint32_t i = 0; i < n; i++)
            pairs[i] = (uint64_t)key_of(c, &unsorted[i]) << 32 | i;
        hilbert_sort(pairs, pairs + n, n);
        for (uint32_t i = 0; i < n; i++)
            c->items[i] = unsorted[(uint32_t)pairs[i]];
    }
    free(unsorted);
    n = pairs && c->items ? n : 0;
    free(pairs);
    return n == c->n_items && c->items;
}

struct window {
    const struct clusters *c;
    unsigned zoom;
    struct bbox box; /* world units */
    atlas_visit_fn *visit;
    void *ctx;
};

static bool visit_items(void *ctx, uint32_t first, uint32_t end)
{
    const struct window *w = ctx;

    for (uint32_t i = first; i < end; i++)
        if ((mask_of(w->c, i) >> w->zoom & 1) &&
            bbox_intersects(w->box, box_of(w->c, i)) &&
            !w->visit(w->ctx, w->c->items[i].what))
            return false;
    return true;
}

bool clusters_window(const struct clusters *clusters,
                     unsigned zoom,
                     struct bbox window,
                     atlas_visit_fn *visit,
                     void *ctx)
{
    struct window w = {clusters, zoom, bbox_empty(), visit, ctx};

    if (clusters->n_items == 0 || bbox_is_empty(window) || zoom > clusters->max_zoom)
        return true;
    /* a unit more: positions in degrees fall between units */
    w.box = (struct bbox){world_x(window.min_x) - 1.0, world_y(window.max_y) - 1.0,
                          world_x(window.max_x) + 1.0, world_y(window.min_y) + 1.0};
    return tree_window(&clusters->tree, w.box, (uint16_t)(1u << zoom), visit_items, &w);
}

/* ---- making and reading ---- */

struct clusters *
clusters_new(const struct atlas_layer *layer, clusters_shows_fn *shows, const void *ctx)
{
    const struct schema_cluster *how = &layer->schema->cluster;
    struct clusters *c = how->is_on ? calloc(1, sizeof *c) : NULL;
    struct builder b = {.c = c, .shows = shows, .ctx = ctx};
    bool ok;

    if (!c)
        return NULL;
    c->layer = layer;
    c->max_zoom = (unsigned)how->max_zoom;
    c->field = how->by;
    if (atlas_code_count(layer, how->by) > CLUSTERS_MAX_CODES)
        c->field = SCHEMA_NO_FIELD;
    c->arena = im_arena_new(SIZE_MAX / 2);
    ok = c->arena && build(&b) && list_items(&b) &&
         tree_build(&c->tree, c->n_items, box_of, mask_of, c, c->arena);
    builder_release(&b);
    if (!ok) {
        clusters_free(c);
        return NULL;
    }
    return c;
}

void clusters_free(struct clusters *c)
{
    if (!c)
        return;
    im_arena_free(c->arena);
    free(c->all);
    free(c->codes);
    free(c->parents);
    free(c->items);
    free(c);
}

size_t clusters_bytes(const struct clusters *c)
{
    if (!c)
        return 0;
    return sizeof *c + im_arena_used(c->arena) + c->n * sizeof *c->all +
           c->n_codes * sizeof *c->codes + c->n_items * sizeof *c->items +
           c->layer->n_placed * sizeof *c->parents;
}

static _Atomic(struct clusters *) *of_layer(const struct atlas_layer *layer)
{
    return &((struct atlas_layer *)layer)->clusters;
}

bool atlas_clusters_are_ready(const struct atlas_layer *layer)
{
    return !layer->schema->cluster.is_on ||
           atomic_load_explicit(of_layer(layer), memory_order_acquire) != NULL;
}

/* Two threads may make the same; the first one stays. */
const struct clusters *atlas_clusters(const struct atlas_layer *layer)
{
    struct clusters *known =
        atomic_load_explicit(of_layer(layer), memory_order_acquire);
    struct clusters *made;

    if (known || !layer->schema->cluster.is_on)
        return known;
    made = clusters_new(layer, NULL, NULL);
    if (!made || atomic_compare_exchange_strong_explicit(of_layer(layer), &known, made,
                                                         memory_order_acq_rel,
                                                         memory_order_acquire))
        return made;
    clusters_free(made);
    return known;
}

uint32_t clusters_count(const struct clusters *c)
{
    return c->n;
}

const struct cluster *cluster_at(const struct clusters *c, uint32_t i)
{
    return &c->all[i];
}

int64_t cluster_id(const struct clusters *c, uint32_t i)
{
    const struct cluster *cluster = &c->all[i];
    const uint32_t what[4] = {cluster->xy[0], cluster->xy[1], cluster->n_points,
                              cluster->max_zoom};

    return (int64_t)(1ull << 52 | XXH3_64bits(what, sizeof what) >> 12);
}

/* Two digits and a unit, three of them as they are. */
const char *cluster_count_text(uint32_t n, char out[CLUSTER_COUNT_TEXT])
{
    uint32_t unit = n < 999500 ? 1000 : 1000000;
    char letter = n < 999500 ? 'k' : 'm';
    uint64_t tenths = ((uint64_t)n * 10 + unit / 2) / unit;

    if (n < 1000)
        snprintf(out, CLUSTER_COUNT_TEXT, "%u", n);
    else if (tenths < 100 && tenths % 10)
        snprintf(out, CLUSTER_COUNT_TEXT, "%u.%u%c", (unsigned)(tenths / 10),
                 (unsigned)(tenths % 10), letter);
    else
        snprintf(out, CLUSTER_COUNT_TEXT, "%u%c",
                 (unsigned)(((uint64_t)n + unit / 2) / unit), letter);
    return out;
}

const struct cluster_code *
cluster_codes(const struct clusters *c, uint32_t i, uint32_t *n)
{
    *n = c->all[i].n_codes;
    return c->codes + c->all[i].first_code;
}

uint32_t clusters_parent(const struct clusters *c, uint32_t feature)
{
    return c->parents[feature];
}

unsigned clusters_first_zoom(const struct clusters *c, uint32_t feature)
{
    uint32_t parent = c->parents[feature];

    return parent == CLUSTER_NONE ? 0 : c->all[parent].max_zoom + 1u;
}
