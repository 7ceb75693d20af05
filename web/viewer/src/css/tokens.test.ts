// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import tokens from "./tokens.css";

/** The colours of a block of custom properties. */
function coloursOf(block: string): Map<string, string> {
  return new Map(
    [...block.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name = "", value = ""]) => [
      name,
      value,
    ]),
  );
}

/** WCAG 2.1, relative luminance */
function luminanceOf(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminanceOf(a), luminanceOf(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const [lightBlock = "", darkBlock = ""] = tokens.split("@media (prefers-color-scheme: dark)");
const light = coloursOf(lightBlock);
const dark = new Map([...light, ...coloursOf(darkBlock)]);

const TEXT: [string, string][] = [
  ["ink", "paper"],
  ["ink", "paper-soft"],
  ["ink", "paper-hover"],
  ["ink-soft", "paper"],
  ["ink-soft", "paper-soft"],
  ["ink-soft", "paper-hover"],
  ["accent", "paper"],
  ["on-accent", "accent"],
  ["on-accent", "accent-hover"],
  ["seal", "paper"],
  ["ink", "seal-soft"],
  ["on-seal", "seal"],
  ["map-paper", "map-seal"],
  ["map-ink", "map-paper"],
];

for (const [scheme, colours] of [
  ["light", light],
  ["dark", dark],
] as const) {
  /* WCAG 2.1, 1.4.3 and 1.4.11 */
  test(`${scheme}: text is 4.5 : 1 on what it stands on, edges and focus 3 : 1`, () => {
    const of = (a: string, b: string) => contrast(colours.get(a) ?? "", colours.get(b) ?? "");
    for (const [text, ground] of TEXT)
      assert.ok(of(text, ground) >= 4.5, `${text} on ${ground}: ${of(text, ground).toFixed(2)}`);
    for (const edge of ["line-strong", "focus"])
      assert.ok(of(edge, "paper") >= 3, `${edge}: ${of(edge, "paper").toFixed(2)}`);
  });
}
