/* SPDX-License-Identifier: Apache-2.0 */
/* The gazetteer out of the database: its layers row by row, outlines. */
#include "gazetteer_load.h"

#include <layers/store.h>

#include <stdlib.h>

enum {
    MAX_LAYERS = 1000,
    MAX_ARENA = 512 << 20,    /* names, keys, outlines */
    MAX_SCHEMAS = 256 << 20,  /* while loading */
    MAX_GEOMETRY = 256 << 20, /* one row's, while loading */
};

enum im_code loader_no_memory(struct loader *l)
{
    im_fail(l->err, IM_ENOMEM, "place names: out of memory");
    return im_zh(l->err, IM_ENOMEM, "地名：内存不足");
}

struct im_bytes loader_text(sqlite3_stmt *stmt, int column)
{
    return im_bytes_of(sql_text(stmt, column));
}

const char *loader_keep(struct loader *l, const char *text)
{
    return im_arena_strdup(l->g->arena, im_bytes_of(text));
}

/* ---- which layers ---- */

bool loader_is_places(const struct layer_schema *s)
{
    return s->names_places && !s->is_internal && s->geometry != SCHEMA_NONE &&
           s->roles.name_zh != SCHEMA_NO_FIELD;
}

/* The layer of divisions is the one whose key is its adcode (engine/query/place.c). */
static bool is_divisions(const struct layer_schema *s)
{
    return loader_is_places(s) && s->geometry == SCHEMA_POINT &&
           s->roles.adcode == s->key;
}

static int by_size(const void *a, const void *b)
{
    const struct table *x = a;
    const struct table *y = b;

    if (x->n_rows != y->n_rows)
        return x->n_rows < y->n_rows ? -1 : 1;
    return strcmp(x->schema->id, y->schema->id);
}

static enum im_code take_table(struct loader *l, struct im_bytes definition)
{
    struct im_error ignored = {0};
    struct table *t = &l->tables[l->n_tables];
    enum im_code rc;

    /* a definition of a newer innomap is no reason to place nothing at all */
    rc = schema_parse(definition, l->schemas, &t->schema, &ignored);
    if (rc == IM_ENOMEM)
        return loader_no_memory(l);
    if (rc != IM_OK || (!loader_is_places(t->schema) && !schema_is_outlines(t->schema)))
        return IM_OK;
    rc = sql_integer(l->db, &t->n_rows, l->err, "SELECT count(*) FROM \"%w\"",
                     t->schema->id);
    if (rc != IM_OK)
        return rc;
    if (is_divisions(t->schema) && !l->divisions)
        l->divisions = t->schema;
    l->n_tables++;
    return IM_OK;
}

/* Small layers first: they are the ones that people made, should the names be too many.
 */
static enum im_code read_catalog(struct loader *l)
{
    sqlite3_stmt *stmt = NULL;
    int64_t has_catalog = 0;
    bool row = false;
    enum im_code rc =
        sql_integer(l->db, &has_catalog, l->err,
                    "SELECT count(*) FROM sqlite_master WHERE name = 'innomap_layers'");

    if (rc != IM_OK || !has_catalog)
        return rc;
    l->tables = im_arena_calloc(l->schemas, MAX_LAYERS, sizeof *l->tables);
    if (!l->tables)
        return loader_no_memory(l);
    rc = sql_prepare(l->db, &stmt, l->err,
                     "SELECT definition FROM innomap_layers ORDER BY id");
    while (rc == IM_OK && l->n_tables < MAX_LAYERS &&
           (rc = sql_step(stmt, &row, l->err)) == IM_OK && row)
        rc = take_table(l, loader_text(stmt, 0));
    sqlite3_finalize(stmt);
    if (rc == IM_OK && l->n_tables)
        qsort(l->tables, l->n_tables, sizeof *l->tables, by_size);
    return rc;
}

/* ---- rows ---- */

static const char *field_name(const struct layer_schema *s, int field)
{
    return field == SCHEMA_NO_FIELD ? "" : s->fields[field].name;
}

int loader_field(const struct layer_schema *s, const char *name)
{
    return schema_field_index(s, im_bytes_of(name));
}

/* A column, or NULL where the layer has none. */
static void select_field(struct im_buf *sql, const struct layer_schema *s, int field)
{
    if (field == SCHEMA_NO_FIELD)
        im_buf_text(sql, "NULL,");
    else
        im_buf_printf(sql, "\"%s\",", field_name(s, field)); /* [a-z][a-z0-9_]* */
}

static enum im_code select_rows(struct loader *l,
                                const struct layer_schema *s,
                                const char *where,
                                sqlite3_stmt **out)
{
    const int fields[] = {s->key,
                          s->roles.name_zh,
                          s->roles.name_en,
                          s->roles.aliases,
                          s->roles.former,
                          s->roles.precision,
                          s->roles.adcode,
                          s->roles.city,
                          loader_field(s, "district"),
                          loader_field(s, "former_codes"),
                          loader_field(s, "area_km2")};
    struct im_buf sql = {.max = 1 << 16};
    enum im_code rc;

    im_buf_text(&sql, "SELECT ");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        select_field(&sql, s, fields[i]);
    im_buf_printf(&sql, "geom FROM \"%s\" %s", s->id, where);
    im_buf_byte(&sql, '\0');
    rc = im_buf_check(&sql, "place names", l->err);
    if (rc == IM_OK)
        rc = sql_prepare(l->db, out, l->err, "%s", (const char *)sql.data);
    im_buf_release(&sql);
    return rc;
}

