/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/atlas/schema.c and schema_id.c. */
#include <arena.h>
#include <test.h>

#include <engine/schema.h>

#include <math.h>

/* The example of ARCHITECTURE.md, "layer.json". */
static const char *const EXAMPLE =
    "{\"$comment\":\"x\",\"id\":\"incubators\","
    "\"title\":{\"zh\":\"孵化器\",\"en\":\"Incubators\"},"
    "\"synonyms\":{\"zh\":[\"科技企业孵化器\",\"众创空间\"],\"en\":[\"incubator\"]},"
    "\"geometry\":\"point\",\"key\":\"id\",\"group\":\"places\",\"order\":30,"
    "\"in_map\":true,\"names_places\":true,\"visibility\":\"public\",\"fields\":["
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\",\"en\":\"ID\"},\"type\":\"text\","
    "\"required\":true,\"tile_zoom\":0},"
    "{\"name\":\"name_zh\",\"title\":{\"zh\":\"名称\"},\"type\":\"text\",\"$comment\":"
    "1,"
    "\"synonyms\":{\"zh\":[\"单位名称\"]}},"
    "{\"name\":\"level\",\"title\":{\"zh\":\"级别\"},\"type\":\"text\",\"codes\":["
    "{\"code\":\"national\",\"title\":{\"zh\":\"国家级\",\"en\":\"National\"},"
    "\"synonyms\":{\"zh\":[\"部级\"],\"en\":[\"state\"]}}]},"
    "{\"name\":\"industry\",\"title\":{\"zh\":\"产业方向\"},\"type\":\"text\","
    "\"list\":true,\"codes\":[]},"
    "{\"name\":\"area_km2\",\"title\":{\"zh\":\"面积\"},\"type\":\"real\","
    "\"unit\":\"km2\",\"min\":0},"
    "{\"name\":\"rank\",\"title\":{\"zh\":\"重要性\"},\"type\":\"real\",\"hidden\":"
    "true}],"
    "\"roles\":{\"name_zh\":\"name_zh\",\"level\":\"level\",\"importance\":\"rank\"},"
    "\"facts\":{\"file\":\"incubators.csv\",\"lon\":\"lon\",\"lat\":\"lat\","
    "\"crs\":\"EPSG:4326\"},"
    "\"source\":{\"zh\":\"…\",\"en\":\"…\"},\"source_date\":\"2026-11\","
    "\"licence\":\"CC0\",\"attribution\":{\"zh\":\"…\"},\"completeness\":{\"zh\":\"…\"}"
    "}";

static enum im_code
parse(const char *json, const struct layer_schema **out, struct im_error *err)
{
    return schema_parse(im_bytes_of(json), arena, out, err);
}

TEST(the_documented_example_is_understood)
{
    const struct layer_schema *s = NULL;
    struct im_error err;

    assert_int_equal(parse(EXAMPLE, &s, &err), IM_OK);
    assert_string_equal(s->id, "incubators");
    assert_string_equal(s->title.en, "Incubators");
    assert_string_equal(s->synonyms[2], "incubator");
    assert_null(s->synonyms[3]);
    assert_int_equal(s->geometry, SCHEMA_POINT);
    assert_int_equal(s->group, SCHEMA_PLACES);
    assert_int_equal(s->order, 30);
    assert_true(s->in_map && s->names_places && !s->is_internal && !s->is_base);
    assert_int_equal(s->key, 0);
    assert_int_equal(s->n_fields, 6);
    assert_true(s->fields[0].required);
    assert_int_equal(s->fields[0].tile_zoom, 0);
    assert_int_equal(s->fields[1].tile_zoom, -1);
    assert_string_equal(s->fields[1].title.en, "");
    assert_string_equal(s->fields[1].synonyms[0], "单位名称");
    assert_string_equal(s->fields[2].codes[0].title.zh, "国家级");
    assert_string_equal(s->fields[2].codes[0].synonyms[0], "部级");
    assert_string_equal(s->fields[2].codes[0].synonyms[1], "state");
    assert_null(s->fields[2].codes[0].synonyms[2]);
    assert_null(s->fields[0].synonyms[0]);
    assert_true(s->fields[3].list);
    assert_null(s->fields[3].codes);
    assert_true(s->fields[4].min == 0 && s->fields[4].max == HUGE_VAL);
    assert_string_equal(s->fields[4].unit, "km2");
    assert_true(s->fields[5].hidden);
    assert_int_equal(s->roles.name_zh, 1);
    assert_int_equal(s->roles.name_en, SCHEMA_NO_FIELD);
    assert_int_equal(s->roles.importance, 5);
    assert_string_equal(s->source_date, "2026-11");
    assert_int_equal(schema_field_index(s, im_bytes_of("rank")), 5);
    assert_int_equal(schema_field_index(s, im_bytes_of("Rank")), SCHEMA_NO_FIELD);
}

