/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes of texts in ems, in a table with open addressing. */
#include "label/measure.h"

#include <stdlib.h>
#include <xxhash.h>

enum {
    FIRST_SLOTS = 4096,
    MAX_SLOTS = 2 * 1024 * 1024,
    /* Shaped at this size, then scaled: advances are not hinted, lines break by ems. */
    SHAPED_PX = 16
};

struct size_slot {
    uint64_t key; /* 0: free */
    float width_em;
    float height_em;
};

struct label_sizes {
    struct im_arena *arena; /* of one text */
    struct size_slot *slots;
    uint32_t n_slots; /* a power of two */
    uint32_t n;
};

struct label_sizes *label_sizes_new(void)
{
    struct label_sizes *sizes = calloc(1, sizeof *sizes);

    if (!sizes)
        return NULL;
    sizes->arena = im_arena_new(4 * 1024 * 1024);
    sizes->slots = calloc(FIRST_SLOTS, sizeof *sizes->slots);
    sizes->n_slots = FIRST_SLOTS;
    if (!sizes->arena || !sizes->slots) {
        label_sizes_free(sizes);
        return NULL;
    }
    return sizes;
}

void label_sizes_free(struct label_sizes *sizes)
{
    if (!sizes)
        return;
    im_arena_free(sizes->arena);
    free(sizes->slots);
    free(sizes);
}

size_t label_sizes_bytes(const struct label_sizes *sizes)
{
    return sizes->n_slots * sizeof *sizes->slots;
}

static struct size_slot *slot_of(const struct label_sizes *sizes, uint64_t key)
{
    uint32_t i = (uint32_t)key & (sizes->n_slots - 1);

    while (sizes->slots[i].key && sizes->slots[i].key != key)
        i = (i + 1) & (sizes->n_slots - 1);
    return &sizes->slots[i];
}

/* Room for one more; without memory the table forgets. */
static void make_room(struct label_sizes *sizes)
{
    struct size_slot *old = sizes->slots;
    uint32_t n_old = sizes->n_slots;

    if (sizes->n < n_old / 2)
        return;
    struct size_slot *slots =
        n_old < MAX_SLOTS ? calloc((size_t)n_old * 2, sizeof *slots) : NULL;
    if (!slots) {
        memset(old, 0, n_old * sizeof *old);
        sizes->n = 0;
        return;
    }
    sizes->slots = slots;
    sizes->n_slots = n_old * 2;
    for (uint32_t i = 0; i < n_old; i++)
        if (old[i].key)
            *slot_of(sizes, old[i].key) = old[i];
    free(old);
}

static uint64_t key_of(const struct label_spec *spec)
{
    const struct text_style *s = &spec->style;
    const float look[4] = {(float)s->weight, s->letter_spacing_em, s->line_height_em,
                           s->max_width_em};
    uint64_t key = XXH64(spec->text.data, spec->text.len, XXH64(look, sizeof look, 0));

    return key ? key : 1;
}

enum im_code label_measure(struct label_sizes *sizes,
                           struct text_fonts *fonts,
                           const struct label_spec *spec,
                           double size_px[2],
                           struct im_error *err)
{
    struct text_style style = spec->style;
    const struct text_block *block;
    uint64_t key = key_of(spec);
    struct size_slot *slot;

    make_room(sizes);
    slot = slot_of(sizes, key);
    if (!slot->key) {
        im_arena_reset(sizes->arena);
        style.size_px = SHAPED_PX;
        enum im_code rc =
            text_shape(fonts, spec->text, &style, sizes->arena, &block, err);
        if (rc != IM_OK)
            return rc;
        *slot = (struct size_slot){key, text_block_width_px(block) / SHAPED_PX,
                                   text_block_height_px(block) / SHAPED_PX};
        sizes->n++;
    }
    size_px[0] = (double)(slot->width_em * spec->style.size_px);
    size_px[1] = (double)(slot->height_em * spec->style.size_px);
    return IM_OK;
}
