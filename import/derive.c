/* SPDX-License-Identifier: Apache-2.0 */
/* Layers made from others: outlines by code, arcs between two places. */
#include "internal.h"

#include <math.h>

enum { ARC_POINTS = 33, MAX_DEPTH = 8, ARENA_MAX = 1 << 30 };

struct derivation {
    struct store *store;
    sqlite3 *db;
    struct im_arena *arena; /* the layer's definition */
    struct im_arena *row;   /* reset for each row */
    const struct layer_schema *schema;
    struct facts facts;
    sqlite3_stmt *areas; /* geometry by code; NULL: there is no such layer */
    sqlite3_stmt *points;
    char seat_precision[16]; /* of the position found last, "" when not said */
    bool *has_field;
    struct source_value *values;
    struct stage stage;
};

/* ---- geometry by code ---- */

/* Statement that finds geometries of `layer` by its code: the field with the adcode
 * role, else the one of the same name. NULL when the layer or the field is missing. */
static enum im_code prepare_lookup(struct derivation *d,
                                   const char *layer,
                                   const char *code,
                                   sqlite3_stmt **out,
                                   struct im_error *err)
{
    const struct layer_schema *schema = NULL;
    struct im_bytes definition = {0};
    struct im_bytes style = {0};
    int64_t n = 0;
    enum im_code rc = sql_integer(
        d->db, &n, err, "SELECT count(*) FROM innomap_layers WHERE id = %Q", layer);

    if (rc || n == 0)
        return rc;
    rc = job_catalog(d->store, layer, d->arena, &definition, &style, err);
    if (!rc)
        rc = schema_parse(definition, d->arena, &schema, err);
    if (rc)
        return rc;
    int field = schema->roles.adcode;
    if (field == SCHEMA_NO_FIELD && code)
        field = schema_field_index(schema, im_bytes_of(code));
    if (field == SCHEMA_NO_FIELD || schema->geometry == SCHEMA_NONE)
        return IM_OK;
    int precision = schema->roles.precision;
    char column[SCHEMA_MAX_ID + 3] = "''";
    if (precision != SCHEMA_NO_FIELD)
        snprintf(column, sizeof column, "\"%s\"", schema->fields[precision].name);
    return sql_prepare(d->db, out, err,
                       "SELECT geom, %s FROM \"%w\" WHERE \"%w\" = ? AND geom IS NOT "
                       "NULL ORDER BY fid",
                       column, schema->id, schema->fields[field].name);
}

static enum im_code decode_column(struct derivation *d,
                                  sqlite3_stmt *stmt,
                                  int column,
                                  struct geom *out,
                                  struct im_error *err)
{
    struct im_bytes blob = {sqlite3_column_blob(stmt, column),
                            (size_t)sqlite3_column_bytes(stmt, column)};

    *out = (struct geom){.kind = GEOM_EMPTY};
    return blob.len ? blob_decode(blob, d->row, out, err) : IM_OK;
}

/* a and b, both areas, as one. */
static bool join_areas(struct im_arena *arena, struct geom *a, const struct geom *b)
{
    double *lonlat =
        im_arena_calloc(arena, (size_t)a->n_points + b->n_points, 2 * sizeof *lonlat);
    uint32_t *part_end =
        im_arena_calloc(arena, (size_t)a->n_parts + b->n_parts, sizeof *part_end);
    uint32_t *area_end =
        im_arena_calloc(arena, (size_t)a->n_areas + b->n_areas, sizeof *area_end);

    if (!lonlat || !part_end || !area_end)
        return false;
    memcpy(lonlat, a->lonlat, 2 * sizeof *lonlat * a->n_points);
    memcpy(lonlat + 2 * (size_t)a->n_points, b->lonlat,
           2 * sizeof *lonlat * b->n_points);
    memcpy(part_end, a->part_end, sizeof *part_end * a->n_parts);
    memcpy(area_end, a->area_end, sizeof *area_end * a->n_areas);
    for (uint32_t i = 0; i < b->n_parts; i++)
        part_end[a->n_parts + i] = a->n_points + b->part_end[i];
    for (uint32_t i = 0; i < b->n_areas; i++)
        area_end[a->n_areas + i] = a->n_parts + b->area_end[i];
    *a = (struct geom){.kind = GEOM_AREA,
                       .n_points = a->n_points + b->n_points,
                       .n_parts = a->n_parts + b->n_parts,
                       .n_areas = a->n_areas + b->n_areas,
                       .lonlat = lonlat,
                       .part_end = part_end,
                       .area_end = area_end};
    return true;
}

