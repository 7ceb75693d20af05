/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file of any format: opened, its header found, planned and checked row
 * by row as an import does, without a database. The first byte says what it calls
 * itself; the other files of a set (.shx, .mid ...) follow behind lines of "%%%%". */
#include "../layers/fixture.h"

#include <plan/plan.h>
#include <source/internal.h>

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_BYTES = 1 << 18, MAX_ROWS = 300, ARENA_BYTES = 64 << 20 };
static const char NEXT[] = "\n%%%%\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The endings of the files of a set; the first is opened. */
static const char *const SETS[][5] = {
    {"csv"},
    {"geojson"},
    {"geojsonl"},
    {"kml"},
    {"gml", "xsd"},
    {"gpx"},
    {"mif", "mid"},
    {"shp", "shx", "dbf", "prj"},
    {"dxf"},
    {"xlsx"},
    {"ods"},
    {"xls"},
    {"zip"},
    {"fgb"},
    {"tab", "dat", "map"},
    {"topojson"},
    {"sqlite"},
    {"kmz"},
    {"dbf"},
    {"txt"},
};
enum { N_SETS = sizeof SETS / sizeof *SETS };

/* ---- files ---- */

static void write_part(const char *folder, const char *ending, struct im_bytes part)
{
    char path[128];

    snprintf(path, sizeof path, "%s/a.%s", folder, ending);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(part.data, 1, part.len, file) != part.len || fclose(file) != 0)
        abort();
}

static void remove_parts(const char *folder, const char *const *endings)
{
    char path[128];

    for (size_t i = 0; endings[i]; i++) {
        snprintf(path, sizeof path, "%s/a.%s", folder, endings[i]);
        unlink(path);
    }
}

static void
write_parts(const char *folder, const char *const *endings, struct im_bytes all)
{
    for (size_t i = 0; endings[i]; i++) {
        const uint8_t *end =
            all.len ? memmem(all.data, all.len, NEXT, sizeof NEXT - 1) : NULL;
        size_t len = end && endings[i + 1] ? (size_t)(end - all.data) : all.len;
        size_t taken = len + (len < all.len ? sizeof NEXT - 1 : 0);

        if (len || i == 0)
            write_part(folder, endings[i], (struct im_bytes){all.data, len});
        all = (struct im_bytes){all.data + taken, all.len - taken};
    }
}

/* ---- what an import promises ---- */

static void check_error(enum im_code rc, const struct im_error *err)
{
    if (rc && (!err->msg[0] || !im_utf8_valid(im_bytes_of(err->msg)) ||
               !im_utf8_valid(im_bytes_of(err->msg_zh))))
        abort();
}

static void check_checked(const struct layer_schema *schema,
                          const struct checked_row *row)
{
    if (!row->is_good)
        return;
    for (uint32_t i = 0; i < row->geom.n_points; i++) {
        double x = row->geom.lonlat[2 * (size_t)i],
               y = row->geom.lonlat[2 * (size_t)i + 1];

        if (!(fabs(x) <= 180) || !(fabs(y) <= 90))
            abort();
    }
    for (size_t f = 0; f < schema->n_fields; f++) {
        const struct source_value *value = &row->values[f];

        if (value->kind == SOURCE_TEXT &&
            (!im_utf8_valid(value->text) ||
             memchr(value->text.data, 0, value->text.len)))
            abort();
        if (value->kind == SOURCE_REAL && !isfinite(value->real))
            abort();
    }
}

static bool check_event(void *ctx, const struct import_event *e)
{
    (void)ctx;
    if (!im_utf8_valid(im_bytes_of(e->value)) || !im_utf8_valid(im_bytes_of(e->name)) ||
        !e->code[0])
        abort();
    return true;
}

static void read_rows(struct source *source, struct plan *plan)
{
    struct im_arena *arena = im_arena_new(ARENA_BYTES);
    struct source_row row;
    struct checked_row checked;
    struct im_error err = {0};
    enum im_code rc = IM_OK;
    bool more = true;

    for (int n = 0;
         !rc && n < MAX_ROWS && !(rc = source_next(source, &row, &more, &err)) && more;
         n++) {
        rc = check_row(plan, &row, arena, &checked, &err);
        if (!rc && !checked.is_no_data)
            check_checked(plan_schema(plan), &checked);
        im_arena_reset(arena);
    }
    check_error(rc, &err);
    im_arena_free(arena);
}

static void import_source(struct source *source, bool keep_extra, bool repair)
{
    const struct import_options options = {.layer_id = "spots",
                                           .crs = "EPSG:4326",
                                           .keep_extra = keep_extra,
                                           .repair = repair};
    const char *text =
        fixture_definition("spots", "area", "places", FIXTURE_FIELDS, NULL);
    struct im_arena *arena = im_arena_new(ARENA_BYTES);
    struct import_report report = {.source = "", .sheet = "", .crs = ""};
    const struct layer_schema *schema = NULL;
    struct plan *plan = NULL;
    struct im_error err = {0};

    if (schema_parse(im_bytes_of(text), arena, &schema, &err) ||
        import_log_open(&report, arena, &err))
        abort();
    const struct plan_context context = {.options = &options,
                                         .schema = schema,
                                         .definition = im_bytes_of(text),
                                         .report = &report,
                                         .arena = arena};
    enum im_code rc = plan_make(&context, source, &plan, &err);
    check_error(rc, &err);
    if (!rc)
        read_rows(source, plan);
    if (import_report_each(&report, check_event, NULL, &err))
        abort();
    plan_release(plan);
    import_report_release(&report);
    im_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char folder[64]; /* one for the process: it is left empty */
    char path[96];
    struct source *source = NULL;
    struct im_error err = {0};

    if (size < 1 || size > MAX_BYTES)
        return 0;
    const char *const *endings = SETS[data[0] % N_SETS];
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "%s/innomap-fuzz-XXXXXX",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        if (!mkdtemp(folder))
            abort();
    }
    mkdir(folder, 0700); /* the input before took it away */
    write_parts(folder, endings, (struct im_bytes){data + 1, size - 1});
    snprintf(path, sizeof path, "%s/a.%s", folder, endings[0]);
    enum im_code rc = source_open(path, NULL, &source, &err);
    check_error(rc, &err);
    if (!rc)
        import_source(source, data[0] & 0x80, data[0] & 0x40);
    source_close(source);
    remove_parts(folder, endings);
    rmdir(folder);
    return 0;
}
