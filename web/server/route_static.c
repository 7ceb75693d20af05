/* SPDX-License-Identifier: Apache-2.0 */
/* /static/{layers}/{place}/{size}: a map as one picture. */
#include "api/notice.h"
#include "route_tiles.h"
#include "routes.h"
#include "server_state.h"
#include "static_request.h"
#include "tile_request.h"

#include <xxhash.h>

enum { LAYERS, PLACE, SIZE };

static const char *const ignored[] = {"v", "t", "_",
                                      NULL}; /* caches and clients append them */
static const char allowed[] = "marker, legend, scale, title, style, filter, lang";

/* What is asked, kept in the exchange's arena between event thread and worker. */
struct asked {
    struct static_request request;
    struct map_names names;
    struct map_key map;
};

static enum im_code fault(struct exchange *x,
                          const char *name,
                          struct im_bytes value,
                          const char *what,
                          const char *what_zh,
                          struct im_error *err)
{
    request_fault(x, name, value, what);
    im_fail(err, IM_EARG, "%s is '%s', allowed is %s", name, x->fault.value, what);
    return im_zh(err, IM_EARG, "%s 为“%s”，可用值：%s", name, x->fault.value, what_zh);
}

static enum im_code take_flag(struct exchange *x,
                              const struct url_param *pair,
                              const char *name,
                              bool *out,
                              struct im_error *err)
{
    *out = im_bytes_equal(pair->value, im_bytes_of("true"));
    if (*out || im_bytes_equal(pair->value, im_bytes_of("false")))
        return IM_OK;
    return fault(x, name, pair->value, "true or false", "true 或 false", err);
}

static bool is(const struct url_param *pair, const char *name)
{
    return im_bytes_equal(pair->name, im_bytes_of(name));
}

static enum im_code take_pair(struct exchange *x,
                              struct asked *a,
                              const struct url_param *pair,
                              struct im_error *err)
{
    struct static_map *p = &a->request.picture;

    if (is(pair, "marker")) {
        snprintf(x->fault.name, sizeof x->fault.name, "marker");
        return static_request_marker(&a->request, pair->value, err);
    }
    if (is(pair, "legend"))
        return static_request_legend(pair->value, &p->legend)
                   ? IM_OK
                   : fault(x, "legend", pair->value, STATIC_LEGEND_NAMES,
                           STATIC_LEGEND_NAMES, err);
    if (is(pair, "scale"))
        return take_flag(x, pair, "scale", &p->has_scale_bar, err);
    if (is(pair, "style")) {
        a->names.style = pair->value;
        return IM_OK;
    }
    if (is(pair, "filter")) {
        a->names.filter = pair->value;
        return IM_OK;
    }
    if (is(pair, "title")) {
        p->title = pair->value;
        return p->title.len <= STATIC_MAX_TITLE_BYTES
                   ? IM_OK
                   : fault(x, "title", p->title, "at most 300 bytes",
                           "最多 300 字节（约 100 个汉字）", err);
    }
    if (is(pair, "lang")) {
        bool is_en = im_bytes_equal(pair->value, im_bytes_of("en"));

        if (!is_en && !im_bytes_equal(pair->value, im_bytes_of("zh")))
            return fault(x, "lang", pair->value, "zh or en", "zh 或 en", err);
        x->lang = is_en ? LANG_EN : LANG_ZH;
        return IM_OK;
    }
    for (int i = 0; ignored[i]; i++)
        if (is(pair, ignored[i]))
            return IM_OK;
    param_quote(x->fault.name, sizeof x->fault.name, pair->name);
    snprintf(x->fault.allowed, sizeof x->fault.allowed, "%s", allowed);
    im_fail(err, IM_EARG, "there is no parameter '%s'; known are %s", x->fault.name,
            allowed);
    return im_zh(err, IM_EARG, "没有参数 “%s”；可用参数为 %s", x->fault.name, allowed);
}

