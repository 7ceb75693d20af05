/* SPDX-License-Identifier: Apache-2.0 */
/* Proves layers/basemap/build.c and cmd_basemap.c on the installed packages: the base
 * map that a set-up makes has the areas, boxes and shared borders it should have.
 *
 * The packages must be there (npm ci; Debian gmt-gshhg-full, gmt-dcw): their absence is
 * a failure, because a map that was never built proves nothing. */
#include <test.h>

#include "build.h"

#include <layers/cmd_basemap.h>

#include <engine/bytes.h>

#include <gdal.h>
#include <ogr_api.h>

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char GSHHG[] = "/usr/share/gmt-gshhg";
static const char DCW[] = "/usr/share/gmt-dcw";

struct work {
    char folder[64];
    char map[96];
    GDALDatasetH dataset;
};

static const char *modules(void)
{
    const char *folder = getenv("INNOMAP_NODE_MODULES");

    return folder ? folder : INNOMAP_NODE_MODULES;
}

static struct basemap_options options(const char *out)
{
    return (struct basemap_options){
        .modules = modules(), .gshhg = GSHHG, .dcw = DCW, .out = out};
}

static int set_up(void **state)
{
    static struct work work; /* cmocka hands only a pointer on */
    struct basemap_result result;
    struct im_error err = {0};

    snprintf(work.folder, sizeof work.folder, "/tmp/innomap-basemap-XXXXXX");
    if (!mkdtemp(work.folder))
        return -1;
    *state = &work;
    snprintf(work.map, sizeof work.map, "%s/basemap.gpkg", work.folder);
    struct basemap_options o = options(work.map);
    o.report = stderr;
    if (basemap_build(&o, &result, &err)) {
        fprintf(stderr, "%s\n", err.msg);
        return -1;
    }
    if (result.missing) {
        fprintf(stderr,
                "%u sources are missing: run npm ci, or set "
                "INNOMAP_NODE_MODULES, and apt-get install gmt-gshhg-full gmt-dcw\n",
                result.missing);
        return -1;
    }
    if (result.repaired)
        fprintf(stderr, "%u polygons were repaired\n", result.repaired);
    GDALAllRegister();
    work.dataset =
        GDALOpenEx(work.map, GDAL_OF_VECTOR | GDAL_OF_READONLY, NULL, NULL, NULL);
    return work.dataset ? 0 : -1;
}

static int tear_down(void **state)
{
    struct work *work = *state;

    if (!work) /* the set-up failed at once */
        return -1;
    if (work->dataset)
        GDALClose(work->dataset);
    unlink(work->map);
    return rmdir(work->folder); /* fails when anything else was left there */
}

static OGRLayerH layer_of(void **state, const char *name)
{
    OGRLayerH layer = GDALDatasetGetLayerByName(((struct work *)*state)->dataset, name);

    assert_non_null(layer);
    OGR_L_SetAttributeFilter(layer, NULL);
    OGR_L_ResetReading(layer);
    return layer;
}

static const char *text(OGRFeatureH f, const char *field)
{
    return OGR_F_GetFieldAsString(f, OGR_F_GetFieldIndex(f, field));
}

static double number(OGRFeatureH f, const char *field)
{
    return OGR_F_GetFieldAsDouble(f, OGR_F_GetFieldIndex(f, field));
}

static OGRFeatureH find(OGRLayerH layer, const char *field, const char *value)
{
    char filter[160];

    snprintf(filter, sizeof filter, "%s = '%s'", field, value);
    OGR_L_SetAttributeFilter(layer, filter);
    OGR_L_ResetReading(layer);
    OGRFeatureH f = OGR_L_GetNextFeature(layer);
    if (!f)
        fail_msg("no %s in %s", filter, OGR_L_GetName(layer));
    return f;
}

/* layer,field,key,area_km2,west,south,east,north */
static void check_row(void **state, char *line)
{
    char *cell[8] = {0};
    char *rest = line;
    double want[5];

    for (int i = 0; i < 8; i++) {
        cell[i] = strsep(&rest, ",\n");
        assert_non_null(cell[i]);
    }
    for (int i = 0; i < 5; i++)
        assert_true(im_parse_double(im_bytes_of(cell[3 + i]), &want[i]));
    OGRFeatureH f = find(layer_of(state, cell[0]), cell[1], cell[2]);
    OGREnvelope box;
    OGR_G_GetEnvelope(OGR_F_GetGeometryRef(f), &box);
    double got[5] = {number(f, "area_km2"), box.MinX, box.MinY, box.MaxX, box.MaxY};
    if (fabs(got[0] / want[0] - 1) > 0.005)
        fail_msg("%s: %.1f km2, want %.1f", cell[2], got[0], want[0]);
    for (int i = 1; i < 5; i++)
        if (fabs(got[i] - want[i]) > 0.011)
            fail_msg("%s: box side %d at %.3f, want %.2f", cell[2], i, got[i], want[i]);
    OGR_F_Destroy(f);
}

