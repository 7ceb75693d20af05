// SPDX-License-Identifier: Apache-2.0
// The server's pictures beside MapLibre's drawing of the same style at the same place.
//
//   INNOMAP_URL=...        a server of the shipped map
//   INNOMAP_PLAIN_URL=...  the same, with looks without names and icons
//
// Each pair is one tile of 512 px. Blocks of 8 x 8 px are compared by the distance of their mean
// colours (0 to 441): edges that two rasterisers smooth differently vanish in the mean, a width
// or a colour that differs does not. Names are left out where the bound is tight, because
// MapLibre picks their places screen by screen and we do for the whole level.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addressOf, launch, onPage, picture, strangersSite, TIMEOUT_MS } from "./stage.mjs";

const full = addressOf("INNOMAP_URL");
const plain = addressOf("INNOMAP_PLAIN_URL");
const PLACE = [121.3, 31.2];
const SIDE = 512;
const BLOCK = 8;
const PAIRS = [
  ["light", 6, 8, 10, 12, 14],
  ["dark", 8, 11],
  ["government-blue", 8, 11],
  ["print", 8, 11],
];
// Found on 2026-11-21: means of 0.1 to 1.9 (1 is one step of one channel), at most 2.9 % of
// the blocks further than FAR. Those hold small circles: MapLibre smooths their edge to the
// inside, so they are half a pixel smaller than their radius says.
const FAR = 12;
const MEAN = 2.5;
const SHARE = 0.05;
// A layer that is left out or has another colour gives a ratio of 1 or more; found: 0.003 to
// 0.41 where ENOUGH blocks tell.
const ENOUGH = 20;
const NEARER = 0.6;
/** A size, or for areas a colour, that no layer has at that zoom. */
const SIZES = {
  fill: ["fill-color", "#00ff00"],
  line: ["line-width", 4],
  circle: ["circle-radius", 7],
};

let browser;
let site;

before(async () => {
  browser = await launch();
  site = await strangersSite();
});

after(async () => {
  await browser?.close();
  site?.close();
});

/** The tile of a zoom that holds PLACE. */
function tileAt(z) {
  const [lon, lat] = PLACE;
  const y = (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2;
  return { z, x: Math.floor(((lon + 180) / 360) * 2 ** z), y: Math.floor(y * 2 ** z) };
}

/** Longitude and latitude of a tile's middle. */
function middleOf(z, x, y) {
  const lat = Math.atan(Math.sinh(Math.PI * (1 - (2 * (y + 0.5)) / 2 ** z)));
  return [((x + 0.5) / 2 ** z) * 360 - 180, (lat * 180) / Math.PI];
}

/** In the page: what the functions below work with. */
function prepare({ side, block }) {
  const blocksOf = (drawing) => {
    const canvas = new OffscreenCanvas(side, side).getContext("2d");
    canvas.drawImage(drawing, 0, 0);
    const bytes = canvas.getImageData(0, 0, side, side).data;
    const blocks = Array.from({ length: (side / block) ** 2 }, () => [0, 0, 0]);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) {
        const mean = blocks[Math.floor(y / block) * (side / block) + Math.floor(x / block)];
        for (let c = 0; c < 3; c++) mean[c] += bytes[4 * (y * side + x) + c] / block ** 2;
      }
    return blocks;
  };
  const idle = () =>
    new Promise((done, failed) => {
      window.drawing.once("idle", done);
      window.drawing.once("error", ({ error }) => failed(error));
    });
  const between = (a, b) => a.map((mean, i) => Math.hypot(...mean.map((v, c) => v - b[i][c])));
  window.beside = { blocksOf, idle, between };
}

/** In the page: both drawings, and the distances of their blocks. */
async function drawBoth({ style, center, zoom, png }) {
  const { blocksOf, idle, between } = window.beside;
  window.drawing?.remove();
  window.drawing = new window.maplibregl.Map({
    container: "map",
    style,
    center,
    zoom,
    pixelRatio: 1,
    fadeDuration: 0,
    interactive: false,
    attributionControl: false,
    canvasContextAttributes: { preserveDrawingBuffer: true },
  });
  await idle();
  const image = document.querySelector("img") ?? document.body.appendChild(new Image());
  image.crossOrigin = "anonymous";
  image.src = png;
  await image.decode();
  window.beside.theirs = blocksOf(window.drawing.getCanvas());
  window.beside.ours = blocksOf(image);
  return between(window.beside.theirs, window.beside.ours);
}

