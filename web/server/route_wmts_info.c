/* SPDX-License-Identifier: Apache-2.0 */
/* GetFeatureInfo of WMTS 1.0.0 (OGC 07-057r7, 7.3), by parameters and RESTful: the
 * features under a pixel of a tile, in drawing order from the top. */
#include "api/notice.h"
#include "routes.h"
#include "server_state.h"
#include "wmts_tile.h"

#include <tiles/identify.h>

#include <jansson.h>

enum { ANSWER_MAX_BYTES = 32 * 1024 * 1024, USUAL_COUNT = 10 };

static const struct {
    const char *type; /* as it is asked for and declared */
    const char *suffix;
    const char *content_type;
} formats[WMTS_INFO_FORMATS] = {
    [WMTS_INFO_JSON] = {"application/json", "json", "application/json"},
    [WMTS_INFO_TEXT] = {"text/plain", "txt", "text/plain; charset=utf-8"},
    [WMTS_INFO_HTML] = {"text/html", "html", "text/html; charset=utf-8"},
};

const char *wmts_info_type(enum wmts_info_format format)
{
    return formats[format].type;
}

const char *wmts_info_suffix(enum wmts_info_format format)
{
    return formats[format].suffix;
}

bool wmts_is_queryable(const struct atlas_layer *layer)
{
    return layer_is_open(layer) && !atlas_layer_schema(layer)->is_base &&
           atlas_layer_schema(layer)->geometry != SCHEMA_NONE;
}

/* ---- what is asked ---- */

static enum im_code
fail_layer(struct exchange *x, const struct wmts_info *info, struct im_error *err)
{
    const struct atlas *atlas = snapshot_atlas(x->snapshot);
    char allowed[sizeof x->fault.allowed];
    struct im_buf known = {
        .data = (uint8_t *)allowed, .cap = sizeof allowed, .max = sizeof allowed - 1};

    memset(allowed, 0, sizeof allowed);
    im_buf_text(&known, "map");
    for (size_t i = 0; i < atlas_layer_count(atlas); i++)
        if (wmts_is_queryable(atlas_layer_at(atlas, i)))
            im_buf_printf(&known, ", %s",
                          atlas_layer_schema(atlas_layer_at(atlas, i))->id);
    return ows_fail(x, 400, "InvalidParameterValue", "Layer", info->tile.map.layers,
                    allowed, err);
}

/* Of a list one at least. */
static bool has_queryable(const struct exchange *x, struct im_bytes list)
{
    if (im_bytes_equal(list, im_bytes_of("map")))
        return true;
    while (list.data)
        if (wmts_is_queryable(
                atlas_layer_find(snapshot_atlas(x->snapshot), list_next(&list))))
            return true;
    return false;
}

static enum im_code read_pixel(struct exchange *x,
                               const char *name,
                               struct im_bytes text,
                               uint32_t side_px,
                               bool is_rest,
                               uint32_t *out,
                               struct im_error *err)
{
    char allowed[40];
    int64_t value;
    bool is_number = im_parse_int64(text, &value);

    if (is_number && value >= 0 && value < side_px) {
        *out = (uint32_t)value;
        return IM_OK;
    }
    snprintf(allowed, sizeof allowed, "0..%u", side_px - 1);
    return ows_fail(x, is_rest && is_number ? 404 : 400,
                    !text.data  ? "MissingParameterValue"
                    : is_number ? "PointIJOutOfRange"
                                : "InvalidParameterValue",
                    name, text, allowed, err);
}

static enum im_code read_count(struct exchange *x, uint32_t *out, struct im_error *err)
{
    struct im_bytes text = ows_param(x, "feature_count");
    char allowed[40];
    int64_t value = USUAL_COUNT;

    snprintf(allowed, sizeof allowed, "1..%d", TILE_MAX_HITS);
    if (text.data &&
        (!im_parse_int64(text, &value) || value < 1 || value > TILE_MAX_HITS))
        return ows_fail(x, 400, "InvalidParameterValue", "Feature_Count", text, allowed,
                        err);
    *out = (uint32_t)value;
    return IM_OK;
}

/* `format` is there; the rest is read here. */
static enum im_code read_info(struct exchange *x,
                              const struct wmts_tile *t,
                              struct im_bytes i,
                              struct im_bytes j,
                              struct wmts_info *info,
                              struct im_error *err)
{
    enum im_code rc = wmts_read_tile(x, t, &info->tile, err);

