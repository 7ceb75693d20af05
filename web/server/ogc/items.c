/* SPDX-License-Identifier: Apache-2.0 */
/* Features as GeoJSON (RFC 7946; other CRS: OGC API Features Part 2) and as CSV. */
#include "ogc.h"

#include <engine/csv.h>

static void write_text(struct im_json *w, const char *key, const char *value)
{
    im_json_key(w, key);
    im_json_text(w, value);
}

/* ---- values ---- */

static const char *
code_title(const struct schema_field *field, struct im_bytes code, enum lang lang)
{
    for (size_t i = 0; i < field->n_codes; i++)
        if (im_bytes_equal(im_bytes_of(field->codes[i].code), code))
            return query_title(field->codes[i].title, lang);
    return NULL;
}

/* The next of several codes in "A;B"; false at the end. */
static bool next_code(struct im_bytes *rest, bool is_list, struct im_bytes *code)
{
    while (rest->len) {
        const uint8_t *end = is_list ? memchr(rest->data, ';', rest->len) : NULL;
        size_t len = end ? (size_t)(end - rest->data) : rest->len;

        *code = (struct im_bytes){rest->data, len};
        len += end != NULL;
        *rest = (struct im_bytes){rest->data + len, rest->len - len};
        if (code->len)
            return true;
    }
    return false;
}

/* Numbers as text; empty for null. */
static struct im_bytes bare_value(const struct atlas_layer *layer,
                                  uint32_t feature,
                                  int field,
                                  char digits[IM_NUMBER_MAX])
{
    int64_t integer;
    double real;

    if (atlas_integer(layer, feature, field, &integer)) {
        int len = snprintf(digits, IM_NUMBER_MAX, "%lld", (long long)integer);
        return (struct im_bytes){(const uint8_t *)digits, (size_t)len};
    }
    if (atlas_number(layer, feature, field, &real)) {
        size_t len = im_format_double(digits, real, 9);
        return (struct im_bytes){(const uint8_t *)digits, len};
    }
    return atlas_text(layer, feature, field);
}

void ogc_value_text(const struct ogc *o,
                    const struct atlas_layer *layer,
                    uint32_t feature,
                    int index,
                    struct im_buf *out)
{
    const struct schema_field *field = &atlas_layer_schema(layer)->fields[index];
    char digits[IM_NUMBER_MAX];
    struct im_bytes rest = bare_value(layer, feature, index, digits);
    struct im_bytes code;
    bool follows = false;

    if (field->format == FORMAT_BOOLEAN && !field->n_codes && rest.len) {
        im_buf_text(out, im_bytes_equal(rest, im_bytes_of("0"))
                             ? ogc_say(o, "否", "no")
                             : ogc_say(o, "是", "yes"));
        return;
    }
    while (next_code(&rest, field->list, &code)) {
        const char *title = code_title(field, code, o->lang);

        if (follows)
            im_buf_text(out, ogc_say(o, "、", ", "));
        follows = true;
        if (title)
            im_buf_text(out, title);
        else
            im_buf_append(out, code.data, code.len);
    }
}

/* ---- geometries ---- */

struct geom ogc_geometry(const struct ogc *o, uint32_t feature)
{
    if (ogc_is_hidden(o, o->layer, feature))
        return (struct geom){.kind = GEOM_EMPTY};
    return atlas_geom(o->layer, feature);
}

struct writer {
    struct ogc *o;
    struct ogc_transform *transform;
    double *scratch; /* coordinates of one feature in the CRS of the answer */
    size_t room;     /* positions */
};

/* A geometry in the CRS of the answer; one that has no image there is left out. */
static enum im_code
place(struct writer *wr, uint32_t feature, struct geom *out, struct im_error *err)
{
    *out = ogc_geometry(wr->o, feature);
    if (wr->o->crs->is_lonlat || out->n_points == 0)
        return IM_OK;
    if (out->n_points > wr->room) {
        double *more = realloc(wr->scratch, out->n_points * 2 * sizeof *more);

        if (!more)
            return im_fail(err, IM_ENOMEM, "out of memory for coordinates");
        wr->scratch = more;
        wr->room = out->n_points;
    }
    memcpy(wr->scratch, out->lonlat, out->n_points * 2 * sizeof *wr->scratch);
    if (ogc_crs_forward(wr->transform, wr->scratch, out->n_points))
        out->lonlat = wr->scratch;
    else
        *out = (struct geom){.kind = GEOM_EMPTY};
    return IM_OK;
}

