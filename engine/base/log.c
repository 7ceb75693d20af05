/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: one write each, so that lines of several threads never mix. */
#include <engine/log.h>

#include <engine/bytes.h>

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

void im_log(enum im_log_level level, const char *event, const char *fmt, ...)
{
    static const char *const names[] = {"error", "warn", "info"};
    char line[1024];
    struct tm tm;
    time_t now = time(NULL);
    va_list args;

    gmtime_r(&now, &tm);
    size_t len = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%SZ", &tm);
    int n = snprintf(line + len, sizeof line - len, " level=%s event=%s ", names[level],
                     event);
    len += n > 0 ? (size_t)n : 0;
    va_start(args, fmt);
    n = vsnprintf(line + len, sizeof line - len - 1, fmt, args);
    va_end(args);
    if (n > 0)
        len += (size_t)n < sizeof line - len - 1 ? (size_t)n : sizeof line - len - 2;
    line[len++] = '\n';
    if (write(STDERR_FILENO, line, len) < 0)
        return; /* a log that cannot be written has nobody to tell */
}

const char *im_log_quote(char *out, unsigned long size, const char *text)
{
    size_t n = 0;

    out[n++] = '"';
    for (; *text && n + 4 < size; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\')
            out[n++] = '\\';
        out[n++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
    }
    out[n++] = '"';
    out[n] = '\0';
    return out;
}
