# SPDX-License-Identifier: Apache-2.0
"""The forty questions through /api/ask over the shipped layers: each answer has what
the CSV files give, counted here by other means where that is simple."""

import os
import sys
import unittest
from collections import Counter
from urllib.parse import quote

sys.path.insert(0, os.path.dirname(__file__))

from harness import Folder, Server, run
from recount_test import (DIVISIONS, FINE, LAYERS, MUNICIPALITIES, city_of, metres,
                          position, rows)

SPACES = ("parks", "incubators", "enclaves", "concept_verification", "pilot_platforms",
          "facilities", "service_centres")
SHANGHAI, NEVER = "310000", "9999"


def fine(layer, keep=lambda row: True):
    """Rows whose position is good enough to measure from."""
    return [row for row in rows(layer) if row["precision"] in FINE and keep(row)]


def industry(code):
    return lambda row: code in row["industry"].split(";")


def is_(**values):
    return lambda row: all(row[name] == value for name, value in values.items())


def landmark(name):
    for row in rows("landmarks"):
        if name in (row["name_zh"], *row["aliases"].split(";")):
            return position(row)
    raise KeyError(name)


def named(layer, name):
    return next(position(row) for row in rows(layer) if row["name_zh"] == name)


def within_km(found, origin, km):
    return sum(metres(position(row), origin) <= km * 1000 for row in found)


def nearest(found, origin):
    return min(found, key=lambda row: metres(position(row), origin))["name_zh"]


def by_city(found):
    return dict(Counter(city_of(row["adcode"]) for row in found))


def lacking(level, found):
    """Divisions of a level in which none of the rows lies."""
    codes = [row["adcode"] for row in found]
    has = set(codes) | {city_of(code) for code in codes}
    return sum(row["level"] == level and code not in has
               for code, row in DIVISIONS.items() if is_level(code, row, level))


def is_district(code):
    """Some codes stand for no division: development zones."""
    return code in DIVISIONS and not code.endswith("00")


def is_level(code, row, level):
    return row["level"] == level and not (level == "city" and code[:2] in MUNICIPALITIES
                                          and code != code[:2] + "0000")


def flows(origin="", host="", outside=False, keep=lambda row: True):
    """Trips from city to city."""
    found = Counter()
    for row in filter(keep, rows("enclaves")):
        pair = city_of(row["origin_adcode"]), city_of(row["host_adcode"])
        if None not in pair and not (outside and pair[0] == pair[1]) \
                and pair[0].startswith(origin) and pair[1].startswith(host):
            found[pair] += 1
    return dict(found)


def mutual():
    there = flows()
    return {pair: n for pair, n in there.items()
            if pair[::-1] in there and pair[0] != pair[1]}


def covered(found, others, km):
    return sum(any(metres(position(a), position(b)) <= km * 1000 for b in others)
               for a in found)


# What is looked at in an answer
def matched(result):
    return result["numberMatched"]


def first(result):
    return result["features"][0]["properties"]["name"]


def total(result):
    return result["total"]


def groups(result):
    return {group["code"]: group["count"] for group in result["groups"]}


def pairs(result):
    return {(flow["origin"]["adcode"], flow["host"]["adcode"]): flow["count"]
            for flow in result["flows"]}


INNOVATION = is_(category="innovation_enclave")
NATIONAL_ZONE = is_(category="hitech_zone", level="national")
HITECH = is_(category="hitech_zone")


def year(row):
    return int(row["established_year"] or 0)


def of_spaces(keep):
    return [row for layer in SPACES for row in rows(layer) if keep(row)]


def members(layer):
    return [row["adcode"] for row in rows(layer) if row["role"] != "office"]


