/* SPDX-License-Identifier: Apache-2.0 */
/* Which groups of an aggregate a row counts in. */
#include "analysis/groups.h"

#include "atlas/layer.h"
#include "geom/check.h"

#include <engine/geom_prepared.h>

#include <geodesic.h>
#include <math.h>
#include <stdlib.h>

enum {
    MAX_BYTES = 1 << 28,
    FIRST_SLOTS = 256,
    UNDECLARED = INT32_MAX /* ordinal of values that the schema does not list */
};

static enum im_code no_memory(struct im_error *err)
{
    return im_fail(err, IM_ENOMEM, "aggregate: out of memory");
}

/* ---- the table of groups ---- */

static void put_slot(struct groups *g, uint32_t group)
{
    uint32_t mask = g->n_slots - 1;
    uint32_t i = (uint32_t)atlas_hash_text(group_at(g, group)->answer.code) & mask;

    while (g->slots[i])
        i = (i + 1) & mask;
    g->slots[i] = group + 1;
}

static bool grow_slots(struct groups *g)
{
    uint32_t n = g->n_slots ? 2 * g->n_slots : FIRST_SLOTS;
    uint32_t *slots = im_arena_calloc(g->arena, n, sizeof *slots);

    if (!slots)
        return false;
    g->slots = slots;
    g->n_slots = n;
    for (uint32_t i = 0; i < group_count(g); i++)
        put_slot(g, i);
    return true;
}

static enum im_code too_many(struct im_error *err)
{
    im_fail(err, IM_ELIMIT, "more than %d groups; group by something coarser",
            GROUPS_MAX);
    im_about(err, "by");
    return im_zh(err, IM_ELIMIT, "分组超过 %d 个，请换用更粗的分组方式", GROUPS_MAX);
}

/* A new group with this code, which is copied. UINT32_MAX: g->rc says why not. */
static uint32_t add_group(struct groups *g, struct im_bytes code)
{
    uint32_t n = group_count(g);
    struct group group = {.ordinal = n,
                          .answer = {.title = {"", ""},
                                     .area_km2 = (double)NAN,
                                     .per_100km2 = (double)NAN,
                                     .indicator = (double)NAN,
                                     .per_indicator = (double)NAN}};
    const char *copy = im_arena_strdup(g->arena, code);

    if (n >= GROUPS_MAX) {
        g->rc = too_many(g->err);
        return UINT32_MAX;
    }
    group.answer.code = im_bytes_of(copy);
    if (copy && (2 * (n + 1) <= g->n_slots || grow_slots(g)))
        im_buf_append(&g->all, &group, sizeof group);
    if (group_count(g) == n) {
        g->rc = no_memory(g->err);
        return UINT32_MAX;
    }
    put_slot(g, n);
    return n;
}

static uint32_t find_group(const struct groups *g, struct im_bytes code)
{
    uint32_t mask = g->n_slots - 1;

    if (!g->n_slots)
        return UINT32_MAX;
    for (uint32_t i = (uint32_t)atlas_hash_text(code) & mask; g->slots[i];
         i = (i + 1) & mask)
        if (im_bytes_equal(group_at(g, g->slots[i] - 1)->answer.code, code))
            return g->slots[i] - 1;
    return UINT32_MAX;
}

static bool put_id(struct groups *g, uint32_t id)
{
    if (id == UINT32_MAX)
        return false;
    for (uint32_t i = 0; i < g->n_ids; i++)
        if (g->ids[i] == id)
            return true; /* a row counts once in a group */
    if (g->n_ids == g->cap_ids) {
        uint32_t cap = g->cap_ids ? 2 * g->cap_ids : 16;
        uint32_t *ids = realloc(g->ids, cap * sizeof *ids);

        if (!ids) {
            g->rc = no_memory(g->err);
            return false;
        }
        g->ids = ids;
        g->cap_ids = cap;
    }
    g->ids[g->n_ids++] = id;
    return true;
}

/* ---- divisions ---- */

