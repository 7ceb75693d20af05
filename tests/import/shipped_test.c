/* SPDX-License-Identifier: Apache-2.0 */
/* Proves import/shipped.c and derive.c: layer folders, and layers made from others. */
#include <test.h>

#include <import/import.h>
#include <layers/sql.h>

#include "layers/fixture.h"
#include <scratch.h>

#include <gdal.h>
#include <ogr_api.h>
#include <sys/stat.h>

#define TEXT_FIELD(name)                                                               \
    "{\"name\":\"" name "\",\"title\":{\"zh\":\"" name "\",\"en\":\"" name             \
    "\"},\"type\":\"text\"}"
#define ID_FIELD                                                                       \
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\",\"en\":\"ID\"},\"type\":\"text\","  \
    "\"required\":true}"

struct notes {
    int n;
    int n_changed;
    int n_refused;
    char order[1000];
    char why[400];
};

static void take_note(void *ctx, const struct import_shipped_note *n)
{
    struct notes *notes = ctx;
    size_t used = strlen(notes->order);

    notes->n++;
    snprintf(notes->order + used, sizeof notes->order - used, "%s ", n->layer_id);
    if (n->report && (n->report->counts.added || n->report->counts.changed ||
                      n->report->counts.gone))
        notes->n_changed++;
    if (!n->report || n->report->counts.refused)
        notes->n_refused++;
    if (*n->why_en)
        snprintf(notes->why, sizeof notes->why, "%s", n->why_en);
}

static void write_folder(const char *id,
                         const char *definition,
                         const char *file,
                         const char *facts)
{
    char name[100];

    snprintf(name, sizeof name, "layers/%s", id);
    mkdir(scratch_path("layers"), 0755);
    mkdir(scratch_path(name), 0755);
    snprintf(name, sizeof name, "layers/%s/layer.json", id);
    scratch_text(name, definition);
    snprintf(name, sizeof name, "layers/%s/style.json", id);
    scratch_text(name, "{\"layers\":[]}");
    if (file) {
        snprintf(name, sizeof name, "layers/%s/%s", id, file);
        scratch_text(name, facts);
    }
}

#define WITH_ADCODE(definition_text)                                                   \
    with_role(definition_text, "\"roles\":{\"adcode\":\"adcode\"},")

/* The definition with another member in front of its fields. */
static const char *with_role(const char *definition, const char *member)
{
    static char text[5000];
    const char *at = strstr(definition, "\"fields\"");

    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - definition), definition, member,
             at);
    return text;
}

static void write_divisions(double seat_lon)
{
    char csv[400];

    snprintf(csv, sizeof csv,
             "id,adcode,precision,lon,lat\nD1,310118,district,%.3f,31.15\n"
             "D2,330421,district,120.92,30.84\nD3,330800,city,118.87,28.94\n",
             seat_lon);
    write_folder(
        "divisions",
        with_role(fixture_definition(
                      "divisions", "point", "places",
                      ID_FIELD "," TEXT_FIELD("adcode") "," TEXT_FIELD("precision"),
                      "{\"file\":\"d.csv\",\"lon\":\"lon\",\"lat\":\"lat\"}"),
                  "\"roles\":{\"adcode\":\"adcode\",\"precision\":\"precision\"}"
                  ","),
        "d.csv", csv);
}

static void write_outlines(void)
{
    static const char areas[] =
        "{\"type\":\"FeatureCollection\",\"features\":["
        "{\"type\":\"Feature\",\"properties\":{\"id\":\"A1\",\"adcode\":\"310118\"},"
        "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[121,31],[121.2,31],"
        "[121.2,31.2],[121,31]]]}},"
        "{\"type\":\"Feature\",\"properties\":{\"id\":\"A2\",\"adcode\":\"310118\"},"
        "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[121.5,31],[121.6,31],"
        "[121.6,31.1],[121.5,31]]]}}]}";

    write_folder("outlines",
                 WITH_ADCODE(fixture_definition("outlines", "area", "areas",
                                                ID_FIELD "," TEXT_FIELD("adcode"),
                                                "{\"file\":\"o.geojson\"}")),
                 "o.geojson", areas);
}

static void write_zone(void)
{
    write_folder(
        "zone",
        with_role(fixture_definition("zone", "mixed", "areas",
                                     ID_FIELD "," TEXT_FIELD("adcode") "," TEXT_FIELD(
                                         "precision") "," TEXT_FIELD("shown_as"),
                                     "{\"derive\":\"areas_by_code\",\"file\":\"z.csv\","
                                     "\"code\":\"adcode\",\"areas\":\"outlines\","
                                     "\"points\":\"divisions\"}"),
                  "\"roles\":{\"adcode\":\"adcode\",\"precision\":\"precision\"},"),
        "z.csv", "id,adcode\nZ1,310118\nZ2,330421\nZ3,999999\n");
}

