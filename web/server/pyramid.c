/* SPDX-License-Identifier: Apache-2.0 */
/* A whole pyramid: threads take blocks of tiles and draw them, the caller's thread puts
 * them into the archive. What is drawn and not yet written is bounded. */
#include "pyramid.h"

#include <jansson.h>
#include <libdeflate.h>
#include <pthread.h>
#include <xxhash.h>

enum {
    BLOCK_TILES = 8, /* a side: found bare in one search */
    MAX_WAITING = 512,
    MAX_WAITING_BYTES = 64 * 1024 * 1024,
    TILE_MAX_BYTES = 64 * 1024 * 1024,
    GZIP_LEVEL = 6, /* as the server */
    TELL_EVERY = 64
};

struct limits {
    uint32_t x0, y0, x1, y1; /* inclusive */
    bool is_empty;           /* a matrix of a grid need not cover the data */
};

/* A finished tile on its way to the writer. */
struct drawn {
    struct drawn *next;
    struct tile_id id;
    uint32_t n_blank; /* tiles that were looked at and are there or empty already */
    size_t len;
    uint8_t bytes[];
};

struct pyramid {
    const struct tile_map *map;
    const struct pyramid_options *o;
    struct tile_archive *archive;
    struct limits limits[TILE_MAX_ZOOM + 1];
    uint64_t n_tiles;
    bool is_mvt;
    bool is_web_mercator;
    bool zips;
    enum picture_format picture;
    struct im_buf empty; /* the picture of nothing; len 0: none */

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t taken;  /* there is room for drawn tiles */
    pthread_cond_t put;    /* there is a drawn tile, or a thread has ended */
    struct tile_id next;   /* block: its first tile */
    bool is_over;          /* no blocks any more, or an error */
    struct drawn *first;
    struct drawn **last;
    size_t n_waiting;
    size_t waiting_bytes;
    unsigned n_running;
    enum im_code rc;
    struct im_error error;
};

struct drawer {
    pthread_t thread;
    struct pyramid *p;
    struct tile_worker *worker;
    struct libdeflate_compressor *compressor;
    struct im_buf buf;
    struct im_buf zipped;
    uint32_t bare_zoom; /* whose tile without anything is in `bare` */
    bool has_bare;
    struct im_buf bare;
    uint32_t n_blank;
};

/* ---- which tiles ---- */

static uint32_t clamped(uint64_t v, uint64_t max)
{
    return (uint32_t)(v < max ? v : max);
}

static struct limits limits_in(const struct tile_grid *grid, struct bbox b, uint32_t z)
{
    uint32_t cols[2] = {0, 0};
    uint32_t rows[2] = {0, 0};
    bool has_any = tile_grid_limits(grid, z, b, cols, rows);

    return (struct limits){cols[0], rows[0], cols[1], rows[1], !has_any};
}

/* WebMercatorQuad, exactly */
static struct limits limits_of(struct bbox b, uint32_t z)
{
    unsigned shift = WORLD_BITS - z;
    uint64_t last = (1ull << z) - 1;
    uint32_t x0 = world_x(b.min_x);
    uint32_t y0 = world_y(b.max_y);
    uint32_t x1 = world_x(b.max_x);
    uint32_t y1 = world_y(b.min_y);

    /* an edge that lies on the border of two tiles is that of the inner one */
    x1 -= x1 > x0;
    y1 -= y1 > y0;
    return (struct limits){clamped((uint64_t)x0 >> shift, last),
                           clamped((uint64_t)y0 >> shift, last),
                           clamped((uint64_t)x1 >> shift, last),
                           clamped((uint64_t)y1 >> shift, last), false};
}

static struct tile_id first_block(const struct pyramid *p, uint32_t z)
{
    const struct limits *l = &p->limits[z];

    return (struct tile_id){z, l->x0 / BLOCK_TILES * BLOCK_TILES,
                            l->y0 / BLOCK_TILES * BLOCK_TILES};
}

/* Go on with the first zoom from z on that has tiles. */
static void begin_zoom(struct pyramid *p, uint32_t z)
{
    while (z <= p->o->max_zoom && p->limits[z].is_empty)
        z++;
    p->is_over = z > p->o->max_zoom;
    if (!p->is_over)
        p->next = first_block(p, z);
}

