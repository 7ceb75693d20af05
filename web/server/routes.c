/* SPDX-License-Identifier: Apache-2.0 */
/* The table of paths. */
#include "routes.h"

#include "tile_request.h"

static const char *const languages[] = {"zh", "en", NULL};

static const struct param_spec lang_params[] = {
    {"lang", PARAM_CHOICE, 0, 0, languages},
};
static const struct param_spec feature_params[] = {
    {"layer", PARAM_TEXT, 1, 48, NULL},
    {"id", PARAM_TEXT, 1, 200, NULL},
    {"lang", PARAM_CHOICE, 0, 0, languages},
};

#define OLD (ROUTE_OPEN | ROUTE_OWN_PARAMS)
#define LANG lang_params, 1
#define NONE NULL, 0
#define API ROUTE_OPEN | ROUTE_VARIES | ROUTE_OWN_PARAMS | ROUTE_FORM | ROUTE_JSON
#define OGC (ROUTE_OPEN | ROUTE_OWN_PARAMS | ROUTE_NEGOTIATES)
#define TILE_TAKES tile_params, TILE_F
#define TILES_TAKE tile_params, TILE_N_PARAMS

/* The first pattern that fits is taken: longer suffixes before shorter ones. */
const struct route routes[] = {
    {"/tiles/{layers}/{z}/{x}/{tile}", route_tile, TILE_TAKES, ROUTE_OPEN,
     "tile: {y}.png, .webp, .jpg, each also @2x and @3x; {y}.mvt"},
    {"/tiles/{grid}/{layers}/{z}/{x}/{tile}", route_tile_of_grid, TILE_TAKES,
     ROUTE_OPEN, "the same in another grid; grid 512: pictures of 512 px"},
    {"/api/nearest", route_api, NONE, API, "the k nearest places"},
    {"/api/within", route_api, NONE, API, "places in an area"},
    {"/api/list", route_api, NONE, API, "rows"},
    {"/api/aggregate", route_api, NONE, API, "counts, sums, means by group"},
    {"/api/coverage", route_api, NONE, API, "which have none within reach"},
    {"/api/join", route_api, NONE, API, "for each the nearest of another layer"},
    {"/api/chain", route_api, NONE, API, "which have all within reach"},
    {"/api/flows", route_api, NONE, API, "from where to where"},
    {"/api/search", route_api, NONE, API, "places by text"},
    {"/api/suggest", route_api, NONE, API, "names as you type"},
    {"/api/ask", route_api, NONE, API, "a plain question"},
    {"/api/changes", route_api, NONE, API, "what the last import did"},
    {"/api/duplicates", route_api, NONE, API, "rows that may be the same place"},
    {"/api/feature", route_feature, feature_params, 3, ROUTE_OPEN | ROUTE_VARIES,
     "one place with all its fields"},
    {"/api/layers", route_api, NONE, API, "layers, counts, sources, legend"},
    {"/tiles/{layers}.json", route_tilejson, TILES_TAKE, ROUTE_OPEN | ROUTE_VARIES,
     "TileJSON; f=png, webp or jpg for pictures"},
    {"/tiles/{grid}/{layers}.json", route_tilejson_of_grid, TILES_TAKE,
     ROUTE_OPEN | ROUTE_VARIES, "TileJSON of another grid"},
    {"/wmts", route_wmts, NONE, OLD, "WMTS 1.0.0, parameters"},
    {"/wmts/1.0.0/{document}", route_wmts_document, NONE, OLD, "WMTSCapabilities.xml"},
    {"/wmts/1.0.0/{layer}/{style}/{set}/{matrix}/{row}/{tile}", route_wmts_tile, NONE,
     OLD, "WMTS 1.0.0, RESTful"},
    {"/wmts/1.0.0/{layer}/{style}/{set}/{matrix}/{row}/{col}/{j}/{info}",
     route_wmts_info, NONE, OLD, "what lies under a pixel of it"},
    {"/tms/1.0.0", route_tms, NONE, OLD, "TMS: the list of maps"},
    {"/tms/1.0.0/{map}", route_tms_map, NONE, OLD, "one map: {layers}@{grid}@{format}"},
    {"/tms/1.0.0/{map}/{z}/{x}/{tile}", route_tms_tile, NONE, OLD,
     "its tiles, rows from the south"},
    {"/tileMatrixSets", route_grids, LANG, ROUTE_OPEN | ROUTE_VARIES,
     "tile matrix sets"},
    {"/tileMatrixSets/{id}", route_grid, LANG, ROUTE_OPEN | ROUTE_VARIES,
     "one tile matrix set (OGC 17-083r4)"},
    {"/styles/{id}.json", route_style, TILE_TAKES, ROUTE_OPEN | ROUTE_VARIES,
     "MapLibre style"},
    {"/fonts/{fontstack}/{range}.pbf", route_font, NONE, ROUTE_OPEN | ROUTE_VARIES,
     "glyphs for MapLibre"},
    {"/sprites/{id}.json", route_sprite, NONE, ROUTE_OPEN, "where each icon is"},
    {"/sprites/{id}.png", route_sprite, NONE, ROUTE_OPEN, "icons and patterns"},
    {"/static/{layers}/{place}/{size}", route_static, NONE,
     ROUTE_OPEN | ROUTE_OWN_PARAMS,
     "a map as one picture: lon,lat,zoom or a box, then 800x600@2x.png"},
    {"/ogc", route_ogc, NONE, OGC, "OGC API Features"},
    {"/ogc/{page}", route_ogc, NONE, OGC, "documents of OGC API Features"},
    {"/ogc/collections/{id}", route_ogc, NONE, OGC, "a layer as a collection"},
    {"/ogc/collections/{id}/items", route_ogc, NONE, OGC | ROUTE_FORM | ROUTE_JSON,
     "features"},
    {"/ogc/collections/{id}/{part}", route_ogc, NONE, OGC, "fields of a collection"},
    {"/ogc/collections/{id}/items/{featureId}", route_ogc, NONE, OGC, "one feature"},
    {"/healthz", route_healthz, NONE, 0, "is the process alive"},
    {"/readyz", route_readyz, NONE, 0, "are questions answered"},
    {"/metrics", route_metrics, NONE, 0, "counters for Prometheus"},
    {"/", route_viewer, LANG, ROUTE_PAGE | ROUTE_VARIES, "the map"},
    {"/embed", route_embed, NONE,
     ROUTE_PAGE | ROUTE_FRAMED | ROUTE_VARIES | ROUTE_OWN_PARAMS,
     "the map alone, for other people's pages"},
    {"/{file}", route_viewer, LANG, 0, "files of the viewer"},
    {"/examples/{file}", route_viewer, LANG, ROUTE_PAGE,
     "how others take the map into their pages"},
    {"/assets/{file}", route_viewer, LANG, 0, "files of the viewer"},
    {"/assets/{folder}/{file}", route_viewer, LANG, 0, "files of the viewer"},
};
const size_t n_routes = sizeof routes / sizeof *routes;