static void write_links(void)
{
    write_folder("links",
                 fixture_definition("links", "line", "links",
                                    ID_FIELD "," TEXT_FIELD("name"),
                                    "{\"derive\":\"arcs\",\"from\":\"enclaves\","
                                    "\"origin\":\"origin\",\"points\":\"divisions\"}"),
                 NULL, NULL);
    write_folder(
        "enclaves",
        fixture_definition("enclaves", "point", "places",
                           ID_FIELD "," TEXT_FIELD("name") "," TEXT_FIELD("origin"),
                           "{\"file\":\"e.csv\",\"lon\":\"lon\",\"lat\":\"lat\"}"),
        "e.csv",
        "id,name,origin,lon,lat\nE1,衢州海创园,330800,119.999,30.277\n"
        "E2,无起点,999999,121,31\nE3,无位置,330800,,\n");
}

struct bench {
    struct store *store;
    struct notes notes;
    struct im_error err;
};

static void setup_bench(struct bench *b)
{
    static int n;
    char name[32];

    snprintf(name, sizeof name, "bench%d.db", n++);
    *b = (struct bench){0};
    if (store_open(scratch_path(name), STORE_CREATE, &b->store, &b->err))
        fail_msg("%s", b->err.msg);
    write_divisions(121.1);
    write_outlines();
    write_zone();
    write_links();
}

static enum im_code ship(struct bench *b)
{
    b->notes = (struct notes){0};
    return import_shipped(b->store, scratch_path("layers"), NULL, take_note, &b->notes,
                          &b->err);
}

static uint64_t version(struct bench *b)
{
    uint64_t v = 0;

    assert_int_equal(store_data_version(b->store, &v, &b->err), IM_OK);
    return v;
}

TEST(folders_come_in_order_and_made_layers_last)
{
    struct bench b;

    setup_bench(&b);
    assert_int_equal(ship(&b), IM_OK);
    assert_string_equal(b.notes.order, "divisions enclaves outlines links zone ");
    assert_int_equal(b.notes.n_refused, 0);
    assert_int_equal(b.notes.n_changed, 5);
    store_close(b.store);
}

TEST(a_second_run_changes_nothing)
{
    struct bench b;

    setup_bench(&b);
    assert_int_equal(ship(&b), IM_OK);
    uint64_t before = version(&b);
    int64_t runs = fixture_number(b.store, "SELECT count(*) FROM innomap_runs");
    assert_int_equal(ship(&b), IM_OK);
    assert_int_equal(b.notes.n, 5);
    assert_int_equal(b.notes.n_changed, 0);
    assert_int_equal(version(&b), before);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM innomap_runs"),
                     runs);
    store_close(b.store);
}

TEST(areas_take_all_outlines_of_their_code_else_the_seat)
{
    struct bench b;

    setup_bench(&b);
    assert_int_equal(ship(&b), IM_OK);
    assert_int_equal(
        fixture_number(b.store,
                       "SELECT count(*) FROM zone WHERE id = 'Z1' AND shown_as = "
                       "'area' AND precision IS NULL AND "
                       "ST_NumGeometries(geom) = 2"),
        1);
    assert_int_equal(
        fixture_number(b.store,
                       "SELECT count(*) FROM zone WHERE id = 'Z2' AND shown_as = "
                       "'place' AND precision = 'district' AND ST_X(geom) = "
                       "120.92"),
        1);
    assert_int_equal(
        fixture_number(b.store,
                       "SELECT count(*) FROM zone WHERE id = 'Z3' AND geom IS NULL"),
        1);
    store_close(b.store);
}

/* The districts may be built later than the rest: the seat's worth must go then. */
TEST(a_seat_that_becomes_an_outline_loses_its_precision)
{
    struct bench b;
    struct im_arena *arena = im_arena_new(1 << 26);
    struct import_report report = {.log = NULL};

    setup_bench(&b);
    assert_int_equal(ship(&b), IM_OK);
    assert_int_equal(fixture_number(b.store,
                                    "SELECT count(*) FROM zone WHERE id = 'Z2' AND "
                                    "shown_as = 'place' AND precision = 'district'"),
                     1);
    assert_int_equal(
        import_file(
            b.store,
            scratch_text("more.geojson",
                         "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":"
                         "\"Feature\",\"properties\":{\"id\":\"A3\",\"adcode\":"
                         "\"330421\"},\"geometry\":{\"type\":\"Polygon\","
                         "\"coordinates\":[[[120.9,30.8],[121,30.8],[121,30.9],"
                         "[120.9,30.8]]]}}]}"),
            &(struct import_options){.layer_id = "outlines"}, arena, &report, &b.err),
        IM_OK);
    assert_int_equal(fixture_number(b.store,
                                    "SELECT count(*) FROM zone WHERE id = 'Z2' AND "
                                    "shown_as = 'area' AND precision IS NULL AND "
                                    "ST_Area(geom) > 0"),
                     1);
    import_report_release(&report);
    im_arena_free(arena);
    store_close(b.store);
}

