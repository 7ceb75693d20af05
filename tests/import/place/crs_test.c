/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/place/crs.c and propose.c. */
#include <test.h>

#include <scratch.h>
#include <support/random.h>

#include <place/crs.h>

#include <engine/gcj02.h>
#include <engine/geom.h>

#include <cpl_conv.h>
#include <gdal.h>
#include <ogr_api.h>
#include <proj.h>

#include <math.h>

#define MESSY TEST_SOURCE_DIR "/tests/data/messy/"
static const char *const PRJ_04 =
    MESSY "04_园区_CGCS2000_3度带_EPSG4549_GBK/parks_4549.prj";

static struct crs_transform must_parse(const char *text)
{
    struct crs_transform crs;
    struct im_error err = {0};

    if (crs_from_text(text, &crs, &err) != IM_OK)
        fail_msg("%s: %s", text, err.msg);
    return crs;
}

/* Refused with `code`; both texts say `word`. */
static void must_refuse(const char *text, enum im_code code, const char *word)
{
    struct crs_transform crs;
    struct im_error err = {0};
    enum im_code rc = crs_from_text(text, &crs, &err);

    if (rc != code)
        fail_msg("%s: got %s (%s)", text, im_code_name(rc), err.msg);
    assert_non_null(strstr(err.msg, word));
    assert_non_null(strstr(err.msg_zh, word));
    assert_null(crs.ct);
}

static void
assert_lands(const char *text, double x, double y, double lon, double lat, double deg)
{
    struct crs_transform crs = must_parse(text);
    double p[2] = {x, y};

    assert_int_equal(crs_apply(&crs, p, 1), 1);
    if (!(fabs(p[0] - lon) <= deg && fabs(p[1] - lat) <= deg))
        fail_msg("%s: got %.10f, %.10f, want %.10f, %.10f", text, p[0], p[1], lon, lat);
    crs_release(&crs);
}

/* PROJ's own numbers, without GDAL. */
static void by_proj(const char *text, double x, double y, double *lon, double *lat)
{
    PJ *raw = proj_create_crs_to_crs(PJ_DEFAULT_CTX, text, "EPSG:4326", NULL);
    PJ *pj = proj_normalize_for_visualization(PJ_DEFAULT_CTX, raw);
    PJ_COORD c = proj_trans(pj, PJ_FWD, proj_coord(x, y, 0, 0));

    *lon = c.xy.x;
    *lat = c.xy.y;
    proj_destroy(pj);
    proj_destroy(raw);
}

/* ---- what a person writes ---- */

TEST(longitude_and_latitude_in_degrees_need_no_transform)
{
    static const char *const texts[] = {
        "EPSG:4326", "epsg:4490", "EPSG：4326", "4326",
        "OGC:CRS84", "WGS-84",    "CGCS2000",   "urn:ogc:def:crs:EPSG::4490",
        "经纬度"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct crs_transform crs = must_parse(texts[i]);

        assert_null(crs.ct);
        assert_false(crs.is_projected);
        assert_int_equal(crs.shift, CRS_NOT_SHIFTED);
    }
}

TEST(zones_agree_with_proj)
{
    static const char *const zones[] = {"EPSG:4549", "EPSG:4528", "EPSG:4548",
                                        "EPSG:4499", "EPSG:3857", "EPSG:32651"};
    static const double x[] = {640000, 40369707, 712000, 21357000, 13526000, 357000};
    static const double y[] = {3450000, 3462000, 3501000, 3451000, 3660000, 3451000};

    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        struct crs_transform crs = must_parse(zones[i]);
        PJ *raw = proj_create_crs_to_crs(PJ_DEFAULT_CTX, zones[i], "EPSG:4326", NULL);
        PJ *pj = proj_normalize_for_visualization(PJ_DEFAULT_CTX, raw);

        assert_true(crs.is_projected);
        for (int k = 0; k < 50; k++) {
            double p[2] = {x[i] + k * 997, y[i] - k * 1313};
            PJ_COORD c = proj_trans(pj, PJ_FWD, proj_coord(p[0], p[1], 0, 0));

            assert_int_equal(crs_apply(&crs, p, 1), 1);
            assert_true(fabs(p[0] - c.xy.x) < 1e-11 && fabs(p[1] - c.xy.y) < 1e-11);
        }
        proj_destroy(pj);
        proj_destroy(raw);
        crs_release(&crs);
    }
}

