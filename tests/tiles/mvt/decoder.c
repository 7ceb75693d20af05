/* SPDX-License-Identifier: Apache-2.0 */
/* Reads vector tiles for tests. */
#include "decoder.h"

#include <test.h>

#include <stdlib.h>

struct reader {
    const uint8_t *p;
    const uint8_t *end;
};

static uint64_t varint(struct reader *r)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        assert_true(r->p < r->end);
        uint8_t byte = *r->p++;

        value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80))
            return value;
    }
    fail_msg("varint of more than 10 bytes");
    return 0;
}

static struct reader message(struct reader *r)
{
    uint64_t len = varint(r);
    struct reader inner = {r->p, r->p + len};

    assert_true(len <= (uint64_t)(r->end - r->p));
    r->p += len;
    return inner;
}

enum { MAX_NAMES = 16384 };
struct names {
    struct im_bytes items[MAX_NAMES];
    uint32_t n;
};

static void add_name(struct names *names, struct reader text, bool may_repeat)
{
    struct im_bytes item = {text.p, (size_t)(text.end - text.p)};

    assert_true(names->n < MAX_NAMES);
    /* 4.1: neither keys nor values should repeat. Texts of two fields, and of a field
     * with hardly any repeats, may: looking for them costs more than they do. */
    for (uint32_t i = 0; i < names->n && !may_repeat; i++)
        assert_false(im_bytes_equal(names->items[i], item));
    names->items[names->n++] = item;
}

static void put(char *out, const char *fmt, ...)
{
    size_t n = strlen(out);
    va_list args;

    va_start(args, fmt);
    vsnprintf(out + n, DECODED_MAX_TEXT - n, fmt, args);
    va_end(args);
}

static void put_value(char *out, struct im_bytes bytes)
{
    struct reader r = {bytes.data, bytes.data + bytes.len};
    uint64_t tag = varint(&r);
    double number;
    uint64_t v;

    switch (tag) {
    case 1 << 3 | 2: {
        struct reader text = message(&r);
        assert_true(
            im_utf8_valid((struct im_bytes){text.p, (size_t)(text.end - text.p)}));
        put(out, "'%.*s'", (int)(text.end - text.p), (const char *)text.p);
        break;
    }
    case 3 << 3 | 1:
        memcpy(&number, r.p, 8);
        r.p += 8;
        put(out, "%.9g", number);
        break;
    case 5 << 3 | 0:
        put(out, "%llu", (unsigned long long)varint(&r));
        break;
    case 6 << 3 | 0:
        v = varint(&r);
        put(out, "%lld", (long long)(int64_t)((v >> 1) ^ (0 - (v & 1))));
        break;
    case 7 << 3 | 0:
        v = varint(&r);
        assert_true(v <= 1);
        put(out, "%s", v ? "true" : "false");
        break;
    default:
        fail_msg("value with tag %llu", (unsigned long long)tag);
    }
    assert_ptr_equal(r.p, r.end);
}

static void begin_part(struct decoded_tile *t)
{
    assert_true(t->n_parts < DECODED_MAX_POINTS);
    t->part_first[t->n_parts] = t->n_points;
    t->part_n[t->n_parts++] = 0;
}

static void add_vertex(struct decoded_tile *t, struct reader *r, int32_t cursor[2])
{
    assert_true(t->n_points < DECODED_MAX_POINTS);
    for (int k = 0; k < 2; k++) {
        uint32_t v = (uint32_t)varint(r);

        cursor[k] += (int32_t)((v >> 1) ^ (0 - (v & 1)));
        t->xy[2 * t->n_points + (uint32_t)k] = cursor[k];
    }
    t->n_points++;
    t->part_n[t->n_parts - 1]++;
}

/* 4.3.1 to 4.3.4 */
static void geometry(struct decoded_tile *t, struct reader r, uint32_t type)
{
    int32_t cursor[2] = {0, 0};
    uint32_t previous = 7;

    assert_true(r.p < r.end);
    while (r.p < r.end) {
        uint32_t command = (uint32_t)varint(&r);
        uint32_t id = command & 7;
        uint32_t count = command >> 3;

        assert_true(count > 0);
        if (id == 1) {
            assert_true(type == 1 || count == 1);
            assert_true(type == 3 ? previous == 7 : previous != 1);
        } else if (id == 2) {
            assert_true(type != 1 && previous == 1);
            assert_true(type == 2 || count > 1);
        } else {
            assert_true(id == 7 && type == 3 && count == 1 && previous == 2);
        }
        for (uint32_t i = 0; id != 7 && i < count; i++) {
            if (id == 1)
                begin_part(t);
            add_vertex(t, &r, cursor);
            if (id == 2) { /* no zero-length segments */
                const int32_t *v = t->xy + 2 * (t->n_points - 2);
                assert_true(v[0] != v[2] || v[1] != v[3]);
            }
        }
        previous = id;
    }
    assert_int_equal(previous, type == 1 ? 1 : type == 2 ? 2 : 7);
}

