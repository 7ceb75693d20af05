/* SPDX-License-Identifier: Apache-2.0 */
/* A JSON file as values one after the other, through a window of the file. */
#include "geojson.h"

#include <stdlib.h>

enum { CHUNK_BYTES = 1 << 20 };

/* More bytes behind those not yet taken. Positions are kept relative to `from`. */
static enum fed feed_more(struct feed *f, size_t max)
{
    if (f->at_end)
        return FED_END;
    if (f->from > 0) {
        memmove(f->data, f->data + f->from, f->to - f->from);
        f->to -= f->from;
        f->from = 0;
    }
    if (f->cap - f->to < CHUNK_BYTES) {
        size_t cap = f->cap ? 2 * f->cap : 2 * (size_t)CHUNK_BYTES;

        if (f->to > max)
            return FED_TOO_LONG;
        uint8_t *data = realloc(f->data, cap);
        if (!data)
            return FED_NO_MEMORY;
        f->data = data;
        f->cap = cap;
    }
    size_t n = VSIFReadL(f->data + f->to, 1, CHUNK_BYTES, f->file);
    f->to += n;
    f->at_end = n == 0;
    return f->at_end ? FED_END : FED;
}

static bool is_space(uint8_t c)
{
    /* 0x1E begins a record of a text sequence */
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0x1E;
}

enum fed feed_peek(struct feed *f, uint8_t *out)
{
    *out = 0;
    for (;;) {
        while (f->from < f->to && is_space(f->data[f->from]))
            f->from++;
        if (f->from < f->to) {
            *out = f->data[f->from];
            return FED;
        }
        enum fed fed = feed_more(f, CHUNK_BYTES);
        if (fed != FED)
            return fed;
    }
}

/* Where in a value we are: enough to find its end, not to prove it well formed. */
struct extent {
    size_t at; /* relative to feed.from */
    unsigned depth;
    bool in_string;
    bool is_escaped;
    bool is_scalar;
    bool is_done;
};

static void scan_string(struct extent *e, const uint8_t *data, size_t n)
{
    while (e->at < n && e->in_string) {
        uint8_t c = data[e->at++];

        if (e->is_escaped)
            e->is_escaped = false;
        else if (c == '\\')
            e->is_escaped = true;
        else if (c == '"')
            e->in_string = false;
    }
    if (!e->in_string && e->depth == 0)
        e->is_done = true;
}

static void scan_structure(struct extent *e, const uint8_t *data, size_t n)
{
    for (; e->at < n; e->at++) {
        uint8_t c = data[e->at];

        if (c == '"') {
            e->in_string = true;
            e->at++;
            return;
        }
        if (c == '{' || c == '[') {
            e->depth++;
        } else if (c == '}' || c == ']') {
            if (e->depth <= 1) {
                e->at += e->depth; /* the bracket that closes a scalar's parent stays */
                e->is_done = true;
                return;
            }
            e->depth--;
        } else if (e->depth == 0 && (c == ',' || is_space(c)) && e->at > 0) {
            e->is_done = true;
            return;
        }
    }
}

enum fed feed_value(struct feed *f, size_t max, struct im_bytes *out)
{
    struct extent e = {0};
    enum fed fed = FED;

    while (!e.is_done) {
        const uint8_t *data = f->data + f->from;
        size_t n = f->to - f->from;

        if (e.in_string)
            scan_string(&e, data, n);
        else
            scan_structure(&e, data, n);
        if (e.is_done || e.at < n)
            continue;
        if (e.at > max)
            return FED_TOO_LONG;
        fed = feed_more(f, max);
        if (fed == FED_END && e.depth == 0 && !e.in_string && e.at > 0)
            break; /* a scalar at the very end */
        if (fed != FED)
            return fed;
    }
    *out = (struct im_bytes){f->data + f->from, e.at};
    f->from += e.at;
    return FED;
}

enum im_code feed_rewind(struct feed *f, uint64_t offset, struct im_error *err)
{
    f->from = f->to = 0;
    f->at_end = false;
    if (VSIFSeekL(f->file, offset, SEEK_SET) == 0)
        return IM_OK;
    im_fail(err, IM_EIO, "the file cannot be read a second time");
    return im_zh(err, IM_EIO, "无法再次读取该文件");
}
