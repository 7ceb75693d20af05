// SPDX-License-Identifier: Apache-2.0
// The answers of the server, as ARCHITECTURE.md ("Answers") describes them.
import type { Feature, Geometry } from "geojson";

export type Lang = "zh" | "en";
export type Precision = "site" | "park" | "town" | "district" | "city";
export type LegendShape = "circle" | "ring" | "line" | "fill" | "cluster" | "heading" | "note";

export interface LegendEntry {
  title: string;
  shape: LegendShape;
  color: string;
  /** Of areas. */
  opacity: number;
  outline: string;
  /** Of circles whose size means something, in pixels; 0: as any other sign. */
  radius: number;
  pattern: string;
  /** The image that stands for it from these zooms on. */
  images: readonly (readonly [number, string])[];
}

/** Where each icon lies on the sheet, in pixels of the sheet. */
export interface Sprites {
  url: string;
  width: number;
  height: number;
  images: Readonly<
    Record<string, { x: number; y: number; width: number; height: number; pixelRatio: number }>
  >;
}

export interface FieldCode {
  code: string;
  title: string;
}

export interface Field {
  name: string;
  title: string;
  type: "text" | "integer" | "real";
  unit: string;
  codes: FieldCode[];
}

export interface Layer {
  id: string;
  /** The field that names a feature; vector tiles carry it. */
  key: string;
  title: string;
  group: string;
  geometry: string;
  count: number;
  placed: number;
  by_precision: Partial<Record<Precision, number>>;
  source: string;
  source_date: string;
  licence: string;
  completeness: string;
  in_map: boolean;
  fields: Field[];
  legend: LegendEntry[];
}

/** A style of the whole map to choose from. */
export interface StyleChoice {
  id: string;
  title: string;
  /** A map of one subject, with layers of its own. */
  isTheme: boolean;
}

export interface Catalog {
  layers: Layer[];
  data_version: number;
  attribution: string;
  notice: string;
  review_number: string;
  styles: StyleChoice[];
  problems: string[];
}

/** One feature of an answer or of /api/feature; its properties are the layer's own fields. */
export type Place = Feature<Geometry | null, Record<string, unknown>>;

export interface NamedPlace {
  name: string;
  layer: string;
  id: string;
  /** Where it lies, in words; empty when not known. */
  in: string;
  /** What to ask with as near=…: "layer:id". */
  near: string;
}

export interface Origin {
  lon: number;
  lat: number;
  uncertainty_m: number;
  place: NamedPlace | null;
  /** Other places the name may mean. */
  alternatives: NamedPlace[];
}

export interface NearestAnswer {
  origin: Origin;
  features: Place[];
  numberMatched: number;
  apart: { numberMatched: number; note: string; features: Place[] };
  unplaced: number;
  completeness: { layer: string; note: string }[];
}
