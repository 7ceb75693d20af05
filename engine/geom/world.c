/* SPDX-License-Identifier: Apache-2.0 */
/* World units: WebMercatorQuad's square cut into 2^32 units a side. */
#include <engine/geom.h>

#include <math.h>

#define WORLD_SIZE 4294967296.0
#define PI 3.14159265358979323846
/* the latitude at which the square ends: atan(sinh(pi)) */
#define MAX_LAT_DEG 85.051128779806592

static uint32_t to_units(double share)
{
    double units = floor(share * WORLD_SIZE + 0.5);

    if (!(units > 0)) /* NaN too */
        return 0;
    return units >= WORLD_SIZE ? UINT32_MAX : (uint32_t)units;
}

uint32_t world_x(double lon_deg)
{
    return to_units(lon_deg / 360.0 + 0.5);
}

uint32_t world_y(double lat_deg)
{
    double lat = lat_deg > MAX_LAT_DEG    ? MAX_LAT_DEG
                 : lat_deg < -MAX_LAT_DEG ? -MAX_LAT_DEG
                                          : lat_deg;

    /* atanh(sin) keeps its accuracy at the equator, where log(tan) does not */
    return to_units(0.5 - atanh(sin(lat * PI / 180)) / (2 * PI));
}

double world_lon(double x)
{
    return (x / WORLD_SIZE - 0.5) * 360.0;
}

double world_lat(double y)
{
    return atan(sinh((0.5 - y / WORLD_SIZE) * 2 * PI)) * 180 / PI;
}
