/* SPDX-License-Identifier: Apache-2.0 */
/* nearest, within, list: rows of layers. */
#include "api/call.h"

#include "api/table.h"

#include <inttypes.h>
#include <math.h>

enum {
    MEMBERS_MAX_BYTES = 32 * 1024 * 1024,
    ROWS_MAX = 5 * QUERY_MAX_K /* of one answer, k of each layer */
};

static bool is_operation(const struct api_call *c, const char *name)
{
    return strcmp(c->operation->name, name) == 0;
}

static enum im_code check_area(struct api_call *c, struct im_error *err)
{
    if (is_operation(c, "nearest") && !c->request.has_origin)
        return api_missing(
            c, API_NEAR,
            "请给出起点：near=张江，或 lon=121.59&lat=31.2（WGS 84 经纬度）",
            "say from where: near=张江, or lon=121.59&lat=31.2 (degrees, WGS 84)", err);
    if (api_is_set(c, API_RADIUS_KM) && !c->request.has_origin)
        return api_missing(
            c, API_NEAR,
            "radius_km 需要起点：near=张江，或 lon=121.59&lat=31.2（WGS 84 经纬度）",
            "radius_km needs an origin: near=张江, or lon=121.59&lat=31.2 (degrees, "
            "WGS 84)",
            err);
    if (is_operation(c, "within") && !c->request.area && !api_is_set(c, API_RADIUS_KM))
        return api_missing(
            c, API_RADIUS_KM,
            "请给出范围：radius_km=10（公里，0..20038）与起点，或 in、bbox、polygon、"
            "corridor、from 与 to",
            "say how far: radius_km=10 (kilometres, 0..20038) with an origin, or "
            "where: "
            "in, bbox, polygon, corridor, from and to",
            err);
    return IM_OK;
}

/* So many rows of each of so many layers would be more than one answer holds. */
static enum im_code check_each(struct api_call *c, struct im_error *err)
{
    const struct query_request *r = &c->request;
    uint64_t most = 0;

    for (size_t i = 0; r->each && i < r->n_layers; i++) {
        uint32_t n = atlas_layer_size(r->layers[i]);

        most += n < r->k ? n : r->k;
    }
    if (most <= ROWS_MAX)
        return IM_OK;
    api_fault(c, API_K, c->values[API_K].text);
    snprintf(c->fault.allowed, sizeof c->fault.allowed, "1..%zu",
             ROWS_MAX / r->n_layers);
    im_fail(err, IM_ELIMIT,
            "k is %" PRIu32 " of each of %zu layers, allowed is %s: %d rows in all",
            r->k, r->n_layers, c->fault.allowed, ROWS_MAX);
    return im_zh(err, IM_ELIMIT,
                 "每个图层取 k=%" PRIu32
                 " 个，共 %zu 个图层，允许范围是 %s：总共最多 %d 条",
                 r->k, r->n_layers, c->fault.allowed, ROWS_MAX);
}

enum im_code api_rows_run(struct api_call *c, struct im_error *err)
{
    const struct atlas_layer **layers;
    enum api_kind kind = is_operation(c, "list") ? API_ROWS : API_PLACED;
    enum im_code rc =
        api_layers(c, API_LAYER, kind, &layers, &c->request.n_layers, err);

    if (rc != IM_OK)
        return rc;
    c->request.layers = layers;
    c->is_geojson = true;
    rc = api_request(c, err);
    if (rc == IM_OK)
        rc = check_area(c, err);
    if (rc == IM_OK)
        rc = check_each(c, err);
    if (rc == IM_OK)
        rc = query_run(&c->request, c->arena, &c->rows, &c->cql_fault, err);
    return api_fault_of(c, rc, err);
}

/* ---- JSON ---- */

static uint64_t rows_of_layers(const struct api_call *c)
{
    uint64_t n = 0;

    for (size_t i = 0; i < c->request.n_layers; i++)
        n += atlas_layer_size(c->request.layers[i]);
    return n;
}

/* Why there is nothing; "" when there is something. */
static void why_empty(const struct api_call *c, char *out, size_t size)
{
    uint64_t n = rows_of_layers(c);

    out[0] = '\0';
    if (c->rows.n_matched)
        return;
    if (n == 0)
        snprintf(out, size, "%s",
                 api_text(c, "图层里没有条目。", "The layer is empty."));
    else if (c->rows.n_apart_matched)
        snprintf(
            out, size,
            api_text(c,
                     "没有位置足够精确的条目符合条件；另有 %zu 条位置较粗，见 apart，"
                     "precision=all 可让它们参与。",
                     "No row known precisely enough fits; %zu with coarser "
                     "positions stand in apart, precision=all lets them take "
                     "part."),
            c->rows.n_apart_matched);
    else
        snprintf(
            out, size,
            api_text(c, "%llu 条中没有一条符合这些条件。", "None of %llu rows fits."),
            (unsigned long long)n);
}

