// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeHash, readHash, readOrigin, readPosition, writeHash } from "./hash.ts";
import { INITIAL, type State } from "./state.ts";

const ANSWERED: State["answer"] = {
  layer: "concept_verification",
  movesMap: true,
  result: { status: "loading" },
};

test("an empty address means Chinese, all layers and no question", () => {
  assert.deepEqual(readHash(""), {
    lang: "zh",
    look: "light",
    view: null,
    visible: null,
    place: null,
    question: null,
  });
});

test("what is written is read back the same", () => {
  const state: State = {
    ...INITIAL,
    lang: "en",
    view: { lon: 121.5912, lat: 31.2034, zoom: 9.25 },
    visible: new Set(["parks", "incubators"]),
    ask: { origin: { kind: "text", text: "张江" }, layer: "concept_verification", k: 3 },
    answer: ANSWERED,
    place: { layer: "parks", id: "PK0001", name: "", result: { status: "loading" } },
  };
  const shared = readHash(writeHash(state));
  assert.equal(shared.lang, "en");
  assert.deepEqual(shared.view, state.view);
  assert.deepEqual([...(shared.visible ?? [])].sort(), ["incubators", "parks"]);
  assert.deepEqual(shared.place, { layer: "parks", id: "PK0001" });
  assert.deepEqual(shared.question, {
    origin: { kind: "text", text: "张江" },
    layer: "concept_verification",
    k: 3,
  });
});

test("an id with a colon, a comma or an ampersand survives the address", () => {
  const place = {
    layer: "parks",
    id: "a:b,c&d=e%",
    name: "",
    result: { status: "loading" },
  } as const;
  assert.deepEqual(readHash(writeHash({ ...INITIAL, place })).place, {
    layer: "parks",
    id: "a:b,c&d=e%",
  });
});

test("no layer shown is not the same as all of them", () => {
  const hash = writeHash({ ...INITIAL, visible: new Set() });
  assert.deepEqual(readHash(hash).visible, new Set());
});

test("an origin clicked on the map keeps five decimals, about a metre", () => {
  const ask = {
    origin: { kind: "point", lon: 121.123456789, lat: 31.2 },
    layer: "parks",
    k: 5,
  } as const;
  const hash = writeHash({ ...INITIAL, ask, answer: { ...ANSWERED, layer: "parks" } });
  assert.deepEqual(readHash(hash).question?.origin, { kind: "point", lon: 121.12346, lat: 31.2 });
});

test("numbers out of range or malformed are no view", () => {
  for (const hash of [
    "#lon=181&lat=31&zoom=9",
    "#lon=1e2&lat=31&zoom=9",
    "#lon=121&lat=NaN&zoom=9",
  ])
    assert.equal(readHash(hash).view, null, hash);
});

test("a number of results that is not offered becomes five", () => {
  assert.equal(readHash("#near=a&ask=parks&k=999").question?.k, 5);
});

test("positions are read with Western and Chinese commas, longitude first", () => {
  assert.deepEqual(readPosition("121.59, 31.2"), { lon: 121.59, lat: 31.2 });
  assert.deepEqual(readPosition("121.59，31.2"), { lon: 121.59, lat: 31.2 });
  assert.equal(readPosition("31.2, 121.59"), null);
  assert.equal(readPosition("121.59"), null);
  assert.equal(readPosition("张江"), null);
});

test("layer:id is a place, a name with a Chinese colon is text", () => {
  assert.deepEqual(readOrigin("landmarks:LM0001"), {
    kind: "place",
    near: "landmarks:LM0001",
    name: "landmarks:LM0001",
  });
  assert.deepEqual(readOrigin("园区：张江"), { kind: "text", text: "园区：张江" });
});

test("the look of the map is in the address, but for the standard one", () => {
  assert.equal(readHash("#style=government-blue").look, "government-blue");
  assert.equal(readHash("#style=../x").look, "light");
  assert.equal(readHash("").look, "light");
  assert.match(writeHash({ ...INITIAL, look: "print" }), /style=print/);
  assert.doesNotMatch(writeHash(INITIAL), /style/);
});

test("what /embed was asked counts unless the fragment says otherwise", () => {
  const asked = mergeHash("?style=dark&lang=en&layers=parks", "#lon=121&lat=31&zoom=9&lang=zh");
  const shared = readHash(asked);
  assert.equal(shared.look, "dark");
  assert.equal(shared.lang, "zh");
  assert.deepEqual([...(shared.visible ?? [])], ["parks"]);
  assert.deepEqual(shared.view, { lon: 121, lat: 31, zoom: 9 });
});
