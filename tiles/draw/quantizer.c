/* SPDX-License-Identifier: Apache-2.0 */
/* At most 256 colours: exact where that is enough; else the colours of flat areas
 * exactly, and the rest (edges, blends, text) by median cut.
 *
 * Flat areas come first because a style's land and residential greys may differ by
 * three levels: a plain median cut would make one colour of both, and in the tile
 * beside it another one. */
#include "quantizer.h"

#include <stdlib.h>

enum {
    /* of exact colours; a tile has 5,000, rarely 20,000 */
    HASH_BITS = 15,
    HASH_SLOTS = 1 << HASH_BITS,
    COLORS_MAX = HASH_SLOTS / 4 * 3,
    FLAT_RUN = 4,      /* equal pixels in a row that make an area */
    FLAT_MAX = 96,     /* entries given to flat areas */
    FLAT_SHARE = 1024, /* an area has at least 1 / FLAT_SHARE of the pixels */
    CELLS = 1 << 18,   /* 5 bits of r, g, b; 3 of alpha */
    NO_ENTRY = -1
};

static uint32_t load(const uint8_t *px)
{
    uint32_t color;

    memcpy(&color, px, sizeof color);
    return color;
}

static void store(uint8_t *px, uint32_t color)
{
    memcpy(px, &color, sizeof color);
}

/** A colour of the picture. */
struct color {
    uint32_t rgba;
    uint32_t count;
    uint32_t flat; /* how many of them in areas */
    int32_t entry; /* of the palette */
};

/** Pixels whose colours agree in their upper bits. */
struct cell {
    uint32_t key;
    uint32_t count;
    uint64_t sum[4];
};

/** Equal pixels in a row; longer ones are several. */
struct run {
    uint16_t color;
    uint16_t length;
};

struct quantizer {
    struct color colors[COLORS_MAX]; /* as they appear first */
    uint32_t n_colors;
    uint16_t slots[HASH_SLOTS]; /* 1 + index of a colour, 0: free */
    struct run *runs;
    size_t n_runs;
    size_t room_runs;
    uint32_t *cell_of; /* CELLS; 1 + index of the cell, 0: none. Between two pictures
                          all are 0. */
    struct cell *cells;
    uint32_t n_cells;
    uint32_t room_cells;
};

struct quantizer *quantizer_new(void)
{
    struct quantizer *q = calloc(1, sizeof *q);

    if (!q)
        return NULL;
    q->cell_of = calloc(CELLS, sizeof *q->cell_of);
    if (!q->cell_of) {
        free(q);
        return NULL;
    }
    return q;
}

void quantizer_free(struct quantizer *q)
{
    if (!q)
        return;
    free(q->runs);
    free(q->cell_of);
    free(q->cells);
    free(q);
}

/* ---- colours by value ---- */

/** The index of a colour, with `add` perhaps a new one; COLORS_MAX when it is not known
 *  and there is no room. */
static uint32_t color_index(struct quantizer *q, uint32_t rgba, bool add)
{
    uint32_t i = (rgba * 0x9e3779b1u) >> (32 - HASH_BITS);

    while (q->slots[i]) {
        if (q->colors[q->slots[i] - 1].rgba == rgba)
            return q->slots[i] - 1u;
        i = (i + 1) % HASH_SLOTS;
    }
    if (!add || q->n_colors == COLORS_MAX)
        return COLORS_MAX;
    q->colors[q->n_colors] = (struct color){.rgba = rgba, .entry = NO_ENTRY};
    q->slots[i] = (uint16_t)++q->n_colors;
    return q->n_colors - 1;
}

static size_t run_length(const uint8_t *rgba, size_t i, size_t n)
{
    uint32_t color = load(rgba + 4 * i);
    size_t j = i + 1;

    while (j < n && load(rgba + 4 * j) == color)
        j++;
    return j - i;
}

static void forget_colors(struct quantizer *q)
{
    memset(q->slots, 0, sizeof q->slots);
    q->n_colors = 0;
    q->n_runs = 0;
}

/** The colours, how often each is there, and the runs. False when there are more
 *  colours than fit. */
static bool read_colors(struct quantizer *q, const uint8_t *rgba, size_t n)
{
    forget_colors(q);
    for (size_t i = 0; i < n;) {
        size_t length = run_length(rgba, i, n);
        uint32_t c;

        length = length < UINT16_MAX ? length : UINT16_MAX;
        c = color_index(q, load(rgba + 4 * i), true);
        if (c == COLORS_MAX)
            return false;
        q->colors[c].count += (uint32_t)length;
        if (length >= FLAT_RUN)
            q->colors[c].flat += (uint32_t)length;
        q->runs[q->n_runs++] = (struct run){(uint16_t)c, (uint16_t)length};
        i += length;
    }
    return true;
}

