/* SPDX-License-Identifier: Apache-2.0 */
#include "made.h"

#include <tiles/tile.h>

static const struct import_options OPTIONS = {.layer_id = "my_places", .create = true};

/* A collection of points with these properties, one row after the other. */
static const char *points_of(const char *const *properties)
{
    static unsigned number;
    struct im_buf text = {.max = 8 << 20};
    char name[32];

    im_buf_text(&text, "{\"type\":\"FeatureCollection\",\"features\":[");
    for (size_t i = 0; properties[i]; i++)
        im_buf_printf(&text,
                      "%s{\"type\":\"Feature\",\"properties\":{%s},\"geometry\":"
                      "{\"type\":\"Point\",\"coordinates\":[121.%03zu,31.2]}}",
                      i ? "," : "", properties[i], i);
    im_buf_text(&text, "]}");
    assert_false(text.failed);
    snprintf(name, sizeof name, "points%u.geojson", number++);
    const char *path = scratch_write(name, text.data, text.len);
    im_buf_release(&text);
    return path;
}

static const char *shape_file(const char *name, const char *geometries)
{
    struct im_buf text = {.max = 1 << 16};

    im_buf_text(&text, "{\"type\":\"FeatureCollection\",\"features\":[");
    im_buf_text(&text, geometries);
    im_buf_text(&text, "]}");
    im_buf_byte(&text, '\0');
    const char *path = scratch_text(name, (const char *)text.data);
    im_buf_release(&text);
    return path;
}

static void assert_drawn(const struct made *m)
{
    struct im_error err = {0};

    if (style_check(m->style, &err) != IM_OK)
        fail_msg("%s in %.*s", err.msg, (int)m->style.len, m->style.data);
}

TEST(common_headings_get_the_names_that_other_layers_have)
{
    static const char *const rows[] = {
        "\"uid\":\"A1\",\"名称\":\"甲园\",\"城市\":\"苏州市\",\"成立年份\":\"2012年\","
        "\"详细地址\":\"人民路1号\",\"面积(亩)\":1500,\"楼层数\":3",
        "\"uid\":\"A2\",\"名称\":\"乙园\",\"城市\":\"上海市\",\"成立年份\":\"2015\","
        "\"详细地址\":\"人民路2号\",\"面积(亩)\":30.5,\"楼层数\":12",
        NULL};
    struct made m = made_of(points_of(rows), &OPTIONS);

    assert_string_equal(made_title(&m, "name_zh"), "名称");
    assert_string_equal(made_title(&m, "city"), "城市");
    assert_string_equal(made_title(&m, "address"), "详细地址");
    assert_int_equal(made_field(&m, "established_year")->type, FIELD_INTEGER);
    assert_int_equal(made_field(&m, "area_km2")->type, FIELD_REAL);
    assert_string_equal(made_field(&m, "area_km2")->unit, "km2");
    assert_string_equal(m.schema->fields[m.schema->key].name, "uid");
    assert_string_equal(m.schema->fields[m.schema->roles.name_zh].name, "name_zh");
    assert_string_equal(m.schema->fields[m.schema->roles.city].name, "city");
    const struct schema_field *own = &m.schema->fields[6];
    assert_string_equal(own->title.zh, "楼层数");
    assert_string_equal(own->name, "field_7");
    assert_int_equal(own->type, FIELD_INTEGER);
    assert_false(m.schema->is_internal);
    assert_true(m.schema->in_map);
    assert_true(m.schema->names_places);
    made_release(&m);
}

