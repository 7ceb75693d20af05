/* SPDX-License-Identifier: Apache-2.0 */
/* aggregate: counts, sums and means by group. */
#include "api/call.h"

#include "api/table.h"

#include <engine/cli.h>

#include <math.h>

/* ---- understanding ---- */

static const char *const groupings[] = {"none",  "city", "district", "province",
                                        "layer", "year", "member",   NULL};

/* A field that people see, of one of the layers; NULL: none of them has it. */
static const struct schema_field *find_field(const struct api_call *c,
                                             struct im_bytes name)
{
    for (size_t i = 0; i < c->request.n_layers; i++) {
        const struct layer_schema *schema = atlas_layer_schema(c->request.layers[i]);
        int f = schema_field_index(schema, name);

        if (f != SCHEMA_NO_FIELD && !schema->fields[f].hidden)
            return &schema->fields[f];
    }
    return NULL;
}

/* Fields, and what else the parameter may be. */
static enum im_code no_field(struct api_call *c,
                             enum api_param param,
                             struct im_bytes name,
                             const char *const *words,
                             bool only_numbers,
                             struct im_error *err)
{
    const char *names[2 * SCHEMA_MAX_FIELDS] = {0};
    const char *parameter = api_params[param].spec.name;
    const char *nearest;
    /* of a measure that is none, no field helps */
    bool is_word = only_numbers && im_bytes_equal(name, c->values[param].text);
    size_t n = 0;

    api_fault(c, param, name);
    for (; words && words[n]; n++)
        names[n] = words[n];
    for (size_t i = 0; i < c->request.n_layers; i++) {
        const struct layer_schema *schema = atlas_layer_schema(c->request.layers[i]);

        for (size_t f = 0; f < schema->n_fields && n + 1 < 2 * SCHEMA_MAX_FIELDS; f++)
            if (!schema->fields[f].hidden &&
                !(only_numbers && schema->fields[f].type == FIELD_TEXT))
                names[n++] = schema->fields[f].name;
    }
    nearest = is_word ? NULL : cli_nearest(c->fault.value, names);
    snprintf(c->fault.allowed, sizeof c->fault.allowed, "%s",
             words ? "none, city, district, province, layer, year, member, a field"
                   : "count, sum:FIELD, mean:FIELD");
    if (nearest) {
        im_fail(err, IM_EARG, "%s: there is no field '%s'; did you mean %s?", parameter,
                c->fault.value, nearest);
        return im_zh(err, IM_EARG, "%s 中没有字段 “%s”：是否想写 %s？", parameter,
                     c->fault.value, nearest);
    }
    im_fail(err, IM_EARG, "%s is '%s', allowed are %s", parameter, c->fault.value,
            c->fault.allowed);
    return im_zh(err, IM_EARG, "%s 为 “%s”，可用值为 %s", parameter, c->fault.value,
                 c->fault.allowed);
}

/* The layer of areas that `areas`, else `corridor`, else `in` names. */
static enum im_code
find_areas(struct api_call *c, struct aggregate_request *r, struct im_error *err)
{
    static const enum api_param from[] = {API_AREAS, API_CORRIDOR, API_IN};

    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        const struct atlas_layer *layer =
            api_is_set(c, from[i]) ? atlas_layer_find(c->atlas, c->values[from[i]].text)
                                   : NULL;

        if (!api_is_set(c, from[i]))
            continue;
        if (layer && api_takes_layer(atlas_layer_schema(layer), API_PLACED)) {
            r->by = AGGREGATE_AREAS;
            r->areas = layer;
            return IM_OK;
        }
        if (from[i] == API_AREAS) {
            const struct atlas_layer **unused;
            size_t n;
            enum im_code rc = api_layers(c, API_AREAS, API_PLACED, &unused, &n, err);

            if (rc != IM_OK)
                return rc;
        }
    }
    return api_missing(c, API_AREAS, "by=member 需要成员所在的图层：areas=g60",
                       "by=member needs the layer of the members: areas=g60", err);
}

/* The years of the layers: of each the field with the role `time`, which the engine
 * knows by this name. */
static enum im_code
find_year(struct api_call *c, struct aggregate_request *r, struct im_error *err)
{
    for (size_t i = 0; i < c->request.n_layers; i++) {
        const struct layer_schema *schema = atlas_layer_schema(c->request.layers[i]);

        if (schema->roles.time == SCHEMA_NO_FIELD)
            continue;
        r->by = AGGREGATE_FIELD;
        r->field = im_bytes_of("year");
        return IM_OK;
    }
    api_fault(c, API_BY, c->values[API_BY].text);
    im_fail(err, IM_EARG, "by=year: these layers have no field of the year");
    return im_zh(err, IM_EARG, "by=year：这些图层没有年份字段");
}

