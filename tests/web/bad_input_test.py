# SPDX-License-Identifier: Apache-2.0
"""What strangers send to the doors of questions: every parameter of every operation with
every kind of nonsense, areas and filters of any size and depth, tampered cursors, broken
text, questions that never end. Each is answered, or refused with what is wrong."""

import hashlib
import itertools
import json
import math
import os
import re
import sqlite3
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(__file__))

import fixture
from harness import Folder, HERE, Server, run, until, write

ROOT = os.path.dirname(os.path.dirname(HERE))
FOLDER = Folder()
DB = FOLDER / "facts.db"
SERVER = None
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
ITEMS = "/ogc/collections/parks/items"


def contents():
    """A hash of all rows that the database holds."""
    digest = hashlib.sha256()
    with sqlite3.connect(DB) as db:
        for name, sql in db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"
                                    " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"):
            digest.update(sql.encode())
            for row in db.execute(f'SELECT * FROM "{name}"'):
                digest.update(repr(row).encode())
    return digest.digest()


def setUpModule():
    global SERVER, BEFORE
    done = run("import", "--shipped", os.path.join(ROOT, "layers"), "--db", DB, "--quiet")
    assert done.returncode == 0, done.stderr + done.stdout
    BEFORE = contents()
    SERVER = Server(DB, "--no-viewer")


def tearDownModule():
    """Whatever was sent, the server ends well, logged no fault of its own and left the
    data as they were."""
    code = SERVER.stop()
    log = SERVER.log()
    SERVER.close()
    same = contents() == BEFORE
    FOLDER.remove()
    if code != 0 or "level=error" in log or "Sanitizer" in log or not same:
        raise AssertionError(f"ended with {code}, data same: {same}; log: {log}")


class Client:
    """One connection that is kept."""

    def __init__(self):
        self.connection = SERVER.connect()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def post(self, path, body, kind=FORM):
        self.connection.request("POST", path, body, {"Content-Type": kind})
        response = self.connection.getresponse()
        return response.status, response.read()


def post(path, body, kind=FORM):
    if isinstance(body, dict):
        body = urllib.parse.urlencode(body) if kind == FORM else json.dumps(body)
    return SERVER.ask(path, "POST", None, body, content_type=kind)


# Each operation with parameters that it answers.
OPERATIONS = {
    "nearest": {"layer": "parks", "lon": "121.5", "lat": "31.2"},
    "within": {"layer": "parks", "lon": "121.5", "lat": "31.2", "radius_km": "30"},
    "list": {"layer": "parks"},
    "aggregate": {"layer": "parks", "by": "city"},
    "coverage": {"layer": "parks", "other": "incubators", "max_km": "5"},
    "join": {"layer": "parks", "other": "incubators"},
    "chain": {"layer": "parks", "other": "incubators", "max_km": "5"},
    "flows": {},
    "search": {"q": "园"},
    "suggest": {"q": "园"},
    "changes": {"layer": "parks"},
    "duplicates": {"layer": "parks"},
    "layers": {},
    "ask": {"q": "离张江最近的孵化器"},
}
NONSENSE = (
    "", " ", "nan", "Infinity", "-Infinity", "1e999", "-1", "99999999999999999999", "0x10",
    "1.5", "true", "null", "' OR 1=1 --", "x'; DROP TABLE layers;--", "<script>alert(1)</script>",
    "a" * 3000, "\u202e\u2066", "\ud7ff\U0010ffff\ufffe", "=1+1", "../../etc/passwd", ",", "a,,b",
    "-", "{}", '"', "\\", "\t\r\n\x7f", "１２", "+1", "parks:", ":", "parks:PK0001",
    '{"type":"Polygon","coordinates":[[]]}', '{"type":"GeometryCollection","geometries":[]}',
    '{"type":"Polygon","coordinates":[[[0,0],[1e400,0],[1,1],[0,0]]]}',
    '{"type":"Polygon","coordinates":[[[0,0],[500,0],[1,1],[0,0]]]}',
    "POLYGON((0 0,1 1,1 0,0 0))", "[" * 2000, "(" * 60000, "NOT " * 20000 + "a=1",
)
# What is said of a parameter may be said of the one it belongs to.
PARTNERS = {"lon": {"lat", "near"}, "lat": {"lon", "near"}, "from": {"to", "half_width_km"},
            "to": {"from"}, "areas": {"by"}, "radius_km": {"near"}, "near": {"radius_km"}}


