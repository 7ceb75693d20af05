/* SPDX-License-Identifier: Apache-2.0 */
/* From values to what the engine takes: layers, origin, area, filter, order, page. */
#include "api/call.h"

#include "time_param.h"

#include <engine/cli.h>
#include <engine/geom_read.h>

#include <math.h>

void api_fault(struct api_call *c, enum api_param param, struct im_bytes value)
{
    memset(&c->fault, 0, sizeof c->fault);
    snprintf(c->fault.name, sizeof c->fault.name, "%s", api_params[param].spec.name);
    param_quote(c->fault.value, sizeof c->fault.value, value);
}

enum im_code api_missing(struct api_call *c,
                         enum api_param param,
                         const char *zh,
                         const char *en,
                         struct im_error *err)
{
    api_fault(c, param, im_bytes_of(""));
    im_fail(err, IM_EARG, "%s", en);
    return im_zh(err, IM_EARG, "%s", zh);
}

enum im_code
api_fault_of(struct api_call *c, enum im_code rc, const struct im_error *err)
{
    if (rc == IM_OK || c->fault.name[0] || !err->about[0])
        return rc;
    for (int p = 0; p < API_PARAMS; p++)
        if (c->values[p].is_set && strcmp(api_params[p].spec.name, err->about) == 0)
            api_fault(c, (enum api_param)p,
                      c->cql_fault.value[0] ? im_bytes_of(c->cql_fault.value)
                                            : c->values[p].text);
    return rc;
}

static struct im_bytes text_of(const struct api_call *c, enum api_param p)
{
    return c->values[p].text;
}

static enum im_code no_memory(struct im_error *err)
{
    im_fail(err, IM_ENOMEM, "the question needs more memory than a request may have");
    return im_zh(err, IM_ENOMEM, "此问题所需内存超过单个请求的上限");
}

/* The next of "a,b,c"; false at the end. An empty list has one empty element. */
static bool next_element(struct im_bytes *rest, bool *more, struct im_bytes *out)
{
    const uint8_t *comma;

    if (!*more)
        return false;
    comma = rest->len ? memchr(rest->data, ',', rest->len) : NULL;
    *out =
        (struct im_bytes){rest->data, comma ? (size_t)(comma - rest->data) : rest->len};
    *more = comma != NULL;
    if (comma)
        *rest = (struct im_bytes){comma + 1, rest->len - out->len - 1};
    return true;
}

static enum im_code
empty_element(struct api_call *c, enum api_param param, struct im_error *err)
{
    const char *name = api_params[param].spec.name;

    api_fault(c, param, text_of(c, param));
    im_fail(err, IM_EARG, "%s has an empty element: '%s'", name, c->fault.value);
    return im_zh(err, IM_EARG, "%s 中有空的一项：“%s”", name, c->fault.value);
}

/* ---- layers ---- */

bool api_takes_layer(const struct layer_schema *schema, enum api_kind kind)
{
    if (schema->is_internal || kind == API_PUBLIC)
        return !schema->is_internal;
    return !schema->is_base && (kind == API_ROWS || schema->geometry != SCHEMA_NONE);
}

static enum im_code unknown_layer(struct api_call *c,
                                  enum api_param param,
                                  enum api_kind kind,
                                  struct im_bytes id,
                                  struct im_error *err)
{
    const char *names[257] = {0};
    struct im_buf known = {.max = sizeof c->fault.allowed - 1};
    const char *nearest;
    size_t n = 0;

