/* SPDX-License-Identifier: Apache-2.0 */
/* The alias for front ends written for 天地图: /{vec|cva}_{w|c}/wmts and /DataServer,
 * with that service's ways, which are not those of the standard and so never stand in
 * one document with it (see /wmts for the standard):
 *
 *   matrices are called 1, 2 ...; level 1 of c is 2 x 1 tiles, of w 2 x 2
 *   scale denominators are those of 96 dpi, the CRS of w is EPSG::900913 and its corner
 *   is written the wrong way round, FORMAT is "tiles", a key `tk` is sent
 *
 * vec is the map without names, cva the names alone; LAYER and T also take ids of ours.
 */
#include "ows.h"
#include "routes.h"
#include "server_state.h"

#include <strings.h>

enum { FIRST_LEVEL = 1, LEVELS = 20 };
/* 0.0254 / 96 m a pixel instead of 0.28 mm, at level 1 */
static const double FIRST_SCALE_96_DPI = 2.958293554545656E8;

static enum im_code route_wmts_alias(struct exchange *x, struct im_error *err);
static enum im_code route_data_server(struct exchange *x, struct im_error *err);

static const struct route routes_of_alias[] = {
    {"/{family}/wmts", route_wmts_alias, NULL, 0, ROUTE_OPEN | ROUTE_OWN_PARAMS,
     "天地图: WMTS"},
    {"/DataServer", route_data_server, NULL, 0, ROUTE_OPEN | ROUTE_OWN_PARAMS,
     "天地图: DataServer?T=&x=&y=&l="},
};

/* "vec_w": what is drawn, and in which grid. */
struct family {
    struct im_bytes name; /* "vec", "cva", or layers of ours */
    bool is_geographic;   /* c, else w */
};

static bool split_family(struct im_bytes text, struct family *out)
{
    size_t n = text.len;

    if (n < 3 || text.data[n - 2] != '_' ||
        (text.data[n - 1] != 'w' && text.data[n - 1] != 'c'))
        return false;
    out->name = (struct im_bytes){text.data, n - 2};
    out->is_geographic = text.data[n - 1] == 'c';
    return true;
}

/* The segments after the prefix; false when the address has another beginning. */
static bool skip_prefix(const char *prefix, const struct http_url *url, size_t *first)
{
    *first = 0;
    while (*prefix == '/' && prefix[1]) {
        size_t n = strcspn(prefix + 1, "/");

        if (*first == url->n_segments ||
            !im_bytes_equal(url->segments[*first],
                            (struct im_bytes){(const uint8_t *)prefix + 1, n}))
            return false;
        ++*first;
        prefix += 1 + n;
    }
    return true;
}

const struct route *tianditu_find(const struct server *server,
                                  const struct http_url *url,
                                  struct im_bytes captures[ROUTE_MAX_CAPTURES])
{
    struct family family;
    size_t first;

    if (url->too_deep || !skip_prefix(server->tianditu_prefix, url, &first))
        return NULL;
    if (url->n_segments == first + 1 &&
        im_bytes_equal(url->segments[first], im_bytes_of("DataServer")))
        return &routes_of_alias[1];
    if (url->n_segments == first + 2 && split_family(url->segments[first], &family) &&
        (im_bytes_equal(family.name, im_bytes_of("vec")) ||
         im_bytes_equal(family.name, im_bytes_of("cva"))) &&
        im_bytes_equal(url->segments[first + 1], im_bytes_of("wmts"))) {
        captures[0] = url->segments[first];
        return &routes_of_alias[0];
    }
    return NULL;
}

/* ---- tiles ---- */

static const struct tile_grid *grid_of(const struct exchange *x, struct family family)
{
    return family.is_geographic
               ? grid_set_find(x->server->grids, im_bytes_of("CGCS2000Quad"))
               : tile_grid_web_mercator();
}

static enum im_code read_level(struct exchange *x,
                               const char *name,
                               struct im_bytes text,
                               int64_t min,
                               int64_t max,
                               int64_t *out,
                               struct im_error *err)
{
    char allowed[60];
    bool is_number = im_parse_int64(text, out);

    if (is_number && *out >= min && *out <= max)
        return IM_OK;
    snprintf(allowed, sizeof allowed, "%lld..%lld", (long long)min, (long long)max);
    return ows_fail(x, is_number ? 404 : 400,
                    !text.data  ? "MissingParameterValue"
                    : is_number ? "TileOutOfRange"
                                : "InvalidParameterValue",
                    name, text, allowed, err);
}

