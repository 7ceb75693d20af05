// SPDX-License-Identifier: Apache-2.0
// What the viewer draws over the map: the origin's ring, lines to the places found, the open place.
import type { Feature, FeatureCollection, Geometry, Position } from "geojson";
import type { LayerSpecification } from "maplibre-gl";
import type { Palette } from "./palette.ts";
import { ringAround } from "./ring.ts";

export const OVERLAY_SOURCE = "innomap-overlay";

export interface Spot {
  lon: number;
  lat: number;
  /** 0: nothing is said about it, no ring is drawn. */
  uncertaintyM: number;
}

export interface OverlayInput {
  origin: Spot | null;
  /** Ends of the lines from the origin, best first. */
  targets: readonly Position[];
  place: Spot | null;
  /** Outline of an open area or line; points are drawn as a spot. */
  shape: Geometry | null;
}

type Role = "origin-ring" | "line" | "place-ring" | "place-spot" | "shape";

function feature(role: Role, geometry: Geometry): Feature {
  return { type: "Feature", properties: { role }, geometry };
}

function ring(role: Role, spot: Spot | null): Feature[] {
  if (!spot || spot.uncertaintyM <= 0) return [];
  const coordinates = [ringAround(spot.lon, spot.lat, spot.uncertaintyM)];
  return [feature(role, { type: "Polygon", coordinates })];
}

export function overlayData(input: OverlayInput): FeatureCollection {
  const { origin, place, shape } = input;
  const lines = origin
    ? input.targets.map((target) =>
        feature("line", {
          type: "LineString",
          coordinates: [[origin.lon, origin.lat], target],
        }),
      )
    : [];
  return {
    type: "FeatureCollection",
    features: [
      ...ring("origin-ring", origin),
      ...ring("place-ring", place),
      ...lines,
      ...(place
        ? [feature("place-spot", { type: "Point", coordinates: [place.lon, place.lat] })]
        : []),
      ...(shape ? [feature("shape", shape)] : []),
    ],
  };
}

export function overlayLayers(palette: Palette): LayerSpecification[] {
  const source = OVERLAY_SOURCE;
  const is = (...roles: Role[]): ["match", ["get", "role"], Role[], true, false] => [
    "match",
    ["get", "role"],
    roles,
    true,
    false,
  ];
  const ringColour: ["match", ["get", "role"], "origin-ring", string, string] = [
    "match",
    ["get", "role"],
    "origin-ring",
    palette.origin,
    palette.place,
  ];
  return [
    {
      id: "innomap-ring-fill",
      type: "fill",
      source,
      filter: is("origin-ring", "place-ring"),
      paint: { "fill-color": ringColour, "fill-opacity": 0.07 },
    },
    {
      id: "innomap-ring",
      type: "line",
      source,
      filter: is("origin-ring", "place-ring"),
      paint: { "line-color": ringColour, "line-width": 1.4, "line-dasharray": [3, 2.4] },
    },
    {
      id: "innomap-shape",
      type: "line",
      source,
      filter: is("shape"),
      layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": palette.place, "line-width": 2.4 },
    },
    {
      id: "innomap-line-halo",
      type: "line",
      source,
      filter: is("line"),
      layout: { "line-cap": "round" },
      paint: { "line-color": palette.halo, "line-width": 4.5, "line-opacity": 0.75 },
    },
    {
      id: "innomap-line",
      type: "line",
      source,
      filter: is("line"),
      layout: { "line-cap": "round" },
      paint: { "line-color": palette.origin, "line-width": 1.8 },
    },
    {
      id: "innomap-place",
      type: "circle",
      source,
      filter: is("place-spot"),
      paint: {
        "circle-radius": 10,
        "circle-color": palette.place,
        "circle-opacity": 0,
        "circle-stroke-color": palette.place,
        "circle-stroke-width": 2.6,
      },
    },
  ];
}
