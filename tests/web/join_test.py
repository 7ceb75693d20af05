# SPDX-License-Identifier: Apache-2.0
"""metadata.join: a map of an indicator follows what is imported, in pictures and vector
tiles, and says from which years and sources its numbers are."""

import json
import os
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

from fixture import definition, field
from harness import Folder, Server, run, write

TILE = "8/214/104"
SITES = [("S1", "浦东", 121.60, 31.20), ("S2", "青浦", 121.30, 31.20),
         ("S3", "金山", 121.50, 31.05)]
HEADER = "id,site,indicator,value,qualifier,year,origin\n"
ROWS = ["1,S1,rate,3.25,exact,2021,A", "2,S1,rate,4.5,exact,2023,B",
        "3,S1,rate,9.5,target,2030,C", "4,S2,other,7.5,exact,2023,D"]
STYLE = {
    "version": 8, "name": "Rate",
    "metadata": {
        "legend": [{"title": {"zh": "{rate.years}，{rate.sources}",
                              "en": "{rate.years} from {rate.sources}"},
                    "shape": "heading"}],
        "join": {"layer": "sites", "table": "figures", "on": "site",
                 "where": "indicator = 'rate' AND qualifier = 'exact'",
                 "value": "value", "newest": "year", "source": "origin", "as": "rate"}},
    "sources": {"innomap": {"type": "vector"}},
    "layers": [{"id": "rate", "type": "circle", "source": "innomap",
                "source-layer": "sites", "filter": ["has", "rate"],
                "paint": {"circle-radius": ["*", 2, ["get", "rate"]],
                          "circle-color": "#ff0000"}},
               {"id": "none", "type": "circle", "source": "innomap",
                "source-layer": "sites", "filter": ["!", ["has", "rate"]],
                "paint": {"circle-radius": 4, "circle-color": "#0000ff"}}]}


def make(base, rows):
    sites = definition("sites", "point", 10)
    sites["fields"].insert(1, field("site", required=True, tile_zoom=0))
    write(base + "/layers/sites/layer.json", json.dumps(sites))
    write(base + "/layers/sites/style.json", json.dumps({"layers": []}))
    write(base + "/layers/sites/sites.csv", "id,site,name_zh,lon,lat\n" + "".join(
        f"{i},{i},{name},{lon},{lat}\n" for i, name, lon, lat in SITES))
    figures = definition("figures", "none", 20, in_map=False, group="tables")
    figures["facts"] = {"file": "figures.csv"}
    figures["roles"] = {"name_zh": "site"}
    figures["fields"] = [field("id", required=True), field("site", required=True),
                         field("indicator"), field("value", "real"),
                         field("qualifier"), field("year", "integer"), field("origin")]
    write(base + "/layers/figures/layer.json", json.dumps(figures))
    write(base + "/layers/figures/style.json", json.dumps({"layers": []}))
    bring(base, rows)


def bring(base, rows):
    write(base + "/layers/figures/figures.csv", HEADER + "\n".join(rows) + "\n")
    done = run("import", "--shipped", base + "/layers", "--db", base + "/test.db",
               "--lang", "en")
    assert done.returncode == 0, done.stderr + done.stdout


class Joins(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.base = str(self.folder / "x")
        os.makedirs(self.base)
        self.style(STYLE)
        make(self.base, ROWS)

    def tearDown(self):
        self.folder.remove()

    def style(self, style):
        write(self.base + "/styles/rate.json", json.dumps(style))

    def serve(self):
        server = Server(self.base + "/test.db", "--no-viewer", "--styles",
                        self.base + "/styles")
        self.addCleanup(server.close)
        self.addCleanup(server.stop)
        return server

    def seen(self):
        """Picture, vector tile, style and tag, as a fresh server sends them."""
        server = self.serve()
        picture = server.get(f"/tiles/map/{TILE}.png", style="rate")
        return (picture.body, server.get(f"/tiles/map/{TILE}.mvt", style="rate").body,
                server.get("/styles/map.json", style="rate").json(),
                picture.headers["ETag"])

    def test_the_newest_row_that_passes_is_taken(self):
        _, tile, style, _ = self.seen()
        self.assertIn(b"rate", tile)
        self.assertIn(struct.pack("<d", 4.5), tile)
        for other in (3.25, 9.5, 7.5):
            self.assertNotIn(struct.pack("<d", other), tile)
        title = style["metadata"]["legend"][0]["title"]
        self.assertEqual(title["en"], "2023 from B")
        # MapLibre reads what the vector tile carries
        self.assertIn(["get", "rate"], style["layers"][0]["paint"]["circle-radius"])

    def test_an_import_changes_picture_vector_tile_legend_and_tag(self):
        before = self.seen()
        bring(self.base, [*ROWS, "5,S1,rate,8.75,exact,2025,E", "6,S3,rate,2.5,exact,2022,F"])
        after = self.seen()
        self.assertNotEqual(before[0], after[0])
        self.assertNotEqual(before[3], after[3])
        self.assertIn(struct.pack("<d", 8.75), after[1])
        self.assertIn(struct.pack("<d", 2.5), after[1])
        self.assertNotIn(struct.pack("<d", 4.5), after[1])
        self.assertEqual(after[2]["metadata"]["legend"][0]["title"]["en"],
                         "2022–2025 from E；F")

    def test_rows_that_the_map_does_not_take_change_nothing(self):
        before = self.seen()
        bring(self.base, [*ROWS, "5,S3,other,8.75,exact,2025,E"])
        after = self.seen()
        self.assertEqual(before[0], after[0])
        self.assertEqual(before[3], after[3])

    def test_only_leaves_features_without_a_value(self):
        style = json.loads(json.dumps(STYLE))
        style["metadata"]["join"]["only"] = "name_zh <> '浦东'"
        self.style(style)
        _, tile, style, _ = self.seen()
        self.assertNotIn(struct.pack("<d", 4.5), tile)
        self.assertEqual(style["metadata"]["legend"][0]["title"]["en"], "– from –")

    def test_a_table_that_nobody_imported_is_no_data(self):
        style = json.loads(json.dumps(STYLE))
        style["metadata"]["join"]["table"] = "nothing"
        self.style(style)
        picture, tile, _, _ = self.seen()
        self.assertGreater(len(picture), 100)
        self.assertNotIn(b"rate", tile)

    def test_faults_are_named(self):
        for member, value, *words in (
                ("value", "valeu", "figures", "valeu"),
                ("on", "sitte", "sitte"),
                ("where", "indicatro = 'rate'", "where", "indicatro"),
                ("as", "city", "as"),
                ("layer", 3, "layer")):
            style = json.loads(json.dumps(STYLE))
            style["metadata"]["join"][member] = value
            self.style(style)
            done = run("tile", TILE, "--db", self.base + "/test.db", "--styles",
                       self.base + "/styles", "--style", "rate", "--out",
                       self.base + "/out.png", "--lang", "en")
            self.assertNotEqual(done.returncode, 0, member)
            for word in ("rate", "metadata.join", *words):
                self.assertIn(word, done.stderr, member)


if __name__ == "__main__":
    unittest.main()