TEST(numbers_are_numbers_only_when_all_values_are)
{
    static const char *const rows[] = {
        "\"code\":\"007\",\"whole\":1,\"part\":1,\"mixed\":\"1\",\"long\":"
        "\"91310000123456789\"",
        "\"code\":\"310115\",\"whole\":-2,\"part\":1.5,\"mixed\":\"约3\",\"long\":"
        "\"1\"",
        "\"code\":\"310115\",\"whole\":null,\"part\":2,\"mixed\":\"2\",\"long\":\"2\"",
        NULL};
    struct made m = made_of(points_of(rows), &OPTIONS);

    assert_int_equal(made_field(&m, "code")->type, FIELD_TEXT);
    assert_int_equal(made_field(&m, "whole")->type, FIELD_INTEGER);
    assert_int_equal(made_field(&m, "part")->type, FIELD_REAL);
    assert_int_equal(made_field(&m, "mixed")->type, FIELD_TEXT);
    assert_int_equal(made_field(&m, "long")->type, FIELD_TEXT);
    made_release(&m);
}

TEST(a_heading_that_promises_what_the_values_are_not_is_a_field_of_its_own)
{
    static const char *const rows[] = {
        "\"name\":\"甲\",\"面积\":\"面议\",\"成立年份\":\"筹建中\",\"precision\":"
        "\"高\"",
        "\"name\":\"乙\",\"面积\":\"5平方公里\",\"成立年份\":\"2012\",\"precision\":"
        "\"高\"",
        NULL};
    struct made m = made_of(points_of(rows), &OPTIONS);

    assert_false(made_has(&m, "area_km2"));
    assert_false(made_has(&m, "established_year"));
    assert_string_equal(made_title(&m, "field_2"), "面积");
    assert_int_equal(made_field(&m, "field_2")->type, FIELD_TEXT);
    assert_string_equal(made_title(&m, "file_precision"), "precision");
    /* the precision of positions is another one */
    assert_int_equal(made_field(&m, "precision")->n_codes, 5);
    made_release(&m);
}

TEST(few_values_that_repeat_become_a_code_list_with_the_values_as_titles)
{
    char texts[24][160];
    const char *rows[25] = {NULL};
    static const char *const kinds[] = {"科技园", "产业园", "孵化器"};
    static const char *const levels[] = {"国家级", "市级"};

    for (size_t i = 0; i < 24; i++) {
        snprintf(texts[i], sizeof texts[i],
                 "\"名称\":\"园%zu\",\"类型\":\"%s\",\"级别\":\"%s\",\"备注\":\"无事\"",
                 i, kinds[i % 3], levels[i % 2]);
        rows[i] = texts[i];
    }
    struct made m = made_of(points_of(rows), &OPTIONS);
    struct made again = made_of(points_of(rows), &OPTIONS);
    const struct schema_field *kind = made_field(&m, "category");
    assert_int_equal(kind->n_codes, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(kind->codes[i].title.zh, kinds[i]);
        assert_true(schema_field_name_valid(im_bytes_of(kind->codes[i].code)));
        assert_string_equal(kind->codes[i].code,
                            made_field(&again, "category")->codes[i].code);
    }
    const struct schema_field *level = made_field(&m, "level");
    assert_string_equal(level->codes[0].code, "national");
    assert_string_equal(level->codes[0].title.en, "National");
    assert_int_equal(made_field(&m, "note")->n_codes, 0); /* nobody expects a list */
    made_release(&m);
    made_release(&again);
}

TEST(many_or_long_or_joined_values_are_no_code_list)
{
    char texts[60][160];
    const char *rows[61] = {NULL};

    for (size_t i = 0; i < 60; i++) {
        snprintf(texts[i], sizeof texts[i],
                 "\"名称\":\"园%zu\",\"类型\":\"类%zu\",\"级别\":\"%s\"", i, i % 20,
                 i % 2 ? "国家级、市级" : "市级");
        rows[i] = texts[i];
    }
    struct made m = made_of(points_of(rows), &OPTIONS);

    assert_int_equal(made_field(&m, "category")->n_codes, 0);
    assert_int_equal(made_field(&m, "level")->n_codes, 0);
    made_release(&m);
}