static struct schema_title
copy_name(struct groups *g, const struct atlas_layer *layer, uint32_t feature)
{
    const char *zh = im_arena_strdup(g->arena, query_name(layer, feature, LANG_ZH));
    const char *en = im_arena_strdup(g->arena, query_name(layer, feature, LANG_EN));

    if (!zh || !en)
        g->rc = no_memory(g->err);
    return (struct schema_title){zh ? zh : "", en ? en : ""};
}

static void set_outline(struct groups *g, struct group *group, uint32_t code)
{
    const struct atlas_layer *outlines = g->divisions.outlines;
    uint32_t outline;

    group->division = code;
    if (division_find(outlines, code, &outline) && outline < outlines->n_placed) {
        group->answer.outline_layer = outlines;
        group->answer.outline = outline;
    }
}

/* UINT32_MAX: no such division is known, or g->rc. */
static uint32_t division_group(struct groups *g, uint32_t code)
{
    char text[16];
    int len = snprintf(text, sizeof text, "%06u", code);
    struct im_bytes bytes = {(const uint8_t *)text, (size_t)len};
    uint32_t id = find_group(g, bytes);
    const struct atlas_layer *named = g->divisions.divisions;
    uint32_t feature;

    if (id != UINT32_MAX)
        return id;
    if (!division_find(named, code, &feature)) {
        named = g->divisions.outlines;
        if (!division_find(named, code, &feature))
            return UINT32_MAX;
    }
    id = add_group(g, bytes);
    if (id != UINT32_MAX) {
        group_at(g, id)->answer.title = copy_name(g, named, feature);
        set_outline(g, group_at(g, id), code);
    }
    return id;
}

static bool find_division(struct groups *g, uint32_t feature)
{
    uint32_t code = division_of(&g->divisions, g->layer, feature, g->request->level);
    uint32_t id = code ? division_group(g, code) : UINT32_MAX;

    g->is_unknown = id == UINT32_MAX;
    return g->is_unknown ? g->rc == IM_OK : put_id(g, id);
}

/* ---- fields ---- */

static struct schema_title
title_of(const struct schema_field *field, struct im_bytes code, uint32_t *ordinal)
{
    for (size_t i = 0; i < field->n_codes; i++)
        if (im_bytes_equal(im_bytes_of(field->codes[i].code), code)) {
            *ordinal = (uint32_t)i;
            return field->codes[i].title;
        }
    return (struct schema_title){NULL, NULL};
}

static uint32_t value_group(struct groups *g, struct im_bytes value)
{
    const struct schema_field *field = &g->layer->schema->fields[g->field];
    uint32_t id = find_group(g, value);
    uint32_t ordinal = UNDECLARED;
    struct group *group;

    if (id != UINT32_MAX)
        return id;
    id = add_group(g, value);
    if (id == UINT32_MAX)
        return id;
    group = group_at(g, id);
    group->answer.title = title_of(field, value, &ordinal);
    if (!group->answer.title.zh) { /* free text is its own title */
        const char *text = (const char *)group->answer.code.data;

        group->answer.title = (struct schema_title){text, ""};
    }
    group->ordinal = ordinal;
    return id;
}

static bool put_values(struct groups *g, struct im_bytes list, bool is_list)
{
    for (size_t at = 0; at < list.len;) {
        const uint8_t *end =
            is_list ? memchr(list.data + at, ';', list.len - at) : NULL;
        size_t len = end ? (size_t)(end - (list.data + at)) : list.len - at;
        struct im_bytes value = {list.data + at, len};

        at += len + 1;
        if (len && !put_id(g, value_group(g, value)))
            return false;
    }
    return true;
}

/* Keep what was found for a dictionary code, or answer from what was kept. */
static bool recall(struct groups *g, uint32_t code)
{
    const struct group_ids *known = &g->memo[code];

    if (!known->is_known)
        return false;
    g->is_unknown = known->is_open;
    for (uint32_t i = 0; i < known->n; i++)
        if (!put_id(g, known->ids[i]))
            break;
    return true;
}

