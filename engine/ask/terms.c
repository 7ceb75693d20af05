/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at the terms of a question, marking what was explained, making one of
 * several; and their text. */
#include "ask/read.h"
#include "text/han.h"

#include <stdarg.h>
#include <stdio.h>

size_t term_find(const struct reading *r, enum word_class class, size_t from)
{
    for (size_t i = from; i < r->n; i++)
        if (term_is(r, i, class))
            return i;
    return r->n;
}

size_t term_find_kind(const struct reading *r, enum term_kind kind, size_t from)
{
    for (size_t i = from; i < r->n; i++)
        if (r->terms[i].kind == kind)
            return i;
    return r->n;
}

bool term_is(const struct reading *r, size_t i, enum word_class class)
{
    return i < r->n && r->terms[i].kind == TERM_GRAMMAR && r->terms[i].class == class;
}

bool term_is_kind(const struct reading *r, size_t i, enum term_kind kind)
{
    return i < r->n && r->terms[i].kind == kind;
}

bool term_has(const struct reading *r, enum word_class class)
{
    return term_find(r, class, 0) < r->n;
}

const struct sense *
term_sense(const struct term *t, enum sense_kind kind, layer_set layers)
{
    for (size_t i = 0; t->word && i < t->word->n_senses; i++)
        if (t->word->senses[i].kind == kind &&
            (!layers || layer_in(layers, t->word->senses[i].layer)))
            return &t->word->senses[i];
    return NULL;
}

bool terms_use(struct reading *r, enum word_class class)
{
    bool found = false;

    for (size_t i = term_find(r, class, 0); i < r->n; i = term_find(r, class, i + 1)) {
        r->terms[i].used = true;
        found = true;
    }
    return found;
}

void terms_replace(struct reading *r, size_t from, size_t to, struct term term)
{
    term.start = r->terms[from].start;
    term.end = r->terms[to - 1].end;
    r->terms[from] = term;
    memmove(&r->terms[from + 1], &r->terms[to], (r->n - to) * sizeof r->terms[0]);
    r->n -= to - from - 1;
}

void terms_drop(struct reading *r, size_t i)
{
    memmove(&r->terms[i], &r->terms[i + 1], (r->n - i - 1) * sizeof r->terms[0]);
    r->n--;
}

const char *ask_text(struct im_arena *arena, const char *fmt, ...)
{
    char text[1024];
    va_list args;
    int n;
    const char *copy;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (n < 0)
        return "";
    size_t len =
        (size_t)n < sizeof text ? (size_t)n : im_utf8_cut(text, sizeof text - 1);
    copy = im_arena_strdup(arena, (struct im_bytes){(const uint8_t *)text, len});
    return copy ? copy : "";
}

const char *ask_words(const struct reading *r, size_t start, size_t end)
{
    struct im_bytes text = items_slice(r->items, start, end);
    const char *copy;

    while (text.len && text.data[0] <= ' ') {
        text.data++;
        text.len--;
    }
    while (text.len && text.data[text.len - 1] <= ' ')
        text.len--;
    copy = im_arena_strdup(r->arena, text);
    return copy ? copy : "";
}

const char *ask_name(const struct reading *r, size_t start, size_t end)
{
    const char *words = ask_words(r, start, end);
    struct im_bytes text = im_bytes_of(words);
    struct im_buf out = {.max = 4 * ASK_MAX_BYTES};
    const char *copy;

    for (size_t i = 0; i < text.len;) {
        size_t from = i;
        uint32_t c = im_utf8_next(text, &i);
        uint32_t simple = han_simplify(c);
        uint8_t utf8[3] = {(uint8_t)(0xE0 | simple >> 12),
                           (uint8_t)(0x80 | (simple >> 6 & 0x3F)),
                           (uint8_t)(0x80 | (simple & 0x3F))};

        /* simplified forms are of the basic plane: three bytes */
        if (simple != c)
            im_buf_append(&out, utf8, sizeof utf8);
        else
            im_buf_append(&out, text.data + from, i - from);
    }
    copy = out.failed ? NULL : im_arena_strdup(r->arena, im_buf_bytes(&out));
    im_buf_release(&out);
    return copy ? copy : words;
}

const char *term_text(const struct reading *r, size_t i)
{
    return ask_name(r, r->terms[i].start, r->terms[i].end);
}

const char *ask_number(struct reading *r, double value)
{
    char text[IM_NUMBER_MAX];
    size_t n = im_format_double(text, value, 3);

    return ask_text(r->arena, "%.*s", (int)n, text);
}
