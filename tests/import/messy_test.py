# SPDX-License-Identifier: Apache-2.0
"""What offices really send (tests/data/messy), through the built program: the counts, and
the reason for each row that is refused."""

import json
import os
import sqlite3
import struct
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MESSY = os.path.join(ROOT, "tests", "data", "messy")
LAYERS = os.path.join(ROOT, "layers")
sys.path.insert(0, os.path.join(ROOT, "tests", "web"))

from harness import run  # noqa: E402

XLSX = "01_孵化器名单_无坐标.xlsx"
GCJ02 = "02_园区_GCJ02_GBK.csv"
BD09 = "03_孵化器_BD09_合并坐标列.csv"
SHP = "04_园区_CGCS2000_3度带_EPSG4549_GBK/parks_4549.shp"
NO_PRJ = "05_设施_EPSG4528_带号40_缺prj和cpg/facilities.shp"
KML = "06_科创飞地.kml"
GEOJSON = "07_中试平台_含坏数据.geojson"
TAB = "08_孵化器_MapInfo/incubators_zj.tab"
MIF = "08_孵化器_MapInfo/incubators_zj.mif"
GPKG = "09_两层两坐标系.gpkg"
GML = "10_设施_纬经顺序.gml"
DXF = "11_园区轮廓_EPSG4549.dxf"


class Bench:
    """A database in a folder of its own. Boxes are read from SpatiaLite's blob (its header has
    them at byte 6), because Python's sqlite3 may not load extensions."""

    def __init__(self, shipped):
        self.folder = tempfile.TemporaryDirectory(prefix="innomap-messy-")
        self.db = os.path.join(self.folder.name, "messy.db")
        self.shipped = shipped
        if shipped:
            done = run("import", "--shipped", LAYERS, "--db", self.db, "--quiet")
            assert done.returncode == 0, done.stderr

    def close(self):
        self.folder.cleanup()

    def take(self, name, layer, *options, expect=0):
        """Import; the JSON report (None when there is none) and what was said."""
        report = os.path.join(self.folder.name, "report.json")
        if os.path.exists(report):
            os.unlink(report)
        definition = os.path.join(LAYERS, layer, "layer.json")
        if not self.shipped and os.path.exists(definition) and not self.has(layer):
            options += ("--definition", definition)
        done = run("import", os.path.join(MESSY, name), "--layer", layer, "--db", self.db,
                   "--report", report, "--lang", "en", *options)
        said = done.stdout + done.stderr
        assert done.returncode == expect, f"{name}: exit {done.returncode}\n{said}"
        if not os.path.exists(report):
            return None, said
        with open(report, encoding="utf-8") as file:
            return json.load(file), said

    def has(self, layer):
        if not os.path.exists(self.db):
            return False
        with sqlite3.connect(self.db) as db:
            return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (layer,)).fetchone())

    def rows(self, sql, *values):
        with sqlite3.connect(self.db) as db:
            for name, offset in (("ST_X", 6), ("ST_Y", 14), ("ST_MinX", 6), ("ST_MinY", 14), ("ST_MaxX", 22),
                                 ("ST_MaxY", 30)):
                db.create_function(name, 1, lambda blob, at=offset: blob and struct.unpack_from("<d", blob, at)[0])
            db.create_function("GeometryType", 1, lambda blob: struct.unpack_from("<i", blob, 39)[0])
            return db.execute(sql, values).fetchall()


def refused(report):
    """Row to the set of its codes."""
    rows = {}
    for entry in report["refused_rows"]:
        rows.setdefault(entry["row"], set()).add(entry["code"])
    return rows


