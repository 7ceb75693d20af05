# SPDX-License-Identifier: Apache-2.0
"""Map libraries in a browser as clients, our pictures beside MapLibre's, the pages that
show how to embed the map."""

import base64
import contextlib
import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

import shipped_map
from fixture import make_database
from harness import HERE, PATIENCE_S, PROGRAM, Folder, Server, run, write

ROOT = os.path.dirname(os.path.dirname(HERE))
SCREENSHOTS = os.environ.get("INNOMAP_SCREENSHOTS",
                             os.path.join(os.path.dirname(PROGRAM), "screenshots"))
LOOKS = ("light", "dark", "government-blue", "print")


def address(server):
    return f"http://127.0.0.1:{server.port}/"


def plain_looks(server, folder):
    """The shipped looks, names and icons hidden. Hidden, not left out: a layer that a look
    says nothing of keeps its own style."""
    for look in LOOKS:
        style = server.get("/styles/map.json", style=look, lang="zh").json()
        for layer in style["layers"]:
            if layer["type"] == "symbol":
                layer.setdefault("layout", {})["visibility"] = "none"
        write(f"{folder}/{look}.json", json.dumps(style))


def unpack(archive, path):
    """What servers of MBTiles (1.3) hand out, as JSON: rows from the top, nothing packed."""
    with contextlib.closing(sqlite3.connect(archive)) as db:
        metadata = dict(db.execute("SELECT name, value FROM metadata"))
        tiles = {f"{z}/{x}/{(1 << z) - 1 - row}": base64.b64encode(gzip.decompress(data)).decode()
                 for z, x, row, data in db.execute(
                     "SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles")}
    write(path, json.dumps({"minzoom": int(metadata["minzoom"]), "maxzoom": int(metadata["maxzoom"]),
                            "layers": json.loads(metadata["json"])["vector_layers"], "tiles": tiles}))


class Clients(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)

    def browse(self, name, **environment):
        done = subprocess.run(
            ["node", "--test", os.path.join(HERE, "browser", name + ".test.mjs")],
            cwd=ROOT, capture_output=True, text=True, timeout=2 * PATIENCE_S,
            env={**os.environ, "INNOMAP_SCREENSHOTS": SCREENSHOTS, **environment})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def shipped(self):
        """A copy of what shipped_map.py made for this run of ctest, or one of its own."""
        db, made = self.folder / "map.db", os.environ.get("INNOMAP_SHIPPED_MAP")
        if made:
            shutil.copy(made, db)
        else:
            shipped_map.make(db)
        return db

    def test_libraries_draw_a_place_where_it_is(self):
        db = self.folder / "test.db"
        archives = [self.folder / f"map.{kind}" for kind in ("pmtiles", "mbtiles")]
        make_database(db, self.folder / "layers")
        for archive in archives:
            done = run("export", archive, "--db", db, "--quiet", "--layers", "sites",
                       "--format", "mvt", "--max-zoom", "9")
            self.assertEqual(done.returncode, 0, done.stderr)
        unpacked = self.folder / "mbtiles.json"
        unpack(archives[1], unpacked)
        with Server(db, "--no-viewer") as server:
            self.browse("clients", INNOMAP_URL=address(server), INNOMAP_PMTILES=archives[0],
                        INNOMAP_MBTILES=unpacked)

    def test_the_shipped_map(self):
        db = self.shipped()
        with Server(db) as server:
            self.browse("examples", INNOMAP_URL=address(server))
            looks = self.folder / "looks"
            plain_looks(server, looks)
            with Server(db, "--no-viewer", "--styles", looks) as plain:
                self.browse("beside", INNOMAP_URL=address(server), INNOMAP_PLAIN_URL=address(plain))


if __name__ == "__main__":
    unittest.main(verbosity=2)
