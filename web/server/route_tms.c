/* SPDX-License-Identifier: Apache-2.0 */
/* TMS 1.0.0 (OSGeo's Tile Map Service): the same tiles, rows counted from the south. A
 * map is "{layers}@{grid}@{format}". */
#include "ows.h"
#include "routes.h"
#include "server_state.h"

#include <math.h>

static const enum tile_format OFFERED[] = {TILE_PNG, TILE_MVT};

/* Rows from the south need a southern edge that all matrices share. */
static bool has_edge(const struct tile_grid *grid)
{
    double first = 0;

    for (uint32_t z = 0; z < tile_grid_depth(grid); z++) {
        const struct grid_matrix *m = tile_grid_matrix(grid, z);
        double south = m->origin[1] - m->n_rows * m->cell_size * m->tile_px;

        if (z == 0)
            first = south;
        if (fabs(south - first) > m->cell_size ||
            m->origin[0] != tile_grid_matrix(grid, 0)->origin[0])
            return false;
    }
    return tile_grid_crs(grid) != NULL;
}

static void write_list(struct exchange *x, const char *base_url, struct html *h)
{
    const struct grid_set *set = x->server->grids;
    struct ows_layer layer;
    bool end = false;

    html_markup(h, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TileMapService "
                   "version=\"1.0.0\"><Title>innomap</Title><Abstract/><TileMaps>\n");
    for (size_t i = 0; !end; i++) {
        if (!ows_layer_at(x, i, &layer, &end))
            continue;
        for (uint32_t g = 0; g < 2 * grid_set_size(set); g++) {
            const struct tile_grid *grid = grid_set_at(set, g / 2);

            if (!has_edge(grid))
                continue;
            html_markup(h, "<TileMap");
            html_attribute(h, "title", im_bytes_of(layer.title));
            html_attribute(h, "srs", im_bytes_of(tile_grid_crs_code(grid)));
            html_markup(h, " profile=\"none\" href=\"");
            html_string(h, base_url);
            html_markup(h, "/tms/1.0.0/");
            html_string(h, layer.id);
            html_markup(h, "@");
            html_string(h, tile_grid_id(grid));
            html_markup(h, "@");
            html_string(h, tile_format_suffix(OFFERED[g % 2]));
            html_markup(h, "\"/>\n");
        }
    }
    html_markup(h, "</TileMaps></TileMapService>\n");
}

enum im_code route_tms(struct exchange *x, struct im_error *err)
{
    ows_exceptions(x);
    exchange_snapshot(x);
    return ows_answer(x, write_list, "tms", err);
}

struct tms_map {
    struct im_bytes layers;
    struct im_bytes grid;
    struct im_bytes format;
};

static bool split(struct im_bytes name, struct tms_map *out)
{
    const uint8_t *end = name.data + name.len;
    const uint8_t *second = name.len ? memrchr(name.data, '@', name.len) : NULL;
    const uint8_t *first =
        second ? memrchr(name.data, '@', (size_t)(second - name.data)) : NULL;

    if (!first)
        return false;
    out->layers = (struct im_bytes){name.data, (size_t)(first - name.data)};
    out->grid = (struct im_bytes){first + 1, (size_t)(second - first - 1)};
    out->format = (struct im_bytes){second + 1, (size_t)(end - second - 1)};
    return true;
}

static enum im_code read_map(struct exchange *x,
                             struct map_key *key,
                             enum tile_format *format,
                             struct im_error *err)
{
    struct tms_map map;
    struct map_names names = {.filter = {0}};
    enum im_code rc;

    ows_exceptions(x);
    exchange_snapshot(x);
    if (!split(x->captures[0], &map) || !tile_format_find(map.format, format))
        return ows_fail(x, 404, "InvalidParameterValue", "map", x->captures[0],
                        "{layers}@{grid}@{png|webp|jpg|mvt}", err);
    names.layers = map.layers;
    names.grid = map.grid;
    rc = map_request(x, &names, key, err);
    if (rc == IM_OK && !has_edge(key->grid))
        rc = ows_fail(x, 404, "InvalidParameterValue", "grid", map.grid,
                      "a grid whose matrices end at one southern edge", err);
    return rc;
}

