/* SPDX-License-Identifier: Apache-2.0 */
/* From slots to one operation and its parameters. Each function knows one operation:
 * what it needs, and which terms it explains. The first that fits is taken; terms that
 * nobody explained are looked at afterwards (ask.c). */
#include "ask/draft.h"
#include "atlas/layer.h"

#include <math.h>

/* ---- helpers ---- */

static bool is_kind(const struct reading *r, size_t i, enum term_kind kind)
{
    return i < r->n && r->terms[i].kind == kind;
}

/* Explain all terms of a class. True when there was one. */
static bool use(struct reading *r, enum word_class class)
{
    bool found = false;

    for (size_t i = term_find(r, class, 0); i < r->n; i = term_find(r, class, i + 1)) {
        r->terms[i].used = true;
        found = true;
    }
    return found;
}

static bool understood(struct draft *d, const char *operation)
{
    d->out->operation = operation;
    return true;
}

static const char *number_text(struct reading *r, double value)
{
    char text[IM_NUMBER_MAX];
    size_t n = im_format_double(text, value, 3);

    return ask_text(r->arena, "%.*s", (int)n, text);
}

static void part_of_term(struct draft *d,
                         const char *name,
                         const char *value,
                         struct schema_title title,
                         size_t i)
{
    struct term *t = &d->r->terms[i];

    t->used = true;
    part_add(d, name, value, title, t->start, t->end);
}

static void part_default(struct draft *d,
                         const char *name,
                         const char *value,
                         struct schema_title title)
{
    part_add(d, name, value, title, 0, 0);
}

static struct schema_title both(struct reading *r, const char *text)
{
    (void)r;
    return (struct schema_title){text, text};
}

static const char *written(const struct reading *r, size_t i)
{
    return ask_name(r, r->terms[i].start, r->terms[i].end);
}

/* ---- what is asked for ---- */

static void kind_span(const struct kind *k, size_t *start, size_t *end)
{
    for (size_t i = 0; i < k->n_conditions; i++) {
        const struct condition *c = &k->conditions[i];

        if (!c->end)
            continue;
        if (*end == 0 || c->start < *start)
            *start = c->start;
        if (c->end > *end)
            *end = c->end;
    }
}

/* What is asked for and in no part would be passed over: see changes_answer. */
static void use_kinds(struct draft *d, size_t first, size_t last)
{
    for (size_t i = first; i <= last; i++)
        if (is_kind(d->r, i, TERM_KIND))
            d->r->terms[i].used = true;
}

static void parts_of_kind(struct draft *d,
                          const struct group *g,
                          const char *layer,
                          const char *filter)
{
    struct reading *r = d->r;
    size_t start = r->terms[g->first].start;
    size_t end = r->terms[g->last].end;
    const char *text = kind_filter(r->arena, &g->kind);

    use_kinds(d, g->first, g->last);
    part_add(d, layer, layer_ids(r->v, r->arena, g->kind.layers),
             layer_titles(r->v, r->arena, g->kind.layers), start, end);
    if (!*text)
        return;
    start = end = 0;
    kind_span(&g->kind, &start, &end);
    if (!end) { /* all of it was in the kind's own word */
        start = r->terms[g->first].start;
        end = r->terms[g->last].end;
    }
    part_add(d, filter, text, kind_filter_title(r->arena, &g->kind), start, end);
}

/* ---- divisions ---- */

static const char *level_name(double level)
{
    static const char *const names[] = {[DIVISION_PROVINCE] = "province",
                                        [DIVISION_CITY] = "city",
                                        [DIVISION_DISTRICT] = "district"};

    return names[(int)level];
}

static struct schema_title level_title(double level)
{
    static const struct schema_title titles[] = {
        [DIVISION_PROVINCE] = {"省级", "provinces"},
        [DIVISION_CITY] = {"城市", "cities"},
        [DIVISION_DISTRICT] = {"区县", "districts"}};

    return titles[(int)level];
}

/* Districts, cities or provinces as rows. */
static bool parts_of_level(struct draft *d, size_t level)
{
    struct reading *r = d->r;
    const struct ask_layer *l;
    const struct term *t = &r->terms[level];

    if (r->v->divisions_index < 0)
        return false;
    l = &r->v->layers[r->v->divisions_index];
    if (l->level_field == SCHEMA_NO_FIELD)
        return false;
    part_of_term(d, "layer", l->schema->id, l->schema->title, level);
    part_of_term(d, "filter",
                 ask_text(r->arena, "%s='%s'", l->schema->fields[l->level_field].name,
                          level_name(t->value)),
                 level_title(t->value), level);
    return true;
}

/* ---- where ---- */

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
    const char *name = written(r, i);
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

static bool is_known_place(const struct term *t)
{
    return t->token && t->token->layer;
}

