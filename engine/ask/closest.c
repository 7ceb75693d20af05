/* SPDX-License-Identifier: Apache-2.0 */
/* What could have been asked with the words that were understood. */
#include "ask/draft.h"
#include "atlas/layer.h"

static void offer(struct draft *d, const char *text)
{
    struct ask_parse *out = d->out;

    if (out->n_closest < ASK_MAX_CLOSEST && *text)
        out->closest[out->n_closest++] = text;
}

/* The kind as it was asked for, without the words that were not understood. */
static const char *kind_words(const struct draft *d)
{
    const struct reading *r = d->r;
    enum lang lang = r->lang;

    for (size_t g = 0; g < d->n_groups; g++) {
        const struct kind *k = &d->groups[g].kind;
        const struct term *t = &r->terms[d->groups[g].first];

        if (t->end > t->start)
            return ask_words(r, t->start, t->end);
        if (!(k->layers & (k->layers - 1)))
            return query_title(r->v->layers[layer_first(k->layers)].schema->title,
                               lang);
    }
    if (!r->v->spaces)
        return "";
    return query_title(r->v->layers[layer_first(r->v->spaces)].schema->title, lang);
}

/* A known place of the question, else the most important division. */
static const char *place_words(const struct draft *d)
{
    const struct reading *r = d->r;
    size_t i = term_find_kind(r, TERM_PLACE, 0);
    const struct atlas_layer *divisions = r->v->divisions;
    uint32_t best = 0;

    while (i < r->n && !(r->terms[i].token && r->terms[i].token->layer))
        i = term_find_kind(r, TERM_PLACE, i + 1);
    if (i < r->n)
        return ask_words(r, r->terms[i].start, r->terms[i].end);
    if (!divisions || divisions->n == 0)
        return "";
    for (uint32_t f = 1; f < divisions->n; f++)
        if (atlas_importance(divisions, f) > atlas_importance(divisions, best))
            best = f;
    struct im_bytes name = query_name(divisions, best, r->lang);
    return ask_text(r->arena, "%.*s", (int)name.len, (const char *)name.data);
}

static double distance_km(const struct draft *d)
{
    size_t i = term_find_kind(d->r, TERM_DISTANCE, 0);
    double km = i < d->r->n ? d->r->terms[i].value / 1000 : 10;

    return km > 0 && km <= 1000 ? km : 10;
}

void closest_forms(struct draft *d)
{
    struct im_arena *arena = d->r->arena;
    const char *kind = kind_words(d);
    const char *place = place_words(d);
    double km = distance_km(d);

    d->out->n_closest = 0;
    if (!*kind)
        return;
    if (d->r->lang == LANG_ZH) {
        if (*place) {
            offer(d, ask_text(arena, "离%s最近的%s", place, kind));
            offer(d, ask_text(arena, "%s%g公里内有哪些%s", place, km, kind));
            offer(d, ask_text(arena, "%s有多少%s", place, kind));
        }
        offer(d, ask_text(arena, "每个区县的%s数量", kind));
        offer(d, ask_text(arena, "哪些区县没有%s", kind));
        return;
    }
    if (*place) {
        offer(d, ask_text(arena, "nearest %s to %s", kind, place));
        offer(d, ask_text(arena, "%s within %g km of %s", kind, km, place));
        offer(d, ask_text(arena, "how many %s in %s", kind, place));
    }
    offer(d, ask_text(arena, "number of %s per district", kind));
    offer(d, ask_text(arena, "which districts have no %s", kind));
}