/* The first geometry of the kind with this code; further areas are joined to it. */
static enum im_code look_up(struct derivation *d,
                            sqlite3_stmt *stmt,
                            const char *code,
                            enum geom_kind kind,
                            struct geom *out,
                            struct im_error *err)
{
    enum im_code rc = IM_OK;
    bool row = stmt != NULL && *code;

    *out = (struct geom){.kind = GEOM_EMPTY};
    if (row)
        sql_bind_text(stmt, 1, code);
    while (row && !(rc = sql_step(stmt, &row, err)) && row) {
        struct geom g;

        rc = decode_column(d, stmt, 0, &g, err);
        if (rc)
            break;
        if (g.kind != kind)
            continue;
        if (out->kind == GEOM_EMPTY) {
            *out = g;
            snprintf(d->seat_precision, sizeof d->seat_precision, "%s",
                     sql_text(stmt, 1));
        } else if (kind == GEOM_AREA && !join_areas(d->row, out, &g)) {
            rc = im_fail(err, IM_ENOMEM, "outline '%s': out of memory", code);
        }
        if (rc)
            break;
    }
    if (stmt)
        sqlite3_reset(stmt);
    return rc;
}

/* In double quotes SQLite takes a name that is no column for a text, and every row
 * would quietly have no place. */
static enum im_code check_fact_field(const struct derivation *d,
                                     const struct layer_schema *schema,
                                     const char *fact,
                                     const char *field,
                                     struct im_error *err)
{
    if (schema_field_index(schema, im_bytes_of(field)) != SCHEMA_NO_FIELD)
        return IM_OK;
    im_fail(err, IM_EDATA,
            "facts.%s of layer '%s' is '%.60s': layer '%s' has no such "
            "field",
            fact, d->schema->id, field, schema->id);
    return im_zh(err, IM_EDATA, "图层“%s”的 facts.%s 为“%.60s”：图层“%s”没有这个字段",
                 d->schema->id, fact, field, schema->id);
}

/* ---- outlines by code ---- */

static struct source_value text_value(const char *text)
{
    return (struct source_value){.kind = SOURCE_TEXT, .text = im_bytes_of(text)};
}

/* A seat stands for its area and is worth what the seat is worth; an outline is exact.
 */
static void set_precision(struct derivation *d, const struct geom *g)
{
    int field = d->schema->roles.precision;

    if (field == SCHEMA_NO_FIELD)
        return;
    d->values[field] = (struct source_value){.kind = SOURCE_NULL};
    if (g->kind == GEOM_POINT)
        d->values[field] = text_value(*d->seat_precision ? d->seat_precision : "city");
}

static enum im_code outline_row(struct derivation *d,
                                sqlite3_stmt *rows,
                                int shown_as,
                                struct im_error *err)
{
    const char *code = sql_text(rows, 1);
    struct geom g = {.kind = GEOM_EMPTY};
    enum im_code rc = look_up(d, d->areas, code, GEOM_AREA, &g, err);
    const char *shown = g.kind == GEOM_EMPTY ? "place" : "area";

    if (!rc && g.kind == GEOM_EMPTY)
        rc = look_up(d, d->points, code, GEOM_POINT, &g, err);
    if (rc)
        return rc;
    if (g.kind == GEOM_POINT && d->schema->geometry == SCHEMA_AREA)
        g.kind = GEOM_EMPTY; /* the column cannot hold it */
    stored_value(rows, 0, &d->values[d->schema->key]);
    set_precision(d, &g);
    if (shown_as != SCHEMA_NO_FIELD)
        d->values[shown_as] = text_value(shown);
    return stage_add(&d->stage, d->values, &g, NULL, err);
}

static enum im_code derive_areas(struct derivation *d, struct im_error *err)
{
    int shown_as = schema_field_index(d->schema, im_bytes_of("shown_as"));
    sqlite3_stmt *rows = NULL;
    bool row = true;
    enum im_code rc = check_fact_field(d, d->schema, "code", d->facts.code, err);

