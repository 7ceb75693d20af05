/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/late.h through tiles/tile.h: whatever the layers hold, work ends with
 * its deadline, and an end in the middle of it changes nothing. */
#include <test.h>

#include <support/memory_source.h>
#include <support/random.h>
#include <tiles/tile.h>

#include <math.h>

#define LAYER(id, geometry, order)                                                     \
    "{\"id\": \"" id "\", \"title\": {\"zh\": \"" id "\", \"en\": \"" id "\"},"        \
    "\"geometry\": \"" geometry "\", \"key\": \"id\", \"group\": \"places\","          \
    "\"order\": " order ", \"fields\": ["                                              \
    "{\"name\": \"id\", \"title\": {\"zh\": \"i\", \"en\": \"i\"}, \"type\": "         \
    "\"integer\", \"tile_zoom\": 0},"                                                  \
    "{\"name\": \"name\", \"title\": {\"zh\": \"n\", \"en\": \"n\"}, \"type\": "       \
    "\"text\", \"tile_zoom\": 0}],"                                                    \
    "\"in_map\": true, \"visibility\": \"public\","                                    \
    "\"source\": {\"zh\": \"s\", \"en\": \"s\"}, \"licence\": \"CC0\"}"

static const char POINTS[] =
    "{\"layers\": [{\"id\": \"heat\", \"type\": \"heatmap\"},"
    "{\"id\": \"dot\", \"type\": \"circle\", \"layout\": {\"circle-sort-key\": "
    "[\"get\", \"id\"]}},"
    "{\"id\": \"name\", \"type\": \"symbol\", \"layout\": {\"text-field\": [\"get\", "
    "\"name\"], \"text-size\": 11}}]}";
static const char LINES[] =
    "{\"layers\": [{\"id\": \"line\", \"type\": \"line\", \"paint\": {\"line-width\": "
    "3, \"line-dasharray\": [0, 0.1]}},"
    "{\"id\": \"along\", \"type\": \"symbol\", \"layout\": {\"text-field\": [\"get\", "
    "\"name\"], \"symbol-placement\": \"line\", \"symbol-spacing\": 1}}]}";
static const struct tile_id HERE = {8, 214, 104};
static const struct im_deadline PASSED = {1};

struct fixture {
    struct memory_source *source;
    const struct atlas *atlas;
    const struct tile_map *map;
    struct tile_worker *worker;
};

/* Lines that wind through the tile, with many more places for their name than room. */
static void add_lines(struct memory_source *source)
{
    for (int i = 0; i < 8; i++) {
        char wkt[1024] = "LINESTRING(";
        char values[40];
        size_t n = strlen(wkt);

        for (int k = 0; k < 30; k++) {
            double turn = 30 * i + k;

            n += (size_t)snprintf(wkt + n, sizeof wkt - n, "%s%.6f %.6f", k ? "," : "",
                                  121.6 + 0.5 * sin(turn * 0.7),
                                  31.2 + 0.4 * cos(turn * 0.31));
        }
        (void)snprintf(wkt + n, sizeof wkt - n, ")");
        (void)snprintf(values, sizeof values, "%d|环线", i);
        memory_source_row(source, wkt, values);
    }
}

static void open_map(struct fixture *f)
{
    struct tile_map_options options = {.layers = "map", .lang = LANG_ZH};
    struct im_error err;

    tile_map_unref(f->map);
    if (tile_map_new(f->atlas, &options, &f->map, &err) != IM_OK)
        fail_msg("%s", err.msg);
}

static int set_up(void **state)
{
    static struct fixture f;
    struct test_random r = test_random_new("late");
    struct im_error err = {0};

    f.source = memory_source_new();
    memory_source_layer(f.source, LAYER("spots", "point", "1"), POINTS, 1);
    for (int i = 0; i < 1000; i++) {
        char wkt[80];
        char values[80];

        snprintf(wkt, sizeof wkt, "POINT(%.6f %.6f)", test_random_in(&r, 121, 122.3),
                 test_random_in(&r, 30.7, 31.9));
        snprintf(values, sizeof values, "%d|园区%d", i, i);
        memory_source_row(f.source, wkt, values);
    }
    memory_source_layer(f.source, LAYER("ways", "line", "2"), LINES, 1);
    add_lines(f.source);
    f.atlas = memory_source_atlas(f.source);
    if (tile_worker_new(NULL, &f.worker, &err) != IM_OK) {
        print_error("%s\n", err.msg);
        return -1;
    }
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    tile_worker_free(f->worker);
    tile_map_unref(f->map);
    atlas_unref(f->atlas);
    memory_source_free(f->source);
    return 0;
}