static void areas_and_boxes_are_those_on_record(void **state)
{
    FILE *f = fopen(TEST_SOURCE_DIR "/tests/data/basemap_expected.csv", "r");
    char line[256];
    int rows = 0;

    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f)); /* header */
    while (fgets(line, sizeof line, f)) {
        check_row(state, line);
        rows++;
    }
    fclose(f);
    assert_true(rows > 80);
}

static void every_polygon_is_valid(void **state)
{
    static const char *const names[] = {"land", "admin_areas", "sea", "lakes",
                                        "river_areas"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        OGRLayerH layer = layer_of(state, names[i]);
        OGRFeatureH f;

        while ((f = OGR_L_GetNextFeature(layer))) {
            if (!OGR_G_IsValid(OGR_F_GetGeometryRef(f)))
                fail_msg("%s %lld is not valid", names[i], (long long)OGR_F_GetFID(f));
            OGR_F_Destroy(f);
        }
    }
}

static double sum_of_areas(void **state, const char *filter)
{
    OGRLayerH layer = layer_of(state, "admin_areas");
    OGRFeatureH f;
    double sum = 0;

    OGR_L_SetAttributeFilter(layer, filter);
    while ((f = OGR_L_GetNextFeature(layer))) {
        sum += number(f, "area_km2");
        OGR_F_Destroy(f);
    }
    return sum;
}

/* Without overlap or gap the parts add up; each figure is rounded to 0.1. */
static void the_parts_of_a_province_add_up_to_it(void **state)
{
    static const char *const codes[] = {"310000", "320000", "330000", "340000"};

    for (int i = 0; i < 4; i++) {
        char parts[64];
        char whole[64];

        snprintf(parts, sizeof parts, "parent = '%s'", codes[i]);
        snprintf(whole, sizeof whole, "adcode = '%s'", codes[i]);
        double difference = sum_of_areas(state, parts) - sum_of_areas(state, whole);
        if (fabs(difference) > 1.5)
            fail_msg("%s: the parts are %.1f km2 larger", codes[i], difference);
    }
}

static void every_level_is_there_and_nothing_is_reviewed(void **state)
{
    OGRLayerH layer = layer_of(state, "admin_areas");
    OGRFeatureH f;
    int levels[3] = {0};

    while ((f = OGR_L_GetNextFeature(layer))) {
        const char *level = text(f, "level");

        levels[0] += strcmp(level, "province") == 0;
        levels[1] += strcmp(level, "city") == 0;
        levels[2] += strcmp(level, "district") == 0;
        assert_true(number(f, "reviewed") == 0);
        assert_true(text(f, "name_zh")[0] && text(f, "name_en")[0]);
        OGR_F_Destroy(f);
    }
    assert_int_equal(levels[0], 4);
    assert_int_equal(levels[1], 40);
    assert_int_equal(levels[2], 16);
}

/* A border between two cities lies on the outline of both, to a centimetre: the sea
 * cuts it between two vertices, and that point is rounded. */
static void a_border_is_the_same_line_for_both_neighbours(void **state)
{
    OGRLayerH lines = layer_of(state, "admin_lines");
    OGRLayerH areas = layer_of(state, "admin_areas");
    OGRFeatureH line;
    int checked = 0;

    OGR_L_SetAttributeFilter(lines, "level = 'city'");
    while ((line = OGR_L_GetNextFeature(lines))) {
        static const char *const sides[] = {"side_a", "side_b"};

        for (int i = 0; i < 2; i++) {
            OGRFeatureH area = find(areas, "adcode", text(line, sides[i]));
            OGRGeometryH outline = OGR_G_Boundary(OGR_F_GetGeometryRef(area));
            OGRGeometryH near = OGR_G_Buffer(outline, 1e-7, 2);
            OGRGeometryH off = OGR_G_Difference(OGR_F_GetGeometryRef(line), near);

            if (!off || !OGR_G_IsEmpty(off))
                fail_msg("%s is not on the outline of %s", text(line, "id"),
                         text(area, "name_zh"));
            OGR_G_DestroyGeometry(off);
            OGR_G_DestroyGeometry(near);
            OGR_G_DestroyGeometry(outline);
            OGR_F_Destroy(area);
        }
        OGR_F_Destroy(line);
        checked++;
    }
    assert_true(checked > 60);
}