    api_fault(c, param, id);
    for (size_t i = 0; i < atlas_layer_count(c->atlas) && n < 256; i++) {
        const struct layer_schema *schema =
            atlas_layer_schema(atlas_layer_at(c->atlas, i));

        if (!api_takes_layer(schema, kind))
            continue;
        if (known.len + strlen(schema->id) + 2 <= known.max)
            im_buf_printf(&known, n ? ", %s" : "%s", schema->id);
        names[n++] = schema->id;
    }
    snprintf(c->fault.allowed, sizeof c->fault.allowed, "%.*s", (int)known.len,
             known.len ? (const char *)known.data : "");
    im_buf_release(&known);
    nearest = cli_nearest(c->fault.value, names);
    if (nearest) {
        im_fail(err, IM_ENOTFOUND, "there is no layer '%s' to ask: did you mean %s?",
                c->fault.value, nearest);
        return im_zh(err, IM_ENOTFOUND, "没有可查询的图层 “%s”：是否想写 %s？",
                     c->fault.value, nearest);
    }
    im_fail(err, IM_ENOTFOUND, "there is no layer '%s' to ask; known are %s",
            c->fault.value, c->fault.allowed);
    return im_zh(err, IM_ENOTFOUND, "没有可查询的图层 “%s”；可用图层为 %s",
                 c->fault.value, c->fault.allowed);
}

static enum im_code
no_layer(struct api_call *c, enum api_param param, struct im_error *err)
{
    const char *name = api_params[param].spec.name;

    api_fault(c, param, im_bytes_of(""));
    im_fail(err, IM_EARG,
            "say which layer to search, for example %s=concept_verification", name);
    return im_zh(err, IM_EARG, "请指定要查询的图层，例如 %s=concept_verification",
                 name);
}

enum im_code api_layers(struct api_call *c,
                        enum api_param param,
                        enum api_kind kind,
                        const struct atlas_layer ***out,
                        size_t *n,
                        struct im_error *err)
{
    const struct atlas_layer **layers =
        im_arena_calloc(c->arena, QUERY_MAX_LAYERS, sizeof *layers);
    struct im_bytes rest = text_of(c, param);
    struct im_bytes id;
    bool more = true;

    *n = 0;
    if (!layers)
        return no_memory(err);
    if (!api_is_set(c, param))
        return no_layer(c, param, err);
    while (next_element(&rest, &more, &id)) {
        const struct atlas_layer *layer = atlas_layer_find(c->atlas, id);
        bool is_new = true;

        if (id.len == 0)
            return empty_element(c, param, err);
        if (!layer || !api_takes_layer(atlas_layer_schema(layer), kind))
            return unknown_layer(c, param, kind, id, err);
        for (size_t i = 0; i < *n; i++)
            is_new = is_new && layers[i] != layer;
        if (is_new && *n == QUERY_MAX_LAYERS) {
            api_fault(c, param, id);
            im_fail(err, IM_ELIMIT, "over %d layers in one question", QUERY_MAX_LAYERS);
            return im_zh(err, IM_ELIMIT, "一次最多查询 %d 个图层", QUERY_MAX_LAYERS);
        }
        if (is_new)
            layers[(*n)++] = layer;
    }
    *out = layers;
    return IM_OK;
}

/* ---- places ---- */

static enum im_code ambiguous(struct api_call *c,
                              enum api_param param,
                              const struct query_places *places,
                              struct im_error *err)
{
    const char *name = api_params[param].spec.name;

    api_fault(c, param, text_of(c, param));
    c->choices = *places;
    im_fail(err, IM_EAMBIGUOUS,
            "'%s' fits %zu places; ask again with one of the choices (%s=layer:id)",
            c->fault.value, places->n, name);
    return im_zh(err, IM_EAMBIGUOUS,
                 "“%s” 对应 %zu 个地点，请从候选中选一个再查（%s=图层:编号）",
                 c->fault.value, places->n, name);
}

static enum im_code find_place(struct api_call *c,
                               enum api_param param,
                               struct query_places *out,
                               struct im_error *err)
{
    enum im_code rc = query_find_place(c->atlas, text_of(c, param), c->arena, out, err);

    if (rc != IM_OK)
        api_fault(c, param, text_of(c, param));
    else if (out->ambiguous)
        rc = ambiguous(c, param, out, err);
    return rc;
}

static enum im_code check_origin(struct api_call *c, struct im_error *err)
{
    bool has_lon = api_is_set(c, API_LON);
    bool has_lat = api_is_set(c, API_LAT);

