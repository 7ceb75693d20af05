/* SPDX-License-Identifier: Apache-2.0 */
/* WMTS 1.0.0 (OGC 07-057r7), by parameters and RESTful. */
#include "routes.h"
#include "server_state.h"
#include "wmts_tile.h"

#include <strings.h>

static const enum tile_format OFFERED[] = {TILE_PNG, TILE_WEBP, TILE_JPEG, TILE_MVT};
enum { N_OFFERED = sizeof OFFERED / sizeof *OFFERED };

/* ---- capabilities ---- */

static void element(struct html *h, const char *name, const char *text)
{
    html_markup(h, "<ows:");
    html_string(h, name);
    html_markup(h, ">");
    html_string(h, text);
    html_markup(h, "</ows:");
    html_string(h, name);
    html_markup(h, ">");
}

static void write_operation(struct html *h, const char *name, const char *base_url)
{
    html_markup(h, "<ows:Operation");
    html_attribute(h, "name", im_bytes_of(name));
    html_markup(h, "><ows:DCP><ows:HTTP><ows:Get xlink:href=\"");
    html_string(h, base_url);
    html_markup(h, "/wmts?\"><ows:Constraint name=\"GetEncoding\"><ows:AllowedValues>"
                   "<ows:Value>KVP</ows:Value></ows:AllowedValues></ows:Constraint>"
                   "</ows:Get></ows:HTTP></ows:DCP></ows:Operation>\n");
}

static void write_head(const struct exchange *x, const char *base_url, struct html *h)
{
    html_markup(h, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Capabilities "
                   "xmlns=\"http://www.opengis.net/wmts/1.0\" "
                   "xmlns:ows=\"http://www.opengis.net/ows/1.1\" "
                   "xmlns:xlink=\"http://www.w3.org/1999/xlink\" version=\"1.0.0\">\n"
                   "<ows:ServiceIdentification>");
    element(h, "Title", x->lang == LANG_ZH ? "innomap 地图瓦片" : "innomap tiles");
    element(h, "Abstract", server_review_number(x->server));
    html_markup(h, "<ows:ServiceType>OGC WMTS</ows:ServiceType>"
                   "<ows:ServiceTypeVersion>1.0.0</ows:ServiceTypeVersion>"
                   "</ows:ServiceIdentification>\n<ows:OperationsMetadata>");
    write_operation(h, "GetCapabilities", base_url);
    write_operation(h, "GetTile", base_url);
    write_operation(h, "GetFeatureInfo", base_url);
    html_markup(h, "</ows:OperationsMetadata>\n<Contents>\n");
}

static void
write_boxes(const struct exchange *x, const struct ows_layer *l, struct html *h)
{
    const struct grid_set *set = x->server->grids;

    html_markup(h, "<ows:WGS84BoundingBox><ows:LowerCorner>");
    ows_number(h, l->box.min_x);
    html_markup(h, " ");
    ows_number(h, l->box.min_y);
    html_markup(h, "</ows:LowerCorner><ows:UpperCorner>");
    ows_number(h, l->box.max_x);
    html_markup(h, " ");
    ows_number(h, l->box.max_y);
    html_markup(h, "</ows:UpperCorner></ows:WGS84BoundingBox>");
    element(h, "Identifier", l->id);
    for (uint32_t i = 0; i < grid_set_size(set); i++) {
        const struct tile_grid *grid = grid_set_at(set, i);
        struct bbox plane;

        if (!tile_grid_crs(grid) || !tile_grid_plane(grid, l->box, &plane))
            continue;
        html_markup(h, "<ows:BoundingBox crs=\"");
        ows_write_crs(h, grid);
        html_markup(h, "\"><ows:LowerCorner>");
        ows_write_pair(h, grid, plane.min_x, plane.min_y);
        html_markup(h, "</ows:LowerCorner><ows:UpperCorner>");
        ows_write_pair(h, grid, plane.max_x, plane.max_y);
        html_markup(h, "</ows:UpperCorner></ows:BoundingBox>");
    }
}

