/* SPDX-License-Identifier: Apache-2.0 */
/* The names of a layer's features, folded and sorted: exact and prefix by halving,
 * inside by one pass over the text.
 *
 *   entries  12 bytes a name: where its text begins, the feature, what kind of name
 *   blob     the folded texts in the order of the entries, each ended by a newline
 */
#ifndef ENGINE_ATLAS_NAMES_H
#define ENGINE_ATLAS_NAMES_H

#include <engine/arena.h>

struct atlas_layer;

struct name_entry {
    uint32_t start;   /* in the blob; ends where the next one starts */
    uint32_t feature; /* also those without a position: a name is not free for others */
    uint8_t is_alias; /* 0 a name, 1 an alias, former name or name without its suffix */
};

struct names {
    const struct name_entry *entries;
    uint32_t n;
    const uint8_t *blob;
    size_t blob_len;
};

/** Collect the names of a layer that is otherwise complete. */
IM_CHECKED enum im_code names_build(struct names *out,
                                    const struct atlas_layer *layer,
                                    struct im_arena *arena,
                                    struct im_error *err);

struct im_bytes names_text(const struct names *names, uint32_t entry);
/** First entry whose text is not less than `text` in byte order. */
uint32_t names_lower_bound(const struct names *names, struct im_bytes text);
/** The entry that holds the byte at `offset` of the blob. */
uint32_t names_entry_at(const struct names *names, size_t offset);

#endif
