/* SPDX-License-Identifier: Apache-2.0 */
/* The operations over HTTP. */
#include "api/call.h"
#include "api/json_pairs.h"
#include "routes.h"
#include "server_state.h"
#include "tag.h"

enum {
    ANSWER_MAX_BYTES = 64 * 1024 * 1024,
    /* A search from a position for few points around it takes microseconds: less than
     * the way to a worker and back. It needs no index that would have to be made first
     * (engine/atlas/lazy.h, engine/search). All else is done by workers. */
    INLINE_MAX_ROWS = 50,
    INLINE_MAX_LAYERS = 8,
    INLINE_MAX_DEGREES = 5,
    FORM = 1 /* of the answers of this program: another one, another ETag */
};

/* Tables are for saving. */
static void name_file(struct exchange *x, const struct api_call *c)
{
    enum api_format format = api_format_of(c);
    char value[128];
    const char *copy;

    if (format == API_JSON)
        return;
    snprintf(value, sizeof value, "attachment; filename=\"innomap-%s.%s\"",
             c->operation->name, format == API_CSV ? "csv" : "xlsx");
    copy = im_arena_strdup(c->arena, im_bytes_of(value));
    if (copy) /* without memory: the browser's own name */
        exchange_add_header(x, "Content-Disposition", copy);
}

/* Names and values from address line, form or JSON, checked. */
static enum im_code take(struct exchange *x, struct im_error *err)
{
    struct api_call *c = x->of_route;
    enum im_code rc = IM_OK;

    if (x->request_body.len)
        rc = json_pairs(x->request_body, x->pairs, x->n_pairs, c->arena, &x->pairs,
                        &x->n_pairs, err);
    if (rc == IM_OK)
        rc = api_take(c, x->pairs, x->n_pairs, err);
    x->fault = c->fault;
    x->lang = c->lang;
    return rc;
}

/* An answer on its way. */
struct pieces {
    struct api_call *call;
    size_t n_written;
};

static enum im_code next_piece(struct exchange *x,
                               struct worker *worker,
                               void *state,
                               struct im_buf *out,
                               bool *end,
                               struct im_error *err)
{
    struct pieces *p = state;

    (void)x;
    (void)worker;
    return api_answer_piece(p->call, api_format_of(p->call), STREAM_PIECE_BYTES,
                            &p->n_written, out, end, err);
}

static enum im_code begin_stream(struct exchange *x, struct im_error *err)
{
    struct api_call *c = x->of_route;
    struct pieces *p = im_arena_calloc(c->arena, 1, sizeof *p);

    if (!p)
        return im_fail(err, IM_ENOMEM, "out of memory");
    p->call = c;
    exchange_stream(x, api_content_type(c, api_format_of(c)), next_piece, p);
    return IM_OK;
}

/* In the event thread, which does not wait for parts, `is_work` is false. */
static enum im_code answer(struct exchange *x,
                           bool is_work,
                           struct im_buf *buf,
                           struct body **out,
                           struct im_error *err)
{
    struct api_call *c = x->of_route;
    const char *type = NULL;
    enum im_code rc;

    c->deadline = x->deadline;
    rc = c->operation->run(c, err);
    if (rc == IM_OK && is_work && api_is_in_pieces(c, api_format_of(c))) {
        name_file(x, c);
        return begin_stream(x, err);
    }
    if (rc == IM_OK)
        rc = api_answer(c, api_format_of(c), buf, &type, err);
    if (rc == IM_OK) {
        name_file(x, c);
        return exchange_reply(x, buf, type, NULL, out, err);
    }
    x->fault = c->fault;
    x->places = rc == IM_EAMBIGUOUS ? c->choices : (struct query_places){0};
    return rc;
}

static enum im_code run_answer(struct work_waiter *first,
                               struct worker *worker,
                               struct body **out,
                               struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));

    /* a long body is read here, not in the event thread */
    enum im_code rc = x->request_body.len ? take(x, err) : IM_OK;

    return rc == IM_OK ? answer(x, true, &worker->buf, out, err) : rc;
}

/* Lines and areas cost what their vertices cost; and from far away no bound tells which
 * of the points is the nearest. */
static bool is_near_points(const struct api_call *c, const struct atlas_layer *layer)
{
    struct bbox box;
    double lon = c->values[API_LON].number;
    double lat = c->values[API_LAT].number;

    if (!layer || atlas_layer_schema(layer)->geometry != SCHEMA_POINT)
        return false;
    box = atlas_layer_extent(layer);
    return lon >= box.min_x - INLINE_MAX_DEGREES &&
           lon <= box.max_x + INLINE_MAX_DEGREES &&
           lat >= box.min_y - INLINE_MAX_DEGREES &&
           lat <= box.max_y + INLINE_MAX_DEGREES;
}

