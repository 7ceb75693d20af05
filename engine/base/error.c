/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as values. */
#include <engine/error.h>

#include <engine/bytes.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(char *text, size_t size, const char *fmt, va_list args)
{
    int n = vsnprintf(text, size, fmt, args);

    if (n < 0)
        text[0] = '\0';
    else if ((size_t)n >= size)
        text[im_utf8_cut(text, size - 1)] = '\0';
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = ' '; /* one line, nothing that moves a terminal's cursor */
}

enum im_code im_fail(struct im_error *err, enum im_code code, const char *fmt, ...)
{
    if (err) {
        va_list args;

        va_start(args, fmt);
        put(err->msg, sizeof err->msg, fmt, args);
        va_end(args);
        err->code = code;
        err->msg_zh[0] = '\0';
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

static void prepend(char *text, size_t size, const char *context)
{
    char old[sizeof((struct im_error *)0)->msg];

    memcpy(old, text, size);
    int n = snprintf(text, size, "%s: %s", context, old);
    if (n >= 0 && (size_t)n >= size)
        text[im_utf8_cut(text, size - 1)] = '\0';
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
