# SPDX-License-Identifier: Apache-2.0
"""Static maps, sprites and stylesheets as the server sends them."""

import os
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

import fixture
from harness import Folder, Server

PLACE = "/static/map/121.5,31.2,8.5/"


def setUpModule():
    global FOLDER, SERVER
    FOLDER = Folder()
    db = FOLDER / "test.db"
    fixture.make_database(db, FOLDER / "layers")
    SERVER = Server(db, "--no-viewer")


def tearDownModule():
    SERVER.stop()
    SERVER.close()
    FOLDER.remove()


def png_size(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


class StaticMaps(unittest.TestCase):
    def test_a_picture_has_the_size_asked_for(self):
        for size, expected in (("400x300.png", (400, 300)), ("400x300@3x.png", (1200, 900))):
            answer = SERVER.get(PLACE + size)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["Content-Type"], "image/png")
            self.assertEqual(png_size(answer.body), expected)

    def test_other_formats(self):
        for suffix, kind, magic in ((".jpg", "image/jpeg", b"\xff\xd8"),
                                    (".webp", "image/webp", b"RIFF")):
            answer = SERVER.get("/static/sites/121,31,122,32/300x200" + suffix)
            self.assertEqual(answer.headers["Content-Type"], kind)
            self.assertTrue(answer.body.startswith(magic))

    def test_what_is_asked_for_changes_the_picture(self):
        bodies = [SERVER.get(PLACE + "400x300.png", **more).body for more in (
            {}, {"legend": "inside"}, {"legend": "right"}, {"legend": "below"}, {"scale": "true"}, {"title": "标题"}, {"lang": "en"},
            {"marker": "121.4,31.3,站,c2185b"}, {"style": "dark"})]
        self.assertEqual(len(set(bodies)), len(bodies))

    def test_several_markers(self):
        two = SERVER.ask(PLACE + "400x300.png?marker=121.4,31.3&marker=121.6,31.1")
        one = SERVER.ask(PLACE + "400x300.png?marker=121.4,31.3")
        self.assertEqual((two.status, one.status), (200, 200))
        self.assertNotEqual(one.body, two.body)

    def test_a_known_picture_is_not_drawn_again(self):
        first = SERVER.get(PLACE + "400x300.png")
        again = SERVER.ask(PLACE + "400x300.png", if_none_match=first.headers["ETag"])
        self.assertEqual(again.status, 304)

    def test_refusals_name_the_value_and_what_is_allowed(self):
        for path, status, *words in (
                ("/static/map/2,48,9/400x300.png", 400, "2", "112..126"),
                ("/static/map/121,31,23/400x300.png", 400, "23", "0..22"),
                ("/static/map/121,31/400x300.png", 400, "121,31", "121.47,31.23,9.5"),
                ("/static/map/nan,31,9/400x300.png", 400, "nan"),
                ("/static/map/122,31,121,32/400x300.png", 400, "122"),
                (PLACE + "400x300.gif", 400, "400x300.gif", ".webp"),
                (PLACE + "5000x300.png", 400, "4096"),
                (PLACE + "3000x300@2x.png", 400, "3000", "2048"),
                (PLACE + "0x0.png", 400, "0x0"),
                (PLACE + "400x300.png?marker=121", 400, "121"),
                (PLACE + "400x300.png?marker=121,31,a,b,c,d", 400, "a,b,c,d"),
                (PLACE + "400x300.png?legend=1", 400, "legend", "true", "below"),
                (PLACE + "400x300.png?styel=dark", 400, "styel", "style"),
                (PLACE + "400x300.png?style=none", 404, "none", "default"),
                ("/static/none/121,31,9/400x300.png", 404, "none", "map")):
            answer = SERVER.ask(path)
            self.assertEqual(answer.status, status, path)
            for word in words:
                self.assertIn(word, answer.body.decode(), path)

    def test_markers_are_bounded(self):
        marks = "&".join(["marker=121,31"] * 101)
        self.assertEqual(SERVER.ask(PLACE + "400x300.png?" + marks).status, 400)


class Looks(unittest.TestCase):
    def test_sprites_are_sent_with_a_tag(self):
        for ratio in ("", "@2x", "@3x"):
            answer = SERVER.get(f"/sprites/innomap{ratio}.json")
            self.assertIn("park", answer.json())
            picture = SERVER.get(f"/sprites/innomap{ratio}.png")
            self.assertEqual(picture.headers["Content-Type"], "image/png")
            known = SERVER.ask(f"/sprites/innomap{ratio}.png",
                               if_none_match=picture.headers["ETag"])
            self.assertEqual(known.status, 304)
        self.assertEqual(SERVER.get("/sprites/other.png").status, 404)

    def test_a_style_of_the_whole_map_is_ready_for_other_pages(self):
        style = SERVER.get("/styles/dark.json").json()
        base = f"http://127.0.0.1:{SERVER.port}"
        self.assertEqual(style["version"], 8)
        self.assertEqual(style["sprite"], base + "/sprites/innomap")
        self.assertTrue(style["glyphs"].startswith(base))
        tiles = style["sources"]["innomap"]["tiles"][0]
        self.assertTrue(tiles.startswith(base))
        self.assertIn("style=dark", tiles)

    def test_legends_are_those_of_the_style_asked_for(self):
        def legends(**more):
            layers = SERVER.get("/api/layers", **more).json()["layers"]
            return {layer["id"]: layer["legend"] for layer in layers}

        own = legends()
        self.assertEqual(own["sites"][0]["color"], "#d9822b")
        # a layer that no style knows is drawn, and told, by its own style.json
        self.assertEqual(legends(style="dark"), own)
        self.assertEqual(legends(style="default"), own)
        refused = SERVER.get("/api/layers", style="none")
        self.assertEqual(refused.status, 404)
        self.assertIn("dark", refused.json()["detail"])

    def test_each_style_draws_another_tile(self):
        tiles = {SERVER.get("/tiles/map/8/214/104.png", style=style).body
                 for style in ("dark", "government-blue", "light")}
        self.assertGreaterEqual(len(tiles), 2)


if __name__ == "__main__":
    unittest.main()
