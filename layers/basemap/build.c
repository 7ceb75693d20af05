/* SPDX-License-Identifier: Apache-2.0 */
/* The whole base map: coast first, because rivers end at it and borders stop at it. */
#include "build.h"

#include "admin.h"
#include "coast.h"
#include "dcw.h"
#include "geos.h"
#include "gpkg.h"
#include "ground.h"
#include "sources.h"
#include "units.h"
#include "water.h"

#include <cpl_error.h>

#include <dirent.h>
#include <stdarg.h>
#include <stdlib.h>

enum { OUTLINES_MAX_BYTES = 16 << 20 };
static const struct bbox WORKING_BOX = {114.5, 26.8, 123.5, 35.6};
/* The sea goes on beyond the box, so that its end is out of sight in every view of the
 * four provinces: to where no other country's or island province's shore begins. */
static const struct bbox SEA_BOX = {114.5, 25.9, 125.0, 36.6};

static const struct gpkg_field SOURCE_FIELDS[] = {
    {"package", OFTString}, {"version", OFTString},     {"layers", OFTString},
    {"licence", OFTString}, {"attribution", OFTString}, {"used", OFTInteger},
    {"lacks", OFTString}};
static const struct gpkg_layer_def SOURCES = {"sources", GPKG_TABLE, SOURCE_FIELDS, 7};

struct builder {
    const struct basemap_options *options;
    struct basemap_result *result;
    struct sources sources;
    struct geos geos;
    struct gpkg pkg;
    struct coast coast;
    struct water water;
    GEOSGeometry *province[DCW_N_PROVINCES];
    GEOSGeometry *neighbours;
    GEOSGeometry *box;
    struct im_error *err;
};

static void say(const struct builder *b, const char *fmt, ...) IM_PRINTF(2, 3);

static void say(const struct builder *b, const char *fmt, ...)
{
    va_list args;

    if (!b->options->report)
        return;
    va_start(args, fmt);
    vfprintf(b->options->report, fmt, args);
    va_end(args);
    fputc('\n', b->options->report);
    fflush(b->options->report);
}

static bool is_fatal(enum im_code rc)
{
    return rc == IM_ENOMEM || rc == IM_EENV || rc == IM_EIO;
}

/* A source that is missing or broken leaves its layers out; all else is fatal. */
static enum im_code settle(struct builder *b, enum source_id id, enum im_code rc)
{
    struct source *s = &b->sources.item[id];
    bool zh = b->options->zh;

    s->used = rc == IM_OK;
    if (rc == IM_OK || is_fatal(rc))
        return rc;
    gpkg_drop_layers(&b->pkg, s->layers);
    b->result->missing++;
    say(b,
        zh ? "警告：缺少图层 %s（%s）：%s。请运行 %s 后重试"
           : "warning: the map lacks %s (%s): %s; get it with: %s",
        s->layers, s->package, b->err->msg, s->get);
    return IM_OK;
}

/* ---- the steps ---- */

static enum im_code read_coast(struct builder *b)
{
    enum im_code rc = coast_read(&b->geos, b->sources.item[SOURCE_COAST].path, SEA_BOX,
                                 &b->coast, b->err);

    return settle(b, SOURCE_COAST, rc);
}

static enum im_code write_water(struct builder *b)
{
    enum im_code rc =
        water_write_areas(&b->geos, b->sources.item[SOURCE_SHORES].path, WORKING_BOX,
                          b->coast.sea, &b->pkg, &b->water, b->err);

    rc = settle(b, SOURCE_SHORES, rc);
    if (rc)
        return rc;
    if (b->sources.item[SOURCE_SHORES].used)
        say(b,
            b->options->zh ? "湖泊 %zu 个，宽河面（长江、钱塘江）"
                           : "%zu lakes; the Yangtze and the Qiantang as areas",
            b->water.n_lakes);
    rc = water_write_rivers(&b->geos, b->sources.item[SOURCE_RIVERS].path, WORKING_BOX,
                            &b->pkg, &b->water, b->err);
    rc = settle(b, SOURCE_RIVERS, rc);
    if (!rc && b->sources.item[SOURCE_RIVERS].used)
        say(b, b->options->zh ? "河流 %zu 条" : "%zu rivers", b->water.n_rivers);
    return rc;
}

static enum im_code write_coast(struct builder *b)
{
    size_t n = 0;
    enum im_code rc = IM_OK;

