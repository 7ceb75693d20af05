# SPDX-License-Identifier: Apache-2.0
"""Every operation over HTTP against SpatiaLite and GEOS, asked by SQL about the same
database: random layers (spatialite_world.py, which says how exact SpatiaLite is), many
random questions of each kind, whole answers compared."""

import json
import math
import os
import random
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

from spatialite_world import (CITIES, CODES, EDGE_SCALE, FINE,  # noqa: E402
                              HALF_WIDTH_M, POINT_MM, POINT_TO_EDGE_M, SpatiaLite,
                              azimuthal, create, distance_of_rows, level_of, projected,
                              wkt)
from harness import Folder, Server  # noqa: E402

PLACED = ("spots", "vague", "ways", "lots")
FINE_SQL = "precision IN ('site', 'park', 'town')"
EVERYTHING = 10000


def step_m(uncertainty_m):
    """What a distance is rounded to (query_honest_m)."""
    for limit, step in ((5000, 1000), (500, 100), (50, 10)):
        if uncertainty_m >= limit:
            return step
    return 1


def tolerance(layer):
    return POINT_TO_EDGE_M if layer in ("ways", "lots") else POINT_MM


class Questions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.addClassCleanup(cls.folder.remove)
        path, cls.world = create(cls.folder)
        cls.sql = SpatiaLite(path)
        cls.server = Server(path)
        cls.addClassCleanup(cls.server.__exit__)

    def setUp(self):
        # each test alone asks what it asks among all
        self.random = random.Random(f"{self._testMethodName} {self.world.seed}")
        self.world.random = self.random
        self.questions = []

    def ask(self, operation, **parameters):
        answer = self.server.get("/api/" + operation, lang="en", **parameters)
        self.assertEqual(answer.status, 200, (parameters, answer.body.decode()[:700]))
        return answer.json()

    def later(self, check, reference, *more):
        """SQL (columns, statement) whose rows `check` is given when all are there."""
        self.questions.append((check, [self.sql.ask(*one) for one in reference], more))

    def settle(self):
        answers = self.sql.answers()
        self.assertTrue(self.questions)
        for check, places, more in self.questions:
            check(*[answers[i] for i in places], *more)

    def some_layers(self):
        r = self.random
        return r.choice([("spots",), ("vague",), ("ways",), ("lots",),
                         ("spots", "lots"), ("ways", "vague", "spots"), PLACED])

    def somewhere(self):
        r = self.random
        return r.choice([self.world.somewhere(), r.choice(self.world.heaps)])

    # ---- distances from a point: nearest, within a radius ----

    def split(self, layers, references):
        """{(layer, id): metres} of the rows that are known well, and of the others."""
        known, coarse = {}, {}
        for layer, rows in zip(layers, references):
            for key, metres, precision in rows:
                to = known if precision in (*FINE, None) else coarse
                to[layer, key] = (metres, HALF_WIDTH_M.get(precision, 0))
        return known, coarse

    def check_order(self, features, known, limit, max_m):
        """The first `limit` of `known` up to ties, with their distances."""
        within = {name: m for name, (m, _) in known.items() if m <= max_m}
        got = [(f["properties"]["layer"], f["id"]) for f in features]
        self.assertEqual(len(got), len(set(got)))
        self.assertEqual(len(got), min(limit, len(within)))
        last_m, last = -1, None
        for name, feature in zip(got, features):
            metres, uncertainty = known[name]
            off = tolerance(name[0])
            told = feature["properties"]["distance_m"]
            step = step_m(uncertainty)
            self.assertEqual(feature["properties"]["uncertainty_m"], uncertainty)
            self.assertAlmostEqual(told, metres, delta=step / 2 + off)
            self.assertEqual(told % step, 0)
            self.assertGreaterEqual(metres, last_m - POINT_TO_EDGE_M - off)
            if metres == last_m and name[0] == last[0]:  # at one coordinate: by key
                self.assertGreater(name[1], last[1])
            last_m, last = metres, name
        for name, metres in within.items():
            if metres < last_m - 2 * POINT_TO_EDGE_M:
                self.assertIn(name, got)

    def is_borderline(self, rows, max_m):
        return any(abs(m - max_m) < 2 * POINT_TO_EDGE_M for m, _ in rows.values())

    def check_nearest(self, *arguments):
        *references, layers, answer, limit, max_m, each = arguments
        known, coarse = self.split(layers, references)
        if self.is_borderline(known | coarse, max_m):
            return
        self.assertEqual(answer["numberMatched"],
                         sum(m <= max_m for m, _ in known.values()))
        self.assertEqual(answer["apart"]["numberMatched"],
                         sum(m <= max_m for m, _ in coarse.values()))
        if not each:
            self.check_order(answer["features"], known, limit, max_m)
            return
        for layer in layers:
            self.check_order(
                [f for f in answer["features"] if f["properties"]["layer"] == layer],
                {name: m for name, m in known.items() if name[0] == layer}, limit, max_m)

    def distance_questions(self, n, operation):
        r = self.random
        for _ in range(n):
            layers, (lon, lat) = self.some_layers(), self.somewhere()
            max_km = round(r.choice((2, 15, 60)) * r.random(), 2)
            asked = {"layer": ",".join(layers), "lon": lon, "lat": lat}
            where, each = "1", False
            if operation == "nearest":
                limit = asked["k"] = r.choice((1, 3, 10, 40))
                each = r.random() < 0.2
                if each:
                    asked["each"] = "true"
                max_m = r.choice((math.inf, max_km * 1000))
                if max_m < math.inf:
                    asked["max_km"] = max_km
            else:
                limit, max_m = EVERYTHING, max_km * 1000
                asked.update(radius_km=max_km, limit=limit)
            if "vague" not in layers and r.random() < 0.5:
                n_max = r.randrange(0, 6)
                asked["filter"] = f"n <= {n_max}"
                where = f"id IN (SELECT id FROM {{}} WHERE n <= {n_max})"
            references = [
                ("id, d, " + ("coalesce(precision, 'city')" if layer == "vague"
                              else "NULL"),
                 f"SELECT * FROM ({distance_of_rows(layer, lon, lat)}) "
                 f"WHERE {where.format(layer)}") for layer in layers]
            self.later(self.check_nearest, references, layers,
                       self.ask(operation, **asked), limit, max_m, each)
        self.settle()

    def test_nearest(self):
        self.distance_questions(120, "nearest")

    def test_within_a_radius(self):
        self.distance_questions(80, "within")

    def check_from_edge(self, rows, answer):
        known = {("spots", key): (metres, 0) for key, metres in rows}
        got = {f["id"]: f["properties"] for f in answer["features"]}
        self.assertEqual(len(got), len(known))
        for (_, key), (metres, _) in known.items():
            half = step_m(got[key]["uncertainty_m"]) / 2
            self.assertAlmostEqual(got[key]["distance_m"], metres,
                                   delta=half + POINT_TO_EDGE_M)
        order = [known["spots", f["id"]][0] for f in answer["features"]]
        for one, other in zip(order, order[1:]):
            self.assertGreaterEqual(other, one - 2 * POINT_TO_EDGE_M)

    def test_nearest_to_the_edge_of_a_line_or_area(self):
        for layer in ("lots", "ways"):
            for _ in range(6):
                key = layer[0].replace("l", "a") + f"{self.random.randrange(50):03d}"
                edge = projected(f"(SELECT fine FROM fine_{layer} WHERE id = '{key}')",
                                 azimuthal("ST_X(geom)", "ST_Y(geom)"))
                self.later(self.check_from_edge, [(
                    "id, d", f"SELECT id, ST_Distance({edge}, MakePoint(0, 0, 32650)) "
                    "AS d FROM spots")],
                    self.ask("nearest", layer="spots", near=f"{layer}:{key}",
                             k=EVERYTHING))
        self.settle()

    # ---- parts of the map ----

    def check_ids(self, rows, answer):
        self.assertEqual(answer["numberMatched"], len(rows))
        self.assertEqual({f["id"] for f in answer["features"]}, {key for key, in rows})
        self.assertEqual(len(answer["features"]), len(rows))

    def area(self):
        """The parameter of a random box or polygon, and its WKT."""
        r = self.random
        if r.random() < 0.5:
            ring = self.world.star(r.choice((None, *self.world.heaps)),
                                   r.choice((0.1, 0.4, 1)))
            if r.random() < 0.3:  # a corner where many are
                ring[1] = list(r.choice(self.world.heaps))
                if not self.sql_valid(ring):
                    return self.area()
            shape = {"type": "Polygon", "coordinates": [ring]}
            return {"polygon": json.dumps(shape)}, wkt(ring)
        (x0, y0), (x1, y1) = self.somewhere(), self.somewhere()
        x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        if x0 == x1 or y0 == y1:
            return self.area()
        return ({"bbox": f"{x0},{y0},{x1},{y1}"},
                wkt([[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]]))

    def sql_valid(self, ring):
        before, self.sql.asked = self.sql.asked, {}
        self.sql.ask("ok", f"SELECT ST_IsValid(GeomFromText('{wkt(ring)}', 4326)) AS ok")
        [[[valid]]] = self.sql.answers()
        self.sql.asked = before
        return valid == 1

    def test_within_boxes_and_polygons(self):
        for _ in range(100):
            layer = self.random.choice(PLACED)
            parameter, shape = self.area()
            self.later(self.check_ids, [(
                "id", f"SELECT id FROM {layer} WHERE "
                f"ST_Intersects(geom, GeomFromText('{shape}', 4326))")],
                self.ask("within", layer=layer, limit=EVERYTHING, **parameter))
        self.settle()

    # ---- along a line ----

    def check_along(self, rows, answer, half_width_m, off_by):
        """Rows: key, distance along the axis and off it."""
        self.assertGreater(len(rows), 0)
        if any(abs(off - half_width_m) < off_by for _, _, off in rows):
            return
        within = {key: (along, off) for key, along, off in rows if off <= half_width_m}
        self.assertEqual({f["id"] for f in answer["features"]}, set(within))
        self.assertEqual(answer["numberMatched"], len(within))
        last = -1
        for feature in answer["features"]:
            along, off = within[feature["id"]]
            told = feature["properties"]
            self.assertAlmostEqual(told["off_m"], off, delta=0.5 + off_by)
            # where a bend is nearly equally near on both sides, so is what lies along it
            self.assertAlmostEqual(told["along_m"], along, delta=0.5 + off_by)
            self.assertGreaterEqual(told["along_m"], last)
            last = told["along_m"]

    def test_along_a_line_of_a_layer(self):
        """In a transverse Mercator projection around the line; where the foot lies on it
        is known to the scale of that projection and to the 5 m to which the pieces of the
        line, straight in degrees, are cut."""
        projection = "'+proj=tmerc +lon_0=120.75 +datum=WGS84'"
        line = ("(SELECT ST_GeometryN(ST_Segmentize(geom, 0.005), 1) FROM route)")
        axis = projected(line, projection)
        for half_width_km in (1, 3, 5, 8, 12, 20, 33, 50):
            self.later(self.check_along, [(
                "id, coalesce(ST_Line_Locate_Point(axis, p), 0) * ST_Length(axis), "
                "ST_Distance(axis, p)",
                f"SELECT id, {projected('geom', projection)} AS p, axis FROM spots, "
                f"(SELECT {axis} AS axis)")],
                self.ask("within", layer="spots", corridor="route",
                         half_width_km=half_width_km, limit=EVERYTHING),
                half_width_km * 1000, 150e3 * EDGE_SCALE)
        self.settle()

    def test_along_the_line_between_two_places(self):
        """The geodesic through the centre of an azimuthal projection is straight there;
        ours has vertices that keep it within 5 m. Off it, at d metres from the centre,
        the scale is off by d^2 / 6 R^2, 1.5e-4 at 190 km."""
        r = self.random
        for _ in range(12):
            a, b = r.sample(range(420), 2)
            ends = [f"(SELECT geom FROM spots WHERE id = 's{i:04d}')" for i in (a, b)]
            projection = azimuthal(f"ST_X({ends[0]})", f"ST_Y({ends[0]})")
            half_width_km = r.choice((2, 10, 30))
            answer = self.server.get(
                "/api/within", layer="spots", **{"from": f"spots:s{a:04d}"},
                to=f"spots:s{b:04d}", half_width_km=half_width_km, limit=EVERYTHING)
            if answer.status != 200:  # one coordinate has no line
                continue
            self.later(self.check_along, [(
                "id, coalesce(ST_Line_Locate_Point(axis, p), 0) * ST_Length(axis), "
                "ST_Distance(axis, p)",
                f"SELECT id, {projected('geom', projection)} AS p, axis FROM spots, "
                f"(SELECT MakeLine(MakePoint(0, 0, 32650), "
                f"{projected(ends[1], projection)}) AS axis)")],
                answer.json(), half_width_km * 1000, 190e3 * EDGE_SCALE)
        self.settle()

    # ---- lists ----

    def same_condition(self):
        """Written alike in CQL2 and SQL."""
        r = self.random
        n = r.randrange(12)
        return r.choice((
            f"n {r.choice(('<', '<=', '>', '>=', '=', '<>'))} {n}",
            f"v * 2 > n + {n}",
            f"n BETWEEN {n} AND {n + 3}",
            f"kind IN ('ash', '{r.choice(('birch', 'cedar'))}')",
            f"{r.choice(('kind', 'n', 'v'))} IS {r.choice(('', 'NOT '))}NULL"))

    def condition(self, depth=2):
        """CQL2 and SQL of the same random condition on spots."""
        r = self.random
        dice = r.randrange(12 if depth else 9)
        if dice < 6:
            return (self.same_condition(),) * 2
        if dice == 6:
            digits = r.randrange(42)
            return f"name_zh LIKE '地{digits}%'", f"name_zh GLOB '地{digits}*'"
        if dice < 9:
            _, shape = self.area()
            name = r.choice(("INTERSECTS", "WITHIN"))
            return (f"S_{name}(geom, {shape})",
                    f"ST_{name}(geom, GeomFromText('{shape}', 4326)) = 1")
        if dice == 9:
            a, b = self.condition(depth - 1)
            return f"NOT ({a})", f"NOT ({b})"
        (a, b), (c, d) = self.condition(depth - 1), self.condition(depth - 1)
        word = r.choice(("AND", "OR"))
        return f"({a}) {word} ({c})", f"({b}) {word} ({d})"

    def check_pages(self, rows, pages):
        wanted = [key for key, in rows]
        self.assertEqual([f["id"] for page in pages for f in page["features"]], wanted)
        for page in pages:
            self.assertEqual(page["numberMatched"], len(wanted))

    def pages(self, **asked):
        pages = [self.ask("list", **asked)]
        while "cursor" in pages[-1]:
            pages.append(self.ask("list", cursor=pages[-1]["cursor"], **asked))
        return pages

    def test_lists_with_filters_sorted_page_by_page(self):
        r = self.random
        for _ in range(120):
            cql, sql = self.condition()
            order, sortby = [], []
            for name in r.sample(("kind", "n", "v"), r.randrange(1, 3)):
                down = r.random() < 0.5
                sortby.append("-" * down + name)
                order += [f"{name} IS NULL", name + " DESC" * down]  # null last
            self.later(self.check_pages, [(
                "id", f"SELECT id FROM spots WHERE {sql} ORDER BY "
                f"{', '.join(order)}, id")],
                self.pages(layer="spots", filter=cql, sortby=",".join(sortby),
                           limit=r.choice((29, 100, EVERYTHING))))
        self.settle()

    # ---- counts ----

    def check_groups(self, rows, answer, total=None):
        """Rows: code (None: unknown), count, count of values, value."""
        got = {g["code"]: g for g in answer["groups"]}
        wanted = {code: values for code, *values in rows if code is not None}
        self.assertEqual(len(got), len(answer["groups"]))
        self.assertEqual({code: g["count"] for code, g in got.items()},
                         {code: values[0] for code, values in wanted.items()})
        for code, (_, n_values, value) in wanted.items():
            if "n_values" in got[code]:
                self.assertEqual(got[code]["n_values"], n_values)
                if value is None:
                    self.assertIsNone(got[code]["value"])
                else:
                    self.assertAlmostEqual(got[code]["value"], value,
                                           delta=1e-6 * max(1, abs(value)))
        if total is None:  # each row is in one group
            total = sum(values[0] for _, *values in rows)
        self.assertEqual(answer["total"], total)
        self.assertEqual(answer["unknown"], sum(values[0] for code, *values in rows
                                                if code is None))

    def measured(self):
        """A random measure, and the columns of SQL for it."""
        how = self.random.choice(("count", "sum:v", "mean:v", "sum:n", "mean:n"))
        what, _, name = how.partition(":")
        function = {"sum": "sum", "mean": "avg"}.get(what, "count")
        column = "s." + (name or "id")
        return how, f"count(*) AS a, count({column}) AS b, {function}({column}) AS c"

    def test_counts_sums_and_means_by_field(self):
        codes = {"kind": "kind", "n": "CAST(n AS TEXT)"}
        for _ in range(60):
            by = self.random.choice(tuple(codes))
            measure, columns = self.measured()
            cql, sql = self.condition(1)
            self.later(self.check_groups, [(
                "code, a, b, c", f"SELECT {codes[by]} AS code, {columns} FROM spots AS s "
                f"WHERE {sql} GROUP BY 1")],
                self.ask("aggregate", layer="spots", by=by, measure=measure, filter=cql,
                         limit=EVERYTHING))
        self.settle()

    def check_by_area(self, rows, inside, answer):
        self.check_groups(rows, answer, inside[0][0])
        self.assertEqual(answer["counts_overlap"],
                         sum(count for _, count, *_ in rows) > inside[0][0])

    def test_counts_sums_and_means_by_area(self):
        """Areas overlap: a row counts in each that it touches, edges belong."""
        for _ in range(20):
            measure, columns = self.measured()
            cql, sql = self.condition(1)
            spots = f"(SELECT * FROM spots WHERE {sql})"
            self.later(self.check_by_area, [
                ("code, a, b, c", f"SELECT l.id AS code, {columns} FROM lots AS l "
                 f"JOIN {spots} AS s ON ST_Intersects(l.geom, s.geom) GROUP BY 1"),
                ("n", f"SELECT count(*) AS n FROM {spots} AS s WHERE EXISTS (SELECT 1 "
                 "FROM lots AS l WHERE ST_Intersects(l.geom, s.geom))")],
                self.ask("aggregate", layer="spots", by="member", areas="lots",
                         measure=measure, filter=cql, limit=EVERYTHING))
        self.settle()

    # ---- divisions ----

    TODAY = ("CASE WHEN {0} = '320199' THEN '320101' ELSE {0} END")
    UP = {"province": "substr({0}, 1, 2) || '0000'",
          "city": "CASE WHEN substr({0}, 3, 4) <> '0000' THEN substr({0}, 1, 4) || '00' "
                  "END",
          "district": "CASE WHEN {0} IN (SELECT adcode FROM divisions) AND "
                      "substr({0}, 5) <> '00' THEN {0} END"}

    def by_code(self, column, level):
        return self.UP[level].format("(" + self.TODAY.format(column) + ")")

    def by_position(self, level):
        return ("(SELECT min(o.adcode) FROM outlines AS o WHERE o.level = "
                f"'{level}' AND ST_Intersects(o.geom, s.geom))")

    def division(self, level):
        """Of a row of vague: where its position is worth something by that. A code like
        those of divisions that none has is unknown."""
        by_code = self.by_code("s.adcode", level)
        code = (f"CASE WHEN s.{FINE_SQL} THEN coalesce({self.by_position(level)}, "
                f"{by_code}) ELSE {by_code} END")
        return f"(SELECT d.adcode FROM divisions AS d WHERE d.adcode = {code})"

    def test_counts_by_division(self):
        for level in ("district", "city", "province"):
            self.later(self.check_groups, [(
                "code, a, b, c", f"SELECT {self.by_position(level)} AS code, count(*) "
                "AS a, count(*) AS b, count(*) AS c FROM spots AS s GROUP BY 1")],
                self.ask("aggregate", layer="spots", by=level, limit=EVERYTHING))
            for measure, value in (("sum:weight", "sum(weight)"),
                                   ("mean:weight", "avg(weight)")):
                self.later(self.check_groups, [(
                    "code, a, b, c", f"SELECT {self.division(level)} AS code, count(*) "
                    f"AS a, count(weight) AS b, {value} AS c FROM vague AS s GROUP BY 1")],
                    self.ask("aggregate", layer="vague", by=level, measure=measure,
                             limit=EVERYTHING))
        self.settle()

    def test_rows_of_a_division(self):
        """A point on the border of two is in both; by its code a row belongs where no
        outline of that level is around it."""
        for code in CODES + list(CITIES) + ["320000", "330000"]:
            level = level_of(code)
            around = ("EXISTS (SELECT 1 FROM outlines AS o WHERE o.{} AND "
                      "ST_Intersects(o.geom, s.geom))")
            inside = around.format(f"adcode = '{code}'")
            known = f"EXISTS (SELECT 1 FROM outlines WHERE adcode = '{code}')"
            by_code = f"coalesce({self.by_code('s.adcode', level)} = '{code}', 0)"
            self.later(self.check_ids, [(
                "id", f"SELECT id FROM vague AS s WHERE CASE WHEN {FINE_SQL} THEN "
                f"{inside} OR ({by_code} AND NOT ({known} AND "
                f"{around.format(f'level = {level!r}')})) ELSE {by_code} END")],
                self.ask("within", layer="vague", limit=EVERYTHING,
                         **{"in": "divisions:" + code}))
        self.settle()

    # ---- for each A its B ----

    def check_pairs(self, rows, answer, max_m, off_by):
        """Rows: key of A, key of B, metres between them; all pairs."""
        of = {}
        for a, b, metres in rows:
            of.setdefault(a, {})[b] = metres
        features = {f["id"]: f["properties"] for f in answer["features"]}
        self.assertEqual(set(features), set(of))
        self.assertEqual(answer["rows"], len(of))
        doubtful = 0
        for a, metres_of in of.items():
            [told] = features[a]["others"]
            if any(abs(m - max_m) < off_by(m) for m in metres_of.values()):
                doubtful += 1
                continue
            within = [m for m in metres_of.values() if m <= max_m]
            self.assertEqual(told["count"], len(within) if max_m < math.inf
                             else len(within) > 0)
            if not within:
                self.assertIsNone(told["nearest"])
                continue
            nearest = min(within)
            off = off_by(nearest)
            self.assertAlmostEqual(told["nearest"]["distance_m"], nearest,
                                   delta=0.5 + off)
            self.assertLessEqual(metres_of[told["nearest"]["id"]], nearest + 2 * off)
        if not doubtful:
            self.assertEqual(answer["within"], sum(min(of[a].values()) <= max_m
                                                   for a in of))
        told = [f["properties"]["others"][0]["nearest"] for f in answer["features"]]
        order = [t["distance_m"] if t else math.inf for t in told]
        self.assertEqual(order, sorted(order))

    def pairs(self, a, b):
        """SQL: a, b, d of all pairs of rows of two layers."""
        few = "AND a.n = 1"
        if b == "spots":
            return ("SELECT a.id AS a, b.id AS b, coalesce(ST_Distance(a.geom, b.geom, "
                    "1), 0) AS d FROM spots AS a, spots AS b WHERE a.id <> b.id " + few)
        if a == "spots":
            projection = azimuthal("ST_X(a.geom)", "ST_Y(a.geom)")
            return (f"SELECT a.id AS a, b.id AS b, ST_Distance("
                    f"{projected('b.fine', projection)}, MakePoint(0, 0, 32650)) AS d "
                    f"FROM spots AS a, fine_{b} AS b WHERE 1 {few}")
        projection = "'+proj=tmerc +datum=WGS84 +lon_0='||ST_X(ST_Centroid(a.geom))"
        return (f"SELECT a.id AS a, b.id AS b, ST_Distance("
                f"{projected('fa.fine', projection)}, {projected('b.fine', projection)}) "
                f"AS d FROM {a} AS a, fine_{a} AS fa, fine_{b} AS b "
                f"WHERE fa.id = a.id AND NOT (a.id = b.id) {few}")

    def off_by(self, a, b):
        if b == "spots":
            return lambda m: POINT_MM
        if a == "spots":
            return lambda m: POINT_TO_EDGE_M
        return lambda m: POINT_TO_EDGE_M + EDGE_SCALE * m

    PAIRS = (("spots", "spots"), ("spots", "lots"), ("spots", "ways"), ("ways", "lots"),
             ("lots", "lots"), ("lots", "ways"))

    def test_join(self):
        for a, b in self.PAIRS:
            for max_km in (None, 1.5, 9):
                asked = {"layer": a, "other": b, "filter": "n = 1", "limit": EVERYTHING}
                if b in ("spots", "lots"):
                    asked["other_filter"] = "n IS NULL OR n >= 0"
                if max_km:
                    asked["max_km"] = max_km
                self.later(self.check_pairs, [("a, b, d", self.pairs(a, b))],
                           self.ask("join", **asked),
                           max_km * 1000 if max_km else math.inf, self.off_by(a, b))
        self.settle()

    def check_gaps(self, rows, gaps, covered, max_m, off_by):
        nearest = {}
        for a, _, metres in rows:
            nearest[a] = min(metres, nearest.get(a, math.inf))
        told = {True: {f["id"] for f in covered["features"]},
                False: {f["id"] for f in gaps["features"]}}
        self.assertEqual(told[True] | told[False], set(nearest))
        self.assertFalse(told[True] & told[False])
        self.assertEqual(gaps["within"], len(told[True]))
        for a, metres in nearest.items():
            if abs(metres - max_m) > off_by(metres):
                self.assertIn(a, told[metres <= max_m])
        for feature in gaps["features"]:
            [other] = feature["properties"]["others"]
            metres = nearest[feature["id"]]
            self.assertAlmostEqual(other["nearest"]["distance_m"], metres,
                                   delta=0.5 + off_by(metres))
        order = [f["properties"]["others"][0]["nearest"]["distance_m"]
                 for f in gaps["features"]]
        self.assertEqual(order, sorted(order, reverse=True))

    def test_coverage(self):
        for a, b in self.PAIRS:
            for max_km in (0.3, 2, 7):
                asked = {"layer": a, "other": b, "filter": "n = 1", "max_km": max_km,
                         "limit": EVERYTHING}
                if b in ("spots", "lots"):
                    asked["other_filter"] = "n IS NULL OR n >= 0"
                self.later(self.check_gaps, [("a, b, d", self.pairs(a, b))],
                           self.ask("coverage", **asked),
                           self.ask("coverage", show="covered", **asked),
                           max_km * 1000, self.off_by(a, b))
        self.settle()

    def test_divisions_without_any(self):
        """Membership, so that rows of any precision count where their code says."""
        for last in range(0, 260, 13):
            some = f"weight < 7 AND id < 'v{last:04d}'"
            self.later(self.check_ids, [(
                "id", "SELECT adcode AS id FROM divisions WHERE level = 'district' AND "
                f"adcode NOT IN (SELECT coalesce({self.division('district')}, '') "
                f"FROM vague AS s WHERE {some})")],
                self.ask("coverage", layer="divisions", filter="level = 'district'",
                         other="vague", other_filter=some, limit=EVERYTHING))
        self.settle()

    def check_chain(self, *arguments):
        *references, answer, max_m, off_by = arguments
        counts, doubtful = {}, set()
        for n, rows in enumerate(references):
            for a, _, metres in rows:
                counts.setdefault(a, [0] * len(references))[n] += metres <= max_m
                if abs(metres - max_m) < off_by[n](metres):
                    doubtful.add(a)
        told = {f["id"]: [o["count"] for o in f["properties"]["others"]]
                for f in answer["features"]}
        self.assertEqual(set(told), set(counts))
        for a in set(told) - doubtful:
            self.assertEqual(told[a], counts[a])
        if not doubtful:
            self.assertEqual(answer["within"], sum(all(c) for c in counts.values()))
        links = [sum(c > 0 for c in told[f["id"]]) for f in answer["features"]]
        self.assertEqual(links, sorted(links, reverse=True))

    def test_chain(self):
        others = ("lots", "ways")
        for max_km in (0.5, 2, 5, 9, 15):
            self.later(self.check_chain,
                       [("a, b, d", self.pairs("spots", b)) for b in others],
                       self.ask("chain", layer="spots", other=",".join(others),
                                filter="n = 1", max_km=max_km, limit=EVERYTHING),
                       max_km * 1000, [self.off_by("spots", b) for b in others])
        self.settle()

    # ---- flows ----

    def check_flows(self, rows, unknown, answer):
        got = {(f["origin"]["adcode"], f["host"]["adcode"]): sorted(f["ids"])
               for f in answer["flows"]}
        self.assertEqual(got, {(o, h): sorted(ids.split(",")) for o, h, ids in rows})
        self.assertEqual(answer["unknown"], unknown[0][0])
        counts = [f["count"] for f in answer["flows"]]
        self.assertEqual(counts, sorted(counts, reverse=True))
        self.assertEqual(sum(counts), answer["total"])

    def test_flows(self):
        """A code of six digits that no division has still says the province and city."""
        for level in ("city", "province"):
            up = [self.by_code(f"{name}_adcode", level) for name in ("origin", "host")]
            trips = (f"(SELECT id, {up[0]} AS o, {up[1]} AS h, {{}} AS asked "
                     "FROM enclaves)")
            for asked, where, shown in (
                    ({}, "1", "1"), ({"outside": "true"}, "1", "o <> h"),
                    ({"host": "320200"}, self.by_code("host_adcode", "city") +
                     " = '320200'", "1"),
                    ({"origin": "330000", "outside": "true"},
                     self.by_code("origin_adcode", "province") + " = '330000'",
                     "o <> h")):
                rows = trips.format(where)
                self.later(self.check_flows, [
                    ("o, h, ids", f"SELECT o, h, group_concat(id) AS ids FROM {rows} "
                     f"WHERE asked AND {shown} AND o IS NOT NULL AND h IS NOT NULL "
                     "GROUP BY 1, 2"),
                    ("n", f"SELECT count(*) AS n FROM {rows} WHERE asked AND "
                     "(o IS NULL OR h IS NULL)")],
                    self.ask("flows", layer="enclaves", level=level, **asked))
        self.settle()


if __name__ == "__main__":
    unittest.main(verbosity=2)