class EveryParameter(unittest.TestCase):
    def refused(self, what, name, status, body):
        self.assertIn(status, (400, 404), (what, body[:300]))
        problem = json.loads(body)
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["detail"] and problem["code"], what)
        self.assertIn(problem.get("parameter"), {name} | PARTNERS.get(name, set()),
                      (what, problem))

    def test_of_every_operation_with_every_nonsense(self):
        with Client() as client:
            for operation, good in OPERATIONS.items():
                self.one_operation(client, operation, good)

    def one_operation(self, client, operation, good):
        path = "/api/" + operation
        status, body = client.post(path, urllib.parse.urlencode({**good, "lang": "en"}))
        self.assertEqual(status, 200, (operation, body))
        status, body = client.post(path, "no_such_parameter=1")
        names = json.loads(body)["allowed"].split(", ")
        self.assertIn("lang", names)
        for name, value in itertools.product(names, NONSENSE):
            form = {**good, name: value}
            if name == "near":
                form.pop("lon", None), form.pop("lat", None)
            status, body = client.post(path, urllib.parse.urlencode(form))
            if status not in (200, 300):
                self.refused((operation, name, value[:40]), name, status, body)

    def test_of_the_items_of_a_collection(self):
        with Client() as client:
            status, body = client.post(ITEMS, "no_such_parameter=1")
            names = json.loads(body)["allowed"].split(", ")
            for name, value in itertools.product(names + ["level", "area_km2", "industry"],
                                                 NONSENSE):
                status, body = client.post(ITEMS, urllib.parse.urlencode({name: value}))
                if status != 200:
                    self.refused((ITEMS, name, value[:40]), name, status, body)

    def test_given_twice_it_is_refused_by_every_operation(self):
        for operation, good in OPERATIONS.items():
            for name in {**good, "lang": "zh"}:
                form = urllib.parse.urlencode({"lang": "en", **good}) + f"&{name}=" + \
                    urllib.parse.quote(good.get(name, "en"))
                answer = post("/api/" + operation, form)
                self.assertEqual(answer.status, 400, (operation, name))
                self.assertEqual(answer.json()["parameter"], name)
                self.assertIn("more than once", answer.json()["detail"])
        answer = SERVER.ask(ITEMS + "?limit=1&limit=1&lang=en")
        self.assertEqual((answer.status, answer.json()["parameter"]), (400, "limit"))

    def test_what_no_path_of_ogc_takes_is_refused(self):
        for path in ("/ogc", "/ogc/conformance", "/ogc/functions", "/ogc/api",
                     "/ogc/collections", "/ogc/collections/parks",
                     "/ogc/collections/parks/schema", "/ogc/collections/parks/queryables",
                     "/ogc/collections/parks/sortables", ITEMS + "/PK0001", ITEMS):
            for name in ("bogus", "limit ", "F", "filter[]"):
                answer = SERVER.get(path, **{name: "1", "lang": "en"})
                self.assertEqual(answer.status, 400, (path, name))
                self.assertEqual(answer.json()["parameter"], name)

    def test_what_is_wrong_with_the_other_filter_is_said_of_it(self):
        for layer in ("parks", "divisions"):
            for max_km in ({"max_km": 5}, {}):
                if layer == "parks" and not max_km:
                    continue  # inside a park is nothing that coverage knows
                answer = SERVER.get("/api/coverage", layer=layer, other="incubators",
                                    filter="level IS NOT NULL", other_filter="lvl = 'x'",
                                    lang="en", **max_km)
                self.assertEqual(answer.status, 400)
                self.assertEqual((answer.json()["parameter"], answer.json()["value"]),
                                 ("other_filter", "lvl"))


