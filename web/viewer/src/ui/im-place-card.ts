// SPDX-License-Identifier: Apache-2.0
// One place: what it is, where, who runs it, and what its position is worth.
import type { Place } from "../api/types.ts";
import { layerOf } from "../state/state.ts";
import { adviceOf } from "./advice.ts";
import { button, type Child, h } from "./dom.ts";
import { UiElement } from "./element.ts";
import { namesOf, rowsOf, textOf, whereOf, wordsOf } from "./format.ts";
import { panelHead } from "./panel.ts";
import { isPrecision } from "./texts.ts";

export class ImPlaceCard extends UiElement {
  protected override connected(signal: AbortSignal): void {
    this.draws(
      signal,
      (state) => [state.place, state.catalog, state.lang],
      () => this.#draw(),
    );
  }

  #draw(): void {
    const { place } = this.state;
    const { texts } = this;
    this.replaceChildren();
    if (!place) return;
    const layer = layerOf(this.state, place.layer);
    const { result } = place;
    if (result.status !== "done") {
      this.append(
        panelHead(this, layer?.title ?? "", place.name || texts.loading),
        result.status === "failed"
          ? h(
              "p",
              { class: "failed", attributes: { role: "alert" } },
              adviceOf(result.problem, texts),
            )
          : h("p", { class: "note" }, texts.loading),
      );
      return;
    }
    this.append(...this.#card(place.layer, place.id, result.value));
  }

  #card(layerId: string, id: string, place: Place): HTMLElement[] {
    const { texts } = this;
    const { lang } = this.state;
    const layer = layerOf(this.state, layerId);
    const { main, other } = namesOf(place, lang);
    const name = main || layer?.title || id;
    const kicker = [layer?.title, wordsOf(place, layer, "level")].filter(Boolean).join(" · ");
    const rows = rowsOf(place, layer, lang).filter((row) => row.name !== "level");
    return [
      panelHead(this, kicker, name),
      h(
        "div",
        { class: "body" },
        other &&
          h("p", { class: "other-name", attributes: { lang: lang === "en" ? "zh" : "en" } }, other),
        whereOf(place) && h("p", { class: "where" }, whereOf(place)),
        this.#precision(place),
        h(
          "dl",
          { class: "facts" },
          ...rows.flatMap((row) => [
            h("dt", {}, row.title),
            h("dd", {}, row.href ? this.#link(row.href, row.value) : row.value),
          ]),
        ),
        place.geometry &&
          button(texts.fromHere, () => this.#start(`${layerId}:${id}`, name), { class: "primary" }),
        h("dl", { class: "origin" }, ...this.#provenance(place)),
      ),
    ];
  }

  #link(href: string, text: string): HTMLElement {
    return h("a", { attributes: { href, target: "_blank", rel: "noopener noreferrer" } }, text);
  }

  #precision(place: Place): Child {
    const precision = textOf(place, "precision");
    if (!isPrecision(precision)) return null;
    return h("p", { class: `precision ${precision}` }, this.texts.precisions[precision]);
  }

  #provenance(place: Place): HTMLElement[] {
    const { texts } = this;
    const layer = layerOf(this.state, textOf(place, "layer") || (this.state.place?.layer ?? ""));
    const rows: [string, string][] = [
      [texts.confidence, wordsOf(place, layer, "confidence")],
      [texts.source, textOf(place, "source") || (layer?.source ?? "")],
      [texts.sourceDate, textOf(place, "source_date") || (layer?.source_date ?? "")],
    ];
    return rows
      .filter(([, value]) => value)
      .flatMap(([title, value]) => [h("dt", {}, title), h("dd", {}, value)]);
  }

  #start(near: string, name: string): void {
    this.context.actions.setOrigin({ kind: "place", near, name });
    this.dispatchEvent(new CustomEvent("im-ask-focus", { bubbles: true }));
  }
}
customElements.define("im-place-card", ImPlaceCard);
