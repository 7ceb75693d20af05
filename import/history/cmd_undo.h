/* SPDX-License-Identifier: Apache-2.0 */
#ifndef IMPORT_CMD_UNDO_H
#define IMPORT_CMD_UNDO_H

#include <engine/cli.h>

/** `innomap import --undo RUN`: does it and says what became of it. Returns an exit
 *  code (cli.h). */
int cmd_undo(enum lang lang, const char *db, const char *run, bool is_quiet);

#endif
