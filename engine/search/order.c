/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in the order of answers: by importance, then key. */
#include "search/index.h"

#include <stdlib.h>

/* Most keys differ early: eight bytes of them beside the importance spare nearly all
 * looks at the keys themselves, each of which would be a cache miss. */
struct sorted {
    uint32_t importance; /* less is more important */
    uint32_t row;
    uint64_t key;
};

int search_compare_keys(const struct atlas_layer *layer, uint32_t a, uint32_t b)
{
    int key = layer->schema->key;
    int64_t x;
    int64_t y;

    if (atlas_integer(layer, a, key, &x) && atlas_integer(layer, b, key, &y))
        return (x > y) - (x < y);
    struct im_bytes s = atlas_text(layer, a, key);
    struct im_bytes t = atlas_text(layer, b, key);
    int order = memcmp(s.data, t.data, s.len < t.len ? s.len : t.len);
    return order ? order : (s.len > t.len) - (s.len < t.len);
}

/* What all keys begin with says nothing: "inc-0012". */
static size_t common_beginning(const struct atlas_layer *layer)
{
    struct im_bytes first = atlas_text(layer, 0, layer->schema->key);
    size_t common = first.len;

    for (uint32_t i = 1; i < layer->n && common; i++) {
        struct im_bytes key = atlas_text(layer, i, layer->schema->key);
        size_t k = 0;

        while (k < common && k < key.len && key.data[k] == first.data[k])
            k++;
        common = k;
    }
    return common;
}

static uint64_t key_number(const struct atlas_layer *layer, uint32_t row, size_t from)
{
    int64_t number;
    uint64_t value = 0;

    if (atlas_integer(layer, row, layer->schema->key, &number))
        return (uint64_t)number ^ (uint64_t)1 << 63; /* negative ones first */
    struct im_bytes key = atlas_text(layer, row, layer->schema->key);
    for (size_t i = from; i < from + 8; i++)
        value = value << 8 | (i < key.len ? key.data[i] : 0u);
    return value;
}

/* Importances are 0..1: their bits as a number are in their order. */
static uint32_t importance_number(float importance)
{
    uint32_t bits;

    memcpy(&bits, &importance, sizeof bits);
    return UINT32_MAX - bits;
}

/* One pass of a radix sort, by 16 bits from `shift` of the 96. */
static void pass(const struct sorted *from,
                 struct sorted *to,
                 uint32_t n,
                 unsigned digit,
                 uint32_t *counts)
{
    memset(counts, 0, ((size_t)1 << 16) * sizeof *counts);
#define DIGIT(s)                                                                       \
    (digit < 4 ? (s).key >> 16 * digit & 0xFFFF                                        \
               : (uint64_t)(s).importance >> 16 * (digit - 4) & 0xFFFF)
    for (uint32_t i = 0; i < n; i++)
        counts[DIGIT(from[i])]++;
    for (uint32_t i = 0, at = 0; i < 1u << 16; i++) {
        uint32_t count = counts[i];

        counts[i] = at;
        at += count;
    }
    for (uint32_t i = 0; i < n; i++)
        to[counts[DIGIT(from[i])]++] = from[i];
#undef DIGIT
}

static void sort(struct sorted *all, struct sorted *other, uint32_t n, uint32_t *counts)
{
    for (unsigned digit = 0; digit < 6; digit += 2) {
        pass(all, other, n, digit, counts);
        pass(other, all, n, digit + 1, counts);
    }
}

static int by_key(const void *a, const void *b, void *layer)
{
    return search_compare_keys(layer, ((const struct sorted *)a)->row,
                               ((const struct sorted *)b)->row);
}

/* Keys that agree in the eight bytes. */
static void mend(const struct atlas_layer *layer, struct sorted *all, uint32_t n)
{
    for (uint32_t i = 0, end; i < n; i = end) {
        end = i + 1;
        while (end < n && all[end].importance == all[i].importance &&
               all[end].key == all[i].key)
            end++;
        if (end - i > 1)
            qsort_r(all + i, end - i, sizeof *all, by_key, (void *)layer);
    }
}

uint32_t *search_order(const struct atlas_layer *layer, struct im_arena *arena)
{
    uint32_t n = layer->n;
    uint32_t *order = im_arena_alloc(arena, ((size_t)n + 1) * sizeof *order);
    struct sorted *all = calloc((size_t)n + 1, sizeof *all);
    struct sorted *other = calloc((size_t)n + 1, sizeof *other);
    uint32_t *counts = calloc((size_t)1 << 16, sizeof *counts);
    size_t common = n ? common_beginning(layer) : 0;

    if (!order || !all || !other || !counts) {
        order = NULL;
        goto done;
    }
    for (uint32_t i = 0; i < n; i++)
        all[i] = (struct sorted){importance_number(atlas_importance(layer, i)), i,
                                 key_number(layer, i, common)};
    sort(all, other, n, counts);
    mend(layer, all, n);
    for (uint32_t i = 0; i < n; i++)
        order[i] = all[i].row;
done:
    free(all);
    free(other);
    free(counts);
    return order;
}
