/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of /items as a query of the one planner. */
#include "../time_param.h"
#include "ogc.h"

#include <engine/cli.h>

#include <math.h>
#include <xxhash.h>

enum { COUNT_SEED = 0x636f756e }; /* keys of counts are no keys of documents */

static const char *const languages[] = {"zh", "en", NULL};
/* cql-text is what GDAL looks for and sends (STANDARDS: P3, GDAL) */
static const char *const filter_languages[] = {"cql2-text", "cql2-json", "cql-text",
                                               "cql-json", NULL};

const struct param_spec ogc_item_params[OGC_ITEM_PARAMS] = {
    [OGC_P_F] = {"f", PARAM_TEXT, 1, 40, NULL},
    [OGC_P_LANG] = {"lang", PARAM_CHOICE, 0, 0, languages},
    [OGC_P_LIMIT] = {"limit", PARAM_TEXT, 1, 20, NULL},
    [OGC_P_OFFSET] = {"offset", PARAM_INTEGER, 0, OGC_MAX_LIMIT - 1, NULL},
    [OGC_P_CURSOR] = {"cursor", PARAM_TEXT, 1, 2000, NULL},
    [OGC_P_BBOX] = {"bbox", PARAM_TEXT, 1, 400, NULL},
    [OGC_P_BBOX_CRS] = {"bbox-crs", PARAM_TEXT, 1, 100, NULL},
    [OGC_P_CRS] = {"crs", PARAM_TEXT, 1, 100, NULL},
    [OGC_P_DATETIME] = {"datetime", PARAM_TEXT, 1, 100, NULL},
    [OGC_P_FILTER] = {"filter", PARAM_TEXT, 1, CQL_MAX_BYTES, NULL},
    [OGC_P_FILTER_LANG] = {"filter-lang", PARAM_CHOICE, 0, 0, filter_languages},
    [OGC_P_FILTER_CRS] = {"filter-crs", PARAM_TEXT, 1, 100, NULL},
    [OGC_P_SORTBY] = {"sortby", PARAM_TEXT, 1, 500, NULL},
    [OGC_P_Q] = {"q", PARAM_TEXT, 1, 200, NULL},
};

const struct schema_title ogc_item_param_about[OGC_ITEM_PARAMS] = {
    [OGC_P_F] = {"格式", "format"},
    [OGC_P_LANG] = {"标题与说明的语言", "language of titles and texts"},
    [OGC_P_LIMIT] = {"每页条数；超过上限按上限处理",
                     "features a page; more than the maximum gives the maximum"},
    [OGC_P_OFFSET] =
        {"跳过的条数；offset 与 limit 之和不超过 10000，更多请用 next 链接",
         "features to pass over; offset and limit together at most 10000, "
         "follow the next links for more"},
    [OGC_P_CURSOR] = {"下一页的位置，取自 next 链接",
                      "where a page begins, from a next link"},
    [OGC_P_BBOX] = {"范围：4 个或 6 个数；最小经度大于最大经度表示跨 180 度经线",
                    "box of 4 or 6 numbers; west above east crosses the antimeridian"},
    [OGC_P_BBOX_CRS] = {"bbox 的坐标系", "coordinate system of bbox"},
    [OGC_P_CRS] = {"结果的坐标系", "coordinate system of the answer"},
    [OGC_P_DATETIME] = {"时间或时段，如 2016、2016-01-01/..",
                        "an instant or interval: 2016, 2016-01-01/.."},
    [OGC_P_FILTER] = {"CQL2 过滤条件", "CQL2 filter"},
    [OGC_P_FILTER_LANG] = {"filter 的写法", "encoding of the filter"},
    [OGC_P_FILTER_CRS] = {"filter 中坐标的坐标系",
                          "coordinate system of positions in the filter"},
    [OGC_P_SORTBY] = {"排序字段，逗号分隔，- 表示降序",
                      "fields to sort by, with commas; - for descending"},
    [OGC_P_Q] = {"全文检索", "words that must be found"},
};

