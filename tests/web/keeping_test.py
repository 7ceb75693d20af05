# SPDX-License-Identifier: Apache-2.0
"""What others may keep of each kind of tile, and how they ask whether it still holds."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

from fixture import make_database
from harness import Folder, Server

PLAIN = ("/tiles/map/8/214/104.png", "/tiles/map/8/214/104.webp", "/tiles/map/8/214/104.jpg",
         "/tiles/map/8/214/104@3x.png", "/tiles/512/map/7/107/52.png", "/tiles/map/8/0/0.png",
         "/tiles/CGCS2000Quad/map/7/214/41.png", "/tiles/GCJ02Quad/map/8/214/104.png",
         "/static/map/121.5,31.2,8/300x200.png", "/tms/1.0.0/map@WebMercatorQuad@png/8/214/151.png",
         "/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=map&STYLE=default&TILEMATRIXSET=WebMercatorQuad"
         "&TILEMATRIX=8&TILEROW=104&TILECOL=214&FORMAT=image/png",
         "/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec&STYLE=default&TILEMATRIXSET=w"
         "&TILEMATRIX=8&TILEROW=104&TILECOL=214&FORMAT=tiles",
         "/DataServer?T=vec_w&x=214&y=104&l=8", "/sprites/innomap.png")
ZIPPED = ("/tiles/map/8/214/104.mvt", "/tiles/map.json", "/styles/map.json", "/wmts/1.0.0/WMTSCapabilities.xml")


class Keeping(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        make_database(cls.folder / "test.db", cls.folder / "layers")
        cls.server = Server(cls.folder / "test.db", "--no-viewer").__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)
        cls.folder.remove()

    def test_head_tag_and_304_for_every_kind(self):
        for path in PLAIN + ZIPPED:
            with self.subTest(path):
                whole = self.server.get(path)
                self.assertEqual(whole.status, 200)
                self.assertEqual(whole.headers["Cache-Control"], "no-cache")
                self.assertEqual(whole.headers["Access-Control-Allow-Origin"], "*")
                self.assertEqual(whole.headers["Vary"], "Accept-Encoding" if path in ZIPPED else None)
                head = self.server.ask(path, "HEAD")
                self.assertEqual((head.status, head.body), (200, b""))
                for name in ("ETag", "Content-Type", "Content-Length", "Cache-Control", "Vary"):
                    self.assertEqual(head.headers[name], whole.headers[name], name)
                known = self.server.ask(path, If_None_Match=whole.headers["ETag"])
                self.assertEqual((known.status, known.body), (304, b""))
                self.assertEqual(known.headers["ETag"], whole.headers["ETag"])
                self.assertEqual(self.server.ask(path, If_None_Match='"other"').status, 200)

    def test_the_compressed_form_has_a_tag_of_its_own(self):
        for path in PLAIN + ZIPPED:
            with self.subTest(path):
                plain = self.server.get(path)
                zipped = self.server.ask(path, Accept_Encoding="gzip")
                is_zipped = path in ZIPPED
                self.assertEqual(zipped.headers["Content-Encoding"], "gzip" if is_zipped else None)
                self.assertEqual(zipped.headers["ETag"] != plain.headers["ETag"], is_zipped)

    def test_who_names_the_version_keeps_the_tile_for_ever(self):
        for map_path in ("/tiles/", "/tiles/CGCS2000Quad/"):
            address = self.server.get(map_path + "map.json", f="png").json()["tiles"][0]
            path = "/" + address.split("/", 3)[3].format(z=7, x=107, y=52)
            self.assertIn("v=", path)
            self.assertIn("immutable", self.server.ask(path).headers["Cache-Control"])
            other = path[:path.index("v=") + 2] + "0" * 16
            self.assertEqual(self.server.ask(other).headers["Cache-Control"], "no-cache")


if __name__ == "__main__":
    unittest.main()
