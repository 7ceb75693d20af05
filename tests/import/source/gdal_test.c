/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <gdal.h>
#include <sys/stat.h>

static void near(const struct source_row *row, double x, double y, double limit)
{
    if (row->geom.kind == GEOM_EMPTY || row->geom.lonlat[0] - x > limit ||
        x - row->geom.lonlat[0] > limit || row->geom.lonlat[1] - y > limit ||
        y - row->geom.lonlat[1] > limit)
        fail_msg("row %llu is not at %f %f", (unsigned long long)row->number, x, y);
}

static void all_points(struct source *source, size_t n)
{
    struct rows_counts counts = rows_count(source);

    assert_int_equal(counts.n, n);
    assert_int_equal(counts.points, n);
    assert_int_equal(counts.faults, 0);
    assert_int_equal(counts.last, n);
}

/* ---- the messy files ---- */

TEST(a_shapefile_is_read_by_its_cpg)
{
    struct source *source =
        rows_open(MESSY "04_园区_CGCS2000_3度带_EPSG4549_GBK/parks_4549.shp");
    struct source_row row;

    assert_string_equal(source_driver(source), "ESRI Shapefile");
    assert_string_equal(source_encoding(source), "GB18030 (found)");
    assert_int_equal(source_rows(source), 90);
    assert_true(source_has_geometry(source));
    assert_non_null(source_srs(source));
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "名称"), "上海紫竹高新技术产业开发区");
    near(&row, 638748.65, 3433876.68, 0.01);
    assert_int_equal(rows_count(source).points, 89);
    source_close(source);
}

TEST(a_shapefile_without_cpg_prj_and_language_byte_is_read_by_its_bytes)
{
    static const char *const FILES[] = {"", "/facilities.shp", "/facilities.dbf",
                                        "/facilities.shx", "/"};
    uint64_t hash = 0;

    /* the folder, or any of its files */
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        char path[512];
        struct source_row row;

        snprintf(path, sizeof path, "%s%s", MESSY "05_设施_EPSG4528_带号40_缺prj和cpg",
                 FILES[i]);
        struct source *source = rows_open(path);
        assert_null(source_srs(source));
        assert_string_equal(source_encoding(source), "GB18030 (found)");
        assert_true(rows_next(source, &row));
        assert_string_equal(rows_text(source, &row, "名称"),
                            "转化医学国家重大科技基础设施(上海)");
        assert_int_equal(rows_count(source).n, 53);
        assert_true(hash == 0 || hash == source_hash(source));
        hash = source_hash(source);
        source_close(source);
    }
}

TEST(kml_folders_are_one_source_and_html_is_text)
{
    struct source *source = rows_open(MESSY "06_科创飞地.kml");
    struct source_row row;
    struct im_error err = {0};
    size_t markup = 0, sheets = 0;
    char sheet[256] = "";

    assert_int_equal(source_rows(source), 55);
    while (rows_next(source, &row)) {
        markup += strchr(rows_text(source, &row, "description"), '<') != NULL;
        sheets += strcmp(sheet, row.sheet) != 0;
        snprintf(sheet, sizeof sheet, "%s", row.sheet);
        if (strcmp(rows_text(source, &row, "Name"), "坐标多余空格") == 0)
            near(&row, 120.1234, 30.2345, 1e-9);
        if (strcmp(rows_text(source, &row, "Name"), "衢州海创园") == 0) {
            assert_string_equal(rows_text(source, &row, "飞出地"), "衢州市");
            assert_string_equal(rows_text(source, &row, "飞入地"), "杭州市");
        }
    }
    assert_int_equal(markup, 0);
    assert_int_equal(sheets, 3);
    assert_int_equal(source_rewind(source, &err), IM_OK);
    struct rows_counts counts = rows_count(source);
    assert_int_equal(counts.n, 55);
    assert_int_equal(counts.points, 53);
    assert_int_equal(counts.lines, 1);
    assert_int_equal(counts.last, 55);
    source_close(source);
}