static enum im_code
draw(struct fixture *f, struct im_deadline deadline, struct im_buf *out)
{
    struct im_error err = {0};
    enum im_code rc;

    im_buf_clear(out);
    tile_worker_set_deadline(f->worker, deadline);
    rc = tile_render_png(f->map, f->worker, HERE, 1, out, &err);
    tile_worker_set_deadline(f->worker, (struct im_deadline){0});
    if (rc != IM_OK)
        assert_non_null(strstr(err.msg, "fewer layers"));
    return rc;
}

static void a_picture_ends_with_its_deadline(void **state)
{
    struct fixture *f = *state;
    struct im_buf out = {.max = 1 << 20};

    open_map(f);
    assert_int_equal(draw(f, PASSED, &out), IM_ESTOPPED);
    assert_int_equal(out.len, 0);
    assert_int_equal(draw(f, (struct im_deadline){0}, &out), IM_OK);
    /* nor when all labels are known and only drawing is left */
    assert_int_equal(draw(f, PASSED, &out), IM_ESTOPPED);
    im_buf_release(&out);
}

static void a_version_ends_with_its_deadline(void **state)
{
    struct fixture *f = *state;
    struct im_error err = {0};
    uint64_t version;

    open_map(f);
    tile_worker_set_deadline(f->worker, PASSED);
    assert_int_equal(tile_content_prepare(f->map, f->worker, HERE, 256, &version, &err),
                     IM_ESTOPPED);
    assert_false(tile_content_version(f->map, HERE, 256, &version));
    tile_worker_set_deadline(f->worker, (struct im_deadline){0});
    assert_int_equal(tile_content_prepare(f->map, f->worker, HERE, 256, &version, &err),
                     IM_OK);
}

static void a_vector_tile_ends_with_its_deadline(void **state)
{
    struct fixture *f = *state;
    struct im_buf late = {.max = 8 << 20};
    struct im_buf whole = {.max = 8 << 20};
    struct im_buf again = {.max = 8 << 20};
    struct im_error err = {0};

    open_map(f);
    assert_int_equal(tile_encode_mvt(f->map, f->worker, HERE, &whole, &err), IM_OK);
    tile_worker_set_deadline(f->worker, PASSED);
    assert_int_equal(tile_encode_mvt(f->map, f->worker, HERE, &late, &err),
                     IM_ESTOPPED);
    assert_int_equal(late.len, 0);
    tile_worker_set_deadline(f->worker, (struct im_deadline){0});
    assert_int_equal(tile_encode_mvt(f->map, f->worker, HERE, &again, &err), IM_OK);
    assert_true(im_bytes_equal(im_buf_bytes(&whole), im_buf_bytes(&again)));
    im_buf_release(&late);
    im_buf_release(&whole);
    im_buf_release(&again);
}

/* Stopped at ever later moments until it comes through: the picture is the one that was
 * never stopped, and what was decided about labels has not to be decided again. */
static void stopping_changes_no_picture(void **state)
{
    struct fixture *f = *state;
    struct im_buf whole = {.max = 1 << 20};
    struct im_buf out = {.max = 1 << 20};
    int n_stopped = 0;

    open_map(f);
    assert_int_equal(draw(f, (struct im_deadline){0}, &whole), IM_OK);
    open_map(f);
    for (uint64_t us = 100;; us += us) {
        struct im_deadline soon = im_deadline_in(0);

        soon.at_us += us;
        if (draw(f, soon, &out) == IM_OK)
            break;
        n_stopped++;
    }
    assert_true(n_stopped > 0);
    assert_true(im_bytes_equal(im_buf_bytes(&whole), im_buf_bytes(&out)));
    im_buf_release(&whole);
    im_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_ends_with_its_deadline),
        cmocka_unit_test(a_version_ends_with_its_deadline),
        cmocka_unit_test(a_vector_tile_ends_with_its_deadline),
        cmocka_unit_test(stopping_changes_no_picture),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
