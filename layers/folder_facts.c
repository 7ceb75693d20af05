/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as CSV and GeoJSON (RFC 7946), to 1e-9 degree. */
#include "folder_facts.h"

#include <engine/csv.h>
#include <engine/json_writer.h>

enum { PIECE_MAX = 512 << 20, DEGREE_DECIMALS = 9, REAL_MAX = 40 };

/* The shortest decimals that read back as the same number; no locale's comma. */
static struct im_bytes real_text(double value, char out[REAL_MAX])
{
    int n = snprintf(out, REAL_MAX, "%.15g", value);
    double back = 0;

    if (!im_parse_double((struct im_bytes){(uint8_t *)out, (size_t)n}, &back) ||
        back < value || back > value)
        n = snprintf(out, REAL_MAX, "%.17g", value);
    return (struct im_bytes){(uint8_t *)out, (size_t)n};
}

static struct im_bytes value_text(const struct source_value *value, char out[REAL_MAX])
{
    switch (value->kind) {
    case SOURCE_NULL:
        break;
    case SOURCE_INTEGER:
        snprintf(out, REAL_MAX, "%lld", (long long)value->integer);
        return im_bytes_of(out);
    case SOURCE_REAL:
        return real_text(value->real, out);
    case SOURCE_TEXT:
        return value->text;
    }
    return im_bytes_of("");
}

static enum im_code flush(struct im_buf *piece, FILE *out, struct im_error *err)
{
    enum im_code rc = im_buf_check(piece, "a row", err);

    if (!rc)
        fwrite(piece->data, 1, piece->len, out); /* asked for when it is closed */
    im_buf_clear(piece);
    return rc;
}

/* ---- CSV ---- */

static void put_header(const struct facts_file *f, struct im_csv *w)
{
    im_buf_text(w->out, "\xEF\xBB\xBF"); /* or table programmes guess the encoding */
    for (size_t i = 0; i < f->schema->n_fields; i++)
        im_csv_cell(w, im_bytes_of(f->schema->fields[i].name));
    if (f->lon) {
        im_csv_cell(w, im_bytes_of(f->lon));
        im_csv_cell(w, im_bytes_of(f->lat));
    }
    im_csv_end_row(w);
}

static void put_degrees(struct im_csv *w, const struct geom *geom, size_t i)
{
    char number[IM_NUMBER_MAX];
    size_t n = geom->kind == GEOM_EMPTY
                   ? 0
                   : im_format_double(number, geom->lonlat[i], DEGREE_DECIMALS);

    im_csv_cell(w, (struct im_bytes){(uint8_t *)number, n});
}

/* False: a text that must not get into a table programme. */
static bool put_row(const struct facts_file *f,
                    const struct source_feature *feature,
                    struct im_csv *w)
{
    for (size_t i = 0; i < f->schema->n_fields; i++) {
        char number[REAL_MAX];
        struct im_bytes text = value_text(&feature->values[i], number);

        if (feature->values[i].kind == SOURCE_TEXT && im_csv_is_formula(text))
            return false;
        im_csv_cell(w, text);
    }
    if (f->lon) {
        put_degrees(w, &feature->geom, 0);
        put_degrees(w, &feature->geom, 1);
    }
    im_csv_end_row(w);
    return true;
}

enum im_code
facts_write_csv(const struct facts_file *f, bool *is_unsafe, struct im_error *err)
{
    struct im_buf piece = {.max = PIECE_MAX};
    struct im_csv w = {.out = &piece};
    struct source_cursor *cursor = NULL;
    struct source_feature feature;
    bool more = true;
    enum im_code rc = f->source->open(f->source->self, f->schema->id, &cursor, err);

    *is_unsafe = false;
    put_header(f, &w);
    while (!rc && !*is_unsafe &&
           !(rc = f->source->next(cursor, &feature, &more, err)) && more) {
        *is_unsafe = !put_row(f, &feature, &w);
        if (!*is_unsafe)
            rc = flush(&piece, f->out, err);
    }
    if (!rc && !*is_unsafe)
        rc = flush(&piece, f->out, err); /* the header of a layer without rows */
    f->source->close(cursor);
    im_buf_release(&piece);
    return rc;
}

/* ---- GeoJSON ---- */

static void put_position(struct im_json *w, const double *lonlat)
{
    im_json_array(w);
    im_json_number(w, lonlat[0], DEGREE_DECIMALS);
    im_json_number(w, lonlat[1], DEGREE_DECIMALS);
    im_json_array_end(w);
}

