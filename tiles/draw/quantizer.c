/* SPDX-License-Identifier: Apache-2.0 */
/* At most 256 colours: exact where that is enough; else the colours of flat areas
 * exactly, and the rest (edges, blends, text) by median cut.
 *
 * Flat areas come first because a style's land and residential greys may differ by
 * three levels: a plain median cut would make one colour of both, and in the tile
 * beside it another one. */
#include "quantizer.h"

#include <assert.h>

enum {
    HASH_SLOTS = 4096, /* of exact colours */
    FLAT_SLOTS_USED = 3072,
    FLAT_RUN = 4,      /* equal pixels in a row that make an area */
    FLAT_MAX = 96,     /* entries given to flat areas */
    FLAT_SHARE = 1024, /* an area has at least 1 / FLAT_SHARE of the pixels */
    CELLS = 1 << 18,   /* 5 bits of r, g, b; 3 of alpha */
    NO_ENTRY = -1
};

static uint32_t load(const uint8_t *px)
{
    return (uint32_t)px[0] | (uint32_t)px[1] << 8 | (uint32_t)px[2] << 16 |
           (uint32_t)px[3] << 24;
}

static void store(uint8_t *px, uint32_t color)
{
    for (int c = 0; c < 4; c++)
        px[c] = (uint8_t)(color >> (8 * c));
}

/* ---- colours by value ---- */

struct color_slot {
    uint32_t color;
    uint32_t count; /* 0: free */
    int32_t entry;
};
struct color_map {
    struct color_slot slots[HASH_SLOTS];
    uint32_t used;
};

/** The slot of a colour, or the free one where it belongs. */
static struct color_slot *map_slot(struct color_map *map, uint32_t color)
{
    uint32_t i = (color * 0x9e3779b1u) >> 20; /* the upper 12 bits: HASH_SLOTS */

    while (map->slots[i].count && map->slots[i].color != color)
        i = (i + 1) % HASH_SLOTS;
    return &map->slots[i];
}

/** False when the map has `limit` colours and this is another one. */
static bool
map_count(struct color_map *map, uint32_t color, uint32_t count, uint32_t limit)
{
    struct color_slot *slot = map_slot(map, color);

    if (!slot->count) {
        if (map->used == limit)
            return false;
        slot->color = color;
        slot->entry = NO_ENTRY;
        map->used++;
    }
    slot->count += count;
    return true;
}

static size_t run_length(const uint8_t *rgba, size_t i, size_t n)
{
    size_t j = i + 1;

    while (j < n && memcmp(rgba + 4 * j, rgba + 4 * i, 4) == 0)
        j++;
    return j - i;
}

/** Count all colours; false as soon as there are more than a palette holds. */
static bool count_exact(struct color_map *map, const uint8_t *rgba, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t run = run_length(rgba, i, n);

        if (!map_count(map, load(rgba + 4 * i), (uint32_t)run, PALETTE_MAX))
            return false;
        i += run;
    }
    return true;
}

static void count_flat(struct color_map *map, const uint8_t *rgba, size_t n)
{
    *map = (struct color_map){0};
    for (size_t i = 0; i < n;) {
        size_t run = run_length(rgba, i, n);

        if (run >= FLAT_RUN)
            (void)map_count(map, load(rgba + 4 * i), (uint32_t)run, FLAT_SLOTS_USED);
        i += run;
    }
}

static int by_count(const void *a, const void *b)
{
    const struct color_slot *x = *(struct color_slot *const *)a;
    const struct color_slot *y = *(struct color_slot *const *)b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->color < y->color ? -1 : x->color > y->color;
}

/** Give entries to the most frequent colours of the map with at least `least` pixels.
 */
static void take_entries(struct color_map *map,
                         struct palette *palette,
                         uint32_t max,
                         uint32_t least)
{
    struct color_slot *sorted[HASH_SLOTS];
    size_t n = 0;

    for (size_t i = 0; i < HASH_SLOTS; i++)
        if (map->slots[i].count >= least)
            sorted[n++] = &map->slots[i];
    qsort(sorted, n, sizeof *sorted, by_count);
    for (size_t i = 0; i < n && palette->n < max; i++) {
        sorted[i]->entry = (int32_t)palette->n;
        store(palette->rgba[palette->n++], sorted[i]->color);
    }
}

/* ---- median cut ---- */

/** Pixels whose colours agree in their upper bits. */
struct cell {
    uint32_t key;
    uint32_t count;
    uint64_t sum[4];
};
struct box {
    uint32_t first, last; /* cells first..last-1 */
    uint64_t count;
    double mean[4];
    double error; /* sum of squared distances to the mean; 0: cannot be cut */
    int axis;     /* of the largest part of it */
};
struct histogram {
    uint32_t *cell_of; /* CELLS; 1 + index of the cell, 0: none */
    struct cell *cells;
    uint32_t n_cells;
    uint32_t room;
};

