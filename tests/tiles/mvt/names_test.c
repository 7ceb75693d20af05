/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/mvt/names.c: "label_zoom" says which names the pictures show. */
#include <test.h>

#include "fixture.h"
#include "label/plan.h"
#include "map.h"
#include "render/pass.h"

#include <support/memory_source.h>
#include <support/random.h>
#include <tiles/tile.h>

#include <math.h>

/* clang-format off */
#define LAYER(id, geometry, order, field)                                              \
    "{\"id\": \"" id "\", \"title\": {\"zh\": \"" id "\", \"en\": \"" id "\"},"        \
    "\"geometry\": \"" geometry "\", \"key\": \"key\", \"group\": \"places\","         \
    "\"order\": " order ", \"in_map\": true, \"visibility\": \"public\","              \
    "\"fields\": [{\"name\": \"key\", \"title\": {\"zh\": \"k\", \"en\": \"k\"},"      \
    "\"type\": \"text\", \"tile_zoom\": 0}, {\"name\": \"" field "\", \"title\":"      \
    "{\"zh\": \"r\", \"en\": \"r\"}, \"type\": \"real\", \"tile_zoom\": 0}],"          \
    "\"roles\": {\"importance\": \"" field "\"},"                                      \
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}"
/* clang-format on */

static const char NAMES[] =
    "{\"layers\": [{\"id\": \"name\", \"type\": \"symbol\", \"minzoom\": 2, "
    "\"layout\": {\"text-field\": [\"get\", \"key\"], \"text-size\": 12}}]}";
static const char NAMES_ALONG[] =
    "{\"layers\": [{\"id\": \"line\", \"type\": \"line\"}, {\"id\": \"along\", "
    "\"type\": \"symbol\", \"layout\": {\"symbol-placement\": \"line\", "
    "\"text-field\": [\"get\", \"key\"], \"text-size\": 12}}]}";

/* As the style for pages says it: on the server all names are asked. */
static const char CHOSEN_NAMES[] =
    "{\"layers\": [{\"id\": \"name\", \"type\": \"symbol\", \"minzoom\": 2, "
    "\"filter\": [\"has\", \"label_zoom\"], "
    "\"layout\": {\"text-field\": [\"get\", \"key\"], \"text-size\": 12}}]}";

enum { MAX_ZOOM = 10, SPOTS = 400 };

/* -1: it has none. */
static int label_zoom_of(const struct decoded_feature *f)
{
    static const char name[] = "label_zoom=";
    const char *at = strstr(f->properties, name);

    return at ? (int)strtol(at + sizeof name - 1, NULL, 10) : -1;
}

static struct tile_id tile_of(uint32_t z, double lon, double lat)
{
    return (struct tile_id){z, (uint32_t)((uint64_t)world_x(lon) >> (WORLD_BITS - z)),
                            (uint32_t)((uint64_t)world_y(lat) >> (WORLD_BITS - z))};
}

/* Names of a crowd come one after another; each says since when in every tile that has
 * it from then on, those beside included, and nothing before. */
TEST(a_name_says_in_all_tiles_since_which_zoom_it_is_shown)
{
    struct test_random r = test_random_new("mvt names");
    struct map_fixture f = {.source = memory_source_new()};
    double at[SPOTS + 1][2];
    int since[SPOTS + 1];
    unsigned n_zooms[MAX_ZOOM + 1] = {0};
    unsigned n_named = 0;
    unsigned n_used = 0;

    memory_source_layer(f.source, LAYER("spots", "point", "1", "rank"), NAMES, 1);
    for (int i = 1; i <= SPOTS; i++) {
        char wkt[80];
        char values[60];

        since[i] = -1;
        at[i][0] = test_random_in(&r, 120, 122);
        at[i][1] = test_random_in(&r, 30, 31.5);
        (void)snprintf(wkt, sizeof wkt, "POINT(%.6f %.6f)", at[i][0], at[i][1]);
        (void)snprintf(values, sizeof values, "地方%d|%.3f", i,
                       test_random_in(&r, 0, 1));
        memory_source_row(f.source, wkt, values);
    }
    open_map(&f);
    for (uint32_t z = 0; z <= MAX_ZOOM; z++) {
        struct tile_id from = tile_of(z, 120, 31.5);
        struct tile_id to = tile_of(z, 122, 30);

        for (uint32_t x = from.x; x <= to.x; x++)
            for (uint32_t y = from.y; y <= to.y; y++) {
                struct decoded_tile *tile = decode(&f, (struct tile_id){z, x, y});

                for (uint32_t i = 0; i < tile->n_features; i++) {
                    const struct decoded_feature *d = &tile->features[i];
                    int zoom = label_zoom_of(d);

                    if (since[d->id] >= 0)
                        assert_int_equal(zoom, since[d->id]);
                    else if (zoom >= 0)
                        assert_int_equal(zoom, z);
                    else
                        continue;
                    since[d->id] = zoom;
                }
                free(tile);
            }
    }
    for (int i = 1; i <= SPOTS; i++)
        if (since[i] >= 0)
            n_zooms[since[i]]++;
    assert_int_equal(n_zooms[0] + n_zooms[1], 0); /* minzoom */
    for (int z = 2; z <= MAX_ZOOM; z++) {
        n_named += n_zooms[z];
        n_used += n_zooms[z] > 0;
    }
    assert_true(n_named > SPOTS / 2);
    assert_true(n_used > 4);
    close_map(&f);
}

