/* SPDX-License-Identifier: Apache-2.0 */
/* What subcommands share that work on a database. */
#include <layers/cmd_store.h>

#include <engine/cli.h>

enum { ARENA_MAX = 1 << 30 };

int cmd_with_store(
    const char *command,
    enum lang lang,
    const char *db,
    enum store_mode mode,
    enum im_code (*work)(void *, struct store *, struct im_arena *, struct im_error *),
    void *ctx)
{
    struct store *store = NULL;
    struct im_arena *arena = NULL;
    struct im_error err = {0};
    enum im_code rc = store_open(db, mode, &store, &err);

    if (!rc && !(arena = im_arena_new(ARENA_MAX)))
        rc = im_fail(&err, IM_ENOMEM, "out of memory");
    if (!rc)
        rc = work(ctx, store, arena, &err);
    im_arena_free(arena);
    store_close(store);
    return rc ? cli_fail(lang, command, &err) : CLI_DONE;
}
