// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCatalog } from "../api/read.ts";
import type { Found } from "./map-view.ts";
import { pickedOf } from "./pick.ts";

const { layers } = readCatalog({
  layers: [
    { id: "parks", title: "园区", count: 1 },
    { id: "divisions", title: "行政区", key: "adcode", count: 1 },
    { id: "g60", title: "G60", count: 1 },
  ],
});
const dot = (layer: string, properties: Record<string, unknown>): Found => ({
  layer,
  geometry: "point",
  properties,
});
const AREA: Found = { layer: "g60", geometry: "area", properties: { id: "1", name_zh: "走廊" } };
const PARK = dot("parks", { id: "PK1", name_zh: "甲", name_en: "A" });

test("a place wins over the area it lies in", () => {
  const picked = pickedOf(121, 31, [AREA, PARK], layers, "zh");
  assert.equal(picked.kind, "places");
  assert.deepEqual(picked.items, [{ layer: "parks", id: "PK1", name: "甲" }]);
});

test("dot and name of one place are one place", () => {
  assert.equal(pickedOf(121, 31, [PARK, PARK], layers, "zh").items.length, 1);
});

test("the name comes in the language of the page, Chinese where there is no other", () => {
  const nameless = dot("parks", { id: "PK2", name_zh: "乙" });
  const { items } = pickedOf(121, 31, [PARK, nameless], layers, "en");
  assert.deepEqual(
    items.map((item) => item.name),
    ["A", "乙"],
  );
});

test("a layer's own key names its places", () => {
  const found = [dot("divisions", { adcode: 310115, name_zh: "浦东新区" })];
  assert.equal(pickedOf(121, 31, found, layers, "zh").items[0]?.id, "310115");
});

test("on open ground it is the spot, with the areas it lies in", () => {
  const picked = pickedOf(121, 31, [AREA], layers, "zh");
  assert.equal(picked.kind, "spot");
  assert.deepEqual(picked.items, [{ layer: "g60", id: "1", name: "走廊" }]);
  assert.deepEqual(pickedOf(121, 31, [], layers, "zh").items, []);
});
