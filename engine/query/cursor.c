/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors: where the next page begins. Layout: cursor.h. */
#include "query/cursor.h"

#include <math.h>
#include <xxhash.h>

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum {
    /* all texts are cut to ORDER_TEXT_BYTES, so this is never too small */
    MAX_BYTES = 1 + 8 + 1 + 8 + 1 + ORDER_TEXT_BYTES +
                QUERY_MAX_SORT * (2 + ORDER_TEXT_BYTES) + 4,
    MAX_CHARACTERS = (MAX_BYTES * 4 + 2) / 3
};
_Static_assert((int)MAX_CHARACTERS <= (int)CURSOR_MAX_TEXT,
               "cursors are longer than promised");
_Static_assert(ORDER_TEXT_BYTES <= UINT8_MAX, "a length is one byte");

/* ---- writing ---- */

struct writer {
    uint8_t bytes[MAX_BYTES];
    size_t n;
};

static void put(struct writer *w, uint64_t number, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++)
        w->bytes[w->n++] = (uint8_t)(number >> 8 * i);
}

static void put_text(struct writer *w, struct im_bytes text)
{
    put(w, text.len, 1);
    if (text.len)
        memcpy(w->bytes + w->n, text.data, text.len);
    w->n += text.len;
}

static void put_value(struct writer *w, const struct source_value *v)
{
    uint64_t bits = (uint64_t)v->integer;

    put(w, (uint64_t)v->kind, 1);
    if (v->kind == SOURCE_REAL)
        memcpy(&bits, &v->real, sizeof bits);
    if (v->kind == SOURCE_TEXT)
        put_text(w, v->text);
    else if (v->kind != SOURCE_NULL)
        put(w, bits, 8);
}

static uint32_t checksum(const uint8_t *bytes, size_t n)
{
    return (uint32_t)XXH3_64bits(bytes, n);
}

static char *encode(const uint8_t *bytes, size_t n, struct im_arena *arena)
{
    char *text = im_arena_alloc(arena, (n * 4 + 2) / 3 + 1);
    size_t len = 0;
    uint32_t bits = 0;
    unsigned n_bits = 0;

    for (size_t i = 0; text && i < n; i++) {
        bits = bits << 8 | bytes[i];
        for (n_bits += 8; n_bits >= 6; n_bits -= 6)
            text[len++] = ALPHABET[bits >> (n_bits - 6) & 63];
    }
    if (text && n_bits)
        text[len++] = ALPHABET[bits << (6 - n_bits) & 63];
    if (text)
        text[len] = '\0';
    return text;
}

const char *cursor_write(const struct order *order,
                         const struct order_position *position,
                         struct im_arena *arena)
{
    struct writer w = {.n = 0};

    put(&w, CURSOR_VERSION, 1);
    put(&w, order->fingerprint, 8);
    put(&w, position->layer, 1);
    put(&w, (uint64_t)position->fid, 8);
    put_text(&w, position->key);
    for (uint32_t i = 0; i < order->n_keys; i++)
        put_value(&w, &position->values[i]);
    put(&w, checksum(w.bytes, w.n), 4);
    return encode(w.bytes, w.n, arena);
}

/* ---- reading ---- */

struct reader {
    const uint8_t *bytes;
    size_t n;
    size_t at;
    bool failed;
};

static uint64_t take(struct reader *r, size_t n_bytes)
{
    uint64_t number = 0;

    if (r->n - r->at < n_bytes) {
        r->failed = true;
        return 0;
    }
    for (size_t i = 0; i < n_bytes; i++)
        number |= (uint64_t)r->bytes[r->at++] << 8 * i;
    return number;
}

static struct im_bytes take_text(struct reader *r)
{
    size_t len = (size_t)take(r, 1);
    struct im_bytes text = {r->bytes + r->at, len};

    if (len > ORDER_TEXT_BYTES || r->n - r->at < len) {
        r->failed = true;
        return (struct im_bytes){0};
    }
    r->at += len;
    return text;
}

/* Null, or of the type that the order's key has. */
static struct source_value take_value(struct reader *r, const struct order_key *key)
{
    struct source_value v = {.kind = SOURCE_NULL};
    uint64_t kind = take(r, 1);
    uint64_t bits;

    if (kind == SOURCE_NULL)
        return v;
    if (kind != (uint64_t)key->type) {
        r->failed = true;
        return v;
    }
    v.kind = key->type;
    if (v.kind == SOURCE_TEXT) {
        v.text = take_text(r);
        return v;
    }
    bits = take(r, 8);
    v.integer = (int64_t)bits;
    memcpy(&v.real, &bits, sizeof bits);
    if (v.kind == SOURCE_REAL && !isfinite(v.real))
        r->failed = true;
    return v;
}

static int digit(uint8_t c)
{
    const char *at = c ? strchr(ALPHABET, c) : NULL;

    return at ? (int)(at - ALPHABET) : -1;
}

/* Returns the number of bytes, 0 when it is not base64url of so many. */
static size_t decode(struct im_bytes text, uint8_t out[MAX_BYTES])
{
    size_t n = 0;
    uint32_t bits = 0;
    unsigned n_bits = 0;

    if (text.len > MAX_CHARACTERS || text.len % 4 == 1)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        int d = digit(text.data[i]);

        if (d < 0)
            return 0;
        bits = bits << 6 | (uint32_t)d;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            out[n++] = (uint8_t)(bits >> n_bits);
        }
    }
    /* one text for one cursor: bits left over are zero */
    return bits & ((1u << n_bits) - 1) ? 0 : n;
}

static enum im_code refuse(const char *zh, const char *en, struct im_error *err)
{
    im_fail(err, IM_EARG,
            "cursor: %s; take `next` of the page before unchanged, or leave it out for "
            "the first page",
            en);
    im_about(err, "cursor");
    return im_zh(err, IM_EARG,
                 "cursor（游标）%s；请原样使用上一页的 next，或不填以取第一页", zh);
}

enum im_code cursor_read(const struct order *order,
                         struct im_bytes text,
                         struct im_arena *arena,
                         struct order_position *out,
                         struct im_error *err)
{
    uint8_t *bytes = im_arena_alloc(arena, MAX_BYTES);
    struct reader r = {.bytes = bytes};
    size_t n;

    if (!bytes)
        return im_fail(err, IM_ENOMEM, "no memory for the cursor");
    n = decode(text, bytes);
    if (n < 4)
        return refuse("无法识别", "this is none", err);
    r.n = n;
    r.at = n - 4;
    if (take(&r, 4) != checksum(bytes, n - 4) || bytes[0] != CURSOR_VERSION)
        return refuse("已损坏", "it is damaged", err);
    r.n = n - 4;
    r.at = 1;
    if (take(&r, 8) != order->fingerprint || r.failed)
        return refuse("属于另一个查询（图层、起点或排序不同）",
                      "it belongs to another query (layers, origin or order differ)",
                      err);
    *out = (struct order_position){.layer = (uint32_t)take(&r, 1)};
    out->fid = (int64_t)take(&r, 8);
    out->key = take_text(&r);
    for (uint32_t i = 0; i < order->n_keys; i++)
        out->values[i] = take_value(&r, &order->keys[i]);
    if (r.failed || r.at != r.n || out->layer >= order->n_layers)
        return refuse("已损坏", "it is damaged", err);
    order_read_key(order, out);
    return IM_OK;
}