/* Replace the first `from` of the example by `to`. */
static char *edit(const char *from, const char *to)
{
    const char *at = strstr(EXAMPLE, from);
    struct im_buf buf = {.max = 1 << 20};

    assert_non_null(at);
    im_buf_append(&buf, EXAMPLE, (size_t)(at - EXAMPLE));
    im_buf_text(&buf, to);
    im_buf_append(&buf, at + strlen(from), strlen(at + strlen(from)) + 1);
    return (char *)buf.data;
}

static void refused(const char *from, const char *to, const char *in_message)
{
    const struct layer_schema *s = NULL;
    struct im_error err = {0};
    char *json = edit(from, to);

    if (parse(json, &s, &err) != IM_EDATA || !strstr(err.msg, in_message) ||
        !strstr(err.msg_zh, in_message))
        fail_msg("%s: '%s' '%s', expected '%s'", to, err.msg, err.msg_zh, in_message);
    assert_null(s);
    free(json);
}

TEST(typing_errors_are_refused_with_their_path)
{
    refused("\"in_map\"", "\"inmap\"", "inmap");
    refused("\"hidden\":true", "\"hiden\":true", "fields[5].hiden");
    refused("\"codes\":[{\"code\"", "\"codes\":[{\"kode\"", "fields[2].codes[0].kode");
    refused("\"roles\":{", "\"roles\":{\"nam_zh\":\"name_zh\",", "roles.nam_zh");
    refused("\"title\":{\"zh\":\"名称\"}", "\"title\":{\"zh\":\"名称\",\"fr\":\"nom\"}",
            "fields[1].title.fr");
    refused("\"lon\":\"lon\"", "\"long\":\"lon\"", "facts.long");
}

TEST(values_out_of_range_are_refused_with_their_path)
{
    refused("\"geometry\":\"point\"", "\"geometry\":\"dot\"", "geometry (\"dot\")");
    refused("\"type\":\"real\"", "\"type\":\"float\"", "fields[4].type (\"float\")");
    refused("\"tile_zoom\":0", "\"tile_zoom\":99", "fields[0].tile_zoom");
    refused("\"required\":true", "\"required\":1", "fields[0].required");
    refused("\"order\":30", "\"order\":-1", "order");
    refused("\"group\":\"places\"", "\"group\":\"spots\"", "group (\"spots\")");
    refused("\"group\":\"places\"", "\"group\":\"tables\"", "group");
    refused("\"visibility\":\"public\"", "\"visibility\":\"all\"", "visibility");
    refused("\"title\":{\"zh\":\"孵化器\",", "\"title\":{\"zh\":\"\",", "title.zh");
    refused("\"key\":\"id\"", "\"key\":\"nothing\"", "key");
    refused("\"key\":\"id\"", "\"key\":\"rank\"", "key (\"rank\")");
    refused("\"min\":0", "\"min\":5,\"max\":4", "fields[4]");
    refused("\"min\":0", "\"min\":\"0\"", "fields[4].min");
    refused("\"list\":true", "\"list\":true,\"min\":1", "fields[3]");
}

TEST(what_contradicts_itself_is_refused)
{
    refused("\"name\":\"name_zh\"", "\"name\":\"id\"", "fields[1] (\"id\")");
    refused("\"codes\":[]",
            "\"codes\":[{\"code\":\"a\",\"title\":{\"zh\":\"甲\"}},"
            "{\"code\":\"a\",\"title\":{\"zh\":\"乙\"}}]",
            "fields[3].codes[1] (\"a\")");
    refused("\"codes\":[]", "\"codes\":[{\"code\":\"a;b\",\"title\":{\"zh\":\"甲\"}}]",
            "fields[3].codes[0]");
    refused("\"importance\":\"rank\"", "\"importance\":\"level\"", "roles.importance");
    refused("\"level\":\"level\"", "\"level\":\"levl\"", "roles.level (\"levl\")");
    refused("\"hidden\":true", "\"hidden\":true,\"list\":true", "fields[5] (\"rank\")");
    refused("\"lat\":\"lat\",", "", "facts");
    refused("\"file\":\"incubators.csv\"", "\"file\":\"../x.csv\"", "facts.file");
    refused("{\"file\":\"incubators.csv\",", "{\"basemap\":\"lake\",", "facts.lon");
    refused("{\"file\":\"incubators.csv\",", "{\"derive\":\"magic\",", "facts.derive");
}