/** Alpha 0 and 255 have cells of their own: clear stays clear, opaque stays opaque. */
static uint32_t alpha_class(uint8_t a)
{
    return a == 0 ? 0 : a == 255 ? 7 : 1 + a / 43u;
}

static uint32_t cell_key(const uint8_t *px)
{
    return alpha_class(px[3]) << 15 | (uint32_t)(px[0] >> 3) << 10 |
           (uint32_t)(px[1] >> 3) << 5 | (uint32_t)(px[2] >> 3);
}

static bool histogram_add(struct histogram *h, const uint8_t *px, uint32_t count)
{
    uint32_t key = cell_key(px);

    if (!h->cell_of[key]) {
        if (h->n_cells == h->room) {
            uint32_t room = h->room ? h->room * 2 : 4096;
            struct cell *cells = realloc(h->cells, room * sizeof *cells);

            if (!cells)
                return false;
            h->cells = cells;
            h->room = room;
        }
        h->cells[h->n_cells] = (struct cell){.key = key};
        h->cell_of[key] = ++h->n_cells;
    }
    struct cell *cell = &h->cells[h->cell_of[key] - 1];
    cell->count += count;
    for (int c = 0; c < 4; c++)
        cell->sum[c] += (uint64_t)px[c] * count;
    return true;
}

static void measure(struct box *box, const struct cell *cells)
{
    double sum[4] = {0};
    double square[4] = {0}; /* of the cells' means: what a cut can remove */
    double worst = 0;

    box->count = 0;
    for (uint32_t i = box->first; i < box->last; i++) {
        box->count += cells[i].count;
        for (int c = 0; c < 4; c++) {
            double s = (double)cells[i].sum[c];

            sum[c] += s;
            square[c] += s * s / cells[i].count;
        }
    }
    box->error = 0;
    for (int c = 0; c < 4; c++) {
        double n = (double)box->count;
        double error = square[c] - sum[c] * sum[c] / n;

        box->mean[c] = sum[c] / n;
        if (error > worst) {
            worst = error;
            box->axis = c;
        }
        box->error += error > 0 ? error : 0;
    }
    if (box->last - box->first < 2)
        box->error = 0;
}

/** Cells below the mean of the widest axis to the front. Returns where the rest starts;
 *  first or last when all are on one side. */
static uint32_t partition(const struct box *box, struct cell *cells)
{
    uint32_t i = box->first;
    uint32_t j = box->last;
    double mean = box->mean[box->axis];

    while (i < j) {
        if ((double)cells[i].sum[box->axis] < mean * cells[i].count) {
            i++;
        } else {
            struct cell swap = cells[i];

            cells[i] = cells[--j];
            cells[j] = swap;
        }
    }
    return i;
}

/** One box for each group of cells whose pixels must not be mixed. */
static uint32_t
first_boxes(struct histogram *h, struct box boxes[PALETTE_MAX], uint32_t room)
{
    /* clear, half transparent, opaque */
    const uint32_t group_end[3] = {1u << 15, 7u << 15, UINT32_MAX};
    uint32_t first = 0;
    uint32_t n = 0;

    for (int group = 0; group < 3 && n < room; group++) {
        uint32_t last = first;

        for (uint32_t i = first; i < h->n_cells; i++)
            if (h->cells[i].key < group_end[group]) {
                struct cell swap = h->cells[i];

                h->cells[i] = h->cells[last];
                h->cells[last++] = swap;
            }
        if (last > first) {
            boxes[n] = (struct box){.first = first, .last = last};
            measure(&boxes[n++], h->cells);
        }
        first = last;
    }
    return n;
}

static uint32_t
cut_boxes(struct histogram *h, struct box boxes[PALETTE_MAX], uint32_t room)
{
    uint32_t n = first_boxes(h, boxes, room);

    while (n < room) {
        struct box *worst = &boxes[0];

        for (uint32_t i = 1; i < n; i++)
            if (boxes[i].error > worst->error)
                worst = &boxes[i];
        if (n == 0 || worst->error <= 0)
            break;
        uint32_t middle = partition(worst, h->cells);
        if (middle == worst->first || middle == worst->last) {
            worst->error = 0; /* rounding: nothing left to cut */
            continue;
        }
        boxes[n] = (struct box){.first = middle, .last = worst->last};
        worst->last = middle;
        measure(worst, h->cells);
        measure(&boxes[n++], h->cells);
    }
    return n;
}

/** The mean colour; a mean of premultiplied colours is one: no channel above alpha. */
static void box_color(const struct box *box, uint8_t out[4])
{
    for (int c = 0; c < 4; c++)
        out[c] = (uint8_t)(box->mean[c] + 0.5);
}

