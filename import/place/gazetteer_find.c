/* SPDX-License-Identifier: Apache-2.0 */
/* The place of a row: the longest known names in its address, then in its own name,
 * within what it says about its city and district; else the seat of these. */
#include "gazetteer_internal.h"

/* Places of one name that lie closer are one (a park and the landmark of it). */
#define SAME_PLACE_M 5000.0

enum {
    LONG_NAME_BYTES = 15, /* five Chinese characters */
    MAX_SAME_NAME = 1000  /* what so many places are called says nothing */
};

/* One known name in a text. */
struct hit {
    const struct place *place; /* NULL: none */
    size_t start;
    size_t len;
    enum precision precision; /* what the match is worth */
};

/* ---- may it be this place? ---- */

static bool
is_open(const struct gazetteer *g, const struct name *name, const struct context *c)
{
    const struct place *place = place_at(g, name->target);
    const struct division *d;

    if (place->division == NONE)
        return c->province == NONE && !g->n_divisions;
    d = &g->divisions[place->division];
    if (c->province != NONE && d->province != c->province)
        return false;
    if (c->city != NONE && d->city != c->city)
        return false;
    /* a zone lies in districts that its code does not tell */
    if (c->district != NONE && d->level == LEVEL_DISTRICT && !d->is_zone &&
        !g->divisions[c->district].is_zone && c->district != place->division)
        return false;
    if (name->kind == NAME_LOCAL)
        return c->city != NONE && d->city == c->city;
    if (name->kind != NAME_GENERIC)
        return true;
    /* the zone of the city is that of a district only where it is known to lie in it */
    return c->city != NONE &&
           (name->scope == c->district ||
            (name->scope == c->city &&
             (c->district == NONE || c->district == place->division)));
}

/* Where the names are looked for. */
struct search {
    const struct gazetteer *g;
    const struct reading *r;
    const struct context *c;
    bool is_own_name;  /* of the place itself, not its address */
    bool has_district; /* stated, not only guessed from that name */
};

/* Is what the text has as good as the name? */
static bool is_sound(const struct search *s, size_t at, const struct name *name)
{
    const struct reading *r = s->r;
    bool is_brief = name->len <= SHORT_NAME_BYTES;

    if (!reading_is_word(r, at, name->len))
        return false;
    /* 临港 is in the names of many that are elsewhere */
    if (is_brief && (s->is_own_name ? !s->has_district : s->c->city == NONE))
        return false;
    if ((is_brief || name->kind == NAME_LOCAL || name->kind == NAME_GENERIC) &&
        !reading_is_boundary(r, at))
        return false;
    return reading_follows(r, at + name->len) != FOLLOWS_ROAD;
}

static bool
is_better(const struct gazetteer *g, const struct name *a, const struct name *b)
{
    const struct place *p = place_at(g, a->target);
    const struct place *q = place_at(g, b->target);

    if (a->kind == NAME_GENERIC && b->kind == NAME_GENERIC && a->scope != b->scope)
        return g->divisions[a->scope].level > g->divisions[b->scope].level;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    return p->precision < q->precision;
}

/* The best of the names of one text; NULL: none may be it, or they are places far from
 * each other (*is_unclear). */
static const struct name *choose(const struct search *s,
                                 size_t at,
                                 const struct name_match *match,
                                 bool *is_unclear)
{
    const struct gazetteer *g = s->g;
    const struct name *best = NULL;

    *is_unclear = match->n > MAX_SAME_NAME;
    for (uint32_t i = 0; !*is_unclear && i < match->n; i++) {
        const struct name *name = &match->first[i];

        if (is_open(g, name, s->c) && is_sound(s, at, name) &&
            (!best || is_better(g, name, best)))
            best = name;
    }
    for (uint32_t i = 0; best && !*is_unclear && i < match->n; i++) {
        const struct name *name = &match->first[i];
        const struct place *p = place_at(g, best->target);
        const struct place *q = place_at(g, name->target);

        if (name->kind != best->kind || name->scope != best->scope ||
            !is_open(g, name, s->c) || !is_sound(s, at, name))
            continue;
        if (geodesic_distance_m(p->lon, p->lat, q->lon, q->lat) > SAME_PLACE_M)
            *is_unclear = true;
    }
    return *is_unclear ? NULL : best;
}

/* ---- what is it worth? ---- */

