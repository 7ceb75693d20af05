/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to requests that libmicrohttpd cannot take in: it keeps each parameter of an
 * address in the memory of its connection, and when that is used up there is none left
 * for an answer, so that it closes the connection without a word. A larger one would be
 * cleared for each request. */
#include "refusal.h"

#include "http_problem.h"
#include "http_status.h"

#include <sys/socket.h>

/* Far above those that are read (URL_MAX_PARAMS), far under those that fit (150 with
 * the longest address and no header). */
enum { MAX_TAKEN_PARAMS = 100, ANSWER_MAX_BYTES = 8192 };

bool refusal_is_due(const char *target)
{
    unsigned n = 0;

    for (const char *at = strchr(target, '?'); at && n < MAX_TAKEN_PARAMS; n++)
        at = strchr(at + 1, '&');
    return n == MAX_TAKEN_PARAMS;
}

static void write_head(struct im_buf *out, int status, enum lang lang, size_t len)
{
    im_buf_printf(out,
                  "HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\n"
                  "Content-Language: %s\r\nCache-Control: no-store\r\n"
                  "X-Content-Type-Options: nosniff\r\nConnection: close\r\n"
                  "Content-Length: %zu\r\n\r\n",
                  status, http_status_title(status, LANG_EN),
                  lang == LANG_ZH ? "zh" : "en", len);
}

/* All of it has come in one or two packets and the answer fits into the socket's
 * buffer; who sends on and reads nothing gets a reset. */
int refusal_send(struct exchange *x, int fd)
{
    struct im_error err = {0};
    struct im_buf body = {.max = ANSWER_MAX_BYTES};
    struct im_buf head = {.max = ANSWER_MAX_BYTES};
    struct im_json w = {.out = &body};
    struct http_problem problem = {.status = 400, .lang = LANG_ZH, .err = &err};

    err.code =
        url_parse((struct im_bytes){(uint8_t *)x->raw, x->raw_len}, &x->url, &err);
    if (err.code == IM_OK) { /* parameters without name and value do not count there */
        im_fail(&err, IM_ELIMIT, "the URL has %d parameters or more", MAX_TAKEN_PARAMS);
        (void)im_zh(&err, IM_ELIMIT, "网址参数达到 %d 个以上", MAX_TAKEN_PARAMS);
    }
    if (x->raw_len > URL_MAX_BYTES)
        problem.status = 414;
    problem_write(&problem, &w);
    write_head(&head, problem.status, problem.lang, body.len);
    im_buf_append(&head, body.data, body.len);
    if (!body.failed && !head.failed)
        (void)send(fd, head.data, head.len, MSG_NOSIGNAL | MSG_DONTWAIT);
    im_buf_release(&body);
    im_buf_release(&head);
    (void)shutdown(fd, SHUT_RDWR);
    return problem.status;
}