void ogc_fault(struct ogc *o, const char *name, struct im_bytes value)
{
    struct param_fault *fault = &o->x->fault;

    memset(fault, 0, sizeof *fault);
    snprintf(fault->name, sizeof fault->name, "%s", name);
    param_quote(fault->value, sizeof fault->value, value);
}

static bool is_given(const struct ogc *o, enum ogc_item_param p)
{
    return o->params[p].is_set;
}

/* ---- reading and checking ---- */

static bool is_own_param(struct im_bytes name)
{
    for (size_t i = 0; i < OGC_ITEM_PARAMS; i++)
        if (im_bytes_equal(name, im_bytes_of(ogc_item_params[i].name)))
            return true;
    return false;
}

static enum im_code
add_property(struct ogc *o, const struct url_param *p, int field, struct im_error *err)
{
    for (size_t i = 0; i < o->n_properties; i++)
        if (o->property_fields[i] == field) {
            ogc_fault(o, atlas_layer_schema(o->layer)->fields[field].name, p->value);
            im_fail(err, IM_EARG, "%s is given more than once", o->x->fault.name);
            return im_zh(err, IM_EARG, "参数 %s 出现多次", o->x->fault.name);
        }
    o->properties[o->n_properties] = p;
    o->property_fields[o->n_properties++] = field;
    return IM_OK;
}

/* Parameters named as fields are filters (Part 3, 6.4); ours go before. */
static enum im_code split_params(struct ogc *o, struct im_error *err)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    const struct url_param *pairs = o->x->pairs;
    struct url_param own[PARAM_MAX];
    enum im_code rc = IM_OK;
    size_t n = 0;

    for (size_t i = 0; i < o->x->n_pairs && rc == IM_OK; i++) {
        int field = is_own_param(pairs[i].name)
                        ? SCHEMA_NO_FIELD
                        : schema_field_index(schema, pairs[i].name);

        if (field != SCHEMA_NO_FIELD && ogc_field_is_open(&schema->fields[field]))
            rc = add_property(o, &pairs[i], field, err);
        else if (pairs[i].value.len || !is_own_param(pairs[i].name))
            own[n++] = pairs[i]; /* a form sends its empty fields, too */
    }
    if (rc == IM_OK)
        rc = params_parse_pairs(own, n, ogc_item_params, OGC_ITEM_PARAMS, o->params,
                                &o->x->fault, err);
    return rc;
}

/* A limit above the maximum is no error (Part 1, 7.15.4). */
static enum im_code parse_limit(struct ogc *o, struct im_error *err)
{
    struct im_bytes text = o->params[OGC_P_LIMIT].text;
    int64_t limit;

    o->limit = OGC_DEFAULT_LIMIT;
    if (!is_given(o, OGC_P_LIMIT))
        return IM_OK;
    if (im_parse_int64(text, &limit) && limit >= 1) {
        o->limit = limit > OGC_MAX_LIMIT ? OGC_MAX_LIMIT : (uint32_t)limit;
        return IM_OK;
    }
    ogc_fault(o, "limit", text);
    snprintf(o->x->fault.allowed, sizeof o->x->fault.allowed, "1..%d", OGC_MAX_LIMIT);
    im_fail(err, IM_EARG, "limit is '%s', allowed is a whole number 1..%d",
            o->x->fault.value, OGC_MAX_LIMIT);
    return im_zh(err, IM_EARG, "limit 为 “%s”，应为整数 1..%d", o->x->fault.value,
                 OGC_MAX_LIMIT);
}

