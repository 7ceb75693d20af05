/* SPDX-License-Identifier: Apache-2.0 */
/* Names, seats and outlines out of the database. */
#include "gazetteer_internal.h"

#include <engine/schema.h>
#include <engine/text.h>
#include <layers/sql.h>
#include <layers/store.h>

#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_LAYERS = 1000,
    MAX_ARENA = 512 << 20,    /* names, keys, outlines */
    MAX_SCHEMAS = 256 << 20,  /* while loading */
    MAX_GEOMETRY = 256 << 20, /* one row's, while loading */
    MIN_LOCAL_BYTES = 9,      /* three Chinese characters */
    MIN_LATIN_BYTES = 4
};
/* An area of more than this many km2 reaches further than 2 km from its middle. */
#define WIDE_KM2 12.0

struct table {
    const struct layer_schema *schema;
    int64_t n_rows;
};

struct loader {
    sqlite3 *db;
    struct gazetteer *g;
    struct im_arena *schemas;
    struct im_arena *scratch; /* one row */
    struct table *tables;
    size_t n_tables;
    const struct layer_schema *divisions; /* NULL: none */
    struct im_buf list;                   /* struct division */
    struct im_buf former;                 /* struct former_code */
    struct im_error *err;
};

static enum im_code no_memory(struct loader *l)
{
    im_fail(l->err, IM_ENOMEM, "place names: out of memory");
    return im_zh(l->err, IM_ENOMEM, "地名：内存不足");
}

static struct im_bytes column_text(sqlite3_stmt *stmt, int column)
{
    return im_bytes_of(sql_text(stmt, column));
}

static const char *keep(struct loader *l, const char *text)
{
    return im_arena_strdup(l->g->arena, im_bytes_of(text));
}

/* ---- which layers ---- */

static bool is_places(const struct layer_schema *s)
{
    return s->names_places && !s->is_internal && s->geometry != SCHEMA_NONE &&
           s->roles.name_zh != SCHEMA_NO_FIELD;
}

/* The layer of divisions is the one whose key is its adcode (engine/query/place.c). */
static bool is_divisions(const struct layer_schema *s)
{
    return is_places(s) && s->geometry == SCHEMA_POINT && s->roles.adcode == s->key;
}

static int by_size(const void *a, const void *b)
{
    const struct table *x = a;
    const struct table *y = b;

    if (x->n_rows != y->n_rows)
        return x->n_rows < y->n_rows ? -1 : 1;
    return strcmp(x->schema->id, y->schema->id);
}

static enum im_code take_table(struct loader *l, struct im_bytes definition)
{
    struct im_error ignored = {0};
    struct table *t = &l->tables[l->n_tables];
    enum im_code rc;

    /* a definition of a newer innomap is no reason to place nothing at all */
    rc = schema_parse(definition, l->schemas, &t->schema, &ignored);
    if (rc == IM_ENOMEM)
        return no_memory(l);
    if (rc != IM_OK || (!is_places(t->schema) && !schema_is_outlines(t->schema)))
        return IM_OK;
    rc = sql_integer(l->db, &t->n_rows, l->err, "SELECT count(*) FROM \"%w\"",
                     t->schema->id);
    if (rc != IM_OK)
        return rc;
    if (is_divisions(t->schema) && !l->divisions)
        l->divisions = t->schema;
    l->n_tables++;
    return IM_OK;
}

/* Small layers first: they are the ones that people made, should the names be too many.
 */
static enum im_code read_catalog(struct loader *l)
{
    sqlite3_stmt *stmt = NULL;
    int64_t has_catalog = 0;
    bool row = false;
    enum im_code rc =
        sql_integer(l->db, &has_catalog, l->err,
                    "SELECT count(*) FROM sqlite_master WHERE name = 'innomap_layers'");