/* Called with the mutex held: the next block goes to who asks. */
static bool take_block(struct pyramid *p, struct tile_id *out)
{
    struct tile_id *n = &p->next;

    if (p->is_over)
        return false;
    *out = *n;
    n->x += BLOCK_TILES;
    if (n->x > p->limits[n->z].x1) {
        n->x = first_block(p, n->z).x;
        n->y += BLOCK_TILES;
    }
    if (n->y > p->limits[n->z].y1)
        begin_zoom(p, n->z + 1);
    return true;
}

/* ---- drawing ---- */

static enum im_code render(struct drawer *d, struct tile_id id, struct im_error *err)
{
    const struct pyramid *p = d->p;
    struct tile_picture_options options = {
        .size_px = p->o->size_px, .scale = p->o->scale, .format = p->picture};
    enum im_code rc;

    im_buf_clear(&d->buf);
    rc = p->is_mvt ? tile_encode_mvt(p->map, d->worker, id, &d->buf, err)
                   : tile_render(p->map, d->worker, id, &options, &d->buf, err);
    return rc == IM_OK ? im_buf_check(&d->buf, "the tile", err) : rc;
}

/* The body of the tile in d->buf as it is kept; empty where there is nothing. */
static struct im_bytes body_of(struct drawer *d)
{
    struct im_bytes body = im_buf_bytes(&d->buf);

    if (d->p->empty.len && im_bytes_equal(body, im_buf_bytes(&d->p->empty)))
        body.len = 0;
    if (!d->p->zips || !body.len)
        return body;
    im_buf_clear(&d->zipped);
    size_t bound = libdeflate_gzip_compress_bound(d->compressor, body.len);
    if (im_buf_reserve(&d->zipped, bound))
        d->zipped.len = libdeflate_gzip_compress(d->compressor, body.data, body.len,
                                                 d->zipped.data, bound);
    return im_buf_bytes(&d->zipped);
}

/* Waits for room; false: somebody failed. */
static bool hand_over(struct drawer *d,
                      struct tile_id id,
                      struct im_bytes body,
                      struct im_error *err)
{
    struct pyramid *p = d->p;
    struct drawn *t = malloc(sizeof *t + body.len);

    if (!t) {
        im_fail(err, IM_ENOMEM, "out of memory for a tile");
        return false;
    }
    *t = (struct drawn){.id = id, .n_blank = d->n_blank, .len = body.len};
    if (body.len)
        memcpy(t->bytes, body.data, body.len);
    d->n_blank = 0;
    pthread_mutex_lock(&p->mutex);
    while (p->rc == IM_OK &&
           (p->n_waiting >= MAX_WAITING ||
            p->waiting_bytes + body.len > MAX_WAITING_BYTES) &&
           p->n_waiting > 0)
        pthread_cond_wait(&p->taken, &p->mutex);
    if (p->rc != IM_OK) {
        pthread_mutex_unlock(&p->mutex);
        free(t);
        return false;
    }
    *p->last = t;
    p->last = &t->next;
    p->n_waiting++;
    p->waiting_bytes += t->len;
    pthread_cond_signal(&p->put);
    pthread_mutex_unlock(&p->mutex);
    return true;
}

/* Tiles without anything look alike over a whole zoom: one is drawn. */
static enum im_code draw_bare(struct drawer *d,
                              struct tile_id id,
                              struct im_bytes *out,
                              struct im_error *err)
{
    enum im_code rc = IM_OK;

    if (!d->has_bare || d->bare_zoom != id.z) {
        rc = render(d, id, err);
        if (rc != IM_OK)
            return rc;
        struct im_bytes body = body_of(d);
        im_buf_clear(&d->bare);
        im_buf_append(&d->bare, body.data, body.len);
        rc = im_buf_check(&d->bare, "the tile", err);
        d->has_bare = rc == IM_OK;
        d->bare_zoom = id.z;
    }
    *out = im_buf_bytes(&d->bare);
    return rc;
}