TEST(an_arc_runs_from_the_seat_of_the_origin_to_the_place)
{
    struct bench b;

    setup_bench(&b);
    assert_int_equal(ship(&b), IM_OK);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM links"), 1);
    assert_int_equal(
        fixture_number(
            b.store,
            "SELECT name = '衢州海创园' AND ST_NumPoints(ST_GeometryN(geom, 1)) = "
            "33 AND ST_X(ST_StartPoint(ST_GeometryN(geom, 1))) = 118.87 AND "
            "ST_Y(ST_EndPoint(ST_GeometryN(geom, 1))) = 30.277 FROM links"),
        1);
    /* it bows: longer than the chord, but not by much */
    assert_int_equal(
        fixture_number(b.store,
                       "SELECT r > 1.01 AND r < 1.3 FROM (SELECT ST_Length(geom) / "
                       "ST_Distance(ST_StartPoint(ST_GeometryN(geom, 1)), "
                       "ST_EndPoint(ST_GeometryN(geom, 1))) AS r FROM links)"),
        1);
    store_close(b.store);
}

TEST(made_layers_follow_what_they_are_made_from)
{
    struct bench b;

    setup_bench(&b);
    assert_int_equal(ship(&b), IM_OK);
    int64_t links = fixture_number(
        b.store, "SELECT version FROM innomap_layers WHERE id = 'links'");
    int64_t zone =
        fixture_number(b.store, "SELECT version FROM innomap_layers WHERE id = 'zone'");
    /* one enclave more, through the ordinary import */
    struct im_arena *arena = im_arena_new(1 << 26);
    struct import_report report = {.log = NULL};
    const char *more =
        scratch_text("more.csv", "id,name,origin,lon,lat\nE4,新,310118,120,30\n");
    assert_int_equal(import_file(b.store, more,
                                 &(struct import_options){.layer_id = "enclaves"},
                                 arena, &report, &b.err),
                     IM_OK);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM links"), 2);
    assert_int_equal(
        fixture_number(b.store,
                       "SELECT version FROM innomap_layers WHERE id = 'links'"),
        links + 1);
    assert_int_equal(
        fixture_number(b.store, "SELECT version FROM innomap_layers WHERE id = 'zone'"),
        zone);
    /* a seat moves: its arc moves with it */
    write_divisions(121.3);
    assert_int_equal(ship(&b), IM_OK);
    assert_int_equal(
        fixture_number(b.store, "SELECT ST_X(ST_StartPoint(ST_GeometryN(geom, 1))) = "
                                "121.3 FROM links WHERE id = 'E4'"),
        1);
    /* and nobody can import into arcs */
    import_report_release(&report);
    assert_int_equal(import_file(b.store, more,
                                 &(struct import_options){.layer_id = "links"}, arena,
                                 &report, &b.err),
                     IM_EDATA);
    assert_non_null(strstr(b.err.msg, "made from layer 'enclaves'"));
    import_report_release(&report);
    im_arena_free(arena);
    store_close(b.store);
}

TEST(a_made_layer_whose_facts_name_no_field_is_refused)
{
    struct bench b;

    setup_bench(&b);
    write_folder("links",
                 fixture_definition("links", "line", "links",
                                    ID_FIELD "," TEXT_FIELD("name"),
                                    "{\"derive\":\"arcs\",\"from\":\"enclaves\","
                                    "\"origin\":\"orgin\",\"points\":\"divisions\"}"),
                 NULL, NULL);
    assert_int_equal(ship(&b), IM_EDATA);
    assert_non_null(strstr(b.err.msg, "facts.origin"));
    assert_non_null(strstr(b.err.msg, "'orgin'"));
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM enclaves"), 3);
    store_close(b.store);
}

