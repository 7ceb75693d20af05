/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles, TileJSON and styles. */
#include "routes.h"
#include "server_state.h"

#include <engine/json_writer.h>

#include <inttypes.h>
#include <xxhash.h>

enum { MAX_LAYERS = 64, DOCUMENT_MAX_BYTES = 8 * 1024 * 1024 };
enum variant { VARIANT_PNG = 1, VARIANT_PNG_2X = 2, VARIANT_MVT = 3 };

/* ---- which map ---- */

static enum im_code
unknown_layer(struct exchange *x, struct im_bytes id, struct im_error *err)
{
    const struct atlas *atlas = snapshot_atlas(exchange_snapshot(x));
    struct im_buf known = {.data = (uint8_t *)x->fault.allowed,
                           .cap = sizeof x->fault.allowed,
                           .max = sizeof x->fault.allowed - 1};

    memset(&x->fault, 0, sizeof x->fault);
    snprintf(x->fault.name, sizeof x->fault.name, "layers");
    param_quote(x->fault.value, sizeof x->fault.value, id);
    im_buf_text(&known, "map");
    for (size_t i = 0; i < atlas_layer_count(atlas); i++) {
        const struct layer_schema *schema =
            atlas_layer_schema(atlas_layer_at(atlas, i));

        if (!schema->is_internal && schema->geometry != SCHEMA_NONE)
            im_buf_printf(&known, ", %s", schema->id);
    }
    im_fail(err, IM_ENOTFOUND, "there is no layer '%s'; known are %s", x->fault.value,
            x->fault.allowed);
    return im_zh(err, IM_ENOTFOUND, "没有图层 “%s”；可用图层为 %s", x->fault.value,
                 x->fault.allowed);
}

static bool is_drawable(const struct atlas *atlas, struct im_bytes id)
{
    const struct atlas_layer *layer = atlas_layer_find(atlas, id);

    return layer && !atlas_layer_schema(layer)->is_internal;
}

static int by_text(const void *a, const void *b)
{
    const struct im_bytes *x = a;
    const struct im_bytes *y = b;
    int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);

    return order ? order : (x->len > y->len) - (x->len < y->len);
}

/* The list sorted and without repetition, so that one picture has one name in caches;
 * drawing order comes from the styles, not from the list. */
static enum im_code normal_layers(struct exchange *x,
                                  struct im_bytes given,
                                  struct im_bytes *out,
                                  struct im_error *err)
{
    const struct atlas *atlas = snapshot_atlas(exchange_snapshot(x));
    struct im_bytes ids[MAX_LAYERS];
    struct im_bytes rest = given;
    size_t n = 0;
    uint8_t *text;

    *out = given;
    if (im_bytes_equal(given, im_bytes_of("map")))
        return IM_OK;
    for (;;) {
        const uint8_t *comma = rest.len ? memchr(rest.data, ',', rest.len) : NULL;
        size_t len = comma ? (size_t)(comma - rest.data) : rest.len;

        if (n == MAX_LAYERS) {
            im_fail(err, IM_ELIMIT, "over %d layers in one map", MAX_LAYERS);
            return im_zh(err, IM_ELIMIT, "一张地图最多 %d 个图层", MAX_LAYERS);
        }
        ids[n] = (struct im_bytes){rest.data, len};
        if (!is_drawable(atlas, ids[n]))
            return unknown_layer(x, ids[n], err);
        n++;
        if (!comma)
            break;
        rest = (struct im_bytes){comma + 1, rest.len - len - 1};
    }
    if (n == 1)
        return IM_OK;
    qsort(ids, n, sizeof *ids, by_text);
    text = exchange_arena(x) ? im_arena_alloc(x->arena, given.len) : NULL;
    if (!text)
        return im_fail(err, IM_ENOMEM, "out of memory");
    *out = (struct im_bytes){text, 0};
    for (size_t i = 0; i < n; i++) {
        if (i && im_bytes_equal(ids[i], ids[i - 1]))
            continue;
        if (out->len)
            text[out->len++] = ',';
        memcpy(text + out->len, ids[i].data, ids[i].len);
        out->len += ids[i].len;
    }
    return IM_OK;
}

/* Compiling the styles of a map takes milliseconds: a worker does it, then the route is
 * asked again. */
static enum im_code make_map(struct work_waiter *first,
                             struct worker *worker,
                             struct body **out,
                             struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));
    const struct tile_map *map = NULL;
    struct im_bytes layers;
    enum im_code rc = normal_layers(x, x->captures[0], &layers, err);

    (void)worker;
    (void)out;
    if (rc == IM_OK)
        rc = snapshot_map_get(x->snapshot, layers, x->lang, &map, err);
    if (rc == IM_OK)
        tile_map_unref(map);
    return rc;
}

