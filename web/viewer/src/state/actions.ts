// SPDX-License-Identifier: Apache-2.0
// What a person can do. Each action changes the store; elements only call these and draw.
import type { Api } from "../api/client.ts";
import { Problem } from "../api/problem.ts";
import type { Lang, NamedPlace } from "../api/types.ts";
import { readOrigin, readPosition, type Shared } from "./hash.ts";
import {
  type AskOrigin,
  catalogOf,
  isAskable,
  isSwitchable,
  type Look,
  type Picked,
  type State,
  type View,
} from "./state.ts";
import type { Store } from "./store.ts";

export type Actions = ReturnType<typeof createActions>;

function problemOf(error: unknown): Problem {
  // anything else is a mistake of ours and must be seen
  if (error instanceof Problem) return error;
  throw error;
}

export function createActions(store: Store<State>, api: Api) {
  /** The running request of each kind: a new one ends the one before. */
  const running = new Map<string, AbortController>();

  function begin(kind: string): AbortSignal {
    running.get(kind)?.abort();
    const controller = new AbortController();
    running.set(kind, controller);
    return controller.signal;
  }

  async function loadCatalog(): Promise<void> {
    const signal = begin("catalog");
    const { lang, look } = store.get();
    try {
      const catalog = await api.catalog(lang, look, signal);
      if (signal.aborted) return;
      const { ask } = store.get();
      const layer = catalog.layers.some((l) => l.id === ask.layer && isAskable(l))
        ? ask.layer
        : (catalog.layers.find((l) => l.group === "places" && isAskable(l))?.id ?? "");
      store.set({ catalog: { status: "done", value: catalog }, ask: { ...ask, layer } });
    } catch (error) {
      if (signal.aborted) return;
      store.set({ catalog: { status: "failed", problem: problemOf(error) } });
    }
  }

  /** Without them legends show circles: nothing to tell anyone. */
  async function loadSprites(): Promise<void> {
    try {
      store.set({ sprites: await api.sprites(begin("sprites")) });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }

  async function loadStyle(): Promise<void> {
    const signal = begin("style");
    try {
      const { lang, look } = store.get();
      const value = await api.style(lang, look, signal);
      if (!signal.aborted) store.set({ style: { status: "done", value } });
    } catch (error) {
      if (signal.aborted) return;
      if (store.get().look !== "light") {
        store.set({ look: "light", problem: problemOf(error) });
        await Promise.all([loadStyle(), loadCatalog()]);
        return;
      }
      store.set({ style: { status: "failed", problem: problemOf(error) } });
    }
  }

  async function loadPlace(layer: string, id: string, name: string): Promise<void> {
    const signal = begin("place");
    store.set({ place: { layer, id, name, result: { status: "loading" } } });
    try {
      const value = await api.place(layer, id, store.get().lang, signal);
      if (!signal.aborted)
        store.set({ place: { layer, id, name, result: { status: "done", value } } });
    } catch (error) {
      if (signal.aborted) return;
      store.set({
        place: { layer, id, name, result: { status: "failed", problem: problemOf(error) } },
      });
    }
  }

  /** Ambiguous names become choices beside the question, other failures a message. */
  function refuse(problem: Problem): void {
    const isChoice = problem.code === "ambiguous" && problem.choices.length > 0;
    store.set({
      answer: null,
      choices: isChoice ? problem.choices : [],
      problem: isChoice ? null : problem,
    });
  }

  async function loadAnswer(movesMap: boolean): Promise<void> {
    const signal = begin("answer");
    const { ask, lang } = store.get();
    const { origin, layer, k } = ask;
    const from =
      origin.kind === "point"
        ? { lon: origin.lon, lat: origin.lat }
        : { near: origin.kind === "place" ? origin.near : origin.text };
    store.set({
      answer: { layer, movesMap, result: { status: "loading" } },
      choices: [],
      problem: null,
      picked: null,
      place: null,
    });
    try {
      const value = await api.nearest({ layer, k, lang, from }, signal);
      if (signal.aborted) return;
      const named = value.origin.place;
      store.set({
        answer: { layer, movesMap, result: { status: "done", value } },
        ...(origin.kind === "place" && named
          ? { ask: { ...store.get().ask, origin: { ...origin, name: named.name } } }
          : {}),
      });
    } catch (error) {
      if (!signal.aborted) refuse(problemOf(error));
    }
  }

  const actions = {
    /** Begin with what the address says. */
    async start(shared: Shared): Promise<void> {
      const { ask } = store.get();
      store.set({
        lang: shared.lang,
        look: shared.look,
        view: shared.view,
        visible: shared.visible,
        ask: shared.question ?? ask,
      });
      const waits: Promise<void>[] = [loadStyle(), loadCatalog(), loadSprites()];
      if (shared.question) waits.push(loadAnswer(shared.view === null));
      if (shared.place) waits.push(loadPlace(shared.place.layer, shared.place.id, ""));
      await Promise.all(waits);
    },

    async retry(): Promise<void> {
      const { catalog, style } = store.get();
      const waits: Promise<void>[] = [];
      if (catalog.status === "failed") waits.push(loadCatalog());
      if (style.status === "failed") waits.push(loadStyle());
      await Promise.all(waits);
    },

    /** Ask again for what may have changed on the server since. */
    async refresh(): Promise<void> {
      await Promise.all([loadCatalog(), loadStyle()]);
    },

    async setLang(lang: Lang): Promise<void> {
      const { answer, place } = store.get();
      store.set({ lang, problem: null, choices: [] });
      const waits = [loadCatalog(), loadStyle()];
      if (answer) waits.push(loadAnswer(false));
      if (place) waits.push(loadPlace(place.layer, place.id, place.name));
      await Promise.all(waits);
    },

    async setLook(look: Look): Promise<void> {
      store.set({ look });
      await Promise.all([loadStyle(), loadCatalog()]);
    },

    setView(view: View): void {
      store.set({ view });
    },

    showLayer(id: string, on: boolean): void {
      const all = (catalogOf(store.get())?.layers ?? []).filter(isSwitchable).map((l) => l.id);
      const visible = new Set(store.get().visible ?? all);
      if (on) visible.add(id);
      else visible.delete(id);
      store.set({ visible: all.every((layer) => visible.has(layer)) ? null : visible });
    },

    setOrigin(origin: AskOrigin): void {
      store.set({ ask: { ...store.get().ask, origin }, choices: [], problem: null });
    },

    setAsk(patch: { layer?: string; k?: number }): void {
      store.set({ ask: { ...store.get().ask, ...patch } });
    },

    async askNearest(): Promise<void> {
      const { ask } = store.get();
      if (ask.origin.kind === "text") {
        const text = ask.origin.text.trim();
        if (!text) {
          store.set({ problem: new Problem("no_origin", ""), choices: [] });
          return;
        }
        const [first, second] = text.split(/[,，、\s]+/).map(Number);
        if (!readPosition(text) && Number.isFinite(first) && Number.isFinite(second)) {
          // 31.2, 121.6 is the usual slip; never turn it round silently
          store.set({ problem: new Problem("position_order", text), choices: [] });
          return;
        }
        store.set({ ask: { ...ask, origin: readOrigin(text) } });
      }
      await loadAnswer(true);
    },

    async choose(choice: NamedPlace): Promise<void> {
      actions.setOrigin({ kind: "place", near: choice.near, name: choice.name });
      await loadAnswer(true);
    },

    pick(picked: Picked): void {
      const [only, ...others] = picked.items;
      if (picked.kind === "places" && only && others.length === 0) {
        store.set({ picked: null, problem: null });
        void loadPlace(only.layer, only.id, only.name);
        return;
      }
      begin("place");
      store.set({ picked, place: null, problem: null });
      if (picked.kind === "spot")
        actions.setOrigin({ kind: "point", lon: picked.lon, lat: picked.lat });
    },

    openPlace(layer: string, id: string, name: string): void {
      void loadPlace(layer, id, name);
    },

    /** Close the panel on top; the next one below shows. */
    back(): void {
      const { place, picked, answer } = store.get();
      if (place) {
        begin("place");
        store.set({ place: null });
      } else if (picked) store.set({ picked: null });
      else if (answer) {
        begin("answer");
        store.set({ answer: null });
      } else store.set({ problem: null, choices: [] });
    },

    dismiss(): void {
      store.set({ problem: null, choices: [] });
    },
  };
  return actions;
}