static void remember(struct groups *g, uint32_t code)
{
    uint32_t *ids = im_arena_calloc(g->arena, g->n_ids + 1, sizeof *ids);

    if (!ids)
        return; /* only slower */
    if (g->n_ids)
        memcpy(ids, g->ids, g->n_ids * sizeof *ids);
    g->memo[code] = (struct group_ids){ids, g->n_ids, true, g->is_unknown};
}

static bool find_text(struct groups *g, uint32_t feature)
{
    uint32_t code = atlas_code(g->layer, feature, g->field);

    if (code == ATLAS_NULL_CODE) {
        g->is_unknown = true;
        return true;
    }
    if (recall(g, code))
        return g->rc == IM_OK;
    if (!put_values(g, atlas_text(g->layer, feature, g->field),
                    g->layer->schema->fields[g->field].list))
        return false;
    g->is_unknown = g->n_ids == 0;
    remember(g, code);
    return true;
}

static bool put_number(struct groups *g, double number)
{
    char text[IM_NUMBER_MAX];
    size_t len = im_format_exact(text, number);
    struct im_bytes value = {(const uint8_t *)text, len};
    uint32_t id = find_group(g, value);

    if (id == UINT32_MAX) {
        id = add_group(g, value);
        if (id == UINT32_MAX)
            return false;
        struct group *group = group_at(g, id);
        group->number = number;
        group->ordinal = UNDECLARED;
        group->answer.title.zh = (const char *)group->answer.code.data;
    }
    return put_id(g, id);
}

static bool find_number(struct groups *g, uint32_t feature)
{
    double number;

    if (!atlas_number(g->layer, feature, g->field, &number)) {
        g->is_unknown = true;
        return true;
    }
    return put_number(g, number == 0 ? 0 : number); /* -0 is 0 */
}

/* "year" is the year of the layer's `time` role where no field is called so. */
static int field_of(const struct layer_schema *schema, struct im_bytes name)
{
    int field = schema_field_index(schema, name);

    if (field == SCHEMA_NO_FIELD && im_bytes_equal(name, im_bytes_of("year")))
        return schema->roles.time;
    return field;
}

static bool is_instant(const struct groups *g)
{
    const struct schema_field *field = &g->layer->schema->fields[g->field];

    return im_bytes_equal(g->request->field, im_bytes_of("year")) &&
           (field->format == FORMAT_DATE || field->format == FORMAT_DATETIME);
}

/* Of "2016-05-01". */
static bool find_year_of_date(struct groups *g, uint32_t feature)
{
    struct im_bytes date = atlas_text(g->layer, feature, g->field);
    int64_t year;

    if (date.len < 4 || !im_parse_int64((struct im_bytes){date.data, 4}, &year)) {
        g->is_unknown = true;
        return true;
    }
    return put_number(g, (double)year);
}

static bool find_field(struct groups *g, uint32_t feature)
{
    if (g->field == SCHEMA_NO_FIELD) {
        g->is_unknown = true;
        return true;
    }
    if (is_instant(g))
        return find_year_of_date(g, feature);
    return g->layer->schema->fields[g->field].type == FIELD_TEXT
               ? find_text(g, feature)
               : find_number(g, feature);
}

/* ---- layers, all ---- */

static bool find_layer(struct groups *g)
{
    struct im_bytes code = im_bytes_of(g->layer->schema->id);
    uint32_t id = find_group(g, code);

    if (id == UINT32_MAX) {
        id = add_group(g, code);
        if (id == UINT32_MAX)
            return false;
        group_at(g, id)->answer.title = g->layer->schema->title;
    }
    return put_id(g, id);
}

/* Of one division, where just that is asked for. */
static bool add_total(struct groups *g)
{
    const struct query_area *area = g->request->rows->area;
    uint32_t id = add_group(g, (struct im_bytes){0});

    if (id == UINT32_MAX)
        return false;
    if (area && area->kind == QUERY_IN_DIVISIONS && area->n_adcodes == 1 &&
        area->margin_m == 0)
        set_outline(g, group_at(g, id), division_code(area->adcodes[0]));
    return true;
}

/* ---- areas ---- */

