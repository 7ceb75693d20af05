/* SPDX-License-Identifier: Apache-2.0 */
/* Proves that what vector tiles hold is valid (MVT 2.1, 4.3.3; OGC 06-103r4, 6.1.11):
 * areas from outside and the shipped map, judged by GEOS, once
 * from our own decoder and once from GDAL's. With a folder as argument:
 * all vector tiles in it, as `innomap export FOLDER/ --format mvt` writes them. */
#include <test.h>

#include "decoder.h"

#include <support/memory_source.h>
#include <support/random.h>
#include <tiles/tile.h>

#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>
#include <gdal.h>
#include <geos_c.h>
#include <math.h>
#include <ogr_api.h>

/* clang-format off */
static const char LAND[] =
    "{\"id\": \"land\", \"title\": {\"zh\": \"地\", \"en\": \"land\"},"
    "\"geometry\": \"area\", \"key\": \"key\", \"group\": \"places\", \"order\": 1,"
    "\"in_map\": true, \"visibility\": \"public\", \"fields\": [{\"name\": \"key\","
    "\"title\": {\"zh\": \"k\", \"en\": \"k\"}, \"type\": \"text\", \"tile_zoom\": 0}],"
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}";
/* clang-format on */

struct judge {
    GEOSContextHandle_t h;
    unsigned n_tiles;
    unsigned n_areas;
    unsigned n_lines;
    unsigned n_bad;
    unsigned n_gdal; /* areas that GDAL read */
    unsigned n_gdal_bad;
};

static GEOSGeometry *
ring_of(GEOSContextHandle_t h, const struct decoded_tile *t, uint32_t part)
{
    const int32_t *xy = t->xy + 2 * (size_t)t->part_first[part];
    uint32_t n = t->part_n[part];
    GEOSCoordSequence *seq = GEOSCoordSeq_create_r(h, n + 1, 2);

    for (uint32_t i = 0; i <= n; i++)
        GEOSCoordSeq_setXY_r(h, seq, i, xy[2 * (size_t)(i % n)],
                             xy[2 * (size_t)(i % n) + 1]);
    return GEOSGeom_createLinearRing_r(h, seq);
}

/* The parts first .. end-1: an outer ring and its holes. */
static GEOSGeometry *area_of(GEOSContextHandle_t h,
                             const struct decoded_tile *t,
                             uint32_t first,
                             uint32_t end)
{
    GEOSGeometry **holes = malloc((end - first) * sizeof(*holes));
    GEOSGeometry *area;

    for (uint32_t p = first + 1; p < end; p++)
        holes[p - first - 1] = ring_of(h, t, p);
    area = GEOSGeom_createPolygon_r(h, ring_of(h, t, first), holes, end - first - 1);
    free(holes);
    return area;
}

static void judge_area(struct judge *j, const struct decoded_tile *t, uint32_t i)
{
    const struct decoded_feature *f = &t->features[i];
    uint32_t last = f->first_part + f->n_parts;
    GEOSGeometry **areas = malloc(f->n_parts * sizeof(*areas));
    GEOSGeometry *all;
    uint32_t n = 0;
    char *reason;

    assert_true(decoded_area2(t, f->first_part) > 0);
    for (uint32_t p = f->first_part; p < last;) {
        uint32_t end = p + 1;

        while (end < last && decoded_area2(t, end) < 0)
            end++;
        for (uint32_t k = p; k < end; k++) {
            assert_true(t->part_n[k] >= 3);
            assert_true(decoded_area2(t, k) != 0);
        }
        areas[n++] = area_of(j->h, t, p, end);
        p = end;
    }
    all = GEOSGeom_createCollection_r(j->h, GEOS_MULTIPOLYGON, areas, n);
    free(areas);
    j->n_areas++;
    if (!GEOSisValid_r(j->h, all)) {
        reason = GEOSisValidReason_r(j->h, all);
        if (j->n_bad++ < 20)
            print_message("layer %s id %llu: %s\n", f->layer, (unsigned long long)f->id,
                          reason);
        GEOSFree_r(j->h, reason);
    }
    GEOSGeom_destroy_r(j->h, all);
}

