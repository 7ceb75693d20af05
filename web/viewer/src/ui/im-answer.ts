// SPDX-License-Identifier: Apache-2.0
// The answer to "nearest": a ranked list that says how sure it is, and what stands apart.
import type { NearestAnswer, Place } from "../api/types.ts";
import { layerOf, type OpenAnswer } from "../state/state.ts";
import { choiceButton } from "./choice.ts";
import { button, type Child, h } from "./dom.ts";
import { UiElement } from "./element.ts";
import {
  formatCount,
  formatMetres,
  namesOf,
  originText,
  textOf,
  whereOf,
  wordsOf,
} from "./format.ts";
import { panelHead } from "./panel.ts";
import { isPrecision } from "./texts.ts";

export class ImAnswer extends UiElement {
  protected override connected(signal: AbortSignal): void {
    this.draws(
      signal,
      (state) => [state.answer, state.catalog, state.lang],
      () => this.#draw(),
    );
  }

  #draw(): void {
    const { answer } = this.state;
    const { texts } = this;
    this.replaceChildren();
    if (!answer) return;
    const title = layerOf(this.state, answer.layer)?.title ?? answer.layer;
    this.append(panelHead(this, "", texts.answerTitle(title)));
    if (answer.result.status === "done") this.append(...this.#body(answer, answer.result.value));
    else this.append(h("p", { class: "note" }, texts.asking));
  }

  #body(answer: OpenAnswer, value: NearestAnswer): HTMLElement[] {
    const { texts } = this;
    const { lang } = this.state;
    const parts: Child[] = [
      this.#from(value),
      this.#alternatives(value),
      value.features.length > 0
        ? h(
            "ol",
            { class: "ranked" },
            ...value.features.map((place, i) => this.#ranked(answer, place, i + 1)),
          )
        : h("p", {}, texts.noneFound),
      ...value.completeness
        .filter(({ note }) => note)
        .map(({ note }) =>
          h("p", { class: "completeness" }, h("b", {}, texts.completeness), " ", note),
        ),
      this.#apart(answer, value),
      value.unplaced > 0 &&
        h("p", { class: "note" }, texts.unplaced(formatCount(value.unplaced, lang))),
    ];
    return parts.filter((part): part is HTMLElement => part instanceof HTMLElement);
  }

  #from({ origin }: NearestAnswer): HTMLElement {
    const { texts } = this;
    const where = origin.place?.in ?? "";
    const name = origin.place?.name ?? originText(this.state.ask.origin);
    return h(
      "p",
      { class: "from" },
      h("span", { class: "origin-dot" }),
      texts.answerFrom(name),
      where && texts.answerIn(where),
      origin.uncertainty_m > 0 &&
        h("span", { class: "note" }, texts.originUncertain(formatMetres(origin.uncertainty_m))),
    );
  }

  #alternatives({ origin }: NearestAnswer): Child {
    if (origin.alternatives.length === 0) return null;
    return h(
      "details",
      {},
      h("summary", {}, this.texts.otherwise),
      h(
        "ul",
        { class: "options" },
        ...origin.alternatives.map((choice) => h("li", {}, choiceButton(this, choice))),
      ),
    );
  }

  #ranked(answer: OpenAnswer, place: Place, rank: number): HTMLElement {
    const { texts } = this;
    const uncertain = place.properties.order_uncertain === true;
    return h(
      "li",
      {},
      this.#open(
        answer,
        place,
        h("span", { class: "rank", attributes: { "aria-hidden": true } }, String(rank)),
        h("span", { class: "distance" }, textOf(place, "distance_text")),
        uncertain && h("span", { class: "uncertain" }, texts.orderUncertain),
      ),
    );
  }

  /** A row that opens its card: name, where, level; `extra` goes around them. */
  #open(answer: OpenAnswer, place: Place, ...extra: Child[]): HTMLElement {
    const layerId = textOf(place, "layer") || answer.layer;
    const layer = layerOf(this.state, layerId);
    const { main } = namesOf(place, this.state.lang);
    const id = String(place.id ?? textOf(place, layer?.key ?? "id"));
    const note = [whereOf(place), wordsOf(place, layer, "level")].filter(Boolean).join(" · ");
    const [before, ...after] = extra;
    return button(
      main,
      () => this.context.actions.openPlace(layerId, id, main),
      { class: "option" },
      before,
      h("span", { class: "name" }, main),
      note && h("span", { class: "note" }, note),
      ...after,
    );
  }

  #apart(answer: OpenAnswer, { apart }: NearestAnswer): Child {
    if (apart.numberMatched === 0) return null;
    const { texts } = this;
    return h(
      "section",
      { class: "apart" },
      h("h3", {}, texts.apartTitle(formatCount(apart.numberMatched, this.state.lang))),
      h("p", { class: "note" }, apart.note),
      h(
        "ul",
        { class: "options" },
        ...apart.features.map((place) => {
          const precision = textOf(place, "precision");
          const known = isPrecision(precision) ? texts.precisionNames[precision] : "";
          return h(
            "li",
            {},
            this.#open(answer, place, null, known && h("span", { class: "tag" }, known)),
          );
        }),
      ),
    );
  }
}
customElements.define("im-answer", ImAnswer);