    if (!rc)
        rc = prepare_lookup(d, d->facts.areas, d->facts.code, &d->areas, err);
    if (!rc)
        rc = prepare_lookup(d, d->facts.points, d->facts.code, &d->points, err);
    d->has_field[d->schema->key] = true;
    if (shown_as != SCHEMA_NO_FIELD)
        d->has_field[shown_as] = true;
    if (d->schema->roles.precision != SCHEMA_NO_FIELD)
        d->has_field[d->schema->roles.precision] = true;
    if (!rc)
        rc = stage_init(&d->stage, d->schema, d->has_field, true, err);
    if (!rc)
        rc = sql_prepare(d->db, &rows, err, "SELECT \"%w\", \"%w\" FROM \"%w\"",
                         d->schema->fields[d->schema->key].name, d->facts.code,
                         d->schema->id);
    while (!rc && !(rc = sql_step(rows, &row, err)) && row) {
        rc = outline_row(d, rows, shown_as, err);
        im_arena_reset(d->row);
    }
    sqlite3_finalize(rows);
    return rc;
}

/* ---- arcs ---- */

static double mercator_y(double lat_deg)
{
    return log(tan(M_PI / 4 + lat_deg * M_PI / 360)) * 180 / M_PI;
}

static double mercator_lat(double y_deg)
{
    return atan(sinh(y_deg * M_PI / 180)) * 180 / M_PI;
}

/* A quadratic Bezier curve in Mercator, its control point beside the middle of the
 * chord by a quarter of its length, on the left seen from the origin: so two places
 * that send arcs to each other get two curves. */
static void draw_arc(const double from[2], const double to[2], double lonlat[])
{
    static const double bow = 0.25;
    double x0 = from[0];
    double y0 = mercator_y(from[1]);
    double x2 = to[0];
    double y2 = mercator_y(to[1]);
    double x1 = (x0 + x2) / 2 - bow * (y2 - y0);
    double y1 = (y0 + y2) / 2 + bow * (x2 - x0);

    for (int i = 0; i < ARC_POINTS; i++) {
        double t = (double)i / (ARC_POINTS - 1);
        double a = (1 - t) * (1 - t);
        double b = 2 * t * (1 - t);

        lonlat[2 * i] = a * x0 + b * x1 + t * t * x2;
        lonlat[2 * i + 1] = mercator_lat(a * y0 + b * y1 + t * t * y2);
    }
    /* the ends to the last bit */
    memcpy(lonlat, from, 2 * sizeof *lonlat);
    memcpy(lonlat + 2 * (ARC_POINTS - 1), to, 2 * sizeof *lonlat);
}

/* Where a place is for an arc: the point, else the middle of its box. */
static void middle_of(const struct geom *g, double out[2])
{
    struct bbox box = geom_bbox(g);

    out[0] = (box.min_x + box.max_x) / 2;
    out[1] = (box.min_y + box.max_y) / 2;
}

static enum im_code
arc_row(struct derivation *d, sqlite3_stmt *rows, struct im_error *err)
{
    struct geom seat;
    struct geom host;
    double from[2];
    double to[2];
    double lonlat[2 * ARC_POINTS];
    uint32_t part_end = ARC_POINTS;
    struct geom arc = {.kind = GEOM_LINE,
                       .n_points = ARC_POINTS,
                       .n_parts = 1,
                       .lonlat = lonlat,
                       .part_end = &part_end};
    enum im_code rc = decode_column(d, rows, 1, &host, err);
    int column = 2;
    uint64_t twin;

    if (!rc)
        rc = look_up(d, d->points, sql_text(rows, 0), GEOM_POINT, &seat, err);
    if (rc || host.kind == GEOM_EMPTY || seat.kind == GEOM_EMPTY)
        return rc;
    middle_of(&seat, from);
    middle_of(&host, to);
    if (from[0] == to[0] && from[1] == to[1])
        return IM_OK;
    draw_arc(from, to, lonlat);
    for (size_t f = 0; f < d->schema->n_fields; f++)
        if (d->has_field[f])
            stored_value(rows, column++, &d->values[f]);
    rc = stage_key(&d->stage, &d->values[d->schema->key], d->stage.n + 1, &twin, err);
    return rc ? rc : stage_add(&d->stage, d->values, &arc, NULL, err);
}

