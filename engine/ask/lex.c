/* SPDX-License-Identifier: Apache-2.0 */
/* Cutting a question into tokens: every word, place and number that begins at an item
 * is an arc to the item behind it; the best way through is found by going once from
 * left to right.
 *
 * An arc is worth the square of its length, so that one long piece beats two short ones
 * that cover the same (大学科技园, not 大学 and 科技园); an item that nothing covers
 * costs. Chinese characters count double: they say more than a letter. */
#include "ask/lex.h"
#include "atlas/layer.h"

#include <engine/query.h>
#include <engine/text.h>

enum { MAX_NAME_ITEMS = 40, UNKNOWN_COST = 6 };

struct arc {
    double worth; /* of the best way that ends with it */
    size_t from;
    struct token token;
};

struct lexer {
    const struct atlas *atlas;
    const struct vocabulary *v;
    const struct items *items;
    struct arc *best; /* best[i]: the best way to the items before i */
};

static double length_of(const struct item *item)
{
    return item->kind == ITEM_WORD || item->kind == ITEM_NUMBER
               ? (double)(item->norm_end - item->norm)
               : 2;
}

/* Figures have long titles that other words make up as well ("national incubators"):
 * those are preferred. */
static bool is_figure(const struct token *t)
{
    return t->word && t->word->senses[0].kind == SENSE_INDICATOR;
}

static void offer(struct lexer *x, size_t from, size_t to, double bonus, struct token t)
{
    double length = 0;
    double squares = 0;
    double worth;

    for (size_t i = from; i < to; i++) {
        double of_item = length_of(&x->items->item[i]);

        length += of_item;
        squares += of_item * of_item;
    }
    worth = x->best[from].worth + (is_figure(&t) ? squares : length * length) + bonus;
    if (worth <= x->best[to].worth)
        return;
    t.start = x->items->item[from].start;
    t.end = x->items->item[to - 1].end;
    x->best[to] = (struct arc){worth, from, t};
}

static void offer_unknown(struct lexer *x, size_t i)
{
    const struct item *item = &x->items->item[i];
    struct token t = {.kind = item->kind == ITEM_MARK ? TOKEN_MARK : TOKEN_UNKNOWN,
                      .start = item->start,
                      .end = item->end,
                      .mark = item->c};
    double worth =
        x->best[i].worth - (t.kind == TOKEN_MARK ? 0 : UNKNOWN_COST * length_of(item));

    if (worth > x->best[i + 1].worth)
        x->best[i + 1] = (struct arc){worth, i, t};
}

static struct im_bytes norm_of(const struct items *items, size_t from, size_t to)
{
    uint32_t start = items->item[from].norm;

    return (struct im_bytes){items->norm.data + start,
                             items->item[to - 1].norm_end - start};
}

static const struct sense *grammar_of(const struct word *word)
{
    return word->senses[0].kind == SENSE_GRAMMAR ? &word->senses[0] : NULL;
}

static void offer_words(struct lexer *x, size_t i)
{
    size_t low = 0;
    size_t high = x->v->n_words;

    for (size_t to = i + 1; to <= x->items->n && to - i <= MAX_NAME_ITEMS; to++) {
        struct im_bytes key = norm_of(x->items, i, to);

        if (x->items->item[to - 1].kind == ITEM_MARK ||
            !vocabulary_narrow(x->v, key, &low, &high))
            return;
        const struct word *word = &x->v->words[low];
        if (word->key.len != key.len)
            continue;
        offer(x, i, to, 3,
              (struct token){
                  .kind = TOKEN_WORD, .word = word, .grammar = grammar_of(word)});
    }
}

/* ---- numbers: 25, 10,000, 二十五, 两, 半, 5万 ---- */

