// SPDX-License-Identifier: Apache-2.0
// What only a browser can prove: the page of a running server, as a person meets it.
//
//   INNOMAP_URL=http://127.0.0.1:8080 node --test tests/web/browser/browser.test.mjs
//
// INNOMAP_SCREENSHOTS=DIR  keeps pictures there (map.png is the one of the README)
// CHROMIUM=PATH            another browser than Debian's
//
// Every test also fails on an error in the browser's console and on any request to another host.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const base = process.env.INNOMAP_URL?.replace(/\/*$/, "/");
if (!base) throw new Error("set INNOMAP_URL to a running server, e.g. http://127.0.0.1:8080");
const pictures = process.env.INNOMAP_SCREENSHOTS;
const TIMEOUT_MS = 60_000; // software drawing on a busy machine
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };
const ASKED = "concept_verification";

let browser;

before(async () => {
  if (pictures) await mkdir(pictures, { recursive: true });
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--use-gl=angle",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader",
    ],
  });
});

after(() => browser?.close());

/** The map has loaded and drawn everything it wants. */
async function drawn(page) {
  await page.waitForSelector('im-map[data-state="ready"]', { timeout: TIMEOUT_MS });
  return page.evaluate(() => document.querySelector("im-map").drawn());
}

/**
 * A fresh page for one test. `refused` names the paths that are expected to answer with an error,
 * which browsers report in the console.
 */
