/* SPDX-License-Identifier: Apache-2.0 */
/* Where: places, positions, divisions, corridors, ways and distances as parameters;
 * what nobody knows of them is missed by name. */
#include "ask/decide.h"
#include "atlas/layer.h"

/* The names of the provinces there are: what the data cover. */
static const char *provinces(const struct reading *r, enum lang lang)
{
    const struct atlas_layer *l = r->v->divisions;
    const char *names = "";
    size_t n = 0;

    for (uint32_t f = 0; l && l->schema->roles.level != SCHEMA_NO_FIELD && f < l->n;
         f++) {
        struct im_bytes level = atlas_text(l, f, l->schema->roles.level);
        struct im_bytes name = query_name(l, f, lang);

        if (!im_bytes_equal(level, im_bytes_of("province")) || n++ == 8)
            continue;
        names = ask_text(r->arena, "%s%s%.*s", names,
                         !*names           ? ""
                         : lang == LANG_ZH ? "、"
                                           : ", ",
                         (int)name.len, (const char *)name.data);
    }
    return names;
}

/* A place outside, known to be so. */
static void miss_abroad(struct reading *r, const char *name)
{
    const char *zh = provinces(r, LANG_ZH);
    const char *en = provinces(r, LANG_EN);

    r->missing.zh = ask_text(
        r->arena, *zh ? "“%s”不在数据范围内，数据只包括%s" : "“%s”不在数据范围内%s",
        name, zh);
    r->missing.en = ask_text(r->arena,
                             *en ? "'%s' lies outside of the data, which cover %s"
                                 : "'%s' lies outside of the data%s",
                             name, en);
}

static void miss_place(struct reading *r, size_t i)
{
    const char *name = term_text(r, i);
    struct schema_title layer = layer_titles(r->v, r->arena, r->v->references);

    if (*r->missing.zh)
        return;
    if (r->terms[i].is_abroad) {
        miss_abroad(r, name);
        return;
    }
    r->missing.zh = *layer.zh
                        ? ask_text(r->arena, "图层“%s”中的地点“%s”", layer.zh, name)
                        : ask_text(r->arena, "地点“%s”", name);
    r->missing.en =
        *layer.en ? ask_text(r->arena, "the place '%s' in layer '%s'", name, layer.en)
                  : ask_text(r->arena, "the place '%s'", name);
}

bool is_known_place(const struct term *t)
{
    return t->token && t->token->layer;
}

/* 虹桥国际机场 is found as 上海虹桥国际机场: by part of a name. */
static bool is_found(const struct reading *r, size_t i)
{
    struct query_places places = {0};

    return query_find_place(r->atlas, im_bytes_of(term_text(r, i)), r->arena, &places,
                            NULL) == IM_OK;
}

/* An origin that is not known may be known to somebody else; an area that is not known
 * would leave the question without its place. */
static void miss_if_unknown(struct draft *d, const char *name, size_t i)
{
    const struct term *t = &d->r->terms[i];

    if (is_known_place(t) ||
        (strcmp(name, "near") == 0 && !t->is_abroad && is_found(d->r, i)))
        return;
    miss_place(d->r, i);
    d->r->is_rejected |= t->is_abroad || strcmp(name, "near") != 0;
}

/* What was taken for the place: 太湖 may be a county. */
static const char *place_taken(const struct reading *r, size_t i, enum lang lang)
{
    const struct token *t = r->terms[i].token;
    const char *place = term_text(r, i);
    struct im_bytes name = query_name(t->layer, t->feature, lang);
    const char *note = "";

    if (r->terms[i].is_seat && t->is_division)
        note =
            lang == LANG_ZH ? "，行政区，不是政府驻地" : ", the division, not its seat";
    else if (r->terms[i].is_seat)
        note =
            lang == LANG_ZH ? "，地点，不是镇界" : ", the place, not a town's bounds";
    if (!*note && (name.len == 0 || im_bytes_equal(name, im_bytes_of(place))))
        return place;
    return ask_text(r->arena, lang == LANG_ZH ? "%s（%.*s%s）" : "%s (%.*s%s)", place,
                    (int)name.len, (const char *)name.data, note);
}

static struct schema_title title_of_place(struct reading *r, size_t i)
{
    if (!is_known_place(&r->terms[i]))
        return title_in_both(term_text(r, i));
    return (struct schema_title){place_taken(r, i, LANG_ZH),
                                 place_taken(r, i, LANG_EN)};
}

void part_of_place(struct draft *d, const char *name, size_t i)
{
    struct reading *r = d->r;
    const char *place = term_text(r, i);
    struct schema_title title = title_of_place(r, i);

    miss_if_unknown(d, name, i);
    part_of_term(d, name, place, title, i);
}