/* For clients that page by number (ogc-client); far pages are reached by cursors. */
static enum im_code parse_offset(struct ogc *o, struct im_error *err)
{
    o->offset =
        is_given(o, OGC_P_OFFSET) ? (uint32_t)o->params[OGC_P_OFFSET].integer : 0;
    if (o->offset && is_given(o, OGC_P_CURSOR)) {
        ogc_fault(o, "offset", o->params[OGC_P_OFFSET].text);
        im_fail(err, IM_EARG, "offset and cursor do not go together");
        return im_zh(err, IM_EARG, "offset 与 cursor 不能同时使用");
    }
    if (o->offset + o->limit <= OGC_MAX_LIMIT)
        return IM_OK;
    ogc_fault(o, "offset", o->params[OGC_P_OFFSET].text);
    snprintf(o->x->fault.allowed, sizeof o->x->fault.allowed, "0..%u",
             OGC_MAX_LIMIT - o->limit);
    im_fail(err, IM_EARG,
            "offset is %u, with limit %u allowed is %s; follow the next links for more",
            o->offset, o->limit, o->x->fault.allowed);
    return im_zh(err, IM_EARG,
                 "offset 为 %u，limit 为 %u 时允许 %s；更多请沿 next 链接取得",
                 o->offset, o->limit, o->x->fault.allowed);
}

static enum im_code parse_crs(struct ogc *o,
                              enum ogc_item_param p,
                              const struct ogc_crs **out,
                              struct im_error *err)
{
    struct param_fault *fault = &o->x->fault;
    struct im_buf list = {.data = (uint8_t *)fault->allowed,
                          .cap = sizeof fault->allowed,
                          .max = sizeof fault->allowed - 1};
    const char *name = ogc_item_params[p].name;

    *out = &ogc_crs_list[0];
    if (!is_given(o, p))
        return IM_OK;
    *out = ogc_crs_find(o->params[p].text);
    if (*out)
        return IM_OK;
    *out = &ogc_crs_list[0];
    ogc_fault(o, name, o->params[p].text);
    for (size_t i = 0; i < OGC_CRS_COUNT; i++)
        im_buf_printf(&list, i ? ", %s" : "%s", ogc_crs_list[i].code);
    im_fail(err, IM_EARG, "%s '%s' is not offered; allowed are %s (by URI: %s)", name,
            fault->value, fault->allowed, ogc_crs_list[1].uri);
    return im_zh(err, IM_EARG, "不提供 %s “%s”；可用坐标系为 %s（写作网址：%s）", name,
                 fault->value, fault->allowed, ogc_crs_list[1].uri);
}

static enum im_code
bad_bbox(struct ogc *o, const char *en, const char *zh, struct im_error *err)
{
    ogc_fault(o, "bbox", o->params[OGC_P_BBOX].text);
    snprintf(o->x->fault.allowed, sizeof o->x->fault.allowed,
             "min_lon,min_lat,max_lon,max_lat");
    im_fail(err, IM_EARG, "bbox '%s' %s", o->x->fault.value, en);
    return im_zh(err, IM_EARG, "bbox “%s” %s", o->x->fault.value, zh);
}

/* Four numbers, or six with heights, which are left out: there are none here. */
static enum im_code parse_bbox(struct ogc *o, double box[4], struct im_error *err)
{
    struct im_bytes rest = o->params[OGC_P_BBOX].text;
    double n[OGC_MAX_BBOX];
    size_t count = 0;

    for (;;) {
        const uint8_t *comma = rest.len ? memchr(rest.data, ',', rest.len) : NULL;
        struct im_bytes part = {rest.data,
                                comma ? (size_t)(comma - rest.data) : rest.len};

        if (count == OGC_MAX_BBOX || !im_parse_double(part, &n[count++]))
            return bad_bbox(o, "is not 4 or 6 numbers with commas",
                            "应为逗号分隔的 4 个或 6 个数", err);
        if (!comma)
            break;
        rest = (struct im_bytes){comma + 1, rest.len - part.len - 1};
    }
    if (count != 4 && count != 6)
        return bad_bbox(o, "is not 4 or 6 numbers with commas",
                        "应为逗号分隔的 4 个或 6 个数", err);
    box[0] = n[0];
    box[1] = n[1];
    box[2] = n[count / 2];
    box[3] = n[count / 2 + 1];
    return IM_OK;
}

