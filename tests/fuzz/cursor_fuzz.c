/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors as clients hand them back. The input is taken as the text of a cursor, and
 * as the bytes of one with its checksum made right, so that what comes after the
 * checksum is reached. What is accepted must be written back as the same text. */
#include "query/cursor.h"

#include <stdlib.h>
#include <xxhash.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char ALPHABET[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const char *const DEFINITION =
    "{\"id\":\"spots\",\"title\":{\"zh\":\"点\"},\"geometry\":\"point\",\"key\":\"id\","
    "\"fields\":[{\"name\":\"id\",\"title\":{\"zh\":\"编号\"},\"type\":\"integer\"},"
    "{\"name\":\"x\",\"title\":{\"zh\":\"值\"},\"type\":\"real\"},"
    "{\"name\":\"t\",\"title\":{\"zh\":\"文\"},\"type\":\"text\"}]}";

static void
try_text(const struct order *order, struct im_bytes text, struct im_arena *arena)
{
    struct order_position position;
    struct im_error err;
    const char *again;

    if (cursor_read(order, text, arena, &position, &err) != IM_OK)
        return;
    if (position.layer >= order->n_layers || position.key.len > ORDER_TEXT_BYTES)
        abort();
    again = cursor_write(order, &position, arena);
    if (!again || !im_bytes_equal(im_bytes_of(again), text))
        abort();
}

static struct im_bytes encode(const uint8_t *bytes, size_t n, char *out)
{
    size_t len = 0;
    uint32_t bits = 0;
    unsigned n_bits = 0;

    for (size_t i = 0; i < n; i++) {
        bits = bits << 8 | bytes[i];
        for (n_bits += 8; n_bits >= 6; n_bits -= 6)
            out[len++] = ALPHABET[bits >> (n_bits - 6) & 63];
    }
    if (n_bits)
        out[len++] = ALPHABET[bits << (6 - n_bits) & 63];
    return (struct im_bytes){(const uint8_t *)out, len};
}

/* Version, fingerprint, the input, checksum. */
static void try_bytes(const struct order *order,
                      const uint8_t *data,
                      size_t size,
                      struct im_arena *arena)
{
    uint8_t bytes[2048] = {CURSOR_VERSION};
    char text[3000];
    uint64_t sum;

    if (size > sizeof bytes - 16)
        size = sizeof bytes - 16;
    for (size_t i = 0; i < 8; i++)
        bytes[1 + i] = (uint8_t)(order->fingerprint >> 8 * i);
    if (size)
        memcpy(bytes + 9, data, size);
    sum = XXH3_64bits(bytes, 9 + size);
    for (size_t i = 0; i < 4; i++)
        bytes[9 + size + i] = (uint8_t)(sum >> 8 * i);
    try_text(order, encode(bytes, size + 13, text), arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct im_arena *arena = im_arena_new(1 << 20);
    struct atlas_layer layer = {.n = 0};
    struct im_error err;
    struct order order = {.layers = {&layer, &layer},
                          .n_layers = 2,
                          .keys = {{.kind = ORDER_FIELD, .type = SOURCE_TEXT},
                                   {.kind = ORDER_DISTANCE, .type = SOURCE_REAL},
                                   {.kind = ORDER_FIELD, .type = SOURCE_INTEGER}},
                          .fingerprint = 0x1122334455667788u};

    if (!arena)
        return 0;
    if (schema_parse(im_bytes_of(DEFINITION), arena, &layer.schema, &err) != IM_OK)
        abort();
    for (order.n_keys = 0; order.n_keys <= 3; order.n_keys += 3) {
        try_text(&order, (struct im_bytes){data, size}, arena);
        try_bytes(&order, data, size, arena);
    }
    im_arena_free(arena);
    return 0;
}