/* People's rows in a shipped layer outlive an update of the folder. */
TEST(rows_that_people_imported_stay_when_the_folder_changes)
{
    struct bench b;
    struct im_arena *arena = im_arena_new(1 << 26);
    struct import_report report = {.log = NULL};

    setup_bench(&b);
    assert_int_equal(ship(&b), IM_OK);
    assert_int_equal(
        import_file(b.store,
                    scratch_text("own.csv", "id,name,origin,lon,lat\nOWN,我的,330800,"
                                            "120,30\nE1,改名,330800,119.999,30.277\n"),
                    &(struct import_options){.layer_id = "enclaves"}, arena, &report,
                    &b.err),
        IM_OK);
    assert_int_equal(ship(&b), IM_OK);
    assert_int_equal(
        fixture_number(b.store, "SELECT count(*) FROM enclaves WHERE name = '改名'"),
        1);
    scratch_text("layers/enclaves/e.csv",
                 "id,name,origin,lon,lat\nE9,新,330800,119.9,30.2\n");
    assert_int_equal(ship(&b), IM_OK);
    assert_int_equal(
        fixture_number(b.store,
                       "SELECT count(*) FROM enclaves WHERE id IN ('OWN', 'E9')"),
        2);
    import_report_release(&report);
    im_arena_free(arena);
    store_close(b.store);
}

TEST(without_the_base_map_its_layers_are_made_and_left_empty)
{
    struct bench b;

    setup_bench(&b);
    write_folder("lakes",
                 fixture_definition("lakes", "area", "base", ID_FIELD,
                                    "{\"basemap\":\"lakes\"}"),
                 NULL, NULL);
    assert_int_equal(ship(&b), IM_OK);
    assert_non_null(strstr(b.notes.why, "no base map file"));
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM lakes"), 0);
    /* a base map that lacks the layer is no fault either */
    b.notes = (struct notes){0};
    assert_int_equal(import_shipped(b.store, scratch_path("layers"),
                                    scratch_path("layers/outlines/o.geojson"),
                                    take_note, &b.notes, &b.err),
                     IM_OK);
    assert_non_null(strstr(b.notes.why, "no such layer"));
    unlink(scratch_path("layers/lakes/layer.json"));
    store_close(b.store);
}

TEST(a_folder_that_is_refused_does_not_keep_the_others_out)
{
    struct bench b;

    setup_bench(&b);
    write_folder("lakes",
                 fixture_definition("lakes", "area", "base", ID_FIELD,
                                    "{\"file\":\"none.geojson\"}"),
                 NULL, NULL);
    assert_int_equal(ship(&b), IM_ENOTFOUND);
    assert_non_null(strstr(b.err.msg, "layer 'lakes'"));
    assert_int_equal(b.notes.n, 6);
    assert_int_equal(fixture_number(b.store, "SELECT count(*) FROM innomap_layers"), 5);
    unlink(scratch_path("layers/lakes/layer.json"));
    store_close(b.store);
}

/* The folders of the source tree, without the base map: every row is taken. */
TEST(the_shipped_layers_are_taken_whole_and_open_in_other_programs)
{
    struct store *store = NULL;
    struct notes notes = {0};
    struct im_error err = {0};
    int64_t n = 0;
    const char *path = scratch_path("shipped.db");

    assert_int_equal(store_open(path, STORE_CREATE, &store, &err), IM_OK);
    if (import_shipped(store, TEST_SOURCE_DIR "/layers", NULL, take_note, &notes, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(notes.n_refused, 0);
    assert_int_equal(
        sql_integer(store_db(store), &n, &err, "SELECT CheckSpatialIndex()"), IM_OK);
    assert_int_equal(n, 1);
    GDALAllRegister();
    GDALDatasetH set = GDALOpenEx(path, GDAL_OF_VECTOR, NULL, NULL, NULL);
    assert_non_null(set);
    OGRLayerH parks = GDALDatasetGetLayerByName(set, "parks");
    OGRLayerH links = GDALDatasetGetLayerByName(set, "enclave_links");
    assert_int_equal(OGR_L_GetGeomType(parks), wkbPoint);
    assert_int_equal(OGR_L_GetGeomType(links), wkbMultiLineString);
    assert_true(OGR_L_GetFeatureCount(parks, 1) > 200);
    assert_int_equal(OGR_L_GetFeatureCount(links, 1), 52); /* one for each enclave */
    GDALClose(set);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_come_in_order_and_made_layers_last),
        cmocka_unit_test(a_second_run_changes_nothing),
        cmocka_unit_test(areas_take_all_outlines_of_their_code_else_the_seat),
        cmocka_unit_test(a_seat_that_becomes_an_outline_loses_its_precision),
        cmocka_unit_test(an_arc_runs_from_the_seat_of_the_origin_to_the_place),
        cmocka_unit_test(made_layers_follow_what_they_are_made_from),
        cmocka_unit_test(a_made_layer_whose_facts_name_no_field_is_refused),
        cmocka_unit_test(rows_that_people_imported_stay_when_the_folder_changes),
        cmocka_unit_test(without_the_base_map_its_layers_are_made_and_left_empty),
        cmocka_unit_test(a_folder_that_is_refused_does_not_keep_the_others_out),
        cmocka_unit_test(the_shipped_layers_are_taken_whole_and_open_in_other_programs),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
