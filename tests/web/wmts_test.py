# SPDX-License-Identifier: Apache-2.0
"""WMTS where it has more to answer for than tiles: what lies under a pixel, asked by
hand, by GDAL and by OWSLib; layers that want something else than most. A service of
hundreds of layers: server/wmts_capabilities_test.c."""

import json
import math
import os
import subprocess
import sys
import unittest
import urllib.parse
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.dirname(__file__))

import fixture
from harness import PATIENCE_S, Folder, Server, run, write

DEBIAN_PYTHON = "/usr/bin/python3"
NAMES = {"w": "http://www.opengis.net/wmts/1.0", "o": "http://www.opengis.net/ows/1.1"}
Z, COL, ROW = 9, 428, 208
PARKS = ('{"type":"FeatureCollection","features":['
         '{"type":"Feature","properties":{"id":"P1","name_zh":"<b>大园</b>","reviewed":0},"geometry":'
         '{"type":"Polygon","coordinates":[[[121.3,31.1],[121.62,31.1],[121.62,31.3],[121.3,31.3],[121.3,31.1]]]}}]}')


def pixel_of(lon, lat, z):
    """Column, row and pixel of a position in WebMercatorQuad."""
    side = 256 << z
    x = (lon + 180) / 360 * side
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side
    return int(x // 256), int(y // 256), int(x % 256), int(y % 256)


def make_layers(folder):
    fixture.make_layers(folder)
    parks = fixture.definition("parks", "area", 5)
    parks["fields"].append(fixture.field("reviewed", "integer"))
    parks["roles"]["reviewed"] = "reviewed"
    parks["facts"] = {"file": "parks.geojson", "crs": "EPSG:4326"}
    write(f"{folder}/parks/layer.json", json.dumps(parks))
    write(f"{folder}/parks/style.json", json.dumps({"layers": [
        {"id": "parks", "type": "fill", "metadata": {"order": 100}, "paint": {"fill-color": "#88aa66"}}]}))
    write(f"{folder}/parks/parks.geojson", PARKS)
    ground = {**fixture.definition("ground", "point", 1), "group": "base", "names_places": False}
    write(f"{folder}/ground/layer.json", json.dumps(ground))
    write(f"{folder}/ground/style.json", json.dumps(fixture.style("ground", "#000000")))
    write(f"{folder}/ground/ground.csv", fixture.rows(fixture.SITES))


class Info(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.remove)
        make_layers(cls.folder / "layers")
        db = cls.folder / "test.db"
        done = run("import", "--shipped", cls.folder / "layers", "--db", db, "--lang", "en")
        assert done.returncode == 0, done.stderr + done.stdout
        cls.servers = []
        for options in ((), ("--public",)):
            server = Server(db, "--no-viewer", *options)
            server.__enter__()
            cls.addClassCleanup(server.__exit__)
            cls.servers.append(server)
        cls.server, cls.public = cls.servers
        cls.base = f"http://127.0.0.1:{cls.server.port}"

    def rest(self, layer, lon, lat, suffix="json", z=Z, server=None, more=""):
        col, row, i, j = pixel_of(lon, lat, z)
        answer = (server or self.server).ask(
            f"/wmts/1.0.0/{layer}/default/WebMercatorQuad/{z}/{row}/{col}/{j}/{i}.{suffix}{more}")
        self.assertEqual(answer.status, 200, answer.body)
        return answer

    def found(self, *arguments, **more):
        return [f["id"] for f in self.rest(*arguments, **more).json()["features"]]

    def test_what_lies_under_a_pixel_is_said_from_the_top(self):
        self.assertEqual(self.found("map", 121.60, 31.20), ["S1", "P1"])
        self.assertEqual(self.found("map", 121.60, 31.20, more="?feature_count=1"), ["S1"])
        self.assertEqual(self.found("parks", 121.60, 31.20), ["P1"])
        self.assertEqual(self.found("sites,others", 121.60, 31.20), ["S1"])
        self.assertEqual(self.found("map", 121.70, 31.25), [])
        one = self.rest("map", 121.60, 31.20).json()
        self.assertEqual(one["features"][0]["properties"]["name"], "东园")
        self.assertEqual(one["features"][0]["geometry"], {"type": "Point", "coordinates": [121.6, 31.2]})
        self.assertIn("测试数据", one["attribution"])

    def test_it_is_what_the_questions_find(self):
        """At the middle of a tile's pixel, within as many metres as eight pixels have."""
        z = 11
        size_m = 2 * math.pi * 6378137 * math.cos(math.radians(31.2)) / (256 << z)
        for lon, lat in ((121.60, 31.20), (121.31, 31.11), (121.3201, 31.2985), (121.401, 31.2005), (121.45, 31.25)):
            asked = self.server.get("/api/within", layer="sites,others,parks", lon=lon, lat=lat,
                                    radius_km=8 * size_m / 1000, precision="all").json()
            self.assertIn("features", asked, asked)
            asked = asked["features"]
            # areas have no tolerance
            want = {f["id"] for f in asked
                    if f["properties"]["layer"] != "parks" or f["properties"]["distance_m"] == 0}
            self.assertEqual(set(self.found("sites,others,parks", lon, lat, z=z)), want, (lon, lat))

    def test_both_ways_and_all_formats_say_the_same(self):
        col, row, i, j = pixel_of(121.60, 31.20, Z)
        for kind, suffix in (("application/json", "json"), ("text/plain", "txt"), ("text/html", "html")):
            answer = self.server.get("/wmts", Service="WMTS", Request="GetFeatureInfo", Version="1.0.0",
                                     Layer="map", Style="", Format="image/png", TileMatrixSet="WebMercatorQuad",
                                     TileMatrix=Z, TileRow=row, TileCol=col, I=i, J=j, InfoFormat=kind)
            self.assertEqual(answer.status, 200, answer.body)
            self.assertEqual(answer.headers["Content-Type"].split(";")[0], kind)
            self.assertEqual(answer.body, self.rest("map", 121.60, 31.20, suffix).body)
        plain = self.rest("map", 121.60, 31.20, "txt").body.decode()
        self.assertIn("  name_zh = 东园\n", plain)
        page = self.rest("map", 121.60, 31.20, "html")
        self.assertIn("&lt;b&gt;大园&lt;/b&gt;", page.body.decode())
        self.assertNotIn("<b>", page.body.decode())
        self.assertEqual(page.headers["Content-Security-Policy"], "default-src 'none'")

    def test_nothing_is_told_that_the_questions_hide(self):
        self.assertEqual(self.found("map", 121.60, 31.20, server=self.public), ["S1"])
        for layer in ("hidden", "ground"):
            for server in self.servers:
                col, row, i, j = pixel_of(121.60, 31.20, Z)
                answer = server.ask(f"/wmts/1.0.0/{layer}/default/WebMercatorQuad/{Z}/{row}/{col}/{j}/{i}.json")
                self.assertIn(answer.status, (400, 404))
                self.assertNotIn(b"S1", answer.body)

    def test_exceptions_are_reports(self):
        base = {"service": "WMTS", "request": "GetFeatureInfo", "layer": "map", "style": "", "format": "image/png",
                "tilematrixset": "WebMercatorQuad", "tilematrix": Z, "tilerow": ROW, "tilecol": COL, "i": 1, "j": 2,
                "infoformat": "application/json"}
        for change, code, locator in (
                ({"i": 256}, "PointIJOutOfRange", "I"), ({"j": -1}, "PointIJOutOfRange", "J"),
                ({"i": "x"}, "InvalidParameterValue", "I"), ({"j": None}, "MissingParameterValue", "J"),
                ({"infoformat": "text/xml"}, "InvalidParameterValue", "InfoFormat"),
                ({"infoformat": None}, "MissingParameterValue", "InfoFormat"),
                ({"tilerow": 1 << Z}, "TileOutOfRange", "TileRow"),
                ({"layer": "sites", "tilecol": 0}, "TileOutOfRange", "TileCol"),
                ({"layer": "ground", "tilerow": ROW}, "InvalidParameterValue", "Layer"),
                ({"feature_count": 0}, "InvalidParameterValue", "Feature_Count"),
                ({"layer": "<i>"}, "InvalidParameterValue", "layers")):
            asked = {k: v for k, v in {**base, **change}.items() if v is not None}
            answer = self.server.ask("/wmts?" + urllib.parse.urlencode(asked))
            self.assertEqual(answer.status, 400, (change, answer.body))
            report = ET.fromstring(answer.body).find("o:Exception", NAMES)
            self.assertEqual((report.get("exceptionCode"), report.get("locator")), (code, locator), change)
        rest = f"/wmts/1.0.0/map/default/WebMercatorQuad/{Z}/{ROW}/{COL}/"
        for path in (rest + "0/256.json", rest + "256/0.json", rest + "0/0.gml", rest + "0/0"):
            answer = self.server.ask(path)
            self.assertEqual(answer.status, 404, path)
            self.assertEqual(answer.headers["Content-Type"], "application/xml")

    def test_the_capabilities_say_where_to_ask(self):
        root = ET.fromstring(self.server.ask("/wmts?request=GetCapabilities").body)
        self.assertEqual([o.get("name") for o in root.iter(f"{{{NAMES['o']}}}Operation")],
                         ["GetCapabilities", "GetTile", "GetFeatureInfo"])
        layers = {l.findtext("o:Identifier", None, NAMES): l for l in root.findall("w:Contents/w:Layer", NAMES)}
        formats = ["application/json", "text/plain", "text/html"]
        for name, want in (("map", formats), ("sites", formats), ("ground", [])):
            self.assertEqual([f.text for f in layers[name].findall("w:InfoFormat", NAMES)], want)
            urls = {u.get("format"): u.get("template") for u in layers[name].findall("w:ResourceURL", NAMES)
                    if u.get("resourceType") == "FeatureInfo"}
            self.assertEqual(list(urls), want)
        col, row, i, j = pixel_of(121.60, 31.20, Z)
        template = layers["sites"].find("w:ResourceURL[@resourceType='FeatureInfo']", NAMES).get("template")
        for part, value in (("{Style}", "default"), ("{TileMatrixSet}", "WebMercatorQuad"), ("{TileMatrix}", Z),
                            ("{TileRow}", row), ("{TileCol}", col), ("{J}", j), ("{I}", i)):
            self.assertIn(part, template)
            template = template.replace(part, str(value))
        self.assertEqual(self.server.ask(template[len(self.base):]).body, self.rest("sites", 121.60, 31.20).body)

    def test_gdal_asks_for_what_lies_there(self):
        for address in ("/wmts/1.0.0/WMTSCapabilities.xml", "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities"):
            # its raster ends where the layer does: not the easternmost place
            source = (f"WMTS:{self.base}{address},layer=sites,"
                      f"tilematrixset=WebMercatorQuad,tilematrix={Z},style=default")
            done = subprocess.run(["gdallocationinfo", "-xml", "-wgs84", source, "121.40", "31.20"],
                                  capture_output=True, text=True, timeout=PATIENCE_S)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("<LocationInfo>", done.stdout, done.stderr)
            self.assertIn("西园", done.stdout)
            self.assertNotIn("东园", done.stdout)

    def test_owslib_reads_where_to_ask(self):
        """It cannot ask itself: that is not written there."""
        program = """
import sys
from owslib.wmts import WebMapTileService
w = WebMapTileService(sys.argv[1])
assert [o.name for o in w.operations] == ["GetCapabilities", "GetTile", "GetFeatureInfo"], w.operations
assert w["sites"].infoformats == ["application/json", "text/plain", "text/html"], w["sites"].infoformats
assert w["ground"].infoformats == []
print([u["template"] for u in w["sites"].resourceURLs
       if u["resourceType"] == "FeatureInfo" and u["format"] == "application/json"][0])
"""
        done = subprocess.run([DEBIAN_PYTHON, "-c", program, self.base + "/wmts"], capture_output=True, text=True,
                              timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stderr + "\nDebian: python3-owslib")
        col, row, i, j = pixel_of(121.60, 31.20, Z)
        path = done.stdout.strip()[len(self.base):]
        for part, value in (("{Style}", "default"), ("{TileMatrixSet}", "WebMercatorQuad"), ("{TileMatrix}", Z),
                            ("{TileRow}", row), ("{TileCol}", col), ("{J}", j), ("{I}", i)):
            path = path.replace(part, str(value))
        self.assertEqual([f["id"] for f in self.server.ask(path).json()["features"]], ["S1"])


class Odd(unittest.TestCase):
    """Layers that want something else than most: empty tiles that are missing, a style that cannot be drawn."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.remove)
        folder = cls.folder / "layers"
        make_layers(folder)
        for name in ("thin", "thinner"):
            write(f"{folder}/{name}/layer.json", json.dumps(fixture.definition(name, "point", 40, sparse=True)))
            write(f"{folder}/{name}/style.json", json.dumps(fixture.style(name, "#123456")))
            write(f"{folder}/{name}/{name}.csv", fixture.rows(fixture.SITES))
        write(f"{folder}/broken/layer.json", json.dumps(fixture.definition("broken", "point", 50)))
        write(f"{folder}/broken/style.json", json.dumps({"layers": [
            {"id": "x", "type": "circle", "paint": {"circle-radius": "wide"}}]}))
        write(f"{folder}/broken/broken.csv", fixture.rows(fixture.SITES))
        cls.db = cls.folder / "test.db"
        done = run("import", "--shipped", folder, "--db", cls.db, "--lang", "en")
        assert done.returncode == 0, done.stderr + done.stdout
        cls.server = Server(cls.db, "--no-viewer")
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)

    def status(self, path, server=None, **headers):
        return (server or self.server).ask(path, **headers).status

    def test_an_empty_tile_of_a_sparse_layer_is_missing(self):
        with Server(self.db, "--no-viewer", "--no-cache") as without_cache:
            for server in (self.server, self.server, without_cache):  # drawn, from the cache, without one
                for tile in ("mvt", "png", "webp"):
                    answer = server.ask(f"/tiles/thin/8/0/0.{tile}?lang=en")
                    self.assertEqual(answer.status, 404, tile)
                    self.assertIn("sparse", answer.json()["detail"])
                    self.assertEqual(answer.headers["Cache-Control"], "no-store")
                    self.assertEqual(self.status(f"/tiles/thin/8/214/104.{tile}", server), 200)
                self.assertEqual(self.status("/tiles/others/8/0/0.mvt", server), 204)
                self.assertEqual(self.status("/tiles/others/8/0/0.png", server), 200)
        self.assertEqual(self.status("/tiles/512/thin/7/0/0@2x.png"), 404)
        self.assertEqual(self.status("/tms/1.0.0/thin@WebMercatorQuad@png/8/0/0.png"), 404)
        # only where all layers of a list ask for it; a picture that cannot be empty is none
        self.assertEqual(self.status("/tiles/thin,thinner/8/0/0.mvt"), 404)
        self.assertEqual(self.status("/tiles/thin,others/8/0/0.mvt"), 204)
        self.assertEqual(self.status("/tiles/map/8/0/0.png"), 200)
        self.assertEqual(self.status("/tiles/thin/8/0/0.jpg"), 200)

    def test_wmts_knows_no_missing_tiles_within_the_limits(self):
        """The same tile, the one of Xuzhou and Shanghai's northern neighbour, by two doors."""
        root = ET.fromstring(self.server.ask("/wmts?request=GetCapabilities").body)
        layer = [l for l in root.findall("w:Contents/w:Layer", NAMES)
                 if l.findtext("o:Identifier", None, NAMES) == "thin"][0]
        limits = [m for link in layer.findall("w:TileMatrixSetLink", NAMES)
                  if link.findtext("w:TileMatrixSet", None, NAMES) == "WebMercatorQuad"
                  for m in link.iter(f"{{{NAMES['w']}}}TileMatrixLimits")
                  if m.findtext("w:TileMatrix", None, NAMES) == "9"][0]
        row, col = limits.findtext("w:MinTileRow", None, NAMES), limits.findtext("w:MinTileCol", None, NAMES)
        self.assertEqual(self.status(f"/tiles/thin/9/{col}/{row}.png"), 404)
        self.assertEqual(self.status(f"/wmts/1.0.0/thin/default/WebMercatorQuad/9/{row}/{col}.png"), 200)

    def test_a_layer_that_cannot_be_drawn_says_so_and_leaves_the_others_alone(self):
        for path in ("/tiles/broken/8/214/104.png", "/tiles/sites,broken/8/214/104.mvt", "/tiles/broken.json",
                     "/styles/broken.json"):
            for lang, what in (("en", "mend its style.json"), ("zh", "请修改其 style.json")):
                answer = self.server.ask(f"{path}?lang={lang}")
                self.assertEqual(answer.status, 500, path)
                self.assertIn("broken", answer.json()["detail"])
                self.assertIn(what, answer.json()["detail"])
                self.assertIn("layers[0].paint.circle-radius", answer.json()["detail"])
        report = ET.fromstring(self.server.ask("/wmts/1.0.0/broken/default/WebMercatorQuad/8/104/214.png").body)
        self.assertEqual(report.find("o:Exception", NAMES).get("exceptionCode"), "NoApplicableCode")
        whole = self.server.ask("/tiles/map/8/214/104.mvt")
        self.assertEqual(whole.status, 200)
        self.assertIn(b"sites", whole.body)
        self.assertNotIn(b"broken", whole.body)
        self.assertEqual(self.status("/styles/map.json"), 200)
        self.assertEqual(self.server.get("/api/list", layer="broken").status, 200)

    def test_a_filter_leaves_out_layers_that_do_not_know_its_fields(self):
        """Base layers are the ground: they stay. A field that no layer has is a mistake."""
        tile = "/tiles/map/8/214/104.mvt?filter="
        told = self.server.ask(tile + "reviewed%20%3D%200").body
        self.assertIn(b"parks", told)
        self.assertIn(b"ground", told)
        for layer in (b"sites", b"others"):
            self.assertNotIn(layer, told)
        both = self.server.ask(tile + "city%20%3D%20%27%E4%B8%8A%E6%B5%B7%E5%B8%82%27").body
        for layer in (b"sites", b"others"):
            self.assertIn(layer, both)
        self.assertIn("colour", self.server.ask(tile + "colour%20%3D%200&lang=en").json()["detail"])
        self.assertEqual(self.status(tile + "colour%20%3D%200"), 400)
        self.assertEqual(self.status("/tiles/sites/8/214/104.mvt?filter=reviewed%20%3D%200"), 400)


if __name__ == "__main__":
    unittest.main(verbosity=2)
