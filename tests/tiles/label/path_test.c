/* SPDX-License-Identifier: Apache-2.0 */
/* Proves tiles/label/path.c, chunks.c: long lines are looked at by stretches with the
 * same outcome as vertex by vertex. */
#include <test.h>

#include "label/path.h"

#include <math.h>
#include <stdlib.h>

enum { POINTS = 20000, PLACES = 70000 };

struct line {
    uint32_t xy[2 * POINTS];
    uint32_t ends[3];
};

struct place {
    uint32_t part, along;
    double x, y;
};
struct places {
    struct place items[PLACES];
    size_t n;
};

/* A walk of random steps, some of length 0. */
static struct atlas_shape make_line(struct line *line, uint64_t seed, uint32_t n_parts)
{
    uint64_t state = seed * 2 + 1;
    double x = 1e9;
    double y = 2e9;

    for (uint32_t i = 0; i < POINTS; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        x += (double)(state >> 44 & 1023) - 200;
        y += state >> 60 ? (double)(state >> 32 & 127) - 64 : 0;
        line->xy[2 * i] = (uint32_t)x;
        line->xy[2 * i + 1] = (uint32_t)y;
    }
    line->ends[0] = n_parts == 1 ? POINTS : 7;
    line->ends[1] = 9001;
    line->ends[2] = POINTS;
    return (struct atlas_shape){GEOM_LINE, POINTS, n_parts, line->xy, line->ends};
}

static bool take(void *ctx, uint32_t part, uint32_t along, double x, double y)
{
    struct places *places = ctx;

    assert_true(places->n < PLACES);
    places->items[places->n++] = (struct place){part, along, x, y};
    return true;
}

static bool is_in(const struct label_near *near, const struct place *p)
{
    return p->x >= near->min_x && p->x <= near->max_x && p->y >= near->min_y &&
           p->y <= near->max_y;
}

static bool comes_before(const struct place *a, const struct place *b)
{
    return a->part != b->part ? a->part < b->part : a->along < b->along;
}

TEST(places_by_stretches_are_those_of_all_vertices)
{
    struct line *line = test_malloc(sizeof *line);
    struct places *all = test_calloc(1, sizeof *all);
    struct places *found = test_calloc(1, sizeof *found);
    struct chunk_cache cache = {0};

    for (uint64_t seed = 1; seed < 6; seed++) {
        struct atlas_shape shape = make_line(line, seed, seed == 5 ? 3 : 1);
        const struct line_chunks *chunks = line_chunks_of(&cache, &shape);
        double spacing = seed < 3 ? 30 : 5000;
        const uint32_t *middle = line->xy + POINTS;
        struct label_near near = {middle[0] - 3e4, middle[1] - 3e4, middle[0] + 3e4,
                                  middle[1] + 3e4};
        size_t at = 0;

        assert_non_null(chunks);
        all->n = found->n = 0;
        assert_true(label_places(&shape, NULL, NULL, 1, spacing, false, take, all));
        assert_true(label_places(&shape, chunks, NULL, 1, spacing, false, take, found));
        assert_true(all->n > 1000);
        assert_int_equal(all->n, found->n);
        assert_memory_equal(all->items, found->items, all->n * sizeof *all->items);
        found->n = 0;
        assert_true(
            label_places(&shape, chunks, &near, 1, spacing, false, take, found));
        assert_true(seed == 5 || found->n < all->n / 2);
        for (size_t i = 0; i < all->n; i++) {
            while (at < found->n && comes_before(&found->items[at], &all->items[i]))
                at++;
            if (is_in(&near, &all->items[i]))
                assert_memory_equal(&all->items[i], &found->items[at],
                                    sizeof *all->items);
        }
        chunk_cache_release(&cache); /* the next line lies at the same address */
    }
    test_free(line);
    test_free(all);
    test_free(found);
}

TEST(the_stretch_around_a_point_is_that_of_all_vertices)
{
    static const double scale[4] = {0.01, 0, 0, 0.01};
    struct line *line = test_malloc(sizeof *line);
    struct label_path *a = test_malloc(sizeof *a);
    struct label_path *b = test_malloc(sizeof *b);
    struct chunk_cache cache = {0};
    unsigned n_found = 0;

    for (uint32_t parts = 1; parts <= 3; parts += 2) {
        struct atlas_shape shape = make_line(line, 11, parts);
        const struct line_chunks *chunks = line_chunks_of(&cache, &shape);

        for (uint32_t i = 0; i < POINTS; i += 41) {
            /* at the line, beside it, far from it */
            double x = line->xy[2 * i] + (i % 3) * 700.0;
            double y = line->xy[2 * i + 1] - (i % 5) * 30000.0;
            bool is_there = label_path_around(&shape, NULL, scale, x, y, 40, 10, a);

            assert_int_equal(is_there,
                             label_path_around(&shape, chunks, scale, x, y, 40, 10, b));
            if (!is_there)
                continue;
            n_found++;
            assert_int_equal(a->n, b->n);
            assert_true(a->middle == b->middle && a->step_px == b->step_px);
            assert_memory_equal(a->xy, b->xy, 2 * a->n * sizeof *a->xy);
        }
        chunk_cache_release(&cache);
    }
    assert_true(n_found > 500);
    test_free(line);
    test_free(a);
    test_free(b);
}

TEST(a_short_line_has_no_stretches_and_a_known_one_is_not_measured_again)
{
    struct line *line = test_malloc(sizeof *line);
    struct atlas_shape shape = make_line(line, 3, 1);
    struct atlas_shape other = shape;
    struct chunk_cache cache = {0};
    const struct line_chunks *chunks = line_chunks_of(&cache, &shape);

    assert_non_null(chunks);
    assert_ptr_equal(chunks, line_chunks_of(&cache, &shape));
    other.n_points = CHUNKS_FROM_POINTS - 1;
    assert_null(line_chunks_of(&cache, &other));
    for (uint32_t i = 1; i < CHUNK_SHAPES; i++) {
        other.n_points = POINTS - i;
        assert_ptr_not_equal(chunks, line_chunks_of(&cache, &other));
    }
    assert_ptr_equal(chunks, line_chunks_of(&cache, &shape));
    assert_int_equal(chunk_cache_bytes(&cache), CHUNK_SHAPES * sizeof *chunks);
    chunk_cache_release(&cache);
    test_free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_by_stretches_are_those_of_all_vertices),
        cmocka_unit_test(the_stretch_around_a_point_is_that_of_all_vertices),
        cmocka_unit_test(
            a_short_line_has_no_stretches_and_a_known_one_is_not_measured_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
