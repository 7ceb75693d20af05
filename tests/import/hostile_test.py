# SPDX-License-Identifier: Apache-2.0
"""What nobody should send, through the built program: a clear sentence, exit code 1 or 3, the
database as before; little time and little memory."""

import contextlib
import io
import json
import os
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zipfile
from csv import reader as csv_reader

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MESSY = os.path.join(ROOT, "tests", "data", "messy")
sys.path.insert(0, os.path.join(ROOT, "tests", "web"))

from harness import PATIENCE_S, PROGRAM, environment  # noqa: E402

# A sanitizer keeps a shadow of all memory and makes everything slower.
SANITIZED = bool(os.environ.get("INNOMAP_SANITIZE"))
MEMORY_MIB = 300
QUICK_S = 10  # of the processor
REFUSED, ENVIRONMENT = 1, 3

FIELDS = """
    {"name": "id", "title": {"zh": "编号", "en": "ID"}, "type": "text", "required": true},
    {"name": "name_zh", "title": {"zh": "名称", "en": "Name"}, "type": "text", "required": true},
    {"name": "year", "title": {"zh": "年份", "en": "Year"}, "type": "integer"}"""


def definition(layer, geometry):
    return """{"id": "%s", "title": {"zh": "试验", "en": "Trial"}, "geometry": "%s", "key": "id",
    "group": "places", "order": 10, "in_map": true, "names_places": false, "visibility": "public",
    "roles": {"name_zh": "name_zh"}, "fields": [%s], "source": {"zh": "源", "en": "source"}, "source_date": "2026-11",
    "licence": "none", "attribution": {"zh": "某", "en": "some"}}""" % (layer, geometry, FIELDS)


class Done:
    def __init__(self, code, said, cpu_s, peak_mib):
        self.code, self.said, self.cpu_s, self.peak_mib = code, said, cpu_s, peak_mib


# A process starts with the peak memory of the one that it was forked from, so that a small
# one starts them all: it reads arguments, limits and environment, and answers with the result.
LAUNCHER = """
import json, os, resource, signal, sys
for line in sys.stdin:
    job = json.loads(line)
    pid = os.fork()
    if pid == 0:
        for name, value in job["limits"].items():
            resource.setrlimit(getattr(resource, name), (value, value))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN if "RLIMIT_FSIZE" in job["limits"] else signal.SIG_DFL)
        out = os.open(job["out"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        if job["user"] is not None:
            os.setgid(job["user"])
            os.setuid(job["user"])
        signal.alarm(job["patience_s"])
        os.execve(job["arguments"][0], job["arguments"], job["env"])
    _, status, usage = os.wait4(pid, 0)
    print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]),
          flush=True)
"""