async function onPage(
  { hash = "", viewport = DESKTOP, refused = null, prepare, ...context },
  body,
) {
  const visitor = await browser.newContext({ viewport, reducedMotion: "reduce", ...context });
  const page = await visitor.newPage();
  const errors = [];
  const hosts = new Set();
  page.setDefaultTimeout(TIMEOUT_MS);
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    const { url } = message.location();
    if (message.type() === "error" && !(refused && url.includes(refused)))
      errors.push(`${message.text()} ${url}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (/^(https?|wss?):$/.test(url.protocol)) hosts.add(url.host);
  });
  try {
    await prepare?.(page);
    await page.goto(base + hash);
    await body(page);
    assert.deepEqual(errors, [], "errors in the console");
    assert.deepEqual([...hosts], [new URL(base).host], "hosts that were asked");
  } finally {
    await visitor.close();
  }
}

function visit(name, options, body) {
  test(name, { timeout: 4 * TIMEOUT_MS }, () => onPage(options, body));
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}

async function api(path, params) {
  const response = await fetch(`${base}api/${path}?${new URLSearchParams(params)}`);
  return { status: response.status, body: await response.json() };
}

/** How many colours a screenshot of the map has: an empty one has very few. */
async function coloursOf(page) {
  const png = (await page.locator("im-map .canvas").screenshot()).toString("base64");
  return page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    const { data: bytes } = canvas.getImageData(0, 0, image.width, image.height);
    return new Set(new Uint32Array(bytes.buffer)).size;
  }, png);
}

async function ask(page, near, layer = ASKED) {
  await page.fill("im-ask input[name=near]", near);
  await page.selectOption("im-ask select[name=layer]", layer);
  await page.press("im-ask input[name=near]", "Enter");
}

visit("the map draws the layers of the server", {}, async (page) => {
  const counts = await drawn(page);
  for (const layer of ["parks", "incubators", ASKED])
    assert.ok(counts[layer] > 0, `${layer} drawn: ${JSON.stringify(counts)}`);
  assert.ok((await coloursOf(page)) > 200);
  await picture(page, "map");
});

visit("the notice stands at the lower left and cannot be closed", {}, async (page) => {
  const { body } = await api("layers", { lang: "zh" });
  const legal = page.locator("im-notice .legal");
  await legal.getByText(body.notice).waitFor();
  assert.match(await legal.textContent(), /审图号/);
  assert.equal(await legal.locator("button, a").count(), 0);
  const stage = await page.locator(".stage").boundingBox();
  const box = await legal.boundingBox();
  const map = await page.locator("im-map").boundingBox();
  assert.ok(box.x - stage.x < 40 && box.y >= map.y + map.height, JSON.stringify(box));
  assert.ok(box.y + box.height <= stage.y + stage.height);
  const attribution = await page.locator("im-notice .attribution").textContent();
  for (const part of body.attribution.split(/[;；]\s*/))
    assert.ok(attribution.includes(part.trim()), part);
});

visit("every layer is listed with its count, and can be switched off", {}, async (page) => {
  const { body } = await api("layers", { lang: "zh" });
  await drawn(page);
  const listed = body.layers.filter(
    ({ group, in_map }) => group === "tables" || (in_map && group !== "base"),
  );
  for (const layer of listed) {
    const row = page.locator("im-layer-list section > ul > li", {
      has: page.getByText(layer.title, { exact: true }),
    });
    const count = (await row.locator(".count").first().textContent()).replaceAll(",", "");
    assert.equal(Number(count), layer.count, layer.id);
  }
  const parks = body.layers.find(({ id }) => id === "parks");
  await page.getByRole("switch", { name: parks.title, exact: true }).uncheck();
  const counts = await drawn(page);
  assert.equal(counts.parks, undefined);
  assert.ok(counts.incubators > 0);
  assert.doesNotMatch(new URL(page.url()).hash, /parks/);
  assert.match(new URL(page.url()).hash, /layers=.*incubators/);
});

visit("by keyboard alone: the nearest concept-verification centres to 张江", {}, async (page) => {
  const { body } = await api("nearest", { layer: ASKED, near: "张江", k: "5", lang: "zh" });
  await drawn(page);
  const isOn = (selector) =>
    page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
  for (let i = 0; i < 6 && !(await isOn("input[name=near]")); i++) await page.keyboard.press("Tab");
  assert.ok(await isOn("input[name=near]"), "Tab leads to the search box");
  await page.keyboard.type("张江");
  await page.keyboard.press("Tab");
  const layer = page.locator("select[name=layer]");
  for (let i = 0; i < 30 && (await layer.inputValue()) !== ASKED; i++)
    await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");

  const rows = page.locator("im-answer .ranked .option");
  await rows.first().waitFor();
  assert.deepEqual(
    await rows.locator(".name").allTextContents(),
    body.features.map(({ properties }) => properties.name_zh),
  );
  assert.deepEqual(
    await rows.locator(".distance").allTextContents(),
    body.features.map(({ properties }) => properties.distance_text),
  );
  for (const { properties } of body.features)
    assert.doesNotMatch(properties.precision, /district|city/);
  const answer = await page.locator("im-answer").textContent();
  assert.ok(answer.includes(body.completeness[0].note), "says how complete the layer is");
  if (body.apart.numberMatched > 0) assert.ok(answer.includes(body.apart.note));
  assert.equal(await page.locator(".marker.rank").count(), body.features.length);
  await drawn(page);
  await picture(page, "nearest");

  await rows.first().press("Enter");
  const card = page.locator("im-place-card");
  await card.locator(".origin").waitFor();
  assert.equal(await card.locator("h2").textContent(), body.features[0].properties.name_zh);
  assert.ok((await card.textContent()).includes(body.features[0].properties.source));
  await drawn(page);
  await picture(page, "place");
  await page.keyboard.press("Escape");
  await rows.first().waitFor();
  await page.keyboard.press("Escape");
  await page.locator("im-layer-list").waitFor();
});

test("a click on a place opens its card", { timeout: 4 * TIMEOUT_MS }, async () => {
  const { body } = await api("nearest", { layer: "parks", near: "张江", k: "1", lang: "zh" });
  const { geometry, properties } = body.features[0];
  const [lon, lat] = geometry.coordinates;
  const hash = `#lon=${lon}&lat=${lat}&zoom=14`;
  await onPage({ hash }, async (page) => {
    await drawn(page);
    await page.locator("im-map canvas").click();
    // several places may share the spot: then the name stands in a short list
    await page.locator(":is(im-place-card .origin, im-picked .option)").first().waitFor();
    assert.ok((await page.locator(".panel").textContent()).includes(properties.name_zh));

    // the same without a pointer: Enter asks what lies in the middle
    await page.keyboard.press("Escape");
    await page.locator("im-layer-list").waitFor();
    await page.locator("im-map canvas").focus();
    await page.keyboard.press("Enter");
    await page.locator(":is(im-place-card .origin, im-picked .option)").first().waitFor();
    assert.ok((await page.locator(".panel").textContent()).includes(properties.name_zh));
  });
});