/* Where the next page is, and why there is none. */
static void write_members(const struct api_call *c, struct im_json *w)
{
    struct im_buf url = {.max = MEMBERS_MAX_BYTES};
    char why[512];

    if (c->rows.next) {
        im_json_key(w, "next");
        if (api_write_url(c, c->rows.next, &url))
            im_json_string(w, im_buf_bytes(&url));
        else
            im_json_null(w);
        api_write_text(w, "cursor", c->rows.next);
    }
    why_empty(c, why, sizeof why);
    if (why[0])
        api_write_text(w, "note", why);
    im_buf_release(&url);
}

static void begin(const struct api_call *c, struct im_json *w)
{
    struct query_answer_context context = api_context(c);
    struct im_buf query = {.max = MEMBERS_MAX_BYTES};
    struct im_json query_writer = {.out = &query};

    api_write_query_members(c, &query_writer);
    context.query_members = im_buf_bytes(&query);
    query_write_answer_begin(w, &context);
    w->out->failed = w->out->failed || query.failed;
    im_buf_release(&query);
}

static void end(const struct api_call *c, struct im_json *w)
{
    struct query_answer_context context = api_context(c);
    struct im_buf members = {.max = MEMBERS_MAX_BYTES};
    struct im_json members_writer = {.out = &members};

    write_members(c, &members_writer);
    context.members = im_buf_bytes(&members);
    query_write_answer_end(w, &c->rows, &context);
    w->out->failed = w->out->failed || members.failed;
    im_buf_release(&members);
}

bool api_rows_write_piece(const struct api_call *c,
                          size_t full,
                          size_t *n_written,
                          struct im_buf *out)
{
    struct query_answer_context context = api_context(c);
    struct im_json w = {.out = out, .comma = *n_written > 0};

    if (*n_written == 0)
        begin(c, &w);
    *n_written = query_write_answer_hits(&w, &c->rows, *n_written, full, &context);
    if (*n_written == c->rows.n_hits)
        end(c, &w);
    return *n_written == c->rows.n_hits;
}

void api_rows_write(const struct api_call *c, struct im_json *w)
{
    struct query_answer_context context = api_context(c);

    begin(c, w);
    query_write_answer_hits(w, &c->rows, 0, SIZE_MAX, &context);
    end(c, w);
}

/* ---- a table of all fields ---- */

enum { MAX_COLUMN_FIELDS = 350 };

/* The fields of several layers by name. */
struct field_columns {
    const struct schema_field *fields[MAX_COLUMN_FIELDS];
    size_t n;
};

static bool is_shown(const struct api_call *c, const struct schema_field *field)
{
    if (field->hidden)
        return false;
    for (size_t i = 0; i < c->n_fields; i++)
        if (im_bytes_equal(c->fields[i], im_bytes_of(field->name)))
            return true;
    return c->n_fields == 0;
}

static void collect(const struct api_call *c, struct field_columns *out)
{
    out->n = 0;
    for (size_t l = 0; l < c->request.n_layers; l++) {
        const struct layer_schema *schema = atlas_layer_schema(c->request.layers[l]);

        for (size_t f = 0; f < schema->n_fields; f++) {
            const struct schema_field *field = &schema->fields[f];
            bool known = false;

            for (size_t i = 0; i < out->n; i++)
                known = known || strcmp(out->fields[i]->name, field->name) == 0;
            if (!known && is_shown(c, field) && out->n < MAX_COLUMN_FIELDS)
                out->fields[out->n++] = field;
        }
    }
}

static const char *
title_of_code(const struct schema_field *field, struct im_bytes code, enum lang lang)
{
    for (size_t i = 0; i < field->n_codes; i++)
        if (im_bytes_equal(im_bytes_of(field->codes[i].code), code))
            return query_title(field->codes[i].title, lang);
    return NULL;
}

/* Codes by their titles, as people and importers read them. */
static void
put_titles(struct api_table *t, const struct schema_field *field, struct im_bytes value)
{
    struct im_buf text = {.max = 16384};
    size_t start = 0;

    for (size_t i = 0; i <= value.len; i++) {
        if (i < value.len && !(field->list && value.data[i] == ';'))
            continue;
        struct im_bytes code = {value.data + start, i - start};
        const char *title = title_of_code(field, code, t->lang);

        im_buf_text(&text, start ? ";" : "");
        if (title)
            im_buf_text(&text, title);
        else
            im_buf_append(&text, code.data, code.len);
        start = i + 1;
    }
    table_copy(t, im_buf_bytes(&text));
    im_buf_release(&text);
}