struct shown {
    bool features[SPOTS + 1];
};

static bool take(void *ctx, const struct label *label)
{
    ((struct shown *)ctx)->features[label->feature] = true;
    return true;
}

/* What the picture of 512 px draws, asked of the plan itself. */
TEST(the_names_of_a_tile_are_those_of_its_picture)
{
    struct test_random r = test_random_new("mvt names picture");
    struct map_fixture f = {.source = memory_source_new()};
    struct tile_id id = tile_of(7, 121, 31);
    struct label_window window = {id.x * 512.0, id.y * 512.0, id.x * 512.0 + 512,
                                  id.y * 512.0 + 512};
    struct shown shown = {{false}};
    struct im_error err;
    unsigned n = 0;

    memory_source_layer(f.source, LAYER("spots", "point", "1", "rank"), NAMES, 1);
    for (int i = 1; i <= SPOTS; i++) {
        char wkt[80];
        char values[60];

        (void)snprintf(wkt, sizeof wkt, "POINT(%.6f %.6f)",
                       test_random_in(&r, 119, 123), test_random_in(&r, 29, 33));
        (void)snprintf(values, sizeof values, "地方%d|%.3f", i,
                       test_random_in(&r, 0, 1));
        memory_source_row(f.source, wkt, values);
    }
    open_map(&f);
    assert_int_equal(label_plan_window(f.map, id.z + 1, window, f.worker->fonts, NULL,
                                       take, &shown, &err),
                     IM_OK);
    struct decoded_tile *tile = decode(&f, id);
    for (uint32_t i = 0; i < SPOTS; i++) {
        bool is_named = false;
        bool is_there = false;
        uint64_t fid = (uint64_t)atlas_fid(f.map->layers[0].layer, i);

        for (uint32_t k = 0; k < tile->n_features; k++) {
            const struct decoded_feature *d = &tile->features[k];
            const int32_t *p = tile->xy + 2 * tile->part_first[d->first_part];

            if (d->id != fid || p[0] < 0 || p[0] >= 4096 || p[1] < 0 || p[1] >= 4096)
                continue;
            is_there = true;
            is_named = label_zoom_of(d) >= 0;
        }
        if (is_there)
            assert_int_equal(is_named, shown.features[i]);
        n += is_named;
    }
    assert_true(n > 10);
    free(tile);
    close_map(&f);
}

TEST(names_along_lines_are_of_the_lines_and_a_field_of_that_name_is_kept)
{
    struct map_fixture f = {.source = memory_source_new()};
    unsigned n_lines = 0;
    unsigned n_own = 0;

    memory_source_layer(f.source, LAYER("rivers", "line", "1", "rank"), NAMES_ALONG, 1);
    memory_source_row(f.source, "LINESTRING(100 30,104 31,108 30,112 31)", "长江|0.5");
    memory_source_layer(f.source, LAYER("spots", "point", "2", "label_zoom"), NAMES, 1);
    memory_source_row(f.source, "POINT(105 40)", "甲|0.25");
    memory_source_layer(f.source, LAYER("land", "area", "3", "rank"), CHOSEN_NAMES, 1);
    memory_source_row(f.source, "POLYGON((100 20,110 20,110 25,100 25,100 20))",
                      "地|0.5");
    open_map(&f);
    struct decoded_tile *tile = decode(&f, tile_of(4, 105, 31));
    for (uint32_t i = 0; i < tile->n_features; i++) {
        const struct decoded_feature *d = &tile->features[i];

        if (strcmp(d->layer, "rivers") == 0)
            n_lines += label_zoom_of(d) >= 0;
        else if (strcmp(d->layer, "rivers_label") == 0 || strcmp(d->layer, "land") == 0)
            assert_int_equal(label_zoom_of(d), -1);
        else if (strcmp(d->layer, "land_label") == 0)
            assert_true(label_zoom_of(d) >= 2);
        else {
            assert_string_equal(d->properties, "key='甲' label_zoom=0.25");
            n_own++;
        }
    }
    assert_int_equal(n_lines, 1);
    assert_int_equal(n_own, 1);
    free(tile);
    close_map(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_says_in_all_tiles_since_which_zoom_it_is_shown),
        cmocka_unit_test(the_names_of_a_tile_are_those_of_its_picture),
        cmocka_unit_test(
            names_along_lines_are_of_the_lines_and_a_field_of_that_name_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
