/* SPDX-License-Identifier: Apache-2.0 */
/* A layer made from the file itself: `innomap import FILE --layer ID --create`.
 *
 *   survey.c  all rows once: what stands in which column, which geometry
 *   choose.c  which columns come in, which of them are key and name
 *   codes.c   code lists
 *   fields.c  columns into fields: names, types
 *   style.c   how such a layer is drawn
 *   create.c  the definition
 *
 * Visible to all (`visibility: public`), like every layer whose definition does not say
 * otherwise: who makes a layer wants to see it. Columns of persons do not come in.
 */
#ifndef IMPORT_CREATE_H
#define IMPORT_CREATE_H

#include "../source/source.h"

#include <import/import.h>

/**
 * layer.json and style.json for a file, from its columns and all its values; both in
 * `arena`. The source is read once and rewound; of a grid the header is found and set.
 * Errors: IM_EARG an id that no layer can have; IM_EDATA no rows, or no columns that
 * can be kept; and those of source_next.
 */
IM_CHECKED enum im_code create_definition(struct source *source,
                                          const struct import_options *options,
                                          struct im_arena *arena,
                                          struct im_bytes *definition,
                                          struct im_bytes *style,
                                          struct im_error *err);

#endif
