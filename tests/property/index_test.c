/* SPDX-License-Identifier: Apache-2.0 */
/* Proves the packed tree: windows and the order of nearness equal brute force. */
#include <test.h>

#include "atlas/near.h"

#include <support/memory_source.h>
#include <support/random.h>

#include <math.h>

static const char *const LAYER =
    "{\"id\":\"things\",\"title\":{\"zh\":\"物\"},\"geometry\":\"mixed\","
    "\"key\":\"id\",\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},"
    "\"type\":\"integer\"}]}";

enum pattern { EVEN, CLUSTERED, DUPLICATE, COLLINEAR, LINES, PATTERNS };

static void add_thing(struct memory_source *ms,
                      struct test_random *r,
                      enum pattern pattern,
                      uint32_t i)
{
    double xy[4] = {test_random_in(r, 114, 123), test_random_in(r, 27, 36), 0, 0};
    uint32_t end = 2;
    struct geom g = {GEOM_POINT, 1, 0, 0, xy, &end, NULL};
    char value[16];

    snprintf(value, sizeof value, "%u", i);
    if (pattern == CLUSTERED) {
        double spread = pow(10, test_random_in(r, -6, -1));
        uint32_t centre = test_random_below(r, 5);

        xy[0] = 120 + centre * 0.3 + test_random_in(r, -spread, spread);
        xy[1] = 31 + centre * 0.2 + test_random_in(r, -spread, spread);
    } else if (pattern == DUPLICATE) {
        xy[0] = 120 + test_random_below(r, 3);
        xy[1] = 31 + test_random_below(r, 2);
    } else if (pattern == COLLINEAR) {
        xy[1] = 31;
    } else if (pattern == LINES) {
        xy[2] = xy[0] + test_random_in(r, -0.5, 0.5);
        xy[3] = xy[1] + test_random_in(r, -0.5, 0.5);
        g = (struct geom){GEOM_LINE, 2, 1, 0, xy, &end, NULL};
    }
    memory_source_feature(ms, &g, value);
}

struct seen {
    uint8_t *marks;
    uint32_t last;
    uint32_t n;
    bool sorted;
};

static bool note(void *ctx, uint32_t feature)
{
    struct seen *seen = ctx;

    seen->sorted = seen->sorted && (seen->n == 0 || feature > seen->last);
    seen->last = feature;
    seen->n++;
    seen->marks[feature]++;
    return true;
}

static void check_windows(const struct atlas_layer *layer, struct test_random *r)
{
    uint32_t n = atlas_layer_size(layer);
    struct seen seen = {.marks = calloc(n + 1, 1)};

    for (int round = 0; round < 40; round++) {
        double size = pow(10, test_random_in(r, -4, 1.2));
        struct bbox w = {test_random_in(r, 113, 123), test_random_in(r, 26, 36), 0, 0};

        if (n && round % 4 == 0) { /* exactly through a feature: edges count */
            struct bbox b = atlas_bbox(layer, test_random_below(r, n));
            w.min_x = b.max_x;
            w.min_y = b.max_y;
        }
        w.max_x = w.min_x + size;
        w.max_y = w.min_y + size;
        memset(seen.marks, 0, n);
        seen.n = 0;
        seen.sorted = true;
        assert_true(atlas_window(layer, w, note, &seen));
        assert_true(seen.sorted);
        for (uint32_t i = 0; i < n; i++)
            assert_int_equal(seen.marks[i], bbox_intersects(atlas_bbox(layer, i), w));
    }
    free(seen.marks);
}

static void check_near(const struct atlas_layer *layer, struct test_random *r)
{
    uint32_t n = atlas_layer_placed(layer);

    for (int round = 0; round < 5; round++) {
        struct im_arena *scratch = im_arena_new(16 << 20);
        double lon = test_random_in(r, 110, 126);
        double lat = test_random_in(r, 24, 40);
        uint8_t *marks = calloc(n + 1, 1);
        struct near_search search;
        uint32_t seen = 0;
        uint32_t feature;
        double before = 0;
        double hav;

        near_init(&search, layer, bound_origin(lon, lat), UINT16_MAX, scratch);
        while (near_next(&search, &feature, &hav)) {
            struct geom g = atlas_geom(layer, feature);
            double bound_m = bound_lower_m(hav);

            assert_true(bound_m >= before);
            assert_true(bound_m <= geom_distance_m(&g, lon, lat, NULL, NULL));
            assert_int_equal(marks[feature]++, 0);
            before = bound_m;
            seen++;
        }
        assert_false(search.failed);
        assert_int_equal(seen, n);
        free(marks);
        im_arena_free(scratch);
    }
}

TEST(windows_and_nearness_equal_brute_force)
{
    static const uint32_t sizes[] = {0, 1, 2, 15, 16, 17, 255, 256, 257, 3000};
    struct test_random r = test_random_new("index");

    for (int pattern = 0; pattern < PATTERNS; pattern++)
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            struct memory_source *ms = memory_source_new();

            memory_source_layer(ms, LAYER, "", 1);
            for (uint32_t i = 0; i < sizes[s]; i++)
                add_thing(ms, &r, (enum pattern)pattern, i);
            const struct atlas *atlas = memory_source_atlas(ms);
            const struct atlas_layer *layer = atlas_layer_at(atlas, 0);
            assert_int_equal(atlas_layer_placed(layer), sizes[s]);
            check_windows(layer, &r);
            check_near(layer, &r);
            atlas_unref(atlas);
            memory_source_free(ms);
        }
}

TEST(every_key_is_found_and_no_other)
{
    struct test_random r = test_random_new("keys");
    struct memory_source *ms = memory_source_new();
    char key[16];
    uint32_t feature;

    memory_source_layer(ms, LAYER, "", 1);
    for (uint32_t i = 0; i < 1000; i++)
        add_thing(ms, &r, EVEN, i);
    const struct atlas *atlas = memory_source_atlas(ms);
    const struct atlas_layer *layer = atlas_layer_at(atlas, 0);
    for (int i = -5; i < 1005; i++) {
        int64_t value = -1;

        snprintf(key, sizeof key, "%d", i);
        bool found = atlas_find_key(layer, im_bytes_of(key), &feature);
        assert_int_equal(found, i >= 0 && i < 1000);
        if (found) {
            assert_true(atlas_integer(layer, feature, 0, &value));
            assert_int_equal(value, i);
            assert_int_equal(atlas_fid(layer, feature), i + 1);
        }
    }
    atlas_unref(atlas);
    memory_source_free(ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_and_nearness_equal_brute_force),
        cmocka_unit_test(every_key_is_found_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