TEST(mapinfo_tables_are_read_in_gbk)
{
    static const char *const ENDINGS[] = {"tab", "mif", "mid", "dat"};

    for (size_t i = 0; i < 4; i++) {
        char path[512];
        struct source_row row;

        snprintf(path, sizeof path, "%s.%s", MESSY "08_孵化器_MapInfo/incubators_zj",
                 ENDINGS[i]);
        struct source *source = rows_open(path);
        assert_string_equal(source_encoding(source), "GB18030 (found)");
        assert_true(rows_next(source, &row));
        assert_string_equal(rows_text(source, &row, "NAME"),
                            "杭州高新区科技创业服务中心");
        near(&row, 120.195, 30.19, 1e-6);
        assert_int_equal(rows_count(source).points, 44);
        source_close(source);
    }
    rows_refused(MESSY "08_孵化器_MapInfo", IM_EDATA, "holds 2 data sets");
}

TEST(layers_of_a_geopackage_are_listed_with_kind_and_rows)
{
    const char *path = MESSY "09_两层两坐标系.gpkg";
    struct source *source;

    rows_refused(path, IM_EDATA, "孵化器_点 (point, 120), 园区示意范围_面 (area, 40)");
    rows_refused_with(path, "none", NULL, IM_ENOTFOUND, "has no layer 'none'");
    source = rows_open_with(path, "孵化器_点", NULL);
    assert_string_equal(source_sheet(source), "孵化器_点");
    all_points(source, 120);
    source_close(source);
    source = rows_open_with(path, "园区示意范围_面", NULL);
    assert_int_equal(rows_count(source).areas, 40);
    source_close(source);
}

TEST(gml_with_latitude_first_comes_out_longitude_first)
{
    struct source *source = rows_open(MESSY "10_设施_纬经顺序.gml");
    struct source_row row;
    struct stat info;
    int n = 0;
    const int *axes = OSRGetDataAxisToSRSAxisMapping(source_srs(source), &n);

    assert_true(n == 2 && axes[0] == 2);
    assert_true(rows_next(source, &row));
    near(&row, 121.464, 31.213, 1e-9);
    assert_int_equal(rows_count(source).points, 53);
    source_close(source);
    /* reading writes nothing beside the file */
    assert_int_not_equal(stat(MESSY "10_设施_纬经顺序.gfs", &info), 0);
}

TEST(outlines_of_a_drawing_are_areas_with_their_cad_layer)
{
    struct source *source = rows_open(MESSY "11_园区轮廓_EPSG4549.dxf");
    struct source_row row;

    assert_null(source_srs(source));
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "Layer"), "PARK_310112");
    assert_int_equal(row.geom.n_points, 5);
    assert_int_equal(rows_count(source).areas, 11);
    source_close(source);
}

/* ---- formats that GDAL writes here ---- */

static const char *FIELDS[] = {"名称", "when", "n", "share"};

static void add_feature(OGRLayerH layer, const char *wkt, int i)
{
    OGRFeatureH feature = OGR_F_Create(OGR_L_GetLayerDefn(layer));
    OGRGeometryH geometry = NULL;
    char *text = (char *)(uintptr_t)wkt, name[64];

    snprintf(name, sizeof name, "张江%d", i);
    OGR_F_SetFieldString(feature, 0, name);
    if (OGR_F_GetFieldCount(feature) > 1) {
        OGR_F_SetFieldDateTime(feature, 1, 2024, 5, 6, 7, 8, 9, 100);
        OGR_F_SetFieldInteger(feature, 2, i);
        OGR_F_SetFieldDouble(feature, 3, 0.5);
    }
    assert_int_equal(OGR_G_CreateFromWkt(&text, NULL, &geometry), OGRERR_NONE);
    OGR_F_SetGeometryDirectly(feature, geometry);
    assert_int_equal(OGR_L_CreateFeature(layer, feature), OGRERR_NONE);
    OGR_F_Destroy(feature);
}

