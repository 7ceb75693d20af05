/* SPDX-License-Identifier: Apache-2.0 */
/* A map of layers in memory, and its vector tiles decoded. */
#ifndef TESTS_TILES_MVT_FIXTURE_H
#define TESTS_TILES_MVT_FIXTURE_H

#include <test.h>

#include "decoder.h"

#include <support/memory_source.h>
#include <tiles/tile.h>

struct map_fixture {
    struct memory_source *source; /* the test fills it before open_map() */
    const struct atlas *atlas;
    const struct tile_map *map;
    struct tile_worker *worker;
};

static inline void open_map(struct map_fixture *f)
{
    struct tile_map_options options = {.layers = "map", .lang = LANG_ZH};
    struct im_error err;

    f->atlas = memory_source_atlas(f->source);
    if (tile_map_new(f->atlas, &options, &f->map, &err) != IM_OK ||
        tile_worker_new(NULL, &f->worker, &err) != IM_OK)
        fail_msg("%s", err.msg);
}

static inline void close_map(struct map_fixture *f)
{
    tile_map_unref(f->map);
    tile_worker_free(f->worker);
    atlas_unref(f->atlas);
    memory_source_free(f->source);
}

/* The caller frees it as decoder.h says. */
static inline struct decoded_tile *decode(struct map_fixture *f, struct tile_id id)
{
    struct im_buf bytes = {.max = 16 * 1024 * 1024};
    struct im_error err;

    if (tile_encode_mvt(f->map, f->worker, id, &bytes, &err) != IM_OK)
        fail_msg("%s", err.msg);
    struct decoded_tile *tile = decode_tile(im_buf_bytes(&bytes));
    im_buf_release(&bytes);
    return tile;
}

#endif
