// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Api, NearestQuestion } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import { readCatalog, readNearest, readPlace } from "../api/read.ts";
import { createActions } from "./actions.ts";
import { readHash } from "./hash.ts";
import { INITIAL, panelOf, type State } from "./state.ts";
import { createStore } from "./store.ts";

const layer = (id: string, group: string, geometry = "point") => ({
  id,
  title: id,
  group,
  geometry,
  count: 1,
  placed: 1,
  in_map: true,
});

const CATALOG = readCatalog({
  layers: [
    layer("lake", "base", "area"),
    layer("g60", "areas", "area"),
    layer("parks", "places"),
    layer("incubators", "places"),
    layer("figures", "tables", "none"),
  ],
  data_version: 1,
});
const PLACE = readPlace({ type: "Feature", geometry: null, properties: { name_zh: "甲" } });
const ANSWER = readNearest({
  query: { origin: { lon: 121, lat: 31, uncertainty_m: 2000, place: { name: "张江科学城" } } },
  features: [],
});

function setUp(changes: Partial<Api> = {}) {
  const asked: NearestQuestion[] = [];
  const api: Api = {
    catalog: async () => CATALOG,
    sprites: async () => ({ url: "", width: 0, height: 0, images: {} }),
    style: async () => ({ version: 8 }),
    place: async () => PLACE,
    nearest: async (question) => {
      asked.push(question);
      return ANSWER;
    },
    ...changes,
  };
  const store = createStore<State>(INITIAL);
  return { store, asked, actions: createActions(store, api) };
}

test("at the start the first layer of places is the one asked for", async () => {
  const { store, actions } = setUp();
  await actions.start(readHash(""));
  assert.equal(store.get().ask.layer, "parks");
});

test("a shared question is asked again, and its view is kept", async () => {
  const { store, asked, actions } = setUp();
  await actions.start(readHash("#lon=120&lat=31&zoom=8&near=张江&ask=incubators&k=3"));
  assert.deepEqual(asked, [{ layer: "incubators", k: 3, lang: "zh", from: { near: "张江" } }]);
  assert.equal(store.get().answer?.movesMap, false);
});

test("without a starting point nothing is asked and the page says what is missing", async () => {
  const { store, asked, actions } = setUp();
  actions.setOrigin({ kind: "text", text: "  " });
  await actions.askNearest();
  assert.equal(asked.length, 0);
  assert.equal(store.get().problem?.code, "no_origin");
});

test("latitude before longitude is refused, never turned round", async () => {
  const { store, asked, actions } = setUp();
  actions.setOrigin({ kind: "text", text: "31.2, 121.6" });
  await actions.askNearest();
  assert.equal(asked.length, 0);
  assert.equal(store.get().problem?.code, "position_order");
});

test("a typed position is asked as a position", async () => {
  const { asked, actions } = setUp();
  actions.setOrigin({ kind: "text", text: "121.6，31.2" });
  await actions.askNearest();
  assert.deepEqual(asked[0]?.from, { lon: 121.6, lat: 31.2 });
});

test("an ambiguous name gives choices, and the chosen one is asked by its id", async () => {
  const near = "divisions:320106";
  const choice = { name: "鼓楼区", layer: "divisions", id: "320106", in: "南京市", near };
  let question: NearestQuestion | null = null;
  const { store, actions } = setUp({
    nearest: async (asked) => {
      if ("near" in asked.from && asked.from.near === "鼓楼区")
        throw new Problem("ambiguous", "有多处", 300, [choice]);
      question = asked;
      return ANSWER;
    },
  });
  actions.setOrigin({ kind: "text", text: "鼓楼区" });
  await actions.askNearest();
  assert.deepEqual(store.get().choices, [choice]);
  assert.equal(store.get().problem, null);
  await actions.choose(choice);
  assert.deepEqual((question as NearestQuestion | null)?.from, { near });
  assert.deepEqual(store.get().choices, []);
  assert.equal(panelOf(store.get()), "answer");
});

