/* SPDX-License-Identifier: Apache-2.0 */
/* The request target: decoded path segments and query parameters. */
#include "http_url.h"

/* What is being read, for messages. */
struct source {
    const char *en;
    const char *zh;
};

static const struct source THE_URL = {"the URL", "网址"};
static const struct source THE_FORM = {"the form", "表单"};

struct decoder {
    char *next; /* where decoded text goes; decoding never lengthens */
    const struct source *source;
    struct im_error *err;
};

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static enum im_code bad_escape(const struct decoder *d)
{
    im_fail(d->err, IM_EARG, "%s has a '%%' that is not followed by two hex digits",
            d->source->en);
    return im_zh(d->err, IM_EARG, "%s中有不完整的百分号编码（%% 后应为两位十六进制数）",
                 d->source->zh);
}

static enum im_code
decode(struct decoder *d, struct im_bytes raw, bool is_query, struct im_bytes *out)
{
    char *start = d->next;

    for (size_t i = 0; i < raw.len; i++) {
        uint8_t c = raw.data[i];

        if (c == '%') {
            int high = i + 2 < raw.len ? hex_digit(raw.data[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(raw.data[i + 2]) : -1;

            if (low < 0)
                return bad_escape(d);
            c = (uint8_t)(high << 4 | low);
            i += 2;
        } else if (c == '+' && is_query) {
            c = ' ';
        }
        *d->next++ = (char)c;
    }
    *out = (struct im_bytes){(const uint8_t *)start, (size_t)(d->next - start)};
    if (memchr(out->data, '\0', out->len) || !im_utf8_valid(*out)) {
        im_fail(d->err, IM_EARG, "%s holds bytes that are not UTF-8 text",
                d->source->en);
        return im_zh(d->err, IM_EARG, "%s含有非 UTF-8 文本的字节", d->source->zh);
    }
    return IM_OK;
}

static struct im_bytes cut_at(struct im_bytes *rest, char separator)
{
    const uint8_t *end = rest->len ? memchr(rest->data, separator, rest->len) : NULL;
    struct im_bytes head = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    size_t used = head.len + (end ? 1 : 0);

    *rest = (struct im_bytes){rest->data + used, rest->len - used};
    return head;
}

static enum im_code
parse_path(struct decoder *d, struct im_bytes path, struct http_url *out)
{
    bool more = true;

    path = (struct im_bytes){path.data + 1, path.len - 1};
    while (more) {
        more = path.len && memchr(path.data, '/', path.len) != NULL;
        struct im_bytes raw = cut_at(&path, '/');

        if (!more && raw.len == 0) {
            out->trailing_slash = true;
            break;
        }
        if (out->n_segments == URL_MAX_SEGMENTS) {
            out->too_deep = true;
            break;
        }
        enum im_code rc = decode(d, raw, false, &out->segments[out->n_segments]);
        if (rc != IM_OK)
            return rc;
        out->n_segments++;
    }
    return IM_OK;
}

static enum im_code parse_pairs(struct decoder *d,
                                struct im_bytes query,
                                struct url_param *pairs,
                                size_t max,
                                size_t *n)
{
    while (query.len) {
        struct im_bytes value = cut_at(&query, '&');
        struct im_bytes name = cut_at(&value, '=');
        enum im_code rc;

        if (name.len == 0 && value.len == 0)
            continue;
        if (*n == max) {
            im_fail(d->err, IM_ELIMIT, "%s has more than %zu parameters", d->source->en,
                    max);
            return im_zh(d->err, IM_ELIMIT, "%s参数超过 %zu 个", d->source->zh, max);
        }
        rc = decode(d, name, true, &pairs[*n].name);
        if (rc == IM_OK)
            rc = decode(d, value, true, &pairs[*n].value);
        if (rc != IM_OK)
            return rc;
        ++*n;
    }
    return IM_OK;
}

enum im_code form_parse(uint8_t *text,
                        size_t len,
                        struct url_param *pairs,
                        size_t max,
                        size_t *n,
                        struct im_error *err)
{
    struct decoder d = {(char *)text, &THE_FORM, err};

    return parse_pairs(&d, (struct im_bytes){text, len}, pairs, max, n);
}

/* "http://host/path" of the absolute form, which every server must accept. */
static struct im_bytes without_authority(struct im_bytes raw)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(schemes[i]);

        if (raw.len >= len && memcmp(raw.data, schemes[i], len) == 0) {
            while (len < raw.len && raw.data[len] != '/' && raw.data[len] != '?')
                len++;
            return (struct im_bytes){raw.data + len, raw.len - len};
        }
    }
    return raw;
}

enum im_code url_parse(struct im_bytes raw, struct http_url *out, struct im_error *err)
{
    struct decoder d = {out->text, &THE_URL, err};
    struct im_bytes path;
    enum im_code rc;

    out->n_segments = out->n_params = 0;
    out->too_deep = out->trailing_slash = false;
    if (raw.len > URL_MAX_BYTES) {
        im_fail(err, IM_ELIMIT,
                "the URL has %zu bytes, allowed are %d; what is longer can be posted",
                raw.len, URL_MAX_BYTES);
        return im_zh(err, IM_ELIMIT,
                     "网址长 %zu 字节，最多 %d 字节；更长的可用 POST 提交", raw.len,
                     URL_MAX_BYTES);
    }
    raw = without_authority(raw);
    path = cut_at(&raw, '?');
    if (path.len == 0 || path.data[0] != '/') {
        im_fail(err, IM_EARG, "the request target does not start with '/'");
        return im_zh(err, IM_EARG, "请求路径应以 / 开头");
    }
    rc = parse_path(&d, path, out);
    if (rc == IM_OK)
        rc = parse_pairs(&d, raw, out->params, URL_MAX_PARAMS, &out->n_params);
    return rc;
}

void url_encode(struct im_buf *out, struct im_bytes text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                     (c >= 'A' && c <= 'Z') ||
                     (c != '\0' && strchr("-._~,:", c) != NULL);

        if (plain) {
            im_buf_byte(out, c);
        } else {
            char escape[3] = {'%', hex[c >> 4], hex[c & 15]};

            im_buf_append(out, escape, 3);
        }
    }
}
