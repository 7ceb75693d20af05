// SPDX-License-Identifier: Apache-2.0
// The colours of what the viewer itself draws on the map. The map stays light in dark mode: its
// colours are the server's, the same as in the PNG tiles.
export interface Palette {
  /** Where the question starts. */
  origin: string;
  /** The open place. */
  place: string;
  halo: string;
}

export const PALETTE: Palette = { origin: "#a8322a", place: "#17404f", halo: "#ffffff" };