def recounts():
    """Question, what is looked at, what it has to be."""
    centres, incubators = rows("concept_verification"), rows("incubators")
    zhangjiang = landmark("张江")
    songjiang = position(DIVISIONS["310117"])
    huning = members("huning")
    demo = members("demo_zone")
    return (
        ("离张江最近的概念验证中心是哪几家", first,
         nearest(fine("concept_verification"), zhangjiang)),
        ("松江区10公里内有哪些国家级孵化器", matched,
         within_km(fine("incubators", is_(level="national")), songjiang, 10)),
        ("哪些区县没有概念验证中心", matched, lacking("district", centres)),
        ("哪些地级市没有国家大学科技园", matched,
         lacking("city", filter(is_(category="university_park", level="national"),
                                incubators))),
        ("每个区县的孵化器数量", groups,
         dict(Counter(row["adcode"] for row in incubators
                      if is_district(row["adcode"])))),
        ("上海有哪些外地的科创飞地,分别来自哪里", pairs,
         flows(host="31", outside=True, keep=INNOVATION)),
        ("宣城在外地设了哪些科创飞地", pairs,
         flows(origin="341800", outside=True, keep=INNOVATION)),
        ("2016年以后的飞地连线", matched,
         sum(year(row) >= 2016 for row in rows("enclaves"))),
        ("科创飞地离最近的国家高新区有多远", matched, len(fine("enclaves", INNOVATION))),
        ("沿沪宁八市各有多少国家高新区和国家级经开区", groups,
         {code: n for code, n in by_city(
             row for row in rows("parks") if row["level"] == "national"
             and row["category"] in ("hitech_zone", "econ_tech_zone")).items()
          if code in huning}),
        ("离苏州工业园区最近的集成电路中试平台", first,
         nearest(fine("pilot_platforms", industry("IC")), landmark("苏州工业园区"))),
        ("哪些高新区5公里内没有孵化器", matched,
         len(fine("parks", HITECH)) - covered(fine("parks", HITECH),
                                              fine("incubators"), 5)),
        ("上海光源周边10公里的生物医药园区", matched,
         within_km(fine("parks", industry("BIO")), landmark("上海光源"), 10)),
        ("国家实验室按城市分布", groups,
         by_city(filter(is_(category="national_lab"), rows("facilities")))),
        ("示范区三地共有多少创新空间", total,
         sum((row.get("adcode") or row.get("host_adcode", NEVER)) in demo
             for row in of_spaces(lambda row: True))),
        ("离青浦最近的服务中心", first,
         nearest(fine("service_centres"), position(DIVISIONS["310118"]))),
        ("技术交易市场30公里内的园区", matched,
         covered(fine("parks"), fine("facilities", is_(category="technology_market")),
                 30)),
        ("面积大于5平方公里且主导产业为生物医药的园区", matched,
         sum(float(row["area_km2"] or 0) > 5
             for row in filter(industry("BIO"), rows("parks")))),
        ("2015年以后设立的国家高新区", matched,
         sum(year(row) >= 2015 for row in filter(NATIONAL_ZONE, rows("parks")))),
        ("距离虹桥60公里内的园区", matched,
         within_km(fine("parks"), landmark("虹桥"), 60)),
        ("同一运营机构的孵化器", groups,
         {name: n for name, n in Counter(row["operator"] for row in incubators).items()
          if name and n > 1}),
        ("浙江大学3公里内的孵化器", matched,
         within_km(fine("incubators"), landmark("浙江大学"), 3)),
        ("两市之间互设的飞地", pairs, mutual()),
        ("研发投入强度与孵化器数量对照", groups, by_city(incubators)),
        ("哪些条目没有可靠坐标", matched,
         len(of_spaces(lambda row: row["precision"] in ("district", "city", "")))),
        ("疑似重复的条目", lambda result: result["rows"],
         len(of_spaces(lambda row: True))),
        ("只看精度2公里以内的孵化器", matched,
         sum(row["precision"] in ("site", "park") for row in incubators)),
        ("苏州的国家级孵化器导出CSV", matched,
         sum(city_of(row["adcode"]) == "320500" and row["level"] == "national"
             for row in incubators)),
        ("nearest concept-verification centre to Zhangjiang", lambda result:
         result["features"][0]["id"],
         next(row["id"] for row in centres
              if row["name_zh"] == nearest(fine("concept_verification"), zhangjiang))),
        ("离长三角国家技术创新中心最近的五家新型研发机构", first,
         nearest(fine("facilities", is_(category="new_rnd_institute")),
                 named("facilities", "长三角国家技术创新中心"))),
    )


