/* SPDX-License-Identifier: Apache-2.0 */
/* Places out of the database, and what people call them. */
#include "gazetteer_load.h"

/* An area of more than this many km2 reaches further than 2 km from its middle. */
#define WIDE_KM2 12.0

/* Another way to write the same kind of zone. */
static const struct {
    const char *kind;
    const char *others[3];
} ZONES[] = {
    {"高新技术产业开发区", {"高新区", "高新技术开发区", "高新技术产业园区"}},
    {"高新区", {"高新技术产业开发区", "高新技术开发区", NULL}},
    {"经济技术开发区", {"经开区", "经济开发区", "开发区"}},
    {"经济开发区", {"经开区", "开发区", "经济技术开发区"}},
    {"经开区", {"经济技术开发区", "经济开发区", "开发区"}},
};
enum { N_ZONES = sizeof ZONES / sizeof ZONES[0] };

/* Areas larger than a park, by their names. */
static bool is_wide_name(struct im_bytes folded)
{
    static const char *const ends[] = {
        "开发区", "高新区", "经开区", "新区",     "保税区", "自贸区",
        "片区",   "科学城", "科技城", "新城",     "大学城", "示范区",
        "科创带", "走廊",   "工业区", "工业园区", "商务区", "创新区",
        "集聚区", "合作区", "硅谷",   "港区",     "产业区", NULL};

    for (size_t i = 0; ends[i]; i++)
        if (text_ends(folded, ends[i]))
            return true;
    return false;
}

struct naming {
    struct gazetteer *g;
    uint32_t place;
    uint32_t division; /* of the place */
    bool is_full;      /* no more names fit in */
};

static void
add_name(struct naming *n, struct im_bytes text, enum name_kind kind, uint32_t scope)
{
    size_t least = text_is_latin(text) ? MIN_LATIN_BYTES : SHORT_NAME_BYTES;

    if (text.len >= least &&
        !name_table_add(&n->g->place_names, text, kind, n->place, scope))
        n->is_full = true;
}

/* The name without its brackets at the end, folded: "苏州生物医药产业园（BioBAY）". */
static size_t without_bracket(const struct reading *r)
{
    size_t end = r->source.len;

    if (!text_ends(r->source, ")") && !text_ends(r->source, "）"))
        return r->len;
    while (end > 0 && r->source.data[end - 1] != '(' &&
           !text_ends((struct im_bytes){r->source.data, end}, "（"))
        end--;
    for (size_t i = 0; end > 0 && i < r->len; i++)
        if (r->from[i] >= end)
            return i;
    return r->len;
}

/* The same zone by its other words, in full and without the division in front. */
static void
add_zone_forms(struct naming *n, struct im_bytes text, size_t front, uint32_t scope)
{
    for (size_t z = 0; z < N_ZONES; z++) {
        size_t kind_len = strlen(ZONES[z].kind);
        size_t stem = text.len - kind_len;

        if (!text_ends(text, ZONES[z].kind))
            continue;
        for (size_t i = 0; i < 3 && ZONES[z].others[i]; i++) {
            uint8_t other[READING_MAX + 32];
            size_t len = strlen(ZONES[z].others[i]);

            memcpy(other, text.data, stem);
            memcpy(other + stem, ZONES[z].others[i], len);
            if (stem)
                add_name(n, (struct im_bytes){other, stem + len}, NAME_OTHER, NONE);
            if (front && front < stem)
                add_name(n, (struct im_bytes){other + front, stem + len - front},
                         NAME_LOCAL, NONE);
            if (front && front == stem)
                add_name(n, im_bytes_of(ZONES[z].others[i]), NAME_GENERIC, scope);
        }
        if (front && front == stem)
            add_name(n, im_bytes_of(ZONES[z].kind), NAME_GENERIC, scope);
        return; /* the longest kind: they stand so in the table */
    }
}