static const char *make(const char *driver,
                        const char *name,
                        char **dataset_options,
                        const char *wkt,
                        bool with_fields)
{
    const char *path = scratch_path(name);
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);

    GDALAllRegister();
    OSRImportFromEPSG(srs, 4326);
    OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
    GDALDatasetH set = GDALCreate(GDALGetDriverByName(driver), path, 0, 0, 0,
                                  GDT_Unknown, dataset_options);
    assert_non_null(set);
    OGRLayerH layer = GDALDatasetCreateLayer(
        set, "waypoints", srs, strstr(wkt, " Z ") ? wkbPoint25D : wkbUnknown, NULL);
    assert_non_null(layer);
    static const OGRFieldType TYPES[] = {OFTString, OFTDateTime, OFTInteger, OFTReal};
    for (int i = 0; i < (with_fields ? 4 : 0); i++) {
        OGRFieldDefnH field = OGR_Fld_Create(FIELDS[i], TYPES[i]);

        assert_int_equal(OGR_L_CreateField(layer, field, 0), OGRERR_NONE);
        OGR_Fld_Destroy(field);
    }
    for (int i = 0; i < 5; i++)
        add_feature(layer, wkt, i);
    GDALClose(set);
    OSRDestroySpatialReference(srs);
    return path;
}

TEST(databases_and_binary_formats_are_read_with_their_types)
{
    static char *spatialite[] = {(char *)(uintptr_t) "SPATIALITE=YES", NULL};
    const struct {
        const char *driver;
        const char *name;
        char **options;
    } CASES[] = {{"GPKG", "t.gpkg", NULL},
                 {"SQLite", "t.sqlite", spatialite},
                 {"FlatGeobuf", "t.fgb", NULL},
                 {"OpenFileGDB", "t.gdb", NULL}};

    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct source_row row;
        GDALAllRegister();
        if (!GDALGetMetadataItem(GDALGetDriverByName(CASES[i].driver), GDAL_DCAP_CREATE,
                                 NULL))
            continue;
        struct source *source =
            rows_open(make(CASES[i].driver, CASES[i].name, CASES[i].options,
                           "POINT Z (121 31 5)", true));

        assert_string_equal(source_driver(source), CASES[i].driver);
        assert_true(rows_next(source, &row));
        near(&row, 121, 31, 1e-9);
        assert_int_equal(row.dropped, SOURCE_DROPPED_Z);
        assert_string_equal(rows_text(source, &row, "名称"), "张江0");
        assert_string_equal(rows_text(source, &row, "share"), "0.5");
        assert_memory_equal(rows_text(source, &row, "when"), "2024-05-06T07:08:09", 19);
        assert_int_equal(row.cells[rows_column(source, "n")].kind, SOURCE_INTEGER);
        assert_int_equal(rows_count(source).n, 4);
        assert_true(source_size(source) > 0 && source_hash(source) != 0);
        source_close(source);
    }
}

TEST(curves_become_lines_and_say_so)
{
    struct source *source = rows_open(make(
        "GPKG", "curve.gpkg", NULL, "CIRCULARSTRING (121 31, 122 32, 123 31)", true));
    struct source_row row;

    assert_true(rows_next(source, &row));
    assert_int_equal(row.dropped, SOURCE_LINEARISED);
    assert_int_equal(row.geom.kind, GEOM_LINE);
    assert_true(row.geom.n_points >= 180 / SOURCE_ARC_STEP_DEGREES);
    source_close(source);
}

TEST(parts_of_one_kind_are_one_geometry_and_kinds_are_not_mixed)
{
    struct source *source = rows_open(make("GPKG", "multi.gpkg", NULL,
                                           "MULTIPOLYGON (((0 0,4 0,4 4,0 4,0 0),(1 "
                                           "1,2 1,2 2,1 1)),((9 9,10 9,9 10,9 9)))",
                                           true));
    struct source_row row;

    assert_true(rows_next(source, &row));
    assert_int_equal(row.geom.n_areas, 2);
    assert_int_equal(row.geom.n_parts, 3);
    assert_int_equal(row.geom.area_end[0], 2);
    assert_int_equal(row.geom.part_end[2], row.geom.n_points);
    source_close(source);
    source = rows_open(make("GPKG", "mixed.gpkg", NULL,
                            "GEOMETRYCOLLECTION (POINT (1 1), LINESTRING (0 0, 1 1))",
                            true));
    assert_true(rows_next(source, &row));
    assert_string_equal(row.fault.code, "bad_geometry");
    assert_string_equal(row.fault_field, "geometry");
    assert_int_equal(row.geom.kind, GEOM_EMPTY);
    source_close(source);
}

