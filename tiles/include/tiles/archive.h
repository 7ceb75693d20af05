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
struct tile_archive;
struct tile_archive_info {
    const char *name;   /* of the map */
    const char *format; /* "png", "mvt", "webp", "jpg" */
    const char *attribution;
    const char *vector_layers_json; /* TileJSON's "vector_layers", or NULL */
    struct bbox bounds;
    uint32_t min_zoom;
    uint32_t max_zoom;
    uint64_t version;             /* of the map and of what is exported */
    uint64_t data_version;        /* shown to people: MBTiles' "version" */
    bool is_overlay;              /* lies over other maps: MBTiles' "type" */
    const struct tile_grid *grid; /* NULL: WebMercatorQuad; else only a folder */
    /* called while tile_archive_finish writes, with the tiles written so far; may be
     * NULL */
    void (*progress)(void *ctx, uint64_t n);
    void *ctx;
};
/** The kind follows from the name: .pmtiles, .mbtiles, else a folder. */
enum tile_archive_kind { ARCHIVE_PMTILES, ARCHIVE_MBTILES, ARCHIVE_FOLDER };
enum tile_archive_kind tile_archive_kind_of(const char *path);
/**
 * What is put lies in PATH.part and PATH.part.index until tile_archive_finish, which
 * writes the file beside its place and renames it: the same tiles give the same bytes
 * in whatever order and in however many runs they came. In memory: 16 bytes a tile, 60
 * a body. Errors: IM_EARG a zoom out of range, a grid that the kind cannot have, a
 * folder that is not empty; IM_EBUSY another program writes it; IM_EIO.
 */
IM_CHECKED enum im_code tile_archive_open(const char *path,
                                          const struct tile_archive_info *info,
                                          struct tile_archive **out,
                                          struct im_error *err);
/** Is this tile there already, from the run before? */
bool tile_archive_has(const struct tile_archive *archive, struct tile_id id);
/** `body` as it is sent: vector tiles gzipped (in a folder not: who serves it knows
 *  nothing of them). Empty: the tile is empty, and left out. IM_ELIMIT over 2^31
 *  tiles. */
IM_CHECKED enum im_code tile_archive_put(struct tile_archive *archive,
                                         struct tile_id id,
                                         struct im_bytes body,
                                         struct im_error *err);
/** Directory, header and metadata; only now the file is at `path`. */
IM_CHECKED enum im_code tile_archive_finish(struct tile_archive *archive,
                                            struct im_error *err);
struct tile_archive_count {
    uint64_t n_tiles;    /* that are there, not the empty ones */
    uint64_t n_contents; /* different ones */
    uint64_t n_bytes;    /* of these */
    uint64_t n_resumed;  /* tiles of earlier runs, empty ones too */
};
struct tile_archive_count tile_archive_count(const struct tile_archive *archive);
/** Without finish: what was put is kept for the next run. */
void tile_archive_close(struct tile_archive *archive);

#endif
