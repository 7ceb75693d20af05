// SPDX-License-Identifier: Apache-2.0
// The layers: on and off, what their signs mean, how many there are and what the data are worth.
import type { Layer } from "../api/types.ts";
import { catalogOf, drawnLayers, groupsOf, isSwitchable, isVisible } from "../state/state.ts";
import { type Child, h, ICONS, icon } from "./dom.ts";
import { UiElement } from "./element.ts";
import { formatCount } from "./format.ts";
import { imageOf, swatch } from "./swatch.ts";
import { isPrecision } from "./texts.ts";

export class ImLayerList extends UiElement {
  #switches = new Map<string, HTMLInputElement>();

  protected override connected(signal: AbortSignal): void {
    this.draws(
      signal,
      (state) => [state.catalog, state.style, state.lang, state.sprites, this.#symbols()],
      () => this.#draw(),
    );
    this.draws(
      signal,
      (state) => [state.visible, state.catalog, state.style, state.sprites, this.#symbols()],
      () => this.#check(),
    );
  }

  /** Which images stand for the layers at this zoom. */
  #symbols(): string {
    const entries = catalogOf(this.state)?.layers.flatMap((layer) => layer.legend) ?? [];
    return entries.map((entry) => imageOf(entry, this.#zoom)).join();
  }

  get #zoom(): number {
    return this.state.view?.zoom ?? 0;
  }

  #draw(): void {
    const { texts } = this;
    const layers = catalogOf(this.state)?.layers ?? [];
    const isTable = (layer: Layer) => layer.group === "tables";
    const drawn = drawnLayers(this.state);
    const listed = layers.filter(
      (layer) => (isSwitchable(layer) && (drawn?.has(layer.id) ?? true)) || isTable(layer),
    );
    this.#switches.clear();
    this.replaceChildren(h("h2", {}, texts.layersTitle));
    if (this.state.catalog.status === "loading" && layers.length === 0)
      this.append(h("p", { class: "note" }, texts.loading));
    for (const group of groupsOf(listed))
      this.append(
        h(
          "section",
          {},
          h("h3", {}, texts.groups[group] ?? group),
          h(
            "ul",
            {},
            ...listed.filter((layer) => layer.group === group).map((layer) => this.#item(layer)),
          ),
        ),
      );
  }

  #check(): void {
    for (const [id, input] of this.#switches) input.checked = isVisible(this.state, id);
  }

  #item(layer: Layer): HTMLElement {
    const { texts } = this;
    const count = h("span", { class: "count" }, formatCount(layer.count, this.state.lang));
    const about = h("div", { class: "about", attributes: { hidden: true } }, ...this.#about(layer));
    const toggle = h(
      "button",
      {
        class: "quiet",
        attributes: {
          type: "button",
          "aria-expanded": "false",
          "aria-label": texts.about(layer.title),
        },
        on: {
          click: () => {
            about.hidden = !about.hidden;
            toggle.setAttribute("aria-expanded", String(!about.hidden));
          },
        },
      },
      icon(ICONS.about),
    );
    const head = isSwitchable(layer)
      ? h(
          "label",
          {},
          this.#switch(layer.id),
          h("span", { class: "sign" }, swatch(layer.legend[0], this.state.sprites, this.#zoom)),
          h("span", { class: "name" }, layer.title),
        )
      : h("span", { class: "label" }, h("span", { class: "name" }, layer.title));
    return h("li", {}, head, count, toggle, about);
  }

  #switch(id: string): HTMLInputElement {
    const input = h("input", {
      attributes: { type: "checkbox", role: "switch" },
      on: { change: () => this.context.actions.showLayer(id, input.checked) },
    });
    this.#switches.set(id, input);
    return input;
  }

  #about(layer: Layer): Child[] {
    const { texts } = this;
    const { lang } = this.state;
    const rows: [string, Child][] = [
      [texts.completeness, layer.completeness],
      [
        texts.placed,
        layer.geometry === "none"
          ? ""
          : texts.placedOf(formatCount(layer.placed, lang), formatCount(layer.count, lang)),
      ],
      [texts.positions, this.#precisions(layer)],
      [texts.source, layer.source],
      [texts.sourceDate, layer.source_date],
      [texts.licence, layer.licence],
    ];
    const legend = layer.legend.length > 1 ? layer.legend : [];
    return [
      legend.length > 0 &&
        h(
          "ul",
          { class: "legend", attributes: { "aria-label": texts.legend } },
          ...legend.map((entry) =>
            h("li", {}, swatch(entry, this.state.sprites, this.#zoom), entry.title),
          ),
        ),
      h(
        "dl",
        {},
        ...rows
          .filter(([, value]) => value)
          .flatMap(([title, value]) => [h("dt", {}, title), h("dd", {}, value)]),
      ),
    ];
  }

  #precisions(layer: Layer): string {
    return Object.entries(layer.by_precision)
      .map(([name, n]) =>
        isPrecision(name)
          ? `${this.texts.precisionNames[name]} ${formatCount(n, this.state.lang)}`
          : "",
      )
      .filter(Boolean)
      .join(this.state.lang === "zh" ? "，" : ", ");
  }
}
customElements.define("im-layer-list", ImLayerList);
