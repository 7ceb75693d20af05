/* SPDX-License-Identifier: Apache-2.0 */
/* One data version as the server uses it: the atlas and the maps made from it. */
#ifndef WEB_SNAPSHOT_H
#define WEB_SNAPSHOT_H

#include <tiles/tile.h>

#include <stdatomic.h>

enum { SNAPSHOT_MAX_MAPS = 64, SNAPSHOT_MAX_FILTERED = 16 };

struct snapshot;

/** Of all snapshots of a server. */
struct snapshot_shared {
    /* The maps of one snapshot may have so much, but for one that alone has more. */
    size_t max_map_bytes;
    atomic_size_t alive; /* one, and after an import two until the last reader goes */
    atomic_uint_fast64_t freed; /* snapshots and maps, ever */
};

/** Takes a reference of its own to the atlas. `generation` is never 0; `shared` lives
 *  longer. NULL without memory. */
struct snapshot *snapshot_new(const struct atlas *atlas,
                              uint64_t generation,
                              bool leave_out_unreviewed,
                              struct snapshot_shared *shared);
struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot); /* NULL is fine */

const struct atlas *snapshot_atlas(const struct snapshot *snapshot);
/** Differs between any two snapshots of one run, also when the database file was
 *  replaced by one with the same data version. */
uint64_t snapshot_generation(const struct snapshot *snapshot);

/** What a map is made from; equal keys, equal maps of one snapshot. */
struct map_key {
    struct im_bytes layers; /* "map" or a sorted list */
    enum lang lang;
    const struct tile_grid *grid; /* these three live longer than the snapshot */
    const struct stylesheet *stylesheet;
    const struct sprite_sheet *sprites;
    enum tile_part part;
    struct im_bytes filter;    /* canonical CQL2 text; empty: none */
    bool leave_out_unreviewed; /* also where the snapshot shows it */
};
/** A number of the key, for shared work. */
uint64_t map_key_hash(const struct map_key *key);

/** The map, a new reference, or NULL when it has to be made first. */
const struct tile_map *snapshot_map_find(struct snapshot *snapshot,
                                         const struct map_key *key);
/** Find it, or make and keep it (the least recently used goes; filtered maps push out
 *  each other and nothing else). Errors of tile_map_new. */
IM_CHECKED enum im_code snapshot_map_get(struct snapshot *snapshot,
                                         const struct map_key *key,
                                         const struct tile_map **out,
                                         struct im_error *err);
/** After work on a map, which grows with it: when all maps have more than
 *  shared->max_map_bytes, the least recently used go. */
void snapshot_map_used(struct snapshot *snapshot, const struct tile_map *map);

struct snapshot_maps {
    size_t n;
    size_t bytes;
};
struct snapshot_maps snapshot_maps(struct snapshot *snapshot);

#endif