static enum im_code
draw_tile(struct drawer *d, struct tile_id id, bool is_bare, struct im_error *err)
{
    const struct pyramid *p = d->p;
    struct im_bytes body = {0};
    bool has_labels = false;
    enum im_code rc = IM_OK;

    if (tile_archive_has(p->archive, id)) {
        d->n_blank++;
        return IM_OK;
    }
    is_bare = is_bare || tile_block_is_bare(p->map, id, 1, p->o->size_px);
    if (is_bare)
        rc = tile_has_labels(p->map, d->worker, id, p->o->size_px, &has_labels, err);
    if (rc == IM_OK && is_bare && !has_labels) {
        rc = draw_bare(d, id, &body, err);
    } else if (rc == IM_OK) {
        rc = render(d, id, err);
        if (rc == IM_OK)
            body = body_of(d);
    }
    if (rc != IM_OK)
        return im_context(err, "tile %u/%u/%u", id.z, id.x, id.y);
    return hand_over(d, id, body, err) ? IM_OK : IM_ESTOPPED;
}

static enum im_code
draw_block(struct drawer *d, struct tile_id first, struct im_error *err)
{
    const struct limits *l = &d->p->limits[first.z];
    bool is_bare = tile_block_is_bare(d->p->map, first, BLOCK_TILES, d->p->o->size_px);
    enum im_code rc = IM_OK;

    for (uint32_t y = first.y; y < first.y + BLOCK_TILES && rc == IM_OK; y++)
        for (uint32_t x = first.x; x < first.x + BLOCK_TILES && rc == IM_OK; x++)
            if (x >= l->x0 && x <= l->x1 && y >= l->y0 && y <= l->y1)
                rc = draw_tile(d, (struct tile_id){first.z, x, y}, is_bare, err);
    return rc;
}

/* The first error is the one that is told. */
static void stop(struct pyramid *p, enum im_code rc, const struct im_error *err)
{
    if (p->rc == IM_OK) {
        p->rc = rc;
        p->error = *err;
    }
    p->is_over = true;
    pthread_cond_broadcast(&p->taken);
    pthread_cond_broadcast(&p->put);
}

static void *draw_blocks(void *arg)
{
    struct drawer *d = arg;
    struct pyramid *p = d->p;
    struct im_error err = {0};
    enum im_code rc = IM_OK;

    for (;;) {
        struct tile_id block;

        pthread_mutex_lock(&p->mutex);
        bool goes_on = take_block(p, &block);
        pthread_mutex_unlock(&p->mutex);
        if (!goes_on)
            break;
        rc = draw_block(d, block, &err);
        if (rc != IM_OK)
            break;
    }
    pthread_mutex_lock(&p->mutex);
    if (rc != IM_OK)
        stop(p, rc, &err);
    p->n_running--;
    pthread_cond_broadcast(&p->put);
    pthread_mutex_unlock(&p->mutex);
    return NULL;
}

/* ---- writing ---- */

/* NULL: all threads have ended. */
static struct drawn *take_drawn(struct pyramid *p)
{
    pthread_mutex_lock(&p->mutex);
    while (!p->first && p->n_running > 0)
        pthread_cond_wait(&p->put, &p->mutex);
    struct drawn *t = p->first;
    if (t) {
        p->first = t->next;
        if (!p->first)
            p->last = &p->first;
        p->n_waiting--;
        p->waiting_bytes -= t->len;
        pthread_cond_signal(&p->taken);
    }
    pthread_mutex_unlock(&p->mutex);
    return t;
}

static void tell(const struct pyramid *p, uint64_t n_done)
{
    if (p->o->progress)
        p->o->progress(p->o->ctx, &(struct pyramid_progress){p->n_tiles, n_done});
}

static void write_tiles(struct pyramid *p, struct pyramid_result *result)
{
    uint64_t n_done = 0;
    uint64_t told = 0;
    struct drawn *t;

    while ((t = take_drawn(p))) {
        struct im_error err = {0};
        enum im_code rc = tile_archive_put(p->archive, t->id,
                                           (struct im_bytes){t->bytes, t->len}, &err);

        result->n_empty += t->len == 0;
        n_done += 1 + t->n_blank;
        free(t);
        if (rc != IM_OK) {
            pthread_mutex_lock(&p->mutex);
            stop(p, rc, &err);
            pthread_mutex_unlock(&p->mutex);
        }
        if (n_done - told >= TELL_EVERY) {
            tell(p, n_done);
            told = n_done;
        }
    }
}

/* ---- all together ---- */

