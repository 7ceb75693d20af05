/* SPDX-License-Identifier: Apache-2.0 */
/* Proves layers/export: what is exported and imported again is what was there. */
#include <test.h>

#include <import/history.h>
#include <import/import.h>
#include <layers/export.h>
#include <layers/sql.h>

#include "layers/fixture.h"
#include "support/random.h"
#include <scratch.h>

#include <jansson.h>
#include <math.h>
#include <sys/stat.h>

#define FIELD(name, type, more)                                                        \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"字段" name "\",\"en\":\"Field " name   \
    "\"},\"type\":\"" type "\"" more "}"
#define FIELDS                                                                             \
    FIELD("id", "text", ",\"required\":true")                                              \
    "," FIELD("name_zh", "text", ",\"required\":true") "," FIELD(                          \
        "note", "text",                                                                    \
        "") "," FIELD("count", "integer",                                                  \
                      "") "," FIELD("ratio", "real",                                       \
                                    "") "," FIELD("industry", "text",                      \
                                                  ",\"list\":true,\"codes\":["             \
                                                  "{\"code\":\"IC\",\"title\":{"           \
                                                  "\"zh\":\"集成电路\",\"en\":\"IC\"}" \
                                                  "},"                                     \
                                                  "{\"code\":\"BIO\",\"title\":{"          \
                                                  "\"zh\":\"生物\",\"en\":\"Bio\"}}]")

static const char *const FORMS[EXPORT_FORMATS] = {"geojson", "geojsonl", "gpkg", "csv"};

static struct store *open_db(const char *name)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    struct store *store = NULL;
    struct im_error err = {0};
    char file[192];

    for (size_t i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s%s", scratch_path(name), suffixes[i]);
        unlink(file);
    }
    if (store_open(scratch_path(name), STORE_CREATE, &store, &err))
        fail_msg("%s", err.msg);
    return store;
}

static void
export_to(struct store *store, struct export_options options, const char *path)
{
    struct im_arena *arena = im_arena_new(1 << 28);
    struct export_result result;
    struct im_error err = {0};

    options.overwrite = true;
    if (export_write(store, &options, path, arena, &result, &err))
        fail_msg("%s: %s", path, err.msg);
    im_arena_free(arena);
}

/* ---- comparing ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void append_row(struct im_buf *out,
                       const struct layer_schema *schema,
                       const struct source_feature *f)
{
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct source_value *v = &f->values[i];

        im_buf_printf(out, "|%d:", v->kind);
        if (v->kind == SOURCE_TEXT)
            im_buf_append(out, v->text.data, v->text.len);
        else
            im_buf_printf(out, "%lld %.17g", (long long)v->integer, v->real);
    }
    im_buf_printf(out, "|%d %u %u %u:", f->geom.kind, f->geom.n_points, f->geom.n_parts,
                  f->geom.n_areas);
    /* 1e-9 degree was asked for; it is exact */
    for (uint32_t i = 0; i < 2 * f->geom.n_points; i++)
        im_buf_printf(out, " %.17g", f->geom.lonlat[i]);
    im_buf_byte(out, 0);
}

/* The rows of a layer, whatever their order. */
static char **rows_of(struct store *store, const char *layer, size_t *n)
{
    struct im_arena *arena = im_arena_new(1 << 26);
    struct history_scan *scan = NULL;
    struct history_scan_info info;
    struct source_feature f;
    struct im_error err = {0};
    char **rows = NULL;
    bool more = true;

    *n = 0;
    if (history_scan_open(store, layer, NULL, arena, &scan, &info, &err))
        fail_msg("%s", err.msg);
    while (!history_scan_next(scan, &f, &more, &err) && more) {
        struct im_buf row = {.max = 1 << 26};

        append_row(&row, info.schema, &f);
        assert_false(row.failed);
        rows = realloc(rows, (*n + 1) * sizeof *rows);
        rows[(*n)++] = (char *)row.data;
    }
    assert_string_equal(err.msg, "");
    history_scan_close(scan);
    im_arena_free(arena);
    if (rows)
        qsort(rows, *n, sizeof *rows, by_text);
    return rows;
}

static void free_rows(char **rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(rows[i]);
    free(rows);
}

