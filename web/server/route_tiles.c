/* SPDX-License-Identifier: Apache-2.0 */
/* Tiles, TileJSON and styles. */
#include "route_tiles.h"

#include "http_headers.h"
#include "routes.h"
#include "server_state.h"

#include <engine/json_writer.h>
#include <tiles/raster.h>

#include <inttypes.h>
#include <xxhash.h>

enum { DOCUMENT_MAX_BYTES = 8 * 1024 * 1024 };

static struct exchange *exchange_of(struct work_waiter *waiter)
{
    return (struct exchange *)(void *)((char *)waiter -
                                       offsetof(struct exchange, waiter));
}

/* ---- which map ---- */

/* Compiling the styles of a map takes milliseconds: a worker does it, then the route is
 * asked again. x->own is the key. */
static enum im_code make_map(struct work_waiter *first,
                             struct worker *worker,
                             struct body **out,
                             struct im_error *err)
{
    struct exchange *x = exchange_of(first);
    const struct tile_map *map = NULL;
    enum im_code rc = snapshot_map_get(x->snapshot, x->own, &map, err);

    (void)worker;
    (void)out;
    if (rc == IM_OK)
        tile_map_unref(map);
    return rc;
}

enum im_code tiles_find_map(struct exchange *x,
                            const struct map_key *key,
                            const struct tile_map **out,
                            struct im_error *err)
{
    struct snapshot *snapshot = exchange_snapshot(x);

    *out = snapshot_map_find(snapshot, key);
    if (*out)
        return IM_OK;
    struct map_key *own =
        exchange_arena(x) ? im_arena_alloc(x->arena, sizeof *own) : NULL;
    if (!own)
        return im_fail(err, IM_ENOMEM, "out of memory");
    *own = *key;
    x->own = own;
    x->waiter.key = (struct body_key){map_key_hash(key), snapshot_generation(snapshot)};
    x->waiter.run = make_map;
    return IM_OK;
}

/* ---- which tile ---- */

/* The tile's name, which it keeps over the versions of its data, and what it shows. 24
 * bits each for x and y, 5 for z, 1 for the size, 2 for the scale, 2 for the format. */
static struct body_key
tile_key(const struct tile_map *map, uint64_t version, const struct tile_request *r)
{
    uint64_t tile = (uint64_t)r->format << 62 | (uint64_t)r->scale << 60 |
                    (uint64_t)(r->size_px > 256) << 59 | (uint64_t)r->id.z << 48 |
                    (uint64_t)r->id.x << 24 | r->id.y;

    return (struct body_key){
        version, XXH3_64bits_withSeed(&tile, sizeof tile, tile_map_look(map))};
}

static uint64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static enum im_code encode(const struct tile_map *map,
                           const struct tile_request *r,
                           struct worker *worker,
                           struct im_error *err)
{
    static const enum picture_format formats[] = {[TILE_PNG] = PICTURE_PNG,
                                                  [TILE_WEBP] = PICTURE_WEBP,
                                                  [TILE_JPEG] = PICTURE_JPEG};
    struct tile_picture_options options = {.size_px = r->size_px, .scale = r->scale};

    if (r->format == TILE_MVT)
        return tile_encode_mvt(map, worker->tiles, r->id, &worker->buf, err);
    options.format = formats[r->format];
    return tile_render(map, worker->tiles, r->id, &options, &worker->buf, err);
}

/* Most tiles of the world are empty: they share one body. */
static struct body *
make_body(struct server *server, const struct tile_request *r, struct worker *worker)
{
    struct im_bytes bytes = im_buf_bytes(&worker->buf);
    unsigned side = r->size_px / 256 * r->scale - 1;
    struct body *empty = r->format == TILE_PNG    ? server->empty_png[side]
                         : r->format == TILE_WEBP ? server->empty_webp[side]
                                                  : NULL;

    if (r->format == TILE_MVT)
        return body_new(bytes, tile_format_type(r->format),
                        r->wants_gzip ? worker->compressor : NULL);
    if (empty && im_bytes_equal(bytes, empty->plain))
        return body_ref(empty);
    return body_new(bytes, tile_format_type(r->format), NULL);
}