static enum im_code
read_grouping(struct api_call *c, struct aggregate_request *r, struct im_error *err)
{
    struct im_bytes by = c->values[API_BY].text;
    int word = -1;

    for (int i = 0; groupings[i]; i++)
        if (im_bytes_equal(by, im_bytes_of(groupings[i])))
            word = i;
    if (api_is_set(c, API_AREAS) && api_is_set(c, API_BY) && word != 6) {
        api_fault(c, API_BY, by);
        im_fail(err, IM_EARG, "areas groups by its areas: leave out by, or by=member");
        return im_zh(err, IM_EARG, "areas 即按其各面分组：去掉 by，或写 by=member");
    }
    if (api_is_set(c, API_AREAS) || word == 6)
        return find_areas(c, r, err);
    if (!api_is_set(c, API_BY) || word == 0) {
        r->by = AGGREGATE_TOTAL;
    } else if (word >= 1 && word <= 3) {
        static const enum division_level levels[] = {DIVISION_CITY, DIVISION_DISTRICT,
                                                     DIVISION_PROVINCE};

        r->by = AGGREGATE_DIVISION;
        r->level = levels[word - 1];
    } else if (word == 4) {
        r->by = AGGREGATE_LAYER;
    } else if (word == 5) {
        return find_year(c, r, err);
    } else if (find_field(c, by)) {
        r->by = AGGREGATE_FIELD;
        r->field = by;
    } else {
        return no_field(c, API_BY, by, groupings, false, err);
    }
    return IM_OK;
}

static bool
after_prefix(struct im_bytes text, const char *prefix, struct im_bytes *rest)
{
    size_t n = strlen(prefix);

    if (text.len < n || memcmp(text.data, prefix, n) != 0)
        return false;
    *rest = (struct im_bytes){text.data + n, text.len - n};
    return true;
}

static enum im_code
read_measure(struct api_call *c, struct aggregate_request *r, struct im_error *err)
{
    struct im_bytes text = c->values[API_MEASURE].text;
    const struct schema_field *field;

    r->measure = AGGREGATE_COUNT;
    if (!api_is_set(c, API_MEASURE) || im_bytes_equal(text, im_bytes_of("count")))
        return IM_OK;
    if (after_prefix(text, "sum:", &r->measure_field))
        r->measure = AGGREGATE_SUM;
    else if (after_prefix(text, "mean:", &r->measure_field))
        r->measure = AGGREGATE_MEAN;
    else
        return no_field(c, API_MEASURE, text, NULL, true, err);
    field = find_field(c, r->measure_field);
    return field && field->type != FIELD_TEXT
               ? IM_OK
               : no_field(c, API_MEASURE, r->measure_field, NULL, true, err);
}

static enum im_code
read_per(struct api_call *c, struct aggregate_request *r, struct im_error *err)
{
    struct im_bytes per = c->values[API_PER].text;

    r->indicator = c->values[API_INDICATOR].text;
    r->per_area = im_bytes_equal(per, im_bytes_of("100km2"));
    r->per_indicator = per.len && !r->per_area;
    if (!r->per_indicator)
        return IM_OK;
    if (r->indicator.len && !im_bytes_equal(per, r->indicator)) {
        api_fault(c, API_PER, per);
        im_fail(err, IM_EARG, "per and indicator name two indicators: give one");
        return im_zh(err, IM_EARG, "per 与 indicator 是两个不同的指标，只能给一个");
    }
    r->indicator = per;
    return IM_OK;
}

enum im_code api_counts_run(struct api_call *c, struct im_error *err)
{
    struct aggregate_request *r = im_arena_calloc(c->arena, 1, sizeof *r);
    const struct atlas_layer **layers;
    enum im_code rc;

    if (!r)
        return im_fail(err, IM_ENOMEM, "out of memory");
    c->other = r;
    rc = api_layers(c, API_LAYER, API_ROWS, &layers, &c->request.n_layers, err);
    if (rc == IM_OK) {
        c->request.layers = layers;
        rc = api_request(c, err);
    }
    r->rows = &c->request;
    r->with_empty = api_flag(c, API_EMPTY);
    r->min_count = (uint32_t)c->values[API_MIN_COUNT].integer;
    r->limit = (uint32_t)c->values[API_LIMIT].integer;
    if (rc == IM_OK)
        rc = read_grouping(c, r, err);
    if (rc == IM_OK)
        rc = read_measure(c, r, err);
    if (rc == IM_OK)
        rc = read_per(c, r, err);
    if (rc == IM_OK)
        rc = analysis_aggregate(r, c->arena, &c->groups, &c->cql_fault, err);
    c->is_geojson = api_flag(c, API_GEOMETRY);
    return api_fault_of(c, rc, err);
}