static int digit_of(uint32_t c)
{
    static const struct {
        uint32_t c;
        int value;
    } digits[] = {{0x96F6, 0}, {0x3007, 0}, {0x4E00, 1}, {0x4E8C, 2},
                  {0x4E24, 2}, {0x4E09, 3}, {0x56DB, 4}, {0x4E94, 5},
                  {0x516D, 6}, {0x4E03, 7}, {0x516B, 8}, {0x4E5D, 9}};

    for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++)
        if (digits[i].c == c)
            return digits[i].value;
    return -1;
}

static double scale_of(uint32_t c)
{
    switch (c) {
    case 0x5341: /* 十 */
        return 10;
    case 0x767E: /* 百 */
        return 100;
    case 0x5343: /* 千 */
        return 1000;
    case 0x4E07: /* 万 */
        return 1e4;
    case 0x4EBF: /* 亿 */
        return 1e8;
    default:
        return 0;
    }
}

/* 千 of 千米 and 万 of 万平方公里 are tried both ways by offering every end. */
static void offer_numbers(struct lexer *x, size_t i)
{
    const struct items *items = x->items;
    struct token t = {.kind = TOKEN_NUMBER};
    double total = 0;   /* above 万 */
    double section = 0; /* below 万 */
    double digit = -1;
    size_t to = i;

    if (items->item[i].kind == ITEM_NUMBER) {
        digit = items->item[i].number;
        t.number = digit;
        offer(x, i, ++to, 1, t);
    }
    for (; to < items->n && to - i < 16 && items->item[to].kind == ITEM_CHAR; to++) {
        uint32_t c = items->item[to].c;
        int value = digit_of(c);
        double scale = scale_of(c);

        if (value >= 0) {
            /* 二〇一六 */
            digit =
                digit >= 0 && section == 0 && total == 0 ? digit * 10 + value : value;
        } else if (scale >= 1e4 && (digit >= 0 || section > 0)) {
            total = (total + section + (digit > 0 ? digit : 0)) * scale;
            section = 0;
            digit = -1;
        } else if (scale > 0 && (digit > 0 || scale == 10)) {
            section += (digit > 0 ? digit : 1) * scale;
            digit = -1;
        } else if (c == 0x534A && to == i) { /* 半 */
            total = 0.5;
        } else {
            return;
        }
        t.number = total + section + (digit > 0 ? digit : 0);
        offer(x, i, to + 1, 1, t);
    }
}

/* ---- places ---- */

/* Of several features of one name: a division before others, then the importance. */
static bool
is_better(const struct vocabulary *v, const struct token *a, const struct token *b)
{
    if (!b->layer)
        return true;
    if ((a->layer == v->divisions) != (b->layer == v->divisions))
        return a->layer == v->divisions;
    return atlas_importance(a->layer, a->feature) >
           atlas_importance(b->layer, b->feature);
}

static void take_entries(const struct vocabulary *v,
                         const struct atlas_layer *layer,
                         uint32_t first,
                         struct im_bytes name,
                         struct token *best)
{
    const struct names *names = &layer->names;

    /* as many as anybody tells apart: thousands may share one name */
    for (uint32_t i = first; i < names->n && i - first < 64; i++) {
        struct im_bytes text = names_text(names, i);
        struct token t = {.kind = TOKEN_PLACE,
                          .layer = layer,
                          .feature = names->entries[i].feature,
                          .is_division = layer == v->divisions};

        if (!im_bytes_equal(text, name))
            return;
        if (is_better(v, &t, best))
            *best = t;
    }
}

static bool begins(struct im_bytes text, struct im_bytes prefix)
{
    return text.len >= prefix.len && memcmp(text.data, prefix.data, prefix.len) == 0;
}

/* Folded bytes of the items from .. to-1, as names are folded. */
static struct im_bytes fold_of(const struct items *items, size_t from, size_t to)
{
    uint32_t start = items->fold_at[items->item[from].start];

    return (struct im_bytes){items->fold.data + start,
                             items->fold_at[items->item[to - 1].end] - start};
}

/* "Fudan University" of "Fudan University, Handan Campus": one of the places is meant.
 */