/* Layers that are not there are told of by whoever answers. */
static bool are_near_points(const struct api_call *c, int64_t rows)
{
    struct im_bytes rest = c->values[API_LAYER].text;
    int n = 0;
    const uint8_t *comma;

    do {
        comma = rest.len ? memchr(rest.data, ',', rest.len) : NULL;
        struct im_bytes id = {rest.data,
                              comma ? (size_t)(comma - rest.data) : rest.len};

        if (++n > INLINE_MAX_LAYERS ||
            !is_near_points(c, atlas_layer_find(c->atlas, id)))
            return false;
        if (comma)
            rest = (struct im_bytes){comma + 1, rest.len - id.len - 1};
    } while (comma);
    return rows * (api_flag(c, API_EACH) ? n : 1) <= INLINE_MAX_ROWS;
}

static bool is_small(const struct api_call *c)
{
    static const enum api_param light[] = {API_LAYER,  API_LON,       API_LAT,
                                           API_K,      API_MAX_KM,    API_EACH,
                                           API_FIELDS, API_PRECISION, API_LANG};
    size_t n = 0;
    size_t n_light = 0;

    for (int p = 0; p < API_PARAMS; p++)
        n += c->values[p].is_set;
    for (size_t i = 0; i < sizeof light / sizeof *light; i++)
        n_light += c->values[light[i]].is_set;
    return n == n_light && strcmp(c->operation->name, "nearest") == 0 &&
           are_near_points(c, api_is_set(c, API_K) ? c->values[API_K].integer
                                                   : c->operation->default_limit);
}

/* Of an answer in pieces, which are not there to be looked at: what they are made from.
 * A place or an area may come from any layer. */
static uint64_t tag_of(const struct exchange *x, const struct api_call *c)
{
    uint64_t tag = tag_fold_text(FORM, x->raw);

    tag = tag_fold_text(tag, x->server->review_number);
    tag = tag_fold(tag, &x->server->is_public, sizeof x->server->is_public);
    for (size_t i = 0; i < atlas_layer_count(c->atlas); i++)
        tag = tag_fold_layer(tag, atlas_layer_at(c->atlas, i));
    return tag;
}

/* ---- the list of layers is the same until the data change ---- */

static enum im_code make_kept(struct work_waiter *first,
                              struct worker *worker,
                              struct body **out,
                              struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));
    struct api_call *c = x->of_route;
    enum im_code rc = c->operation->run(c, err);

    if (rc == IM_OK)
        rc = api_answer(c, API_JSON, &worker->buf, NULL, err);
    if (rc == IM_OK)
        rc = exchange_reply(x, &worker->buf, "application/json", worker->compressor,
                            out, err);
    if (rc == IM_OK && x->server->cache)
        body_cache_put(x->server->cache, first->key, *out);
    return rc;
}

static bool is_kept(const struct api_call *c)
{
    return c->operation->run == api_layers_run && !api_is_set(c, API_LAYER) &&
           !api_is_set(c, API_STYLE) && api_format_of(c) == API_JSON;
}

static enum im_code answer_kept(struct exchange *x)
{
    uint64_t generation = snapshot_generation(x->snapshot);
    XXH128_hash_t hash =
        XXH3_128bits_withSeed("layers", 6, generation * 2 + (x->lang == LANG_EN));

    x->waiter.key = (struct body_key){hash.high64, hash.low64};
    x->body = x->server->cache ? body_cache_get(x->server->cache, x->waiter.key) : NULL;
    if (!x->body)
        x->waiter.run = make_kept;
    return IM_OK;
}

enum im_code route_api(struct exchange *x, struct im_error *err)
{
    const struct api_operation *op = api_operation_find(x->url.segments[1]);
    struct im_arena *arena = exchange_arena(x);
    struct api_call *c = arena ? im_arena_calloc(arena, 1, sizeof *c) : NULL;
    struct im_buf buf = {.max = ANSWER_MAX_BYTES};
    enum im_code rc;

    if (!c)
        return im_fail(err, IM_ENOMEM, "out of memory");
    c->operation = op;
    c->atlas = snapshot_atlas(exchange_snapshot(x));
    c->arena = arena;
    c->lang = x->lang;
    c->leave_out_unreviewed = server_leaves_out_unreviewed(x->server);
    c->review_number = server_review_number(x->server);
    c->db_path = x->server->db_path;
    c->styles = x->server->styles;
    x->of_route = c;
    rc = x->request_body.len ? IM_OK : take(x, err);
    if (rc != IM_OK)
        return rc;
    if (!x->request_body.len && is_kept(c))
        return answer_kept(x);
    if (!x->is_post && !is_small(c) && api_is_in_pieces(c, api_format_of(c)) &&
        exchange_is_known(x, tag_of(x, c)))
        return IM_OK;
    if (x->request_body.len || !is_small(c)) {
        x->waiter.key = (struct body_key){0, 0};
        x->waiter.run = run_answer;
        return IM_OK;
    }
    rc = answer(x, false, &buf, &x->body, err);
    im_buf_release(&buf);
    return rc;
}
