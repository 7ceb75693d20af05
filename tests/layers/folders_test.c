/* SPDX-License-Identifier: Apache-2.0 */
/* Every shipped layer folder is understood by what reads it. */
#include "layers/folders.h"

#include <engine/schema.h>
#include <tiles/tile.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_json_compiles_and_says_where_it_comes_from),
        cmocka_unit_test(every_style_json_is_in_the_subset_that_is_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
