/* SPDX-License-Identifier: Apache-2.0 */
/* GCJ-02 and BD-09. The constants are those of the published approximation; they are
 * curve fits and have no meaning of their own. */
#include <engine/gcj02.h>

#include <math.h>
#include <stdbool.h>

/* Krasovsky 1940, the ellipsoid of the first Chinese systems */
static const double AXIS_M = 6378245.0;
static const double ECCENTRICITY_SQUARED = 0.00669342162296594323;
static const double PI = 3.14159265358979323846;

/* The iteration contracts by a factor of about 1e-3 a round: four rounds reach the
 * limits of double, the rest is margin for NaN and for the edge of the offset area. */
enum { MAX_ROUNDS = 8 };
static const double CLOSE_DEG = 1e-12;

typedef struct crs_lonlat forward_fn(struct crs_lonlat);

static bool has_offset(struct crs_lonlat p)
{
    return p.lon >= 72.004 && p.lon <= 137.8347 && p.lat >= 0.8293 && p.lat <= 55.8271;
}

/* Metres east and north before scaling; x and y are degrees from 105 E, 35 N. */
static double ripple(double x)
{
    return (20.0 * sin(6.0 * x * PI) + 20.0 * sin(2.0 * x * PI)) * 2.0 / 3.0;
}

static double offset_east_m(double x, double y)
{
    double m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x));

    m += ripple(x);
    m += (20.0 * sin(x * PI) + 40.0 * sin(x / 3.0 * PI)) * 2.0 / 3.0;
    m += (150.0 * sin(x / 12.0 * PI) + 300.0 * sin(x / 30.0 * PI)) * 2.0 / 3.0;
    return m;
}

static double offset_north_m(double x, double y)
{
    double m =
        -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x));

    m += ripple(x);
    m += (20.0 * sin(y * PI) + 40.0 * sin(y / 3.0 * PI)) * 2.0 / 3.0;
    m += (160.0 * sin(y / 12.0 * PI) + 320.0 * sin(y * PI / 30.0)) * 2.0 / 3.0;
    return m;
}

struct crs_lonlat crs_gcj02_from_wgs84(struct crs_lonlat p)
{
    if (!has_offset(p))
        return p;
    double x = p.lon - 105.0;
    double y = p.lat - 35.0;
    double lat_rad = p.lat / 180.0 * PI;
    double magic = 1.0 - ECCENTRICITY_SQUARED * sin(lat_rad) * sin(lat_rad);
    double meridian_m =
        AXIS_M * (1.0 - ECCENTRICITY_SQUARED) / (magic * sqrt(magic)) * PI / 180.0;
    double parallel_m = AXIS_M / sqrt(magic) * cos(lat_rad) * PI / 180.0;

    return (struct crs_lonlat){p.lon + offset_east_m(x, y) / parallel_m,
                               p.lat + offset_north_m(x, y) / meridian_m};
}

struct crs_lonlat crs_bd09_from_gcj02(struct crs_lonlat p)
{
    const double x_pi = PI * 3000.0 / 180.0;
    double z = hypot(p.lon, p.lat) + 0.00002 * sin(p.lat * x_pi);
    double theta = atan2(p.lat, p.lon) + 0.000003 * cos(p.lon * x_pi);

    return (struct crs_lonlat){z * cos(theta) + 0.0065, z * sin(theta) + 0.006};
}

struct crs_lonlat crs_bd09_from_wgs84(struct crs_lonlat p)
{
    return crs_bd09_from_gcj02(crs_gcj02_from_wgs84(p));
}

static struct crs_lonlat invert(forward_fn *forward, struct crs_lonlat goal)
{
    struct crs_lonlat p = goal;

    for (int i = 0; i < MAX_ROUNDS; i++) {
        struct crs_lonlat image = forward(p);
        double d_lon = goal.lon - image.lon;
        double d_lat = goal.lat - image.lat;

        p.lon += d_lon;
        p.lat += d_lat;
        if (fabs(d_lon) < CLOSE_DEG && fabs(d_lat) < CLOSE_DEG)
            break;
    }
    return p;
}

struct crs_lonlat crs_gcj02_to_wgs84(struct crs_lonlat p)
{
    return invert(crs_gcj02_from_wgs84, p);
}

struct crs_lonlat crs_bd09_to_gcj02(struct crs_lonlat p)
{
    return invert(crs_bd09_from_gcj02, p);
}

struct crs_lonlat crs_bd09_to_wgs84(struct crs_lonlat p)
{
    return invert(crs_bd09_from_wgs84, p);
}
