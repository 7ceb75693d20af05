/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a layer as a file: for folder.c only. */
#ifndef LAYERS_FOLDER_FACTS_H
#define LAYERS_FOLDER_FACTS_H

#include <engine/feature_source.h>
#include <engine/schema.h>

#include <stdio.h>

struct facts_file {
    const struct feature_source *source;
    const struct layer_schema *schema;
    const char *lon; /* columns of the position; NULL: none */
    const char *lat;
    FILE *out;
};

/** *is_unsafe: a text would be a formula in a table programme; the file is then not
 *  finished. */
IM_CHECKED enum im_code
facts_write_csv(const struct facts_file *f, bool *is_unsafe, struct im_error *err);
IM_CHECKED enum im_code facts_write_geojson(const struct facts_file *f,
                                            struct im_error *err);

#endif