class Text(unittest.TestCase):
    BROKEN = (b"%ff", b"%c0%af", b"%ed%a0%80", b"%f4%90%80%80", b"%e5%bc", b"%00", b"a%00b",
              b"%80", b"%zz", b"%")

    def test_broken_text_is_refused_in_names_and_values(self):
        paths = ["/api/" + name for name in OPERATIONS] + [ITEMS, "/ogc/collections"]
        for path in paths:
            for broken in self.BROKEN:
                for query in (b"lang=" + broken, b"q" + broken + b"=1"):
                    target = path.encode() + b"?" + query
                    raw = SERVER.raw(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n"
                                     b"Connection: close\r\n\r\n")
                    self.assertRegex(raw, rb"^HTTP/1\.1 400 ", target)
        for broken in self.BROKEN:
            for path in ("/ogc/collections/", "/ogc/collections/parks/items/", "/api/"):
                raw = SERVER.raw(b"GET " + path.encode() + broken + b" HTTP/1.1\r\nHost: a"
                                 b"\r\nConnection: close\r\n\r\n")
                self.assertRegex(raw, rb"^HTTP/1\.1 40[04] ", (path, broken))

    def test_what_turns_lines_around_is_not_repeated_to_people(self):
        for path in ("/api/list", ITEMS):
            parameters = {"layer": "parks"} if path == "/api/list" else {}
            for value in ("\u202elevel = 1", "level = '\u2066", "\x1b[31m"):
                answer = SERVER.get(path, filter=value, lang="en", **parameters)
                self.assertEqual(answer.status, 400)
                for text in ("\u202e", "\u2066", "\x1b"):
                    self.assertNotIn(text, answer.json()["detail"])

    def test_pages_hold_nothing_that_was_sent_as_markup(self):
        attack = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
        quoted = urllib.parse.quote(attack, safe="")
        for target in (f"{ITEMS}?f=html&q={quoted}", f"{ITEMS}?f=html&filter={quoted}",
                       f"{ITEMS}?f=html&sortby={quoted}", f"{ITEMS}?f=html&{quoted}=1",
                       f"{ITEMS}?f=html&limit={quoted}", f"{ITEMS}?f=html&crs={quoted}",
                       f"{ITEMS}?f=html&cursor={quoted}", f"{ITEMS}?f=html&level={quoted}",
                       f"{ITEMS}/{quoted}?f=html", f"/ogc/collections/{quoted}?f=html",
                       f"{ITEMS}?f=html&name_zh={quoted}", f"/ogc?f=html&x={quoted}"):
            answer = SERVER.ask(target)
            if answer.headers["Content-Type"].startswith("text/html"):
                page = answer.body.decode().lower()
                self.assertNotIn("<script", page, target)
                self.assertNotIn("<img", page, target)
                self.assertNotIn("script-src", answer.headers["Content-Security-Policy"])
                self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
            else:  # no collection is called so
                self.assertEqual(answer.status, 404, target)
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")

    def test_names_that_would_be_sql_are_names(self):
        count = SERVER.get("/api/list", layer="parks").json()["numberMatched"]
        for value in ("x' OR '1'='1", "x'; DELETE FROM layers; --", 'x" OR ""="', "x`",
                      "1; SELECT 1", "x/**/", "%", "_", "\\'"):
            for path, parameters, status in (
                    ("/api/list", {"layer": value}, 404),
                    ("/api/list", {"layer": "parks", "sortby": value}, 400),
                    ("/api/list", {"layer": "parks", "fields": value}, 400),
                    ("/api/aggregate", {"layer": "parks", "by": value}, 400),
                    ("/api/aggregate", {"layer": "parks", "measure": "sum:" + value}, 400),
                    ("/api/changes", {"layer": value}, 404),
                    ("/api/feature", {"layer": "parks", "id": value}, 404),
                    (ITEMS + "/" + urllib.parse.quote(value, safe=""), {}, 404)):
                answer = SERVER.get(path, **parameters)
                self.assertEqual(answer.status, status, (path, parameters, answer.body))
            literal = value.replace("'", "''")
            for path, parameters in (("/api/list", {"layer": "parks"}), (ITEMS, {})):
                answer = SERVER.get(path, filter=f"name_zh = '{literal}'", **parameters)
                self.assertEqual(answer.json()["numberMatched"], 0)
        self.assertEqual(SERVER.get("/api/list", layer="parks").json()["numberMatched"], count)


def circle(n, places=7, lon=121, lat=31, radius=1):
    ring = [[round(lon + radius * math.cos(2 * math.pi * i / n), places),
             round(lat + radius * math.sin(2 * math.pi * i / n), places)] for i in range(n)]
    return ring + [ring[0]]


def polygon(*rings):
    return {"type": "Polygon", "coordinates": list(rings)}


