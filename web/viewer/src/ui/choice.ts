// SPDX-License-Identifier: Apache-2.0
// One of the places a name may mean; taking it asks the question again from there.
import type { NamedPlace } from "../api/types.ts";
import { layerOf } from "../state/state.ts";
import { button, h } from "./dom.ts";
import type { UiElement } from "./element.ts";

export function choiceButton(owner: UiElement, choice: NamedPlace): HTMLButtonElement {
  const title = layerOf(owner.state, choice.layer)?.title ?? "";
  return button(
    choice.name,
    () => void owner.context.actions.choose(choice),
    { class: "option" },
    h("span", { class: "name" }, choice.name),
    h("span", { class: "note" }, [choice.in, title].filter(Boolean).join(" · ")),
  );
}
