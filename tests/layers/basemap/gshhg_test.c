/* SPDX-License-Identifier: Apache-2.0 */
/* Proves layers/basemap/gshhg.c on a world of four bins of 90 degrees, written here. */
#include <test.h>

#include "gshhg.h"

#include <gdal.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BINS = 8, SEGMENTS = 3, POINTS = 12 };

/* One lake across the edge of two bins and one island in it:
 *
 *   bins 0 and 1 span 0..90 and 90..180 E,
 *   0..90 N. The lake is a square from 45 E to 135 E, cut at 90 E. */
struct world {
    int32_t minutes;
    int32_t across;
    int32_t bin_first[BINS];
    int32_t bin_count[BINS];
    int32_t info[SEGMENTS];
    int32_t owner[SEGMENTS];
    int32_t first[SEGMENTS];
    int32_t lon[POINTS];
    int32_t lat[POINTS];
    int32_t parent[2];
};

static int32_t segment_info(int32_t n_points, int32_t level)
{
    return n_points << 9 | level << 6;
}

static struct world good_world(void)
{
    return (struct world){.minutes = 5400,
                          .across = 4,
                          .bin_first = {0, 1, 3, 3, 3, 3, 3, 3},
                          .bin_count = {1, 2, 0, 0, 0, 0, 0, 0},
                          .info = {segment_info(4, GSHHG_LAKE),
                                   segment_info(4, GSHHG_LAKE),
                                   segment_info(4, GSHHG_ISLAND)},
                          .owner = {0, 0, 1},
                          .first = {0, 4, 8},
                          .lon = {65535, 32768, 32768, 65535, 0, 32768, 32768, 0, 6554,
                                  13107, 13107, 6554},
                          .lat = {13107, 13107, 52428, 52428, 52428, 52428, 13107,
                                  13107, 26214, 26214, 32768, 26214},
                          .parent = {-1, 0}};
}

static void put(GDALGroupH root, const char *name, const int32_t *values, size_t n)
{
    char dimension_name[64];
    GUInt64 start = 0;
    GDALExtendedDataTypeH type = GDALExtendedDataTypeCreate(GDT_Int32);

    snprintf(dimension_name, sizeof dimension_name, "n_%s", name);
    GDALDimensionH dimension =
        GDALGroupCreateDimension(root, dimension_name, NULL, NULL, n, NULL);
    assert_non_null(dimension);
    GDALMDArrayH array = GDALGroupCreateMDArray(root, name, 1, &dimension, type, NULL);
    assert_non_null(array);
    assert_true(GDALMDArrayWrite(array, &start, &n, NULL, NULL, type, values, values,
                                 n * sizeof *values));
    GDALMDArrayRelease(array);
    GDALDimensionRelease(dimension);
    GDALExtendedDataTypeRelease(type);
}

static void write_world(const struct world *w, const char *path)
{
    static const int32_t areas[2] = {100, 1};
    GDALDatasetH ds =
        GDALCreateMultiDimensional(GDALGetDriverByName("netCDF"), path, NULL, NULL);
    assert_non_null(ds);
    GDALGroupH root = GDALDatasetGetRootGroup(ds);

    put(root, "Bin_size_in_minutes", &w->minutes, 1);
    put(root, "N_bins_in_360_longitude_range", &w->across, 1);
    put(root, "Id_of_first_segment_in_a_bin", w->bin_first, BINS);
    put(root, "N_segments_in_a_bin", w->bin_count, BINS);
    put(root, "Embedded_npts_levels_exit_entry_for_a_segment", w->info, SEGMENTS);
    put(root, "Id_of_GSHHS_ID", w->owner, SEGMENTS);
    put(root, "Id_of_first_point_in_a_segment", w->first, SEGMENTS);
    put(root, "Relative_longitude_from_SW_corner_of_bin", w->lon, POINTS);
    put(root, "Relative_latitude_from_SW_corner_of_bin", w->lat, POINTS);
    put(root, "Id_of_parent_polygons", w->parent, 2);
    put(root, "The_km_squared_area_of_polygons", areas, 2);
    GDALGroupRelease(root);
    GDALClose(ds);
}