TEST(waypoints_or_tracks_of_gpx_are_one_source_but_not_both)
{
    struct source *source = rows_open(scratch_text(
        "way.gpx", "<?xml version=\"1.0\"?><gpx version=\"1.1\" "
                   "xmlns=\"http://www.topografix.com/GPX/1/1\">"
                   "<wpt lat=\"31\" lon=\"121\"><name>张江</name></wpt></gpx>"));
    struct source_row row;

    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "name"), "张江");
    near(&row, 121, 31, 1e-9);
    source_close(source);
    rows_refused(
        scratch_text(
            "both.gpx",
            "<gpx version=\"1.1\" xmlns=\"http://www.topografix.com/GPX/1/1\">"
            "<wpt lat=\"31\" lon=\"121\"/><trk><trkseg><trkpt lat=\"31\" "
            "lon=\"121\"/><trkpt lat=\"32\" lon=\"121\"/></trkseg></trk></gpx>"),
        IM_EDATA, "choose one with --source-layer");
}

TEST(gml_of_a_projected_system_by_urn_has_east_first)
{
    struct source *source = rows_open(scratch_text(
        "p.gml",
        "<a:c xmlns:a=\"http://a\" xmlns:gml=\"http://www.opengis.net/gml/3.2\">"
        "<gml:featureMember><a:p gml:id=\"p1\"><a:name>甲</a:name><a:g><gml:Point "
        "gml:id=\"g1\" srsName=\"urn:ogc:def:crs:EPSG::4549\"><gml:pos>3433876.5 "
        "638748.5</gml:pos></gml:Point></a:g></a:p></gml:featureMember></a:c>"));
    struct source_row row;

    assert_true(rows_next(source, &row));
    near(&row, 638748.5, 3433876.5, 1e-6);
    source_close(source);
}

/* An old export: the declaration says GB2312, which expat does not know. */
TEST(kml_in_gbk_is_made_utf8_first)
{
    struct source *source = rows_open(scratch_text(
        "gbk.kml",
        "<?xml version=\"1.0\" encoding=\"GB2312\"?>\n<kml "
        "xmlns=\"http://www.opengis.net/kml/2.2\"><Placemark><name>\xD5\xC5\xBD\xAD"
        "</name><Point><coordinates>121,31</coordinates></Point></Placemark></kml>"));
    struct source_row row;

    assert_string_equal(source_encoding(source), "GB18030 (found)");
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "Name"), "张江");
    source_close(source);
}

/* Names of columns are decoded once, as the values are. */
TEST(columns_of_xml_in_gbk_have_chinese_names)
{
    struct source *source = rows_open(scratch_text(
        "names.gml",
        "<?xml version=\"1.0\" encoding=\"GBK\"?><gml:FeatureCollection "
        "xmlns:gml=\"http://www.opengis.net/gml\"><gml:featureMember><p "
        "fid=\"1\"><\xC3\xFB\xB3\xC6>\xD5\xC5\xBD\xAD</\xC3\xFB\xB3\xC6><g><gml:Point "
        "srsName=\"EPSG:4490\"><gml:coordinates>121,31</gml:coordinates></gml:Point>"
        "</g></p></gml:featureMember></gml:FeatureCollection>"));
    struct source_row row;

    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "名称"), "张江");
    source_close(source);
}

TEST(kml_in_utf16_is_read)
{
    static const char TEXT[] =
        "<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Placemark><name>A</name><Point>"
        "<coordinates>121,31</coordinates></Point></Placemark></kml>";
    static char wide[2 * sizeof TEXT] = "\xFF\xFE";
    struct source_row row;

    for (size_t i = 0; i + 1 < sizeof TEXT; i++)
        wide[2 + 2 * i] = TEXT[i];
    struct source *source = rows_open(scratch_write("wide.kml", wide, sizeof wide));
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "Name"), "A");
    source_close(source);
}