TEST(a_column_that_is_not_unique_is_no_key)
{
    static const char *const rows[] = {"\"id\":\"1\",\"名称\":\"甲\"",
                                       "\"id\":\"1\",\"名称\":\"乙\"",
                                       "\"id\":\"2\",\"名称\":\"丙\"", NULL};
    struct made m = made_of(points_of(rows), &OPTIONS);

    /* it must not take the name of the column, or the column would be the key */
    assert_string_equal(m.schema->fields[m.schema->key].name, "key_id");
    assert_string_equal(made_title(&m, "file_id"), "id");
    made_release(&m);
}

TEST(rows_of_one_name_are_told_apart_by_their_position)
{
    static const char *const rows[] = {"\"名称\":\"人民广场站\",\"城市\":\"上海市\"",
                                       "\"名称\":\"人民广场站\",\"城市\":\"上海市\"",
                                       NULL};
    static const char *const others[] = {"\"名称\":\"甲站\",\"城市\":\"上海市\"",
                                         "\"名称\":\"乙站\",\"城市\":\"上海市\"", NULL};
    struct made m = made_of(points_of(rows), &OPTIONS);
    struct made different = made_of(points_of(others), &OPTIONS);

    assert_int_equal(m.schema->roles.city, SCHEMA_NO_FIELD);
    assert_true(made_has(&m, "city"));
    assert_int_not_equal(different.schema->roles.city, SCHEMA_NO_FIELD);
    made_release(&m);
    made_release(&different);
}

TEST(one_mistake_among_many_does_not_take_the_key)
{
    char texts[100][64];
    const char *rows[101] = {NULL};

    for (size_t i = 0; i < 100; i++) {
        snprintf(texts[i], sizeof texts[i], "\"编号\":\"P%zu\",\"名称\":\"园%zu\"",
                 i == 50 ? 49 : i, i);
        rows[i] = texts[i];
    }
    struct made m = made_of(points_of(rows), &OPTIONS);
    assert_string_equal(m.schema->fields[m.schema->key].title.zh, "编号");
    made_release(&m);
}

TEST(running_numbers_are_neither_key_nor_field)
{
    static const char *const rows[] = {"\"序号\":1,\"名称\":\"甲\"",
                                       "\"序号\":2,\"名称\":\"乙\"", NULL};
    struct made m = made_of(points_of(rows), &OPTIONS);

    assert_string_equal(m.schema->fields[m.schema->key].name, "id");
    for (size_t f = 0; f < m.schema->n_fields; f++)
        assert_string_not_equal(m.schema->fields[f].title.zh, "序号");
    made_release(&m);
}

TEST(columns_of_persons_stay_outside_unless_asked_for)
{
    static const char *const rows[] = {
        "\"名称\":\"甲\",\"联系人\":\"某某\",\"mobile\":\"1\",\"a\":\"13800000000\"",
        "\"名称\":\"乙\",\"联系人\":\"某某\",\"mobile\":\"2\",\"a\":\"13900000001\"",
        NULL};
    struct import_options keep = OPTIONS;
    const char *path = points_of(rows);

    keep.keep_personal = true;
    struct made m = made_of(path, &OPTIONS);
    struct made kept = made_of(path, &keep);
    assert_false(made_has(&m, "mobile"));
    assert_false(made_has(&m, "a"));
    assert_null(memmem(m.definition.data, m.definition.len, "联系人", 9));
    assert_true(made_has(&kept, "mobile"));
    assert_non_null(memmem(kept.definition.data, kept.definition.len, "联系人", 9));
    made_release(&m);
    made_release(&kept);
}

