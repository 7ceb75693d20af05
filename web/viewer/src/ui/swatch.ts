// SPDX-License-Identifier: Apache-2.0
// The sign of a legend's entry, drawn as the map draws it.
import type { LegendEntry, Sprites } from "../api/types.ts";
import { h } from "./dom.ts";

/** Icons are settled with the names, for whole zooms. */
export function imageOf(entry: LegendEntry, zoom: number): string {
  return entry.images.filter(([from]) => from <= Math.floor(zoom)).at(-1)?.[1] ?? "";
}

/** A piece of the sheet of icons as the background of an element; false: not there. */
function showImage(element: HTMLElement, sprites: Sprites | null, name: string): boolean {
  const image = sprites?.images[name];
  if (!sprites || !image) return false;
  const px = (n: number) => `${n / image.pixelRatio}px`;
  element.style.background = `url("${sprites.url}") -${px(image.x)} -${px(image.y)} / ${px(sprites.width)} ${px(sprites.height)} no-repeat`;
  element.style.inlineSize = px(image.width);
  element.style.blockSize = px(image.height);
  return true;
}

export function swatch(
  entry: LegendEntry | undefined,
  sprites: Sprites | null,
  zoom: number,
): HTMLElement {
  const element = h("span", { class: `swatch ${entry?.shape ?? "none"}` });
  if (!entry) return element;
  if (showImage(element, sprites, imageOf(entry, zoom))) {
    element.className = "swatch image";
    return element;
  }
  const color = (name: string, value: string) => {
    if (CSS.supports("color", value)) element.style.setProperty(name, value);
  };
  color("--swatch", entry.color);
  color("--outline", entry.outline);
  // any number: it stands for that of the places
  if (entry.shape === "cluster") element.textContent = "9";
  if (entry.radius > 0) element.style.setProperty("--radius-px", `${Math.min(entry.radius, 24)}px`);
  element.style.setProperty("--opacity", `${Math.round(entry.opacity * 100)}%`);
  if (entry.pattern && showImage(element, sprites, entry.pattern)) {
    element.style.removeProperty("inline-size");
    element.style.removeProperty("block-size");
  }
  return element;
}