/* *out is NULL when a worker has to make it: then x->waiter is set. */
static enum im_code
find_map(struct exchange *x, const struct tile_map **out, struct im_error *err)
{
    struct snapshot *snapshot = exchange_snapshot(x);
    struct im_bytes layers;
    enum im_code rc = normal_layers(x, x->captures[0], &layers, err);

    if (rc != IM_OK)
        return rc;
    *out = snapshot_map_find(snapshot, layers, x->lang);
    if (!*out) {
        XXH128_hash_t hash = XXH3_128bits_withSeed(layers.data, layers.len,
                                                   snapshot_generation(snapshot) * 2 +
                                                       (x->lang == LANG_EN));

        x->waiter.key = (struct body_key){hash.high64, hash.low64};
        x->waiter.run = make_map;
    }
    return IM_OK;
}

/* ---- which tile ---- */

static enum im_code parse_coordinate(struct exchange *x,
                                     const char *name,
                                     struct im_bytes text,
                                     int64_t max,
                                     uint32_t *out,
                                     struct im_error *err)
{
    struct param_fault *fault = &x->fault;
    int64_t value;
    bool is_number = im_parse_int64(text, &value);

    if (is_number && value >= 0 && value <= max) {
        *out = (uint32_t)value;
        return IM_OK;
    }
    snprintf(fault->name, sizeof fault->name, "%s", name);
    param_quote(fault->value, sizeof fault->value, text);
    snprintf(fault->allowed, sizeof fault->allowed, "0..%" PRId64, max);
    if (!is_number) {
        im_fail(err, IM_EARG, "%s '%s' is not a whole number; allowed is %s", name,
                fault->value, fault->allowed);
        return im_zh(err, IM_EARG, "%s “%s” 不是整数；允许范围是 %s", name,
                     fault->value, fault->allowed);
    }
    im_fail(err, IM_ENOTFOUND, "tile %s is %s, allowed is %s", name, fault->value,
            fault->allowed);
    return im_zh(err, IM_ENOTFOUND, "瓦片 %s 为 %s，允许范围是 %s", name, fault->value,
                 fault->allowed);
}

static enum im_code
parse_tile(struct exchange *x, struct tile_id *out, struct im_error *err)
{
    enum im_code rc =
        parse_coordinate(x, "z", x->captures[1], TILE_MAX_ZOOM, &out->z, err);
    int64_t last;

    if (rc != IM_OK)
        return rc;
    last = ((int64_t)1 << out->z) - 1;
    rc = parse_coordinate(x, "x", x->captures[2], last, &out->x, err);
    if (rc == IM_OK)
        rc = parse_coordinate(x, "y", x->captures[3], last, &out->y, err);
    return rc;
}

/* 22 bits each for x and y, 5 for z, 2 for the variant. */
static struct body_key
tile_key(const struct tile_map *map, struct tile_id id, enum variant variant)
{
    return (struct body_key){tile_map_version(map), (uint64_t)variant << 60 |
                                                        (uint64_t)id.z << 48 |
                                                        (uint64_t)id.x << 24 | id.y};
}

static enum variant variant_of(const struct exchange *x)
{
    return x->route->answer == route_tile_mvt      ? VARIANT_MVT
           : x->route->answer == route_tile_png_2x ? VARIANT_PNG_2X
                                                   : VARIANT_PNG;
}

static uint64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static enum im_code encode(const struct tile_map *map,
                           struct tile_id id,
                           enum variant variant,
                           struct worker *worker,
                           struct im_error *err)
{
    if (variant == VARIANT_MVT)
        return tile_encode_mvt(map, worker->arena, id, &worker->buf, err);
    return tile_render_png(map, worker->tiles, id, variant, &worker->buf, err);
}

/* Most tiles of the world are empty: they share one body. */
static struct body *
make_body(struct server *server, enum variant variant, struct worker *worker)
{
    struct im_bytes bytes = im_buf_bytes(&worker->buf);

    if (variant == VARIANT_MVT)
        return body_new(bytes, "application/vnd.mapbox-vector-tile",
                        worker->compressor);
    struct body *empty = server->empty_png[variant - VARIANT_PNG];
    if (im_bytes_equal(bytes, empty->plain))
        return body_ref(empty);
    return body_new(bytes, "image/png", NULL);
}

static enum im_code make_tile(struct work_waiter *first,
                              struct worker *worker,
                              struct body **out,
                              struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));
    struct server *server = x->server;
    enum variant variant = variant_of(x);
    const struct tile_map *map = NULL;
    struct tile_id id = {0};
    struct im_bytes layers;
    uint64_t began_us = clock_us();
    enum im_code rc = parse_tile(x, &id, err);

    if (rc == IM_OK)
        rc = normal_layers(x, x->captures[0], &layers, err);
    if (rc == IM_OK)
        rc = snapshot_map_get(x->snapshot, layers, x->lang, &map, err);
    if (rc == IM_OK)
        rc = encode(map, id, variant, worker, err);
    if (rc == IM_OK)
        rc = im_buf_check(&worker->buf, "the tile", err);
    if (rc == IM_OK) {
        *out = make_body(server, variant, worker);
        if (!*out)
            rc = im_fail(err, IM_ENOMEM, "out of memory for a tile");
    }
    if (*out && server->cache)
        body_cache_put(server->cache, first->key, *out);
    tile_map_unref(map);
    metrics_count_render(&server->metrics,
                         variant == VARIANT_MVT ? METRICS_MVT : METRICS_PNG,
                         clock_us() - began_us);
    return rc;
}