static bool add_member(struct groups *g, uint32_t feature)
{
    const struct atlas_layer *areas = g->request->areas;
    struct area_member *m = &g->members[g->n_members];
    char number[IM_NUMBER_MAX];
    struct im_bytes code;
    uint32_t id;

    *m = (struct area_member){.feature = feature, .geom = atlas_geom(areas, feature)};
    m->has_shape = m->geom.kind == GEOM_AREA;
    m->code = division_shown(&g->divisions, areas, feature);
    if (m->code)
        code = atlas_text(areas, feature, areas->schema->roles.adcode);
    else
        atlas_key(areas, feature, number, &code);
    id = add_group(g, code);
    if (id == UINT32_MAX)
        return false;
    struct group *group = group_at(g, id);
    group->answer.title = copy_name(g, areas, feature);
    if (m->code)
        set_outline(g, group, m->code);
    if (m->has_shape) {
        group->answer.outline_layer = areas;
        group->answer.outline = feature;
    }
    if (m->code)
        g->coded[g->n_coded++] = g->n_members;
    g->member_of[feature] = g->n_members++;
    return g->rc == IM_OK;
}

struct row {
    int64_t fid;
    uint32_t feature;
};

static int by_fid(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;

    return (x->fid > y->fid) - (x->fid < y->fid);
}

/* In the order in which they came. */
static enum im_code add_members(struct groups *g, struct im_error *err)
{
    const struct atlas_layer *areas = g->request->areas;
    struct row *rows;

    if (!areas || areas->schema->is_internal) {
        im_fail(err, IM_EARG, "groups by areas need a layer of areas");
        return im_zh(err, IM_EARG, "按区域分组需要一个面图层");
    }
    if (areas->n > GROUPS_MAX)
        return too_many(err);
    g->members = im_arena_calloc(g->arena, (size_t)areas->n + 1, sizeof *g->members);
    g->member_of =
        im_arena_calloc(g->arena, (size_t)areas->n + 1, sizeof *g->member_of);
    g->coded = im_arena_calloc(g->arena, (size_t)areas->n + 1, sizeof *g->coded);
    if (!g->members || !g->member_of || !g->coded)
        return no_memory(err);
    rows = im_arena_calloc(g->arena, (size_t)areas->n + 1, sizeof *rows);
    if (!rows)
        return no_memory(err);
    for (uint32_t i = 0; i < areas->n; i++)
        rows[i] = (struct row){atlas_fid(areas, i), i};
    qsort(rows, areas->n, sizeof *rows, by_fid);
    for (uint32_t i = 0; i < areas->n; i++) {
        g->member_of[rows[i].feature] = UINT32_MAX;
        if (query_area_is_member(areas, rows[i].feature) &&
            !add_member(g, rows[i].feature))
            return g->rc;
    }
    return IM_OK;
}

static struct geom_prepared *prepare(struct groups *g, struct area_member *m)
{
    if (!m->prepared)
        m->prepared = geom_prepared_new(&m->geom, g->arena);
    return m->prepared;
}

struct around {
    struct groups *g;
    struct geom geom;
};

static bool put_around(void *ctx, uint32_t feature)
{
    struct around *a = ctx;
    uint32_t i = a->g->member_of[feature];
    struct area_member *m = &a->g->members[i == UINT32_MAX ? 0 : i];

    if (i == UINT32_MAX || !m->has_shape)
        return true;
    if (prepare(a->g, m) ? geom_prepared_intersects(m->prepared, &a->geom)
                         : geom_between_m(&m->geom, &a->geom, 0, NULL, NULL) == 0)
        return put_id(a->g, i);
    return true;
}

/* Members that cover a code, and whether it is coarser than a member, in which it may
 * lie. The same code comes a thousand times. */
static struct group_ids covering(struct groups *g, uint32_t feature)
{
    uint32_t text = atlas_code(g->layer, feature, g->layer->schema->roles.adcode);
    uint32_t code = division_code_of(g->layer, feature);
    struct group_ids found = {.is_known = true};
    uint32_t *ids;