TEST(wkt_projjson_proj_strings_and_prj_files_say_the_same)
{
    static const char *const zone =
        "+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m "
        "+no_defs +type=crs";
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    char *wkt = NULL;
    char *json = NULL;
    double lon, lat;

    assert_int_equal(OSRImportFromEPSG(srs, 4549), OGRERR_NONE);
    assert_int_equal(OSRExportToWkt(srs, &wkt), OGRERR_NONE);
    assert_int_equal(OSRExportToPROJJSON(srs, &json, NULL), OGRERR_NONE);
    by_proj("EPSG:4549", 640123.25, 3450321.5, &lon, &lat);
    assert_lands(wkt, 640123.25, 3450321.5, lon, lat, 1e-11);
    assert_lands(json, 640123.25, 3450321.5, lon, lat, 1e-11);
    assert_lands(zone, 640123.25, 3450321.5, lon, lat, 1e-11);
    assert_lands(PRJ_04, 640123.25, 3450321.5, lon, lat, 1e-11);
    CPLFree(wkt);
    CPLFree(json);
    OSRDestroySpatialReference(srs);
}

TEST(map_services_are_known_by_their_names)
{
    static const char *const gcj[] = {"gcj02", "GCJ-02", "火星坐标系", "高德",
                                      "腾讯地图"};
    static const char *const bd[] = {"bd09", "BD-09", "BD09LL", "百度", "百度坐标"};

    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(must_parse(gcj[i]).shift, CRS_GCJ02);
        assert_int_equal(must_parse(bd[i]).shift, CRS_BD09);
    }
    must_refuse("bd09mc", IM_EARG, "bd09");
    must_refuse("百度墨卡托", IM_EARG, "bd09");
}

TEST(old_systems_are_refused_with_what_to_ask_for)
{
    static const char *const old[] = {"EPSG:2364",      "EPSG:4610",        "EPSG:4214",
                                      "EPSG:2437",      "EPSG:4555",        "西安80",
                                      "1954北京坐标系", "Xian 1980 zone 40"};

    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        must_refuse(old[i], IM_EDATA, "EPSG:4549");
    must_refuse("+proj=tmerc +lon_0=120 +x_0=500000 +ellps=krass +type=crs", IM_EDATA,
                "+towgs84");
    /* all zero says nothing */
    must_refuse("+proj=tmerc +lon_0=120 +x_0=500000 +ellps=krass "
                "+towgs84=0,0,0,0,0,0,0 +type=crs",
                IM_EDATA, "+towgs84");
}

TEST(local_systems_are_refused)
{
    must_refuse("上海城市坐标系", IM_EDATA, "EPSG:4549");
    must_refuse("苏州独立坐标系", IM_EDATA, "EPSG:4549");
    must_refuse("LOCAL_CS[\"Nanjing\",LOCAL_DATUM[\"city\",1],UNIT[\"metre\",1],"
                "AXIS[\"E\",EAST],AXIS[\"N\",NORTH]]",
                IM_EDATA, "EPSG:4549");
}

TEST(parameters_that_the_office_gave_are_used)
{
    double lon, lat;

    by_proj("EPSG:4549", 640000, 3450000, &lon, &lat);
    struct crs_transform crs =
        must_parse("+proj=tmerc +lat_0=0 +lon_0=120 +k=1 +x_0=500000 +y_0=0 +a=6378140 "
                   "+rf=298.257 +towgs84=-93.5,-14.6,-74.1,0,0,0,0 +units=m +type=crs");
    double p[2] = {640000, 3450000};

    assert_int_equal(crs_apply(&crs, p, 1), 1);
    double moved_m = geodesic_distance_m(lon, lat, p[0], p[1]);
    assert_true(moved_m > 20 && moved_m < 200);
    crs_release(&crs);
}