static enum im_code two_filters(struct ogc *o, struct im_error *err)
{
    ogc_fault(o, "filter", o->params[OGC_P_FILTER].text);
    im_fail(err, IM_EARG, "there is a filter in the address and one in the body");
    return im_zh(err, IM_EARG, "地址和请求体中各有一个过滤条件");
}

static enum im_code parse_params_of_items(struct ogc *o, struct im_error *err)
{
    const struct ogc_crs *other;
    struct query_time time;
    double box[4];
    enum im_code rc = split_params(o, err);

    if (rc == IM_OK && o->x->request_body.len && is_given(o, OGC_P_FILTER))
        rc = two_filters(o, err);
    if (rc == IM_OK)
        rc = parse_limit(o, err);
    if (rc == IM_OK)
        rc = parse_offset(o, err);
    if (rc == IM_OK)
        rc = parse_crs(o, OGC_P_CRS, &o->crs, err);
    if (o->format == OGC_XLSX) /* sheets are read by people */
        o->crs = &ogc_crs_list[0];
    if (rc == IM_OK)
        rc = parse_crs(o, OGC_P_BBOX_CRS, &other, err);
    if (rc == IM_OK)
        rc = parse_crs(o, OGC_P_FILTER_CRS, &other, err);
    if (rc == IM_OK && is_given(o, OGC_P_BBOX))
        rc = parse_bbox(o, box, err);
    if (rc == IM_OK && is_given(o, OGC_P_DATETIME)) {
        rc = time_param_parse(o->params[OGC_P_DATETIME].text, &time, err);
        if (rc != IM_OK)
            ogc_fault(o, "datetime", o->params[OGC_P_DATETIME].text);
    }
    return rc;
}

enum im_code ogc_params_parse(struct ogc *o, struct im_error *err)
{
    static const struct param_spec document[] = {
        {"f", PARAM_TEXT, 1, 40, NULL},
        {"lang", PARAM_CHOICE, 0, 0, languages},
        {"crs", PARAM_TEXT, 1, 100, NULL}};
    struct param_value values[3] = {0};
    enum im_code rc;

    if (o->what == OGC_ITEMS)
        return parse_params_of_items(o, err);
    rc = params_parse_pairs(o->x->pairs, o->x->n_pairs, document,
                            o->what == OGC_ITEM ? 3 : 2, values, &o->x->fault, err);
    o->params[OGC_P_F] = values[0];
    o->params[OGC_P_LANG] = values[1];
    o->params[OGC_P_CRS] = values[2];
    return rc == IM_OK ? parse_crs(o, OGC_P_CRS, &o->crs, err) : rc;
}

/* ---- asking ---- */

struct asking {
    struct ogc *o;
    struct query_request request;
    struct query_area area;
    struct cql_crs filter_crs;
    struct query_sort sort[QUERY_MAX_SORT];
    double ring[2 * OGC_CRS_RING];
    uint32_t part_end;
    uint32_t area_end;
};

static enum im_code
box_of_degrees(struct asking *a, double box[4], bool lat_first, struct im_error *err)
{
    struct bbox b = lat_first ? (struct bbox){box[1], box[0], box[3], box[2]}
                              : (struct bbox){box[0], box[1], box[2], box[3]};

    if (!(fabs(b.min_x) <= 180 && fabs(b.max_x) <= 180 && fabs(b.min_y) <= 90 &&
          fabs(b.max_y) <= 90))
        return bad_bbox(a->o, "is outside of longitude -180..180, latitude -90..90",
                        "超出经度 -180..180、纬度 -90..90", err);
    if (b.min_y > b.max_y)
        return bad_bbox(a->o, "has its south above its north", "南界大于北界", err);
    a->area = (struct query_area){
        .kind = QUERY_IN_BOX, .box = b, .title = {"", ""}, .note = {"", ""}};
    return IM_OK;
}

