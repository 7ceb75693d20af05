// SPDX-License-Identifier: Apache-2.0
// Where it begins: the store from the address, the page from the store, the address from the store.
import { createApi } from "./api/client.ts";
import { createActions } from "./state/actions.ts";
import { mergeHash, readHash, writeHash } from "./state/hash.ts";
import { INITIAL } from "./state/state.ts";
import { createStore } from "./state/store.ts";
import { ImApp } from "./ui/im-app.ts";

/** Coming back to a tab left alone for so long, the data are asked for again. */
const STALE_MS = 60_000;

const base = document.baseURI.replace(/[?#].*$/, "");
const isEmbedded = location.pathname.endsWith("/embed");
const store = createStore(INITIAL);
const actions = createActions(store, createApi(base, undefined, isEmbedded));
const page = new AbortController();

/** /embed?style=dark&lang=en is said as #style=dark&lang=en: what is in both, the part after '#' has. */
const asked = isEmbedded ? mergeHash(location.search, location.hash) : location.hash;
void actions.start(readHash(asked));
document.body.append(new ImApp({ store, actions, base, isEmbedded }));

let written = location.hash;
store.watch(
  (state) => [writeHash(state)],
  () => {
    const hash = writeHash(store.get());
    if (hash === written) return;
    written = hash;
    history.replaceState(null, "", hash);
  },
  page.signal,
);

// someone pasted another address or went back: begin again from it
addEventListener("hashchange", () => {
  if (location.hash !== written) location.reload();
});

let hiddenAt = 0;
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") hiddenAt = Date.now();
  else if (Date.now() - hiddenAt > STALE_MS) void actions.refresh();
});
