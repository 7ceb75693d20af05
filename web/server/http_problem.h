/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as problem JSON (RFC 9457; members: ARCHITECTURE.md, "Answers"). */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include "http_params.h"

#include <engine/json_writer.h>
#include <engine/query.h>

struct http_problem {
    int status;
    enum lang lang;
    const struct im_error *err;
    const struct param_fault *fault;   /* NULL or empty: nothing to add */
    const struct query_places *places; /* NULL unless ambiguous */
};

void problem_write(const struct http_problem *problem, struct im_json *w);

#endif