static enum im_code
drawer_init(struct drawer *d, struct pyramid *p, struct im_error *err)
{
    d->p = p;
    d->buf.max = d->zipped.max = d->bare.max = TILE_MAX_BYTES;
    d->compressor = libdeflate_alloc_compressor(GZIP_LEVEL);
    if (!d->compressor)
        return im_fail(err, IM_ENOMEM, "out of memory for drawing");
    return tile_worker_new(p->o->font_directory, &d->worker, err);
}

static void drawer_release(struct drawer *d)
{
    tile_worker_free(d->worker);
    if (d->compressor)
        libdeflate_free_compressor(d->compressor);
    im_buf_release(&d->buf);
    im_buf_release(&d->zipped);
    im_buf_release(&d->bare);
}

static enum im_code
draw_all(struct pyramid *p, struct pyramid_result *result, struct im_error *err)
{
    unsigned n = p->o->n_workers;
    struct drawer *drawers = calloc(n, sizeof *drawers);
    unsigned n_started = 0;
    enum im_code rc = drawers ? IM_OK : im_fail(err, IM_ENOMEM, "out of memory");

    for (unsigned i = 0; drawers && i < n && rc == IM_OK; i++)
        rc = drawer_init(&drawers[i], p, err);
    for (; rc == IM_OK && n_started < n; n_started++) {
        pthread_mutex_lock(&p->mutex);
        p->n_running++;
        pthread_mutex_unlock(&p->mutex);
        if (pthread_create(&drawers[n_started].thread, NULL, draw_blocks,
                           &drawers[n_started]) == 0)
            continue;
        pthread_mutex_lock(&p->mutex);
        p->n_running--;
        if (n_started == 0)
            rc = im_fail(err, IM_EENV, "cannot start a thread");
        pthread_mutex_unlock(&p->mutex);
        break; /* fewer will do */
    }
    if (rc == IM_OK)
        write_tiles(p, result);
    for (unsigned i = 0; i < n_started; i++)
        pthread_join(drawers[i].thread, NULL);
    for (unsigned i = 0; drawers && i < n; i++)
        drawer_release(&drawers[i]);
    free(drawers);
    if (rc == IM_OK && p->rc != IM_OK) {
        rc = p->rc;
        *err = p->error;
    }
    return rc;
}

/* The picture of nothing, which is not stored. */
static enum im_code make_empty(struct pyramid *p, struct im_error *err)
{
    struct tile_picture_options options = {
        .size_px = p->o->size_px, .scale = p->o->scale, .format = p->picture};

    return p->is_mvt ? IM_OK : tile_render_nothing(&options, &p->empty, err);
}

static uint64_t version_of(const struct pyramid *p, struct bbox bounds)
{
    const struct pyramid_options *o = p->o;
    uint64_t look[] = {tile_map_version(p->map),
                       XXH3_64bits(o->format, strlen(o->format)),
                       o->scale,
                       o->size_px,
                       p->zips,
                       o->min_zoom,
                       o->max_zoom};

    return XXH3_64bits_withSeed(look, sizeof look, XXH3_64bits(&bounds, sizeof bounds));
}

/* What the metadata say besides, from the map's own TileJSON. */
static enum im_code
describe(const struct pyramid *p, json_t **out, char **layers, struct im_error *err)
{
    struct im_buf buf = {.max = 64 * 1024 * 1024};
    struct im_json w = {.out = &buf};
    enum im_code rc;

    tile_write_tilejson(p->map, "", p->o->name, p->is_mvt ? "mvt" : p->o->format, &w);
    rc = im_buf_check(&buf, "the metadata", err);
    *out = rc == IM_OK ? json_loadb((char *)buf.data, buf.len, 0, NULL) : NULL;
    im_buf_release(&buf);
    if (rc != IM_OK)
        return rc;
    if (*out && p->is_mvt)
        *layers = json_dumps(json_object_get(*out, "vector_layers"), JSON_COMPACT);
    return *out && (*layers || !p->is_mvt)
               ? IM_OK
               : im_fail(err, IM_ENOMEM, "out of memory for the metadata");
}