static bool
is_before_comma(const struct atlas_layer *layer, uint32_t entry, struct im_bytes name)
{
    struct im_bytes full =
        query_name(layer, layer->names.entries[entry].feature, LANG_EN);
    const uint8_t *comma = full.len ? memchr(full.data, ',', full.len) : NULL;
    struct im_buf fold = {.max = 4096};
    bool same = false;

    if (comma) {
        text_fold((struct im_bytes){full.data, (size_t)(comma - full.data)}, &fold);
        same = !fold.failed && im_bytes_equal(im_buf_bytes(&fold), name);
    }
    im_buf_release(&fold);
    return same;
}

static void offer_names(struct lexer *x, const struct atlas_layer *layer, size_t i)
{
    const struct names *names = &layer->names;
    size_t least = x->items->item[i].kind == ITEM_CHAR ? 2 : 1;

    for (size_t to = i + 1; to <= x->items->n && to - i <= MAX_NAME_ITEMS; to++) {
        struct im_bytes name = fold_of(x->items, i, to);
        uint32_t first = names_lower_bound(names, name);
        struct token t = {.kind = TOKEN_UNKNOWN};

        if (first == names->n || !begins(names_text(names, first), name))
            return;
        if (to - i < least || name.len < 2 ||
            x->items->item[to - 1].kind == ITEM_NUMBER)
            continue;
        take_entries(x->v, layer, first, name, &t);
        if (t.kind != TOKEN_PLACE && is_before_comma(layer, first, name))
            t = (struct token){.kind = TOKEN_PLACE,
                               .layer = layer,
                               .feature = names->entries[first].feature,
                               .is_division = layer == x->v->divisions};
        if (t.kind == TOKEN_PLACE)
            offer(x, i, to, t.is_division ? 2 : 0, t);
    }
}

static void offer_places(struct lexer *x, size_t i)
{
    enum item_kind kind = x->items->item[i].kind;

    if (kind == ITEM_MARK)
        return;
    for (size_t l = 0; l < atlas_layer_count(x->atlas); l++) {
        const struct atlas_layer *layer = atlas_layer_at(x->atlas, l);

        if (layer->names.n && !layer->schema->is_internal)
            offer_names(x, layer, i);
    }
}

/* ---- text in quotation marks ---- */

static uint32_t closing_of(uint32_t c)
{
    switch (c) {
    case 0x201C: /* “ */
        return 0x201D;
    case 0x300C: /* 「 */
        return 0x300D;
    case 0x300A: /* 《 */
        return 0x300B;
    case '"':
        return '"';
    default:
        return 0;
    }
}

static void offer_quoted(struct lexer *x, size_t i)
{
    const struct items *items = x->items;
    uint32_t closing = closing_of(items->item[i].c);

    if (items->item[i].kind != ITEM_MARK || !closing)
        return;
    for (size_t to = i + 1; to < items->n && to - i <= MAX_NAME_ITEMS; to++)
        if (items->item[to].kind == ITEM_MARK && items->item[to].c == closing) {
            if (to > i + 1)
                offer(x, i, to + 1, 1e4, (struct token){.kind = TOKEN_TEXT});
            return;
        }
}

/* ---- the way back ---- */

/* Neighbouring items that nobody knows are one unknown word. */
static bool joins(const struct token *last, const struct token *t)
{
    return last->kind == TOKEN_UNKNOWN && t->kind == TOKEN_UNKNOWN;
}

static bool token_has_digits(const struct items *items, const struct token *t)
{
    struct im_bytes text = items_slice(items, t->start, t->end);

    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= '0' && text.data[i] <= '9')
            return true;
    return false;
}

/* What a number written in characters counts, or belongs to. */
static bool may_follow_number(const struct token *t)
{
    static const enum word_class units[] = {G_MEASURE, G_LENGTH, G_AREA,  G_LEVEL,
                                            G_YEAR,    G_TRAVEL, G_DECADE};

    if (t->kind == TOKEN_NUMBER || t->kind == TOKEN_MARK)
        return true;
    for (size_t s = 0; t->word && s < t->word->n_senses; s++)
        for (size_t u = 0; u < sizeof units / sizeof units[0]; u++)
            if (t->word->senses[s].kind == SENSE_GRAMMAR &&
                t->word->senses[s].class == units[u])
                return true;
    return false;
}

