/* SPDX-License-Identifier: Apache-2.0 */
/* CSV (RFC 4180), harmless in table programmes. */
#include "internal.h"

#include <engine/csv.h>

/* The columns of the position; a layer may have fields of these names. */
struct position {
    const char *lon;
    const char *lat;
    const char *wkt;
};

static const char *
free_name(const struct layer_schema *schema, const char *name, const char *other)
{
    return schema_field_index(schema, im_bytes_of(name)) == SCHEMA_NO_FIELD ? name
                                                                            : other;
}

static struct position choose_position(const struct layer_schema *schema)
{
    struct position p = {NULL, NULL, NULL};

    if (schema->geometry == SCHEMA_POINT) {
        p.lon = free_name(schema, "lon", "longitude");
        p.lat = free_name(schema, "lat", "latitude");
    } else if (schema->geometry != SCHEMA_NONE) {
        p.wkt = free_name(schema, "wkt", "geometry_wkt");
    }
    return p;
}

static void put_text(struct im_csv *w, struct im_bytes text)
{
    if (im_csv_needs_guard(text))
        im_csv_guarded_cell(w, text);
    else
        im_csv_cell(w, text);
}

static void put_value(struct im_csv *w, const struct source_value *value)
{
    char number[IM_NUMBER_MAX];

    if (value->kind == SOURCE_TEXT)
        put_text(w, value->text);
    else
        im_csv_cell(w, value_text(value, number));
}

static enum im_code put_position(struct im_csv *w,
                                 const struct position *p,
                                 const struct geom *g,
                                 struct im_error *err)
{
    struct im_buf wkt = {.max = (size_t)1 << 30};
    char number[IM_NUMBER_MAX];
    enum im_code rc = IM_OK;

    for (size_t i = 0; p->lon && i < 2; i++)
        im_csv_cell(w, (struct im_bytes){(uint8_t *)number,
                                         g->kind == GEOM_EMPTY
                                             ? 0
                                             : im_format_exact(number, g->lonlat[i])});
    if (p->wkt) {
        geometry_wkt(&wkt, g);
        rc = im_buf_check(&wkt, "a geometry", err);
        im_csv_cell(w, im_buf_bytes(&wkt));
    }
    im_buf_release(&wkt);
    return rc;
}

static void put_header(struct exporter *e, const struct position *p, struct im_csv *w)
{
    const char *const names[] = {p->lon, p->lat, p->wkt, EXPORT_MARK};

    im_buf_text(w->out, e->with_bom ? "\xEF\xBB\xBF" : "");
    for (size_t i = 0; i < e->schema->n_fields; i++)
        im_csv_cell(w, im_bytes_of(e->schema->fields[i].name));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i])
            im_csv_cell(w, im_bytes_of(names[i]));
    im_csv_end_row(w);
}

static enum im_code put_mark(struct exporter *e, struct im_csv *w, struct im_error *err)
{
    struct im_buf text = {.max = 1 << 20};

    export_mark_text(e, &text);
    enum im_code rc = im_buf_check(&text, "the mark", err);
    if (!rc)
        im_csv_cell(w, im_buf_bytes(&text));
    im_buf_release(&text);
    return rc;
}

static enum im_code put_row(struct exporter *e,
                            const struct position *p,
                            const struct source_feature *feature,
                            struct im_csv *w,
                            struct im_error *err)
{
    enum im_code rc;

    for (size_t i = 0; i < e->schema->n_fields; i++)
        put_value(w, &feature->values[i]);
    rc = put_position(w, p, &feature->geom, err);
    if (!rc && e->result->rows == 1)
        rc = put_mark(e, w, err);
    else
        im_csv_cell(w, im_bytes_of(""));
    im_csv_end_row(w);
    return rc;
}

enum im_code export_csv(struct exporter *e, FILE *out, struct im_error *err)
{
    struct position p = choose_position(e->schema);
    struct im_csv w = {.out = &e->piece};
    struct source_feature feature;
    bool more = true;
    enum im_code rc = IM_OK;

    put_header(e, &p, &w);
    while (!rc && !(rc = exporter_next(e, &feature, &more, err)) && more) {
        rc = put_row(e, &p, &feature, &w, err);
        if (!rc)
            rc = exporter_flush(e, out, err);
    }
    return rc ? rc : exporter_flush(e, out, err);
}
