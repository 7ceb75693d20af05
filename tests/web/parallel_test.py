# SPDX-License-Identifier: Apache-2.0
"""Many clients at once while imports run. Worth most under the thread sanitizer:
cmake --preset tsan && cmake --build --preset tsan && ctest --preset tsan -R web/parallel"""

import concurrent.futures
import os
import random
import sys
import unittest

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
            "/tiles/nothing/1/1/1.png", "/api/nearest?layer=sites"))
        answer = server.ask(path, connection=connection, accept_encoding="gzip")
        if answer.status not in (200, 204, 400, 404, 503):
            wrong.append((path, answer.status, answer.body[:200]))
    connection.close()
    return wrong


class Parallel(unittest.TestCase):
    def test_clients_and_imports_at_once(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        db = folder / "test.db"
        fixture.make_database(db, folder / "layers")
        with Server(db, "--no-viewer", "--workers", "3", "--cache-mb", "1") as server:
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
