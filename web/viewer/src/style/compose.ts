// SPDX-License-Identifier: Apache-2.0
// The style MapLibre gets: the server's own, with layers switched off and the overlay on top.
import type { FeatureCollection } from "geojson";
import type { LayerSpecification, StyleSpecification } from "maplibre-gl";
import { OVERLAY_SOURCE, overlayLayers, overlayNames } from "./overlay.ts";
import type { Palette } from "./palette.ts";

export interface Composition {
  palette: Palette;
  /** Layers of the catalog that are switched off. */
  hidden: ReadonlySet<string>;
  overlay: FeatureCollection;
}

/** The catalog layer a style layer draws; the base map's and the overlay's have none. */
export function layerIdOf(layer: LayerSpecification): string | null {
  return "source-layer" in layer && typeof layer["source-layer"] === "string"
    ? layer["source-layer"]
    : null;
}

function switched(layer: LayerSpecification, hidden: ReadonlySet<string>): LayerSpecification {
  const id = layerIdOf(layer);
  if (id === null || !hidden.has(id)) return layer;
  return { ...layer, layout: { ...layer.layout, visibility: "none" } } as LayerSpecification;
}

export function composeStyle(server: StyleSpecification, parts: Composition): StyleSpecification {
  // names go over the overlay's rings and lines, so the overlay sits below the first label;
  // the names of an answer go before all others
  const layers = server.layers.map((layer) => switched(layer, parts.hidden));
  const firstName = layers.findIndex((layer) => layer.type === "symbol");
  const at = firstName < 0 ? layers.length : firstName;
  return {
    ...server,
    sources: {
      ...server.sources,
      [OVERLAY_SOURCE]: { type: "geojson", data: parts.overlay },
    },
    layers: [
      ...layers.slice(0, at),
      ...overlayLayers(parts.palette),
      ...layers.slice(at),
      ...overlayNames(parts.palette),
    ],
  };
}

/** The sources of a style from somewhere else are none of ours: true when it looks like a style. */
export function isStyle(value: unknown): value is StyleSpecification {
  if (typeof value !== "object" || value === null) return false;
  const style = value as Partial<StyleSpecification>;
  return style.version === 8 && Array.isArray(style.layers) && typeof style.sources === "object";
}
