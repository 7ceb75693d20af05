/* SPDX-License-Identifier: Apache-2.0 */
/* flows: enclaves, from origin to host. */
#include "api/call.h"

#include "api/table.h"

#include <math.h>

/* A code, or the name of a division. */
static enum im_code read_division(struct api_call *c,
                                  enum api_param param,
                                  struct im_bytes *out,
                                  struct im_error *err)
{
    struct im_bytes text = c->values[param].text;
    struct query_area area = {0};
    struct query_places places = {0};
    int64_t code;
    enum im_code rc;

    *out = text;
    if (!api_is_set(c, param) || (text.len == 6 && im_parse_int64(text, &code)))
        return IM_OK;
    rc = query_area_named(c->atlas, text, c->arena, &area, &places, err);
    if (rc == IM_OK && places.ambiguous) {
        api_fault(c, param, text);
        c->choices = places;
        im_fail(err, IM_EAMBIGUOUS, "'%s' fits %zu places; ask again with one of them",
                c->fault.value, places.n);
        return im_zh(err, IM_EAMBIGUOUS, "“%s” 对应 %zu 个地点，请从候选中选一个再查",
                     c->fault.value, places.n);
    }
    if (rc == IM_OK && (area.kind != QUERY_IN_DIVISIONS || area.n_adcodes == 0)) {
        im_fail(err, IM_EARG, "%s is no province, city or district",
                api_params[param].spec.name);
        rc = im_zh(err, IM_EARG, "%s 不是省、市或区县", api_params[param].spec.name);
    }
    if (rc != IM_OK)
        api_fault(c, param, text);
    else
        *out = area.adcodes[0];
    return rc;
}

enum im_code api_flows_run(struct api_call *c, struct im_error *err)
{
    struct flows_request r = {.rows = &c->request};
    const struct atlas_layer **layers;
    enum im_code rc;

    if (!api_is_set(c, API_LAYER)) {
        c->values[API_LAYER].is_set = true;
        c->values[API_LAYER].text = im_bytes_of("enclaves");
    }
    rc = api_layers(c, API_LAYER, API_ROWS, &layers, &c->request.n_layers, err);
    if (rc == IM_OK) {
        c->request.layers = layers;
        rc = api_request(c, err);
    }
    if (rc == IM_OK)
        rc = read_division(c, API_ORIGIN, &r.origin, err);
    if (rc == IM_OK)
        rc = read_division(c, API_HOST, &r.host, err);
    if (rc != IM_OK)
        return rc;
    r.level = api_is_set(c, API_LEVEL) && c->values[API_LEVEL].choice == 1
                  ? DIVISION_PROVINCE
                  : DIVISION_CITY;
    r.mutual = api_flag(c, API_MUTUAL);
    r.outside_only = api_flag(c, API_OUTSIDE);
    c->is_geojson = api_flag(c, API_GEOMETRY);
    rc = analysis_flows(&r, c->arena, &c->flows, &c->cql_fault, err);
    return api_fault_of(c, rc, err);
}

/* ---- JSON ---- */

static void write_end(const struct api_call *c,
                      const char *name,
                      struct im_bytes adcode,
                      struct schema_title title,
                      const double lonlat[2],
                      struct im_json *w)
{
    im_json_key(w, name);
    im_json_object(w);
    im_json_key(w, "adcode");
    im_json_string(w, adcode);
    api_write_text(w, "title", query_title(title, c->lang));
    api_write_number(w, "lon", lonlat[0], 7);
    api_write_number(w, "lat", lonlat[1], 7);
    im_json_object_end(w);
}

static void write_ids(const struct api_call *c, const struct flow *f, struct im_json *w)
{
    im_json_key(w, "ids");
    im_json_array(w);
    for (uint64_t i = 0; i < f->count; i++) {
        char number[IM_NUMBER_MAX];
        struct im_bytes key;

        atlas_key(c->request.layers[0], f->features[i], number, &key);
        im_json_string(w, key);
    }
    im_json_array_end(w);
}

