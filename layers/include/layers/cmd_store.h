/* SPDX-License-Identifier: Apache-2.0 */
/* What subcommands share that work on a database. */
#ifndef LAYERS_CMD_STORE_H
#define LAYERS_CMD_STORE_H

#include <layers/store.h>

#include <engine/query.h>

/** Where --db is not given. */
#define STORE_DEFAULT_PATH "innomap.db"

/**
 * Opens the database at `db`, does `work` with it and an arena, and closes it. What
 * went wrong is said on standard error. Returns an exit code (cli.h).
 */
int cmd_with_store(
    const char *command,
    enum lang lang,
    const char *db,
    enum store_mode mode,
    enum im_code (*work)(void *, struct store *, struct im_arena *, struct im_error *),
    void *ctx);

#endif