static enum im_code read_world(const struct world *w,
                               struct geos *g,
                               struct gshhg_shores *out,
                               struct im_error *err)
{
    char folder[] = "/tmp/innomap-gshhg-XXXXXX";
    char path[64];

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/shores.nc", folder);
    write_world(w, path);
    *out = (struct gshhg_shores){0};
    *err = (struct im_error){0};
    enum im_code rc =
        gshhg_read_shores(g, path, (struct bbox){50, 10, 130, 80}, out, err);
    unlink(path);
    rmdir(folder);
    return rc;
}

TEST(a_lake_across_two_bins_is_joined_and_keeps_its_island)
{
    struct world w = good_world();
    struct gshhg_shores shores;
    struct geos g;
    struct im_error err;
    double area = 0;

    assert_int_equal(geos_init(&g, &err), IM_OK);
    assert_int_equal(read_world(&w, &g, &shores, &err), IM_OK);
    assert_int_equal(shores.n_areas, 2);
    assert_int_equal(shores.area[0].level, GSHHG_LAKE);
    assert_int_equal(shores.area[1].level, GSHHG_ISLAND);
    assert_int_equal(shores.area[1].inside, shores.area[0].id);
    assert_false(shores.area[0].is_river);
    assert_int_equal(GEOSArea_r(g.h, shores.area[0].geom, &area), 1);
    assert_true(area > 89.9 * 53.9 && area < 90.1 * 54.1);
    gshhg_shores_release(&g, &shores);
    geos_release(&g);
}

/* Every index of the file points at something else of it. */
TEST(indices_that_leave_the_file_are_refused)
{
    struct geos g;
    struct im_error err;

    assert_int_equal(geos_init(&g, &err), IM_OK);
    for (int fault = 0; fault < 8; fault++) {
        struct world w = good_world();
        struct gshhg_shores shores;

        switch (fault) {
        case 0:
            w.bin_first[1] = SEGMENTS;
            break;
        case 1:
            w.bin_first[0] = -1;
            break;
        case 2:
            w.bin_count[0] = 1000;
            break;
        case 3:
            w.first[1] = POINTS - 3;
            break;
        case 4:
            w.first[0] = INT32_MAX;
            break;
        case 5:
            w.owner[2] = 2;
            break;
        case 6:
            w.minutes = 0;
            break;
        default:
            w.info[0] = -1; /* 8,388,607 points */
            break;
        }
        assert_int_equal(read_world(&w, &g, &shores, &err), IM_EDATA);
        assert_true(err.msg[0] != '\0');
        gshhg_shores_release(&g, &shores);
    }
    geos_release(&g);
}

TEST(a_lake_that_leaves_the_bins_is_left_out)
{
    struct world w = good_world();
    struct gshhg_shores shores;
    struct geos g;
    struct im_error err;

    w.bin_count[1] = 0; /* its eastern half and the island are gone */
    assert_int_equal(geos_init(&g, &err), IM_OK);
    assert_int_equal(read_world(&w, &g, &shores, &err), IM_OK);
    assert_int_equal(shores.n_areas, 0);
    gshhg_shores_release(&g, &shores);
    geos_release(&g);
}

TEST(a_file_that_is_no_netcdf_is_refused)
{
    struct gshhg_shores shores = {0};
    struct geos g;
    struct im_error err;

    assert_int_equal(geos_init(&g, &err), IM_OK);
    assert_int_equal(gshhg_read_shores(&g, TEST_SOURCE_DIR "/LICENSE",
                                       (struct bbox){0, 0, 1, 1}, &shores, &err),
                     IM_EDATA);
    assert_int_equal(
        gshhg_read_shores(&g, "/nonexistent", (struct bbox){0, 0, 1, 1}, &shores, &err),
        IM_ENOTFOUND);
    gshhg_shores_release(&g, &shores);
    geos_release(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lake_across_two_bins_is_joined_and_keeps_its_island),
        cmocka_unit_test(indices_that_leave_the_file_are_refused),
        cmocka_unit_test(a_lake_that_leaves_the_bins_is_left_out),
        cmocka_unit_test(a_file_that_is_no_netcdf_is_refused),
    };
    GDALAllRegister();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
