/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/atlas/clusters.c against a search that compares all with all, and
 * against counting the points anew. The seed is printed; IM_SEED= replays it. */
#include <test.h>

#include <engine/clusters.h>

#include <support/memory_source.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYER(cluster)                                                                 \
    "{\"id\":\"spots\",\"title\":{\"zh\":\"点\"},\"geometry\":\"point\",\"key\":"     \
    "\"id\",\"fields\":["                                                              \
    "{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"text\"},"               \
    "{\"name\":\"kind\",\"title\":{\"zh\":\"类\"},\"type\":\"text\"},"                \
    "{\"name\":\"rank\",\"title\":{\"zh\":\"级\"},\"type\":\"real\"}],"               \
    "\"roles\":{\"importance\":\"rank\"}" cluster "}"
#define BY_KIND ",\"cluster\":{\"max_zoom\":11,\"radius_px\":50,\"by\":\"kind\"}"

enum { KIND = 1, MAX_ZOOM = 11, RADIUS = 50, MAX_N = 900 };

struct random {
    uint64_t state;
};

static uint32_t next(struct random *r, uint32_t below)
{
    r->state = r->state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((r->state >> 33) % below);
}

static uint64_t seed(void)
{
    const char *given = getenv("IM_SEED");
    uint64_t value = given ? strtoull(given, NULL, 10) : 20261121;

    printf("IM_SEED=%llu\n", (unsigned long long)value);
    return value;
}

static void add_point(
    struct memory_source *ms, double lon, double lat, uint32_t id, const char *kind)
{
    double xy[2] = {lon, lat};
    struct geom g = {GEOM_POINT, 1, 0, 0, xy, NULL, NULL};
    char values[80];

    snprintf(values, sizeof values, "s%u|%s|%u", id, kind, id * 7919 % 1000);
    memory_source_feature(ms, &g, values);
}

/* Towns with many points, some at the very same place, and a few far out. */
static void add_random(struct memory_source *ms, struct random *r, uint32_t n)
{
    static const char *const kinds[] = {"a", "b", "c", "", "d"};

    for (uint32_t i = 0; i < n; i++) {
        double lon = 118 + next(r, 5);
        double lat = 29 + next(r, 4);

        if (i % 10 == 0) {
            lon = next(r, 360000) / 1000.0 - 180;
            lat = next(r, 160000) / 1000.0 - 80;
        } else if (i % 10 < 8) {
            double far = pow(next(r, 1000) / 1000.0, 3) * 0.5;

            lon += far * (next(r, 200) / 100.0 - 1);
            lat += far * (next(r, 200) / 100.0 - 1);
        }
        add_point(ms, lon, lat, i, kinds[next(r, 5)]);
    }
}

/* ---- against counting ---- */

/* What stands for the feature at a zoom. */
static uint32_t stand_in(const struct clusters *c, uint32_t feature, unsigned zoom)
{
    uint32_t i;

    if (clusters_first_zoom(c, feature) <= zoom)
        return feature;
    for (i = clusters_parent(c, feature); cluster_at(c, i)->min_zoom > zoom;
         i = cluster_at(c, i)->parent)
        assert_int_not_equal(i, CLUSTER_NONE);
    return CLUSTER_BIT | i;
}

struct found {
    uint32_t n;
    uint32_t what[2 * MAX_N];
};

static bool note(void *ctx, uint32_t what)
{
    struct found *found = ctx;

    assert_true(found->n < 2 * MAX_N);
    found->what[found->n++] = what;
    return true;
}

static const struct bbox WORLD = {-180, -90, 180, 90};