/* 虹桥国际机场 is found as 上海虹桥国际机场: by part of a name. */
static bool is_found(const struct reading *r, size_t i)
{
    struct query_places places = {0};

    return query_find_place(r->atlas, im_bytes_of(written(r, i)), r->arena, &places,
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
    const char *place = written(r, i);
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
        return both(r, written(r, i));
    return (struct schema_title){place_taken(r, i, LANG_ZH),
                                 place_taken(r, i, LANG_EN)};
}

static void part_of_place(struct draft *d, const char *name, size_t i)
{
    struct reading *r = d->r;
    const char *place = written(r, i);
    struct schema_title title = title_of_place(r, i);

    miss_if_unknown(d, name, i);
    part_of_term(d, name, place, title, i);
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

static void part_of_corridor(struct draft *d, const char *name, size_t i)
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
    const char *km = number_text(r, m / 1000);

    return (struct schema_title){ask_text(r->arena, "%s 公里", km),
                                 ask_text(r->arena, "%s km", km)};
}

static void part_of_distance(struct draft *d, const char *name)
{
    double m = d->r->terms[d->distance].value;

    part_of_term(d, name, number_text(d->r, m / 1000), distance_title(d->r, m),
                 d->distance);
    use(d->r, G_WITHIN);
    use(d->r, G_AROUND);
    use(d->r, G_AT_MOST);
    use(d->r, G_LESS);
}

/* A point has no inside; its own half-width stands for what people mean by it. */
static void parts_of_point(struct draft *d, size_t i)
{
    const struct token *t = d->r->terms[i].token;
    double m = precision_uncertainty_m(query_precision(t->layer, t->feature));

    if (m < 1000)
        m = 1000;
    part_of_place(d, "near", i);
    part_default(d, "radius_km", number_text(d->r, m / 1000), distance_title(d->r, m));
}

static bool has_extent(const struct token *t)
{
    return t->is_division || t->layer->schema->geometry == SCHEMA_AREA ||
           t->layer->schema->geometry == SCHEMA_MIXED;
}

/* Everything of the question that is an area; true when there is one. */
static bool parts_of_area(struct draft *d)
{
    struct reading *r = d->r;
    static const double way_m = 10000;

    if (d->from < r->n) {
        part_of_place(d, "from", d->from);
        part_of_place(d, "to", d->to);
        use(r, G_ALONG);
        use(r, G_BETWEEN);
        if (d->distance < r->n)
            part_of_distance(d, "half_width_km");
        else
            part_default(d, "half_width_km", number_text(r, way_m / 1000),
                         distance_title(r, way_m));
        return true;
    }
    if (d->is_drawn) {
        d->out->needs = "polygon";
        return true;
    }
    if (d->in == r->n)
        return false;
    if (is_kind(r, d->in, TERM_CORRIDOR)) {
        if (d->distance < r->n && d->near == r->n && !d->is_here) {
            part_of_corridor(d, "corridor", d->in);
            part_of_distance(d, "half_width_km");
        } else {
            part_of_corridor(d, "in", d->in);
        }
        size_t members = term_find_kind(r, TERM_MEMBERS, 0);
        if (members < r->n)
            r->terms[members].used = true;
        use(r, G_ALONG);
        return true;
    }
    if (d->near == r->n && r->terms[d->in].token && r->terms[d->in].token->layer &&
        !has_extent(r->terms[d->in].token))
        parts_of_point(d, d->in);
    else
        part_of_place(d, "in", d->in);
    return true;
}

static bool part_of_origin(struct draft *d)
{
    if (d->near < d->r->n) {
        if (is_kind(d->r, d->near, TERM_POSITION))
            part_of_position(d, d->near);
        else
            part_of_place(d, "near", d->near);
        return true;
    }
    if (!d->out->needs)
        d->out->needs = "point";
    return false;
}

/* ---- which, how many, in what form ---- */

static void parts_of_time(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find_kind(r, TERM_YEARS, 0);
    const struct term *t = &r->terms[i];
    const char *value;

    if (i == r->n)
        return;
    if (t->from && t->from == t->to)
        value = ask_text(r->arena, "%d", t->from);
    else if (!t->to)
        value = ask_text(r->arena, "%d-01-01/..", t->from);
    else if (!t->from)
        value = ask_text(r->arena, "../%d-12-31", t->to);
    else
        value = ask_text(r->arena, "%d-01-01/%d-12-31", t->from, t->to);
    for (size_t l = 0; d->n_groups && l < r->v->n_layers; l++)
        if (layer_in(d->groups[0].kind.layers, l) &&
            r->v->layers[l].year_field == SCHEMA_NO_FIELD && !*r->missing.zh) {
            const struct schema_title *title = &r->v->layers[l].schema->title;

            r->missing.zh = ask_text(r->arena, "图层“%s”的年份字段", title->zh);
            r->missing.en = ask_text(r->arena, "a field of years in '%s'", title->en);
        }
    part_of_term(d, "datetime", value, both(r, value), i);
    use(r, G_SET_UP);
    use(r, G_CHANGED);
}

static void part_of_precision(struct draft *d)
{
    struct reading *r = d->r;
    enum precision p = PRECISION_SITE;
    static const struct schema_title titles[] = {
        [PRECISION_SITE] = {"精度 200 米以内", "precise to 200 m"},
        [PRECISION_PARK] = {"精度 2 公里以内", "precise to 2 km"},
        [PRECISION_TOWN] = {"精度 5 公里以内", "precise to 5 km"},
        [PRECISION_DISTRICT] = {"精度到区县", "precise to the district"},
        [PRECISION_CITY] = {"精度到城市", "precise to the city"}};

    if (!(r->precision_m > 0))
        return;
    while (p < PRECISION_CITY && precision_uncertainty_m(p + 1) <= r->precision_m)
        p++;
    part_default(d, "precision", precision_name(p), titles[p]);
    for (size_t i = 0; i < r->n; i++)
        if (term_is(r, i, G_RELIABLE) && r->terms[i].used) {
            struct ask_part *part = &d->out->parts[d->out->n_parts - 1];

            part->start = r->terms[i].start;
            part->length = r->terms[i].end - r->terms[i].start;
        }
}

static void part_of_format(struct draft *d)
{
    static const char *const names[] = {"json", "csv", "xlsx"};
    static const char *const titles[] = {"JSON", "CSV", "Excel"};
    struct reading *r = d->r;
    size_t i = term_find(r, G_FORMAT, 0);

    if (i < r->n) {
        part_of_term(d, "f", names[(int)r->terms[i].value],
                     both(r, titles[(int)r->terms[i].value]), i);
        use(r, G_EXPORT);
    }
}

static void part_of_words(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find_kind(r, TERM_TEXT, 0);

    if (i == r->n && term_has(r, G_CALLED)) {
        i = term_find(r, G_CALLED, 0) + 1;
        if (is_kind(r, i, TERM_FIELD))
            i++;
    }
    if (i >= r->n)
        return;
    uint32_t start = r->terms[i].start;
    uint32_t end = r->terms[i].end;
    if (is_kind(r, i, TERM_TEXT)) {
        start++; /* the marks */
        end--;
    }
    const char *words = ask_words(r, start, end);
    part_of_term(d, "q", words, both(r, words), i);
    use(r, G_CALLED);
}

/* Do the names of these layers hold this word? */
static bool is_in_names(const struct reading *r, layer_set layers, size_t i)
{
    const struct items *items = r->items;
    uint32_t from = items->fold_at[r->terms[i].start];
    size_t len = items->fold_at[r->terms[i].end] - from;

    for (size_t l = 0; l < r->v->n_layers; l++) {
        const struct names *names = &r->v->layers[l].layer->names;

        /* one character says too little: 外, 海 */
        if (layer_in(layers, l) && len > 1 && r->terms[i].end - r->terms[i].start > 1 &&
            names->blob_len >= len &&
            memmem(names->blob, names->blob_len, items->fold.data + from, len))
            return true;
    }
    return false;
}

/* MEMS中试平台: what stands before a kind and is no word of it, but of names in it. */
static void part_of_unknown(struct draft *d)
{
    struct reading *r = d->r;

    for (size_t g = 0; g < d->n_groups && g < 1; g++) {
        size_t i = d->groups[g].first;

        while (i > 0 && (is_kind(r, i - 1, TERM_WORD) || term_is(r, i - 1, G_OF)))
            i--;
        if (i == 0 || !is_kind(r, i - 1, TERM_UNKNOWN) || r->terms[i - 1].used ||
            !is_in_names(r, d->groups[g].kind.layers, i - 1))
            continue;
        part_of_term(d, "q", written(r, i - 1), both(r, written(r, i - 1)), i - 1);
        return;
    }
}

static void part_of_limit(struct draft *d, const char *name)
{
    struct reading *r = d->r;

    for (size_t i = 0; i < r->n; i++)
        if ((is_kind(r, i, TERM_COUNT) || is_kind(r, i, TERM_RANK)) &&
            r->terms[i].value >= 1) {
            part_of_term(d, name, number_text(r, r->terms[i].value),
                         both(r, number_text(r, r->terms[i].value)), i);
            use(r, G_TOP);
            return;
        }
}

static void common_parts(struct draft *d)
{
    parts_of_time(d);
    part_of_precision(d);
    part_of_words(d);
    part_of_unknown(d);
    part_of_format(d);
}

/* ---- the data themselves ---- */

static bool has_place(const struct draft *d)
{
    return term_find_kind(d->r, TERM_PLACE, 0) < d->r->n ||
           term_find_kind(d->r, TERM_POSITION, 0) < d->r->n ||
           term_find_kind(d->r, TERM_CORRIDOR, 0) < d->r->n;
}

/* 概念验证中心有没有重复的条目: the rows are those of the kind. */
static bool has_one_subject(const struct draft *d)
{
    return d->n_groups <= 1 || (d->n_groups == 2 && d->groups[1].kind.is_space);
}

static void part_of_spaces(struct draft *d)
{
    struct reading *r = d->r;

    part_default(d, "layer", layer_ids(r->v, r->arena, r->v->spaces),
                 layer_titles(r->v, r->arena, r->v->spaces));
}

static void part_of_group_if_any(struct draft *d)
{
    for (size_t g = 0; g < d->n_groups; g++)
        if (d->groups[g].kind.is_space)
            use_kinds(d, d->groups[g].first, d->groups[g].last);
    if (d->n_groups && !d->groups[0].kind.is_space)
        parts_of_kind(d, &d->groups[0], "layer", "filter");
}

static bool is_flow_layer(const struct draft *d)
{
    if (d->n_groups != 1)
        return false;
    for (size_t l = 0; l < d->r->v->n_layers; l++)
        if (layer_in(d->groups[0].kind.layers, l) &&
            (d->r->v->layers[l].origin_field == SCHEMA_NO_FIELD ||
             d->r->v->layers[l].host_field == SCHEMA_NO_FIELD))
            return false;
    return true;
}

static bool decide_layers(struct draft *d)
{
    bool is_time = term_has(d->r, G_WHEN) &&
                   (term_has(d->r, G_CHANGED) || term_has(d->r, G_IMPORTED));

    if (is_flow_layer(d) && (d->level < d->r->n || term_has(d->r, G_SPREAD)))
        return false; /* 飞地的来源城市 */
    if (!(term_has(d->r, G_ABOUT_DATA) || is_time) || !has_one_subject(d) ||
        d->distance < d->r->n || (term_has(d->r, G_NEAREST) && !is_time) ||
        (d->n_groups && d->groups[0].kind.n_conditions) || has_place(d))
        return false;
    use(d->r, G_ABOUT_DATA);
    use(d->r, G_POSITION);
    if (is_time) {
        use(d->r, G_WHEN);
        use(d->r, G_CHANGED);
        use(d->r, G_IMPORTED);
        use(d->r, G_NEAREST); /* 最近更新 */
        use(d->r, G_RECENT);
    }
    part_of_group_if_any(d);
    for (size_t i = 0; i < d->r->n; i++)
        if (is_kind(d->r, i, TERM_FIELD))
            d->r->terms[i].used = true;
    return understood(d, "layers");
}

static bool decide_changes(struct draft *d)
{
    if (!(term_has(d->r, G_IMPORTED) ||
          (term_has(d->r, G_CHANGED) && term_has(d->r, G_RECENT))) ||
        !term_has(d->r, G_CHANGED) || !has_one_subject(d) || has_place(d))
        return false;
    use(d->r, G_IMPORTED);
    use(d->r, G_CHANGED);
    use(d->r, G_RECENT);
    use(d->r, G_AFTER);
    use(d->r, G_NEWEST);
    part_of_group_if_any(d);
    part_of_format(d);
    return understood(d, "changes");
}

static bool decide_duplicates(struct draft *d)
{
    if (!use(d->r, G_DUPLICATE) || !has_one_subject(d))
        return false;
    if (d->n_groups && !d->groups[0].kind.is_space)
        part_of_group_if_any(d);
    else if (d->r->v->spaces)
        part_of_spaces(d);
    else
        return false;
    for (size_t g = 0; g < d->n_groups; g++)
        if (d->groups[g].kind.is_space)
            use_kinds(d, d->groups[g].first, d->groups[g].last);
    part_of_limit(d, "limit");
    part_of_format(d);
    return understood(d, "duplicates");
}

/* Rows without a reliable position: precision only a district or city, or none. */
static bool decide_unreliable(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find(r, G_RELIABLE, 0);
    bool negative = i < r->n && r->terms[i].value < 0;
    layer_set set = d->n_groups ? d->groups[0].kind.layers : r->v->spaces;
    const char *field = NULL;

    if (!(negative || term_has(r, G_WITHOUT)) || !term_has(r, G_POSITION) ||
        !has_one_subject(d) || (d->n_groups && d->groups[0].is_impossible))
        return false;
    for (size_t l = 0; l < r->v->n_layers; l++) {
        const struct layer_schema *s = r->v->layers[l].schema;

        if (layer_in(set, l) && s->roles.precision == SCHEMA_NO_FIELD)
            set &= ~((layer_set)1 << l);
        else if (layer_in(set, l) && !field)
            field = s->fields[s->roles.precision].name;
    }
    if (!field)
        return false;
    const char *more = d->n_groups ? kind_filter(r->arena, &d->groups[0].kind) : "";
    part_add(d, "layer", layer_ids(r->v, r->arena, set),
             layer_titles(r->v, r->arena, set), 0, 0);
    for (size_t g = 0; g < d->n_groups; g++)
        use_kinds(d, d->groups[g].first, d->groups[g].last);
    part_add(d, "filter",
             ask_text(r->arena,
                      *more ? "%s%s(%s IN ('%s','%s') OR %s IS NULL)"
                            : "%s%s%s IN ('%s','%s') OR %s IS NULL",
                      more, *more ? " AND " : "", field,
                      precision_name(PRECISION_DISTRICT),
                      precision_name(PRECISION_CITY), field),
             (struct schema_title){"只知道所在区县或城市，或没有位置",
                                   "known to the district or city only, or not at all"},
             i < r->n ? r->terms[i].start : 0, i < r->n ? r->terms[i].end : 0);
    use(r, G_RELIABLE);
    use(r, G_WITHOUT);
    use(r, G_POSITION);
    settle_places(d);
    if (parts_of_area(d)) {
        part_of_format(d);
        return understood(d, "within");
    }
    part_of_format(d);
    return understood(d, "list");
}

/* ---- flows ---- */

/* 温州在上海的飞地 */
static bool has_host_behind(const struct reading *r, size_t i)
{
    return term_is(r, i + 1, G_IN) && is_kind(r, i + 2, TERM_PLACE);
}

/* 衢州的飞地, enclaves of Quzhou: whose they are, not where they lie. */
static bool is_owner(const struct reading *r, size_t i)
{
    size_t next = i + 1;

    if (r->lang == LANG_EN && i > 0 && term_is(r, i - 1, G_OF))
        return true;
    while (term_is(r, next, G_OF) || is_kind(r, next, TERM_WORD) ||
           ((term_is(r, next, G_AND) || is_kind(r, next, TERM_MARK)) &&
            is_kind(r, next + 1, TERM_PLACE)) ||
           (next > i + 1 && is_kind(r, next, TERM_PLACE)))
        next++;
    return !(i > 0 && term_is(r, i - 1, G_IN)) && is_kind(r, next, TERM_KIND);
}

/* A place is where enclaves come from or lie by what stands beside it. */
static bool is_origin(const struct reading *r, size_t i)
{
    size_t outside = term_find(r, G_OUTSIDE, 0);
    size_t set_up = term_find(r, G_SET_UP, 0);
    bool is_in = i > 0 && term_is(r, i - 1, G_IN);

    if (is_in || (i > 0 && term_is(r, i - 1, G_TO)))
        return false;
    if (i > 0 && (term_is(r, i - 1, G_ORIGIN) || term_is(r, i - 1, G_FROM) ||
                  term_is(r, i - 1, G_EACH)))
        return true;
    if (i > 1 && term_is(r, i - 1, G_OF) && term_is(r, i - 2, G_ORIGIN))
        return true;
    if (term_is(r, i + 1, G_TO) || has_host_behind(r, i))
        return true;
    if (i > 0 && term_is(r, i - 1, G_SET_UP))
        return false; /* 设在上海的 */
    if (set_up < r->n && r->terms[set_up].value > 0)
        return false; /* 飞入 */
    if (set_up < r->n && i < set_up &&
        (outside == r->n || outside < set_up || r->lang == LANG_EN))
        return !(outside < i);
    if (outside < r->n && r->terms[outside].value > 0)
        return false; /* from elsewhere */
    if (outside < r->n && outside > i)
        return term_is(r, outside - 1, G_IN) ||
               (r->lang == LANG_EN && !is_kind(r, outside + 1, TERM_KIND));
    return is_owner(r, i);
}

static bool is_province(const struct reading *r, const struct term *t)
{
    const struct token *token = t->token;

    if (!token || !token->is_division)
        return false;
    const struct layer_schema *s = token->layer->schema;
    struct im_bytes level = atlas_text(token->layer, token->feature, s->roles.level);
    struct im_bytes city = atlas_text(token->layer, token->feature, s->roles.city);
    (void)r;
    return im_bytes_equal(level, im_bytes_of("province")) && city.len == 0;
}

/* Is there only one division of this name? Then its code says it for good. */
static const char *division_value(struct draft *d, size_t i)
{
    struct reading *r = d->r;
    const struct token *t = r->terms[i].token;
    struct query_places places = {0};
    const char *name = written(r, i);

    if (!t || !t->is_division ||
        query_find_place(r->atlas, im_bytes_of(name), r->arena, &places, NULL) !=
            IM_OK ||
        places.ambiguous)
        return name;
    struct im_bytes adcode =
        atlas_text(t->layer, t->feature, t->layer->schema->roles.adcode);
    return ask_text(r->arena, "%.*s", (int)adcode.len, (const char *)adcode.data);
}

static void part_of_division(struct draft *d, const char *name, size_t i)
{
    miss_if_unknown(d, name, i);
    part_of_term(d, name, division_value(d, i), title_of_place(d->r, i), i);
}

static bool is_counting(const struct draft *d);

/* 飞地的来源城市分布: where the data come from has neither cities nor a distribution.
 */
static bool asks_for_origins(const struct reading *r)
{
    return term_has(r, G_ABOUT_DATA) &&
           (term_has(r, G_SPREAD) || term_find_kind(r, TERM_LEVEL, 0) < r->n);
}

/* A division whose enclaves are meant, or which has some: 上海有哪些飞地. */
static bool names_owner_or_host(const struct draft *d)
{
    const struct reading *r = d->r;
    bool has_owner = false;
    bool has_host = false;

    for (size_t i = 0; i < r->n; i++) {
        if (!is_kind(r, i, TERM_PLACE))
            continue;
        if (is_known_place(&r->terms[i]) && !r->terms[i].token->is_division)
            return false;
        has_owner |= is_origin(r, i);
        has_host |= !is_origin(r, i);
    }
    return has_owner || (has_host && !is_counting(d));
}

static bool asks_for_flows(const struct draft *d)
{
    const struct reading *r = d->r;
    size_t set_up = term_find(r, G_SET_UP, 0);
    size_t place = term_find_kind(r, TERM_PLACE, 0);
    bool between = place + 2 < r->n && term_is(r, place + 1, G_TO) &&
                   is_kind(r, place + 2, TERM_PLACE);

    return term_has(r, G_MUTUAL) || term_has(r, G_OUTSIDE) || term_has(r, G_ORIGIN) ||
           term_has(r, G_FLOW) || between || asks_for_origins(r) ||
           (set_up < r->n && place < r->n &&
            term_find_kind(r, TERM_YEARS, 0) == r->n) ||
           (place < r->n && place > 0 && term_is(r, place - 1, G_FROM)) ||
           names_owner_or_host(d);
}

static bool decide_flows(struct draft *d)
{
    struct reading *r = d->r;
    size_t origin = r->n;
    size_t host = r->n;
    bool mutual = term_has(r, G_MUTUAL);
    bool province = false;
    static const struct schema_title yes = {"是", "yes"};

    if (!is_flow_layer(d) || !asks_for_flows(d) || d->distance < r->n ||
        term_has(r, G_NEAREST) || d->groups[0].is_impossible)
        return false;
    for (size_t i = 0; i < r->n; i++) {
        if (!is_kind(r, i, TERM_PLACE))
            continue;
        size_t *slot = mutual            ? (origin == r->n ? &origin : &host)
                       : is_origin(r, i) ? &origin
                                         : &host;
        if (*slot < r->n) {
            r->is_rejected = true; /* two of one part: no parameter says that */
            return false;
        }
        *slot = i;
        province |= is_province(r, &r->terms[i]);
    }
    parts_of_kind(d, &d->groups[0], "layer", "filter");
    size_t level = term_find_kind(r, TERM_LEVEL, 0);
    if (level < r->n && (int)r->terms[level].value != DIVISION_DISTRICT) {
        province |= (int)r->terms[level].value == DIVISION_PROVINCE;
        r->terms[level].used = true;
    }
    size_t members = term_find_kind(r, TERM_MEMBERS, 0);
    if (members < r->n)
        r->terms[members].used = true; /* 两市之间 */
    if (province)
        part_default(d, "level", "province", level_title(DIVISION_PROVINCE));
    if (origin < r->n)
        part_of_division(d, "origin", origin);
    if (host < r->n)
        part_of_division(d, "host", host);
    if (mutual)
        part_of_term(d, "mutual", "true", yes, term_find(r, G_MUTUAL, 0));
    if (term_has(r, G_OUTSIDE))
        part_of_term(d, "outside", "true", yes, term_find(r, G_OUTSIDE, 0));
    use(r, G_MUTUAL);
    use(r, G_OUTSIDE);
    use(r, G_ORIGIN);
    use(r, G_FLOW);
    use(r, G_SET_UP);
    use(r, G_BETWEEN);
    if (asks_for_origins(r))
        use(r, G_ABOUT_DATA);
    use(r, G_SPREAD);
    use(r, G_COUNT);
    use(r, G_COMPARE);
    common_parts(d);
    return understood(d, "flows");
}

/* ---- two kinds ---- */

static bool is_single_filter(const struct draft *d, size_t from)
{
    for (size_t i = from; i < d->n_groups; i++)
        if (d->groups[i].is_impossible)
            return false;
    return true;
}

/* All of B, C and D within reach of A, or of one point. */
static bool decide_chain(struct draft *d)
{
    struct reading *r = d->r;
    bool complete = term_has(r, G_COMPLETE);
    size_t which = term_find(r, G_WHICH, 0);
    size_t have = term_find(r, G_HAVE, 0);
    const struct group *a = NULL;
    const struct group *rest = d->groups;
    struct group first;
    size_t level = d->level;
    layer_set others = 0;
    bool by_level = level < r->n && (d->n_groups == 0 || level < d->groups[0].first);

    if (d->distance == r->n || d->n_groups == 0)
        return false;
    if (d->n_groups == 2 && d->groups[1].first != d->groups[1].last &&
        (complete || (which < d->groups[0].first && have < d->groups[1].first))) {
        a = &d->groups[0];
        rest = &d->groups[1];
    } else if (!(complete && d->n_groups == 1 &&
                 d->groups[0].first != d->groups[0].last)) {
        return false;
    }
    if (!is_single_filter(d, 0) || kind_filter(r->arena, &rest->kind)[0])
        return false;
    others = rest->kind.layers;
    if (a) {
        parts_of_kind(d, a, "layer", "filter");
    } else if (by_level) {
        if (!parts_of_level(d, level))
            return false;
    } else if (d->near < r->n || d->is_here || d->in < r->n) {
        if (d->near == r->n && d->in < r->n) {
            d->near = d->in;
            d->in = r->n;
        }
        part_of_origin(d);
    } else { /* the chain begins with the kind that is named first */
        first = *rest;
        first.kind = r->kinds[r->terms[rest->first].of];
        first.last = first.first;
        others &= ~first.kind.layers;
        parts_of_kind(d, &first, "layer", "filter");
    }
    if (!others)
        return false;
    use_kinds(d, rest->first, rest->last);
    part_add(d, "other", layer_ids(r->v, r->arena, others),
             layer_titles(r->v, r->arena, others), r->terms[rest->first].start,
             r->terms[rest->last].end);
    part_of_distance(d, "max_km");
    use(r, G_COMPLETE);
    if (d->in < r->n)
        parts_of_area(d);
    common_parts(d);
    return understood(d, "chain");
}

static void miss_outlines(struct reading *r, const struct kind *k)
{
    struct schema_title t = layer_titles(r->v, r->arena, k->layers);

    if (*r->missing.zh)
        return;
    r->missing.zh = ask_text(r->arena, "“%s”的范围（面）；请说明距离", t.zh);
    r->missing.en = ask_text(r->arena, "outlines of '%s'; say a distance", t.en);
}

/* A, which has (or lacks) B within reach. */
static bool parts_of_coverage(struct draft *d,
                              size_t level,
                              const struct group *a,
                              const struct group *b,
                              bool gaps)
{
    struct reading *r = d->r;

    if (a && d->distance == r->n) {
        miss_outlines(r, &a->kind);
        return false;
    }
    if (a ? false : !parts_of_level(d, level))
        return false;
    if (a)
        parts_of_kind(d, a, "layer", "filter");
    parts_of_kind(d, b, "other", "other_filter");
    if (d->distance < r->n)
        part_of_distance(d, "max_km");
    if (!gaps)
        part_default(d, "show", "covered",
                     (struct schema_title){"有的", "those that have one"});
    size_t distance = d->distance;
    d->distance = r->n; /* it is the reach, not the width of a corridor */
    parts_of_area(d);
    d->distance = distance;
    common_parts(d);
    return understood(d, "coverage");
}

static bool decide_gaps(struct draft *d)
{
    struct reading *r = d->r;
    size_t without = term_find(r, G_WITHOUT, 0);
    const struct group *before = NULL;
    const struct group *behind[2] = {NULL, NULL};
    size_t level = d->level;

    if (without == r->n || !is_single_filter(d, 0))
        return false;
    for (size_t i = 0; i < d->n_groups; i++) {
        if (d->groups[i].first < without)
            before = &d->groups[i];
        else if (!behind[0])
            behind[0] = &d->groups[i];
        else if (!behind[1])
            behind[1] = &d->groups[i];
    }
    /* 哪些区县孵化器还没有: what is lacked stands before */
    if (!behind[0] && before && level < before->first) {
        behind[0] = before;
        before = NULL;
    }
    if (!behind[0])
        return false;
    use(r, G_WITHOUT);
    if (before && !before->kind.is_space)
        return parts_of_coverage(d, level, before, behind[0], true);
    if (level < r->n)
        return parts_of_coverage(d, level, NULL, behind[0], true);
    if (behind[1])
        return parts_of_coverage(d, level, behind[1], behind[0], true);
    if (before)
        return parts_of_coverage(d, level, before, behind[0], true);
    return false;
}

/* 哪些区县有概念验证中心; parks within 10 km of a laboratory */
static bool decide_covered(struct draft *d)
{
    struct reading *r = d->r;
    size_t which = term_find(r, G_WHICH, 0);
    size_t have = term_find(r, G_HAVE, 0);
    size_t have_last = have;
    const struct group *a = &d->groups[0];
    const struct group *b = &d->groups[1];

    if (term_has(r, G_COUNT) || term_has(r, G_MOST) || !is_single_filter(d, 0))
        return false;
    while (term_find(r, G_HAVE, have_last + 1) < r->n)
        have_last = term_find(r, G_HAVE, have_last + 1);
    if (d->n_groups == 1 && d->level < r->n && have < r->n && d->level < have &&
        have_last < d->groups[0].first && d->near == r->n &&
        (which < d->level || (r->lang == LANG_EN && d->level == 0)))
        return parts_of_coverage(d, d->level, NULL, a, false);
    if (d->n_groups != 2 || d->distance == r->n || d->near < r->n ||
        term_has(r, G_NEAREST))
        return false;
    bool is_subject_first = r->lang == LANG_EN
                                ? d->distance > a->last
                                : which < a->first || (d->distance > b->last);
    if (is_subject_first)
        return parts_of_coverage(d, r->n, a, b, false);
    return parts_of_coverage(d, r->n, b, a, false);
}

static void parts_of_join(struct draft *d, const struct group *a, const struct group *b)
{
    struct reading *r = d->r;

    parts_of_kind(d, a, "layer", "filter");
    parts_of_kind(d, b, "other", "other_filter");
    if (d->distance < r->n)
        part_of_distance(d, "max_km");
    size_t distance = d->distance;
    d->distance = r->n;
    parts_of_area(d);
    d->distance = distance;
    use(r, G_NEAREST);
    use(r, G_HOW_FAR);
    use(r, G_AROUND);
    use(r, G_COUNT);
    part_of_limit(d, "limit");
    common_parts(d);
}

/* 跨省相邻的高新区: the same kind on both sides of a border. */
static bool decide_across(struct draft *d)
{
    struct reading *r = d->r;
    size_t across = term_find(r, G_ACROSS, 0);
    size_t level = d->level;
    const struct group *a = &d->groups[0];
    const struct group *b = &d->groups[d->n_groups > 1 ? 1 : 0];

    if (d->n_groups == 0 || d->n_groups > 2 || level == r->n ||
        (across == r->n && !term_has(r, G_ADJACENT)) ||
        (int)r->terms[level].value == DIVISION_DISTRICT || !is_single_filter(d, 0))
        return false;
    parts_of_join(d, a, b);
    part_of_term(d, "across", level_name(r->terms[level].value),
                 level_title(r->terms[level].value), level);
    use(r, G_ACROSS);
    use(r, G_ADJACENT);
    use(r, G_BETWEEN);
    return understood(d, "join");
}

/* For each A its nearest B. B is what "nearest" is said of. */
static bool decide_join(struct draft *d)
{
    struct reading *r = d->r;
    size_t nearest = term_find(r, G_NEAREST, 0);
    size_t each = term_find(r, G_EACH, 0);
    const struct group *a = &d->groups[0];
    const struct group *b = &d->groups[1];

    if (d->n_groups != 2 || d->near < r->n || d->is_here || !is_single_filter(d, 0))
        return false;
    if (nearest < r->n) {
        if (a->first > nearest) { /* nearest B to A; 最近的 B 的 A is not said */
            a = &d->groups[1];
            b = &d->groups[0];
        }
    } else if (term_has(r, G_AROUND) && d->distance == r->n) {
        if (r->lang == LANG_ZH && term_find(r, G_AROUND, 0) < b->first) {
            a = &d->groups[1]; /* 大科学装置附近的园区 */
            b = &d->groups[0];
        }
    } else if (!term_has(r, G_HOW_FAR) &&
               !(each < a->first && term_has(r, G_COUNT) && d->distance < r->n)) {
        return false;
    }
    parts_of_join(d, a, b);
    return understood(d, "join");
}

/* A 与 B 有多远: both in one group. */
static bool decide_how_far(struct draft *d)
{
    struct reading *r = d->r;
    struct group *g = &d->groups[0];
    struct group b;
    size_t second;

    if (d->n_groups != 1 || !term_has(r, G_HOW_FAR) || g->first == g->last)
        return false;
    for (second = g->last; r->terms[second].kind != TERM_KIND; second--)
        ;
    b = *g;
    b.first = second;
    b.kind = r->kinds[r->terms[second].of];
    g->last = g->first;
    g->kind = r->kinds[r->terms[g->first].of];
    parts_of_join(d, g, &b);
    return understood(d, "join");
}

/* ---- counting ---- */

static const struct sense *find_sense(const struct reading *r,
                                      const struct term *t,
                                      enum sense_kind kind,
                                      layer_set layers)
{
    (void)r;
    for (size_t i = 0; t->word && i < t->word->n_senses; i++)
        if (t->word->senses[i].kind == kind &&
            (!layers || layer_in(layers, t->word->senses[i].layer)))
            return &t->word->senses[i];
    return NULL;
}

static void part_of_indicator(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find_kind(r, TERM_INDICATOR, 0);
    const struct sense *s;

    if (i == r->n)
        return;
    s = find_sense(r, &r->terms[i], SENSE_INDICATOR, 0);
    const struct schema_code *code =
        &r->v->layers[s->layer].schema->fields[s->field].codes[s->code];
    part_of_term(d, i > 0 && term_is(r, i - 1, G_EACH) ? "per" : "indicator",
                 code->code, code->title, i);
    use(r, G_COMPARE);
}

static bool part_by_field(struct draft *d, size_t i)
{
    const struct sense *s =
        find_sense(d->r, &d->r->terms[i], SENSE_FIELD, d->groups[0].kind.layers);

    if (!s)
        return false;
    const struct schema_field *f = &d->r->v->layers[s->layer].schema->fields[s->field];
    part_of_term(d, "by", f->name, f->title, i);
    return true;
}

static size_t field_to_group_by(const struct draft *d)
{
    const struct reading *r = d->r;

    for (size_t i = 0; i < r->n; i++) {
        size_t before = i;

        if (!is_kind(r, i, TERM_FIELD) || r->terms[i].used)
            continue;
        while (before > 0 && term_is(r, before - 1, G_OF))
            before--;
        if ((before > 0 &&
             (term_is(r, before - 1, G_EACH) || term_is(r, before - 1, G_SPREAD))) ||
            term_is(r, i + 1, G_SPREAD))
            return i;
    }
    return r->n;
}

static bool part_by_kind(struct draft *d, size_t i)
{
    struct reading *r = d->r;
    const struct kind *k = &d->groups[0].kind;
    unsigned l = layer_first(k->layers);
    bool one = (k->layers & (k->layers - 1)) == 0;

    if (one && r->v->layers[l].kind_field != SCHEMA_NO_FIELD) {
        const struct schema_field *f =
            &r->v->layers[l].schema->fields[r->v->layers[l].kind_field];
        part_of_term(d, "by", f->name, f->title, i);
        return true;
    }
    part_of_term(d, "by", "layer", (struct schema_title){"种类", "kind of place"}, i);
    return true;
}

static bool counts_members(const struct draft *d)
{
    const struct reading *r = d->r;

    if (d->in == r->n || !is_kind(r, d->in, TERM_CORRIDOR))
        return false;
    if (term_has(r, G_MEMBER))
        return true;
    if (term_has(r, G_EACH) || term_has(r, G_SPREAD))
        return d->level == r->n || (int)r->terms[d->level].value == DIVISION_CITY;
    return false;
}

static const char *each_words(const struct reading *r, size_t *at)
{
    *at = term_find(r, G_EACH, 0);
    while (*at == r->n) { /* 各有多少 is one word of counting */
        *at = term_find(r, G_COUNT, 0);
        if (*at == r->n)
            return "";
        const char *text = written(r, *at);
        return strncmp(text, "各", strlen("各")) == 0 ? text : "";
    }
    return written(r, *at);
}

/* Says what is counted apart; the default is one count of all. */
static bool parts_of_grouping(struct draft *d)
{
    struct reading *r = d->r;
    size_t field = field_to_group_by(d);
    size_t kind = term_find(r, G_KIND, 0);
    size_t each;
    bool is_each = *each_words(r, &each) != 0;
    size_t same = term_find(r, G_SAME, 0);

    if (same < r->n && term_find_kind(r, TERM_FIELD, same) < r->n) {
        if (!part_by_field(d, term_find_kind(r, TERM_FIELD, same)))
            return false;
        part_of_term(d, "min_count", "2",
                     (struct schema_title){"至少 2 个", "at least 2"}, same);
        return true;
    }
    if (counts_members(d) ||
        (is_each && d->in < r->n && d->level == r->n &&
         is_kind(r, d->in, TERM_CORRIDOR) && field == r->n && kind == r->n)) {
        size_t m = term_find_kind(r, TERM_MEMBERS, 0);

        part_default(d, "by", "member", (struct schema_title){"成员", "member"});
        part_of_corridor(d, "areas", d->in);
        d->in = r->n;
        if (d->level < r->n)
            r->terms[d->level].used = true;
        if (m < r->n)
            r->terms[m].used = true;
        return true;
    }
    if (field < r->n)
        return part_by_field(d, field);
    if (d->level < r->n && !r->terms[d->level].used) {
        part_of_term(d, "by", level_name(r->terms[d->level].value),
                     level_title(r->terms[d->level].value), d->level);
        return true;
    }
    if (kind < r->n && (is_each || term_has(r, G_SPREAD)))
        return part_by_kind(d, kind);
    size_t year = term_find(r, G_YEAR, 0);
    if (year < r->n && is_each) {
        part_of_term(d, "by", "year", (struct schema_title){"年份", "year"}, year);
        return true;
    }
    if (d->has_several && (is_each || term_has(r, G_COMPARE) || term_has(r, G_MOST))) {
        part_default(d, "by", level_name(d->several), level_title(d->several));
        return true;
    }
    bool several = (d->groups[0].kind.layers & (d->groups[0].kind.layers - 1)) != 0;
    if (is_each && several) {
        part_default(d, "by", "layer", (struct schema_title){"种类", "kind of place"});
        return true;
    }
    if (term_find_kind(r, TERM_INDICATOR, 0) < r->n || term_has(r, G_SPREAD)) {
        part_default(d, "by", "city", level_title(DIVISION_CITY));
        return true;
    }
    if (term_has(r, G_PER_AREA)) {
        part_default(d, "by", "district", level_title(DIVISION_DISTRICT));
        return true;
    }
    if (term_has(r, G_MOST))
        return false; /* most of what? */
    part_default(d, "by", "none", (struct schema_title){"合计", "in total"});
    return true;
}

/* Sum or mean of a figure. */
static bool parts_of_measure(struct draft *d)
{
    struct reading *r = d->r;
    bool mean = term_has(r, G_MEAN);
    size_t i = term_find_kind(r, TERM_FIELD, 0);

    if (!mean && !term_has(r, G_SUM))
        return true;
    for (; i < r->n; i = term_find_kind(r, TERM_FIELD, i + 1)) {
        const struct sense *s =
            find_sense(r, &r->terms[i], SENSE_FIELD, d->groups[0].kind.layers);
        const struct schema_field *f =
            s ? &r->v->layers[s->layer].schema->fields[s->field] : NULL;

        if (!f || f->type == FIELD_TEXT)
            continue;
        part_of_term(
            d, "measure", ask_text(r->arena, "%s:%s", mean ? "mean" : "sum", f->name),
            (struct schema_title){
                ask_text(r->arena, mean ? "平均%s" : "%s合计", f->title.zh),
                ask_text(r->arena, mean ? "mean %s" : "sum of %s", f->title.en)},
            i);
        use(r, G_MEAN);
        use(r, G_SUM);
        return true;
    }
    if (mean)
        return false;
    use(r, G_SUM); /* 总共 */
    return true;
}

static void parts_of_order(struct draft *d)
{
    struct reading *r = d->r;
    size_t most = term_find(r, G_MOST, 0);
    size_t compare = term_find_kind(r, TERM_COMPARE, 0);

    if (compare < r->n && !r->terms[compare].used && !r->terms[compare].word &&
        !r->terms[compare].is_surface) {
        const struct term *t = &r->terms[compare];
        double least = t->class == G_MORE       ? floor(t->value) + 1
                       : t->class == G_AT_LEAST ? t->value
                                                : 0;
        if (least >= 1)
            part_of_term(d, "min_count", number_text(r, least),
                         both(r, number_text(r, least)), compare);
    }
    size_t n = d->out->n_parts;
    part_of_limit(d, "limit");
    if (most < r->n) {
        bool one = false;
        size_t which = term_find(r, G_WHICH, 0);

        if (which < r->n) {
            const char *text = written(r, which);
            one = strstr(text, "个") || strcmp(text, "哪") == 0 ||
                  strcmp(text, "which") == 0;
        }
        if (d->out->n_parts == n)
            part_default(d, "limit", one ? "1" : "10",
                         one ? (struct schema_title){"第一", "the first"}
                             : (struct schema_title){"前 10", "the first 10"});
        use(r, G_MOST);
    }
}

static bool is_counting(const struct draft *d)
{
    const struct reading *r = d->r;
    size_t each;
    bool is_each = *each_words(r, &each) != 0;
    bool same = term_has(r, G_SAME) &&
                term_find_kind(r, TERM_FIELD, term_find(r, G_SAME, 0)) < r->n;
    size_t compare = term_find_kind(r, TERM_COMPARE, 0);
    size_t rank = term_find_kind(r, TERM_RANK, 0);
    bool top = rank < r->n && is_kind(r, rank + 1, TERM_LEVEL); /* top ten districts */
    bool min_count = compare < r->n && !r->terms[compare].used && d->level < r->n;

    return same || min_count || top || (d->has_several && term_has(r, G_COMPARE)) ||
           term_has(r, G_COUNT) || term_has(r, G_SPREAD) || term_has(r, G_MOST) ||
           term_has(r, G_MEAN) || term_has(r, G_PER_AREA) ||
           (term_has(r, G_SUM) && term_find_kind(r, TERM_FIELD, 0) < r->n) ||
           term_find_kind(r, TERM_INDICATOR, 0) < r->n ||
           (is_each && (d->level < r->n || field_to_group_by(d) < r->n ||
                        term_has(r, G_KIND) || term_has(r, G_YEAR)));
}

static void part_of_density(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find(r, G_PER_AREA, 0);
    static const struct schema_title hundred = {"每百平方公里", "per 100 km2"};
    static const struct schema_title one = {"每百平方公里（除以 100 即每平方公里）",
                                            "per 100 km2 (of one km2: a hundredth)"};

    if (i < r->n)
        part_of_term(d, "per", "100km2", r->terms[i].value > 0 ? one : hundred, i);
}

/* 每万户企业的孵化器数量: a figure that no table has. */
static bool misses_indicator(struct reading *r)
{
    for (size_t i = 1; i < r->n; i++) {
        const char *name = written(r, i);

        if (!is_kind(r, i, TERM_UNKNOWN) || !term_is(r, i - 1, G_EACH))
            continue;
        r->missing.zh = ask_text(r->arena, "指标“%s”", name);
        r->missing.en = ask_text(r->arena, "the figure '%s'", name);
        return true;
    }
    return false;
}

static bool decide_aggregate(struct draft *d)
{
    struct reading *r = d->r;

    if (d->n_groups != 1 || d->groups[0].is_impossible || !is_counting(d) ||
        term_has(r, G_NEAREST) || misses_indicator(r))
        return false;
    if (is_flow_layer(d) && term_has(r, G_SET_UP) &&
        term_find_kind(r, TERM_YEARS, 0) == r->n)
        return false; /* 哪个城市设的飞地最多: rows are counted where they lie */
    parts_of_kind(d, &d->groups[0], "layer", "filter");
    if (!parts_of_grouping(d) || !parts_of_measure(d))
        return false;
    part_of_indicator(d);
    part_of_density(d);
    parts_of_order(d);
    if (d->near < r->n || d->is_here ||
        (d->distance < r->n && d->in == r->n && d->from == r->n)) {
        if (d->distance == r->n)
            return false; /* 附近有多少: how near? */
        part_of_origin(d);
        part_of_distance(d, "radius_km");
    }
    parts_of_area(d);
    common_parts(d);
    use(r, G_COUNT);
    use(r, G_SPREAD);
    use(r, G_COMPARE);
    use(r, G_EACH);
    if (use(r, G_SAME))
        use(r, G_ORIGIN); /* 由同一机构运营的 */
    return understood(d, "aggregate");
}

/* A figure by itself (各市的研发投入强度) stands beside the count of all places. */
static bool decide_figures(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find_kind(r, TERM_INDICATOR, 0);
    double level = d->level < r->n ? r->terms[d->level].value : DIVISION_CITY;

    if (i == r->n || d->n_groups || !r->v->spaces || d->near < r->n ||
        d->distance < r->n || (int)level == DIVISION_DISTRICT)
        return false;
    part_of_spaces(d);
    if (d->level < r->n)
        part_of_term(d, "by", level_name(level), level_title(level), d->level);
    else
        part_default(d, "by", level_name(level), level_title(level));
    part_of_indicator(d);
    use(r, G_COUNT);
    parts_of_area(d);
    common_parts(d);
    return understood(d, "aggregate");
}

/* ---- one kind ---- */

static bool decide_nearest(struct draft *d)
{
    struct reading *r = d->r;
    size_t each;
    static const struct schema_title five = {"最近的 5 个", "the nearest 5"};

    if (d->n_groups != 1 || d->groups[0].is_impossible ||
        !(term_has(r, G_NEAREST) || (term_has(r, G_AROUND) && d->distance == r->n) ||
          ((d->near < r->n || d->is_here) && d->distance == r->n)))
        return false;
    parts_of_kind(d, &d->groups[0], "layer", "filter");
    part_of_origin(d);
    size_t n = d->out->n_parts;
    part_of_limit(d, "k");
    if (d->out->n_parts == n)
        part_default(d, "k", "5", five);
    if (*each_words(r, &each) &&
        (d->groups[0].kind.layers & (d->groups[0].kind.layers - 1)))
        part_default(d, "each", "true", (struct schema_title){"每种", "of each kind"});
    if (d->distance < r->n)
        part_of_distance(d, "max_km");
    use(r, G_NEAREST);
    use(r, G_AROUND);
    use(r, G_HOW_FAR);
    parts_of_area(d);
    common_parts(d);
    return understood(d, "nearest");
}

static const struct schema_field *field_to_sort_by(struct draft *d, size_t *term)
{
    struct reading *r = d->r;
    layer_set layers = d->groups[0].kind.layers;
    unsigned l = layer_first(layers);
    const struct layer_schema *s = r->v->layers[l].schema;

    for (size_t i = term_find_kind(r, TERM_FIELD, 0); i < r->n;
         i = term_find_kind(r, TERM_FIELD, i + 1)) {
        const struct sense *sense = find_sense(r, &r->terms[i], SENSE_FIELD, layers);

        if (sense) {
            *term = i;
            return &r->v->layers[sense->layer].schema->fields[sense->field];
        }
    }
    *term = r->n;
    for (size_t f = 0; f < s->n_fields; f++)
        if (strcmp(s->fields[f].unit, "km2") == 0 ||
            strcmp(s->fields[f].unit, "m2") == 0)
            return &s->fields[f];
    return NULL;
}

/* 面积最大的, 最早设立的 */
static bool parts_of_sort(struct draft *d)
{
    struct reading *r = d->r;
    bool time = term_has(r, G_NEWEST) || term_has(r, G_OLDEST);
    bool figure = term_has(r, G_LARGEST) || term_has(r, G_SMALLEST);
    bool descending = term_has(r, G_NEWEST) || term_has(r, G_LARGEST);
    const struct schema_field *f = NULL;
    size_t term = r->n;
    const struct ask_layer *l = &r->v->layers[layer_first(d->groups[0].kind.layers)];

    if (!time && !figure)
        return true;
    if (figure)
        f = field_to_sort_by(d, &term);
    else if (l->year_field != SCHEMA_NO_FIELD)
        f = &l->schema->fields[l->year_field];
    if (!f)
        return false;
    if (term < r->n)
        r->terms[term].used = true;
    part_default(
        d, "sortby", ask_text(r->arena, "%s%s", descending ? "-" : "", f->name),
        (struct schema_title){ask_text(r->arena, "按%s从%s", f->title.zh,
                                       descending ? "大到小" : "小到大"),
                              ask_text(r->arena, "by %s, %s first", f->title.en,
                                       descending ? "largest" : "smallest")});
    use(r, G_NEWEST);
    use(r, G_OLDEST);
    use(r, G_LARGEST);
    use(r, G_SMALLEST);
    use(r, G_SET_UP);
    return true;
}

static bool decide_rows(struct draft *d)
{
    struct reading *r = d->r;
    bool area;

    if (d->n_groups != 1 || d->groups[0].is_impossible)
        return false;
    parts_of_kind(d, &d->groups[0], "layer", "filter");
    if (!parts_of_sort(d))
        return false;
    part_of_limit(d, "limit");
    area = d->near < r->n || d->is_here ||
           (d->distance < r->n && d->in == r->n && d->from == r->n && !d->is_drawn);
    if (area) {
        part_of_origin(d);
        part_of_distance(d, "radius_km");
    }
    area |= parts_of_area(d);
    common_parts(d);
    return understood(d, area ? "within" : "list");
}

/* A place by itself: where is it? */
static bool decide_search(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find_kind(r, TERM_PLACE, 0);

    if (i == r->n)
        i = term_find_kind(r, TERM_TEXT, 0);
    if (i == r->n || d->n_groups || term_find_kind(r, TERM_PLACE, i + 1) < r->n ||
        term_has(r, G_FROM) || term_has(r, G_TO))
        return false;
    if (is_kind(r, i, TERM_TEXT))
        part_of_words(d);
    else
        part_of_place(d, "q", i);
    return understood(d, "search");
}

static bool takes_travel_time(struct draft *d)
{
    struct reading *r = d->r;
    size_t i = term_find(r, G_TRAVEL, 0);

    if (i == r->n)
        return false;
    if (d->distance < r->n) { /* 1小时车程(约60公里): the distance says it */
        use(r, G_TRAVEL);
        return false;
    }
    r->missing.zh = "道路与车程数据；请改用公里数";
    r->missing.en = "roads and travel times; ask with a distance in km";
    return true;
}

/* What does not fit leaves nothing behind but what it missed. */
static bool try(struct draft *d, bool (*operation)(struct draft *))
{
    struct draft before = *d;
    bool used[MAX_TERMS];

    for (size_t i = 0; i < d->r->n; i++)
        used[i] = d->r->terms[i].used;
    d->out->n_parts = 0;
    d->out->needs = NULL;
    if (operation(d))
        return true;
    for (size_t i = 0; i < d->r->n; i++)
        d->r->terms[i].used = used[i];
    d->out->n_parts = 0;
    d->out->needs = NULL;
    *d = before;
    return false;
}

bool decide(struct draft *d)
{
    static bool (*const first[])(struct draft *) = {decide_layers, decide_changes,
                                                    decide_duplicates, decide_flows,
                                                    decide_unreliable};
    static bool (*const then[])(struct draft *) = {
        decide_chain,   decide_gaps,    decide_across,    decide_covered,
        decide_join,    decide_how_far, decide_aggregate, decide_figures,
        decide_nearest, decide_rows,    decide_search};

    struct reading *r = d->r;

    d->near = d->in = d->from = d->to = r->n;
    d->distance = term_find_kind(r, TERM_DISTANCE, 0);
    d->level = term_find_kind(r, TERM_LEVEL, 0);
    if (d->n_groups == 0 && !term_has(r, G_ABOUT_DATA) && r->n == 0)
        return false;
    if (takes_travel_time(d))
        return false;
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        if (try(d, first[i]))
            return true;
    settle_places(d);
    for (size_t i = 0; i < sizeof then / sizeof then[0] && !*r->missing.zh; i++)
        if (try(d, then[i]))
            return true;
    return false;
}
