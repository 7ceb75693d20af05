# SPDX-License-Identifier: Apache-2.0
"""The operations of /api over the shipped facts: every door gives the same answer, wrong
questions are told what is wrong, answers are recounted from the CSV files, and tables
are read back."""

import collections
import csv
import io
import json
import math
import os
import re
import shutil
import sys
import unittest
import urllib.parse
import xml.etree.ElementTree
import zipfile

sys.path.insert(0, os.path.dirname(__file__))

from harness import Folder, HERE, Server, run, until, write

ROOT = os.path.dirname(os.path.dirname(HERE))
FOLDER = Folder()
DB = FOLDER / "facts.db"
SERVER = None


def setUpModule():
    global SERVER
    done = run("import", "--shipped", os.path.join(ROOT, "layers"), "--db", DB, "--quiet")
    assert done.returncode == 0, done.stderr + done.stdout
    SERVER = Server(DB)
    unittest.addModuleCleanup(FOLDER.remove)
    unittest.addModuleCleanup(SERVER.__exit__)


def facts(layer):
    path = os.path.join(ROOT, "layers", layer, layer + ".csv")
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def post(path, body, content_type):
    connection = SERVER.connect()
    try:
        connection.request("POST", path, body=body, headers={"Content-Type": content_type})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def get(path, **parameters):
    return SERVER.get(path, **parameters)


def ask(path, **parameters):
    answer = get(path, **parameters)
    assert answer.status == 200, (path, parameters, answer.body)
    return answer.json()


def ids(answer):
    return [feature["id"] for feature in answer["features"]]


# Fields of the files that are searched.
SEARCHED = ("name_zh", "name_en", "city", "district", "host_city", "host_district",
            "origin_city", "origin_province", "address", "operator")
# Words, and a place that has to be found by them: simplified and traditional, pinyin in
# full and by first letters, a short name, both scripts, one letter missing, two readings.
WAYS_TO_TYPE = (
    ("zhangjiang", "parks", "PK0102", "prefix"),
    ("zj", "landmarks", "LM0001", "pinyin"),
    ("張江", "landmarks", "LM0001", "exact"),
    ("Zhangjang", "landmarks", "LM0001", "mistyped"),
    ("上海交大", "landmarks", "LM0031", "exact"),
    ("张江yao", "incubators", "IN0003", "pinyin"),
    ("liuan", "divisions", "341500", "pinyin"),
    ("luan", "divisions", "341500", "exact"),
    ("xushuguan", "parks", "PK0065", "inside"),
)
SQUARE = {"type": "Polygon", "coordinates": [[[121.3, 31.0], [121.8, 31.0], [121.8, 31.4],
                                              [121.3, 31.4], [121.3, 31.0]]]}
# Each operation at least once; values as JSON has them.
QUESTIONS = (
    ("nearest", {"layer": "concept_verification", "near": "张江", "k": 3}),
    ("nearest", {"layer": ["incubators", "parks"], "lon": 121.59, "lat": 31.2, "k": 2,
                 "each": True}),
    ("within", {"layer": "incubators", "lon": 121.5, "lat": 31.2, "radius_km": 12.5,
                "precision": "all", "lang": "en"}),
    ("within", {"layer": "parks", "in": "苏州", "fields": ["name_zh", "level"]}),
    ("within", {"layer": "parks", "polygon": SQUARE, "limit": 7}),
    ("within", {"layer": "parks", "bbox": [120, 30, 121.5, 31.5]}),
    ("within", {"layer": "parks", "from": "无锡", "to": "上海", "half_width_km": 10}),
    ("list", {"layer": "city_indicators", "sortby": "-year,id", "limit": 5}),
    ("list", {"layer": "parks", "datetime": "2015/..", "limit": 5}),
    ("aggregate", {"layer": "incubators", "by": "city", "min_count": 3}),
    ("aggregate", {"layer": "parks", "by": "level", "measure": "sum:area_km2",
                   "geometry": True}),
    ("coverage", {"layer": "parks", "other": "incubators", "max_km": 5, "limit": 3}),
    ("coverage", {"layer": "parks", "other": "incubators", "max_km": 5, "limit": 3,
                  "show": "covered"}),
    ("join", {"layer": "enclaves", "other": "parks", "limit": 4}),
    ("chain", {"near": "张江", "other": ["incubators", "pilot_platforms"], "max_km": 20}),
    ("chain", {"layer": "parks", "other": ["incubators", "facilities"], "max_km": 5,
               "limit": 2}),
    ("flows", {"host": "上海", "geometry": True}),
    ("search", {"q": "生物医药", "facets": True, "limit": 5}),
    ("suggest", {"q": "zhangj", "lang": "en"}),
    ("changes", {"layer": "concept_verification"}),
    ("changes", {}),
    ("duplicates", {"layer": "parks,incubators", "limit": 5}),
    ("duplicates", {}),
    ("list", {"layer": "incubators", "in": "苏州", "limit": 5, "filter":
              {"op": "=", "args": [{"property": "level"}, "national"]}}),
    ("within", {"layer": "incubators", "in": "苏州", "filter": "level = 'national'"}),
    ("aggregate", {"layer": "parks", "by": "year", "limit": 3, "per": "100km2"}),
    ("join", {"layer": "parks", "other": "parks", "across": "province", "max_km": 60,
              "filter": "category = 'hitech_zone'",
              "other_filter": "category = 'hitech_zone'"}),
    ("ask", {"q": "离张江最近的概念验证中心是哪几家", "lang": "zh"}),
    ("layers", {"layer": "incubators"}),
)