    if (text != ATLAS_NULL_CODE && g->memo[text].is_known)
        return g->memo[text];
    ids = im_arena_calloc(g->arena, (size_t)g->n_coded + 1, sizeof *ids);
    if (!ids) {
        g->rc = no_memory(g->err);
        return found;
    }
    found.ids = ids;
    for (uint32_t k = 0; k < g->n_coded; k++) {
        uint32_t i = g->coded[k];

        if (division_covers(&g->divisions, g->members[i].code, code))
            ids[found.n++] = i;
        else
            found.is_open |= division_covers(&g->divisions, code, g->members[i].code);
    }
    if (text != ATLAS_NULL_CODE)
        g->memo[text] = found;
    return found;
}

static bool find_by_code(struct groups *g, uint32_t feature)
{
    struct group_ids found = covering(g, feature);

    for (uint32_t i = 0; i < found.n; i++)
        if (!put_id(g, found.ids[i]))
            return false;
    g->is_unknown = found.is_open && found.n == 0;
    return g->rc == IM_OK;
}

/* A point outside of the outline of the member that its code names belongs to it where
 * no outline is around it: the rule of query/region.c. */
static bool put_said(struct groups *g, uint32_t feature, const struct geom *at)
{
    struct group_ids found = covering(g, feature);
    uint32_t outline;

    for (uint32_t k = 0; k < found.n; k++) {
        uint32_t i = found.ids[k];
        uint32_t code = g->members[i].code;

        if (division_find(g->divisions.outlines, code, &outline) &&
            division_outline_at(&g->divisions, at->lonlat[0], at->lonlat[1],
                                division_level_of(code), &outline))
            continue;
        if (!put_id(g, i))
            return false;
    }
    return g->rc == IM_OK;
}

static bool find_area(struct groups *g, uint32_t feature)
{
    struct around a = {g, atlas_geom(g->layer, feature)};
    bool is_fine =
        a.geom.n_points && query_precision(g->layer, feature) < PRECISION_DISTRICT;
    uint32_t code = division_code_of(g->layer, feature);

    if (code && !division_goes_by_position(g->layer, feature))
        return find_by_code(g, feature);
    g->is_unknown = !is_fine;
    if (!is_fine)
        return true;
    atlas_window(g->request->areas, atlas_bbox(g->layer, feature), put_around, &a);
    return g->rc == IM_OK && (code == 0 || put_said(g, feature, &a.geom));
}

/* ---- all ---- */

/* By a field that none of the layers has nothing can be counted. */
static enum im_code check_field(const struct aggregate_request *q, struct im_error *err)
{
    int len = q->field.len < 100 ? (int)q->field.len : 100;

    for (size_t i = 0; i < q->rows->n_layers; i++)
        if (field_of(q->rows->layers[i]->schema, q->field) != SCHEMA_NO_FIELD)
            return IM_OK;
    im_fail(err, IM_EARG, "none of the layers has a field '%.*s'", len,
            (const char *)q->field.data);
    return im_zh(err, IM_EARG, "所选图层都没有字段“%.*s”", len,
                 (const char *)q->field.data);
}

enum im_code groups_init(struct groups *g,
                         const struct aggregate_request *request,
                         struct im_arena *arena,
                         struct im_error *err)
{
    enum im_code rc;

    *g = (struct groups){
        .request = request, .arena = arena, .all = {.max = MAX_BYTES}, .err = err};
    rc = division_index_init(&g->divisions, request->rows->atlas, arena, err);
    if (rc == IM_OK && request->by == AGGREGATE_FIELD)
        rc = check_field(request, err);
    if (rc == IM_OK && request->by == AGGREGATE_AREAS)
        rc = add_members(g, err);
    if (rc == IM_OK && request->by == AGGREGATE_TOTAL && !add_total(g))
        rc = g->rc;
    return rc;
}

void groups_release(struct groups *g)
{
    im_buf_release(&g->all);
    free(g->ids);
    g->ids = NULL;
}

