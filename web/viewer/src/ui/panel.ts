// SPDX-License-Identifier: Apache-2.0
// The head that place card, pick list and answer share.
import { button, h, ICONS, icon } from "./dom.ts";
import type { UiElement } from "./element.ts";

/** A heading that can be focused, so that a screen reader hears what came up, and the way out. */
export function panelHead(owner: UiElement, kicker: string, title: string): HTMLElement {
  const { texts } = owner;
  return h(
    "header",
    { class: "panel-head" },
    h(
      "div",
      {},
      kicker && h("p", { class: "kicker" }, kicker),
      h("h2", { attributes: { tabindex: -1 } }, title),
    ),
    button(
      texts.close,
      () => owner.context.actions.back(),
      { class: "quiet", attributes: { "aria-label": texts.close, title: texts.closeHint } },
      icon(ICONS.close),
    ),
  );
}
