/* SPDX-License-Identifier: Apache-2.0 */
/* What the kinds of archives share: each writes staged tiles to a file beside PATH. */
#ifndef TILES_ARCHIVE_WRITER_H
#define TILES_ARCHIVE_WRITER_H

#include "archive/stage.h"

/** An archive that is being finished. */
struct writer {
    const char *path; /* to write to: beside the place where it will be */
    const struct tile_archive_info *info;
    struct staged *stage;
    struct im_buf buf; /* of one body */
};

IM_CHECKED enum im_code tile_pmtiles_write(struct writer *w, struct im_error *err);
IM_CHECKED enum im_code tile_mbtiles_write(struct writer *w, struct im_error *err);
IM_CHECKED enum im_code tile_folder_write(struct writer *w, struct im_error *err);

/** Number of a tile along the curves of all zooms (PMTiles v3, "Tile ID"). */
uint64_t tile_pmtiles_number(struct tile_id id);

/** IM_EIO from errno, in two languages. */
IM_CHECKED enum im_code tile_writer_fail(const char *path, struct im_error *err);
/** Middle of the bounds and a zoom between the two, as both formats have it. */
struct tile_writer_center {
    double lon;
    double lat;
    uint32_t zoom;
};
struct tile_writer_center tile_writer_center(const struct tile_archive_info *info);
/** {"vector_layers": [...]} goes into both formats; a number with 7 decimals. */
void tile_writer_number(struct im_buf *out, double value);
static inline void tile_writer_tell(const struct writer *w, uint64_t n)
{
    if (w->info->progress && n % 1024 == 0)
        w->info->progress(w->info->ctx, n);
}

#endif
