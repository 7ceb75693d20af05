/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as problem JSON (RFC 9457). */
#include "http_problem.h"

#include "http_status.h"

static void write_pair(struct im_json *w, const char *key, const char *value)
{
    if (value[0]) {
        im_json_key(w, key);
        im_json_text(w, value);
    }
}

static void write_choices(const struct http_problem *problem, struct im_json *w)
{
    im_json_key(w, "choices");
    im_json_array(w);
    for (size_t i = 0; i < problem->places->n; i++)
        query_write_place(w, &problem->places->places[i], problem->lang);
    im_json_array_end(w);
}

void problem_write(const struct http_problem *problem, struct im_json *w)
{
    const struct im_error *err = problem->err;
    bool chinese = problem->lang == LANG_ZH && err->msg_zh[0];

    im_json_object(w);
    write_pair(w, "type", "about:blank");
    write_pair(w, "title", http_status_title(problem->status, problem->lang));
    im_json_key(w, "status");
    im_json_int(w, problem->status);
    im_json_key(w, "detail");
    im_json_text(w, chinese ? err->msg_zh : err->msg);
    im_json_key(w, "code");
    im_json_text(w, im_code_name(err->code));
    if (problem->fault) {
        write_pair(w, "parameter", problem->fault->name);
        write_pair(w, "value", problem->fault->value);
        write_pair(w, "allowed", problem->fault->allowed);
    }
    if (problem->places)
        write_choices(problem, w);
    im_json_object_end(w);
}
