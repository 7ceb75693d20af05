// SPDX-License-Identifier: Apache-2.0
// The only place that fetches. Paths are relative to the page, so the server may sit under any prefix.
import { Problem } from "./problem.ts";
import { isDict, readCatalog, readNearest, readPlace, readProblem, readSprites } from "./read.ts";
import type { Catalog, Lang, NearestAnswer, Place, Sprites } from "./types.ts";

export interface NearestQuestion {
  layer: string;
  k: number;
  lang: Lang;
  from: { lon: number; lat: number } | { near: string };
}

export interface Api {
  /** Legends are those of the look. */
  catalog(lang: Lang, look: string, signal: AbortSignal): Promise<Catalog>;
  /** The sheet of icons. */
  sprites(signal: AbortSignal): Promise<Sprites>;
  /** The MapLibre style as the server wrote it; only the map looks inside. */
  style(lang: Lang, look: string, signal: AbortSignal): Promise<Record<string, unknown>>;
  place(layer: string, id: string, lang: Lang, signal: AbortSignal): Promise<Place>;
  nearest(question: NearestQuestion, signal: AbortSignal): Promise<NearestAnswer>;
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    if (response.ok) throw new Problem("answer", "not JSON", response.status);
    return undefined;
  }
}

/** `isPublic`: what may be shown in other people's pages. */
export function createApi(
  base: string,
  fetchIt: Fetch = (url, init) => fetch(url, init),
  isPublic = false,
): Api {
  // the standard look is what the layers say themselves, also where no styles are installed
  const styleOf = (look: string): Record<string, string> =>
    look === "light" ? {} : { style: look };

  async function get(path: string, params: Record<string, string>, signal: AbortSignal) {
    const url = new URL(path, base);
    url.search = new URLSearchParams(params).toString();
    let response: Response;
    try {
      response = await fetchIt(url.href, { signal, headers: { accept: "application/json" } });
    } catch (error) {
      if (signal.aborted) throw error;
      throw new Problem("network", String(error));
    }
    const body = await bodyOf(response);
    if (!response.ok) throw readProblem(response.status, body);
    return body;
  }

  return {
    async catalog(lang, look, signal) {
      return readCatalog(await get("api/layers", { lang, ...styleOf(look) }, signal));
    },
    async sprites(signal) {
      const url = new URL("sprites/innomap@2x.png", base).href;
      return readSprites(await get("sprites/innomap@2x.json", {}, signal), url);
    },
    async style(lang, look, signal) {
      const profile: Record<string, string> = isPublic ? { profile: "public" } : {};
      const style = await get("styles/map.json", { lang, ...styleOf(look), ...profile }, signal);
      if (!isDict(style)) throw new Problem("answer", "the style is not an object");
      return style;
    },
    async place(layer, id, lang, signal) {
      return readPlace(await get("api/feature", { layer, id, lang }, signal));
    },
    async nearest({ layer, k, lang, from }, signal) {
      const origin: Record<string, string> =
        "near" in from ? { near: from.near } : { lon: String(from.lon), lat: String(from.lat) };
      return readNearest(
        await get("api/nearest", { layer, ...origin, k: String(k), lang }, signal),
      );
    },
  };
}
