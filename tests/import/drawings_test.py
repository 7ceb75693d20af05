# SPDX-License-Identifier: Apache-2.0
"""Drawings, databases and services of other offices through the built program: layers made of
them, rows without names, services that keep rows back or send elsewhere. Inputs are written
here or by ogr2ogr."""

import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests", "web"))

from harness import Server, run  # noqa: E402

PLACES = [("张江", 121.5835, 31.2035), ("紫竹", 121.453, 31.018), ("金桥", 121.601, 31.261),
          ("苏州", 120.7214321, 31.3267891), ("合肥", 117.1432109, 31.8321098)]


def collection(features):
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def feature(kind, coordinates, **properties):
    return {"type": "Feature", "properties": properties,
            "geometry": {"type": kind, "coordinates": coordinates}}


def point(name, x, y):
    return feature("Point", [x, y], 名称=name)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="innomap-drawings-")
        self.addCleanup(self.folder.cleanup)
        self.db = self.path("map.db")

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def convert(self, driver, name, source, *options):
        done = subprocess.run(["ogr2ogr", "-f", driver, self.path(name), source, *options],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.path(name)

    def take(self, source, layer, *options, expect=0, lang="en"):
        report = self.path("report.json")
        done = run("import", source, "--layer", layer, "--db", self.db, "--report", report, "--lang", lang,
                   *options)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, expect, said)
        with open(report, encoding="utf-8") as file:
            return json.load(file), said

    def rows(self, layer):
        done = run("export", "--layer", layer, self.path(layer + "_out.geojson"), "--db", self.db)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path(layer + "_out.geojson"), encoding="utf-8") as file:
            return json.load(file)["features"]


class Rows(Case):
    """Rows that only all they say tells apart."""

    def counts(self, report, **wanted):
        found = {key: report[key] for key in wanted}
        self.assertEqual(found, wanted, report["refused_rows"])

    def test_lines_without_a_key_are_a_layer_and_known_again(self):
        lines = self.write("lines.geojson", collection([
            feature("LineString", [[121, 31], [121.1, 31.1]], 名称="一号线", 长度=3),
            feature("LineString", [[121, 31.1], [121.1, 31]], 名称="一号线", 长度=3),
            feature("MultiLineString", [[[120, 31], [120.1, 31]], [[120.2, 31], [120.3, 31]]], 名称="二号线")]))
        report, _ = self.take(lines, "lines_of", "--create")
        self.counts(report, read=3, added=3, refused=0)  # the first two share name and box
        report, _ = self.take(lines, "lines_of")
        self.counts(report, read=3, added=0, unchanged=3, refused=0)

    def test_points_without_a_name_are_a_layer(self):
        report, _ = self.take(self.write("poles.geojson", collection(
            [feature("Point", [121 + i / 100, 31], 高度=3) for i in range(4)])), "poles", "--create")
        self.counts(report, read=4, added=4, refused=0)

    def test_what_is_drawn_twice_is_refused_once(self):
        twice = [feature("LineString", [[121, 31], [121.1, 31.1]], 宽=3)] * 2
        report, _ = self.take(self.write("twice.geojson", collection(twice)), "twice", "--create")
        self.counts(report, read=2, added=1, refused=1)
        self.assertEqual(report["refused_rows"][0]["code"], "duplicate_key")
        self.assertIn("same values and position", report["refused_rows"][0]["reason"])

    def test_a_table_whose_key_is_required_asks_for_it(self):
        definition = os.path.join(ROOT, "layers", "policy_figures", "layer.json")
        _, said = self.take(self.write("figures.csv", "名称,数值\n甲,1\n乙,2\n"), "policy_figures",
                            "--definition", definition, expect=1)
        self.assertIn("which is the key of the layer", said)

    def test_kinds_of_a_database_in_the_language_of_the_reader(self):
        points = self.write("points.geojson", collection([point(*p) for p in PLACES]))
        base = self.convert("GPKG", "two.gpkg", points, "-nln", "a")
        self.convert("GPKG", "two.gpkg", points, "-nln", "b", "-update")
        _, said = self.take(base, "x", "--create", expect=1, lang="zh")
        self.assertIn("a (点, 5), b (点, 5)", said)

    def test_a_geopackage_of_no_system_asks(self):
        base = self.convert("GPKG", "none.gpkg", self.write("p.geojson", collection([point(*PLACES[0])])),
                            "-a_srs", "+proj=longlat +ellps=WGS84 +no_defs", "-nln", "a")
        import sqlite3
        with sqlite3.connect(base) as db:
            for name, in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                db.execute(f'DROP TRIGGER "{name}"')
            db.execute("UPDATE gpkg_contents SET srs_id = 0")
            db.execute("UPDATE gpkg_geometry_columns SET srs_id = 0")
        _, said = self.take(base, "x", "--create", expect=1)
        self.assertIn("in no declared system; the numbers speak for --crs EPSG:4326", said)

    def test_a_system_without_a_name_is_told_by_what_it_is(self):
        self.write("gk.mid", '"甲"\n')
        report, _ = self.take(self.write("gk.mif", 'Version 300\nCharset "UTF-8"\nDelimiter ","\nCoordSys Earth '
                                         'Projection 8, 33, "m", 120, 0, 1, 500000, 0\nColumns 1\n  name Char(20)\n'
                                         'Data\n\nPoint 527000 3456000\n'), "gk", "--create")
        self.assertIn("+proj=tmerc +lon_0=120 +x_0=500000", report["crs"])
        x, y = self.rows("gk")[0]["geometry"]["coordinates"]
        self.assertAlmostEqual(x, 120.283378107, delta=1e-8)
        self.assertAlmostEqual(y, 31.225405847, delta=1e-8)