    if (api_is_set(c, API_NEAR) && (has_lon || has_lat)) {
        api_fault(c, API_NEAR, text_of(c, API_NEAR));
        im_fail(err, IM_EARG, "give either near or lon and lat, not both");
        return im_zh(err, IM_EARG, "near 与 lon、lat 只能给一种");
    }
    if (has_lon != has_lat) {
        api_fault(c, has_lon ? API_LAT : API_LON, im_bytes_of(""));
        im_fail(err, IM_EARG, "%s is missing: lon and lat belong together",
                c->fault.name);
        return im_zh(err, IM_EARG, "缺少 %s：lon 与 lat 须同时给出", c->fault.name);
    }
    return IM_OK;
}

static enum im_code find_origin(struct api_call *c, struct im_error *err)
{
    enum im_code rc = check_origin(c, err);

    if (rc != IM_OK)
        return rc;
    if (api_is_set(c, API_NEAR)) {
        rc = find_place(c, API_NEAR, &c->near, err);
        if (rc == IM_OK) {
            query_start_at(&c->request, &c->near.places[0]);
            c->request.has_origin = true;
        }
    } else if (api_is_set(c, API_LON)) {
        c->request.lon = c->values[API_LON].number;
        c->request.lat = c->values[API_LAT].number;
        c->request.has_origin = true;
    }
    return rc;
}

/* ---- areas ---- */

static enum im_code bad_box(struct api_call *c, struct im_error *err)
{
    api_fault(c, API_BBOX, text_of(c, API_BBOX));
    snprintf(c->fault.allowed, sizeof c->fault.allowed,
             "min_lon,min_lat,max_lon,max_lat; -180..180, -90..90, min_lat <= max_lat");
    im_fail(err, IM_EARG,
            "bbox is '%s', allowed are four numbers min_lon,min_lat,max_lon,max_lat in "
            "degrees with min_lat <= max_lat",
            c->fault.value);
    return im_zh(err, IM_EARG,
                 "bbox 为 “%s”，应为四个数 西,南,东,北（度），且南不大于北",
                 c->fault.value);
}

static enum im_code area_of_box(struct api_call *c, struct im_error *err)
{
    double v[4];
    size_t n = 0;
    bool more = true;
    struct im_bytes rest = text_of(c, API_BBOX);
    struct im_bytes part;

    while (next_element(&rest, &more, &part)) {
        if (n == 4 || !im_parse_double(part, &v[n]))
            return bad_box(c, err);
        n++;
    }
    if (n != 4 || fabs(v[0]) > 180 || fabs(v[2]) > 180 || fabs(v[1]) > 90 ||
        fabs(v[3]) > 90 || v[1] > v[3])
        return bad_box(c, err);
    c->area = (struct query_area){.kind = QUERY_IN_BOX,
                                  .box = {v[0], v[1], v[2], v[3]},
                                  .title = {"", ""},
                                  .note = {"", ""}};
    return IM_OK;
}

static enum im_code area_of_polygon(struct api_call *c, struct im_error *err)
{
    enum im_code rc;

    c->area = (struct query_area){
        .kind = QUERY_IN_SHAPE, .title = {"", ""}, .note = {"", ""}};
    rc = geom_read_json(text_of(c, API_POLYGON), c->arena, &c->area.shape, err);
    if (rc == IM_OK && c->area.shape.kind != GEOM_AREA) {
        im_fail(err, IM_EARG, "polygon is a GeoJSON Polygon or MultiPolygon");
        rc = im_zh(err, IM_EARG, "polygon 应为 GeoJSON 的 Polygon 或 MultiPolygon");
    }
    if (rc == IM_OK)
        return IM_OK;
    api_fault(c, API_POLYGON, text_of(c, API_POLYGON));
    im_context(err, "polygon");
    if (rc == IM_EDATA) /* of the caller, not ours */
        err->code = rc = IM_EARG;
    return rc;
}