    if (!b->coast.sea)
        return IM_OK;
    rc = ground_write_coast(&b->geos, &b->coast, b->water.broad_rivers, WORKING_BOX,
                            &b->pkg, &n, b->err);
    rc = settle(b, SOURCE_COAST, rc);
    if (!rc && b->sources.item[SOURCE_COAST].used)
        say(b,
            b->options->zh ? "海域，海岸线和河岸 %zu 条"
                           : "the sea; %zu shores and banks",
            n);
    return rc;
}

static enum im_code write_land(struct builder *b)
{
    enum im_code rc = dcw_read(&b->geos, b->sources.item[SOURCE_DCW].path, b->box,
                               b->province, b->err);

    if (!rc && b->coast.sea)
        rc = ground_add_new_land(&b->geos, b->coast.sea, b->box, b->province, b->err);
    if (!rc)
        rc = ground_write_land(&b->geos, b->province, &b->pkg, b->err);
    return settle(b, SOURCE_DCW, rc);
}

static enum im_code read_outline_file(struct builder *b,
                                      const char *folder,
                                      const char *name,
                                      struct unit_set *units)
{
    char *path = NULL;
    struct im_buf json = {0};
    enum im_code rc;

    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return im_fail(b->err, IM_ENOMEM, "out of memory");
    rc = sources_read_file(path, OUTLINES_MAX_BYTES, &json, b->err);
    if (!rc) {
        rc = units_read_json(units, im_buf_bytes(&json), b->err);
        if (rc)
            rc = im_context(b->err, "%s", path);
    }
    im_buf_release(&json);
    free(path);
    return rc;
}

static enum im_code read_cities(struct builder *b, struct unit_set *units)
{
    static const char *const files[] = {"shanghai.json", "jiangsu.json",
                                        "zhejiang.json", "anhui.json"};
    const char *folder = b->sources.item[SOURCE_OUTLINES].path;
    enum im_code rc = IM_OK;

    for (size_t i = 0; !rc && i < sizeof files / sizeof *files; i++)
        rc = read_outline_file(b, folder, files[i], units);
    return rc;
}

static int is_delta_file(const struct dirent *entry)
{
    static const char *const starts[] = {"shanghai.", "jiang1_su1_", "zhe4_jiang1_",
                                         "an1_hui1_"};
    size_t len = strlen(entry->d_name);

    if (len < 8 || strcmp(entry->d_name + len - 8, ".geojson") != 0)
        return 0;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(entry->d_name, starts[i], strlen(starts[i])) == 0)
            return 1;
    return 0;
}

static void modernise(struct unit_set *units)
{
    for (size_t u = 0; u < units->n_units; u++) {
        struct unit *unit = &units->unit[u];
        const struct admin_change *change = admin_change_of(unit->adcode);

        if (!change)
            continue;
        unit->adcode = change->present;
        unit->has_seat = unit->has_seat && change->keeps_seat;
        snprintf(unit->name_zh, sizeof unit->name_zh, "%s", change->name_zh);
    }
}

static enum im_code read_districts(struct builder *b, struct unit_set *units)
{
    const char *folder = b->sources.item[SOURCE_DISTRICTS].path;
    struct dirent **file = NULL;
    int n = scandir(folder, &file, is_delta_file, alphasort);
    enum im_code rc = IM_OK;

    if (n <= 0)
        rc = im_fail(b->err, IM_ENOTFOUND, "there are no outlines in '%s'", folder);
    for (int i = 0; i < n; i++) {
        if (!rc)
            rc = read_outline_file(b, folder, file[i]->d_name, units);
        free(file[i]);
    }
    free(file);
    modernise(units);
    return rc;
}

static enum im_code write_admin_from(struct builder *b, enum source_id id)
{
    struct unit_set units = {0};
    struct admin_report report = {0};
    struct admin_context context = {.source = b->sources.item[id].attribution,
                                    .neighbours = b->neighbours,
                                    .sea = b->coast.sea};
    enum im_code rc =
        id == SOURCE_DISTRICTS ? read_districts(b, &units) : read_cities(b, &units);

    if (!rc)
        rc = admin_write(&b->geos, &units, &context, &b->pkg, &report, b->err);
    unit_set_release(&units);
    rc = settle(b, id, rc);
    if (!rc && b->sources.item[id].used)
        say(b,
            b->options->zh
                ? "政区 %zu 个，界线 %zu 条（未经审核；重叠 %.0f km²、缝隙 %.0f km² "
                  "已归并）"
                : "%zu administrative areas, %zu borders (not reviewed; %.0f km2 of "
                  "overlap and %.0f km2 of gaps settled)",
            report.n_areas, report.n_lines, report.overlap_km2, report.gap_km2);
    return rc;
}