static const struct layer_schema *accepted(const char *more)
{
    const struct layer_schema *s = NULL;
    char text[600];
    struct im_error err;

    snprintf(text, sizeof text,
             "{\"id\":\"x\",\"title\":{\"zh\":\"x\"},\"geometry\":\"point\",\"key\":"
             "\"id\",\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"x\"},\"type\":"
             "\"text\"}]%s}",
             more);
    if (schema_parse(im_bytes_of(text), arena, &s, &err) != IM_OK)
        fail_msg("%s", err.msg);
    return s;
}

TEST(clusters_have_defaults_and_ranges)
{
    const struct layer_schema *s = accepted("");

    assert_false(s->cluster.is_on);
    assert_int_equal(s->cluster.max_zoom, -1);
    s = accepted(",\"cluster\":{}");
    assert_true(s->cluster.is_on);
    assert_int_equal(s->cluster.max_zoom, 12);
    assert_int_equal(s->cluster.radius_px, 40);
    assert_int_equal(s->cluster.by, SCHEMA_NO_FIELD);
    s = accepted(",\"cluster\":{\"max_zoom\":15,\"radius_px\":256,\"by\":\"id\"}");
    assert_int_equal(s->cluster.max_zoom, 15);
    assert_int_equal(s->cluster.radius_px, 256);
    assert_int_equal(s->cluster.by, 0);
#define WITH(cluster) "\"key\":\"id\",\"cluster\":" cluster
    refused("\"key\":\"id\"", WITH("true"), "cluster");
    refused("\"key\":\"id\"", WITH("{\"radius\":40}"), "cluster.radius");
    refused("\"key\":\"id\"", WITH("{\"max_zoom\":16}"), "cluster.max_zoom");
    refused("\"key\":\"id\"", WITH("{\"radius_px\":0}"), "cluster.radius_px (\"0\")");
    refused("\"key\":\"id\"", WITH("{\"radius_px\":257}"), "cluster.radius_px");
    refused("\"key\":\"id\"", WITH("{\"by\":\"kind\"}"), "cluster.by (\"kind\")");
    refused("\"key\":\"id\"", WITH("{\"by\":\"rank\"}"), "cluster.by (\"rank\")");
    refused("\"key\":\"id\"", WITH("{\"by\":\"industry\"}"),
            "cluster.by (\"industry\")");
    refused("\"geometry\":\"point\",\"key\":\"id\"",
            "\"geometry\":\"area\"," WITH("{}"), "cluster");
#undef WITH
}

TEST(formats_fit_their_types_and_give_the_time)
{
    const struct layer_schema *s = NULL;
    struct im_error err = {0};
    char *json =
        edit("\"type\":\"real\",\"hidden\":true}],\"roles\":{",
             "\"type\":\"real\",\"hidden\":true},{\"name\":\"began\",\"title\":{"
             "\"zh\":\"年\"},\"type\":\"integer\",\"format\":\"year\"}],"
             "\"roles\":{\"time\":\"began\",");

    assert_int_equal(parse(json, &s, &err), IM_OK);
    assert_int_equal(s->fields[6].format, FORMAT_YEAR);
    assert_int_equal(s->fields[5].format, FORMAT_NONE);
    assert_int_equal(s->roles.time, 6);
    free(json);
    refused("\"type\":\"real\"", "\"type\":\"real\",\"format\":\"year\"", "[4].format");
    refused("\"type\":\"text\",\"required\"",
            "\"type\":\"text\",\"format\":\"boolean\",\"required\"", "[0].format");
    refused("\"list\":true", "\"list\":true,\"format\":\"date\"", "[3].format");
    refused("\"type\":\"real\"", "\"type\":\"real\",\"format\":\"week\"",
            "format (\"week\")");
    refused("\"roles\":{", "\"roles\":{\"time\":\"level\",", "roles.time (\"level\")");
}