static enum im_code fill_histogram(struct histogram *h,
                                   struct color_map *flat,
                                   const uint8_t *rgba,
                                   size_t n,
                                   struct im_error *err)
{
    h->cell_of = calloc(CELLS, sizeof *h->cell_of);
    if (!h->cell_of)
        return im_fail(err, IM_ENOMEM, "colour histogram");
    for (size_t i = 0; i < n;) {
        size_t run = run_length(rgba, i, n);
        const struct color_slot *slot = map_slot(flat, load(rgba + 4 * i));

        if ((!slot->count || slot->entry == NO_ENTRY) &&
            !histogram_add(h, rgba + 4 * i, (uint32_t)run))
            return im_fail(err, IM_ENOMEM, "colour histogram");
        i += run;
    }
    return IM_OK;
}

/** From now on cell_of holds palette entries. */
static void add_boxes(struct histogram *h,
                      const struct box boxes[PALETTE_MAX],
                      uint32_t n,
                      struct palette *palette)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = boxes[i].first; k < boxes[i].last; k++)
            h->cell_of[h->cells[k].key] = palette->n;
        box_color(&boxes[i], palette->rgba[palette->n++]);
    }
}

static enum im_code cut_palette(struct color_map *flat,
                                struct palette *palette,
                                const uint8_t *rgba,
                                size_t n,
                                uint8_t *index,
                                struct im_error *err)
{
    enum im_code rc;
    struct histogram h = {0};
    struct box boxes[PALETTE_MAX];
    uint32_t least = (uint32_t)(n / FLAT_SHARE);

    count_flat(flat, rgba, n);
    take_entries(flat, palette, FLAT_MAX, least < FLAT_RUN ? FLAT_RUN : least);
    rc = fill_histogram(&h, flat, rgba, n, err);
    if (rc != IM_OK)
        goto done;
    uint32_t n_boxes = cut_boxes(&h, boxes, PALETTE_MAX - palette->n);
    add_boxes(&h, boxes, n_boxes, palette);
    for (size_t i = 0; i < n;) {
        size_t run = run_length(rgba, i, n);
        const struct color_slot *slot = map_slot(flat, load(rgba + 4 * i));
        uint32_t entry = slot->count && slot->entry != NO_ENTRY
                             ? (uint32_t)slot->entry
                             : h.cell_of[cell_key(rgba + 4 * i)];

        memset(index + i, (int)entry, run);
        i += run;
    }
done:
    free(h.cell_of);
    free(h.cells);
    return rc;
}

static void
exact_index(struct color_map *map, const uint8_t *rgba, size_t n, uint8_t *index)
{
    for (size_t i = 0; i < n;) {
        size_t run = run_length(rgba, i, n);

        memset(index + i, map_slot(map, load(rgba + 4 * i))->entry, run);
        i += run;
    }
}

struct order {
    uint8_t rgba[4];
    uint8_t old;
};

static int not_opaque_first(const void *a, const void *b)
{
    const struct order *x = a;
    const struct order *y = b;

    if ((x->rgba[3] == 255) != (y->rgba[3] == 255))
        return x->rgba[3] == 255 ? 1 : -1;
    return memcmp(x, y, sizeof *x);
}

/** Sort: tRNS then ends with the last entry that is not opaque. */
static void sort_palette(struct palette *palette, uint8_t *index, size_t n)
{
    struct order order[PALETTE_MAX];
    uint8_t new_of[PALETTE_MAX] = {0};

    for (uint32_t i = 0; i < palette->n; i++) {
        memcpy(order[i].rgba, palette->rgba[i], 4);
        order[i].old = (uint8_t)i;
    }
    qsort(order, palette->n, sizeof *order, not_opaque_first);
    for (uint32_t i = 0; i < palette->n; i++) {
        memcpy(palette->rgba[i], order[i].rgba, 4);
        new_of[order[i].old] = (uint8_t)i;
    }
    for (size_t i = 0; i < n; i++)
        index[i] = new_of[index[i]];
}

enum im_code quantize(const struct raster *raster,
                      struct palette *palette,
                      uint8_t *index,
                      struct im_error *err)
{
    enum im_code rc = IM_OK;
    size_t n = (size_t)raster->width_px * raster->height_px;
    struct color_map *map = calloc(1, sizeof *map);

    palette->n = 0;
    palette->exact = false;
    if (!map)
        return im_fail(err, IM_ENOMEM, "colour table");
    if (count_exact(map, raster->rgba, n)) {
        palette->exact = true;
        take_entries(map, palette, PALETTE_MAX, 1);
        exact_index(map, raster->rgba, n, index);
    } else {
        rc = cut_palette(map, palette, raster->rgba, n, index, err);
    }
    if (rc == IM_OK)
        sort_palette(palette, index, n);
    free(map);
    return rc;
}
