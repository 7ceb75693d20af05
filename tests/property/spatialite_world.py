# SPDX-License-Identifier: Apache-2.0
"""A random world, imported by the program, and SpatiaLite asked about the same file.

Where SpatiaLite measures, its way is chosen so that it is nearly exact:

- Two points: ST_Distance(a, b, 1), Vincenty's formula on the ellipsoid, within 0.5 mm
  of the geodesic; 1 mm is left for both.
- A point and a line or area: ST_Distance(a, b, 1) takes the nearest point in degrees,
  where a degree of longitude counts as one of latitude, so at 31 degrees it may be too
  long by a sixth. Instead both are projected azimuthally around the point, where
  distances from the centre are geodesic, with edges cut at 0.005 degrees (550 m): a
  piece that is straight in degrees bends by length^2 tan(lat) / 8 R = 4 mm at most.
- Two lines or areas: both in a transverse Mercator projection around one of them. At d
  metres from its meridian the scale is off by d^2 / 2 R^2, 2e-4 at 120 km.
"""

import json
import math
import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "web"))

from fixture import definition, field, style  # noqa: E402
from harness import run, write  # noqa: E402

SEED = int(os.environ.get("IM_SEED", "20261121"))
WEST, SOUTH, EAST, NORTH = 120.0, 30.5, 121.5, 32.0
POINT_MM, POINT_TO_EDGE_M, EDGE_SCALE = 1e-3, 0.02, 3e-4
KINDS = ("ash", "birch", "cedar", "")
FINE = ("site", "park", "town")
HALF_WIDTH_M = {"site": 200, "park": 2000, "town": 5000, "district": 20000,
                "city": 50000, "": 50000}

# 3 x 3 districts; the rows are cities, the lower two of them one province. 320203 has no
# outline; 320199 is what 320101 was called, 320171 is in use but no division.
CITIES = ("320100", "320200", "330100")
PROVINCES = ("320000", "330000")
WITHOUT_OUTLINE = "320203"
CODES = [f"{city[:4]}0{i}" for city in CITIES for i in (1, 2, 3)]
STATED = CODES + list(CITIES) + list(PROVINCES) + ["320199", "320171", "", "999999"]


def table(rows):
    return "".join(",".join("" if v is None else str(v) for v in row) + "\n"
                   for row in rows)


def geojson(features):
    return json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": properties, "geometry": geometry}
        for properties, geometry in features]})


