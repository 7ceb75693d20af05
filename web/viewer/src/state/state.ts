// SPDX-License-Identifier: Apache-2.0
// Everything the page shows follows from this one value.
import type { Problem } from "../api/problem.ts";
import type {
  Catalog,
  Lang,
  Layer,
  NamedPlace,
  NearestAnswer,
  Place,
  Sprites,
} from "../api/types.ts";

export interface View {
  lon: number;
  lat: number;
  zoom: number;
}

/** A feature under the pointer, as the vector tiles know it. */
export interface Candidate {
  layer: string;
  id: string;
  name: string;
}

export type AskOrigin =
  | { kind: "text"; text: string }
  | { kind: "point"; lon: number; lat: number }
  | { kind: "place"; near: string; name: string };

export interface Ask {
  origin: AskOrigin;
  layer: string;
  k: number;
}

/** What was clicked: places to choose from, or a spot and the areas it lies in. */
export interface Picked {
  lon: number;
  lat: number;
  kind: "places" | "spot";
  items: readonly Candidate[];
}

export type Loading<T> =
  | { status: "loading" }
  | { status: "done"; value: T }
  | { status: "failed"; problem: Problem };

export interface OpenPlace {
  layer: string;
  id: string;
  /** What the tile already said, to be shown while the rest is on its way. */
  name: string;
  result: Loading<Place>;
}

export interface OpenAnswer {
  layer: string;
  result: Loading<NearestAnswer>;
  /** False when it came with a shared link, whose view is part of the link. */
  movesMap: boolean;
}

/** The id of a style of the whole map; which there are, the catalog says. */
export type Look = string;
export const STANDARD_LOOK: Look = "light";

export interface State {
  lang: Lang;
  look: Look;
  view: View | null;
  /** null: as the catalog has it, all of them. */
  visible: ReadonlySet<string> | null;
  ask: Ask;
  choices: readonly NamedPlace[];
  catalog: Loading<Catalog>;
  /** null: there are none, or not yet. */
  sprites: Sprites | null;
  style: Loading<Record<string, unknown>>;
  picked: Picked | null;
  place: OpenPlace | null;
  answer: OpenAnswer | null;
  /** What went wrong with the last thing the person asked for. */
  problem: Problem | null;
}

export const K_CHOICES = [3, 5, 10, 20] as const;

export const INITIAL: State = {
  lang: "zh",
  look: STANDARD_LOOK,
  view: null,
  visible: null,
  ask: { origin: { kind: "text", text: "" }, layer: "", k: 5 },
  choices: [],
  catalog: { status: "loading" },
  sprites: null,
  style: { status: "loading" },
  picked: null,
  place: null,
  answer: null,
  problem: null,
};

export function catalogOf(state: State): Catalog | null {
  return state.catalog.status === "done" ? state.catalog.value : null;
}

export function layerOf(state: State, id: string): Layer | undefined {
  return catalogOf(state)?.layers.find((layer) => layer.id === id);
}

/** Drawn, and for the person to switch on and off; the base map is neither listed nor asked. */
export function isSwitchable(layer: Layer): boolean {
  return layer.in_map && layer.group !== "base" && layer.geometry !== "none";
}

/** Layers that the style in use draws; null: not known yet. A map of one subject has few. */
export function drawnLayers(state: State): ReadonlySet<string> | null {
  if (state.style.status !== "done") return null;
  const { layers } = state.style.value;
  return new Set(
    (Array.isArray(layers) ? layers : []).flatMap((layer: Record<string, unknown>) => {
      const source = layer?.["source-layer"];
      return typeof source === "string" ? [source.replace(/_label$/, "")] : [];
    }),
  );
}

export function isAskable(layer: Layer): boolean {
  return layer.group !== "base" && layer.group !== "links" && layer.geometry !== "none";
}

export function isVisible(state: State, id: string): boolean {
  return state.visible === null || state.visible.has(id);
}

const GROUP_ORDER = ["places", "areas", "links", "tables"];

/** The groups of these layers, places first; a group nobody has told us of comes last. */
export function groupsOf(layers: readonly Layer[]): string[] {
  const rank = (group: string) => (GROUP_ORDER.indexOf(group) + 9) % 9;
  return [...new Set(layers.map(({ group }) => group))].sort((a, b) => rank(a) - rank(b));
}

export type PanelName = "layers" | "picked" | "place" | "answer";

/** The panel on top; closing it uncovers the one below. */
export function panelOf(state: State): PanelName {
  if (state.place) return "place";
  if (state.picked) return "picked";
  if (state.answer) return "answer";
  return "layers";
}
