# SPDX-License-Identifier: Apache-2.0
"""The checker of PMTiles finds each fault that an archive can have, and none in ours."""

import gzip
import json
import os
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

from fixture import make_database
from harness import Folder, run
from pmtiles_checker import BEGINNINGS, Checker, faults_of, place_of

PNG = BEGINNINGS[2]


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    return bytes(out) + bytes([value])


def directory(entries, n=None, behind=b""):
    """Of (number, offset, length, run)."""
    columns = [[], [], [], []]
    for i, (number, offset, length, run) in enumerate(entries):
        before = entries[i - 1] if i else (0, 0, 0, 0)
        columns[0].append(number - before[0])
        columns[1].append(run)
        columns[2].append(length)
        columns[3].append(0 if i and offset == before[1] + before[2] else offset + 1)
    numbers = [len(entries) if n is None else n] + sum(columns, [])
    return gzip.compress(b"".join(map(varint, numbers)) + behind)


class Archive:
    """Six tiles of z1 and z2 with four bodies; two tiles are in a leaf directory."""

    def __init__(self):
        self.bodies = [PNG + b"one", PNG + b"two two", PNG + b"three", PNG + b"4"]
        self.entries = [(1, 0, 11, 2), (3, 11, 15, 1), (4, 0, 11, 1)]
        self.leaf = [(5, 26, 13, 1), (8, 39, 9, 1)]
        self.leaf_number = 5
        self.metadata = {"name": "a", "type": "overlay"}
        self.n = None
        self.behind = b""
        self.header = {"magic": b"PMTiles", "version": 3, "addressed": 6, "entries": 5, "contents": 4,
                       "clustered": 1, "internal": 2, "compression": 1, "type": 2, "min_zoom": 1, "max_zoom": 2,
                       "west": -180, "south": -85, "east": 180, "north": 85, "center_zoom": 1, "lon": 0, "lat": 0}
        self.sections = {}  # (offset, length) in place of the true ones
        self.end = b""

    def bytes(self):
        leaf = directory(self.leaf, self.n, self.behind)
        root = directory([*self.entries, (self.leaf_number, 0, len(leaf), 0)])
        metadata = self.metadata if isinstance(self.metadata, bytes) else gzip.compress(
            json.dumps(self.metadata).encode())
        parts, at, sections = [root, metadata, leaf, b"".join(self.bodies)], 127, []
        for i, part in enumerate(parts):
            sections += self.sections.get(i, (at, len(part)))
            at += len(part)
        h = self.header
        degrees = [round(h[k] * 1e7) for k in ("west", "south", "east", "north")]
        header = struct.pack("<7sB11Q6B4iB2i", h["magic"], h["version"], *sections, h["addressed"], h["entries"],
                             h["contents"], h["clustered"], h["internal"], h["compression"], h["type"],
                             h["min_zoom"], h["max_zoom"], *degrees, h["center_zoom"],
                             round(h["lon"] * 1e7), round(h["lat"] * 1e7))
        return header + b"".join(parts) + self.end


# what is changed, and a word of the fault that has to be told
FIELDS = [("magic", b"PMTilez", "magic"), ("version", 2, "version 2"), ("addressed", 7, "7 addressed"),
          ("addressed", 0, "0 addressed"), ("entries", 4, "4 entries"), ("contents", 5, "5 contents"),
          ("clustered", 2, "clustered is 2"), ("internal", 0, "internal compression 0"),
          ("internal", 3, "internal compression 3"), ("internal", 1, "a directory"),
          ("compression", 2, "compression 2"), ("compression", 0, "compression 0"), ("type", 0, "tile type 0"),
          ("type", 6, "tile type 6"), ("type", 3, "not of type 3"), ("type", 1, "compression 1 of type 1"),
          ("min_zoom", 2, "min zoom 2"), ("max_zoom", 1, "max zoom 1"), ("max_zoom", 40, "max zoom 40"),
          ("west", -181, "longitudes"), ("west", 181, "longitudes"), ("east", -180, "longitudes"),
          ("east", -1, "outside of the bounds"), ("south", -91, "latitudes"), ("north", -86, "latitudes"),
          ("south", 1, "outside of the bounds"), ("center_zoom", 3, "centre's zoom"), ("lon", 190, "the centre"),
          ("lat", -86, "the centre")]


def change_entry(i, **to):
    def change(a):
        entries, k = (a.entries, i) if i < 3 else (a.leaf, i - 3)
        entry = dict(zip(("number", "offset", "length", "run"), entries[k]))
        entries[k] = tuple({**entry, **to}.values())
    return change


def section(i, offset=0, length=0):
    """The section by so much elsewhere."""
    def change(a):
        data = a.bytes()
        at, n = (int.from_bytes(data[k:k + 8], "little") for k in (8 + 16 * i, 16 + 16 * i))
        a.sections[i] = (at + offset, n + length)
    return change


def put(**members):
    return lambda a: vars(a).update(members)


def same_body(a):
    a.bodies[2] = PNG + b"one"  # of the first, once more
    a.leaf = [(5, 26, 11, 1), (8, 37, 9, 1)]


