/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped facts keep what their layer.json and the collection's README promise. */
#include "layers/folders.h"

#include <engine/schema.h>

#include <jansson.h>

/* The four provinces with their islands, generously. */
static const double WEST = 114.8, EAST = 123.2, SOUTH = 27.0, NORTH = 35.2;

static const struct layer_schema *
parse(struct im_arena *arena, const char *id, struct im_bytes json)
{
    const struct layer_schema *schema = NULL;
    struct im_error err = {0};

    if (schema_parse(json, arena, &schema, &err) != IM_OK)
        fail_msg("layers/%s/layer.json: %s", id, err.msg);
    return schema;
}

/* A text member of "facts", copied into the arena; NULL when it is not there. */
static const char *
facts_member(struct im_arena *arena, struct im_bytes json, const char *name)
{
    json_t *root = json_loadb((const char *)json.data, json.len, 0, NULL);
    const char *text =
        json_string_value(json_object_get(json_object_get(root, "facts"), name));
    const char *out = text ? im_arena_strdup(arena, im_bytes_of(text)) : NULL;

    assert_non_null(root);
    json_decref(root);
    return out;
}

static bool is_code(const struct schema_field *field, struct im_bytes value)
{
    for (size_t i = 0; i < field->n_codes; i++)
        if (im_bytes_equal(im_bytes_of(field->codes[i].code), value))
            return true;
    return field->n_codes == 0;
}

static void check_number(const struct schema_field *field, struct im_bytes value)
{
    double number = 0;
    int64_t integer;

    if (!im_parse_double(value, &number) || number < field->min || number > field->max)
        fail_msg("field %s: %.*s", field->name, (int)value.len, value.data);
    if (field->type == FIELD_INTEGER)
        assert_true(im_parse_int64(value, &integer));
}

static void check_value(const struct schema_field *field, const char *value)
{
    if (field->required && !value[0])
        fail_msg("field %s is empty", field->name);
    for (const char *at = value; *at; at += *at == ';') {
        size_t len = field->list ? strcspn(at, ";") : strlen(at);
        struct im_bytes item = {(const uint8_t *)at, len};

        if (!is_code(field, item))
            fail_msg("field %s: %s is no code", field->name, value);
        if (field->type != FIELD_TEXT)
            check_number(field, item);
        if (len == 0 || at[0] == ' ' || at[len - 1] == ' ')
            fail_msg("field %s: '%s' has an empty or padded value", field->name, value);
        at += len;
    }
}

static void check_key(const struct layer_schema *schema, const struct csv *csv)
{
    const char *key = schema->fields[schema->key].name;

    for (size_t i = 0; i < csv->n_rows; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(csv_get(csv, i, key), csv_get(csv, j, key));
}

static void check_columns(struct im_arena *arena, const char *id, struct im_bytes json)
{
    const struct layer_schema *schema = parse(arena, id, json);
    const char *file = facts_member(arena, json, "file");
    const char *lon = facts_member(arena, json, "lon");
    const char *lat = facts_member(arena, json, "lat");
    struct csv csv;

    if (!file || !strstr(file, ".csv"))
        return;
    csv = csv_read(arena, id, file);
    for (size_t i = 0; i < csv.n_columns; i++)
        if (!(lon && strcmp(csv.names[i], lon) == 0) &&
            !(lat && strcmp(csv.names[i], lat) == 0) &&
            schema_field_index(schema, im_bytes_of(csv.names[i])) == SCHEMA_NO_FIELD)
            fail_msg("layers/%s/%s: column %s is no field", id, file, csv.names[i]);
    for (size_t row = 0; row < csv.n_rows; row++)
        for (size_t i = 0; i < schema->n_fields; i++)
            check_value(&schema->fields[i], csv_get(&csv, row, schema->fields[i].name));
    check_key(schema, &csv);
}

TEST(every_value_is_one_that_its_layer_json_allows)
{
    assert_true(folder_each(check_columns) >= 15);
}

/* layer.json asks for key and name only, so that lists of offices can be taken; what
 * innomap ships says more of every row. */
TEST(the_shipped_rows_are_complete)
{
    static const struct {
        const char *id;
        const char *fields[12]; /* NULL-terminated */
    } wanted[] = {
        {"parks", {"category", "city", "adcode", "precision", "source", "confidence"}},
        {"incubators",
         {"category", "city", "adcode", "precision", "source", "confidence"}},
        {"concept_verification",
         {"category", "city", "adcode", "precision", "source", "confidence"}},
        {"pilot_platforms",
         {"category", "city", "adcode", "precision", "source", "confidence"}},
        {"facilities",
         {"category", "city", "adcode", "precision", "source", "confidence"}},
        {"service_centres", {"category", "city", "adcode", "source", "confidence"}},
        {"enclaves",
         {"category", "enclave_type", "origin_city", "origin_adcode", "host_city",
          "host_adcode", "precision", "source", "confidence"}},
        {"landmarks",
         {"name_en", "kind", "city", "adcode", "precision", "source", "confidence"}}};

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct im_arena *arena = im_arena_new(64 << 20);
        char file[64];

        assert_non_null(arena);
        snprintf(file, sizeof file, "%s.csv", wanted[i].id);
        struct csv csv = csv_read(arena, wanted[i].id, file);
        for (size_t row = 0; row < csv.n_rows; row++)
            for (const char *const *f = wanted[i].fields; *f; f++)
                if (!csv_get(&csv, row, *f)[0])
                    fail_msg("%s, row %zu: %s is empty", file, row + 1, *f);
        im_arena_free(arena);
    }
}

