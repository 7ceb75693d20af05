/* SPDX-License-Identifier: Apache-2.0 */
/* Divisions out of the database, and what people call them. */
#include "gazetteer_load.h"

#include <engine/text.h>

#include <stdlib.h>

static struct division *listed(struct loader *l)
{
    return (struct division *)l->list.data;
}

static size_t n_listed(const struct loader *l)
{
    return l->list.len / sizeof(struct division);
}

bool division_is_code(const char *text)
{
    return strlen(text) == 6 && strspn(text, "0123456789") == 6;
}

static bool is_known_code(struct loader *l, const char *code)
{
    const struct former_code *former = (const struct former_code *)l->former.data;

    for (size_t i = 0; i < n_listed(l); i++)
        if (strcmp(listed(l)[i].is.adcode, code) == 0)
            return true;
    for (size_t i = 0; i < l->former.len / sizeof *former; i++)
        if (strcmp(former[i].code, code) == 0)
            return true;
    return false;
}

static enum division_level level_of(const char *code)
{
    return strcmp(code + 2, "0000") == 0 ? LEVEL_PROVINCE
           : strcmp(code + 4, "00") == 0 ? LEVEL_CITY
                                         : LEVEL_DISTRICT;
}

static enum im_code
add_division(struct loader *l, const char *layer, sqlite3_stmt *stmt, bool is_zone)
{
    static const char *const levels[] = {"province", "city", "district"};
    const char *code = sql_text(stmt, COL_ADCODE);
    struct division d = {.is = {.province = "", .city = "", .district = ""},
                         .is_zone = is_zone,
                         .province = NONE,
                         .city = NONE};
    double reach_m = 0;

    if (!division_is_code(code))
        return IM_OK;
    d.level = level_of(code);
    d.layer = loader_keep(l, layer);
    d.is.level = levels[d.level];
    d.is.adcode = loader_keep(l, code);
    d.is.name_zh = loader_keep(l, sql_text(stmt, COL_NAME));
    d.is.has_seat = loader_position(l, stmt, &d.is.lon, &d.is.lat, &reach_m);
    /* a province that is its own city */
    if (d.level == LEVEL_PROVINCE && *sql_text(stmt, COL_CITY))
        d.is.city = d.is.name_zh;
    if (!d.layer || !d.is.adcode || !d.is.name_zh)
        return loader_no_memory(l);
    im_buf_append(&l->list, &d, sizeof d);
    return l->list.failed ? loader_no_memory(l) : IM_OK;
}

static enum im_code take_division(struct loader *l,
                                  const struct layer_schema *s,
                                  sqlite3_stmt *stmt,
                                  bool *stop)
{
    (void)stop;
    return add_division(l, s->id, stmt, false);
}

/* A code that is no division, with the place that the code is of. */
static enum im_code take_zone(struct loader *l,
                              const struct layer_schema *s,
                              sqlite3_stmt *stmt,
                              bool *stop)
{
    const char *code = sql_text(stmt, COL_ADCODE);

    (void)stop;
    if (!division_is_code(code) || level_of(code) != LEVEL_DISTRICT ||
        is_known_code(l, code))
        return IM_OK;
    return add_division(l, s->id, stmt, true);
}

static int by_adcode(const void *a, const void *b)
{
    return strcmp(((const struct division *)a)->is.adcode,
                  ((const struct division *)b)->is.adcode);
}

uint32_t
division_with_digits(const struct gazetteer *g, const char *adcode, size_t digits)
{
    char code[7] = "000000";
    bool was_renamed;
    uint32_t found;

    memcpy(code, adcode, digits);
    found =
        division_by_code(g, (struct im_bytes){(const uint8_t *)code, 6}, &was_renamed);
    return found != NONE && strcmp(g->divisions[found].is.adcode, code) == 0 ? found
                                                                             : NONE;
}

/* Codes say what lies in what; a municipality is the city of its districts. */
static void link_divisions(struct gazetteer *g)
{
    for (uint32_t i = 0; i < g->n_divisions; i++) {
        struct division *d = &g->divisions[i];
        bool is_municipality;

        d->province = division_with_digits(g, d->is.adcode, 2);
        d->city = d->level == LEVEL_PROVINCE ? NONE
                                             : division_with_digits(g, d->is.adcode, 4);
        is_municipality = d->province != NONE && *g->divisions[d->province].is.city;
        if (d->city == NONE && is_municipality)
            d->city = d->province;
        if (d->province != NONE)
            d->is.province = g->divisions[d->province].is.name_zh;
        if (d->level == LEVEL_DISTRICT)
            d->is.district = d->is.name_zh;
    }
    for (uint32_t i = 0; i < g->n_divisions; i++)
        if (g->divisions[i].city != NONE)
            g->divisions[i].is.city = g->divisions[g->divisions[i].city].is.name_zh;
}

enum im_code load_divisions(struct loader *l)
{
    struct gazetteer *g = l->g;
    enum im_code rc = IM_OK;

    if (l->divisions)
        rc = loader_each_row(l, l->divisions, "", take_division);
    for (size_t i = 0; rc == IM_OK && l->divisions && i < l->n_tables; i++) {
        const struct layer_schema *s = l->tables[i].schema;

        if (loader_is_places(s) && s != l->divisions &&
            s->roles.adcode != SCHEMA_NO_FIELD &&
            loader_field(s, "district") != SCHEMA_NO_FIELD) {
            char where[2 * SCHEMA_MAX_ID + 32];

            snprintf(where, sizeof where, "WHERE \"%s\" = \"district\"",
                     s->fields[s->roles.name_zh].name);
            rc = loader_each_row(l, s, where, take_zone);
        }
    }
    if (rc != IM_OK || !n_listed(l))
        return rc;
    g->n_divisions = (uint32_t)n_listed(l);
    g->divisions = (struct division *)l->list.data; /* malloc's, from here */
    l->list = (struct im_buf){.max = l->list.max};
    qsort(g->divisions, g->n_divisions, sizeof *g->divisions, by_adcode);
    link_divisions(g);
    return IM_OK;
}