#define KML_START "<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>"
#define KML_LINK "<NetworkLink><Link><href>b.kml</href></Link></NetworkLink>"
#define KML_PLACE                                                                      \
    "<Placemark><name>A</name><description><![CDATA[<html><body><table><tr><td>甲"    \
    "</td></tr></table></body></html>]]></description><Point><coordinates>121,31"      \
    "</coordinates></Point></Placemark>"
#define KML_END "</Document></kml>"

TEST(a_web_page_in_a_description_makes_no_web_page)
{
    struct source *source =
        rows_open(scratch_text("page.kml", KML_START KML_PLACE KML_END));
    struct source_row row;

    assert_null(source_note(source).code);
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "description"), "甲");
    source_close(source);
}

TEST(links_to_other_files_are_told)
{
    rows_refused(scratch_text("links.kml", KML_START KML_LINK KML_END), IM_EDATA,
                 "only 1 links to other files, which are not followed");
    struct source *source =
        rows_open(scratch_text("both.kml", KML_START KML_LINK KML_PLACE KML_END));
    assert_string_equal(source_note(source).code, "links_not_followed");
    assert_non_null(strstr(source_note(source).en, "1 network links"));
    assert_int_equal(rows_count(source).n, 1);
    source_close(source);
}

TEST(json_of_arcgis_is_read_in_its_own_system)
{
    struct source *source = rows_open(scratch_text(
        "esri.json",
        "{\"geometryType\":\"esriGeometryPoint\",\"spatialReference\":{\"wkid\":4490},"
        "\"fields\":[{\"name\":\"NAME\",\"type\":\"esriFieldTypeString\",\"alias\":"
        "\"NAME\",\"length\":9}],\"features\":[{\"attributes\":{\"NAME\":\"张江\"},"
        "\"geometry\":{\"x\":121,\"y\":31}}]}"));
    struct source_row row;

    assert_string_equal(source_driver(source), "ESRIJSON");
    assert_string_equal(OSRGetAuthorityCode(source_srs(source), NULL), "4490");
    assert_true(rows_next(source, &row));
    near(&row, 121, 31, 1e-9);
    assert_string_equal(rows_text(source, &row, "NAME"), "张江");
    source_close(source);
}

/* R12 with a block that inserts a block: each is one row, at its place. */
TEST(blocks_of_a_drawing_are_points_and_do_not_multiply)
{
    struct im_buf dxf = {.max = 1 << 20};

    im_buf_text(&dxf, "0\nSECTION\n2\nHEADER\n9\n$ACADVER\n1\nAC1009\n0\nENDSEC\n"
                      "0\nSECTION\n2\nBLOCKS\n");
    for (int i = 0; i < 12; i++) {
        im_buf_printf(&dxf, "0\nBLOCK\n8\n0\n2\nB%d\n70\n0\n10\n0\n20\n0\n", i);
        for (int j = 0; i > 0 && j < 10; j++)
            im_buf_printf(&dxf, "0\nINSERT\n8\n0\n2\nB%d\n10\n%d\n20\n0\n", i - 1, j);
        im_buf_text(&dxf,
                    i ? "0\nENDBLK\n" : "0\nPOINT\n8\n0\n10\n1\n20\n1\n0\nENDBLK\n");
    }
    im_buf_text(&dxf,
                "0\nENDSEC\n0\nSECTION\n2\nENTITIES\n"
                "0\nINSERT\n8\n\xC9\xE8\xCA\xA9\n2\nB11\n10\n500000\n20\n3400000\n"
                "0\nPOLYLINE\n8\nA\n66\n1\n70\n1\n0\nVERTEX\n8\nA\n10\n0\n20\n0\n"
                "0\nVERTEX\n8\nA\n10\n9\n20\n0\n0\nVERTEX\n8\nA\n10\n9\n20\n9\n"
                "0\nSEQEND\n0\nENDSEC\n0\nEOF\n");
    struct source *source = rows_open(scratch_write("blocks.dxf", dxf.data, dxf.len));
    struct source_row row;

    im_buf_release(&dxf);
    assert_string_equal(source_encoding(source), "GB18030 (found)");
    assert_true(rows_next(source, &row));
    assert_string_equal(rows_text(source, &row, "Layer"), "设施");
    assert_int_equal(row.geom.kind, GEOM_POINT);
    near(&row, 500000, 3400000, 1e-6);
    assert_true(rows_next(source, &row));
    assert_int_equal(row.geom.kind, GEOM_AREA); /* a closed polyline */
    assert_false(rows_next(source, &row));
    source_close(source);
}