static void put_value(struct api_table *t,
                      const struct atlas_layer *layer,
                      uint32_t feature,
                      const char *name)
{
    const struct layer_schema *schema = atlas_layer_schema(layer);
    int f = schema_field_index(schema, im_bytes_of(name));
    char digits[24];
    int64_t integer;
    double real;

    if (f == SCHEMA_NO_FIELD || atlas_is_null(layer, feature, f)) {
        table_empty(t);
    } else if (schema->fields[f].n_codes) {
        struct im_bytes code = atlas_text(layer, feature, f);

        if (atlas_integer(layer, feature, f, &integer)) {
            int len = snprintf(digits, sizeof digits, "%lld", (long long)integer);
            code = (struct im_bytes){(const uint8_t *)digits, (size_t)len};
        }
        put_titles(t, &schema->fields[f], code);
    } else if (atlas_number(layer, feature, f, &real)) {
        table_number(t, real, 9);
    } else {
        table_text(t, atlas_text(layer, feature, f));
    }
}

static bool has_axis(const struct api_call *c)
{
    return c->request.area && c->request.area->axis.kind != GEOM_EMPTY;
}

static bool has_positions(const struct api_call *c)
{
    for (size_t i = 0; i < c->request.n_layers; i++)
        if (atlas_layer_schema(c->request.layers[i])->geometry != SCHEMA_NONE)
            return true;
    return false;
}

static void add_columns(const struct api_call *c,
                        const struct field_columns *columns,
                        struct api_table *t)
{
    if (c->request.n_layers > 1)
        table_column(t, api_text(c, "图层", "Layer"), "layer");
    for (size_t i = 0; i < columns->n; i++) {
        const struct schema_field *field = columns->fields[i];
        const char *title = query_title(field->title, c->lang);

        if (field->type == FIELD_TEXT)
            table_column(t, title, field->name);
        else
            table_number_column(t, title, field->name);
    }
    if (c->request.has_origin) {
        table_number_column(t, api_text(c, "距离（米）", "Distance (m)"), "distance_m");
        table_number_column(t, api_text(c, "误差（米）", "Uncertainty (m)"),
                            "uncertainty_m");
    }
    if (has_axis(c)) {
        table_number_column(t, api_text(c, "沿线距离（米）", "Along (m)"), "along_m");
        table_number_column(t, api_text(c, "离线距离（米）", "Off (m)"), "off_m");
    }
    if (has_positions(c)) {
        table_number_column(t, api_text(c, "经度", "Longitude"), "lon");
        table_number_column(t, api_text(c, "纬度", "Latitude"), "lat");
    }
}

static void
put_measures(const struct api_call *c, const struct query_hit *hit, struct api_table *t)
{
    double u = precision_uncertainty_m(query_precision(hit->layer, hit->feature));

    if (c->request.has_origin) {
        table_number(t, query_honest_m(hit->distance_m, hit->uncertainty_m), 0);
        table_number(t, hit->uncertainty_m, 0);
    }
    if (has_axis(c)) {
        table_number(t, query_honest_m(hit->along_m, u), 0);
        table_number(t, query_honest_m(hit->off_m, u), 0);
    }
    if (has_positions(c)) {
        struct geom g = atlas_geom(hit->layer, hit->feature);
        bool is_point = g.kind == GEOM_POINT && g.n_points == 1;

        table_number(t, is_point ? g.lonlat[0] : (double)NAN, 7);
        table_number(t, is_point ? g.lonlat[1] : (double)NAN, 7);
    }
}

static void
all_fields_of(const struct api_call *c, struct api_table *t, size_t from, size_t to)
{
    struct field_columns columns;

    collect(c, &columns);
    add_columns(c, &columns, t);
    for (size_t i = from; i < to && !t->failed; i++) {
        const struct query_hit *hit = &c->rows.hits[i];

        if (c->request.n_layers > 1)
            table_words(t, "%s",
                        query_title(atlas_layer_schema(hit->layer)->title, c->lang));
        for (size_t f = 0; f < columns.n; f++)
            put_value(t, hit->layer, hit->feature, columns.fields[f]->name);
        put_measures(c, hit, t);
    }
}