TEST(nonsense_files_and_addresses_are_no_systems)
{
    must_refuse("EPSG:999999", IM_EARG, "EPSG:4549");
    must_refuse("", IM_EARG, "EPSG:4549");
    must_refuse("/etc/passwd", IM_EARG, "EPSG:4549");
    must_refuse("http://127.0.0.1/x", IM_EARG, "EPSG:4549");
    must_refuse("+init=epsg:4549", IM_EARG, "EPSG:4549");
    must_refuse("EPSG:4326; DROP TABLE parks", IM_EARG, "EPSG:4549");
    must_refuse("EPSG:4326x", IM_EARG, "EPSG:4549");
    must_refuse("+proj=longlat +ellps=krass +nadgrids=/etc/passwd +type=crs", IM_EARG,
                "EPSG:4549");
    must_refuse(TEST_SOURCE_DIR "/nothing.prj", IM_EIO, "nothing.prj");
    must_refuse(TEST_SOURCE_DIR, IM_EARG, "EPSG:4549");
    must_refuse(scratch_text("folder.prj", "no WKT"), IM_EARG, "folder.prj");
    char *large = calloc(1, 40000);
    memset(large, '[', 39999);
    memcpy(large, "PROJCS[", 7);
    must_refuse(large, IM_EARG, "EPSG:4549");
    must_refuse(scratch_text("large.prj", large), IM_EIO, "large.prj");
    free(large);
}

/* ---- what a file declares ---- */

static OGRSpatialReferenceH srs_of(const char *text)
{
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);

    assert_int_equal(OSRSetFromUserInput(srs, text), OGRERR_NONE);
    OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
    return srs;
}

static void assert_named(const char *text, const char *name)
{
    struct im_arena *arena = im_arena_new(1 << 20);
    struct im_error err = {0};
    struct crs_transform crs;
    const char *found = NULL;
    OGRSpatialReferenceH srs = srs_of(text);

    if (crs_from_layer(srs, arena, &crs, &found, &err) != IM_OK)
        fail_msg("%s: %s", name, err.msg);
    assert_string_equal(found, name);
    crs_release(&crs);
    OSRDestroySpatialReference(srs);
    im_arena_free(arena);
}

TEST(a_system_without_a_name_is_told_by_what_it_is)
{
    assert_named(
        "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80 +towgs84=0,0,0,0,0,0,0 "
        "+units=m +no_defs",
        "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80 "
        "+towgs84=0,0,0,0,0,0,0");
    assert_named(
        "PROJCS[\"unnamed\",GEOGCS[\"unnamed\",DATUM[\"GRS_80\",SPHEROID[\"GRS "
        "80\",6378137,298.257222101]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\","
        "0.0174532925199433]],PROJECTION[\"Transverse_Mercator\"],"
        "PARAMETER[\"latitude_of_origin\",0],PARAMETER[\"central_meridian\",120],"
        "PARAMETER[\"scale_factor\",1],PARAMETER[\"false_easting\",500000],"
        "PARAMETER[\"false_northing\",0],UNIT[\"metre\",1]]",
        "+proj=tmerc +lon_0=120 +x_0=500000 +ellps=GRS80");
}

TEST(wkt_without_a_code_is_named_by_its_code)
{
    static const char *const zone_39 =
        "PROJCS[\"CGCS2000_3_Degree_GK_Zone_39\",GEOGCS[\"GCS_China_Geodetic_"
        "Coordinate_"
        "System_2000\",DATUM[\"D_China_2000\",SPHEROID[\"CGCS2000\",6378137.0,298."
        "257222101]],PRIMEM[\"Greenwich\",0.0],UNIT[\"Degree\",0.0174532925199433]],"
        "PROJECTION[\"Gauss_Kruger\"],PARAMETER[\"False_Easting\",39500000.0],"
        "PARAMETER[\"False_Northing\",0.0],PARAMETER[\"Central_Meridian\",117.0],"
        "PARAMETER[\"Scale_Factor\",1.0],PARAMETER[\"Latitude_Of_Origin\",0.0],"
        "UNIT[\"Meter\",1.0]]";
    char wkt[2000] = "";
    FILE *prj = fopen(PRJ_04, "rb");

    assert_non_null(prj);
    assert_true(fread(wkt, 1, sizeof wkt - 1, prj) > 100);
    fclose(prj);
    assert_named(wkt, "EPSG:4549");
    assert_named(zone_39, "EPSG:4527");
    assert_named("EPSG:4490", "EPSG:4490");
}

