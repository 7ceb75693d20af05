// SPDX-License-Identifier: Apache-2.0
// The page: a sheet with the question and one panel, and the map with its line of notice.
import { type PanelName, panelOf } from "../state/state.ts";
import { button, h, ICONS, icon } from "./dom.ts";
import { type Context, UiElement } from "./element.ts";
import { ImAnswer } from "./im-answer.ts";
import { ImAsk } from "./im-ask.ts";
import { ImLayerList } from "./im-layer-list.ts";
import { ImMap } from "./im-map.ts";
import { ImMessage } from "./im-message.ts";
import { ImNotice } from "./im-notice.ts";
import { ImPicked } from "./im-picked.ts";
import { ImPlaceCard } from "./im-place-card.ts";

export class ImApp extends UiElement {
  #ask: ImAsk;
  #panels: Record<PanelName, UiElement>;
  #panel = h("div", { class: "panel" });
  #title = h("h1", {});
  #region = h("p", { class: "region" });
  #lang = h("button", {
    class: "quiet lang",
    attributes: { type: "button" },
    on: {
      click: () => void this.context.actions.setLang(this.state.lang === "zh" ? "en" : "zh"),
    },
  });
  #map: ImMap;
  #skip = button("", () => this.#map.focusCanvas(), { class: "skip" });
  #handle = button("", () => this.#toggle(), { class: "handle" }, icon(ICONS.handle));
  #isOpen = true;

  constructor(context: Context) {
    super(context);
    this.#ask = new ImAsk(context);
    this.#map = new ImMap(context);
    this.#panels = {
      layers: new ImLayerList(context),
      picked: new ImPicked(context),
      place: new ImPlaceCard(context),
      answer: new ImAnswer(context),
    };
  }

  protected override connected(signal: AbortSignal): void {
    const { context } = this;
    if (context.isEmbedded) {
      // the map, its notice and its sources: in somebody else's page nothing more
      this.dataset.embedded = "";
      this.append(h("main", { class: "stage" }, this.#map, new ImNotice(context)));
      this.draws(
        signal,
        (state) => [state.lang],
        () => this.#drawWords(),
      );
      return;
    }
    this.append(
      this.#skip,
      h(
        "aside",
        { class: "sheet" },
        h(
          "header",
          { class: "masthead" },
          h("div", {}, this.#title, this.#region),
          this.#lang,
          this.#handle,
        ),
        this.#ask,
        new ImMessage(context),
        this.#panel,
      ),
      h("main", { class: "stage" }, this.#map, new ImNotice(context)),
    );
    this.addEventListener(
      "im-ask-focus",
      () => {
        this.#open(true);
        this.#ask.focusLayer();
      },
      { signal },
    );
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.draws(
      signal,
      (state) => [state.lang],
      () => this.#drawWords(),
    );
    this.draws(
      signal,
      (state) => [panelOf(state), state.place?.id, state.picked, state.answer?.result.status],
      () => this.#drawPanel(),
    );
  }

  #key(event: KeyboardEvent): void {
    // Esc in a list of options or in the middle of typing Chinese belongs to those
    if (event.key === "Escape" && !event.isComposing && !event.defaultPrevented)
      this.context.actions.back();
  }

  #drawWords(): void {
    const { texts } = this;
    document.documentElement.lang = this.state.lang === "zh" ? "zh-CN" : "en";
    document.title = texts.pageTitle;
    this.#skip.textContent = texts.skip;
    this.#title.textContent = texts.title;
    this.#region.textContent = texts.region;
    this.#lang.textContent = texts.switchLang;
    this.#lang.lang = this.state.lang === "zh" ? "en" : "zh-CN";
    this.#lang.setAttribute("aria-label", texts.switchLangLabel);
    this.#open(this.#isOpen);
  }

  #drawPanel(): void {
    const name = panelOf(this.state);
    const panel = this.#panels[name];
    if (panel.parentElement !== this.#panel) this.#panel.replaceChildren(panel);
    this.#panel.scrollTop = 0; // beside the map the panel scrolls, below it the sheet
    this.dataset.panel = name;
    if (name === "layers") return;
    this.#open(true);
    // a click on the map or a row in a list brought it up: reading goes on at its heading
    panel.querySelector<HTMLElement>("h2[tabindex]")?.focus({ preventScroll: true });
    // below the map the sheet scrolls to it, once its content is there
    if (matchMedia("(max-width: 48rem)").matches)
      requestAnimationFrame(() => this.#panel.scrollIntoView({ block: "start" }));
  }

  #toggle(): void {
    this.#open(!this.#isOpen);
  }

  #open(isOpen: boolean): void {
    this.#isOpen = isOpen;
    this.dataset.sheet = isOpen ? "open" : "closed";
    const label = isOpen ? this.texts.sheetClose : this.texts.sheetOpen;
    this.#handle.setAttribute("aria-label", label);
    this.#handle.setAttribute("aria-expanded", String(isOpen));
  }
}
customElements.define("im-app", ImApp);