static void recount(const struct atlas_layer *layer,
                    const struct clusters *c,
                    unsigned zoom,
                    uint32_t what)
{
    const struct cluster *cluster = cluster_at(c, what & ~CLUSTER_BIT);
    uint32_t counts[8] = {0};
    uint32_t n_codes;
    const struct cluster_code *codes = cluster_codes(c, what & ~CLUSTER_BIT, &n_codes);
    uint32_t n = 0;
    uint64_t x = 0;
    uint64_t y = 0;
    bool has_main = false;

    for (uint32_t f = 0; f < atlas_layer_placed(layer); f++) {
        const double *lonlat = atlas_geom(layer, f).lonlat;
        uint32_t code = atlas_code(layer, f, KIND);

        if (stand_in(c, f, zoom) != what)
            continue;
        n++;
        x += world_x(lonlat[0]);
        y += world_y(lonlat[1]);
        if (code != ATLAS_NULL_CODE)
            counts[code]++;
        has_main |= f == cluster->feature;
        assert_false(atlas_importance(layer, f) >
                     atlas_importance(layer, cluster->feature));
    }
    assert_true(n >= 2 && has_main);
    assert_int_equal(cluster->n_points, n);
    assert_int_equal(cluster->xy[0], x / n);
    assert_int_equal(cluster->xy[1], y / n);
    for (uint32_t i = 0; i < n_codes; i++) {
        assert_int_equal(codes[i].n_points, counts[codes[i].code]);
        counts[codes[i].code] = 0;
    }
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(counts[i], 0);
}

static void
check_zoom(const struct atlas_layer *layer, const struct clusters *c, unsigned zoom)
{
    struct found found = {0};
    uint32_t sum = 0;

    assert_true(clusters_window(c, zoom, WORLD, note, &found));
    for (uint32_t i = 0; i < found.n; i++) {
        uint32_t what = found.what[i];

        for (uint32_t j = 0; j < i; j++)
            assert_int_not_equal(found.what[j], what);
        if (what & CLUSTER_BIT)
            recount(layer, c, zoom, what);
        else
            assert_int_equal(stand_in(c, what, zoom), what);
        sum += what & CLUSTER_BIT ? cluster_at(c, what & ~CLUSTER_BIT)->n_points : 1;
    }
    assert_int_equal(sum, atlas_layer_placed(layer));
}

/* ---- against comparing all with all ---- */

struct thing {
    uint64_t x, y, sum_x, sum_y, n;
};

static uint32_t step(struct thing *things, uint32_t n, unsigned zoom)
{
    double radius = RADIUS / 512.0 * pow(2, 32.0 - zoom);
    bool gone[MAX_N] = {false};
    uint32_t kept = 0;

    for (uint32_t i = 0; i < n; i++) {
        struct thing all = things[i];

        if (gone[i])
            continue;
        for (uint32_t j = i + 1; j < n; j++)
            if (!gone[j] &&
                hypot((double)things[i].x - (double)things[j].x,
                      (double)things[i].y - (double)things[j].y) <= radius) {
                gone[j] = true;
                all.sum_x += things[j].sum_x;
                all.sum_y += things[j].sum_y;
                all.n += things[j].n;
            }
        all.x = all.sum_x / all.n;
        all.y = all.sum_y / all.n;
        things[kept++] = all;
    }
    return kept;
}

static void check_against_all(const struct atlas_layer *layer, const struct clusters *c)
{
    static struct thing things[MAX_N];
    uint32_t n = atlas_layer_placed(layer);

    for (uint32_t f = 0; f < n; f++) {
        const double *lonlat = atlas_geom(layer, f).lonlat;

        things[f].x = things[f].sum_x = world_x(lonlat[0]);
        things[f].y = things[f].sum_y = world_y(lonlat[1]);
        things[f].n = 1;
    }
    for (unsigned zoom = MAX_ZOOM + 1; zoom-- > 0;) {
        struct found found = {0};

        n = step(things, n, zoom);
        clusters_window(c, zoom, WORLD, note, &found);
        assert_int_equal(found.n, n);
        for (uint32_t i = 0; i < found.n; i++) {
            const struct cluster *cluster = cluster_at(c, found.what[i] & ~CLUSTER_BIT);
            bool is_there = !(found.what[i] & CLUSTER_BIT);

            for (uint32_t j = 0; j < n && !is_there; j++)
                is_there = things[j].x == cluster->xy[0] &&
                           things[j].y == cluster->xy[1] &&
                           things[j].n == cluster->n_points;
            assert_true(is_there);
        }
    }
}

static void check_windows(const struct atlas_layer *layer,
                          const struct clusters *c,
                          struct random *r)
{
    struct found all = {0};
    unsigned zoom = next(r, MAX_ZOOM + 1);

