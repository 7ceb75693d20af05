/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as values. */
#include <engine/error.h>

#include <engine/bytes.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Make the text what the header promises: one line of valid UTF-8. Quoted input may
 * hold anything, and a text that was cut may end inside a character. */
static void tidy(char *text, bool is_cut)
{
    struct im_bytes bytes = im_bytes_of(text);

    for (size_t i = 0; i < bytes.len;) {
        size_t start = i;
        unsigned char first = (unsigned char)text[start];
        uint32_t c = im_utf8_next(bytes, &i);

        if (c == 0xFFFD && i == start + 1) {
            /* the rest of a halved character is not worth a mark */
            if (is_cut && start + 4 > bytes.len && first >= 0xC0) {
                text[start] = '\0';
                return;
            }
            text[start] = '?';
        }
        if (im_utf8_is_unseemly(
                c)) /* one line, nothing that moves a terminal's cursor */
            memset(text + start, ' ', i - start);
    }
}

static void put(char *text, size_t size, const char *fmt, va_list args)
{
    int n = vsnprintf(text, size, fmt, args);

    if (n < 0)
        text[0] = '\0';
    tidy(text, n >= 0 && (size_t)n >= size);
}

enum im_code im_fail(struct im_error *err, enum im_code code, const char *fmt, ...)
{
    if (err) {
        va_list args;

        va_start(args, fmt);
        put(err->msg, sizeof err->msg, fmt, args);
        va_end(args);
        err->code = code;
        snprintf(err->msg_zh, sizeof err->msg_zh, "%s",
                 code == IM_ENOMEM ? "内存不足" : "");
        err->about[0] = '\0';
    }
    return code;
}

enum im_code im_zh(struct im_error *err, enum im_code code, const char *fmt, ...)
{
    if (err) {
        va_list args;

        va_start(args, fmt);
        put(err->msg_zh, sizeof err->msg_zh, fmt, args);
        va_end(args);
    }
    return code;
}

void im_about(struct im_error *err, const char *part)
{
    if (err)
        snprintf(err->about, sizeof err->about, "%s", part);
}

static void prepend(char *text, size_t size, const char *context)
{
    char old[sizeof((struct im_error *)0)->msg];

    memcpy(old, text, size);
    int n = snprintf(text, size, "%s: %s", context, old);
    tidy(text, n >= 0 && (size_t)n >= size);
}

enum im_code im_context(struct im_error *err, const char *fmt, ...)
{
    char context[160];
    va_list args;

    if (!err)
        return IM_EIO;
    va_start(args, fmt);
    put(context, sizeof context, fmt, args);
    va_end(args);
    prepend(err->msg, sizeof err->msg, context);
    if (err->msg_zh[0])
        prepend(err->msg_zh, sizeof err->msg_zh, context);
    return err->code;
}

const char *im_code_name(enum im_code code)
{
    switch (code) {
    case IM_OK:
        return "ok";
    case IM_EARG:
        return "bad_argument";
    case IM_EDATA:
        return "bad_data";
    case IM_ELIMIT:
        return "limit";
    case IM_ENOMEM:
        return "out_of_memory";
    case IM_EIO:
        return "io";
    case IM_ENOTFOUND:
        return "not_found";
    case IM_EAMBIGUOUS:
        return "ambiguous";
    case IM_EBUSY:
        return "busy";
    case IM_EENV:
        return "environment";
    case IM_ESTOPPED:
        return "stopped";
    }
    return "unknown";
}
