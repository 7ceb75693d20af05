// SPDX-License-Identifier: Apache-2.0
// Numbers and field values in words.
import type { Lang, Layer, Place } from "../api/types.ts";
import type { AskOrigin } from "../state/state.ts";

const UNITS: Record<string, string> = { km2: "km²", m2: "m²" };

/** What the card says elsewhere, or a machine needs only. */
const NOT_LISTED = new Set([
  "name_zh",
  "name_en",
  "layer",
  "precision",
  "source",
  "confidence",
  "city",
  "district",
]);

export interface Row {
  name: string;
  title: string;
  value: string;
  /** Where the value leads, when it is an address on the web. */
  href: string | null;
}

export function formatCount(n: number, lang: Lang): string {
  return new Intl.NumberFormat(lang === "zh" ? "zh-CN" : "en").format(n);
}

export function formatMetres(metres: number): string {
  return metres >= 1000
    ? `${Number((metres / 1000).toPrecision(2))} km`
    : `${Math.round(metres)} m`;
}

export function formatPosition(lon: number, lat: number): string {
  return `${lon.toFixed(4)}, ${lat.toFixed(4)}`;
}

export function originText(origin: AskOrigin): string {
  switch (origin.kind) {
    case "text":
      return origin.text;
    case "place":
      return origin.name;
    case "point":
      return formatPosition(origin.lon, origin.lat);
  }
}

export function textOf(place: Place, name: string): string {
  const value = place.properties[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** A field in words: the server's titles of codes first, then the layer's own code list. */
export function wordsOf(place: Place, layer: Layer | undefined, name: string): string {
  const titles = place.properties.titles;
  if (typeof titles === "object" && titles !== null) {
    const title = (titles as Record<string, unknown>)[name];
    if (typeof title === "string" && title) return title;
  }
  const raw = textOf(place, name);
  const codes = layer?.fields.find((field) => field.name === name)?.codes ?? [];
  if (codes.length === 0) return raw;
  return raw
    .split(";")
    .map((code) => codes.find((entry) => entry.code === code)?.title ?? code)
    .join("、");
}

/** The name in the language of the page, and the one in the other language. */
export function namesOf(place: Place, lang: Lang): { main: string; other: string } {
  const zh = textOf(place, "name_zh");
  const en = textOf(place, "name_en");
  const main = (lang === "en" ? en || zh : zh || en) || textOf(place, "name");
  const other = lang === "en" ? zh : en;
  return { main, other: other === main ? "" : other };
}

/** City and district; a direct-controlled city and its district are two words, the same word twice is one. */
export function whereOf(place: Place): string {
  const city = textOf(place, "city") || textOf(place, "host_city");
  const district = textOf(place, "district") || textOf(place, "host_district");
  return [city, district].filter((part, i) => part && (i === 0 || part !== city)).join(" ");
}

function hrefOf(value: string): string | null {
  if (!/^(https?:\/\/)?[\w-]+(\.[\w-]+)+(\/\S*)?$/i.test(value) || !/[a-z]/i.test(value))
    return null;
  return /^https?:/i.test(value) ? value : `https://${value}`;
}

/** The layer's fields that this place has a value for, in the order of the layer. */
export function rowsOf(place: Place, layer: Layer | undefined, lang: Lang): Row[] {
  return (layer?.fields ?? []).flatMap((field) => {
    if (NOT_LISTED.has(field.name) || field.name === layer?.key) return [];
    const raw = textOf(place, field.name);
    if (!raw) return [];
    const unit = UNITS[field.unit] ?? field.unit;
    const words =
      field.type === "real" ? formatCount(Number(raw), lang) : wordsOf(place, layer, field.name);
    return [
      {
        name: field.name,
        title: field.title,
        value: unit ? `${words} ${unit}` : words,
        href: field.type === "text" && field.codes.length === 0 ? hrefOf(raw) : null,
      },
    ];
  });
}
