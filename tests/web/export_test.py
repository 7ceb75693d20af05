# SPDX-License-Identifier: Apache-2.0
"""innomap export of tiles: the same bytes as the server's, whatever happens on the way."""

import gzip
import json
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

from fixture import SITES, make_database, rows
from harness import PATIENCE_S, PROGRAM, Folder, Server, environment, run, write

SEED = int(os.environ.get("IM_SEED", "5"))
# the thread sanitizer itself writes and maps a file of half a megabyte when it starts
BOUNDS_FILES = os.environ.get("INNOMAP_SANITIZE") != "thread"
# a sanitizer has seen all of the code after one
N_KILLS = 1 if os.environ.get("INNOMAP_SANITIZE") else 5


def read(path):
    with open(path, "rb") as file:
        return file.read()


def tiles_of_mbtiles(path):
    with sqlite3.connect(path) as db:
        return {(z, x, 2**z - 1 - y): bytes(body)
                for z, x, y, body in db.execute("SELECT * FROM tiles")}


def tiles_of_folder(path, suffix):
    found = {}
    for folder, _, names in os.walk(path):
        for name in names:
            if name.endswith("." + suffix):
                z, x = folder.split("/")[-2:]
                found[int(z), int(x), int(name.split(".")[0])] = read(os.path.join(folder, name))
    return found


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Folder()
        cls.db = cls.folder / "test.db"
        make_database(cls.db, cls.folder / "layers")

    @classmethod
    def tearDownClass(cls):
        cls.folder.remove()

    def export(self, name, *options):
        done = run("export", self.folder / name, "--db", self.db, "--lang", "zh", "--quiet", *options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.folder / name

    def far_grid(self):
        """One matrix over the south of America."""
        folder = self.folder / "grids"
        os.makedirs(folder)
        write(os.path.join(folder, "CGCS2000Quad.json"), json.dumps({
            "id": "CGCS2000Quad", "title": "far", "title_zh": "远", "crs": "http://www.opengis.net/def/crs/EPSG/0/4490",
            "orderedAxes": ["Lat", "Lon"],
            "tileMatrices": [{"id": "0", "scaleDenominator": 69885283.00358972, "cellSize": 0.17578125,
                              "pointOfOrigin": [0, -90], "tileWidth": 256, "tileHeight": 256,
                              "matrixWidth": 1, "matrixHeight": 1}]}))
        return folder

    def refuse(self, code, *arguments):
        done = run("export", *arguments, "--db", self.db, "--lang", "en")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stderr

    def test_pictures_are_those_of_the_server_and_empty_ones_are_left_out(self):
        found = tiles_of_mbtiles(self.export("png.mbtiles", "--max-zoom", "8"))
        self.assertGreater(len(found), 10)
        with Server(self.db, "--no-viewer") as server:
            empty = server.get("/tiles/map/8/0/0.png").body
            for (z, x, y), body in found.items():
                self.assertEqual(server.get(f"/tiles/map/{z}/{x}/{y}.png").body, body, (z, x, y))
            zoom = {(x, y) for z, x, y in found if z == 8}
            xs, ys = zip(*zoom)
            for x in range(min(xs), max(xs) + 1):
                for y in range(min(ys), max(ys) + 1):
                    if (x, y) not in zoom:
                        self.assertEqual(server.get(f"/tiles/map/8/{x}/{y}.png").body, empty)

    def test_an_overlay_has_no_empty_tile(self):
        """The picture of nothing is the server's in each format, size and scale."""
        with Server(self.db, "--no-viewer") as server:
            for i, (address, *options) in enumerate((
                    ("8/0/0.png",), ("8/0/0@2x.png", "--scale", "2"), ("8/0/0.png?size=512", "--size", "512"),
                    ("8/0/0.webp", "--format", "webp"), ("8/0/0.mvt", "--format", "mvt"))):
                found = tiles_of_mbtiles(self.export(f"overlay{i}.mbtiles", "--layers", "sites", "--min-zoom", "8",
                                                     "--max-zoom", "8", *options))
                empty = server.get("/tiles/sites/" + address).body
                self.assertNotIn(empty, found.values(), address)
                xs, ys = ({tile[k] for tile in found} for k in (1, 2))
                self.assertLess(len(found), (max(xs) - min(xs) + 1) * (max(ys) - min(ys) + 1), address)

    def test_vector_tiles_are_those_of_the_server(self):
        options = ("--format", "mvt", "--layers", "sites", "--max-zoom", "7")
        zipped = tiles_of_mbtiles(self.export("mvt.mbtiles", *options))
        plain = tiles_of_folder(self.export("mvt/", *options), "mvt")
        self.assertEqual({k: gzip.decompress(v) for k, v in zipped.items()}, plain)
        with Server(self.db, "--no-viewer") as server:
            for (z, x, y), body in plain.items():
                self.assertEqual(server.get(f"/tiles/sites/{z}/{x}/{y}.mvt").body, body)
        with sqlite3.connect(self.folder / "mvt.mbtiles") as db:
            metadata = dict(db.execute("SELECT * FROM metadata"))
        self.assertEqual(metadata["format"], "pbf")
        self.assertEqual([v["id"] for v in json.loads(metadata["json"])["vector_layers"]], ["sites"])

    def test_the_box_and_the_zooms_bound_what_is_there(self):
        path = self.export("box/", "--bbox", "118.5,31.5,119.2,32.5", "--min-zoom", "6", "--max-zoom", "9")
        found = tiles_of_folder(path, "png")
        self.assertEqual({z for z, _, _ in found}, {6, 7, 8, 9})
        for z, x, y in found:
            self.assertLessEqual(x / 2**z * 360 - 180, 119.2)
            self.assertGreaterEqual((x + 1) / 2**z * 360 - 180, 118.5)
        tilejson = json.loads(read(path + "tiles.json"))
        self.assertEqual(tilejson["bounds"], [118.5, 31.5, 119.2, 32.5])
        self.assertEqual((tilejson["minzoom"], tilejson["maxzoom"]), (6, 9))

    def test_other_grids_go_into_a_folder_that_says_which(self):
        """OGC 17-083r4: a tile matrix set, and a tile set that refers to it."""
        with Server(self.db, "--no-viewer") as server:
            for grid, options in (("CGCS2000Quad", ()), ("GCJ02Quad", ()),
                                  ("WorldCRS84Quad", ("--format", "mvt", "--layers", "sites"))):
                path = self.export(grid + "/", "--grid", grid, "--max-zoom", "7", *options)
                suffix = options[1] if options else "png"
                found = tiles_of_folder(path, suffix)
                self.assertGreater(len(found), 10)
                layers = options[3] if options else "map"
                for (z, x, y), body in found.items():
                    self.assertEqual(server.get(f"/tiles/{grid}/{layers}/{z}/{x}/{y}.{suffix}").body, body, (z, x, y))
                self.assertFalse(os.path.exists(path + "tiles.json"))  # knows no other grid
                tileset = json.loads(read(path + "tileset.json"))
                links = {link["rel"]: link for link in tileset["links"]}
                self.assertEqual(links["item"]["href"], "{tileMatrix}/{tileCol}/{tileRow}." + suffix)
                matrices = json.loads(read(path + links[
                    "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"]["href"]))
                self.assertEqual(matrices["id"], grid)
                if grid != "GCJ02Quad":  # which OGC knows nothing of
                    self.assertEqual(matrices, server.get("/tileMatrixSets/" + grid).json())
                    self.assertEqual(tileset["crs"], matrices["crs"])
                limits = {int(limit["tileMatrix"]): limit for limit in tileset["tileMatrixSetLimits"]}
                self.assertEqual(sorted(limits), list(range(8)))
                for z, x, y in found:
                    self.assertTrue(limits[z]["minTileCol"] <= x <= limits[z]["maxTileCol"])
                    self.assertTrue(limits[z]["minTileRow"] <= y <= limits[z]["maxTileRow"])
                # what is left out is empty
                empty = server.get(f"/tiles/{grid}/{layers}/7/0/0.{suffix}").body
                for y in range(limits[7]["minTileRow"], limits[7]["maxTileRow"] + 1):
                    for x in range(limits[7]["minTileCol"], limits[7]["maxTileCol"] + 1):
                        if (7, x, y) not in found:
                            self.assertEqual(server.get(f"/tiles/{grid}/{layers}/7/{x}/{y}.{suffix}").body, empty)

    def test_a_grid_of_a_city_ends_where_it_ends(self):
        grids = os.path.join(os.path.dirname(__file__), "..", "data", "grids")
        names = {name: json.loads(read(os.path.join(grids, name))) for name in os.listdir(grids)}
        grid = min((g for g in names.values() if "4549" in str(g.get("crs"))), key=lambda g: len(g["tileMatrices"]))
        ids = [matrix["id"] for matrix in grid["tileMatrices"]]
        path = self.export("city/", "--grid", grid["id"], "--grids", grids,
                           "--max-zoom", str(min(4, len(ids) - 1)), "--layers", "sites")
        limits = [limit["tileMatrix"] for limit in json.loads(read(path + "tileset.json"))["tileMatrixSetLimits"]]
        self.assertEqual(limits, ids[:len(limits)])
        self.assertLessEqual({name for name in os.listdir(path) if "." not in name}, set(ids))
        self.assertGreater(len(tiles_of_folder(path, "png")) if all(i.isdigit() for i in ids) else 1, 0)
        self.assertIn("0 to %d" % (len(ids) - 1),
                      self.refuse(2, self.folder / "far/", "--grid", grid["id"], "--grids", grids, "--max-zoom", "22"))

    def test_one_thread_and_four_write_the_same_file(self):
        for kind in ("pmtiles", "mbtiles"):
            files = [self.export(f"w{n}.{kind}", "--max-zoom", "8", "--workers", n) for n in ("1", "4")]
            self.assertEqual(*(read(f) for f in files))

    @unittest.skipUnless(BOUNDS_FILES, "files cannot be bounded")
    def test_a_run_that_was_killed_goes_on_to_the_same_file(self):
        options = ("--max-zoom", "12", "--workers", "2")
        whole = read(self.export("whole.pmtiles", *options))
        path = self.folder / "killed.pmtiles"
        command = [PROGRAM, "export", path, "--db", self.db, "--lang", "zh", "--quiet", *options]
        # no clock decides: the kernel ends it in the middle of writing a record of the journal
        for most in (50000, 90000):  # above SQLite's 32 KiB of shared memory
            def bound(most=most):
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            process = subprocess.run(command, env=environment(), preexec_fn=bound)
            self.assertEqual(process.returncode, -signal.SIGXFSZ)
            self.assertFalse(os.path.exists(path))
        done = run(*(word for word in command[1:] if word != "--quiet"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("上次已完成", done.stdout)
        self.assertEqual(read(path), whole)
        self.assertEqual([n for n in os.listdir(self.folder.path) if n.startswith("killed")], ["killed.pmtiles"])

    def begin(self, db, path, options, percent):
        """A run that has come so far; what it says is read, no clock is asked."""
        process = subprocess.Popen([PROGRAM, "export", path, "--db", db, "--lang", "zh", *options], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        while percent > int((process.stderr.readline() or "100%").split("%")[0]):
            pass
        return process

    def test_a_run_that_is_killed_at_any_point_goes_on_to_the_same_file(self):
        """kill -9 while it draws, and the kernel's while it writes any of its files."""
        options = ("--max-zoom", "11", "--workers", "2")
        chance = random.Random(SEED)
        for kind in ("pmtiles", "mbtiles"):
            whole = read(self.export("unbroken." + kind, *options))
            for n in range(N_KILLS):
                path = self.folder / f"broken{n}.{kind}"
                process = self.begin(self.db, path, options, chance.randrange(1, 90))
                process.kill()
                process.wait(PATIENCE_S)
                if os.path.exists(path):  # it was faster
                    self.assertEqual(read(path), whole, (SEED, n, kind))
                # above SQLite's 32 KiB of shared memory; the archive itself may be cut off too
                most = chance.randrange(36000, max(len(whole), 40000))
                subprocess.run([PROGRAM, "export", path, "--db", self.db, "--lang", "zh", "--quiet", "--overwrite",
                                *options], env=environment(), stderr=subprocess.DEVNULL, preexec_fn=lambda most=most: (
                                   resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
                                   resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))))
                if os.path.exists(path):  # it was enough: then it is the whole file
                    self.assertEqual(read(path), whole, (SEED, n, kind))
                self.assertEqual(read(self.export(f"broken{n}.{kind}", "--overwrite", *options)), whole,
                                 (SEED, n, kind))
                self.assertEqual([name for name in os.listdir(self.folder.path)
                                  if name.startswith(f"broken{n}.{kind}.")], [])

    def test_what_is_imported_meanwhile_is_not_in_it(self):
        """And a run that was interrupted before an import begins anew."""
        db, options = self.folder / "moving.db", ("--max-zoom", "11", "--workers", "2")
        make_database(db, self.folder / "moving")

        def export(name, *more):
            done = run("export", self.folder / name, "--db", db, "--lang", "zh", *options, *more)
            self.assertEqual(done.returncode, 0, done.stderr)
            return read(self.folder / name), done.stdout

        def move(lat):
            write(self.folder / "moving/sites/sites.csv", rows(
                [(key, zh, en, city, precision, x, y + lat) for key, zh, en, city, precision, x, y in SITES]))
            done = run("import", "--shipped", self.folder / "moving", "--db", db)
            self.assertEqual(done.returncode, 0, done.stderr)

        before, _ = export("before.pmtiles")
        process = self.begin(db, self.folder / "during.pmtiles", options, 10)
        process.send_signal(signal.SIGSTOP)
        move(0.25)
        process.send_signal(signal.SIGCONT)
        process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(read(self.folder / "during.pmtiles"), before)
        after, _ = export("after.pmtiles")
        self.assertNotEqual(after, before)
        process = self.begin(db, self.folder / "again.pmtiles", options, 60)
        process.kill()
        process.wait(PATIENCE_S)
        move(0)
        again, said = export("again.pmtiles")
        self.assertEqual(again, export("anew.pmtiles")[0])
        self.assertNotIn("上次", said)

    def test_progress_is_told_to_the_end(self):
        done = run("export", self.folder / "told.pmtiles", "--db", self.db, "--lang", "en", "--max-zoom", "10")
        self.assertEqual(done.returncode, 0, done.stderr)
        told = [(int(line.split("%")[0]), *map(int, line.split()[1].split("/"))) for line in done.stderr.splitlines()]
        self.assertGreater(len(told), 3)
        self.assertEqual(told, sorted(told))
        for percent, n_done, n in told:
            self.assertEqual(percent, n_done * 100 // n)
        self.assertEqual(told[-1][0], 100)
        self.assertRegex(done.stdout, r"told\.pmtiles: \d+ tiles \(\d+ different, \d+ empty\), \d+ bytes")
        counts = [int(word) for word in done.stdout.replace("(", "").split(":")[-1].split() if word.isdigit()]
        self.assertEqual(counts[0] + counts[2], told[-1][2])  # each is there or empty

    def test_where_nothing_can_be_written_nothing_is(self):
        """A name that is taken by something else, a folder that takes nothing."""
        os.mkdir(self.folder / "taken.pmtiles")
        for overwrite in ((), ("--overwrite",)):
            said = self.refuse(2, self.folder / "taken.pmtiles", "--max-zoom", "1", *overwrite)
            self.assertIn("--overwrite" if not overwrite else "no file", said)
        write(self.folder / "file", "text")
        self.assertIn("no empty folder", self.refuse(2, self.folder / "file/", "--max-zoom", "1"))
        self.assertEqual(read(self.folder / "file"), b"text")
        full = self.export("full/", "--max-zoom", "1")
        self.assertIn("no empty folder", self.refuse(2, full, "--max-zoom", "1", "--overwrite"))
        os.mkdir(self.folder / "closed")
        os.chmod(self.folder / "closed", 0o555)
        closed = "/sys/kernel" if os.geteuid() == 0 else self.folder / "closed"  # nothing is closed to root
        self.assertIn(closed, self.refuse(3, closed + "/x.pmtiles", "--max-zoom", "1"))
        self.assertIn("empty", self.refuse(1, self.folder / "none.pmtiles", "--layers", "sites", "--bbox",
                                           "0,0,1,1", "--max-zoom", "9", "--min-zoom", "9"))
        self.assertFalse(os.path.exists(self.folder / "none.pmtiles"))

    def test_gdal_reads_an_mbtiles(self):
        """Pixel by pixel what the tiles are, and vector tiles with their layers."""
        path = self.export("gdal.mbtiles", "--max-zoom", "6")
        done = subprocess.run(["gdalinfo", "-json", path], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        info = json.loads(done.stdout)
        self.assertEqual(info["driverShortName"], "MBTiles")
        self.assertEqual(len(info["bands"]), 4)
        tiles = {(x, y): body for (z, x, y), body in tiles_of_mbtiles(path).items() if z == 6}
        (x, y), body = max(tiles.items(), key=lambda tile: len(tile[1]))
        with open(self.folder / "tile.png", "wb") as file:
            file.write(body)
        # the same pixels: a tile of the pyramid beside the picture of it
        west, north = (x / 64 * 2 - 1) * 20037508.342789244, (1 - y / 64 * 2) * 20037508.342789244
        side = 2 * 20037508.342789244 / 64
        there = ["-oo", "USE_BOUNDS=NO", "-projwin", *map(str, (west, north, west + side, north - side)), path]
        sums = []
        for source in (there, ["-expand", "rgba", self.folder / "tile.png"]):
            done = subprocess.run(["gdal_translate", "-q", "-of", "ENVI", "-co", "INTERLEAVE=BSQ", *source,
                                   self.folder / "raw"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            sums.append(read(self.folder / "raw"))
        self.assertEqual(len(sums[0]), 4 * 256 * 256)
        shown = [i for i in range(65536) if sums[0][3 * 65536 + i]]  # of what is transparent no colour is kept
        self.assertEqual(sums[0][3 * 65536:], sums[1][3 * 65536:])
        for band in range(3):
            self.assertEqual([sums[0][band * 65536 + i] for i in shown], [sums[1][band * 65536 + i] for i in shown])
        path = self.export("gdalv.mbtiles", "--max-zoom", "9", "--format", "mvt", "--layers", "sites")
        done = subprocess.run(["ogr2ogr", "-f", "GeoJSON", "/vsistdout/", path, "sites"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        names = {f["properties"]["name_zh"] for f in json.loads(done.stdout)["features"]}
        self.assertEqual(names, {site[1] for site in SITES})

    def test_what_cannot_be_done_is_said(self):
        self.assertIn("bbox", self.refuse(2, "x.pmtiles", "--bbox", "1,2,3"))
        self.assertIn("min-zoom", self.refuse(2, "x.pmtiles", "--min-zoom", "9", "--max-zoom", "3"))
        self.assertIn("23", self.refuse(2, "x.pmtiles", "--max-zoom", "23"))
        self.assertIn("no/such", self.refuse(3, "no/such/x.pmtiles", "--max-zoom", "1"))
        self.assertIn("nothere", self.refuse(1, self.folder / "x.pmtiles", "--layers", "nothere"))
        self.assertIn("style", self.refuse(1, self.folder / "x.pmtiles", "--style", "nothere"))
        for name in ("x.pmtiles", "x.mbtiles"):
            self.assertIn("folder", self.refuse(2, self.folder / name, "--grid", "CGCS2000Quad"))
        self.assertIn("WorldCRS84Quad", self.refuse(1, self.folder / "x/", "--grid", "nothere"))
        self.assertIn("cover", self.refuse(1, self.folder / "x/", "--grid", "CGCS2000Quad", "--grids",
                                           self.far_grid(), "--max-zoom", "0"))
        there = self.export("there.pmtiles", "--max-zoom", "1")
        before = read(there)
        self.assertIn("--overwrite", self.refuse(2, there, "--max-zoom", "2"))
        self.assertEqual(read(there), before)
        self.export("there.pmtiles", "--max-zoom", "2", "--overwrite")
        self.assertNotEqual(read(there), before)
        self.assertIn("grid", self.refuse(2, self.folder / "x.pmtiles", "--grid", "CGCS2000Quad"))

    @unittest.skipUnless(BOUNDS_FILES, "files cannot be bounded")
    def test_a_full_disk_leaves_nothing_half(self):
        path = self.folder / "full.pmtiles"
        options = ("--max-zoom", "10", "--size", "512", "--scale", "3")
        done = subprocess.run(["sh", "-c", 'ulimit -f 80; trap "" XFSZ; exec "$@"', "sh", PROGRAM, "export", path,
                               "--db", self.db, "--lang", "zh", "--quiet", *options],
                              capture_output=True, text=True, env=environment())
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("full.pmtiles", done.stderr)
        self.assertFalse(os.path.exists(path))
        self.assertLess(os.path.getsize(path + ".part"), 48 * 1024)
        self.export("full.pmtiles", *options)  # what was there is taken up again
        self.assertGreater(os.path.getsize(path), 48 * 1024)

    def test_rows_are_exported_as_before(self):
        done = run("export", "--layer", "sites", "-", "--format", "csv", "--db", self.db)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("S1", done.stdout)
        text = run("export", "--help", "--lang", "en").stdout
        self.assertIn("--max-zoom", text)
        self.assertIn("--as-of", text)


if __name__ == "__main__":
    unittest.main()