enum im_code loader_each_row(struct loader *l,
                             const struct layer_schema *s,
                             const char *where,
                             enum im_code (*take)(struct loader *,
                                                  const struct layer_schema *,
                                                  sqlite3_stmt *,
                                                  bool *stop))
{
    sqlite3_stmt *stmt = NULL;
    bool row = false;
    bool stop = false;
    enum im_code rc = select_rows(l, s, where, &stmt);

    while (rc == IM_OK && !stop && (rc = sql_step(stmt, &row, l->err)) == IM_OK &&
           row) {
        im_arena_reset(l->scratch);
        rc = take(l, s, stmt, &stop);
    }
    sqlite3_finalize(stmt);
    return rc;
}

static bool geometry_of(struct im_arena *arena, sqlite3_stmt *stmt, struct geom *out)
{
    struct im_error ignored = {0};
    struct im_bytes blob = {sqlite3_column_blob(stmt, COL_GEOM),
                            (size_t)sqlite3_column_bytes(stmt, COL_GEOM)};

    return blob.data && blob_decode(blob, arena, out, &ignored) == IM_OK &&
           out->kind != GEOM_EMPTY;
}

bool loader_position(
    struct loader *l, sqlite3_stmt *stmt, double *lon, double *lat, double *reach_m)
{
    struct geom geom;
    struct bbox box;

    if (!geometry_of(l->scratch, stmt, &geom))
        return false;
    box = geom_bbox(&geom);
    *lon = (box.min_x + box.max_x) / 2;
    *lat = (box.min_y + box.max_y) / 2;
    *reach_m = geodesic_distance_m(*lon, *lat, box.max_x, box.max_y);
    return true;
}

bool loader_next_part(struct im_bytes *list, struct im_bytes *part)
{
    const uint8_t *end;

    if (!list->len)
        return false;
    end = memchr(list->data, ';', list->len);
    part->data = list->data;
    part->len = end ? (size_t)(end - list->data) : list->len;
    list->data += part->len;
    list->len -= part->len;
    if (list->len) {
        list->data++;
        list->len--;
    }
    return true;
}

/* ---- outlines ---- */

static enum im_code take_outline(struct loader *l,
                                 const struct layer_schema *s,
                                 sqlite3_stmt *stmt,
                                 bool *stop)
{
    const char *code = sql_text(stmt, COL_ADCODE);
    uint32_t i = division_is_code(code) ? division_with_digits(l->g, code, 6) : NONE;
    struct division *d;

    (void)s;
    (void)stop;
    if (i == NONE || (d = &l->g->divisions[i])->has_outline)
        return IM_OK;
    if (!geometry_of(l->g->arena, stmt, &d->outline) || d->outline.kind != GEOM_AREA)
        return IM_OK;
    d->box = geom_bbox(&d->outline);
    if (!bands_build(&d->bands, &d->outline, d->box, l->g->arena, l->scratch))
        return loader_no_memory(l);
    d->has_outline = true;
    return IM_OK;
}

/* Those of the base map (land without islands and sea) last: the first outline of a
 * code counts. */
static enum im_code load_outlines(struct loader *l)
{
    enum im_code rc = IM_OK;

    for (int base = 0; base < 2; base++)
        for (size_t i = 0; rc == IM_OK && i < l->n_tables; i++) {
            const struct layer_schema *s = l->tables[i].schema;

            if (schema_is_outlines(s) && s->is_base == (base == 1))
                rc = loader_each_row(l, s, "", take_outline);
        }
    return rc;
}

enum im_code gazetteer_open(sqlite3 *db,
                            const char *except_layer,
                            struct gazetteer **out,
                            struct im_error *err)
{
    enum im_code rc = IM_OK;
    struct loader l = {.db = db,
                       .schemas = im_arena_new(MAX_SCHEMAS),
                       .scratch = im_arena_new(MAX_GEOMETRY),
                       .g = calloc(1, sizeof *l.g),
                       .list = {.max = 1 << 26},
                       .former = {.max = 1 << 24},
                       .err = err};

    if (!l.g || !l.schemas || !l.scratch) {
        rc = loader_no_memory(&l);
        goto done;
    }
    l.g->arena = im_arena_new(MAX_ARENA);
    l.g->places.max = SIZE_MAX / 2;
    l.g->division_names =
        (struct name_table){.text.max = UINT32_MAX, .entries.max = UINT32_MAX};
    l.g->place_names = l.g->division_names;
    if (!l.g->arena) {
        rc = loader_no_memory(&l);
        goto done;
    }
    rc = read_catalog(&l);
    if (rc == IM_OK)
        rc = load_divisions(&l);
    if (rc == IM_OK)
        rc = load_division_names(&l);
    if (rc == IM_OK)
        rc = load_outlines(&l);
    if (rc == IM_OK)
        rc = load_places(&l, except_layer);
    if (rc != IM_OK)
        goto done;
    *out = l.g;
    l.g = NULL;
done:
    gazetteer_free(l.g);
    im_buf_release(&l.list);
    im_buf_release(&l.former);
    im_arena_free(l.scratch);
    im_arena_free(l.schemas);
    return rc == IM_OK ? rc : im_context(err, "place names");
}
