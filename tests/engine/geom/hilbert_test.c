/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/geom/hilbert.c. */
#include <test.h>

#include <support/random.h>

#include <engine/hilbert.h>

#include <stdlib.h>

/* The iterative form of the curve in Warren, Hacker's Delight, 16-1. */
static uint64_t warren(uint32_t x, uint32_t y, unsigned bits)
{
    uint64_t index = 0;

    for (uint32_t s = 1u << (bits - 1); s > 0; s >>= 1) {
        uint32_t rx = (x & s) != 0;
        uint32_t ry = (y & s) != 0;

        index = index << 2 | ((3 * rx) ^ ry);
        if (!ry) {
            if (rx) {
                x = ~x;
                y = ~y;
            }
            uint32_t swap = x;
            x = y;
            y = swap;
        }
    }
    return index;
}

TEST(every_step_from_every_state_is_that_of_the_loop)
{
    /* three steps of two bits reach each state with each of its sixteen squares */
    for (uint32_t x = 0; x < 65536; x += 1024)
        for (uint32_t y = 0; y < 65536; y += 1024)
            assert_int_equal(hilbert_index(x, y), warren(x, y, 16));
}

TEST(anywhere_the_index_is_that_of_the_loop)
{
    struct test_random r = test_random_new("hilbert");

    for (int i = 0; i < 100000; i++) {
        uint32_t x = test_random_below(&r, 65536);
        uint32_t y = test_random_below(&r, 65536);

        assert_int_equal(hilbert_index(x, y), warren(x, y, 16));
    }
}

TEST(in_a_finer_grid_the_index_is_that_of_the_loop_too)
{
    struct test_random r = test_random_new("hilbert");

    for (int i = 0; i < 100000; i++) {
        uint32_t x = test_random_below(&r, 1 << 24);
        uint32_t y = test_random_below(&r, 1 << 24);

        assert_int_equal(hilbert_index_fine(x, y), warren(x, y, 24));
    }
}

TEST(neighbours_on_the_curve_are_neighbours_in_the_square)
{
    enum { SIDE = 64 };
    static uint32_t cell_of[SIDE * SIDE];

    /* the first cells of the curve fill one corner of the square */
    for (uint32_t x = 0; x < SIDE; x++)
        for (uint32_t y = 0; y < SIDE; y++) {
            uint32_t index = hilbert_index(x, y);

            assert_true(index < SIDE * SIDE);
            cell_of[index] = x << 16 | y;
        }
    for (int i = 1; i < SIDE * SIDE; i++) {
        int dx = (int)(cell_of[i] >> 16) - (int)(cell_of[i - 1] >> 16);
        int dy = (int)(cell_of[i] & 65535) - (int)(cell_of[i - 1] & 65535);

        assert_int_equal(abs(dx) + abs(dy), 1);
    }
}

TEST(sorting_is_by_key_and_stable)
{
    enum { N = 5000 };
    static uint64_t pairs[2 * N];
    struct test_random r = test_random_new("sort");

    for (uint64_t i = 0; i < N; i++)
        pairs[i] = (uint64_t)(test_random_below(&r, 300) * 12345678u) << 32 | i;
    hilbert_sort(pairs, pairs + N, N);
    for (int i = 1; i < N;
         i++) /* the row is the lower half: equal keys keep its order */
        assert_true(pairs[i - 1] < pairs[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_from_every_state_is_that_of_the_loop),
        cmocka_unit_test(anywhere_the_index_is_that_of_the_loop),
        cmocka_unit_test(in_a_finer_grid_the_index_is_that_of_the_loop_too),
        cmocka_unit_test(neighbours_on_the_curve_are_neighbours_in_the_square),
        cmocka_unit_test(sorting_is_by_key_and_stable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