static enum im_code fail_arc_key(const struct derivation *d, struct im_error *err)
{
    const char *key = d->schema->fields[d->schema->key].name;

    im_fail(err, IM_EDATA, "layer '%s': its key '%s' must be the key of layer '%s'",
            d->schema->id, key, d->facts.from);
    return im_zh(err, IM_EDATA, "图层“%s”：主键“%s”必须也是图层“%s”的主键",
                 d->schema->id, key, d->facts.from);
}

/* SELECT origin, geom, then the fields that both layers have with the same type. */
static enum im_code select_origins(struct derivation *d,
                                   const struct layer_schema *from,
                                   sqlite3_stmt **out,
                                   struct im_error *err)
{
    struct im_buf sql = {.max = 1 << 20};

    im_buf_printf(&sql, "SELECT \"%s\", geom", d->facts.origin);
    for (size_t f = 0; f < d->schema->n_fields; f++) {
        const struct schema_field *field = &d->schema->fields[f];
        int twin = schema_field_index(from, im_bytes_of(field->name));

        d->has_field[f] =
            twin != SCHEMA_NO_FIELD && from->fields[twin].type == field->type;
        if (d->has_field[f])
            im_buf_printf(&sql, ", \"%s\"", field->name);
    }
    im_buf_printf(&sql, " FROM \"%s\"", from->id);
    im_buf_byte(&sql, 0);
    enum im_code rc = im_buf_check(&sql, "statement", err);
    if (!rc &&
        (!d->has_field[d->schema->key] || strcmp(d->schema->fields[d->schema->key].name,
                                                 from->fields[from->key].name) != 0))
        rc = fail_arc_key(d, err);
    if (!rc)
        rc = sql_prepare(d->db, out, err, "%s", (char *)sql.data);
    im_buf_release(&sql);
    return rc;
}

static enum im_code derive_arcs(struct derivation *d, struct im_error *err)
{
    const struct layer_schema *from = NULL;
    struct im_bytes definition = {0};
    struct im_bytes style = {0};
    sqlite3_stmt *rows = NULL;
    bool row = true;
    enum im_code rc =
        job_catalog(d->store, d->facts.from, d->arena, &definition, &style, err);

    if (!rc)
        rc = schema_parse(definition, d->arena, &from, err);
    if (!rc)
        rc = check_fact_field(d, from, "origin", d->facts.origin, err);
    if (!rc)
        rc = prepare_lookup(d, d->facts.points, NULL, &d->points, err);
    if (!rc)
        rc = select_origins(d, from, &rows, err);
    if (!rc)
        rc = stage_init(&d->stage, d->schema, d->has_field, true, err);
    while (!rc && !(rc = sql_step(rows, &row, err)) && row) {
        rc = arc_row(d, rows, err);
        im_arena_reset(d->row);
    }
    sqlite3_finalize(rows);
    return rc;
}

/* ---- both ---- */

static enum im_code
load(struct derivation *d, const char *layer_id, struct im_error *err)
{
    struct im_bytes definition = {0};
    struct im_bytes style = {0};
    enum im_code rc = IM_OK;

    d->arena = im_arena_new(ARENA_MAX);
    d->row = im_arena_new(ARENA_MAX);
    if (!d->arena || !d->row)
        return im_fail(err, IM_ENOMEM, "layer '%s': out of memory", layer_id);
    rc = job_catalog(d->store, layer_id, d->arena, &definition, &style, err);
    if (!rc)
        rc = schema_parse(definition, d->arena, &d->schema, err);
    if (!rc)
        rc = facts_parse(definition, d->arena, &d->facts, err);
    if (rc)
        return rc;
    d->has_field = im_arena_calloc(d->arena, d->schema->n_fields, sizeof(bool));
    d->values = im_arena_calloc(d->arena, d->schema->n_fields, sizeof *d->values);
    if (!d->has_field || !d->values)
        return im_fail(err, IM_ENOMEM, "layer '%s': out of memory", layer_id);
    return IM_OK;
}