/* Districts carry their cities and provinces; without them the cities do. */
static enum im_code write_admin(struct builder *b)
{
    enum im_code rc = IM_OK;

    if (b->options->districts)
        rc = write_admin_from(b, SOURCE_DISTRICTS);
    if (!rc && !b->sources.item[SOURCE_DISTRICTS].used)
        rc = write_admin_from(b, SOURCE_OUTLINES);
    return rc;
}

/* `lacks` is "Chinese / English". */
static void say_lacks(const struct builder *b, const struct source *s)
{
    const char *en = strstr(s->lacks, " / ");

    if (en && b->options->zh)
        say(b, "  %s：%.*s", s->layers, (int)(en - s->lacks), s->lacks);
    else if (en)
        say(b, "  %s: %s", s->layers, en + 3);
}

static enum im_code write_sources(struct builder *b)
{
    OGRLayerH layer = gpkg_layer(&b->pkg, &SOURCES, b->err);
    enum im_code rc = layer ? IM_OK : b->err->code;

    for (int i = 0; !rc && i < N_SOURCES; i++) {
        const struct source *s = &b->sources.item[i];
        struct gpkg_value values[] = {{.text = s->package},     {.text = s->version},
                                      {.text = s->layers},      {.text = s->licence},
                                      {.text = s->attribution}, {.number = s->used},
                                      {.text = s->lacks}};

        if (s->wanted)
            rc = gpkg_add(&b->geos, layer, NULL, values, 7, b->err);
        if (s->used)
            say_lacks(b, s);
    }
    return rc;
}

static enum im_code run_steps(struct builder *b)
{
    enum im_code rc = read_coast(b);

    if (!rc)
        rc = write_land(b);
    if (!rc && b->sources.item[SOURCE_DCW].used) {
        b->neighbours = ground_neighbours(&b->geos, b->province);
        if (!b->neighbours)
            rc = geos_fail(&b->geos, "land", b->err);
    }
    if (!rc)
        rc = write_water(b);
    if (!rc)
        rc = write_coast(b);
    if (!rc)
        rc = write_admin(b);
    if (!rc)
        rc = write_sources(b);
    return rc;
}

static void release(struct builder *b)
{
    struct geos *g = &b->geos;

    if (g->h) {
        GEOSGeom_destroy_r(g->h, b->coast.sea);
        GEOSGeom_destroy_r(g->h, b->coast.line);
        GEOSGeom_destroy_r(g->h, b->water.broad_rivers);
        GEOSGeom_destroy_r(g->h, b->neighbours);
        GEOSGeom_destroy_r(g->h, b->box);
        for (int i = 0; i < DCW_N_PROVINCES; i++)
            GEOSGeom_destroy_r(g->h, b->province[i]);
    }
    gpkg_abandon(&b->pkg);
    geos_release(g);
    sources_release(&b->sources);
}

enum im_code basemap_build(const struct basemap_options *options,
                           struct basemap_result *result,
                           struct im_error *err)
{
    struct builder b = {.options = options, .result = result, .err = err};
    struct im_buf fingerprint = {.max = 4096};
    enum im_code rc;

    *result = (struct basemap_result){0};
    GDALAllRegister();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    rc = sources_find(&b.sources, options, err);
    if (rc)
        goto done;
    sources_fingerprint(&b.sources, &fingerprint);
    rc = im_buf_check(&fingerprint, "the fingerprint", err);
    if (rc)
        goto done;
    if (!options->force &&
        gpkg_is_current(options->out, (const char *)fingerprint.data)) {
        result->was_current = true;
        goto done;
    }
    rc = geos_init(&b.geos, err);
    if (rc)
        goto done;
    b.box = geos_box(&b.geos, WORKING_BOX);
    rc = b.box ? IM_OK : geos_fail(&b.geos, "the working box", err);
    if (!rc)
        rc = gpkg_create(&b.pkg, options->out, err);
    if (!rc)
        rc = run_steps(&b);
    if (!rc)
        rc = gpkg_set_fingerprint(&b.pkg, (const char *)fingerprint.data, err);
    if (!rc)
        rc = gpkg_finish(&b.pkg, err);
    result->repaired = b.geos.repaired;
done:
    release(&b);
    im_buf_release(&fingerprint);
    CPLPopErrorHandler();
    return rc;
}
