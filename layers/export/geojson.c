/* SPDX-License-Identifier: Apache-2.0 */
/* GeoJSON (RFC 7946), as a collection or a feature a line. */
#include "internal.h"

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
        value_json(w, &feature->values[schema->key]);
    }
    im_json_key(w, "properties");
    im_json_object(w);
    for (size_t i = 0; i < schema->n_fields; i++) {
        im_json_key(w, schema->fields[i].name);
        value_json(w, &feature->values[i]);
    }
    im_json_object_end(w);
    im_json_key(w, "geometry");
    geometry_json(w, &feature->geom);
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
