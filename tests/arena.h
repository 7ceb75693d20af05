/* SPDX-License-Identifier: Apache-2.0 */
/* An arena for a test program, made before each test or before all of them. */
#ifndef TESTS_ARENA_H
#define TESTS_ARENA_H

#include <engine/arena.h>

static struct im_arena *arena;

static inline int arena_make(void **state __attribute__((unused)))
{
    arena = im_arena_new((size_t)512 << 20);
    return arena ? 0 : -1;
}

static inline int arena_drop(void **state __attribute__((unused)))
{
    im_arena_free(arena);
    arena = NULL;
    return 0;
}

#endif