static void assert_same_rows(struct store *a, struct store *b, const char *layer)
{
    size_t n_a = 0;
    size_t n_b = 0;
    char **rows_a = rows_of(a, layer, &n_a);
    char **rows_b = rows_of(b, layer, &n_b);

    for (size_t i = 0; i < n_a && i < n_b; i++)
        if (strcmp(rows_a[i], rows_b[i]) != 0)
            fail_msg("'%.400s' became '%.400s'", rows_a[i], rows_b[i]);
    assert_int_equal(n_a, n_b);
    free_rows(rows_a, n_a);
    free_rows(rows_b, n_b);
}

/* ---- the way there and back ---- */

static bool print_event(void *ctx, const struct import_event *e)
{
    (void)ctx;
    if (e->kind == IMPORT_REFUSED || e->kind == IMPORT_CHANGED)
        print_message("row %llu %s '%s' -> '%s': %s %s\n", (unsigned long long)e->row,
                      e->field, e->value, e->after, e->code, e->reason_en);
    return true;
}

static struct import_counts
take(struct store *store, const char *path, const struct import_options *options)
{
    struct im_arena *arena = im_arena_new(1 << 28);
    struct import_report report;
    struct im_error err = {0};

    enum im_code rc = import_file(store, path, options, arena, &report, &err);
    struct import_counts counts = report.counts;
    if (rc || counts.refused || counts.changed)
        (void)!import_report_each(&report, print_event, NULL, &err);
    if (rc)
        fail_msg("%s: %s", path, err.msg);
    import_report_release(&report);
    im_arena_free(arena);
    return counts;
}

static void
take_unchanged(struct store *store, const char *path, const char *layer, size_t n)
{
    struct im_error err = {0};
    uint64_t before = 0;
    uint64_t after = 0;

    assert_int_equal(store_data_version(store, &before, &err), IM_OK);
    struct import_counts counts =
        take(store, path, &(struct import_options){.layer_id = layer});
    assert_int_equal(counts.read, n);
    if (counts.unchanged != n)
        print_message(
            "%s: %d unchanged, %d added, %d changed, %d skipped, %d refused\n", path,
            (int)counts.unchanged, (int)counts.added, (int)counts.changed,
            (int)counts.skipped, (int)counts.refused);
    assert_int_equal(counts.unchanged, n);
    assert_int_equal(store_data_version(store, &after, &err), IM_OK);
    assert_int_equal(after, before);
}

/* A layer that is made from others takes no rows; its twin elsewhere does. */
static const char *definition_without_facts(struct store *store, const char *layer)
{
    sqlite3_stmt *stmt = NULL;
    struct im_error err = {0};
    json_error_t error;
    bool row = false;

    if (sql_prepare(store_db(store), &stmt, &err,
                    "SELECT definition FROM innomap_layers WHERE id = %Q", layer) ||
        sql_step(stmt, &row, &err) || !row)
        fail_msg("%s", err.msg);
    json_t *root = json_loads(sql_text(stmt, 0), 0, &error);
    json_object_del(root, "facts");
    char *text = json_dumps(root, 0);
    const char *path = scratch_text("definition.json", text);
    free(text);
    json_decref(root);
    sqlite3_finalize(stmt);
    return path;
}

/* Making one takes longer than all the rest: each form has one for all layers. */
static void open_fresh(struct store *fresh[EXPORT_FORMATS])
{
    char name[40];

    for (int i = 0; i < EXPORT_FORMATS; i++) {
        snprintf(name, sizeof name, "fresh_%s.db", FORMS[i]);
        fresh[i] = open_db(name);
    }
}

static void close_fresh(struct store *fresh[EXPORT_FORMATS])
{
    for (int i = 0; i < EXPORT_FORMATS; i++)
        store_close(fresh[i]);
}

