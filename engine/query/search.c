/* SPDX-License-Identifier: Apache-2.0 */
/* Nearest and within: the questions that start at a place. */
#include "query/select.h"

enum im_code query_nearest(const struct query_request *request,
                           struct im_arena *arena,
                           struct query_answer *out,
                           struct im_error *err)
{
    struct query_request from = *request;

    from.has_origin = true;
    return query_run(&from, arena, out, NULL, err);
}

enum im_code query_within(const struct query_request *request,
                          struct im_arena *arena,
                          struct query_answer *out,
                          struct im_error *err)
{
    enum im_code rc = select_check(request, err);

    if (rc == IM_OK)
        rc = select_check_radius(request, err);
    return rc == IM_OK ? query_nearest(request, arena, out, err) : rc;
}
