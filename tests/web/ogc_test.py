# SPDX-License-Identifier: Apache-2.0
"""OGC API Features as its clients meet it: GDAL, OWSLib, browsers and strangers."""

import csv
import html.parser
import io
import json
import os
import re
import subprocess
import sys
import unittest
import urllib.parse
import zipfile

sys.path.insert(0, os.path.dirname(__file__))

import fixture
from fixture import field, style, text
from harness import PATIENCE_S, PROGRAM, Folder, Server, run, until, write

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OAS_SCHEMA = "/usr/share/openapi-specification/schemas/v3.0/schema.json"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
MANY = 1234
HOSTILE = [
    ("<script>alert(1)</script>", "a/b c?d=e#f%20\"'", "=1+1"),
    ("\"><img src=x onerror=alert(1)>", "javascript:alert(1)", "javascript:alert(1)"),
    ("' onmouseover='x", "<b>", "https://example.org/?a=<b>&c=\"d\""),
]


# ---- the data ----

def many_rows():
    """Points on a grid that is finer than any page, with values of every type."""
    for i in range(MANY):
        yield {"id": f"M{i:04d}", "name_zh": f"地点{i}", "level": ("a", "b", "c")[i % 3],
               "kinds": ("", "x", "x;y", "y;z")[i % 4], "year": "" if i % 10 == 0 else 1990 + i % 35,
               "area": "" if i % 7 == 0 else round(i / 8, 3), "year_zh": f"{i % 5}",
               "lon": round(118 + (i % 40) * 0.0731, 6), "lat": round(30 + (i // 40) * 0.0617, 6)}


def dated_rows():
    for i in range(40):
        yield {"id": f"D{i:02d}", "name_zh": f"日{i}", "day": "" if i % 9 == 0 else f"20{10 + i % 12}-0{1 + i % 9}-1{i % 10}",
               "built": "" if i % 8 == 0 else 2000 + i, "is_open": "" if i % 5 == 0 else i % 2,
               "lon": round(120 + i / 50, 6), "lat": 31}


def table_text(rows):
    rows = list(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def codes(*names):
    return [{"code": n, "title": text("级" + n, "Level " + n)} for n in names]


def make_layer(folder, layer, rows, fields, **more):
    write(f"{folder}/{layer}/layer.json", json.dumps(fixture.definition(
        layer, more.pop("geometry", "point"), more.pop("order", 50), fields=fields, **more)))
    write(f"{folder}/{layer}/style.json", json.dumps(style(layer, "#336699")))
    write(f"{folder}/{layer}/{layer}.csv", table_text(rows))


def make_layers(folder):
    fixture.make_layers(folder)
    names = {"name_zh": "name_zh"}
    make_layer(folder, "many", many_rows(), [
        field("id", required=True), field("name_zh", required=True),
        field("level", codes=codes("a", "b", "c")),
        field("kinds", list=True, codes=codes("x", "y", "z")),
        field("year", "integer"), field("area", "real", unit="km2", min=0),
        field("year_zh", hidden=True)], roles=names, completeness=text("全部 <完>", "All & <done>"))
    make_layer(folder, "indicators", [{"id": f"T{i}", "name_zh": f"表{i}", "value": i / 4} for i in range(5)],
               [field("id", required=True), field("name_zh", required=True), field("value", "real")],
               geometry="none", group="tables", in_map=False, names_places=False, roles=names,
               facts={"file": "indicators.csv"})
    make_layer(folder, "dated", dated_rows(), [
        field("id", required=True), field("name_zh", required=True), field("day", format="date"),
        field("built", "integer", format="year"), field("is_open", "integer", format="boolean")],
        roles={**names, "time": "day"})
    make_layer(folder, "founded", dated_rows(), [
        field("id", required=True), field("name_zh", required=True), field("day"),
        field("built", "integer", format="year"), field("is_open", "integer")],
        roles={**names, "time": "built"})
    make_layer(folder, "hostile", [
        {"id": key, "name_zh": name, "link": link, "lon": 121 + i / 10, "lat": 31}
        for i, (name, key, link) in enumerate(HOSTILE)],
        [field("id", required=True), field("name_zh", required=True),
         {**field("link"), "title": text("<i>链接</i>", "<i>link</i>")}], roles=names,
        title=text("<b>恶意</b>", "<b>Hostile</b>"), attribution=text("<u>署名</u>", "<u>Somebody</u>"))
    make_layer(folder, "ground", [{"id": "G", "name_zh": "地", "lon": 121, "lat": 31}],
               [field("id", required=True), field("name_zh", required=True)],
               group="base", names_places=False, roles=names)
    make_shapes(folder)


SHAPES = [
    ("A1", 1, {"type": "Polygon", "coordinates": [
        [[120, 31], [121, 31], [121, 32], [120, 32], [120, 31]],
        [[120.4, 31.4], [120.4, 31.6], [120.6, 31.6], [120.6, 31.4], [120.4, 31.4]]]}),
    ("A2", 0, {"type": "MultiPolygon", "coordinates": [
        [[[118, 30], [118.5, 30], [118.5, 30.5], [118, 30]]],
        [[[119, 30], [119.5, 30], [119.5, 30.5], [119, 30]]]]}),
]


def make_shapes(folder):
    fields = [field("id", required=True), field("name_zh", required=True), field("reviewed", "integer")]
    write(f"{folder}/shapes/layer.json", json.dumps(fixture.definition(
        "shapes", "area", 60, fields=fields, names_places=False,
        roles={"name_zh": "name_zh", "reviewed": "reviewed"}, facts={"file": "shapes.geojson"})))
    write(f"{folder}/shapes/style.json", json.dumps({"legend": [], "layers": []}))
    write(f"{folder}/shapes/shapes.geojson", json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": g, "properties": {"id": i, "name_zh": "区" + i, "reviewed": r}}
        for i, r, g in SHAPES]}))


def setUpModule():
    global FOLDER, DB, SHARED
    FOLDER = Folder()
    DB = FOLDER / "test.db"
    make_layers(FOLDER / "layers")
    done = run("import", "--shipped", FOLDER / "layers", "--db", DB, "--lang", "en")
    assert done.returncode == 0, done.stderr + done.stdout
    SHARED = Server(DB, "--no-viewer")


def tearDownModule():
    code = SHARED.stop()
    log = SHARED.log()
    SHARED.close()
    FOLDER.remove()
    if code != 0 or "level=error" in log or "Sanitizer" in log:
        raise AssertionError(f"the shared server ended with {code}; log: {log}")


# ---- helpers ----

def base():
    return f"http://127.0.0.1:{SHARED.port}/ogc"


def get(path, **parameters):
    a = SHARED.get("/ogc" + path, **parameters)
    assert a.status == 200, (path, parameters, a.status, a.body[:500])
    return a.json()


def refused(path, status=400, **parameters):
    a = SHARED.get("/ogc" + path, **parameters)
    assert a.status == status, (path, parameters, a.status, a.body[:300])
    assert a.headers["Content-Type"] == "application/problem+json", a.headers
    return a.json()


def items(layer, **parameters):
    return get(f"/collections/{layer}/items", **parameters)


def ids(collection):
    return [f["id"] for f in collection["features"]]


def links(document, rel):
    return [link for link in document["links"] if link["rel"] == rel]


def follow(address):
    """The path of an absolute address of ours."""
    assert address.startswith(base()), address
    return address[len(base()) - len("/ogc"):]


def all_pages(layer, **parameters):
    pages = [items(layer, **parameters)]
    while following := links(pages[-1], "next"):
        a = SHARED.ask(follow(following[0]["href"]))
        assert a.status == 200, a.body
        pages.append(a.json())
    return pages


def debian_python():
    """The python whose modules come as Debian packages."""
    for python in (sys.executable, "/usr/bin/python3"):
        done = subprocess.run([python, "-c", "import owslib, jsonschema"], capture_output=True)
        if done.returncode == 0:
            return python
    raise AssertionError("missing: apt-get install python3-owslib python3-jsonschema")


def tool(*command, **environment):
    env = {**os.environ, "LC_ALL": "C.UTF-8", **environment}
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, env=env)