class World:
    def __init__(self, seed=SEED):
        print(f"seed {seed} (IM_SEED repeats it)", file=sys.stderr)
        self.seed = seed
        self.random = random.Random(seed)
        self.heaps = [self.somewhere() for _ in range(3)]
        self.towns = [self.somewhere() for _ in range(6)]

    # ---- shapes ----

    def somewhere(self):
        r = self.random
        # 5 decimals: positions of other rows are met exactly
        return round(r.uniform(WEST, EAST), 5), round(r.uniform(SOUTH, NORTH), 5)

    def position(self):
        r = self.random
        dice = r.random()
        if dice < 0.15:  # many at one coordinate
            return r.choice(self.heaps)
        if dice < 0.6:
            x, y = r.choice(self.towns)
            return round(x + r.gauss(0, 0.03), 5), round(y + r.gauss(0, 0.03), 5)
        return self.somewhere()

    def star(self, centre=None, size=0.2):
        """A ring without crossings, of 4 to 12 corners."""
        r = self.random
        x, y = centre or self.somewhere()
        n = r.randrange(4, 13)
        spokes = [(size * r.uniform(0.2, 1), 2 * math.pi * i / n) for i in range(n)]
        ring = [[round(x + m * math.cos(a), 5), round(y + m * math.sin(a), 5)]
                for m, a in spokes]
        return ring + ring[:1]

    def way(self):
        r = self.random
        x, y = self.somewhere()
        line = [[x, y]]
        for _ in range(r.randrange(1, 6)):
            x, y = round(x + r.gauss(0, 0.06), 5), round(y + r.gauss(0, 0.06), 5)
            line.append([x, y])
        return line

    # ---- layers ----

    def spot_row(self, i):
        r = self.random
        x, y = self.position()
        return (f"s{i:04d}", f"地{i}", r.choice(KINDS),
                r.choice(("", r.randrange(0, 12), r.randrange(0, 12))),
                r.choice(("", round(r.uniform(-5, 50), 2), round(r.uniform(0, 9), 1))),
                x, y)

    def vague_row(self, i):
        r = self.random
        x, y = self.position()
        return (f"v{i:04d}", f"处{i}", r.choice(list(HALF_WIDTH_M)), r.choice(STATED),
                r.choice((1, 2, 5, 7)), x, y)

    def enclave_row(self, i):
        x, y = self.position()
        return (f"e{i:03d}", f"飞{i}", self.random.choice(STATED),
                self.random.choice(STATED), x, y)

    def nodes(self):
        """Corners of the districts, and one more vertex of each border."""
        step = (EAST - WEST) / 3
        r = self.random
        grid = {(i, j): [WEST + step * i, SOUTH + step * j]
                for i in range(4) for j in range(4)}
        bend = {}
        for (i, j) in grid:
            for di, dj in ((1, 0), (0, 1)):
                bend[i, j, di, dj] = [
                    round(WEST + step * (i + di / 2) + r.uniform(-.04, .04), 5),
                    round(SOUTH + step * (j + dj / 2) + r.uniform(-.04, .04), 5)]
        return grid, bend

    def ring(self, grid, bend, i0, j0, i1, j1):
        ring = []
        for i in range(i0, i1):
            ring += [grid[i, j0], bend[i, j0, 1, 0]]
        for j in range(j0, j1):
            ring += [grid[i1, j], bend[i1, j, 0, 1]]
        for i in range(i1 - 1, i0 - 1, -1):
            ring += [grid[i + 1, j1], bend[i, j1, 1, 0]]
        for j in range(j1 - 1, j0 - 1, -1):
            ring += [grid[i0, j + 1], bend[i0, j, 0, 1]]
        return ring + ring[:1]

    def outlines(self):
        grid, bend = self.nodes()
        cells = {code: (n % 3, n // 3, n % 3 + 1, n // 3 + 1)
                 for n, code in enumerate(CODES) if code != WITHOUT_OUTLINE}
        cells.update({city: (0, n, 3, n + 1) for n, city in enumerate(CITIES)})
        cells.update({"320000": (0, 0, 3, 2), "330000": (0, 2, 3, 3)})
        return [({"adcode": code, "name_zh": f"界{code}", "level": level_of(code)},
                 {"type": "Polygon",
                  "coordinates": [self.ring(grid, bend, *corners)]})
                for code, corners in cells.items()]

    def make(self, folder):
        """The folder of layers."""
        def add(*layer, **more):
            make_layer(folder, *layer, **more)
        add("spots", "point", ["id", "name_zh", "kind", ("n", "integer"), ("v", "real")],
            [self.spot_row(i) for i in range(420)])
        add("vague", "point",
            ["id", "name_zh", "precision", "adcode", ("weight", "integer")],
            [self.vague_row(i) for i in range(260)],
            roles={"precision": "precision", "adcode": "adcode"})
        add("enclaves", "point", ["id", "name_zh", "origin_adcode", "host_adcode"],
            [self.enclave_row(i) for i in range(150)])
        add("ways", "line", ["id", "name_zh", ("n", "integer")],
            features=[({"id": f"w{i:03d}", "name_zh": f"路{i}", "n": i % 5},
                       {"type": "LineString", "coordinates": self.way()})
                      for i in range(50)])
        add("lots", "area", ["id", "name_zh", ("n", "integer")],
            features=[({"id": f"a{i:03d}", "name_zh": f"区{i}", "n": i % 4},
                       {"type": "Polygon",
                        "coordinates": [self.star(size=self.random.choice((.02, .2)))]})
                      for i in range(50)])
        add("route", "line", ["id", "name_zh"], group="areas",
            features=[({"id": "r", "name_zh": "线"},
                       {"type": "LineString", "coordinates": [
                           [120.1, 30.7], [120.4, 31.1], [120.9, 31.2], [121.4, 31.8]]})])
        add("divisions", "point", ["adcode", "name_zh", "level", "former_codes"],
            [(code, f"政{code}", level_of(code),
              "320199" if code == "320101" else "", *self.somewhere())
             for code in CODES + list(CITIES) + list(PROVINCES)],
            key="adcode", roles={"adcode": "adcode"})
        add("outlines", "area", ["adcode", "name_zh", "level"], key="adcode",
            roles={"adcode": "adcode"}, group="areas", features=self.outlines())


def level_of(code):
    return ("province" if code.endswith("0000") else
            "city" if code.endswith("00") else "district")


def make_layer(folder, layer, geometry, columns, rows=None, features=None, key="id",
               roles=None, **more):
    columns = [(c, "text") if isinstance(c, str) else c for c in columns]
    facts = {"file": layer + ".csv", "lon": "lon", "lat": "lat", "crs": "EPSG:4326"}
    if features:
        facts = {"file": layer + ".geojson", "crs": "EPSG:4326"}
    made = definition(layer, geometry, 10, key=key, fields=[
        field(name, kind, required=name in (key, "name_zh")) for name, kind in columns],
        roles={"name_zh": "name_zh", **(roles or {})}, facts=facts, **more)
    write(f"{folder}/{layer}/layer.json", json.dumps(made))
    write(f"{folder}/{layer}/style.json", json.dumps(style(layer, "#d9822b")))
    head = [[name for name, _ in columns] + ["lon", "lat"]]
    write(f"{folder}/{layer}/{facts['file']}",
          geojson(features) if features else table(head + rows))


class SpatiaLite:
    """Questions in SQL to a database that the program wrote, in one go."""

    # temporary tables: the file stays as it is
    BEFORE = "".join(
        f"CREATE TEMP TABLE fine_{layer} AS SELECT *, 'x' AS x FROM (SELECT id, "
        f"ST_Segmentize(geom, 0.005) AS fine, geom FROM {layer});\n"
        for layer in ("ways", "lots"))

    def __init__(self, path):
        self.path = path
        self.asked = {}

    def ask(self, columns, sql):
        """What is put here has its rows in answers() at the place that is returned."""
        statement = f"SELECT json_array('row', {columns}) FROM ({sql});"
        return self.asked.setdefault(statement, len(self.asked))

    def answers(self):
        script = self.BEFORE + "".join(
            f"SELECT json_array('question', {i});\n{sql}\n"
            for i, sql in enumerate(self.asked))
        done = subprocess.run(["spatialite", "-silent", "-bail", "-noheader", "-list",
                               self.path], input=script, capture_output=True, text=True,
                              timeout=300)
        if done.returncode or "rror" in done.stderr:
            raise AssertionError(done.stderr[-2000:])
        answers = []
        for line in done.stdout.splitlines():
            if not line.startswith("["):
                continue
            what, *values = json.loads(line)
            if what == "question":
                answers.append([])
            else:
                answers[-1].append(values)
        assert len(answers) == len(self.asked), done.stderr[-2000:]
        self.asked = {}
        return answers


def point(lon, lat):
    return f"MakePoint({lon!r}, {lat!r}, 4326)"


def azimuthal(lon, lat):
    return f"'+proj=aeqd +lat_0='||{lat}||' +lon_0='||{lon}||' +datum=WGS84'"


def projected(geometry, projection):
    return (f"ST_Transform({geometry}, 32650, NULL, '+proj=longlat +datum=WGS84', "
            f"{projection})")


def distance_of_rows(layer, lon, lat):
    """SQL: id and d, metres from a position, of all rows of a layer."""
    if layer in ("ways", "lots"):
        return (f"SELECT id, ST_Distance({projected('fine', azimuthal(lon, lat))}, "
                f"MakePoint(0, 0, 32650)) AS d FROM fine_{layer}")
    return (f"SELECT *, coalesce(ST_Distance(geom, {point(lon, lat)}, 1), 0) AS d "
            f"FROM {layer}")


def wkt(ring):
    return "POLYGON((" + ", ".join(f"{x!r} {y!r}" for x, y in ring) + "))"


def create(folder):
    """A database of a random world; returns its path and the world."""
    world = World()
    world.make(folder / "layers")
    path = folder / "innomap.db"
    done = run("import", "--shipped", folder / "layers", "--db", path, "--lang", "en")
    if done.returncode:
        raise AssertionError(done.stderr + done.stdout)
    return path, world