visit(
  "a click on open water sets the starting point",
  { hash: "#lon=123&lat=30.9&zoom=9" },
  async (page) => {
    await drawn(page);
    await page.locator("im-map canvas").click();
    await page.locator("im-picked h2").waitFor();
    assert.match(await page.inputValue("input[name=near]"), /^12[23]\.\d+, 30\.\d+$/);
    await page.selectOption("select[name=layer]", "parks");
    await page.press("input[name=near]", "Enter");
    await page.locator("im-answer .ranked .option").first().waitFor();
  },
);

visit("an ambiguous name is asked back, not guessed", { refused: "api/nearest" }, async (page) => {
  const { status, body } = await api("nearest", { layer: ASKED, near: "开发区", lang: "zh" });
  assert.equal(status, 300);
  await ask(page, "开发区");
  const options = page.locator("im-ask .choices .option");
  await options.first().waitFor();
  assert.equal(await options.count(), body.choices.length);
  await picture(page, "choices");
  await options.first().click();
  await page.locator("im-answer .ranked .option").first().waitFor();
  assert.ok((await page.locator("im-answer .from").textContent()).includes(body.choices[0].name));
});

visit(
  "an unknown name gets a message with a next step",
  { refused: "api/nearest" },
  async (page) => {
    await ask(page, "无此地名甲乙丙");
    const message = page.locator("im-message");
    await message.getByRole("button").waitFor();
    assert.match(await message.textContent(), /无此地名甲乙丙.*起点/);
    await message.getByRole("button").click();
    await message.waitFor({ state: "hidden" });
  },
);

visit("English by a switch, and in the address", {}, async (page) => {
  await drawn(page);
  await page.getByRole("button", { name: "Switch to English" }).click();
  await page.getByText("Layers", { exact: true }).waitFor();
  const { body } = await api("layers", { lang: "en" });
  const parks = body.layers.find(({ id }) => id === "parks");
  await page.getByRole("switch", { name: parks.title, exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  assert.match(new URL(page.url()).hash, /lang=en/);
  await ask(page, "张江");
  await page.locator("im-answer .ranked .option").first().waitFor();
  await drawn(page);
  await picture(page, "english");
});

visit(
  "a shared link shows the same answer in the same view",
  { hash: "#lon=121.5&lat=31.2&zoom=10&near=张江&ask=concept_verification&k=3&lang=en" },
  async (page) => {
    await drawn(page);
    await page.locator("im-answer .ranked .option").first().waitFor();
    assert.equal(await page.locator("im-answer .ranked .option").count(), 3);
    const hash = new URLSearchParams(new URL(page.url()).hash.slice(1));
    assert.deepEqual(
      [hash.get("lon"), hash.get("lat"), hash.get("zoom"), hash.get("near")],
      ["121.5000", "31.2000", "10.00", "张江"],
    );
  },
);

visit(
  "a server that does not answer gets a message, and a second try works",
  {
    refused: "api/layers",
    prepare: (page) => page.route("**/api/layers*", (route) => route.abort()),
  },
  async (page) => {
    const message = page.locator("im-message");
    await message.getByRole("button", { name: "重试" }).waitFor();
    assert.match(
      await page.locator("im-notice .legal").textContent(),
      /示意图，不作划界依据.*审图号/,
    );
    await page.unrouteAll();
    await message.getByRole("button", { name: "重试" }).click();
    await message.waitFor({ state: "hidden" });
    assert.ok((await drawn(page)).parks > 0);
  },
);

visit(
  "without WebGL the page says so, and questions are still answered",
  {
    prepare: (page) =>
      page.addInitScript(() => {
        const { getContext } = HTMLCanvasElement.prototype;
        HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
          return kind.startsWith("webgl") ? null : getContext.call(this, kind, ...rest);
        };
      }),
  },
  async (page) => {
    await page.getByText("WebGL").waitFor();
    await page.locator("im-layer-list li").first().waitFor();
    await ask(page, "张江");
    await page.locator("im-answer .ranked .option").first().click();
    await page.locator("im-place-card .origin").waitFor();
  },
);

for (const colorScheme of ["light", "dark"])
  visit(
    `360 px wide, ${colorScheme}: nothing sticks out`,
    { viewport: PHONE, hasTouch: true, colorScheme },
    async (page) => {
      const overflow = () =>
        page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
      await drawn(page);
      assert.equal(await overflow(), 0);
      await picture(page, `phone-${colorScheme}`);
      await ask(page, "张江");
      await page.locator("im-answer .ranked .option").first().waitFor();
      await drawn(page);
      assert.equal(await overflow(), 0);
      await picture(page, `phone-nearest-${colorScheme}`);
      const map = await page.locator("im-map").boundingBox();
      assert.ok(map.height > 200, `the map keeps ${map.height} px`);
      assert.ok(await page.locator("im-notice .legal").isVisible());
    },
  );

visit(
  "the list of layers shows the icons that the map has",
  { hash: "#lon=121.47&lat=31.23&zoom=12.5&style=government-blue" },
  async (page) => {
    await drawn(page);
    await page.waitForSelector("im-layer-list .swatch.image");
    const ground = await page
      .locator("im-layer-list .swatch.image")
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundImage);
    assert.match(ground, /sprites\/innomap@2x\.png/);
  },
);

