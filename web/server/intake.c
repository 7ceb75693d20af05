/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a request in: headers, the route, the body, parameters. */
#include "intake.h"

#include "http_headers.h"
#include "routes.h"
#include "server_state.h"

#include <strings.h>

/* ---- headers ---- */

static void take_length(struct exchange *x, const char *name, const char *value)
{
    if (strcasecmp(name, "Content-Length") == 0) {
        x->content_lengths++;
        x->content_length = value ? value : "";
        x->unread = x->unread || strspn(x->content_length, "0") == 0 ||
                    x->content_length[strspn(x->content_length, "0")];
    } else if (strcasecmp(name, "Content-Type") == 0) {
        x->content_type = value;
    } else if (strcasecmp(name, "Content-Encoding") == 0) {
        x->content_encoding = value;
    }
}

static void take_accept(struct exchange *x, const char *name, const char *value)
{
    if (strcasecmp(name, "Accept") == 0)
        x->accept = value;
    else if (strcasecmp(name, "Accept-Encoding") == 0)
        x->accept_encoding = value;
    else if (strcasecmp(name, "Accept-Language") == 0)
        x->accept_language = value;
}

void intake_header(struct exchange *x, const char *name, const char *value)
{
    /* first letter first: browsers send twenty headers, few of them interest us */
    switch (name[0] | 0x20) {
    case 'h':
        if (strcasecmp(name, "Host") == 0)
            x->host = value ? value : "";
        break;
    case 'a':
        take_accept(x, name, value);
        break;
    case 'i':
        if (strcasecmp(name, "If-None-Match") == 0)
            x->if_none_match = value;
        break;
    case 'c':
        take_length(x, name, value);
        break;
    case 'e':
        if (strcasecmp(name, "Expect") == 0)
            x->expect = value;
        break;
    case 't':
        if (strcasecmp(name, "Transfer-Encoding") == 0) {
            x->transfer_encodings++;
            x->transfer_encoding = value ? value : "";
            x->unread = true;
        }
        break;
    default:
        break;
    }
}

/* ---- which methods, which bodies ---- */

static bool takes_post(const struct route *route)
{
    return route && (route->flags & (ROUTE_FORM | ROUTE_JSON));
}

const char *intake_methods(const struct route *route)
{
    return takes_post(route) ? "GET, HEAD, POST, OPTIONS" : "GET, HEAD, OPTIONS";
}

static enum im_code refuse(struct exchange *x,
                           int status,
                           const char *en,
                           const char *zh,
                           struct im_error *err)
{
    x->status = status;
    im_fail(err, IM_EARG, "%s", en);
    return im_zh(err, IM_EARG, "%s", zh);
}

/* RFC 9112, 6.1 and 6.3: one way to tell the end of a message, and one we know. */
static enum im_code
check_framing(struct exchange *x, const char *version, struct im_error *err)
{
    uint64_t length;

    if (x->content_lengths > 1 || x->transfer_encodings > 1 ||
        (x->content_lengths && x->transfer_encodings))
        return refuse(x, 400,
                      "the request has Content-Length twice or beside "
                      "Transfer-Encoding",
                      "请求含多个 Content-Length，或与 Transfer-Encoding 并存", err);
    if (x->transfer_encodings && strcmp(version, "HTTP/1.1") != 0)
        return refuse(x, 400, "Transfer-Encoding is of HTTP/1.1 only",
                      "Transfer-Encoding 只能用于 HTTP/1.1", err);
    if (x->transfer_encodings && strcasecmp(x->transfer_encoding, "chunked") != 0)
        return refuse(x, 501, "the only Transfer-Encoding known here is chunked",
                      "此处只支持 chunked 传输编码", err);
    if (x->content_lengths && !upload_length(x->content_length, &length))
        return refuse(x, 400, "Content-Length is not a whole number",
                      "Content-Length 不是整数", err);
    return IM_OK;
}

static enum im_code check_host(struct exchange *x, struct im_error *err)
{
    if (!x->host || header_host_valid(x->host))
        return IM_OK;
    param_quote(x->fault.value, sizeof x->fault.value, im_bytes_of(x->host));
    im_fail(err, IM_EARG,
            "the Host header may hold letters, digits and . - : [ ] only, at most 255");
    return im_zh(err, IM_EARG, "Host 头只能含字母、数字和 . - : [ ]，最长 255 字节");
}

static enum im_code find_route(struct exchange *x, struct im_error *err)
{
    enum im_code rc =
        url_parse((struct im_bytes){(uint8_t *)x->raw, x->raw_len}, &x->url, err);

    x->pairs = x->url.params;
    x->n_pairs = x->url.n_params;
    if (x->raw_len > URL_MAX_BYTES)
        x->status = 414;
    if (rc == IM_OK)
        rc = check_host(x, err);
    if (rc == IM_OK) {
        x->route = tianditu_find(x->server, &x->url, x->captures);
        if (!x->route)
            x->route = routes_find(&x->url, x->captures);
        if (!x->route)
            rc = exchange_no_path(x, err);
    }
    return rc;
}

static enum im_code check_type(struct exchange *x, struct im_error *err)
{
    bool forms = x->route->flags & ROUTE_FORM;
    bool json = x->route->flags & ROUTE_JSON;