def wkt(ring):
    return "POLYGON((" + ",".join(f"{x} {y}" for x, y in ring) + "))"


class Areas(unittest.TestCase):
    def within(self, shape, **more):
        return post("/api/within", {"layer": "parks", "polygon": shape, "lang": "en",
                                    "limit": 1000, **more}, JSON)

    def ids(self, answer):
        self.assertEqual(answer.status, 200, answer.body[:300])
        return {feature["id"] for feature in answer.json()["features"]}

    def test_an_area_of_a_hundred_thousand_vertices_is_answered(self):
        few = self.ids(self.within(polygon(circle(3600))))
        many = self.ids(self.within(polygon(circle(99_999))))
        self.assertGreater(len(few), 20)
        self.assertEqual(many, few)  # the two differ by less than a metre

    def test_one_more_is_refused_with_the_limit(self):
        answer = self.within(polygon(circle(100_000, 4)))
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.json()["parameter"], "polygon")
        self.assertIn("100000", answer.json()["detail"])

    def test_one_that_crosses_itself_is_refused_with_the_place(self):
        ring = circle(50_000)
        ring[100], ring[25_000] = ring[25_000], ring[100]
        for shape, place in ((polygon(ring), r"12[0-2]\.?\d*, 3[01]\.?\d*"),
                             (polygon([[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]), r"1, 1"),
                             (polygon([[121, 31]] * 4), r"121, 31")):
            answer = self.within(shape)
            self.assertEqual(answer.status, 400)
            self.assertEqual(answer.json()["parameter"], "polygon")
            self.assertRegex(answer.json()["detail"], place)
            text = wkt(shape["coordinates"][0][:20_000])
            if len(shape["coordinates"][0]) < 20_000:
                answer = post(ITEMS, {"filter": f"S_INTERSECTS(geometry,{text})"})
                self.assertEqual(answer.json()["parameter"], "filter")

    def test_a_tangle_is_refused_before_it_costs_much(self):
        square = [[117, 28], [123, 28], [123, 34], [117, 34], [117, 28]]
        comb = [[round(118 + i * 2e-4, 5), 29 if i % 2 else 33] for i in range(20_000)]
        star = [[round(120 + math.cos(i * 2.4), 6), round(31 + math.sin(i * 2.4), 6)]
                for i in range(30_000)]
        for shape in (polygon(*[square] * 5000), polygon(star + star[:1]),
                      {"type": "MultiPolygon", "coordinates": [[square]] * 5000},
                      polygon(comb + [[125, 29], [117, 33], comb[0]])):
            answer = self.within(shape)
            self.assertEqual((answer.status, answer.json()["parameter"]), (400, "polygon"))

    def test_boxes_across_the_antimeridian_and_at_the_poles(self):
        everything = SERVER.get("/api/list", layer="parks").json()["numberMatched"]
        for box, count in (("170,20,-170,40", 0), ("-180,-90,180,90", everything),
                           ("179,0,178.999,90", everything), ("180,0,-180,90", 0),
                           ("0,90,10,90", 0), ("-180,-90,180,-90", 0), ("121,31,121,31", 0),
                           ("100,-90,140,90", everything)):
            answer = SERVER.get("/api/within", layer="parks", bbox=box)
            self.assertEqual(answer.json()["numberMatched"], count, box)
            answer = SERVER.get(ITEMS, bbox=box)
            listed = answer.json()["numberMatched"]
            self.assertEqual(listed > 0, count > 0, (box, listed))
        for box in ("0,91,1,92", "-181,0,0,0", "0,1,0,0", "1,2,3", "1,2,3,4,5", "1,2,3,4,5,6,7",
                    "nan,0,1,1", "0,0,inf,1", "", ",,,", "0;0;1;1", "1e3,0,1,1"):
            for path, parameters in (("/api/within", {"layer": "parks"}), (ITEMS, {})):
                if not box and path == ITEMS:
                    continue  # a field of a form that was left empty
                answer = SERVER.get(path, bbox=box, lang="en", **parameters)
                self.assertEqual((answer.status, answer.json()["parameter"]), (400, "bbox"),
                                 (path, box))

    def test_a_pole_and_the_antimeridian_as_origins(self):
        for lon, lat in ((0, 90), (77, -90), (180, 0), (-180, 0), (-59, -31), (0, 0)):
            answer = SERVER.get("/api/nearest", layer="parks", lon=lon, lat=lat, k=3)
            self.assertEqual(answer.json()["numberReturned"], 3)
        east, west = (SERVER.get("/api/nearest", layer="parks", lon=lon, lat=10).json()
                      for lon in (180, -180))
        self.assertEqual([f["properties"]["distance_m"] for f in east["features"]],
                         [f["properties"]["distance_m"] for f in west["features"]])

    def test_coordinate_systems_that_are_not_offered(self):
        for name in ("crs", "bbox-crs", "filter-crs"):
            for value in ("EPSG:9999", "http://www.opengis.net/def/crs/EPSG/0/2154", "4326",
                          "http://www.opengis.net/def/crs/EPSG/0/", "[EPSG:4326", "WGS84"):
                answer = SERVER.get(ITEMS, lang="en", bbox="120,30,121,31", **{name: value})
                self.assertEqual(answer.status, 400, (name, value))
                self.assertEqual(answer.json()["parameter"], name)
                self.assertIn("EPSG:4490", answer.json()["allowed"])


class Filters(unittest.TestCase):
    def both(self, text, kind="cql2-text"):
        """The problem, or None, of /api and of /ogc, posted."""
        out = []
        for path, parameters in (("/api/list", {"layer": "parks"}), (ITEMS, {})):
            answer = post(path, {"filter": text, "filter-lang": kind, "lang": "en",
                                 **parameters})
            self.assertIn(answer.status, (200, 400), (path, answer.body[:300]))
            out.append(answer.json() if answer.status == 400 else None)
        return out

    def test_too_long_for_an_address_it_says_that_it_can_be_posted(self):
        for path in ("/api/list?layer=parks&filter=", ITEMS + "?filter="):
            answer = SERVER.ask(path + "a" * (1 << 20))
            self.assertEqual(answer.status, 414)
        answer = SERVER.ask("/api/list?layer=parks&filter=" + "a" * 3000)
        self.assertEqual(answer.status, 414)
        self.assertIn("POST", answer.json()["detail"])

    def test_too_many_parameters_are_refused_before_they_fill_the_connection(self):
        for path in ("/api/list", "/tiles/map/3/1/1.png", ITEMS, "/nothing"):
            for n in (33, 99, 100, 150, 200, 500, 1000):
                for parameter in ("a", "a=1", ""):
                    target = path + "?" + "&".join([parameter] * n)
                    if parameter == "" and n < 100:
                        continue  # nothing at all: ignored
                    with self.subTest(path=path, n=n, parameter=parameter):
                        answer = SERVER.ask(target)
                        self.assertEqual(answer.status, 414 if len(target) > 2048 else 400)
                        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
                        limit = "2048" if answer.status == 414 else "32" if parameter else "100"
                        self.assertIn(limit, answer.json()["detail"])
        before = SERVER.metric('innomap_requests_total{route="none",status="400"}')
        many = SERVER.connect()
        self.addCleanup(many.close)
        self.assertEqual(SERVER.ask("/api/list?" + "&" * 500, connection=many).status, 400)
        # the connection is closed; the client opens another one
        self.assertEqual(SERVER.ask("/healthz", connection=many).status, 200)
        self.assertEqual(SERVER.metric('innomap_requests_total{route="none",status="400"}'), before + 1)

    def test_a_megabyte_is_answered_or_refused_with_the_limit(self):
        ring = wkt(circle(38_000))
        self.assertGreater(len(ring), 850_000)
        self.assertEqual(self.both(f"S_INTERSECTS(geometry,{ring})"), [None, None])
        for text in (" OR ".join(f"name_zh='x{i}'" for i in range(50_000)),
                     "level IN (" + ",".join(f"'{i}'" for i in range(110_000)) + ")",
                     "name_zh LIKE '" + "%a" * 400_000 + "'",
                     "+".join(["1"] * 400_000) + "=1"):
            for problem in self.both(text[:1_000_000]):
                self.assertEqual(problem["parameter"], "filter")
        for problem in self.both("a" * ((1 << 20) + 1)):
            self.assertIn("1048576", problem["detail"])

    def test_a_megabyte_of_json(self):
        ring = circle(30_000, 5)
        shape = {"op": "s_intersects", "args": [{"property": "geometry"}, polygon(ring)]}
        answer = post("/api/list", {"layer": "parks", "filter": shape}, JSON)
        self.assertEqual(answer.status, 200)
        answer = post("/api/list", {"layer": "parks", "lang": "en", "filter": {
            "op": "or", "args": [{"op": "=", "args": [{"property": "name_zh"}, str(i)]}
                                 for i in range(15_000)]}}, JSON)
        self.assertEqual((answer.status, answer.json()["parameter"]), (400, "filter"))

    def test_deep_nesting(self):
        for n in (60, 1000, 100_000):
            for text in ("(" * n + "level='a'" + ")" * n, "NOT " * n + "level='a'",
                         "-" * n + "1=1", "casei(" * n + "level" + ")" * n + "='a'",
                         "S_INTERSECTS(geometry," + "GEOMETRYCOLLECTION(" * n + "POINT(1 1)"
                         + ")" * n + ")"):
                for problem in self.both(text):
                    if n > 60:
                        self.assertEqual(problem["parameter"], "filter", text[:40])
            deep = '{"op":"not","args":[' * n + '{"op":"=","args":[1,1]}' + "]}" * n
            for problem in self.both(deep[:(1 << 20)], "cql2-json"):
                if n > 60:
                    self.assertEqual(problem["parameter"], "filter")
            body = '{"layer":"parks","filter":' + deep + "}"
            if n > 60:
                self.assertEqual(post("/api/list", body, JSON).status, 400)
                self.assertEqual(post("/api/list", "[" * n, JSON).status, 400)

    def test_json_that_is_none_or_no_object_of_parameters(self):
        for body in (b"", b"[]", b"1", b"null", b"{", b'{"layer":"parks",}', b"\xff{}",
                     b'\xef\xbb\xbf{"layer":"parks"}', b'{"layer":"parks","layer":"parks"}',
                     b'{"layer":"\\ud800"}', b'{"layer":"parks\\u0000"}', b'{"limit":NaN}',
                     b'{"layer":"parks","limit":1e999}', b'{"layer":"parks","limit":[1,2]}',
                     b'{"layer":"parks","limit":{"a":1}}', b'{"layer":[]}', b'{"layer":[[1]]}',
                     b'{"layer":"parks","limit":"1 "}', b'{"layer":"parks"}{}'):
            answer = post("/api/list?lang=en", body, JSON)
            self.assertEqual(answer.status, 400, body)
            self.assertTrue(answer.json()["detail"])

    def test_numbers_that_are_none(self):
        for text in ("area_km2 > NaN", "area_km2 > 1e999", "area_km2 > 0x10", "area_km2 > Infinity",
                     "area_km2 > 1/", "level IN (,)", "A_CONTAINS(industry,)", "level LIKE 1",
                     "S_INTERSECTS(geometry,POINT(NaN 1))", "S_INTERSECTS(geometry,POINT(1 91))",
                     "S_INTERSECTS(geometry,POLYGON EMPTY)x", "T_AFTER(level,DATE('2020-13-01'))"):
            for problem in self.both(text):
                self.assertEqual(problem["parameter"], "filter", text)
                self.assertRegex(problem["detail"], r"^filter: ")


class Cursors(unittest.TestCase):
    def test_one_that_was_tampered_with_is_refused(self):
        first = SERVER.get("/api/list", layer="parks", limit=5, sortby="name").json()
        page = SERVER.get(ITEMS, limit=5, sortby="name_zh").json()
        link = next(link["href"] for link in page["links"] if link["rel"] == "next")
        other = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(link).query))["cursor"]
        for path, parameters, cursor in (
                ("/api/list", {"layer": "parks", "limit": 5, "sortby": "name"},
                 first["cursor"]), (ITEMS, {"limit": 5, "sortby": "name_zh"}, other)):
            self.assertEqual(SERVER.get(path, cursor=cursor, **parameters).status, 200)
            wrong = [cursor[:-1], cursor + "A", cursor * 2, cursor[::-1], "A" * 900,
                     cursor.swapcase(), cursor + "=", " " + cursor, "\0", cursor[:8]]
            wrong += [cursor[:i] + ("A" if cursor[i] != "A" else "B") + cursor[i + 1:]
                      for i in range(len(cursor))]
            for bad in wrong:
                if bad == "\0":
                    continue  # broken text is refused as such
                answer = SERVER.get(path, cursor=bad, **parameters)
                self.assertEqual(answer.status, 400, (path, bad))
                self.assertEqual(answer.json()["parameter"], "cursor")
            for change in ({"sortby": "-name_zh"}, {"sortby": "level"}):
                answer = SERVER.get(path, cursor=cursor, **{**parameters, **change})
                self.assertEqual((answer.status, answer.json()["parameter"]), (400, "cursor"))
        answer = SERVER.get("/api/list", layer="incubators", limit=5, sortby="name",
                            cursor=first["cursor"])
        self.assertEqual((answer.status, answer.json()["parameter"]), (400, "cursor"))


