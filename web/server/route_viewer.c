/* SPDX-License-Identifier: Apache-2.0 */
/* The map page and its files. */
#include "routes.h"
#include "server_state.h"

static enum im_code no_viewer(struct im_error *err)
{
    im_fail(err, IM_ENOTFOUND,
            "this server was started without the map page; tiles are at "
            "/tiles/map/{z}/{x}/{y}.png, questions at /api/nearest");
    return im_zh(err, IM_ENOTFOUND,
                 "此服务未带地图页面；瓦片在 /tiles/map/{z}/{x}/{y}.png，查询在 "
                 "/api/nearest");
}

static void join_path(const struct http_url *url, struct im_buf *out)
{
    for (size_t i = 0; i < url->n_segments; i++) {
        im_buf_text(out, i ? "/" : "");
        im_buf_append(out, url->segments[i].data, url->segments[i].len);
    }
    if (url->n_segments == 0)
        im_buf_text(out, "index.html");
}

/* The same page; its script sees by the path that it is shown inside of another one,
 * and reads what was asked. */
enum im_code route_embed(struct exchange *x, struct im_error *err)
{
    const struct assets *assets = x->server->assets;
    struct body *body = assets ? assets_find(assets, im_bytes_of("index.html")) : NULL;

    if (!body)
        return no_viewer(err);
    x->body = body_ref(body);
    x->keep = KEEP_CHECKED;
    return IM_OK;
}

enum im_code route_viewer(struct exchange *x, struct im_error *err)
{
    char text[URL_MAX_BYTES + 16];
    struct im_buf path = {
        .data = (uint8_t *)text, .cap = sizeof text, .max = sizeof text};
    const struct assets *assets = x->server->assets;
    struct body *body;

    if (!assets && x->url.n_segments == 0)
        return no_viewer(err);
    join_path(&x->url, &path);
    body = assets ? assets_find(assets, im_buf_bytes(&path)) : NULL;
    if (!body)
        return exchange_no_path(x, err);
    x->body = body_ref(body);
    /* names under assets/ carry a hash of their content: the build tool's promise */
    x->keep = x->url.n_segments > 1 &&
                      im_bytes_equal(x->url.segments[0], im_bytes_of("assets"))
                  ? KEEP_FOREVER
                  : KEEP_CHECKED;
    return IM_OK;
}