    if (rc != IM_OK)
        return rc;
    if (!has_queryable(x, info->tile.map.layers))
        return fail_layer(x, info, err);
    rc = read_pixel(x, "I", i, info->tile.size_px, t->is_rest, &info->i_px, err);
    if (rc == IM_OK)
        rc = read_pixel(x, "J", j, info->tile.size_px, t->is_rest, &info->j_px, err);
    return rc == IM_OK ? read_count(x, &info->most, err) : rc;
}

/* ---- the answer ---- */

struct answer {
    struct exchange *x;
    const struct wmts_info *info;
    const struct tile_hit *hits;
    uint32_t n;
};

static struct query_answer_context context_of(struct exchange *x)
{
    return (struct query_answer_context){
        .lang = x->lang,
        .show_geometry_of_unreviewed = !server_leaves_out_unreviewed(x->server),
        .notice = notice_text(x->lang),
        .review_number = server_review_number(x->server),
        .forms = query_forms_new(exchange_arena(x))};
}

static void member(struct im_json *w, const char *key, const char *value)
{
    im_json_key(w, key);
    im_json_text(w, value);
}

static void write_cluster(struct im_json *w, const struct tile_hit *hit, enum lang lang)
{
    const struct layer_schema *schema = atlas_layer_schema(hit->layer);

    im_json_object(w);
    member(w, "type", "Feature");
    im_json_key(w, "geometry");
    im_json_null(w);
    im_json_key(w, "properties");
    im_json_object(w);
    member(w, "layer", schema->id);
    member(w, "layer_title", query_title(schema->title, lang));
    im_json_key(w, "cluster");
    im_json_bool(w, true);
    im_json_key(w, "point_count");
    im_json_int(w, hit->n_points);
    im_json_object_end(w);
    im_json_object_end(w);
}

static void write_hit(struct im_json *w,
                      const struct tile_hit *hit,
                      const struct query_answer_context *context)
{
    if (hit->n_points)
        write_cluster(w, hit, context->lang);
    else
        query_write_feature(w, hit->layer, hit->feature, NULL, context);
}

static enum im_code
write_json(const struct answer *a, struct im_buf *out, struct im_error *err)
{
    struct query_answer_context context = context_of(a->x);
    struct im_buf attribution = {.max = 16384};
    struct im_json w = {.out = out};

    (void)err;
    im_json_object(&w);
    member(&w, "type", "FeatureCollection");
    im_json_key(&w, "features");
    im_json_array(&w);
    for (uint32_t i = 0; i < a->n; i++)
        write_hit(&w, &a->hits[i], &context);
    im_json_array_end(&w);
    im_json_key(&w, "numberReturned");
    im_json_int(&w, a->n);
    for (uint32_t i = 0; i < a->n; i++)
        query_add_attribution(&attribution, a->hits[i].layer, context.lang);
    im_json_key(&w, "attribution");
    im_json_string(&w, im_buf_bytes(&attribution));
    member(&w, "notice", context.notice);
    member(&w, "review_number", context.review_number);
    im_json_object_end(&w);
    im_buf_release(&attribution);
    return IM_OK;
}

/* The properties of a hit as they stand in JSON: names, codes and titles are the same
 * in all formats. */
static json_t *properties_of(const struct tile_hit *hit,
                             const struct query_answer_context *context)
{
    struct im_buf text = {.max = ANSWER_MAX_BYTES};
    struct im_json w = {.out = &text};
    json_t *feature = NULL;
    json_t *properties = NULL;

    write_hit(&w, hit, context);
    if (!text.failed)
        feature = json_loadb((const char *)text.data, text.len, 0, NULL);
    properties = json_incref(json_object_get(feature, "properties"));
    json_decref(feature);
    im_buf_release(&text);
    return properties;
}

/* What people read: nothing of what is null, and texts as they are. */
static bool
value_text(const json_t *value, char number[IM_NUMBER_MAX], struct im_bytes *out)
{
    if (json_is_string(value))
        *out = (struct im_bytes){(const uint8_t *)json_string_value(value),
                                 json_string_length(value)};
    else if (json_is_boolean(value))
        *out = im_bytes_of(json_is_true(value) ? "true" : "false");
    else if (json_is_integer(value))
        *out =
            (struct im_bytes){(const uint8_t *)number,
                              (size_t)snprintf(number, IM_NUMBER_MAX, "%lld",
                                               (long long)json_integer_value(value))};
    else if (json_is_real(value))
        *out = (struct im_bytes){(const uint8_t *)number,
                                 im_format_double(number, json_real_value(value), 9)};
    else
        return false;
    return out->len > 0;
}