/* One segment against "literal" or "{name}suffix"; a capture is never empty. */
static bool segment_fits(struct im_bytes pattern,
                         struct im_bytes segment,
                         struct im_bytes *capture,
                         bool *captured)
{
    const uint8_t *end = pattern.len && pattern.data[0] == '{'
                             ? memchr(pattern.data, '}', pattern.len)
                             : NULL;
    size_t suffix;

    *captured = end != NULL;
    if (!end)
        return im_bytes_equal(pattern, segment);
    suffix = pattern.len - (size_t)(end + 1 - pattern.data);
    if (segment.len <= suffix ||
        memcmp(segment.data + segment.len - suffix, end + 1, suffix) != 0)
        return false;
    *capture = (struct im_bytes){segment.data, segment.len - suffix};
    return true;
}

static bool
fits(const struct route *route, const struct http_url *url, struct im_bytes *captures)
{
    const char *pattern = route->pattern;
    size_t n = 0;
    size_t s = 0;

    while (*pattern == '/' && pattern[1]) {
        size_t len = strcspn(pattern + 1, "/");
        struct im_bytes part = {(const uint8_t *)pattern + 1, len};
        bool captured;

        if (s == url->n_segments ||
            !segment_fits(part, url->segments[s], &captures[n], &captured))
            return false;
        n += captured;
        s++;
        pattern += 1 + len;
    }
    return s == url->n_segments &&
           (n == 0 || !url->trailing_slash || (route->flags & ROUTE_NEGOTIATES));
}

const struct route *routes_find(const struct http_url *url,
                                struct im_bytes captures[ROUTE_MAX_CAPTURES])
{
    for (size_t i = 0; i < n_routes && !url->too_deep; i++)
        if (fits(&routes[i], url, captures))
            return &routes[i];
    return NULL;
}
