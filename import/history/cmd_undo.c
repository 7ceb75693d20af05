/* SPDX-License-Identifier: Apache-2.0 */
/* innomap import --undo RUN. */
#include "cmd_undo.h"

#include <import/history.h>

static const char COMMAND[] = "import";
enum { ARENA_MAX = 1 << 30 };

static void print_count(enum lang lang, uint64_t n, const char *zh, const char *en)
{
    if (n && lang == LANG_ZH)
        printf("，%s %llu", zh, (unsigned long long)n);
    else if (n)
        printf(", %llu %s", (unsigned long long)n, en);
}

static void print_done(enum lang lang, const char *run, const struct import_report *r)
{
    printf(
        cli_text(lang, "%s：第 %s 次导入“%s”已撤销", "%s: import %s of '%s' is undone"),
        r->layer_id, run, r->source);
    print_count(lang, r->counts.added, "恢复", "rows back");
    print_count(lang, r->counts.changed, "还原", "as before");
    print_count(lang, r->counts.gone, "移除", "removed");
    printf("\n");
    printf(cli_text(lang, "  反悔：innomap import --undo %lld\n",
                    "  to have it again: innomap import --undo %lld\n"),
           (long long)r->run_id);
}

int cmd_undo(enum lang lang, const char *db, const char *run, bool is_quiet)
{
    struct import_report report;
    struct store *store = NULL;
    struct im_arena *arena = NULL;
    struct im_error err = {0};
    int64_t id = 0;

    if (!im_parse_int64(im_bytes_of(run), &id) || id < 1)
        return cli_usage(
            lang, COMMAND, "--undo 要一个运行号，见 innomap layers history",
            "--undo needs the number of a run, see innomap layers history");
    enum im_code rc = store_open(db, STORE_WRITE, &store, &err);
    if (!rc && !(arena = im_arena_new(ARENA_MAX)))
        rc = im_fail(&err, IM_ENOMEM, "undo: out of memory");
    if (!rc)
        rc = import_undo(store, id, arena, &report, &err);
    if (!rc && !is_quiet)
        print_done(lang, run, &report);
    int code = rc ? cli_fail(lang, COMMAND, &err) : CLI_DONE;
    im_arena_free(arena);
    store_close(store);
    return code;
}