static void
check_positions(struct im_arena *arena, const char *id, struct im_bytes json)
{
    const struct layer_schema *schema = parse(arena, id, json);
    const char *lon_name = facts_member(arena, json, "lon");
    const char *lat_name = facts_member(arena, json, "lat");
    struct csv csv;

    if (!lon_name)
        return;
    assert_int_not_equal(schema->roles.precision, SCHEMA_NO_FIELD);
    csv = csv_read(arena, id, facts_member(arena, json, "file"));
    for (size_t row = 0; row < csv.n_rows; row++) {
        const char *lon = csv_get(&csv, row, lon_name);
        const char *lat = csv_get(&csv, row, lat_name);
        double x = 0;
        double y = 0;

        /* a position without its worth, or the other way round, would be a claim */
        assert_int_equal(!lon[0], !csv_get(&csv, row, "precision")[0]);
        assert_int_equal(!lon[0], !lat[0]);
        if (!lon[0])
            continue;
        assert_true(im_parse_double(im_bytes_of(lon), &x) &&
                    im_parse_double(im_bytes_of(lat), &y));
        if (x < WEST || x > EAST || y < SOUTH || y > NORTH)
            fail_msg("layers/%s: %s lies at %s, %s", id, csv.rows[row][0], lon, lat);
    }
}

TEST(every_position_lies_in_the_region_and_says_what_it_is_worth)
{
    assert_true(folder_each(check_positions) >= 9);
}

TEST(the_facts_are_as_many_as_the_collection_has)
{
    static const struct {
        const char *id;
        size_t rows;
    } wanted[] = {{"parks", 210},          {"incubators", 251},
                  {"enclaves", 52},        {"concept_verification", 20},
                  {"pilot_platforms", 51}, {"facilities", 100},
                  {"service_centres", 27}, {"city_indicators", 64},
                  {"policy_figures", 68},  {"g60", 9},
                  {"huning", 9},           {"demo_zone", 3},
                  {"divisions", 349}};

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        struct im_arena *arena = im_arena_new(64 << 20);
        char file[64];

        assert_non_null(arena);
        snprintf(file, sizeof file, "%s.csv", wanted[i].id);
        assert_int_equal(csv_read(arena, wanted[i].id, file).n_rows, wanted[i].rows);
        im_arena_free(arena);
    }
}

static size_t find_division(const struct csv *divisions, const char *adcode)
{
    for (size_t i = 0; i < divisions->n_rows; i++)
        if (strcmp(csv_get(divisions, i, "adcode"), adcode) == 0)
            return i;
    return SIZE_MAX;
}

static void
check_division_codes(struct im_arena *arena, const char *id, struct im_bytes json)
{
    static const char *const columns[] = {"adcode", "host_adcode", "origin_adcode",
                                          "parent"};
    const char *file = facts_member(arena, json, "file");
    struct csv divisions = csv_read(arena, "divisions", "divisions.csv");
    struct csv csv;

    if (!file || !strstr(file, ".csv"))
        return;
    csv = csv_read(arena, id, file);
    for (size_t row = 0; row < csv.n_rows; row++)
        for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
            const char *code = csv_get(&csv, row, columns[i]);

            /* 320571, Suzhou Industrial Park, is a statistical code in wide use */
            if (code[0] && strcmp(code, "320571") != 0 &&
                find_division(&divisions, code) == SIZE_MAX)
                fail_msg("layers/%s: %s %s is no division", id, columns[i], code);
        }
}

TEST(every_division_code_in_use_is_a_division_of_today)
{
    assert_true(folder_each(check_division_codes) >= 15);
}