static void feature(struct decoded_tile *t,
                    struct reader r,
                    const char *layer,
                    const struct names *keys,
                    const struct names *values)
{
    struct decoded_feature *f = &t->features[t->n_features++];
    struct reader shape = {NULL, NULL};

    assert_true(t->n_features < DECODED_MAX_FEATURES);
    snprintf(f->layer, sizeof f->layer, "%s", layer);
    while (r.p < r.end) {
        uint64_t tag = varint(&r);

        if (tag == (1 << 3 | 0)) {
            f->id = varint(&r);
            f->has_id = true;
        } else if (tag == (2 << 3 | 2)) {
            for (struct reader tags = message(&r); tags.p < tags.end;) {
                uint64_t key = varint(&tags);
                uint64_t value = varint(&tags);

                assert_true(key < keys->n && value < values->n);
                put(f->properties, "%s%.*s=", f->properties[0] ? " " : "",
                    (int)keys->items[key].len, (const char *)keys->items[key].data);
                put_value(f->properties, values->items[value]);
            }
        } else if (tag == (3 << 3 | 0)) {
            f->type = (uint32_t)varint(&r);
        } else {
            assert_int_equal(tag, 4 << 3 | 2);
            shape = message(&r);
        }
    }
    assert_true(f->type >= 1 && f->type <= 3);
    f->first_part = t->n_parts;
    geometry(t, shape, f->type);
    f->n_parts = t->n_parts - f->first_part;
}

static void layer(struct decoded_tile *t, struct reader r)
{
    static struct names keys;
    static struct names values;
    struct reader again = r;
    char name[64] = "";
    uint64_t version = 0;
    uint64_t extent = 0;
    uint32_t before = t->n_features;

    keys.n = values.n = 0;
    while (r.p < r.end) {
        uint64_t tag = varint(&r);

        if (tag == (15 << 3 | 0)) {
            version = varint(&r);
        } else if (tag == (5 << 3 | 0)) {
            extent = varint(&r);
        } else {
            struct reader inner = message(&r);

            if (tag == (1 << 3 | 2))
                snprintf(name, sizeof name, "%.*s", (int)(inner.end - inner.p),
                         (const char *)inner.p);
            else if (tag == (3 << 3 | 2))
                add_name(&keys, inner, false);
            else if (tag == (4 << 3 | 2))
                add_name(&values, inner, inner.p < inner.end && *inner.p == 0x0a);
            else
                assert_int_equal(tag, 2 << 3 | 2);
        }
    }
    assert_int_equal(version, 2);
    assert_int_equal(extent, 4096);
    assert_true(name[0]);
    for (uint32_t i = 0; i < before; i++) /* 4.1: names are unique */
        assert_string_not_equal(t->features[i].layer, name);
    while (again.p < again.end) {
        uint64_t tag = varint(&again);

        if ((tag & 7) == 0)
            varint(&again);
        else if (tag == (2 << 3 | 2))
            feature(t, message(&again), name, &keys, &values);
        else
            message(&again);
    }
    assert_true(t->n_features > before); /* 4.1: at least one feature */
    t->n_layers++;
}

struct decoded_tile *decode_tile(struct im_bytes tile)
{
    struct decoded_tile *t = calloc(1, sizeof *t);
    struct reader r = {tile.data, tile.data + tile.len};

    assert_non_null(t);
    while (r.p < r.end) {
        assert_int_equal(varint(&r), 3 << 3 | 2);
        layer(t, message(&r));
    }
    return t;
}

int64_t decoded_area2(const struct decoded_tile *t, uint32_t part)
{
    const int32_t *xy = t->xy + 2 * t->part_first[part];
    uint32_t n = t->part_n[part];
    int64_t sum = 0;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = (i + 1) % n;
        sum += (int64_t)xy[2 * i] * xy[2 * j + 1] - (int64_t)xy[2 * j] * xy[2 * i + 1];
    }
    return sum;
}

void decoded_write(const struct decoded_tile *t, struct im_buf *out)
{
    static const char *const types[] = {"", "point", "line", "polygon"};
    const char *current = "";

    for (uint32_t i = 0; i < t->n_features; i++) {
        const struct decoded_feature *f = &t->features[i];

        if (strcmp(current, f->layer) != 0)
            im_buf_printf(out, "layer %s\n", f->layer);
        current = f->layer;
        im_buf_printf(out, "  %s %llu %s\n", types[f->type], (unsigned long long)f->id,
                      f->properties);
        for (uint32_t p = f->first_part; p < f->first_part + f->n_parts; p++) {
            im_buf_text(out, "   ");
            for (uint32_t k = 0; k < t->part_n[p]; k++)
                im_buf_printf(out, " %d,%d", t->xy[2 * (t->part_first[p] + k)],
                              t->xy[2 * (t->part_first[p] + k) + 1]);
            im_buf_text(out, "\n");
        }
    }
}
