/* SPDX-License-Identifier: Apache-2.0 */
/* Log lines: time, level and key=value pairs, one write each, to standard error. */
#ifndef ENGINE_LOG_H
#define ENGINE_LOG_H

#include <engine/error.h>

enum im_log_level { IM_LOG_ERROR, IM_LOG_WARN, IM_LOG_INFO };

/**
 * One line: `2026-01-02T03:04:05Z level=info event=<event> <pairs>`.
 * `fmt` writes the pairs; quote values that may hold spaces with im_log_quote.
 */
void im_log(enum im_log_level level, const char *event, const char *fmt, ...)
    IM_PRINTF(3, 4);

/** "text" with control characters, quotes and backslashes escaped, cut to fit. */
const char *im_log_quote(char *out, unsigned long size, const char *text);

#endif
