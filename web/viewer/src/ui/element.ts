// SPDX-License-Identifier: Apache-2.0
// What our elements share: the store, the actions, and an end to everything when they leave the page.
import type { Actions } from "../state/actions.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../state/store.ts";
import { type Texts, textsOf } from "./texts.ts";

export interface Context {
  store: Store<State>;
  actions: Actions;
  /** The address of the page, under which the server's paths lie. */
  base: string;
  /** Shown inside of another page: the map alone. */
  isEmbedded: boolean;
}

export abstract class UiElement extends HTMLElement {
  readonly context: Context;
  #life: AbortController | null = null;

  constructor(context: Context) {
    super();
    this.context = context;
  }

  get state(): State {
    return this.context.store.get();
  }

  get texts(): Texts {
    return textsOf(this.state.lang);
  }

  connectedCallback(): void {
    this.#life = new AbortController();
    this.connected(this.#life.signal);
  }

  disconnectedCallback(): void {
    this.#life?.abort();
    this.#life = null;
    this.replaceChildren();
  }

  /** Listen and draw; everything ends with `signal`. */
  protected abstract connected(signal: AbortSignal): void;

  /** Call `draw` now and whenever one of the picked values is another one. */
  protected draws(
    signal: AbortSignal,
    pick: (state: State) => readonly unknown[],
    draw: () => void,
  ): void {
    this.context.store.watch(pick, draw, signal);
  }
}
