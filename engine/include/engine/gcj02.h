/* SPDX-License-Identifier: Apache-2.0 */
/* GCJ-02 and BD-09, the offset systems of Chinese map services, to and from WGS 84.
 *
 * No official formula is public. This is the published reverse-engineered
 * approximation, which agrees with the services to about a metre inside China. */
#ifndef ENGINE_GCJ02_H
#define ENGINE_GCJ02_H

/** Degrees, longitude first. */
struct crs_lonlat {
    double lon;
    double lat;
};

/**
 * WGS 84 (or CGCS2000, the difference is irrelevant here) to GCJ-02. The offset is 420
 * to 630 m in the Yangtze delta. Outside 72.004..137.8347 E, 0.8293..55.8271 N, where
 * no service applies it, the position is returned as it is.
 */
struct crs_lonlat crs_gcj02_from_wgs84(struct crs_lonlat wgs84);

/** The inverse by fixed-point iteration, exact to below 1e-9 degree. */
struct crs_lonlat crs_gcj02_to_wgs84(struct crs_lonlat gcj02);

/** BD-09 is a further offset on top of GCJ-02: 1,072 to 1,274 m from WGS 84. */
struct crs_lonlat crs_bd09_from_wgs84(struct crs_lonlat wgs84);
struct crs_lonlat crs_bd09_to_wgs84(struct crs_lonlat bd09);
struct crs_lonlat crs_bd09_from_gcj02(struct crs_lonlat gcj02);
/** By iteration too: the closed form in circulation is off by up to 0.15 m. */
struct crs_lonlat crs_bd09_to_gcj02(struct crs_lonlat bd09);

#endif
