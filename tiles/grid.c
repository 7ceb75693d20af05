/* SPDX-License-Identifier: Apache-2.0 */
/* The grid WebMercatorQuad (OGC 17-083r4, annex D.1). */
#include <tiles/tile.h>

#include <math.h>

enum im_code tile_id_check(struct tile_id id, struct im_error *err)
{
    if (id.z > TILE_MAX_ZOOM) {
        im_fail(err, IM_EARG, "zoom %u is outside 0..%u", id.z, TILE_MAX_ZOOM);
        return im_zh(err, IM_EARG, "缩放级别 %u 超出 0..%u", id.z, TILE_MAX_ZOOM);
    }
    uint32_t last = (1u << id.z) - 1;
    if (id.x > last) {
        im_fail(err, IM_EARG, "x %u is outside 0..%u at zoom %u", id.x, last, id.z);
        return im_zh(err, IM_EARG, "x 为 %u，超出 0..%u（第 %u 级）", id.x, last, id.z);
    }
    if (id.y > last) {
        im_fail(err, IM_EARG, "y %u is outside 0..%u at zoom %u", id.y, last, id.z);
        return im_zh(err, IM_EARG, "y 为 %u，超出 0..%u（第 %u 级）", id.y, last, id.z);
    }
    return IM_OK;
}

struct bbox tile_bounds(struct tile_id id, double buffer)
{
    double units = (double)(1ull << (WORLD_BITS - id.z)); /* world units a tile */
    double end = (double)(1ull << WORLD_BITS);
    double west = fmax(0, ((double)id.x - buffer) * units);
    double east = fmin(end, ((double)id.x + 1 + buffer) * units);
    double north = fmax(0, ((double)id.y - buffer) * units);
    double south = fmin(end, ((double)id.y + 1 + buffer) * units);

    /* what lies beyond the last latitude of the grid is drawn at its edge */
    return (struct bbox){world_lon(west), south >= end ? -90 : world_lat(south),
                         world_lon(east), north <= 0 ? 90 : world_lat(north)};
}
