/* SPDX-License-Identifier: Apache-2.0 */
/* Glyphs for MapLibre, so that a style of ours needs no other host. */
#ifndef TILES_GLYPHS_H
#define TILES_GLYPHS_H

#include <engine/bytes.h>

enum { GLYPHS_RANGE = 256, GLYPHS_LAST_RANGE = 65280, GLYPHS_MAX_BYTES = 1024 * 1024 };

/**
 * One range of signed distance fields, as node-fontnik writes it (glyphs.proto): 24 px,
 * a border of 3 px, radius 8, cutoff 0.25. About a millisecond a glyph: keep the
 * result.
 *
 * In:     `font_directory` may be NULL (Debian's fonts-noto-cjk); `fontstack` names
 *         separated by commas, the first known one counts: "Noto Sans Regular", "Noto
 *         Sans Bold"; `first` 0, 256 ... 65280, the first code point of the range
 * Out:    protobuf, not compressed; characters the font lacks are left out
 * Errors: IM_ENOTFOUND no known font in the stack; IM_EARG range; IM_EENV font missing
 */
IM_CHECKED enum im_code glyphs_range_pbf(const char *font_directory,
                                         struct im_bytes fontstack,
                                         uint32_t first,
                                         struct im_buf *out,
                                         struct im_error *err);

#endif
