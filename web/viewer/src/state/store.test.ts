// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore } from "./store.ts";

test("a watcher is called at once, then only when its values change", () => {
  const store = createStore({ a: 1, b: 1 });
  const seen: number[] = [];
  store.watch(
    (state) => [state.a],
    () => seen.push(store.get().a),
    new AbortController().signal,
  );
  store.set({ b: 2 });
  store.set({ a: 3 });
  store.set({ a: 3 });
  assert.deepEqual(seen, [1, 3]);
});

test("a watcher ends with its signal", () => {
  const store = createStore({ a: 1 });
  const life = new AbortController();
  let calls = 0;
  store.watch(
    (state) => [state.a],
    () => calls++,
    life.signal,
  );
  life.abort();
  store.set({ a: 2 });
  assert.equal(calls, 1);
});

test("a watcher may set the store again without losing anyone", () => {
  const store = createStore({ a: 0, b: 0 });
  const seen: number[] = [];
  const { signal } = new AbortController();
  store.watch(
    (state) => [state.a],
    () => store.set({ b: store.get().a * 10 }),
    signal,
  );
  store.watch(
    (state) => [state.b],
    () => seen.push(store.get().b),
    signal,
  );
  store.set({ a: 2 });
  assert.deepEqual(seen, [0, 20]);
});
