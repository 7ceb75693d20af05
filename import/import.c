/* SPDX-License-Identifier: Apache-2.0 */
/* Bring one foreign file into one layer. */
#include "internal.h"

enum im_code import_plan(struct store *store,
                         const char *path,
                         const struct import_options *options,
                         struct im_arena *arena,
                         struct import_report *out,
                         struct import_session **session,
                         struct im_error *err)
{
    struct job job = {.path = path, .origin = "file", .options = *options};
    enum im_code rc = IM_OK;

    *session = NULL;
    *out = (struct import_report){.crs = ""}; /* also when no row is ever looked at */
    if (options->definition_path)
        rc = file_read_text(options->definition_path, arena, &job.definition, err);
    if (!rc && options->style_path) {
        rc = file_read_text(options->style_path, arena, &job.style, err);
        if (!rc)
            rc = facts_check_style(options->style_path, job.style, err);
        job.has_style = true;
    }
    return rc ? rc : job_plan(store, &job, arena, out, session, err);
}

enum im_code import_file(struct store *store,
                         const char *path,
                         const struct import_options *options,
                         struct im_arena *arena,
                         struct import_report *out,
                         struct im_error *err)
{
    struct import_session *session = NULL;
    enum im_code rc = import_plan(store, path, options, arena, out, &session, err);

    if (!rc)
        rc = import_check(session, err);
    if (!rc)
        rc = import_commit(session, err);
    import_end(session);
    return rc;
}
