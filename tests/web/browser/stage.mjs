// SPDX-License-Identifier: Apache-2.0
// What the tests in a browser share: the browser, pages of strangers, and pictures as numbers.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const TIMEOUT_MS = 120_000; // software drawing on a busy machine
const MODULES = join(dirname(fileURLToPath(import.meta.url)), "../../../node_modules");
const pictures = process.env.INNOMAP_SCREENSHOTS;

/** The address of a server that the environment names. */
export function addressOf(variable) {
  const url = process.env[variable]?.replace(/\/*$/, "/");
  if (!url) throw new Error(`set ${variable} to a running server, e.g. http://127.0.0.1:8080`);
  return url;
}

export async function launch() {
  if (pictures) await mkdir(pictures, { recursive: true });
  return chromium.launch({
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
}

export async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

/**
 * A site of somebody else on this machine: another port, so another origin. It has one page with
 * an empty #map, the npm modules, and `files` (name -> bytes), of which parts may be asked.
 */
export async function strangersSite(files = {}) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname).slice(1);
    let body = files[path];
    if (path === "") {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      body = `<!doctype html><link rel="icon" href="data:,"><style>body{margin:0}#map{width:512px;height:512px}</style><div id="map"></div>`;
    } else if (!body && !path.includes("..")) {
      if (path.endsWith(".js")) response.setHeader("Content-Type", "text/javascript");
      if (path.endsWith(".css")) response.setHeader("Content-Type", "text/css");
      body = await readFile(join(MODULES, path)).catch(() => null);
    }
    const part = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
    if (body && part) {
      response.statusCode = 206;
      const last = Math.min(Number(part[2]), body.length - 1);
      response.setHeader("Content-Range", `bytes ${part[1]}-${last}/${body.length}`);
      body = body.subarray(Number(part[1]), last + 1);
    } else if (!body) response.statusCode = 404;
    response.end(body ?? "");
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/**
 * A page that lasts as long as `body` takes. It fails on an error in the console, on a request to
 * another host than `hosts`, and on an answer that is neither content nor "empty".
 */
export async function onPage(browser, { url, hosts, ...context }, body) {
  const visitor = await browser.newContext({ reducedMotion: "reduce", ...context });
  const page = await visitor.newPage();
  const errors = [];
  const answers = [];
  page.setDefaultTimeout(TIMEOUT_MS);
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`${message.text()} ${message.location().url}`);
  });
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (/^(https?|wss?):$/.test(protocol) && !hosts.includes(host))
      errors.push(`foreign host: ${request.url()}`);
  });
  page.on("response", (response) => {
    const asked = response.url();
    if (!/^https?:/.test(asked)) return;
    answers.push({ url: asked, status: response.status() });
    if (![200, 204, 206].includes(response.status())) errors.push(`${response.status()} ${asked}`);
  });
  try {
    await page.goto(url);
    await body(page, answers);
    assert.deepEqual(errors, []);
  } finally {
    await visitor.close();
  }
}
