/* SPDX-License-Identifier: Apache-2.0 */
/* Proves the generalised levels of an atlas: closed rings, ends that stay, and an
 * outline within a quarter of a pixel. */
#include <test.h>

#include <support/memory_source.h>
#include <support/random.h>

#include <math.h>

static const char *const LAYER =
    "{\"id\":\"shapes\",\"title\":{\"zh\":\"形状\"},\"geometry\":\"mixed\","
    "\"key\":\"id\",\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},"
    "\"type\":\"integer\"}]}";

enum { N = 1000 };

/* A ring or line of `size` degrees whose outline is rough by a share of that size. */
static void add_shape(struct memory_source *ms,
                      struct test_random *r,
                      bool ring,
                      int id,
                      double size,
                      double rough)
{
    static double xy[2 * N];
    uint32_t end = N;
    uint32_t area_end = 1;
    double lon = test_random_in(r, 118, 122);
    double lat = test_random_in(r, 29, 33);
    char value[16];

    for (int i = 0; i < N; i++) {
        double angle = i * 6.283185307179586 / (N - 1);
        double radius = size * (1 + test_random_in(r, -rough, rough));

        xy[2 * i] = lon + radius * cos(angle) + (ring ? 0 : i * size / N);
        xy[2 * i + 1] = lat + radius * sin(angle);
    }
    if (ring) {
        xy[2 * N - 2] = xy[0];
        xy[2 * N - 1] = xy[1];
    }
    snprintf(value, sizeof value, "%d", id);
    struct geom g = {ring ? GEOM_AREA : GEOM_LINE, N, 1, ring, xy, &end, &area_end};
    memory_source_feature(ms, &g, value);
}

static double to_stretch(const uint32_t *p, const uint32_t *a, const uint32_t *b)
{
    double dx = (double)b[0] - a[0];
    double dy = (double)b[1] - a[1];
    double px = (double)p[0] - a[0];
    double py = (double)p[1] - a[1];
    double len2 = dx * dx + dy * dy;
    double t = len2 > 0 ? fmin(fmax((px * dx + py * dy) / len2, 0), 1) : 0;

    return hypot(px - t * dx, py - t * dy);
}

static double to_outline(const uint32_t *p, const struct atlas_shape *s)
{
    double best = HUGE_VAL;

    for (uint32_t i = 0; i + 1 < s->n_points; i++)
        best = fmin(best, to_stretch(p, s->xy + 2 * i, s->xy + 2 * i + 2));
    return best;
}

static void check_shape(const struct atlas_layer *layer, uint32_t i, unsigned zoom)
{
    struct atlas_shape full = atlas_shape(layer, i, 22);
    struct atlas_shape s = atlas_shape(layer, i, zoom);
    double pixel = pow(2, 24 - (int)zoom);
    struct bbox box = bbox_empty();

    assert_int_equal(full.n_points, N);
    for (uint32_t k = 0; k < full.n_points; k++)
        box = bbox_extend(box, full.xy[2 * k], full.xy[2 * k + 1]);
    if (s.kind == GEOM_EMPTY) { /* only what is under a pixel vanishes */
        assert_true(box.max_x - box.min_x < pixel && box.max_y - box.min_y < pixel);
        return;
    }
    assert_int_equal(s.n_parts, 1);
    assert_int_equal(s.part_end[0], s.n_points);
    if (s.kind == GEOM_AREA) { /* it may begin elsewhere */
        assert_memory_equal(s.xy, s.xy + 2 * ((size_t)s.n_points - 1), 8);
        if (box.max_x - box.min_x < pixel && box.max_y - box.min_y < pixel)
            return; /* a square that stands for what is under a pixel */
    }
    assert_true(s.n_points >= (s.kind == GEOM_AREA ? 4u : 2u));
    if (s.kind == GEOM_LINE) {
        assert_memory_equal(s.xy, full.xy, 8);
        assert_memory_equal(s.xy + 2 * (s.n_points - 1), full.xy + 2 * (N - 1), 8);
    }
    for (uint32_t k = 0; k < full.n_points; k++)
        assert_true(to_outline(full.xy + 2 * k, &s) <= pixel / 4);
}

TEST(levels_stay_within_a_quarter_pixel_and_rings_stay_closed)
{
    struct test_random r = test_random_new("simplify");
    struct memory_source *ms = memory_source_new();

    memory_source_layer(ms, LAYER, "", 1);
    for (int i = 0; i < 12; i++)
        add_shape(ms, &r, i % 2, i, pow(10, test_random_in(&r, -4, 0)), 0.05);
    const struct atlas *atlas = memory_source_atlas(ms);
    const struct atlas_layer *layer = atlas_layer_at(atlas, 0);
    for (uint32_t i = 0; i < atlas_layer_size(layer); i++)
        for (unsigned zoom = 0; zoom <= 14; zoom += 2)
            check_shape(layer, i, zoom);
    atlas_unref(atlas);
    memory_source_free(ms);
}

TEST(low_zooms_keep_far_fewer_vertices)
{
    struct test_random r = test_random_new("simplify less");
    struct memory_source *ms = memory_source_new();
    uint64_t at_4 = 0;
    uint64_t at_22 = 0;

    memory_source_layer(ms, LAYER, "", 1);
    /* at most 12 px at zoom 4, rough by 0.06 px there: well under the tolerance */
    for (int i = 0; i < 10; i++)
        add_shape(ms, &r, i % 2, i, test_random_in(&r, 0.1, 1), 0.005);
    const struct atlas *atlas = memory_source_atlas(ms);
    const struct atlas_layer *layer = atlas_layer_at(atlas, 0);
    for (uint32_t i = 0; i < atlas_layer_size(layer); i++) {
        at_4 += atlas_shape(layer, i, 4).n_points;
        at_22 += atlas_shape(layer, i, 22).n_points;
    }
    assert_true(at_4 * 10 < at_22);
    atlas_unref(atlas);
    memory_source_free(ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_stay_within_a_quarter_pixel_and_rings_stay_closed),
        cmocka_unit_test(low_zooms_keep_far_fewer_vertices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
