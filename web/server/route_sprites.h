/* SPDX-License-Identifier: Apache-2.0 */
/* The sheet of icons: for drawing, and as files to send. */
#ifndef WEB_ROUTE_SPRITES_H
#define WEB_ROUTE_SPRITES_H

#include <engine/error.h>

struct server;

/** `path` without suffix. Errors: those of sprite_sheet_open; IM_EENV a file is
 * missing. What was opened is closed by sprite_files_close in any case. */
IM_CHECKED enum im_code
sprite_files_open(struct server *server, const char *path, struct im_error *err);
void sprite_files_close(struct server *server);

#endif