static void
write_style(struct html *h, const char *id, const char *title, bool is_default)
{
    html_markup(h, "<Style");
    html_attribute(h, "isDefault", im_bytes_of(is_default ? "true" : "false"));
    html_markup(h, ">");
    element(h, "Title", title);
    element(h, "Identifier", id);
    html_markup(h, "</Style>");
}

static void write_styles(const struct exchange *x, struct html *h)
{
    const struct stylesheet_set *set = x->server->styles;

    write_style(h, "default", x->lang == LANG_ZH ? "默认" : "Default", true);
    for (uint32_t i = 0; i < stylesheet_set_size(set); i++) {
        const struct stylesheet *sheet = stylesheet_set_at(set, i);

        write_style(h, stylesheet_id(sheet), stylesheet_title(sheet, x->lang), false);
    }
}

static void number_element(struct html *h, const char *name, int64_t value)
{
    html_markup(h, "<");
    html_string(h, name);
    html_markup(h, ">");
    html_integer(h, value);
    html_markup(h, "</");
    html_string(h, name);
    html_markup(h, ">");
}

static void
write_limits(const struct tile_grid *grid, const struct ows_layer *l, struct html *h)
{
    html_markup(h, "<TileMatrixSetLimits>");
    for (uint32_t z = 0; z < tile_grid_depth(grid); z++) {
        uint32_t cols[2];
        uint32_t rows[2];

        if (!ows_limits(grid, l, z, cols, rows))
            continue;
        html_markup(h, "<TileMatrixLimits><TileMatrix>");
        html_string(h, tile_grid_matrix(grid, z)->id);
        html_markup(h, "</TileMatrix>");
        number_element(h, "MinTileRow", rows[0]);
        number_element(h, "MaxTileRow", rows[1]);
        number_element(h, "MinTileCol", cols[0]);
        number_element(h, "MaxTileCol", cols[1]);
        html_markup(h, "</TileMatrixLimits>");
    }
    html_markup(h, "</TileMatrixSetLimits>");
}

static bool meets(const struct tile_grid *grid, const struct ows_layer *l)
{
    uint32_t cols[2];
    uint32_t rows[2];

    return tile_grid_crs(grid) && ows_limits(grid, l, 0, cols, rows);
}

static void
write_links(const struct exchange *x, const struct ows_layer *l, struct html *h)
{
    const struct grid_set *set = x->server->grids;

    for (uint32_t i = 0; i < grid_set_size(set); i++) {
        const struct tile_grid *grid = grid_set_at(set, i);

        if (!meets(grid, l))
            continue;
        html_markup(h, "<TileMatrixSetLink><TileMatrixSet>");
        html_string(h, tile_grid_id(grid));
        html_markup(h, "</TileMatrixSet>");
        write_limits(grid, l, h);
        html_markup(h, "</TileMatrixSetLink>\n");
    }
}

static void
write_attribution(const struct exchange *x, const struct ows_layer *l, struct html *h)
{
    const struct atlas *atlas = snapshot_atlas(x->snapshot);
    struct im_buf line = {.max = 16384};

    for (size_t i = 0; i < atlas_layer_count(atlas); i++) {
        const struct atlas_layer *layer = atlas_layer_at(atlas, i);

        if (layer_is_open(layer) &&
            (l->layer ? layer == l->layer : atlas_layer_schema(layer)->in_map))
            query_add_attribution(&line, layer, x->lang);
    }
    html_markup(h, "<ows:Abstract>");
    html_text(h, im_buf_bytes(&line));
    html_markup(h, "</ows:Abstract>");
    im_buf_release(&line);
}

/* The map has layers that can be asked, and only those are. */
static bool is_queryable(const struct ows_layer *l)
{
    return !l->layer || wmts_is_queryable(l->layer);
}

static void write_info_formats(const struct ows_layer *l, struct html *h)
{
    for (int i = 0; i < WMTS_INFO_FORMATS && is_queryable(l); i++) {
        html_markup(h, "<InfoFormat>");
        html_string(h, wmts_info_type((enum wmts_info_format)i));
        html_markup(h, "</InfoFormat>");
    }
}

