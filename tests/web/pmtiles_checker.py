# SPDX-License-Identifier: Apache-2.0
"""Looks through a PMTiles archive by its specification, version 3.1 (header, directories,
metadata, bodies), and names all that is wrong. By hand: python3 pmtiles_checker.py FILE...

Stricter than the specification where a writer can do better: sections follow each other
without gaps, equal bodies are one, equal neighbours one entry, counts are told, tiles lie
within the bounds.
"""

import gzip
import json
import math
import sys
import zlib

HEADER_BYTES = 127
ROOT_ENDS_BEFORE = 16384
SECTIONS = ("root directory", "metadata", "leaf directories", "tiles")
BEGINNINGS = {2: b"\x89PNG\r\n\x1a\n", 3: b"\xff\xd8\xff", 4: b"RIFF"}
NONE, GZIP = 1, 2
MVT = 1


class Fault(Exception):
    """What makes it senseless to read on."""


class Header:
    def __init__(self, data):
        if len(data) < HEADER_BYTES:
            raise Fault(f"{len(data)} bytes are no header")
        if data[:7] != b"PMTiles":
            raise Fault("magic number")
        if data[7] != 3:
            raise Fault(f"version {data[7]}")
        numbers = [int.from_bytes(data[at:at + 8], "little") for at in range(8, 96, 8)]
        self.sections = list(zip(numbers[0:8:2], numbers[1:8:2]))
        self.addressed, self.entries, self.contents = numbers[8:]
        self.clustered, self.internal, self.compression, self.type, self.min_zoom, self.max_zoom = data[96:102]
        self.center_zoom = data[118]
        self.west, self.south, self.east, self.north, self.center_lon, self.center_lat = (
            int.from_bytes(data[at:at + 4], "little", signed=True) / 1e7 for at in (102, 106, 110, 114, 119, 123))


def numbers_of(plain):
    """All varints of a directory."""
    found, value, shift = [], 0, 0
    for byte in plain:
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            if value >= 1 << 64:
                raise Fault("a number of over 64 bits")
            found.append(value)
            value = shift = 0
    if shift:
        raise Fault("a directory ends within a number")
    return found


def entries_of(plain):
    """[(number, offset, length, run)]"""
    numbers = numbers_of(plain)
    n = numbers[0] if numbers else 0
    if n == 0:
        raise Fault("a directory without entries")
    if len(numbers) != 1 + 4 * n:
        raise Fault(f"{len(numbers) - 1} numbers for {n} entries of a directory")
    found, number, end = [], 0, None
    columns = [numbers[1 + i * n:1 + (i + 1) * n] for i in range(4)]
    for i, (step, run, length, offset) in enumerate(zip(*columns)):
        if i and step == 0:
            raise Fault(f"entry {i} has the number of the one before")
        if offset == 0 and end is None:
            raise Fault("the first offset is that of the entry before")
        number += step
        offset = offset - 1 if offset else end
        end = offset + length
        found.append((number, offset, length, run))
    return found


