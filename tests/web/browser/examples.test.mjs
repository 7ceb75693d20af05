// SPDX-License-Identifier: Apache-2.0
// The pages under web/viewer/examples as a running server of the shipped map hands them out.
//
//   INNOMAP_URL=...  that server
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { addressOf, launch, onPage, picture, TIMEOUT_MS } from "./stage.mjs";

const base = addressOf("INNOMAP_URL");
const WIDTHS = [1280, 360];
const hosts = [new URL(base).host];

let browser;

before(async () => {
  browser = await launch();
});

after(() => browser?.close());

/** Waits until the page's map shows everything, frames and pictures too. */
async function shown(page) {
  await page.waitForFunction(() => window.map?.loaded?.());
  await page.waitForFunction(() => [...document.images].every(({ complete }) => complete));
}

/** In the page: what the map looks like with only one of its layers, kept under its name. */
async function drawOnly(layer) {
  const { map } = window;
  for (const { id } of map.getStyle().layers)
    map.setLayoutProperty(id, "visibility", id === layer ? "visible" : "none");
  await new Promise((idle) => map.once("idle", idle));
  const drawn = new Promise((render) => map.once("render", render));
  map.triggerRepaint();
  await drawn;
  const { width, height } = map.getCanvas();
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.drawImage(map.getCanvas(), 0, 0);
  window.drawings ??= {};
  window.drawings[layer] = canvas.getImageData(0, 0, width, height);
}

/**
 * In the page: by how many pixels the overlay has to be moved so that it lies on what is drawn
 * below it. That is the move with the smallest mean difference of brightness.
 */
function offsetOf({ overlay, reach }) {
  const { base, [overlay]: over } = window.drawings;
  const { width, height } = over;
  const grey = ({ data }, at) => (data[4 * at] + data[4 * at + 1] + data[4 * at + 2]) / 3;
  const inked = [];
  for (let y = reach; y < height - reach; y++)
    for (let x = reach; x < width - reach; x++)
      if (over.data[4 * (y * width + x) + 3] > 250) inked.push(y * width + x);
  let best = { mean: Number.POSITIVE_INFINITY };
  for (let dy = -reach; dy <= reach; dy++)
    for (let dx = -reach; dx <= reach; dx++) {
      let sum = 0;
      for (const at of inked) sum += Math.abs(grey(over, at) - grey(base, at + dy * width + dx));
      if (sum / inked.length < best.mean) best = { mean: sum / inked.length, dx, dy };
    }
  return { ...best, inked: inked.length };
}

for (const name of ["plain", "tianditu", "amap"])
  for (const width of WIDTHS)
    test(`${name}, ${width} px wide`, { timeout: 2 * TIMEOUT_MS }, async () => {
      const url = `${base}examples/${name}.html`;
      await onPage(
        browser,
        { url, hosts, viewport: { width, height: 800 } },
        async (page, answers) => {
          await shown(page);
          await page.waitForLoadState("networkidle");
          await picture(page, `example-${name}-${width}`);
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          assert.equal(overflow, 0, "sticks out");
          // notice, review number and sources stand in the page, over nothing and under nothing
          const notice = page.locator(".notice");
          await notice.getByText("数据来源").waitFor();
          assert.match(await notice.textContent(), /示意图.*审图号.*数据来源：./s);
          const map = await page.locator("#map").boundingBox();
          const box = await notice.boundingBox();
          assert.ok(box.y >= map.y + map.height - 1, JSON.stringify([map, box]));
          for (const frame of page.frames().slice(1)) {
            assert.match(frame.url(), /\/embed/, "other sites may frame nothing else");
            await frame.locator("im-notice .legal").waitFor();
          }
          const tiles = answers.filter(({ url }) => url.includes("/tiles/"));
          assert.ok(tiles.length > 3, `${tiles.length} tiles`);
          assert.ok(
            await page.evaluate(() => [...document.images].every((i) => i.naturalWidth > 0)),
          );
        },
      );
    });

test("the overlay lies on the base map in GCJ-02, the usual grid does not", {
  timeout: 2 * TIMEOUT_MS,
}, async () => {
  const url = `${base}examples/amap.html`;
  await onPage(browser, { url, hosts, viewport: { width: 700, height: 800 } }, async (page) => {
    await shown(page);
    // the same places below: what lies on them covers them
    await page.evaluate(async () => {
      const { map } = window;
      map.jumpTo({ center: [121.6, 31.2], zoom: 12 });
      const { href } = new URL("../tiles/GCJ02Quad/map/", location.href);
      map.getSource("base").setTiles([`${href}{z}/{x}/{y}.png`]);
      await new Promise((idle) => map.once("idle", idle));
    });
    for (const layer of ["base", "right", "wrong"]) await page.evaluate(drawOnly, layer);
    const right = await page.evaluate(offsetOf, { overlay: "right", reach: 4 });
    assert.ok(right.inked > 300 && right.mean < 30, JSON.stringify(right));
    assert.deepEqual([right.dx, right.dy], [0, 0]);
    // GCJ-02 is some 500 m off, which is 30 px at this zoom
    const wrong = await page.evaluate(offsetOf, { overlay: "wrong", reach: 0 });
    assert.ok(wrong.mean > 2 * right.mean, JSON.stringify([right, wrong]));
  });
});