static void there_and_back(struct store *store,
                           struct store *const fresh[EXPORT_FORMATS],
                           const char *layer,
                           bool is_made,
                           int n_forms)
{
    size_t n = 0;
    char name[80];

    char **rows = rows_of(store, layer, &n);
    free_rows(rows, n);
    for (int format = 0; n && format < n_forms; format++) {
        snprintf(name, sizeof name, "%s.%s", layer, FORMS[format]);
        const char *path = scratch_path(name);
        export_to(store,
                  (struct export_options){.layer_id = layer,
                                          .format = (enum export_format)format,
                                          .with_internal = true,
                                          .with_bom = n % 2},
                  path);
        if (!is_made)
            take_unchanged(store, path, layer, n);
        struct import_counts counts =
            take(fresh[format], path,
                 &(struct import_options){.definition_path =
                                              definition_without_facts(store, layer)});
        assert_int_equal(counts.added, n);
        assert_same_rows(store, fresh[format], layer);
    }
}

/* ---- random layers ---- */

static const char *const TEXTS[] = {
    "张江药谷", "a \"quoted\" one", "逗号,分号;", "=1+2", "+86 21 5080", "-", "-5",
    "@sum", "'=guarded", "''=twice", "'quote", "emoji 🌍🚀", "<script>alert(1)</script>",
    "a\\b", "null", "1e5", "007", "é ü ß", "\"", "{\"a\":1}", "a,b", "0x10", "TRUE",
    "2026-01-01",
    /* a table programme may have made these, so CSV does not keep them */
    "two\nlines", "a\ttab", "full－width　１", "＝全角"};
enum { PLAIN_TEXTS = sizeof TEXTS / sizeof *TEXTS - 4 };

static void
bind_text(struct test_random *r, uint32_t n_texts, sqlite3_stmt *stmt, int index)
{
    if (test_random_below(r, 4) == 0)
        sqlite3_bind_null(stmt, index);
    else
        sql_bind_text(stmt, index, TEXTS[test_random_below(r, n_texts)]);
}

static void bind_numbers(struct test_random *r, sqlite3_stmt *stmt, int index)
{
    if (test_random_below(r, 4))
        sqlite3_bind_int64(stmt, index, (int64_t)test_random_next(r) >> 12);
    else
        sqlite3_bind_null(stmt, index);
    if (test_random_below(r, 4))
        sqlite3_bind_double(stmt, index + 1,
                            test_random_in(r, -1, 1) *
                                pow(10, (double)test_random_below(r, 20) - 8));
    else
        sqlite3_bind_null(stmt, index + 1);
}

static void bind_list(struct test_random *r, sqlite3_stmt *stmt, int index)
{
    static const char *const lists[] = {"IC", "BIO", "IC;BIO", NULL};

    sql_bind_text(stmt, index, lists[test_random_below(r, 4)]);
}

enum { MAX_POINTS = 400 };
struct scratch_geom {
    double lonlat[2 * MAX_POINTS];
    uint32_t part_end[32];
    uint32_t area_end[16];
    struct geom geom;
};

/* A star round a centre: simple whatever the radii; the last position is the first. */
static void add_ring(struct test_random *r,
                     struct scratch_geom *g,
                     double lon,
                     double lat,
                     double radius,
                     bool is_hole)
{
    uint32_t n = 3 + test_random_below(r, 9);
    uint32_t first = g->geom.n_points;

    for (uint32_t i = 0; i < n; i++) {
        double angle = 2 * M_PI * i / n * (is_hole ? -1 : 1);
        double d = radius * test_random_in(r, 0.8, 1);

        g->lonlat[2 * g->geom.n_points] = lon + d * cos(angle);
        g->lonlat[2 * g->geom.n_points++ + 1] = lat + d * sin(angle);
    }
    memcpy(g->lonlat + 2 * (size_t)g->geom.n_points, g->lonlat + 2 * (size_t)first,
           2 * sizeof(double));
    g->geom.n_points++;
    g->part_end[g->geom.n_parts++] = g->geom.n_points;
}

static void random_area(struct test_random *r, struct scratch_geom *g)
{
    uint32_t n = 1 + test_random_below(r, 3);

    for (uint32_t i = 0; i < n; i++) {
        double lon = 118 + i + test_random_in(r, 0, 0.2);
        double lat = test_random_in(r, 29, 31);

        add_ring(r, g, lon, lat, 0.3, false);
        if (test_random_below(r, 2))
            add_ring(r, g, lon, lat, 0.05, true);
        g->area_end[g->geom.n_areas++] = g->geom.n_parts;
    }
}

