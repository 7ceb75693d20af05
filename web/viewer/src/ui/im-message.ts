// SPDX-License-Identifier: Apache-2.0
// What went wrong with the last request, and what to do about it.
import { adviceOf } from "./advice.ts";
import { button, h, ICONS, icon } from "./dom.ts";
import { UiElement } from "./element.ts";

export class ImMessage extends UiElement {
  protected override connected(signal: AbortSignal): void {
    this.setAttribute("role", "alert");
    this.draws(
      signal,
      (state) => [state.problem, state.catalog, state.lang],
      () => this.#draw(),
    );
  }

  #draw(): void {
    const { problem, catalog } = this.state;
    const { texts } = this;
    const { actions } = this.context;
    const shown = problem ?? (catalog.status === "failed" ? catalog.problem : null);
    this.hidden = shown === null;
    this.replaceChildren();
    if (!shown) return;
    this.append(h("p", {}, adviceOf(shown, texts)));
    if (shown === problem)
      this.append(
        button(
          "",
          () => actions.dismiss(),
          { class: "quiet", attributes: { "aria-label": texts.close } },
          icon(ICONS.close),
        ),
      );
    else this.append(button(texts.retry, () => void actions.retry()));
  }
}
customElements.define("im-message", ImMessage);
