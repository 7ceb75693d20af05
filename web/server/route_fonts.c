/* SPDX-License-Identifier: Apache-2.0 */
/* Glyphs for MapLibre in other people's pages. A range takes up to a second to make and
 * never changes while the server runs: it is made once and kept. */
#include "routes.h"
#include "server_state.h"

#include <tiles/glyphs.h>

enum { STACK, RANGE };

/* The fonts there are: a stack is known by the first of its names that is one of them,
 * so that made-up names in front of it cost no second copy. */
static const char *const names[FONTS] = {"Noto Sans Regular", "Noto Sans Bold"};

static bool find_font(struct im_bytes stack, unsigned *out)
{
    while (stack.len) {
        const uint8_t *comma = memchr(stack.data, ',', stack.len);
        size_t len = comma ? (size_t)(comma - stack.data) : stack.len;

        for (unsigned f = 0; f < FONTS; f++)
            if (im_bytes_equal((struct im_bytes){stack.data, len},
                               im_bytes_of(names[f]))) {
                *out = f;
                return true;
            }
        len += comma ? 1 : 0;
        stack = (struct im_bytes){stack.data + len, stack.len - len};
    }
    return false;
}

static enum im_code no_font(struct exchange *x, struct im_error *err)
{
    snprintf(x->fault.name, sizeof x->fault.name, "fontstack");
    param_quote(x->fault.value, sizeof x->fault.value, x->captures[STACK]);
    snprintf(x->fault.allowed, sizeof x->fault.allowed, "%s, %s", names[0], names[1]);
    im_fail(err, IM_ENOTFOUND, "there is no font '%s'; known are %s", x->fault.value,
            x->fault.allowed);
    return im_zh(err, IM_ENOTFOUND, "没有字体 “%s”；可用字体为 %s", x->fault.value,
                 x->fault.allowed);
}

/* "0-255", "256-511" ... "65280-65535" */
static enum im_code
parse_range(struct exchange *x, uint32_t *first, struct im_error *err)
{
    struct im_bytes text = x->captures[RANGE];
    const uint8_t *dash = memchr(text.data, '-', text.len);
    size_t len = dash ? (size_t)(dash - text.data) : 0;
    int64_t from;
    int64_t to;

    if (dash && im_parse_int64((struct im_bytes){text.data, len}, &from) &&
        im_parse_int64((struct im_bytes){dash + 1, text.len - len - 1}, &to) &&
        from >= 0 && from <= GLYPHS_LAST_RANGE && from % GLYPHS_RANGE == 0 &&
        to == from + GLYPHS_RANGE - 1) {
        *first = (uint32_t)from;
        return IM_OK;
    }
    snprintf(x->fault.name, sizeof x->fault.name, "range");
    param_quote(x->fault.value, sizeof x->fault.value, text);
    snprintf(x->fault.allowed, sizeof x->fault.allowed,
             "0-255, 256-511 .. 65280-65535");
    im_fail(err, IM_EARG, "range is '%s', allowed are %s", x->fault.value,
            x->fault.allowed);
    return im_zh(err, IM_EARG, "range 为 “%s”，可用值为 %s", x->fault.value,
                 x->fault.allowed);
}

static atomic_uintptr_t *slot_of(struct server *server, unsigned font, uint32_t first)
{
    return &server->glyphs[font * FONT_RANGES + first / GLYPHS_RANGE];
}

static enum im_code make_range(struct work_waiter *waiter,
                               struct worker *worker,
                               struct body **out,
                               struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)waiter - offsetof(struct exchange, waiter));
    struct server *server = x->server;
    unsigned font = 0;
    uint32_t first = 0;
    uintptr_t nobody = 0;
    enum im_code rc = parse_range(x, &first, err);

    if (rc != IM_OK || !find_font(x->captures[STACK], &font))
        return rc;
    rc = glyphs_range_pbf(server->font_directory, im_bytes_of(names[font]), first,
                          &worker->buf, err);
    if (rc == IM_OK)
        rc = exchange_reply(x, &worker->buf, "application/x-protobuf",
                            worker->compressor, out, err);
    if (rc != IM_OK)
        return rc;
    (*out)->status = 200; /* a range without glyphs is an answer too */
    if (atomic_compare_exchange_strong(slot_of(server, font, first), &nobody,
                                       (uintptr_t)body_ref(*out)))
        return IM_OK;
    body_unref(*out); /* somebody was faster: theirs is kept */
    return IM_OK;
}

enum im_code route_font(struct exchange *x, struct im_error *err)
{
    unsigned font = 0;
    uint32_t first = 0;
    struct body *kept;
    enum im_code rc;

    if (!find_font(x->captures[STACK], &font))
        return no_font(x, err);
    rc = parse_range(x, &first, err);
    if (rc != IM_OK)
        return rc;
    kept = (struct body *)atomic_load(slot_of(x->server, font, first));
    if (kept) {
        x->body = body_ref(kept);
        return IM_OK;
    }
    x->waiter.key = (struct body_key){(uint64_t)-1, font * FONT_RANGES + first};
    x->waiter.run = make_range;
    return IM_OK;
}
