# SPDX-License-Identifier: Apache-2.0
"""What stays of the tile caches over an import, over a restart and over bad luck."""

import os
import random
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

from fixture import SITES, make_database, rows
from harness import Folder, Server, run, until, write

NEAR, FAR, EMPTY = "/tiles/map/10/857/418.png", "/tiles/map/10/849/413.png", "/tiles/map/10/1/1.png"
SECONDS_OF_TILES = float(os.environ.get("IM_SOAK_SECONDS", "0"))  # else a number of tiles


class TileCache(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.remove)
        self.db = self.folder / "test.db"
        make_database(self.db, self.folder / "layers")

    def server(self, *options):
        return Server(self.db, "--no-viewer", "--workers", "2", *options)

    def import_moved(self, moved):
        """The same sites, S2 moved by a little (S1 is the easternmost: the extent of the layer stays)."""
        sites = [(*s[:5], moved, s[6]) if s[0] == "S2" else s for s in SITES]
        write(self.folder / "layers/sites/sites.csv", rows(sites))
        done = run("import", "--shipped", self.folder / "layers", "--db", self.db, "--lang", "en")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_import_leaves_tiles_alone_that_it_does_not_concern(self):
        with self.server() as server:
            before = {path: server.get(path) for path in (NEAR, FAR, EMPTY)}
            token = server.get("/tiles/map.json").json()["tiles"][0]
            self.import_moved(121.405)
            until(lambda: server.get("/tiles/map.json").json()["tiles"][0] != token, "the new data")
            after = {path: server.get(path) for path in (NEAR, FAR, EMPTY)}
            self.assertNotEqual(after[NEAR].body, before[NEAR].body)
            self.assertNotEqual(after[NEAR].headers["ETag"], before[NEAR].headers["ETag"])
            for path in (FAR, EMPTY):
                self.assertEqual(after[path].body, before[path].body)
                self.assertEqual(after[path].headers["ETag"], before[path].headers["ETag"])
                answer = server.ask(path, If_None_Match=before[path].headers["ETag"])
                self.assertEqual((answer.status, answer.body), (304, b""))
                self.assertEqual(answer.headers["Cache-Control"], "no-cache")
            self.assertEqual(server.ask(NEAR, If_None_Match=before[NEAR].headers["ETag"]).status, 200)
            self.assertGreaterEqual(server.metric("innomap_cache_kept_total"), 2)
            self.assertEqual(server.metric("innomap_cache_dropped_total"), 1)
            self.assertEqual(server.metric('innomap_render_seconds_count{kind="png"}'), 4)
            # back as it was: the same tile again, under its old name
            token = server.get("/tiles/map.json").json()["tiles"][0]
            self.import_moved(121.40)
            until(lambda: server.get("/tiles/map.json").json()["tiles"][0] != token, "the old data")
            self.assertEqual(server.get(NEAR).headers["ETag"], before[NEAR].headers["ETag"])

    def test_the_disk_survives_a_restart_and_damage(self):
        cache = self.folder / "tiles"
        options = ("--tile-cache-dir", cache, "--tile-cache-disk-mb", "64")
        with self.server(*options) as server:
            before = {path: server.get(path) for path in (NEAR, FAR, "/tiles/map/9/428/209.mvt")}
            self.assertEqual(server.metric("innomap_disk_cache_written_total"), 3)
        with self.server(*options) as server:
            for path, answer in before.items():
                again = server.get(path)
                self.assertEqual((again.body, again.headers["ETag"], again.headers["Content-Type"]),
                                 (answer.body, answer.headers["ETag"], answer.headers["Content-Type"]))
            self.assertEqual(server.metric("innomap_disk_cache_hits_total"), 3)
            self.assertEqual(server.metric('innomap_render_seconds_count{kind="png"}'), 0)
        for folder, _, names in os.walk(cache):
            for name in names:
                with open(os.path.join(folder, name), "r+b") as file:
                    file.seek(-3, os.SEEK_END)
                    byte = file.read(1)
                    file.seek(-3, os.SEEK_END)
                    file.write(bytes([byte[0] ^ 1]))
        with self.server(*options) as server:
            for path, answer in before.items():
                self.assertEqual(server.get(path).body, answer.body)
            self.assertEqual(server.metric("innomap_disk_cache_healed_total"), 3)
            self.assertEqual(server.metric("innomap_disk_cache_hits_total"), 0)
            self.assertEqual(server.metric("innomap_disk_cache_off"), 0)

    def test_a_folder_that_cannot_be_used_is_refused(self):
        done = run("serve", "--db", self.db, "--port", "0", "--no-viewer", "--lang", "en",
                   "--tile-cache-dir", self.folder / "no/such")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("--tile-cache-dir", done.stderr)

    def rss_kb(self, server):
        with open(f"/proc/{server.process.pid}/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

    def test_random_tiles_do_not_fill_the_memory(self):
        """Some seconds of it here; IM_SOAK_SECONDS=3600 for an hour."""
        cache_mb = 4
        pick = random.Random(7)
        with self.server("--cache-mb", str(cache_mb)) as server:
            connection = server.connect()

            def ask(n, z=16):
                for _ in range(n):
                    x, y = pick.randrange(2**z), pick.randrange(2**z)
                    if pick.random() < 0.5:  # over the places
                        z, x, y = 14, pick.randrange(13690, 13750), pick.randrange(6680, 6720)
                    path = f"/tiles/map/{z}/{x}/{y}.{pick.choice(('png', 'mvt'))}"
                    self.assertIn(server.ask(path, connection=connection).status, (200, 204))

            ask(1500)
            before = self.rss_kb(server)
            if SECONDS_OF_TILES:
                import time
                end = time.monotonic() + SECONDS_OF_TILES
                while time.monotonic() < end:
                    ask(500)
            else:
                ask(3000)
            connection.close()
            self.assertLessEqual(server.metric("innomap_cache_bytes"), cache_mb * 1024 * 1024)
            if "asan" not in os.environ.get("INNOMAP", "") and "tsan" not in os.environ.get("INNOMAP", ""):
                self.assertLess(self.rss_kb(server), before + (cache_mb + 24) * 1024)


if __name__ == "__main__":
    unittest.main()
