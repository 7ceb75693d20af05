/* SPDX-License-Identifier: Apache-2.0 */
/* One request to the online geocoder, over libcurl. */
#include "online_internal.h"

#include <engine/json_writer.h>

#include <curl/curl.h>

#include <stdlib.h>

enum { TIMEOUT_MS = 10000, MAX_URL = 8192, MAX_KEY = 200 };

struct online_http {
    CURL *curl;
    char *base;
    char *key;
    long timeout_ms;
};

static enum im_code no_memory(struct im_error *err)
{
    im_fail(err, IM_ENOMEM, "online geocoder: out of memory");
    return im_zh(err, IM_ENOMEM, "在线地理编码：内存不足");
}

/* http(s)://host/path: no user, no query that the key would end up in. */
static bool is_address(const char *base)
{
    const char *rest = strncmp(base, "https://", 8) == 0  ? base + 8
                       : strncmp(base, "http://", 7) == 0 ? base + 7
                                                          : NULL;

    if (!rest || !*rest || *rest == '/' || strlen(base) > 500)
        return false;
    for (const char *c = base; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("?#@\"\\", *c))
            return false;
    return true;
}

static bool is_key(const char *key)
{
    size_t len = strlen(key);

    for (const char *c = key; *c; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return len > 0 && len <= MAX_KEY;
}

static enum im_code
check_settings(const char *base, const char *key, struct im_error *err)
{
    if (!is_address(base)) {
        im_fail(err, IM_EENV,
                "INNOMAP_TIANDITU_URL is no address such as "
                "https://api.tianditu.gov.cn/geocoder");
        return im_zh(err, IM_EENV,
                     "INNOMAP_TIANDITU_URL 不是有效地址，例如 "
                     "https://api.tianditu.gov.cn/geocoder");
    }
    if (!is_key(key)) {
        im_fail(err, IM_EENV,
                "INNOMAP_TIANDITU_KEY is no key: 1 to %d visible characters without "
                "spaces; copy it again from console.tianditu.gov.cn",
                MAX_KEY);
        return im_zh(err, IM_EENV,
                     "INNOMAP_TIANDITU_KEY 不是有效密钥：应为 1 至 %d "
                     "个可见字符且无空格；请从 console.tianditu.gov.cn 重新复制",
                     MAX_KEY);
    }
    return IM_OK;
}

void online_http_free(struct online_http *http)
{
    if (!http)
        return;
    curl_easy_cleanup(http->curl);
    if (http->key)
        explicit_bzero(http->key, strlen(http->key));
    free(http->key);
    free(http->base);
    free(http);
}

enum im_code online_http_new(const char *base,
                             const char *key,
                             struct online_http **out,
                             struct im_error *err)
{
    struct online_http *http = NULL;
    enum im_code rc = check_settings(base, key, err);

    if (rc != IM_OK)
        return rc;
    http = calloc(1, sizeof *http);
    if (!http)
        return no_memory(err);
    http->curl = curl_easy_init();
    http->base = strdup(base);
    http->key = strdup(key);
    http->timeout_ms = TIMEOUT_MS;
    if (!http->curl || !http->base || !http->key) {
        online_http_free(http);
        return no_memory(err);
    }
    *out = http;
    return IM_OK;
}

void online_http_set_timeout(struct online_http *http, long ms)
{
    http->timeout_ms = ms;
}

bool online_http_is_secret(const struct online_http *http, const char *text)
{
    return strstr(text, http->key) != NULL;
}

/* Percent-encoded (RFC 3986, 2.1) but for the unreserved characters. */
static void append_encoded(struct im_buf *url, struct im_bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                     (c >= 'a' && c <= 'z') || (c && strchr("-._~", c));

        if (plain)
            im_buf_byte(url, c);
        else
            im_buf_printf(url, "%%%02X", c);
    }
}

static void
write_url(const struct online_http *http, struct im_bytes query, struct im_buf *url)
{
    struct im_buf json = {.max = MAX_URL};
    struct im_json w = {.out = &json};

    im_json_object(&w);
    im_json_key(&w, "keyWord");
    im_json_string(&w, query);
    im_json_object_end(&w);
    im_buf_text(url, http->base);
    im_buf_text(url, "?ds=");
    append_encoded(url, im_buf_bytes(&json));
    im_buf_text(url, "&tk=");
    append_encoded(url, im_bytes_of(http->key));
    im_buf_byte(url, '\0');
    url->failed |= json.failed;
    im_buf_release(&json);
}

static size_t take_body(char *data, size_t size, size_t n, void *ctx)
{
    struct im_buf *body = ctx;

    im_buf_append(body, data, size * n);
    return body->failed ? 0 : size * n; /* less than given: curl stops */
}

static bool set_options(struct online_http *http, const char *url, struct im_buf *body)
{
    CURL *c = http->curl;
    long connect_ms = http->timeout_ms < 5000 ? http->timeout_ms : 5000;

    curl_easy_reset(c);
    return curl_easy_setopt(c, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, http->timeout_ms) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, connect_ms) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_MAXFILESIZE, (long)ONLINE_MAX_ANSWER) ==
               CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_USERAGENT, "innomap") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, body) == CURLE_OK;
}

/* curl's own texts of codes: its longer ones may hold the address and so the key. */
static enum im_code
fail_request(CURLcode code, const struct im_buf *body, struct im_error *err)
{
    const char *why = curl_easy_strerror(code);

    if (body->is_over || code == CURLE_FILESIZE_EXCEEDED) {
        im_fail(err, IM_EIO, "online geocoder: the answer is longer than %d bytes",
                ONLINE_MAX_ANSWER);
        return im_zh(err, IM_EIO, "在线地理编码：返回内容超过 %d 字节",
                     ONLINE_MAX_ANSWER);
    }
    if (code == CURLE_OUT_OF_MEMORY || body->failed)
        return no_memory(err);
    im_fail(err, IM_EIO,
            "online geocoder: %s; check the network, or leave out --online", why);
    return im_zh(err, IM_EIO, "在线地理编码失败：%s；请检查网络，或不使用 --online",
                 why);
}

enum im_code online_http_get(struct online_http *http,
                             struct im_bytes query,
                             long *status,
                             struct im_buf *body,
                             struct im_error *err)
{
    struct im_buf url = {.max = MAX_URL};
    CURLcode code = CURLE_OUT_OF_MEMORY;
    enum im_code rc = IM_OK;

    write_url(http, query, &url);
    if (url.failed || !set_options(http, (const char *)url.data, body)) {
        rc = no_memory(err);
        goto done;
    }
    code = curl_easy_perform(http->curl);
    if (code != CURLE_OK) {
        rc = fail_request(code, body, err);
        goto done;
    }
    curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, status);
done:
    if (url.data)
        explicit_bzero(url.data, url.len);
    im_buf_release(&url);
    return rc;
}