/* The square of Web Mercator and beyond: clamped, as its own definition is. */
static enum im_code
box_of_mercator(struct asking *a, const double m[4], struct im_error *err)
{
    const double radius = 6378137.0; /* EPSG:3857 is a sphere of this radius */
    double box[4];

    if (m[0] > m[2] || m[1] > m[3])
        return bad_bbox(a->o, "has its minimum above its maximum", "最小值大于最大值",
                        err);
    for (int i = 0; i < 4; i += 2) {
        box[i] = fmax(-180, fmin(180, m[i] / radius / M_PI * 180));
        box[i + 1] = atan(sinh(m[i + 1] / radius)) / M_PI * 180;
    }
    return box_of_degrees(a, box, false, err);
}

static enum im_code box_of_grid(struct asking *a,
                                struct ogc_transform *t,
                                double m[4],
                                struct im_error *err)
{
    enum im_code rc;

    if (m[0] > m[2] || m[1] > m[3])
        return bad_bbox(a->o, "has its minimum above its maximum", "最小值大于最大值",
                        err);
    rc = ogc_crs_ring(t, m, a->ring, err);
    if (rc != IM_OK) {
        ogc_fault(a->o, "bbox", a->o->params[OGC_P_BBOX].text);
        return rc;
    }
    a->part_end = OGC_CRS_RING;
    a->area_end = 1;
    a->area = (struct query_area){.kind = QUERY_IN_SHAPE,
                                  .shape = {.kind = GEOM_AREA,
                                            .n_points = OGC_CRS_RING,
                                            .n_parts = 1,
                                            .n_areas = 1,
                                            .lonlat = a->ring,
                                            .part_end = &a->part_end,
                                            .area_end = &a->area_end},
                                  .title = {"", ""},
                                  .note = {"", ""}};
    return IM_OK;
}

static enum im_code set_area(struct asking *a, struct im_error *err)
{
    const struct ogc_crs *crs;
    struct ogc_transform *t;
    double box[4];
    enum im_code rc;

    if (!is_given(a->o, OGC_P_BBOX))
        return IM_OK;
    rc = parse_bbox(a->o, box, err);
    if (rc == IM_OK)
        rc = parse_crs(a->o, OGC_P_BBOX_CRS, &crs, err);
    if (rc == IM_OK)
        rc = ogc_crs_book_get(a->o->book, crs, &t, err);
    if (rc != IM_OK)
        return rc;
    a->request.area = &a->area;
    if (!crs->is_straight)
        return box_of_grid(a, t, box, err);
    if (crs->decimals == 3)
        return box_of_mercator(a, box, err);
    return box_of_degrees(a, box, !crs->is_lonlat, err);
}

static bool to_lonlat(void *ctx, double *xy, size_t n)
{
    return ogc_crs_inverse(ctx, xy, n);
}

static enum im_code
not_of_type(struct ogc *o, const char *en, const char *zh, struct im_error *err)
{
    const struct param_fault *fault = &o->x->fault;

    im_fail(err, IM_EARG, "%s is '%s', which is no %s", fault->name, fault->value, en);
    return im_zh(err, IM_EARG, "%s 为 “%s”，不是%s", fault->name, fault->value, zh);
}

static bool parse_flag(struct im_bytes value, bool *out)
{
    *out = im_bytes_equal(value, im_bytes_of("true")) ||
           im_bytes_equal(value, im_bytes_of("1"));
    return *out || im_bytes_equal(value, im_bytes_of("false")) ||
           im_bytes_equal(value, im_bytes_of("0"));
}

static void write_literal(const struct schema_field *field,
                          struct im_bytes value,
                          bool flag,
                          struct im_buf *out)
{
    bool is_time = field->format == FORMAT_DATE || field->format == FORMAT_DATETIME;