/* "?v=" names the version: then the answer never changes under this URL. */
static bool names_version(const struct exchange *x, uint64_t version)
{
    struct im_bytes given;
    char text[24];

    if (!url_param_find(&x->url, "v", &given))
        return false;
    snprintf(text, sizeof text, "%016" PRIx64, version);
    return im_bytes_equal(given, im_bytes_of(text));
}

static enum im_code
answer_tile(struct exchange *x, enum variant variant, struct im_error *err)
{
    const struct tile_map *map = NULL;
    struct tile_id id = {0};
    struct body_key key;
    enum im_code rc = parse_tile(x, &id, err);

    if (rc == IM_OK)
        rc = find_map(x, &map, err);
    if (rc != IM_OK || !map)
        return rc;
    key = tile_key(map, id, variant);
    x->keep = names_version(x, key.version) ? KEEP_FOREVER : KEEP_CHECKED;
    tile_map_unref(map);
    x->body = x->server->cache ? body_cache_get(x->server->cache, key) : NULL;
    if (exchange_is_known(x, XXH3_64bits(&key, sizeof key)))
        return IM_OK;
    if (!x->body) {
        x->waiter.key = key;
        x->waiter.run = make_tile;
    }
    return IM_OK;
}

enum im_code route_tile_png(struct exchange *x, struct im_error *err)
{
    return answer_tile(x, VARIANT_PNG, err);
}

enum im_code route_tile_png_2x(struct exchange *x, struct im_error *err)
{
    return answer_tile(x, VARIANT_PNG_2X, err);
}

enum im_code route_tile_mvt(struct exchange *x, struct im_error *err)
{
    return answer_tile(x, VARIANT_MVT, err);
}

/* ---- documents about a map ---- */

typedef void write_fn(const struct tile_map *map,
                      const char *base_url,
                      const char *name,
                      struct im_json *w);

static enum im_code make_document(struct exchange *x,
                                  const struct tile_map *map,
                                  struct worker *worker,
                                  struct body **out,
                                  struct im_error *err)
{
    write_fn *write =
        x->route->answer == route_style ? tile_write_style : tile_write_tilejson;
    struct im_json w = {.out = &worker->buf};
    struct im_bytes layers;
    char base_url[300];
    char *name = NULL;
    enum im_code rc = normal_layers(x, x->captures[0], &layers, err);

    if (rc != IM_OK)
        return rc;
    name = im_arena_strdup(worker->arena, layers);
    if (!name)
        return im_fail(err, IM_ENOMEM, "out of memory");
    exchange_base_url(x, base_url, sizeof base_url);
    write(map, base_url, name, &w);
    return exchange_reply(x, &worker->buf, "application/json", worker->compressor, out,
                          err);
}

static enum im_code document_key(struct exchange *x,
                                 uint64_t version,
                                 struct body_key *out,
                                 struct im_error *err)
{
    char base_url[300];
    struct im_buf what = {.max = 8192};
    XXH128_hash_t hash;
    enum im_code rc;

    exchange_base_url(x, base_url, sizeof base_url);
    im_buf_printf(&what, "%s %d %016" PRIx64 " %s ", x->route->pattern, (int)x->lang,
                  version, base_url);
    im_buf_append(&what, x->captures[0].data, x->captures[0].len);
    rc = im_buf_check(&what, "the name of a document", err);
    if (rc == IM_OK) { /* half a name would be that of many documents */
        hash = XXH3_128bits(what.data, what.len);
        *out = (struct body_key){hash.high64, hash.low64};
    }
    im_buf_release(&what);
    return rc;
}

static enum im_code run_document(struct work_waiter *first,
                                 struct worker *worker,
                                 struct body **out,
                                 struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));
    const struct tile_map *map = NULL;
    struct im_bytes layers;
    enum im_code rc = normal_layers(x, x->captures[0], &layers, err);

    if (rc == IM_OK)
        rc = snapshot_map_get(x->snapshot, layers, x->lang, &map, err);
    if (rc == IM_OK)
        rc = make_document(x, map, worker, out, err);
    if (*out && x->server->documents)
        body_cache_put(x->server->documents, first->key, *out);
    tile_map_unref(map);
    return rc;
}

static enum im_code answer_document(struct exchange *x, struct im_error *err)
{
    const struct tile_map *map = NULL;
    enum im_code rc = find_map(x, &map, err);
    uint64_t version;

    if (rc != IM_OK || !map)
        return rc;
    version = tile_map_version(map);
    tile_map_unref(map);
    x->keep = names_version(x, version) ? KEEP_FOREVER : KEEP_CHECKED;
    rc = document_key(x, version, &x->waiter.key, err);
    if (rc != IM_OK)
        return rc;
    x->body = x->server->documents ? body_cache_get(x->server->documents, x->waiter.key)
                                   : NULL;
    if (!x->body)
        x->waiter.run = run_document;
    return IM_OK;
}

enum im_code route_tilejson(struct exchange *x, struct im_error *err)
{
    return answer_document(x, err);
}

enum im_code route_style(struct exchange *x, struct im_error *err)
{
    return answer_document(x, err);
}
