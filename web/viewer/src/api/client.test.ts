// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { createApi, type Fetch } from "./client.ts";
import { Problem } from "./problem.ts";

const signal = new AbortController().signal;

function answering(status: number, body: string, seen: string[] = []): Fetch {
  return async (url) => {
    seen.push(url);
    return new Response(body, { status });
  };
}

test("paths follow the page, also below a prefix", async () => {
  const seen: string[] = [];
  const api = createApi("https://example.org/maps/delta/", answering(200, "{}", seen));
  await api.catalog("en", "light", signal);
  assert.equal(seen[0], "https://example.org/maps/delta/api/layers?lang=en");
});

test("a name goes into the query escaped", async () => {
  const seen: string[] = [];
  const body = JSON.stringify({ query: { origin: { lon: 1, lat: 2 } }, features: [] });
  const api = createApi("http://h/", answering(200, body, seen));
  await api.nearest({ layer: "parks", k: 5, lang: "zh", from: { near: "A&B=张江" } }, signal);
  assert.equal(new URL(seen[0] ?? "").searchParams.get("near"), "A&B=张江");
});

test("an ambiguous name is a problem with choices", async () => {
  const body = JSON.stringify({
    status: 300,
    detail: "两处",
    code: "ambiguous",
    choices: [{ name: "鼓楼区", layer: "divisions", id: "320106", in: "南京市" }],
  });
  const api = createApi("http://h/", answering(300, body));
  await assert.rejects(
    api.nearest({ layer: "parks", k: 5, lang: "zh", from: { near: "鼓楼区" } }, signal),
    (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.code, "ambiguous");
      assert.equal(error.choices[0]?.near, "divisions:320106");
      return true;
    },
  );
});

test("no answer, no JSON and an HTML error page each become a problem", async () => {
  const cases: [Fetch, string][] = [
    [() => Promise.reject(new TypeError("refused")), "network"],
    [answering(200, "<html>"), "answer"],
    [answering(502, "<html>"), "answer"],
    [answering(200, "[]"), "answer"],
  ];
  for (const [fetchIt, code] of cases)
    await assert.rejects(
      createApi("http://h/", fetchIt).catalog("zh", "light", signal),
      (error) => error instanceof Problem && error.code === code,
    );
});

test("a request that was called off is no problem", async () => {
  const life = new AbortController();
  life.abort(new Error("called off"));
  const api = createApi("http://h/", () => Promise.reject(life.signal.reason));
  await assert.rejects(api.catalog("zh", "light", life.signal), /called off/);
});