def unclustered(a):
    a.entries[1], a.leaf[0] = (3, 24, 15, 1), (5, 11, 13, 1)
    a.bodies[1], a.bodies[2] = a.bodies[2], a.bodies[1]


def vector(a):
    a.bodies = [gzip.compress(bytes([i]), mtime=0) for i in range(4)]
    n = len(a.bodies[0])
    a.header.update(type=1, compression=2)
    a.entries = [(1, 0, n, 2), (3, n, n, 1), (4, 0, n, 1)]
    a.leaf = [(5, 2 * n, n, 1), (8, 3 * n, n, 1)]
    a.metadata = {"vector_layers": [{"id": "a", "fields": {}}]}


def vector_with(change):
    def both(a):
        vector(a)
        change(a)
    return both


def broken_body(a):
    body = bytearray(a.bodies[0])
    body[-8] ^= 1  # of its checksum
    a.bodies[0] = bytes(body)


STRUCTURE = [
    (put(end=b"x"), "1 bytes behind"), (put(n=0), "without entries"), (put(n=3), "numbers for 3 entries"),
    (put(behind=b"\x01"), "9 numbers for 2 entries"), (put(behind=b"\x80"), "within a number"),
    (put(behind=b"\xff" * 9 + b"\x7f"), "over 64 bits"), (put(leaf_number=6), "a leaf begins with 5"),
    (put(metadata=b"no"), "metadata"), (put(metadata=gzip.compress(b"{")), "metadata"),
    (put(metadata=gzip.compress(b"\xff")), "metadata"), (put(metadata=[1]), "no object"),
    (put(metadata={"name": 1}), "name is no text"), (put(metadata={"type": "both"}), "type"),
    (change_entry(1, number=2), "after a run to 2"), (change_entry(1, number=1), "number of the one before"),
    (change_entry(0, run=3), "after a run to 3"), (change_entry(0, run=1), "6 addressed"),
    (change_entry(1, length=0), "has no bytes"), (change_entry(4, length=90), "ends at"),
    (change_entry(1, offset=99), "ends at"), (change_entry(2, length=10), "another length"),
    (change_entry(4, length=8), "from"), (change_entry(1, offset=0, length=11), "goes on with the body"),
    (change_entry(1, offset=12), "not clustered"), (unclustered, "not clustered"), (same_body, "there twice"),
    (change_entry(4, run=0), "a leaf in a leaf"), (change_entry(1, run=0), "a leaf directory"),
    (change_entry(4, number=21), "max zoom 2"),
    *((section(i, offset=1), "begins at") for i in range(4)),
    *((section(i, length=1 << 40), "ends at") for i in range(4)),
    (section(0, length=-3), "root directory"), (section(1, length=-3), "metadata"),
    (section(2, length=-1), "ends at"), (section(3, length=-1), "ends at"),
    (vector_with(put(metadata={})), "vector_layers"),
    (vector_with(put(metadata={"vector_layers": [{"id": 1, "fields": {}}]})), "vector_layers"),
    (vector_with(put(metadata={"vector_layers": [{"id": "a"}]})), "vector_layers"),
    (vector_with(broken_body), "the body at 0"),
]


class PmtilesChecker(unittest.TestCase):
    def test_what_is_whole_has_no_fault(self):
        for change in (lambda a: None, vector):
            archive = Archive()
            change(archive)
            checker = Checker(archive.bytes())
            self.assertEqual(checker.check(), [])
            self.assertEqual((checker.n_leaves, len(checker.tiles)), (1, 5))

    def test_each_field_of_the_header_is_looked_at(self):
        for field, value, word in FIELDS:
            archive = Archive()
            archive.header[field] = value
            self.assertIn(word, " | ".join(faults_of(archive.bytes())), (field, value))

    def test_each_fault_of_the_structure_is_found(self):
        for i, (change, word) in enumerate(STRUCTURE):
            archive = Archive()
            change(archive)
            self.assertIn(word, " | ".join(faults_of(archive.bytes())), (i, word))

    def test_what_is_cut_off_anywhere_is_not_whole(self):
        data = Archive().bytes()
        for n in range(len(data)):
            self.assertNotEqual(faults_of(data[:n]), [], n)

    def test_numbers_are_those_of_the_specification(self):
        self.assertEqual([place_of(n) for n in (0, 1, 2, 3, 4, 5, 19078479)],
                         [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0), (12, 3423, 1763)])

    def test_what_we_export_has_no_fault(self):
        folder = Folder()
        self.addCleanup(folder.remove)
        db = folder / "test.db"
        make_database(db, folder / "layers")
        for i, options in enumerate((("--max-zoom", "10"), ("--format", "mvt", "--max-zoom", "11"),
                                     ("--format", "jpg", "--min-zoom", "5", "--max-zoom", "9"),
                                     ("--format", "webp", "--bbox", "118.5,31.5,119.2,32.5", "--max-zoom", "12"))):
            path = folder / f"{i}.pmtiles"
            done = run("export", path, "--db", db, "--quiet", *options)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(path, "rb") as file:
                checker = Checker(file.read())
            self.assertEqual(checker.check(), [], options)
            self.assertGreater(len(checker.tiles), 10)


if __name__ == "__main__":
    unittest.main()
