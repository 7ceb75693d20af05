# SPDX-License-Identifier: Apache-2.0
"""Lists of other offices that nobody has collected: made here, imported through the built program, and
compared with what a careful person would have typed."""

import contextlib
import json
import os
import shutil
import sqlite3
import struct
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LAYERS = os.path.join(ROOT, "layers")
sys.path.insert(0, os.path.join(ROOT, "tests", "web"))
sys.path.insert(0, HERE)

from harness import run  # noqa: E402
from sheets import DATE, write_xlsx  # noqa: E402

HEAD = "名称,城市,经度,纬度"


class Lists(unittest.TestCase):
    """One folder and one database for each test; `shipped` has the gazetteer of the shipped layers."""

    @classmethod
    def setUpClass(cls):
        cls.store = tempfile.TemporaryDirectory(prefix="innomap-lists-")
        cls.shipped = os.path.join(cls.store.name, "shipped.db")
        done = run("import", "--shipped", LAYERS, "--db", cls.shipped, "--quiet")
        assert done.returncode == 0, done.stderr

    @classmethod
    def tearDownClass(cls):
        cls.store.cleanup()

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="innomap-list-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.db = os.path.join(self.folder, "lists.db")

    def text(self, text, encoding="utf-8", name="list.csv"):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    def book(self, *sheets, name="list.xlsx"):
        path = os.path.join(self.folder, name)
        write_xlsx(path, *sheets)
        return path

    def take(self, path, *options, layer="incubators", lang="zh", expect=0):
        """The report (None: none was written) and what was said."""
        report = os.path.join(self.folder, "report.json")
        if os.path.exists(report):
            os.unlink(report)
        if not self.has(layer):
            options += ("--definition", os.path.join(LAYERS, layer, "layer.json"))
        done = run("import", path, "--layer", layer, "--db", self.db, "--report", report, "--lang", lang, *options)
        said = done.stdout + done.stderr
        self.assertEqual(done.returncode, expect, said)
        if not os.path.exists(report):
            return None, said
        with open(report, encoding="utf-8") as file:
            return json.load(file), said

    def has(self, layer):
        if not os.path.exists(self.db):
            return False
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            return bool(db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (layer,)).fetchone())

    def with_gazetteer(self):
        shutil.copy(self.shipped, self.db)

    def column(self, field, layer="incubators"):
        """Name to the value of a field."""
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            db.create_function("lon", 1, lambda blob: blob and struct.unpack_from("<d", blob, 6)[0])
            db.create_function("lat", 1, lambda blob: blob and struct.unpack_from("<d", blob, 14)[0])
            return dict(db.execute(f"SELECT name_zh, {field} FROM {layer}").fetchall())

    def counts(self, report, **expected):
        self.assertEqual({key: report[key] for key in expected}, expected, report["refused_rows"])

    # ---- headers ----

    def test_a_header_of_groups_names_and_units(self):
        path = self.book(
            {"name": "填报说明", "rows": [["填报说明"], ["1. 请填写单位名称、城市、地址。"]]},
            {"name": "Sheet1", "merges": ["A1:H1", "A2:A4", "B2:D2", "E2:F2", "G2:H2", "C5:C6"], "rows": [
                ["某市产业园区情况表"],
                ["序号", "园区基本情况", None, None, "空间位置", None, "规模", None],
                [None, "名称", "所属地市", "县（市、区）", "东经", "北纬", "用地面积", "设立时间"],
                [None, None, None, None, "（度）", "（度）", "（公顷）", "（年）"],
                [1, "甲园", "苏州市", "昆山市", "121.0112", "31.3812", "350.5", "2003年"],
                [2, "乙园", None, "太仓市", "121.1512", "31.4512", "1,200", (38412, DATE)],
                ["小计", "2个", None, None, None, None, 1550.5]]})
        report, _ = self.take(path, layer="parks")
        self.counts(report, added=2, refused=0, unplaced=0)
        self.assertEqual(self.column("city", "parks"), {"甲园": "苏州市", "乙园": "苏州市"})
        self.assertEqual(self.column("district", "parks"), {"甲园": "昆山市", "乙园": "太仓市"})
        self.assertEqual(self.column("area_km2", "parks"), {"甲园": 3.505, "乙园": 12})
        self.assertEqual(self.column("established_year", "parks"), {"甲园": 2003, "乙园": 2005})
        self.assertEqual(self.column("lon(geom)", "parks"), {"甲园": 121.0112, "乙园": 121.1512})

    def test_sheets_that_are_not_read_are_told(self):
        rows = [HEAD.split(","), ["甲园", "上海市", 121.471, 31.231]]
        path = self.book({"name": "填报说明", "rows": [["一、如实填写。"]]}, {"name": "名单", "rows": rows},
                         {"name": "旧表", "rows": rows, "is_hidden": True}, {"name": "Sheet3", "rows": []})
        report, said = self.take(path, layer="parks")
        self.counts(report, read=1, added=1)
        self.assertIn("只读了工作表“名单”，没有读：填报说明、旧表（隐藏）", said)
        self.assertNotIn("Sheet3", said)
        report, said = self.take(path, "--source-layer", "名单", layer="parks")
        self.assertNotIn("没有读", said)

    def test_blank_rows_and_columns_around_are_nothing(self):
        path = self.book({"name": "名单", "first_row": 5, "first_column": 3, "rows": [
            ["产业园名单"], [], ["园区名", "所属地市", "东经", "北纬", "产业类别", "获批时间"],
            ["甲园", "苏州市", 121.01, 31.38, "生物医药产业、新材料等", "2013.1"]]})
        report, said = self.take(path, layer="parks")
        self.counts(report, added=1, refused=0)
        self.assertNotIn("column_", said)
        self.assertEqual(self.column("industry", "parks"), {"甲园": "BIO;NM"})
        self.assertEqual(self.column("established_year", "parks"), {"甲园": 2013})

    def test_headings_with_their_translation(self):
        report, _ = self.take(self.text("序号 No.,名称 Name,城市 City,经度 Lon,纬度 Lat,级别 Level\n"
                                        "1,甲孵化器,上海市,121.41,31.2,国家级\n"))
        self.counts(report, added=1, unplaced=0)
        self.assertEqual(self.column("level"), {"甲孵化器": "national"})

    def test_a_region_is_a_city_or_a_district_where_it_is_known(self):
        self.with_gazetteer()
        report, _ = self.take(self.text("名称,所在地区,详细地址\n甲,江苏省苏州市昆山市,前进路1号\n乙,浦东新区,\n丙,苏州,\n"))
        self.counts(report, added=3, unplaced=0)
        cities, districts = self.column("city"), self.column("district")
        self.assertEqual([cities[n] for n in "甲乙丙"], ["苏州市", "上海市", "苏州市"])
        self.assertEqual([districts[n] for n in "甲乙丙"], ["昆山市", "浦东新区", None])
        report, said = self.take(self.text("名称,所属区域,经度,纬度\n丁,长三角,121.1,31.1\n"))
        self.counts(report, added=1)
        self.assertIn("未存入的列：所属区域", said)

    # ---- sections ----

    SECTIONS = [["序号", "单位名称", "运营主体", "地址"],
                ["一、", "上海市"],
                [1, "甲孵化器", "甲公司", "徐汇区桂林路100号"],
                ["二、江苏省（2家）"],
                ["（二）", "苏州市（1家）"],
                [2, "乙孵化器", "乙公司", "工业园区星湖街218号"],
                [3, "丙孵化器", "丙公司", "江苏省南京市江宁区秣周东路12号"],
                ["总 计", "3家"], ["填表人：某某", None, None, "填表日期：2024年3月1日"]]

    def test_headings_of_sections_are_no_places(self):
        report, _ = self.take(self.book({"name": "名单", "rows": self.SECTIONS}))
        self.counts(report, added=3, refused=0, skipped=5)
        self.assertEqual(set(self.column("id")), {"甲孵化器", "乙孵化器", "丙孵化器"})

    def test_rows_below_a_section_are_of_its_city(self):
        self.with_gazetteer()
        report, _ = self.take(self.book({"name": "名单", "rows": self.SECTIONS}))
        self.counts(report, added=3, refused=0, unplaced=0)
        cities, districts = self.column("city"), self.column("district")
        self.assertEqual((cities["甲孵化器"], districts["甲孵化器"]), ("上海市", "徐汇区"))
        self.assertEqual((cities["乙孵化器"], districts["乙孵化器"]), ("苏州市", "苏州工业园区"))
        self.assertEqual((cities["丙孵化器"], districts["丙孵化器"]), ("南京市", "江宁区"))  # it says so itself

    def test_a_division_alone_among_the_names_is_a_heading(self):
        report, _ = self.take(self.text("单位名称,级别,地址\n苏州市,,\n甲孵化器,省级,\n"))
        self.counts(report, added=1, skipped=1)
        self.assertEqual(list(self.column("id")), ["甲孵化器"])

    def test_a_city_without_a_name_is_refused_and_no_heading(self):
        report, _ = self.take(self.text("城市,单位名称,级别,地址\n苏州市,,,\n苏州市,甲孵化器,省级,\n"))
        self.counts(report, added=1, refused=1, skipped=0)
        self.assertEqual(report["refused_rows"][0]["code"], "missing_value")

    # ---- coordinate systems that are said in words ----

    def test_a_title_that_names_the_system_asks(self):
        path = self.book({"name": "名单", "rows": [
            ["园区名单"], ["注：经纬度为高德地图（GCJ-02）坐标"], HEAD.split(","), ["甲园", "上海市", 121.471, 31.231]]})
        _, said = self.take(path, layer="parks", expect=1)
        self.assertIn("--crs gcj02", said)
        report, _ = self.take(path, "--crs", "gcj02", layer="parks")
        self.counts(report, added=1)

    def test_a_note_behind_the_rows_asks_before_anything_is_written(self):
        path = self.text(HEAD + "\n" + "".join(f"园{i},上海市,121.{1000 + i},31.2\n" for i in range(1500)) +
                         "注：坐标取自百度地图,,,\n")
        _, said = self.take(path, layer="parks", expect=1)
        self.assertIn("--crs bd09", said)
        self.assertFalse(self.has("parks"))

    def test_a_column_that_names_the_system_asks(self):
        for heading, cell, crs in (("备注", "坐标取自高德地图", "gcj02"), ("坐标来源", "百度地图", "bd09"),
                                   ("坐标系", "GCJ-02", "gcj02")):
            path = self.text(f"名称,城市,经度,纬度,{heading}\n甲,上海市,121.41,31.2,{cell}\n")
            _, said = self.take(path, layer="parks", expect=1)
            self.assertIn("--crs " + crs, said)
            report, _ = self.take(path, "--crs", crs, layer="parks")
            self.counts(report, read=1, refused=0)
            os.unlink(self.db)

    def test_a_source_that_is_no_system_does_not_ask(self):
        report, _ = self.take(self.text(HEAD + "\n甲园,上海市,121.471,31.231\n资料来源：百度百科,,,\n"), layer="parks")
        self.counts(report, added=1, skipped=1)

    def test_cgcs2000_in_metres_proposes_its_zones(self):
        path = self.text("名称,城市,X坐标,Y坐标,坐标系\n甲园,苏州市,3474000.12,500000.5,CGCS2000\n")
        _, said = self.take(path, layer="parks", expect=1)
        self.assertIn("EPSG:4549", said)
        report, said = self.take(path, "--crs", "EPSG:4549", layer="parks")
        self.counts(report, added=1)
        self.assertNotIn("EPSG:4490", said)  # no contradiction: the zone is of that datum

    # ---- values ----

    def test_areas_in_units_of_all_kinds(self):
        for heading, cell, km2 in (("规划面积（亩）", "9,000", 6), ("面积/亩", "900", 0.6), ("面积（公顷，规划）", "530", 5.3),
                                   ("总占地面积（万㎡）", "530", 5.3), ("面积", "5.3平方公里（规划）", 5.3),
                                   ("面积", "１２．５平方公里", 12.5)):
            with self.subTest(heading=heading, cell=cell):
                report, _ = self.take(self.text(f'名称,城市,{heading},经度,纬度\n甲,上海市,"{cell}",121.411,31.2\n'),
                                      layer="parks")
                self.counts(report, read=1, refused=0)
                self.assertAlmostEqual(self.column("area_km2", "parks")["甲"], km2)
                os.unlink(self.db)

    def test_a_unit_in_a_column_or_over_the_table(self):
        self.take(self.text("名称,城市,面积,面积单位,经度,纬度\n甲,上海市,9000,亩,121.411,31.2\n乙,上海市,6,平方公里,121.412,31.2\n"),
                  layer="parks")
        self.assertEqual(self.column("area_km2", "parks"), {"甲": 6, "乙": 6})
        self.take(self.text("2024年园区名单\n（单位：亩）\n名称,城市,面积,经度,纬度\n丙,上海市,9000,121.413,31.2\n"), layer="parks")
        self.assertEqual(self.column("area_km2", "parks")["丙"], 6)

    def test_numbers_of_no_stated_unit_are_pointed_at(self):
        _, said = self.take(self.text("名称,城市,占地,面积,经度,纬度\n甲,上海市,,9,121.411,31.2\n"), layer="parks")
        self.assertIn("未写单位的数按 km2，请核对", said)

    def test_a_heading_of_two_units_decides_nothing(self):
        report, _ = self.take(self.text("名称,城市,面积（亩/公顷）,经度,纬度\n甲,上海市,9,121.411,31.2\n"), layer="parks", expect=1)
        self.assertEqual(report["refused_rows"][0]["code"], "bad_unit")

    def test_years_in_many_forms(self):
        years = ["2003", "２００３年", "2003.5", "2003/5/6", "二〇〇三年五月", "20030506", "2003年5月6日", "2003年底"]
        report, _ = self.take(self.text("名称,城市,成立时间,经度,纬度\n" + "".join(
            f"园{i},上海市,{year},121.4{i}1,31.2\n" for i, year in enumerate(years)) + "未,上海市,待定,121.5,31.2\n"),
            layer="parks")
        self.counts(report, added=len(years) + 1, refused=0)
        found = self.column("established_year", "parks")
        self.assertIsNone(found.pop("未"))
        self.assertEqual(set(found.values()), {2003})

    def test_several_industries_in_one_cell(self):
        cells = {"生物医药/医疗器械": "BIO;DEV", "集成电路；人工智能": "IC;AI", "智能制造及新材料": "EQ;NM",
                 "1.生物医药 2.新材料": "BIO;NM", "生物医药（创新药）、新材料等": "BIO;NM", "电子信息\n新材料": "IT;NM"}
        report, _ = self.take(self.text("名称,城市,主导产业,经度,纬度\n" + "".join(
            f'"{i}园",上海市,"{cell}",121.4{i}1,31.2\n' for i, cell in enumerate(cells))))
        self.counts(report, added=len(cells), refused=0)
        found = self.column("industry")
        for i, (cell, codes) in enumerate(cells.items()):
            self.assertEqual(found[f"{i}园"], codes, cell)

    def test_the_part_that_is_no_code_is_named(self):
        _, said = self.take(self.text("名称,城市,主导产业,级别,经度,纬度\n甲,上海市,汽车零部件；电子,国家级,121.4,31.2\n"
                                      "乙,上海市,,区级,121.4,31.2\n"), expect=1)
        self.assertIn("“电子”不是“产业方向”允许的值", said)
        self.assertIn("“区级”：不是“级别”允许的值；可用：国家级、省级、市级；改为", said)
        self.assertNotIn("是否指“省级”", said)

    # ---- divisions ----

    def test_cities_written_many_ways(self):
        self.with_gazetteer()
        self.take(self.text("单位名称,城市,地址\n甲,江苏苏州,\n乙,江苏省苏州市,\n丙,苏州市昆山市,\n丁,临平,\n戊,杭州,余杭区五常街道\n"))
        cities, districts = self.column("city"), self.column("district")
        self.assertEqual([cities[n] for n in "甲乙丙丁戊"], ["苏州市", "苏州市", "苏州市", "杭州市", "杭州市"])
        self.assertEqual([districts[n] for n in "甲乙丙丁戊"], [None, None, "昆山市", "临平区", "余杭区"])
        self.assertEqual(self.column("adcode")["戊"], "330110")

    def test_renamed_divisions_are_told_with_their_column(self):
        self.with_gazetteer()
        _, said = self.take(self.text("单位名称,城市,所在县区\n甲,南通市,海门市\n"))
        self.assertIn("所在县区 “海门市”：旧区划，现为海门区", said)

    # ---- files ----

    def test_separators_and_encodings(self):
        line = "甲园,上海市,121.471,31.231\n"
        files = {"bar": (HEAD + "\n" + line).replace(",", "|").encode(),
                 "bom and gbk": b"\xef\xbb\xbf" + (HEAD + "\n" + line).encode("gbk"),
                 "excel unicode text": (HEAD + "\n" + line).replace(",", "\t").encode("utf-16"),
                 "sep": ("sep=;\n" + (HEAD + "\n" + line).replace(",", ";")).encode("gbk"),
                 "trailing": (HEAD + ",,\r\n" + line.strip() + ",,\r\n,,,,,\r\n").encode("gbk")}
        for what, data in files.items():
            with self.subTest(what):
                report, said = self.take(self.text(data), layer="parks")
                self.counts(report, added=1, refused=0)
                self.assertNotIn("column_", said)
                os.unlink(self.db)

    def test_half_of_a_file_in_another_encoding_is_refused(self):
        path = self.text((HEAD + "\n甲园,上海市,121.471,31.231\n").encode() + "乙园,上海市,121.472,31.231\n".encode("gbk"))
        _, said = self.take(path, layer="parks", expect=1)
        self.assertIn("第 3 行", said)

    # ---- again ----

    def test_mended_rows_come_back(self):
        refused = os.path.join(self.folder, "refused.csv")
        path = self.text("名称,城市,级别,成立时间,经度,纬度,联系电话\n甲园,上海市,国家级,2003,121.471,31.231,13800000000\n"
                         "乙园,上海市,超级,2003,121.472,31.231,13800000001\n丙园,上海市,省级,2001,,,\n")
        report, _ = self.take(path, "--report", refused, layer="parks")
        self.counts(report, added=1, refused=2)
        with open(refused, encoding="utf-8-sig", newline="") as file:
            mended = file.read()
        self.assertNotIn("13800000001", mended)
        mended = mended.replace("超级", "国家级").replace("2001,,", "2001,121.473,31.231")
        again = self.text(mended, "utf-8-sig", "mended.csv")
        report, said = self.take(again, "--keep-extra", layer="parks")
        self.counts(report, added=2, refused=0)
        self.assertNotIn("建议", said)
        report, _ = self.take(again, "--keep-extra", layer="parks")
        self.counts(report, unchanged=2, added=0, changed=0)

    def test_append_refuses_a_known_row_by_its_name(self):
        path = self.text(HEAD + "\n甲园,上海市,121.471,31.231\n")
        self.take(path, layer="parks")
        _, said = self.take(path, "--mode", "append", "--set", "level=省级", layer="parks")
        self.assertIn("名称 “甲园”：图层中已有此条目", said)

    # ---- what is said ----

    def test_chinese_stays_chinese(self):
        path = self.text((HEAD + "\n甲园,上海市,121.471,31.231\n").encode("gbk"))
        for options, crs, encoding in (((), "经纬度列的默认值", "自动识别"),
                                       (("--crs", "EPSG:4490", "--encoding", "GBK"), "由 --crs 指定", "由 --encoding 指定")):
            report, said = self.take(path, *options, layer="parks")
            self.assertIn(crs, said)
            self.assertIn(encoding, said)
            for word in ("found", "given", "assumed", "declared"):
                self.assertNotIn(word, said)
            os.unlink(self.db)
        _, said = self.take(self.text("单位名称,地址\n甲孵化器,\n"))
        self.assertIn("坐标系：文件中没有坐标", said)
        self.assertIn("单位名称 “甲孵化器”：没有找到", said)  # which rows have no position

    def test_refused_rows_are_shown_behind_a_hundred_warnings(self):
        path = self.text("名称,城市,面积（亩）,经度,纬度\n" + "".join(
            f"园{i},上海市,约{i + 1},121.{1000 + i},31.2\n" for i in range(150)) + "坏,上海市,很多,121.5,31.2\n")
        report, said = self.take(path, layer="parks")
        self.counts(report, added=150, refused=1)
        self.assertIn("“很多”：不是数", said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