def rows_in(west, south, east, north):
    return {r["id"] for r in many_rows() if west <= r["lon"] <= east and south <= r["lat"] <= north}


# ---- the documents ----

class Documents(unittest.TestCase):
    def test_every_link_is_absolute_and_has_rel_and_type(self):
        for path in ("", "/conformance", "/functions", "/collections", "/collections/many",
                     "/collections/many/items", "/collections/many/items/M0001"):
            found = []

            def walk(node):
                if isinstance(node, dict):
                    for key, value in node.items():
                        if key == "links":
                            found.extend(value)
                        walk(value)
                elif isinstance(node, list):
                    for value in node:
                        walk(value)

            walk(get(path))
            self.assertTrue(found, path)
            for link in found:
                self.assertTrue(link["rel"] and link["type"] and link["title"], (path, link))
                self.assertRegex(link["href"], r"^https?://")

    def test_every_link_of_ours_leads_to_what_its_type_says(self):
        for path in ("", "/collections", "/collections/many", "/collections/many/items?limit=3",
                     "/collections/many/items/M0001"):
            document = SHARED.ask("/ogc" + path).json()
            for link in document["links"] + [x for c in document.get("collections", []) for x in c["links"]]:
                if not link["href"].startswith(base()):
                    continue
                a = SHARED.ask(follow(link["href"]))
                self.assertEqual(a.status, 200, link)
                self.assertEqual(a.headers["Content-Type"].split("; ")[0], link["type"].split("; ")[0], link)

    def test_the_landing_page_links_to_the_rest(self):
        landing = get("")
        for rel, kind in (("service-desc", OPENAPI), ("service-doc", "text/html"),
                          ("conformance", "application/json"), ("data", "application/json")):
            self.assertIn(kind, [link["type"] for link in links(landing, rel)], rel)

    def test_paths_work_with_and_without_a_trailing_slash(self):
        for path in ("", "/conformance", "/collections", "/collections/many", "/collections/many/items",
                     "/collections/many/items/M0001", "/collections/many/queryables", "/api"):
            a, b = SHARED.ask("/ogc" + path), SHARED.ask("/ogc" + path + "/")
            self.assertEqual((a.status, b.status), (200, 200), path)
            self.assertEqual(a.headers["Content-Type"], b.headers["Content-Type"])

    def test_the_host_is_the_clients_and_nobody_elses(self):
        a = SHARED.ask("/ogc", Host="maps.example:8080", X_Forwarded_Host="evil.example",
                       X_Forwarded_Proto="https", Forwarded="host=evil.example")
        self.assertIn(b"http://maps.example:8080/ogc/", a.body)
        self.assertNotIn(b"evil", a.body)

    def test_only_public_layers_that_are_no_base_map_are_collections(self):
        found = {c["id"] for c in get("/collections")["collections"]}
        self.assertEqual(found, {"sites", "others", "many", "dated", "founded", "indicators", "hostile",
                                 "shapes"})
        for layer in ("hidden", "ground", "map", "nothing"):
            for rest in ("", "/items", "/items/1", "/schema"):
                refused(f"/collections/{layer}{rest}", 404)

    def test_a_collection_says_what_it_is(self):
        c = get("/collections/many", lang="en")
        west, south, east, north = c["extent"]["spatial"]["bbox"][0]
        self.assertEqual((west, south), (118, 30))
        self.assertAlmostEqual(east, max(r["lon"] for r in many_rows()), 6)
        self.assertAlmostEqual(north, max(r["lat"] for r in many_rows()), 6)
        self.assertEqual((c["title"], c["itemType"], c["itemCount"]), ("Places many", "feature", MANY))
        self.assertEqual((c["storageCrs"], c["crs"][0]), (CRS84, CRS84))
        self.assertEqual([link["href"] for link in links(c, "license")],
                         ["https://creativecommons.org/publicdomain/zero/1.0/"])
        self.assertNotIn("extent", get("/collections/indicators"))

    def test_titles_follow_the_language(self):
        zh, en = SHARED.ask("/ogc/collections/many"), SHARED.ask("/ogc/collections/many", Accept_Language="en-GB")
        self.assertEqual((zh.headers["Content-Language"], en.headers["Content-Language"]), ("zh", "en"))
        self.assertEqual((zh.json()["title"], en.json()["title"]), ("地点 many", "Places many"))
        a = SHARED.ask("/ogc/collections/many?lang=zh", Accept_Language="en")
        self.assertEqual(a.json()["title"], "地点 many")
        self.assertIn("lang=zh", links(a.json(), "items")[0]["href"])
        self.assertIn("Accept-Language", a.headers["Vary"])

    def test_accept_chooses_the_format(self):
        path = "/ogc/collections/many/items"
        for accept, kind in ((BROWSER, "text/html; charset=utf-8"), ("*/*", "application/geo+json"),
                             ("application/json", "application/geo+json"), ("text/xml", "application/geo+json"),
                             ("text/csv", "text/csv; charset=utf-8; header=present"),
                             (XLSX, XLSX), ("text/csv;q=0.1, text/html;q=0.2", "text/html; charset=utf-8")):
            self.assertEqual(SHARED.ask(path, Accept=accept).headers["Content-Type"], kind, accept)
        a = SHARED.ask(path + "?f=json", Accept=BROWSER)
        self.assertEqual(a.headers["Content-Type"], "application/geo+json")
        self.assertIn("html", refused("/collections/many/items", f="pdf")["allowed"])
        refused("/collections", f="csv")

    def test_an_answer_that_is_known_is_not_sent_again(self):
        for path in ("/ogc", "/ogc/api", "/ogc/collections", "/ogc/collections/many/items?limit=5",
                     "/ogc/collections/many/items/M0003", "/ogc/style.css"):
            first = SHARED.ask(path)
            self.assertEqual(first.headers["Cache-Control"], "no-cache", path)
            again = SHARED.ask(path, If_None_Match=first.headers["ETag"])
            self.assertEqual((again.status, again.body), (304, b""), path)
            other = SHARED.ask(path, If_None_Match=first.headers["ETag"], Accept_Language="en")
            if path != "/ogc/style.css":
                self.assertEqual(other.status, 200, path)


