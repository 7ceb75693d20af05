# SPDX-License-Identifier: Apache-2.0
"""What one question may cost: its deadline, and nobody else's tile."""

import concurrent.futures
import math
import os
import sys
import unittest
import urllib.parse

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


def heavy_question():
    """A form whose filter takes long to read: an outline of very many vertices."""
    n = 20000
    ring = [(121 + math.cos(i * 2 * math.pi / n), 31 + math.sin(i * 2 * math.pi / n))
            for i in range(n)]
    ring = ",".join(f"{x:.9f} {y:.9f}" for x, y in ring + ring[:1])
    return urllib.parse.urlencode(
        {"layer": "sites", "lang": "en", "filter": f"s_intersects(geom,POLYGON(({ring})))"})


def ask_heavy(server, form):
    return server.ask("/api/list", "POST", body=form,
                      **{"Content-Type": "application/x-www-form-urlencoded"})


QUESTIONS = 'innomap_queue_length{queue="questions"}'


class Queues(unittest.TestCase):
    def test_a_tile_is_drawn_while_questions_wait(self):
        form = heavy_question()
        with Server(DB, "--no-viewer", "--workers", "1", "--no-cache", "--question-ms",
                    "60000") as server:
            self.assertEqual(server.ask("/tiles/map/7/107/52.png").status, 200)
            with concurrent.futures.ThreadPoolExecutor(64) as pool:
                asked = [pool.submit(ask_heavy, server, form) for _ in range(64)]
                # one is being answered, all others have arrived
                until(lambda: server.metric(QUESTIONS)
                      + sum(a.done() for a in asked) >= 63, "all questions wait")
                tile = server.ask("/tiles/map/7/107/52.png")
                waiting = server.metric(QUESTIONS)
                self.assertEqual(tile.status, 200)
                self.assertGreater(waiting, 0, "the tile did not overtake any question")
                self.assertEqual(server.metric('innomap_queue_length{queue="drawing"}'), 0)
                self.assertEqual({a.result().status for a in asked}, {200})


class Deadlines(unittest.TestCase):
    def test_a_question_that_waited_too_long_is_not_begun(self):
        form = heavy_question()
        with Server(DB, "--no-viewer", "--workers", "1", "--no-cache", "--question-ms",
                    "1") as server:
            with concurrent.futures.ThreadPoolExecutor(16) as pool:

                def late():
                    asked = [pool.submit(ask_heavy, server, form) for _ in range(16)]
                    answers = [a.result() for a in asked]
                    self.assertLessEqual({a.status for a in answers}, {200, 503})
                    return [a for a in answers if a.status == 503
                            and "the question waited" in a.json()["detail"]]

                answer = until(late, "a question waits behind others")[0]
                self.assertEqual(answer.headers["Retry-After"], "1")
            # the deadline is that of questions, not of tiles
            self.assertEqual(server.ask("/tiles/map/12/3420/1670@2x.png").status, 200)
            self.assertEqual(server.stop(), 0)
            self.assertNotIn("level=error", server.log())

    def test_deadlines_have_a_range(self):
        for value in ("0", "x", "3600001"):
            for option in ("--question-ms", "--tile-ms"):
                done = run("serve", option, value, "--lang", "en")
                self.assertEqual(done.returncode, 2)
                self.assertIn("3600000", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
