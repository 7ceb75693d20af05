/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as CSV and GeoJSON (RFC 7946), to the last bit. */
#include "folder_facts.h"

#include <layers/geometry.h>

#include <engine/csv.h>

enum { PIECE_MAX = 512 << 20 };

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
    size_t n = geom->kind == GEOM_EMPTY ? 0 : im_format_exact(number, geom->lonlat[i]);

    im_csv_cell(w, (struct im_bytes){(uint8_t *)number, n});
}

/* False: a text that must not get into a table programme. */
static bool put_row(const struct facts_file *f,
                    const struct source_feature *feature,
                    struct im_csv *w)
{
    for (size_t i = 0; i < f->schema->n_fields; i++) {
        char number[IM_NUMBER_MAX];
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
        value_json(w, &feature->values[i]);
    }
    im_json_object_end(w);
    im_json_key(w, "geometry");
    geometry_json(w, &feature->geom);
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
