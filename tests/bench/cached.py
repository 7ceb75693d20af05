#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tiles from our cache beside the same bytes as files of nginx.

  INNOMAP=build/bench/innomap tests/bench/cached.py --db innomap.db

Needs nginx and wrk (Debian packages). The tiles are asked for once, written to files
(vector tiles compressed, for gzip_static), then both servers are asked in turns, round
by round from the other side; medians of the rounds. Processor time of the server for a
request is from the kernel, so other work on the machine moves it less than the rates."""

import argparse
import os
import shutil
import statistics
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from soak import Walk, column_row, metrics  # brings the path of harness

from harness import Folder, Server, until

NGINX = """
daemon off; master_process on; worker_processes 2; pid {folder}/nginx.pid;
error_log {folder}/error.log; worker_rlimit_nofile 8192;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; etag on;
  keepalive_requests 100000000; open_file_cache max=10000 inactive=600s;
  open_file_cache_valid 600s; open_file_cache_min_uses 1;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  types {{ image/png png; application/vnd.mapbox-vector-tile mvt; }}
  server {{ listen 127.0.0.1:{port} reuseport; root {folder}/files; gzip_static on; }}
}}
"""

LUA = """
local paths = {}
%s
init = function()
  for line in io.lines("%s") do paths[#paths + 1] = wrk.format("GET", line) end
end
local at = %d
request = function() at = at %% #paths + 1 return paths[at] end
"""


def tiles(suffix, n, box):
    """Different ones of z8 to z14, most of them at z14, as people ask."""
    walk = Walk(5, ["map"], box)
    found = {}
    while len(found) < n:
        z = walk.pick.choice((8, 9, 10, 11, 12, 13, 14, 14, 14))
        lon, lat = walk.place()
        found["/tiles/map/%d/%d/%d%s" % (z, *column_row(lon, lat, z), suffix)] = True
    return list(found)


def write_files(server, paths, folder):
    """Those that are tiles with something in them."""
    kept = []
    for path in paths:
        answer = server.ask(path, accept_encoding="gzip")
        if answer.status != 200:
            continue
        name = folder / ("files" + path)
        os.makedirs(os.path.dirname(name), exist_ok=True)
        is_zipped = answer.headers["Content-Encoding"] == "gzip"
        with open(name + ".gz" if is_zipped else name, "wb") as file:
            file.write(answer.body)
        if is_zipped:  # nginx looks whether it is there
            with open(name, "wb") as file:
                file.write(server.ask(path).body)
        kept.append(path)
    return kept


def cpu_seconds(pids):
    sum_of = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        sum_of += int(fields[11]) + int(fields[12])
    return sum_of / os.sysconf("SC_CLK_TCK")


def load(port, script, seconds, pids):
    """Requests a second, microseconds of the server's processors for one, bytes of one."""
    before = cpu_seconds(pids)
    done = subprocess.run(["wrk", "-t1", "-c8", f"-d{seconds}s", "-s", script, f"http://127.0.0.1:{port}"],
                          capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    used = cpu_seconds(pids) - before
    words = done.split()
    n = int(words[words.index("requests") - 1])
    assert "Non-2xx" not in done and "Socket errors" not in done, (port, done)
    rate = float(words[words.index("Requests/sec:") + 1])
    size = words[words.index("Transfer/sec:") + 1]
    unit = {"KB": 1024, "MB": 1024 ** 2, "GB": 1024 ** 3}[size[-2:]]
    return rate, used / n * 1e6, float(size[:-2]) * unit / rate


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(p) for p in file.read().split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--db", required=True)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--tiles", type=int, default=900)
    parser.add_argument("--port", type=int, default=18351, help="of nginx")
    options = parser.parse_args()
    folder = Folder()
    shutil.copy(options.db, folder / "bench.db")
    with open(folder / "nginx.conf", "w") as file:
        file.write(NGINX.format(folder=folder.path, port=options.port))
    os.makedirs(folder / "files")
    os.chmod(folder.path, 0o755)
    nginx = subprocess.Popen(["nginx", "-p", folder.path, "-c", folder / "nginx.conf"])
    try:
        with Server(folder / "bench.db", "--no-viewer") as server:
            until(lambda: len(children(nginx.pid)) == 2, "nginx")
            peers = {"ours": (server.port, [server.process.pid]),
                     "nginx": (options.port, children(nginx.pid))}
            for suffix, headers in ((".png", ""), (".mvt", 'wrk.headers["Accept-Encoding"] = "gzip"')):
                kept = write_files(server, tiles(suffix, options.tiles, (119, 30, 122, 32.5)), folder)
                with open(folder / "paths", "w") as file:
                    file.write("\n".join(kept))
                found = {name: [] for name in peers}
                for turn in range(options.rounds):
                    for name in sorted(peers, reverse=turn % 2 == 1):
                        with open(folder / "load.lua", "w") as file:
                            file.write(LUA % (headers, folder / "paths", turn * 131))
                        found[name].append(load(peers[name][0], folder / "load.lua", options.seconds,
                                                peers[name][1]))
                line = {name: [statistics.median(column) for column in zip(*runs)]
                        for name, runs in found.items()}
                ratios = sorted(a[0] / b[0] for a, b in zip(found["ours"], found["nginx"]))
                print(f"{suffix[1:]}: {len(kept)} tiles; "
                      + "; ".join(f"{name} {v[0]:,.0f}/s, {v[1]:.1f} us, {v[2]:,.0f} bytes"
                                  for name, v in line.items())
                      + f"; ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
                      + f"; processor {line['nginx'][1] / line['ours'][1]:.2f}; load {os.getloadavg()[0]:.1f}",
                      flush=True)
            m = metrics(server)
            print(f"found in the cache {m['innomap_cache_hits_total']:,.0f}, "
                  f"missed {m['innomap_cache_misses_total']:,.0f}", flush=True)
    finally:
        nginx.terminate()
        nginx.wait(30)
    folder.remove()


if __name__ == "__main__":
    main()
