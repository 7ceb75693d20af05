// SPDX-License-Identifier: Apache-2.0
// What can be shared is in the part of the URL after '#':
//   lon lat zoom   the view                     layers  ids that are shown, comma separated; absent: all
//   lang           zh (default) or en           place   layer:id of the open card
//   style          the look of the map; absent: light
//   near ask k     the question: a name, "lon,lat" or "layer:id"; the layer asked for; how many
import type { Lang } from "../api/types.ts";
import {
  type AskOrigin,
  K_CHOICES,
  type Look,
  STANDARD_LOOK,
  type State,
  type View,
} from "./state.ts";

export interface Shared {
  lang: Lang;
  look: Look;
  view: View | null;
  visible: ReadonlySet<string> | null;
  place: { layer: string; id: string } | null;
  question: { origin: AskOrigin; layer: string; k: number } | null;
}

const REFERENCE = /^([a-z][a-z0-9_]{0,47}):(.+)$/;
/** Names of files in the server's folder of styles. */
const STYLE_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const NUMBER = /^-?\d{1,3}(\.\d{1,12})?$/;

function numberOf(text: string | null, min: number, max: number): number | null {
  if (text === null || !NUMBER.test(text)) return null;
  const value = Number(text);
  return value >= min && value <= max ? value : null;
}

/** "121.59, 31.2" (also with Chinese or no space) as a position, longitude first. */
export function readPosition(text: string): { lon: number; lat: number } | null {
  const parts = text.split(/[,，、\s]+/).filter(Boolean);
  const [x = "", y = ""] = parts;
  const lon = numberOf(x, -180, 180);
  const lat = numberOf(y, -90, 90);
  return parts.length === 2 && lon !== null && lat !== null ? { lon, lat } : null;
}

export function readOrigin(text: string): AskOrigin {
  const position = readPosition(text);
  if (position) return { kind: "point", ...position };
  return REFERENCE.test(text) ? { kind: "place", near: text, name: text } : { kind: "text", text };
}

/** What the origin is called in a URL: the server's near=, or "lon,lat". */
export function writeOrigin(origin: AskOrigin): string {
  switch (origin.kind) {
    case "text":
      return origin.text;
    case "place":
      return origin.near;
    case "point":
      return `${origin.lon.toFixed(5)},${origin.lat.toFixed(5)}`;
  }
}

/** A query and a fragment as one fragment; what both have, the fragment's counts. */
export function mergeHash(search: string, hash: string): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of new URLSearchParams(hash.replace(/^#/, ""))) params.set(name, value);
  return `#${params.toString()}`;
}

function readView(params: URLSearchParams): View | null {
  const lon = numberOf(params.get("lon"), -180, 180);
  const lat = numberOf(params.get("lat"), -90, 90);
  const zoom = numberOf(params.get("zoom"), 0, 24);
  return lon !== null && lat !== null && zoom !== null ? { lon, lat, zoom } : null;
}

export function readHash(hash: string): Shared {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  const layers = params.get("layers");
  const place = REFERENCE.exec(params.get("place") ?? "");
  const near = params.get("near");
  const ask = params.get("ask");
  const k = Number(params.get("k"));
  return {
    lang: params.get("lang") === "en" ? "en" : "zh",
    look: STYLE_ID.exec(params.get("style") ?? "")?.[0] ?? STANDARD_LOOK,
    view: readView(params),
    visible: layers === null ? null : new Set(layers.split(",").filter(Boolean)),
    place: place ? { layer: place[1] ?? "", id: place[2] ?? "" } : null,
    question:
      near && ask
        ? { origin: readOrigin(near), layer: ask, k: K_CHOICES.find((n) => n === k) ?? 5 }
        : null,
  };
}

export function writeHash(state: State): string {
  const params = new URLSearchParams();
  if (state.view) {
    params.set("lon", state.view.lon.toFixed(4));
    params.set("lat", state.view.lat.toFixed(4));
    params.set("zoom", state.view.zoom.toFixed(2));
  }
  if (state.visible) params.set("layers", [...state.visible].sort().join(","));
  if (state.answer) {
    params.set("near", writeOrigin(state.ask.origin));
    params.set("ask", state.answer.layer);
    params.set("k", String(state.ask.k));
  }
  if (state.place) params.set("place", `${state.place.layer}:${state.place.id}`);
  if (state.look !== STANDARD_LOOK) params.set("style", state.look);
  if (state.lang !== "zh") params.set("lang", state.lang);
  // commas and colons are fine in a fragment and easier to read (RFC 3986, 3.5)
  return `#${params.toString().replaceAll("%2C", ",").replaceAll("%3A", ":")}`;
}