static enum im_code open_archive(struct pyramid *p,
                                 const char *path,
                                 struct bbox bounds,
                                 struct im_error *err)
{
    struct tile_archive_info info = {.name = p->o->name,
                                     .format = p->o->format,
                                     .bounds = bounds,
                                     .min_zoom = p->o->min_zoom,
                                     .max_zoom = p->o->max_zoom,
                                     .version = version_of(p, bounds),
                                     .data_version = p->o->data_version,
                                     .is_overlay = p->o->is_overlay,
                                     .grid = p->is_web_mercator ? NULL : p->o->grid};
    json_t *tilejson = NULL;
    char *layers = NULL;
    enum im_code rc = describe(p, &tilejson, &layers, err);

    if (rc == IM_OK) {
        info.attribution = json_string_value(json_object_get(tilejson, "attribution"));
        info.vector_layers_json = layers;
        rc = tile_archive_open(path, &info, &p->archive, err);
    }
    json_decref(tilejson);
    free(layers);
    return rc;
}

static struct bbox bounds_of(const struct pyramid *p)
{
    struct bbox b =
        bbox_is_empty(p->o->bounds) ? tile_map_extent(p->map) : p->o->bounds;
    double most = 85.05112877980659; /* where the grid ends */

    if (bbox_is_empty(b) || !p->is_web_mercator)
        return b;
    b.min_y = b.min_y < -most ? -most : b.min_y;
    b.max_y = b.max_y > most ? most : b.max_y;
    return b;
}

static enum im_code begin(struct pyramid *p, const char *path, struct im_error *err)
{
    struct bbox bounds = bounds_of(p);

    if (bbox_is_empty(bounds)) {
        im_fail(err, IM_ENOTFOUND,
                "no feature of the map has a position: nothing to "
                "export; import data, or give --bbox");
        return im_zh(err, IM_ENOTFOUND,
                     "地图中没有任何带位置的数据，无可导出；请先导入数据，或用 --bbox "
                     "指定范围");
    }
    for (uint32_t z = p->o->min_zoom; z <= p->o->max_zoom; z++) {
        struct limits l = p->is_web_mercator ? limits_of(bounds, z)
                                             : limits_in(p->o->grid, bounds, z);

        p->limits[z] = l;
        if (!l.is_empty)
            p->n_tiles += ((uint64_t)l.x1 - l.x0 + 1) * ((uint64_t)l.y1 - l.y0 + 1);
    }
    begin_zoom(p, p->o->min_zoom);
    if (p->is_over) {
        im_fail(err, IM_ENOTFOUND, "the grid '%s' does not cover the area",
                tile_grid_id(p->o->grid));
        return im_zh(err, IM_ENOTFOUND, "网格 “%s” 不覆盖要导出的范围",
                     tile_grid_id(p->o->grid));
    }
    enum im_code rc = make_empty(p, err);
    return rc == IM_OK ? open_archive(p, path, bounds, err) : rc;
}

enum im_code pyramid_export(const struct tile_map *map,
                            const struct pyramid_options *options,
                            const char *path,
                            struct pyramid_result *result,
                            struct im_error *err)
{
    struct pyramid *p = calloc(1, sizeof *p);
    enum im_code rc;

    if (!p)
        return im_fail(err, IM_ENOMEM, "out of memory for an export");
    p->map = map;
    p->o = options;
    p->is_mvt = strcmp(options->format, "mvt") == 0;
    p->is_web_mercator = options->grid == tile_grid_web_mercator();
    p->zips = p->is_mvt && tile_archive_kind_of(path) != ARCHIVE_FOLDER;
    p->picture = strcmp(options->format, "webp") == 0  ? PICTURE_WEBP
                 : strcmp(options->format, "jpg") == 0 ? PICTURE_JPEG
                                                       : PICTURE_PNG;
    p->empty.max = TILE_MAX_BYTES;
    p->last = &p->first;
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->taken, NULL);
    pthread_cond_init(&p->put, NULL);
    rc = begin(p, path, err);
    if (rc == IM_OK)
        rc = draw_all(p, result, err);
    if (rc == IM_OK) {
        result->count = tile_archive_count(p->archive);
        tell(p, p->n_tiles);
        rc = tile_archive_finish(p->archive, err);
    }
    tile_archive_close(p->archive);
    im_buf_release(&p->empty);
    pthread_cond_destroy(&p->put);
    pthread_cond_destroy(&p->taken);
    pthread_mutex_destroy(&p->mutex);
    free(p);
    return rc;
}