class Descriptions(unittest.TestCase):
    def test_the_conformance_list_has_no_doubles_and_what_clients_look_for(self):
        declared = get("/conformance")["conformsTo"]
        self.assertEqual(len(declared), len(set(declared)))
        prefix = "http://www.opengis.net/spec/"
        for needed in ("ogcapi-features-1/1.0/conf/core", "ogcapi-features-1/1.0/conf/oas30",
                       "ogcapi-features-1/1.0/conf/geojson", "ogcapi-features-1/1.0/conf/html",
                       "ogcapi-features-2/1.0/conf/crs", "ogcapi-features-3/1.0/conf/filter",
                       "ogcapi-features-3/1.0/conf/features-filter", "cql2/1.0/conf/cql2-text",
                       "cql2/1.0/conf/basic-cql2", "cql2/1.0/conf/basic-spatial-operators"):
            self.assertIn(prefix + needed, declared)

    def test_the_document_is_openapi_3_0(self):
        a = SHARED.ask("/ogc/api")
        self.assertEqual(a.headers["Content-Type"], OPENAPI)
        if not os.path.exists(OAS_SCHEMA):
            self.skipTest("apt-get install openapi-specification")
        script = ("import json, sys, jsonschema\n"
                  f"schema = json.load(open('{OAS_SCHEMA}'))\n"
                  "faults = list(jsonschema.Draft4Validator(schema).iter_errors(json.load(sys.stdin)))\n"
                  "sys.exit('\\n'.join(f'{list(e.path)} {e.message[:200]}' for e in faults[:5]) or 0)")
        done = subprocess.run([debian_python(), "-c", script], input=a.body, capture_output=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stderr.decode())

    def test_every_reference_of_the_document_is_there_and_every_id_is_one(self):
        api = get("/api")
        operations = []

        def walk(node):
            if isinstance(node, dict):
                if "$ref" in node:
                    target = api
                    for part in node["$ref"][2:].split("/"):
                        target = target[part]
                if "operationId" in node:
                    operations.append(node["operationId"])
                for value in node.values():
                    walk(value)
            elif isinstance(node, list):
                for value in node:
                    walk(value)

        walk(api)
        self.assertEqual(len(operations), len(set(operations)))
        self.assertEqual(api["servers"][0]["url"], base())

    def test_every_path_of_the_document_answers(self):
        for path, methods in get("/api")["paths"].items():
            layer = path.split("/")[2] if path.count("/") > 2 and "{coll" not in path else "many"
            key = items(layer, limit=1)["features"][0]["id"]
            real = path.replace("{collectionId}", "many").replace("{featureId}", urllib.parse.quote(key, safe=""))
            self.assertEqual(SHARED.ask("/ogc" + real).status, 200, real)
            self.assertIn("get", methods)

    def test_gdal_and_qgis_find_the_page_size(self):
        api = get("/api")
        refs = [p.get("$ref", "") for p in api["paths"]["/collections/many/items"]["get"]["parameters"]]
        limit = [r for r in refs if "limit" in r]
        self.assertEqual(limit, ["#/components/parameters/limit"])
        schema = api["components"]["parameters"]["limit"]["schema"]
        self.assertEqual((schema["default"], schema["maximum"]), (100, 10000))
        self.assertEqual(len(items("many")["features"]), schema["default"])

    def test_the_document_offers_what_the_server_takes(self):
        api = get("/api")
        found = set()
        for p in api["paths"]["/collections/many/items"]["get"]["parameters"]:
            found.add(p.get("name") or api["components"]["parameters"][p["$ref"].rsplit("/", 1)[1]]["name"])
        message = refused("/collections/many/items", nonsense=1)["detail"]
        self.assertIn("nonsense", message)
        self.assertEqual(found, {"f", "lang", "limit", "offset", "cursor", "bbox", "bbox-crs", "crs", "datetime",
                                 "filter", "filter-lang", "filter-crs", "sortby", "q",
                                 "id", "name_zh", "level", "kinds", "year", "area"})
        self.assertIn("cql-text", api["components"]["parameters"]["filter-lang"]["schema"]["enum"])

    def test_the_schema_names_what_features_have(self):
        schema = get("/collections/many/schema", lang="en")
        properties = schema["properties"]
        self.assertEqual(schema["$id"], base() + "/collections/many/schema?lang=en")
        self.assertEqual(properties["id"]["x-ogc-role"], "id")
        self.assertEqual(properties["geometry"]["x-ogc-role"], "primary-geometry")
        self.assertEqual(properties["geometry"]["format"], "geometry-point")
        self.assertEqual(properties["level"]["enum"], ["a", "b", "c"])
        self.assertEqual((properties["kinds"]["type"], properties["kinds"]["items"]["enum"]),
                         ("array", ["x", "y", "z"]))
        self.assertEqual((properties["area"]["type"], properties["area"]["minimum"],
                          properties["area"]["x-ogc-unit"]), ("number", 0, "km2"))
        self.assertEqual(set(items("many", limit=1)["features"][0]["properties"]), set(properties) - {"geometry"})
        self.assertNotIn("year_zh", properties)  # hidden
        self.assertEqual(set(get("/collections/many/queryables")["properties"]), set(properties))
        self.assertEqual(set(get("/collections/many/sortables")["properties"]),
                         set(properties) - {"geometry", "kinds"})
        self.assertNotIn("geometry", get("/collections/indicators/schema")["properties"])
        self.assertEqual(SHARED.ask("/ogc/collections/many/schema").headers["Content-Type"],
                         "application/schema+json")

    def test_times_and_truths_are_named_as_such(self):
        properties = get("/collections/dated/schema")["properties"]
        self.assertEqual((properties["day"]["format"], properties["day"]["x-ogc-role"]), ("date", "primary-instant"))
        self.assertEqual((properties["is_open"]["type"], properties["built"]["type"]), ("boolean", "integer"))
        rows = {r["id"]: r for r in dated_rows()}
        for f in items("dated")["features"]:
            self.assertEqual(f["properties"]["is_open"], {"": None, 0: False, 1: True}[rows[f["id"]]["is_open"]])

    def test_a_collection_says_from_when_to_when(self):
        days = sorted(r["day"] for r in dated_rows() if r["day"])
        self.assertEqual(get("/collections/dated")["extent"]["temporal"]["interval"],
                         [[days[0] + "T00:00:00Z", days[-1] + "T23:59:59Z"]])
        years = [r["built"] for r in dated_rows() if r["built"]]
        self.assertEqual(get("/collections/founded")["extent"]["temporal"]["interval"],
                         [[f"{min(years)}-01-01T00:00:00Z", f"{max(years)}-12-31T23:59:59Z"]])

    def test_functions_are_listed(self):
        for function in get("/functions")["functions"]:
            self.assertTrue(function["name"] and function["returns"], function)


# ---- features ----

