// SPDX-License-Identifier: Apache-2.0
// What the style of a map of one subject says of itself: its legend, and which of its layers draw
// the subject. Other styles have neither.
import { isDict, readLegend } from "../api/read.ts";
import type { Lang, LegendEntry } from "../api/types.ts";

export interface Theme {
  title: string;
  legend: LegendEntry[];
  /** Style layers that show the numbers. */
  layers: string[];
}

function titleOf(value: unknown, lang: Lang): string {
  const title = isDict(value) ? value[lang] : "";
  return typeof title === "string" ? title : "";
}

/** Entries of a layer are in the list of layers; those of none are the theme's own. */
export function themeOf(style: Record<string, unknown>, lang: Lang): Theme | null {
  const { metadata, layers } = style;
  if (!isDict(metadata) || !isDict(metadata.join) || !Array.isArray(metadata.legend)) return null;
  const legend = metadata.legend
    .filter((entry) => isDict(entry) && typeof entry.layer !== "string")
    .map((entry) => readLegend({ ...entry, title: titleOf(entry.title, lang) }))
    .filter((entry) => entry.title);
  const number = JSON.stringify(["get", metadata.join.as]);
  return legend.length === 0
    ? null
    : {
        title: titleOf(metadata.title, lang),
        legend,
        layers: (Array.isArray(layers) ? layers : []).flatMap((layer) =>
          isDict(layer) && typeof layer.id === "string" && JSON.stringify(layer).includes(number)
            ? [layer.id]
            : [],
        ),
      };
}