TEST(data_with_latitude_first_come_out_longitude_first)
{
    struct im_arena *arena = im_arena_new(1 << 20);
    struct crs_transform crs;
    const char *name = NULL;
    OGRSpatialReferenceH srs = srs_of("EPSG:4490");
    double p[2] = {31.29, 121.17};

    OSRSetAxisMappingStrategy(srs, OAMS_AUTHORITY_COMPLIANT);
    assert_int_equal(crs_from_layer(srs, arena, &crs, &name, NULL), IM_OK);
    assert_int_equal(crs_apply(&crs, p, 1), 1);
    assert_true(fabs(p[0] - 121.17) < 1e-9 && fabs(p[1] - 31.29) < 1e-9);
    crs_release(&crs);
    OSRDestroySpatialReference(srs);
    im_arena_free(arena);
}

TEST(a_layer_in_an_old_system_is_refused)
{
    struct im_arena *arena = im_arena_new(1 << 20);
    struct crs_transform crs;
    const char *name = NULL;
    OGRSpatialReferenceH srs = srs_of("EPSG:2364");
    struct im_error err = {0};

    assert_int_equal(crs_from_layer(srs, arena, &crs, &name, &err), IM_EDATA);
    assert_non_null(strstr(err.msg, "EPSG:2364"));
    assert_non_null(strstr(err.msg_zh, "索取"));
    OSRDestroySpatialReference(srs);
    im_arena_free(arena);
}

TEST(heights_of_a_compound_system_do_not_matter)
{
    assert_named("EPSG:4549+5737", "EPSG:4549");
}

/* ---- positions ---- */

TEST(many_positions_are_as_one_by_one_and_end_at_the_first_bad_one)
{
    enum { N = 2000, BAD = 1234 };
    struct crs_transform crs = must_parse("EPSG:4549");
    double *xy = calloc(2 * N, sizeof *xy);

    for (int i = 0; i < N; i++) {
        xy[2 * i] = 400000 + 100 * i;
        xy[2 * i + 1] = 3400000 + 50 * i;
    }
    assert_int_equal(crs_apply(&crs, xy, N), N);
    for (int i = 0; i < N; i++) {
        double p[2] = {400000 + 100 * i, 3400000 + 50 * i};

        assert_int_equal(crs_apply(&crs, p, 1), 1);
        assert_true(p[0] == xy[2 * i] && p[1] == xy[2 * i + 1]);
    }
    xy[2 * BAD] = (double)NAN;
    assert_int_equal(crs_apply(&crs, xy, N), BAD);
    xy[2 * BAD] = 1e40;
    assert_int_equal(crs_apply(&crs, xy + 2 * BAD, 1), 0);
    crs_release(&crs);
    free(xy);
}

/* Under 0.1 m wanted, well under a millimetre had: in and around the four provinces. */
TEST(offsets_of_map_services_are_undone)
{
    struct test_random r = test_random_new("offsets");
    struct crs_transform gcj = must_parse("gcj02");
    struct crs_transform bd = must_parse("bd09");
    static const double edge[] = {114.45, 123.55, 26.75, 35.65};

    for (int i = 0; i < 20000; i++) {
        double lon = test_random_in(&r, edge[0], edge[1]);
        double lat = test_random_in(&r, edge[2], edge[3]);

        if (i % 4 == 0)
            lon = edge[i / 4 % 2];
        if (i % 4 == 1)
            lat = edge[2 + i / 4 % 2];
        struct crs_lonlat g = crs_gcj02_from_wgs84((struct crs_lonlat){lon, lat});
        struct crs_lonlat b = crs_bd09_from_wgs84((struct crs_lonlat){lon, lat});
        double p[4] = {g.lon, g.lat, 0, 0};
        double q[2] = {b.lon, b.lat};

        assert_true(geodesic_distance_m(lon, lat, p[0], p[1]) > 300);
        assert_int_equal(crs_apply(&gcj, p, 2), 2);
        assert_int_equal(crs_apply(&bd, q, 1), 1);
        assert_true(geodesic_distance_m(lon, lat, p[0], p[1]) < 0.001);
        assert_true(geodesic_distance_m(lon, lat, q[0], q[1]) < 0.001);
    }
    double paris[2] = {2.35, 48.86}; /* no service shifts it there */
    assert_int_equal(crs_apply(&gcj, paris, 1), 1);
    assert_true(paris[0] == 2.35 && paris[1] == 48.86);
}