class Forty(unittest.TestCase):
    """Without the base map: divisions have no outlines, so membership is by code."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.remove)
        cls.db = cls.folder / "innomap.db"
        done = run("import", "--shipped", LAYERS, "--db", cls.db)
        assert done.returncode == 0, done
        cls.server = cls.enterClassContext(Server(cls.db, "--question-ms", "60000"))

    def ask(self, question):
        answer = self.server.ask("/api/ask?q=" + quote(question))
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def result(self, question):
        answer = self.ask(question)
        self.assertEqual(answer["unknown"], [], question)
        self.assertIsNotNone(answer["result"], answer)
        return answer["result"]

    def test_answers_are_what_the_files_give(self):
        for question, look, wanted in recounts():
            with self.subTest(question):
                self.assertTrue(wanted or wanted == 0)
                self.assertEqual(look(self.result(question)), wanted)

    def test_a_point_or_polygon_is_asked_for(self):
        for question, needs in (("50公里内能做MEMS中试的地方(给定一点)", "point"),
                                ("最近的路演中心(给定一点)", "point"),
                                ("这个范围内的空间(给定多边形)", "polygon")):
            answer = self.ask(question)
            self.assertEqual(answer["needs"], needs)
            self.assertIsNone(answer["result"])

    def test_the_point_that_was_asked_for_completes_the_question(self):
        asked = self.ask("50公里内能做MEMS中试的地方(给定一点)")["understood"]["url"]
        lon, lat = landmark("苏州工业园区")
        answer = self.server.ask(f"{asked}&lon={lon}&lat={lat}").json()
        wanted = [row for row in fine("pilot_platforms") if "MEMS" in str(row)]
        self.assertEqual(answer["numberMatched"], within_km(wanted, (lon, lat), 50))

    def test_corridors_and_chains(self):
        parks = {row["id"] for row in rows("parks")}
        corridor = self.result("G60沿线10公里内有多少开发区")
        self.assertGreater(corridor["total"], 0)
        self.assertLess(corridor["total"], len(parks))
        way = self.result("无锡到上海沿线有哪些国家级平台")
        for place in way["features"]:
            self.assertEqual(place["properties"]["level"], "national")
            self.assertLessEqual(abs(place["properties"]["off_m"]), 11000)
        chain = self.result("20公里内概念验证、中试、孵化器是否配齐")
        whole = sum(covered([row], fine("incubators"), 20)
                    and covered([row], fine("pilot_platforms"), 20)
                    for row in fine("concept_verification"))
        self.assertEqual((chain["rows"], chain["within"]),
                         (len(fine("concept_verification")), whole))
        across = self.result("跨省相邻的高新区")
        for zone in across["features"]:
            other = zone["properties"]["others"][0]["nearest"]
            self.assertNotEqual(zone["id"], other["id"])

    def test_ten_districts_with_the_most_of_artificial_intelligence(self):
        got = self.result("人工智能空间最多的区县前十")["groups"]
        wanted = Counter(row.get("adcode") or row.get("host_adcode")
                         for row in of_spaces(industry("AI")))
        counts = sorted((n for code, n in wanted.items() if is_district(code)),
                        reverse=True)
        self.assertEqual([group["count"] for group in got], counts[:10])

    def test_the_data_themselves(self):
        changes = self.result("上次导入后新增和变更的条目")["layers"]
        self.assertIn("incubators", {layer["layer"] for layer in changes})
        layers = self.result("这个图层的来源、日期和坐标系")["layers"]
        self.assertTrue(all(layer["source"] for layer in layers if layer["in_map"]))


if __name__ == "__main__":
    unittest.main(verbosity=2)
