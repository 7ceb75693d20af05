/* SPDX-License-Identifier: Apache-2.0 */
/* Search words: never a crash, a clear message, and the same answer from a table as
 * from looking at each text. The first line are the words, the rest are names. */
#include "search/table.h"

#include <engine/search.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct names {
    struct im_bytes all;
};

/* One text a line; the same as often as asked. */
static void name_of(void *ctx, uint32_t i, struct im_buf *out)
{
    struct im_bytes rest = ((struct names *)ctx)->all;
    struct im_bytes line = {0};

    for (uint32_t k = 0; k <= i; k++)
        if (!search_next_text(&rest, &line))
            return;
    text_searched(line, TEXT_SPACES_OF_LATIN, out);
    if (out->len)
        im_buf_byte(out, '\n');
}

static uint32_t count_lines(struct im_bytes rest)
{
    struct im_bytes line;
    uint32_t n = 0;

    while (n < 200 && search_next_text(&rest, &line))
        n++;
    return n;
}

struct seen {
    uint8_t rows[200];
};

static bool see(void *ctx, uint32_t i)
{
    ((struct seen *)ctx)->rows[i] = 1;
    return true;
}

static void compare(const struct search_table *t,
                    const struct search_term *term,
                    enum search_found most,
                    struct im_arena *arena)
{
    struct seen seen = {{0}};
    const uint64_t *blocks = search_table_blocks(t, term, most, arena);

    if (!blocks)
        return;
    search_table_look(t, blocks, term, most, NULL, see, &seen);
    for (uint32_t i = 0; i < t->n; i++)
        if (seen.rows[i] != search_has(term, search_table_text(t, i), most))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct im_bytes rest = {data, size};
    struct im_arena *arena = im_arena_new((size_t)256 << 20);
    struct search_words words;
    struct search_table table;
    struct im_bytes line = {0};
    struct im_error err = {0};

    search_next_text(&rest, &line);
    if (search_words_parse(line, arena, &words, &err) != IM_OK) {
        if (!err.msg[0] || !err.msg_zh[0] || !im_utf8_valid(im_bytes_of(err.msg)))
            abort();
    } else {
        struct names names = {rest};

        if (search_table_build(&table, count_lines(rest), true, name_of, &names, NULL,
                               arena, &err) != IM_OK)
            abort();
        for (size_t t = 0; t < words.n_terms; t++)
            for (enum search_found most = SEARCH_AS_WRITTEN; most <= SEARCH_WRONG;
                 most++)
                compare(&table, &words.terms[t], most, arena);
    }
    im_arena_free(arena);
    return 0;
}
