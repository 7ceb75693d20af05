/* SPDX-License-Identifier: Apache-2.0 */
/* A request target as it comes in, up to the point where somebody would have to draw:
 * tiles of every door (paths, 512 px, grids, WMTS both ways, TMS, 天地图), TileJSON,
 * styles, sprites, static maps, capabilities.
 *
 * A tile that is accepted lies in its grid, and printed as a path it is the same tile;
 * a document is whole JSON or XML; a refusal is the client's fault (4xx, 501), says why
 * in both languages, and its exception report is XML whatever was sent. */
#include "http_problem.h"
#include "http_status.h"
#include "intake.h"
#include "routes.h"
#include "server_state.h"
#include "wmts_tile.h"

#include <engine/ask/tea.h>

#include <cpl_error.h>
#include <cpl_minixml.h>
#include <jansson.h>
#include <libdeflate.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARENA_MOST = 1024 * 1024, TRIES = 4, PATH_BYTES = 16384 };

static struct server *server_of_tea(void)
{
    static struct server server;
    static char nothing[] = "";
    struct im_error err;

    if (server.grids)
        return &server;
    server.tianditu_prefix = nothing;
    server.review_number = nothing;
    if (grid_set_open(TEST_SOURCE_DIR "/tiles/grids", &server.grids, &err) != IM_OK ||
        stylesheet_set_open(TEST_SOURCE_DIR "/tiles/styles/themes", &server.styles,
                            &err) != IM_OK)
        abort();
    return &server;
}

static struct snapshot *snapshot_of_tea(void)
{
    static struct snapshot *snapshot;
    static struct memory_source *ms; /* both live as long as the program */

    if (!snapshot)
        snapshot = snapshot_new(tea_atlas(&ms), 1, false, &server_of_tea()->snapshots);
    return snapshot;
}

static struct exchange *exchange_of(struct im_bytes target)
{
    struct exchange *x = calloc(1, sizeof *x);

    if (!x || target.len >= sizeof x->raw)
        abort();
    x->server = server_of_tea();
    x->snapshot = snapshot_of_tea();
    x->host = "maps.example";
    memcpy(x->raw, target.data, target.len);
    x->raw_len = target.len;
    x->is_first_call = true;
    return x;
}

static void exchange_end(struct exchange *x)
{
    body_unref(x->body);
    im_arena_free(x->arena);
    free(x);
}

/* ---- what is drawn ---- */

static bool draws_tiles(const struct route *route)
{
    static route_fn *const doors[] = {
        route_tile,      route_tile_of_grid, route_wmts, route_wmts_tile,
        route_wmts_info, route_tms_tile,     NULL};

    for (int i = 0; doors[i]; i++)
        if (route->answer == doors[i])
            return true;
    /* those of the alias are in a table of its own */
    return route < routes || route >= routes + n_routes;
}

static void check_layers(struct im_bytes list)
{
    struct im_bytes before = {0};

    if (im_bytes_equal(list, im_bytes_of("map")))
        return;
    for (;;) {
        const uint8_t *comma = list.len ? memchr(list.data, ',', list.len) : NULL;
        struct im_bytes id = {list.data,
                              comma ? (size_t)(comma - list.data) : list.len};

        if (!layer_is_open(atlas_layer_find(snapshot_atlas(snapshot_of_tea()), id)))
            abort();
        if (before.data &&
            memcmp(before.data, id.data, before.len < id.len ? before.len : id.len) > 0)
            abort(); /* not in order */
        if (before.data && im_bytes_equal(before, id))
            abort();
        if (!comma)
            return;
        before = id;
        list = (struct im_bytes){comma + 1, list.len - id.len - 1};
    }
}

static void check_tile(const struct tile_request *r)
{
    const struct grid_matrix *m;

    if (r->id.z >= tile_grid_depth(r->map.grid))
        abort();
    m = tile_grid_matrix(r->map.grid, r->id.z);
    if (r->id.x >= m->n_cols || r->id.y >= m->n_rows)
        abort();
    if ((r->size_px != 256 && r->size_px != 512) || r->scale < 1 || r->scale > 3)
        abort();
    if (r->size_px == 512 && (r->map.grid != tile_grid_web_mercator() ||
                              r->format == TILE_MVT || r->id.z >= 22))
        abort();
    if (r->format > TILE_MVT || (r->format == TILE_MVT && r->scale != 1))
        abort();
    check_layers(r->map.layers);
}

static void check_info(const struct wmts_info *info)
{
    if (info->i_px >= 256 || info->j_px >= 256 || info->most < 1 || info->most > 50 ||
        (int)info->format >= (int)WMTS_INFO_FORMATS)
        abort();
}

/* As one writes it by hand. */
static void print_tile(const struct tile_request *r, struct im_buf *out)
{
    im_buf_printf(out, "/tiles/%s/",
                  r->size_px == 512 ? "512" : tile_grid_id(r->map.grid));
    im_buf_append(out, r->map.layers.data, r->map.layers.len);
    im_buf_printf(out, "/%u/%u/%u", r->id.z, r->id.x, r->id.y);
    if (r->scale > 1)
        im_buf_printf(out, "@%ux", r->scale);
    im_buf_printf(out, ".%s?lang=%s", tile_format_suffix(r->format),
                  r->map.lang == LANG_EN ? "en" : "zh");
    if (r->map.stylesheet)
        im_buf_printf(out, "&style=%s", stylesheet_id(r->map.stylesheet));
    if (r->map.leave_out_unreviewed)
        im_buf_text(out, "&profile=public");
    if (r->map.filter.len) {
        im_buf_text(out, "&filter=");
        for (size_t i = 0; i < r->map.filter.len; i++)
            im_buf_printf(out, "%%%02X", r->map.filter.data[i]);
    }
}

