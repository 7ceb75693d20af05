/* SPDX-License-Identifier: Apache-2.0 */
/* A whole pyramid of tiles into an archive: several threads draw, one writes. */
#ifndef WEB_PYRAMID_H
#define WEB_PYRAMID_H

#include <tiles/archive.h>

enum { PYRAMID_MAX_WORKERS = 64 };

struct pyramid_progress {
    uint64_t n_tiles;
    uint64_t n_done;
};

struct pyramid_options {
    const char *name;   /* of the map, in the metadata */
    const char *format; /* "png", "webp", "jpg", "mvt" */
    uint32_t min_zoom;
    uint32_t max_zoom;
    uint32_t scale;
    uint32_t size_px;
    const struct tile_grid *grid; /* that of the map; has all the zooms */
    struct bbox bounds;           /* empty: those of the map's data */
    uint32_t n_workers;
    const char *font_directory;
    uint64_t data_version;
    bool is_overlay;
    void (*progress)(void *ctx, const struct pyramid_progress *now); /* or NULL */
    void *ctx;
};

struct pyramid_result {
    struct tile_archive_count count;
    uint64_t n_empty;
};

/** Errors: those of archives and of drawing; what was drawn until then is kept for the
 *  next run. */
IM_CHECKED enum im_code pyramid_export(const struct tile_map *map,
                                       const struct pyramid_options *options,
                                       const char *path,
                                       struct pyramid_result *result,
                                       struct im_error *err);

#endif
