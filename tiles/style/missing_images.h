/* SPDX-License-Identifier: Apache-2.0 */
/* Images that a style names and a sheet of icons lacks: they would not be drawn. */
#ifndef TILES_STYLE_MISSING_IMAGES_H
#define TILES_STYLE_MISSING_IMAGES_H

#include "style/expr.h"

/**
 * Add them to `problems` (made in `arena`), with their JSON path. `sheet`: the JSON
 * file of a sprite. Names that follow from fields are not known and not judged. Errors:
 * IM_EDATA the sheet is no JSON object; IM_EIO; IM_ENOMEM.
 */
IM_CHECKED enum im_code style_missing_images(struct im_bytes style,
                                             const char *sheet,
                                             struct im_arena *arena,
                                             struct style_problems *problems,
                                             struct im_error *err);

#endif
