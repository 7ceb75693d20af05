// SPDX-License-Identifier: Apache-2.0
// The ring around a position that is only known to so many metres.
import type { Position } from "geojson";

/** IUGG mean radius; a ring drawn on a screen needs no ellipsoid. */
const EARTH_RADIUS_M = 6_371_008.8;
const CORNERS = 72;

/** A closed ring of points `radiusM` from lon, lat on the sphere, counter-clockwise (RFC 7946, 3.1.6). */
export function ringAround(lonDeg: number, latDeg: number, radiusM: number): Position[] {
  const lat = (latDeg * Math.PI) / 180;
  const lon = (lonDeg * Math.PI) / 180;
  const angle = radiusM / EARTH_RADIUS_M;
  const ring: Position[] = [];
  for (let i = 0; i < CORNERS; i++) {
    const bearing = (-2 * Math.PI * i) / CORNERS;
    const sinLat =
      Math.sin(lat) * Math.cos(angle) + Math.cos(lat) * Math.sin(angle) * Math.cos(bearing);
    const y = Math.sin(bearing) * Math.sin(angle) * Math.cos(lat);
    const x = Math.cos(angle) - Math.sin(lat) * sinLat;
    ring.push([((lon + Math.atan2(y, x)) * 180) / Math.PI, (Math.asin(sinLat) * 180) / Math.PI]);
  }
  ring.push(ring[0] as Position);
  return ring;
}