/* 三 of 大三角 is part of a word: characters that nobody knows stand right beside it
 * and nothing that can be counted follows. */
static void numbers_inside_words(struct tokens *out)
{
    size_t n = 0;

    for (size_t i = 0; i < out->n; i++) {
        struct token *t = &out->token[i];
        const struct token *next = i + 1 < out->n ? t + 1 : NULL;
        bool is_written = t->kind == TOKEN_NUMBER && !token_has_digits(out->items, t);
        bool beside = (i > 0 && t[-1].kind == TOKEN_UNKNOWN && t[-1].end == t->start) ||
                      (next && next->kind == TOKEN_UNKNOWN && next->start == t->end);

        if (is_written && beside && !(next && may_follow_number(next)))
            t->kind = TOKEN_UNKNOWN;
    }
    for (size_t i = 0; i < out->n; i++)
        if (n && joins(&out->token[n - 1], &out->token[i]))
            out->token[n - 1].end = out->token[i].end;
        else
            out->token[n++] = out->token[i];
    out->n = n;
}

/* 之 of 龙之梦 is part of the name. */
static bool is_inside_name(const struct tokens *out, const struct token *t)
{
    const struct token *filler = &out->token[out->n - 1];

    return out->n > 1 && t->kind == TOKEN_UNKNOWN &&
           out->token[out->n - 2].kind == TOKEN_UNKNOWN && filler->grammar &&
           filler->grammar->class == G_FILLER && filler->end - filler->start == 1 &&
           out->items->n_han > 0;
}

static enum im_code collect(const struct lexer *x,
                            struct im_arena *arena,
                            struct tokens *out,
                            struct im_error *err)
{
    size_t n = 0;
    size_t *ends = im_arena_calloc(arena, x->items->n + 1, sizeof *ends);

    out->items = x->items;
    out->n = 0;
    out->token = im_arena_calloc(arena, x->items->n + 1, sizeof *out->token);
    if (!ends || !out->token)
        return im_fail(err, IM_ENOMEM, "question: out of memory");
    for (size_t i = x->items->n; i > 0; i = x->best[i].from)
        ends[n++] = i;
    while (n > 0) {
        const struct token *t = &x->best[ends[--n]].token;

        if (out->n && is_inside_name(out, t))
            out->n--;
        if (out->n && joins(&out->token[out->n - 1], t))
            out->token[out->n - 1].end = t->end;
        else
            out->token[out->n++] = *t;
    }
    numbers_inside_words(out);
    return IM_OK;
}

enum im_code lex(const struct atlas *atlas,
                 const struct vocabulary *v,
                 const struct items *items,
                 struct im_arena *arena,
                 struct tokens *out,
                 struct im_error *err)
{
    struct lexer x = {.atlas = atlas, .v = v, .items = items};

    x.best = im_arena_calloc(arena, items->n + 1, sizeof *x.best);
    if (!x.best)
        return im_fail(err, IM_ENOMEM, "question: out of memory");
    for (size_t i = 1; i <= items->n; i++)
        x.best[i].worth = -1e300;
    for (size_t i = 0; i < items->n; i++) {
        offer_unknown(&x, i);
        offer_words(&x, i);
        offer_numbers(&x, i);
        offer_places(&x, i);
        offer_quoted(&x, i);
    }
    return collect(&x, arena, out, err);
}

bool token_is(const struct tokens *t, size_t i, enum word_class class)
{
    if (i >= t->n || !t->token[i].grammar)
        return false;
    const struct word *w = t->token[i].word;
    for (size_t s = 0; s < w->n_senses; s++)
        if (w->senses[s].kind == SENSE_GRAMMAR && w->senses[s].class == class)
            return true;
    return false;
}