/* One line each: what would begin another one is a space. */
static void add_line(struct im_buf *out, const char *name, struct im_bytes value)
{
    im_buf_printf(out, "  %s = ", name);
    for (size_t i = 0; i < value.len; i++)
        im_buf_byte(out, value.data[i] < 0x20 || value.data[i] == 0x7f ? ' '
                                                                       : value.data[i]);
    im_buf_byte(out, '\n');
}

static enum im_code
write_text(const struct answer *a, struct im_buf *out, struct im_error *err)
{
    struct query_answer_context context = context_of(a->x);

    for (uint32_t i = 0; i < a->n; i++) {
        const struct layer_schema *schema = atlas_layer_schema(a->hits[i].layer);
        json_t *properties = properties_of(&a->hits[i], &context);
        char number[IM_NUMBER_MAX];
        const char *name;
        json_t *value;

        if (!properties)
            return im_fail(err, IM_ENOMEM, "out of memory");
        im_buf_printf(out, "%s (%s)\n", query_title(schema->title, a->x->lang),
                      schema->id);
        json_object_foreach(properties, name, value)
        {
            struct im_bytes text;

            if (value_text(value, number, &text))
                add_line(out, name, text);
        }
        json_decref(properties);
    }
    im_buf_printf(out, "%u %s\n%s\n%s\n", a->n,
                  a->x->lang == LANG_ZH ? "个要素" : "features", context.notice,
                  context.review_number);
    return IM_OK;
}

/* With the titles of field and code: this one is for people. */
static void write_row(struct html *h,
                      const struct layer_schema *schema,
                      const char *name,
                      const json_t *title,
                      struct im_bytes value,
                      enum lang lang)
{
    int field = schema_field_index(schema, im_bytes_of(name));

    html_markup(h, "<tr><th scope=\"row\">");
    html_string(h, field == SCHEMA_NO_FIELD
                       ? name
                       : query_title(schema->fields[field].title, lang));
    html_markup(h, "</th><td>");
    if (json_is_string(title))
        html_string(h, json_string_value(title));
    else
        html_text(h, value);
    html_markup(h, "</td></tr>\n");
}

static void write_table(struct html *h,
                        const struct layer_schema *schema,
                        json_t *properties,
                        enum lang lang)
{
    const json_t *titles = json_object_get(properties, "titles");
    char number[IM_NUMBER_MAX];
    const char *name;
    json_t *value;

    html_markup(h, "<table><caption>");
    html_string(h, query_title(schema->title, lang));
    html_markup(h, "</caption>\n");
    json_object_foreach(properties, name, value)
    {
        struct im_bytes text;

        if (value_text(value, number, &text))
            write_row(h, schema, name, json_object_get(titles, name), text, lang);
    }
    html_markup(h, "</table>\n");
}

static enum im_code
write_html(const struct answer *a, struct im_buf *out, struct im_error *err)
{
    struct query_answer_context context = context_of(a->x);
    struct html h = {out};

    html_markup(&h, "<!doctype html><html");
    html_attribute(&h, "lang", im_bytes_of(a->x->lang == LANG_ZH ? "zh" : "en"));
    html_markup(&h, "><meta charset=\"utf-8\"><title>GetFeatureInfo</title><body>\n");
    for (uint32_t i = 0; i < a->n; i++) {
        json_t *properties = properties_of(&a->hits[i], &context);

        if (!properties)
            return im_fail(err, IM_ENOMEM, "out of memory");
        write_table(&h, atlas_layer_schema(a->hits[i].layer), properties, a->x->lang);
        json_decref(properties);
    }
    html_markup(&h, "<p>");
    html_string(&h, context.notice);
    html_markup(&h, " · ");
    html_string(&h, context.review_number);
    html_markup(&h, "</p>\n");
    return IM_OK;
}

static enum im_code run_info(struct work_waiter *first,
                             struct worker *worker,
                             struct body **out,
                             struct im_error *err)
{
    static enum im_code (*const writers[WMTS_INFO_FORMATS])(
        const struct answer *, struct im_buf *,
        struct im_error *) = {[WMTS_INFO_JSON] = write_json,
                              [WMTS_INFO_TEXT] = write_text,
                              [WMTS_INFO_HTML] = write_html};
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));
    const struct wmts_info *info = x->of_route;
    struct tile_hit hits[TILE_MAX_HITS];
    struct answer a = {x, info, hits, 0};
    struct im_buf buf = {.max = ANSWER_MAX_BYTES};
    const struct tile_map *map = NULL;
    enum im_code rc = snapshot_map_get(x->snapshot, &info->tile.map, &map, err);

    (void)worker;
    if (rc == IM_OK) /* the middle of the pixel */
        rc = tile_identify(map, info->tile.id, info->i_px + 0.5, info->j_px + 0.5,
                           &x->deadline, hits, info->most, &a.n, err);
    if (rc == IM_OK)
        rc = writers[info->format](&a, &buf, err);
    if (rc == IM_OK)
        rc =
            exchange_reply(x, &buf, formats[info->format].content_type, NULL, out, err);
    im_buf_release(&buf);
    tile_map_unref(map);
    return rc;
}

