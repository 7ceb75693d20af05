/* SPDX-License-Identifier: Apache-2.0 */
/* Plain questions: never a crash, and an answer that agrees with itself. */
#include "engine/ask/tea.h"

#include <engine/ask.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct atlas *fixed_atlas(void)
{
    static struct memory_source *source; /* of the program: kept until it ends */
    static const struct atlas *atlas;

    if (!atlas)
        atlas = tea_atlas(&source);
    return atlas;
}

static size_t count_characters(struct im_bytes text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; n++)
        im_utf8_next(text, &i);
    return n;
}

static void check(const struct ask_parse *p, struct im_bytes question)
{
    size_t n = count_characters(question);
    struct im_buf line = {.max = 1 << 20};

    for (size_t i = 0; i < p->n_parts; i++) {
        const struct ask_part *part = &p->parts[i];

        if (part->start > n || part->length > n - part->start ||
            !im_utf8_valid(im_bytes_of(part->value)) ||
            !im_utf8_valid(im_bytes_of(part->title.zh)) ||
            !im_utf8_valid(im_bytes_of(part->title.en)))
            abort();
    }
    for (size_t i = 0; i < p->n_unknown; i++)
        if (p->unknown[i].length == 0 || p->unknown[i].start > n ||
            p->unknown[i].length > n - p->unknown[i].start)
            abort();
    for (size_t i = 0; i < p->n_closest; i++)
        if (!im_utf8_valid(im_bytes_of(p->closest[i])))
            abort();
    if (!p->operation && (p->n_parts || !p->n_closest))
        abort();
    ask_write_line(p, &line);
    if (line.failed || (p->operation && !line.len))
        abort();
    im_buf_release(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    struct im_bytes question = {data, size};
    struct im_error err = {0};
    struct ask_parse p;

    if (!arena)
        abort();
    enum im_code rc = ask_parse(fixed_atlas(), question, 2026, arena, &p, &err);
    if (rc == IM_OK)
        check(&p, question);
    else if (rc != IM_EARG)
        abort();
    im_arena_free(arena);
    return 0;
}