/* ---- what is broken ---- */

TEST(what_is_cut_off_is_refused)
{
    static const struct {
        const char *path;
        const char *name;
    } FILES[] = {{MESSY "06_科创飞地.kml", "cut.kml"},
                 {MESSY "09_两层两坐标系.gpkg", "cut.gpkg"},
                 {MESSY "10_设施_纬经顺序.gml", "cut.gml"},
                 {MESSY "11_园区轮廓_EPSG4549.dxf", "cut.dxf"}};
    static const double SHARES[] = {0.3, 0.5, 0.8};

    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
        for (size_t j = 0; j < 3; j++) {
            const char *path = rows_cut(FILES[i].path, FILES[i].name, SHARES[j]);
            struct source *source = NULL;
            struct source_row row;
            struct im_error err = {0};
            bool more = true;
            enum im_code rc = source_open(path, NULL, &source, &err);

            while (!rc && more)
                rc = source_next(source, &row, &more, &err);
            if (rc == IM_OK)
                fail_msg("%s, %.1f of it, was taken for whole", FILES[i].name,
                         SHARES[j]);
            assert_int_equal(rc, IM_EDATA);
            assert_true(err.msg_zh[0]);
            source_close(source);
        }
}

static const char *
copy_of(const char *folder, const char *stem, const char *ending, double share)
{
    char from[512], name[64];

    snprintf(from, sizeof from, "%s%s/%s.%s", MESSY, folder, stem, ending);
    snprintf(name, sizeof name, "%s.%s", stem, ending);
    return rows_cut(from, name, share);
}

TEST(a_shapefile_that_is_not_whole_names_what_is_missing)
{
    const char *folder = "05_设施_EPSG4528_带号40_缺prj和cpg", *stem = "facilities";
    const char *shp = copy_of(folder, stem, "shp", 1);

    rows_refused(shp, IM_EDATA, "the .shx of");
    copy_of(folder, stem, "shx", 1);
    rows_refused(shp, IM_EDATA, "the .dbf of");
    copy_of(folder, stem, "dbf", 0.5);
    rows_refused(shp, IM_EDATA, "the .dbf of 'facilities.shp' is cut off");
    copy_of(folder, stem, "dbf", 1);
    copy_of(folder, stem, "shp", 0.5);
    rows_refused(shp, IM_EDATA, "the .shp of 'facilities.shp' is cut off");
    copy_of(folder, stem, "shp", 1);
    struct source *source = rows_open(shp);
    all_points(source, 54);
    source_close(source);
}

TEST(a_mapinfo_table_that_is_not_whole_or_points_elsewhere_is_refused)
{
    const char *folder = "08_孵化器_MapInfo", *stem = "incubators_zj";
    const char *tab = copy_of(folder, stem, "tab", 1);

    rows_refused(tab, IM_EDATA, ".tab, .dat, .map and .id together");
    rows_refused(scratch_text("s.tab",
                              "!table\n!version 300\nDefinition Table\n Type NATIVE\n"
                              "begin_metadata\n\"\\IsSeamless\" = \"TRUE\"\n"),
                 IM_EDATA, "only points to other tables");
    rows_refused(
        scratch_text("l.tab", "!table\n!version 300\nDefinition Table\n Type LINKED\n"),
        IM_EDATA, "only points to other tables");
}

