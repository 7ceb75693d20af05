# SPDX-License-Identifier: Apache-2.0
"""A PMTiles of ours as npm's pmtiles reads it."""

import hashlib
import json
import math
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

from fixture import make_database
from harness import HERE, PATIENCE_S, Folder, Server, run


class PmtilesClient(unittest.TestCase):
    @staticmethod
    def is_in(header, z, x, y):
        """Does the tile meet the bounds of the archive?"""
        def row(lat):
            return (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**z

        west, east = ((lon + 180) / 360 * 2**z for lon in (header["minLon"], header["maxLon"]))
        return west < x + 1 and x < east and row(header["maxLat"]) < y + 1 and y < row(header["minLat"])

    def test_every_tile_is_found_with_the_bytes_of_the_server(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        db = folder / "test.db"
        make_database(db, folder / "layers")
        path = folder / "map.pmtiles"
        done = run("export", path, "--db", db, "--lang", "zh", "--quiet", "--format", "mvt", "--max-zoom", "8")
        self.assertEqual(done.returncode, 0, done.stderr)
        names = [f"{z}/{x}/{y}" for z in range(9)
                 for x in range(int(2**z * 0.824), int(2**z * 0.84) + 1)
                 for y in range(int(2**z * 0.39), int(2**z * 0.42) + 1)] + ["8/0/0", "8/255/255"]
        done = subprocess.run(["node", os.path.join(HERE, "browser", "pmtiles_client.mjs"), path],
                              input="\n".join(names) + "\n", capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stderr + "\nmissing modules? npm ci")
        read = json.loads(done.stdout)
        self.assertEqual((read["header"]["minZoom"], read["header"]["maxZoom"]), (0, 8))
        self.assertEqual(read["header"]["tileType"], 1)
        self.assertEqual(read["metadata"]["name"], "map")
        self.assertEqual({v["id"] for v in read["metadata"]["vector_layers"]}, {"sites", "others"})
        n_found = 0
        with Server(db, "--no-viewer") as server:
            for name in names:
                answer = server.get(f"/tiles/map/{name}.mvt")
                if answer.status == 200 and not self.is_in(read["header"], *map(int, name.split("/"))):
                    continue  # what reaches in from outside of it is not exported
                expected = hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else None
                self.assertEqual(read["tiles"][name], expected, name)
                n_found += expected is not None
        self.assertGreater(n_found, 10)


if __name__ == "__main__":
    unittest.main()