TEST(the_geometry_is_what_all_rows_have)
{
#define FEATURE(g)                                                                     \
    "{\"type\":\"Feature\",\"properties\":{\"n\":\"甲\"},\"geometry\":" g "}"
#define LINE FEATURE("{\"type\":\"LineString\",\"coordinates\":[[121,31],[121.1,31]]}")
#define AREA                                                                           \
    FEATURE(                                                                           \
        "{\"type\":\"Polygon\",\"coordinates\":[[[121,31],[121.1,31],[121.1,31.1],"    \
        "[121,31]]]}")
#define POINT FEATURE("{\"type\":\"Point\",\"coordinates\":[121,31]}")
#define POINTS FEATURE("{\"type\":\"MultiPoint\",\"coordinates\":[[121,31],[122,31]]}")
    static const struct {
        const char *features;
        enum schema_geometry geometry;
        enum schema_group group;
    } cases[] = {{POINT, SCHEMA_POINT, SCHEMA_PLACES},
                 {LINE "," LINE, SCHEMA_LINE, SCHEMA_LINKS},
                 {AREA, SCHEMA_AREA, SCHEMA_AREAS},
                 {AREA "," POINT, SCHEMA_MIXED, SCHEMA_PLACES},
                 {POINTS, SCHEMA_MIXED, SCHEMA_PLACES}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m =
            made_of(shape_file("shapes.geojson", cases[i].features), &OPTIONS);

        assert_int_equal(m.schema->geometry, cases[i].geometry);
        assert_int_equal(m.schema->group, cases[i].group);
        assert_drawn(&m);
        made_release(&m);
    }
}

TEST(columns_of_positions_are_no_fields)
{
    static const struct {
        const char *text;
        enum schema_geometry geometry;
    } cases[] = {
        {"名称,经度,纬度,坐标系\n甲,121.5,31.2,GCJ-02\n乙,121.6,31.3,GCJ-02\n",
         SCHEMA_POINT},
        {"名称;坐标\n甲;121.5,31.2\n乙;121.6，31.3\n", SCHEMA_POINT},
        {"名称,WKT\n甲,\"POLYGON((121 31,122 31,122 32,121 31))\"\n", SCHEMA_AREA},
        {"名称,WKT\n甲,\"LINESTRING(121 31,122 31)\"\n", SCHEMA_LINE},
        {"名称,地址\n甲,上海市浦东新区张江路1号\n", SCHEMA_POINT},
        {"指标,年份,数值\nGDP,2024,1.5\n人口,2024,2\n", SCHEMA_NONE}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m = made_of(scratch_text("list.csv", cases[i].text), &OPTIONS);

        assert_int_equal(m.schema->geometry, cases[i].geometry);
        assert_drawn(&m);
        for (size_t f = 0; f < m.schema->n_fields; f++) {
            const char *title = m.schema->fields[f].title.zh;

            assert_null(strstr("经度 纬度 坐标系 坐标 WKT", title));
        }
        made_release(&m);
    }
}

TEST(a_long_without_a_lat_is_a_length)
{
    struct made m = made_of(
        scratch_text("bridges.csv", "name,address,long\n甲桥,人民路,120\n"), &OPTIONS);

    assert_int_equal(made_field(&m, "long")->type, FIELD_INTEGER);
    made_release(&m);
}

TEST(what_a_person_says_of_a_column_goes_before_its_heading)
{
    static const char *const map[] = {"lon=东", "lat=北", "name_zh=企业", "staff=人",
                                      NULL};
    struct import_options options = OPTIONS;

    options.map = map;
    struct made m = made_of(
        scratch_text("said.csv", "企业,东,北,人\n甲,121.5,31.2,30\n乙,121.6,31.3,4\n"),
        &options);
    assert_int_equal(m.schema->geometry, SCHEMA_POINT);
    assert_string_equal(made_title(&m, "name_zh"), "企业");
    assert_string_equal(made_title(&m, "staff"), "人");
    assert_int_equal(made_field(&m, "staff")->type, FIELD_INTEGER);
    for (size_t f = 0; f < m.schema->n_fields; f++)
        assert_string_not_equal(m.schema->fields[f].title.zh, "东");
    made_release(&m);
}

