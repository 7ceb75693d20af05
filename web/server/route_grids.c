/* SPDX-License-Identifier: Apache-2.0 */
/* Tile matrix sets as OGC API Tiles has them (20-057, 17-083r4). Grids without an OGC
 * coordinate system (GCJ02Quad) are not among them. */
#include "routes.h"
#include "server_state.h"
#include "tile_request.h"

#include <engine/json_writer.h>

enum { GRID_MAX_BYTES = 256 * 1024 };

/* Short, and made from what does not change while the server runs: no worker. */
static enum im_code reply(struct exchange *x, struct im_buf *buf, struct im_error *err)
{
    enum im_code rc = im_buf_check(buf, "the document", err);

    if (rc == IM_OK) {
        x->body = body_new(im_buf_bytes(buf), "application/json", NULL);
        if (!x->body)
            rc = im_fail(err, IM_ENOMEM, "out of memory");
    }
    if (rc == IM_OK) {
        x->keep = KEEP_CHECKED;
        (void)exchange_is_known(x, x->body->hash);
    }
    return rc;
}

static void put(struct im_json *w, const char *key, const char *text)
{
    im_json_key(w, key);
    im_json_text(w, text);
}

static void
write_entry(const struct exchange *x, const struct tile_grid *grid, struct im_json *w)
{
    struct im_buf href = {.max = 1024};
    char base_url[300];

    exchange_base_url(x, base_url, sizeof base_url);
    im_buf_printf(&href, "%s/tileMatrixSets/%s", base_url, tile_grid_id(grid));
    im_json_object(w);
    put(w, "id", tile_grid_id(grid));
    put(w, "title", tile_grid_title(grid, x->lang));
    if (tile_grid_uri(grid))
        put(w, "uri", tile_grid_uri(grid));
    put(w, "crs", tile_grid_crs(grid));
    im_json_key(w, "links");
    im_json_array(w);
    im_json_object(w);
    put(w, "rel", "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme");
    put(w, "type", "application/json");
    im_json_key(w, "href");
    im_json_string(w, im_buf_bytes(&href));
    im_json_object_end(w);
    im_json_array_end(w);
    im_json_object_end(w);
    im_buf_release(&href);
}

enum im_code route_grids(struct exchange *x, struct im_error *err)
{
    const struct grid_set *set = x->server->grids;
    struct im_buf buf = {.max = GRID_MAX_BYTES};
    struct im_json w = {.out = &buf};
    enum im_code rc;

    im_json_object(&w);
    im_json_key(&w, "tileMatrixSets");
    im_json_array(&w);
    for (uint32_t i = 0; i < grid_set_size(set); i++)
        if (tile_grid_crs(grid_set_at(set, i)))
            write_entry(x, grid_set_at(set, i), &w);
    im_json_array_end(&w);
    im_json_object_end(&w);
    rc = reply(x, &buf, err);
    im_buf_release(&buf);
    return rc;
}

static enum im_code unknown_grid(struct exchange *x, struct im_error *err)
{
    const struct grid_set *set = x->server->grids;
    char allowed[sizeof x->fault.allowed] = "";

    for (uint32_t i = 0; i < grid_set_size(set); i++) {
        size_t n = strlen(allowed);

        if (tile_grid_crs(grid_set_at(set, i)))
            snprintf(allowed + n, sizeof allowed - n, "%s%s", n ? ", " : "",
                     tile_grid_id(grid_set_at(set, i)));
    }
    request_fault(x, "id", x->captures[0], allowed);
    im_fail(err, IM_ENOTFOUND, "there is no tile matrix set '%s'; known are %s",
            x->fault.value, allowed);
    return im_zh(err, IM_ENOTFOUND, "没有瓦片矩阵集 “%s”；现有 %s", x->fault.value,
                 allowed);
}

enum im_code route_grid(struct exchange *x, struct im_error *err)
{
    const struct tile_grid *grid = grid_set_find(x->server->grids, x->captures[0]);
    struct im_buf buf = {.max = GRID_MAX_BYTES};
    struct im_json w = {.out = &buf};
    enum im_code rc;

    if (!grid || !tile_grid_crs(grid))
        return unknown_grid(x, err);
    tile_grid_write(grid, &w);
    rc = reply(x, &buf, err);
    im_buf_release(&buf);
    return rc;
}