static bool is_same(const struct body *a, const struct body *b)
{
    return b && (a == b || (a->plain.len == b->plain.len && a->hash == b->hash));
}

bool tiles_is_empty(const struct server *server, const struct body *body)
{
    bool is_empty = body->plain.len == 0;

    for (int i = 0; i < EMPTY_SIDES && !is_empty; i++)
        is_empty =
            is_same(body, server->empty_png[i]) || is_same(body, server->empty_webp[i]);
    return is_empty;
}

enum im_code tiles_fail_empty(struct im_error *err)
{
    im_fail(err, IM_ENOTFOUND,
            "nothing is in this tile; its layers are sparse (layer.json): take the "
            "tile it is a part of");
    return im_zh(err, IM_ENOTFOUND,
                 "此瓦片内没有内容；图层声明为稀疏（layer.json 的 sparse），请用上一级"
                 "瓦片");
}

static enum im_code draw_new(struct server *server,
                             const struct tile_map *map,
                             const struct tile_request *r,
                             struct worker *worker,
                             struct body **out,
                             struct im_error *err)
{
    uint64_t began_us = clock_us();
    enum im_code rc = encode(map, r, worker, err);

    if (rc == IM_OK)
        rc = im_buf_check(&worker->buf, "the tile", err);
    if (rc == IM_OK) {
        *out = make_body(server, r, worker);
        if (!*out)
            rc = im_fail(err, IM_ENOMEM, "out of memory for a tile");
    }
    metrics_count_render(&server->metrics,
                         r->format == TILE_MVT ? METRICS_MVT : METRICS_PNG,
                         clock_us() - began_us);
    return rc;
}

/* From the disk or anew, and then into the caches. */
static enum im_code draw(struct server *server,
                         const struct tile_map *map,
                         const struct tile_request *r,
                         struct body_key key,
                         struct worker *worker,
                         struct body **out,
                         struct im_error *err)
{
    uint64_t began_us = clock_us();
    enum im_code rc = IM_OK;
    bool is_kept;

    *out = server->disk ? disk_cache_get(server->disk, key) : NULL;
    is_kept = *out != NULL;
    if (!is_kept)
        rc = draw_new(server, map, r, worker, out, err);
    if (rc != IM_OK)
        return rc;
    if (server->cache) {
        *out = body_cache_share(server->cache, *out);
        body_cache_put_cost(server->cache, key, *out, clock_us() - began_us);
    }
    if (server->disk && !is_kept)
        disk_cache_put(server->disk, key, *out);
    return IM_OK;
}

static enum im_code make_tile(struct work_waiter *first,
                              struct worker *worker,
                              struct body **out,
                              struct im_error *err)
{
    struct exchange *x = exchange_of(first);
    const struct tile_request *r = x->of_route;
    const struct tile_map *map = NULL;
    enum im_code rc = IM_OK;

    /* it may have been finished between the look into the cache and this work */
    *out = x->server->cache ? body_cache_peek(x->server->cache, first->key) : NULL;
    if (*out)
        return IM_OK;
    rc = snapshot_map_get(x->snapshot, &r->map, &map, err);
    if (rc == IM_OK) {
        rc = draw(x->server, map, r, first->key, worker, out, err);
        snapshot_map_used(x->snapshot, map);
    }
    tile_map_unref(map);
    return rc;
}

static unsigned shown_px(const struct tile_map *map, const struct tile_request *r)
{
    return r->format == TILE_MVT ? tile_mvt_side_px(map) : r->size_px;
}

/* What the tile shows, as a number, takes the label plan. The route is asked again
 * then; drawing is a work of its own, which all share who want the tile. */
static enum im_code prepare_tile(struct work_waiter *first,
                                 struct worker *worker,
                                 struct body **out,
                                 struct im_error *err)
{
    struct exchange *x = exchange_of(first);
    const struct tile_request *r = x->of_route;
    const struct tile_map *map = NULL;
    uint64_t version;
    enum im_code rc = snapshot_map_get(x->snapshot, &r->map, &map, err);

