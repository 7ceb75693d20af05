/* SPDX-License-Identifier: Apache-2.0 */
/* One data version as the server uses it: the atlas and the maps made from it. */
#ifndef WEB_SNAPSHOT_H
#define WEB_SNAPSHOT_H

#include <tiles/tile.h>

enum { SNAPSHOT_MAX_MAPS = 64 };

struct snapshot;

/** Takes a reference of its own to the atlas. `generation` is never 0. NULL without
 *  memory. */
struct snapshot *
snapshot_new(const struct atlas *atlas, uint64_t generation, bool leave_out_unreviewed);
struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot); /* NULL is fine */

const struct atlas *snapshot_atlas(const struct snapshot *snapshot);
/** Differs between any two snapshots of one run, also when the database file was
 *  replaced by one with the same data version. */
uint64_t snapshot_generation(const struct snapshot *snapshot);

/** The map of these layers, a new reference, or NULL when it has to be made first.
 *  `layers` is "map" or a sorted list. */
const struct tile_map *
snapshot_map_find(struct snapshot *snapshot, struct im_bytes layers, enum lang lang);
/** Find it, or make and keep it (the least recently used goes). Errors of
 *  tile_map_new. */
IM_CHECKED enum im_code snapshot_map_get(struct snapshot *snapshot,
                                         struct im_bytes layers,
                                         enum lang lang,
                                         const struct tile_map **out,
                                         struct im_error *err);

#endif
