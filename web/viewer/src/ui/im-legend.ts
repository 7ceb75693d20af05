// SPDX-License-Identifier: Apache-2.0
// The legend of a map of one subject, on the map: classes, sizes, year and source.
import type { LegendEntry } from "../api/types.ts";
import { type Theme, themeOf } from "../style/theme.ts";
import { h } from "./dom.ts";
import { UiElement } from "./element.ts";
import { swatch } from "./swatch.ts";

/** On a map of less it begins closed. */
const ROOM_PX = { width: 560, height: 480 };

export class ImLegend extends UiElement {
  #empty = h("p", { class: "empty", attributes: { hidden: true } });

  protected override connected(signal: AbortSignal): void {
    this.draws(
      signal,
      (state) => [state.style, state.lang],
      () => this.#draw(),
    );
  }

  get theme(): Theme | null {
    const { style, lang } = this.state;
    return style.status === "done" ? themeOf(style.value, lang) : null;
  }

  /** The areas may have been left out, and a map without its subject needs a word. */
  set isEmpty(isEmpty: boolean) {
    this.#empty.hidden = !isEmpty;
  }

  #draw(): void {
    const { theme, texts } = this;
    const wasOpen = this.querySelector("details")?.open;
    this.hidden = !theme;
    this.#empty.hidden = true;
    this.#empty.textContent = texts.notDrawn;
    if (!theme) {
      this.replaceChildren();
      return;
    }
    const { clientWidth = 0, clientHeight = 0 } = this.parentElement ?? {};
    const open = wasOpen ?? (clientWidth >= ROOM_PX.width && clientHeight >= ROOM_PX.height);
    this.replaceChildren(
      this.#empty,
      h(
        "details",
        { attributes: { open } },
        h("summary", {}, theme.title),
        ...this.#parts(theme.legend),
      ),
    );
  }

  /** Headings, lists of classes, notes, in the order of the style. */
  #parts(legend: readonly LegendEntry[]): HTMLElement[] {
    const parts: HTMLElement[] = [];
    for (const entry of legend) {
      if (entry.shape === "heading" || entry.shape === "note") {
        parts.push(h("p", { class: entry.shape }, entry.title));
        continue;
      }
      const last = parts.at(-1);
      const list = last instanceof HTMLUListElement ? last : h("ul", {});
      if (list !== last) parts.push(list);
      list.append(
        h(
          "li",
          {},
          h("span", { class: "sign" }, swatch(entry, this.state.sprites, 0)),
          entry.title,
        ),
      );
    }
    return parts;
  }
}
customElements.define("im-legend", ImLegend);