/* The decoder has looked at commands, names, keys, values and repeated vertices. */
static void judge_tile(struct judge *j, struct im_bytes bytes)
{
    struct decoded_tile *t = decode_tile(bytes);

    j->n_tiles++;
    for (uint32_t i = 0; i < t->n_points; i++)
        for (int k = 0; k < 2; k++)
            assert_in_range(t->xy[2 * i + (uint32_t)k] + 64, 0, 4096 + 128);
    for (uint32_t i = 0; i < t->n_features; i++) {
        const struct decoded_feature *f = &t->features[i];

        for (uint32_t p = f->first_part; p < f->first_part + f->n_parts; p++) {
            const int32_t *xy = t->xy + 2 * (size_t)t->part_first[p];
            uint32_t n = t->part_n[p];

            if (f->type == 3) /* ClosePath is not said twice */
                assert_true(xy[0] != xy[2 * n - 2] || xy[1] != xy[2 * n - 1]);
            j->n_lines += f->type == 2;
        }
        if (f->type == 3)
            judge_area(j, t, i);
    }
    free(t);
}

static void judge_begin(struct judge *j)
{
    *j = (struct judge){.h = GEOS_init_r()};
}

static void judge_end(struct judge *j)
{
    print_message("%u tiles, %u areas, %u lines: %u not valid\n", j->n_tiles,
                  j->n_areas, j->n_lines, j->n_bad);
    GEOS_finish_r(j->h);
}

/* The same by GDAL's reading of the tile and its own validity (GEOS through OGR). */
static void judge_by_gdal(struct judge *j, struct im_bytes bytes)
{
    static const char path[] = "/vsimem/judged.mvt";
    const char *const drivers[] = {"MVT", NULL};
    const char *const options[] = {"CLIP=NO", NULL}; /* tile units, none cut */
    GDALDatasetH ds;

    if (bytes.len == 0)
        return;
    VSIFCloseL(VSIFileFromMemBuffer(path, (GByte *)bytes.data, bytes.len, FALSE));
    ds = GDALOpenEx(path, GDAL_OF_VECTOR, drivers, options, NULL);
    assert_non_null(ds);
    for (int i = 0; i < GDALDatasetGetLayerCount(ds); i++) {
        OGRLayerH layer = GDALDatasetGetLayer(ds, i);

        for (OGRFeatureH f; (f = OGR_L_GetNextFeature(layer)); OGR_F_Destroy(f)) {
            OGRGeometryH g = OGR_F_GetGeometryRef(f);

            assert_non_null(g);
            if (OGR_GT_Flatten(OGR_G_GetGeometryType(g)) != wkbPolygon &&
                OGR_GT_Flatten(OGR_G_GetGeometryType(g)) != wkbMultiPolygon)
                continue;
            j->n_gdal++;
            j->n_gdal_bad += !OGR_G_IsValid(g);
        }
    }
    GDALClose(ds);
    VSIUnlink(path);
}

/* ---- areas from outside ---- */

/* A star around a point: valid, however thin its rays are. */
static void put_star(struct im_buf *wkt,
                     struct test_random *r,
                     double x,
                     double y,
                     double size,
                     int n,
                     bool is_hole)
{
    double x0 = 0;
    double y0 = 0;

    im_buf_byte(wkt, '(');
    for (int i = 0; i < n; i++) {
        double angle = (is_hole ? -1 : 1) * 2 * 3.14159265358979 * i / n;
        double d = size * (test_random_below(r, 3) ? test_random_in(r, 0.9, 1)
                                                   : test_random_in(r, 0.01, 1));
        double px = x + d * cos(angle);
        double py = y + d * sin(angle);

        if (i == 0) {
            x0 = px;
            y0 = py;
        }
        im_buf_printf(wkt, "%.9f %.9f,", px, py);
    }
    im_buf_printf(wkt, "%.9f %.9f)", x0, y0);
}

