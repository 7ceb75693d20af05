// SPDX-License-Identifier: Apache-2.0
// Reads an archive with npm's pmtiles: header, metadata and the hash of each tile that is
// named on standard input (lines "z/x/y"), as JSON.
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { PMTiles } from "pmtiles";

class File {
  constructor(path, handle) {
    this.path = path;
    this.handle = handle;
  }
  getKey() {
    return this.path;
  }
  async getBytes(offset, length) {
    const buffer = new Uint8Array(length);
    const { bytesRead } = await this.handle.read(buffer, 0, length, offset);
    return { data: buffer.buffer.slice(0, bytesRead) };
  }
}

const path = process.argv[2];
const archive = new PMTiles(new File(path, await open(path)));
const tiles = {};
for await (const line of createInterface({ input: process.stdin })) {
  const [z, x, y] = line.split("/").map(Number);
  const tile = await archive.getZxy(z, x, y);
  tiles[line] = tile ? createHash("sha256").update(new Uint8Array(tile.data)).digest("hex") : null;
}
console.log(
  JSON.stringify({
    header: await archive.getHeader(),
    metadata: await archive.getMetadata(),
    tiles,
  }),
);
