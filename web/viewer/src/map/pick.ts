// SPDX-License-Identifier: Apache-2.0
// From what lies under the pointer to what the person meant.
import type { Lang, Layer } from "../api/types.ts";
import type { Candidate, Picked } from "../state/state.ts";
import type { Found } from "./map-view.ts";

function text(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

function candidateOf(found: Found, layer: Layer, lang: Lang): Candidate | null {
  const id = text(found.properties[layer.key]);
  if (!id) return null;
  const name =
    text(found.properties[`name_${lang}`]) || text(found.properties.name_zh) || layer.title;
  return { layer: layer.id, id, name };
}

/**
 * Places win over what they lie on: someone who hits a dot means the dot, not the corridor under it.
 * Where there is no place, the spot itself was meant, and the areas it lies in are told.
 */
export function pickedOf(
  lon: number,
  lat: number,
  found: readonly Found[],
  layers: readonly Layer[],
  lang: Lang,
): Picked {
  const hasPlace = found.some((one) => one.geometry !== "area");
  const wanted = found.some((one) => one.geometry === "point")
    ? "point"
    : hasPlace
      ? "line"
      : "area";
  const items = new Map<string, Candidate>();
  for (const one of found) {
    const layer = layers.find(({ id }) => id === one.layer);
    const candidate = layer && one.geometry === wanted ? candidateOf(one, layer, lang) : null;
    // a place is drawn as a dot and as a name, and in two tiles at their seam
    if (candidate) items.set(`${candidate.layer}:${candidate.id}`, candidate);
  }
  return {
    lon,
    lat,
    kind: hasPlace && items.size > 0 ? "places" : "spot",
    items: [...items.values()],
  };
}