TEST(a_list_of_an_office_loses_its_titles_notes_and_running_numbers)
{
    struct made m = made_of(
        TEST_SOURCE_DIR "/tests/data/messy/01_孵化器名单_无坐标.xlsx", &OPTIONS);

    assert_string_equal(m.schema->title.zh, "孵化器名单_无坐标");
    assert_int_equal(m.schema->geometry, SCHEMA_POINT);
    assert_string_equal(made_title(&m, "name_zh"), "孵化器名称");
    assert_string_equal(made_title(&m, "city"), "所在市");
    assert_true(made_has(&m, "precision"));
    assert_int_not_equal(m.schema->roles.city, SCHEMA_NO_FIELD);
    assert_null(memmem(m.definition.data, m.definition.len, "序号", 6));
    made_release(&m);
}

TEST(two_layers_of_one_file_make_two_layers)
{
    const char *path = TEST_SOURCE_DIR "/tests/data/messy/09_两层两坐标系.gpkg";
    struct import_options options = OPTIONS;

    options.source_layer = "孵化器_点";
    struct made m = made_of(path, &options);
    assert_int_equal(m.schema->geometry, SCHEMA_POINT);
    assert_string_equal(m.schema->fields[m.schema->key].name, "uid");
    assert_string_equal(m.schema->title.zh, "孵化器_点");
    assert_string_equal(m.schema->title.en, "My places");
    assert_string_equal(made_field(&m, "level")->codes[0].title.zh, "国家级");
    assert_drawn(&m);
    made_release(&m);
    options.source_layer = "园区示意范围_面";
    m = made_of(path, &options);
    assert_int_equal(m.schema->geometry, SCHEMA_AREA);
    assert_drawn(&m);
    made_release(&m);
}

TEST(a_drawing_keeps_what_its_layers_are_called)
{
    struct import_options options = OPTIONS;

    options.title = "园区轮廓";
    struct made m =
        made_of(TEST_SOURCE_DIR "/tests/data/messy/11_园区轮廓_EPSG4549.dxf", &options);
    assert_int_equal(m.schema->geometry, SCHEMA_AREA);
    assert_string_equal(m.schema->title.zh, "园区轮廓");
    assert_string_equal(m.schema->fields[m.schema->key].title.zh, "EntityHandle");
    assert_string_equal(m.schema->fields[m.schema->roles.name_zh].title.zh, "Layer");
    assert_false(made_has(&m, "subclasses"));
    assert_drawn(&m);
    made_release(&m);
}

TEST(hostile_headings_make_a_sound_definition)
{
    static const char *const rows[] = {
        "\"\":\"a\",\"<b>\":\"x\",\"fid\":\"1\",\"geom\":\"2\",\"layer\":\"3\","
        "\"id\":\"\",\"Select * From\":\"y\",\"名\\u0000称\":\"z\",\"distance_m\":4,"
        "\"A-b\":1,\"a b\":2,\"\\\"\\\\\":5,\"1st\":\"w\"",
        NULL};
    struct made m = made_of(points_of(rows), &OPTIONS);

    assert_drawn(&m);
    assert_true(made_has(&m, "file_layer"));
    assert_true(made_has(&m, "a_b"));
    assert_true(made_has(&m, "a_b_2"));
    made_release(&m);
}

TEST(thousands_of_columns_are_cut_to_what_a_layer_can_hold)
{
    struct im_buf row = {.max = 4 << 20};

    for (unsigned i = 0; i < 4000; i++)
        im_buf_printf(&row, "%s\"c%u\":%u", i ? "," : "", i, i);
    im_buf_byte(&row, '\0');
    const char *rows[] = {(const char *)row.data, NULL};
    struct made m = made_of(points_of(rows), &OPTIONS);
    assert_in_range(m.schema->n_fields, 200, SCHEMA_MAX_FIELDS);
    made_release(&m);
    im_buf_release(&row);
}

TEST(an_id_that_no_layer_can_have_is_refused_with_what_is_allowed)
{
    static const char *const rows[] = {"\"n\":\"甲\"", NULL};
    static const char *const ids[] = {"园区", "Map", "map", "a b", "", "sqlite_x"};
    const char *path = points_of(rows);

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct import_options options = {.layer_id = ids[i]};
        struct im_error err = {0};
        struct made m;

        assert_int_equal(made_try(&m, path, &options, &err), IM_EARG);
        assert_non_null(strstr(err.msg, "my_places"));
        assert_non_null(strstr(err.msg_zh, "保留名"));
        made_release(&m);
    }
}