/**
 * In the page: MapLibre draws with a paint property changed. Over the blocks that this changes,
 * how far is our picture from the drawing before, and how far from the one after?
 */
async function change({ layer, name, value }) {
  const { blocksOf, idle, between, theirs, ours } = window.beside;
  const before = window.drawing.getPaintProperty(layer, name);
  window.drawing.setPaintProperty(layer, name, value);
  await idle();
  const other = blocksOf(window.drawing.getCanvas());
  window.drawing.setPaintProperty(layer, name, before);
  const changed = between(theirs, other).map((distance) => distance > 3);
  const over = (distances) => distances.reduce((sum, d, i) => sum + (changed[i] ? d : 0), 0);
  return {
    blocks: changed.filter(Boolean).length,
    right: over(between(ours, theirs)),
    wrong: over(between(ours, other)),
  };
}

/** A page with MapLibre; `body` gets it and a function that compares at a zoom in a look. */
async function comparing(base, body) {
  const hosts = [new URL(base).host, new URL(site.url).host];
  const viewport = { width: 2 * SIDE + 8, height: SIDE };
  await onPage(browser, { url: site.url, hosts, viewport }, async (page) => {
    await page.addStyleTag({ content: "body { display: flex; gap: 8px }" });
    await page.addScriptTag({ url: `${site.url}maplibre-gl/dist/maplibre-gl.js` });
    await page.evaluate(prepare, { side: SIDE, block: BLOCK });
    await body(page, async (look, z) => {
      const { x, y } = tileAt(z);
      const answer = await fetch(`${base}styles/map.json?lang=zh&style=${look}`);
      const style = { ...(await answer.json()), transition: { duration: 0 } };
      const path = `tiles/512/map/${z}/${x}/${y}.png?lang=zh&style=${look}`;
      const found = await page.evaluate(drawBoth, {
        style,
        center: middleOf(z, x, y),
        zoom: z,
        png: base + path,
      });
      await picture(page, `beside-${base === plain ? "plain-" : ""}${look}-${z}`);
      return {
        style,
        mean: found.reduce((sum, d) => sum + d, 0) / found.length,
        far: found.filter((d) => d > FAR).length / found.length,
      };
    });
  });
}

function isAlike({ mean, far }, name) {
  assert.ok(mean < MEAN && far < SHARE, `${name}: mean ${mean}, share of far blocks ${far}`);
}

test("areas, lines, patterns and circles", { timeout: 4 * TIMEOUT_MS }, async () => {
  await comparing(plain, async (_, compare) => {
    for (const [look, ...zooms] of PAIRS)
      for (const z of zooms) isAlike(await compare(look, z), `${look}, zoom ${z}`);
  });
});

// What the means of a whole tile would not show: a thin line that is missing or too wide.
test("each layer, in its colour and width", { timeout: 4 * TIMEOUT_MS }, async () => {
  await comparing(plain, async (page, compare) => {
    const { style } = await compare("light", 9);
    const told = { layers: 0, sizes: 0 };
    const isNearer = async (layer, name, value) => {
      const { blocks, right, wrong } = await page.evaluate(change, { layer, name, value });
      if (blocks < ENOUGH) return false;
      const which = `${layer}, ${name} ${value}, ${blocks} blocks`;
      assert.ok(
        right < NEARER * wrong,
        `${which}: ${right} from the style, ${wrong} from the other`,
      );
      return true;
    };
    for (const { id, type } of style.layers)
      if (SIZES[type] && (await isNearer(id, `${type}-opacity`, 0))) {
        told.layers++;
        const [name, value] = SIZES[type];
        told.sizes += await isNearer(id, name, value);
      }
    assert.ok(told.layers >= 18 && told.sizes >= 18, JSON.stringify(told));
  });
});

// Where there is room MapLibre finds the same places for names as we do.
test("names and icons", { timeout: 4 * TIMEOUT_MS }, async () => {
  await comparing(full, async (_, compare) => {
    for (const look of ["light", "dark"]) isAlike(await compare(look, 8), look);
  });
});
