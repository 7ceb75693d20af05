// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { paletteOf } from "./palette.ts";
import { themeOf } from "./theme.ts";

const STYLE = {
  metadata: {
    title: { zh: "强度", en: "Intensity" },
    join: { as: "rd" },
    legend: [
      { title: { zh: "比值，2023年", en: "Ratio, 2023" }, shape: "heading" },
      { title: { zh: "3% 及以上", en: "3% and over" }, shape: "fill", color: "#2166ac" },
      { title: { zh: "10 个", en: "10" }, shape: "circle", color: "#c46f0a", radius: 7.9 },
      { layer: "sea", title: { zh: "水域", en: "Water" }, shape: "fill", color: "#cfe3ee" },
      { shape: "note" },
    ],
  },
  layers: [
    { id: "land", type: "fill" },
    { id: "rd", type: "fill", paint: { "fill-color": ["step", ["get", "rd"], "#fff", 3, "#000"] } },
  ],
};

test("a map of one subject has its legend in either language, without those of layers", () => {
  const theme = themeOf(STYLE, "en");
  assert.equal(theme?.title, "Intensity");
  assert.deepEqual(
    theme?.legend.map(({ title, shape, radius }) => [title, shape, radius]),
    [
      ["Ratio, 2023", "heading", 0],
      ["3% and over", "fill", 0],
      ["10", "circle", 7.9],
    ],
  );
  assert.equal(themeOf(STYLE, "zh")?.legend[1]?.title, "3% 及以上");
});

test("its subject is drawn by the layers that ask for the number", () => {
  assert.deepEqual(themeOf(STYLE, "zh")?.layers, ["rd"]);
});

test("a look of the whole map is none", () => {
  assert.equal(themeOf({ layers: [] }, "zh"), null);
  assert.equal(themeOf({ metadata: { title: "x", legend: [{}] }, layers: [] }, "zh"), null);
  assert.equal(themeOf({ metadata: { join: {}, legend: "x" }, layers: 7 }, "zh"), null);
});

test("what the viewer draws is light on a dark map", () => {
  assert.notEqual(paletteOf({ metadata: { dark: true } }).halo, paletteOf({}).halo);
  assert.equal(paletteOf({ metadata: { dark: "yes" } }).halo, paletteOf({}).halo);
});
