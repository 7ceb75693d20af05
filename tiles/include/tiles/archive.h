/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles written to files: PMTiles v3, MBTiles 1.3, a folder. */
#ifndef TILES_ARCHIVE_H
#define TILES_ARCHIVE_H

#include <tiles/tile.h>

/**
 * A file being written. Tiles come in any order and from one thread; equal bodies are
 * stored once. What was put before an interruption is found again by the next open of
 * the same path with the same `version` (resume); with another one it is made anew.
 */
struct archive;
struct archive_info {
    const char *name;   /* of the map */
    const char *format; /* "png", "mvt", "webp", "jpg" */
    const char *attribution;
    const char *vector_layers_json; /* TileJSON's "vector_layers", or NULL */
    struct bbox bounds;
    uint32_t min_zoom;
    uint32_t max_zoom;
    uint64_t version; /* of the map and of what is exported */
};
/** The kind follows from the name: .pmtiles, .mbtiles, else a folder. */
IM_CHECKED enum im_code archive_open(const char *path,
                                     const struct archive_info *info,
                                     struct archive **out,
                                     struct im_error *err);
/** Is this tile there already, from the run before? */
bool archive_has(const struct archive *archive, struct tile_id id);
/** `body` as it is sent: vector tiles gzipped. Empty: the tile is empty. */
IM_CHECKED enum im_code archive_put(struct archive *archive,
                                    struct tile_id id,
                                    struct im_bytes body,
                                    struct im_error *err);
/** Directory, header and metadata; only now the file is at `path`. */
IM_CHECKED enum im_code archive_finish(struct archive *archive, struct im_error *err);
/** Without finish: what was put is kept for the next run. */
void archive_close(struct archive *archive);

#endif