void api_rows_all_fields(const struct api_call *c, struct api_table *t)
{
    all_fields_of(c, t, 0, c->rows.n_hits);
}

/* ---- for a terminal ---- */

static const char *precision_word(enum precision precision, enum lang lang)
{
    static const char *const zh[] = {"精确", "地块", "园区", "街镇", "区县", "城市"};

    return lang == LANG_ZH ? zh[precision] : precision_name(precision);
}

static const char *level_word(const struct query_hit *hit, enum lang lang)
{
    const struct layer_schema *schema = atlas_layer_schema(hit->layer);
    int level = schema->roles.level;
    const char *title =
        level == SCHEMA_NO_FIELD
            ? NULL
            : title_of_code(&schema->fields[level],
                            atlas_text(hit->layer, hit->feature, level), lang);

    return title ? title : "-";
}

/* How far it is, or, of a row whose distance would say nothing, where it lies. */
static void put_where(const struct api_call *c,
                      const struct query_hit *hit,
                      bool apart,
                      struct api_table *t)
{
    char text[QUERY_DISTANCE_TEXT];

    if (c->request.has_origin && !apart) {
        query_distance_text(text, hit->distance_m, hit->uncertainty_m, c->lang);
        table_words(t, "%s", text);
    } else if (has_axis(c) && !apart) {
        query_distance_text(
            text, hit->along_m,
            precision_uncertainty_m(query_precision(hit->layer, hit->feature)),
            c->lang);
        table_words(t, api_text(c, "沿线 %s", "along %s"), text);
    } else {
        table_text(t, im_bytes_of(query_where(c->atlas, hit->layer, hit->feature,
                                              c->lang, c->arena)));
    }
}

static void put_brief(const struct api_call *c,
                      const struct query_hit *hit,
                      size_t rank,
                      struct api_table *t)
{
    const struct layer_schema *schema = atlas_layer_schema(hit->layer);

    if (rank)
        table_words(t, "%4zu%s", rank,
                    c->request.has_origin && hit->order_uncertain ? "~" : " ");
    else
        table_words(t, "   - ");
    put_where(c, hit, rank == 0, t);
    table_text(t, query_name(hit->layer, hit->feature, c->lang));
    if (c->request.n_layers > 1)
        table_words(t, "%s", query_title(schema->title, c->lang));
    table_words(t, "%s", level_word(hit, c->lang));
    table_words(t, "%s",
                precision_word(query_precision(hit->layer, hit->feature), c->lang));
    table_text(t, im_bytes_of(schema->source_date));
}

static void brief_columns(const struct api_call *c, struct api_table *t)
{
    t->no_header = true;
    table_column(t, "1", "rank");
    table_column(t, "2", "where");
    table_column(t, "3", "name");
    if (c->request.n_layers > 1)
        table_column(t, "4", "layer");
    table_column(t, "5", "level");
    table_column(t, "6", "precision");
    if (t->n_columns)
        t->columns[t->n_columns - 1].min_width = 8;
    table_column(t, "7", "date");
}

void api_lead_origin(const struct api_call *c, struct api_table *t)
{
    const struct query_place *place = c->near.n ? &c->near.places[0] : NULL;

    if (!c->request.has_origin)
        return;
    if (!place) {
        table_lead(t, api_text(c, "起点：%.5f, %.5f", "From: %.5f, %.5f"),
                   c->request.lon, c->request.lat);
        return;
    }
    struct im_bytes name = query_name(place->layer, place->feature, c->lang);
    const char *in = c->lang == LANG_ZH ? place->in_zh : place->in_en;
    if (!in || !*in)
        in = query_title(atlas_layer_schema(place->layer)->title, c->lang);
    if (c->request.outline_layer)
        table_lead(t,
                   api_text(c, "起点：%.*s（%s）的轮廓边缘，±%.1f km",
                            "From: the edge of %.*s (%s), ±%.1f km"),
                   (int)name.len, (const char *)name.data, in,
                   c->request.origin_uncertainty_m / 1000);
    else
        table_lead(t,
                   api_text(c, "起点：%.*s（%s，%.4f, %.4f，±%.1f km）",
                            "From: %.*s (%s, %.4f, %.4f, ±%.1f km)"),
                   (int)name.len, (const char *)name.data, in, place->lon, place->lat,
                   c->request.origin_uncertainty_m / 1000);
}