/* The notice and the review number are in every picture. */
static enum im_code
set_notice(struct exchange *x, struct asked *a, struct im_error *err)
{
    struct im_buf text = {.max = 1000};
    char *copy;

    im_buf_printf(&text, "%s · %s", notice_text(x->lang),
                  server_review_number(x->server));
    copy = im_arena_strdup(x->arena, im_buf_bytes(&text));
    im_buf_release(&text);
    if (!copy)
        return im_fail(err, IM_ENOMEM, "out of memory");
    a->request.picture.notice = im_bytes_of(copy);
    return IM_OK;
}

static enum im_code
read_request(struct exchange *x, struct asked **out, struct im_error *err)
{
    struct asked *a =
        exchange_arena(x) ? im_arena_calloc(x->arena, 1, sizeof *a) : NULL;
    enum im_code rc;

    if (!a)
        return im_fail(err, IM_ENOMEM, "out of memory");
    rc = static_request_where(&a->request, x->captures[PLACE], err);
    if (rc == IM_OK)
        rc = static_request_size(&a->request, x->captures[SIZE], true, err);
    for (size_t i = 0; i < x->n_pairs && rc == IM_OK; i++)
        rc = take_pair(x, a, &x->pairs[i], err);
    if (rc == IM_OK)
        rc = static_request_finish(&a->request, err);
    if (rc == IM_OK)
        rc = static_map_check(&a->request.picture, err);
    if (rc == IM_OK)
        rc = set_notice(x, a, err);
    a->names.layers = x->captures[LAYERS];
    if (rc == IM_OK)
        rc = map_request(x, &a->names, &a->map, err);
    /* pictures are made to be passed on: boundaries that nobody reviewed need a review
     * number in them (DESIGN, 5) */
    a->map.leave_out_unreviewed = !x->server->review_number[0];
    *out = a;
    return rc;
}

static const char *type_of(enum picture_format format)
{
    return format == PICTURE_JPEG   ? "image/jpeg"
           : format == PICTURE_WEBP ? "image/webp"
                                    : "image/png";
}

/* Kept by nobody here: the picture may be 64 MiB, and hardly two people ask for the
 * same one. */
static enum im_code make_picture(struct work_waiter *first,
                                 struct worker *worker,
                                 struct body **out,
                                 struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));
    const struct asked *a = x->of_route;
    const struct tile_map *map = NULL;
    enum im_code rc = snapshot_map_get(x->snapshot, &a->map, &map, err);

    if (rc == IM_OK) {
        rc = static_map_render(&a->request.picture, map, worker->tiles, &worker->buf,
                               err);
        snapshot_map_used(x->snapshot, map);
    }
    if (rc == IM_OK)
        rc = im_buf_check(&worker->buf, "the picture", err);
    if (rc == IM_OK) {
        *out = body_new(im_buf_bytes(&worker->buf), type_of(a->request.picture.format),
                        NULL);
        if (!*out)
            rc = im_fail(err, IM_ENOMEM, "out of memory for a picture");
    }
    tile_map_unref(map);
    return rc;
}

/* The same question of the same data is the same picture. */
static uint64_t
tag_of(const struct exchange *x, const struct asked *a, const struct tile_map *map)
{
    struct im_bytes notice = a->request.picture.notice;
    uint64_t hash = tile_map_version(map);

    hash = XXH3_64bits_withSeed(x->raw, x->raw_len, hash);
    return XXH3_64bits_withSeed(notice.data, notice.len, hash);
}

enum im_code route_static(struct exchange *x, struct im_error *err)
{
    const struct tile_map *map = NULL;
    struct asked *a = x->of_route;
    enum im_code rc = IM_OK;
    uint64_t tag;

    if (!a)
        rc = read_request(x, &a, err);
    if (rc != IM_OK)
        return rc;
    x->of_route = a;
    rc = tiles_find_map(x, &a->map, &map, err);
    if (rc != IM_OK || !map)
        return rc;
    tag = tag_of(x, a, map);
    tile_map_unref(map);
    x->keep = KEEP_CHECKED;
    if (exchange_is_known(x, tag))
        return IM_OK;
    x->waiter.key = (struct body_key){tag, snapshot_generation(x->snapshot)};
    x->waiter.run = make_picture;
    return IM_OK;
}