/* Is there only one division of this name? Then its code says it for good. */
static const char *division_value(struct draft *d, size_t i)
{
    struct reading *r = d->r;
    const struct token *t = r->terms[i].token;
    struct query_places places = {0};
    const char *name = term_text(r, i);

    if (!t || !t->is_division ||
        query_find_place(r->atlas, im_bytes_of(name), r->arena, &places, NULL) !=
            IM_OK ||
        places.ambiguous)
        return name;
    struct im_bytes adcode =
        atlas_text(t->layer, t->feature, t->layer->schema->roles.adcode);
    return ask_text(r->arena, "%.*s", (int)adcode.len, (const char *)adcode.data);
}

void part_of_division(struct draft *d, const char *name, size_t i)
{
    miss_if_unknown(d, name, i);
    part_of_term(d, name, division_value(d, i), title_of_place(d->r, i), i);
}

static void part_of_position(struct draft *d, size_t i)
{
    char text[2][IM_NUMBER_MAX];
    const struct term *t = &d->r->terms[i];
    size_t n[2] = {im_format_double(text[0], t->value, 7),
                   im_format_double(text[1], t->latitude, 7)};
    const char *lon = ask_text(d->r->arena, "%.*s", (int)n[0], text[0]);
    const char *lat = ask_text(d->r->arena, "%.*s", (int)n[1], text[1]);

    part_of_term(d, "lon", lon,
                 (struct schema_title){ask_text(d->r->arena, "经度 %s", lon),
                                       ask_text(d->r->arena, "longitude %s", lon)},
                 i);
    part_of_term(d, "lat", lat,
                 (struct schema_title){ask_text(d->r->arena, "纬度 %s", lat),
                                       ask_text(d->r->arena, "latitude %s", lat)},
                 i);
}

void part_of_corridor(struct draft *d, const char *name, size_t i)
{
    const struct term *t = &d->r->terms[i];

    for (size_t s = 0; s < t->word->n_senses; s++)
        if (t->word->senses[s].kind == SENSE_CORRIDOR) {
            const struct layer_schema *schema =
                d->r->v->layers[t->word->senses[s].layer].schema;

            part_of_term(d, name, schema->id, schema->title, i);
            return;
        }
}

static struct schema_title distance_title(struct reading *r, double m)
{
    const char *km = ask_number(r, m / 1000);

    return (struct schema_title){ask_text(r->arena, "%s 公里", km),
                                 ask_text(r->arena, "%s km", km)};
}

void part_of_distance(struct draft *d, const char *name)
{
    double m = d->r->terms[d->distance].value;

    part_of_term(d, name, ask_number(d->r, m / 1000), distance_title(d->r, m),
                 d->distance);
    terms_use(d->r, G_WITHIN);
    terms_use(d->r, G_AROUND);
    terms_use(d->r, G_AT_MOST);
    terms_use(d->r, G_LESS);
}

/* A point has no inside; its own half-width stands for what people mean by it. */
static void parts_of_point(struct draft *d, size_t i)
{
    const struct token *t = d->r->terms[i].token;
    double m = precision_uncertainty_m(query_precision(t->layer, t->feature));

    if (m < 1000)
        m = 1000;
    part_of_place(d, "near", i);
    part_default(d, "radius_km", ask_number(d->r, m / 1000), distance_title(d->r, m));
}

static bool has_extent(const struct token *t)
{
    return t->is_division || t->layer->schema->geometry == SCHEMA_AREA ||
           t->layer->schema->geometry == SCHEMA_MIXED;
}

bool parts_of_area(struct draft *d)
{
    struct reading *r = d->r;
    static const double way_m = 10000;

    if (d->from < r->n) {
        part_of_place(d, "from", d->from);
        part_of_place(d, "to", d->to);
        terms_use(r, G_ALONG);
        terms_use(r, G_BETWEEN);
        if (d->distance < r->n)
            part_of_distance(d, "half_width_km");
        else
            part_default(d, "half_width_km", ask_number(r, way_m / 1000),
                         distance_title(r, way_m));
        return true;
    }
    if (d->is_drawn) {
        d->out->needs = "polygon";
        return true;
    }
    if (d->in == r->n)
        return false;
    if (term_is_kind(r, d->in, TERM_CORRIDOR)) {
        if (d->distance < r->n && d->near == r->n && !d->is_here) {
            part_of_corridor(d, "corridor", d->in);
            part_of_distance(d, "half_width_km");
        } else {
            part_of_corridor(d, "in", d->in);
        }
        size_t members = term_find_kind(r, TERM_MEMBERS, 0);
        if (members < r->n)
            r->terms[members].used = true;
        terms_use(r, G_ALONG);
        return true;
    }
    if (d->near == r->n && r->terms[d->in].token && r->terms[d->in].token->layer &&
        !has_extent(r->terms[d->in].token))
        parts_of_point(d, d->in);
    else
        part_of_place(d, "in", d->in);
    return true;
}

bool part_of_origin(struct draft *d)
{
    if (d->near < d->r->n) {
        if (term_is_kind(d->r, d->near, TERM_POSITION))
            part_of_position(d, d->near);
        else
            part_of_place(d, "near", d->near);
        return true;
    }
    if (!d->out->needs)
        d->out->needs = "point";
    return false;
}