    x->body_type = upload_type_of(x->content_type);
    if (x->content_encoding && strcasecmp(x->content_encoding, "identity") != 0)
        return refuse(x, 415, "request bodies are taken as they are, not compressed",
                      "请求体不接受压缩编码", err);
    if (x->body_type == UPLOAD_FORM ? forms : json && x->body_type != UPLOAD_OTHER)
        return IM_OK;
    param_quote(x->fault.value, sizeof x->fault.value,
                im_bytes_of(x->content_type ? x->content_type : ""));
    snprintf(x->fault.name, sizeof x->fault.name, "Content-Type");
    snprintf(x->fault.allowed, sizeof x->fault.allowed, "%s%s%s",
             forms ? "application/x-www-form-urlencoded" : "",
             forms && json ? ", " : "",
             json ? "application/json, application/geo+json, "
                    "application/query-cql-json"
                  : "");
    x->status = 415;
    im_fail(err, IM_EARG, "the request body has to be one of %s, in UTF-8",
            x->fault.allowed);
    return im_zh(err, IM_EARG, "请求体类型应为 %s，编码为 UTF-8", x->fault.allowed);
}

static enum im_code begin_post(struct exchange *x, bool *drop, struct im_error *err)
{
    uint64_t length = 0;
    enum im_code rc;

    x->is_post = true;
    x->if_none_match = NULL; /* only GET and HEAD are answered with 304 */
    if (!x->content_lengths && !x->transfer_encodings)
        return refuse(x, 411, "a POST has to say how long its body is: Content-Length",
                      "POST 请求须用 Content-Length 说明请求体长度", err);
    if (x->content_lengths &&
        (!upload_length(x->content_length, &length) || length > UPLOAD_MAX_BYTES)) {
        *drop = length <= UPLOAD_MAX_DROPPED;
        x->status = 413;
        return upload_too_long(err);
    }
    *drop = true;
    rc = find_route(x, err);
    if (rc == IM_OK && !takes_post(x->route))
        rc = refuse(x, 405, "only GET, HEAD and OPTIONS are answered here",
                    "此处只支持 GET、HEAD、OPTIONS", err);
    if (rc == IM_OK && x->unread)
        rc = check_type(x, err);
    return rc;
}

enum im_code intake_begin(struct exchange *x,
                          const char *method,
                          const char *version,
                          bool *drop,
                          struct im_error *err)
{
    enum im_code rc = check_framing(x, version, err);

    *drop = false;
    x->is_head = strcmp(method, "HEAD") == 0;
    x->is_options = strcmp(method, "OPTIONS") == 0;
    if (rc != IM_OK) {
        x->unread = true;
        return rc;
    }
    if (strcmp(method, "POST") == 0) {
        rc = begin_post(x, drop, err);
        *drop = *drop && rc != IM_OK && x->unread && !x->expect;
        x->unread = x->unread || (rc != IM_OK && x->status == 411);
        return rc;
    }
    if (!x->is_head && !x->is_options && strcmp(method, "GET") != 0) {
        x->unread = true;
        find_route(x, err); /* for the methods that it has */
        x->status = 405;
        im_fail(err, IM_EARG, "only %s are answered here", intake_methods(x->route));
        return im_zh(err, IM_EARG, "此处只支持 %s", intake_methods(x->route));
    }
    if (x->unread)
        return refuse(x, 413, "no request body is taken here", "此处不接受请求体", err);
    return IM_OK;
}

enum im_code
intake_body(struct exchange *x, const void *data, size_t len, struct im_error *err)
{
    enum im_code rc = upload_add(&x->upload, &x->server->uploads, data, len, err);

    if (rc == IM_ELIMIT)
        x->status = 413;
    if (rc != IM_OK)
        upload_release(&x->upload, &x->server->uploads);
    return rc;
}

/* ---- parameters ---- */

static enum im_code take_form(struct exchange *x, struct im_error *err)
{
    struct url_param *pairs;

    if (!exchange_arena(x))
        return im_fail(err, IM_ENOMEM, "out of memory");
    pairs = im_arena_calloc(x->arena, PARAM_MAX, sizeof *pairs);
    if (!pairs)
        return im_fail(err, IM_ENOMEM, "out of memory");
    memcpy(pairs, x->url.params, x->url.n_params * sizeof *pairs);
    x->pairs = pairs;
    return form_parse(x->upload.data, x->upload.len, pairs, PARAM_MAX, &x->n_pairs,
                      err);
}

static void set_language(struct exchange *x)
{
    if (x->route->flags & ROUTE_OWN_PARAMS)
        return;
    for (size_t i = 0; i < x->route->n_params; i++)
        if (strcmp(x->route->params[i].name, "lang") == 0 && x->params[i].is_set)
            x->lang = x->params[i].choice == 0 ? LANG_ZH : LANG_EN;
}

enum im_code intake_end(struct exchange *x, struct im_error *err)
{
    enum im_code rc = x->is_post ? IM_OK : find_route(x, err);

    if (rc != IM_OK || x->is_options)
        return rc;
    if (x->upload.len && x->body_type == UPLOAD_FORM)
        rc = take_form(x, err);
    else if (x->upload.len)
        x->request_body = (struct im_bytes){x->upload.data, x->upload.len};
    if (rc == IM_OK && !(x->route->flags & ROUTE_OWN_PARAMS))
        rc = params_parse_pairs(x->pairs, x->n_pairs, x->route->params,
                                x->route->n_params, x->params, &x->fault, err);
    if (rc == IM_OK)
        set_language(x);
    return rc;
}
