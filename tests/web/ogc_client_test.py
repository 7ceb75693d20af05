# SPDX-License-Identifier: Apache-2.0
"""OGC API Features as ogc-client (npm) reads it."""

import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

import ogc_test
from harness import HERE, PATIENCE_S, Folder, Server, run


class OgcClient(unittest.TestCase):
    def test_it_finds_reads_and_pages_the_collections(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        ogc_test.make_layers(folder / "layers")
        done = run("import", "--shipped", folder / "layers", "--db", folder / "test.db", "--lang", "en")
        self.assertEqual(done.returncode, 0, done.stderr)
        with Server(folder / "test.db", "--no-viewer") as server:
            base = f"http://127.0.0.1:{server.port}/ogc"
            done = subprocess.run(["node", os.path.join(HERE, "browser", "ogc_client.mjs"), base], capture_output=True,
                                  text=True, timeout=PATIENCE_S)
            self.assertEqual(done.returncode, 0, done.stderr + "\nmissing modules? npm ci")
            whole = [f["id"] for f in server.get("/ogc/collections/many/items", limit=10).json()["features"]]
            declared = server.get("/ogc/conformance").json()["conformsTo"]
            collections = [c["id"] for c in server.get("/ogc/collections").json()["collections"]]
        out = json.loads(done.stdout)
        self.assertTrue(out["title"] and out["hasFeatures"])
        self.assertEqual(out["collections"], collections)
        self.assertEqual(out["conformance"], declared)
        self.assertEqual(out["formats"][0], "application/geo+json")
        self.assertEqual((out["storageCrs"], out["crs"][0]), (ogc_test.CRS84, ogc_test.CRS84))
        self.assertEqual((out["first"], out["second"]), (whole[:5], whole[5:]))
        self.assertEqual(out["item"], "M0007")
        self.assertLessEqual({"id", "level", "kinds", "year", "area"}, set(out["queryables"]))
        self.assertLessEqual({"id", "level", "year", "area"}, set(out["sortables"]))
        self.assertEqual(out["page"], ["b"] * 3, out["address"])


if __name__ == "__main__":
    unittest.main()