static void random_line(struct test_random *r, struct scratch_geom *g)
{
    uint32_t n = 1 + test_random_below(r, 3);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t points = 2 + test_random_below(r, 20);

        for (uint32_t k = 0; k < points; k++) {
            g->lonlat[2 * g->geom.n_points] = test_random_in(r, 118, 121);
            g->lonlat[2 * g->geom.n_points++ + 1] = test_random_in(r, 29, 32);
        }
        g->part_end[g->geom.n_parts++] = g->geom.n_points;
    }
}

static void
random_geom(struct test_random *r, enum geom_kind kind, struct scratch_geom *g)
{
    g->geom = (struct geom){.kind = kind,
                            .lonlat = g->lonlat,
                            .part_end = g->part_end,
                            .area_end = g->area_end};
    switch (kind) {
    case GEOM_POINT:
        g->lonlat[0] = test_random_in(r, 118, 121);
        g->lonlat[1] = test_random_in(r, 29, 32);
        g->geom.n_points = 1;
        return;
    case GEOM_LINE:
        random_line(r, g);
        return;
    case GEOM_AREA:
        random_area(r, g);
        return;
    default:
        return;
    }
}

static void
bind_geom(struct test_random *r, const char *kind, sqlite3_stmt *stmt, int index)
{
    static const char *const names[] = {"none", "point", "line", "area"};
    enum geom_kind which = (enum geom_kind)test_random_below(r, 4); /* mixed */
    struct scratch_geom g;
    struct im_buf blob = {.max = 1 << 20};
    struct im_error err;

    for (int i = 0; i < 4; i++)
        if (strcmp(kind, names[i]) == 0)
            which = test_random_below(r, 6) ? (enum geom_kind)i : GEOM_EMPTY;
    random_geom(r, which, &g);
    sqlite3_bind_null(stmt, index);
    if (which == GEOM_EMPTY)
        return;
    assert_int_equal(blob_encode(&g.geom, &blob, &err), IM_OK);
    sqlite3_bind_blob(stmt, index, blob.data, (int)blob.len, SQLITE_TRANSIENT);
    im_buf_release(&blob);
}

static void fill(struct test_random *r,
                 struct store *store,
                 const char *layer,
                 const char *kind,
                 uint32_t n_texts)
{
    bool is_table = strcmp(kind, "none") == 0;
    sqlite3_stmt *stmt = NULL;
    struct im_error err = {0};

    if (sql_prepare(store_db(store), &stmt, &err,
                    "INSERT INTO \"%w\" (id, name_zh, note, count, ratio, industry%s) "
                    "VALUES (?, ?, ?, ?, ?, ?%s)",
                    layer, is_table ? "" : ", geom", is_table ? "" : ", ?"))
        fail_msg("%s", err.msg);
    for (int i = 0; i < 60; i++) {
        char id[24];
        char name[48];

        snprintf(id, sizeof id, "K%d", i);
        snprintf(name, sizeof name, "第 %d 个 \"%s\"", i, i % 7 ? "x" : "=y");
        sql_bind_text(stmt, 1, id);
        sql_bind_text(stmt, 2, name);
        bind_text(r, n_texts, stmt, 3);
        bind_numbers(r, stmt, 4);
        bind_list(r, stmt, 6);
        if (!is_table)
            bind_geom(r, kind, stmt, 7);
        if (sql_run(stmt, &err))
            fail_msg("%s", err.msg);
    }
    sqlite3_finalize(stmt);
}

TEST(random_layers_of_every_kind_come_back_as_they_were)
{
    static const char *const kinds[] = {"none", "point", "line", "area", "mixed"};
    struct test_random r = test_random_new("export");
    struct store *store = open_db("random.db");
    struct store *fresh[EXPORT_FORMATS];

    open_fresh(fresh);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char layer[24];

        snprintf(layer, sizeof layer, "things_%s", kinds[i]);
        fixture_put(
            store,
            fixture_definition(layer, kinds[i], i ? "areas" : "tables", FIELDS, NULL),
            "");
        fill(&r, store, layer, kinds[i], PLAIN_TEXTS);
        there_and_back(store, fresh, layer, false, EXPORT_FORMATS);
        snprintf(layer, sizeof layer, "wild_%s", kinds[i]);
        fixture_put(
            store,
            fixture_definition(layer, kinds[i], i ? "areas" : "tables", FIELDS, NULL),
            "");
        fill(&r, store, layer, kinds[i], sizeof TEXTS / sizeof *TEXTS);
        there_and_back(store, fresh, layer, false, EXPORT_CSV);
    }
    close_fresh(fresh);
    store_close(store);
}

