# SPDX-License-Identifier: Apache-2.0
"""The shipped layers on the base map of the installed packages, as ./start makes them:
asked over HTTP and on the command line, opened by other programs, seen in a browser."""

import os
import re
import subprocess
import sys
import unittest
from urllib.parse import quote

sys.path.insert(0, os.path.dirname(__file__))

from harness import Folder, HERE, PROGRAM, Server, run

ROOT = os.path.dirname(os.path.dirname(HERE))
MODULES = os.environ.get("INNOMAP_NODE_MODULES", os.path.join(ROOT, "node_modules"))
SCREENSHOTS = os.environ.get("INNOMAP_SCREENSHOTS",
                             os.path.join(os.path.dirname(PROGRAM), "screenshots"))
ASKED = "/api/nearest?layer=concept_verification&k=3&near=" + quote("张江")
THEMES = {"parks": 210, "incubators": 251, "enclaves": 52, "concept_verification": 20,
          "pilot_platforms": 51, "facilities": 100, "service_centres": 27, "g60": 9,
          "demo_zone": 3}


class Shipped(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.remove)
        cls.basemap = cls.folder / "basemap.gpkg"
        cls.db = cls.folder / "innomap.db"
        done = run("basemap", "--modules", MODULES, "--out", cls.basemap)
        assert done.returncode == 0 and "warning" not in done.stdout + done.stderr, done
        done = run("import", "--shipped", os.path.join(ROOT, "layers"), "--basemap",
                   cls.basemap, "--db", cls.db)
        assert done.returncode == 0 and "refused" not in done.stdout, done
        cls.server = cls.enterClassContext(Server(cls.db))

    def ask(self, path):
        answer = self.server.ask(path)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()

    def test_every_theme_is_there_with_its_count(self):
        layers = {layer["id"]: layer for layer in self.ask("/api/layers")["layers"]}
        for theme, count in THEMES.items():
            self.assertEqual(layers[theme]["count"], count, theme)

    def test_vector_tiles_of_the_whole_map_are_valid(self):
        judge = os.path.join(os.path.dirname(PROGRAM), "tests", "tiles",
                             "test_tiles_mvt_valid")
        tiles = self.folder / "tiles"
        done = run("export", str(tiles) + "/", "--format", "mvt", "--max-zoom", "10",
                   "--db", self.db, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        near = ("--min-zoom", "11", "--max-zoom", "16", "--bbox", "121.35,31.1,121.65,31.3")
        done = run("export", str(tiles) + "/near/", "--format", "mvt", *near, "--db", self.db, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = subprocess.run([judge, tiles], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_nearest_to_zhangjiang_names_real_places_in_order(self):
        answer = self.ask(ASKED)
        found = [feature["properties"] for feature in answer["features"]]
        self.assertEqual(len(found), 3)
        self.assertEqual(found[0]["name"], "中瑞国际概念验证中心")
        distances = [place["distance_m"] for place in found]
        self.assertEqual(distances, sorted(distances))
        for place in found:
            self.assertIn(place["precision"], ("site", "park", "town"))
            self.assertGreater(place["uncertainty_m"], 0)
        self.assertGreater(answer["apart"]["numberMatched"], 0)
        for place in answer["apart"]["features"]:
            self.assertIn(place["properties"]["precision"], ("district", "city"))
        self.assertIn("20", answer["completeness"][0]["note"])

    def test_the_command_line_gives_the_same_answer(self):
        wanted = self.ask(ASKED)
        done = run("nearest", "concept_verification", "--near", "张江", "-k", "3",
                   "--db", self.db, "--lang", "zh")
        self.assertEqual(done.returncode, 0, done.stderr)
        places = [done.stdout.index(feature["properties"]["name"])
                  for feature in wanted["features"]]
        self.assertEqual(places, sorted(places))
        self.assertIn(wanted["completeness"][0]["note"], done.stdout)

    def test_a_district_is_measured_from_its_edge(self):
        answer = self.ask("/api/within?layer=incubators&radius_km=10&near="
                          + quote("松江区"))
        self.assertEqual(answer["query"]["origin"]["measured_from"], "edge")
        self.assertGreater(answer["numberMatched"], 0)
        for option in ("松江区", "admin_areas:310117"):
            done = run("within", "incubators", "--near", option, "--radius-km", "10",
                       "--db", self.db, "--lang", "zh")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("轮廓边缘", done.stdout)

    def test_importing_again_changes_nothing(self):
        before = self.ask("/api/layers")["data_version"]
        done = run("import", "--shipped", os.path.join(ROOT, "layers"), "--basemap",
                   self.basemap, "--db", self.db)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.ask("/api/layers")["data_version"], before)

    def test_other_programs_open_the_database(self):
        listed = subprocess.run(["ogrinfo", "-ro", "-so", self.db, "parks"],
                                capture_output=True, text=True, check=True).stdout
        self.assertRegex(listed, r"Geometry: (Multi )?Point")
        self.assertRegex(listed, r"Feature Count: 210")
        self.assertIn('ID["EPSG",4326]', listed)
        counted = subprocess.run(
            ["spatialite", "-silent", self.db,
             "SELECT count(*) FROM lakes WHERE ST_IsValid(geom);"],
            capture_output=True, text=True, check=True).stdout
        self.assertEqual(int(re.findall(r"\d+", counted)[-1]), 36)

    def test_the_public_profile_draws_no_unreviewed_border(self):
        tile = "/tiles/admin_lines,g60/8/213/104.mvt"
        self.assertEqual(self.server.ask(tile).status, 200)
        with Server(self.db, "--public") as public:
            self.assertEqual(public.ask(tile).status, 204)
            self.assertEqual(public.ask("/tiles/lakes/8/213/104.mvt").status, 200)
            self.assertEqual(public.ask("/api/layers").json()["review_number"], "无审图号")
        with Server(self.db, "--public", "--review-number", "沪S(2026)000号") as reviewed:
            self.assertEqual(reviewed.ask(tile).status, 200)
            self.assertEqual(reviewed.ask("/api/layers").json()["review_number"],
                             "沪S(2026)000号")

    def test_the_public_profile_answers_with_no_unreviewed_outline(self):
        asked = "/api/aggregate?layer=incubators&by=city&geometry=true"
        outlines = [f["geometry"] for f in self.ask(asked)["features"]]
        self.assertGreater(sum(g is not None for g in outlines), 20)
        with Server(self.db, "--public") as public:
            answer = public.ask(asked).json()
            self.assertEqual([f["geometry"] for f in answer["features"]],
                             [None] * len(outlines))
            for layer in ("admin_areas", "g60"):
                rows = public.ask(f"/api/list?layer={layer}&limit=1000").json()["features"]
                for row in rows:
                    self.assertNotIn("Polygon", (row["geometry"] or {}).get("type", ""))

    def test_plain_questions_are_answered(self):
        for question, name in (("松江区10公里内有哪些国家级孵化器", "within"),
                               ("哪些区县没有概念验证中心", "coverage"),
                               ("G60沿线10公里内有多少开发区", "aggregate"),
                               ("跨省相邻的高新区", "join"),
                               ("疑似重复的条目", "duplicates")):
            answer = self.ask("/api/ask?q=" + quote(question))
            self.assertEqual(answer["understood"]["operation"], name)
            self.assertEqual(answer["unknown"], [])
            self.assertEqual(self.ask(answer["understood"]["url"]), answer["result"])
            done = run("ask", question, "--db", self.db, "--lang", "zh")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(answer["understood"]["line"], done.stdout)

    def test_the_viewer_in_a_browser(self):
        done = subprocess.run(
            ["node", "--test", os.path.join(HERE, "browser", "browser.test.mjs")],
            cwd=ROOT, capture_output=True, text=True, timeout=600,
            env={**os.environ, "INNOMAP_URL": f"http://127.0.0.1:{self.server.port}",
                 "INNOMAP_SCREENSHOTS": SCREENSHOTS})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
