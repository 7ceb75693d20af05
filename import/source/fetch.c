/* SPDX-License-Identifier: Apache-2.0 */
/* Requests for GDAL's drivers of services, over libcurl: GDAL's own would follow a
 * service that sends elsewhere. Not into a file of its own either (CPL's cookies). */
#include "internal.h"

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>
#include <curl/curl.h>

enum {
    CONNECT_S = 30,
    REQUEST_S = 120,
    MAX_ANSWER_BYTES = 256 << 20,
    MAX_HEADERS = 200,
    MAX_HOPS = 5
};

static CPLHTTPResult *refused(const char *why)
{
    CPLHTTPResult *result = CPLCalloc(1, sizeof *result);

    CPLError(CE_Failure, CPLE_NotSupported, "%s", why);
    result->nStatus = 1;
    result->pszErrBuf = CPLStrdup(why);
    return result;
}

struct fetch {
    CURL *curl;
    struct curl_slist *headers;
    struct im_buf body;
    char **answered; /* headers of the last answer, name=value */
};

static size_t take_body(char *data, size_t size, size_t n, void *ctx)
{
    struct fetch *f = ctx;

    im_buf_append(&f->body, data, size * n);
    return f->body.failed ? 0 : size * n; /* less than given: curl stops */
}

static size_t take_header(char *data, size_t size, size_t n, void *ctx)
{
    struct fetch *f = ctx;
    size_t len = size * n;
    const char *colon = memchr(data, ':', len);
    char *name, *value;

    if (!colon || CSLCount(f->answered) >= MAX_HEADERS)
        return len;
    name = CPLStrdup(CPLSPrintf("%.*s", (int)(colon - data), data));
    value = CPLStrdup(
        CPLSPrintf("%.*s", (int)(len - (size_t)(colon + 1 - data)), colon + 1));
    value[strcspn(value, "\r\n")] = '\0';
    f->answered = CSLAddNameValue(f->answered, name, value + strspn(value, " \t"));
    CPLFree(value);
    CPLFree(name);
    return len;
}

/* HEADERS=Accept: a, b\r\nX: y */
static bool add_headers(struct fetch *f, const char *text)
{
    char **lines = CSLTokenizeString2(text ? text : "", "\r\n", 0);
    bool good = true;

    for (int i = 0; good && lines && lines[i]; i++) {
        struct curl_slist *more = curl_slist_append(f->headers, lines[i]);

        good = more != NULL;
        f->headers = more ? more : f->headers;
    }
    CSLDestroy(lines);
    return good;
}

static bool set_options(struct fetch *f, CSLConstList options, long timeout_s)
{
    CURL *c = f->curl;
    const char *method = CSLFetchNameValue(options, "CUSTOMREQUEST");
    const char *post = CSLFetchNameValue(options, "POSTFIELDS");

    return add_headers(f, CSLFetchNameValue(options, "HEADERS")) &&
           curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_TIMEOUT, timeout_s) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_MAXFILESIZE, (long)MAX_ANSWER_BYTES) ==
               CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_USERAGENT, "innomap") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "") == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_ANY) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HTTPHEADER, f->headers) == CURLE_OK &&
           (!method ||
            curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK) &&
           (!post || curl_easy_setopt(c, CURLOPT_POSTFIELDS, post) == CURLE_OK) &&
           curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_WRITEDATA, f) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HEADERDATA, f) == CURLE_OK;
}

/* Where it sends to, NULL: nowhere. Lives until the next request. */
static const char *sent_to(const struct fetch *f, long status)
{
    char *to = NULL;

    if (status < 300 || status >= 400 ||
        curl_easy_getinfo(f->curl, CURLINFO_REDIRECT_URL, &to) != CURLE_OK)
        return NULL;
    return to;
}

static void clear_answer(struct fetch *f)
{
    im_buf_clear(&f->body);
    CSLDestroy(f->answered);
    f->answered = NULL;
}

