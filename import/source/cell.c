/* SPDX-License-Identifier: Apache-2.0 */
/* Cells of all readers. */
#include "internal.h"

/* Bytes of the white space at the start of `text`, 0 when there is none. */
static size_t space_at_start(struct im_bytes text)
{
    if (text.len && strchr(" \t\r\n\v\f", text.data[0]) && text.data[0])
        return 1;
    if (text.len >= 2 && memcmp(text.data, "\xC2\xA0", 2) == 0)
        return 2;
    if (text.len >= 3 && (memcmp(text.data, "\xE3\x80\x80", 3) == 0 ||
                          memcmp(text.data, "\xEF\xBB\xBF", 3) == 0))
        return 3;
    return 0;
}

static size_t space_at_end(struct im_bytes text)
{
    for (size_t n = 1; n <= 3 && n <= text.len; n++)
        if (space_at_start((struct im_bytes){text.data + text.len - n, n}) == n)
            return n;
    return 0;
}

struct source_value source_text(struct im_bytes text)
{
    size_t n;

    while ((n = space_at_start(text)) > 0) {
        text.data += n;
        text.len -= n;
    }
    while ((n = space_at_end(text)) > 0)
        text.len -= n;
    if (text.len == 0)
        return (struct source_value){.kind = SOURCE_NULL};
    return (struct source_value){.kind = SOURCE_TEXT, .text = text};
}