    (void)out;
    if (rc == IM_OK) {
        rc = tile_content_prepare(map, worker->tiles, r->id, shown_px(map, r), &version,
                                  err);
        snapshot_map_used(x->snapshot, map);
    }
    tile_map_unref(map);
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

enum im_code tiles_answer(struct exchange *x, struct im_error *err)
{
    struct tile_request *r = x->of_route;
    const struct tile_map *map = NULL;
    uint64_t version;
    struct body_key key;
    bool is_known;
    enum im_code rc = tiles_find_map(x, &r->map, &map, err);

    if (rc != IM_OK || !map)
        return rc;
    x->varies = r->format == TILE_MVT;
    /* what is kept will be asked for by others too */
    r->wants_gzip =
        x->server->cache || x->server->disk || header_wants_gzip(x->accept_encoding);
    x->keep = names_version(x, tile_map_version(map)) ? KEEP_FOREVER : KEEP_CHECKED;
    is_known = tile_content_version(map, r->id, shown_px(map, r), &version);
    key = tile_key(map, is_known ? version : tile_map_version(map), r);
    tile_map_unref(map);
    /* what was learnt may be forgotten again before it is asked for: not for ever */
    if (!is_known && x->n_works < 3) {
        x->waiter.key = key;
        x->waiter.run = prepare_tile;
        return IM_OK;
    }
    x->body = x->server->cache ? body_cache_get(x->server->cache, key) : NULL;
    x->is_sparse = r->is_sparse;
    /* who knows it as empty must not hear that it is so still */
    if (exchange_is_known(x, XXH3_64bits_withSeed(&key, sizeof key, r->is_sparse)))
        return IM_OK;
    if (!x->body) {
        x->waiter.key = key;
        x->waiter.run = make_tile;
    }
    return IM_OK;
}

struct tile_request *tiles_request_new(struct exchange *x, struct im_error *err)
{
    struct tile_request *r =
        exchange_arena(x) ? im_arena_calloc(x->arena, 1, sizeof *r) : NULL;

    if (!r)
        im_fail(err, IM_ENOMEM, "out of memory");
    x->of_route = r;
    return r;
}

static struct im_bytes given(const struct exchange *x, int param)
{
    return x->params[param].is_set ? x->params[param].text : (struct im_bytes){0};
}

/* captures[0] is the grid, or what comes after it. */
static enum im_code answer_tile(struct exchange *x, bool has_grid, struct im_error *err)
{
    const struct im_bytes *at = x->captures + has_grid;
    struct map_names names = {.layers = at[0],
                              .grid = has_grid ? x->captures[0] : (struct im_bytes){0},
                              .style = given(x, TILE_STYLE),
                              .filter = given(x, TILE_FILTER),
                              .is_public = x->params[TILE_PROFILE].is_set};
    struct tile_request *r;
    enum im_code rc = IM_OK;

    if (!x->of_route) {
        r = tiles_request_new(x, err);
        rc = r ? tile_request(x, &names, at[1], at[2], at[3], r, err) : IM_ENOMEM;
    }
    return rc == IM_OK ? tiles_answer(x, err) : rc;
}

enum im_code route_tile(struct exchange *x, struct im_error *err)
{
    return answer_tile(x, false, err);
}

enum im_code route_tile_of_grid(struct exchange *x, struct im_error *err)
{
    return answer_tile(x, true, err);
}

/* ---- documents about a map ---- */

/* What x->of_route is here. */
struct document {
    struct map_key map;
    enum tile_format format;
    struct im_bytes name; /* the {layers} part, or the id of a stylesheet */
    bool is_style;
};

static enum im_code make_document(struct exchange *x,
                                  const struct tile_map *map,
                                  struct worker *worker,
                                  struct body **out,
                                  struct im_error *err)
{
    const struct document *d = x->of_route;
    struct im_json w = {.out = &worker->buf};
    char base_url[300];
    char *name = im_arena_strdup(worker->arena, d->map.layers);