TEST(old_codes_and_names_lead_to_the_division_of_today)
{
    static const char *const known[][3] = {
        {"330105", "330103", "下城区"}, {"330102", "330104", "江干区"},
        {"320614", "320684", "海门市"}, {"320613", "320611", "港闸区"},
        {"340210", "340221", "芜湖县"}, {"340212", "340222", "繁昌县"},
        {"340209", "340208", "三山区"}, {"340181", "341402", "居巢区"},
        {"320508", "320503", "平江区"}, {"310106", "310108", "闸北区"}};
    struct im_arena *arena = im_arena_new(64 << 20);
    struct csv divisions;

    assert_non_null(arena);
    divisions = csv_read(arena, "divisions", "divisions.csv");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t row = find_division(&divisions, known[i][0]);

        assert_int_not_equal(row, SIZE_MAX);
        assert_int_equal(find_division(&divisions, known[i][1]), SIZE_MAX);
        assert_true(
            csv_list_has(csv_get(&divisions, row, "former_codes"), known[i][1]));
        assert_true(
            csv_list_has(csv_get(&divisions, row, "former_names"), known[i][2]));
    }
    assert_int_equal(find_division(&divisions, "320571"), SIZE_MAX);
    im_arena_free(arena);
}

/* A seat known by heart must not look more exact than it is. */
TEST(all_divisions_but_one_have_a_position_and_remembered_seats_two_decimals)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    struct csv csv;
    size_t n_remembered = 0;

    assert_non_null(arena);
    csv = csv_read(arena, "divisions", "divisions.csv");
    for (size_t row = 0; row < csv.n_rows; row++) {
        const char *lat = csv_get(&csv, row, "lat");
        bool is_remembered =
            strstr(csv_get(&csv, row, "seat_source"), "general knowledge") != NULL;

        /* 铜陵市郊区 lies in pieces around the city */
        assert_int_equal(*lat == 0,
                         strcmp(csv_get(&csv, row, "adcode"), "340711") == 0);
        if (!is_remembered)
            continue;
        n_remembered++;
        assert_int_equal(strlen(lat), strlen("30.26"));
        assert_int_equal(strlen(csv_get(&csv, row, "lon")), strlen("120.20"));
        assert_string_equal(csv_get(&csv, row, "precision"), "district");
    }
    assert_int_equal(n_remembered, 69);
    im_arena_free(arena);
}

/* How many rows of divisions and landmarks answer to a name. */
static size_t count_named(struct im_arena *arena, const char *name)
{
    static const char *const ids[] = {"divisions", "landmarks"};
    size_t n = 0;

    for (size_t i = 0; i < 2; i++) {
        char file[64];
        struct csv csv;

        snprintf(file, sizeof file, "%s.csv", ids[i]);
        csv = csv_read(arena, ids[i], file);
        for (size_t row = 0; row < csv.n_rows; row++)
            n += strcmp(csv_get(&csv, row, "name_zh"), name) == 0 ||
                 csv_list_has(csv_get(&csv, row, "aliases"), name) ||
                 csv_list_has(csv_get(&csv, row, "former_names"), name);
    }
    return n;
}

TEST(names_that_people_say_mean_one_place_and_doubles_stay_doubles)
{
    static const char *const one[] = {
        "张江",       "虹桥枢纽", "虹桥火车站", "浦东机场", "临港",
        "未来科技城", "大零号湾", "复旦张江",   "中科大",   "苏州工业园区",
        "上海光源",   "南京南站", "松江",       "昆山",     "松江区政府"};
    struct im_arena *arena = im_arena_new(256 << 20);

    assert_non_null(arena);
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++) {
        if (count_named(arena, one[i]) != 1)
            fail_msg("%s names %zu places", one[i], count_named(arena, one[i]));
    }
    /* 普陀区 in 上海 and in 舟山, 鼓楼区 in 南京 and in 徐州: the person has to choose
     */
    assert_int_equal(count_named(arena, "普陀区"), 2);
    assert_int_equal(count_named(arena, "鼓楼区"), 2);
    im_arena_free(arena);
}

TEST(online_platforms_have_no_position)
{
    struct im_arena *arena = im_arena_new(64 << 20);
    struct csv csv;
    size_t n = 0;

    assert_non_null(arena);
    csv = csv_read(arena, "service_centres", "service_centres.csv");
    for (size_t row = 0; row < csv.n_rows; row++)
        if (strcmp(csv_get(&csv, row, "category"), "online_platform") == 0) {
            assert_string_equal(csv_get(&csv, row, "lon"), "");
            n++;
        }
    assert_int_equal(n, 5);
    im_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_one_that_its_layer_json_allows),
        cmocka_unit_test(the_shipped_rows_are_complete),
        cmocka_unit_test(every_position_lies_in_the_region_and_says_what_it_is_worth),
        cmocka_unit_test(the_facts_are_as_many_as_the_collection_has),
        cmocka_unit_test(every_division_code_in_use_is_a_division_of_today),
        cmocka_unit_test(old_codes_and_names_lead_to_the_division_of_today),
        cmocka_unit_test(
            all_divisions_but_one_have_a_position_and_remembered_seats_two_decimals),
        cmocka_unit_test(names_that_people_say_mean_one_place_and_doubles_stay_doubles),
        cmocka_unit_test(online_platforms_have_no_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
