# SPDX-License-Identifier: Apache-2.0
"""What one question may cost: its deadline."""

import concurrent.futures
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

import fixture
from harness import Folder, Server, run, until


def setUpModule():
    global FOLDER, DB
    FOLDER = Folder()
    DB = FOLDER / "test.db"
    fixture.make_database(DB, FOLDER / "layers")


def tearDownModule():
    FOLDER.remove()


class Deadlines(unittest.TestCase):
    def test_a_question_that_waited_too_long_is_not_begun(self):
        with Server(DB, "--no-viewer", "--workers", "1", "--no-cache", "--question-ms",
                    "1") as server:
            with concurrent.futures.ThreadPoolExecutor(25) as pool:
                tiles = [pool.submit(server.ask, f"/tiles/map/12/{3420 + i}/1670@2x.png")
                         for i in range(24)]

                def is_late():
                    answer = server.get("/api/within", layer="sites", near="东园",
                                        radius_km=5, lang="en")
                    return answer if answer.status == 503 else all(
                        t.done() for t in tiles)

                answer = until(is_late, "a question waits behind tiles")
                self.assertIsNot(answer, True, "no question had to wait")
                self.assertIn("busy", answer.json()["detail"])
                self.assertEqual(answer.headers["Retry-After"], "1")
                # the deadline is that of questions, not of tiles
                self.assertEqual({t.result().status for t in tiles}, {200})
            self.assertEqual(server.stop(), 0)
            self.assertNotIn("level=error", server.log())

    def test_the_deadline_has_a_range(self):
        for value in ("0", "x", "3600001"):
            done = run("serve", "--question-ms", value, "--lang", "en")
            self.assertEqual(done.returncode, 2)
            self.assertIn("3600000", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
