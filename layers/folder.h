/* SPDX-License-Identifier: Apache-2.0 */
/* A layer of the database as a folder again: layer.json, style.json and its facts. */
#ifndef LAYERS_FOLDER_H
#define LAYERS_FOLDER_H

#include <layers/store.h>

/**
 * Writes `directory`/`layer_id`/ so that `innomap import --shipped directory` brings
 * the layer into any database as it is here. The facts are a CSV for points and tables
 * (with the columns `lon` and `lat` in EPSG:4326), else GeoJSON; GeoJSON too when a
 * text would be a formula in a table programme. Layers that are made from others keep
 * the rule that makes them. `directory` is made when missing; the folder appears whole
 * or not at all. *path (in `arena`) is the folder. Errors: IM_ENOTFOUND no such layer;
 * IM_EARG the folder exists; IM_EENV, IM_EIO.
 */
IM_CHECKED enum im_code folder_write(struct store *store,
                                     const char *layer_id,
                                     const char *directory,
                                     struct im_arena *arena,
                                     const char **path,
                                     struct im_error *err);

#endif
