/* SPDX-License-Identifier: Apache-2.0 */
/* What a thread needs to draw. */
#include "render/pass.h"

#include <stdlib.h>

enum { SPRITE_BYTES = 4 * 1024 * 1024 };

enum im_code tile_worker_new(const char *font_directory,
                             struct tile_worker **out,
                             struct im_error *err)
{
    struct tile_worker *w = calloc(1, sizeof *w);
    enum im_code rc = IM_OK;

    if (!w)
        return im_fail(err, IM_ENOMEM, "tile worker");
    w->writer = picture_writer_new();
    w->heat_sums = draw_heat_new();
    w->scratch = draw_scratch_new();
    w->sprites = sprite_cache_new(SPRITE_BYTES);
    w->arena = im_arena_new(4 * 1024 * 1024);
    if (!w->writer || !w->heat_sums || !w->scratch || !w->sprites || !w->arena)
        rc = im_fail(err, IM_ENOMEM, "tile worker");
    if (rc == IM_OK)
        rc = text_fonts_open(font_directory, &w->fonts, err);
    if (rc == IM_OK) {
        *out = w;
        w = NULL;
    }
    tile_worker_free(w);
    return rc;
}

void tile_worker_free(struct tile_worker *w)
{
    if (!w)
        return;
    raster_release(&w->raster);
    picture_writer_free(w->writer);
    draw_heat_free(w->heat_sums);
    raster_release(&w->layer);
    draw_scratch_free(w->scratch);
    sprite_cache_free(w->sprites);
    text_fonts_close(w->fonts);
    im_arena_free(w->arena);
    clip_scratch_release(&w->clip);
    clip_path_release(&w->path);
    free(w->xy);
    free(w->labels.items);
    free(w->hits.items);
    free(w->heat.items);
    free(w);
}

void tile_worker_set_deadline(struct tile_worker *w, struct im_deadline deadline)
{
    w->deadline = deadline;
}

void *growing_add(struct growing *g, size_t size)
{
    if (g->n == g->cap) {
        uint32_t cap = g->cap ? g->cap * 2 : 64;
        void *items = realloc(g->items, cap * size);

        if (!items)
            return NULL;
        g->items = items;
        g->cap = cap;
    }
    return (char *)g->items + size * g->n++;
}