TEST(all_shapes_of_facts_are_understood)
{
    static const char *const facts[] = {
        "\"facts\":{\"file\":\"a.geojson\"}", "\"facts\":{\"basemap\":\"lake\"}",
        ("\"facts\":{\"derive\":\"areas_by_code\",\"file\":\"g60.csv\",\"code\":"
         "\"adcode\","
         "\"areas\":\"admin_areas\",\"points\":\"divisions\"}"),
        ("\"facts\":{\"derive\":\"arcs\",\"from\":\"enclaves\",\"origin\":\"o\","
         "\"points\":\"divisions\"}")};

    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++) {
        const struct layer_schema *s = NULL;
        struct im_error err;
        char *json = edit("\"facts\":{\"file\":\"incubators.csv\",\"lon\":\"lon\","
                          "\"lat\":\"lat\",\"crs\":\"EPSG:4326\"}",
                          facts[i]);

        assert_int_equal(parse(json, &s, &err), IM_OK);
        free(json);
    }
}

TEST(ids_that_mean_something_else_are_reserved)
{
    static const char *const bad[] = {
        "", "map", "webmercatorquad", "w", "c", "9lives", "Parks", "pa-rks", "_x",
        "idx_parks_geom", "sqlite_master", "innomap_runs", "spatial_ref_sys",
        "geometry_columns_auth", "spatialindex", "knn",
        /* 49 characters */
        "a234567890123456789012345678901234567890123456789"};
    static const char *const good[] = {
        "parks", "g60", "a", "a2345678901234567890123456789012345678901234567_"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(schema_id_valid(im_bytes_of(bad[i])));
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(schema_id_valid(im_bytes_of(good[i])));
    assert_false(schema_field_name_valid(im_bytes_of("geom")));
    assert_false(schema_field_name_valid(im_bytes_of("distance_m")));
    assert_true(schema_field_name_valid(im_bytes_of("name")));
    refused("\"name\":\"rank\"", "\"name\":\"fid\"", "fields[5].name");
}

TEST(broken_json_is_refused_with_line_and_column)
{
    static const char *const texts[] = {"",
                                        "{",
                                        "[]",
                                        "null",
                                        "{\"id\":\"a\",\"id\":\"b\"}",
                                        "{\"id\":\"\\u0000\"}",
                                        "{\"id\":\"\xff\"}",
                                        "{} x"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct layer_schema *s = NULL;
        struct im_error err = {0};

        assert_int_equal(parse(texts[i], &s, &err), IM_EDATA);
        assert_non_null(strstr(err.msg, "layer.json"));
        assert_true(im_utf8_valid(im_bytes_of(err.msg)));
        assert_true(im_utf8_valid(im_bytes_of(err.msg_zh)));
    }
}

TEST(hostile_nesting_and_size_are_refused)
{
    enum { SIZE = (1 << 20) + 1 };
    char *text = malloc(SIZE);
    const struct layer_schema *s = NULL;
    struct im_error err;

    memset(text, '[', SIZE);
    assert_int_equal(
        schema_parse((struct im_bytes){(uint8_t *)text, SIZE}, arena, &s, &err),
        IM_EDATA);
    assert_non_null(strstr(err.msg, "1048576"));
    assert_int_equal(
        schema_parse((struct im_bytes){(uint8_t *)text, SIZE - 1}, arena, &s, &err),
        IM_EDATA);
    assert_non_null(strstr(err.msg, "32 levels"));
    free(text);
}

TEST(a_small_arena_gives_out_of_memory_and_nothing_else)
{
    size_t size = 0;

    for (;; size += 64) {
        struct im_arena *small = im_arena_new(size);
        const struct layer_schema *s = NULL;
        struct im_error err;
        enum im_code rc = schema_parse(im_bytes_of(EXAMPLE), small, &s, &err);

        im_arena_free(small);
        if (rc == IM_OK)
            break;
        assert_int_equal(rc, IM_ENOMEM);
        assert_null(s);
    }
    assert_true(size > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_example_is_understood),
        cmocka_unit_test(typing_errors_are_refused_with_their_path),
        cmocka_unit_test(values_out_of_range_are_refused_with_their_path),
        cmocka_unit_test(what_contradicts_itself_is_refused),
        cmocka_unit_test(clusters_have_defaults_and_ranges),
        cmocka_unit_test(formats_fit_their_types_and_give_the_time),
        cmocka_unit_test(all_shapes_of_facts_are_understood),
        cmocka_unit_test(ids_that_mean_something_else_are_reserved),
        cmocka_unit_test(broken_json_is_refused_with_line_and_column),
        cmocka_unit_test(hostile_nesting_and_size_are_refused),
        cmocka_unit_test(a_small_arena_gives_out_of_memory_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}