static void
write_members(const struct api_call *c, const struct flow *f, struct im_json *w)
{
    write_end(c, "origin", f->origin, f->origin_title, f->origin_lonlat, w);
    write_end(c, "host", f->host, f->host_title, f->host_lonlat, w);
    api_write_int(w, "count", f->count);
    write_ids(c, f, w);
}

static void write_line(const struct flow *f, struct im_json *w)
{
    const double lonlat[] = {f->origin_lonlat[0], f->origin_lonlat[1],
                             f->host_lonlat[0], f->host_lonlat[1]};
    const uint32_t end = 2;
    struct geom g = {.kind = GEOM_LINE,
                     .n_points = 2,
                     .n_parts = 1,
                     .lonlat = lonlat,
                     .part_end = &end};

    for (size_t i = 0; i < 4; i++)
        if (!isfinite(lonlat[i]))
            g = (struct geom){.kind = GEOM_EMPTY};
    im_json_key(w, "geometry");
    geom_write_json(&g, w);
}

static void
write_flow(const struct api_call *c, const struct flow *f, struct im_json *w)
{
    im_json_object(w);
    if (c->is_geojson) {
        api_write_text(w, "type", "Feature");
        write_line(f, w);
        im_json_key(w, "properties");
        im_json_object(w);
    }
    write_members(c, f, w);
    if (c->is_geojson)
        im_json_object_end(w);
    im_json_object_end(w);
}

static size_t shown(const struct api_call *c)
{
    return c->flows.n_flows < c->request.k ? c->flows.n_flows : c->request.k;
}

void api_flows_write(const struct api_call *c, struct im_json *w)
{
    im_json_object(w);
    if (c->is_geojson)
        api_write_text(w, "type", "FeatureCollection");
    api_write_query(c, w);
    im_json_key(w, c->is_geojson ? "features" : "flows");
    im_json_array(w);
    for (size_t i = 0; i < shown(c); i++)
        write_flow(c, &c->flows.flows[i], w);
    im_json_array_end(w);
    api_write_int(w, "numberMatched", c->flows.n_flows);
    api_write_int(w, "numberReturned", shown(c));
    api_write_int(w, "total", c->flows.total);
    api_write_int(w, "unknown", c->flows.n_unknown);
    if (c->flows.n_flows == 0)
        api_write_text(w, "note",
                       api_text(c, "没有这样的流向。", "There is no such flow."));
    api_write_about(c, w);
    im_json_object_end(w);
}

void api_flows_tabulate(const struct api_call *c, struct api_table *t)
{
    table_column(t, api_text(c, "飞出地", "From"), "origin");
    if (!t->is_brief)
        table_column(t, api_text(c, "飞出地代码", "Code of origin"), "origin_adcode");
    table_column(t, api_text(c, "飞入地", "To"), "host");
    if (!t->is_brief)
        table_column(t, api_text(c, "飞入地代码", "Code of host"), "host_adcode");
    table_number_column(t, api_text(c, "个数", "Count"), "count");
    for (size_t i = 0; i < shown(c) && !t->failed; i++) {
        const struct flow *f = &c->flows.flows[i];

        table_copy(t, im_bytes_of(query_title(f->origin_title, c->lang)));
        if (!t->is_brief)
            table_text(t, f->origin);
        table_copy(t, im_bytes_of(query_title(f->host_title, c->lang)));
        if (!t->is_brief)
            table_text(t, f->host);
        table_number(t, (double)f->count, 0);
    }
    table_note(t, api_text(c, "共 %zu 个流向，%llu 条。", "%zu flows, %llu rows."),
               c->flows.n_flows, (unsigned long long)c->flows.total);
    if (c->flows.n_unknown)
        table_note(t,
                   api_text(c, "另有 %llu 条不知飞出地或飞入地。",
                            "%llu more rows: their origin or host is not known."),
                   (unsigned long long)c->flows.n_unknown);
    api_note_completeness(c, t);
    if (!t->is_brief)
        api_note_source(c, t);
}