/* ---- JSON ---- */

void api_write_outline(const struct api_call *c,
                       const struct atlas_layer *layer,
                       uint32_t feature,
                       struct im_json *w)
{
    struct geom g = {.kind = GEOM_EMPTY};
    double reviewed = 1;

    if (layer) {
        int field = atlas_layer_schema(layer)->roles.reviewed;

        if (field != SCHEMA_NO_FIELD && !atlas_number(layer, feature, field, &reviewed))
            reviewed = 0;
        if (reviewed != 0 || !c->leave_out_unreviewed)
            g = atlas_geom(layer, feature);
    }
    im_json_key(w, "geometry");
    geom_write_json(&g, w);
}

static void write_indicator(const struct api_call *c,
                            const struct aggregate_request *r,
                            const struct aggregate_group *g,
                            struct im_json *w)
{
    im_json_key(w, "indicator");
    if (!isfinite(g->indicator)) {
        im_json_null(w);
        return;
    }
    im_json_object(w);
    im_json_key(w, "code");
    im_json_string(w, r->indicator);
    api_write_text(w, "title", query_title(c->groups.indicator_title, c->lang));
    api_write_text(w, "unit", query_title(c->groups.indicator_unit, c->lang));
    api_write_number(w, "value", g->indicator, 6);
    api_write_int(w, "year", (uint64_t)g->indicator_year);
    api_write_text(w, "qualifier", g->indicator_qualifier);
    im_json_object_end(w);
}

static void write_group_members(const struct api_call *c,
                                const struct aggregate_group *g,
                                struct im_json *w)
{
    const struct aggregate_request *r = c->other;

    im_json_key(w, "code");
    im_json_string(w, g->code);
    api_write_text(w, "title", query_title(g->title, c->lang));
    api_write_int(w, "count", g->count);
    if (r->measure != AGGREGATE_COUNT) {
        api_write_number(w, "value", g->value, 6);
        api_write_int(w, "n_values", g->n_values);
    }
    if (isfinite(g->area_km2))
        api_write_number(w, "area_km2", g->area_km2, 1);
    if (r->per_area)
        api_write_number(w, "per_100km2", g->per_100km2, 6);
    if (r->indicator.len)
        write_indicator(c, r, g, w);
    if (r->per_indicator)
        api_write_number(w, "per_indicator", g->per_indicator, 9);
}

static void write_group(const struct api_call *c,
                        const struct aggregate_group *g,
                        struct im_json *w)
{
    im_json_object(w);
    if (c->is_geojson) {
        api_write_text(w, "type", "Feature");
        im_json_key(w, "id");
        im_json_string(w, g->code);
        api_write_outline(c, g->outline_layer, g->outline, w);
        im_json_key(w, "properties");
        im_json_object(w);
    }
    write_group_members(c, g, w);
    if (c->is_geojson)
        im_json_object_end(w);
    im_json_object_end(w);
}

static const char *note_of(const struct api_call *c)
{
    if (c->groups.total == 0)
        return api_text(c, "没有符合这些条件的条目。", "No row fits these conditions.");
    return c->groups.counts_overlap
               ? api_text(c, "一个条目可属于几组，各组之和可大于总数。",
                          "A row may be in several groups: they add up to more than "
                          "the total.")
               : NULL;
}

void api_counts_write(const struct api_call *c, struct im_json *w)
{
    const struct aggregate_answer *a = &c->groups;
    const char *note = note_of(c);

    im_json_object(w);
    if (c->is_geojson)
        api_write_text(w, "type", "FeatureCollection");
    api_write_query(c, w);
    im_json_key(w, c->is_geojson ? "features" : "groups");
    im_json_array(w);
    for (size_t i = 0; i < a->n_groups; i++)
        write_group(c, &a->groups[i], w);
    im_json_array_end(w);
    api_write_int(w, "numberMatched", a->n_groups_matched);
    api_write_int(w, "numberReturned", a->n_groups);
    api_write_int(w, "total", a->total);
    api_write_int(w, "unknown", a->n_unknown);
    api_write_int(w, "apart", a->n_apart);
    im_json_key(w, "counts_overlap");
    im_json_bool(w, a->counts_overlap);
    if (*query_title(a->missing, c->lang))
        api_write_text(w, "missing", query_title(a->missing, c->lang));
    if (note)
        api_write_text(w, "note", note);
    api_write_about(c, w);
    im_json_object_end(w);
}