static enum precision at_best(enum precision a, enum precision b)
{
    return a > b ? a : b;
}

static bool begins(const char *name, struct im_bytes text)
{
    struct im_bytes whole = im_bytes_of(name);

    return whole.len > text.len && memcmp(whole.data, text.data, text.len) == 0;
}

/* The zone that its own code is of: as large as a district. */
static bool is_zone(const struct gazetteer *g, const struct place *place)
{
    const struct division *d =
        place->division == NONE ? NULL : &g->divisions[place->division];

    return d && d->is_zone && strcmp(d->is.name_zh, place->name) == 0;
}

/* Institutions lend their names to places all over their city (上海交通大学, 漕河泾):
 * without the district such a name says no more than that. Whole names and long other
 * ones that are more than the beginning of the whole are of the place itself. */
static bool is_lent(const struct search *s,
                    size_t at,
                    const struct name *name,
                    const struct place *place)
{
    struct im_bytes text = {s->r->text + at, name->len};

    if (!s->is_own_name || s->has_district || name->kind == NAME_WHOLE)
        return false;
    return name->len < LONG_NAME_BYTES || begins(place->name, text);
}

static enum precision worth(const struct search *s,
                            size_t at,
                            const struct name *name,
                            const struct place *place)
{
    struct im_bytes text = {s->r->text + at, name->len};
    size_t end = at + name->len;
    enum follows follows = reading_follows(s->r, end);

    if (name->kind == NAME_WHOLE && name->len > SHORT_NAME_BYTES) {
        if (s->is_own_name && at == 0 && end == s->r->len)
            return place->precision; /* it is that place */
        if (place->precision == PRECISION_SITE && follows == FOLLOWS_HOUSE)
            return PRECISION_SITE;
    }
    if (is_zone(s->g, place) || is_lent(s, at, name, place))
        return at_best(place->precision, PRECISION_DISTRICT);
    if (place->is_wide || name->len <= SHORT_NAME_BYTES || follows == FOLLOWS_TOWN ||
        (name->kind == NAME_OTHER && begins(place->name, text)))
        return at_best(place->precision, PRECISION_TOWN);
    return at_best(place->precision, PRECISION_PARK);
}

/* A town has its name from elsewhere than the place: 虹桥镇 is 6 km from 虹桥枢纽. */
static bool is_other_town(const struct reading *r,
                          size_t at,
                          const struct name *name,
                          const struct place *place)
{
    return reading_follows(r, at + name->len) == FOLLOWS_TOWN &&
           name->kind != NAME_WHOLE && place->precision < PRECISION_TOWN;
}

/* ---- over a text ---- */

/* Does a name of today's whole text stand here, of whatever city? Then its parts are no
 * names: "南大" in "江南大学". */
static bool is_name(const struct name_match *match)
{
    return match->first->kind <= NAME_OTHER;
}

static size_t hit_at(const struct search *s, size_t at, struct hit *out)
{
    const struct reading *r = s->r;
    struct name_match matches[NAME_TABLE_MAX_MATCHES];
    size_t n = name_table_at(&s->g->place_names, r->text, at, r->len, matches);

    out->place = NULL;
    for (size_t i = 0; i < n; i++) {
        bool is_unclear;
        const struct name *name = choose(s, at, &matches[i], &is_unclear);

        if (is_unclear)
            return matches[i].len;
        if (!name)
            continue;
        const struct place *place = place_at(s->g, name->target);
        if (is_other_town(r, at, name, place))
            continue;
        *out = (struct hit){place, at, name->len, worth(s, at, name, place)};
        return name->len;
    }
    return n && is_name(&matches[0]) ? matches[0].len : text_char(r->text + at);
}

/* The finest place that the text names; of equally fine ones the longest name. */
static struct hit find_hit(const struct search *s)
{
    struct hit best = {0};

    for (size_t at = 0; at < s->r->len;) {
        struct hit hit;
        size_t step = hit_at(s, at, &hit);

        if (hit.place && (!best.place || hit.precision < best.precision ||
                          (hit.precision == best.precision && hit.len > best.len)))
            best = hit;
        at += step;
    }
    return best;
}

