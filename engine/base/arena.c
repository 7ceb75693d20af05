/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that lives as long as one request. IM_ARENA_DEBUG gives each piece its own
 * malloc, so that the address sanitizer sees overruns. */
#include <engine/arena.h>

#include <stdalign.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 64 * 1024 };

struct block {
    struct block *next;
    size_t size; /* bytes of `data` */
    alignas(max_align_t) uint8_t data[];
};

struct deferred {
    struct deferred *next;
    void (*fn)(void *);
    void *ptr;
};

struct im_arena {
    struct block *blocks; /* newest first */
    struct deferred *deferred;
    size_t left; /* free bytes at the end of the newest block */
    size_t used; /* bytes handed out and lost at block ends */
    size_t max;
    bool is_full;
};

struct im_arena *im_arena_new(size_t max_bytes)
{
    struct im_arena *arena = calloc(1, sizeof *arena);

    if (arena)
        arena->max = max_bytes;
    return arena;
}

static void run_deferred(struct im_arena *arena)
{
    /* the list lives in the arena, so it is read before any block goes */
    for (struct deferred *d = arena->deferred; d; d = d->next)
        d->fn(d->ptr);
    arena->deferred = NULL;
}

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;

        free(block);
        block = next;
    }
}

void im_arena_free(struct im_arena *arena)
{
    if (arena) {
        run_deferred(arena);
        free_blocks(arena->blocks);
        free(arena);
    }
}

void im_arena_reset(struct im_arena *arena)
{
    struct block *first = arena->blocks;

    run_deferred(arena);
    /* one block stays, and none that was made for a large piece: connections and workers
     * keep their arenas */
    while (first && (first->next || first->size > BLOCK_BYTES)) {
        struct block *next = first->next;

        free(first);
        first = next;
    }
#ifdef IM_ARENA_DEBUG
    free(first);
    first = NULL;
#endif
    arena->blocks = first;
    arena->left = first ? first->size : 0;
    arena->used = 0;
    arena->is_full = false;
}

static bool add_block(struct im_arena *arena, size_t size)
{
    struct block *block;
    size_t total;

    if (!im_size_add(sizeof *block, size, &total))
        return false;
    block = malloc(total);
    if (!block)
        return false;
    block->size = size;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->left = size;
    return true;
}

void *im_arena_alloc(struct im_arena *arena, size_t size)
{
    size_t need = size ? size : 1;

    if (need > SIZE_MAX - alignof(max_align_t))
        return NULL;
    need = (need + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (need > arena->max || arena->used > arena->max - need) {
        arena->is_full = true;
        return NULL;
    }
#ifdef IM_ARENA_DEBUG
    if (!add_block(arena, size ? size : 1))
        return NULL;
    arena->used += need;
    arena->left = 0;
    return arena->blocks->data;
#else
    if (need > arena->left &&
        !add_block(arena, need > BLOCK_BYTES ? need : BLOCK_BYTES))
        return NULL;
    uint8_t *p = arena->blocks->data + (arena->blocks->size - arena->left);
    arena->left -= need;
    arena->used += need;
    return p;
#endif
}

void *im_arena_calloc(struct im_arena *arena, size_t n, size_t size)
{
    size_t bytes;
    void *p;

    if (!im_size_mul(n, size, &bytes))
        return NULL;
    p = im_arena_alloc(arena, bytes);
    if (p)
        memset(p, 0, bytes);
    return p;
}

char *im_arena_strdup(struct im_arena *arena, struct im_bytes text)
{
    size_t size;
    char *copy;

    if (!im_size_add(text.len, 1, &size))
        return NULL;
    copy = im_arena_alloc(arena, size);
    if (copy) {
        if (text.len)
            memcpy(copy, text.data, text.len);
        copy[text.len] = '\0';
    }
    return copy;
}

bool im_arena_defer(struct im_arena *arena, void (*fn)(void *), void *ptr)
{
    struct deferred *d = im_arena_alloc(arena, sizeof *d);

    if (!d) {
        fn(ptr);
        return false;
    }
    *d = (struct deferred){arena->deferred, fn, ptr};
    arena->deferred = d;
    return true;
}

bool im_arena_is_full(const struct im_arena *arena)
{
    return arena->is_full;
}

size_t im_arena_used(const struct im_arena *arena)
{
    return arena->used;
}