static void put_areas(struct memory_source *source, struct test_random *r, int n)
{
    struct im_buf wkt = {.max = 1 << 22};

    for (int i = 0; i < n; i++) {
        double size = pow(10, test_random_in(r, -2.5, 0.3));
        double x = test_random_in(r, -0.7, 0.7);
        double y = test_random_in(r, 0, 0.7);

        im_buf_clear(&wkt);
        im_buf_text(&wkt, "POLYGON(");
        put_star(&wkt, r, x, y, size, 5 + (int)test_random_below(r, 400), false);
        if (i % 3 == 0) { /* smaller than the shortest ray */
            im_buf_byte(&wkt, ',');
            put_star(&wkt, r, x, y, size * 0.0085, 3 + (int)test_random_below(r, 40),
                     true);
        }
        im_buf_append(&wkt, ")", 2);
        char key[16];

        (void)snprintf(key, sizeof key, "%d", i);
        memory_source_row(source, (const char *)wkt.data, key);
    }
    im_buf_release(&wkt);
}

TEST(rounding_and_cutting_leave_areas_valid)
{
    struct test_random r = test_random_new("mvt valid");
    struct memory_source *source = memory_source_new();
    struct tile_map_options options = {.layers = "map", .lang = LANG_ZH};
    struct im_buf bytes = {.max = 16 * 1024 * 1024};
    const struct tile_map *map;
    const struct atlas *atlas;
    struct tile_worker *worker;
    struct im_error err;
    struct judge j;

    GDALAllRegister();
    judge_begin(&j);
    memory_source_layer(source, LAND, "", 1);
    put_areas(source, &r, 150);
    atlas = memory_source_atlas(source);
    if (tile_map_new(atlas, &options, &map, &err) != IM_OK)
        fail_msg("%s", err.msg);
    assert_int_equal(tile_worker_new(NULL, &worker, &err), IM_OK);
    for (uint32_t z = 4; z <= 12; z++)
        for (int i = 0; i < 6; i++) {
            uint32_t side = 1u << z;
            struct tile_id id = {
                z,
                side / 2 +
                    (uint32_t)(int)floor(test_random_in(&r, -0.7, 0.7) / 360 * side),
                side / 2 - 1 -
                    (uint32_t)floor(test_random_in(&r, 0, 0.7) / 360 * side)};

            im_buf_clear(&bytes);
            if (tile_encode_mvt(map, worker, id, &bytes, &err) != IM_OK)
                fail_msg("%s", err.msg);
            judge_tile(&j, im_buf_bytes(&bytes));
            judge_by_gdal(&j, im_buf_bytes(&bytes));
        }
    judge_end(&j);
    assert_true(j.n_areas > 500);
    assert_int_equal(j.n_bad, 0);
    assert_int_equal(j.n_gdal, j.n_areas);
    assert_int_equal(j.n_gdal_bad, 0);
    im_buf_release(&bytes);
    tile_worker_free(worker);
    tile_map_unref(map);
    atlas_unref(atlas);
    memory_source_free(source);
}

/* ---- tiles in a folder ---- */

static void judge_file(struct judge *j, const char *path)
{
    GByte *data = NULL;
    vsi_l_offset len = 0;

    if (!VSIIngestFile(NULL, path, &data, &len, -1))
        fail_msg("%s cannot be read", path);
    judge_tile(j, (struct im_bytes){data, (size_t)len});
    judge_by_gdal(j, (struct im_bytes){data, (size_t)len});
    VSIFree(data);
}

static void tiles_of_a_folder_are_valid(void **state)
{
    const char *folder = *state;
    char **names = VSIReadDirRecursive(folder);
    struct judge j;

    GDALAllRegister();
    judge_begin(&j);
    for (int i = 0; names && names[i]; i++) {
        size_t n = strlen(names[i]);

        if (n > 4 && strcmp(names[i] + n - 4, ".mvt") == 0)
            judge_file(&j, CPLFormFilename(folder, names[i], NULL));
    }
    CSLDestroy(names);
    judge_end(&j);
    assert_true(j.n_tiles > 0);
    assert_int_equal(j.n_bad, 0);
    assert_int_equal(j.n_gdal, j.n_areas);
    assert_int_equal(j.n_gdal_bad, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_and_cutting_leave_areas_valid),
    };
    const struct CMUnitTest of_folder[] = {
        cmocka_unit_test_prestate(tiles_of_a_folder_are_valid,
                                  argc > 1 ? argv[1] : NULL),
    };

    return argc > 1 ? cmocka_run_group_tests(of_folder, NULL, NULL)
                    : cmocka_run_group_tests(tests, NULL, NULL);
}