static enum im_code area_by_name(struct api_call *c, struct im_error *err)
{
    struct query_places places = {0};
    enum im_code rc = query_area_named(c->atlas, text_of(c, API_IN), c->arena, &c->area,
                                       &places, err);

    if (rc != IM_OK)
        api_fault(c, API_IN, text_of(c, API_IN));
    else if (places.ambiguous)
        rc = ambiguous(c, API_IN, &places, err);
    return rc;
}

static double half_width_m(const struct api_call *c)
{
    return c->values[API_HALF_WIDTH_KM].number * 1000; /* 0 when it is not given */
}

static enum im_code area_of_corridor(struct api_call *c, struct im_error *err)
{
    enum im_code rc = query_area_corridor(c->atlas, text_of(c, API_CORRIDOR),
                                          half_width_m(c), c->arena, &c->area, err);

    if (rc != IM_OK)
        api_fault(c, API_CORRIDOR, text_of(c, API_CORRIDOR));
    return rc;
}

static enum im_code area_between(struct api_call *c, struct im_error *err)
{
    struct query_places from = {0};
    struct query_places to = {0};
    enum im_code rc;

    if (!api_is_set(c, API_FROM) || !api_is_set(c, API_TO))
        return api_missing(c, api_is_set(c, API_FROM) ? API_TO : API_FROM,
                           "from 与 to 须同时给出，例如 from=无锡&to=上海",
                           "from and to belong together, for example from=无锡&to=上海",
                           err);
    if (half_width_m(c) <= 0)
        return api_missing(
            c, API_HALF_WIDTH_KM,
            "请给出连线两侧的距离：half_width_km=10（公里，大于 0 至 1000）",
            "say how far from the line: half_width_km=10 (kilometres, "
            "over 0 to 1000)",
            err);
    rc = find_place(c, API_FROM, &from, err);
    if (rc == IM_OK)
        rc = find_place(c, API_TO, &to, err);
    if (rc == IM_OK)
        rc = query_area_between(&from.places[0], &to.places[0], half_width_m(c),
                                c->arena, &c->area, err);
    if (rc != IM_OK && !c->fault.name[0])
        api_fault(c, API_TO, text_of(c, API_TO));
    return rc;
}

static enum im_code
two_areas(struct api_call *c, enum api_param a, enum api_param b, struct im_error *err)
{
    const char *first = api_params[a].spec.name;
    const char *second = api_params[b].spec.name;

    api_fault(c, b, text_of(c, b));
    im_fail(err, IM_EARG,
            "give one area: %s or %s, not both; a filter can narrow it further", first,
            second);
    return im_zh(err, IM_EARG, "%s 与 %s 只能给一个；可再用 filter 缩小范围", first,
                 second);
}

static enum im_code find_area(struct api_call *c, struct im_error *err)
{
    static const struct {
        enum api_param param;
        enum im_code (*make)(struct api_call *, struct im_error *);
    } kinds[] = {{API_IN, area_by_name},         {API_BBOX, area_of_box},
                 {API_POLYGON, area_of_polygon}, {API_CORRIDOR, area_of_corridor},
                 {API_FROM, area_between},       {API_TO, area_between}};
    size_t given = SIZE_MAX;
    enum im_code rc = IM_OK;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!api_is_set(c, kinds[i].param) ||
            (given != SIZE_MAX && kinds[given].make == kinds[i].make))
            continue;
        if (given != SIZE_MAX)
            return two_areas(c, kinds[given].param, kinds[i].param, err);
        given = i;
    }
    if (api_is_set(c, API_HALF_WIDTH_KM) && !api_is_set(c, API_CORRIDOR) &&
        !api_is_set(c, API_FROM) && !api_is_set(c, API_TO)) {
        api_fault(c, API_HALF_WIDTH_KM, text_of(c, API_HALF_WIDTH_KM));
        im_fail(err, IM_EARG, "half_width_km needs corridor, or from and to");
        return im_zh(err, IM_EARG, "half_width_km 须与 corridor 或 from、to 同用");
    }
    if (given != SIZE_MAX) {
        rc = kinds[given].make(c, err);
        c->request.area = &c->area;
    }
    return rc;
}