visit(
  "embedded, the map is alone with its notice and sources",
  { hash: "embed?style=dark&lang=en#lon=121&lat=31.2&zoom=8" },
  async (page) => {
    await drawn(page);
    const asked = await page.evaluate(() =>
      performance.getEntriesByType("resource").map((entry) => entry.name),
    );
    const style = asked.find((url) => url.includes("/styles/map.json")) ?? "";
    assert.match(style, /profile=public/);
    assert.match(style, /style=dark/);
    assert.equal(await page.locator("im-ask, im-layer-list").count(), 0);
    assert.ok(await page.locator("im-notice .legal").isVisible());
    assert.ok(await page.locator("im-notice .attribution").isVisible());
    assert.equal(await page.getAttribute("html", "lang"), "en");
    await picture(page, "embed");
  },
);

visit(
  "a map of an indicator has its classes, year and source beside it, and its own layers",
  {},
  async (page) => {
    await drawn(page);
    const all = await page.locator("im-layer-list input[role=switch]").count();
    assert.equal(await page.locator("im-legend").isVisible(), false);
    const titles = await page.locator("im-map .look optgroup").nth(1).locator("option").count();
    assert.ok(titles >= 2, "both indicators are in the list of styles");
    await page.selectOption("im-map .look", "rd-intensity");
    const legend = page.locator("im-legend");
    await legend.locator("summary").waitFor();
    await drawn(page);
    assert.equal(await legend.locator("li .swatch.fill").count(), 5);
    assert.match(await legend.textContent(), /2.5% 至不足 3.0%.*无数据.*来源：/s);
    assert.match(await legend.locator(".heading").textContent(), /20\d\d年/);
    assert.ok((await page.locator("im-layer-list input[role=switch]").count()) < all);
    assert.match(page.url(), /style=rd-intensity/);
    // a legend hides neither the scale nor the notice
    const box = await legend.boundingBox();
    const scale = await page.locator(".maplibregl-ctrl-scale").boundingBox();
    assert.ok(box.x + box.width <= scale.x, JSON.stringify([box, scale]));
    await page.selectOption("im-map .look", "national-incubators");
    await legend.getByText("40 个").waitFor();
    const sizes = await legend
      .locator(".swatch.circle")
      .evaluateAll((swatches) => swatches.map((swatch) => swatch.getBoundingClientRect().width));
    assert.ok(sizes[0] > sizes[1] && sizes[1] > sizes[2], `circles of ${sizes}`);
    await page.selectOption("im-map .look", "light");
    await legend.waitFor({ state: "hidden" });
    await drawn(page);
    assert.equal(await page.locator("im-layer-list input[role=switch]").count(), all);
  },
);

visit(
  "in other people's pages an indicator without reviewed boundaries says that it is not drawn",
  { hash: "embed?style=rd-intensity", viewport: { width: 360, height: 400 } },
  async (page) => {
    await drawn(page);
    const { body } = await api("layers", { lang: "zh" });
    const isReviewed = body.review_number !== "无审图号";
    assert.equal(await page.locator("im-legend .empty").isVisible(), !isReviewed);
    assert.equal(await page.locator("im-legend details").getAttribute("open"), null);
  },
);