test("the later of two questions wins, whichever answer comes first", async () => {
  const waiting: ((answer: typeof ANSWER) => void)[] = [];
  const { store, actions } = setUp({
    nearest: () => new Promise((resolve) => waiting.push(resolve)),
  });
  actions.setOrigin({ kind: "text", text: "甲" });
  const first = actions.askNearest();
  actions.setOrigin({ kind: "text", text: "乙" });
  const second = actions.askNearest();
  const late = { ...ANSWER, numberMatched: 2 };
  waiting[1]?.(late);
  waiting[0]?.(ANSWER);
  await Promise.all([first, second]);
  assert.deepEqual(store.get().answer?.result, { status: "done", value: late });
});

test("a failed question leaves no half-drawn answer", async () => {
  const { store, actions } = setUp({
    nearest: async () => {
      throw new Problem("not_found", "没有", 404);
    },
  });
  actions.setOrigin({ kind: "text", text: "无此地" });
  await actions.askNearest();
  assert.equal(store.get().answer, null);
  assert.equal(store.get().problem?.status, 404);
});

test("a mistake of ours is not dressed up as a problem of the network", async () => {
  const { actions } = setUp({
    nearest: async () => {
      throw new TypeError("bug");
    },
  });
  actions.setOrigin({ kind: "text", text: "甲" });
  await assert.rejects(actions.askNearest(), TypeError);
});

test("one place under the pointer opens, several are listed, a spot becomes the origin", async () => {
  const { store, actions } = setUp();
  const one = { layer: "parks", id: "1", name: "甲" };
  actions.pick({ lon: 121, lat: 31, kind: "places", items: [one] });
  assert.equal(panelOf(store.get()), "place");
  actions.pick({ lon: 121, lat: 31, kind: "places", items: [one, { ...one, id: "2" }] });
  assert.equal(panelOf(store.get()), "picked");
  actions.pick({ lon: 120, lat: 30, kind: "spot", items: [] });
  assert.deepEqual(store.get().ask.origin, { kind: "point", lon: 120, lat: 30 });
});

test("closing uncovers what lay below: card, list, answer, layers", async () => {
  const { store, actions } = setUp();
  actions.setOrigin({ kind: "text", text: "张江" });
  await actions.askNearest();
  actions.pick({ lon: 121, lat: 31, kind: "spot", items: [] });
  actions.openPlace("parks", "1", "甲");
  const seen = [panelOf(store.get())];
  for (let i = 0; i < 3; i++) {
    actions.back();
    seen.push(panelOf(store.get()));
  }
  assert.deepEqual(seen, ["place", "picked", "answer", "layers"]);
});

test("switching all layers on again is the same as never having switched", async () => {
  const { store, actions } = setUp();
  await actions.start(readHash(""));
  actions.showLayer("parks", false);
  assert.deepEqual(store.get().visible, new Set(["g60", "incubators"]));
  actions.showLayer("parks", true);
  assert.equal(store.get().visible, null);
});

test("a new language asks everything on the page again", async () => {
  const langs: string[] = [];
  const { store, actions } = setUp({
    place: async (_layer, _id, lang) => {
      langs.push(lang);
      return PLACE;
    },
  });
  await actions.start(readHash("#place=parks:1"));
  await actions.setLang("en");
  assert.deepEqual(langs, ["zh", "en"]);
  assert.equal(store.get().place?.result.status, "done");
});

test("a look the server does not have gives way to the standard one, and says so", async () => {
  const asked: string[] = [];
  const { store, actions } = setUp({
    style: async (_lang, look) => {
      asked.push(look);
      if (look !== "light") throw new Problem("other", "there is no such style", 404);
      return { version: 8 };
    },
  });
  await actions.setLook("dark");
  assert.deepEqual(asked, ["dark", "light"]);
  assert.equal(store.get().look, "light");
  assert.equal(store.get().style.status, "done");
  assert.ok(store.get().problem);
});