/** Only the colours of areas, as many as fit. */
static void read_flat(struct quantizer *q, const uint8_t *rgba, size_t n)
{
    forget_colors(q);
    for (size_t i = 0; i < n;) {
        size_t length = run_length(rgba, i, n);
        uint32_t c =
            length < FLAT_RUN ? COLORS_MAX : color_index(q, load(rgba + 4 * i), true);

        if (c != COLORS_MAX)
            q->colors[c].flat += (uint32_t)length;
        i += length;
    }
}

static bool make_runs_room(struct quantizer *q, size_t n)
{
    struct run *runs;

    if (n <= q->room_runs)
        return true;
    runs = realloc(q->runs, n * sizeof *runs);
    if (!runs)
        return false;
    q->runs = runs;
    q->room_runs = n;
    return true;
}

/** How often a colour is there, for the order of the palette. */
struct ranked {
    uint32_t rgba;
    uint32_t count;
    uint32_t color;
};

static int by_count(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->rgba < y->rgba ? -1 : x->rgba > y->rgba;
}

/** Give entries to the most frequent colours with at least `least` pixels in areas. */
static void take_flat(struct quantizer *q, struct palette *palette, uint32_t least)
{
    struct ranked sorted[FLAT_SHARE]; /* no more can have their share */
    size_t n = 0;

    for (uint32_t i = 0; i < q->n_colors && n < FLAT_SHARE; i++)
        if (q->colors[i].flat >= least)
            sorted[n++] = (struct ranked){q->colors[i].rgba, q->colors[i].flat, i};
    qsort(sorted, n, sizeof *sorted, by_count);
    for (size_t i = 0; i < n && palette->n < FLAT_MAX; i++) {
        q->colors[sorted[i].color].entry = (int32_t)palette->n;
        store(palette->rgba[palette->n++], sorted[i].rgba);
    }
}

static void take_all(struct quantizer *q, struct palette *palette)
{
    for (uint32_t i = 0; i < q->n_colors; i++) {
        q->colors[i].entry = (int32_t)palette->n;
        store(palette->rgba[palette->n++], q->colors[i].rgba);
    }
}

/* ---- median cut ---- */

struct box {
    uint32_t first, last; /* cells first..last-1 */
    uint64_t count;
    double mean[4];
    double error; /* sum of squared distances to the mean; 0: cannot be cut */
    int axis;     /* of the largest part of it */
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

static bool histogram_add(struct quantizer *q, const uint8_t *px, uint32_t count)
{
    uint32_t key = cell_key(px);

    if (!q->cell_of[key]) {
        if (q->n_cells == q->room_cells) {
            uint32_t room = q->room_cells ? q->room_cells * 2 : 4096;
            struct cell *cells = realloc(q->cells, room * sizeof *cells);

            if (!cells)
                return false;
            q->cells = cells;
            q->room_cells = room;
        }
        q->cells[q->n_cells] = (struct cell){.key = key};
        q->cell_of[key] = ++q->n_cells;
    }
    struct cell *cell = &q->cells[q->cell_of[key] - 1];
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
first_boxes(struct quantizer *q, struct box boxes[PALETTE_MAX], uint32_t room)
{
    /* clear, half transparent, opaque */
    const uint32_t group_end[3] = {1u << 15, 7u << 15, UINT32_MAX};
    uint32_t first = 0;
    uint32_t n = 0;

    for (int group = 0; group < 3 && n < room; group++) {
        uint32_t last = first;

        for (uint32_t i = first; i < q->n_cells; i++)
            if (q->cells[i].key < group_end[group]) {
                struct cell swap = q->cells[i];

                q->cells[i] = q->cells[last];
                q->cells[last++] = swap;
            }
        if (last > first) {
            boxes[n] = (struct box){.first = first, .last = last};
            measure(&boxes[n++], q->cells);
        }
        first = last;
    }
    return n;
}

static uint32_t
cut_boxes(struct quantizer *q, struct box boxes[PALETTE_MAX], uint32_t room)
{
    uint32_t n = first_boxes(q, boxes, room);

    while (n < room) {
        struct box *worst = &boxes[0];

        for (uint32_t i = 1; i < n; i++)
            if (boxes[i].error > worst->error)
                worst = &boxes[i];
        if (n == 0 || worst->error <= 0)
            break;
        uint32_t middle = partition(worst, q->cells);
        if (middle == worst->first || middle == worst->last) {
            worst->error = 0; /* rounding: nothing left to cut */
            continue;
        }
        boxes[n] = (struct box){.first = middle, .last = worst->last};
        worst->last = middle;
        measure(worst, q->cells);
        measure(&boxes[n++], q->cells);
    }
    return n;
}

/** The mean colour; a mean of premultiplied colours is one: no channel above alpha. */
static void box_color(const struct box *box, uint8_t out[4])
{
    for (int c = 0; c < 4; c++)
        out[c] = (uint8_t)(box->mean[c] + 0.5);
}

/** From now on cell_of holds palette entries. */
static void add_boxes(struct quantizer *q,
                      const struct box boxes[PALETTE_MAX],
                      uint32_t n,
                      struct palette *palette)
{
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = boxes[i].first; k < boxes[i].last; k++)
            q->cell_of[q->cells[k].key] = palette->n;
        box_color(&boxes[i], palette->rgba[palette->n++]);
    }
}

