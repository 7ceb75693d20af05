/* SPDX-License-Identifier: Apache-2.0 */
/* What people type to search, taken apart. */
#include "search/words.h"
#include "text/han.h"

#include <engine/search.h>

static enum im_code check(struct im_bytes text, struct im_error *err)
{
    if (text.len >= 1 && text.len <= SEARCH_MAX_WORDS_BYTES && im_utf8_valid(text))
        return IM_OK;
    im_fail(err, IM_EARG, "search words are 1 to %d bytes of UTF-8 text, these are %zu",
            SEARCH_MAX_WORDS_BYTES, text.len);
    return im_zh(err, IM_EARG, "搜索词应为 1 到 %d 字节的 UTF-8 文本，此处为 %zu 字节",
                 SEARCH_MAX_WORDS_BYTES, text.len);
}

static int latin_index(uint32_t c)
{
    return text_is_digit(c) ? (int)(26 + c - '0') : (int)(c - 'a');
}

static void pattern_of(struct im_bytes text, struct search_pattern *out)
{
    *out = (struct search_pattern){.n = 0};
    for (size_t i = 0; i < text.len;) {
        uint32_t c = im_utf8_next(text, &i);

        if (out->n == SEARCH_MAX_SYMBOLS) {
            out->is_cut = true;
            return;
        }
        if (text_is_latin(c)) {
            out->latin[latin_index(c)] |= (uint64_t)1 << out->n;
            out->has_latin = true;
            out->has_digit |= text_is_digit(c);
        } else {
            out->has_other = true;
        }
        out->symbols[out->n++] = c;
    }
}

static void
place_syllable(const struct search_pattern *p, size_t s, struct search_syllables *out)
{
    unsigned len = (unsigned)strlen(han_syllables[s]);

    out->len[s] = (uint8_t)len;
    for (unsigned i = 0; i < p->n; i++) {
        unsigned k = 0;

        while (k < len && i + k < p->n &&
               p->symbols[i + k] == (uint8_t)han_syllables[s][k])
            k++;
        out->first[s] |= (uint64_t)(k > 0) << i;
        if (k == len)
            out->numbers[i * 8 + len] = (uint16_t)(s + 1);
        if (i + k == p->n)
            out->last[s] |= (uint64_t)1 << i;
        else if (k == len)
            out->full[s] |= (uint64_t)1 << i;
    }
}

/* Where each syllable stands is worked out once for the very many names to be read. */
static bool place_syllables(struct search_pattern *p, struct im_arena *arena)
{
    struct search_syllables *s = &p->syllables;

    if (!p->has_latin)
        return true;
    s->full = im_arena_calloc(arena, han_n_syllables, sizeof *s->full);
    s->last = im_arena_calloc(arena, han_n_syllables, sizeof *s->last);
    s->first = im_arena_calloc(arena, han_n_syllables, sizeof *s->first);
    s->len = im_arena_calloc(arena, han_n_syllables, sizeof *s->len);
    s->numbers = im_arena_calloc(arena, p->n * (size_t)8, sizeof *s->numbers);
    if (!s->full || !s->last || !s->first || !s->len || !s->numbers)
        return false;
    for (size_t i = 0; i < han_n_syllables; i++)
        place_syllable(p, i, s);
    return true;
}

static enum im_code add_term(struct search_words *words,
                             struct im_bytes text,
                             struct im_arena *arena,
                             struct im_error *err)
{
    struct search_term *term = &words->terms[words->n_terms];

    for (size_t i = 0; i < words->n_terms; i++)
        if (im_bytes_equal(words->terms[i].text, text))
            return IM_OK;
    if (words->n_terms == SEARCH_MAX_TERMS) {
        im_fail(err, IM_EARG, "more than %d search words; leave some out",
                SEARCH_MAX_TERMS);
        return im_zh(err, IM_EARG, "搜索词多于 %d 个，请减少一些", SEARCH_MAX_TERMS);
    }
    term->text = text;
    pattern_of(text, &term->pattern);
    if (!place_syllables(&term->pattern, arena))
        return im_fail(err, IM_ENOMEM, "search words: out of memory");
    term->is_latin = !term->pattern.has_other;
    words->n_terms++;
    return IM_OK;
}

/* Cut at spaces and where Latin and other scripts meet. */
static enum im_code split(struct search_words *words,
                          struct im_bytes text,
                          struct im_arena *arena,
                          struct im_error *err)
{
    enum im_code rc = IM_OK;
    size_t i = 0;

    while (i < text.len && rc == IM_OK) {
        size_t start = i;
        bool is_latin = text.data[i] < 0x80;

        while (i < text.len && text.data[i] != ' ' && (text.data[i] < 0x80) == is_latin)
            i++;
        if (i > start)
            rc = add_term(words, (struct im_bytes){text.data + start, i - start}, arena,
                          err);
        else
            i++; /* a space */
    }
    return rc;
}

enum im_code search_words_parse(struct im_bytes text,
                                struct im_arena *arena,
                                struct search_words *out,
                                struct im_error *err)
{
    struct im_buf searched = {.max = 64 * SEARCH_MAX_WORDS_BYTES};
    enum im_code rc = check(text, err);
    uint8_t *spaced;
    uint8_t *whole;
    char *given;

    if (rc != IM_OK)
        return rc;
    text_searched(text, TEXT_SPACES_ALL, &searched);
    rc = im_buf_check(&searched, "search words", err);
    if (rc != IM_OK)
        goto done;
    if (searched.len == 0) {
        im_fail(err, IM_EARG, "the search words hold no letter or digit");
        im_about(err, "q");
        rc = im_zh(err, IM_EARG, "搜索词中没有文字");
        goto done;
    }
    *out = (struct search_words){.n_terms = 0};
    out->terms = im_arena_calloc(arena, SEARCH_MAX_TERMS, sizeof *out->terms);
    spaced = im_arena_alloc(arena, searched.len);
    whole = im_arena_alloc(arena, searched.len);
    given = im_arena_strdup(arena, text);
    if (!out->terms || !spaced || !whole || !given) {
        rc = im_fail(err, IM_ENOMEM, "search words: out of memory");
        goto done;
    }
    memcpy(spaced, searched.data, searched.len);
    out->given = (struct im_bytes){(uint8_t *)given, text.len};
    out->whole.data = whole;
    for (size_t i = 0; i < searched.len; i++)
        if (spaced[i] != ' ')
            whole[out->whole.len++] = spaced[i];
    pattern_of(out->whole, &out->pattern);
    if (!place_syllables(&out->pattern, arena)) {
        rc = im_fail(err, IM_ENOMEM, "search words: out of memory");
        goto done;
    }
    rc = split(out, (struct im_bytes){spaced, searched.len}, arena, err);
    out->is_parted = out->whole.len != out->terms[0].text.len;
done:
    im_buf_release(&searched);
    return rc;
}