def flat(value):
    """As an address line or a form has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(flat(one) for one in value)
    if isinstance(value, dict):
        return json.dumps(value, separators=(",", ":"))
    return str(value)


class Doors(unittest.TestCase):
    def test_an_address_a_form_and_json_give_the_same_bytes(self):
        for name, parameters in QUESTIONS:
            path = "/api/" + name
            form = urllib.parse.urlencode({k: flat(v) for k, v in parameters.items()})
            wanted = SERVER.ask(path + "?" + form)
            self.assertEqual(wanted.status, 200, (name, parameters, wanted.body))
            for body, kind in ((form, "application/x-www-form-urlencoded"),
                               (json.dumps(parameters), "application/json")):
                if body:
                    self.assertEqual(post(path, body, kind), (200, wanted.body), name)

    def test_the_command_line_gives_the_same_json(self):
        for name, parameters in QUESTIONS:
            if name == "layers":
                continue  # a command of its own, for whoever looks after the database
            word = {"search": "q", "suggest": "q", "ask": "q"}.get(name, "layer")
            arguments = []
            for key, value in parameters.items():
                option = "-k" if key == "k" else "--" + key.replace("_", "-")
                if key == word:
                    arguments.append(flat(value))
                elif value is True:
                    arguments.append(option)
                elif key != "lang":
                    arguments += [option, flat(value)]
            done = run(name, *arguments, "--json", "--db", DB, "--lang",
                       parameters.get("lang", "zh"))
            self.assertEqual(done.returncode, 0, (name, arguments, done.stderr))
            form = {k: flat(v) for k, v in parameters.items()}
            self.assertEqual(json.loads(done.stdout), ask("/api/" + name, **form), name)

    def test_a_long_list_is_sent_while_it_is_made(self):
        """In pieces, with the bytes of the command line, which writes it whole."""
        folder = FOLDER / "long"
        layer = {"id": "long", "title": {"zh": "长"}, "geometry": "point", "key": "id",
                 "fields": [{"name": "id", "title": {"zh": "编号"}, "type": "text"},
                            {"name": "note", "title": {"zh": "说明"}, "type": "text"}]}
        rows = "".join(f"K{i:05d},{'说明' * (i % 40)} {i},{120 + i / 9000},{30 + i / 7000}\n"
                       for i in range(12000))
        write(f"{folder}/long/layer.json", json.dumps({
            **layer, "facts": {"file": "long.csv", "lon": "lon", "lat": "lat",
                               "crs": "EPSG:4326"}}))
        write(f"{folder}/long/style.json", json.dumps({"layers": []}))
        write(f"{folder}/long/long.csv", "id,note,lon,lat\n" + rows)
        db = FOLDER / "long.db"
        done = run("import", "--shipped", folder, "--db", db, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        with Server(db) as server:
            for form, option in (("", "--json"), ("csv", "--csv=-")):
                asked = {"layer": "long", "limit": "10000", **({"f": form} if form else {})}
                answer = server.get("/api/list", **asked)
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.headers["Transfer-Encoding"], "chunked")
                done = run("list", "long", "--limit", "10000", option, "--db", db,
                           "--lang", "zh")
                if not form:
                    self.assertEqual(json.loads(done.stdout), answer.json())
                    self.assertEqual(answer.json()["numberReturned"], 10000)
                else:
                    self.assertEqual(done.stdout.lstrip("\ufeff").splitlines(),
                                     answer.body.decode("utf-8-sig").splitlines())
                    self.assertGreater(len(answer.body), 1 << 18)
                tag = answer.headers["ETag"]
                again = server.ask("/api/list?" + urllib.parse.urlencode(asked),
                                   if_none_match=tag)
                self.assertEqual((again.status, again.body), (304, b""))
            few = server.get("/api/list", layer="long", limit="3")
            self.assertIn("Content-Length", few.headers)

    def test_a_total_is_called_so(self):
        count = len(facts("incubators"))
        for lang, word in (("zh", "合计"), ("en", "All")):
            done = run("aggregate", "incubators", "--by", "none", "--db", DB, "--lang", lang)
            self.assertRegex(done.stdout, rf"(?m)^{word} +{count}$")
            rows = list(csv.reader(io.StringIO(get(
                "/api/aggregate", layer="incubators", f="csv", lang=lang).body.decode())))
            self.assertEqual((rows[1][0], rows[1][2]), (word, str(count)))

    def test_the_command_line_prints_lists_for_people(self):
        for name, parameters in QUESTIONS:
            if name in ("layers", "suggest"):
                continue
            options = [f"--{k.replace('_', '-')}={flat(v)}" for k, v in parameters.items()
                       if k not in ("layer", "q", "lang", "k") and v is not True]
            words = [flat(parameters[w]) for w in ("layer", "q") if w in parameters]
            done = run(name, *words, *options, "--db", DB, "--lang", "zh")
            self.assertEqual(done.returncode, 0, (name, done.stderr))
            self.assertNotIn("\x1b", done.stdout)
            self.assertGreater(len(done.stdout.splitlines()), 0, name)

    def test_the_address_in_an_answer_asks_the_same_again(self):
        for name, parameters in QUESTIONS:
            answer = ask("/api/" + name, **{k: flat(v) for k, v in parameters.items()})
            if "query" in answer and answer["query"]["url"]:
                again = SERVER.ask(answer["query"]["url"])
                self.assertEqual(again.json(), answer, name)

    def test_every_command_explains_itself(self):
        for name in ("nearest", "within", "list", "aggregate", "coverage", "join", "chain",
                     "flows", "search", "suggest", "ask", "changes", "duplicates"):
            for lang, word in (("zh", "用法"), ("en", "Usage")):
                done = run(name, "--help", "--lang", lang)
                self.assertEqual(done.returncode, 0, name)
                self.assertIn(f"innomap {name}", done.stdout)
                self.assertIn(word, done.stdout)

    def test_the_answer_repeats_what_was_asked(self):
        query = ask("/api/coverage", layer="parks", other="incubators", max_km=5)["query"]
        self.assertEqual((query["operation"], query["layers"], query["other"],
                          query["max_km"], query["precision"]),
                         ("coverage", ["parks"], "incubators", 5, "town"))
        query = ask("/api/aggregate", layer="parks", by="city",
                    filter="level  =  'national'")["query"]
        self.assertEqual((query["by"], query["precision"]), ("city", "city"))
        self.assertNotIn("k", query)
        self.assertEqual(re.sub(r"\W", "", query["filter"]), "levelnational")
        query = ask("/api/within", layer="parks", corridor="g60", half_width_km=10)["query"]
        self.assertEqual((query["area"]["by"], query["area"]["half_width_km"]),
                         ("corridor", 10))

    def test_a_form_and_an_address_together_are_one_question(self):
        status, body = post("/api/nearest?layer=parks", "near=张江&k=1".encode(),
                            "application/x-www-form-urlencoded")
        self.assertEqual((status, len(json.loads(body)["features"])), (200, 1))
        status, body = post("/api/nearest?layer=parks&k=2", '{"near": "张江", "k": 1}'.encode(),
                            "application/json")
        self.assertEqual((status, json.loads(body)["parameter"]), (400, "k"))


class BadInput(unittest.TestCase):
    # operation, parameters, status, the parameter that is named, what is said
    TABLE = (
        ("nearest", {"layer": "parks"}, 400, "near", "near="),
        ("nearest", {"near": "张江"}, 400, "layer", "layer="),
        ("nearest", {"layer": "", "near": "张江"}, 400, "layer", "0 bytes"),
        ("nearest", {"layer": "parks,", "near": "张江"}, 400, "layer", "empty element"),
        ("nearest", {"layer": "prks", "near": "张江"}, 404, "layer", "did you mean parks?"),
        ("nearest", {"layer": "lakes", "near": "张江"}, 404, "layer", "no layer 'lakes'"),
        ("nearest", {"layer": "city_indicators", "near": "张江"}, 404, "layer", "no layer"),
        ("nearest", {"layer": "parks", "lon": "121"}, 400, "lat", "belong together"),
        ("nearest", {"layer": "parks", "lon": "nan", "lat": "31"}, 400, "lon", "-180..180"),
        ("nearest", {"layer": "parks", "lon": "1e999", "lat": "31"}, 400, "lon", "number"),
        ("nearest", {"layer": "parks", "lon": "121", "lat": "91"}, 400, "lat", "-90..90"),
        ("nearest", {"layer": "parks", "near": "张江", "lon": "1", "lat": "1"}, 400, "near",
         "not both"),
        ("nearest", {"layer": "parks", "near": "乌有之乡"}, 404, "near", "乌有之乡"),
        ("nearest", {"layer": "parks", "near": "张江", "k": "0"}, 400, "k", "1..10000"),
        ("nearest", {"layer": "parks", "near": "张江", "k": "10001"}, 400, "k", "1..10000"),
        ("nearest", {"layer": "parks", "near": "张江", "k": "2.5"}, 400, "k", "whole"),
        ("nearest", {"layer": "parks", "near": "张江", "max_km": "-1"}, 400, "max_km",
         "0..20038"),
        ("nearest", {"layer": "parks", "near": "张江", "precision": "exact"}, 400,
         "precision", "site, park, town"),
        ("nearest", {"layer": "parks", "near": "张江", "each": "yes"}, 400, "each", "true"),
        ("nearest", {"layer": "parks", "near": "张江", "radius_km": "1"}, 400, "radius_km",
         "unknown parameter"),
        ("nearest", {"layer": "parks", "near": "张江", "f": "xml"}, 400, "f", "csv"),
        ("nearest", {"layer": "parks", "near": "张江", "fields": "nmae_zh"}, 400, "fields",
         "did you mean name_zh?"),
        ("nearest", {"layer": "parks", "near": "张江", "fields": "rank"}, 400, "fields",
         "rank"),
        ("nearest", {"layer": "parks", "near": "张江", "fields": ","}, 400, "fields",
         "empty element"),
        ("nearest", {"layer": "parks", "near": "张江", "cursor": "nonsense"}, 400, "cursor",
         "cursor"),
        ("within", {"layer": "parks"}, 400, "radius_km", "radius_km="),
        ("within", {"layer": "parks", "radius_km": "5"}, 400, "near", "origin"),
        ("within", {"layer": "parks", "near": "张江"}, 400, "radius_km", "radius_km="),
        ("within", {"layer": "parks", "bbox": "1,2,3"}, 400, "bbox", "four numbers"),
        ("within", {"layer": "parks", "bbox": "1,2,3,4,5"}, 400, "bbox", "four numbers"),
        ("within", {"layer": "parks", "bbox": "120,32,121,31"}, 400, "bbox", "min_lat"),
        ("within", {"layer": "parks", "bbox": "120,30,181,31"}, 400, "bbox", "min_lon"),
        ("within", {"layer": "parks", "bbox": "nan,30,121,31"}, 400, "bbox", "four numbers"),
        ("within", {"layer": "parks", "bbox": "120,30,121,31", "in": "苏州"}, 400, "bbox",
         "one area"),
        ("within", {"layer": "parks", "in": "乌有之乡"}, 404, "in", "乌有之乡"),
        ("within", {"layer": "parks", "polygon": "{"}, 400, "polygon", "polygon"),
        ("within", {"layer": "parks", "polygon": '{"type":"Point","coordinates":[1,2]}'}, 400,
         "polygon", "Polygon"),
        ("within", {"layer": "parks", "polygon": '{"type":"Polygon","coordinates":'
                    "[[[0,0],[2,2],[2,0],[0,2],[0,0]]]}"}, 400, "polygon", "polygon"),
        ("within", {"layer": "parks", "polygon": '{"type":"Polygon","coordinates":'
                    "[[[0,0],[1,0],[1,1]]]}"}, 400, "polygon", "polygon"),
        ("within", {"layer": "parks", "corridor": "g61"}, 404, "corridor", "g60"),
        ("within", {"layer": "parks", "corridor": "g60", "half_width_km": "1001"}, 400,
         "half_width_km", "0..1000"),
        ("within", {"layer": "parks", "in": "苏州", "half_width_km": "5"}, 400,
         "half_width_km", "corridor"),
        ("within", {"layer": "parks", "from": "无锡", "half_width_km": "5"}, 400, "to", "to"),
        ("within", {"layer": "parks", "from": "无锡", "to": "上海"}, 400, "half_width_km",
         "half_width_km=10"),
        ("list", {"layer": "parks", "limit": "10001"}, 400, "limit", "1..10000"),
        ("list", {"layer": "parks", "sortby": "nmae"}, 400, "sortby", "nmae"),
        ("list", {"layer": "parks", "sortby": "-"}, 400, "sortby", "empty element"),
        ("list", {"layer": "parks", "datetime": "gestern"}, 400, "datetime", "2016"),
        ("list", {"layer": "parks", "datetime": "2016-13"}, 400, "datetime", "2016-05"),
        ("list", {"layer": "parks", "datetime": "2020/2016"}, 400, "datetime", "2016/2020"),
        ("list", {"layer": "parks", "filter": "level ="}, 400, "filter", ""),
        ("list", {"layer": "parks", "filter": "lvl = 'national'"}, 400, "filter", "lvl"),
        ("list", {"layer": "parks", "filter": "x" * 1500}, 400, "filter", ""),
        ("list", {"layer": "parks", "filter": "level = 'a'", "filter-lang": "sql"}, 400,
         "filter-lang", "cql2-text"),
        ("aggregate", {"layer": "parks", "by": "ctiy"}, 400, "by", "did you mean city?"),
        ("aggregate", {"layer": "parks", "by": "member"}, 400, "areas", "areas="),
        ("aggregate", {"layer": "parks", "by": "city", "areas": "g60"}, 400, "by", "areas"),
        ("aggregate", {"layer": "parks", "measure": "sum:name_zh"}, 400, "measure", "name_zh"),
        ("aggregate", {"layer": "parks", "measure": "max:area_km2"}, 400, "measure",
         "sum:FIELD"),
        ("aggregate", {"layer": "parks", "by": "city", "per": "gdp", "indicator": "rd"}, 400,
         "per", "one"),
        ("coverage", {"layer": "parks", "other": "incubators"}, 400, "max_km", "max_km=5"),
        ("coverage", {"layer": "parks", "max_km": "5"}, 400, "other", "other="),
        ("coverage", {"layer": "parks", "other": "incubators,facilities", "max_km": "5"}, 400,
         "other", "1 to 1"),
        ("coverage", {"layer": "parks", "other": "incubators", "max_km": "5", "show": "all"},
         400, "show", "gaps"),
        ("join", {"layer": "parks", "other": "incubatrs"}, 404, "other", "incubators"),
        ("join", {"layer": "parks", "other": "parks", "across": "district"}, 400, "across",
         "province"),
        ("chain", {"other": "parks", "max_km": "5"}, 400, "layer", "layer"),
        ("flows", {"host": "乌有"}, 404, "host", "乌有"),
        ("flows", {"level": "district"}, 400, "level", "province"),
        ("search", {}, 400, "q", "q="),
        ("search", {"q": ""}, 400, "q", "bytes"),
        ("search", {"q": "张江", "limit": "1001"}, 400, "limit", "1000"),
        ("suggest", {"q": "x" * 201}, 400, "q", "200"),
        ("changes", {"layer": "parks", "run": "999999"}, 404, "run", "999999"),
        ("changes", {"run": "1"}, 400, "layer", "layer"),
        ("layers", {"layer": "nothing_like_it"}, 404, "layer", "nothing_like_it"),
        ("ask", {}, 400, "q", "q="),
        ("ask", {"q": "x" * 1001}, 400, "q", "1000"),
    )

    def test_each_is_told_what_is_wrong(self):
        for name, parameters, status, parameter, says in self.TABLE:
            with self.subTest(name=name, parameters=parameters):
                answer = get("/api/" + name, lang="en", **parameters)
                self.assertEqual(answer.status, status, answer.body)
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
                problem = answer.json()
                self.assertEqual(problem.get("parameter"), parameter, problem)
                self.assertIn(says, problem["detail"])
                chinese = get("/api/" + name, lang="zh", **parameters).json()
                self.assertRegex(chinese["detail"], "[\u4e00-\u9fff]")

    def test_repeated_and_unknown_parameters_are_refused(self):
        for query, parameter in (("layer=parks&layer=parks&near=x", "layer"),
                                 ("layer=parks&near=x&lang=zh&lang=en", "lang"),
                                 ("layer=parks&naer=x", "naer")):
            answer = SERVER.ask("/api/nearest?" + query)
            self.assertEqual(answer.status, 400)
            self.assertEqual(answer.json()["parameter"], parameter)

    def test_bodies_that_are_no_question(self):
        for body in ("[]", "7", '"layer"', "{", '{"layer": "parks", "layer": "parks"}',
                     '{"layer": [["parks"]]}', '{"layer": [{"a": 1}]}', "[" * 3000,
                     '{"layer": "\\ud800"}', '{"k": 1e999}'):
            status, answer = post("/api/nearest", body, "application/json")
            self.assertEqual(status, 400, (body, answer))
        status, answer = post("/api/nearest", '{"layer": "parks", "near": null, "k": NaN}',
                              "application/json")
        self.assertEqual(status, 400)

    def test_a_filter_of_a_megabyte_is_answered_in_time(self):
        for text in ("(" * 500000, "a" * 1000000, "NOT " * 250000):
            status, answer = post("/api/list", json.dumps({"layer": "parks", "filter": text}),
                                  "application/json")
            self.assertEqual(status, 400, answer[:200])

    def test_a_polygon_of_many_vertices_is_taken(self):
        ring = [[121 + math.cos(2 * math.pi * i / 60000), 31 + math.sin(2 * math.pi * i / 60000)]
                for i in range(60000)]
        ring.append(ring[0])
        body = json.dumps({"layer": "parks", "limit": 1000, "polygon":
                           {"type": "Polygon", "coordinates": [[[round(x, 5), round(y, 5)]
                                                                for x, y in ring]]}})
        status, answer = post("/api/within", body, "application/json")
        self.assertEqual(status, 200, answer[:300])
        inside = sum(math.hypot(float(p["lon"]) - 121, float(p["lat"]) - 31) < 1
                     for p in facts("parks"))
        self.assertEqual(json.loads(answer)["numberMatched"], inside)

    def test_ambiguous_names_are_choices_wherever_they_stand(self):
        for name, parameters in (("nearest", {"layer": "parks", "near": "鼓楼区"}),
                                 ("within", {"layer": "parks", "in": "鼓楼区"}),
                                 ("within", {"layer": "parks", "from": "鼓楼区", "to": "上海",
                                             "half_width_km": 1})):
            answer = get("/api/" + name, **parameters)
            self.assertEqual(answer.status, 300, answer.body)
            places = [choice["in"] for choice in answer.json()["choices"]]
            self.assertGreater(len(set(places)), 1, name)


class Answers(unittest.TestCase):
    def test_boxes_at_the_edges_of_the_world(self):
        for box in ("170,-10,-170,10", "-180,-90,180,-80", "180,0,180,0", "0,90,0,90"):
            answer = ask("/api/within", layer="parks", bbox=box)
            self.assertEqual(answer["numberMatched"], 0)
            self.assertIn("note", answer)
        everything = ask("/api/within", layer="parks", bbox="-180,-90,180,90")
        self.assertEqual(everything["numberMatched"], len(facts("parks")))
        around = ask("/api/within", layer="parks", bbox="100,-90,-100,90")
        self.assertEqual(around["numberMatched"], len(facts("parks")))

    def test_pages_make_the_whole(self):
        for parameters in ({"layer": "incubators"},
                           {"layer": "incubators", "sortby": "-established_year,name_zh"},
                           {"layer": "incubators,parks", "lon": 121.5, "lat": 31.2,
                            "radius_km": 300}):
            name = "within" if "lon" in parameters else "list"
            whole = ask("/api/" + name, limit=10000, **parameters)
            self.assertEqual(whole["numberReturned"], whole["numberMatched"])
            page = ask("/api/" + name, limit=37, **parameters)
            found = ids(page)
            while "next" in page:
                self.assertEqual(page["numberMatched"], whole["numberMatched"])
                page = SERVER.ask(page["next"]).json()
                found += ids(page)
            self.assertEqual(found, ids(whole))

    def test_order_by_a_field_is_that_of_the_facts(self):
        answer = ask("/api/list", layer="parks", sortby="-area_km2", limit=1000)
        areas = [f["properties"]["area_km2"] for f in answer["features"]]
        known = [a for a in areas if a is not None]
        self.assertEqual(known, sorted(known, reverse=True))
        self.assertEqual(areas[:len(known)], known)
        wanted = sorted((float(p["area_km2"]) for p in facts("parks") if p["area_km2"]),
                        reverse=True)
        self.assertEqual(known, wanted)

    def test_only_the_fields_asked_for(self):
        answer = ask("/api/list", layer="parks", fields="level,website", limit=1)
        properties = answer["features"][0]["properties"]
        self.assertEqual(set(properties) - {"layer", "layer_title", "name", "precision",
                                            "titles"}, {"level", "website"})
        self.assertLessEqual(set(properties["titles"]), {"level"})

    def test_counts_by_level_are_those_of_the_facts(self):
        wanted = collections.Counter(row["level"] for row in facts("incubators"))
        answer = ask("/api/aggregate", layer="incubators", by="level")
        found = {group["code"]: group["count"] for group in answer["groups"]}
        self.assertEqual(answer["unknown"], wanted.pop("", 0))
        self.assertEqual(found, dict(wanted))
        self.assertEqual(answer["total"], len(facts("incubators")))

    def test_counts_by_city_are_those_of_the_facts(self):
        """Without outlines in the database a row belongs where its code says."""
        names = {row["adcode"]: row["name_zh"] for row in facts("divisions")}
        wanted = collections.Counter()
        for row in facts("incubators"):
            code = row["adcode"]
            city = code if code[:2] in ("31",) else code[:4] + "00"
            wanted["310000" if code[:2] == "31" else city] += 1
        answer = ask("/api/aggregate", layer="incubators", by="city")
        found = {group["code"]: group["count"] for group in answer["groups"]}
        self.assertEqual(found, dict(wanted))
        for group in answer["groups"]:
            self.assertEqual(group["title"], names[group["code"]])

    def test_sums_are_those_of_the_facts(self):
        answer = ask("/api/aggregate", layer="parks", measure="sum:area_km2")
        areas = [float(row["area_km2"]) for row in facts("parks") if row["area_km2"]]
        self.assertAlmostEqual(answer["groups"][0]["value"], sum(areas), places=3)
        self.assertEqual(answer["groups"][0]["n_values"], len(areas))
        mean = ask("/api/aggregate", layer="parks", measure="mean:area_km2")
        self.assertAlmostEqual(mean["groups"][0]["value"], sum(areas) / len(areas), places=3)

    def test_areas_of_a_choropleth_have_geometry_or_null(self):
        answer = ask("/api/aggregate", layer="incubators", by="city", geometry="true")
        self.assertEqual(answer["type"], "FeatureCollection")
        self.assertGreater(len(answer["features"]), 10)
        for feature in answer["features"]:
            self.assertIn("geometry", feature)
            self.assertGreater(feature["properties"]["count"], 0)

    def test_for_each_enclave_its_nearest_park(self):
        """Against all pairs on a sphere: 0.6 % is more than the ellipsoid differs by."""
        def metres(a, b):
            (x1, y1), (x2, y2) = a, b
            x1, y1, x2, y2 = map(math.radians, (x1, y1, x2, y2))
            h = (math.sin((y2 - y1) / 2) ** 2
                 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2)
            return 2 * 6371008.8 * math.asin(math.sqrt(h))

        def placed(layer):
            return {row["id"]: (float(row["lon"]), float(row["lat"])) for row in facts(layer)
                    if row["precision"] in ("site", "park", "town") and row["lon"]}

        parks = placed("parks")
        answer = ask("/api/join", layer="enclaves", other="parks", limit=1000)
        wanted = {key: min(metres(at, park) for park in parks.values())
                  for key, at in placed("enclaves").items()}
        self.assertEqual(set(ids(answer)), set(wanted))
        for feature in answer["features"]:
            nearest = feature["properties"]["others"][0]["nearest"]
            at = placed("enclaves")[feature["id"]]
            self.assertAlmostEqual(metres(at, parks[nearest["id"]]), wanted[feature["id"]],
                                   delta=wanted[feature["id"]] * 0.006 + 1)

    def test_flows_are_those_of_the_facts(self):
        answer = ask("/api/flows", level="city")
        rows = [row for row in facts("enclaves")
                if row["origin_adcode"] and row["host_adcode"]]
        self.assertEqual(sum(flow["count"] for flow in answer["flows"]), answer["total"])
        self.assertEqual(answer["total"] + answer["unknown"], len(facts("enclaves")))
        self.assertGreaterEqual(len(rows), answer["total"])
        for flow in answer["flows"]:
            self.assertEqual(len(flow["ids"]), flow["count"])

    def test_places_are_found_in_the_ways_people_type_them(self):
        for words, layer, key, match in WAYS_TO_TYPE:
            found = {(f["properties"]["layer"], f["id"]): f["properties"]["match"]
                     for f in ask("/api/search", q=words, limit=1000)["features"]}
            suggested = {(s["layer"], s["id"]): s["match"]
                         for s in ask("/api/suggest", q=words, limit=100)["suggestions"]}
            with self.subTest(words=words):
                self.assertEqual(found.get((layer, key)), match)
                self.assertEqual(suggested.get((layer, key)), match)
                # suggestions are a part of what a search finds, in the same words
                for place in set(suggested) & set(found):
                    self.assertEqual(suggested[place], found[place], place)

    def test_what_is_found_in_chinese_has_the_characters(self):
        self.assertEqual(ids(ask("/api/search", q="張江", limit=1000)),
                         ids(ask("/api/search", q="张江", limit=1000)))
        for layer in ("parks", "incubators", "enclaves", "facilities"):
            listed = ask("/api/search", q="张江", layer=layer, limit=1000)
            has = {row["id"] for row in facts(layer) if "张江" in "".join(
                text for field, text in row.items() if field in SEARCHED)}
            self.assertEqual({f["id"] for f in listed["features"]}, has, layer)
            self.assertTrue(has, layer)

    def test_a_search_is_best_first_with_facets_that_add_up(self):
        answer = ask("/api/search", q="孵化器", facets="true", limit=1000)
        facets = {facet["name"]: facet["values"] for facet in answer["facets"]}
        self.assertEqual(sum(value["count"] for value in facets["layer"]),
                         answer["numberMatched"])
        self.assertEqual(ask("/api/search", q="张江科学城")["features"][0]["properties"]["match"],
                         "exact")

    def test_nothing_found_says_why(self):
        answer = ask("/api/within", layer="concept_verification", lon=117, lat=34.5,
                     radius_km=1)
        self.assertEqual((answer["numberMatched"], answer["features"]), (0, []))
        self.assertIn("20", answer["note"])
        self.assertTrue(answer["completeness"][0]["note"])

    def test_an_empty_layer_says_so(self):
        """No base map, so no outlines."""
        answer = ask("/api/nearest", layer="admin_areas", lon=121, lat=31, lang="en")
        self.assertEqual((answer["numberMatched"], answer["note"]),
                         (0, "The layer is empty."))

    def test_the_source_of_a_layer(self):
        layer = ask("/api/layers", layer="incubators")["layers"][0]
        self.assertEqual(layer["crs"], "EPSG:4326")
        self.assertEqual(layer["imported"]["file"], "incubators.csv")
        self.assertTrue(layer["source"] and layer["source_date"] and layer["fields"])


class PlainQuestions(unittest.TestCase):
    def test_the_result_is_that_of_the_operation_it_names(self):
        for question in ("离张江最近的概念验证中心是哪几家", "每个区县的孵化器数量",
                         "苏州的国家级孵化器", "上次导入后新增和变更的条目",
                         "疑似重复的条目",
                         "宣城在外地设了哪些科创飞地", "哪些高新区5公里内没有孵化器",
                         "nearest concept-verification centre to Zhangjiang"):
            answer = ask("/api/ask", q=question)
            self.assertEqual(answer["question"], question)
            understood = answer["understood"]
            self.assertEqual(SERVER.ask(understood["url"]).json(), answer["result"], question)
            parts = {part["name"]: part["value"] for part in understood["parts"]}
            query = urllib.parse.urlsplit(understood["url"])
            self.assertEqual(query.path, "/api/" + understood["operation"])
            wanted = dict(urllib.parse.parse_qsl(query.query))
            wanted.pop("lang", None)
            self.assertEqual(parts, wanted)
            for part in understood["parts"]:
                self.assertLessEqual(part["start"] + part["length"], len(question))
            self.assertEqual(answer["lang"], "en" if question.isascii() else "zh")

    def test_what_is_not_understood_is_answered_with_what_would_be(self):
        answer = ask("/api/ask", q="qwrtz plmk")
        self.assertIsNone(answer["understood"])
        self.assertIsNone(answer["result"])
        self.assertTrue(answer["closest"] and answer["unknown"])
        for span in answer["unknown"]:
            start = span["start"]
            self.assertEqual("qwrtz plmk"[start:start + span["length"]], span["text"])
        done = run("ask", "qwrtz", "plmk", "--db", DB, "--lang", "zh")
        self.assertEqual(done.returncode, 1)
        self.assertIn("可以这样问", done.stdout)

    def test_what_a_client_has_to_give_is_named(self):
        answer = ask("/api/ask", q="最近的路演中心")
        self.assertEqual((answer["needs"], answer["result"]), ("point", None))
        answer = ask("/api/ask", q="这个范围内的空间")
        self.assertEqual((answer["needs"], answer["result"]), ("polygon", None))

    def test_a_name_of_several_places_is_a_problem_with_choices(self):
        answer = ask("/api/ask", q="鼓楼区有多少孵化器")
        self.assertEqual(answer["problem"]["code"], "ambiguous")
        self.assertGreater(len(answer["problem"]["choices"]), 1)

    def test_the_answer_as_a_table(self):
        table = get("/api/ask", q="苏州的国家级孵化器", f="csv")
        rows = list(csv.reader(io.StringIO(table.body.decode("utf-8-sig"), newline="")))
        listed = [row for row in rows[1:] if row[0].startswith("IN")]
        wanted = [row for row in facts("incubators")
                  if row["level"] == "national" and row["adcode"].startswith("3205")]
        self.assertEqual({row[0] for row in listed}, {row["id"] for row in wanted})
        done = run("ask", "苏州的国家级孵化器", "--csv", "-", "--db", DB)
        self.assertEqual(done.stdout, table.body.decode().replace("\r\n", "\n"))


class Tables(unittest.TestCase):
    def read_csv(self, body):
        self.assertTrue(body.startswith(b"\xef\xbb\xbf"))
        rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})  # RFC 4180, 2.4
        return rows

    def read_xlsx(self, body):
        space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
        with zipfile.ZipFile(io.BytesIO(body)) as file:
            self.assertIsNone(file.testzip())
            sheet = xml.etree.ElementTree.fromstring(file.read("xl/worksheets/sheet1.xml"))
        self.assertEqual(list(sheet.iter(space + "f")), [])  # no formulas
        return [[(re.match("[A-Z]+", cell.get("r")).group(), "".join(cell.itertext()))
                 for cell in row] for row in sheet.iter(space + "row")]

    def test_csv_and_workbook_say_what_the_answer_says(self):
        for name, parameters in QUESTIONS:
            form = {k: flat(v) for k, v in parameters.items()}
            table = get("/api/" + name, f="csv", **form)
            self.assertEqual(table.status, 200, (name, table.body))
            self.assertTrue(table.headers["Content-Type"].startswith("text/csv"))
            self.assertIn("attachment", table.headers["Content-Disposition"])
            rows = self.read_csv(table.body)
            book = get("/api/" + name, f="xlsx", **form)
            self.assertEqual(book.status, 200, name)
            sheet = self.read_xlsx(book.body)
            self.assertEqual([[value for value in row if value] for row in rows],
                             [[value for _, value in row] for row in sheet], name)

    def test_a_list_comes_back_without_a_change(self):
        for layer in ("incubators", "parks"):
            for kind in ("csv", "xlsx"):
                path = FOLDER / f"{layer}.{kind}"
                done = run("list", layer, "--limit", "10000", f"--{kind}", path, "--db", DB,
                           "--lang", "zh")
                self.assertEqual(done.returncode, 0, done.stderr)
                done = run("import", path, "--layer", layer, "--db", DB, "--dry-run",
                           "--lang", "en")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, rf"\b{len(facts(layer))} unchanged")
                self.assertNotIn("refused", done.stdout)

    def test_titles_are_in_the_asked_language(self):
        for lang, title in (("zh", "名称"), ("en", "Chinese name")):
            rows = self.read_csv(get("/api/list", layer="parks", f="csv", lang=lang).body)
            self.assertIn(title, rows[0])
            self.assertEqual(len(set(rows[0])), len(rows[0]))


HOSTILE = "=HYPERLINK(\"http://x.example\")"


class Changing(unittest.TestCase):
    """A layer of its own in a database of its own."""

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.db = self.folder / "own.db"
        self.layer = os.path.join(self.folder.path, "layers", "spots")
        os.makedirs(self.layer)
        definition = {
            "id": "spots", "title": {"zh": "点", "en": "Spots"}, "geometry": "point",
            "key": "id", "group": "places", "order": 10, "in_map": True,
            "names_places": True, "visibility": "public",
            "fields": [{"name": n, "title": {"zh": n, "en": n}, "type": t} for n, t in
                       (("id", "text"), ("name_zh", "text"), ("size", "integer"))],
            "roles": {"name_zh": "name_zh"},
            "facts": {"file": "spots.csv", "lon": "lon", "lat": "lat", "crs": "EPSG:4326"},
            "source": {"zh": "测", "en": "test"}, "source_date": "2026-01",
            "licence": "CC0-1.0", "attribution": {"zh": "测", "en": "test"},
            "completeness": {"zh": "", "en": ""}}
        write(os.path.join(self.layer, "layer.json"), json.dumps(definition))
        write(os.path.join(self.layer, "style.json"), '{"legend": [], "layers": []}')

    def put(self, rows):
        write(os.path.join(self.layer, "spots.csv"), "id,name_zh,size,lon,lat\n" + rows)
        done = run("import", "--shipped", os.path.dirname(self.layer), "--db", self.db)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def changes(self, *options):
        done = run("changes", "spots", "--json", "--db", self.db, "--lang", "en", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_changes_are_told_field_by_field(self):
        self.put("A,甲,1,121,31\nB,乙,2,121.1,31\nC,丙,3,121.2,31\n")
        first = self.changes()
        self.assertEqual(first["added"]["numberMatched"], 3)
        self.put("A,甲,1,121,31\nB,乙二,7,121.5,31\nD,丁,4,121.3,31\n")
        second = self.changes()
        self.assertEqual([row["id"] for row in second["added"]["rows"]], ["D"])
        self.assertEqual([row["id"] for row in second["gone"]["rows"]], ["C"])
        row, = second["changed"]["rows"]
        self.assertEqual((row["id"], row["name"]), ("B", "乙二"))
        self.assertEqual({f["name"]: (f["before"], f["after"]) for f in row["fields"]},
                         {"name_zh": ("乙", "乙二"), "size": ("2", "7"),
                          "geometry": ("121.1,31", "121.5,31")})
        again = self.changes("--run", str(first["run"]["id"]))
        self.assertEqual(again["added"], first["added"])

    def test_formulas_stay_texts(self):
        self.put(f'A,"{HOSTILE.replace(chr(34), chr(34) * 2)}",1,121,31\nB,+1,2,121,31\n'
                 'C,@x,3,121,31\nD,-1+2,4,121,31\n')
        done = run("list", "spots", "--csv", "-", "--db", self.db)
        rows = list(csv.reader(io.StringIO(done.stdout.lstrip("\ufeff"), newline="")))
        names = [row[1] for row in rows[1:5]]
        self.assertEqual(sorted(names), sorted(["'" + HOSTILE, "+1", "'@x", "'-1+2"]))
        path = self.folder / "a.xlsx"
        run("list", "spots", "--xlsx", path, "--db", self.db)
        with zipfile.ZipFile(path) as file:
            sheet = file.read("xl/worksheets/sheet1.xml").decode()
        self.assertNotIn("<f>", sheet)
        self.assertIn("=HYPERLINK", sheet)

    def test_a_change_is_in_the_answers_at_once(self):
        self.put("A,甲,1,121,31\n")
        with Server(self.db) as server:
            self.assertEqual(server.get("/api/list", layer="spots").json()["numberMatched"], 1)
            self.put("A,甲,1,121,31\nB,乙,2,121.1,31\n")
            until(lambda: server.get("/api/list", layer="spots").json()["numberMatched"] == 2,
                  "the new row is listed")


if __name__ == "__main__":
    unittest.main(verbosity=1)
