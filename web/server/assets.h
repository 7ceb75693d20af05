/* SPDX-License-Identifier: Apache-2.0 */
/* The built viewer: its files are listed and read once, when the server starts. A path
 * that was not in the list then does not exist, so no path leads out of the folder. */
#ifndef WEB_ASSETS_H
#define WEB_ASSETS_H

#include "body.h"

struct assets;

enum { ASSETS_MAX_FILES = 2000, ASSETS_MAX_FILE_BYTES = 32 * 1024 * 1024 };

/** Errors: IM_EENV no folder or no index.html in it; IM_EIO; IM_ELIMIT. */
IM_CHECKED enum im_code
assets_load(const char *directory, struct assets **out, struct im_error *err);
void assets_free(struct assets *assets); /* NULL is fine */
/** Borrowed; `path` is relative, like "assets/index.js". NULL when it is not there. */
struct body *assets_find(const struct assets *assets, struct im_bytes path);

#endif
