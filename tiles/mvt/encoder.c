/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a Mapbox Vector Tile 2.1. */
#include "mvt/encoder.h"

#include <stdlib.h>
#include <xxhash.h>

enum { COMMAND_MOVE = 1, COMMAND_LINE = 2, COMMAND_CLOSE = 7, VARINT_MAX = 10 };

void mvt_encoder_init(struct mvt_encoder *e, size_t max_bytes)
{
    *e = (struct mvt_encoder){.features = {.max = max_bytes},
                              .keys = {.max = max_bytes},
                              .values = {.max = max_bytes},
                              .tags = {.max = max_bytes},
                              .geometry = {.max = max_bytes}};
}

void mvt_encoder_release(struct mvt_encoder *e)
{
    im_buf_release(&e->features);
    im_buf_release(&e->keys);
    im_buf_release(&e->values);
    im_buf_release(&e->tags);
    im_buf_release(&e->geometry);
    free(e->slots);
    e->slots = NULL;
}

/* ---- bytes ---- */

static size_t varint(uint8_t *out, uint64_t value)
{
    size_t n = 0;

    while (value >= 0x80) {
        out[n++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    out[n++] = (uint8_t)value;
    return n;
}

static size_t varint_len(uint64_t value)
{
    uint8_t bytes[VARINT_MAX];

    return varint(bytes, value);
}

static void put_varint(struct im_buf *buf, uint64_t value)
{
    if (im_buf_reserve(buf, VARINT_MAX))
        buf->len += varint(buf->data + buf->len, value);
}

static uint32_t zigzag(int32_t value) /* MVT 2.1, 4.3.2 */
{
    return ((uint32_t)value << 1) ^ (uint32_t)(value >> 31);
}

static void put_bytes(struct im_buf *buf, uint8_t tag, const void *data, size_t len)
{
    im_buf_byte(buf, tag);
    put_varint(buf, len);
    im_buf_append(buf, data, len);
}

/* ---- layers and features ---- */

void mvt_begin_layer(struct mvt_encoder *e)
{
    im_buf_clear(&e->features);
    im_buf_clear(&e->keys);
    im_buf_clear(&e->values);
    im_buf_clear(&e->tags);
    im_buf_clear(&e->geometry);
    e->failed = false;
    e->n_features = e->n_keys = e->n_values = 0;
    if (e->slots)
        memset(e->slots, 0, e->n_slots * sizeof *e->slots);
}

static bool has_failed(const struct mvt_encoder *e)
{
    return e->failed || e->features.failed || e->keys.failed || e->values.failed ||
           e->tags.failed || e->geometry.failed;
}

size_t mvt_layer_bytes(const struct mvt_encoder *e)
{
    enum { FRAME = 128 }; /* name, version, extent, tags and lengths */

    return has_failed(e) ? SIZE_MAX
                         : e->features.len + e->keys.len + e->values.len + FRAME;
}

void mvt_end_layer(struct mvt_encoder *e, const char *name, struct im_buf *out)
{
    size_t name_len = strlen(name);
    size_t len = 2 + 1 + varint_len(name_len) + name_len + e->features.len +
                 e->keys.len + e->values.len + 3;

    if (has_failed(e)) {
        out->failed = true;
        return;
    }
    if (e->n_features == 0)
        return;
    im_buf_byte(out, 0x1a);
    put_varint(out, len);
    im_buf_append(out, "\x78\x02", 2);
    put_bytes(out, 0x0a, name, name_len);
    im_buf_append(out, e->features.data, e->features.len);
    im_buf_append(out, e->keys.data, e->keys.len);
    im_buf_append(out, e->values.data, e->values.len);
    im_buf_append(out, "\x28\x80\x20", 3);
}

void mvt_begin_feature(struct mvt_encoder *e)
{
    im_buf_clear(&e->tags);
    im_buf_clear(&e->geometry);
    e->x = e->y = 0;
}

void mvt_end_feature(struct mvt_encoder *e, int64_t id, enum mvt_type type)
{
    struct im_buf *f = &e->features;
    size_t len = 2 + (id >= 0 ? 1 + varint_len((uint64_t)id) : 0) + 1 +
                 varint_len(e->geometry.len) + e->geometry.len;

    /* a feature cut short would be a wrong one: no half is ever written */
    f->failed |= e->tags.failed || e->geometry.failed;
    if (e->geometry.len == 0)
        return;
    if (e->tags.len)
        len += 1 + varint_len(e->tags.len) + e->tags.len;
    im_buf_byte(f, 0x12);
    put_varint(f, len);
    if (id >= 0) {
        im_buf_byte(f, 0x08);
        put_varint(f, (uint64_t)id);
    }
    if (e->tags.len)
        put_bytes(f, 0x12, e->tags.data, e->tags.len);
    im_buf_byte(f, 0x18);
    im_buf_byte(f, (uint8_t)type);
    put_bytes(f, 0x22, e->geometry.data, e->geometry.len);
    e->n_features++;
}

/* ---- keys and values ---- */

uint32_t mvt_key(struct mvt_encoder *e, const char *name)
{
    put_bytes(&e->keys, 0x1a, name, strlen(name));
    return e->n_keys++;
}

static bool grow_slots(struct mvt_encoder *e)
{
    uint32_t n = e->n_slots ? e->n_slots * 2 : 512;
    struct mvt_slot *slots = calloc(n, sizeof *slots);

    if (!slots)
        return false;
    for (uint32_t i = 0; i < e->n_slots; i++) {
        uint32_t at = (uint32_t)e->slots[i].hash & (n - 1);

        if (!e->slots[i].index)
            continue;
        while (slots[at].index)
            at = (at + 1) & (n - 1);
        slots[at] = e->slots[i];
    }
    free(e->slots);
    e->slots = slots;
    e->n_slots = n;
    return true;
}

/* The value message that starts at `offset` in values: kept when it is new, taken back
 * when it is there already. */
static uint32_t dedupe(struct mvt_encoder *e, size_t offset)
{
    const uint8_t *data = e->values.data + offset;
    uint32_t len = (uint32_t)(e->values.len - offset);
    uint64_t hash;
    uint32_t at;

    if (e->values.failed || (2 * e->n_values >= e->n_slots && !grow_slots(e))) {
        e->failed = true;
        return 0;
    }
    hash = XXH3_64bits(data, len);
    for (at = (uint32_t)hash & (e->n_slots - 1); e->slots[at].index;
         at = (at + 1) & (e->n_slots - 1)) {
        const struct mvt_slot *s = &e->slots[at];

        if (s->hash == hash && s->len == len &&
            memcmp(e->values.data + s->offset, data, len) == 0) {
            e->values.len = offset;
            return s->index - 1;
        }
    }
    e->slots[at] = (struct mvt_slot){hash, (uint32_t)offset, len, ++e->n_values};
    return e->n_values - 1;
}

uint32_t mvt_text(struct mvt_encoder *e, struct im_bytes text)
{
    size_t offset = e->values.len;

    im_buf_byte(&e->values, 0x22);
    put_varint(&e->values, 1 + varint_len(text.len) + text.len);
    put_bytes(&e->values, 0x0a, text.data, text.len);
    return dedupe(e, offset);
}

uint32_t mvt_integer(struct mvt_encoder *e, int64_t value)
{
    size_t offset = e->values.len;
    uint64_t wire =
        value >= 0 ? (uint64_t)value : ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);

    im_buf_byte(&e->values, 0x22);
    put_varint(&e->values, 1 + varint_len(wire));
    im_buf_byte(&e->values, value >= 0 ? 0x28 : 0x30); /* uint_value, sint_value */
    put_varint(&e->values, wire);
    return dedupe(e, offset);
}

uint32_t mvt_double(struct mvt_encoder *e, double value)
{
    size_t offset = e->values.len;
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    im_buf_append(&e->values, "\x22\x09\x19", 3); /* double_value */
    for (int i = 0; i < 8; i++)
        im_buf_byte(&e->values, (uint8_t)(bits >> (8 * i)));
    return dedupe(e, offset);
}

void mvt_tag(struct mvt_encoder *e, uint32_t key, uint32_t value)
{
    put_varint(&e->tags, key);
    put_varint(&e->tags, value);
}

/* ---- geometry ---- */

static void command(struct mvt_encoder *e, uint32_t id, uint32_t count)
{
    put_varint(&e->geometry, id | count << 3);
}

static void vertices(struct mvt_encoder *e, const int32_t *xy, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        put_varint(&e->geometry, zigzag(xy[2 * i] - e->x));
        put_varint(&e->geometry, zigzag(xy[2 * i + 1] - e->y));
        e->x = xy[2 * i];
        e->y = xy[2 * i + 1];
    }
}

void mvt_points(struct mvt_encoder *e, const int32_t *xy, uint32_t n)
{
    if (n == 0)
        return;
    command(e, COMMAND_MOVE, n);
    vertices(e, xy, n);
}

void mvt_line(struct mvt_encoder *e, const int32_t *xy, uint32_t n)
{
    command(e, COMMAND_MOVE, 1);
    vertices(e, xy, 1);
    command(e, COMMAND_LINE, n - 1);
    vertices(e, xy + 2, n - 1);
}

void mvt_ring(struct mvt_encoder *e, const int32_t *xy, uint32_t n)
{
    mvt_line(e, xy, n);
    command(e, COMMAND_CLOSE, 1);
}