class Counts:
    """The table of the files, on an empty layer and on the shipped ones."""

    def check(self, report, taken, refused_rows, unplaced=None):
        counts = {key: report[key] for key in
                  ("read", "added", "changed", "unchanged", "gone", "refused", "repaired", "unplaced", "skipped")}
        self.assertEqual(counts["read"], counts["added"] + counts["changed"] + counts["unchanged"] +
                         counts["refused"] + counts["skipped"], counts)
        self.assertEqual(counts["added"] + counts["changed"] + counts["unchanged"], taken, counts)
        self.assertEqual(counts["refused"], refused_rows, (counts, report["refused_rows"]))
        self.assertEqual(counts["gone"], 0)
        if not self.SHIPPED:
            self.assertEqual(counts["added"], taken, counts)
        if unplaced is not None:
            self.assertEqual(counts["unplaced"], unplaced, counts)
        for entry in report["refused_rows"]:
            for key in ("source", "row", "field", "value", "code", "reason", "suggestion"):
                self.assertIn(key, entry)
            self.assertTrue(entry["reason"], entry)
        self.assertEqual(list(report)[:8], ["read", "added", "changed", "unchanged", "gone", "refused",
                                            "repaired", "unplaced"])

    def setUp(self):
        self.bench = Bench(self.SHIPPED)
        self.addCleanup(self.bench.close)

    def test_01_a_list_without_positions(self):
        report, _ = self.bench.take(XLSX, "incubators")
        self.check(report, 34, 2)
        codes = refused(report)
        self.assertEqual(codes, {39: {"duplicate_key"}, 40: {"missing_value"}})
        names = {row[0] for row in self.bench.rows("SELECT name_zh FROM incubators")}
        self.assertIn("江南石墨烯高新技术创业服务中心", names)  # ideographic spaces gone
        self.assertIn("津通国际工业园孵化器", names)  # line break gone
        self.assertNotIn("合计：36家", names)
        cities = dict(self.bench.rows("SELECT name_zh, city FROM incubators"))
        self.assertEqual(cities["5F创业园"], "合肥市")  # merged cells, inside their range
        self.assertEqual(cities["钟楼高新技术创业服务中心"], "常州市")
        self.assertEqual(cities["苏州纳米技术国家大学科技园"], "苏州市")
        self.assertEqual(self.bench.rows("SELECT count(*) FROM incubators WHERE ST_X(geom) = 0")[0][0], 0)
        if self.SHIPPED:
            self.assertEqual(report["unplaced"], 0)
        else:
            self.assertEqual(report["unplaced"], 34)  # no names are known here
        levels = dict(self.bench.rows("SELECT name_zh, level FROM incubators"))
        self.assertEqual(levels["合肥高新技术创业服务中心"], "national")  # 国家级

    def test_02_gcj02_in_gbk(self):
        report, _ = self.bench.take(GCJ02, "parks", "--crs", "gcj02")
        self.check(report, 39, 6)
        codes = refused(report)
        self.assertEqual(set(codes), {5, 9, 13, 25, 29, 45})
        self.assertEqual(codes[5], {"swapped"})
        self.assertEqual(codes[9], {"missing_position"})
        self.assertEqual(codes[13], {"missing_position"})
        self.assertEqual(codes[25], {"null_island"})
        self.assertEqual(codes[29], {"out_of_range"})
        self.assertEqual(codes[45], {"duplicate_key"})
        swap = next(e for e in report["refused_rows"] if e["row"] == 5)
        self.assertIn("--fix swap", swap["suggestion"])
        where = self.bench.rows("SELECT name_zh, ST_X(geom), ST_Y(geom) FROM parks")
        by_name = {name: (x, y) for name, x, y in where}
        x, y = by_name["上海张江高新技术产业开发区"]
        self.assertAlmostEqual(x, 121.5835, delta=1e-5)  # 1 m
        self.assertAlmostEqual(y, 31.2035, delta=1e-5)
        self.assertIn("“临港新片区”，一期".replace("“", '"').replace("”", '"'), by_name)
        self.assertIn("GB18030", report["encoding"])

    def test_02_with_the_exchange_asked_for(self):
        report, _ = self.bench.take(GCJ02, "parks", "--crs", "gcj02", "--fix", "swap")
        self.check(report, 40, 5)
        self.assertEqual(report["repaired"], 1)

    def test_02_without_its_system_is_refused_with_the_proposal(self):
        _, said = self.bench.take(GCJ02, "parks", expect=1)
        self.assertIn("--crs gcj02", said)

    def test_03_bd09_in_one_column(self):
        report, _ = self.bench.take(BD09, "incubators", "--crs", "bd09")
        self.check(report, 57, 3)
        codes = refused(report)
        self.assertEqual(set(codes), {24, 32, 40})
        self.assertEqual(codes[24], {"missing_position"})
        self.assertEqual(codes[40], {"out_of_range"})
        where = {n: (x, y) for n, x, y in
                 self.bench.rows("SELECT name_zh, ST_X(geom), ST_Y(geom) FROM incubators")}
        x, y = where["上海市科技创业中心"]
        self.assertAlmostEqual(x, 121.418, delta=2e-5)
        self.assertAlmostEqual(y, 31.166, delta=2e-5)

    def test_04_shapefile_in_gbk(self):
        report, _ = self.bench.take(SHP, "parks")
        self.check(report, 90, 0)
        self.assertIn("4549", report["crs"])
        where = {k: (n, x, y) for k, n, x, y in
                 self.bench.rows("SELECT id, name_zh, ST_X(geom), ST_Y(geom) FROM parks")}
        name, x, y = where["PK0002"]
        self.assertEqual(name, "上海紫竹高新技术产业开发区")
        self.assertAlmostEqual(x, 121.453, delta=1e-5)
        self.assertAlmostEqual(y, 31.018, delta=1e-5)

    def test_05_without_prj_asks(self):
        before = self.bench.rows("SELECT count(*) FROM facilities") if self.SHIPPED else None
        _, said = self.bench.take(NO_PRJ, "facilities", expect=1)
        self.assertIn("EPSG:4528", said)
        self.assertIn("GB", said)
        if self.SHIPPED:
            self.assertEqual(self.bench.rows("SELECT count(*) FROM facilities"), before)
        report, _ = self.bench.take(NO_PRJ, "facilities", "--crs", "EPSG:4528")
        self.check(report, 54, 0)
        self.assertTrue(self.bench.rows("SELECT 1 FROM facilities WHERE name_zh = '国家肝癌科学中心'"))

    def test_06_kml(self):
        report, _ = self.bench.take(KML, "enclaves")
        self.check(report, 53, 2)
        self.assertEqual(sorted(sorted(codes)[0] for codes in refused(report).values()),
                         ["missing_position", "wrong_kind"])
        self.assertTrue(self.bench.rows(
            "SELECT 1 FROM enclaves WHERE name_zh = '坐标多余空格' AND abs(ST_X(geom) - 120.1234) < 1e-9"))
        origins = dict(self.bench.rows("SELECT name_zh, origin_city FROM enclaves"))
        self.assertIn("衢州", origins["衢州海创园"])

    def test_07_geojson_with_bad_features(self):
        report, _ = self.bench.take(GEOJSON, "pilot_platforms")
        self.check(report, 35, 17)
        codes = refused(report)
        first = 33  # the good ones come first
        found = {row - first + 1: sorted(codes[row])[0] for row in codes}
        self.assertEqual(found, {
            1: "missing_position", 2: "swapped", 3: "out_of_range", 4: "null_island", 5: "outside_area",
            6: "duplicate_key", 7: "bad_geometry", 8: "bad_geometry", 9: "not_closed", 10: "self_crossing",
            11: "bad_geometry", 12: "bad_geometry", 14: "wrong_kind", 15: "missing_value",
            17: "out_of_range", 18: "bad_text", 20: "bad_text"})
        self.assertTrue(self.bench.rows("SELECT 1 FROM pilot_platforms WHERE name_zh LIKE '%<%'"))

    def test_08_tab_then_mif(self):
        report, _ = self.bench.take(TAB, "incubators")
        self.check(report, 45, 0)
        report, _ = self.bench.take(MIF, "incubators")
        self.assertEqual((report["read"], report["unchanged"], report["refused"]), (45, 45, 0))

    def test_09_two_layers_two_systems(self):
        _, said = self.bench.take(GPKG, "new_points", "--create", expect=1)
        self.assertIn("孵化器_点", said)
        self.assertIn("园区示意范围_面", said)
        report, _ = self.bench.take(GPKG, "new_points", "--create", "--source-layer", "孵化器_点")
        self.check(report, 120, 0)
        report, _ = self.bench.take(GPKG, "new_areas", "--create", "--source-layer", "园区示意范围_面")
        self.check(report, 40, 0)
        box = self.bench.rows("SELECT min(ST_MinX(geom)), max(ST_MaxX(geom)), min(ST_MinY(geom)), "
                              "max(ST_MaxY(geom)), count(*) FROM new_areas")[0]
        self.assertTrue(114 < box[0] < box[1] < 124 and 26 < box[2] < box[3] < 36, box)
        self.assertEqual(box[4], 40)

    def test_10_latitude_first(self):
        report, _ = self.bench.take(GML, "facilities")
        self.check(report, 54, 0)
        self.assertTrue(self.bench.rows(
            "SELECT 1 FROM facilities WHERE name_zh = '国家肝癌科学中心' AND abs(ST_X(geom) - 121.17) < 1e-7 "
            "AND abs(ST_Y(geom) - 31.29) < 1e-7"))

    def test_11_dxf(self):
        _, said = self.bench.take(DXF, "outlines", "--create", expect=1)
        self.assertIn("EPSG:4549", said)
        self.assertFalse(self.bench.has("outlines"))
        report, _ = self.bench.take(DXF, "outlines", "--create", "--crs", "EPSG:4549")
        self.check(report, 12, 0)
        kinds = self.bench.rows("SELECT DISTINCT GeometryType(geom) FROM outlines")
        self.assertTrue({kind for kind, in kinds} <= {3, 6}, kinds)


class OnEmptyLayers(Counts, unittest.TestCase):
    SHIPPED = False


class OnShippedLayers(Counts, unittest.TestCase):
    SHIPPED = True

    def test_01_as_a_layer_of_its_own(self):
        report, _ = self.bench.take(XLSX, "my_list", "--create")
        self.check(report, 34, 2, unplaced=0)
        self.assertEqual(report["added"], 34)
        # rows placed at the seat of one city share a position and are not alike for that
        self.assertEqual(report["warnings"], [])
        precisions = {row[0] for row in self.bench.rows("SELECT DISTINCT precision FROM my_list")}
        self.assertTrue({"district", "city"} <= precisions <= {"site", "park", "town", "district", "city"})

    def test_02_is_taken_back(self):
        before = self.bench.rows("SELECT * FROM parks ORDER BY fid")
        report, _ = self.bench.take(GCJ02, "parks", "--crs", "gcj02")
        self.assertNotEqual(self.bench.rows("SELECT * FROM parks ORDER BY fid"), before)
        done = run("import", "--undo", str(report["lineage"]["run_id"]), "--db", self.bench.db)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.bench.rows("SELECT * FROM parks ORDER BY fid"), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