/* All that people may write for one name. */
static void add_place_name(struct naming *n, struct im_bytes text, enum name_kind kind)
{
    struct reading r;
    struct im_bytes rest;
    uint32_t scope;
    size_t front;

    if (!reading_make(&r, text) || text_is_generic(reading_bytes(&r), false))
        return;
    add_name(n, reading_bytes(&r), kind, NONE);
    if (text_is_latin(reading_bytes(&r)))
        return;
    size_t bare = without_bracket(&r);
    if (bare < r.len && bare >= MIN_LOCAL_BYTES &&
        !text_is_generic((struct im_bytes){r.text, bare}, true))
        add_name(n, (struct im_bytes){r.text, bare}, NAME_OTHER, NONE);
    if (bare >= MIN_LOCAL_BYTES)
        r.len = bare;
    if (n->division == NONE)
        return;
    front = divisions_in_front(n->g, &r, n->division, &scope);
    add_zone_forms(n, reading_bytes(&r), front, scope);
    rest = (struct im_bytes){r.text + front, r.len - front};
    if (front && rest.len >= MIN_LOCAL_BYTES && !text_is_generic(rest, true))
        add_name(n, rest, NAME_LOCAL, NONE);
}

static uint32_t
division_of_row(struct loader *l, sqlite3_stmt *stmt, double lon, double lat)
{
    struct gazetteer *g = l->g;
    struct context c;

    context_init(&c);
    context_take_code(g, loader_text(stmt, COL_ADCODE), &c);
    if (c.city == NONE)
        context_take_column(g, loader_text(stmt, COL_CITY), true, &c);
    if (c.district == NONE && c.city != NONE)
        context_take_column(g, loader_text(stmt, COL_DISTRICT), false, &c);
    if (c.is_conflict || c.is_foreign || c.city == NONE)
        return division_at(g, lon, lat);
    return context_finest(&c);
}

static enum precision precision_of(sqlite3_stmt *stmt, double reach_m)
{
    enum precision precision;

    if (precision_parse(loader_text(stmt, COL_PRECISION), &precision))
        return precision;
    /* given without a word on it, as areas are: by how far they reach */
    return reach_m <= 2000   ? PRECISION_PARK
           : reach_m <= 5000 ? PRECISION_TOWN
                             : PRECISION_DISTRICT;
}

static enum im_code take_place(struct loader *l,
                               const struct layer_schema *s,
                               sqlite3_stmt *stmt,
                               bool *stop)
{
    struct gazetteer *g = l->g;
    struct im_bytes aliases = loader_text(stmt, COL_ALIASES);
    struct im_bytes former = loader_text(stmt, COL_FORMER);
    struct im_bytes part;
    struct place p = {0};
    double reach_m = 0;
    struct reading r;

    if (!loader_position(l, stmt, &p.lon, &p.lat, &reach_m))
        return IM_OK;
    p.precision = precision_of(stmt, reach_m);
    if (p.precision >= PRECISION_CITY)
        return IM_OK;
    p.division = division_of_row(l, stmt, p.lon, p.lat);
    p.key = loader_keep(l, sql_text(stmt, COL_KEY));
    p.name = loader_keep(l, sql_text(stmt, COL_NAME));
    p.layer = loader_keep(l, s->id);
    if (!p.key || !p.name || !p.layer)
        return loader_no_memory(l);
    if (reading_make(&r, im_bytes_of(p.name))) {
        r.len = without_bracket(&r);
        p.is_wide = is_wide_name(reading_bytes(&r)) ||
                    sqlite3_column_double(stmt, COL_AREA) > WIDE_KM2;
    }
    im_buf_append(&g->places, &p, sizeof p);
    if (g->places.failed)
        return loader_no_memory(l);
    struct naming naming = {.g = g, .place = g->n_places++, .division = p.division};
    add_place_name(&naming, im_bytes_of(p.name), NAME_WHOLE);
    add_place_name(&naming, loader_text(stmt, COL_NAME_EN), NAME_OTHER);
    while (loader_next_part(&aliases, &part))
        add_place_name(&naming, part, NAME_OTHER);
    while (loader_next_part(&former, &part))
        add_place_name(&naming, part, NAME_OTHER);
    *stop = naming.is_full;
    return IM_OK;
}

enum im_code load_places(struct loader *l, const char *except_layer)
{
    struct gazetteer *g = l->g;
    enum im_code rc = IM_OK;

    for (size_t i = 0; rc == IM_OK && i < l->n_tables; i++) {
        const struct layer_schema *s = l->tables[i].schema;

        if (loader_is_places(s) && s != l->divisions &&
            g->place_names.n < GAZETTEER_MAX_NAMES &&
            !(except_layer && strcmp(s->id, except_layer) == 0))
            rc = loader_each_row(l, s, "ORDER BY fid", take_place);
    }
    if (rc != IM_OK)
        return rc;
    if (g->place_names.text.failed || g->place_names.entries.failed ||
        !name_table_finish(&g->place_names))
        return loader_no_memory(l);
    return IM_OK;
}