struct alias_tile {
    struct im_bytes layer;
    struct im_bytes level;
    struct im_bytes row;
    struct im_bytes col;
    const char *names[3]; /* of level, row, column, for messages */
};

static enum im_code answer_tile(struct exchange *x,
                                struct family family,
                                const struct alias_tile *t,
                                struct im_error *err)
{
    bool is_ground = im_bytes_equal(t->layer, im_bytes_of("vec"));
    bool is_labels = im_bytes_equal(t->layer, im_bytes_of("cva"));
    const struct tile_grid *grid = grid_of(x, family);
    struct map_names names = {.layers = is_ground || is_labels ? im_bytes_of("map")
                                                               : t->layer,
                              .style = ows_param(x, "innomap_style")};
    struct tile_request *r;
    const struct grid_matrix *m;
    int64_t level;
    int64_t row;
    int64_t col;
    enum im_code rc;

    if (!grid)
        return ows_fail(x, 404, "InvalidParameterValue", "grid", im_bytes_of("c"),
                        "w (CGCS2000Quad is not among the grids)", err);
    names.grid = im_bytes_of(tile_grid_id(grid));
    r = tiles_request_new(x, err);
    rc = r ? map_request(x, &names, &r->map, err) : IM_ENOMEM;
    if (rc != IM_OK)
        return rc;
    r->map.part = is_ground   ? TILE_PART_GROUND
                  : is_labels ? TILE_PART_LABELS
                              : TILE_PART_ALL;
    r->size_px = 256;
    r->scale = 1;
    r->format = TILE_PNG;
    rc = read_level(x, t->names[0], t->level, FIRST_LEVEL, LEVELS, &level, err);
    if (rc != IM_OK)
        return rc;
    /* level 1 of c is the first matrix, of w the second */
    r->id.z = (uint32_t)level - (family.is_geographic ? 1 : 0);
    m = tile_grid_matrix(r->map.grid, r->id.z);
    rc = read_level(x, t->names[1], t->row, 0, (int64_t)m->n_rows - 1, &row, err);
    if (rc == IM_OK)
        rc = read_level(x, t->names[2], t->col, 0, (int64_t)m->n_cols - 1, &col, err);
    if (rc != IM_OK)
        return rc;
    r->id.y = (uint32_t)row;
    r->id.x = (uint32_t)col;
    return tiles_answer(x, err);
}

static enum im_code route_data_server(struct exchange *x, struct im_error *err)
{
    struct im_bytes name = ows_param(x, "T");
    struct family family;
    struct alias_tile t = {.level = ows_param(x, "l"),
                           .row = ows_param(x, "y"),
                           .col = ows_param(x, "x"),
                           .names = {"l", "y", "x"}};

    if (x->of_route)
        return tiles_answer(x, err);
    ows_exceptions(x);
    if (!split_family(name, &family))
        return ows_fail(
            x, 400, name.data ? "InvalidParameterValue" : "MissingParameterValue", "T",
            name, "vec_w, vec_c, cva_w, cva_c, {layers}_w, {layers}_c", err);
    t.layer = family.name;
    return answer_tile(x, family, &t, err);
}

/* ---- capabilities ---- */

static void write_matrix(struct html *h, int level, bool is_geographic)
{
    uint64_t n = 1ull << level;

    html_markup(h, "<TileMatrix><ows:Identifier>");
    html_integer(h, level);
    html_markup(h, "</ows:Identifier><ScaleDenominator>");
    ows_number(h, FIRST_SCALE_96_DPI / (double)(1u << (level - 1)));
    html_markup(h, "</ScaleDenominator><TopLeftCorner>");
    html_string(h,
                is_geographic ? "90.0 -180.0" : "20037508.3427892 -20037508.3427892");
    html_markup(h, "</TopLeftCorner><TileWidth>256</TileWidth><TileHeight>256"
                   "</TileHeight><MatrixWidth>");
    html_integer(h, (int64_t)n);
    html_markup(h, "</MatrixWidth><MatrixHeight>");
    html_integer(h, (int64_t)(is_geographic ? n / 2 : n));
    html_markup(h, "</MatrixHeight></TileMatrix>\n");
}