def place_of(number):
    """z, x, y: Hilbert's curve (Wikipedia's d2xy)."""
    z = 0
    while number >= 4**z:
        number -= 4**z
        z += 1
    x = y = 0
    for s in (1 << i for i in range(z)):
        rx = 1 & (number // 2)
        ry = 1 & (number ^ rx)
        if ry == 0:
            if rx == 1:
                x, y = s - 1 - x, s - 1 - y
            x, y = y, x
        x, y = x + s * rx, y + s * ry
        number //= 4
    return z, x, y


class Checker:
    def __init__(self, data):
        self.data = data
        self.faults = []
        self.tiles = []  # entries with a run, in order
        self.n_leaves = 0

    def say(self, ok, fault):
        if not ok:
            self.faults.append(fault)

    def check(self):
        try:
            self.header = Header(self.data)
            self.check_header()
            self.walk(*self.header.sections[0], None)
            self.check_tiles()
            self.check_bodies()
            self.check_metadata()
        except Fault as fault:
            self.faults.append(str(fault))
        return self.faults

    def check_header(self):
        h = self.header
        end = HEADER_BYTES
        for name, (offset, length) in zip(SECTIONS, h.sections):
            self.say(offset == end, f"{name} begins at {offset}, not at {end}")
            end = offset + length
            if end > len(self.data):
                raise Fault(f"{name} ends at {end} of {len(self.data)}")
        self.say(end == len(self.data), f"{len(self.data) - end} bytes behind the tiles")
        self.say(sum(h.sections[0]) < ROOT_ENDS_BEFORE, f"the root directory ends at {sum(h.sections[0])}")
        self.say(h.clustered in (0, 1), f"clustered is {h.clustered}")
        if h.internal not in (NONE, GZIP):
            raise Fault(f"internal compression {h.internal}")
        self.say(1 <= h.type <= 5, f"tile type {h.type}")
        self.say(h.compression == (GZIP if h.type == MVT else NONE), f"compression {h.compression} of type {h.type}")
        self.say(-180 <= h.west < h.east <= 180, f"longitudes {h.west} to {h.east}")
        self.say(-90 <= h.south < h.north <= 90, f"latitudes {h.south} to {h.north}")
        self.say(h.west <= h.center_lon <= h.east and h.south <= h.center_lat <= h.north,
                 f"the centre {h.center_lon}, {h.center_lat} is outside of the bounds")
        self.say(h.min_zoom <= h.center_zoom <= h.max_zoom, f"centre's zoom {h.center_zoom}")

    def plain(self, offset, length, what):
        body = self.data[offset:offset + length]
        if self.header.internal == NONE:
            return body
        try:
            return gzip.decompress(body)
        except (OSError, EOFError, zlib.error) as error:
            raise Fault(f"{what}: {error}") from None

    def walk(self, offset, length, first):
        """A directory; `first`: the number that the entry of a leaf gives, None: the root."""
        what = "a leaf directory" if first is not None else "the root directory"
        leaves_at, leaves_bytes = self.header.sections[2]
        found = entries_of(self.plain(offset, length, what))
        if first is not None:
            self.say(found[0][0] == first, f"a leaf begins with {found[0][0]}, its entry with {first}")
        for number, at, n, run in found:
            if n == 0:
                raise Fault(f"entry {number} has no bytes")
            if run:
                self.tiles.append((number, at, n, run))
                continue
            if first is not None:
                raise Fault("a leaf in a leaf")
            if at + n > leaves_bytes:
                raise Fault(f"leaf {number} ends at {at + n} of {leaves_bytes}")
            self.n_leaves += 1
            self.walk(leaves_at + at, n, number)

    def check_tiles(self):
        h = self.header
        end = 0  # of the bodies so far
        next_number = 0
        before = None
        offsets = {}
        for number, at, n, run in self.tiles:
            self.say(number >= next_number, f"entry {number} after a run to {next_number - 1}")
            next_number = number + run
            if at + n > h.sections[3][1]:
                raise Fault(f"tile {number} ends at {at + n} of {h.sections[3][1]}")
            if before:
                self.say(before[:2] != (number, at), f"entry {number} goes on with the body of the one before")
            before = (next_number, at)
            self.say(offsets.setdefault(at, n) == n, f"tile {number} has another length than others of its body")
            if h.clustered == 1:
                self.say(at <= end, f"tile {number} is not clustered")
            end = max(end, at + n)
        self.say(end == h.sections[3][1], f"no tile has the bytes from {end} on")
        self.say(h.addressed == sum(t[3] for t in self.tiles), f"{h.addressed} addressed tiles")
        self.say(h.entries == len(self.tiles), f"{h.entries} entries")
        self.say(h.contents == len(offsets), f"{h.contents} contents")
        self.offsets = offsets
        first, last = place_of(self.tiles[0][0])[0], place_of(next_number - 1)[0]
        self.say(h.min_zoom <= first, f"min zoom {h.min_zoom}, the first tile is of {first}")
        self.say(last <= h.max_zoom <= 31, f"max zoom {h.max_zoom}, the last tile is of {last}")
        for number, _, _, run in self.tiles:
            for k in (number, number + run - 1):
                self.say(self.is_in(*place_of(k)), f"tile {k} is outside of the bounds")

    def is_in(self, z, x, y):
        h = self.header

        def row(lat):
            lat = math.radians(max(-85.06, min(85.06, lat)))
            return (1 - math.asinh(math.tan(lat)) / math.pi) / 2 * 2**z

        west, east = ((lon + 180) / 360 * 2**z for lon in (h.west, h.east))
        near = 1e-6 * 2**z  # bounds are rounded to 1e-7 degrees
        return west - near < x + 1 and x < east + near and row(h.north) - near < y + 1 and y < row(h.south) + near

    def check_bodies(self):
        h = self.header
        seen = {}
        for offset, length in self.offsets.items():
            at = h.sections[3][0] + offset
            body = self.data[at:at + length]
            self.say(seen.setdefault(body, offset) == offset, f"the body at {offset} is there twice")
            if h.compression == GZIP:
                try:
                    self.say(gzip.decompress(body) != b"", f"the body at {offset} is empty")
                except (OSError, EOFError, zlib.error) as error:
                    self.say(False, f"the body at {offset}: {error}")
            elif h.type in BEGINNINGS:
                self.say(body.startswith(BEGINNINGS[h.type]), f"the body at {offset} is not of type {h.type}")

    def check_metadata(self):
        try:
            metadata = json.loads(self.plain(*self.header.sections[1], "metadata").decode())
        except ValueError as error:
            raise Fault(f"metadata: {error}") from None
        if not isinstance(metadata, dict):
            raise Fault("metadata are no object")
        for key in ("name", "description", "attribution", "type", "version"):
            self.say(isinstance(metadata.get(key, ""), str), f"metadata: {key} is no text")
        self.say(metadata.get("type", "overlay") in ("overlay", "baselayer"), "metadata: type")
        layers = metadata.get("vector_layers")
        if self.header.type == MVT:
            self.say(isinstance(layers, list) and all(
                isinstance(v, dict) and isinstance(v.get("id"), str) and isinstance(v.get("fields"), dict)
                for v in layers), "metadata: vector_layers")


def faults_of(data):
    return Checker(data).check()


def main():
    wrong = False
    for path in sys.argv[1:]:
        with open(path, "rb") as file:
            checker = Checker(file.read())
        for fault in checker.check():
            print(f"{path}: {fault}")
            wrong = True
        print(f"{path}: {len(checker.tiles)} entries, {checker.n_leaves} leaf directories, "
              f"{len(checker.faults)} faults")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
