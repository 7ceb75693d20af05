#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Memory of the server over time: random tiles of every format, static maps, questions
and documents by several clients, while a layer is imported again and again.

  INNOMAP=build/check/innomap tests/bench/soak.py --db innomap.db --layer incubators \
      --facts layers/incubators/incubators.csv --minutes 20

The database is copied first. Prints a row of figures every --every seconds, then whether the
memory was flat: the line through the second half of the run may rise by at most 2 % of
its mean. Exit code 1 when not.

With --short it is a test: a small database, a counted number of requests, and what the
server says of itself: every cache within its bound, every snapshot freed."""

import argparse
import csv
import json
import math
import os
import random
import re
import shutil
import statistics
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "web"))

import fixture
from harness import Folder, Server, run, until

LOOKS = ("default", "dark", "government-blue", "print")
GRIDS = ("WorldCRS84Quad", "CGCS2000Quad", "GCJ02Quad")
MB = 1024 * 1024


def column_row(lon, lat, z):
    n = 2 ** z
    y = math.asinh(math.tan(math.radians(lat)))
    return int((lon + 180) / 360 * n), int((1 - y / math.pi) / 2 * n)


class Walk:
    """Random addresses; the same seed, the same walk."""

    def __init__(self, seed, layers, box, rate_of_strangers=0.05):
        self.pick = random.Random(seed)
        self.layers = layers
        self.box = box
        self.strangers = rate_of_strangers

    def place(self):
        west, south, east, north = self.box
        return self.pick.uniform(west, east), self.pick.uniform(south, north)

    def some_layers(self):
        return ",".join(sorted(self.pick.sample(self.layers, self.pick.randint(1, min(3, len(self.layers))))))

    def map_query(self):
        query = {}
        if self.pick.random() < 0.3:
            query["style"] = self.pick.choice(LOOKS)
        if self.pick.random() < 0.2:
            query["lang"] = "en"
        if self.pick.random() < self.strangers:  # nobody asks for these twice
            query["filter"] = f"id <> 'X{self.pick.randrange(10**9)}'"
        return "?" + urllib.parse.urlencode(query) if query else ""

    def tile(self):
        layers = "map" if self.pick.random() < 0.9 else self.some_layers()
        z = self.pick.randint(5, 16)
        lon, lat = self.place()
        kind = self.pick.random()
        if kind < 0.1:
            grid = self.pick.choice(GRIDS)
            if grid == "GCJ02Quad":
                x, y = column_row(lon, lat, z)
            else:  # tiles of 180 or 360 degrees by 2^z
                across = 180 if grid == "WorldCRS84Quad" else 360
                z = max(z - 1, 1)
                x = int((lon + 180) / across * 2 ** z)
                y = int((90 - lat) / across * 2 ** z)
            return f"/tiles/{grid}/{layers}/{z}/{x}/{y}.png{self.map_query()}"
        x, y = column_row(lon, lat, z)
        suffix = self.pick.choice((".png", ".png", ".png", ".mvt", ".mvt", "@2x.png", "@3x.png",
                                   ".webp", ".jpg"))
        if kind < 0.2 and suffix != ".mvt":
            x, y = column_row(lon, lat, z - 1)
            return f"/tiles/512/{layers}/{z - 1}/{x}/{y}{suffix}{self.map_query()}"
        return f"/tiles/{layers}/{z}/{x}/{y}{suffix}{self.map_query()}"

    def static(self):
        lon, lat = self.place()
        w, h = self.pick.randint(100, 900), self.pick.randint(100, 700)
        return f"/static/map/{lon:.3f},{lat:.3f},{self.pick.randint(5, 14)}/{w}x{h}.png"

    def question(self):
        lon, lat = self.place()
        layer = self.pick.choice(self.layers)
        return self.pick.choice((
            f"/api/nearest?layer={layer}&lon={lon:.5f}&lat={lat:.5f}&k=20",
            f"/api/within?layer={layer}&lon={lon:.5f}&lat={lat:.5f}&radius_km=30",
            f"/api/list?layer={layer}&limit=200",
            f"/api/aggregate?layer={layer}&by=city",
            "/api/search?q=" + urllib.parse.quote(self.pick.choice("张江园区上海中心")),
            "/api/suggest?q=" + self.pick.choice(("zh", "sh", "kej", "yuan")),
            f"/ogc/collections/{layer}/items?limit=100&offset={self.pick.randrange(50)}"))

    def document(self):
        return self.pick.choice((
            "/tiles/map.json", "/styles/map.json", "/styles/dark.json", "/api/layers", "/metrics",
            f"/tiles/{self.some_layers()}.json", "/wmts/1.0.0/WMTSCapabilities.xml",
            f"/fonts/Noto%20Sans%20Regular/{self.pick.choice(('0-255', '19968-20223', '24064-24319'))}.pbf"))

    def address(self):
        kind = self.pick.random()
        return (self.tile() if kind < 0.75 else self.question() if kind < 0.92
                else self.static() if kind < 0.97 else self.document())


class Client(threading.Thread):
    """Asks until told to stop, or so many times."""

    def __init__(self, server, walk, requests=None, per_second=0):
        super().__init__(daemon=True)
        self.server = server
        self.walk = walk
        self.requests = requests
        self.pause_s = 1 / per_second if per_second else 0
        self.stop = threading.Event()
        self.asked = 0
        self.wrong = []

    def run(self):
        connection = self.server.connect()
        while not self.stop.is_set() and (self.requests is None or self.asked < self.requests):
            path = self.walk.address()
            gzip = {"accept_encoding": "gzip"} if self.walk.pick.random() < 0.5 else {}
            answer = self.server.ask(path, connection=connection, **gzip)
            self.asked += 1
            if answer.status not in (200, 204, 400, 404, 503) and len(self.wrong) < 10:
                self.wrong.append((path, answer.status, answer.body[:200]))
            if self.pause_s:
                self.stop.wait(self.pause_s)
        connection.close()


class Facts:
    """The rows of a layer; each file of them has some at another place."""

    def __init__(self, path, folder, layer, db):
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            self.rows = list(reader)
            self.columns = reader.fieldnames
        self.folder = folder
        self.layer = layer
        self.db = db
        self.n = 0

    def import_changed(self, share=0.1):
        """Moves some rows by less than a kilometre; the data version that this made."""
        pick = random.Random(self.n)
        self.n += 1
        path = self.folder / "facts.csv"
        with open(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.columns)
            writer.writeheader()
            for row in self.rows:
                if row["lon"] and pick.random() < share:
                    row = {**row, "lon": f"{float(row['lon']) + pick.uniform(-.01, .01):.5f}"}
                writer.writerow(row)
        done = run("import", path, "--layer", self.layer, "--db", self.db, "--lang", "en")
        if done.returncode != 0:
            raise SystemExit(f"import failed: {done.stdout}{done.stderr}")


def metrics(server):
    text = server.ask("/metrics").body.decode()
    return {name: float(value)
            for name, value in re.findall(r"^(innomap_\w+) (\S+)$", text, re.MULTILINE)}


def memory_mb(pid):
    """Resident and, of that, anonymous memory; the highest that was ever resident."""
    with open(f"/proc/{pid}/status") as file:
        kb = dict(re.findall(r"^(Vm\w+|Rss\w+):\s+(\d+) kB", file.read(), re.MULTILINE))
    return int(kb["VmRSS"]) / 1024, int(kb["RssAnon"]) / 1024, int(kb["VmHWM"]) / 1024


def slope(points):
    """Of the line of least squares through (x, y)."""
    mean_x = statistics.fmean(x for x, _ in points)
    mean_y = statistics.fmean(y for _, y in points)
    over = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / over if over else 0


def soak(options):
    folder = Folder()
    db = folder / "soak.db"
    shutil.copy(options.db, db)
    facts = Facts(options.facts, folder, options.layer, db) if options.facts else None
    server_options = ["--no-viewer", "--cache-mb", str(options.cache_mb)]
    samples = []
    with Server(db, *server_options) as server:
        layers = [layer["id"] for layer in server.get("/api/layers").json()["layers"]]
        clients = [Client(server, Walk(seed, layers, options.box), per_second=options.rate)
                   for seed in range(options.clients)]
        print("minute requests imports rss_mb anon_mb peak_mb cache_mb atlas_mb used_mb free_mb maps maps_mb "
              "snapshots cpu_s", flush=True)
        begun = time.monotonic()
        for client in clients:
            client.start()
        next_sample = next_import = begun
        while (now := time.monotonic()) < begun + 60 * options.minutes:
            if facts and options.import_every and now >= next_import:
                facts.import_changed()
                next_import = now + options.import_every
            if now >= next_sample:
                m = metrics(server)
                rss, anon, peak = memory_mb(server.process.pid)
                minute = (now - begun) / 60
                samples.append((minute, rss))
                with open(f"/proc/{server.process.pid}/stat") as stat:
                    cpu = stat.read().rsplit(")", 1)[1].split()
                print(f"{minute:6.2f} {sum(c.asked for c in clients):8d} {facts.n if facts else 0:5d} "
                      f"{rss:7.1f} {anon:7.1f} {peak:7.1f} {m.get('innomap_cache_bytes', 0) / MB:6.1f} "
                      f"{m.get('innomap_atlas_bytes', 0) / MB:6.1f} "
                      f"{m['innomap_heap_used_bytes'] / MB:6.1f} {m['innomap_heap_free_bytes'] / MB:6.1f} {m.get('innomap_maps', -1):4.0f} "
                      f"{m.get('innomap_map_bytes', 0) / MB:6.1f} "
                      f"{m.get('innomap_snapshots', -1):3.0f} "
                      f"{(int(cpu[11]) + int(cpu[12])) / os.sysconf('SC_CLK_TCK'):8.1f}", flush=True)
                next_sample += options.every
            time.sleep(max(0.05, min(next_sample, next_import if facts and options.import_every
                                     else next_sample) - time.monotonic()))
        for client in clients:
            client.stop.set()
        for client in clients:
            client.join()
        wrong = [w for c in clients for w in c.wrong]
        code = server.stop()
        log = server.log()
    folder.remove()
    if wrong or code or "level=error" in log:
        raise SystemExit(f"answers or log are wrong: exit code {code}, {wrong[:3]}, {log[-2000:]}")
    return samples


BOUNDED = (("innomap_cache_bytes", "innomap_cache_max_bytes"),
           ("innomap_map_bytes", "innomap_map_max_bytes"),
           ("innomap_document_bytes", "innomap_document_max_bytes"))


def check_bounds(server):
    m = metrics(server)
    for bytes_now, most in BOUNDED:
        if m[bytes_now] > m[most] and not (bytes_now == "innomap_map_bytes" and m["innomap_maps"] == 1):
            raise SystemExit(f"{bytes_now} is {m[bytes_now]}, over {m[most]}")
    return m


def short_soak():
    folder = Folder()
    db = folder / "soak.db"
    fixture.make_database(db, folder / "layers")
    facts = Facts(folder / "layers/sites/sites.csv", folder, "sites", db)
    imports, requests = 4, 120
    with Server(db, "--no-viewer", "--workers", "2", "--cache-mb", "1", "--maps-mb", "6") as server:
        first = metrics(server)["innomap_data_version"]
        clients = [Client(server, Walk(seed, ["sites", "others"], (118, 30, 122, 33), 0.3), requests)
                   for seed in range(4)]
        for client in clients:
            client.start()
        for i in range(imports):
            facts.import_changed(0.5)
            until(lambda: metrics(server)["innomap_data_version"] > first + i, "the import")
            check_bounds(server)
        for client in clients:
            client.join()
        m = check_bounds(server)
        # each of these is a map of its own, most of a megabyte
        for i in range(40):
            assert server.get("/tiles/sites/5/26/13.png", filter=f"id <> 'Y{i}'").status == 200
            assert server.get(f"/tiles/map/{i % 15}/0/0.png", lang=("zh", "en")[i % 2],
                              style=LOOKS[i % 4]).status == 200
            m = check_bounds(server)
        # no request but the one that asks
        until(lambda: metrics(server)["innomap_snapshots"] == 1, "old snapshots are freed")
        assert metrics(server)["innomap_requests_in_flight"] == 1
        wrong = [w for c in clients for w in c.wrong]
        assert not wrong, wrong[:3]
        assert sum(c.asked for c in clients) == 4 * requests
        assert server.stop() == 0
        log = server.log()
        assert "level=error" not in log and "Sanitizer" not in log, log[-3000:]
    folder.remove()
    print(f"{4 * requests} requests, {imports} imports, {m['innomap_maps']:.0f} maps of "
          f"{m['innomap_map_bytes'] / MB:.1f} MiB")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="the test; all else is left out")
    parser.add_argument("--db", help="a database to copy, such as that of ./start")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--every", type=float, default=15, help="seconds between two rows")
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--rate", type=float, default=0, help="requests a second of each client; 0: all it can")
    parser.add_argument("--cache-mb", type=int, default=64)
    parser.add_argument("--layer", default="incubators", help="the layer that is imported again")
    parser.add_argument("--facts", help="its rows as CSV with columns lon and lat; without: no imports")
    parser.add_argument("--import-every", type=float, default=5, help="seconds; 0: never")
    parser.add_argument("--box", type=lambda t: tuple(map(float, t.split(","))),
                        default=(115, 27, 123, 35.2), help="west,south,east,north of the tiles")
    return parser.parse_args()


def main():
    options = parse_arguments()
    if options.short:
        short_soak()
        return 0
    if not options.db:
        raise SystemExit("--db is missing: a database to copy, or --short")
    samples = soak(options)
    half = samples[len(samples) // 2:]
    mean = statistics.fmean(rss for _, rss in half)
    rise = slope(half) * (half[-1][0] - half[0][0])
    print(json.dumps({"mean_mb": round(mean, 1), "rise_mb": round(rise, 1),
                      "minutes": round(half[-1][0] - half[0][0], 1),
                      "min_mb": round(min(r for _, r in half), 1), "max_mb": round(max(r for _, r in half), 1)}))
    return 0 if rise <= 0.02 * mean else 1


if __name__ == "__main__":
    sys.exit(main())