static void write_capabilities(struct exchange *x, const char *base_url, struct html *h)
{
    struct family family = {.is_geographic = false};

    (void)split_family(x->captures[0], &family);
    html_markup(h, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Capabilities "
                   "xmlns=\"http://www.opengis.net/wmts/1.0\" "
                   "xmlns:ows=\"http://www.opengis.net/ows/1.1\" "
                   "xmlns:xlink=\"http://www.w3.org/1999/xlink\" version=\"1.0.0\">\n"
                   "<ows:ServiceIdentification><ows:Title>innomap</ows:Title>"
                   "<ows:ServiceType>OGC WMTS</ows:ServiceType>"
                   "<ows:ServiceTypeVersion>1.0.0</ows:ServiceTypeVersion>"
                   "</ows:ServiceIdentification>\n<ows:OperationsMetadata>"
                   "<ows:Operation name=\"GetTile\"><ows:DCP><ows:HTTP><ows:Get "
                   "xlink:href=\"");
    html_string(h, base_url);
    html_string(h, x->server->tianditu_prefix);
    html_markup(h, "/");
    html_text(h, x->captures[0]);
    html_markup(h, "/wmts?\"><ows:Constraint name=\"GetEncoding\"><ows:AllowedValues>"
                   "<ows:Value>KVP</ows:Value></ows:AllowedValues></ows:Constraint>"
                   "</ows:Get></ows:HTTP></ows:DCP></ows:Operation>"
                   "</ows:OperationsMetadata>\n<Contents><Layer><ows:Title>");
    html_text(h, x->captures[0]);
    html_markup(h, "</ows:Title><ows:WGS84BoundingBox><ows:LowerCorner>-180 -90"
                   "</ows:LowerCorner><ows:UpperCorner>180 90</ows:UpperCorner>"
                   "</ows:WGS84BoundingBox><ows:Identifier>");
    html_text(h, family.name);
    html_markup(h, "</ows:Identifier><Style isDefault=\"true\"><ows:Identifier>default"
                   "</ows:Identifier></Style><Format>tiles</Format><TileMatrixSetLink>"
                   "<TileMatrixSet>");
    html_string(h, family.is_geographic ? "c" : "w");
    html_markup(h, "</TileMatrixSet></TileMatrixSetLink></Layer>\n<TileMatrixSet>"
                   "<ows:Identifier>");
    html_string(h, family.is_geographic ? "c" : "w");
    html_markup(h, "</ows:Identifier><ows:SupportedCRS>urn:ogc:def:crs:EPSG::");
    html_string(h, family.is_geographic ? "4490" : "900913");
    html_markup(h, "</ows:SupportedCRS>\n");
    for (int level = FIRST_LEVEL; level <= LEVELS; level++)
        write_matrix(h, level, family.is_geographic);
    html_markup(h, "</TileMatrixSet></Contents></Capabilities>\n");
}

static bool is(struct im_bytes given, const char *name)
{
    return given.len == strlen(name) &&
           strncasecmp((const char *)given.data, name, given.len) == 0;
}

static enum im_code route_wmts_alias(struct exchange *x, struct im_error *err)
{
    struct im_bytes request = ows_param(x, "request");
    struct im_bytes set = ows_param(x, "tilematrixset");
    struct im_bytes layer = ows_param(x, "layer");
    struct family family = {.is_geographic = false};
    struct alias_tile t = {.layer = layer,
                           .level = ows_param(x, "tilematrix"),
                           .row = ows_param(x, "tilerow"),
                           .col = ows_param(x, "tilecol"),
                           .names = {"TileMatrix", "TileRow", "TileCol"}};
    char what[16];

    (void)split_family(x->captures[0], &family);
    if (x->of_route)
        return tiles_answer(x, err);
    ows_exceptions(x);
    if (is(request, "GetCapabilities")) {
        snprintf(what, sizeof what, "%.*s", (int)x->captures[0].len,
                 (const char *)x->captures[0].data);
        return ows_answer(x, write_capabilities, what, err);
    }
    if (request.data && !is(request, "GetTile"))
        return ows_fail(x, 501, "OperationNotSupported", "Request", request,
                        "GetCapabilities, GetTile", err);
    if (set.data && !is(set, family.is_geographic ? "c" : "w"))
        return ows_fail(x, 400, "InvalidParameterValue", "TileMatrixSet", set,
                        family.is_geographic ? "c" : "w", err);
    if (!layer.len)
        t.layer = family.name;
    return answer_tile(x, family, &t, err);
}