static void check_same(const struct tile_request *a, const struct tile_request *b)
{
    if (a->id.z != b->id.z || a->id.x != b->id.x || a->id.y != b->id.y ||
        a->size_px != b->size_px || a->scale != b->scale || a->format != b->format)
        abort();
    if (a->map.grid != b->map.grid || a->map.stylesheet != b->map.stylesheet ||
        a->map.lang != b->map.lang ||
        a->map.leave_out_unreviewed != b->map.leave_out_unreviewed ||
        !im_bytes_equal(a->map.layers, b->map.layers) ||
        !im_bytes_equal(a->map.filter, b->map.filter))
        abort();
    if (map_key_hash(&a->map) != map_key_hash(&b->map))
        abort();
}

static void check_prints_back(const struct tile_request *r)
{
    struct im_buf path = {.max = PATH_BYTES};
    struct exchange *x;
    struct im_error err;

    /* half a map has no address but that of the alias */
    if (r->map.part == TILE_PART_ALL)
        print_tile(r, &path);
    if (!path.failed && path.len && path.len <= URL_MAX_BYTES &&
        r->map.filter.len <= 2000) {
        x = exchange_of(im_buf_bytes(&path));
        if (intake_end(x, &err) != IM_OK || x->route->answer != route_tile_of_grid ||
            x->route->answer(x, &err) != IM_OK || !x->of_route)
            abort();
        check_same(r, x->of_route);
        exchange_end(x);
    }
    im_buf_release(&path);
}

/* ---- documents ---- */

static bool is_xml(struct im_bytes text)
{
    char *copy = malloc(text.len + 1);
    CPLXMLNode *root;

    if (!copy)
        abort();
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    CPLPushErrorHandler(CPLQuietErrorHandler);
    root = strlen(copy) == text.len ? CPLParseXMLString(copy) : NULL;
    CPLPopErrorHandler();
    CPLDestroyXMLNode(root);
    free(copy);
    return root != NULL;
}

static void check_body(const struct body *body)
{
    json_t *json;

    if (!im_utf8_valid(body->plain))
        abort();
    if (strcmp(body->content_type, "application/xml") == 0) {
        if (!is_xml(body->plain))
            abort();
    } else if (strstr(body->content_type, "json")) {
        json = json_loadb((const char *)body->plain.data, body->plain.len,
                          JSON_REJECT_DUPLICATES, NULL);
        if (!json)
            abort();
        json_decref(json);
    }
}

/* What a worker would do, but for drawing. */
static enum im_code make_document(struct exchange *x, struct im_error *err)
{
    struct worker worker = {.arena = im_arena_new(EXCHANGE_ARENA_BYTES),
                            .buf = {.max = 16 * 1024 * 1024},
                            .compressor = libdeflate_alloc_compressor(1)};
    enum im_code rc = IM_OK;

    for (int i = 0; i < TRIES && rc == IM_OK && !x->body && x->waiter.run; i++) {
        work_fn *run = x->waiter.run;

        x->waiter.run = NULL;
        rc = run(&x->waiter, &worker, &x->body, err);
        if (rc == IM_OK && !x->body)
            rc = x->route->answer(x, err);
    }
    libdeflate_free_compressor(worker.compressor);
    im_buf_release(&worker.buf);
    im_arena_free(worker.arena);
    return rc;
}

static void check_refusal(struct exchange *x, enum im_code rc, const struct im_error *e)
{
    int status = x->status ? x->status : http_status_of(rc);
    struct http_problem problem = {status, x->lang, e, &x->fault, NULL};
    struct im_buf page = {.max = 65536};

    if (e->code != rc || !e->msg[0] || !e->msg_zh[0])
        abort();
    if (!im_utf8_valid(im_bytes_of(e->msg)) || !im_utf8_valid(im_bytes_of(e->msg_zh)) ||
        !im_utf8_valid(im_bytes_of(x->fault.value)) ||
        !im_utf8_valid(im_bytes_of(x->fault.allowed)))
        abort();
    if (status < 400 || (status > 499 && status != 501))
        abort();
    if (x->problem_type && strcmp(x->problem_type, "application/xml") == 0) {
        x->problem_page(x, &problem, &page);
        if (page.failed || !is_xml(im_buf_bytes(&page)))
            abort();
    }
    im_buf_release(&page);
}

/* Are these the paths of this target? */
static bool is_ours(const struct route *route)
{
    static route_fn *const others[] = {
        route_tilejson, route_tilejson_of_grid, route_style, route_wmts_document,
        route_tms,      route_tms_map,          route_grid,  route_grids,
        route_sprite,   route_static,           NULL};

    for (int i = 0; others[i]; i++)
        if (route->answer == others[i])
            return true;
    return draws_tiles(route);
}

static enum im_code answer(struct exchange *x, struct im_error *err)
{
    enum im_code rc = x->route->answer(x, err);

    if (rc != IM_OK)
        return rc;
    if (draws_tiles(x->route) && x->of_route) {
        check_tile(x->of_route);
        check_prints_back(x->of_route);
        if (x->route->answer == route_wmts_info)
            check_info(x->of_route);
    } else if (x->route->answer != route_static) {
        rc = make_document(x, err);
        if (x->body)
            check_body(x->body);
    }
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct exchange *x;
    struct im_error err = {0};
    enum im_code rc;

    if (size > URL_MAX_BYTES)
        return 0;
    x = exchange_of((struct im_bytes){data, size});
    rc = intake_end(x, &err);
    if (rc == IM_OK && is_ours(x->route))
        rc = answer(x, &err);
    if (rc != IM_OK)
        check_refusal(x, rc, &err);
    if (x->arena && im_arena_used(x->arena) > ARENA_MOST)
        abort();
    exchange_end(x);
    return 0;
}
