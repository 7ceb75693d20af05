// SPDX-License-Identifier: Apache-2.0
// From unknown JSON to our types. What is missing gets its empty value; what has the wrong shape
// altogether throws, so that a broken answer becomes one message instead of a half-drawn page.
import { Problem } from "./problem.ts";
import type {
  Catalog,
  Field,
  Layer,
  LegendEntry,
  LegendShape,
  NamedPlace,
  NearestAnswer,
  Origin,
  Place,
  Precision,
  Sprites,
  StyleChoice,
} from "./types.ts";

type Dict = Record<string, unknown>;

export function isDict(value: unknown): value is Dict {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function dict(value: unknown, what: string): Dict {
  if (isDict(value)) return value;
  throw new Problem("answer", `${what} is not an object`);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function number(value: unknown, what: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new Problem("answer", `${what} is not a number`);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function readField(value: unknown): Field {
  const field = dict(value, "field");
  const type = text(field.type);
  return {
    name: text(field.name),
    title: text(field.title),
    type: type === "integer" || type === "real" ? type : "text",
    unit: text(field.unit),
    codes: list(field.codes).map((code) => {
      const entry = dict(code, "code");
      return { code: text(entry.code), title: text(entry.title) };
    }),
  };
}

const SHAPES: readonly string[] = ["circle", "ring", "line", "fill", "cluster", "heading", "note"];

function isShape(shape: string): shape is LegendShape {
  return SHAPES.includes(shape);
}

export function readLegend(value: unknown): LegendEntry {
  const entry = dict(value, "legend");
  const shape = text(entry.shape);
  return {
    title: text(entry.title),
    shape: isShape(shape) ? shape : "circle",
    color: text(entry.color),
    opacity: typeof entry.opacity === "number" ? entry.opacity : 1,
    outline: text(entry.outline),
    radius: typeof entry.radius === "number" ? entry.radius : 0,
    pattern: text(entry.pattern),
    images: list(entry.images).flatMap((pair) => {
      const [zoom, name] = list(pair);
      return typeof zoom === "number" && typeof name === "string" ? [[zoom, name] as const] : [];
    }),
  };
}

function readLayer(value: unknown): Layer {
  const layer = dict(value, "layer");
  return {
    id: text(layer.id),
    key: text(layer.key) || "id",
    title: text(layer.title) || text(layer.id),
    group: text(layer.group),
    geometry: text(layer.geometry),
    count: number(layer.count, "count"),
    placed: number(layer.placed ?? layer.count, "placed"),
    by_precision: isDict(layer.by_precision)
      ? (layer.by_precision as Partial<Record<Precision, number>>)
      : {},
    source: text(layer.source),
    source_date: text(layer.source_date),
    licence: text(layer.licence),
    completeness: text(layer.completeness),
    in_map: layer.in_map === true,
    fields: list(layer.fields).map(readField),
    legend: list(layer.legend).map(readLegend),
  };
}

/** The sheet's JSON; entries of another shape are left out. */
export function readSprites(value: unknown, url: string): Sprites {
  const images: Record<string, Sprites["images"][string]> = {};
  let width = 0;
  let height = 0;
  for (const [name, entry] of Object.entries(dict(value, "sprites"))) {
    const { x, y, width: w, height: h, pixelRatio } = dict(entry, name);
    if (![x, y, w, h, pixelRatio].every((n) => typeof n === "number")) continue;
    images[name] = entry as Sprites["images"][string];
    width = Math.max(width, Number(x) + Number(w));
    height = Math.max(height, Number(y) + Number(h));
  }
  return { url, width, height, images };
}

function readStyles(value: unknown): StyleChoice[] {
  const order = (style: unknown) =>
    isDict(style) && typeof style.order === "number" ? style.order : 1000;
  return [...list(value)]
    .sort((a, b) => order(a) - order(b))
    .flatMap((entry) => {
      const style = dict(entry, "style");
      const id = text(style.id);
      return id ? [{ id, title: text(style.title) || id, isTheme: style.theme === true }] : [];
    });
}

export function readCatalog(value: unknown): Catalog {
  const catalog = dict(value, "layers");
  return {
    layers: list(catalog.layers).map(readLayer),
    data_version: number(catalog.data_version ?? 0, "data_version"),
    attribution: text(catalog.attribution),
    notice: text(catalog.notice),
    review_number: text(catalog.review_number),
    styles: readStyles(catalog.styles),
    problems: list(catalog.problems).map(text),
  };
}

export function readPlace(value: unknown): Place {
  const place = dict(value, "feature");
  return {
    type: "Feature",
    ...(typeof place.id === "string" || typeof place.id === "number" ? { id: place.id } : {}),
    geometry: isDict(place.geometry) ? (place.geometry as unknown as Place["geometry"]) : null,
    properties: dict(place.properties, "properties"),
  };
}

export function readNamedPlace(value: unknown): NamedPlace {
  const place = dict(value, "place");
  const layer = text(place.layer);
  const id = text(place.id);
  return {
    name: text(place.name),
    layer,
    id,
    in: text(place.in),
    near: text(place.near) || `${layer}:${id}`,
  };
}

function readOrigin(value: unknown): Origin {
  const origin = dict(value, "origin");
  return {
    lon: number(origin.lon, "origin.lon"),
    lat: number(origin.lat, "origin.lat"),
    uncertainty_m: number(origin.uncertainty_m ?? 0, "origin.uncertainty_m"),
    place: isDict(origin.place) ? readNamedPlace(origin.place) : null,
    alternatives: list(origin.alternatives).map(readNamedPlace),
  };
}

export function readNearest(value: unknown): NearestAnswer {
  const answer = dict(value, "answer");
  const apart = isDict(answer.apart) ? answer.apart : {};
  return {
    origin: readOrigin(dict(answer.query, "query").origin),
    features: list(answer.features).map(readPlace),
    numberMatched: number(answer.numberMatched ?? 0, "numberMatched"),
    apart: {
      numberMatched: number(apart.numberMatched ?? 0, "apart.numberMatched"),
      note: text(apart.note),
      features: list(apart.features).map(readPlace),
    },
    unplaced: number(answer.unplaced ?? 0, "unplaced"),
    completeness: list(answer.completeness).map((entry) => {
      const item = dict(entry, "completeness");
      return { layer: text(item.layer), note: text(item.note) };
    }),
  };
}

/** A problem document, or whatever a proxy in between sent instead. */
export function readProblem(status: number, value: unknown): Problem {
  if (!isDict(value)) return new Problem("answer", "", status);
  return new Problem(
    text(value.code) || "answer",
    text(value.detail) || text(value.title),
    status,
    list(value.choices).map(readNamedPlace),
  );
}
