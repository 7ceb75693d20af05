/* SPDX-License-Identifier: Apache-2.0 */
/* Proves engine/base/arena.c. */
#include <test.h>

#include <engine/arena.h>

static void append_digit(void *ptr)
{
    unsigned *trace = *(unsigned **)ptr;

    *trace = *trace * 10 + ((unsigned *)ptr)[2];
}

TEST(pieces_are_aligned_and_keep_what_was_written)
{
    struct im_arena *arena = im_arena_new(1 << 20);
    uint8_t *pieces[200];

    for (size_t i = 0; i < 200; i++) {
        pieces[i] = im_arena_alloc(arena, i * 7);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 16, 0);
        memset(pieces[i], (int)i, i * 7);
    }
    for (size_t i = 0; i < 200; i++)
        for (size_t j = 0; j < i * 7; j++)
            assert_int_equal(pieces[i][j], i);
    im_arena_free(arena);
}

TEST(an_arena_never_holds_more_than_its_maximum)
{
    struct im_arena *arena = im_arena_new(1000);

    assert_non_null(im_arena_alloc(arena, 900));
    assert_false(im_arena_is_full(arena));
    assert_null(im_arena_alloc(arena, 200));
    assert_true(im_arena_is_full(arena));
    assert_null(im_arena_alloc(arena, SIZE_MAX));
    assert_null(im_arena_calloc(arena, SIZE_MAX / 2, 4));
    im_arena_reset(arena);
    assert_false(im_arena_is_full(arena));
    assert_non_null(im_arena_alloc(arena, 900));
    im_arena_free(arena);
}

TEST(deferred_functions_run_newest_first)
{
    struct entry {
        unsigned *trace;
        unsigned digit, pad;
    };
    unsigned trace = 0;
    struct entry one = {&trace, 1, 0};
    struct entry two = {&trace, 2, 0};
    struct im_arena *arena = im_arena_new(4096);

    assert_true(im_arena_defer(arena, append_digit, &one));
    assert_true(im_arena_defer(arena, append_digit, &two));
    im_arena_free(arena);
    assert_int_equal(trace, 21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_and_keep_what_was_written),
        cmocka_unit_test(an_arena_never_holds_more_than_its_maximum),
        cmocka_unit_test(deferred_functions_run_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