/* The fields that are shown, once for all features. */
static enum im_code make_rows(struct ogc *o, struct im_error *err)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    struct row_json *rows = row_json_new(o->layer, ROW_JSON_TYPED, o->arena);
    bool fits = rows != NULL;

    for (size_t i = 0; i < schema->n_fields && fits; i++)
        if (ogc_field_is_open(&schema->fields[i]))
            fits = row_json_add(rows, (int)i);
    o->rows = rows;
    return fits ? IM_OK : im_fail(err, IM_ENOMEM, "out of memory for the fields");
}

static enum im_code writer_begin(struct writer *wr, struct ogc *o, struct im_error *err)
{
    enum im_code rc = o->rows ? IM_OK : make_rows(o, err);

    *wr = (struct writer){.o = o};
    if (rc != IM_OK)
        return rc;
    return ogc_crs_book_get(o->book, o->crs, &wr->transform, err);
}

/* ---- GeoJSON ---- */

/* Leaves the object open: a single feature has more members. */
static enum im_code write_feature(struct writer *wr,
                                  struct im_json *w,
                                  uint32_t feature,
                                  struct im_error *err)
{
    struct geom g;
    enum im_code rc = place(wr, feature, &g, err);

    if (rc != IM_OK)
        return rc;
    row_json_begin(wr->o->rows, feature, &g, wr->o->crs->decimals, w);
    im_json_object(w);
    row_json_members(wr->o->rows, feature, w);
    im_json_object_end(w);
    return IM_OK;
}

static void write_now(struct im_json *w)
{
    char text[32];
    time_t now = time(NULL);
    struct tm tm;

    gmtime_r(&now, &tm);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    write_text(w, "timeStamp", text);
}

static void write_about(struct ogc *o, struct im_json *w)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);

    write_text(w, "layer_title", query_title(schema->title, o->lang));
    write_text(w, "source", query_title(schema->source, o->lang));
    write_text(w, "source_date", schema->source_date);
    write_text(w, "licence", schema->licence);
    write_text(w, "attribution", query_title(schema->attribution, o->lang));
    write_text(w, "completeness", query_title(schema->completeness, o->lang));
    write_text(w, "notice", notice_text(o->lang));
    write_text(w, "review_number", server_review_number(o->x->server));
}

/* The next page by its address. Where that would be too long: what was posted is posted
 * again; what came as an address is posted as a form. */
static void write_next(struct ogc *o, struct im_json *w, const char *cursor)
{
    bool is_whole;
    const char *address = ogc_address_here(o, NULL, cursor, &is_whole);
    size_t path = strcspn(address, "?");

    im_json_object(w);
    write_text(w, "rel", "next");
    write_text(w, "type", ogc_type_of(OGC_ITEMS, o->format));
    write_text(w, "title", ogc_say(o, "下一页", "Next page"));
    if (is_whole || o->x->is_post) {
        if (!is_whole)
            write_text(w, "method", "POST");
        write_text(w, "href", address);
    } else {
        write_text(w, "method", "POST");
        im_json_key(w, "href");
        im_json_string(w, (struct im_bytes){(const uint8_t *)address, path});
        write_text(w, "body", address + path + (address[path] == '?'));
    }
    im_json_object_end(w);
}

static void
write_links(struct ogc *o, struct im_json *w, const struct query_answer *answer)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);

    im_json_key(w, "links");
    im_json_array(w);
    ogc_links_here(o, w);
    if (answer && answer->next)
        write_next(o, w, answer->next);
    ogc_link(w, "collection", OGC_TYPE_JSON, query_title(schema->title, o->lang),
             ogc_address(o, ogc_layer_path(o, schema, ""), "json"));
    im_json_array_end(w);
}

static void begin_collection(struct ogc *o, struct im_json *w)
{
    const struct query_answer *answer = &o->answer;

    im_json_object(w);
    write_text(w, "type", "FeatureCollection");
    write_now(w);
    im_json_key(w, "numberMatched");
    im_json_int(w, (int64_t)answer->n_matched);
    im_json_key(w, "numberReturned");
    im_json_int(w, (int64_t)answer->n_hits);
    write_links(o, w, answer);
    write_about(o, w);
    im_json_key(w, "features");
    im_json_array(w);
}

/* ---- CSV ---- */