    if (rc != IM_OK || !has_catalog)
        return rc;
    l->tables = im_arena_calloc(l->schemas, MAX_LAYERS, sizeof *l->tables);
    if (!l->tables)
        return no_memory(l);
    rc = sql_prepare(l->db, &stmt, l->err,
                     "SELECT definition FROM innomap_layers ORDER BY id");
    while (rc == IM_OK && l->n_tables < MAX_LAYERS &&
           (rc = sql_step(stmt, &row, l->err)) == IM_OK && row)
        rc = take_table(l, column_text(stmt, 0));
    sqlite3_finalize(stmt);
    if (rc == IM_OK && l->n_tables)
        qsort(l->tables, l->n_tables, sizeof *l->tables, by_size);
    return rc;
}

/* ---- rows ---- */

static const char *field_name(const struct layer_schema *s, int field)
{
    return field == SCHEMA_NO_FIELD ? "" : s->fields[field].name;
}

static int field_named(const struct layer_schema *s, const char *name)
{
    return schema_field_index(s, im_bytes_of(name));
}

/* A column, or NULL where the layer has none. */
static void select_field(struct im_buf *sql, const struct layer_schema *s, int field)
{
    if (field == SCHEMA_NO_FIELD)
        im_buf_text(sql, "NULL,");
    else
        im_buf_printf(sql, "\"%s\",", field_name(s, field)); /* [a-z][a-z0-9_]* */
}

enum {
    COL_KEY,
    COL_NAME,
    COL_NAME_EN,
    COL_ALIASES,
    COL_FORMER,
    COL_PRECISION,
    COL_ADCODE,
    COL_CITY,
    COL_DISTRICT,
    COL_FORMER_CODES,
    COL_AREA,
    COL_GEOM
};

static enum im_code select_rows(struct loader *l,
                                const struct layer_schema *s,
                                const char *where,
                                sqlite3_stmt **out)
{
    const int fields[] = {s->key,
                          s->roles.name_zh,
                          s->roles.name_en,
                          s->roles.aliases,
                          s->roles.former,
                          s->roles.precision,
                          s->roles.adcode,
                          s->roles.city,
                          field_named(s, "district"),
                          field_named(s, "former_codes"),
                          field_named(s, "area_km2")};
    struct im_buf sql = {.max = 1 << 16};
    enum im_code rc;

    im_buf_text(&sql, "SELECT ");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        select_field(&sql, s, fields[i]);
    im_buf_printf(&sql, "geom FROM \"%s\" %s", s->id, where);
    im_buf_byte(&sql, '\0');
    rc = im_buf_check(&sql, "place names", l->err);
    if (rc == IM_OK)
        rc = sql_prepare(l->db, out, l->err, "%s", (const char *)sql.data);
    im_buf_release(&sql);
    return rc;
}

/* Call `take` for each row; it sets *stop when nothing more is wanted. */
static enum im_code each_row(struct loader *l,
                             const struct layer_schema *s,
                             const char *where,
                             enum im_code (*take)(struct loader *,
                                                  const struct layer_schema *,
                                                  sqlite3_stmt *,
                                                  bool *stop))
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    bool stop = false;
    enum im_code rc = select_rows(l, s, where, &stmt);

    while (rc == IM_OK && !stop && (rc = sql_step(stmt, &row, l->err)) == IM_OK &&
           row) {
        im_arena_reset(l->scratch);
        rc = take(l, s, stmt, &stop);
    }
    sqlite3_finalize(stmt);
    return rc;
}

static bool geometry_of(struct im_arena *arena, sqlite3_stmt *stmt, struct geom *out)
{
    struct im_error ignored = {0};
    struct im_bytes blob = {sqlite3_column_blob(stmt, COL_GEOM),
                            (size_t)sqlite3_column_bytes(stmt, COL_GEOM)};

    return blob.data && blob_decode(blob, arena, out, &ignored) == IM_OK &&
           out->kind != GEOM_EMPTY;
}

/* A point, or the middle of the box with how far that reaches as `reach_m`. */
static bool position_of(
    struct loader *l, sqlite3_stmt *stmt, double *lon, double *lat, double *reach_m)
{
    struct geom geom;
    struct bbox box;

    if (!geometry_of(l->scratch, stmt, &geom))
        return false;
    box = geom_bbox(&geom);
    *lon = (box.min_x + box.max_x) / 2;
    *lat = (box.min_y + box.max_y) / 2;
    *reach_m = geodesic_distance_m(*lon, *lat, box.max_x, box.max_y);
    return true;
}

