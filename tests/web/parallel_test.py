# SPDX-License-Identifier: Apache-2.0
"""Many clients at once while imports run. Worth most under the thread sanitizer:
cmake --preset tsan && cmake --build --preset tsan && ctest --preset tsan -R web/parallel"""

import concurrent.futures
import os
import random
import sys
import unittest
import urllib.parse

sys.path.insert(0, os.path.dirname(__file__))

import fixture
from harness import Folder, Server, run, write

CLIENTS = 8
REQUESTS = 150
IMPORTS = 5


def client(server, seed):
    """A random walk over every kind of request; returns what was not as it should be."""
    chance = random.Random(seed)
    connection = server.connect()
    wrong = []
    for _ in range(REQUESTS):
        z = chance.choice((6, 8, 10))
        x, y = {6: (53, 26), 8: (214, 104), 10: (857, 418)}[z]
        path = chance.choice((
            f"/tiles/map/{z}/{x + chance.randrange(3)}/{y}.png",
            f"/tiles/sites,others/{z}/{x}/{y + chance.randrange(2)}.mvt",
            f"/tiles/sites/{z}/{x}/{y}@2x.png?lang=en",
            "/api/nearest?layer=sites&lon=121.5&lat=31.2",
            "/api/nearest?layer=sites,others&near=S1&k=60",
            "/api/within?layer=sites&lon=121.5&lat=31.2&radius_km=50",
            "/api/layers", "/styles/map.json", "/tiles/map.json", "/metrics",
            # every format, look, size and grid
            f"/tiles/map/{z}/{x}/{y}.webp", f"/tiles/map/{z}/{x}/{y}.jpg",
            f"/tiles/map/{z}/{x}/{y}@3x.png?style=dark", f"/tiles/512/map/{z - 1}/{x // 2}/{y // 2}.png",
            f"/tiles/CGCS2000Quad/map/{z - 1}/{x}/{y // 2}.mvt", f"/tiles/GCJ02Quad/map/{z}/{x}/{y}.png",
            f"/tiles/sites/{z}/{x}/{y}.png?filter=id<>'{chance.randrange(40)}'",
            f"/static/map/121.5,31.2,{z}/300x200.png",
            "/tiles/nothing/1/1/1.png", "/api/nearest?layer=sites"))
        answer = server.ask(path, connection=connection, accept_encoding="gzip")
        if answer.status not in (200, 204, 400, 404, 503):
            wrong.append((path, answer.status, answer.body[:200]))
    connection.close()
    return wrong


# Questions of every kind, also such as need indexes that are made on demand.
QUESTIONS = (
    "/api/nearest?layer=sites,others&lon=121.5&lat=31.2&each=true",
    "/api/nearest?layer=sites&near=S1&filter=precision='site'",
    "/api/list?layer=sites&filter=city='上海市'&sortby=name", "/api/list?layer=sites&q=园",
    "/api/within?layer=sites&bbox=121,31,122,32",
    "/api/aggregate?layer=sites,others&by=layer", "/api/aggregate?layer=sites&by=precision",
    "/api/coverage?layer=sites&other=others&max_km=5", "/api/join?layer=sites&other=others",
    "/api/chain?layer=sites&other=others&max_km=50", "/api/search?q=园&facets=true",
    "/api/suggest?q=dong", "/api/duplicates", "/api/changes?layer=sites",
    "/api/ask?q=离东园最近的地点", "/ogc", "/ogc/api", "/ogc/collections",
    "/ogc/collections/sites/items?filter=city='上海市'&limit=2",
    "/ogc/collections/sites/items?q=园&f=html", "/ogc/collections/sites/items/S1")
BURST = 200


class Parallel(unittest.TestCase):
    def test_two_hundred_questions_while_layers_are_replaced(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        db = folder / "test.db"
        fixture.make_database(db, folder / "layers")

        def one(server, i):
            path = urllib.parse.quote(QUESTIONS[i % len(QUESTIONS)], safe="/?&=,")
            # some name a host of their own: what holds it is made for each
            host = f"host{i % 7}.example" if i % 3 else "127.0.0.1"
            answer = server.ask(path, accept_encoding="gzip", host=host)
            return path, answer.status, answer.body[:300] if answer.status >= 500 else b""

        with Server(db, "--no-viewer", "--workers", "3") as server:
            for path in QUESTIONS:
                answer = server.ask(urllib.parse.quote(path, safe="/?&=,"))
                self.assertIn(answer.status, (200, 404), (path, answer.body))
            with concurrent.futures.ThreadPoolExecutor(BURST) as pool:
                for i in range(IMPORTS):
                    asked = [pool.submit(one, server, j) for j in range(BURST)]
                    path = folder / f"import{i}.csv"
                    write(path, fixture.rows([(f"S{k}", f"新园{i}", f"New {i}", "上海市",
                                               "site", 121.5 + i / 100, 31.2)
                                              for k in range(i, i + 9)]))
                    done = run("import", path, "--layer", "sites", "--db", db)
                    self.assertEqual(done.returncode, 0, done.stderr)
                    answers = [a.result() for a in asked]
                    # a place may have gone, or be one of several
                    wrong = [a for a in answers if a[1] not in (200, 300, 404)]
                    self.assertEqual(wrong, [])
            self.assertEqual(server.stop(), 0)
            log = server.log()
            self.assertNotIn("Sanitizer", log)
            self.assertNotIn("level=error", log)

    def test_clients_and_imports_at_once(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        db = folder / "test.db"
        fixture.make_database(db, folder / "layers")
        with Server(db, "--no-viewer", "--workers", "3", "--cache-mb", "1", "--maps-mb", "8",
                    "--tile-cache-dir", folder / "tiles") as server:
            with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
                walks = [pool.submit(client, server, seed) for seed in range(CLIENTS)]
                for i in range(IMPORTS):
                    path = folder / f"import{i}.csv"
                    write(path, fixture.rows([(f"N{i}", f"新{i}", f"New {i}", "上海市",
                                               "site", 121.5 + i / 100, 31.2)]))
                    done = run("import", path, "--layer", "sites", "--db", db)
                    self.assertEqual(done.returncode, 0, done.stderr)
                for walk in walks:
                    self.assertEqual(walk.result(), [])
            self.assertEqual(server.stop(), 0)
            log = server.log()
            self.assertNotIn("Sanitizer", log)
            self.assertNotIn("level=error", log)


if __name__ == "__main__":
    unittest.main()
