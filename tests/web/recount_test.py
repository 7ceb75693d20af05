# SPDX-License-Identifier: Apache-2.0
"""Answers that count and compare over the shipped layers, counted again from the CSV
files by other means: no code of ours, no index, no plan."""

import csv
import json
import math
import os
import sys
import unittest
from collections import Counter

sys.path.insert(0, os.path.dirname(__file__))

from harness import Folder, HERE, run

ROOT = os.path.dirname(os.path.dirname(HERE))
LAYERS = os.path.join(ROOT, "layers")
FINE = ("site", "park", "town")
MUNICIPALITIES = ("11", "12", "31", "50")


def rows(layer):
    path = os.path.join(LAYERS, layer, layer + ".csv")
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


DIVISIONS = {row["adcode"]: row for row in rows("divisions")}


def city_of(code):
    if code[:2] in MUNICIPALITIES:
        return code[:2] + "0000"
    return code[:4] + "00" if code[2:4] != "00" else None


def metres(a, b):
    """On the sphere: within half a percent, which is enough to tell a wrong answer."""
    lon1, lat1, lon2, lat2 = (math.radians(float(v)) for v in (*a, *b))
    h = (math.sin((lat2 - lat1) / 2) ** 2
         + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2)
    return 2 * 6371000 * math.asin(math.sqrt(h))


def position(row):
    return row["lon"], row["lat"]