class Features(unittest.TestCase):
    def test_all_pages_give_each_feature_once(self):
        for limit in (1000, 99, 617):
            pages = all_pages("many", limit=limit)
            found = [i for page in pages for i in ids(page)]
            self.assertEqual(len(found), MANY)
            self.assertEqual(set(found), {r["id"] for r in many_rows()})
            self.assertEqual(len(pages), -(-MANY // limit))
            for page in pages:
                self.assertEqual((page["numberMatched"], page["numberReturned"]), (MANY, len(page["features"])))

    def test_pages_are_the_same_each_time(self):
        self.assertEqual([ids(p) for p in all_pages("many", limit=400, sortby="-area")],
                         [ids(p) for p in all_pages("many", limit=400, sortby="-area")])

    def test_a_page_keeps_what_was_asked(self):
        pages = all_pages("many", limit=50, bbox="118,30,119,31", lang="en")
        self.assertGreater(len(pages), 1)
        self.assertEqual({i for p in pages for i in ids(p)}, rows_in(118, 30, 119, 31))
        self.assertEqual({p["layer_title"] for p in pages}, {"Places many"})

    def test_offsets_are_for_clients_that_page_by_number(self):
        whole = ids(items("many", limit=300))
        self.assertEqual(ids(items("many", limit=100, offset=0)), whole[:100])
        page = items("many", limit=100, offset=100)
        self.assertEqual(ids(page), whole[100:200])
        following = SHARED.ask(follow(links(page, "next")[0]["href"])).json()
        self.assertEqual(ids(following), whole[200:])
        self.assertEqual(ids(items("many", offset=9000)), [])
        self.assertIn("next", refused("/collections/many/items", limit=5000, offset=5001)["detail"].lower())
        refused("/collections/many/items", offset=-1)

    def test_values_keep_their_types(self):
        rows = {r["id"]: r for r in many_rows()}
        for f in items("many", limit=200)["features"]:
            row, p = rows[f["id"]], f["properties"]
            self.assertEqual(f["geometry"], {"type": "Point", "coordinates": [row["lon"], row["lat"]]})
            self.assertEqual(p["id"], f["id"])
            self.assertEqual(p["year"], None if row["year"] == "" else row["year"])
            self.assertEqual(p["area"], None if row["area"] == "" else row["area"])
            self.assertEqual(p["kinds"], row["kinds"].split(";") if row["kinds"] else None)

    def test_one_feature_by_its_key(self):
        f = get("/collections/many/items/M0007")
        self.assertEqual((f["type"], f["id"], f["properties"]["name_zh"]), ("Feature", "M0007", "地点7"))
        self.assertEqual(links(f, "collection")[0]["href"], base() + "/collections/many?f=json")
        refused("/collections/many/items/M9999", 404)
        for _, key, _ in HOSTILE:
            self.assertEqual(get("/collections/hostile/items/" + urllib.parse.quote(key, safe=""))["id"], key)

    def test_rows_of_a_table_have_no_geometry(self):
        self.assertEqual([f["geometry"] for f in items("indicators")["features"]], [None] * 5)

    def test_areas_come_back_as_they_were(self):
        found = {f["id"]: f["geometry"] for f in items("shapes")["features"]}
        for key, _, shape in SHAPES:
            self.assertEqual(found[key]["type"], shape["type"])
            self.assertEqual(len(found[key]["coordinates"]), len(shape["coordinates"]))
        outer, hole = found["A1"]["coordinates"]
        self.assertEqual({tuple(p) for p in hole}, {tuple(p) for p in SHAPES[0][2]["coordinates"][1]})
        self.assertEqual(outer[0], outer[-1])

    def test_limit_has_bounds(self):
        self.assertEqual(len(items("many", limit=20000)["features"]), MANY)  # Part 1, 7.15.4: no error
        for bad in ("0", "-1", "x", "1.5", "1e3", "99999999999999999999"):
            self.assertIn("1..10000", refused("/collections/many/items", limit=bad)["detail"], bad)

    def test_an_empty_answer_is_an_answer(self):
        page = items("many", bbox="0,0,1,1")
        self.assertEqual((page["numberMatched"], page["numberReturned"], page["features"]), (0, 0, []))
        self.assertEqual(links(page, "next"), [])

    def test_sorting(self):
        rows = {r["id"]: r for r in many_rows()}
        page = [rows[i] for i in ids(items("many", sortby="level,-year", limit=5000))]
        known = [r for r in page if r["year"] != ""]
        self.assertEqual(known, sorted(known, key=lambda r: (r["level"], -r["year"], known.index(r))))
        self.assertEqual(ids(items("many", sortby="+id", limit=3)), ["M0000", "M0001", "M0002"])
        self.assertEqual(ids(items("many", sortby="-id", limit=2)), [f"M{MANY - 1}", f"M{MANY - 2}"])
        self.assertIn("level", refused("/collections/many/items", sortby="levle")["detail"])
        refused("/collections/many/items", sortby="kinds")
        refused("/collections/many/items", sortby="year_zh")
        refused("/collections/many/items", sortby=",".join(["level"] * 20))

    def test_words_are_found(self):
        self.assertEqual(set(ids(items("sites", q="南园"))), {"S3"})
        self.assertEqual(items("sites", q="鼓楼")["numberMatched"], 2)
        self.assertEqual(items("sites", q="没有这个")["numberMatched"], 0)

    def test_time_is_read_and_does_not_narrow_layers_without_one(self):
        self.assertEqual(items("many", datetime="2016")["numberMatched"], MANY)
        for good in ("2016-01-01/..", "../2016", "2016-01-01T00:00:00Z/2017-01-01T00:00:00Z"):
            items("many", datetime=good)
        for bad in ("x", "2016/2015", "2016-13-01", "../..x"):
            self.assertEqual(refused("/collections/many/items", datetime=bad)["parameter"], "datetime", bad)

    def test_a_time_gives_what_is_from_then(self):
        def expect(layer, test, datetime):
            self.assertEqual(set(ids(items(layer, datetime=datetime))), {r["id"] for r in dated_rows() if test(r)},
                             (layer, datetime))

        expect("dated", lambda r: "2014-01-01" <= r["day"] < "2016", "2014/2015")
        expect("dated", lambda r: r["day"] >= "2015-03-12", "2015-03-12/..")
        expect("dated", lambda r: r["day"][:7] == "2016-07", "2016-07")
        expect("founded", lambda r: r["built"] != "" and r["built"] <= 2016, "../2016")
        expect("founded", lambda r: r["built"] == 2021, "2021-05-05")

    def test_unknown_and_repeated_parameters_are_refused(self):
        self.assertIn("limit", refused("/collections/many/items", limt=3)["detail"])
        refused("/collections/many", limit=3)
        refused("/collections", bbox="1,2,3,4")
        for query in ("limit=1&limit=2", "level=a&level=b", "f=json&f=json", "bbox=1,2,3,4&bbox=1,2,3,4"):
            a = SHARED.ask("/ogc/collections/many/items?" + query)
            self.assertEqual(a.status, 400, query)
        refused("/collections/many/items", year_zh=1)  # a hidden field
        self.assertEqual(items("many", limit=1, _=2)["numberMatched"], MANY)  # makes an address new

    def test_empty_fields_of_a_form_ask_nothing(self):
        self.assertEqual(items("many", filter="", q="", bbox="", sortby="", limit="5")["numberMatched"], MANY)

    def test_csv_opens_in_table_programmes(self):
        a = SHARED.get("/ogc/collections/many/items", f="csv", limit=5000)
        self.assertTrue(a.body.startswith(b"\xef\xbb\xbf"))
        self.assertIn("many.csv", a.headers["Content-Disposition"])
        found = list(csv.DictReader(io.StringIO(a.body.decode("utf-8-sig"), newline="")))
        rows = {r["id"]: r for r in many_rows()}
        self.assertEqual(len(found), MANY)
        for r in found:
            expected = rows[r["id"]]
            self.assertEqual((float(r["lon"]), float(r["lat"])), (expected["lon"], expected["lat"]))
            self.assertEqual((r["kinds"], r["year"]), (expected["kinds"], str(expected["year"])))
        self.assertNotIn("year_zh", found[0])

    def test_csv_has_no_formulas(self):
        body = SHARED.get("/ogc/collections/hostile/items", f="csv").body.decode("utf-8-sig")
        self.assertIn("'=1+1", [r["link"] for r in csv.DictReader(io.StringIO(body, newline=""))])

    def test_a_workbook_has_titles_for_people(self):
        a = SHARED.get("/ogc/collections/many/items", f="xlsx", limit=20, lang="en")
        self.assertIn("many.xlsx", a.headers["Content-Disposition"])
        with zipfile.ZipFile(io.BytesIO(a.body)) as book:
            sheet = book.read("xl/worksheets/sheet1.xml").decode()
        for text_of_a_cell in ("Level a", "Longitude", "地点", "All &amp; &lt;done&gt;"):
            self.assertIn(text_of_a_cell, sheet)

    def test_areas_are_well_known_text_in_csv(self):
        body = SHARED.get("/ogc/collections/shapes/items", f="csv").body.decode("utf-8-sig")
        found = {r["id"]: r["wkt"] for r in csv.DictReader(io.StringIO(body, newline=""))}
        self.assertRegex(found["A1"], r"^MULTIPOLYGON \(\(\([\d. ,]+\), \([\d. ,]+\)\)\)$")

    def test_the_answer_changes_with_the_data_alone(self):
        first = SHARED.ask("/ogc/collections/others/items")
        write(FOLDER / "layers/others/others.csv", fixture.rows(
            [("O9", "新的", "New", "上海市", "site", 121.3, 31.3)]))
        done = run("import", "--shipped", FOLDER / "layers", "--db", DB, "--lang", "en")
        self.assertEqual(done.returncode, 0, done.stderr)
        until(lambda: ids(items("others")) == ["O9"], "the new row in the answer")
        again = SHARED.ask("/ogc/collections/others/items", If_None_Match=first.headers["ETag"])
        self.assertEqual(again.status, 200)


class Boxes(unittest.TestCase):
    def test_a_box_gives_what_lies_in_it(self):
        for box in ((118, 30, 119, 31), (118.2, 30.1, 118.9, 30.4), (118, 30, 118, 30), (117, 29, 125, 35)):
            page = items("many", bbox=",".join(map(str, box)), limit=10000)
            self.assertEqual(set(ids(page)), rows_in(*box), box)
            self.assertEqual(page["numberMatched"], len(rows_in(*box)))

    def test_heights_are_left_out(self):
        self.assertEqual(items("many", bbox="118,30,-5,119,31,5000")["numberMatched"], len(rows_in(118, 30, 119, 31)))

    def test_a_box_may_cross_the_antimeridian(self):
        self.assertEqual(items("many", bbox="119,29,-170,36")["numberMatched"], len(rows_in(119, 29, 180, 36)))

    def test_a_hole_is_not_the_area(self):
        self.assertEqual(ids(items("shapes", bbox="120.45,31.45,120.55,31.55")), [])
        self.assertEqual(ids(items("shapes", bbox="120.1,31.1,120.2,31.2")), ["A1"])

    def test_boxes_that_are_none_are_refused(self):
        for bad in ("nan,1,2,3", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1,2,3,inf", "1,,2,3", "1,2,3,4,5,6,7",
                    "118,31,119,30", "-181,0,1,1", "0,0,0,91", "1e999,0,1,1", ",,,"):
            p = refused("/collections/many/items", bbox=bad)
            self.assertEqual(p["parameter"], "bbox", bad)
            self.assertIn("bbox", p["detail"])


# ---- coordinate systems ----

def gdaltransform(points, code):
    """East before north, whatever the authority says."""
    done = subprocess.run(["gdaltransform", "-output_xy", "-s_srs", "OGC:CRS84", "-t_srs", f"EPSG:{code}"],
                          input="".join(f"{x} {y}\n" for x, y in points), capture_output=True, text=True,
                          timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    return [tuple(map(float, line.split())) for line in done.stdout.splitlines()]


class CoordinateSystems(unittest.TestCase):
    NORTH_FIRST = {"4326", "4490", "4547", "4548", "4549", "4550"}

    def test_answers_are_in_the_axis_order_of_the_authority(self):
        plain = {f["id"]: f["geometry"]["coordinates"] for f in items("many", limit=300)["features"]}
        for code in ("4326", "3857", "4490", "4547", "4548", "4549", "4550"):
            a = SHARED.get("/ogc/collections/many/items", limit=300, crs=EPSG + code)
            self.assertEqual(a.headers["Content-Crs"], f"<{EPSG}{code}>")
            found = {f["id"]: f["geometry"]["coordinates"] for f in a.json()["features"]}
            self.assertEqual(set(found), set(plain))
            expected = gdaltransform(plain.values(), code)
            for key, (east, north) in zip(plain, expected):
                x, y = reversed(found[key]) if code in self.NORTH_FIRST else found[key]
                tolerance = 1e-7 if code in ("4326", "4490") else 2e-3
                self.assertAlmostEqual(x, east, delta=tolerance, msg=(code, key))
                self.assertAlmostEqual(y, north, delta=tolerance, msg=(code, key))

    def test_the_storage_crs_is_the_default_and_said(self):
        a = SHARED.get("/ogc/collections/many/items", limit=1)
        b = SHARED.get("/ogc/collections/many/items", limit=1, crs=CRS84)
        self.assertEqual((a.headers["Content-Crs"], b.headers["Content-Crs"]), (f"<{CRS84}>", f"<{CRS84}>"))
        self.assertEqual(a.json()["features"], b.json()["features"])

    def test_one_feature_has_a_crs_too(self):
        a = SHARED.get("/ogc/collections/many/items/M0001", crs=EPSG + "4326")
        self.assertEqual(a.headers["Content-Crs"], f"<{EPSG}4326>")
        self.assertEqual(a.json()["geometry"]["coordinates"], [30, 118.0731])

    def test_short_names_are_taken(self):
        for name in ("EPSG:4326", "[EPSG:4326]", "urn:ogc:def:crs:EPSG::4326", EPSG.replace("http", "https") + "4326"):
            self.assertEqual(SHARED.get("/ogc/collections/many/items", crs=name, limit=1).headers["Content-Crs"],
                             f"<{EPSG}4326>", name)

    def test_an_unknown_crs_is_refused_with_the_list(self):
        for parameter in ("crs", "bbox-crs", "filter-crs"):
            for bad in ("EPSG:99999", "EPSG:4528", "x", EPSG + "04326", "[EPSG:4326", "EPSG:"):
                p = refused("/collections/many/items", **{parameter: bad})
                self.assertEqual(p["parameter"], parameter)
                self.assertIn("EPSG:4550", p["allowed"])
        refused("/collections/many/items/M0001", crs="EPSG:1")
        self.assertEqual(SHARED.ask("/ogc/collections/many/items?crs=").status, 200)

    def test_a_box_in_another_crs_is_the_same_box(self):
        expected = rows_in(118.5, 30.2, 119.5, 31.2)
        (west, south), (east, north) = gdaltransform([(118.5, 30.2), (119.5, 31.2)], "3857")
        for crs, box in (("4326", (30.2, 118.5, 31.2, 119.5)), ("4490", (30.2, 118.5, 31.2, 119.5)),
                         ("3857", (west, south, east, north))):
            page = items("many", bbox=",".join(map(repr, box)), limit=10000, **{"bbox-crs": EPSG + crs})
            self.assertEqual(set(ids(page)), expected, crs)

    def test_a_box_of_a_grid_has_the_edges_of_the_grid(self):
        rows = list(many_rows())
        for code in ("4548", "4549"):
            projected = gdaltransform([(r["lon"], r["lat"]) for r in rows], code)
            (_, south), (_, north) = gdaltransform([(119, 30.5), (119, 31.5)], code)
            (west, _), (east, _) = gdaltransform([(118.3, 31), (120.3, 31)], code)
            expected = {r["id"] for r, (e, n) in zip(rows, projected) if west <= e <= east and south <= n <= north}
            page = items("many", bbox=f"{south},{west},{north},{east}", limit=10000, **{"bbox-crs": EPSG + code})
            self.assertEqual(set(ids(page)), expected, code)

    def test_a_box_beyond_the_grid_is_refused(self):
        refused("/collections/many/items", bbox="1e9,1e9,2e9,2e9", **{"bbox-crs": EPSG + "4549"})
        refused("/collections/many/items", bbox="nan,1,2,3", **{"bbox-crs": EPSG + "4549"})


# ---- pages ----

class Page(html.parser.HTMLParser):
    """Tags, attributes and text of a page; what must not be there ends the test."""
    VOID = {"meta", "link", "img", "input", "br"}

    def __init__(self, body):
        super().__init__()
        self.open, self.tags, self.hrefs, self.words = [], [], [], []
        self.feed(body.decode())
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        assert tag not in ("script", "iframe", "object", "b", "i", "u"), self.get_starttag_text()
        assert not any(name.startswith("on") or name == "style" for name, _ in attributes), attributes
        for name, value in attributes:
            if name in ("href", "src", "action"):
                assert re.match(r"(https?://|/|#)", value), value
                self.hrefs.append(value)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, (tag, self.open)

    def handle_data(self, data):
        self.words.append(data)

    def text(self):
        return " ".join(" ".join(self.words).split())


def page(path, status=200, **headers):
    a = SHARED.ask("/ogc" + path, **{"Accept": BROWSER, **headers})
    assert a.status == status, (path, a.status)
    assert a.headers["Content-Type"] == "text/html; charset=utf-8", a.headers
    policy = a.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy, policy
    assert len(a.headers.get_all("Content-Language")) == 1
    return Page(a.body)


class Pages(unittest.TestCase):
    PATHS = ("", "/conformance", "/functions", "/collections", "/collections/many", "/collections/hostile",
             "/collections/hostile/items", "/collections/hostile/schema", "/collections/many/queryables",
             "/collections/many/sortables", "/collections/indicators", "/collections/indicators/items",
             "/collections/shapes/items/A1", "/api.html", "/api")

    def test_every_page_is_well_formed_and_without_scripts_in_both_languages(self):
        for path in self.PATHS:
            for language in ("zh", "en"):
                p = page(path, Accept_Language=language)
                self.assertEqual(p.tags[0][1]["lang"][:2], language, path)
                self.assertEqual(sum(tag == "h1" for tag, _ in p.tags), 1, path)

    def test_every_link_of_the_pages_leads_somewhere(self):
        seen = set()
        for path in ("", "/collections/many", "/collections/many/items?limit=3", "/collections/hostile/items"):
            for href in page(path).hrefs:
                path = href[len(base()) - 4:] if href.startswith(base()) else href
                if not path.startswith("/") or path in seen or path == "/icon.svg" or "/tiles/" in path:
                    continue
                seen.add(path)
                if "filter=" not in path:
                    self.assertEqual(SHARED.ask(path).status, 200, path)
        self.assertGreater(len(seen), 20)

    def test_hostile_names_are_text(self):
        for path in ("/collections/hostile/items", *("/collections/hostile/items/" + urllib.parse.quote(k, safe="")
                                                      for _, k, _ in HOSTILE)):
            p = page(path)
        listing = page("/collections/hostile/items")
        for name, key, link in HOSTILE:
            for value in (name, key, link):
                self.assertIn(value, "".join(listing.words))
        self.assertNotIn("javascript:alert(1)", listing.hrefs)
        self.assertIn(HOSTILE[2][2], listing.hrefs)  # a web address is a link, escaped

    def test_what_was_asked_is_shown_as_text(self):
        attack = "\"><script>alert(1)</script><x y='"
        for parameter in ("filter", "q", "bbox", "sortby", "cursor", "limit", "crs", "lang", "f", attack):
            for layer in ("many", "nothing"):
                a = SHARED.ask(f"/ogc/collections/{layer}/items?" + urllib.parse.urlencode({parameter: attack}),
                               Accept=BROWSER)
                Page(a.body)
                self.assertNotIn(b"<script", a.body)
        Page(SHARED.ask("/ogc/" + urllib.parse.quote(attack, safe=""), Accept=BROWSER).body)

    def test_an_error_is_a_page_with_the_form_to_mend_it(self):
        p = page("/collections/many/items?bbox=1,2&q=%E5%9C%B0", 400)
        self.assertIn("1,2", p.text())
        fields = {a["name"]: a.get("value") for tag, a in p.tags if tag == "input"}
        self.assertEqual((fields["bbox"], fields["q"]), ("1,2", "地"))
        self.assertIn(("div", {"class": "error", "role": "alert"}), p.tags)
        page("/collections/nothing", 404)
        page("/nothing", 404)

    def test_the_table_pages_to_its_end(self):
        path, seen = "/collections/many/items?limit=500", []
        while path:
            p = page(path)
            seen += [w for w in p.words if re.fullmatch(r"M\d{4}", w)]
            following = [a["href"] for tag, a in p.tags if a.get("rel") == "next"]
            path = following[0][len(base()):] if following else None
        self.assertEqual(sorted(seen), [r["id"] for r in many_rows()])

    def test_codes_have_their_titles_and_fields_theirs(self):
        p = page("/collections/many/items?lang=en&limit=20")
        self.assertIn("Level a", p.text())
        self.assertIn("area (km2)", p.text())
        labels = {a["for"] for tag, a in p.tags if tag == "label"}
        controls = {a["id"] for tag, a in p.tags if tag in ("input", "select", "textarea") and "id" in a}
        self.assertEqual(labels, controls)

    def test_the_preview_shows_tiles_that_are_there(self):
        images = [a["src"] for tag, a in page("/collections/many").tags if tag == "img"]
        self.assertTrue(1 <= len(images) <= 6)
        self.assertEqual({SHARED.ask(src).headers["Content-Type"] for src in images}, {"image/png"})
        self.assertEqual([a for tag, a in page("/collections/indicators").tags if tag == "img"], [])


class Public(unittest.TestCase):
    def test_outlines_that_nobody_reviewed_are_left_out_in_public(self):
        with Server(DB, "--no-viewer", "--public") as server:
            found = server.ask("/ogc/collections/shapes/items").json()
            self.assertEqual(([f["id"] for f in found["features"]], found["numberMatched"]), (["A1"], 1))
            self.assertEqual(server.ask("/ogc/collections/shapes").json()["itemCount"], 1)
            for f in ("csv", "html"):
                self.assertNotIn("A2", server.ask("/ogc/collections/shapes/items?f=" + f).body.decode())
            self.assertIsNone(server.ask("/ogc/collections/shapes/items/A2").json()["geometry"])
            self.assertIsNotNone(server.ask("/ogc/collections/shapes/items/A1").json()["geometry"])
        self.assertEqual(items("shapes")["numberMatched"], 2)


# ---- clients ----

class Gdal(unittest.TestCase):
    def ogrinfo(self, *arguments, **environment):
        done = tool("ogrinfo", *arguments, **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout + done.stderr

    def features(self, layer, *arguments):
        done = tool("ogr2ogr", "-f", "GeoJSON", "/vsistdout/", "OAPIF:" + base(), layer, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)["features"]

    def test_it_lists_the_collections(self):
        found = re.findall(r"^\d+: (\w+)", self.ogrinfo("OAPIF:" + base()), re.MULTILINE)
        self.assertEqual(found, [c["id"] for c in get("/collections")["collections"]])

    def test_it_pages_through_all(self):
        found = self.features("many", "-oo", "PAGE_SIZE=123")
        self.assertEqual(sorted(f["properties"]["id"] for f in found), [r["id"] for r in many_rows()])

    def test_it_reads_types_and_counts(self):
        report = self.ogrinfo("-so", "OAPIF:" + base(), "many")
        for line in (f"Feature Count: {MANY}", "Geometry: Point", "year: Integer", "area: Real", "kinds: StringList"):
            self.assertIn(line, report)

    def test_it_filters_by_box(self):
        found = self.features("many", "-spat", "118.5", "30.2", "119.5", "31.2")
        self.assertEqual({f["properties"]["id"] for f in found}, rows_in(118.5, 30.2, 119.5, 31.2))

    def test_it_filters_by_values(self):
        expected = {r["id"] for r in many_rows() if r["level"] == "b" and r["year"] != "" and r["year"] > 2010}
        found = self.features("many", "-where", "level = 'b' AND year > 2010")
        self.assertEqual({f["properties"]["id"] for f in found}, expected)
        trace = self.ogrinfo("-so", "OAPIF:" + base(), "many", "-where", "level = 'b' AND year > 2010", CPL_DEBUG="ON")
        self.assertRegex(trace, r"Fetch\(\S*filter=", "the filter is sent")
        self.assertIn(f"Feature Count: {len(expected)}", trace)

    def test_it_reads_tables_and_areas(self):
        self.assertEqual(len(self.features("indicators")), 5)
        self.assertEqual({f["geometry"]["type"] for f in self.features("shapes")}, {"Polygon", "MultiPolygon"})


OWSLIB = """
import json, sys
from owslib.ogcapi.features import Features
f = Features(sys.argv[1])
out = {"collections": f.feature_collections(), "title": f.collection("many")["title"],
       "api": f.api()["openapi"], "conformance": len(f.conformance()["conformsTo"]),
       "queryables": sorted(f.collection_queryables("many")["properties"]),
       "page": f.collection_items("many", limit=7)["numberReturned"],
       "box": f.collection_items("many", bbox=[118, 30, 119, 31])["numberMatched"],
       "item": f.collection_item("many", "M0005")["id"],
       "offset": f.collection_items("many", limit=2, offset=4)["numberReturned"]}
out["cql"] = f.collection_items("many", limit=3, cql={"op": "=", "args": [{"property": "level"}, "c"]})
print(json.dumps(out))
"""


class Owslib(unittest.TestCase):
    def test_it_lists_reads_and_posts_filters(self):
        done = tool(debian_python(), "-c", OWSLIB, base())
        self.assertEqual(done.returncode, 0, done.stderr)
        out = json.loads(done.stdout)
        self.assertEqual(out["collections"], [c["id"] for c in get("/collections")["collections"]])
        self.assertEqual((out["page"], out["item"], out["offset"], out["api"]), (7, "M0005", 2, "3.0.3"))
        self.assertEqual(out["box"], len(rows_in(118, 30, 119, 31)))
        self.assertEqual(out["cql"]["numberMatched"], len(range(2, MANY, 3)))
        self.assertEqual({f["properties"]["level"] for f in out["cql"]["features"]}, {"c"})


class Filters(unittest.TestCase):
    def expect(self, test, **parameters):
        expected = {r["id"] for r in many_rows() if test(r)}
        page = items("many", limit=10000, **parameters)
        self.assertEqual(set(ids(page)), expected, parameters)
        self.assertEqual(page["numberMatched"], len(expected))

    def test_text_and_json_say_the_same(self):
        def newer(r):
            return r["level"] == "a" and r["year"] != "" and r["year"] >= 2000

        self.expect(newer, filter="level = 'a' AND year >= 2000")
        for language in ("cql2-text", "cql-text"):
            self.expect(newer, filter="level = 'a' AND year >= 2000", **{"filter-lang": language})
        tree = {"op": "and", "args": [{"op": "=", "args": [{"property": "level"}, "a"]},
                                      {"op": ">=", "args": [{"property": "year"}, 2000]}]}
        for language in ("cql2-json", "cql-json"):
            self.expect(newer, filter=json.dumps(tree), **{"filter-lang": language})

    # each class of CQL2 that is declared, with filters of it and who should pass
    CLASSES = {
        "cql2-text": [("level = 'a'", lambda r: r["level"] == "a")],
        "cql2-json": [],
        "basic-cql2": [
            ("level <> 'a' AND NOT (year > 2000)", lambda r: r["level"] != "a" and r["year"] != "" and r["year"] <= 2000),
            ("year IS NULL OR level = 'c'", lambda r: r["year"] == "" or r["level"] == "c"),
            ("area IS NOT NULL", lambda r: r["area"] != "")],
        "advanced-comparison-operators": [
            ("name_zh LIKE '%点1_'", lambda r: re.search(r"点1.$", r["name_zh"])),
            ("year BETWEEN 1995 AND 1999", lambda r: r["year"] != "" and 1995 <= r["year"] <= 1999),
            ("level NOT IN ('a','b')", lambda r: r["level"] == "c")],
        "case-insensitive-comparison": [
            ("CASEI(id) = CASEI('m0007')", lambda r: r["id"] == "M0007"),
            ("CASEI(id) LIKE CASEI('m000%')", lambda r: r["id"].startswith("M000"))],
        "accent-insensitive-comparison": [("ACCENTI(level) = ACCENTI('á')", lambda r: r["level"] == "a")],
        "basic-spatial-functions": [
            ("S_INTERSECTS(geometry, POINT(118 30))", lambda r: (r["lon"], r["lat"]) == (118, 30)),
            ("S_INTERSECTS(geometry, BBOX(118, 30, 118.5, 30.5))", lambda r: r["lon"] <= 118.5 and r["lat"] <= 30.5)],
        "basic-spatial-operators": [
            ("S_INTERSECTS(geometry, BBOX(118, 30, 118.5, 30.5))", lambda r: r["lon"] <= 118.5 and r["lat"] <= 30.5)],
        "basic-spatial-functions-plus": [
            (f"S_INTERSECTS(geometry, {shape})", test) for shape, test in (
                ("LINESTRING(118 30, 118.2 30)", lambda r: r["lat"] == 30 and r["lon"] <= 118.2),
                ("MULTIPOINT((118 30), (0 0))", lambda r: (r["lon"], r["lat"]) == (118, 30)),
                ("MULTILINESTRING((118 30, 118.2 30), (0 0, 1 1))", lambda r: r["lat"] == 30 and r["lon"] <= 118.2),
                ("POLYGON((117 29, 118.5 29, 118.5 30.5, 117 30.5, 117 29))",
                 lambda r: r["lon"] <= 118.5 and r["lat"] <= 30.5),
                ("MULTIPOLYGON(((117 29, 118.5 29, 118.5 30.5, 117 30.5, 117 29)))",
                 lambda r: r["lon"] <= 118.5 and r["lat"] <= 30.5),
                ("GEOMETRYCOLLECTION(POINT(118 30), LINESTRING(0 0, 1 1))",
                 lambda r: (r["lon"], r["lat"]) == (118, 30)))],
        "spatial-functions": [
            (f"{name}(geometry, POLYGON((117 29, 118.5 29, 118.5 30.5, 117 30.5, 117 29)))", test)
            for name, test in (("S_WITHIN", lambda r: r["lon"] <= 118.5 and r["lat"] <= 30.5),
                               ("S_DISJOINT", lambda r: not (r["lon"] <= 118.5 and r["lat"] <= 30.5)),
                               ("S_CONTAINS", lambda r: False), ("S_CROSSES", lambda r: False),
                               ("S_EQUALS", lambda r: False), ("S_OVERLAPS", lambda r: False),
                               ("S_TOUCHES", lambda r: False))],
        "temporal-functions": [  # of the layer "dated"
            ("T_AFTER(day, DATE('2015-03-12'))", lambda r: r["day"] > "2015-03-12"),
            ("T_BEFORE(day, DATE('2015-03-12'))", lambda r: "" < r["day"] < "2015-03-12"),
            ("T_DURING(day, INTERVAL('2013-12-31','2016-01-01'))", lambda r: "2014" <= r["day"] < "2016"),
            ("T_INTERSECTS(day, INTERVAL('2014-01-01','..'))", lambda r: r["day"] >= "2014"),
            ("T_EQUALS(day, DATE('2011-02-11'))", lambda r: r["day"] == "2011-02-11"),
            ("T_DISJOINT(day, INTERVAL('2014-01-01','..'))", lambda r: "" < r["day"] < "2014")],
        "array-functions": [
            ("A_CONTAINS(kinds, ('y'))", lambda r: "y" in r["kinds"].split(";")),
            ("A_EQUALS(kinds, ('y','z'))", lambda r: r["kinds"] == "y;z"),
            ("A_CONTAINEDBY(kinds, ('x','y'))", lambda r: r["kinds"] in ("x", "x;y")),
            ("A_OVERLAPS(kinds, ('z','q'))", lambda r: "z" in r["kinds"])],
        "property-property": [("area > year / 20", lambda r: "" not in (r["area"], r["year"]) and r["area"] > r["year"] / 20)],
        "arithmetic": [
            ("(year + 10) * 2 - 4 = 4008", lambda r: r["year"] == 1996),
            ("year DIV 100 = 19 AND year % 10 = 5", lambda r: r["year"] == 1995)],
        "functions": [("abs(year - 2000) <= 1", lambda r: r["year"] in (1999, 2000, 2001))],
    }

    def test_every_class_of_filters_that_is_declared_works(self):
        prefix = "http://www.opengis.net/spec/cql2/1.0/conf/"
        declared = [c[len(prefix):] for c in get("/conformance")["conformsTo"] if c.startswith(prefix)]
        self.assertEqual(set(declared), set(self.CLASSES))
        for name, filters in self.CLASSES.items():
            layer, rows = ("dated", dated_rows) if name == "temporal-functions" else ("many", many_rows)
            for text_of_it, test in filters:
                expected = {r["id"] for r in rows() if test(r)}
                found = ids(items(layer, limit=10000, filter=text_of_it))
                self.assertEqual(set(found), expected, (name, text_of_it))

    def test_areas_are_compared_with_areas(self):
        ring = ", ".join(f"{x} {y}" for x, y in SHAPES[0][2]["coordinates"][0])
        hole = ", ".join(f"{x} {y}" for x, y in SHAPES[0][2]["coordinates"][1])
        for text_of_it, expected in (
                ("S_CONTAINS(geometry, POINT(120.1 31.1))", ["A1"]),
                ("S_CONTAINS(geometry, POINT(120.5 31.5))", []),  # in the hole
                ("S_TOUCHES(geometry, POINT(120 31.5))", ["A1"]),
                ("S_OVERLAPS(geometry, POLYGON((119 30.4, 120.5 30.4, 120.5 31.2, 119 31.2, 119 30.4)))", ["A1", "A2"]),
                ("S_CROSSES(LINESTRING(119.9 31.1, 120.1 31.1), geometry)", ["A1"]),
                (f"S_EQUALS(geometry, POLYGON(({ring}), ({hole})))", ["A1"]),
                ("S_DISJOINT(geometry, POINT(120.5 31.5))", ["A1", "A2"])):
            self.assertEqual(sorted(ids(items("shapes", filter=text_of_it))), expected, text_of_it)

    def test_a_filter_may_be_posted(self):
        tree = {"op": "=", "args": [{"property": "level"}, "b"]}
        expected = sorted(r["id"] for r in many_rows() if r["level"] == "b")
        for kind in ("application/json", "application/query-cql-json"):
            a = SHARED.ask("/ogc/collections/many/items?limit=200&filter-lang=cql2-json", "POST",
                           body=json.dumps(tree), Content_Type=kind)
            self.assertEqual(a.status, 200, a.body)
            found, page = ids(a.json()), a.json()
            while following := links(page, "next"):  # by the address alone
                page = SHARED.ask(follow(following[0]["href"])).json()
                found += ids(page)
            self.assertEqual(sorted(found), expected)
        a = SHARED.ask("/ogc/collections/many/items", "POST", body=urllib.parse.urlencode(
            {"filter": "level='b'", "limit": 10000}), Content_Type="application/x-www-form-urlencoded")
        self.assertEqual(sorted(ids(a.json())), expected)
        a = SHARED.ask("/ogc/collections/many/items?filter=level%3D'a'", "POST", body=json.dumps(tree),
                       Content_Type="application/json")
        self.assertEqual(a.status, 400)

    def test_a_long_filter_pages_by_posting_again(self):
        tree = {"op": "in", "args": [{"property": "id"}, [f"M{i:04d}" for i in range(500)]]}
        a = SHARED.ask("/ogc/collections/many/items?limit=300", "POST", body=json.dumps(tree),
                       Content_Type="application/json")
        self.assertEqual(a.status, 200, a.body)
        following = links(a.json(), "next")[0]
        self.assertEqual(following["method"], "POST")
        b = SHARED.ask(follow(following["href"]), "POST", body=json.dumps(tree), Content_Type="application/json")
        self.assertEqual(sorted(ids(a.json()) + ids(b.json())), [f"M{i:04d}" for i in range(500)])

    def test_a_long_address_pages_on_as_a_form(self):
        keys = [f"M{i:04d}" for i in range(180)]
        listed = ",".join(f"'{k}'" for k in keys)
        a = SHARED.ask(f"/ogc/collections/many/items?lang=en&limit=100&filter=id%20IN%20({listed})")
        self.assertEqual(a.status, 200, a.body)
        following = links(a.json(), "next")[0]
        self.assertEqual(following["method"], "POST")
        b = SHARED.ask(follow(following["href"]), "POST", body=following["body"],
                       Content_Type="application/x-www-form-urlencoded")
        self.assertEqual(b.status, 200, b.body)
        self.assertEqual(sorted(ids(a.json()) + ids(b.json())), keys)
        d = SHARED.ask(f"/ogc/collections/many/items?lang=en&limit=100&filter=id%20IN%20({listed})", Accept=BROWSER)
        tags = Page(d.body).tags
        form = [i for i, (tag, t) in enumerate(tags) if tag == "form" and t.get("method") == "post"][0]
        fields = {t["name"]: t["value"] for tag, t in tags[form:] if tag == "input"}
        e = SHARED.ask(follow(tags[form][1]["action"]), "POST", body=urllib.parse.urlencode({**fields, "f": "json"}),
                       Content_Type="application/x-www-form-urlencoded")
        self.assertEqual(ids(e.json()), ids(b.json()))

    def test_a_posted_filter_is_not_said_again(self):
        tree = {"op": "in", "args": [{"property": "id"}, ["M0001"] * 19000]}
        a = SHARED.ask("/ogc/collections/many/items", "POST", body=json.dumps(tree), Content_Type="application/json")
        self.assertEqual((a.status, ids(a.json())), (200, ["M0001"]))
        self.assertLess(len(a.body), 10000)

    def test_fields_are_parameters(self):
        self.expect(lambda r: r["level"] == "c", level="c")
        self.expect(lambda r: r["year"] == 2001, year=2001)
        self.expect(lambda r: "y" in r["kinds"].split(";"), kinds="y")
        self.expect(lambda r: r["level"] == "c" and r["year"] == 2001, level="c", year="2001")
        self.expect(lambda r: r["level"] == "c" and r["area"] != "" and r["area"] > 50, level="c", filter="area > 50")
        self.assertEqual(set(ids(items("dated", is_open="true"))), {r["id"] for r in dated_rows() if r["is_open"] == 1})
        self.assertEqual(set(ids(items("dated", is_open="false"))), {r["id"] for r in dated_rows() if r["is_open"] == 0})
        self.assertEqual(set(ids(items("dated", built=2011))), {"D11"})
        day = next(r["day"] for r in dated_rows() if r["day"])
        self.assertEqual(set(ids(items("dated", day=day))), {r["id"] for r in dated_rows() if r["day"] == day})
        self.assertEqual(refused("/collections/dated/items", is_open="maybe")["parameter"], "is_open")
        self.assertEqual(refused("/collections/dated/items", day="2016-02-30")["parameter"], "day")
        self.expect(lambda r: False, name_zh="' OR 1=1 --")
        self.assertEqual(refused("/collections/many/items", year="x")["parameter"], "year")
        refused("/collections/many/items", year="1) OR (1=1")

    def test_a_filter_pages_and_counts(self):
        pages = all_pages("many", filter="level IN ('a','b')", limit=100, sortby="-area")
        found = [i for p in pages for i in ids(p)]
        expected = {r["id"] for r in many_rows() if r["level"] in "ab"}
        self.assertEqual((len(found), set(found)), (len(expected), expected))
        self.assertEqual({p["numberMatched"] for p in pages}, {len(expected)})

    def test_positions_of_filters_may_be_in_another_crs(self):
        expected = rows_in(118.5, 30.2, 119.5, 31.2)
        for code, box in (("4326", "30.2,118.5,31.2,119.5"), ("4490", "30.2,118.5,31.2,119.5")):
            page = items("many", limit=10000, filter=f"S_INTERSECTS(geometry, BBOX({box}))",
                         **{"filter-crs": EPSG + code})
            self.assertEqual(set(ids(page)), expected, code)
        self.assertEqual(set(ids(items("many", limit=10000, filter=(
            "S_INTERSECTS(geometry, POLYGON((118.5 30.2, 119.5 30.2, 119.5 31.2, 118.5 31.2, 118.5 30.2)))")))),
            expected)
        (west, south), (east, north) = gdaltransform([(118.5, 30.2), (119.5, 31.2)], "3857")
        page = items("many", limit=10000, filter=(
            f"S_INTERSECTS(geometry, POLYGON(({west} {south}, {east} {south}, {east} {north}, {west} {north}, "
            f"{west} {south})))"), **{"filter-crs": EPSG + "3857"})
        self.assertEqual(set(ids(page)), expected)

    def test_a_broken_filter_says_where_and_what(self):
        p = refused("/collections/many/items", filter="lvl = 'a'", lang="en")
        self.assertEqual(p["parameter"], "filter")
        self.assertIn("level", p["detail"])
        for bad in ("level =", "level = 'a", "(((", "level = 1 AND", "S_INTERSECTS(geometry, POINT(1))", "level = a = b"):
            self.assertEqual(refused("/collections/many/items", filter=bad)["parameter"], "filter", bad)
        refused("/collections/many/items", filter="{", **{"filter-lang": "cql2-json"})
        refused("/collections/many/items", filter="level = 'a'", **{"filter-lang": "sql"})

    def test_a_broken_filter_stands_in_the_form_again(self):
        p = page("/collections/many/items?filter=" + urllib.parse.quote("lvl = '<b>'"), 400)
        self.assertIn("lvl = '<b>'", "".join(p.words))

    def test_the_examples_of_the_page_work(self):
        examples = [h for h in page("/collections/many/items").hrefs if "filter=" in h]
        self.assertGreaterEqual(len(examples), 3)
        for href in examples:
            self.assertEqual(SHARED.ask(follow(href)).status, 200, href)


if __name__ == "__main__":
    if not PROGRAM:
        sys.exit("INNOMAP names the built program")
    unittest.main()