/* The parts of "张江高科;张江园区". */
static bool next_part(struct im_bytes *list, struct im_bytes *part)
{
    const uint8_t *end;

    if (!list->len)
        return false;
    end = memchr(list->data, ';', list->len);
    part->data = list->data;
    part->len = end ? (size_t)(end - list->data) : list->len;
    list->data += part->len;
    list->len -= part->len;
    if (list->len) {
        list->data++;
        list->len--;
    }
    return true;
}

/* ---- divisions ---- */

static struct division *listed(struct loader *l)
{
    return (struct division *)l->list.data;
}

static size_t n_listed(const struct loader *l)
{
    return l->list.len / sizeof(struct division);
}

static bool is_code(const char *text)
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

    if (!is_code(code))
        return IM_OK;
    d.level = level_of(code);
    d.layer = keep(l, layer);
    d.is.level = levels[d.level];
    d.is.adcode = keep(l, code);
    d.is.name_zh = keep(l, sql_text(stmt, COL_NAME));
    d.is.has_seat = position_of(l, stmt, &d.is.lon, &d.is.lat, &reach_m);
    /* a province that is its own city */
    if (d.level == LEVEL_PROVINCE && *sql_text(stmt, COL_CITY))
        d.is.city = d.is.name_zh;
    if (!d.layer || !d.is.adcode || !d.is.name_zh)
        return no_memory(l);
    im_buf_append(&l->list, &d, sizeof d);
    return l->list.failed ? no_memory(l) : IM_OK;
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
    if (!is_code(code) || level_of(code) != LEVEL_DISTRICT || is_known_code(l, code))
        return IM_OK;
    return add_division(l, s->id, stmt, true);
}

static int by_adcode(const void *a, const void *b)
{
    return strcmp(((const struct division *)a)->is.adcode,
                  ((const struct division *)b)->is.adcode);
}

static uint32_t
with_digits(const struct gazetteer *g, const char *adcode, size_t digits)
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

        d->province = with_digits(g, d->is.adcode, 2);
        d->city = d->level == LEVEL_PROVINCE ? NONE : with_digits(g, d->is.adcode, 4);
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

static enum im_code list_divisions(struct loader *l)
{
    struct gazetteer *g = l->g;
    enum im_code rc = IM_OK;

    if (l->divisions)
        rc = each_row(l, l->divisions, "", take_division);
    for (size_t i = 0; rc == IM_OK && l->divisions && i < l->n_tables; i++) {
        const struct layer_schema *s = l->tables[i].schema;

        if (is_places(s) && s != l->divisions && s->roles.adcode != SCHEMA_NO_FIELD &&
            field_named(s, "district") != SCHEMA_NO_FIELD) {
            char where[2 * SCHEMA_MAX_ID + 32];

            snprintf(where, sizeof where, "WHERE \"%s\" = \"district\"",
                     field_name(s, s->roles.name_zh));
            rc = each_row(l, s, where, take_zone);
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

static struct im_bytes bytes_of(const struct reading *r)
{
    return (struct im_bytes){r->text, r->len};
}

static bool is_latin(struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] >= 0x80)
            return false;
    return true;
}

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

    if (!reading_make(&r, text) || (is_latin(bytes_of(&r)) && r.len < MIN_LATIN_BYTES))
        return;
    name_table_add(&g->division_names, bytes_of(&r), whole, i, NONE);
    bare = without_suffix(bytes_of(&r));
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
    struct im_bytes bare = {r.text, without_suffix(bytes_of(&r))};
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