    if (!name)
        return im_fail(err, IM_ENOMEM, "out of memory");
    exchange_base_url(x, base_url, sizeof base_url);
    if (d->is_style)
        tile_write_style(map, base_url, name, &w);
    else
        tile_write_tilejson(map, base_url, name, tile_format_suffix(d->format), &w);
    return exchange_reply(x, &worker->buf, "application/json", worker->compressor, out,
                          err);
}

enum im_code document_key(const struct exchange *x,
                          uint64_t version,
                          struct im_bytes more,
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
    im_buf_append(&what, more.data, more.len);
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
    struct exchange *x = exchange_of(first);
    const struct document *d = x->of_route;
    const struct tile_map *map = NULL;
    enum im_code rc = snapshot_map_get(x->snapshot, &d->map, &map, err);

    if (rc == IM_OK)
        rc = make_document(x, map, worker, out, err);
    if (*out && x->server->documents)
        body_cache_put(x->server->documents, first->key, *out);
    tile_map_unref(map);
    return rc;
}

static enum im_code answer_document(struct exchange *x, struct im_error *err)
{
    const struct document *d = x->of_route;
    const struct tile_map *map = NULL;
    struct body_key key;
    uint64_t version;
    char format[2] = {(char)('0' + d->format), '\0'};
    enum im_code rc = tiles_find_map(x, &d->map, &map, err);

    if (rc != IM_OK || !map)
        return rc;
    version = tile_map_version(map);
    tile_map_unref(map);
    x->keep = names_version(x, version) ? KEEP_FOREVER : KEEP_CHECKED;
    /* the version has the layers' ids, the grid, the style and the filter in it */
    rc = document_key(x, version, im_bytes_of(format), &key, err);
    if (rc != IM_OK)
        return rc;
    key.what ^= XXH3_64bits(d->map.layers.data, d->map.layers.len);
    x->body = x->server->documents ? body_cache_get(x->server->documents, key) : NULL;
    if (!x->body) {
        x->waiter.key = key;
        x->waiter.run = run_document;
    }
    return IM_OK;
}

static struct document *document_new(struct exchange *x, struct im_error *err)
{
    struct document *d =
        exchange_arena(x) ? im_arena_calloc(x->arena, 1, sizeof *d) : NULL;

    if (!d)
        im_fail(err, IM_ENOMEM, "out of memory");
    return d;
}

static enum im_code
answer_tilejson(struct exchange *x, bool has_grid, struct im_error *err)
{
    static const enum tile_format formats[] = {TILE_MVT, TILE_PNG, TILE_WEBP,
                                               TILE_JPEG};
    struct map_names names = {.layers = x->captures[has_grid],
                              .grid = has_grid ? x->captures[0] : (struct im_bytes){0},
                              .style = given(x, TILE_STYLE),
                              .filter = given(x, TILE_FILTER),
                              .is_public = x->params[TILE_PROFILE].is_set};
    struct document *d;
    enum im_code rc = IM_OK;

    if (!x->of_route) {
        d = document_new(x, err);
        rc = d ? map_request(x, &names, &d->map, err) : IM_ENOMEM;
        if (rc != IM_OK)
            return rc;
        d->format =
            x->params[TILE_F].is_set ? formats[x->params[TILE_F].choice] : TILE_MVT;
        x->of_route = d;
    }
    return answer_document(x, err);
}

enum im_code route_tilejson(struct exchange *x, struct im_error *err)
{
    return answer_tilejson(x, false, err);
}

enum im_code route_tilejson_of_grid(struct exchange *x, struct im_error *err)
{
    return answer_tilejson(x, true, err);
}

/* "map", a list of layers, or the id of a stylesheet, which is the map in its look. */
enum im_code route_style(struct exchange *x, struct im_error *err)
{
    struct map_names names = {.layers = x->captures[0],
                              .style = given(x, TILE_STYLE),
                              .filter = given(x, TILE_FILTER),
                              .is_public = x->params[TILE_PROFILE].is_set};
    struct document *d;
    enum im_code rc;

    if (x->of_route)
        return answer_document(x, err);
    if (!names.style.data && stylesheet_set_find(x->server->styles, x->captures[0]) &&
        !layer_is_open(
            atlas_layer_find(snapshot_atlas(exchange_snapshot(x)), x->captures[0]))) {
        names.style = x->captures[0];
        names.layers = im_bytes_of("map");
    }
    d = document_new(x, err);
    rc = d ? map_request(x, &names, &d->map, err) : IM_ENOMEM;
    if (rc != IM_OK)
        return rc;
    d->is_style = true;
    x->of_route = d;
    return answer_document(x, err);
}