class Recount(unittest.TestCase):
    """Without the base map: divisions have no outlines, so membership is by code."""

    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.remove)
        cls.db = cls.folder / "innomap.db"
        done = run("import", "--shipped", LAYERS, "--db", cls.db)
        assert done.returncode == 0, done

    def ask(self, *words):
        done = run(*words, "--db", self.db, "--json", "--lang", "zh")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def counts(self, *words):
        answer = self.ask("aggregate", *words, "--limit", "1000")
        return {group["code"]: group["count"] for group in answer["groups"]}, answer

    def test_incubators_by_district(self):
        wanted = Counter(row["adcode"] for row in rows("incubators")
                         if row["adcode"] in DIVISIONS
                         and not row["adcode"].endswith("00"))
        got, answer = self.counts("incubators", "--by", "district")
        self.assertEqual(got, dict(wanted))
        self.assertEqual(answer["unknown"],
                         len(rows("incubators")) - sum(wanted.values()))

    def test_parks_by_city_and_by_level(self):
        wanted = Counter(city_of(row["adcode"]) for row in rows("parks"))
        got, _ = self.counts("parks", "--by", "city")
        self.assertEqual(got, dict(wanted))
        wanted = Counter(row["level"] for row in rows("parks") if row["level"])
        got, _ = self.counts("parks", "--by", "level")
        self.assertEqual(got, dict(wanted))

    def test_industries_of_a_list_field(self):
        wanted = Counter(code for row in rows("incubators")
                         for code in set(row["industry"].split(";")) if code)
        got, _ = self.counts("incubators", "--by", "industry")
        self.assertEqual(got, dict(wanted))

    def test_national_zones_in_each_member_of_the_belt(self):
        members = [row["adcode"] for row in rows("huning") if row["role"] != "office"]
        self.assertEqual(len(members), 8)
        wanted = Counter(city_of(row["adcode"]) for row in rows("parks")
                         if row["level"] == "national" and row["category"] in
                         ("hitech_zone", "econ_tech_zone")
                         and city_of(row["adcode"]) in members)
        got, _ = self.counts("parks", "--by", "member", "--areas", "huning", "--filter",
                             "level = 'national' AND category IN "
                             "('hitech_zone', 'econ_tech_zone')")
        self.assertEqual(got, dict(wanted))

    def test_a_corridor_whose_members_have_no_outline_goes_by_code(self):
        members = {row["adcode"] for row in rows("g60")}
        wanted = [row for row in rows("parks")
                  if {row["adcode"], city_of(row["adcode"])} & members]
        answer = self.ask("within", "parks", "--corridor", "g60", "--half-width-km",
                          "10", "--limit", "1000")
        got = {park["id"] for park in answer["features"]}
        self.assertEqual(got, {row["id"] for row in wanted
                               if row["precision"] in FINE})
        self.assertEqual(answer["apart"]["numberMatched"], len(wanted) - len(got))

    def test_enclaves_of_others_in_shanghai_by_origin(self):
        wanted = Counter(city_of(row["origin_adcode"]) for row in rows("enclaves")
                         if row["host_adcode"].startswith("31")
                         and not row["origin_adcode"].startswith("31")
                         and city_of(row["origin_adcode"]))
        answer = self.ask("flows", "enclaves", "--host", "310000", "--outside")
        got = {flow["origin"]["adcode"]: flow["count"] for flow in answer["flows"]}
        self.assertEqual(got, dict(wanted))

    def test_districts_without_a_concept_verification_centre(self):
        centres = rows("concept_verification")
        has = {row["adcode"] for row in centres}
        doubtful = {row["adcode"][:4] for row in centres
                    if row["adcode"] not in DIVISIONS or row["adcode"].endswith("00")}
        districts = [code for code in DIVISIONS if not code.endswith("00")]
        wanted = {code for code in districts if code not in has}
        answer = self.ask("coverage", "divisions", "--other", "concept_verification",
                          "--filter", "level = 'district'", "--limit", "1000")
        gaps = {gap["id"]: gap["properties"] for gap in answer["features"]}
        self.assertEqual(set(gaps), wanted)
        # a centre known to its city only may lie in any district of it
        unsure = {code for code in wanted if code[:4] in doubtful
                  or code[:2] + "00" in doubtful}
        self.assertEqual({code for code, gap in gaps.items() if gap["uncertain"]},
                         unsure)

    def test_enclaves_to_their_nearest_national_zone(self):
        zones = [row for row in rows("parks") if row["precision"] in FINE
                 and row["level"] == "national" and row["category"] == "hitech_zone"]
        wanted = {row["id"]: min(metres(position(row), position(zone)) for zone in zones)
                  for row in rows("enclaves") if row["precision"] in FINE}
        answer = self.ask("join", "enclaves", "--other", "parks", "--other-filter",
                          "level = 'national' AND category = 'hitech_zone'",
                          "--limit", "1000")
        got = {row["id"]: row["properties"]["others"][0]["nearest"]["distance_m"]
               for row in answer["features"]}
        self.assertEqual(set(got), set(wanted))
        for code, distance in wanted.items():
            # rounded to what the positions are worth, at most to a kilometre
            self.assertAlmostEqual(got[code], distance, delta=500 + 0.006 * distance)

    def test_zones_without_an_incubator_within_5_km(self):
        incubators = [row for row in rows("incubators") if row["precision"] in FINE]
        asked = [row for row in rows("parks") if row["precision"] in FINE
                 and row["category"] == "hitech_zone"]
        least = {row["id"]: min(metres(position(row), position(other))
                                for other in incubators) for row in asked}
        answer = self.ask("coverage", "parks", "--filter", "category = 'hitech_zone'",
                          "--other", "incubators", "--max-km", "5", "--limit", "1000")
        got = {gap["id"] for gap in answer["features"]}
        for code, distance in least.items():
            if abs(distance - 5000) > 50:  # the sphere is no ellipsoid
                self.assertEqual(code in got, distance > 5000, code)

    def test_the_same_name_twice_is_a_likely_duplicate(self):
        for layer in ("parks", "incubators", "facilities"):
            seen = {}
            pairs = set()
            for row in rows(layer):
                key = (row["name_zh"], city_of(row["adcode"]))
                if key in seen:
                    pairs.add((row["id"], seen[key]))
                seen[key] = row["id"]
            answer = self.ask("duplicates", layer, "--limit", "1000")
            told = json.dumps(answer, ensure_ascii=False)
            for pair in pairs:
                for one in pair:
                    self.assertIn(one, told)


if __name__ == "__main__":
    unittest.main(verbosity=2)
