/* SPDX-License-Identifier: Apache-2.0 */
/* GeoJSON (RFC 7946), as a collection or a feature a line. */
#include "internal.h"

/* ---- geometry ---- */

static void put_number(struct im_json *w, double value)
{
    char number[EXPORT_NUMBER_MAX];
    struct im_bytes text = export_number(value, number);

    if (text.len)
        im_json_raw(w, text);
    else
        im_json_null(w);
}

static void put_position(struct im_json *w, const double *lonlat)
{
    im_json_array(w);
    put_number(w, lonlat[0]);
    put_number(w, lonlat[1]);
    im_json_array_end(w);
}

static void
put_positions(struct im_json *w, const struct geom *g, uint32_t from, uint32_t to)
{
    im_json_array(w);
    for (uint32_t i = from; i < to; i++)
        put_position(w, g->lonlat + 2 * (size_t)i);
    im_json_array_end(w);
}

static void put_part(struct im_json *w, const struct geom *g, uint32_t i)
{
    put_positions(w, g, i ? g->part_end[i - 1] : 0, g->part_end[i]);
}

static void put_area(struct im_json *w, const struct geom *g, uint32_t i)
{
    im_json_array(w);
    for (uint32_t ring = i ? g->area_end[i - 1] : 0; ring < g->area_end[i]; ring++)
        put_part(w, g, ring);
    im_json_array_end(w);
}

static void put_single(struct im_json *w, const struct geom *g, uint32_t i)
{
    if (g->kind == GEOM_POINT)
        put_position(w, g->lonlat + 2 * (size_t)i);
    else if (g->kind == GEOM_LINE)
        put_part(w, g, i);
    else
        put_area(w, g, i);
}

static void put_geometry(struct im_json *w, const struct geom *g)
{
    static const char *const names[][2] = {
        [GEOM_EMPTY] = {"", ""},
        [GEOM_POINT] = {"Point", "MultiPoint"},
        [GEOM_LINE] = {"LineString", "MultiLineString"},
        [GEOM_AREA] = {"Polygon", "MultiPolygon"}};
    uint32_t n = g->kind == GEOM_POINT  ? g->n_points
                 : g->kind == GEOM_LINE ? g->n_parts
                                        : g->n_areas;

    if (g->kind == GEOM_EMPTY) {
        im_json_null(w);
        return;
    }
    im_json_object(w);
    im_json_key(w, "type");
    im_json_text(w, names[g->kind][n > 1]);
    im_json_key(w, "coordinates");
    if (n > 1)
        im_json_array(w);
    for (uint32_t i = 0; i < n; i++)
        put_single(w, g, i);
    if (n > 1)
        im_json_array_end(w);
    im_json_object_end(w);
}

/* ---- features ---- */

static void put_value(struct im_json *w, const struct source_value *value)
{
    switch (value->kind) {
    case SOURCE_NULL:
        im_json_null(w);
        return;
    case SOURCE_INTEGER:
        im_json_int(w, value->integer);
        return;
    case SOURCE_REAL:
        put_number(w, value->real);
        return;
    case SOURCE_TEXT:
        im_json_string(w, value->text);
        return;
    }
}

static void put_feature(struct exporter *e,
                        const struct source_feature *feature,
                        bool is_marked,
                        struct im_json *w)
{
    const struct layer_schema *schema = e->schema;

    im_json_object(w);
    im_json_key(w, "type");
    im_json_text(w, "Feature");
    if (is_marked) {
        im_json_key(w, EXPORT_MARK);
        export_mark_json(e, w);
    }
    if (feature->values[schema->key].kind != SOURCE_NULL) {
        im_json_key(w, "id");
        put_value(w, &feature->values[schema->key]);
    }
    im_json_key(w, "properties");
    im_json_object(w);
    for (size_t i = 0; i < schema->n_fields; i++) {
        im_json_key(w, schema->fields[i].name);
        put_value(w, &feature->values[i]);
    }
    im_json_object_end(w);
    im_json_key(w, "geometry");
    put_geometry(w, &feature->geom);
    im_json_object_end(w);
}

static void put_head(struct exporter *e)
{
    struct im_json w = {.out = &e->piece};

    im_buf_text(&e->piece, "{\"type\":\"FeatureCollection\",\"name\":");
    im_json_text(&w, e->schema->id);
    im_buf_text(&e->piece, ",\"" EXPORT_MARK "\":");
    w.comma = false;
    export_mark_json(e, &w);
    im_buf_text(&e->piece, ",\"features\":[");
}

enum im_code
export_geojson(struct exporter *e, bool is_sequence, FILE *out, struct im_error *err)
{
    struct source_feature feature;
    bool is_first = true;
    bool more = true;
    enum im_code rc = IM_OK;

    if (!is_sequence)
        put_head(e);
    while (!rc && !(rc = exporter_next(e, &feature, &more, err)) && more) {
        struct im_json w = {.out = &e->piece};

        if (!is_sequence)
            im_buf_text(&e->piece, is_first ? "\n" : ",\n");
        put_feature(e, &feature, is_sequence && is_first, &w);
        if (is_sequence)
            im_buf_byte(&e->piece, '\n');
        is_first = false;
        rc = exporter_flush(e, out, err);
    }
    if (!rc && !is_sequence)
        im_buf_text(&e->piece, "\n]}\n");
    return rc ? rc : exporter_flush(e, out, err);
}