    clusters_window(c, zoom, WORLD, note, &all);
    for (int turn = 0; turn < 20; turn++) {
        double lon = 117 + next(r, 6000) / 1000.0;
        double lat = 28 + next(r, 5000) / 1000.0;
        struct bbox box = {lon, lat, lon + next(r, 2000) / 1000.0,
                           lat + next(r, 2000) / 1000.0};
        struct found found = {0};
        uint32_t k = 0;

        clusters_window(c, zoom, box, note, &found);
        for (uint32_t i = 0; i < all.n; i++) { /* in the same order */
            uint32_t what = all.what[i];
            const struct cluster *cluster = cluster_at(c, what & ~CLUSTER_BIT);
            double x = what & CLUSTER_BIT ? world_lon(cluster->xy[0])
                                          : atlas_geom(layer, what).lonlat[0];
            double y = what & CLUSTER_BIT ? world_lat(cluster->xy[1])
                                          : atlas_geom(layer, what).lonlat[1];

            if (k < found.n && found.what[k] == what)
                k++;
            else
                assert_false(x > box.min_x && x < box.max_x && y > box.min_y &&
                             y < box.max_y);
        }
        assert_int_equal(k, found.n);
    }
}

TEST(every_point_is_counted_once_at_every_zoom)
{
    struct random r = {seed()};

    for (int turn = 0; turn < 6; turn++) {
        struct memory_source *ms = memory_source_new();

        memory_source_layer(ms, LAYER(BY_KIND), "", 1);
        add_random(ms, &r, 1 + next(&r, MAX_N - 1));
        const struct atlas *atlas = memory_source_atlas(ms);
        const struct atlas_layer *layer = atlas_layer_at(atlas, 0);
        const struct clusters *c = atlas_clusters(layer);
        assert_non_null(c);
        for (unsigned zoom = 0; zoom <= MAX_ZOOM; zoom++)
            check_zoom(layer, c, zoom);
        check_against_all(layer, c);
        check_windows(layer, c, &r);
        atlas_unref(atlas);
        memory_source_free(ms);
    }
}

/* ---- corner cases ---- */

TEST(points_at_one_place_never_come_apart)
{
    struct memory_source *ms = memory_source_new();
    uint32_t n;

    memory_source_layer(ms, LAYER(BY_KIND), "", 1);
    for (uint32_t i = 0; i < 500; i++)
        add_point(ms, 121.5, 31.2, i, i % 2 ? "a" : "b");
    const struct atlas *atlas = memory_source_atlas(ms);
    const struct clusters *c = atlas_clusters(atlas_layer_at(atlas, 0));
    assert_int_equal(clusters_count(c), 1);
    assert_int_equal(cluster_at(c, 0)->n_points, 500);
    assert_int_equal(cluster_at(c, 0)->min_zoom, 0);
    assert_int_equal(cluster_at(c, 0)->max_zoom, MAX_ZOOM);
    assert_int_equal(cluster_codes(c, 0, &n)[1].n_points, 250);
    assert_int_equal(n, 2);
    assert_true(cluster_id(c, 0) >= 1ll << 52 && cluster_id(c, 0) < 1ll << 53);
    atlas_unref(atlas);
    memory_source_free(ms);
}

TEST(few_points_and_features_of_several_stand_alone)
{
    struct memory_source *ms = memory_source_new();
    struct found found = {0};

    memory_source_layer(ms, LAYER(BY_KIND), "", 1);
    memory_source_row(ms, NULL, "nowhere|a|");
    const struct atlas *atlas = memory_source_atlas(ms);
    const struct clusters *c = atlas_clusters(atlas_layer_at(atlas, 0));
    assert_non_null(c);
    assert_true(clusters_window(c, 3, WORLD, note, &found));
    assert_int_equal(found.n, 0);
    atlas_unref(atlas);

    memory_source_clear(ms, "spots", 2);
    memory_source_row(ms, "POINT(121 31)", "one|a|");
    memory_source_row(ms, "MULTIPOINT(121 31, 122 32)", "two|a|");
    atlas = memory_source_atlas(ms);
    c = atlas_clusters(atlas_layer_at(atlas, 0));
    assert_int_equal(clusters_count(c), 0);
    clusters_window(c, 0, WORLD, note, &found);
    assert_int_equal(found.n, 2);
    found.n = 0;
    clusters_window(c, 5, (struct bbox){121.9, 31.9, 122.1, 32.1}, note, &found);
    assert_int_equal(found.n, 1);
    atlas_unref(atlas);
    memory_source_free(ms);
}