TEST(shipped_layers_come_back_as_they_were)
{
    struct store *store = open_db("shipped.db");
    struct im_arena *arena = im_arena_new(1 << 26);
    struct feature_source source = store_source(store);
    const struct source_layer *layers = NULL;
    struct store *fresh[EXPORT_FORMATS];
    struct im_error err = {0};
    uint64_t version = 0;
    size_t n = 0;
    int done = 0;

    open_fresh(fresh);

    if (import_shipped(store, TEST_SOURCE_DIR "/layers", NULL, NULL, NULL, &err))
        fail_msg("%s", err.msg);
    if (source.describe(source.self, arena, &layers, &n, &version, &err))
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < n; i++) {
        there_and_back(store, fresh, layers[i].id,
                       strstr(layers[i].definition_json, "\"derive\": \"arcs\"") ||
                           strstr(layers[i].definition_json, "\"derive\":\"arcs\""),
                       EXPORT_FORMATS);
        done += layers[i].n_features > 0;
    }
    assert_true(done >= 10);
    im_arena_free(arena);
    close_fresh(fresh);
    store_close(store);
}

/* ---- what else was promised ---- */

static char *slurp(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);

    assert_non_null(file);
    *len = fread(text, 1, (1 << 20) - 1, file);
    fclose(file);
    return text;
}

static struct store *with_two(const char *name)
{
    struct store *store = open_db(name);

    fixture_put(store, fixture_definition("things", "point", "places", FIELDS, NULL),
                "");
    take(store,
         scratch_text("two.csv", "id,name_zh,note,lon,lat\n"
                                 "A,甲,=HYPERLINK(1),120.1,30.2\nB,乙,-5,,\n"),
         &(struct import_options){.layer_id = "things",
                                  .unplaced = IMPORT_UNPLACED_KEEP});
    return store;
}

TEST(a_formula_is_harmless_in_csv)
{
    struct store *store = with_two("csv.db");
    const char *path = scratch_path("harmless.csv");
    size_t len = 0;

    export_to(store,
              (struct export_options){
                  .layer_id = "things", .format = EXPORT_CSV, .with_bom = true},
              path);
    char *text = slurp(path, &len);
    assert_memory_equal(text, "\xEF\xBB\xBF", 3);
    assert_non_null(strstr(text, "\"'=HYPERLINK(1)\""));
    assert_non_null(strstr(text, "乙,-5,"));
    assert_null(strstr(text, ",=") ? strstr(text, ",=") : strstr(text, "\"="));
    assert_non_null(strstr(text, ",lon,lat,innomap_export\r\n"));
    free(text);
    store_close(store);
}

TEST(attribution_and_the_mark_are_inside)
{
    struct store *store = with_two("mark.db");
    const char *path = scratch_path("mark.geojson");
    const char *again = scratch_path("again.geojson");
    size_t len = 0;
    size_t len_again = 0;
    json_error_t error;

    export_to(store, (struct export_options){.layer_id = "things"}, path);
    char *text = slurp(path, &len);
    json_t *root = json_loads(text, 0, &error);
    json_t *mark = json_object_get(root, "innomap_export");
    assert_string_equal(json_string_value(json_object_get(mark, "layer")), "things");
    assert_string_equal(json_string_value(json_object_get(mark, "licence")), "none");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(mark, "attribution"), "en")),
        "some");
    assert_int_equal(json_array_size(json_object_get(root, "features")), 2);
    json_decref(root);
    /* the same version, the same bytes */
    take_unchanged(store, path, "things", 2);
    export_to(store, (struct export_options){.layer_id = "things"}, again);
    char *text_again = slurp(again, &len_again);
    assert_string_equal(text, text_again);
    free(text);
    free(text_again);
    store_close(store);
}