static void
write_info_addresses(const struct ows_layer *l, const char *base_url, struct html *h)
{
    for (int i = 0; i < WMTS_INFO_FORMATS && is_queryable(l); i++) {
        html_markup(h, "<ResourceURL resourceType=\"FeatureInfo\"");
        html_attribute(h, "format",
                       im_bytes_of(wmts_info_type((enum wmts_info_format)i)));
        html_markup(h, " template=\"");
        html_string(h, base_url);
        html_markup(h, "/wmts/1.0.0/");
        html_string(h, l->id);
        html_markup(h, "/{Style}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}/{J}/"
                       "{I}.");
        html_string(h, wmts_info_suffix((enum wmts_info_format)i));
        html_markup(h, "\"/>");
    }
}

static void write_layer(const struct exchange *x,
                        const struct ows_layer *l,
                        const char *base_url,
                        struct html *h)
{
    html_markup(h, "<Layer>");
    element(h, "Title", l->title);
    write_attribution(x, l, h);
    write_boxes(x, l, h);
    write_styles(x, h);
    for (size_t i = 0; i < N_OFFERED; i++) {
        html_markup(h, "<Format>");
        html_string(h, tile_format_type(OFFERED[i]));
        html_markup(h, "</Format>");
    }
    write_info_formats(l, h);
    write_links(x, l, h);
    for (size_t i = 0; i < N_OFFERED; i++) {
        html_markup(h, "<ResourceURL resourceType=\"tile\"");
        html_attribute(h, "format", im_bytes_of(tile_format_type(OFFERED[i])));
        html_markup(h, " template=\"");
        html_string(h, base_url);
        html_markup(h, "/wmts/1.0.0/");
        html_string(h, l->id);
        html_markup(h, "/{Style}/{TileMatrixSet}/{TileMatrix}/{TileRow}/{TileCol}.");
        html_string(h, tile_format_suffix(OFFERED[i]));
        html_markup(h, "\"/>");
    }
    write_info_addresses(l, base_url, h);
    html_markup(h, "</Layer>\n");
}

static void write_set(const struct tile_grid *grid, enum lang lang, struct html *h)
{
    html_markup(h, "<TileMatrixSet>");
    element(h, "Title", tile_grid_title(grid, lang));
    element(h, "Identifier", tile_grid_id(grid));
    html_markup(h, "<ows:SupportedCRS>");
    ows_write_crs(h, grid);
    html_markup(h, "</ows:SupportedCRS>\n");
    for (uint32_t z = 0; z < tile_grid_depth(grid); z++) {
        const struct grid_matrix *m = tile_grid_matrix(grid, z);

        html_markup(h, "<TileMatrix>");
        element(h, "Identifier", m->id);
        html_markup(h, "<ScaleDenominator>");
        ows_number(h, m->scale_denominator);
        html_markup(h, "</ScaleDenominator><TopLeftCorner>");
        ows_write_pair(h, grid, m->origin[0], m->origin[1]);
        html_markup(h, "</TopLeftCorner>");
        number_element(h, "TileWidth", m->tile_px);
        number_element(h, "TileHeight", m->tile_px);
        number_element(h, "MatrixWidth", m->n_cols);
        number_element(h, "MatrixHeight", m->n_rows);
        html_markup(h, "</TileMatrix>\n");
    }
    html_markup(h, "</TileMatrixSet>\n");
}

static void write_capabilities(struct exchange *x, const char *base_url, struct html *h)
{
    const struct grid_set *set = x->server->grids;
    struct ows_layer layer;
    bool end = false;

    write_head(x, base_url, h);
    for (size_t i = 0; !end; i++)
        if (ows_layer_at(x, i, &layer, &end))
            write_layer(x, &layer, base_url, h);
    for (uint32_t i = 0; i < grid_set_size(set); i++)
        if (tile_grid_crs(grid_set_at(set, i)))
            write_set(grid_set_at(set, i), x->lang, h);
    html_markup(h, "</Contents>\n<ServiceMetadataURL xlink:href=\"");
    html_string(h, base_url);
    html_markup(h, "/wmts/1.0.0/WMTSCapabilities.xml\"/>\n</Capabilities>\n");
}

/* ---- tiles ---- */

