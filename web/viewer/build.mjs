// SPDX-License-Identifier: Apache-2.0
// Bundles the viewer into a folder of static files that the server hands out.
//
//   node web/viewer/build.mjs [--out DIR]
//
// index.html is the only file with a stable name. Everything it asks for lies in assets/ and
// carries a hash of its content in its name, so the server may let caches keep assets/ for ever.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);

const { values } = parseArgs({ options: { out: { type: "string" } } });
const out = resolve(values.out ?? join(here, "dist"));
const maplibre = dirname(require.resolve("maplibre-gl/dist/maplibre-gl-csp.js"));

/** What every bundle shares: names with a hash, and no licence text lost. */
const common = {
  bundle: true,
  minify: true,
  target: ["es2022", "chrome109", "firefox115", "safari16"],
  outdir: join(out, "assets"),
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  legalComments: "linked",
  metafile: true,
  logLevel: "warning",
};

/** The one file of a build that ends in `extension`, as a URL relative to index.html. */
function output(result, extension) {
  const names = Object.keys(result.metafile.outputs).filter((name) => name.endsWith(extension));
  if (names.length !== 1) throw new Error(`expected one ${extension}, got ${names.join(", ")}`);
  return relative(out, resolve(names[0])).split("\\").join("/");
}

await rm(out, { recursive: true, force: true });
await mkdir(join(out, "assets"), { recursive: true });

// MapLibre's worker stays a file of its own: then the page needs no blob: workers and no eval.
const worker = await build({
  ...common,
  entryPoints: { worker: join(maplibre, "maplibre-gl-csp-worker.js") },
  format: "iife",
});
const app = await build({
  ...common,
  entryPoints: { app: join(here, "src/main.ts") },
  format: "esm",
  alias: { "maplibre-gl": join(maplibre, "maplibre-gl-csp.js") },
  define: { WORKER_URL: JSON.stringify(output(worker, ".js")) },
});
const css = await build({
  ...common,
  entryPoints: { app: join(here, "src/css/app.css") },
  loader: { ".svg": "file" },
});
const icon = await build({
  ...common,
  entryPoints: { icon: join(here, "icon.svg") },
  loader: { ".svg": "copy" },
});

const page = await readFile(join(here, "index.html"), "utf8");
await writeFile(
  join(out, "index.html"),
  page
    .replace("{{css}}", output(css, ".css"))
    .replace("{{js}}", output(app, ".js"))
    .replace("{{icon}}", output(icon, ".svg")),
);

// Pages that show how others take our map into theirs: plain files, and MapLibre beside them.
const examples = join(out, "examples");
await cp(join(here, "examples"), examples, { recursive: true });
for (const [from, to] of [
  ["maplibre-gl-csp.js", "maplibre-gl.js"],
  ["maplibre-gl-csp-worker.js", "maplibre-gl-worker.js"],
  ["maplibre-gl.css", "maplibre-gl.css"],
])
  await cp(join(maplibre, from), join(examples, to));

// Who gets the viewer gets MapLibre, and with it the text that its licence asks to be kept.
await mkdir(join(out, "licenses"));
await cp(join(maplibre, "../LICENSE.txt"), join(out, "licenses/maplibre-gl.txt"));

const bytes = Object.values(app.metafile.outputs).reduce((sum, file) => sum + file.bytes, 0);
console.log(`viewer: ${basename(out)}/ built, ${Math.round(bytes / 1024)} KiB of script`);
