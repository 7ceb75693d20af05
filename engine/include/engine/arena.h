/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that lives as long as one request, one build or one render. */
#ifndef ENGINE_ARENA_H
#define ENGINE_ARENA_H

#include <engine/bytes.h>

struct im_arena;

/** An arena that never holds more than `max_bytes`. NULL when memory runs out. */
struct im_arena *im_arena_new(size_t max_bytes);
/** Runs the deferred functions, newest first, then frees everything. NULL is fine. */
void im_arena_free(struct im_arena *arena);
/** As free, but keeps the first block for the next request. */
void im_arena_reset(struct im_arena *arena);

/** Uninitialised memory aligned for any type; NULL over the maximum or out of memory.
 */
void *im_arena_alloc(struct im_arena *arena, size_t size);
/** `n` zeroed elements of `size` bytes; NULL on overflow too. */
void *im_arena_calloc(struct im_arena *arena, size_t n, size_t size);
/** A terminated copy of `text` in the arena; NULL when it does not fit. */
char *im_arena_strdup(struct im_arena *arena, struct im_bytes text);
/** Call fn(ptr) when the arena is freed or reset. False when memory runs out: then
 *  fn has already been called. */
bool im_arena_defer(struct im_arena *arena, void (*fn)(void *), void *ptr);
/** Has anything been refused, since the last reset, because of the maximum? */
bool im_arena_is_full(const struct im_arena *arena);
size_t im_arena_used(const struct im_arena *arena);

#endif
