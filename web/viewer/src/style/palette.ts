// SPDX-License-Identifier: Apache-2.0
// The colours of what the viewer itself draws on the map: by the style of the map, whose colours
// are the server's, whatever the page around it looks like.
export interface Palette {
  /** Where the question starts. */
  origin: string;
  /** The open place. */
  place: string;
  halo: string;
}

const LIGHT: Palette = { origin: "#a8322a", place: "#17404f", halo: "#ffffff" };
const DARK: Palette = { origin: "#ff9d8f", place: "#9fdcf0", halo: "#10161b" };

/** Styles say of themselves that they are dark (metadata.dark). */
export function paletteOf(style: { metadata?: unknown }): Palette {
  const { metadata } = style;
  const isDark =
    typeof metadata === "object" &&
    metadata !== null &&
    "dark" in metadata &&
    metadata.dark === true;
  return isDark ? DARK : LIGHT;
}