    if (is_time)
        im_buf_text(out, field->format == FORMAT_DATE ? "DATE(" : "TIMESTAMP(");
    if (field->type == FIELD_TEXT)
        cql_quote(value, out);
    else if (field->format == FORMAT_BOOLEAN)
        im_buf_text(out, flag ? "TRUE" : "FALSE");
    else
        im_buf_append(out, value.data, value.len);
    if (is_time)
        im_buf_byte(out, ')');
}

/* field=value as CQL2 text. Names are [a-z0-9_], so quoting them is enough. */
static enum im_code property_filter(struct ogc *o,
                                    const struct schema_field *field,
                                    struct im_bytes value,
                                    struct im_buf *out,
                                    struct im_error *err)
{
    bool flag = false;
    double number;

    ogc_fault(o, field->name, value);
    if (field->format == FORMAT_BOOLEAN) {
        if (!parse_flag(value, &flag))
            return not_of_type(o, "true or false", " true 或 false", err);
    } else if (field->type != FIELD_TEXT && !im_parse_double(value, &number)) {
        return not_of_type(o, "number", "数字", err);
    }
    if (field->list)
        im_buf_printf(out, "A_CONTAINS(\"%s\",(", field->name);
    else
        im_buf_printf(out, "\"%s\"=", field->name);
    write_literal(field, value, flag, out);
    if (field->list)
        im_buf_text(out, "))");
    return IM_OK;
}

static enum im_code parse_into(struct asking *a,
                               struct im_bytes text,
                               enum cql_encoding encoding,
                               struct im_error *err)
{
    struct param_fault *fault = &a->o->x->fault;
    struct cql_fault where = {0};
    const struct cql_node *node = NULL;
    const struct cql_node *both;
    enum im_code rc = cql_parse(text, encoding, a->o->arena, &node, &where, err);

    if (rc != IM_OK) {
        ogc_fault(a->o, "filter", text);
        if (where.value[0])
            snprintf(fault->value, sizeof fault->value, "%s", where.value);
        return rc;
    }
    both = cql_and(a->request.filter, node, a->o->arena);
    if (!both && (a->request.filter || node))
        return im_fail(err, IM_ENOMEM, "out of memory");
    a->request.filter = both;
    return IM_OK;
}

static enum im_code add_properties(struct asking *a, struct im_error *err)
{
    const struct layer_schema *schema = atlas_layer_schema(a->o->layer);
    enum im_code rc = IM_OK;

    for (size_t i = 0; i < a->o->n_properties && rc == IM_OK; i++) {
        const struct schema_field *field = &schema->fields[a->o->property_fields[i]];
        struct im_bytes value = a->o->properties[i]->value;
        struct im_buf text = {.max = 16384};
        char *kept;

        rc = property_filter(a->o, field, value, &text, err);
        if (rc == IM_OK)
            rc = im_buf_check(&text, "the filter", err);
        kept = rc == IM_OK ? im_arena_strdup(a->o->arena, im_buf_bytes(&text)) : NULL;
        im_buf_release(&text);
        if (rc == IM_OK && !kept)
            rc = im_fail(err, IM_ENOMEM, "out of memory");
        if (rc == IM_OK)
            rc = parse_into(a, im_bytes_of(kept), CQL_TEXT, err);
        if (rc != IM_OK)
            ogc_fault(a->o, field->name, value);
    }
    return rc;
}

static enum im_code set_filter(struct asking *a, struct im_error *err)
{
    const struct param_value *p = a->o->params;
    const struct ogc_crs *crs;
    struct ogc_transform *t;
    enum im_code rc = IM_OK;

