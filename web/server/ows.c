/* SPDX-License-Identifier: Apache-2.0 */
/* What the older OGC services have in common. */
#include "ows.h"

#include "http_problem.h"
#include "server_state.h"

#include <math.h>
#include <strings.h>

static const char XML[] = "application/xml";

struct im_bytes ows_param(const struct exchange *x, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < x->n_pairs; i++)
        if (x->pairs[i].name.len == len &&
            strncasecmp((const char *)x->pairs[i].name.data, name, len) == 0)
            return x->pairs[i].value;
    return (struct im_bytes){0};
}

/* ---- exceptions ---- */

static void write_exception(struct exchange *x,
                            const struct http_problem *problem,
                            struct im_buf *out)
{
    struct html h = {out};
    bool chinese = problem->lang == LANG_ZH && problem->err->msg_zh[0];

    html_markup(&h, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ExceptionReport "
                    "xmlns=\"http://www.opengis.net/ows/1.1\" version=\"1.1.0\"");
    html_attribute(&h, "xml:lang", im_bytes_of(chinese ? "zh" : "en"));
    html_markup(&h, "><Exception");
    html_attribute(&h, "exceptionCode",
                   im_bytes_of(x->problem_code ? x->problem_code : "NoApplicableCode"));
    if (problem->fault && problem->fault->name[0])
        html_attribute(&h, "locator", im_bytes_of(problem->fault->name));
    html_markup(&h, "><ExceptionText>");
    html_string(&h, chinese ? problem->err->msg_zh : problem->err->msg);
    html_markup(&h, "</ExceptionText></Exception></ExceptionReport>\n");
}

void ows_exceptions(struct exchange *x)
{
    x->problem_page = write_exception;
    x->problem_type = XML;
}

enum im_code ows_fail(struct exchange *x,
                      int status,
                      const char *code,
                      const char *locator,
                      struct im_bytes value,
                      const char *allowed,
                      struct im_error *err)
{
    request_fault(x, locator, value, allowed);
    x->status = status;
    x->problem_code = code;
    if (!value.data) {
        im_fail(err, IM_EARG, "%s is missing; allowed is %s", locator, allowed);
        return im_zh(err, IM_EARG, "缺少参数 %s；允许 %s", locator, allowed);
    }
    im_fail(err, IM_EARG, "%s is '%s', allowed is %s", locator, x->fault.value,
            allowed);
    return im_zh(err, IM_EARG, "%s 为 “%s”，允许 %s", locator, x->fault.value, allowed);
}

/* ---- pieces ---- */

void ows_number(struct html *h, double value)
{
    char text[IM_NUMBER_MAX];
    size_t n = im_format_double(text, value, 9);

    im_buf_append(h->out, text, n);
}

void ows_write_crs(struct html *h, const struct tile_grid *grid)
{
    const char *code = tile_grid_crs_code(grid);
    const char *number = code ? strchr(code, ':') : NULL;

    if (!number)
        return;
    html_markup(h, "urn:ogc:def:crs:");
    html_text(h, (struct im_bytes){(const uint8_t *)code, (size_t)(number - code)});
    html_string(h, strncmp(code, "OGC:", 4) == 0 ? ":1.3:" : "::");
    html_string(h, number + 1);
}

void ows_write_pair(struct html *h, const struct tile_grid *grid, double x, double y)
{
    bool north_first = tile_grid_is_north_first(grid);

    ows_number(h, north_first ? y : x);
    html_markup(h, " ");
    ows_number(h, north_first ? x : y);
}

bool ows_layer_at(const struct exchange *x, size_t i, struct ows_layer *out, bool *end)
{
    const struct atlas *atlas = snapshot_atlas(x->snapshot);
    const struct atlas_layer *layer;
    const struct layer_schema *schema;

    *end = i > atlas_layer_count(atlas);
    if (*end)
        return false;
    if (i == 0) {
        *out = (struct ows_layer){.id = "map",
                                  .title = x->lang == LANG_ZH ? "地图" : "The map",
                                  .box = {-180, -90, 180, 90}};
        return true;
    }
    layer = atlas_layer_at(atlas, i - 1);
    schema = atlas_layer_schema(layer);
    *out = (struct ows_layer){.id = schema->id,
                              .title = query_title(schema->title, x->lang),
                              .layer = layer,
                              .box = atlas_layer_extent(layer)};
    return layer_is_open(layer) && schema->geometry != SCHEMA_NONE &&
           !bbox_is_empty(out->box);
}

bool ows_limits(const struct tile_grid *grid,
                const struct ows_layer *layer,
                uint32_t zoom,
                uint32_t cols[2],
                uint32_t rows[2])
{
    const struct grid_matrix *m = tile_grid_matrix(grid, zoom);
    double side = m->cell_size * m->tile_px;
    struct bbox plane;

    if (!layer->layer) {
        cols[0] = rows[0] = 0;
        cols[1] = m->n_cols - 1;
        rows[1] = m->n_rows - 1;
        return true;
    }
    return tile_grid_plane(grid, layer->box, &plane) &&
           tile_grid_plane_limits(grid, zoom,
                                  (struct bbox){plane.min_x - side, plane.min_y - side,
                                                plane.max_x + side, plane.max_y + side},
                                  cols, rows);
}

/* ---- documents ---- */

static enum im_code run_document(struct work_waiter *first,
                                 struct worker *worker,
                                 struct body **out,
                                 struct im_error *err)
{
    struct exchange *x =
        (struct exchange *)(void *)((char *)first - offsetof(struct exchange, waiter));
    ows_write_fn *const *write = x->own;
    struct im_buf buf = {.max = OWS_MAX_BYTES};
    struct html h = {&buf};
    char base_url[300];
    enum im_code rc;

    exchange_base_url(x, base_url, sizeof base_url);
    (*write)(x, base_url, &h);
    rc = exchange_reply(x, &buf, XML, worker->compressor, out, err);
    im_buf_release(&buf);
    if (*out && x->server->documents)
        body_cache_put(x->server->documents, first->key, *out);
    return rc;
}

enum im_code ows_answer(struct exchange *x,
                        ows_write_fn *write,
                        const char *what,
                        struct im_error *err)
{
    ows_write_fn **own;
    struct body_key key;
    enum im_code rc = document_key(x, snapshot_generation(exchange_snapshot(x)),
                                   im_bytes_of(what), &key, err);

    if (rc != IM_OK)
        return rc;
    x->keep = KEEP_CHECKED;
    x->body = x->server->documents ? body_cache_get(x->server->documents, key) : NULL;
    if (x->body)
        return IM_OK;
    own = exchange_arena(x) ? im_arena_alloc(x->arena, sizeof *own) : NULL;
    if (!own)
        return im_fail(err, IM_ENOMEM, "out of memory");
    *own = write;
    x->own = own;
    x->waiter.key = key;
    x->waiter.run = run_document;
    return IM_OK;
}
