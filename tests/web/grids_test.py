# SPDX-License-Identifier: Apache-2.0
"""Tiles in every grid as foreign programs take them: GDAL, OWSLib, MapProxy."""

import json
import math
import os
import shutil
import struct
import subprocess
import sys
import unittest
import urllib.parse
import xml.etree.ElementTree as ET
import zlib

sys.path.insert(0, os.path.dirname(__file__))

import fixture
from harness import PATIENCE_S, Folder, Server, run, write

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# not that of a virtual environment: where Debian's packages are
DEBIAN_PYTHON = "/usr/bin/python3"
OWS = {"w": "http://www.opengis.net/wmts/1.0", "o": "http://www.opengis.net/ows/1.1"}
EAST_PARK = (121.60, 31.20)
CITY = "City4549"


def call(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def pixels(png):
    """Width and RGBA rows of a palette PNG without interlacing or filters beyond 0."""
    at, width, height, palette, alpha, data = 8, 0, 0, b"", b"", b""
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at:at + 8])
        part = png[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", part[:10])
            assert colour == 3, colour
        elif kind == b"PLTE":
            palette = part
        elif kind == b"tRNS":
            alpha = part
        elif kind == b"IDAT":
            data += part
        at += 12 + size
    raw = zlib.decompress(data)
    stride = (width * depth + 7) // 8 + 1
    rows = []
    for y in range(height):
        row = raw[y * stride:(y + 1) * stride]
        assert row[0] == 0
        out = []
        for x in range(width):
            i = row[1 + x * depth // 8] >> (8 - depth - x * depth % 8) & ((1 << depth) - 1)
            out.append(alpha[i] if i < len(alpha) else 255)
        rows.append(out)
    return rows


def centre_of(alphas):
    """Where the opaque pixels are, on average."""
    found = [(x + 0.5, y + 0.5) for y, row in enumerate(alphas) for x, a in enumerate(row) if a > 128]
    assert found
    return sum(x for x, _ in found) / len(found), sum(y for _, y in found) / len(found)


class Grids(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.remove)
        db = cls.folder / "test.db"
        fixture.make_database(db, cls.folder / "layers")
        # the shipped grids and one of a city bureau, as an operator has them
        os.mkdir(cls.folder / "grids")
        for name in ("tiles/grids/CGCS2000Quad.json", "tiles/grids/WorldCRS84Quad.json",
                     "tiles/grids/GCJ02Quad.json", f"tests/data/grids/{CITY}.json"):
            shutil.copy(os.path.join(SOURCE, name), cls.folder / "grids")
        cls.server = Server(db, "--no-viewer", "--grids", cls.folder / "grids",
                            "--tianditu-prefix", "/old/tdt")
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        cls.base = f"http://127.0.0.1:{cls.server.port}"

    def ask(self, path, status=200):
        answer = self.server.ask(urllib.parse.quote(path, safe="/?&=,@%:"))
        self.assertEqual(answer.status, status, (path, answer.body[:400]))
        return answer

    def capabilities(self):
        return ET.fromstring(self.ask("/wmts?SERVICE=WMTS&REQUEST=GetCapabilities").body)

    # ---- places ----

    def place(self, srs, lon, lat):
        out = subprocess.run(["gdaltransform", "-s_srs", "EPSG:4490", "-t_srs", srs, "-output_xy"],
                             input=f"{lon} {lat}\n", capture_output=True,
                             text=True, timeout=PATIENCE_S)
        self.assertEqual(out.returncode, 0, out.stderr)
        return [float(v) for v in out.stdout.split()]

    def tile_of(self, grid, z, east, north):
        """Column, row and pixel of a position by the published matrix set."""
        document = self.ask(f"/tileMatrixSets/{grid}").json()
        m = document["tileMatrices"][z]
        origin = m["pointOfOrigin"]
        if document["orderedAxes"][0] == "Lat" or grid == CITY:
            origin = origin[::-1]
        x, y = (east - origin[0]) / m["cellSize"], (origin[1] - north) / m["cellSize"]
        return int(x // 256), int(y // 256), x % 256, y % 256

    def check_marker(self, grid, z, east, north):
        col, row, x, y = self.tile_of(grid, z, east, north)
        found = centre_of(pixels(self.ask(f"/tiles/{grid}/sites/{z}/{col}/{row}.png").body))
        self.assertAlmostEqual(found[0], x, delta=0.6)
        self.assertAlmostEqual(found[1], y, delta=0.6)

    def test_a_marker_stands_where_its_position_is_in_each_grid(self):
        lon, lat = EAST_PARK
        for grid, z in (("CGCS2000Quad", 13), ("WorldCRS84Quad", 12)):
            self.check_marker(grid, z, lon, lat)
        half = math.pi * 6378137
        self.check_marker("WebMercatorQuad", 14, half * lon / 180,
                          6378137 * math.asinh(math.tan(math.radians(lat))))
        self.check_marker(CITY, 5, *self.place("EPSG:4549", lon, lat))

    def test_gcj02_is_shifted_as_its_base_maps_are(self):
        plain = self.ask("/tiles/sites/14/13726/6694.png").body
        # 121.60, 31.20 by the published formula, from another program
        lon, lat = 121.604198, 31.197783
        n = 1 << 14
        x = (lon + 180) / 360 * n
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n
        png = self.ask(f"/tiles/GCJ02Quad/sites/14/{int(x)}/{int(y)}.png").body
        found = centre_of(pixels(png))
        self.assertAlmostEqual(found[0], x % 1 * 256, delta=0.6)
        self.assertAlmostEqual(found[1], y % 1 * 256, delta=0.6)
        self.assertNotEqual(plain, png)
        self.ask("/tileMatrixSets/GCJ02Quad", 404)
        self.assertNotIn("GCJ02", self.ask("/wmts?REQUEST=GetCapabilities").body.decode())

    def test_beyond_the_corners_it_is_said_what_there_is(self):
        for path in ("/tiles/CGCS2000Quad/sites/0/2/0.png", "/tiles/CGCS2000Quad/sites/22/0/0.png",
                     "/tiles/CGCS2000Quad/sites/0/0/1.mvt", f"/tiles/{CITY}/sites/0/9/0.png",
                     "/tiles/512/sites/22/0/0.png", "/tiles/512/sites/3/0/0.mvt",
                     "/tiles/Nowhere/sites/0/0/0.png", "/tiles/sites/0/0/0.tif", "/tiles/sites/0/0/0@4x.png",
                     "/tiles/sites/0/0/0@2x.mvt", "/tiles/sites/0/0/0.png?style=none"):
            self.assertIn("allowed", self.ask(path, 404).json(), path)
        self.ask("/tiles/CGCS2000Quad/sites/z/0/0.png", 400)
        for z, x, y in ((0, 1, 0), (21, (2 << 21) - 1, (1 << 21) - 1)):
            self.ask(f"/tiles/CGCS2000Quad/sites/{z}/{x}/{y}.png")
        self.ask("/tiles/CGCS2000Quad/sites/21/0/0.mvt", 204)

    def test_the_same_missing_tile_is_drawn_once(self):
        before = self.server.metric('innomap_render_seconds_count{kind="png"}')
        bodies = {self.ask("/tiles/CGCS2000Quad/sites/15/3/3.png").body for _ in range(300)}
        self.assertEqual(len(bodies), 1)
        self.assertLessEqual(self.server.metric('innomap_render_seconds_count{kind="png"}') - before, 1)

    def test_filters_are_one_however_they_are_written(self):
        one = self.ask("/tiles/sites/8/214/104.mvt?filter=id = 'S1'")
        same = self.ask("/tiles/sites/8/214/104.mvt?filter=(id='S1')")
        every = self.ask("/tiles/sites/8/214/104.mvt")
        self.assertEqual(one.headers["ETag"], same.headers["ETag"])
        self.assertIn(b"S1", one.body)
        self.assertNotIn(b"S2", one.body)
        self.assertIn(b"S2", every.body)
        for wrong in ("id=", "nothing='S1'", "id='S1' AND ("):
            self.ask("/tiles/sites/8/214/104.mvt?filter=" + wrong, 400)
        for i in range(100):  # more kinds than are kept
            self.ask(f"/tiles/sites/8/214/104.mvt?filter=id<>'N{i}'")
        told = self.ask("/tiles/sites.json?filter=id='S1'").json()["tiles"][0]
        self.assertIn("&filter=", told)
        tile = told[len(self.base):].replace("{z}/{x}/{y}", "8/214/104")
        self.assertEqual(self.server.ask(tile).body, one.body)

    def test_tilejson_tells_of_the_grid_it_is_for(self):
        city = self.ask(f"/tiles/{CITY}/sites.json").json()
        self.assertEqual((city["minzoom"], city["maxzoom"]), (0, 11))
        self.assertTrue(city["tiles"][0].startswith(f"{self.base}/tiles/{CITY}/sites/{{z}}/{{x}}/{{y}}.mvt"))
        west, south, east, north = city["bounds"]
        self.assertTrue(110 < west < east < 130 and 25 < south < north < 36, city["bounds"])
        self.assertTrue(city["attribution"])
        picture = self.ask("/tiles/sites.json?f=webp").json()
        self.assertIn(".webp", picture["tiles"][0])
        self.assertEqual(picture["tileSize"], 256)
        self.assertNotIn("vector_layers", picture)

    # ---- WMTS ----

    def test_capabilities_say_what_clients_need(self):
        root = self.capabilities()
        sets = {s.findtext("o:Identifier", None, OWS): s for s in root.findall("w:Contents/w:TileMatrixSet", OWS)}
        self.assertEqual(set(sets), {"WebMercatorQuad", "WorldCRS84Quad", "CGCS2000Quad", CITY})
        for name, crs, corner, scale in (
                ("WebMercatorQuad", "EPSG::3857", (-20037508.3427892, 20037508.3427892), 559082264.0287178),
                ("CGCS2000Quad", "EPSG::4490", (90, -180), 279541132.0143589),
                ("WorldCRS84Quad", "OGC:1.3:CRS84", (-180, 90), 279541132.0143589),
                (CITY, "EPSG::4549", (3700000, 300000), 2000000)):
            self.assertEqual(sets[name].findtext("o:SupportedCRS", None, OWS), "urn:ogc:def:crs:" + crs)
            first = sets[name].find("w:TileMatrix", OWS)
            got = [float(v) for v in first.findtext("w:TopLeftCorner", None, OWS).split()]
            self.assertAlmostEqual(got[0], corner[0], places=5)
            self.assertAlmostEqual(got[1], corner[1], places=5)
            self.assertAlmostEqual(float(first.findtext("w:ScaleDenominator", None, OWS)), scale, places=4)
        layers = {l.findtext("o:Identifier", None, OWS): l for l in root.findall("w:Contents/w:Layer", OWS)}
        self.assertIn("map", layers)
        limits = layers["sites"].find("w:TileMatrixSetLink/w:TileMatrixSetLimits", OWS)
        self.assertIsNotNone(limits)
        self.assertIn("测试数据", layers["sites"].findtext("o:Abstract", None, OWS))
        self.assertEqual(self.ask("/wmts/1.0.0/WMTSCapabilities.xml").body,
                         self.ask("/wmts?request=getcapabilities&service=wmts").body)

    def test_both_ways_give_the_tile(self):
        plain = self.ask("/tiles/CGCS2000Quad/sites/8/428/83.png").body
        self.assertEqual(self.ask("/wmts/1.0.0/sites/default/CGCS2000Quad/8/83/428.png").body, plain)
        self.assertEqual(self.ask("/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=sites&STYLE=default"
                                  "&FORMAT=image/png&TILEMATRIXSET=CGCS2000Quad&TILEMATRIX=8&TILEROW=83"
                                  "&TILECOL=428").body, plain)

    def test_exceptions_are_reports(self):
        tile = ("/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={}&STYLE=&FORMAT=image/png"
                "&TILEMATRIXSET={}&TILEMATRIX={}&TILEROW={}&TILECOL={}")
        for path, status, code, locator in (
                (tile.format("sites", "CGCS2000Quad", 8, 999, 428), 400, "TileOutOfRange", "TileRow"),
                # inside of the grid, outside of the layer's limits
                (tile.format("sites", "CGCS2000Quad", 8, 83, 0), 400, "TileOutOfRange", "TileCol"),
                (tile.format("sites", "CGCS2000Quad", 99, 0, 0), 400, "InvalidParameterValue", "TileMatrix"),
                (tile.format("sites", "None", 8, 0, 0), 400, "InvalidParameterValue", "TileMatrixSet"),
                (tile.format("<b>", "CGCS2000Quad", 8, 0, 0), 400, "InvalidParameterValue", "layers"),
                ("/wmts?request=GetTile", 400, "InvalidParameterValue", "Format"),
                ("/wmts", 400, "MissingParameterValue", "Request"),
                ("/wmts?request=GetMap", 501, "OperationNotSupported", "Request"),
                ("/wmts/1.0.0/sites/default/CGCS2000Quad/8/999/428.png", 404, "TileOutOfRange", "TileRow")):
            answer = self.ask(path, status)
            self.assertEqual(answer.headers["Content-Type"], "application/xml")
            report = ET.fromstring(answer.body).find("o:Exception", OWS)
            if path == "/wmts?request=GetTile":
                self.assertIn(report.get("exceptionCode"), (code, "MissingParameterValue"))
                continue
            self.assertEqual((report.get("exceptionCode"), report.get("locator")), (code, locator), path)

    def test_gdal_reads_the_wmts_at_the_right_place(self):
        lon, lat = EAST_PARK
        for grid, z, srs in (("CGCS2000Quad", 8, "EPSG:4490"), ("WebMercatorQuad", 9, "EPSG:3857"),
                             (CITY, 2, "EPSG:4549")):
            matrix = self.ask(f"/tileMatrixSets/{grid}").json()["tileMatrices"][z]["id"]
            matrix = self.ask(f"/tileMatrixSets/{grid}").json()["tileMatrices"][z]["id"]
            source = (f"WMTS:{self.base}/wmts/1.0.0/WMTSCapabilities.xml,layer=sites,"
                      f"tilematrixset={grid},tilematrix={matrix},style=default")
            info = json.loads(call("gdalinfo", "-json", source))
            west, cell = info["geoTransform"][0], info["geoTransform"][1]
            north = info["geoTransform"][3]
            east, up = (lon, lat) if srs == "EPSG:4490" else self.place(srs, lon, lat)
            col, row, _, _ = self.tile_of(grid, z, east, up)
            document = self.ask(f"/tileMatrixSets/{grid}").json()
            m = document["tileMatrices"][z]
            self.assertAlmostEqual(cell / m["cellSize"], 1, places=6)
            origin = m["pointOfOrigin"]
            if grid in (CITY, "CGCS2000Quad"):
                origin = origin[::-1]
            x = round((origin[0] + col * 256 * cell - west) / cell)
            y = round((north - (origin[1] - row * 256 * cell)) / cell)
            out = self.folder / f"{grid}.png"
            # GDAL's raster ends where the layer's box does: that part of the tile
            left, top = max(0, -x), max(0, -y)
            width = min(256, info["size"][0] - x) - left
            height = min(256, info["size"][1] - y) - top
            self.assertGreater(min(width, height), 100)
            call("gdal_translate", "-q", "-of", "PNG", "-srcwin", str(x + left), str(y + top), str(width),
                 str(height), source, out)
            own = self.folder / f"{grid}-own.png"
            with open(own, "wb") as file:
                file.write(self.ask(f"/tiles/{grid}/sites/{z}/{col}/{row}.png").body)
            part = self.folder / f"{grid}-part.png"
            call("gdal_translate", "-q", "-of", "PNG", "-expand", "rgba", "-srcwin", str(left), str(top),
                 str(width), str(height), own, part)
            sums = [[line for line in call("gdalinfo", "-checksum", path).splitlines() if "Checksum" in line]
                    for path in (out, part)]
            self.assertEqual(len(sums[0]), 4)
            # colours under full transparency mean nothing: the alpha is compared
            self.assertEqual(sums[0][3], sums[1][3], grid)
            self.assertNotIn("Checksum=0", sums[0][3])

    def test_gdal_reads_the_vector_tiles(self):
        path = self.folder / "tile.mvt"
        with open(path, "wb") as file:
            file.write(self.ask("/tiles/sites/8/214/104.mvt").body)
        told = call("ogrinfo", "-al", "-q", f"MVT:{path}", "-oo", "X=214", "-oo", "Y=104", "-oo", "Z=8")
        self.assertIn("S1", told)

    def test_owslib_reads_the_wmts(self):
        program = """
import sys
from owslib.wmts import WebMapTileService
w = WebMapTileService(sys.argv[1])
assert set(w.tilematrixsets) == {"WebMercatorQuad", "WorldCRS84Quad", "CGCS2000Quad", "City4549"}, w.tilematrixsets
layer = w["sites"]
limits = layer.tilematrixsetlinks["CGCS2000Quad"].tilematrixlimits["8"]
tile = w.gettile(layer="sites", style="default", tilematrixset="CGCS2000Quad", tilematrix="8", row=83, column=428,
                 format="image/png").read()
sys.stdout.buffer.write(b"%d %d %d %d " % (limits.mintilerow, limits.maxtilerow, limits.mintilecol,
                                           limits.maxtilecol) + tile)
"""
        done = subprocess.run([DEBIAN_PYTHON, "-c", program, self.base + "/wmts"], capture_output=True,
                              timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stderr.decode() + "\nDebian: python3-owslib")
        rows = done.stdout.split(b" ", 4)
        self.assertLessEqual(int(rows[0]), 83)
        self.assertGreaterEqual(int(rows[1]), 83)
        self.assertEqual(rows[4], self.ask("/tiles/CGCS2000Quad/sites/8/428/83.png").body)

    def test_mapproxy_stands_before_it(self):
        config = self.folder / "mapproxy.yaml"
        write(config, json.dumps({
            "services": {"wmts": {}},
            "layers": [{"name": "sites", "title": "sites", "sources": ["kept"]}],
            "caches": {"kept": {"grids": ["webmercator"], "sources": ["ours"], "format": "image/png",
                                "request_format": "image/png",
                                "cache": {"type": "file", "directory": str(self.folder / "mp")}}},
            "sources": {"ours": {"type": "tile", "grid": "webmercator", "transparent": True,
                                 "url": f"{self.base}/wmts/1.0.0/sites/default/WebMercatorQuad/%(z)s/%(y)s/%(x)s.png"}},
            "grids": {"webmercator": {"base": "GLOBAL_WEBMERCATOR"}}}))
        program = """
import sys
from mapproxy.wsgiapp import make_wsgi_app
from io import BytesIO
app = make_wsgi_app(sys.argv[1])
said = []
def start(status, headers, exc_info=None):
    said.append(status)
    return lambda data: None
body = b"".join(app({"REQUEST_METHOD": "GET", "PATH_INFO": "/wmts/sites/webmercator/09/428/208.png",
                     "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "x", "SERVER_PORT": "80",
                     "HTTP_HOST": "x", "wsgi.url_scheme": "http", "wsgi.input": BytesIO()}, start))
assert said[0].startswith("200"), (said, body)
sys.stdout.buffer.write(body)
"""
        done = subprocess.run([DEBIAN_PYTHON, "-c", program, config], capture_output=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stderr.decode() + "\nDebian: mapproxy")
        own = self.ask("/wmts/1.0.0/sites/default/WebMercatorQuad/9/208/428.png").body
        self.assertEqual(done.stdout, own)

    # ---- aliases ----

    def test_tianditu_front_ends_get_what_they_are_used_to(self):
        base = "/old/tdt"
        ground = self.ask(f"{base}/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec&STYLE=default"
                          "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX=9&TILEROW=208&TILECOL=428&tk=secret")
        self.assertEqual(ground.headers["Content-Type"], "image/png")
        self.assertEqual(self.ask(f"{base}/DataServer?T=vec_w&x=428&y=208&l=9").body, ground.body)
        # level 1 of c is the first matrix of the standard grid
        self.assertEqual(self.ask(f"{base}/DataServer?T=sites_c&x=428&y=83&l=9&tk=").body,
                         self.ask("/tiles/CGCS2000Quad/sites/8/428/83.png").body)
        self.assertEqual(self.ask(f"{base}/vec_c/wmts?LAYER=sites&TILEMATRIX=9&TILEROW=83&TILECOL=428").body,
                         self.ask("/tiles/CGCS2000Quad/sites/8/428/83.png").body)
        self.ask(f"{base}/DataServer?T=vec_c&x=0&y=0&l=0", 404)
        self.ask(f"{base}/DataServer?T=vec_c&x=2&y=0&l=1", 404)
        self.ask(f"{base}/DataServer?T=vec_q&x=0&y=0&l=1", 400)
        for path in ("/DataServer?T=vec_c&x=0&y=0&l=1", "/vec_c/wmts?REQUEST=GetCapabilities"):
            self.assertIn(self.server.ask(path).status, (400, 404))

    def test_the_alias_has_capabilities_of_its_own_with_all_quirks(self):
        for family, crs, corner in (("vec_c", "4490", "90.0 -180.0"),
                                    ("cva_w", "900913", "20037508.3427892 -20037508.3427892")):
            root = ET.fromstring(self.ask(f"/old/tdt/{family}/wmts?request=GetCapabilities").body)
            (grid,) = root.findall("w:Contents/w:TileMatrixSet", OWS)
            self.assertEqual(grid.findtext("o:Identifier", None, OWS), family[-1])
            self.assertEqual(grid.findtext("o:SupportedCRS", None, OWS), "urn:ogc:def:crs:EPSG::" + crs)
            first = grid.find("w:TileMatrix", OWS)
            self.assertEqual(first.findtext("o:Identifier", None, OWS), "1")
            self.assertEqual(first.findtext("w:TopLeftCorner", None, OWS), corner)
            self.assertAlmostEqual(float(first.findtext("w:ScaleDenominator", None, OWS)),
                                   2.958293554545656E8, delta=1e-4)
        standard = self.ask("/wmts?request=GetCapabilities").body.decode()
        self.assertNotIn("900913", standard)

    def test_tms_counts_rows_from_the_south(self):
        maps = ET.fromstring(self.ask("/tms/1.0.0").body)
        hrefs = [m.get("href") for m in maps.iter("TileMap")]
        self.assertIn(f"{self.base}/tms/1.0.0/sites@CGCS2000Quad@png", hrefs)
        one = ET.fromstring(self.ask("/tms/1.0.0/sites@CGCS2000Quad@png").body)
        self.assertEqual(len(one.findall("TileSets/TileSet")), 22)
        self.assertEqual(self.ask("/tms/1.0.0/sites@CGCS2000Quad@png/8/428/172.png").body,
                         self.ask("/tiles/CGCS2000Quad/sites/8/428/83.png").body)
        self.ask("/tms/1.0.0/sites@GCJ02Quad@png", 404)
        self.ask("/tms/1.0.0/sites@CGCS2000Quad@png/8/428/172.mvt", 404)

    def test_a_broken_grid_keeps_the_server_from_starting(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        write(folder / "x.json", '{"id": "x", "crs": "EPSG:4549", "tileMatrices": []}')
        done = run("serve", "--db", self.folder / "test.db", "--port", "0", "--no-viewer", "--grids", folder / "",
                   "--lang", "en")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("grid 'x.json': tileMatrices: needed is a list of 1 to 23 matrices", done.stderr)


if __name__ == "__main__":
    unittest.main()
