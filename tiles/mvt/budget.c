/* SPDX-License-Identifier: Apache-2.0 */
/* A vector tile over its budget: which features stay, and how the tile says so.
 *
 * Layers that take less than an even share are whole; the others share what is left
 * evenly. Of them the smallest areas and lines go first, the points of least
 * importance, single points before clusters; a feature that stays has all of its
 * attributes. The tile says so itself, whoever keeps it: the layer "innomap:left_out"
 * has a point for each layer that lost some, with its name and how many features are
 * missing. */
#include "mvt/encode.h"

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

enum {
    THIN_TRIES = 8,
    LEFT_OUT_BYTES = SCHEMA_MAX_ID + 64 /* of each layer that may have to be told */
};

/* No layer id has a colon: the name is free. */
static const char LEFT_OUT_LAYER[] = "innomap:left_out";

/* ---- which features ---- */

/* Evenly over the tile, the same in each tile and on each day. */
static uint32_t lot_of(const struct encode *e, uint32_t feature)
{
    int64_t fid = atlas_fid(e->ml->layer, feature);

    return (uint32_t)(XXH3_64bits(&fid, sizeof fid) >> 32);
}

/* From the larger side of all of it, so that its parts in all tiles stay or go. */
static uint32_t rank_of_size(const struct encode *e, uint32_t feature, struct bbox box)
{
    float side = (float)fmax(box.max_x - box.min_x, box.max_y - box.min_y);
    uint32_t bits; /* of floats above zero, in the order of the floats */

    memcpy(&bits, &side, sizeof bits);
    return 1u << 31 | bits >> 11 << 11 | lot_of(e, feature) >> 21;
}

uint32_t encode_rank(const struct encode *e, uint32_t feature)
{
    enum { MOST = (1 << 20) - 1 };
    struct bbox box;
    uint32_t importance;

    if (feature & CLUSTER_BIT) { /* the larger first, and before single points */
        uint32_t n = cluster_at(e->clusters.clusters, feature & ~CLUSTER_BIT)->n_points;

        return ~(uint32_t)MOST | (n < MOST ? n : MOST);
    }
    box = atlas_bbox(e->ml->layer, feature);
    if (box.max_x > box.min_x || box.max_y > box.min_y)
        return rank_of_size(e, feature, box);
    importance = (uint32_t)((double)atlas_importance(e->ml->layer, feature) * 2047);
    return importance << 20 | lot_of(e, feature) >> 12;
}

static bool visit_rank(void *ctx, uint32_t feature)
{
    struct encode *e = ctx;
    uint32_t rank = encode_rank(e, feature);

    if (encode_is_shown(e, feature))
        im_buf_append(&e->ranks, &rank, sizeof rank);
    return !e->ranks.failed;
}

static size_t count_from(const struct im_buf *ranks, uint32_t least)
{
    const uint32_t *rank = (const uint32_t *)ranks->data;
    size_t n = 0;

    for (size_t i = 0; i < ranks->len / sizeof *rank; i++)
        n += rank[i] >= least;
    return n;
}

/* The least rank that at most `n` features reach, bit by bit. */
static uint32_t find_least(const struct im_buf *ranks, size_t n)
{
    uint32_t too_low = 0; /* more than n reach it */

    for (uint32_t bit = 1u << 31; bit; bit >>= 1)
        if (count_from(ranks, too_low | bit) > n)
            too_low |= bit;
    return too_low == UINT32_MAX ? UINT32_MAX : too_low + 1;
}

/* By a tenth, then to four binary digits: tiles of about the same features keep the
 * same ones. */
static size_t a_little_less(size_t n)
{
    size_t step = 1;

    n -= (n + 9) / 10;
    while (n / step >= 32)
        step *= 2;
    return n - n % step;
}

/* How many features fit is guessed from those that did before; where these were smaller
 * than those that are left out last, again with fewer. */
void encode_thin_layer(struct encode *e, const struct mvt_part *part)
{
    struct left_out entry = {.ml = e->ml, .as_labels = e->as_labels};
    size_t n =
        (size_t)((double)part->n_features * (double)part->share / (double)part->bytes);

    if (part->joins_lines) { /* features are counted one by one */
        e->joins_lines = false;
        (void)encode_fill_layer(e);
        n = e->mvt.n_features;
    }
    im_buf_clear(&e->ranks);
    map_window(e->ml, e->clusters, e->window, visit_rank, e);
    e->failed |= e->ranks.failed;
    for (int i = 0; i < THIN_TRIES && !e->failed; i++) {
        n = i < THIN_TRIES - 1 ? a_little_less(n) : 0;
        e->least_rank = find_least(&e->ranks, n);
        if (encode_fill_layer(e))
            break;
        n = e->mvt.n_features;
    }
    entry.n = e->ranks.len / sizeof(uint32_t) - count_from(&e->ranks, e->least_rank);
    im_buf_append(&e->left_out, &entry, sizeof entry);
    e->failed |= e->left_out.failed;
}

/* ---- shares ---- */

static int by_bytes(const void *a, const void *b)
{
    const struct mvt_part *const *p = a;
    const struct mvt_part *const *q = b;

    return ((*p)->bytes > (*q)->bytes) - ((*p)->bytes < (*q)->bytes);
}

void encode_share_budget(struct encode *e)
{
    struct mvt_part *parts = (struct mvt_part *)e->parts.data;
    size_t n = e->parts.len / sizeof *parts;
    struct mvt_part **order = malloc((n + 1) * sizeof(*order));
    size_t rest = TILE_MAX_MVT_BYTES;

    e->failed |= !order;
    if (!order)
        return;
    for (size_t i = 0; i < n; i++) {
        order[i] = &parts[i];
        rest -= rest < LEFT_OUT_BYTES ? rest : LEFT_OUT_BYTES;
    }
    qsort(order, n, sizeof(*order), by_bytes);
    for (size_t i = 0; i < n; i++) {
        size_t share = rest / (n - i);

        order[i]->share = order[i]->bytes < share ? order[i]->bytes : share;
        rest -= order[i]->share;
    }
    free(order);
}

/* ---- what is missing ---- */

void encode_layer_name(const struct map_layer *ml,
                       bool as_labels,
                       char out[SCHEMA_MAX_ID + 8])
{
    (void)snprintf(out, SCHEMA_MAX_ID + 8, "%s%s", atlas_layer_schema(ml->layer)->id,
                   as_labels ? "_label" : "");
}

void encode_write_left_out(struct encode *e, struct im_buf *out)
{
    const struct left_out *entries = (const struct left_out *)e->left_out.data;
    const int32_t middle[2] = {TILE_EXTENT_TU / 2, TILE_EXTENT_TU / 2};
    size_t n = e->left_out.len / sizeof *entries;

    (void)mvt_begin_layer(&e->mvt);
    for (size_t i = 0; i < n; i++) {
        char name[SCHEMA_MAX_ID + 8];

        encode_layer_name(entries[i].ml, entries[i].as_labels, name);
        mvt_begin_feature(&e->mvt);
        mvt_points(&e->mvt, middle, 1);
        if (i == 0) {
            mvt_key(&e->mvt, "layer");
            mvt_key(&e->mvt, "features");
        }
        mvt_tag(&e->mvt, 0,
                mvt_text(&e->mvt, (struct im_bytes){(uint8_t *)name, strlen(name)}));
        mvt_tag(&e->mvt, 1, mvt_integer(&e->mvt, (int64_t)entries[i].n, false));
        mvt_end_feature(&e->mvt, -1, MVT_POINT);
    }
    mvt_end_layer(&e->mvt, LEFT_OUT_LAYER, out);
}
