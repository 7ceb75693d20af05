/* SPDX-License-Identifier: Apache-2.0 */
/* A tile matrix set from outside; in what is accepted, the corners of each matrix are
 * laid into degrees and back. */
#include "grid_parts.h"
#include "projection.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_tile(const struct tile_grid *grid, struct tile_id id)
{
    struct tile_projection p;
    struct im_error err;
    struct bbox window;
    double px[2];

    if (tile_grid_check(grid, id, &err) != IM_OK)
        return;
    projection_open(&p, grid, id.z, id.x * 256.0, id.y * 256.0, 3);
    window = projection_set_window(&p, (struct clip_box){-64, -64, 832, 832});
    if (isnan(window.min_x) || isnan(window.min_y))
        abort();
    (void)projection_point(&p, 0, UINT32_MAX, px);
    (void)projection_point(&p, 1u << 31, 1u << 31, px);
    projection_close(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tile_grid *grid = NULL;
    struct im_error err;

    if (grid_read((struct im_bytes){data, size}, "fuzz", &grid, &err) != IM_OK)
        return 0;
    for (uint32_t z = 0; z < tile_grid_depth(grid); z += z < 2 ? 1 : 7) {
        const struct grid_matrix *m = tile_grid_matrix(grid, z);

        if (m->n_cols == 0 || m->n_rows == 0 || !(m->cell_size > 0))
            abort();
        try_tile(grid, (struct tile_id){z, 0, 0});
        try_tile(grid, (struct tile_id){z, m->n_cols - 1, m->n_rows - 1});
        if (tile_grid_check(grid, (struct tile_id){z, m->n_cols, 0}, &err) == IM_OK)
            abort();
    }
    tile_grid_free(grid);
    return 0;
}
