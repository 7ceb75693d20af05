// SPDX-License-Identifier: Apache-2.0
// Elements without a template language. Strings become text nodes, never HTML.

export type Child = Node | string | null | false | undefined;

type Listeners = { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };

export interface Props {
  class?: string;
  attributes?: Record<string, string | number | boolean | null | undefined>;
  on?: Listeners;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (props.class) element.className = props.class;
  for (const [name, value] of Object.entries(props.attributes ?? {}))
    if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : String(value));
  for (const [name, listener] of Object.entries(props.on ?? {}))
    element.addEventListener(name, listener as EventListener);
  append(element, children);
  return element;
}

export function append(parent: Element, children: readonly Child[]): void {
  for (const child of children)
    if (child !== null && child !== undefined && child !== false) parent.append(child);
}

export function button(
  label: string,
  onClick: () => void,
  props: Omit<Props, "on"> = {},
  ...children: Child[]
): HTMLButtonElement {
  return h(
    "button",
    { ...props, attributes: { type: "button", ...props.attributes }, on: { click: onClick } },
    ...(children.length > 0 ? children : [label]),
  );
}

const SVG = "http://www.w3.org/2000/svg";

/** A drawn sign, 24 units square; the button around it carries the words. */
export function icon(path: string): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export const ICONS = {
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  home: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  close: "M6 6l12 12M18 6L6 18",
  back: "M14 6l-6 6 6 6",
  about: "M12 11v6M12 7.2v.1",
  handle: "M6 14l6-6 6 6",
} as const;