static enum im_code refuse(struct store *store,
                           struct export_options options,
                           const char *path,
                           const char *why)
{
    struct im_arena *arena = im_arena_new(1 << 26);
    struct export_result result;
    struct im_error err = {0};
    enum im_code rc = export_write(store, &options, path, arena, &result, &err);

    if (!strstr(err.msg, why) || !*err.msg_zh)
        fail_msg("'%s' lacks '%s'", err.msg, why);
    im_arena_free(arena);
    return rc;
}

TEST(what_may_not_be_written_is_refused)
{
    struct store *store = with_two("refuse.db");
    const char *path = scratch_text("there.csv", "mine");
    char secret[4096];
    size_t len = 0;

    snprintf(secret, sizeof secret, "%s",
             fixture_definition("secret", "none", "tables", FIELDS, NULL));
    char *at = strstr(secret, "\"public\"");
    char tail[2048];
    snprintf(tail, sizeof tail, "%s", at + 8);
    snprintf(at, sizeof secret - (size_t)(at - secret), "\"internal\"%s", tail);
    fixture_put(store, secret, "");

    assert_int_equal(
        refuse(store,
               (struct export_options){.layer_id = "things", .format = EXPORT_CSV},
               path, "--overwrite"),
        IM_EARG);
    char *text = slurp(path, &len);
    assert_string_equal(text, "mine");
    free(text);
    assert_int_equal(refuse(store, (struct export_options){.layer_id = "secret"},
                            scratch_path("s.geojson"), "--internal"),
                     IM_EARG);
    assert_int_not_equal(access(scratch_path("s.geojson"), F_OK), 0);
    assert_int_equal(
        refuse(store,
               (struct export_options){.layer_id = "things", .format = EXPORT_GPKG},
               "-", "standard output"),
        IM_EARG);
    assert_int_equal(refuse(store, (struct export_options){.layer_id = "nothing"},
                            scratch_path("n.geojson"), "no layer 'nothing'"),
                     IM_ENOTFOUND);
    assert_int_equal(
        refuse(store, (struct export_options){.layer_id = "things", .as_of = "77"},
               scratch_path("n.geojson"), "run 77"),
        IM_ENOTFOUND);
    assert_int_equal(
        refuse(store,
               (struct export_options){.layer_id = "things", .as_of = "2001-01-01"},
               scratch_path("n.geojson"), "no layer"),
        IM_ENOTFOUND);
    assert_int_equal(refuse(store, (struct export_options){.layer_id = "things"},
                            "/nowhere/at/all.geojson", "cannot write"),
                     IM_EIO);
    store_close(store);
}

TEST(an_earlier_version_is_exported_as_it_was)
{
    struct store *store = with_two("as_of.db");
    const char *now = scratch_path("now.geojson");
    const char *then = scratch_path("then.geojson");
    size_t len = 0;

    export_to(store, (struct export_options){.layer_id = "things"}, now);
    take(store, scratch_text("b.csv", "id,name_zh,lon,lat\nC,丙,120,30\n"),
         &(struct import_options){.layer_id = "things", .mode = IMPORT_REPLACE});
    export_to(store, (struct export_options){.layer_id = "things", .as_of = "1"}, then);
    char *a = slurp(now, &len);
    char *b = slurp(then, &len);
    char *features = strstr(a, "\"features\"");
    assert_string_equal(features, strstr(b, "\"features\""));
    free(a);
    free(b);
    export_to(store,
              (struct export_options){.layer_id = "things", .as_of = "2999-01-01"},
              then);
    b = slurp(then, &len);
    assert_non_null(strstr(b, "丙"));
    assert_null(strstr(b, "甲"));
    free(b);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_layers_of_every_kind_come_back_as_they_were),
        cmocka_unit_test(shipped_layers_come_back_as_they_were),
        cmocka_unit_test(a_formula_is_harmless_in_csv),
        cmocka_unit_test(attribution_and_the_mark_are_inside),
        cmocka_unit_test(what_may_not_be_written_is_refused),
        cmocka_unit_test(an_earlier_version_is_exported_as_it_was),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
