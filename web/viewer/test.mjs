// SPDX-License-Identifier: Apache-2.0
// Runs every src/**/*.test.ts with node's own test runner, after esbuild has turned them into
// plain JavaScript. Node 18 cannot read TypeScript itself.
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));

async function testsIn(folder) {
  const found = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await testsIn(path)));
    else if (entry.name.endsWith(".test.ts")) found.push(path);
  }
  return found;
}

const folder = await mkdtemp(join(tmpdir(), "innomap-viewer-"));
try {
  const result = await build({
    entryPoints: await testsIn(join(here, "src")),
    outdir: folder,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node18",
    sourcemap: "inline",
    loader: { ".css": "text" },
    metafile: true,
    logLevel: "warning",
  });
  const files = Object.keys(result.metafile.outputs);
  const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...files], {
    stdio: "inherit",
  });
  process.exitCode = run.status ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
