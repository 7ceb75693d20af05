/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the parts that name a tile in WMTS. */
#include "wmts_tile.h"

#include "server_state.h"

static enum im_code fail_range(struct exchange *x,
                               const char *name,
                               struct im_bytes value,
                               const uint32_t range[2],
                               bool is_rest,
                               struct im_error *err)
{
    char allowed[40];

    snprintf(allowed, sizeof allowed, "%u..%u", range[0], range[1]);
    return ows_fail(x, is_rest ? 404 : 400, "TileOutOfRange", name, value, allowed,
                    err);
}

static enum im_code find_matrix(struct exchange *x,
                                const struct tile_grid *grid,
                                struct im_bytes id,
                                uint32_t *out,
                                struct im_error *err)
{
    char allowed[300] = "";

    for (uint32_t z = 0; z < tile_grid_depth(grid); z++) {
        const char *name = tile_grid_matrix(grid, z)->id;
        size_t n = strlen(allowed);

        if (im_bytes_equal(id, im_bytes_of(name))) {
            *out = z;
            return IM_OK;
        }
        snprintf(allowed + n, sizeof allowed - n, "%s%s", n ? ", " : "", name);
    }
    return ows_fail(x, 400, id.data ? "InvalidParameterValue" : "MissingParameterValue",
                    "TileMatrix", id, allowed, err);
}

/* Within the limits that the capabilities state. */
static enum im_code check_limits(struct exchange *x,
                                 const struct wmts_tile *t,
                                 const struct tile_request *r,
                                 struct im_error *err)
{
    const struct atlas_layer *one =
        atlas_layer_find(snapshot_atlas(x->snapshot), r->map.layers);
    /* the whole map and lists are not limited */
    struct ows_layer layer = {.layer = one};
    uint32_t cols[2] = {1, 0};
    uint32_t rows[2] = {1, 0};

    if (one)
        layer.box = atlas_layer_extent(one);
    (void)ows_limits(r->map.grid, &layer, r->id.z, cols, rows);
    if (r->id.y < rows[0] || r->id.y > rows[1])
        return fail_range(x, "TileRow", t->row, rows, t->is_rest, err);
    if (r->id.x < cols[0] || r->id.x > cols[1])
        return fail_range(x, "TileCol", t->col, cols, t->is_rest, err);
    return IM_OK;
}

static enum im_code read_index(struct exchange *x,
                               const char *name,
                               struct im_bytes text,
                               uint32_t n,
                               bool is_rest,
                               uint32_t *out,
                               struct im_error *err)
{
    const uint32_t range[2] = {0, n - 1};
    int64_t value;

    if (!im_parse_int64(text, &value)) {
        char allowed[40];

        snprintf(allowed, sizeof allowed, "0..%u", n - 1);
        return ows_fail(x, 400,
                        text.data ? "InvalidParameterValue" : "MissingParameterValue",
                        name, text, allowed, err);
    }
    if (value < 0 || value >= n)
        return fail_range(x, name, text, range, is_rest, err);
    *out = (uint32_t)value;
    return IM_OK;
}

enum im_code wmts_read_tile(struct exchange *x,
                            const struct wmts_tile *t,
                            struct tile_request *r,
                            struct im_error *err)
{
    struct map_names names = {.layers = t->layer,
                              .grid = t->set,
                              .style = t->style,
                              .filter = ows_param(x, "filter")};
    const struct grid_matrix *m;
    enum im_code rc;

    if (!t->layer.data)
        return ows_fail(x, 400, "MissingParameterValue", "Layer", t->layer, "map ...",
                        err);
    if (!t->set.data || !grid_set_find(x->server->grids, t->set) ||
        !tile_grid_crs(grid_set_find(x->server->grids, t->set)))
        return ows_fail(x, t->is_rest ? 404 : 400,
                        t->set.data ? "InvalidParameterValue" : "MissingParameterValue",
                        "TileMatrixSet", t->set, "those of the capabilities", err);
    x->problem_code = "InvalidParameterValue";
    r->size_px = 256;
    r->scale = 1;
    rc = map_request(x, &names, &r->map, err);
    if (rc == IM_ENOTFOUND && !t->is_rest)
        x->status = 400;
    if (rc == IM_OK)
        rc = find_matrix(x, r->map.grid, t->matrix, &r->id.z, err);
    if (rc != IM_OK)
        return rc;
    m = tile_grid_matrix(r->map.grid, r->id.z);
    rc = read_index(x, "TileRow", t->row, m->n_rows, t->is_rest, &r->id.y, err);
    if (rc == IM_OK)
        rc = read_index(x, "TileCol", t->col, m->n_cols, t->is_rest, &r->id.x, err);
    if (rc == IM_OK)
        rc = check_limits(x, t, r, err);
    if (rc == IM_OK)
        x->problem_code = NULL; /* what fails from now on is no parameter's fault */
    return rc;
}
