/* SPDX-License-Identifier: Apache-2.0 */
/* Indexes of a layer that are made when the first question needs them.
 *
 * Whoever finds one missing builds it under its own lock and publishes it; from then on
 * it is read without a lock. Nobody waits: who asks while another thread builds gets
 * NULL and scans instead. Building costs about what that one scan would (a million
 * rows: some 10 ms). When a layer is replaced by its next version, the thread that
 * builds the new atlas builds what the old version had, before anybody reads it
 * (lazy_follow).
 *
 *   code_index   4 bytes a row, 4 a code; 0.6 a row for masks; 48 a code for classes
 *   fid order    4 bytes a row; nothing when rows came along the curve
 */
#ifndef ENGINE_ATLAS_LAZY_H
#define ENGINE_ATLAS_LAZY_H

#include <engine/atlas.h>

struct lazy;

/** The rows of each code of a text column. */
struct code_index {
    uint32_t n_codes;
    const uint32_t *start;    /* n_codes + 1, into features */
    const uint32_t *features; /* ascending within a code; rows that are null: nowhere */
    /* of the tree's nodes, in its order: bit code % 64 of each placed row below; NULL
     * when there are so many codes that lists are always shorter */
    const uint64_t *masks;
    const uint32_t
        *class_count; /* ATLAS_CLASSES a code, placed rows; NULL: count them */
};

/** Rows by rising fid. */
struct fid_order {
    const uint32_t *features; /* NULL: as they are numbered */
};

/** NULL without memory. */
struct lazy *lazy_new(size_t n_fields);
void lazy_free(struct lazy *lazy); /* NULL is fine */
size_t lazy_bytes(const struct lazy *lazy);

/** NULL: no text column, no memory, or just being built by another thread. */
const struct code_index *lazy_codes(const struct atlas_layer *layer, int field);
/** NULL: no memory, or just being built by another thread. */
const struct fid_order *lazy_fids(const struct atlas_layer *layer);
/** Build for `layer` what `old`, its version before, had. */
void lazy_follow(const struct atlas_layer *layer, const struct atlas_layer *old);

#endif
