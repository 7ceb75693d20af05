/* SPDX-License-Identifier: Apache-2.0 */
/* What a request brings along, as it comes in. */
#include "upload.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

enum { FIRST_BYTES = 4096 };

static const struct {
    const char *name;
    enum upload_type type;
} types[] = {
    {"application/x-www-form-urlencoded", UPLOAD_FORM},
    {"application/json", UPLOAD_JSON},
    {"application/geo+json", UPLOAD_GEOJSON},
    {"application/query-cql-json", UPLOAD_CQL_JSON},
};

/* The only parameter that would change the meaning of the bytes (RFC 9110, 8.3.2). */
static bool is_utf8(const char *parameters)
{
    static const char name[] = "charset=";
    static const char *const allowed[] = {"utf-8", "\"utf-8\"", "utf8", "us-ascii"};
    const char *value = strcasestr(parameters, name);
    size_t len;

    if (!value)
        return true;
    value += sizeof name - 1;
    len = strcspn(value, "; \t");
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (strlen(allowed[i]) == len && strncasecmp(value, allowed[i], len) == 0)
            return true;
    return false;
}

enum upload_type upload_type_of(const char *content_type)
{
    size_t len;

    if (!content_type)
        return UPLOAD_OTHER;
    content_type += strspn(content_type, " \t");
    len = strcspn(content_type, "; \t");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strlen(types[i].name) == len &&
            strncasecmp(content_type, types[i].name, len) == 0)
            return is_utf8(content_type + len) ? types[i].type : UPLOAD_OTHER;
    return UPLOAD_OTHER;
}

bool upload_length(const char *content_length, uint64_t *out)
{
    const char *p = content_length;
    uint64_t n = 0;

    if (!p || !*p)
        return false;
    for (; *p; p++) {
        if (!isdigit((unsigned char)*p))
            return false;
        if (__builtin_mul_overflow(n, (uint64_t)10, &n) ||
            __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
            n = UINT64_MAX;
    }
    *out = n;
    return true;
}

enum im_code upload_too_long(struct im_error *err)
{
    im_fail(err, IM_ELIMIT, "the request body is too long; allowed are %d bytes",
            UPLOAD_MAX_BYTES);
    return im_zh(err, IM_ELIMIT, "请求体过长；最多 %d 字节", UPLOAD_MAX_BYTES);
}

static enum im_code too_many(struct im_error *err)
{
    im_fail(err, IM_EBUSY,
            "the server is busy: too many request bodies at once; try again in a "
            "second");
    return im_zh(err, IM_EBUSY, "服务器繁忙：同时上传的请求体过多，请一秒后重试");
}

/* The total counts room, not bytes: it is what the machine has to give. */
static bool take_room(struct uploads *all, size_t n)
{
    if (atomic_fetch_add(&all->bytes, n) + n <= UPLOADS_MAX_BYTES)
        return true;
    atomic_fetch_sub(&all->bytes, n);
    return false;
}

static enum im_code
grow(struct upload *upload, struct uploads *all, size_t need, struct im_error *err)
{
    size_t cap = upload->cap ? upload->cap : FIRST_BYTES;
    uint8_t *data;

    while (cap < need)
        cap *= 2;
    if (cap > UPLOAD_MAX_BYTES) /* `need` is not: upload_add looks */
        cap = UPLOAD_MAX_BYTES;
    if (!take_room(all, cap - upload->cap))
        return too_many(err);
    data = realloc(upload->data, cap);
    if (!data) {
        atomic_fetch_sub(&all->bytes, cap - upload->cap);
        return im_fail(err, IM_ENOMEM, "out of memory for the request body");
    }
    upload->data = data;
    upload->cap = cap;
    return IM_OK;
}

enum im_code upload_add(struct upload *upload,
                        struct uploads *all,
                        const void *data,
                        size_t len,
                        struct im_error *err)
{
    if (len > UPLOAD_MAX_BYTES - upload->len)
        return upload_too_long(err);
    if (upload->len + len > upload->cap) {
        enum im_code rc = grow(upload, all, upload->len + len, err);

        if (rc != IM_OK)
            return rc;
    }
    memcpy(upload->data + upload->len, data, len);
    upload->len += len;
    return IM_OK;
}

void upload_release(struct upload *upload, struct uploads *all)
{
    free(upload->data);
    atomic_fetch_sub(&all->bytes, upload->cap);
    upload->data = NULL;
    upload->len = upload->cap = 0;
}