/* ---- proposals ---- */

static struct crs_proposal proposals[CRS_MAX_PROPOSALS];

/* Places in the four provinces, in another system, perhaps exchanged. */
static size_t propose_from(const char *system, bool is_exchanged, int seed)
{
    static const double seats[][2] = {
        {121.47, 31.23}, {118.78, 32.05}, {120.62, 31.32},
        {120.15, 30.28}, {121.55, 29.87}, {117.28, 31.86},
        {119.41, 32.39}, {120.75, 30.75}, {118.38, 31.33}};
    enum { N = sizeof seats / sizeof *seats };
    double xy[2 * N];
    PJ *raw = proj_create_crs_to_crs(PJ_DEFAULT_CTX, "EPSG:4326", system, NULL);
    PJ *pj = proj_normalize_for_visualization(PJ_DEFAULT_CTX, raw);

    for (int i = 0; i < N; i++) {
        PJ_COORD c = proj_trans(
            pj, PJ_FWD,
            proj_coord(seats[i][0] + 0.001 * seed, seats[i][1] - 0.001 * seed, 0, 0));

        xy[2 * i + (is_exchanged ? 1 : 0)] = c.xy.x;
        xy[2 * i + (is_exchanged ? 0 : 1)] = c.xy.y;
    }
    proj_destroy(pj);
    proj_destroy(raw);
    return crs_propose(xy, N, proposals);
}

TEST(numbers_speak_for_their_system)
{
    static const char *const systems[] = {"EPSG:4326", "EPSG:4527", "EPSG:4528",
                                          "EPSG:4529", "EPSG:4498", "EPSG:4499",
                                          "EPSG:3857"};

    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
        for (int exchanged = 0; exchanged < 2; exchanged++) {
            assert_true(propose_from(systems[i], exchanged, (int)i) >= 1);
            assert_string_equal(proposals[0].crs, systems[i]);
            assert_int_equal(proposals[0].is_exchanged, exchanged);
            if (!(proposals[0].share > 0.99))
                fail_msg("%s: %g", systems[i], proposals[0].share);
            assert_true(proposals[0].title_zh[0] && proposals[0].hint_en[0]);
        }
}

TEST(baidu_metres_are_named_without_a_system)
{
    bool found = false;
    size_t n = propose_from("EPSG:3857", false, 0);

    for (size_t i = 0; i < n; i++)
        if (strstr(proposals[i].title_zh, "百度")) {
            assert_string_equal(proposals[i].crs, "");
            assert_non_null(strstr(proposals[i].hint_zh, "bd09"));
            found = true;
        }
    assert_true(found);
}

TEST(a_wide_zone_without_number_is_one_of_six_degrees)
{
    assert_true(propose_from("EPSG:4509", false, 0) >= 1);
    assert_string_equal(proposals[0].crs, "EPSG:4509");
}

TEST(nothing_is_proposed_for_what_lies_nowhere)
{
    static const double xy[] = {0, 0, 1, 2, 3e9, 4e9, 116.39, 39.91};
    static const double few[] = {(double)NAN, 1, 121.5, 31.2};

    assert_int_equal(crs_propose(xy, 4, proposals), 0);
    assert_int_equal(crs_propose(xy, 0, proposals), 0);
    assert_int_equal(crs_propose(few, 2, proposals), 1);
    assert_true(proposals[0].share == 1);
}