    while (next_part(&list, &part)) {
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
    struct im_bytes aliases = column_text(stmt, COL_ALIASES);
    struct im_bytes former = column_text(stmt, COL_FORMER);
    const char *name = sql_text(stmt, COL_NAME);
    struct im_bytes part;
    uint32_t i;

    (void)s;
    (void)stop;
    if (!is_code(code) || (i = with_digits(g, code, 6)) == NONE)
        return IM_OK;
    add_division_name(g, i, im_bytes_of(name), NAME_DIVISION, NAME_SHORT);
    add_division_name(g, i, column_text(stmt, COL_NAME_EN), NAME_SHORT, NAME_SHORT);
    while (next_part(&aliases, &part))
        if (!text_ends(part, "政府")) /* the seat, not the division */
            add_division_name(g, i, part,
                              text_ends(part, name) ? NAME_DIVISION : NAME_SHORT,
                              NAME_SHORT);
    while (next_part(&former, &part))
        add_division_name(g, i, part, NAME_FORMER, NAME_FORMER_SHORT);
    add_former_codes(l, i, column_text(stmt, COL_FORMER_CODES));
    return IM_OK;
}

static int by_former_code(const void *a, const void *b)
{
    return strcmp(((const struct former_code *)a)->code,
                  ((const struct former_code *)b)->code);
}

static enum im_code name_divisions(struct loader *l)
{
    struct gazetteer *g = l->g;
    enum im_code rc = IM_OK;

    if (l->divisions)
        rc = each_row(l, l->divisions, "", name_division);
    if (rc != IM_OK)
        return rc;
    for (uint32_t i = 0; i < g->n_divisions; i++)
        if (g->divisions[i].is_zone)
            add_zone_name(g, i);
    if (l->former.failed || g->division_names.text.failed ||
        g->division_names.entries.failed || !name_table_finish(&g->division_names))
        return no_memory(l);
    g->former = (struct former_code *)l->former.data;
    g->n_former = (uint32_t)(l->former.len / sizeof *g->former);
    l->former = (struct im_buf){.max = l->former.max};
    if (g->n_former)
        qsort(g->former, g->n_former, sizeof *g->former, by_former_code);
    return IM_OK;
}

/* ---- outlines ---- */

static enum im_code take_outline(struct loader *l,
                                 const struct layer_schema *s,
                                 sqlite3_stmt *stmt,
                                 bool *stop)
{
    const char *code = sql_text(stmt, COL_ADCODE);
    uint32_t i = is_code(code) ? with_digits(l->g, code, 6) : NONE;
    struct division *d;

    (void)s;
    (void)stop;
    if (i == NONE || (d = &l->g->divisions[i])->has_outline)
        return IM_OK;
    if (!geometry_of(l->g->arena, stmt, &d->outline) || d->outline.kind != GEOM_AREA)
        return IM_OK;
    d->box = geom_bbox(&d->outline);
    if (!bands_build(&d->bands, &d->outline, d->box, l->g->arena, l->scratch))
        return no_memory(l);
    d->has_outline = true;
    return IM_OK;
}

/* Those of the base map (land without islands and sea) last: the first outline of a
 * code counts. */
static enum im_code read_outlines(struct loader *l)
{
    enum im_code rc = IM_OK;

    for (int base = 0; base < 2; base++)
        for (size_t i = 0; rc == IM_OK && i < l->n_tables; i++) {
            const struct layer_schema *s = l->tables[i].schema;

            if (schema_is_outlines(s) && s->is_base == (base == 1))
                rc = each_row(l, s, "", take_outline);
        }
    return rc;
}

/* ---- places ---- */

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
    size_t least = is_latin(text) ? MIN_LATIN_BYTES : SHORT_NAME_BYTES;

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

    if (!reading_make(&r, text) || text_is_generic(bytes_of(&r), false))
        return;
    add_name(n, bytes_of(&r), kind, NONE);
    if (is_latin(bytes_of(&r)))
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
    add_zone_forms(n, bytes_of(&r), front, scope);
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
    context_take_code(g, column_text(stmt, COL_ADCODE), &c);
    if (c.city == NONE)
        context_take_column(g, column_text(stmt, COL_CITY), true, &c);
    if (c.district == NONE && c.city != NONE)
        context_take_column(g, column_text(stmt, COL_DISTRICT), false, &c);
    if (c.is_conflict || c.is_foreign || c.city == NONE)
        return division_at(g, lon, lat);
    return context_finest(&c);
}

static enum precision precision_of(sqlite3_stmt *stmt, double reach_m)
{
    enum precision precision;

