// SPDX-License-Identifier: Apache-2.0
// The question "nearest … to …" as a sentence with blanks.

import { catalogOf, groupsOf, isAskable, K_CHOICES } from "../state/state.ts";
import { choiceButton } from "./choice.ts";
import { h } from "./dom.ts";
import { UiElement } from "./element.ts";
import { originText } from "./format.ts";

export class ImAsk extends UiElement {
  #input = h("input", {
    attributes: {
      type: "text",
      name: "near",
      autocomplete: "off",
      spellcheck: "false",
      enterkeyhint: "search",
      maxlength: 200,
    },
    on: {
      input: () => this.context.actions.setOrigin({ kind: "text", text: this.#input.value }),
    },
  });
  #layer = h("select", {
    attributes: { name: "layer" },
    on: { change: () => this.context.actions.setAsk({ layer: this.#layer.value }) },
  });
  #k = h("select", {
    attributes: { name: "k" },
    on: { change: () => this.context.actions.setAsk({ k: Number(this.#k.value) }) },
  });
  #go = h("button", { class: "primary", attributes: { type: "submit" } });
  #form = h("form", {
    attributes: { role: "search" },
    on: {
      submit: (event) => {
        event.preventDefault();
        void this.context.actions.askNearest();
      },
    },
  });
  #choices = h("div", { class: "choices", attributes: { "aria-live": "polite" } });

  focusLayer(): void {
    this.#layer.focus();
  }

  protected override connected(signal: AbortSignal): void {
    this.append(this.#form, this.#choices);
    this.draws(
      signal,
      (state) => [state.lang],
      () => this.#drawSentence(),
    );
    this.draws(
      signal,
      (state) => [state.catalog, state.lang],
      () => this.#drawLayers(),
    );
    this.draws(
      signal,
      (state) => [state.ask],
      () => this.#fill(),
    );
    this.draws(
      signal,
      (state) => [state.choices, state.lang],
      () => this.#drawChoices(),
    );
    this.draws(
      signal,
      (state) => [state.answer?.result.status === "loading", state.lang],
      () => this.#drawBusy(),
    );
  }

  #drawSentence(): void {
    const { texts } = this;
    const blanks: Record<string, HTMLElement> = {
      origin: this.#input,
      layer: this.#layer,
      k: this.#k,
      go: this.#go,
    };
    this.#form.setAttribute("aria-label", texts.askTitle);
    this.#input.setAttribute("aria-label", texts.originLabel);
    this.#input.placeholder = texts.originHint;
    this.#input.title = texts.originTip;
    this.#layer.setAttribute("aria-label", texts.layerLabel);
    this.#k.setAttribute("aria-label", texts.kLabel);
    this.#k.replaceChildren(
      ...K_CHOICES.map((k) => h("option", { attributes: { value: k } }, texts.kOption(k))),
    );
    this.#form.replaceChildren(
      ...texts.sentence
        .split(/\{(\w+)\}/)
        .map((part, i) => (i % 2 === 1 ? (blanks[part] ?? part) : h("span", {}, part.trim()))),
    );
    this.#fill();
  }

  #drawLayers(): void {
    const layers = (catalogOf(this.state)?.layers ?? []).filter(isAskable);
    this.#layer.replaceChildren(
      ...groupsOf(layers).map((group) =>
        h(
          "optgroup",
          { attributes: { label: this.texts.groups[group] ?? group } },
          ...layers
            .filter((layer) => layer.group === group)
            .map((layer) => h("option", { attributes: { value: layer.id } }, layer.title)),
        ),
      ),
    );
    this.#fill();
  }

  #fill(): void {
    const { ask } = this.state;
    const text = originText(ask.origin);
    if (this.#input.value !== text) this.#input.value = text;
    this.#layer.value = ask.layer;
    this.#k.value = String(ask.k);
  }

  #drawBusy(): void {
    const busy = this.state.answer?.result.status === "loading";
    this.#go.textContent = busy ? this.texts.asking : this.texts.go;
    this.#form.setAttribute("aria-busy", String(busy));
  }

  #drawChoices(): void {
    const { choices, ask } = this.state;
    this.#choices.replaceChildren();
    if (choices.length === 0) return;
    this.#choices.append(
      h("h2", {}, this.texts.choicesTitle(originText(ask.origin))),
      h(
        "ul",
        { class: "options" },
        ...choices.map((choice) => h("li", {}, choiceButton(this, choice))),
      ),
    );
  }
}
customElements.define("im-ask", ImAsk);