void api_lead_area(const struct api_call *c, struct api_table *t)
{
    if (!c->request.area)
        return;
    const char *title = query_title(c->area.title, c->lang);
    const char *note = query_title(c->area.note, c->lang);
    if (*title && c->area.margin_m > 0)
        table_lead(t, api_text(c, "范围：%s，两侧 %.1f km", "Area: %s, ±%.1f km"),
                   title, c->area.margin_m / 1000);
    else if (*title)
        table_lead(t, api_text(c, "范围：%s", "Area: %s"), title);
    if (*note)
        table_lead(t, "%s", note);
}

static bool any_uncertain(const struct query_answer *answer)
{
    for (size_t i = 0; i < answer->n_hits; i++)
        if (answer->hits[i].order_uncertain)
            return true;
    return false;
}

void api_note_completeness(const struct api_call *c, struct api_table *t)
{
    for (size_t i = 0; i < c->request.n_layers; i++) {
        const struct layer_schema *schema = atlas_layer_schema(c->request.layers[i]);
        const char *note = query_title(schema->completeness, c->lang);

        if (note[0])
            table_note(t, api_text(c, "%s：%s", "%s: %s"),
                       query_title(schema->title, c->lang), note);
    }
}

void api_note_source(const struct api_call *c, struct api_table *t)
{
    struct im_buf line = {.max = 1800};

    for (size_t i = 0; i < c->request.n_layers; i++)
        query_add_attribution(&line, c->request.layers[i], c->lang);
    if (line.len)
        table_note(t, api_text(c, "来源：%.*s", "Source: %.*s"), (int)line.len,
                   (const char *)line.data);
    table_note(t, "%s, %s", api_context(c).notice, c->review_number);
    im_buf_release(&line);
}

static void notes(const struct api_call *c, struct api_table *t)
{
    const struct query_answer *answer = &c->rows;
    char why[512];

    why_empty(c, why, sizeof why);
    if (why[0])
        table_note(t, "%s", why);
    if (answer->n_hits < answer->n_matched)
        table_note(t,
                   api_text(c, "共 %zu 条，列出前 %zu 条。",
                            "%zu in all, the first %zu are listed."),
                   answer->n_matched, answer->n_hits);
    if (c->request.has_origin && any_uncertain(answer) && t->is_brief)
        table_note(t, "%s",
                   api_text(c, "~ 次序不确定：误差范围与相邻条目重叠。",
                            "~ order uncertain: its range overlaps a neighbour's."));
    if (answer->next && t->is_brief && !is_operation(c, "nearest"))
        table_note(t, api_text(c, "下一页：--cursor %s", "Next page: --cursor %s"),
                   answer->next);
}

static void say_apart(const struct api_call *c,
                      void (*say)(struct api_table *, const char *, ...)
                          IM_PRINTF(2, 3),
                      struct api_table *t)
{
    if (c->rows.n_apart_matched)
        say(t,
            api_text(c, "另有 %zu 条位置较粗，不参与排序：",
                     "Apart, %zu known too coarsely to be ranked:"),
            c->rows.n_apart_matched);
}

/* Rows apart stand behind the others, as they do but without a rank. */
static void put_apart(const struct api_call *c, struct api_table *t)
{
    say_apart(c, table_apart, t);
    for (size_t i = 0; c->rows.n_apart_matched && i < c->rows.n_apart && !t->failed;
         i++)
        put_brief(c, &c->rows.apart[i], 0, t);
}

static void note_apart(const struct api_call *c, struct api_table *t)
{
    if (!t->is_brief)
        say_apart(c, table_note, t);
    if (c->rows.n_unplaced && (c->request.has_origin || c->request.area))
        table_note(t,
                   api_text(c, "另有 %zu 条没有位置。", "%zu more have no position."),
                   c->rows.n_unplaced);
}

static void tabulate_end(const struct api_call *c, struct api_table *t)
{
    notes(c, t);
    note_apart(c, t);
    api_note_completeness(c, t);
    if (!t->is_brief)
        api_note_source(c, t);
}

void api_rows_tabulate(const struct api_call *c, struct api_table *t)
{
    api_lead_origin(c, t);
    api_lead_area(c, t);
    if (t->is_brief) {
        brief_columns(c, t);
        for (size_t i = 0; i < c->rows.n_hits && !t->failed; i++)
            put_brief(c, &c->rows.hits[i], i + 1, t);
        put_apart(c, t);
    } else {
        api_rows_all_fields(c, t);
    }
    tabulate_end(c, t);
}

void api_rows_tabulate_piece(const struct api_call *c,
                             size_t from,
                             size_t to,
                             struct api_table *t)
{
    t->is_continued = from > 0;
    all_fields_of(c, t, from, to);
    if (to == c->rows.n_hits)
        tabulate_end(c, t);
}