TEST(a_file_without_rows_makes_no_layer)
{
    struct im_error err = {0};
    struct made m;

    assert_int_equal(made_try(&m, shape_file("none.geojson", ""), &OPTIONS, &err),
                     IM_EDATA);
    assert_non_null(strstr(err.msg, "none.geojson"));
    made_release(&m);
}

static struct made made_of_points(int n, bool no_clusters)
{
    struct import_options options = OPTIONS;
    struct im_buf csv = {.max = 1 << 20};
    struct made m;

    options.no_clusters = no_clusters;
    im_buf_text(&csv, "编号,名称,级别,经度,纬度\n");
    for (int i = 0; i < n; i++)
        im_buf_printf(&csv, "A%d,第%d号,%s,%.4f,%.4f\n", i, i,
                      i % 3 ? "国家级" : "省级", 121 + i % 50 * 0.01,
                      31 + i / 50 * 0.01);
    im_buf_byte(&csv, 0);
    m = made_of(scratch_text("points.csv", (const char *)csv.data), &options);
    im_buf_release(&csv);
    return m;
}

TEST(many_points_are_drawn_as_clusters_unless_told_not_to)
{
    static const struct {
        int n;
        bool no_clusters;
        bool is_on;
    } cases[] = {{2000, false, false}, {2001, false, true}, {2001, true, false}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct made m = made_of_points(cases[i].n, cases[i].no_clusters);
        struct im_error err;

        assert_int_equal(m.schema->cluster.is_on, cases[i].is_on);
        assert_int_equal(
            strstr((const char *)m.style.data, "point_count_abbreviated") != NULL,
            cases[i].is_on);
        if (cases[i].is_on)
            assert_int_equal(m.schema->cluster.by, m.schema->roles.level);
        if (style_check(m.style, &err) != IM_OK)
            fail_msg("%s", err.msg);
        made_release(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_headings_get_the_names_that_other_layers_have),
        cmocka_unit_test(numbers_are_numbers_only_when_all_values_are),
        cmocka_unit_test(
            a_heading_that_promises_what_the_values_are_not_is_a_field_of_its_own),
        cmocka_unit_test(
            few_values_that_repeat_become_a_code_list_with_the_values_as_titles),
        cmocka_unit_test(many_or_long_or_joined_values_are_no_code_list),
        cmocka_unit_test(a_column_that_is_not_unique_is_no_key),
        cmocka_unit_test(rows_of_one_name_are_told_apart_by_their_position),
        cmocka_unit_test(one_mistake_among_many_does_not_take_the_key),
        cmocka_unit_test(running_numbers_are_neither_key_nor_field),
        cmocka_unit_test(columns_of_persons_stay_outside_unless_asked_for),
        cmocka_unit_test(the_geometry_is_what_all_rows_have),
        cmocka_unit_test(columns_of_positions_are_no_fields),
        cmocka_unit_test(a_long_without_a_lat_is_a_length),
        cmocka_unit_test(what_a_person_says_of_a_column_goes_before_its_heading),
        cmocka_unit_test(
            a_list_of_an_office_loses_its_titles_notes_and_running_numbers),
        cmocka_unit_test(two_layers_of_one_file_make_two_layers),
        cmocka_unit_test(a_drawing_keeps_what_its_layers_are_called),
        cmocka_unit_test(hostile_headings_make_a_sound_definition),
        cmocka_unit_test(thousands_of_columns_are_cut_to_what_a_layer_can_hold),
        cmocka_unit_test(an_id_that_no_layer_can_have_is_refused_with_what_is_allowed),
        cmocka_unit_test(many_points_are_drawn_as_clusters_unless_told_not_to),
        cmocka_unit_test(a_file_without_rows_makes_no_layer)};

    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