/** Entries for the colours that have none. */
static bool cut_rest(struct quantizer *q, struct palette *palette)
{
    struct box boxes[PALETTE_MAX];

    for (uint32_t i = 0; i < q->n_colors; i++)
        if (q->colors[i].entry == NO_ENTRY &&
            !histogram_add(q, (const uint8_t *)&q->colors[i].rgba, q->colors[i].count))
            return false;
    uint32_t n_boxes = cut_boxes(q, boxes, PALETTE_MAX - palette->n);
    add_boxes(q, boxes, n_boxes, palette);
    for (uint32_t i = 0; i < q->n_colors; i++)
        if (q->colors[i].entry == NO_ENTRY)
            q->colors[i].entry =
                (int32_t)q->cell_of[cell_key((const uint8_t *)&q->colors[i].rgba)];
    return true;
}

/** Has the colour of a pixel an entry of its own? */
static bool is_entered(struct quantizer *q, const uint8_t *px, uint32_t *color)
{
    *color = color_index(q, load(px), false);
    return *color != COLORS_MAX && q->colors[*color].entry != NO_ENTRY;
}

/** As cut_rest, of a picture with more colours than are known. */
static bool
cut_pixels(struct quantizer *q, struct palette *palette, const uint8_t *rgba, size_t n)
{
    struct box boxes[PALETTE_MAX];
    uint32_t color;

    for (size_t i = 0; i < n; i++)
        if (!is_entered(q, rgba + 4 * i, &color) && !histogram_add(q, rgba + 4 * i, 1))
            return false;
    uint32_t n_boxes = cut_boxes(q, boxes, PALETTE_MAX - palette->n);
    add_boxes(q, boxes, n_boxes, palette);
    return true;
}

static void forget_cells(struct quantizer *q)
{
    for (uint32_t i = 0; i < q->n_cells; i++)
        q->cell_of[q->cells[i].key] = 0;
    q->n_cells = 0;
}

/* ---- the palette in order ---- */

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
static void sort_palette(struct palette *palette, uint8_t new_of[PALETTE_MAX])
{
    struct order order[PALETTE_MAX];

    for (uint32_t i = 0; i < palette->n; i++) {
        memcpy(order[i].rgba, palette->rgba[i], 4);
        order[i].old = (uint8_t)i;
    }
    qsort(order, palette->n, sizeof *order, not_opaque_first);
    for (uint32_t i = 0; i < palette->n; i++) {
        memcpy(palette->rgba[i], order[i].rgba, 4);
        new_of[order[i].old] = (uint8_t)i;
    }
}

static void write_index(const struct quantizer *q,
                        const uint8_t new_of[PALETTE_MAX],
                        uint8_t *index)
{
    for (size_t i = 0; i < q->n_runs; i++) {
        size_t length = q->runs[i].length;
        uint8_t entry = new_of[q->colors[q->runs[i].color].entry];

        if (length < 8) {
            do
                *index++ = entry;
            while (--length);
        } else {
            memset(index, entry, length);
            index += length;
        }
    }
}

/** The index of a picture with more colours than are known. */
static void write_index_by_pixel(struct quantizer *q,
                                 const uint8_t *rgba,
                                 size_t n,
                                 const uint8_t new_of[PALETTE_MAX],
                                 uint8_t *index)
{
    uint32_t color;

    for (size_t i = 0; i < n; i++)
        index[i] = new_of[is_entered(q, rgba + 4 * i, &color)
                              ? (uint32_t)q->colors[color].entry
                              : q->cell_of[cell_key(rgba + 4 * i)]];
}

enum im_code quantize(struct quantizer *q,
                      const struct raster *raster,
                      struct palette *palette,
                      uint8_t *index,
                      struct im_error *err)
{
    size_t n = (size_t)raster->width_px * raster->height_px;
    uint32_t least = (uint32_t)(n / FLAT_SHARE);
    uint8_t new_of[PALETTE_MAX] = {0};
    bool is_all;
    bool is_cut = true;

    palette->n = 0;
    if (!make_runs_room(q, n))
        return im_fail(err, IM_ENOMEM, "colour table");
    is_all = read_colors(q, raster->rgba, n);
    palette->exact = is_all && q->n_colors <= PALETTE_MAX;
    if (palette->exact) {
        take_all(q, palette);
    } else {
        if (!is_all)
            read_flat(q, raster->rgba, n);
        take_flat(q, palette, least < FLAT_RUN ? FLAT_RUN : least);
        is_cut =
            is_all ? cut_rest(q, palette) : cut_pixels(q, palette, raster->rgba, n);
    }
    if (is_cut) {
        sort_palette(palette, new_of);
        if (is_all)
            write_index(q, new_of, index);
        else
            write_index_by_pixel(q, raster->rgba, n, new_of, index);
    }
    forget_cells(q);
    return is_cut ? IM_OK : im_fail(err, IM_ENOMEM, "colour histogram");
}