/* Jiangsu's coast is no border: the line with Shandong ends at the sea. */
static void coasts_are_not_borders(void **state)
{
    OGRFeatureH sea = find(layer_of(state, "sea"), "id", "sea");
    OGRGeometryH water = OGR_F_GetGeometryRef(sea);
    OGRLayerH lines = layer_of(state, "admin_lines");
    OGRFeatureH line;

    while ((line = OGR_L_GetNextFeature(lines))) {
        OGRGeometryH wet = OGR_G_Intersection(OGR_F_GetGeometryRef(line), water);

        if (!wet || (!OGR_G_IsEmpty(wet) && OGR_G_Length(wet) > 1e-6))
            fail_msg("%s runs through the sea", text(line, "id"));
        OGR_G_DestroyGeometry(wet);
        OGR_F_Destroy(line);
    }
    OGRFeatureH outer = find(lines, "id", "320000-outer");
    OGREnvelope box;
    OGR_G_GetEnvelope(OGR_F_GetGeometryRef(outer), &box);
    assert_true(box.MaxX < 119.4 && box.MinY > 34.2);
    OGR_F_Destroy(outer);
    OGR_F_Destroy(sea);
}

/* The seats of the source are GCJ-02; Nanjing's is the city hall on Beijing East Road.
 */
static void seats_are_in_wgs84(void **state)
{
    OGRFeatureH f = find(layer_of(state, "seats"), "adcode", "320100");
    OGRGeometryH point = OGR_F_GetGeometryRef(f);

    assert_true(fabs(OGR_G_GetX(point, 0) - (118.767413 - 0.0052)) < 0.0004);
    assert_true(fabs(OGR_G_GetY(point, 0) - (32.041544 + 0.0020)) < 0.0006);
    OGR_F_Destroy(f);
}

static void the_great_rivers_and_lakes_have_their_names(void **state)
{
    static const char *const lakes[] = {"太湖",   "洪泽湖", "巢湖",   "高邮湖",
                                        "阳澄湖", "淀山湖", "千岛湖", "邵伯湖"};
    static const char *const rivers[] = {"淮河",   "富春江", "京杭大运河",
                                         "黄浦江", "瓯江",   "曹娥江"};

    for (size_t i = 0; i < sizeof lakes / sizeof *lakes; i++)
        OGR_F_Destroy(find(layer_of(state, "lakes"), "name_zh", lakes[i]));
    for (size_t i = 0; i < sizeof rivers / sizeof *rivers; i++)
        OGR_F_Destroy(find(layer_of(state, "rivers"), "name_zh", rivers[i]));
    OGR_F_Destroy(find(layer_of(state, "river_areas"), "name_zh", "长江"));
    OGR_F_Destroy(find(layer_of(state, "river_areas"), "name_zh", "钱塘江"));
}

static void a_second_build_finds_it_up_to_date(void **state)
{
    struct work *work = *state;
    struct basemap_options o = options(work->map);
    struct basemap_result result;
    struct im_error err;

    assert_int_equal(basemap_build(&o, &result, &err), IM_OK);
    assert_true(result.was_current);
}