static enum im_code get_tile(struct exchange *x, struct im_error *err)
{
    struct wmts_tile t = {.layer = ows_param(x, "layer"),
                          .style = ows_param(x, "style"),
                          .set = ows_param(x, "tilematrixset"),
                          .matrix = ows_param(x, "tilematrix"),
                          .row = ows_param(x, "tilerow"),
                          .col = ows_param(x, "tilecol")};
    struct im_bytes type = ows_param(x, "format");
    struct tile_request *r;
    enum im_code rc;
    size_t i = 0;

    if (x->of_route)
        return tiles_answer(x, err);
    while (i < N_OFFERED && type.data &&
           !im_bytes_equal(type, im_bytes_of(tile_format_type(OFFERED[i]))))
        i++;
    if (i == N_OFFERED)
        return ows_fail(x, 400, "InvalidParameterValue", "Format", type,
                        "image/png, image/webp, image/jpeg, "
                        "application/vnd.mapbox-vector-tile",
                        err);
    if (!t.style.len) /* empty is the default one */
        t.style = (struct im_bytes){0};
    r = tiles_request_new(x, err);
    if (!r)
        return IM_ENOMEM;
    r->format = OFFERED[i];
    rc = wmts_read_tile(x, &t, r, err);
    return rc == IM_OK ? tiles_answer(x, err) : rc;
}

static bool is(struct im_bytes given, const char *name)
{
    return given.len == strlen(name) &&
           strncasecmp((const char *)given.data, name, given.len) == 0;
}

void wmts_start(struct exchange *x)
{
    ows_exceptions(x);
    if (im_bytes_equal(ows_param(x, "lang"), im_bytes_of("en")))
        x->lang = LANG_EN;
    exchange_snapshot(x);
}

enum im_code route_wmts(struct exchange *x, struct im_error *err)
{
    struct im_bytes service = ows_param(x, "service");
    struct im_bytes request = ows_param(x, "request");

    wmts_start(x);
    if (service.data && !is(service, "WMTS"))
        return ows_fail(x, 400, "InvalidParameterValue", "Service", service, "WMTS",
                        err);
    if (is(request, "GetCapabilities"))
        return ows_answer(x, write_capabilities, "wmts", err);
    if (is(request, "GetTile"))
        return get_tile(x, err);
    if (is(request, "GetFeatureInfo"))
        return wmts_get_info(x, err);
    return ows_fail(x, request.data ? 501 : 400,
                    request.data ? "OperationNotSupported" : "MissingParameterValue",
                    "Request", request, "GetCapabilities, GetTile, GetFeatureInfo",
                    err);
}

enum im_code route_wmts_document(struct exchange *x, struct im_error *err)
{
    if (!im_bytes_equal(x->captures[0], im_bytes_of("WMTSCapabilities.xml")))
        return exchange_no_path(x, err);
    wmts_start(x);
    return ows_answer(x, write_capabilities, "wmts", err);
}

/* {layer}/{style}/{set}/{matrix}/{row}/{col}.png */
enum im_code route_wmts_tile(struct exchange *x, struct im_error *err)
{
    struct wmts_tile t = {.layer = x->captures[0],
                          .style = x->captures[1],
                          .set = x->captures[2],
                          .matrix = x->captures[3],
                          .row = x->captures[4],
                          .col = x->captures[5],
                          .is_rest = true};
    const uint8_t *dot = memrchr(t.col.data, '.', t.col.len);
    struct tile_request *r;
    enum im_code rc;

    wmts_start(x);
    if (x->of_route)
        return tiles_answer(x, err);
    r = tiles_request_new(x, err);
    if (!r)
        return IM_ENOMEM;
    if (!dot ||
        !tile_format_find(
            (struct im_bytes){dot + 1, t.col.len - (size_t)(dot + 1 - t.col.data)},
            &r->format))
        return ows_fail(x, 404, "InvalidParameterValue", "Format", t.col,
                        "png, webp, jpg, mvt", err);
    t.col.len = (size_t)(dot - t.col.data);
    rc = wmts_read_tile(x, &t, r, err);
    return rc == IM_OK ? tiles_answer(x, err) : rc;
}
