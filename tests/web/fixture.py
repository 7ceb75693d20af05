# SPDX-License-Identifier: Apache-2.0
"""A small database made by the program itself, and a small viewer."""

import json

from harness import PROGRAM, Folder, run, write


def text(zh, en):
    return {"zh": zh, "en": en}


def field(name, kind="text", **more):
    return {"name": name, "title": text(name, name), "type": kind, **more}


def definition(layer, geometry, order, **more):
    return {
        "id": layer, "title": text("地点 " + layer, "Places " + layer),
        "geometry": geometry, "key": "id", "group": "places", "order": order,
        "in_map": True, "names_places": geometry == "point", "visibility": "public",
        "fields": [field("id", required=True, tile_zoom=0),
                   field("name_zh", required=True, tile_zoom=0),
                   field("name_en", tile_zoom=0),
                   field("city", tile_zoom=0),
                   field("precision", tile_zoom=0)],
        "roles": {"name_zh": "name_zh", "name_en": "name_en", "city": "city",
                  "precision": "precision"},
        "facts": {"file": layer + ".csv", "lon": "lon", "lat": "lat",
                  "crs": "EPSG:4326"},
        "source": text("测试", "Test"), "source_date": "2026-01", "licence": "CC0-1.0",
        "attribution": text("测试数据", "Test data"),
        "completeness": text("只是测试", "A test only"), **more}


def style(layer, colour):
    return {"legend": [{"title": text("点", "Points"), "shape": "circle",
                        "color": colour}],
            "layers": [{"id": layer + "-point", "type": "circle",
                        "metadata": {"order": 420},
                        "paint": {"circle-radius": 5, "circle-color": colour}}]}


HEADER = "id,name_zh,name_en,city,precision,lon,lat\n"
# around 31.2 N 121.5 E: tile 8/214/104 holds them, its far neighbours hold nothing
SITES = [
    ("S1", "东园", "East Park", "上海市", "site", 121.60, 31.20),
    ("S2", "西园", "West Park", "上海市", "site", 121.40, 31.20),
    ("S3", "南园", "South Park", "上海市", "town", 121.50, 31.10),
    ("S4", "粗略地", "Somewhere", "上海市", "city", 121.50, 31.23),
    # the same name in two cities far apart: nobody may pick for the person
    ("S5", "鼓楼", "Drum Tower", "南京市", "site", 118.77, 32.06),
    ("S6", "鼓楼", "Drum Tower", "徐州市", "site", 117.18, 34.29),
]


def rows(sites):
    return HEADER + "".join(",".join(map(str, s)) + "\n" for s in sites)


def make_layers(folder):
    for layer, order, extra in (("sites", 10, {}), ("others", 20, {}),
                                ("hidden", 30, {"visibility": "internal"})):
        base = f"{folder}/{layer}/"
        write(base + "layer.json",
              json.dumps(definition(layer, "point", order, **extra)))
        write(base + "style.json", json.dumps(style(layer, "#d9822b")))
        sites = SITES if layer == "sites" else [
            (f"{layer[0].upper()}{i}", f"{layer}{i}", f"{layer} {i}", "上海市", "site",
             121.3 + i / 50, 31.3) for i in range(1, 6)]
        write(base + layer + ".csv", rows(sites))


def make_database(path, folder):
    make_layers(folder)
    done = run("import", "--shipped", folder, "--db", path, "--lang", "en")
    assert done.returncode == 0, done.stderr + done.stdout


def make_viewer(path):
    write(path + "/index.html", "<!doctype html><title>map</title>" + "<p>text</p>" * 99)
    write(path + "/assets/app-1a2b.js", "console.log('map');" * 100)
    write(path + "/icon.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")


__all__ = ["PROGRAM", "Folder", "SITES", "make_database", "make_viewer", "rows"]
