/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles on their way into an archive: bodies one after another in a file, equal ones
 * once, and a journal of which tile has which, so that a run that was killed goes on.
 */
#ifndef TILES_ARCHIVE_STAGE_H
#define TILES_ARCHIVE_STAGE_H

#include <tiles/archive.h>

struct staged;

/** Goes on with what is in PATH.part and PATH.part.index when it is of `version`, else
 *  begins anew. Errors: IM_EIO, IM_EBUSY, IM_ENOMEM. */
IM_CHECKED enum im_code tile_staged_open(const char *path,
                                         uint64_t version,
                                         struct staged **out,
                                         struct im_error *err);
/** Keeps the files. */
void tile_staged_close(struct staged *stage);
/** Takes the files away. */
void tile_staged_remove(struct staged *stage);

bool tile_staged_has(const struct staged *stage, struct tile_id id);
IM_CHECKED enum im_code tile_staged_put(struct staged *stage,
                                        struct tile_id id,
                                        struct im_bytes body,
                                        struct im_error *err);

/** A tile as 5 bits of z, 29 of x, 29 of y; sorts by zoom, column, row. */
static inline uint64_t staged_key(struct tile_id id)
{
    return (uint64_t)id.z << 58 | (uint64_t)id.x << 29 | id.y;
}
static inline struct tile_id staged_id(uint64_t key)
{
    return (struct tile_id){(uint32_t)(key >> 58), (uint32_t)(key >> 29) & 0x1fffffff,
                            (uint32_t)key & 0x1fffffff};
}

struct staged_tile {
    uint64_t key;
    uint32_t content;
    uint32_t unused;
};
/** All tiles that are not empty, by rising `key` after order_of(tile's key) was put in
 *  its place (NULL: as it is). Ends the putting. */
struct staged_tile *
tile_staged_sort(struct staged *stage, uint64_t (*order_of)(uint64_t key), size_t *n);
size_t tile_staged_contents(const struct staged *stage);
uint32_t tile_staged_length(const struct staged *stage, uint32_t content);
/** The bytes of a body, checked; `buf` is cleared first. IM_EDATA: the file was
 *  damaged; it says what to do. */
IM_CHECKED enum im_code tile_staged_read(struct staged *stage,
                                         uint32_t content,
                                         struct im_buf *buf,
                                         struct im_error *err);
struct tile_archive_count tile_staged_count(const struct staged *stage);

#endif
