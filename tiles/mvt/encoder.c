/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of a Mapbox Vector Tile 2.1. */
#include "mvt/encoder.h"

#include <stdlib.h>

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

static uint8_t *write_varint(uint8_t *at, uint32_t value)
{
    while (value >= 0x80) {
        *at++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *at++ = (uint8_t)value;
    return at;
}

static bool has_room(struct im_buf *buf, size_t n)
{
    return (n <= buf->cap - buf->len && !buf->failed) || im_buf_reserve(buf, n);
}

static void put_varint(struct im_buf *buf, uint64_t value)
{
    if (has_room(buf, VARINT_MAX))
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

bool mvt_begin_layer(struct mvt_encoder *e)
{
    bool goes_on = e->base <= MVT_MAX_BASE - e->n_values;

    im_buf_clear(&e->features);
    im_buf_clear(&e->keys);
    im_buf_clear(&e->values);
    im_buf_clear(&e->tags);
    im_buf_clear(&e->geometry);
    e->failed = false;
    e->base = goes_on ? e->base + e->n_values : 0;
    e->n_features = e->n_keys = e->n_values = e->n_numbers = 0;
    if (!goes_on && e->slots)
        memset(e->slots, 0, e->n_slots * sizeof *e->slots);
    return goes_on;
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
    enum {
        FRAME = 1 + VARINT_MAX + 1 + VARINT_MAX + 1 + VARINT_MAX + 2 + 1 + VARINT_MAX
    };
    struct im_buf *f = &e->features;
    size_t n_tags = e->tags.len;
    size_t n_geometry = e->geometry.len;
    size_t len = 2 + (id >= 0 ? 1 + varint_len((uint64_t)id) : 0) + 1 +
                 varint_len(n_geometry) + n_geometry;
    uint8_t *at;

    /* a feature cut short would be a wrong one: no half is ever written */
    f->failed |= e->tags.failed || e->geometry.failed;
    if (n_geometry == 0 || !has_room(f, FRAME + n_tags + n_geometry))
        return;
    if (n_tags)
        len += 1 + varint_len(n_tags) + n_tags;
    at = f->data + f->len;
    *at++ = 0x12;
    at += varint(at, len);
    if (id >= 0) {
        *at++ = 0x08;
        at += varint(at, (uint64_t)id);
    }
    if (n_tags) {
        *at++ = 0x12;
        at += varint(at, n_tags);
        memcpy(at, e->tags.data, n_tags);
        at += n_tags;
    }
    *at++ = 0x18;
    *at++ = (uint8_t)type;
    *at++ = 0x22;
    at += varint(at, n_geometry);
    memcpy(at, e->geometry.data, n_geometry);
    f->len = (size_t)(at - f->data) + n_geometry;
    e->n_features++;
}

/* ---- keys and values ---- */

uint32_t mvt_key(struct mvt_encoder *e, const char *name)
{
    put_bytes(&e->keys, 0x1a, name, strlen(name));
    return e->n_keys++;
}

static uint32_t slot_of(const struct mvt_encoder *e, uint64_t bits)
{
    return (uint32_t)(bits * 0x9e3779b97f4a7c15u >> 32) & (e->n_slots - 1);
}

static bool grow_slots(struct mvt_encoder *e)
{
    struct mvt_slot *old = e->slots;
    uint32_t n_old = e->n_slots;
    uint32_t n = n_old ? n_old * 2 : 512;
    struct mvt_slot *slots = calloc(n, sizeof *slots);

    if (!slots)
        return false;
    e->slots = slots;
    e->n_slots = n;
    for (uint32_t i = 0; i < n_old; i++) {
        uint32_t at = slot_of(e, old[i].bits);

        if (old[i].place <= e->base)
            continue;
        while (slots[at].place)
            at = (at + 1) & (n - 1);
        slots[at] = old[i];
    }
    free(old);
    return true;
}

/* The place to remember a number at, with `place` set when it is remembered already. */
static struct mvt_slot *
find_number(struct mvt_encoder *e, uint64_t bits, bool is_integer)
{
    uint32_t at;

    if (2 * e->n_numbers >= e->n_slots && !grow_slots(e)) {
        e->failed = true;
        return NULL;
    }
    for (at = slot_of(e, bits); e->slots[at].place > e->base;
         at = (at + 1) & (e->n_slots - 1))
        if (e->slots[at].bits == bits && e->slots[at].is_integer == is_integer)
            return &e->slots[at];
    e->slots[at] = (struct mvt_slot){bits, e->base + e->n_values + 1, is_integer};
    e->n_numbers++;
    return &e->slots[at];
}

uint32_t mvt_text(struct mvt_encoder *e, struct im_bytes text)
{
    put_varint(&e->values, 0x22);
    put_varint(&e->values, 1 + varint_len(text.len) + text.len);
    put_bytes(&e->values, 0x0a, text.data, text.len);
    return e->n_values++;
}

static void put_integer(struct mvt_encoder *e, int64_t value)
{
    uint64_t wire =
        value >= 0 ? (uint64_t)value : ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);

    im_buf_byte(&e->values, 0x22);
    put_varint(&e->values, 1 + varint_len(wire));
    im_buf_byte(&e->values, value >= 0 ? 0x28 : 0x30); /* uint_value, sint_value */
    put_varint(&e->values, wire);
}

uint32_t mvt_integer(struct mvt_encoder *e, int64_t value, bool is_unique)
{
    if (!is_unique) {
        const struct mvt_slot *slot = find_number(e, (uint64_t)value, true);
        uint32_t index = slot ? slot->place - e->base - 1 : 0;

        if (!slot || index < e->n_values)
            return index;
    }
    put_integer(e, value);
    return e->n_values++;
}

uint32_t mvt_double(struct mvt_encoder *e, double value)
{
    uint8_t message[11] = {0x22, 9, 0x19}; /* double_value */
    const struct mvt_slot *slot;
    uint32_t index;
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    slot = find_number(e, bits, false);
    index = slot ? slot->place - e->base - 1 : 0;
    if (!slot || index < e->n_values)
        return index;
    for (int i = 0; i < 8; i++)
        message[3 + i] = (uint8_t)(bits >> (8 * i));
    im_buf_append(&e->values, message, sizeof message);
    return e->n_values++;
}

uint32_t mvt_true(struct mvt_encoder *e)
{
    im_buf_append(&e->values, "\x22\x02\x38\x01", 4); /* bool_value */
    return e->n_values++;
}

void mvt_tag(struct mvt_encoder *e, uint32_t key, uint32_t value)
{
    uint8_t *at;

    if (!has_room(&e->tags, 2 * (size_t)VARINT_MAX))
        return;
    at = write_varint(e->tags.data + e->tags.len, key);
    at = write_varint(at, value);
    e->tags.len = (size_t)(at - e->tags.data);
}

/* ---- geometry ---- */

static void command(struct mvt_encoder *e, uint32_t id, uint32_t count)
{
    put_varint(&e->geometry, id | count << 3);
}

static void vertices(struct mvt_encoder *e, const int32_t *xy, uint32_t n)
{
    uint8_t *at;

    if (!has_room(&e->geometry, (size_t)n * 10)) /* 5 bytes a number at most */
        return;
    at = e->geometry.data + e->geometry.len;
    for (uint32_t i = 0; i < n; i++) {
        at = write_varint(at, zigzag(xy[2 * i] - e->x));
        at = write_varint(at, zigzag(xy[2 * i + 1] - e->y));
        e->x = xy[2 * i];
        e->y = xy[2 * i + 1];
    }
    e->geometry.len = (size_t)(at - e->geometry.data);
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