class Layers(Case):
    """What --create makes is served and comes back from its folder."""

    SHAPES = {"made_points": [point(*p) for p in PLACES[:3]],
              "made_lines": [feature("LineString", [[121.4, 31.2], [121.6, 31.2]], 名称="线")],
              "made_areas": [feature("Polygon", [[[121.4, 31.1], [121.6, 31.1], [121.6, 31.3], [121.4, 31.1]]],
                                     名称="面")],
              "made_mixed": [point(*PLACES[0]),
                             feature("LineString", [[121.4, 31.2], [121.6, 31.2]], 名称="线")]}

    def test_of_each_kind(self):
        for layer, features in self.SHAPES.items():
            report, _ = self.take(self.write(layer + ".geojson", collection(features)), layer, "--create")
            self.assertEqual(report["added"], len(features), layer)
        with Server(self.db) as server:
            for layer in self.SHAPES:
                for ending in ("png", "mvt"):
                    answer = server.get(f"/tiles/{layer}/8/214/104.{ending}")
                    self.assertEqual(answer.status, 200, layer)
                    self.assertGreater(len(answer.body), 80, layer)
                self.assertEqual(server.get(f"/tiles/{layer}.json").json()["vector_layers"][0]["id"], layer)
                near = server.get("/api/nearest", layer=layer, lon=121.5, lat=31.2).json()
                self.assertTrue(near["features"], layer)
        for layer, features in self.SHAPES.items():
            done = run("layers", "folder", layer, self.path("made"), "--db", self.db)
            self.assertEqual(done.returncode, 0, done.stderr)
        done = run("import", "--shipped", self.path("made"), "--db", self.path("new.db"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("7 rows", done.stdout)


    def test_what_a_folder_rounds_is_no_change(self):
        areas = [feature("Polygon", [[[527000 + i, 3456000], [527500, 3456000], [527500, 3456500],
                                      [527000 + i, 3456000]]], 名称=f"地块{i}") for i in (0.1, 0.2)]
        drawn = self.write("metres.geojson", collection(areas))
        self.take(drawn, "plots", "--create", "--crs", "EPSG:4549")
        done = run("layers", "folder", "plots", self.path("made"), "--db", self.db)
        self.assertEqual(done.returncode, 0, done.stderr)
        report, _ = self.take(self.path("made/plots/plots.geojson"), "plots")
        self.assertEqual((report["unchanged"], report["changed"]), (2, 0))
        areas[0]["geometry"]["coordinates"][0][1][0] += 0.01  # a centimetre is one
        report, _ = self.take(self.write("metres.geojson", collection(areas)), "plots", "--crs", "EPSG:4549")
        self.assertEqual((report["unchanged"], report["changed"]), (1, 1))


class Service(http.server.BaseHTTPRequestHandler):
    """A WFS 2.0, latitude first, that gives two rows at once; what else it does says
    `server.mode`."""

    NAMESPACES = ('xmlns:wfs="http://www.opengis.net/wfs/2.0" xmlns:ows="http://www.opengis.net/ows/1.1" '
                  'xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:t="http://t"')
    PAGING = ('<ows:Constraint name="ImplementsResultPaging"><ows:NoValues/><ows:DefaultValue>TRUE'
              '</ows:DefaultValue></ows:Constraint>')

    def log_message(self, *_):
        pass

    def answer(self, body, status=200, **headers):
        body = body.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/xml", "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def capabilities(self):
        paging = self.PAGING if self.server.mode != "no paging" else ""
        return (f'<wfs:WFS_Capabilities version="2.0.0" {self.NAMESPACES}><ows:OperationsMetadata><ows:Operation '
                f'name="GetFeature"><ows:DCP><ows:HTTP><ows:Get/></ows:HTTP></ows:DCP></ows:Operation>{paging}'
                '</ows:OperationsMetadata><wfs:FeatureTypeList><wfs:FeatureType><wfs:Name>t:parks</wfs:Name>'
                '<wfs:DefaultCRS>urn:ogc:def:crs:EPSG::4490</wfs:DefaultCRS></wfs:FeatureType>'
                '</wfs:FeatureTypeList></wfs:WFS_Capabilities>')

    SCHEMA = ('<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="http://t" '
              'xmlns:gml="http://www.opengis.net/gml/3.2" targetNamespace="http://t"><xs:element name="parks" '
              'type="t:parksType" substitutionGroup="gml:AbstractFeature"/><xs:complexType name="parksType">'
              '<xs:complexContent><xs:extension base="gml:AbstractFeatureType"><xs:sequence><xs:element '
              'name="名称" type="xs:string"/><xs:element name="geom" type="gml:PointPropertyType"/></xs:sequence>'
              '</xs:extension></xs:complexContent></xs:complexType></xs:schema>')

    def features(self, asked):
        first = int(asked.get("STARTINDEX", 0))
        rows = [] if asked.get("RESULTTYPE") == "hits" else PLACES[first:first + min(int(asked.get("COUNT", 2)), 2)]
        members = "".join(
            f'<wfs:member><t:parks gml:id="parks.{first + i}"><t:名称>{name}</t:名称><t:geom><gml:Point '
            f'srsName="urn:ogc:def:crs:EPSG::4490"><gml:pos>{y} {x}</gml:pos></gml:Point></t:geom></t:parks>'
            '</wfs:member>' for i, (name, x, y) in enumerate(rows))
        return (f'<wfs:FeatureCollection {self.NAMESPACES} numberMatched="{len(PLACES)}" '
                f'numberReturned="{len(rows)}">{members}</wfs:FeatureCollection>')

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        asked = {name.upper(): value for name, value in urllib.parse.parse_qsl(url.query)}
        request = asked.get("REQUEST", "")
        self.server.seen.append(self.path)
        if self.server.sends_to and url.path != "/there":
            self.answer("", 302, Location=f"{self.server.sends_to}/there?{url.query}")
        elif request == "GetCapabilities":
            self.answer(self.capabilities())
        elif request == "DescribeFeatureType":
            self.answer(self.SCHEMA)
        else:
            self.answer(self.features(asked))


class Services(Case):
    def serve(self, mode=""):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
        server.mode, server.sends_to, server.seen = mode, None, []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        server.origin = f"http://127.0.0.1:{server.server_port}"
        return server

    def test_all_pages_of_a_wfs_come_however_short_they_are(self):
        report, said = self.take(f"WFS:{self.serve().origin}/wfs?key=Geheim", "from_wfs", "--create")
        self.assertEqual((report["read"], report["added"]), (5, 5))
        found = {row["properties"]["name_zh"]: row["geometry"]["coordinates"] for row in self.rows("from_wfs")}
        for name, x, y in PLACES:
            self.assertAlmostEqual(found[name][0], x, delta=1e-9)
            self.assertAlmostEqual(found[name][1], y, delta=1e-9)
        self.assertNotIn("Geheim", said + json.dumps(report))

    def test_a_wfs_that_keeps_rows_back_is_refused(self):
        _, said = self.take(f"WFS:{self.serve('no paging').origin}/wfs", "from_wfs", "--create", expect=1)
        self.assertIn("has 5 rows but gives 2", said)

    def test_a_service_may_send_to_itself_but_nowhere_else(self):
        server, other = self.serve(), self.serve()
        server.sends_to = server.origin
        report, _ = self.take(f"WFS:{server.origin}/wfs", "from_wfs", "--create")
        self.assertEqual(report["added"], 5)
        server.sends_to = other.origin
        _, said = self.take(f"WFS:{server.origin}/wfs", "other", "--create", expect=3)
        self.assertIn("another host", said)
        self.assertEqual(other.seen, [])

    def test_addresses_that_are_not_known_are_not_repeated(self):
        for address in ("https://127.0.0.1:9/wfs?key=Geheim", "postgresql://me:Geheim@127.0.0.1/gis",
                        "MYSQL:gis,password=Geheim"):
            _, said = self.take(address, "x", "--create", expect=2)
            self.assertNotIn("Geheim", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
