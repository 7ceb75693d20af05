/* SPDX-License-Identifier: Apache-2.0 */
/* What an ETag is made from before the answer is: the request, and the versions of the
 * layers. */
#ifndef WEB_TAG_H
#define WEB_TAG_H

#include <engine/atlas.h>

#include <string.h>
#include <xxhash.h>

static inline uint64_t tag_fold(uint64_t tag, const void *data, size_t len)
{
    return XXH3_64bits_withSeed(data, len, tag);
}

static inline uint64_t tag_fold_text(uint64_t tag, const char *text)
{
    return tag_fold(tag, text, strlen(text) + 1); /* its end counts too */
}

static inline uint64_t tag_fold_layer(uint64_t tag, const struct atlas_layer *layer)
{
    uint64_t version = atlas_layer_version(layer);

    tag = tag_fold_text(tag, atlas_layer_schema(layer)->id);
    tag = tag_fold_text(tag, atlas_layer_changed_at(layer));
    tag = tag_fold_text(tag, atlas_layer_definition_json(layer));
    return tag_fold(tag, &version, sizeof version);
}

#endif