/* One request, and where the same host sends it; NULL: the answer is there. */
static const char *perform(struct fetch *f, const char *url, long *status)
{
    char *next = CPLStrdup(url);
    const char *why = NULL;
    const char *to = next;
    char origin[ADDRESS_ORIGIN_MAX], other[ADDRESS_ORIGIN_MAX];

    for (int hop = 0; to && !why; hop++) {
        clear_answer(f);
        CURLcode code = curl_easy_setopt(f->curl, CURLOPT_URL, to);

        if (!code)
            code = curl_easy_perform(f->curl);
        if (f->body.is_over || code == CURLE_FILESIZE_EXCEEDED)
            why = "the answer is longer than 256 MiB";
        else if (code) /* not its longer text: that may hold the address */
            why = curl_easy_strerror(code);
        curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, status);
        to = why ? NULL : sent_to(f, *status);
        if (!to)
            break;
        if (hop == MAX_HOPS)
            why = "the service sends on and on";
        else if (!address_origin(url, origin) || !address_origin(to, other) ||
                 strcmp(origin, other) != 0)
            why = ADDRESS_ELSEWHERE;
        char *copy = CPLStrdup(to);
        CPLFree(next);
        to = next = copy;
    }
    CPLFree(next);
    return why;
}

/* CPLHTTPFetchEx, as far as the drivers look at it. */
static CPLHTTPResult *result_of(struct fetch *f, const char *why, long status)
{
    CPLHTTPResult *result = CPLCalloc(1, sizeof *result);
    char *type = NULL;

    if (why) {
        result->nStatus = 1;
        result->pszErrBuf = CPLStrdup(why);
    } else if (status >= 400) {
        result->pszErrBuf = CPLStrdup(CPLSPrintf("HTTP error code : %ld", status));
    }
    if (result->pszErrBuf)
        CPLError(CE_Failure, CPLE_AppDefined, "%s", result->pszErrBuf);
    if (curl_easy_getinfo(f->curl, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type)
        result->pszContentType = CPLStrdup(type);
    result->papszHeaders = f->answered;
    f->answered = NULL;
    if (why || f->body.len == 0)
        return result;
    result->pabyData = CPLMalloc(f->body.len + 1);
    memcpy(result->pabyData, f->body.data, f->body.len);
    result->pabyData[f->body.len] = '\0';
    result->nDataLen = (int)f->body.len;
    result->nDataAlloc = (int)f->body.len + 1;
    return result;
}

CPLHTTPResult *address_fetch(const char *url,
                             CSLConstList options,
                             GDALProgressFunc progress,
                             void *progress_arg,
                             CPLHTTPFetchWriteFunc write,
                             void *write_arg,
                             void *self)
{
    const struct address *address = self;
    struct fetch f = {.body = {.max = MAX_ANSWER_BYTES}};
    char origin[ADDRESS_ORIGIN_MAX];
    CPLHTTPResult *result;
    const char *why = "out of memory";
    long status = 0;

    (void)progress, (void)progress_arg, (void)write_arg;
    if (!address || !address->origin[0])
        return refused("nothing is fetched from a network for this source");
    if (!address_origin(url, origin) || strcmp(origin, address->origin) != 0)
        return refused(ADDRESS_ELSEWHERE);
    long left = address_seconds(address);
    if (left <= 0)
        return refused("the service took longer than 10 minutes");
    if (write) /* streaming is off */
        return refused("this kind of request is not supported");
    f.curl = curl_easy_init();
    if (f.curl && set_options(&f, options, left < REQUEST_S ? left : REQUEST_S))
        why = perform(&f, url, &status);
    result = f.curl ? result_of(&f, why, status) : refused(why);
    curl_slist_free_all(f.headers);
    CSLDestroy(f.answered);
    im_buf_release(&f.body);
    curl_easy_cleanup(f.curl);
    return result;
}