    if (a->o->x->request_body.len)
        rc = parse_into(a, a->o->x->request_body, CQL_JSON, err);
    else if (p[OGC_P_FILTER].is_set) {
        int language = p[OGC_P_FILTER_LANG].is_set ? p[OGC_P_FILTER_LANG].choice : 0;

        rc = parse_into(a, p[OGC_P_FILTER].text, language % 2 ? CQL_JSON : CQL_TEXT,
                        err);
    }
    if (rc == IM_OK)
        rc = add_properties(a, err);
    if (rc == IM_OK)
        rc = parse_crs(a->o, OGC_P_FILTER_CRS, &crs, err);
    if (rc == IM_OK && !crs->is_lonlat) {
        rc = ogc_crs_book_get(a->o->book, crs, &t, err);
        if (rc == IM_OK) {
            a->filter_crs = (struct cql_crs){to_lonlat, t};
            a->request.filter_crs = &a->filter_crs;
        }
    }
    return rc;
}

static enum im_code
no_sort_field(struct ogc *o, struct im_bytes name, struct im_error *err)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    struct param_fault *fault = &o->x->fault;
    struct im_buf list = {.data = (uint8_t *)fault->allowed,
                          .cap = sizeof fault->allowed,
                          .max = sizeof fault->allowed - 1};
    const char *names[SCHEMA_MAX_FIELDS + 1] = {0};
    const char *nearest;
    size_t n = 0;

    ogc_fault(o, "sortby", name);
    for (size_t i = 0; i < schema->n_fields; i++)
        if (ogc_field_sorts(&schema->fields[i])) {
            im_buf_printf(&list, n ? ", %s" : "%s", schema->fields[i].name);
            names[n++] = schema->fields[i].name;
        }
    nearest = cli_nearest(fault->value, names);
    im_fail(err, IM_EARG, "cannot sort by '%s'%s%s; allowed are %s", fault->value,
            nearest ? ": did you mean " : "", nearest ? nearest : "", fault->allowed);
    return im_zh(err, IM_EARG, "不能按 “%s” 排序%s%s；可用字段为 %s", fault->value,
                 nearest ? "：是否想写 " : "", nearest ? nearest : "", fault->allowed);
}

/* One of "name", "+name", "-name"; in a query '+' is a space. */
static enum im_code
add_sort(struct asking *a, struct im_bytes part, struct im_error *err)
{
    const struct layer_schema *schema = atlas_layer_schema(a->o->layer);
    bool descending = part.len && part.data[0] == '-';
    int field;

    if (part.len && memchr("+- ", part.data[0], 3))
        part = (struct im_bytes){part.data + 1, part.len - 1};
    field = schema_field_index(schema, part);
    if (field == SCHEMA_NO_FIELD || !ogc_field_sorts(&schema->fields[field]))
        return no_sort_field(a->o, part, err);
    if (a->request.n_sort == QUERY_MAX_SORT) {
        ogc_fault(a->o, "sortby", a->o->params[OGC_P_SORTBY].text);
        im_fail(err, IM_EARG, "sortby has more than %d fields", QUERY_MAX_SORT);
        return im_zh(err, IM_EARG, "sortby 超过 %d 个字段", QUERY_MAX_SORT);
    }
    a->sort[a->request.n_sort++] = (struct query_sort){part, descending};
    a->request.sort = a->sort;
    return IM_OK;
}

static enum im_code set_sort(struct asking *a, struct im_error *err)
{
    struct im_bytes rest = a->o->params[OGC_P_SORTBY].text;
    enum im_code rc = IM_OK;

    while (is_given(a->o, OGC_P_SORTBY) && rc == IM_OK) {
        const uint8_t *comma = rest.len ? memchr(rest.data, ',', rest.len) : NULL;
        size_t len = comma ? (size_t)(comma - rest.data) : rest.len;

        rc = add_sort(a, (struct im_bytes){rest.data, len}, err);
        if (!comma)
            break;
        rest = (struct im_bytes){comma + 1, rest.len - len - 1};
    }
    return rc;
}

/* A layer without times is not narrowed by a time (Part 1, 7.15.5). */
static enum im_code set_time(struct asking *a, struct im_error *err)
{
    if (!is_given(a->o, OGC_P_DATETIME) || !ogc_has_time(a->o->layer))
        return IM_OK;
    return time_param_parse(a->o->params[OGC_P_DATETIME].text, &a->request.time, err);
}

