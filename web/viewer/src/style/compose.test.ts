// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StyleSpecification } from "maplibre-gl";
import { composeStyle, isStyle } from "./compose.ts";
import { OVERLAY_SOURCE, overlayData } from "./overlay.ts";
import { paletteOf } from "./palette.ts";
import { ringAround } from "./ring.ts";

const SERVER: StyleSpecification = {
  version: 8,
  sources: { map: { type: "vector", tiles: ["/tiles/map/{z}/{x}/{y}.mvt"] } },
  layers: [
    { id: "ground", type: "background" },
    { id: "lake-fill", type: "fill", source: "map", "source-layer": "lake" },
    { id: "parks-point", type: "circle", source: "map", "source-layer": "parks" },
    {
      id: "parks-name",
      type: "symbol",
      source: "map",
      "source-layer": "parks",
      layout: { "text-field": "x" },
    },
  ],
};
const NOTHING = overlayData({ origin: null, targets: [], place: null, shape: null });

function compose(hidden: string[]) {
  return composeStyle(SERVER, {
    palette: paletteOf({}),
    hidden: new Set(hidden),
    overlay: NOTHING,
  });
}

test("a hidden layer is hidden in all its style layers and keeps its layout", () => {
  const { layers } = compose(["parks"]);
  const layoutOf = (id: string) => layers.find((layer) => layer.id === id)?.layout;
  assert.deepEqual(layoutOf("parks-point"), { visibility: "none" });
  assert.deepEqual(layoutOf("parks-name"), { "text-field": "x", visibility: "none" });
  assert.equal(layoutOf("lake-fill"), undefined);
});

test("composing leaves the server's style as it was", () => {
  const before = structuredClone(SERVER);
  compose(["parks", "lake"]);
  assert.deepEqual(SERVER, before);
});

test("the overlay lies over the places and under the names", () => {
  const ids = compose([]).layers.map((layer) => layer.id);
  assert.ok(ids.indexOf("innomap-line") > ids.indexOf("parks-point"));
  assert.ok(ids.indexOf("innomap-place") < ids.indexOf("parks-name"));
  assert.ok(ids.indexOf("innomap-target-name") > ids.indexOf("parks-name"));
});

test("the overlay has a source of its own", () => {
  assert.equal(compose([]).sources[OVERLAY_SOURCE]?.type, "geojson");
});

test("what is no style is not taken for one", () => {
  assert.equal(isStyle(SERVER), true);
  for (const value of [null, {}, { version: 7, layers: [], sources: {} }, { version: 8 }])
    assert.equal(isStyle(value), false);
});

test("there is a line to each place found, and none without an origin", () => {
  const targets = [
    { at: [121, 31], name: "甲" },
    { at: [122, 30], name: "乙" },
  ];
  const lines = (origin: { lon: number; lat: number; uncertaintyM: number } | null) =>
    overlayData({ origin, targets, place: null, shape: null }).features.filter(
      (feature) => feature.geometry.type === "LineString",
    ).length;
  assert.equal(lines({ lon: 120, lat: 30, uncertaintyM: 0 }), 2);
  assert.equal(lines(null), 0);
  const { features } = overlayData({ origin: null, targets, place: null, shape: null });
  assert.deepEqual(
    features.map(({ properties }) => properties),
    [
      { role: "target", name: "甲" },
      { role: "target", name: "乙" },
    ],
  );
});

test("a position nothing is said about gets no ring", () => {
  const place = { lon: 120, lat: 30, uncertaintyM: 0 };
  const { features } = overlayData({ origin: null, targets: [], place, shape: null });
  assert.deepEqual(
    features.map((feature) => feature.properties?.role),
    ["place-spot"],
  );
});

/* RFC 7946, 3.1.6: closed, counter-clockwise */
test("a ring is closed, counter-clockwise, and as wide as it says", () => {
  const ring = ringAround(121.5, 31.2, 2000);
  assert.deepEqual(ring[0], ring.at(-1));
  let twiceArea = 0;
  for (let i = 1; i < ring.length; i++) {
    const [x0 = 0, y0 = 0] = ring[i - 1] ?? [];
    const [x1 = 0, y1 = 0] = ring[i] ?? [];
    twiceArea += x0 * y1 - x1 * y0;
  }
  assert.ok(twiceArea > 0);
  const degrees = (2000 / 6_371_008.8) * (180 / Math.PI);
  const north = Math.max(...ring.map(([, lat = 0]) => lat));
  assert.ok(Math.abs(north - 31.2 - degrees) < 1e-9);
  const east = Math.max(...ring.map(([lon = 0]) => lon));
  assert.ok(Math.abs((east - 121.5) * Math.cos((31.2 * Math.PI) / 180) - degrees) < 1e-5);
});