static double *read_positions(const char *path, size_t *n)
{
    GDALDatasetH file = GDALOpenEx(path, GDAL_OF_VECTOR, NULL, NULL, NULL);
    double *xy = calloc(2 * 1000, sizeof *xy);
    OGRFeatureH feature;

    assert_non_null(file);
    *n = 0;
    OGRLayerH layer = GDALDatasetGetLayer(file, 0);
    while ((feature = OGR_L_GetNextFeature(layer))) {
        OGRGeometryH g = OGR_F_GetGeometryRef(feature);

        if (g && wkbFlatten(OGR_G_GetGeometryType(g)) == wkbPolygon)
            g = OGR_G_GetGeometryRef(g, 0);
        for (int i = 0; g && i < OGR_G_GetPointCount(g) && *n < 1000; i++) {
            xy[2 * *n] = OGR_G_GetX(g, i);
            xy[2 * *n + 1] = OGR_G_GetY(g, i);
            ++*n;
        }
        OGR_F_Destroy(feature);
    }
    GDALClose(file);
    assert_true(*n > 0);
    return xy;
}

TEST(the_messy_shapefile_without_prj_is_zone_40)
{
    size_t n;
    double *xy =
        read_positions(MESSY "05_设施_EPSG4528_带号40_缺prj和cpg/facilities.shp", &n);

    assert_int_equal(crs_propose(xy, n, proposals), 1);
    assert_string_equal(proposals[0].crs, "EPSG:4528");
    assert_true(proposals[0].share > 0.95);
    free(xy);
}

TEST(the_messy_drawing_is_first_of_120_east)
{
    size_t n;
    double *xy = read_positions(MESSY "11_园区轮廓_EPSG4549.dxf", &n);

    assert_true(crs_propose(xy, n, proposals) >= 2);
    assert_string_equal(proposals[0].crs, "EPSG:4549");
    assert_non_null(strstr(proposals[0].hint_zh, "区县"));
    free(xy);
}

TEST(one_position_looks_like_its_system)
{
    static const struct {
        double x, y;
        const char *crs;
        bool is_exchanged;
    } looks[] = {{13526000, 3660000, "EPSG:3857", false},
                 {121.5, 31.2, "EPSG:4326", false},
                 {31.2, 121.5, "EPSG:4326", true},
                 {40369707, 3450000, "EPSG:4528", false},
                 {3450000, 640000, "EPSG:4549", true},
                 {121500000, 31200000, "", false}};
    struct crs_proposal p;

    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        assert_true(crs_look(looks[i].x, looks[i].y, &p));
        assert_string_equal(p.crs, looks[i].crs);
        assert_int_equal(p.is_exchanged, looks[i].is_exchanged);
    }
    assert_false(crs_look(0, 0, &p));
    assert_false(crs_look(221.59, 31.19, &p));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longitude_and_latitude_in_degrees_need_no_transform),
        cmocka_unit_test(zones_agree_with_proj),
        cmocka_unit_test(wkt_projjson_proj_strings_and_prj_files_say_the_same),
        cmocka_unit_test(map_services_are_known_by_their_names),
        cmocka_unit_test(old_systems_are_refused_with_what_to_ask_for),
        cmocka_unit_test(local_systems_are_refused),
        cmocka_unit_test(parameters_that_the_office_gave_are_used),
        cmocka_unit_test(nonsense_files_and_addresses_are_no_systems),
        cmocka_unit_test(a_system_without_a_name_is_told_by_what_it_is),
        cmocka_unit_test(wkt_without_a_code_is_named_by_its_code),
        cmocka_unit_test(data_with_latitude_first_come_out_longitude_first),
        cmocka_unit_test(a_layer_in_an_old_system_is_refused),
        cmocka_unit_test(heights_of_a_compound_system_do_not_matter),
        cmocka_unit_test(many_positions_are_as_one_by_one_and_end_at_the_first_bad_one),
        cmocka_unit_test(offsets_of_map_services_are_undone),
        cmocka_unit_test(numbers_speak_for_their_system),
        cmocka_unit_test(baidu_metres_are_named_without_a_system),
        cmocka_unit_test(a_wide_zone_without_number_is_one_of_six_degrees),
        cmocka_unit_test(nothing_is_proposed_for_what_lies_nowhere),
        cmocka_unit_test(the_messy_shapefile_without_prj_is_zone_40),
        cmocka_unit_test(the_messy_drawing_is_first_of_120_east),
        cmocka_unit_test(one_position_looks_like_its_system),
    };
    GDALAllRegister();
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
