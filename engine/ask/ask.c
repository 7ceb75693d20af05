/* SPDX-License-Identifier: Apache-2.0 */
/* Plain questions: items, tokens, terms, slots, one operation. */
#include "ask/draft.h"

#include <engine/ask.h>

/* What is left over and would change the answer: such a question is not understood. A
 * word that nobody knows may be a place, a negation, anything: it is never passed over.
 */
static bool changes_answer(const struct term *t)
{
    static const enum word_class strong[] = {
        G_NEAREST,    G_AROUND,   G_ALONG,    G_WITHOUT,  G_MOST,    G_LEAST,
        G_SAME,       G_MUTUAL,   G_OUTSIDE,  G_ORIGIN,   G_AFTER,   G_BEYOND,
        G_BEFORE,     G_UNTIL,    G_RECENT,   G_MORE,     G_LESS,    G_AT_LEAST,
        G_AT_MOST,    G_ACROSS,   G_HOW_FAR,  G_IMPORTED, G_CHANGED, G_DUPLICATE,
        G_ABOUT_DATA, G_RELIABLE, G_SUM,      G_MEAN,     G_LARGEST, G_SMALLEST,
        G_NEWEST,     G_OLDEST,   G_PER_AREA, G_CALLED,   G_COUNT,   G_SPREAD,
        G_TRAVEL,     G_FLOW,     G_ABOVE,    G_BELOW,    G_COMPARE, G_EVERYWHERE,
        G_COMPLETE,   G_NOT,      G_WHEN,     G_DECADE,   G_CENTURY, G_LATITUDE,
        G_LONGITUDE};

    if (t->kind == TERM_MARK || t->kind == TERM_FIELD)
        return false;
    if (t->kind != TERM_GRAMMAR)
        return true;
    for (size_t i = 0; i < sizeof strong / sizeof strong[0]; i++)
        if (t->class == strong[i])
            return true;
    return false;
}

static bool is_left_over(const struct term *t)
{
    return !t->used && t->kind != TERM_MARK &&
           (t->kind != TERM_GRAMMAR || changes_answer(t));
}

static enum im_code
report_unknown(struct draft *d, bool *is_essential, struct im_error *err)
{
    struct reading *r = d->r;
    struct ask_span *spans = im_arena_calloc(r->arena, r->n + 1, sizeof *spans);

    if (!spans)
        return im_fail(err, IM_ENOMEM, "question: out of memory");
    *is_essential = false;
    for (size_t i = 0; i < r->n; i++) {
        const struct term *t = &r->terms[i];

        if (!is_left_over(t))
            continue;
        if (t->end > t->start) /* else it was read between the words */
            spans[d->out->n_unknown++] = (struct ask_span){t->start, t->end - t->start};
        *is_essential |= changes_answer(t);
    }
    d->out->unknown = spans;
    return IM_OK;
}

static void reject(struct draft *d)
{
    d->out->operation = NULL;
    d->out->n_parts = 0;
    d->out->needs = NULL;
    closest_forms(d);
}

static enum im_code
understand(struct reading *r, struct ask_parse *out, struct im_error *err)
{
    struct draft d = {.r = r, .out = out};
    bool is_essential = false;
    enum im_code rc;

    d.near = d.in = d.from = d.to = d.distance = d.level = r->n;
    if (!r->is_too_long) {
        settle_terms(r);
        settle_kinds(&d);
    }
    bool understood = !r->is_too_long && !*r->missing.zh && decide(&d);
    rc = report_unknown(&d, &is_essential, err);
    if (rc != IM_OK)
        return rc;
    if (!understood || is_essential || r->is_rejected)
        reject(&d);
    out->missing = r->missing;
    return IM_OK;
}

static enum im_code check_question(struct im_bytes question, struct im_error *err)
{
    if (question.len > ASK_MAX_BYTES) {
        im_fail(err, IM_EARG, "a question has at most %d bytes, this one has %zu",
                ASK_MAX_BYTES, question.len);
        return im_zh(err, IM_EARG, "问题最多 %d 字节，此处为 %zu 字节", ASK_MAX_BYTES,
                     question.len);
    }
    if (im_utf8_valid(question) &&
        !(question.len && memchr(question.data, 0, question.len)))
        return IM_OK;
    im_fail(err, IM_EARG, "the question is not UTF-8 text");
    return im_zh(err, IM_EARG, "问题不是 UTF-8 文本");
}

static enum im_code no_words(struct im_error *err)
{
    im_fail(err, IM_EARG,
            "the question has no words; ask for example \"nearest "
            "incubator to Zhangjiang\"");
    return im_zh(err, IM_EARG, "问题中没有文字，例如可以问“离张江最近的孵化器”");
}

enum im_code ask_parse(const struct atlas *atlas,
                       struct im_bytes question,
                       int this_year,
                       struct im_arena *arena,
                       struct ask_parse *out,
                       struct im_error *err)
{
    struct items items;
    struct tokens tokens;
    const struct vocabulary *v = NULL;
    struct reading *r = im_arena_calloc(arena, 1, sizeof *r);
    enum im_code rc = check_question(question, err);

    memset(out, 0, sizeof *out);
    out->missing = (struct schema_title){"", ""};
    if (rc != IM_OK)
        return rc;
    if (!r)
        return im_fail(err, IM_ENOMEM, "question: out of memory");
    rc = items_read(question, arena, &items, err);
    if (rc == IM_OK && items.n_han + items.n_latin == 0)
        rc = no_words(err);
    if (rc == IM_OK)
        rc = vocabulary_of(atlas, &v, err);
    if (rc == IM_OK)
        rc = lex(atlas, v, &items, arena, &tokens, err);
    if (rc != IM_OK)
        return rc;
    r->atlas = atlas;
    r->v = v;
    r->items = &items;
    r->tokens = &tokens;
    r->arena = arena;
    r->this_year = this_year;
    r->missing = out->missing;
    /* Latin names stand in Chinese questions too, not the other way round */
    r->lang = out->lang =
        items.n_han > 0 && items.n_han * 2 >= items.n_latin ? LANG_ZH : LANG_EN;
    read_terms(r);
    return understand(r, out, err);
}