/* Positions from..to, as they are or in an array of their own. */
static void
put_positions(struct im_json *w, const struct geom *g, uint32_t from, uint32_t to)
{
    im_json_array(w);
    for (uint32_t i = from; i < to; i++)
        put_position(w, g->lonlat + 2 * (size_t)i);
    im_json_array_end(w);
}

static void
put_parts(struct im_json *w, const struct geom *g, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        put_positions(w, g, i ? g->part_end[i - 1] : 0, g->part_end[i]);
}

static void put_areas(struct im_json *w, const struct geom *g)
{
    for (uint32_t i = 0; i < g->n_areas; i++) {
        im_json_array(w);
        put_parts(w, g, i ? g->area_end[i - 1] : 0, g->area_end[i]);
        im_json_array_end(w);
    }
}

static void put_coordinates(struct im_json *w, const struct geom *g, bool is_multi)
{
    if (is_multi && g->kind != GEOM_POINT)
        im_json_array(w);
    if (g->kind == GEOM_POINT && is_multi)
        put_positions(w, g, 0, g->n_points);
    else if (g->kind == GEOM_POINT)
        put_position(w, g->lonlat);
    else if (g->kind == GEOM_LINE)
        put_parts(w, g, 0, g->n_parts);
    else
        put_areas(w, g);
    if (is_multi && g->kind != GEOM_POINT)
        im_json_array_end(w);
}

static void put_geometry(struct im_json *w, const struct geom *g)
{
    static const char *const names[][2] = {
        [GEOM_EMPTY] = {"", ""},
        [GEOM_POINT] = {"Point", "MultiPoint"},
        [GEOM_LINE] = {"LineString", "MultiLineString"},
        [GEOM_AREA] = {"Polygon", "MultiPolygon"}};
    bool is_multi = g->kind == GEOM_POINT  ? g->n_points > 1
                    : g->kind == GEOM_LINE ? g->n_parts > 1
                                           : g->n_areas > 1;

    im_json_key(w, "geometry");
    if (g->kind == GEOM_EMPTY) {
        im_json_null(w);
        return;
    }
    im_json_object(w);
    im_json_key(w, "type");
    im_json_text(w, names[g->kind][is_multi]);
    im_json_key(w, "coordinates");
    put_coordinates(w, g, is_multi);
    im_json_object_end(w);
}

static void put_property(struct im_json *w, const struct source_value *value)
{
    char number[REAL_MAX];

    switch (value->kind) {
    case SOURCE_NULL:
        im_json_null(w);
        break;
    case SOURCE_INTEGER:
        im_json_int(w, value->integer);
        break;
    case SOURCE_REAL:
        im_json_raw(w, real_text(value->real, number));
        break;
    case SOURCE_TEXT:
        im_json_string(w, value->text);
        break;
    }
}

static void put_feature(const struct facts_file *f,
                        const struct source_feature *feature,
                        struct im_json *w)
{
    im_json_object(w);
    im_json_key(w, "type");
    im_json_text(w, "Feature");
    im_json_key(w, "properties");
    im_json_object(w);
    for (size_t i = 0; i < f->schema->n_fields; i++) {
        im_json_key(w, f->schema->fields[i].name);
        put_property(w, &feature->values[i]);
    }
    im_json_object_end(w);
    put_geometry(w, &feature->geom);
    im_json_object_end(w);
}

enum im_code facts_write_geojson(const struct facts_file *f, struct im_error *err)
{
    struct im_buf piece = {.max = PIECE_MAX};
    struct im_json w = {.out = &piece};
    struct source_cursor *cursor = NULL;
    struct source_feature feature;
    bool more = true;
    enum im_code rc = f->source->open(f->source->self, f->schema->id, &cursor, err);

    fputs("{\"type\":\"FeatureCollection\",\"features\":[", f->out);
    while (!rc && !(rc = f->source->next(cursor, &feature, &more, err)) && more) {
        if (w.comma)
            im_buf_byte(&piece, ','); /* before the line break, for people */
        w.comma = false;
        im_buf_byte(&piece, '\n');
        put_feature(f, &feature, &w);
        rc = flush(&piece, f->out, err);
    }
    fputs("\n]}\n", f->out);
    f->source->close(cursor);
    im_buf_release(&piece);
    return rc;
}