static void release(struct derivation *d)
{
    sqlite3_finalize(d->areas);
    sqlite3_finalize(d->points);
    stage_release(&d->stage);
    im_arena_free(d->arena);
    im_arena_free(d->row);
}

enum im_code derive_layer(struct store *store,
                          const char *layer_id,
                          struct import_counts *counts,
                          struct im_error *err)
{
    struct derivation d = {.store = store, .db = store_db(store)};
    enum im_code rc = load(&d, layer_id, err);
    bool is_arcs = !rc && d.facts.kind == FACTS_ARCS;
    struct import_report report = {.counts = *counts}; /* without a log */

    if (!rc)
        rc = is_arcs ? derive_arcs(&d, err) : derive_areas(&d, err);
    if (!rc)
        rc = stage_finish(&d.stage, err);
    if (!rc)
        rc = commit_stage(store, &d.stage, is_arcs ? IMPORT_REPLACE : IMPORT_UPSERT,
                          &report, err);
    *counts = report.counts;
    counts->read += d.stage.n;
    release(&d);
    return rc ? im_context(err, "layer '%s'", layer_id) : IM_OK;
}

static bool is_made_from(const struct facts *facts, const char *layer_id)
{
    const char *const sources[] = {facts->areas, facts->points, facts->from};

    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (sources[i] && strcmp(sources[i], layer_id) == 0)
            return true;
    return false;
}

/* Ids of the layers made from `layer_id`, NULL-terminated. */
static enum im_code list_dependants(struct store *store,
                                    const char *layer_id,
                                    struct im_arena *arena,
                                    const char ***out,
                                    struct im_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t n = 0;
    size_t found = 0;
    bool row = true;
    enum im_code rc =
        sql_integer(store_db(store), &n, err, "SELECT count(*) FROM innomap_layers");

    if (!rc && !(*out = im_arena_calloc(arena, (size_t)n + 1, sizeof **out)))
        rc = im_fail(err, IM_ENOMEM, "catalog: out of memory");
    if (!rc)
        rc = sql_prepare(store_db(store), &stmt, err,
                         "SELECT id, definition FROM innomap_layers ORDER BY id");
    /* another program may have added layers since they were counted */
    while (!rc && found < (size_t)n && !(rc = sql_step(stmt, &row, err)) && row) {
        struct facts facts;

        rc = facts_parse(im_bytes_of(sql_text(stmt, 1)), arena, &facts, err);
        if (rc || !is_made_from(&facts, layer_id))
            continue;
        (*out)[found] = im_arena_strdup(arena, im_bytes_of(sql_text(stmt, 0)));
        if (!(*out)[found++])
            rc = im_fail(err, IM_ENOMEM, "catalog: out of memory");
    }
    sqlite3_finalize(stmt);
    return rc;
}

static enum im_code fail_circle(const char *layer_id, struct im_error *err)
{
    im_fail(err, IM_EDATA,
            "layer '%s' is made from layers that are made from it; mend \"facts\" in "
            "one of their layer.json",
            layer_id);
    return im_zh(
        err, IM_EDATA,
        "图层“%s”由其派生图层生成，形成循环；请修改其中一个 layer.json 的 facts",
        layer_id);
}

static enum im_code
derive_below(struct store *store, const char *layer_id, int depth, struct im_error *err)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    const char **ids = NULL;
    enum im_code rc = IM_OK;

    if (!arena)
        return im_fail(err, IM_ENOMEM, "catalog: out of memory");
    if (depth == MAX_DEPTH)
        rc = fail_circle(layer_id, err);
    if (!rc)
        rc = list_dependants(store, layer_id, arena, &ids, err);
    for (size_t i = 0; !rc && ids[i]; i++) {
        struct import_counts counts = {0};

        rc = derive_layer(store, ids[i], &counts, err);
        if (rc || !(counts.added || counts.changed || counts.gone))
            continue;
        rc = store_touch_layer(store, ids[i], err);
        if (!rc)
            rc = store_analyze(store, ids[i], err);
        if (!rc)
            rc = derive_below(store, ids[i], depth + 1, err);
    }
    im_arena_free(arena);
    return rc;
}

enum im_code
derive_dependants(struct store *store, const char *layer_id, struct im_error *err)
{
    return derive_below(store, layer_id, 0, err);
}