enum im_code
groups_begin(struct groups *g, const struct atlas_layer *layer, struct im_error *err)
{
    int field = layer->schema->roles.adcode;

    g->layer = layer;
    g->field = SCHEMA_NO_FIELD;
    g->memo = NULL;
    if (g->request->by == AGGREGATE_FIELD)
        field = g->field = field_of(layer->schema, g->request->field);
    else if (g->request->by != AGGREGATE_AREAS)
        return IM_OK;
    g->memo = im_arena_calloc(g->arena, (size_t)atlas_code_count(layer, field) + 1,
                              sizeof *g->memo);
    return g->memo ? IM_OK : no_memory(err);
}

bool groups_find(struct groups *g, uint32_t feature)
{
    bool found = false;

    g->n_ids = 0;
    g->is_unknown = false;
    switch (g->request->by) {
    case AGGREGATE_TOTAL:
        found = put_id(g, 0);
        break;
    case AGGREGATE_DIVISION:
        found = find_division(g, feature);
        break;
    case AGGREGATE_AREAS:
        found = find_area(g, feature);
        break;
    case AGGREGATE_FIELD:
        found = find_field(g, feature);
        break;
    case AGGREGATE_LAYER:
        found = find_layer(g);
        break;
    }
    g->overlaps |= g->n_ids > 1;
    return found;
}

/* ---- groups without rows ---- */

static enum im_code add_divisions(struct groups *g, struct im_error *err)
{
    const struct atlas_layer *layer = g->divisions.divisions;
    const struct query_area *area = g->request->rows->area;
    struct query_region *region = NULL;
    enum im_code rc = IM_OK;

    if (area && area->kind != QUERY_EVERYWHERE)
        rc = query_region_new(area, g->arena, &region, err);
    for (uint32_t i = 0; rc == IM_OK && layer && i < layer->n; i++) {
        uint32_t code = division_code_of(layer, i);

        if (!division_is_level(code, g->request->level))
            continue;
        if (!region || query_region_has(region, layer, i, NULL, NULL))
            division_group(g, code);
        rc = g->rc;
    }
    return rc;
}

static enum im_code add_codes(struct groups *g, struct im_error *err)
{
    const struct query_request *rows = g->request->rows;
    enum im_code rc = IM_OK;

    for (size_t l = 0; rc == IM_OK && l < rows->n_layers; l++) {
        const struct schema_field *field;

        rc = groups_begin(g, rows->layers[l], err);
        if (rc != IM_OK || g->field == SCHEMA_NO_FIELD)
            continue;
        field = &g->layer->schema->fields[g->field];
        for (size_t i = 0; rc == IM_OK && i < field->n_codes; i++) {
            value_group(g, im_bytes_of(field->codes[i].code));
            rc = g->rc;
        }
    }
    return rc;
}

enum im_code groups_add_empty(struct groups *g, struct im_error *err)
{
    const struct query_request *rows = g->request->rows;

    if (g->request->by == AGGREGATE_DIVISION)
        return add_divisions(g, err);
    if (g->request->by == AGGREGATE_FIELD)
        return add_codes(g, err);
    for (size_t i = 0; g->request->by == AGGREGATE_LAYER && i < rows->n_layers; i++) {
        g->layer = rows->layers[i];
        g->n_ids = 0;
        if (!find_layer(g))
            return g->rc;
    }
    return IM_OK;
}

/* ---- areas on the ellipsoid ---- */

double analysis_area_km2(const struct geom *g)
{
    struct geod_geodesic wgs84;
    double sum = 0;
    uint32_t start = 0;

    if (g->kind != GEOM_AREA)
        return (double)NAN;
    geod_init(&wgs84, 6378137, 1 / 298.257223563);
    for (uint32_t part = 0; part < g->n_parts; part++) {
        struct geod_polygon polygon;
        double area;

        geod_polygon_init(&polygon, 0);
        for (uint32_t i = start; i + 1 < g->part_end[part]; i++)
            geod_polygon_addpoint(&wgs84, &polygon, g->lonlat[2 * (size_t)i + 1],
                                  g->lonlat[2 * (size_t)i]);
        /* signed: outer rings run counter-clockwise, holes clockwise */
        geod_polygon_compute(&wgs84, &polygon, 0, 1, &area, NULL);
        sum += area;
        start = g->part_end[part];
    }
    return sum / 1e6;
}