/* ---- filter, order, page ---- */

static enum cql_encoding encoding_of(const struct api_call *c, struct im_bytes text)
{
    size_t i = 0;

    if (api_is_set(c, API_FILTER_LANG))
        return c->values[API_FILTER_LANG].choice == 0 ? CQL_TEXT : CQL_JSON;
    while (i < text.len && strchr(" \t\r\n", text.data[i]) && text.data[i])
        i++;
    return i < text.len && text.data[i] == '{' ? CQL_JSON : CQL_TEXT;
}

static enum im_code parse_filter(struct api_call *c,
                                 enum api_param param,
                                 const struct cql_node **out,
                                 struct im_error *err)
{
    struct im_bytes text = text_of(c, param);
    enum im_code rc;

    *out = NULL;
    if (!api_is_set(c, param))
        return IM_OK;
    rc = cql_parse(text, encoding_of(c, text), c->arena, out, &c->cql_fault, err);
    if (rc != IM_OK)
        api_fault(c, param,
                  c->cql_fault.value[0] ? im_bytes_of(c->cql_fault.value) : text);
    return rc;
}

static enum im_code
too_many(struct api_call *c, enum api_param param, size_t max, struct im_error *err)
{
    const char *name = api_params[param].spec.name;

    api_fault(c, param, text_of(c, param));
    im_fail(err, IM_ELIMIT, "%s has over %zu elements", name, max);
    return im_zh(err, IM_ELIMIT, "%s 超过 %zu 项", name, max);
}

static enum im_code read_order(struct api_call *c, struct im_error *err)
{
    struct query_sort *sort = im_arena_calloc(c->arena, QUERY_MAX_SORT, sizeof *sort);
    struct im_bytes rest = text_of(c, API_SORTBY);
    struct im_bytes part;
    bool more = api_is_set(c, API_SORTBY);
    size_t n = 0;

    if (!sort)
        return no_memory(err);
    while (next_element(&rest, &more, &part)) {
        bool has_sign = part.len && (part.data[0] == '-' || part.data[0] == '+');

        if (n == QUERY_MAX_SORT)
            return too_many(c, API_SORTBY, QUERY_MAX_SORT, err);
        if (part.len == (size_t)has_sign)
            return empty_element(c, API_SORTBY, err);
        sort[n].descending = part.data[0] == '-';
        sort[n].field = (struct im_bytes){part.data + has_sign, part.len - has_sign};
        n++;
    }
    c->request.sort = sort;
    c->request.n_sort = n;
    return IM_OK;
}

/* Is it a field that people see, of one of the layers? */
static bool has_field(const struct api_call *c, struct im_bytes name)
{
    for (size_t i = 0; i < c->request.n_layers; i++) {
        const struct layer_schema *schema = atlas_layer_schema(c->request.layers[i]);
        int field = schema_field_index(schema, name);

        if (field != SCHEMA_NO_FIELD && !schema->fields[field].hidden)
            return true;
    }
    return false;
}

static enum im_code
unknown_field(struct api_call *c, struct im_bytes name, struct im_error *err)
{
    const char *names[SCHEMA_MAX_FIELDS + 1] = {0};
    const char *nearest;
    size_t n = 0;

    api_fault(c, API_FIELDS, name);
    for (size_t i = 0; i < c->request.n_layers; i++) {
        const struct layer_schema *schema = atlas_layer_schema(c->request.layers[i]);

        for (size_t f = 0; f < schema->n_fields && n < SCHEMA_MAX_FIELDS; f++)
            if (!schema->fields[f].hidden)
                names[n++] = schema->fields[f].name;
    }
    nearest = cli_nearest(c->fault.value, names);
    if (nearest) {
        im_fail(err, IM_EARG, "fields: there is no field '%s'; did you mean %s?",
                c->fault.value, nearest);
        return im_zh(err, IM_EARG, "fields 中没有字段 “%s”：是否想写 %s？",
                     c->fault.value, nearest);
    }
    im_fail(err, IM_EARG, "fields: there is no field '%s'; /api/layers lists them",
            c->fault.value);
    return im_zh(err, IM_EARG, "fields 中没有字段 “%s”；/api/layers 列出全部字段",
                 c->fault.value);
}