/* ---- tables ---- */

static void columns(const struct api_call *c, struct api_table *t)
{
    const struct aggregate_request *r = c->other;
    const struct schema_field *field = find_field(c, r->measure_field);
    const char *what = field ? query_title(field->title, c->lang) : "";
    char title[300];

    table_column(t, api_text(c, "分组", "Group"), "group");
    if (!t->is_brief)
        table_column(t, api_text(c, "代码", "Code"), "code");
    table_number_column(t, api_text(c, "数量", "Count"), "count");
    if (r->measure != AGGREGATE_COUNT) {
        snprintf(title, sizeof title,
                 r->measure == AGGREGATE_SUM ? api_text(c, "%s合计", "Sum of %s")
                                             : api_text(c, "%s平均", "Mean of %s"),
                 what);
        table_number_column(t, im_arena_strdup(c->arena, im_bytes_of(title)), "value");
    }
    if (!t->is_brief || r->per_area)
        table_number_column(t, api_text(c, "面积（平方公里）", "Area (km2)"),
                            "area_km2");
    if (r->per_area)
        table_number_column(t, api_text(c, "每百平方公里", "Per 100 km2"), "per");
    if (r->indicator.len) {
        snprintf(title, sizeof title, "%s (%s)",
                 query_title(c->groups.indicator_title, c->lang),
                 query_title(c->groups.indicator_unit, c->lang));
        table_number_column(t, im_arena_strdup(c->arena, im_bytes_of(title)), "of");
        table_number_column(t, api_text(c, "年份", "Year"), "year");
    }
    if (r->per_indicator)
        table_number_column(t, api_text(c, "每单位指标", "Per unit"), "per_indicator");
}

static void put_group(const struct api_call *c,
                      const struct aggregate_group *g,
                      struct api_table *t)
{
    const struct aggregate_request *r = c->other;

    if (r->by == AGGREGATE_TOTAL)
        table_words(t, "%s", api_text(c, "合计", "All"));
    else
        table_copy(t, im_bytes_of(query_title(g->title, c->lang)));
    if (!t->is_brief)
        table_text(t, g->code);
    table_number(t, (double)g->count, 0);
    if (r->measure != AGGREGATE_COUNT)
        table_number(t, g->value, 6);
    if (!t->is_brief || r->per_area)
        table_number(t, g->area_km2, 1);
    if (r->per_area)
        table_number(t, g->per_100km2, 6);
    if (r->indicator.len) {
        table_number(t, g->indicator, 6);
        table_number(
            t, isfinite(g->indicator) ? (double)g->indicator_year : (double)NAN, 0);
    }
    if (r->per_indicator)
        table_number(t, g->per_indicator, 9);
}

void api_counts_tabulate(const struct api_call *c, struct api_table *t)
{
    const struct aggregate_answer *a = &c->groups;
    const char *missing = query_title(a->missing, c->lang);

    api_lead_origin(c, t);
    api_lead_area(c, t);
    columns(c, t);
    for (size_t i = 0; i < a->n_groups && !t->failed; i++)
        put_group(c, &a->groups[i], t);
    table_note(t, api_text(c, "合计 %llu 条。", "%llu rows in all."),
               (unsigned long long)a->total);
    if (a->n_unknown)
        table_note(t,
                   api_text(c, "其中 %llu 条不知属于哪一组。",
                            "Of %llu the group is not known."),
                   (unsigned long long)a->n_unknown);
    if (a->n_apart)
        table_note(t,
                   api_text(c, "另有 %llu 条位置较粗，未计入。",
                            "Apart, %llu known too coarsely to be counted."),
                   (unsigned long long)a->n_apart);
    if (a->n_groups < a->n_groups_matched)
        table_note(t,
                   api_text(c, "共 %zu 组，列出前 %zu 组。",
                            "%zu groups in all, the first %zu are listed."),
                   a->n_groups_matched, a->n_groups);
    if (note_of(c))
        table_note(t, "%s", note_of(c));
    if (*missing)
        table_note(t, "%s", missing);
    api_note_completeness(c, t);
    if (!t->is_brief)
        api_note_source(c, t);
}