const char *const *ogc_position_columns(const struct ogc *o)
{
    static const char *const lonlat[] = {"lon", "lat", NULL};
    static const char *const latlon[] = {"lat", "lon", NULL};
    static const char *const xy[] = {"x", "y", NULL};
    static const char *const grid[] = {"northing", "easting", NULL};
    static const char *const wkt[] = {"wkt", NULL};
    static const char *const none[] = {NULL};
    enum schema_geometry kind = atlas_layer_schema(o->layer)->geometry;

    if (kind == SCHEMA_NONE)
        return none;
    if (kind != SCHEMA_POINT)
        return wkt;
    if (o->crs->is_lonlat)
        return lonlat;
    return o->crs->decimals == 7 ? latlon : o->crs->is_straight ? xy : grid;
}

static void write_header(struct ogc *o, struct im_csv *csv)
{
    const struct layer_schema *schema = atlas_layer_schema(o->layer);
    const char *const *columns = ogc_position_columns(o);

    for (size_t i = 0; i < schema->n_fields; i++)
        if (ogc_field_is_open(&schema->fields[i]))
            im_csv_cell(csv, im_bytes_of(schema->fields[i].name));
    for (size_t i = 0; columns[i]; i++)
        im_csv_cell(csv, im_bytes_of(columns[i]));
    im_csv_end_row(csv);
}

static void write_number(struct im_buf *out, double value, int decimals)
{
    char digits[IM_NUMBER_MAX];

    im_buf_append(out, digits, im_format_double(digits, value, decimals));
}

static void write_positions(
    struct im_buf *out, const struct geom *g, uint32_t from, uint32_t to, int decimals)
{
    im_buf_byte(out, '(');
    for (uint32_t i = from; i < to; i++) {
        im_buf_text(out, i > from ? ", " : "");
        write_number(out, g->lonlat[2 * (size_t)i], decimals);
        im_buf_byte(out, ' ');
        write_number(out, g->lonlat[2 * (size_t)i + 1], decimals);
    }
    im_buf_byte(out, ')');
}

static void write_rings(
    struct im_buf *out, const struct geom *g, uint32_t from, uint32_t to, int decimals)
{
    im_buf_byte(out, '(');
    for (uint32_t part = from; part < to; part++) {
        im_buf_text(out, part > from ? ", " : "");
        write_positions(out, g, part ? g->part_end[part - 1] : 0, g->part_end[part],
                        decimals);
    }
    im_buf_byte(out, ')');
}

/* Well-known text (OGC 06-103r4, 7.2). */
static void write_wkt(struct im_buf *out, const struct geom *g, int decimals)
{
    switch (g->kind) {
    case GEOM_EMPTY:
        break;
    case GEOM_POINT:
        im_buf_text(out, g->n_points > 1 ? "MULTIPOINT " : "POINT ");
        write_positions(out, g, 0, g->n_points, decimals);
        break;
    case GEOM_LINE:
        im_buf_text(out, "MULTILINESTRING ");
        write_rings(out, g, 0, g->n_parts, decimals);
        break;
    case GEOM_AREA:
        im_buf_text(out, "MULTIPOLYGON (");
        for (uint32_t area = 0; area < g->n_areas; area++) {
            im_buf_text(out, area ? ", " : "");
            write_rings(out, g, area ? g->area_end[area - 1] : 0, g->area_end[area],
                        decimals);
        }
        im_buf_byte(out, ')');
        break;
    }
}

static void number_cell(struct im_csv *csv, double value, int decimals)
{
    char digits[IM_NUMBER_MAX];
    size_t len = im_format_double(digits, value, decimals);

    im_csv_cell(csv, (struct im_bytes){(const uint8_t *)digits, len});
}

static void position_cells(struct writer *wr, struct im_csv *csv, const struct geom *g)
{
    int decimals = wr->o->crs->decimals;
    struct im_buf text = {.max = 64 * 1024 * 1024};
    size_t columns = 0;

    while (ogc_position_columns(wr->o)[columns])
        columns++;
    if (columns == 2 && g->kind == GEOM_POINT) {
        number_cell(csv, g->lonlat[0], decimals);
        number_cell(csv, g->lonlat[1], decimals);
        return;
    }
    if (columns == 1)
        write_wkt(&text, g, decimals);
    for (size_t i = 0; i < columns; i++)
        im_csv_cell(csv, i ? (struct im_bytes){0} : im_buf_bytes(&text));
    im_buf_release(&text);
}