static bool is_even(const void *ctx, uint32_t feature)
{
    return atlas_fid(ctx, feature) % 2 == 0;
}

TEST(what_is_hidden_is_not_counted)
{
    struct memory_source *ms = memory_source_new();
    struct random r = {7};
    struct found found = {0};
    uint32_t sum = 0;

    memory_source_layer(ms, LAYER(BY_KIND), "", 1);
    add_random(ms, &r, 400);
    const struct atlas *atlas = memory_source_atlas(ms);
    const struct atlas_layer *layer = atlas_layer_at(atlas, 0);
    struct clusters *c = clusters_new(layer, is_even, layer);
    clusters_window(c, 2, WORLD, note, &found);
    for (uint32_t i = 0; i < found.n; i++) {
        if (!(found.what[i] & CLUSTER_BIT))
            assert_true(is_even(layer, found.what[i]));
        sum += found.what[i] & CLUSTER_BIT
                   ? cluster_at(c, found.what[i] & ~CLUSTER_BIT)->n_points
                   : 1;
    }
    assert_int_equal(sum, 200);
    clusters_free(c);
    atlas_unref(atlas);
    memory_source_free(ms);
}

TEST(the_same_rows_give_the_same_clusters)
{
    struct memory_source *ms = memory_source_new();
    struct random r = {11};

    memory_source_layer(ms, LAYER(BY_KIND), "", 1);
    add_random(ms, &r, 700);
    const struct atlas *atlas = memory_source_atlas(ms);
    const struct atlas_layer *layer = atlas_layer_at(atlas, 0);
    assert_false(atlas_clusters_are_ready(layer));
    size_t before = atlas_memory_bytes(atlas);
    const struct clusters *a = atlas_clusters(layer);
    struct clusters *b = clusters_new(layer, NULL, NULL);
    assert_true(atlas_clusters_are_ready(layer));
    assert_ptr_equal(atlas_clusters(layer), a);
    assert_int_equal(atlas_memory_bytes(atlas) - before, clusters_bytes(a));
    assert_int_equal(clusters_count(a), clusters_count(b));
    for (uint32_t i = 0; i < clusters_count(a); i++) {
        assert_memory_equal(cluster_at(a, i), cluster_at(b, i), sizeof(struct cluster));
        assert_int_equal(cluster_id(a, i), cluster_id(b, i));
    }
    clusters_free(b);
    atlas_unref(atlas);
    memory_source_free(ms);
}

TEST(a_layer_without_the_member_has_none_and_free_texts_are_not_counted)
{
    struct memory_source *ms = memory_source_new();
    struct random r = {3};

    memory_source_layer(ms, LAYER(""), "", 1);
    add_random(ms, &r, 100);
    const struct atlas *atlas = memory_source_atlas(ms);
    assert_null(atlas_clusters(atlas_layer_at(atlas, 0)));
    assert_true(atlas_clusters_are_ready(atlas_layer_at(atlas, 0)));
    atlas_unref(atlas);
    memory_source_free(ms);

    ms = memory_source_new();
    memory_source_layer(ms, LAYER(",\"cluster\":{\"by\":\"id\"}"), "", 1);
    add_random(ms, &r, 100);
    atlas = memory_source_atlas(ms);
    const struct clusters *c = atlas_clusters(atlas_layer_at(atlas, 0));
    assert_true(clusters_count(c) > 0);
    assert_int_equal(cluster_at(c, 0)->n_codes, 0);
    atlas_unref(atlas);
    memory_source_free(ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_is_counted_once_at_every_zoom),
        cmocka_unit_test(points_at_one_place_never_come_apart),
        cmocka_unit_test(few_points_and_features_of_several_stand_alone),
        cmocka_unit_test(what_is_hidden_is_not_counted),
        cmocka_unit_test(the_same_rows_give_the_same_clusters),
        cmocka_unit_test(
            a_layer_without_the_member_has_none_and_free_texts_are_not_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