class Launcher:
    def __init__(self, folder):
        self.out = os.path.join(folder, "said.txt")
        self.process = subprocess.Popen([sys.executable, "-S", "-E", "-c", LAUNCHER], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def close(self):
        self.process.communicate()

    def run(self, *arguments, limits=None, env=None, user=None):
        """Run the program to its end; what it said, what it took of processor and memory."""
        everything = environment()
        everything.update(env or {})
        json.dump({"arguments": [PROGRAM, *arguments], "limits": limits or {}, "env": everything, "user": user,
                   "out": self.out, "patience_s": PATIENCE_S}, self.process.stdin)
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        code, cpu_s, peak_mib = json.loads(self.process.stdout.readline())
        with open(self.out, "rb") as file:
            return Done(code, file.read(), cpu_s, peak_mib)


class Hostile(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="innomap-hostile-")
        cls.folder = cls.scratch.name
        os.chmod(cls.folder, 0o755)
        cls.launcher = Launcher(cls.folder)
        cls.seen = set()
        cls.db = cls.path("hostile.db")
        for layer, geometry in (("spots", "point"), ("plots", "area")):
            cls.file(layer + ".json", definition(layer, geometry))
        first = {"spots": "POINT(121 31)", "plots": "POLYGON((121 31,121.1 31,121.1 31.1,121 31))"}
        for layer, wkt in first.items():
            done = cls.launcher.run("import", cls.file("first.csv", f'id,name_zh,wkt\nA1,first,"{wkt}"\n'), "--layer", layer,
                            "--definition", cls.path(layer + ".json"), "--db", cls.db, "--lang", "en")
            assert done.code == 0, done.said.decode()

    @classmethod
    def tearDownClass(cls):
        cls.launcher.close()
        cls.scratch.cleanup()

    @classmethod
    def path(cls, name):
        return os.path.join(cls.folder, name)

    @classmethod
    def file(cls, name, content):
        with open(cls.path(name), "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return cls.path(name)

    def state(self):
        """All that an import may change, but the log of failures."""
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            tables = [name for name, in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")
                if name not in ("innomap_runs", "sqlite_sequence") and not name.startswith("idx_")]
            return {name: db.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}

    def assert_state(self, before):
        after = self.state()
        self.assertEqual([name for name in {**before, **after} if before.get(name) != after.get(name)], [])

    def take(self, path, *options, layer="spots", lang="en", quick_s=QUICK_S, mib=MEMORY_MIB, db=None, **how):
        report = self.path("report.json")
        if os.path.exists(report):
            os.unlink(report)
        done = self.launcher.run("import", path, "--layer", layer, "--db", db or self.db, "--lang", lang, "--report",
                                 report, *options, **how)
        said = done.said.decode()  # no half characters
        self.assertNotIn("\x1b", said)
        self.assertNotIn("\0", said)
        self.assertIn(done.code, (0, REFUSED, ENVIRONMENT, 2), said)
        if not SANITIZED:
            self.assertLess(done.cpu_s, quick_s, said)
            self.assertLess(done.peak_mib, mib, said)
        done.said = said
        done.report = None
        if os.path.exists(report):
            with open(report, encoding="utf-8") as file:
                done.report = json.load(file)
        return done

    def refuses(self, path, words, *options, code=REFUSED, **keywords):
        """In both languages, and the database stays as it was."""
        before = self.state()
        kind = (words, os.path.splitext(path)[1])
        with self.subTest(path=os.path.basename(path)):
            done = self.take(path, *options, **keywords)
            self.assertEqual(done.code, code, done.said)
            self.assertIn(words, done.said)
            self.assertIn("innomap import: ", done.said)
            if kind not in self.seen:  # once for each sentence
                done = self.take(path, *options, lang="zh", **keywords)
                self.assertEqual(done.code, code, done.said)
                self.assertTrue(any("\u4e00" <= c <= "\u9fff" for c in done.said), done.said)
            self.seen.add(kind)
            self.assert_state(before)


# ---- files made here ----

KML_NS = 'xmlns="http://www.opengis.net/kml/2.2"'
SHEET_NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def csv(*rows):
    return "".join(row + "\n" for row in ("id,name_zh,lon,lat",) + rows)


def feature(geometry, **properties):
    properties = {"id": "B1", "name_zh": "x", **properties}
    return json.dumps({"type": "Feature", "properties": properties, "geometry": "@"}).replace('"@"', geometry)


def collection(*features):
    return '{"type":"FeatureCollection","features":[' + ",".join(features) + "]}"


def point(x, y):
    return '{"type":"Point","coordinates":[%s,%s]}' % (x, y)


def kml(body, name="x"):
    return (f'<?xml version="1.0" encoding="UTF-8"?><kml {KML_NS}><Document><Placemark><name>{name}</name>{body}'
            "</Placemark></Document></kml>")


def gml(body, head="", name="x"):
    return (f'<?xml version="1.0"?>{head}<wfs:FeatureCollection xmlns:wfs="http://www.opengis.net/wfs" '
            'xmlns:gml="http://www.opengis.net/gml" xmlns:t="http://t" '
            'xmlns:xlink="http://www.w3.org/1999/xlink" '
            f"><gml:featureMember><t:a fid=\"a1\"><t:name_zh>{name}</t:name_zh><t:g>{body}</t:g></t:a>"
            "</gml:featureMember></wfs:FeatureCollection>")


def gpx(points, head=""):
    return (f'<?xml version="1.0"?>{head}<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1">'
            + points + "</gpx>")


def xlsx(rows, sheets=None, shared=None, workbook_head=""):
    """A workbook of one sheet with these rows of XML, or of these sheets."""
    sheets = sheets or [("Sheet1", "".join(f'<row r="{i + 1}">{row}</row>' for i, row in enumerate(rows)))]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
                         'content-types"/>')
        archive.writestr("_rels/.rels", '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
                         f'relationships"><Relationship Id="r" Type="{RELATIONS}/officeDocument" '
                         'Target="xl/workbook.xml"/></Relationships>')
        archive.writestr("xl/workbook.xml", f'<?xml version="1.0"?>{workbook_head}<workbook {SHEET_NS} '
                         f'xmlns:r="{RELATIONS}"><sheets>' +
                         "".join(f'<sheet name="{name}" sheetId="{i + 1}" r:id="r{i}"/>'
                                 for i, (name, _) in enumerate(sheets)) + "</sheets></workbook>")
        archive.writestr("xl/_rels/workbook.xml.rels",
                         '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">' +
                         "".join(f'<Relationship Id="r{i}" Type="{RELATIONS}/worksheet" '
                                 f'Target="worksheets/s{i}.xml"/>' for i in range(len(sheets))) +
                         (f'<Relationship Id="s" Type="{RELATIONS}/sharedStrings" Target="shared.xml"/>'
                          if shared else "") + "</Relationships>")
        if shared:
            archive.writestr("xl/shared.xml", shared)
        for i, (_, body) in enumerate(sheets):
            archive.writestr(f"xl/worksheets/s{i}.xml",
                             f"<worksheet {SHEET_NS}><sheetData>{body}</sheetData></worksheet>")
    return out.getvalue()


def text_cell(text):
    return f'<c t="inlineStr"><is><t>{text}</t></is></c>'


def cells(*texts):
    return "".join(text_cell(text) for text in texts)


def shp(kind, content, box=(0, 0, 0, 0)):
    """.shp and .shx of one record."""
    record = struct.pack("<i", kind) + content
    head = struct.pack(">iiiiiii", 9994, 0, 0, 0, 0, 0, (100 + 8 + len(record)) // 2)
    head += struct.pack("<ii", 1000, kind) + struct.pack("<8d", *box, 0, 0, 0, 0)
    shape = head + struct.pack(">ii", 1, len(record) // 2) + record
    index = head[:24] + struct.pack(">i", 54) + head[28:] + struct.pack(">ii", 50, len(record) // 2)
    return shape, index


def dbf(fields, rows):
    size = 1 + sum(width for _, width in fields)
    out = struct.pack("<BBBBIHH20x", 3, 126, 1, 1, len(rows), 33 + 32 * len(fields), size & 0xFFFF)
    for name, width in fields:
        out += struct.pack("<11scIBB14x", name.encode()[:10], b"C", 0, width, 0)
    out += b"\r"
    for row in rows:
        out += b" " + b"".join(text.encode().ljust(width)[:width] for text, (_, width) in zip(row, fields))
    return out + b"\x1a"


PRJ = ('GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],'
       'UNIT["degree",0.0174532925199433]]')


def mif(columns, body, mid):
    return (f'Version 300\nCharset "Neutral"\nDelimiter ","\nCoordSys Earth Projection 1, 104\nColumns {len(columns)}\n' +
            "".join(f"  {name} Char(40)\n" for name in columns) + "Data\n\n" + body), mid


def gpkg(path, layers, blob=None, rows=1):
    """A GeoPackage as another program might have written it."""
    with sqlite3.connect(path) as db:
        db.executescript("""PRAGMA application_id = 0x47504B47; PRAGMA user_version = 10200;
            CREATE TABLE gpkg_spatial_ref_sys(srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
              organization_coordsys_id INTEGER, definition TEXT, description TEXT);
            INSERT INTO gpkg_spatial_ref_sys VALUES('WGS 84', 4326, 'EPSG', 4326, 'GEOGCS["WGS 84",DATUM["WGS_1984",
SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],
AUTHORITY["EPSG","4326"]]', '');
            CREATE TABLE gpkg_contents(table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, description TEXT,
              last_change TEXT, min_x REAL, min_y REAL, max_x REAL, max_y REAL, srs_id INTEGER);
            CREATE TABLE gpkg_geometry_columns(table_name TEXT, column_name TEXT, geometry_type_name TEXT,
              srs_id INTEGER, z INTEGER, m INTEGER);""")
        for name, columns in layers:
            quoted = name.replace('"', '""')
            made = ", ".join('"%s" TEXT' % column.replace('"', '""') for column in columns)
            db.execute(f'CREATE TABLE "{quoted}"(fid INTEGER PRIMARY KEY, geom BLOB, {made})')
            db.execute("INSERT INTO gpkg_contents VALUES(?, 'features', ?, '', '2026-01-01T00:00:00Z', 0, 0, 1, 1, 4326)",
                       (name, name))
            db.execute("INSERT INTO gpkg_geometry_columns VALUES(?, 'geom', 'GEOMETRY', 4326, 0, 0)", (name,))
            for row in range(rows):
                marks = ", ".join("?" for _ in columns)
                db.execute(f'INSERT INTO "{quoted}" VALUES(NULL, ?, {marks})',
                           (blob or gpkg_blob(struct.pack("<BIdd", 1, 1, 121, 31)),
                            *(f"v{row}" for _ in columns)))
    db.close()
    return path


def gpkg_blob(wkb):
    return b"GP\0\1" + struct.pack("<i", 4326) + wkb


def zigzag(n):
    """A ring of n points each of whose edges crosses its neighbours' neighbours."""
    points = [(121 + 0.1 * (i % 2), 31 + i * 1e-6) for i in range(n // 2)]
    points += [(121 + 0.1 * ((i + 1) % 2), 31 + (n // 2 - i) * 1e-6) for i in range(n - n // 2)]
    return points + points[:1]


def scattered(n):
    """A ring of n points all over the place: the number of crossings grows with its square."""
    seed, points = 1, []
    for _ in range(n):
        seed = seed * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        points.append((121 + (seed >> 40) * 1e-9, 31 + (seed >> 20 & 0xFFFFFF) * 1e-9))
    return points + points[:1]


POINT_KML = "<Point><coordinates>{x},{y}</coordinates></Point>"
POINT_GML = '<gml:Point srsName="EPSG:4326"><gml:coordinates>{x},{y}</gml:coordinates></gml:Point>'


class Texts(Hostile):
    """What the bytes of a text may not be."""

    def every_text_format(self, word):
        """A file of each format with `word` (bytes) as a name."""
        def put(name, text):
            return self.file(name, text.encode().replace(b"WORD", word))

        yield put("t.csv", csv("B1,WORD,121,31")), ()
        yield put("t.geojson", collection(feature(point(121, 31), name_zh="WORD"))), ()
        yield put("t.geojsonl", feature(point(121, 31), name_zh="WORD") + "\n"), ()
        yield put("t.kml", kml(POINT_KML.format(x=121, y=31), name="WORD")), ("--map", "id=Name")
        yield put("t.gml", gml(POINT_GML.format(x=121, y=31), name="WORD")), ("--map", "id=name_zh")
        yield put("t.gpx", gpx('<wpt lat="31" lon="121"><name>WORD</name></wpt>')), ("--map", "id=name")
        shape, data = mif(["id", "name_zh"], "Point 121 31\n", '"B1","WORD"\n')
        put("t.mid", data)
        yield put("t.mif", shape), ()
        yield put("t.dxf", "0\nSECTION\n2\nENTITIES\n0\nTEXT\n8\n0\n10\n121\n20\n31\n1\nWORD\n0\nENDSEC\n0\nEOF\n"), (
            "--crs", "EPSG:4326")
        yield put("t.topojson", '{"type":"Topology","objects":{"a":{"type":"GeometryCollection","geometries":[{"type":'
                  '"Point","coordinates":[121,31],"properties":{"id":"B1","name_zh":"WORD"}}]}},"arcs":[]}'), (
            "--crs", "EPSG:4326")

    def test_zero_bytes(self):
        for path, options in self.every_text_format(b"a\0b"):
            self.refuses(path, "has a zero byte", *options)
        self.refuses(self.file("tail.csv", csv("B1,x,121,31") + "\0" * 100), "line 3, has a zero byte")
        self.refuses(self.file("escape.geojson", collection(feature(point(121, 31), name_zh="a\0b"))),
                     "has a zero byte (\\u0000)")
        self.refuses(self.file("t.xlsx", xlsx([cells("id", "name_zh", "lon", "lat"), cells("B1", "a\0b", "121", "31")])),
                     "not well-formed")

    def test_bytes_of_no_encoding(self):
        for path, options in self.every_text_format(b"\xff\xfe\xfd\x80\x81"):
            self.refuses(path, "neither UTF-8 nor GB18030", *options)
        shape, index = shp(1, struct.pack("<dd", 121, 31))
        self.file("u.shx", index)
        self.file("u.prj", PRJ)
        self.file("u.dbf", dbf([("id", 10), ("name_zh", 20)], [("B1", "BAD  ")]).replace(b"BAD  ", b"\xff\xfe\xfd\x80\x81"))
        self.refuses(self.file("u.shp", shape), "neither UTF-8 nor GB18030")
        gpkg(self.path("u.gpkg"), [("a", ["id", "name_zh"])])
        with contextlib.closing(sqlite3.connect(self.path("u.gpkg"))) as db:
            db.execute("UPDATE a SET name_zh = CAST(x'fffe80' AS TEXT)")
            db.commit()
        self.refuses(self.path("u.gpkg"), "bytes that are not of the file's encoding")

    def test_a_line_of_2_gb(self):
        heads = {"l.csv": "id,name_zh,", "l.tsv": "a\tb", "l.txt": "a,b",
                 "l.geojson": '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":"',
                 "l.geojsonl": '{"type":"Feature","properties":{"a":"',
                 "l.kml": f"<kml {KML_NS}><name>", "l.gml": '<a xmlns:gml="http://www.opengis.net/gml"><gml:b>',
                 "l.gpx": "<gpx><wpt>", "l.mif": "Version 300\nColumns 1\n a Char(10)\nData\n",
                 "l.dxf": "0\nSECTION\n2\nHEADER\n", "l.topojson": '{"type":"Topology",', "l.xlsx": "PK\3\4",
                 "l.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "l.gpkg": b"SQLite format 3\0", "l.zip": "PK\3\4"}
        for name, head in heads.items():
            path = self.file(name, head)
            os.truncate(path, 2 << 30)  # sparse: it costs no disk
            # a database may have zero bytes: it is read to its end for its hash
            self.refuses(path, "", quick_s=30 if name == "l.gpkg" else 3, mib=100)
            os.unlink(path)

    def test_a_text_of_80_mb(self):
        heads = {"m.csv": "id,name_zh,lon,lat\nB1,", "m.geojson": '{"type":"FeatureCollection","features":[{"a":"',
                 "m.geojsonl": '{"type":"Feature","properties":{"name_zh":"', "m.kml": f"<kml {KML_NS}><name>",
                 "m.gml": '<a xmlns:gml="http://www.opengis.net/gml"><gml:b>', "m.gpx": "<gpx><wpt><name>",
                 "m.dxf": "0\nSECTION\n2\nENTITIES\n0\nTEXT\n1\n"}
        for name, head in heads.items():
            with open(self.path(name), "w") as file:
                file.write(head)
                for _ in range(80):
                    file.write("x" * (1 << 20))
            self.refuses(self.path(name), "", mib=500)
            os.unlink(self.path(name))

    def test_ten_thousand_columns(self):
        many = [f"c{i}" for i in range(10000)]
        self.refuses(self.file("w.csv", "id,name_zh,lon,lat," + ",".join(many) + "\nB1,x,121,31\n"), "4096 columns")
        self.refuses(self.file("w.xlsx", xlsx([cells("id", "name_zh", "lon", "lat", *many)])), "4096 columns")
        self.refuses(self.file("w.geojson", collection(feature(point(121, 31), **dict.fromkeys(many, 1)))),
                     "4096 properties")
        self.refuses(self.file("each.geojson", collection(*(feature(point(121, 31), **{name: 1}) for name in many))),
                     "4096 properties")
        self.refuses(self.file("w.kml", kml("<ExtendedData>" + "".join(
            f'<Data name="{name}"><value>1</value></Data>' for name in many) + "</ExtendedData>")), "4096 columns")
        self.refuses(self.file("w.gml", gml("".join(f"<t:{name}>1</t:{name}>" for name in many))), "4096 columns")
        shape, data = mif(many, "Point 121 31\n", ",".join(["1"] * 10000))
        self.file("w.mid", data)
        self.refuses(self.file("w.mif", shape), "4096 columns")

    def test_names_of_ten_thousand_characters(self):
        long = "长" * 10000
        for name in ("x" * 10000, long):
            self.refuses(self.file("n.csv", csv(f"B1,{name},121,31")), "longer than 200")
            self.refuses(self.file("n.geojson", collection(feature(point(121, 31), name_zh=name))), "longer than 200")
            self.refuses(self.file("n.xlsx", xlsx([cells("id", "name_zh", "lon", "lat"), cells("B1", name, "121", "31")])),
                         "longer than 200")
            self.refuses(self.file("k.csv", csv(f"{name},x,121,31")), "longer than 200")
        good = self.file("good.csv", csv("A1,first,121,31"))
        for option in ("--crs", "--encoding", "--source-layer", "--map", "--set", "--layer"):
            done = self.take(good, option, f"name_zh={long}" if option in ("--map", "--set") else long)
            self.assertIn(done.code, (1, 2), (option, done.said))
            self.assertLess(len(done.said), 2000)
        self.assertEqual(self.take("/tmp/" + long).code, REFUSED)
        # a column of such a name is one of its beginning
        done = self.take(self.file("h.csv", f"id,name_zh,lon,lat,{long}\nB1,x,121,31,1\n"), "--dry-run")
        self.assertEqual(done.code, 0, done.said)
        self.assertLess(len(done.said), 2000)

    def test_formulas(self):
        head = cells("id", "name_zh", "lon", "lat")
        without = "<c><f>31</f></c>"
        self.refuses(self.file("f.xlsx", xlsx([head, cells("B1", "x") + "<c><v>121</v></c>" + without])),
                     "without its result")
        self.refuses(self.file("e.xlsx", xlsx([head, text_cell("B1") + '<c t="e"><f>1/0</f><v>#DIV/0!</v></c>' +
                                               cells("121", "31")])), "error of a formula")
        done = self.take(self.file("v.xlsx", xlsx([head, text_cell("B1") +
                                                   '<c t="str"><f>HYPERLINK("http://x")</f><v>园区</v></c>' +
                                                   "<c><f>1+120</f><v>121</v></c><c><v>31</v></c>"])), "--dry-run")
        self.assertEqual((done.code, done.report["refused"]), (0, 0), done.said)  # its result counts

    def test_formulas_go_out_harmless_and_come_back(self):
        names = ["=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2+3", "=1+1\n=2", "<img src=x onerror=alert(1)>"]
        rows = ['E%d,"%s",121.0%d,31' % (i, name, i) for i, name in enumerate(names)]
        path = self.file("inject.csv", csv(*rows, "=E9,=x,121,99"))
        refused = self.path("refused.csv")
        done = self.take(path, "--report", refused, "--create", layer="injected")
        self.assertEqual(done.code, 0, done.said)
        out = self.path("out.csv")
        said = self.launcher.run("export", "--layer", "injected", out, "--db", self.db)
        self.assertEqual(said.code, 0, said.said)
        for name in (out, refused):
            with open(name, encoding="utf-8-sig", newline="") as file:
                text = file.read()
            for row in csv_reader(io.StringIO(text)):
                for cell in row:
                    if cell and not is_number(cell):
                        self.assertNotIn(cell[0], "=+-@\t\r", (name, cell))
        again = self.take(out, layer="injected")
        self.assertEqual((again.report["unchanged"], again.report["changed"], again.report["refused"]),
                         (len(names), 0, 0), again.said)

    def test_nothing_moves_the_terminal(self):
        evil = "a\x1b[2J\x07\u202eb\u009bc"
        gpkg(self.path("e.gpkg"), [("a", ["id", "name_zh", evil, "new\nline"])])
        for path in (self.path("e.gpkg"), self.file(f"{evil}.geojson", collection(feature(point(121, 31), **{evil: evil}))),
                     self.file("e.csv", f"id,name_zh,lon,lat,{evil}\nB1,{evil},121,31,{evil}\n=B2,{evil},999,31,\n")):
            done = self.take(path, "--dry-run", "--keep-extra")
            for mark in "\x07\u202e\u009b":
                self.assertNotIn(mark, done.said)


def is_number(text):
    try:
        float(text)
        return True
    except ValueError:
        return False


class Structures(Hostile):
    """Documents that are more than they seem."""

    DEPTH = 200000

    def test_entities(self):
        laugh = '<!DOCTYPE l [<!ENTITY l0 "ha">' + "".join(
            f'<!ENTITY l{i} "{("&l%d;" % (i - 1)) * 10}">' for i in range(1, 12)) + "]>"
        heads = {"laugh": (laugh, "&l11;"), "quadratic": ('<!DOCTYPE q [<!ENTITY a "' + "x" * 100000 + '">]>', "&a;" * 9000),
                 "external": ('<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
                 "parameter": ('<!DOCTYPE e [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>', "x")}
        for name, (head, word) in heads.items():
            self.refuses(self.file(name + ".kml", head + kml(POINT_KML.format(x=1, y=1), name=word).split("?>", 1)[1]),
                         "declares XML entities")
            self.refuses(self.file(name + ".gml", gml(POINT_GML.format(x=1, y=1), head, word)), "declares XML entities")
            self.refuses(self.file(name + ".gpx", gpx(f'<wpt lat="31" lon="121"><name>{word}</name></wpt>', head)),
                         "declares XML entities")
            self.refuses(self.file(name + ".xlsx", xlsx([text_cell("a")], workbook_head=head)), "document type")
            shared = f'<?xml version="1.0"?>{head}<sst {SHEET_NS}><si><t>{word}</t></si></sst>'
            self.refuses(self.file("shared.xlsx", xlsx(['<c t="s"><v>0</v></c>'], shared=shared)), "document type")

    def test_depth(self):
        deep = self.DEPTH
        self.refuses(self.file("d.kml", f"<kml {KML_NS}>" + "<Folder>" * deep + "</Folder>" * deep + "</kml>"), "nested")
        self.refuses(self.file("m.kml", kml("<MultiGeometry>" * deep + "</MultiGeometry>" * deep)), "nested")
        self.refuses(self.file("d.gml", gml("<gml:MultiGeometry>" * deep + "</gml:MultiGeometry>" * deep)), "nested")
        self.refuses(self.file("d.gpx", gpx("<extensions>" * deep + "</extensions>" * deep)), "nested")
        self.refuses(self.file("d.xlsx", xlsx([], [("S", "<row>" * deep + "</row>" * deep)])), "nested")
        lists = "[" * deep + "]" * deep
        objects = '{"a":' * deep + "1" + "}" * deep
        polygon = '{"type":"Polygon","coordinates":' + lists + "}"
        groups = '{"type":"GeometryCollection","geometries":[' * deep + "]}" * deep
        for content in ("[" * deep, lists, objects, '{"type":"FeatureCollection","features":' + lists + "}",
                        collection(feature(point(121, 31)).replace('"x"', lists)), collection(feature(polygon)),
                        collection(feature(groups)), '{"type":"Topology","objects":' + objects + "}"):
            self.refuses(self.file("d.geojson", content), "")
        self.refuses(self.file("d.csv", 'id,name_zh,wkt\nB1,x,"' + "GEOMETRYCOLLECTION(" * 50000 + "POINT(121 31)" +
                               ")" * 50000 + '"\n'), "not valid WKT")
        good = self.file("good.csv", csv("A1,first,121,31"))
        for option in ("--definition", "--mapping", "--style"):
            for content in (lists, objects):
                self.refuses(good, "", option, self.file("deep.json", content))

    def test_thousands_of_layers(self):
        row = f'<row r="1">{cells("id", "name_zh", "lon", "lat")}</row>'
        self.refuses(self.file("s.xlsx", xlsx([], [(f"S{i}", row) for i in range(5000)])), "more sheets")
        gpkg(self.path("m.gpkg"), [(f"layer{i}", ["id", "name_zh"]) for i in range(1000)])
        self.refuses(self.path("m.gpkg"), "has 1000 layers")
        self.refuses(self.file("m.kml", f"<kml {KML_NS}><Document>" + "".join(
            f"<Folder><name>f{i}</name><Placemark><name>p</name>{POINT_KML.format(x=121, y=31)}</Placemark></Folder>"
            for i in range(12000)) + "</Document></kml>"), "has 12000 layers", "--map", "id=Name")
        self.refuses(self.file("m.gml", gml("x").replace("<gml:featureMember>", "".join(
            f"<gml:featureMember><t:b{i}><t:id>1</t:id></t:b{i}></gml:featureMember>" for i in range(2000)) +
            "<gml:featureMember>", 1)), "layers; choose one")

    def test_bombs(self):
        row = f"<row>{cells(*['0'] * 50)}</row>"
        self.refuses(self.file("b.xlsx", xlsx([], [("S", row * 200000)])), "cells; split it", quick_s=30, mib=500)
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            with archive.open("doc.kml", "w", force_zip64=True) as file:
                for _ in range(200):
                    file.write(b" " * (1 << 20))
        self.refuses(self.file("b.kmz", out.getvalue()), "300 times its size", quick_s=2)
        self.refuses(self.file("b.zip", out.getvalue()), "300 times its size", quick_s=2)
        lie = bytearray(out.getvalue())
        at = lie.rindex(b"PK\1\2")
        lie[at + 24:at + 28] = struct.pack("<I", 1000)  # the directory says less than there is
        sizes = {"wide": struct.pack("<II", 0xFFFFFFFF, 0xFFFFFFFF),
                 "plain": struct.pack("<II", archive.filelist[0].compress_size,
                                      archive.filelist[0].file_size)}
        for kind, bytes_of in sizes.items():  # before the entry, as old and new writers have them
            lie[4:6] = b"-\0" if kind == "wide" else b"\x14\0"
            lie[18:26] = bytes_of
            self.refuses(self.file(f"{kind}.zip", bytes(lie)), "the zip is damaged", quick_s=2)
        lie[at + 24:at + 28] = struct.pack("<I", 0xFFFFFFFF)  # zip64 without its field
        self.refuses(self.file("lie64.zip", bytes(lie)), "1 GiB", quick_s=2)
        nested = out.getvalue()
        for _ in range(3):
            outer = io.BytesIO()
            with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("inner.zip", nested)
            nested = outer.getvalue()
        self.refuses(self.file("nested.zip", nested), "zip inside a zip", quick_s=2)

    def test_entries_that_share_their_bytes(self):
        """Each entry of the directory points at the same packed bytes."""
        one = io.BytesIO()
        with zipfile.ZipFile(one, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a0000.csv", os.urandom(1 << 16).hex())
        data = one.getvalue()
        start = data.rindex(b"PK\1\2")
        end = data.rindex(b"PK\5\6")
        entries = b"".join(data[start:end].replace(b"a0000", b"a%04d" % i) for i in range(2000))
        tail = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 2000, 2000, len(entries), start, 0)
        self.refuses(self.file("overlap.zip", data[:start] + entries + tail), "overlap", quick_s=2)

    def test_what_only_points_elsewhere(self):
        """A VRT by another name opens nothing: the list that it names has good rows."""
        self.file("target.csv", csv("V1,taken from elsewhere,121,31"))
        vrt = (f'<OGRVRTDataSource><OGRVRTLayer name="target"><SrcDataSource>{self.path("target.csv")}</SrcDataSource>'
               '<GeometryType>wkbPoint</GeometryType><GeometryField encoding="PointFromColumns" x="lon" y="lat"/>'
               "</OGRVRTLayer></OGRVRTDataSource>")
        for ending in ("vrt", "kml", "gml", "gpx", "csv", "xml", "geojson", "json", "shp", "tab", "mif", "gpkg", "dxf", "fgb",
                       "xlsx", "txt", "kmz", "zip", "sqlite"):
            self.refuses(self.file("remote." + ending, vrt), "")


class Binary(Hostile):
    """Files of drawings, byte by byte."""

    def shapefile(self, name, kind, content):
        shape, index = shp(kind, content, (120, 30, 122, 32))
        self.file(name + ".shx", index)
        self.file(name + ".prj", PRJ)
        self.file(name + ".dbf", dbf([("id", 10), ("name_zh", 20)], [("B1", "x")]))
        return self.file(name + ".shp", shape)

    def geopackage(self, name, wkb):
        path = self.path(name)
        if os.path.exists(path):
            os.unlink(path)
        return gpkg(path, [("a", ["id", "name_zh"])], gpkg_blob(wkb))


class Shapes(Binary):
    """Positions that are none."""

    def test_numbers_that_are_no_positions(self):
        for word in ("nan", "NaN", "inf", "-inf", "Infinity", "1e999", "-1e999", "1.8e308", "0x79", "1_2"):
            self.refuses(self.file("p.csv", csv(f"B1,x,{word},31")), "")
            self.refuses(self.file("w.csv", f"id,name_zh,wkt\nB1,x,POINT({word} 31)\n"), "")
            self.refuses(self.file("p.geojson", collection(feature(point(word, 31)))), "")
            self.refuses(self.file("p.geojsonl", feature(point(word, 31)) + "\n"), "")
            if word[:2] == "0x":
                continue  # GDAL reads it as 121 where it reads the text itself
            shape, data = mif(["id", "name_zh"], f"Point {word} 31\n", '"B1","x"\n')
            self.file("p.mid", data)
            self.refuses(self.file("p.mif", shape), "")
            self.refuses(self.file("p.kml", kml(POINT_KML.format(x=word, y=31))), "", "--map", "id=Name")
            self.refuses(self.file("p.gpx", gpx(f'<wpt lat="31" lon="{word}"><name>B1</name><desc>x</desc></wpt>')), "",
                         "--map", "id=name", "--map", "name_zh=desc")
        self.refuses(self.file("p.geojson", collection(feature(point("1e999", 31)))), "not finite")

    def test_binary_numbers_that_are_no_positions(self):
        for number in (float("nan"), float("inf"), -float("inf"), 1e300):
            self.refuses(self.shapefile("p", 1, struct.pack("<dd", number, 31)), "")
            self.refuses(self.geopackage("p.gpkg", struct.pack("<BIdd", 1, 1, number, 31)), "")
            self.refuses(self.shapefile("l", 5, struct.pack("<4diii8d", 120, 30, 122, 32, 1, 4, 0, 121, 31, number, 31, 122, 32,
                                                            121, 31)), "", layer="plots")

    def test_counts_that_lie(self):
        most = 0x7FFFFFFF
        self.refuses(self.shapefile("c", 5, struct.pack("<4dii", 0, 0, 1, 1, most, most)), "cannot be read", layer="plots")
        self.refuses(self.shapefile("c", 5, struct.pack("<4diii2d", 0, 0, 1, 1, 1, 0xFFFFFFF, 0, 1, 1)), "cannot be read",
                     layer="plots")
        self.refuses(self.shapefile("c", 8, struct.pack("<4di", 0, 0, 1, 1, most)), "cannot be read", layer="plots")
        self.refuses(self.geopackage("c.gpkg", struct.pack("<BII", 1, 2, 0xFFFFFFFF)), "cannot be read")
        self.refuses(self.geopackage("c.gpkg", b""), "cannot be read")
        deep = b"".join(struct.pack("<BII", 1, 7, 1) for _ in range(100000))
        self.refuses(self.geopackage("c.gpkg", deep), "cannot be read")


class Outlines(Binary):
    """Outlines that are too much."""

    def crossing_outlines(self, ring):
        """The ring in every format, with the options that it needs."""
        pairs = "\n".join("%.9f %.9f" % p for p in ring)
        commas = " ".join("%.9f,%.9f" % p for p in ring)
        doubles = b"".join(struct.pack("<dd", *p) for p in ring)
        polygon = '{"type":"Polygon","coordinates":[[' + ",".join("[%.9f,%.9f]" % p for p in ring) + "]]}"
        linear = f"<outerBoundaryIs><LinearRing><coordinates>{commas}</coordinates></LinearRing></outerBoundaryIs>"
        yield self.file("r.geojson", collection(feature(polygon))), ()
        yield self.file("r.geojsonl", feature(polygon) + "\n"), ()
        yield self.file("r.kml", kml(f"<Polygon>{linear}</Polygon>")), ("--map", "id=Name", "--map", "name_zh=Name")
        outer = linear.replace("</", "</gml:").replace("<o", "<gml:o").replace("<L", "<gml:L").replace("<c", "<gml:c")
        yield self.file("r.gml", gml(f'<gml:Polygon srsName="EPSG:4326">{outer}</gml:Polygon>')), ("--map", "id=gml_id")
        yield self.shapefile("r", 5, struct.pack("<4diii", 120, 30, 122, 32, 1, len(ring), 0) + doubles), ()
        yield self.geopackage("r.gpkg", struct.pack("<BIII", 1, 3, 1, len(ring)) + doubles), ()
        shape, data = mif(["id", "name_zh"], f"Region 1\n{len(ring)}\n{pairs}\n", '"B1","x"\n')
        self.file("r.mid", data)
        yield self.file("r.mif", shape), ()
        yield self.file("r.dxf", "0\nSECTION\n2\nENTITIES\n0\nLWPOLYLINE\n5\nB1\n8\nx\n70\n1\n90\n%d\n" % len(ring) + "".join(
            "10\n%.9f\n20\n%.9f\n" % p for p in ring) + "0\nENDSEC\n0\nEOF\n"), (
            "--crs", "EPSG:4326", "--map", "id=EntityHandle", "--map", "name_zh=Layer")

    def test_outlines_of_100000_positions_that_cross_themselves(self):
        for ring in (zigzag(100000), scattered(100000)):
            for path, options in self.crossing_outlines(ring):
                self.refuses(path, "the outline crosses itself", *options, layer="plots")
                self.refuses(path, "too much to mend", *options, "--repair", layer="plots")
        text = ",".join("%.9f %.9f" % p for p in scattered(100000))
        self.refuses(self.file("r.csv", f'id,name_zh,wkt\nB1,x,"POLYGON(({text}))"\n'), "longer than 1048576 bytes",
                     layer="plots")
        text = ",".join("%.7f %.7f" % p for p in scattered(40000))
        self.refuses(self.file("r.csv", f'id,name_zh,wkt\nB1,x,"POLYGON(({text}))"\n'), "the outline crosses itself",
                     layer="plots")


class Surroundings(Hostile):
    """Databases, folders and files that are not what they should be."""

    NOBODY = 65534

    def good(self):
        return self.file("good.csv", csv("C1,x,121,31"))

    def refuses_database(self, path, words, **how):
        for lang in ("en", "zh"):
            done = self.take(self.good(), "--definition", self.path("spots.json"), db=path, lang=lang, **how)
            self.assertEqual(done.code, ENVIRONMENT, (path, done.said))
            if lang == "en":
                self.assertIn(words, done.said)

    def test_what_is_no_database(self):
        self.refuses_database(self.folder, "is a folder")
        os.mkfifo(self.path("pipe.db"))
        for path in (self.path("pipe.db"), "/dev/zero", "/dev/null", "/dev/full"):
            self.refuses_database(path, "is a device or pipe")
        os.symlink(self.path("loop"), self.path("loop"))
        self.refuses_database(self.path("loop"), "symbolic links")
        self.refuses_database(self.file("text.db", "hello"), "is some other file")
        with open(self.db, "rb") as file:
            whole = file.read()
        self.refuses_database(self.file("cut.db", whole[:5000]), "is damaged")
        self.refuses_database(self.file("head.db", b"SQLite format 3\0"), "is damaged")
        broken = whole[:3 * 4096] + b"\xff" * (17 * 4096) + whole[20 * 4096:]
        self.refuses_database(self.file("broken.db", broken), "is damaged")
        self.refuses_database(gpkg(self.path("other.db"), [("a", ["id"])]), "is a GeoPackage")
        self.refuses_database("/nonexistent/x.db", "does not exist")

    def test_a_link_to_the_database_is_followed(self):
        os.symlink(self.db, self.path("link.db"))
        done = self.take(self.file("same.csv", csv("A1,first,121,31")), db=self.path("link.db"))
        self.assertEqual(done.code, 0, done.said)
        self.assertTrue(os.path.islink(self.path("link.db")))

    def test_a_database_that_can_only_be_read(self):
        user = self.NOBODY if os.geteuid() == 0 else None
        with open(self.db, "rb") as file:
            whole = file.read()
        path = self.file("reading.db", whole)
        os.chmod(path, 0o444)
        self.refuses_database(path, "can only be read", user=user)
        os.mkdir(self.path("closed"))
        path = self.file("closed/reading.db", whole)
        os.chmod(path, 0o666)
        os.chmod(self.path("closed"), 0o555)
        self.refuses_database(path, "folder writable", user=user)
        os.chmod(self.path("closed"), 0o755)

    def test_a_database_that_is_locked(self):
        before = self.state()
        for how in ("EXCLUSIVE", "IMMEDIATE"):
            with contextlib.closing(sqlite3.connect(self.db, isolation_level=None)) as other:
                other.execute("BEGIN " + how)
                done = self.take(self.good())
                self.assertEqual(done.code, ENVIRONMENT, done.said)
                self.assertIn("being written by another program", done.said)
        self.assert_state(before)

    def test_what_is_no_file(self):
        os.mkfifo(self.path("pipe.csv"))
        for path in ("/dev/zero", "/dev/null", "/dev/stdin", self.path("pipe.csv")):
            self.refuses(path, "not an ordinary file")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.path("sock.csv"))
            self.refuses(self.path("sock.csv"), "not an ordinary file")
        os.symlink(self.path("loop.csv"), self.path("loop.csv"))
        self.refuses(self.path("loop.csv"), "symbolic links", code=ENVIRONMENT)

    def test_a_folder_for_temporary_files_that_is_none(self):
        mapinfo = os.path.join(MESSY, "08_孵化器_MapInfo", "incubators_zj.tab")
        for folder in ("/nonexistent", self.good()):
            for path in (self.good(), mapinfo):
                self.refuses(path, "name another in TMPDIR", code=ENVIRONMENT, env={"TMPDIR": folder})
        done = self.take(self.good(), "--dry-run", "--definition", self.path("spots.json"), db=self.path("none.db"),
                         env={"TMPDIR": "/nonexistent"})
        self.assertEqual(done.code, ENVIRONMENT, done.said)
        self.assertIn("TMPDIR", done.said)

    def test_temporary_files_lie_where_it_is_asked_for_and_go(self):
        folder = self.path("temporary")
        os.mkdir(folder)
        user = self.NOBODY if os.geteuid() == 0 else None
        os.chmod(folder, 0o777)
        before = set(os.listdir("/tmp"))
        mapinfo = os.path.join(MESSY, "08_孵化器_MapInfo", "incubators_zj.tab")
        done = self.take(mapinfo, "--create", layer="tmp_layer", env={"TMPDIR": folder})
        self.assertEqual(done.code, 0, done.said)
        self.assertEqual(os.listdir(folder), [])
        os.chmod(folder, 0o555)
        done = self.take(mapinfo, "--dry-run", "--create", layer="tmp_other", db=self.path("none.db"), user=user,
                         env={"TMPDIR": folder})
        self.assertEqual(done.code, ENVIRONMENT, done.said)
        self.assertFalse([name for name in set(os.listdir("/tmp")) - before if name.startswith("innomap-dry-run")])

    def test_no_room_for_temporary_files(self):
        many = self.file("many.csv", csv(*(f"M{i},name {i},121.{i:05},31" for i in range(5000))))
        self.refuses(many, "no more space for temporary files", code=ENVIRONMENT, limits={"RLIMIT_FSIZE": 100000})

    def test_words_of_sql(self):
        good = self.good()
        for word in ("x; DROP TABLE spots", 'x"; DROP TABLE spots; --', "x'; DROP TABLE spots; --", "sqlite_master",
                     "innomap_layers", "../x", "", "--help", "x%sx%n", "SPOTS"):
            self.refuses(good, "there is no layer", layer=word)
            before = self.state()
            done = self.take(good, "--create", layer=word)
            self.assertEqual(done.code, 2, done.said)
            self.assert_state(before)
            for option in ("--crs", "--source-layer", "--encoding", "--map", "--set"):
                done = self.take(good, option, word)
                self.assertIn(done.code, (1, 2), (option, word, done.said))
            done = self.take(good, "--crs", "EPSG:4326" + (word or ";"))
            self.assertEqual(done.code, 2, done.said)
            self.assert_state(before)

    def test_words_of_sql_in_a_foreign_database(self):
        columns = ["id", "name_zh", 'a"b', "c'd", "e;DROP TABLE spots", "<script>", "=1+1", "[x]", "`y`", "geom2"]
        for name in ('x"; DROP TABLE a; --', "x'; DROP TABLE a; --", "[x]", "%s%n", "名称"):
            path = self.path("sql.gpkg")
            if os.path.exists(path):
                os.unlink(path)
            gpkg(path, [(name, columns), ("other", ["id"])])
            done = self.take(path, "--source-layer", name, "--keep-extra", "--dry-run")
            self.assertEqual((done.code, done.report and done.report["added"]), (0, 1), (name, done.said))

    def test_columns_become_fields_of_harmless_names(self):
        head = 'id,name_zh,lon,lat,"a""b",c\'d,"e;DROP TABLE spots",<script>,=1+1,SELECT,rowid,geom,fid,innomap_x\n'
        done = self.take(self.file("columns.csv", head + "D1,name,121,31" + ",value" * 10 + "\n"), "--create", layer="columns_here")
        self.assertEqual(done.code, 0, done.said)
        with contextlib.closing(sqlite3.connect(self.db)) as db:
            for row in db.execute("PRAGMA table_info(columns_here)"):
                self.assertRegex(row[1], "^[a-z][a-z0-9_]*$")
            self.assertEqual(db.execute("SELECT count(*) FROM spots").fetchone()[0], 1)


class Secrets(Hostile):
    """A password in an address is read by the program and by nobody else."""

    def test_arguments_of_the_process(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            for address in (f"PG:host=127.0.0.1 port={port} dbname=gis user=u password=Geheim",
                            f"WFS:http://u:Geheim@127.0.0.1:{port}/wfs?token=Geheim",
                            f"OAPIF:http://127.0.0.1:{port}/api?key=Geheim"):
                process = subprocess.Popen([PROGRAM, "import", address, "--layer", "spots", "--db", self.db],
                                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment())
                connection, _ = server.accept()  # it has come as far as to ask
                with open(f"/proc/{process.pid}/cmdline", "rb") as file:
                    arguments = file.read()
                connection.close()
                server.settimeout(0.2)
                while process.poll() is None:  # it may ask once more
                    with contextlib.suppress(TimeoutError):
                        server.accept()[0].close()
                server.settimeout(PATIENCE_S)
                said = process.communicate()[0]
                self.assertIn(address.split(":", 1)[0].encode() + b":*", arguments)
                self.assertNotIn(b"Geheim", arguments)
                self.assertNotIn(b"Geheim", said)
                self.assertIn(process.returncode, (1, 3), said)
        with open(self.db, "rb") as file:
            self.assertNotIn(b"Geheim", file.read())
        if os.path.exists(self.db + "-wal"):
            with open(self.db + "-wal", "rb") as file:
                self.assertNotIn(b"Geheim", file.read())
        said = self.launcher.run("layers", "history", "spots", "--db", self.db).said
        self.assertNotIn(b"Geheim", said)


class Memory(Hostile):
    """A larger file takes no more of it, but 200 bytes a row for order and identity."""

    def peak_of(self, rows, form):
        path = self.path("many")
        with open(path, "w") as file:
            if form == "csv":
                file.write("id,name_zh,lon,lat\n")
            for i in range(rows):
                x, y = 115 + i % 1000 * 0.008, 27 + i // 1000 * 0.05
                file.write(f"K{i},place {i},{x:.4f},{y:.4f}\n" if form == "csv" else
                           feature(point(x, y), id=f"K{i}", name_zh=f"place {i}") + "\n")
        os.rename(path, path + "." + form)
        done = self.take(path + "." + form, "--create", layer=f"many_{form}_{rows}", quick_s=120)
        self.assertEqual((done.code, done.report["added"]), (0, rows), done.said)
        return done.peak_mib

    def test_growth(self):
        for form in ("geojsonl", "csv"):
            growth = self.peak_of(100000, form) - self.peak_of(50000, form)
            if not SANITIZED:
                self.assertLess(growth, 50000 * 200 / (1 << 20) + 4, form)


class Timed(unittest.TextTestResult):
    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        print(f"{time.monotonic() - self.began:.1f} s", test.id(), file=sys.stderr)
        super().stopTest(test)


if __name__ == "__main__":
    unittest.main(testRunner=unittest.TextTestRunner(resultclass=Timed))
