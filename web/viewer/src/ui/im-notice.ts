// SPDX-License-Identifier: Apache-2.0
// The line under every map: what it is no basis for, its review number, whose data it shows.
// It has no way to be closed.

import { catalogOf } from "../state/state.ts";
import { button, h } from "./dom.ts";
import { UiElement } from "./element.ts";
import { reviewText } from "./texts.ts";

export class ImNotice extends UiElement {
  #sources = button("", () => this.#toggle(), { class: "quiet" });

  protected override connected(signal: AbortSignal): void {
    this.draws(
      signal,
      (state) => [state.catalog, state.lang],
      () => this.#draw(),
    );
  }

  #toggle(): void {
    const isOpen = this.toggleAttribute("data-open");
    this.#sources.setAttribute("aria-expanded", String(isOpen));
  }

  #draw(): void {
    const { texts } = this;
    const catalog = catalogOf(this.state);
    this.#sources.textContent = texts.sources;
    this.#sources.setAttribute("aria-expanded", String(this.hasAttribute("data-open")));
    this.replaceChildren(
      h(
        "p",
        { class: "legal" },
        h("span", {}, catalog?.notice || texts.noticeFallback),
        h("span", {}, reviewText(catalog?.review_number ?? "", texts)),
      ),
      this.#sources,
      h("p", { class: "attribution" }, catalog?.attribution ?? ""),
    );
  }
}
customElements.define("im-notice", ImNotice);