class Heads(unittest.TestCase):
    def test_head_says_what_get_says(self):
        for operation, good in OPERATIONS.items():
            for more in ({}, {"lang": "xx"}, {"f": "csv"}):
                path = f"/api/{operation}?" + urllib.parse.urlencode({**good, **more})
                self.same(path)
        for path in ("/ogc", "/ogc/collections", "/ogc/api", ITEMS, ITEMS + "?f=html",
                     ITEMS + "?limit=x", ITEMS + "/nothing", "/ogc/collections/nothing"):
            self.same(path)

    def same(self, path):
        get, head = SERVER.ask(path), SERVER.ask(path, "HEAD")
        self.assertEqual((head.status, head.body), (get.status, b""), path)
        for name in ("Content-Type", "Content-Length", "ETag", "Content-Disposition", "Vary",
                     "Content-Language", "Transfer-Encoding"):
            self.assertEqual(head.headers[name], get.headers[name], (path, name))


class Amounts(unittest.TestCase):
    """More layers and rows than one answer holds."""

    LAYERS = 33
    ROWS = 2000
    LONG = 20000  # of the last one

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.db = cls.folder / "many.db"
        for i in range(cls.LAYERS):
            name = f"l{i:02d}"
            base = os.path.join(cls.folder.path, "layers", name)
            write(base + "/layer.json", json.dumps(fixture.definition(name, "point", i + 1)))
            write(base + "/style.json", json.dumps(fixture.style(name, "#d9822b")))
            write(f"{base}/{name}.csv", fixture.rows(
                (f"R{j}", f"地点{j}", f"Place {j}", "上海市", "site",
                 118 + j % 50 / 20, 29 + j // 50 / 200)
                for j in range(cls.LONG if i == cls.LAYERS - 1 else cls.ROWS)))
        done = run("import", "--shipped", cls.folder / "layers", "--db", cls.db, "--quiet")
        assert done.returncode == 0, done.stderr + done.stdout
        cls.server = Server(cls.db, "--no-viewer")

    @classmethod
    def tearDownClass(cls):
        code, log = cls.server.stop(), cls.server.log()
        cls.server.close()
        cls.folder.remove()
        assert code == 0 and "level=error" not in log, log

    def layers(self, n):
        return ",".join(f"l{i:02d}" for i in range(n))

    def ask(self, operation, **parameters):
        return self.server.get("/api/" + operation, lang="en", **parameters)

    def test_k_of_each_is_bounded_over_all_layers(self):
        at = {"lon": 120, "lat": 31, "each": "true"}
        answer = self.ask("nearest", layer=self.layers(32), k=10000, **at)
        self.assertEqual((answer.status, answer.json()["parameter"]), (400, "k"))
        self.assertEqual(answer.json()["allowed"], "1..1562")
        for form in ("csv", "xlsx"):
            refused = self.ask("nearest", layer=self.layers(32), k=10000, f=form, **at)
            self.assertEqual(refused.status, 400)
        answer = self.ask("nearest", layer=self.layers(32), k=1562, fields="id", **at)
        self.assertEqual(answer.json()["numberReturned"], 32 * 1562)
        # layers of few rows may be asked for all of them
        answer = self.ask("nearest", layer=self.layers(25), k=10000, fields="id", **at)
        self.assertEqual(answer.json()["numberReturned"], 25 * self.ROWS)

    def test_too_many_layers_are_refused_with_the_limit(self):
        for operation in ("nearest", "list", "aggregate", "duplicates", "search"):
            parameters = {"q": "place"} if operation == "search" else {}
            if operation == "nearest":
                parameters = {"lon": 120, "lat": 31}
            answer = self.ask(operation, layer=self.layers(33), **parameters)
            self.assertEqual((answer.status, answer.json()["parameter"]), (400, "layer"))
            self.assertIn("32", answer.json()["detail"])
            same = self.ask(operation, layer=",".join(["l00"] * 100), **parameters)
            self.assertEqual(same.status, 200)

    def test_a_radius_around_the_earth(self):
        answer = self.ask("within", layer=self.layers(32), lon=-60, lat=-31,
                          radius_km=20038, limit=10000, fields="id")
        self.assertEqual((answer.json()["numberMatched"], answer.json()["numberReturned"]),
                         (32 * self.ROWS, 10000))

    def test_a_question_past_its_deadline_is_stopped_and_says_what_to_narrow(self):
        far = {"max_km": 20038, "limit": 10000}
        slow = " AND ".join(f"(name_zh LIKE '%{i}%b%c' OR name_en NOT LIKE '%{i}%x%')"
                            for i in range(200))
        questions = (
            ("/api/join", {"layer": "l32", "other": "l00", "limit": 10000}),
            ("/api/coverage", {"layer": "l32", "other": "l00", **far}),
            ("/api/chain", {"layer": "l32", "other": self.layers(8), **far}),
            ("/api/list", {"layer": "l32", "filter": slow}),
            ("/ogc/collections/l32/items", {"filter": slow}))
        with Server(self.db, "--no-viewer", "--workers", "1", "--question-ms", "1") as server:
            for path, parameters in questions:
                form = urllib.parse.urlencode({**parameters, "lang": "en"})

                def stopped():
                    answer = server.ask(path, "POST", None, form, content_type=FORM)
                    self.assertEqual(answer.status, 503, (path, answer.body[:200]))
                    self.assertEqual(answer.headers["Retry-After"], "1")
                    # on a loaded machine the question may not have been begun in time
                    return re.search("narrow the area, the layers, the distance or the filter",
                                     answer.json()["detail"])

                until(stopped, f"{path} is begun and stopped")
            until(lambda: server.metric("innomap_requests_in_flight") == 1, "nothing is left")
            self.assertEqual(server.metric('innomap_queue_length{queue="questions"}'), 0)
            # the only worker is free again
            self.assertEqual(server.ask("/tiles/map/8/214/104.png").status, 200)
            self.assertEqual(server.stop(), 0)


class CommandLine(unittest.TestCase):
    def test_nonsense_is_refused_in_both_languages(self):
        for arguments, says in (
                (("nearest", "parks"), "near"), (("nearest", "parks", "-k", "0"), "1..10000"),
                (("nearest", "parks", "--lon", "nan", "--lat", "1"), "-180..180"),
                (("nearest", "prks", "--near", "张江"), "parks"),
                (("within", "parks", "--bbox", "1,2,3"), "bbox"),
                (("within", "parks", "--polygon", "{"), "polygon"),
                (("list", "parks", "--filter", "lvl = 1"), "lvl"),
                (("list", "parks", "--filter", "(" * 5000), "64"),
                (("list", "parks", "--limit", "10001"), "1..10000"),
                (("list", "parks", "--limit", "1", "--limit", "2"), "limit"),
                (("list", "parks", "--fields", "x"), "x"),
                (("list", "parks", "--sortby", "x"), "x"),
                (("list", "parks", "--cursor", "x"), "cursor"),
                (("list", ""), "layer"), (("list", "parks", "--bogus", "1"), "bogus"),
                (("aggregate", "parks", "--by", "x' OR 1"), "x' OR 1"),
                (("join", "parks"), "other"), (("chain", "--other", "parks"), "near"),
                (("flows", "--level", "x"), "city"), (("search", " "), ""),
                (("suggest", "a" * 300), "200"), (("ask", "a" * 2000), "1000"),
                (("changes", "parks", "--run", "-1"), "run"), (("duplicates", "x"), "x")):
            for lang in ("en", "zh"):
                done = run(*arguments, "--db", DB, "--lang", lang)
                self.assertIn(done.returncode, (1, 2), (arguments, done.stderr))
                self.assertIn(says, done.stderr, arguments)
                if lang == "zh":
                    self.assertRegex(done.stderr, "[\u4e00-\u9fff]")
                self.assertNotIn("\x1b", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