/* ---- how many there are: counted once for all pages of a question ---- */

/* What does not change which features match. */
static bool is_of_the_page(struct im_bytes name)
{
    static const char *const names[] = {"f",      "lang", "limit", "offset",
                                        "cursor", "crs",  "sortby"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (im_bytes_equal(name, im_bytes_of(names[i])))
            return true;
    return false;
}

static struct body_key count_key(const struct ogc *o)
{
    const char *id = atlas_layer_schema(o->layer)->id;
    uint64_t hash = XXH3_64bits_withSeed(id, strlen(id), COUNT_SEED);

    for (size_t i = 0; i < o->x->n_pairs; i++) {
        const struct url_param *p = &o->x->pairs[i];

        if (is_of_the_page(p->name))
            continue;
        hash = XXH3_64bits_withSeed(p->name.data, p->name.len, hash + 1);
        hash = XXH3_64bits_withSeed(p->value.data, p->value.len, hash + 1);
    }
    hash = XXH3_64bits_withSeed(o->x->request_body.data, o->x->request_body.len, hash);
    return (struct body_key){snapshot_generation(o->x->snapshot), hash};
}

static bool count_find(const struct ogc *o, uint64_t *count)
{
    struct body_cache *cache = o->x->server->cache;
    struct body *body = cache ? body_cache_get(cache, count_key(o)) : NULL;

    if (body)
        memcpy(count, body->plain.data, sizeof *count);
    body_unref(body);
    return body != NULL;
}

/* Without memory it is counted again. */
static void count_keep(const struct ogc *o, uint64_t count)
{
    struct body_cache *cache = o->x->server->cache;
    struct body *body =
        cache ? body_new((struct im_bytes){(const uint8_t *)&count, sizeof count},
                         "application/octet-stream", NULL)
              : NULL;

    if (body)
        body_cache_put(cache, count_key(o), body);
    body_unref(body);
}

enum im_code ogc_query_run(struct ogc *o, struct im_error *err)
{
    struct query_answer *out = &o->answer;
    struct asking *a = im_arena_calloc(o->arena, 1, sizeof *a);
    struct cql_fault where = {0};
    uint64_t count = 0;
    bool is_counted = count_find(o, &count);
    enum im_code rc;

    if (!a)
        return im_fail(err, IM_ENOMEM, "out of memory");
    a->o = o;
    a->request = (struct query_request){.layers = &o->layer,
                                        .n_layers = 1,
                                        .k = o->offset + o->limit,
                                        .max_m = HUGE_VAL,
                                        .coarsest = PRECISION_CITY,
                                        .leave_out_unreviewed =
                                            server_leaves_out_unreviewed(o->x->server),
                                        .atlas = o->atlas,
                                        .words = o->params[OGC_P_Q].text,
                                        .cursor = o->params[OGC_P_CURSOR].text,
                                        .skip_count = is_counted,
                                        .deadline = o->x->deadline};
    rc = set_area(a, err);
    if (rc == IM_OK)
        rc = set_filter(a, err);
    if (rc == IM_OK)
        rc = set_sort(a, err);
    if (rc == IM_OK)
        rc = set_time(a, err);
    if (rc != IM_OK)
        return rc;
    memset(&o->x->fault, 0, sizeof o->x->fault);
    rc = query_run(&a->request, o->arena, out, &where, err);
    if (rc == IM_EARG && where.value[0])
        ogc_fault(o, "filter", im_bytes_of(where.value));
    if (rc == IM_OK && is_counted)
        out->n_matched = count;
    else if (rc == IM_OK)
        count_keep(o, out->n_matched);
    if (rc == IM_OK) {
        size_t passed = o->offset < out->n_hits ? o->offset : out->n_hits;

        out->hits += passed;
        out->n_hits -= passed;
    }
    return rc;
}