    if (precision_parse(column_text(stmt, COL_PRECISION), &precision))
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
    struct im_bytes aliases = column_text(stmt, COL_ALIASES);
    struct im_bytes former = column_text(stmt, COL_FORMER);
    struct im_bytes part;
    struct place p = {0};
    double reach_m = 0;
    struct reading r;

    if (!position_of(l, stmt, &p.lon, &p.lat, &reach_m))
        return IM_OK;
    p.precision = precision_of(stmt, reach_m);
    if (p.precision >= PRECISION_CITY)
        return IM_OK;
    p.division = division_of_row(l, stmt, p.lon, p.lat);
    p.key = keep(l, sql_text(stmt, COL_KEY));
    p.name = keep(l, sql_text(stmt, COL_NAME));
    p.layer = keep(l, s->id);
    if (!p.key || !p.name || !p.layer)
        return no_memory(l);
    if (reading_make(&r, im_bytes_of(p.name))) {
        r.len = without_bracket(&r);
        p.is_wide = is_wide_name(bytes_of(&r)) ||
                    sqlite3_column_double(stmt, COL_AREA) > WIDE_KM2;
    }
    im_buf_append(&g->places, &p, sizeof p);
    if (g->places.failed)
        return no_memory(l);
    struct naming naming = {.g = g, .place = g->n_places++, .division = p.division};
    add_place_name(&naming, im_bytes_of(p.name), NAME_WHOLE);
    add_place_name(&naming, column_text(stmt, COL_NAME_EN), NAME_OTHER);
    while (next_part(&aliases, &part))
        add_place_name(&naming, part, NAME_OTHER);
    while (next_part(&former, &part))
        add_place_name(&naming, part, NAME_OTHER);
    *stop = naming.is_full;
    return IM_OK;
}

static enum im_code read_places(struct loader *l, const char *except_layer)
{
    struct gazetteer *g = l->g;
    enum im_code rc = IM_OK;

    for (size_t i = 0; rc == IM_OK && i < l->n_tables; i++) {
        const struct layer_schema *s = l->tables[i].schema;

        if (is_places(s) && s != l->divisions &&
            g->place_names.n < GAZETTEER_MAX_NAMES &&
            !(except_layer && strcmp(s->id, except_layer) == 0))
            rc = each_row(l, s, "ORDER BY fid", take_place);
    }
    if (rc != IM_OK)
        return rc;
    if (g->place_names.text.failed || g->place_names.entries.failed ||
        !name_table_finish(&g->place_names))
        return no_memory(l);
    return IM_OK;
}

enum im_code gazetteer_open(sqlite3 *db,
                            const char *except_layer,
                            struct gazetteer **out,
                            struct im_error *err)
{
    enum im_code rc = IM_OK;
    struct loader l = {.db = db,
                       .schemas = im_arena_new(MAX_SCHEMAS),
                       .scratch = im_arena_new(MAX_GEOMETRY),
                       .g = calloc(1, sizeof *l.g),
                       .list = {.max = 1 << 26},
                       .former = {.max = 1 << 24},
                       .err = err};

    if (!l.g || !l.schemas || !l.scratch) {
        rc = no_memory(&l);
        goto done;
    }
    l.g->arena = im_arena_new(MAX_ARENA);
    l.g->places.max = SIZE_MAX / 2;
    l.g->division_names =
        (struct name_table){.text.max = UINT32_MAX, .entries.max = UINT32_MAX};
    l.g->place_names = l.g->division_names;
    if (!l.g->arena) {
        rc = no_memory(&l);
        goto done;
    }
    rc = read_catalog(&l);
    if (rc == IM_OK)
        rc = list_divisions(&l);
    if (rc == IM_OK)
        rc = name_divisions(&l);
    if (rc == IM_OK)
        rc = read_outlines(&l);
    if (rc == IM_OK)
        rc = read_places(&l, except_layer);
    if (rc != IM_OK)
        goto done;
    *out = l.g;
    l.g = NULL;
done:
    gazetteer_free(l.g);
    im_buf_release(&l.list);
    im_buf_release(&l.former);
    im_arena_free(l.scratch);
    im_arena_free(l.schemas);
    return rc == IM_OK ? rc : im_context(err, "place names");
}
