// SPDX-License-Identifier: Apache-2.0
// What was clicked, when it is not one place: several of them, or a spot on the ground.
import type { Candidate } from "../state/state.ts";
import { layerOf } from "../state/state.ts";
import { button, h } from "./dom.ts";
import { UiElement } from "./element.ts";
import { formatPosition } from "./format.ts";
import { panelHead } from "./panel.ts";

/** More than this is no short list; zooming in tells them apart. */
const SHOWN = 12;

export class ImPicked extends UiElement {
  protected override connected(signal: AbortSignal): void {
    this.draws(
      signal,
      (state) => [state.picked, state.catalog, state.lang],
      () => this.#draw(),
    );
  }

  #draw(): void {
    const { picked } = this.state;
    const { texts } = this;
    this.replaceChildren();
    if (!picked) return;
    const { items } = picked;
    const isSpot = picked.kind === "spot";
    this.append(
      isSpot
        ? panelHead(this, formatPosition(picked.lon, picked.lat), texts.spotTitle)
        : panelHead(this, "", texts.candidatesTitle(items.length)),
    );
    if (isSpot) this.append(h("p", { class: "note" }, texts.spotText));
    if (isSpot && items.length > 0) this.append(h("h3", {}, texts.spotIn));
    this.append(
      h("ul", { class: "options" }, ...items.slice(0, SHOWN).map((item) => this.#item(item))),
    );
    if (items.length > SHOWN)
      this.append(h("p", { class: "note" }, texts.more(items.length - SHOWN)));
  }

  #item(item: Candidate): HTMLElement {
    return h(
      "li",
      {},
      button(
        item.name,
        () => this.context.actions.openPlace(item.layer, item.id, item.name),
        { class: "option" },
        h("span", { class: "name" }, item.name),
        h("span", { class: "note" }, layerOf(this.state, item.layer)?.title ?? ""),
      ),
    );
  }
}
customElements.define("im-picked", ImPicked);