uint32_t
place_named(const struct gazetteer *g, const struct reading *r, const struct context *c)
{
    struct name_match match =
        name_table_equal(&g->place_names, (struct im_bytes){r->text, r->len});
    bool is_unclear;
    struct search s = {.g = g, .r = r, .c = c};
    const struct name *name = match.n ? choose(&s, 0, &match, &is_unclear) : NULL;

    return name && c->city != NONE ? name->target : NONE;
}

/* ---- the answer ---- */

static const struct gazetteer_division *division_of(const struct gazetteer *g,
                                                    uint32_t i)
{
    return i == NONE ? NULL : &g->divisions[i].is;
}

static void answer_place(const struct gazetteer *g,
                         const struct hit *hit,
                         struct im_bytes text,
                         const struct context *c,
                         struct gazetteer_answer *out)
{
    const struct place *place = hit->place;
    uint32_t division = place->division;

    if (division == NONE ||
        (c->district != NONE && g->divisions[division].level != LEVEL_DISTRICT))
        division = context_finest(c);
    *out = (struct gazetteer_answer){
        .found = true,
        .lon = place->lon,
        .lat = place->lat,
        .precision = precision_name(hit->precision),
        .matched = place->name,
        .matched_layer = place->layer,
        .matched_key = place->key,
        .matched_text = text,
        .division = division_of(g, division),
        .was_renamed = c->was_renamed,
    };
}

/* `c` may know the district from a guess: then only its seat is taken, the division is
 * what was stated. */
static void answer_seat(const struct gazetteer *g,
                        const struct context *stated,
                        const struct context *c,
                        struct gazetteer_answer *out)
{
    uint32_t i = c->district;

    out->division = division_of(g, context_finest(stated));
    out->was_renamed = c->was_renamed;
    if (i == NONE && c->seat_place != NONE) {
        struct hit hit = {.place = place_at(g, c->seat_place)};

        hit.precision = at_best(hit.place->precision, PRECISION_DISTRICT);
        answer_place(g, &hit, c->said_by, c, out);
        return;
    }
    if (i == NONE || !g->divisions[i].is.has_seat)
        i = c->city;
    if (i == NONE || !g->divisions[i].is.has_seat)
        return;
    const struct division *d = &g->divisions[i];
    out->found = true;
    out->lon = d->is.lon;
    out->lat = d->is.lat;
    out->precision = precision_name(d->level == LEVEL_DISTRICT ? PRECISION_DISTRICT
                                                               : PRECISION_CITY);
    out->matched = d->is.name_zh;
    out->matched_layer = d->layer;
    out->matched_key = d->is.adcode;
    out->matched_text = c->said_by;
}

static bool is_fine(const struct hit *hit)
{
    return hit->place && hit->precision < PRECISION_DISTRICT;
}

void gazetteer_find(const struct gazetteer *g,
                    const struct gazetteer_question *q,
                    struct gazetteer_answer *out)
{
    struct context c;
    struct context hinted;
    struct reading address;
    struct reading name;
    struct hit hit = {0};

    *out = (struct gazetteer_answer){
        .precision = "", .matched = "", .matched_layer = "", .matched_key = ""};
    context_of_statement(g, q, &c);
    if (!reading_make(&address, q->address) || !reading_make(&name, q->name))
        return;
    context_take_address(g, &address, &c);
    if (c.city != NONE &&
        c.district == NONE) /* 鼓楼区 of which city? Now it is known */
        context_take_column(g, q->district, false, &c);
    if (c.is_foreign || c.is_conflict)
        return;
    hit = find_hit(&(struct search){g, &address, &c, false, c.district != NONE});
    if (is_fine(&hit)) {
        answer_place(g, &hit, reading_source(&address, hit.start, hit.len), &c, out);
        return;
    }
    hinted = c;
    context_take_name(g, &name, &hinted);
    if (!hinted.is_conflict) {
        struct hit by_name =
            find_hit(&(struct search){g, &name, &hinted, true, c.district != NONE});

        if (by_name.place && (!hit.place || by_name.precision < hit.precision)) {
            answer_place(g, &by_name, reading_source(&name, by_name.start, by_name.len),
                         &hinted, out);
            return;
        }
    }
    if (hit.place)
        answer_place(g, &hit, reading_source(&address, hit.start, hit.len), &c, out);
    else /* 桐城经济技术开发区 of 安庆市 is in 桐城 */
        answer_seat(g, &c, c.city != NONE && !hinted.is_conflict ? &hinted : &c, out);
}