static void write_map(struct exchange *x, const char *base_url, struct html *h)
{
    struct im_error err;
    struct map_key key;
    enum tile_format format;

    if (read_map(x, &key, &format, &err) != IM_OK)
        return;
    const struct grid_matrix *m = tile_grid_matrix(key.grid, 0);
    double side = m->cell_size * m->tile_px;
    html_markup(h, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TileMap "
                   "version=\"1.0.0\"");
    html_markup(h, "><Title>");
    html_text(h, key.layers);
    html_markup(h, "</Title><Abstract/><SRS>");
    html_string(h, tile_grid_crs_code(key.grid));
    html_markup(h, "</SRS><BoundingBox");
    html_markup(h, " minx=\"");
    ows_number(h, m->origin[0]);
    html_markup(h, "\" miny=\"");
    ows_number(h, m->origin[1] - m->n_rows * side);
    html_markup(h, "\" maxx=\"");
    ows_number(h, m->origin[0] + m->n_cols * side);
    html_markup(h, "\" maxy=\"");
    ows_number(h, m->origin[1]);
    html_markup(h, "\"/><Origin x=\"");
    ows_number(h, m->origin[0]);
    html_markup(h, "\" y=\"");
    ows_number(h, m->origin[1] - m->n_rows * side);
    html_markup(h, "\"/><TileFormat width=\"256\" height=\"256\"");
    html_attribute(h, "mime-type", im_bytes_of(tile_format_type(format)));
    html_attribute(h, "extension", im_bytes_of(tile_format_suffix(format)));
    html_markup(h, "/><TileSets profile=\"none\">\n");
    for (uint32_t z = 0; z < tile_grid_depth(key.grid); z++) {
        html_markup(h, "<TileSet href=\"");
        html_string(h, base_url);
        html_markup(h, "/tms/1.0.0/");
        html_text(h, x->captures[0]);
        html_markup(h, "/");
        html_integer(h, z);
        html_markup(h, "\" units-per-pixel=\"");
        ows_number(h, tile_grid_matrix(key.grid, z)->cell_size);
        html_markup(h, "\" order=\"");
        html_integer(h, z);
        html_markup(h, "\"/>\n");
    }
    html_markup(h, "</TileSets></TileMap>\n");
}

enum im_code route_tms_map(struct exchange *x, struct im_error *err)
{
    struct map_key key;
    enum tile_format format;
    char what[300];
    enum im_code rc = read_map(x, &key, &format, err);

    if (rc != IM_OK)
        return rc;
    if (x->captures[0].len >= sizeof what)
        return ows_fail(x, 404, "InvalidParameterValue", "map", x->captures[0],
                        "at most 300 bytes", err);
    snprintf(what, sizeof what, "%.*s", (int)x->captures[0].len,
             (const char *)x->captures[0].data);
    return ows_answer(x, write_map, what, err);
}

enum im_code route_tms_tile(struct exchange *x, struct im_error *err)
{
    struct tms_map map;
    struct map_names names = {.filter = {0}};
    struct map_key key;
    struct tile_request *r;
    enum tile_format format;
    enum im_code rc;

    if (x->of_route)
        return tiles_answer(x, err);
    rc = read_map(x, &key, &format, err);
    r = rc == IM_OK ? tiles_request_new(x, err) : NULL;
    if (!r)
        return rc == IM_OK ? IM_ENOMEM : rc;
    (void)split(x->captures[0], &map);
    names.layers = map.layers;
    names.grid = map.grid;
    rc =
        tile_request(x, &names, x->captures[1], x->captures[2], x->captures[3], r, err);
    if (rc == IM_OK && r->format != format)
        rc = ows_fail(x, 404, "InvalidParameterValue", "tile", x->captures[3],
                      tile_format_suffix(format), err);
    if (rc != IM_OK)
        return rc;
    r->id.y = tile_grid_matrix(r->map.grid, r->id.z)->n_rows - 1 - r->id.y;
    return tiles_answer(x, err);
}