static enum im_code
write_row(struct writer *wr, struct im_csv *csv, uint32_t feature, struct im_error *err)
{
    const struct atlas_layer *layer = wr->o->layer;
    const struct layer_schema *schema = atlas_layer_schema(layer);
    struct geom g;
    enum im_code rc = place(wr, feature, &g, err);

    for (size_t i = 0; i < schema->n_fields && rc == IM_OK; i++) {
        char digits[IM_NUMBER_MAX];
        struct im_bytes value;

        if (!ogc_field_is_open(&schema->fields[i]))
            continue;
        value = bare_value(layer, feature, (int)i, digits);
        if (schema->fields[i].type == FIELD_TEXT && im_csv_needs_guard(value))
            im_csv_guarded_cell(csv, value);
        else
            im_csv_cell(csv, value);
    }
    if (rc == IM_OK)
        position_cells(wr, csv, &g);
    im_csv_end_row(csv);
    return rc;
}

/* ---- a page of features, piece by piece ---- */

static void begin_items(struct writer *wr, struct im_buf *out)
{
    struct im_json w = {.out = out};
    struct im_csv csv = {.out = out};
    struct html h = {.out = out};

    if (wr->o->format == OGC_HTML) {
        ogc_page_items_begin(wr->o, &h);
    } else if (wr->o->format == OGC_CSV) {
        im_buf_text(out, "\xEF\xBB\xBF"); /* table programmes know UTF-8 by it */
        write_header(wr->o, &csv);
    } else {
        begin_collection(wr->o, &w);
    }
}

static enum im_code
write_one(struct writer *wr, struct im_buf *out, struct im_error *err)
{
    struct im_json w = {.out = out, .comma = wr->o->n_written > 0};
    struct im_csv csv = {.out = out};
    struct html h = {.out = out};
    uint32_t feature = wr->o->answer.hits[wr->o->n_written].feature;
    enum im_code rc = IM_OK;

    if (wr->o->format == OGC_HTML) {
        ogc_page_items_row(wr->o, &h, feature);
    } else if (wr->o->format == OGC_CSV) {
        rc = write_row(wr, &csv, feature, err);
    } else {
        rc = write_feature(wr, &w, feature, err);
        im_json_object_end(&w);
    }
    wr->o->n_written++;
    return rc;
}

static void end_items(struct writer *wr, struct im_buf *out)
{
    struct html h = {.out = out};

    if (wr->o->format == OGC_HTML)
        ogc_page_items_end(wr->o, &h);
    else if (wr->o->format == OGC_JSON)
        im_buf_text(out, "]}");
}

enum im_code
ogc_write_items(struct ogc *o, struct im_buf *out, bool *end, struct im_error *err)
{
    struct writer wr;
    enum im_code rc = writer_begin(&wr, o, err);

    if (rc != IM_OK)
        return rc;
    if (!o->has_begun)
        begin_items(&wr, out);
    o->has_begun = true;
    while (rc == IM_OK && o->n_written < o->answer.n_hits && !out->failed &&
           out->len < STREAM_PIECE_BYTES)
        rc = write_one(&wr, out, err);
    *end = o->n_written == o->answer.n_hits;
    if (*end)
        end_items(&wr, out);
    free(wr.scratch);
    return rc;
}

enum im_code ogc_item_find(struct ogc *o, uint32_t *feature, struct im_error *err)
{
    const char *layer = atlas_layer_schema(o->layer)->id;

    if (atlas_find_key(o->layer, o->x->url.segments[4], feature))
        return IM_OK;
    ogc_fault(o, "featureId", o->x->url.segments[4]);
    im_fail(err, IM_ENOTFOUND, "collection %s has no '%s'", layer, o->x->fault.value);
    return im_zh(err, IM_ENOTFOUND, "集合 %s 中没有 “%s”", layer, o->x->fault.value);
}

enum im_code ogc_write_item(struct ogc *o, struct im_buf *out, struct im_error *err)
{
    struct im_json w = {.out = out};
    struct html h = {.out = out};
    struct writer wr = {.o = o};
    uint32_t feature;
    enum im_code rc = ogc_item_find(o, &feature, err);

    if (rc == IM_OK)
        rc = writer_begin(&wr, o, err);
    if (rc != IM_OK)
        return rc;
    if (o->format == OGC_HTML) {
        ogc_page_item(o, &h, feature);
        return IM_OK;
    }
    rc = write_feature(&wr, &w, feature, err);
    if (rc == IM_OK) { /* members of our own beside GeoJSON's (RFC 7946, 6.1) */
        write_links(o, &w, NULL);
        write_about(o, &w);
        im_json_object_end(&w);
    }
    free(wr.scratch);
    return rc;
}
