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

/** A place that was found: the end of a line from the origin. */
export interface Target {
  at: Position;
  name: string;
}

export interface OverlayInput {
  origin: Spot | null;
  /** Best first. */
  targets: readonly Target[];
  place: Spot | null;
  /** Outline of an open area or line; points are drawn as a spot. */
  shape: Geometry | null;
}

type Role = "origin-ring" | "line" | "target" | "place-ring" | "place-spot" | "shape";

function feature(role: Role, geometry: Geometry, more: Record<string, string> = {}): Feature {
  return { type: "Feature", properties: { role, ...more }, geometry };
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
          coordinates: [[origin.lon, origin.lat], target.at],
        }),
      )
    : [];
  const targets = input.targets.map(({ at, name }) =>
    feature("target", { type: "Point", coordinates: at }, { name }),
  );
  return {
    type: "FeatureCollection",
    features: [
      ...ring("origin-ring", origin),
      ...ring("place-ring", place),
      ...lines,
      ...targets,
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

/** Names of the places found, over all other names: MapLibre places the last layer first. */
export function overlayNames(palette: Palette): LayerSpecification[] {
  const source = OVERLAY_SOURCE;
  const filter: ["==", ["get", "role"], Role] = ["==", ["get", "role"], "target"];
  return [
    {
      id: "innomap-target-name",
      type: "symbol",
      source,
      filter,
      layout: {
        "text-field": ["get", "name"],
        "text-font": ["Noto Sans Bold"],
        "text-size": 12,
        "text-max-width": 11,
        "text-variable-anchor": ["top", "left", "right", "bottom"],
        "text-radial-offset": 1.4,
        "text-justify": "auto",
      },
      paint: {
        "text-color": palette.origin,
        "text-halo-color": palette.halo,
        "text-halo-width": 1.6,
      },
    },
    {
      // nothing to see: it keeps names from under the numbered markers, which are no map layer
      id: "innomap-target-room",
      type: "symbol",
      source,
      filter,
      layout: {
        "text-field": "口",
        "text-font": ["Noto Sans Regular"],
        "text-size": 24,
        "text-allow-overlap": true,
        "text-padding": 0,
      },
      paint: { "text-opacity": 0 },
    },
  ];
}