static enum im_code read_fields(struct api_call *c, struct im_error *err)
{
    struct im_bytes rest = text_of(c, API_FIELDS);
    struct im_bytes part;
    bool more = api_is_set(c, API_FIELDS);

    c->n_fields = 0;
    while (next_element(&rest, &more, &part)) {
        if (part.len == 0)
            return empty_element(c, API_FIELDS, err);
        if (c->n_fields == API_MAX_FIELDS)
            return too_many(c, API_FIELDS, API_MAX_FIELDS, err);
        if (!has_field(c, part))
            return unknown_field(c, part, err);
        c->fields[c->n_fields++] = part;
    }
    return IM_OK;
}

/* Positions decide where distances count: coarse ones then stand apart. */
static enum precision coarsest_of(const struct api_call *c)
{
    static const enum precision of[] = {PRECISION_SITE, PRECISION_PARK,
                                        PRECISION_TOWN, PRECISION_DISTRICT,
                                        PRECISION_CITY, PRECISION_CITY};
    const struct query_area *area = c->request.area;

    if (api_is_set(c, API_PRECISION))
        return of[c->values[API_PRECISION].choice];
    return c->request.has_origin || api_is_set(c, API_OTHER) ||
                   (area && (area->margin_m > 0 || area->kind == QUERY_ALONG))
               ? PRECISION_TOWN
               : PRECISION_CITY;
}

enum im_code api_request(struct api_call *c, struct im_error *err)
{
    struct query_request *r = &c->request;
    enum im_code rc = find_origin(c, err);

    r->atlas = c->atlas;
    r->leave_out_unreviewed = c->leave_out_unreviewed;
    r->deadline = c->deadline;
    r->words = text_of(c, API_Q);
    r->cursor = text_of(c, API_CURSOR);
    r->each = api_flag(c, API_EACH);
    r->k = api_is_set(c, API_K)       ? (uint32_t)c->values[API_K].integer
           : api_is_set(c, API_LIMIT) ? (uint32_t)c->values[API_LIMIT].integer
                                      : c->operation->default_limit;
    r->max_m = api_is_set(c, API_RADIUS_KM) ? c->values[API_RADIUS_KM].number * 1000
               : api_is_set(c, API_MAX_KM)  ? c->values[API_MAX_KM].number * 1000
                                            : HUGE_VAL;
    if (rc == IM_OK)
        rc = find_area(c, err);
    if (rc == IM_OK)
        rc = parse_filter(c, API_FILTER, &r->filter, err);
    if (rc == IM_OK && api_is_set(c, API_DATETIME)) {
        rc = time_param_parse(text_of(c, API_DATETIME), &r->time, err);
        if (rc != IM_OK)
            api_fault(c, API_DATETIME, text_of(c, API_DATETIME));
    }
    if (rc == IM_OK)
        rc = read_order(c, err);
    if (rc == IM_OK)
        rc = read_fields(c, err);
    r->coarsest = coarsest_of(c);
    return rc;
}

enum im_code api_other_request(struct api_call *c,
                               const struct atlas_layer *const *layer,
                               struct query_request *out,
                               struct im_error *err)
{
    *out = (struct query_request){.layers = layer,
                                  .n_layers = 1,
                                  .atlas = c->atlas,
                                  .k = 1,
                                  .max_m = HUGE_VAL,
                                  .coarsest = c->request.coarsest,
                                  .leave_out_unreviewed = c->leave_out_unreviewed,
                                  .deadline = c->deadline};
    return parse_filter(c, API_OTHER_FILTER, &out->filter, err);
}