/* Files in `folder`, without . and .. */
static int count_files(const char *folder)
{
    DIR *dir = opendir(folder);
    int n = -2;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

static void missing_packages_leave_their_layers_out(void **state)
{
    struct work *work = *state;
    char out[96];
    char report[4096] = "";
    struct basemap_result result;
    struct im_error err;

    snprintf(out, sizeof out, "%s/poor.gpkg", work->folder);
    struct basemap_options o = options(out);
    o.modules = "/nonexistent";
    o.gshhg = "/nonexistent";
    o.dcw = "/nonexistent";
    o.report = fmemopen(report, sizeof report, "w");
    assert_non_null(o.report);
    assert_int_equal(basemap_build(&o, &result, &err), IM_OK);
    fclose(o.report);
    assert_int_equal(result.missing, 5);
    assert_non_null(strstr(report, "apt-get install gmt-dcw"));
    assert_non_null(strstr(report, "npm echarts@4.9.0"));
    GDALDatasetH ds = GDALOpenEx(out, GDAL_OF_VECTOR, NULL, NULL, NULL);
    assert_non_null(ds);
    assert_int_equal(GDALDatasetGetLayerCount(ds), 1); /* sources */
    GDALClose(ds);
    unlink(out);
    assert_int_equal(count_files(work->folder), 1);
}

/* An outline file that is cut: no administrative layer, everything else as before. */
static void a_broken_source_leaves_no_half_of_its_layers(void **state)
{
    struct work *work = *state;
    char folder[4][96];
    char file[128];
    char out[96];
    struct basemap_result result;
    struct im_error err;

    snprintf(folder[0], sizeof folder[0], "%s/echarts", work->folder);
    snprintf(folder[1], sizeof folder[1], "%s/echarts/map", work->folder);
    snprintf(folder[2], sizeof folder[2], "%s/echarts/map/json", work->folder);
    snprintf(folder[3], sizeof folder[3], "%s/echarts/map/json/province", work->folder);
    for (int i = 0; i < 4; i++)
        assert_int_equal(mkdir(folder[i], 0700), 0);
    snprintf(file, sizeof file, "%s/shanghai.json", folder[3]);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs("{\"UTF8Encoding\": true, \"features\": [{\"id\": \"310101\"", f);
    fclose(f);
    snprintf(out, sizeof out, "%s/poor.gpkg", work->folder);
    struct basemap_options o = options(out);
    o.modules = work->folder;
    o.gshhg = "/nonexistent";
    o.dcw = "/nonexistent";
    assert_int_equal(basemap_build(&o, &result, &err), IM_OK);
    assert_int_equal(result.missing, 5);
    unlink(out);
    unlink(file);
    for (int i = 3; i >= 0; i--)
        assert_int_equal(rmdir(folder[i]), 0);
}

static void missing_districts_leave_the_cities(void **state)
{
    struct work *work = *state;
    char out[96];
    struct basemap_result result;
    struct im_error err;

    snprintf(out, sizeof out, "%s/cities.gpkg", work->folder);
    struct basemap_options o = options(out);
    o.districts = "/nonexistent";
    o.gshhg = "/nonexistent";
    o.dcw = "/nonexistent";
    assert_int_equal(basemap_build(&o, &result, &err), IM_OK);
    assert_int_equal(result.missing, 4);
    GDALDatasetH ds = GDALOpenEx(out, GDAL_OF_VECTOR, NULL, NULL, NULL);
    assert_non_null(ds);
    OGRLayerH areas = GDALDatasetGetLayerByName(ds, "admin_areas");
    assert_non_null(areas);
    assert_int_equal(OGR_L_GetFeatureCount(areas, TRUE), 60);
    GDALClose(ds);
    unlink(out);
}

static int command(int argc, char **argv)
{
    return cmd_basemap(argc, argv);
}

static void an_output_that_cannot_be_written_is_exit_3(void **state)
{
    char *argv[] = {"basemap",
                    "--modules",
                    "/nonexistent",
                    "--out",
                    "/nonexistent/basemap.gpkg",
                    "--lang",
                    "en",
                    NULL};

    (void)state;
    assert_int_equal(command(7, argv), 3);
}

static void wrong_usage_is_exit_2(void **state)
{
    char *nothing[] = {"basemap", NULL};
    char *unknown[] = {"basemap", "--module", "x", "--outt", "y", NULL};
    char *extra[] = {"basemap", "--modules", "x", "y", NULL};

    (void)state;
    assert_int_equal(command(1, nothing), 2);
    assert_int_equal(command(5, unknown), 2);
    assert_int_equal(command(4, extra), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_and_boxes_are_those_on_record),
        cmocka_unit_test(every_polygon_is_valid),
        cmocka_unit_test(the_parts_of_a_province_add_up_to_it),
        cmocka_unit_test(every_level_is_there_and_nothing_is_reviewed),
        cmocka_unit_test(a_border_is_the_same_line_for_both_neighbours),
        cmocka_unit_test(coasts_are_not_borders),
        cmocka_unit_test(seats_are_in_wgs84),
        cmocka_unit_test(the_great_rivers_and_lakes_have_their_names),
        cmocka_unit_test(a_second_build_finds_it_up_to_date),
        cmocka_unit_test(missing_packages_leave_their_layers_out),
        cmocka_unit_test(a_broken_source_leaves_no_half_of_its_layers),
        cmocka_unit_test(missing_districts_leave_the_cities),
        cmocka_unit_test(an_output_that_cannot_be_written_is_exit_3),
        cmocka_unit_test(wrong_usage_is_exit_2),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
