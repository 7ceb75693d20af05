# SPDX-License-Identifier: Apache-2.0
"""Tiles that nobody expects: asked for endlessly, at the corners of grids, of layers
made to hurt; and a disk tier that others have been at."""

import concurrent.futures
import json
import math
import os
import random
import re
import resource
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

import fixture
from harness import Folder, Server, run, write

IS_SANITIZED = any(name in os.environ.get("INNOMAP", "") for name in ("asan", "tsan"))
LESS = 10 if IS_SANITIZED else 1  # what takes ten times as long
REQUESTS, CONNECTIONS = 10_000 // LESS, 8
PNG_RENDERS = 'innomap_render_seconds_count{kind="png"}'
MVT_RENDERS = 'innomap_render_seconds_count{kind="mvt"}'


def area(ring):
    return {"type": "Polygon", "coordinates": [ring + ring[:1]]}


def star(n):
    """Spikes of some kilometres."""
    return [[120.5 + (1 + .3 * (i % 2)) * math.cos(2 * math.pi * i / n),
             31 + (1 + .3 * (i % 2)) * math.sin(2 * math.pi * i / n)] for i in range(n)]


HOSTILE = {
    "nothing": [],
    "everything": [area([[114.5, 26.8], [123.5, 26.8], [123.5, 35.6], [114.5, 35.6]])],
    "spikes": [area(star(20_000 // LESS))],
    "heap": [{"type": "Point", "coordinates": [121.5 + i * 1e-9, 31.2]} for i in range(3_000 // LESS)],
    "river": [{"type": "LineString", "coordinates": [
        [119 + i * 1e-4, 31 + .01 * math.sin(i / 3)] for i in range(30_000 // LESS)]}],
}


def hostile_style(layer, kind):
    name = {"id": layer + "-name", "type": "symbol", "metadata": {"order": 700},
            "layout": {"text-field": ["get", "name_zh"],
                       **({"symbol-placement": "line", "symbol-spacing": 50} if kind == "line" else {})},
            "paint": {"text-color": "#000000"}}
    paint = {"point": ("circle", {"circle-radius": 4}), "line": ("line", {"line-width": 2}),
             "area": ("fill", {"fill-color": "#88aa88"})}[kind]
    return {"layers": [{"id": layer + "-body", "type": paint[0], "metadata": {"order": 300},
                        "paint": paint[1]}, name]}


def make_hostile(db, folder):
    fixture.make_layers(folder)
    for i, (layer, shapes) in enumerate(HOSTILE.items()):
        kind = {"Point": "point", "LineString": "line"}.get(shapes[0]["type"] if shapes else "", "area")
        definition = fixture.definition(layer, kind, 50 + i)
        definition["facts"] = {"file": layer + ".geojson"}
        definition["fields"] = definition["fields"][:2]
        definition["roles"] = {"name_zh": "name_zh"}
        definition["names_places"] = False
        write(f"{folder}/{layer}/layer.json", json.dumps(definition))
        write(f"{folder}/{layer}/style.json", json.dumps(hostile_style(layer, kind)))
        if not shapes:  # a collection without rows is refused, a table of none is not
            definition["facts"] = {"basemap": layer}
            write(f"{folder}/{layer}/layer.json", json.dumps(definition))
            continue
        write(f"{folder}/{layer}/{layer}.geojson", json.dumps({
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": {"id": f"{layer}{k}", "name_zh": "很长的名字"},
                          "geometry": shape} for k, shape in enumerate(shapes)]}))
    done = run("import", "--shipped", folder, "--db", db, "--lang", "en")
    assert done.returncode == 0, done.stderr + done.stdout


def setUpModule():
    global FOLDER, DB
    FOLDER = Folder()
    DB = FOLDER / "hostile.db"
    make_hostile(DB, FOLDER / "layers")


def tearDownModule():
    FOLDER.remove()


def rss_mb(server):
    with open(f"/proc/{server.process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1024


class TheSameTile(unittest.TestCase):
    """All requests of a connection are sent at once."""

    def flood(self, server, path):
        n = REQUESTS // CONNECTIONS
        one = f"GET {path} HTTP/1.1\r\nHost: a\r\n".encode()
        data = (one + b"\r\n") * (n - 1) + one + b"Connection: close\r\n\r\n"
        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            raw = b"".join(pool.map(lambda _: server.raw(data), range(CONNECTIONS)))
        heads = re.findall(rb"HTTP/1\.1 (\d\d\d) ", raw)
        caching = re.findall(rb"^Cache-Control: (.*)\r$", raw, re.MULTILINE)
        self.assertEqual(len(heads), REQUESTS, path)
        self.assertEqual(len(caching), REQUESTS, path)
        self.assertEqual((len(set(heads)), len(set(caching))), (1, 1), path)
        return int(heads[0]), caching[0].decode()

    def test_ten_thousand_requests_for_it_are_one_drawing(self):
        with Server(DB, "--no-viewer", "--workers", "2") as server:
            for path in ("/tiles/map/9/400/200.png", "/tiles/map/9/400/200.mvt"):
                server.ask(path)  # the map itself
            before, mvt = server.metric(PNG_RENDERS), server.metric(MVT_RENDERS)
            memory = rss_mb(server)
            for path, answer in (
                    ("/tiles/map/14/100/100.png", (200, "no-cache")),
                    ("/tiles/map/14/100/100.mvt", (204, "no-cache")),
                    ("/tiles/CGCS2000Quad/map/13/100/100.png", (200, "no-cache")),
                    ("/tiles/map/14/100/16384.png", (404, "no-store")),
                    ("/tiles/map/23/100/100.mvt", (404, "no-store")),
                    ("/tiles/no_such_layer/14/100/100.png", (404, "no-store"))):
                self.assertEqual(self.flood(server, path), answer, path)
            self.assertLessEqual(server.metric(PNG_RENDERS) - before, 2)
            self.assertLessEqual(server.metric(MVT_RENDERS) - mvt, 1)
            self.assertLess(server.metric("innomap_cache_bytes"), 1 << 20)
            if not IS_SANITIZED:
                self.assertLess(rss_mb(server), memory + 48)


class Corners(unittest.TestCase):
    def test_of_every_grid_at_every_end(self):
        with Server(DB, "--no-viewer") as server:
            grids = [g["id"] for g in server.get("/tileMatrixSets").json()["tileMatrixSets"]]
            for grid in dict.fromkeys(grids + ["GCJ02Quad"]):
                found = server.get(f"/tileMatrixSets/{grid}")
                if found.status != 200:  # it is no OGC grid: as WebMercatorQuad
                    found = server.get("/tileMatrixSets/WebMercatorQuad")
                matrices = found.json()["tileMatrices"]
                for m in (matrices[0], matrices[len(matrices) // 2], matrices[-1]):
                    z, right, below = int(m["id"]), m["matrixWidth"], m["matrixHeight"]
                    for x in {0, right - 1}:
                        for y in {0, below - 1}:
                            for suffix in ("png", "mvt"):
                                path = f"/tiles/{grid}/map/{z}/{x}/{y}.{suffix}"
                                self.assertIn(server.ask(path).status, (200, 204), path)
                    for x, y in ((right, 0), (0, below), (right, below), (-1, 0), (0, -1),
                                 (2 ** 32, 0), (0, 2 ** 64), (2 ** 31 - 1, 2 ** 31 - 1)):
                        for suffix in ("png", "mvt", "webp", "jpg"):
                            path = f"/tiles/{grid}/map/{z}/{x}/{y}.{suffix}"
                            answer = server.ask(path)
                            self.assertIn(answer.status, (400, 404), path)
                            self.assertEqual(answer.headers["Cache-Control"], "no-store")
                            self.assertIn("allowed", answer.json(), path)
                path = f"/tiles/{grid}/map/{len(matrices)}/0/0.png"
                self.assertEqual(server.ask(path).status, 404, path)
            self.assertNotIn("level=error", server.log())


class Shapes(unittest.TestCase):
    def test_made_to_hurt_are_drawn_in_every_way(self):
        with Server(DB, "--no-viewer", "--workers", "2") as server:
            for layer in (*HOSTILE, "map"):
                for z, x, y in ((0, 0, 0), (6, 53, 26), (10, 857, 418), (16, 54886, 26740), (22, 3512729, 1711406)):
                    for suffix in (".png", ".mvt", ".webp", ".jpg", "@3x.png"):
                        path = f"/tiles/{layer}/{z}/{x}/{y}{suffix}"
                        answer = server.ask(path)
                        self.assertIn(answer.status, (200, 204), (path, answer.body[:300]))
                        self.assertLessEqual(len(answer.body), 4 << 20, path)
                        again = server.ask(path)
                        self.assertEqual((again.status, again.body), (answer.status, answer.body), path)
                self.assertEqual(server.ask(f"/tiles/CGCS2000Quad/{layer}/9/856/167.png").status, 200)
                self.assertEqual(server.ask(f"/static/{layer}/121.5,31.2,9/300x200.png").status, 200)
                self.assertEqual(server.ask(f"/tiles/{layer}.json").status, 200)
                if layer != "map":
                    near = server.get("/api/nearest", layer=layer, lon=121.5, lat=31.2, k=5)
                    self.assertEqual(near.status, 200, near.body)
            self.assertEqual(server.stop(), 0)
            log = server.log()
            self.assertNotIn("level=error", log)
            self.assertNotIn("Sanitizer", log)


class DiskTier(unittest.TestCase):
    PATHS = [f"/tiles/map/10/{x}/{y}.{suffix}" for x in (856, 857) for y in (418, 419)
             for suffix in ("png", "webp", "mvt")]

    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.cache = self.folder / "tiles"

    def server(self):
        return Server(DB, "--no-viewer", "--workers", "2", "--tile-cache-dir", self.cache)

    def files(self):
        return sorted(os.path.join(folder, name) for folder, _, names in os.walk(self.cache) for name in names)

    def damage(self, path, how, chance):
        with open(path, "rb") as file:
            data = bytearray(file.read())
        if how == "flip":
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        elif how == "cut":
            del data[chance.randrange(len(data)):]
        elif how == "more":
            data += b"more"
        elif how == "foreign":
            data = bytearray(b"<html>not found</html>")
        os.remove(path)
        if how == "folder":
            os.mkdir(path)
        elif how == "pipe":
            os.mkfifo(path)
        elif how == "link":
            os.symlink("/dev/zero", path)
        else:
            with open(path, "wb") as file:
                file.write(data)

    def test_whatever_has_been_done_to_its_files_tiles_are_right(self):
        with self.server() as server:
            before = {path: server.get(path).body for path in self.PATHS}
            self.assertEqual(server.metric("innomap_disk_cache_written_total"), len(before))
        chance = random.Random(5)
        for how in ("flip", "flip", "cut", "more", "foreign", "folder", "pipe", "link"):
            for path in self.files():
                self.damage(path, how, chance)
            with self.server() as server:
                for path, body in before.items():
                    self.assertEqual(server.get(path).body, body, (how, path))
                self.assertEqual(server.metric("innomap_disk_cache_hits_total"), 0, how)
                self.assertEqual(server.metric("innomap_disk_cache_off"), 0, how)
                self.assertEqual(server.stop(), 0)
            for folder in list(os.walk(self.cache)):
                for name in folder[1]:
                    if len(name) > 2:  # a folder in a file's place is not ours to remove
                        os.rmdir(os.path.join(folder[0], name))
            for path in self.files():
                if not os.path.isfile(path) or os.path.islink(path):
                    os.remove(path)
            with self.server() as server:
                for path, body in before.items():
                    self.assertEqual(server.get(path).body, body, (how, path))
                self.assertNotIn("level=error", server.log())

    def test_two_servers_share_it(self):
        with self.server() as one, self.server() as other:
            def ask(i):
                path = self.PATHS[i % len(self.PATHS)]
                answer = (one if i // len(self.PATHS) % 2 else other).ask(path)
                return path, answer.status, answer.body

            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(ask, range(6 * len(self.PATHS))))
            self.assertEqual(len({a for a in answers}), len(self.PATHS))
            for server in (one, other):
                self.assertEqual(server.metric("innomap_disk_cache_healed_total"), 0)
                self.assertEqual(server.metric("innomap_disk_cache_off"), 0)
        with self.server() as third:
            for path, _, body in answers[:len(self.PATHS)]:
                self.assertEqual(third.ask(path).body, body)
            self.assertEqual(third.metric("innomap_disk_cache_hits_total"), len(self.PATHS))

    def test_a_disk_that_takes_no_more_turns_it_off_and_nothing_else(self):
        with self.server() as server:
            first = server.get(self.PATHS[0])
            # each byte of a file beyond this fails, as on a full disk
            resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (100, 100))
            for path in self.PATHS:
                self.assertEqual(server.get(path).status, 200, path)
            self.assertEqual(server.metric("innomap_disk_cache_off"), 1)
            self.assertEqual(server.get(self.PATHS[0]).body, first.body)
            self.assertEqual(server.stop(), 0)
        self.assertEqual(len(self.files()), 1)  # no half-written one

    def test_it_may_vanish_while_it_is_used(self):
        with self.server() as server:
            before = {path: server.get(path).body for path in self.PATHS[:4]}
            shutil.rmtree(self.cache)
            for path in self.PATHS:
                self.assertEqual(server.get(path).body, before.get(path, server.get(path).body))
            self.assertEqual(server.stop(), 0)


if __name__ == "__main__":
    unittest.main()
