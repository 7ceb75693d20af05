#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long one changed row takes from its commit to an answer that shows it.

  tests/bench/visible.py build/bench/innomap DATABASE LAYER KEY FIELD

Starts a server on DATABASE, imports a file of one row (KEY with another number in
FIELD) through a second process several times, and asks /api/feature until the answer
has it. The moment of the commit is between the last answer of a reader that sees the
old version of the data and the first that sees the new one."""
import json
import os
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

RUNS = 5


def fetch(address):
    with urllib.request.urlopen(address, timeout=60) as answer:
        return json.load(answer)


def watch_commit(database, found):
    """Set found["at"] when the data version rises."""
    db = sqlite3.connect(database)
    ask = "SELECT value FROM innomap_meta WHERE key = 'data_version'"
    before = db.execute(ask).fetchone()
    found["ready"].set()
    while db.execute(ask).fetchone() == before:
        time.sleep(0.001)
    found["at"] = time.monotonic()
    db.close()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def one_run(program, database, layer, row, field, number, server, pid):
    found = {"ready": threading.Event()}
    watcher = threading.Thread(target=watch_commit, args=(database, found))
    watcher.start()
    found["ready"].wait()
    row["properties"][field] = number
    cpu = cpu_seconds(pid)
    with tempfile.NamedTemporaryFile("w", suffix=".geojson") as file:
        json.dump({"type": "FeatureCollection", "features": [row]}, file)
        file.flush()
        begun = time.monotonic()
        importer = subprocess.Popen(
            [program, "import", file.name, "--layer", layer, "--db", database],
            stdout=subprocess.DEVNULL)
        key = row["properties"]["id"]
        address = f"{server}/api/feature?layer={layer}&id={key}"
        while fetch(address)["properties"][field] != number:
            time.sleep(0.01)  # seldom enough not to slow down what is measured
        seen = time.monotonic()
        if importer.wait() != 0:
            sys.exit("the import failed")
        ended = time.monotonic()
    watcher.join()
    time.sleep(0.5)
    return (seen - found["at"], found["at"] - begun, ended - begun,
            cpu_seconds(pid) - cpu)


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    program, database, layer, key, field = sys.argv[1:]
    server = subprocess.Popen(
        [program, "serve", "--db", database, "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = None
        while not address:
            line = server.stdout.readline()
            if not line:
                sys.exit("the server did not start")
            address = re.search(r"http://127\.0\.0\.1:\d+", line)
        address = address.group()
        row = fetch(f"{address}/api/feature?layer={layer}&id={key}")
        known = {name: row["properties"][name] for name in row["properties"]}
        row = {"type": "Feature", "geometry": row["geometry"], "properties": known}
        start = int(known[field] or 0)
        figures = [one_run(program, database, layer, row, field, start + i + 1,
                           address, server.pid) for i in range(RUNS)]
    finally:
        server.terminate()
        server.wait()
    names = ("commit to answer", "import until its commit", "import in all",
             "processor time of the server, questions included")
    for name, values in zip(names, zip(*figures)):
        print(f"{name}: median {statistics.median(values):.3f} s "
              f"({min(values):.3f} to {max(values):.3f})")


if __name__ == "__main__":
    main()