TEST(a_wrong_declaration_loses_against_all_the_bytes)
{
    const char *folder = "05_设施_EPSG4528_带号40_缺prj和cpg", *stem = "facilities";
    struct source_row row;

    for (int i = 0; i < 2; i++) {
        const char *shp = copy_of(folder, stem, "shp", 1);

        copy_of(folder, stem, "shx", 1);
        copy_of(folder, stem, "dbf", 1);
        scratch_text("facilities.cpg", i ? "ISO-8859-1" : "UTF-8");
        struct source *source = rows_open(shp);
        assert_string_equal(source_encoding(source), "GB18030 (found)");
        assert_true(rows_next(source, &row));
        assert_string_equal(rows_text(source, &row, "城市"), "上海市");
        source_close(source);
    }
    unlink(scratch_path("facilities.cpg"));
}

/* One cell of the .dbf made half a character: that row only, and nothing of the cell.
 */
TEST(a_cell_with_half_a_character_is_a_fault_of_its_row)
{
    const char *folder = "05_设施_EPSG4528_带号40_缺prj和cpg", *stem = "facilities";
    const char *shp = copy_of(folder, stem, "shp", 1);
    struct source_row row;
    uint8_t head[12];

    copy_of(folder, stem, "shx", 1);
    FILE *dbf = fopen(copy_of(folder, stem, "dbf", 1), "r+b");
    assert_int_equal(fread(head, 1, sizeof head, dbf), sizeof head);
    long first = head[8] | head[9] << 8, length = head[10] | head[11] << 8;
    fseek(dbf, first + 2 * length + 1 + 1, SEEK_SET); /* row 3, its second byte */
    fwrite("\xFF", 1, 1, dbf);
    fclose(dbf);
    struct source *source = rows_open(shp);
    assert_true(rows_next(source, &row) && rows_next(source, &row));
    assert_null(row.fault.code);
    assert_true(rows_next(source, &row));
    assert_string_equal(row.fault.code, "bad_encoding");
    assert_string_equal(row.fault_field, "名称");
    assert_int_equal(row.cells[0].kind, SOURCE_NULL);
    assert_int_equal(rows_count(source).faults, 0);
    source_close(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shapefile_is_read_by_its_cpg),
        cmocka_unit_test(
            a_shapefile_without_cpg_prj_and_language_byte_is_read_by_its_bytes),
        cmocka_unit_test(kml_folders_are_one_source_and_html_is_text),
        cmocka_unit_test(mapinfo_tables_are_read_in_gbk),
        cmocka_unit_test(layers_of_a_geopackage_are_listed_with_kind_and_rows),
        cmocka_unit_test(gml_with_latitude_first_comes_out_longitude_first),
        cmocka_unit_test(outlines_of_a_drawing_are_areas_with_their_cad_layer),
        cmocka_unit_test(databases_and_binary_formats_are_read_with_their_types),
        cmocka_unit_test(curves_become_lines_and_say_so),
        cmocka_unit_test(parts_of_one_kind_are_one_geometry_and_kinds_are_not_mixed),
        cmocka_unit_test(waypoints_or_tracks_of_gpx_are_one_source_but_not_both),
        cmocka_unit_test(gml_of_a_projected_system_by_urn_has_east_first),
        cmocka_unit_test(kml_in_gbk_is_made_utf8_first),
        cmocka_unit_test(columns_of_xml_in_gbk_have_chinese_names),
        cmocka_unit_test(kml_in_utf16_is_read),
        cmocka_unit_test(a_web_page_in_a_description_makes_no_web_page),
        cmocka_unit_test(links_to_other_files_are_told),
        cmocka_unit_test(json_of_arcgis_is_read_in_its_own_system),
        cmocka_unit_test(blocks_of_a_drawing_are_points_and_do_not_multiply),
        cmocka_unit_test(what_is_cut_off_is_refused),
        cmocka_unit_test(a_shapefile_that_is_not_whole_names_what_is_missing),
        cmocka_unit_test(
            a_mapinfo_table_that_is_not_whole_or_points_elsewhere_is_refused),
        cmocka_unit_test(a_wrong_declaration_loses_against_all_the_bytes),
        cmocka_unit_test(a_cell_with_half_a_character_is_a_fault_of_its_row),
    };

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
