/* SPDX-License-Identifier: Apache-2.0 */
/* The digest of a layer: sums of the hashes of its features over cells. */
#ifndef ENGINE_ATLAS_DIGEST_PRIVATE_H
#define ENGINE_ATLAS_DIGEST_PRIVATE_H

#include <engine/atlas_digest.h>

struct digest;
void digest_free(struct digest *digest); /* NULL is fine */
size_t digest_bytes(const struct digest *digest);

#endif