/* ---- their names ---- */

static size_t without_suffix(struct im_bytes folded)
{
    static const char *const suffixes[] = {"自治县", "新区", "地区", "省", NULL};

    for (size_t i = 0; suffixes[i]; i++)
        if (text_ends(folded, suffixes[i]) &&
            folded.len >= strlen(suffixes[i]) + SHORT_NAME_BYTES)
            return folded.len - strlen(suffixes[i]);
    return text_without_suffix(folded);
}

static void add_division_name(struct gazetteer *g,
                              uint32_t i,
                              struct im_bytes text,
                              enum name_kind whole,
                              enum name_kind part)
{
    struct reading r;
    size_t bare;

    if (!reading_make(&r, text) ||
        (text_is_latin(reading_bytes(&r)) && r.len < MIN_LATIN_BYTES))
        return;
    name_table_add(&g->division_names, reading_bytes(&r), whole, i, NONE);
    bare = without_suffix(reading_bytes(&r));
    if (bare < r.len && bare >= SHORT_NAME_BYTES)
        name_table_add(&g->division_names, (struct im_bytes){r.text, bare}, part, i,
                       NONE);
}

/* "工业园区" in its city */
static void add_zone_name(struct gazetteer *g, uint32_t i)
{
    struct reading r;
    uint32_t city = g->divisions[i].city;
    struct im_bytes rest;

    add_division_name(g, i, im_bytes_of(g->divisions[i].is.name_zh), NAME_DIVISION,
                      NAME_SHORT);
    if (city == NONE || !reading_make(&r, im_bytes_of(g->divisions[city].is.name_zh)))
        return;
    struct im_bytes bare = {r.text, without_suffix(reading_bytes(&r))};
    struct reading zone;
    if (!reading_make(&zone, im_bytes_of(g->divisions[i].is.name_zh)) ||
        zone.len <= bare.len || memcmp(zone.text, bare.data, bare.len) != 0)
        return;
    rest = (struct im_bytes){zone.text + bare.len, zone.len - bare.len};
    if (rest.len >= MIN_LOCAL_BYTES)
        name_table_add(&g->division_names, rest, NAME_LOCAL, i, NONE);
}

static void add_former_codes(struct loader *l, uint32_t i, struct im_bytes list)
{
    struct im_bytes part;

    while (loader_next_part(&list, &part)) {
        struct former_code former = {.division = i};

        if (part.len != 6)
            continue;
        memcpy(former.code, part.data, 6);
        im_buf_append(&l->former, &former, sizeof former);
    }
}

static enum im_code name_division(struct loader *l,
                                  const struct layer_schema *s,
                                  sqlite3_stmt *stmt,
                                  bool *stop)
{
    struct gazetteer *g = l->g;
    const char *code = sql_text(stmt, COL_ADCODE);
    struct im_bytes aliases = loader_text(stmt, COL_ALIASES);
    struct im_bytes former = loader_text(stmt, COL_FORMER);
    const char *name = sql_text(stmt, COL_NAME);
    struct im_bytes part;
    uint32_t i;

    (void)s;
    (void)stop;
    if (!division_is_code(code) || (i = division_with_digits(g, code, 6)) == NONE)
        return IM_OK;
    add_division_name(g, i, im_bytes_of(name), NAME_DIVISION, NAME_SHORT);
    add_division_name(g, i, loader_text(stmt, COL_NAME_EN), NAME_SHORT, NAME_SHORT);
    while (loader_next_part(&aliases, &part))
        if (!text_ends(part, "政府")) /* the seat, not the division */
            add_division_name(g, i, part,
                              text_ends(part, name) ? NAME_DIVISION : NAME_SHORT,
                              NAME_SHORT);
    while (loader_next_part(&former, &part))
        add_division_name(g, i, part, NAME_FORMER, NAME_FORMER_SHORT);
    add_former_codes(l, i, loader_text(stmt, COL_FORMER_CODES));
    return IM_OK;
}

static int by_former_code(const void *a, const void *b)
{
    return strcmp(((const struct former_code *)a)->code,
                  ((const struct former_code *)b)->code);
}

enum im_code load_division_names(struct loader *l)
{
    struct gazetteer *g = l->g;
    enum im_code rc = IM_OK;

    if (l->divisions)
        rc = loader_each_row(l, l->divisions, "", name_division);
    if (rc != IM_OK)
        return rc;
    for (uint32_t i = 0; i < g->n_divisions; i++)
        if (g->divisions[i].is_zone)
            add_zone_name(g, i);
    if (l->former.failed || g->division_names.text.failed ||
        g->division_names.entries.failed || !name_table_finish(&g->division_names))
        return loader_no_memory(l);
    g->former = (struct former_code *)l->former.data;
    g->n_former = (uint32_t)(l->former.len / sizeof *g->former);
    l->former = (struct im_buf){.max = l->former.max};
    if (g->n_former)
        qsort(g->former, g->n_former, sizeof *g->former, by_former_code);
    return IM_OK;
}
