/* SPDX-License-Identifier: Apache-2.0 */
/* Many texts, and which of them may have a word: building the rows. */
#include "search/table.h"
#include "search/items.h"

#include <stdlib.h>

/* A block of 64 names has some 4,000 different items: an eighth of the bits are set,
 * which is what a word that is nowhere costs in vain. Texts that are not read have far
 * fewer. */
enum { ROWS_OF_READ = 32768, ROWS_OF_OTHERS = 8192 };

struct build {
    struct search_table *table;
    const atomic_bool *stop; /* NULL: never */
    struct im_buf blob;
    uint64_t *tile; /* a word of each row: 64 blocks */
};

/* A tile fits into the second level cache; writing bits into whole rows would miss it
 * at every item. */
static void write_tile(struct build *b, uint32_t word)
{
    struct search_table *t = b->table;

    for (size_t row = 0; row < t->n_rows; row++)
        t->rows[row * t->n_words + word] = b->tile[row];
    memset(b->tile, 0, t->n_rows * sizeof *b->tile);
}

static bool is_stopped(const atomic_bool *stop, uint32_t i)
{
    return stop && i % SEARCH_BLOCK == 0 &&
           atomic_load_explicit(stop, memory_order_relaxed);
}

static void
add_texts(struct build *b, search_text_fn *text, void *ctx, struct im_buf *blob)
{
    struct search_table *t = b->table;
    uint64_t aside[SEARCH_INNER] = {0};
    struct search_item_sink sink = {
        .tile = b->tile, .n_rows = t->n_rows, .inner = aside};

    for (uint32_t i = 0; i < t->n && !blob->failed && !is_stopped(b->stop, i); i++) {
        uint32_t block = i / SEARCH_BLOCK;
        size_t start = blob->len;

        t->starts[i] = (uint32_t)start;
        text(ctx, i, blob);
        sink.bit = (uint64_t)1 << block % 64;
        sink.inner_bit = (uint64_t)1 << i % SEARCH_BLOCK;
        if (t->inner)
            sink.inner = t->inner + (size_t)block * SEARCH_INNER;
        if (!blob->failed)
            search_items_of((struct im_bytes){blob->data + start, blob->len - start},
                            t->is_read, &sink);
        if ((i + 1) % (SEARCH_BLOCK * 64) == 0 || i + 1 == t->n)
            write_tile(b, block / 64);
    }
    t->starts[t->n] = (uint32_t)blob->len;
}

enum im_code search_table_build(struct search_table *out,
                                uint32_t n,
                                bool is_read,
                                search_text_fn *text,
                                void *ctx,
                                const atomic_bool *stop,
                                struct im_arena *arena,
                                struct im_error *err)
{
    struct search_table t = {.n = n,
                             .is_read = is_read,
                             .mix = SEARCH_OUTER_MIX,
                             .n_rows = is_read ? ROWS_OF_READ : ROWS_OF_OTHERS};
    struct im_buf blob = {.max = UINT32_MAX};
    struct build b = {.table = &t, .stop = stop};
    enum im_code rc = IM_OK;

    t.n_blocks = n / SEARCH_BLOCK + (n % SEARCH_BLOCK ? 1 : 0);
    t.n_words = t.n_blocks / 64 + 1;
    t.stride = t.n_words;
    t.rows = im_arena_calloc(arena, (size_t)t.n_rows * t.n_words, sizeof *t.rows);
    t.starts = im_arena_alloc(arena, ((size_t)n + 1) * sizeof *t.starts);
    if (is_read)
        t.inner = im_arena_calloc(arena, (size_t)t.n_blocks + 1,
                                  SEARCH_INNER * sizeof *t.inner);
    b.tile = calloc(t.n_rows, sizeof *b.tile);
    if (!t.rows || (is_read && !t.inner) || !t.starts || !b.tile) {
        rc = im_fail(err, IM_ENOMEM, "search index: out of memory");
        goto done;
    }
    add_texts(&b, text, ctx, &blob);
    rc = is_stopped(stop, 0) ? im_fail(err, IM_ESTOPPED, "search index: stopped")
                             : im_buf_check(&blob, "search index", err);
    if (rc != IM_OK)
        goto done;
    t.blob = im_arena_alloc(arena, blob.len + 1);
    if (!t.blob) {
        rc = im_fail(err, IM_ENOMEM, "search index: out of memory");
        goto done;
    }
    if (blob.len)
        memcpy(t.blob, blob.data, blob.len);
    *out = t;
done:
    im_buf_release(&blob);
    free(b.tile);
    return rc;
}

/* The text that holds this byte of the blob, of those from `i` on. */
static uint32_t text_at(const struct search_table *t, uint32_t i, size_t offset)
{
    while (t->starts[i + 1] <= offset)
        i++;
    return i;
}

static bool look_at_bytes(const struct search_table *t,
                          uint32_t first,
                          uint32_t end,
                          struct im_bytes term,
                          search_hit_fn *hit,
                          void *ctx)
{
    uint32_t i = first;
    size_t at = t->starts[first];

    while (i < end) {
        const uint8_t *found =
            memmem(t->blob + at, t->starts[end] - at, term.data, term.len);

        if (!found)
            return true;
        i = text_at(t, i, (size_t)(found - t->blob));
        if (!hit(ctx, i))
            return false;
        at = t->starts[++i]; /* once per text */
    }
    return true;
}

/* Those of a block that may have the term. */
static uint64_t texts_of_block(const struct search_table *t,
                               uint32_t block,
                               const struct search_term *term,
                               enum search_found most)
{
    struct search_table texts = search_table_inner(t, block);
    uint64_t scratch[SEARCH_DEPTHS];
    uint64_t found;
    struct search_room room = {&found, scratch};
    uint64_t bits = UINT64_MAX >> (SEARCH_BLOCK - texts.n_blocks);

    /* asking for every typing error costs more than looking */
    if (t->inner && most != SEARCH_WRONG)
        search_table_keep(&texts, term, most, &room, &bits);
    return bits;
}

static bool look_at_block(const struct search_table *t,
                          uint32_t block,
                          const struct search_term *term,
                          enum search_found most,
                          search_hit_fn *hit,
                          void *ctx)
{
    uint32_t first = block * SEARCH_BLOCK;
    uint32_t end = t->n - first < SEARCH_BLOCK ? t->n : first + SEARCH_BLOCK;

    if (!term->is_latin)
        return look_at_bytes(t, first, end, term->text, hit, ctx);
    for (uint64_t bits = texts_of_block(t, block, term, most); bits; bits &= bits - 1) {
        uint32_t i = first + (uint32_t)__builtin_ctzll(bits);

        if (search_has(term, search_table_text(t, i), most) && !hit(ctx, i))
            return false;
    }
    return true;
}

bool search_table_look(const struct search_table *t,
                       const uint64_t *blocks,
                       const struct search_term *term,
                       enum search_found most,
                       const struct im_deadline *deadline,
                       search_hit_fn *hit,
                       void *ctx)
{
    for (uint32_t word = 0; word < t->n_words; word++) {
        if (blocks[word] && im_deadline_passed(deadline))
            return false;
        for (uint64_t bits = blocks[word]; bits; bits &= bits - 1) {
            uint32_t block = word * 64 + (uint32_t)__builtin_ctzll(bits);

            if (!look_at_block(t, block, term, most, hit, ctx))
                return false;
        }
    }
    return true;
}