/* The map is made by those who draw; what lies there is a question like others. */
static enum im_code answer_info(struct exchange *x, struct im_error *err)
{
    const struct wmts_info *info = x->of_route;
    const struct tile_map *map = NULL;
    enum im_code rc = tiles_find_map(x, &info->tile.map, &map, err);

    if (rc != IM_OK || !map)
        return rc;
    tile_map_unref(map);
    x->keep = KEEP_CHECKED;
    if (info->format == WMTS_INFO_HTML) /* the values are other people's */
        exchange_add_header(x, "Content-Security-Policy", "default-src 'none'");
    x->waiter.run = run_info;
    return IM_OK;
}

static struct wmts_info *info_new(struct exchange *x, struct im_error *err)
{
    struct wmts_info *info =
        exchange_arena(x) ? im_arena_calloc(x->arena, 1, sizeof *info) : NULL;

    if (!info)
        im_fail(err, IM_ENOMEM, "out of memory");
    return info;
}

enum im_code wmts_get_info(struct exchange *x, struct im_error *err)
{
    struct wmts_tile t = {.layer = ows_param(x, "layer"),
                          .style = ows_param(x, "style"),
                          .set = ows_param(x, "tilematrixset"),
                          .matrix = ows_param(x, "tilematrix"),
                          .row = ows_param(x, "tilerow"),
                          .col = ows_param(x, "tilecol")};
    struct im_bytes type = ows_param(x, "infoformat");
    struct wmts_info *info;
    enum im_code rc;
    int i = 0;

    if (x->of_route)
        return answer_info(x, err);
    while (i < WMTS_INFO_FORMATS && !im_bytes_equal(type, im_bytes_of(formats[i].type)))
        i++;
    if (i == WMTS_INFO_FORMATS)
        return ows_fail(
            x, 400, type.data ? "InvalidParameterValue" : "MissingParameterValue",
            "InfoFormat", type, "application/json, text/plain, text/html", err);
    if (!t.style.len) /* empty is the default one */
        t.style = (struct im_bytes){0};
    info = info_new(x, err);
    if (!info)
        return IM_ENOMEM;
    info->format = (enum wmts_info_format)i;
    x->of_route = info;
    rc = read_info(x, &t, ows_param(x, "i"), ows_param(x, "j"), info, err);
    return rc == IM_OK ? answer_info(x, err) : rc;
}

/* {layer}/{style}/{set}/{matrix}/{row}/{col}/{j}/{i}.json */
enum im_code route_wmts_info(struct exchange *x, struct im_error *err)
{
    struct wmts_tile t = {.layer = x->captures[0],
                          .style = x->captures[1],
                          .set = x->captures[2],
                          .matrix = x->captures[3],
                          .row = x->captures[4],
                          .col = x->captures[5],
                          .is_rest = true};
    struct im_bytes name = x->captures[7];
    const uint8_t *dot = memrchr(name.data, '.', name.len);
    size_t n = dot ? (size_t)(dot - name.data) : name.len;
    struct wmts_info *info;
    enum im_code rc;
    int i = 0;

    wmts_start(x);
    if (x->of_route)
        return answer_info(x, err);
    while (i < WMTS_INFO_FORMATS && dot &&
           !im_bytes_equal((struct im_bytes){dot + 1, name.len - n - 1},
                           im_bytes_of(formats[i].suffix)))
        i++;
    if (!dot || i == WMTS_INFO_FORMATS)
        return ows_fail(x, 404, "InvalidParameterValue", "InfoFormat", name,
                        "json, txt, html", err);
    info = info_new(x, err);
    if (!info)
        return IM_ENOMEM;
    info->format = (enum wmts_info_format)i;
    x->of_route = info;
    rc = read_info(x, &t, (struct im_bytes){name.data, n}, x->captures[6], info, err);
    return rc == IM_OK ? answer_info(x, err) : rc;
}
