/* SPDX-License-Identifier: Apache-2.0 */
/* Every shipped layer folder is understood by what reads it. */
#include "layers/folders.h"

#include <engine/schema.h>
#include <tiles/tile.h>

#include <jansson.h>

static void
compile_definition(struct im_arena *arena, const char *id, struct im_bytes json)
{
    const struct layer_schema *schema = NULL;
    struct im_error err = {0};

    if (schema_parse(json, arena, &schema, &err) != IM_OK)
        fail_msg("layers/%s/layer.json: %s", id, err.msg);
    assert_string_equal(schema->id, id);
    assert_true(schema->title.zh[0] && schema->title.en[0]);
    /* what travels with every answer */
    assert_true(schema->source.zh[0] && schema->source.en[0]);
    assert_true(schema->attribution.zh[0] && schema->attribution.en[0]);
    assert_true(schema->licence[0]);
}

TEST(every_layer_json_compiles_and_says_where_it_comes_from)
{
    assert_true(folder_each(compile_definition) >= 15);
}

static void check_style(struct im_arena *arena, const char *id, struct im_bytes json)
{
    struct im_bytes style = folder_read(arena, id, "style.json");
    struct im_error err = {0};

    (void)json;
    if (!style.data)
        fail_msg("layers/%s/style.json is missing", id);
    if (style_check(style, &err) != IM_OK)
        fail_msg("layers/%s/style.json: %s", id, err.msg);
}

TEST(every_style_json_is_in_the_subset_that_is_drawn)
{
    assert_true(folder_each(check_style) >= 15);
}

/* Where a style layer reads a field: is it in the vector tiles from that zoom on? */
static void
check_get(const struct layer_schema *schema, const char *name, double minzoom)
{
    static const char *const langs[] = {"zh", "en"};
    const char *hole = strstr(name, "{lang}");

    for (size_t i = 0; i < 2; i++) {
        char field[128];
        int index;

        if (hole)
            snprintf(field, sizeof field, "%.*s%s%s", (int)(hole - name), name,
                     langs[i], hole + strlen("{lang}"));
        else
            snprintf(field, sizeof field, "%s", name);
        index = schema_field_index(schema, im_bytes_of(field));
        if (index == SCHEMA_NO_FIELD)
            fail_msg("layer %s: its style reads '%s', no field of it", schema->id,
                     field);
        if (schema->fields[index].tile_zoom < 0 ||
            schema->fields[index].tile_zoom > minzoom)
            fail_msg("layer %s: its style reads '%s' from zoom %g on, tile_zoom is %d",
                     schema->id, field, minzoom, schema->fields[index].tile_zoom);
    }
}

static void check_gets(const struct layer_schema *schema, json_t *json, double minzoom)
{
    const char *op = json_string_value(json_array_get(json, 0));
    const char *name = json_string_value(json_array_get(json, 1));
    const char *key;
    json_t *member;
    size_t i;

    if (op && name && (strcmp(op, "get") == 0 || strcmp(op, "has") == 0))
        check_get(schema, name, minzoom);
    json_array_foreach(json, i, member) check_gets(schema, member, minzoom);
    json_object_foreach(json, key, member) check_gets(schema, member, minzoom);
}

static void check_fields(struct im_arena *arena, const char *id, struct im_bytes json)
{
    const struct layer_schema *schema = NULL;
    struct im_bytes style = folder_read(arena, id, "style.json");
    json_t *root = json_loadb((const char *)style.data, style.len, 0, NULL);
    struct im_error err = {0};
    json_t *layer;
    size_t i;

    assert_int_equal(schema_parse(json, arena, &schema, &err), IM_OK);
    assert_non_null(root);
    json_array_foreach(json_object_get(root, "layers"), i, layer)
        check_gets(schema, layer, json_number_value(json_object_get(layer, "minzoom")));
    json_decref(root);
}

TEST(every_field_that_a_style_reads_is_in_the_tiles_it_draws)
{
    assert_true(folder_each(check_fields) >= 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_json_compiles_and_says_where_it_comes_from),
        cmocka_unit_test(every_style_json_is_in_the_subset_that_is_drawn),
        cmocka_unit_test(every_field_that_a_style_reads_is_in_the_tiles_it_draws),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
