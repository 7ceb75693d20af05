#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the stylesheets: python3 make.py PALETTES LAYERS_FOLDER SPRITE_JSON OUT_FOLDER [THEME...]

One truth for what is drawn where: layers/*/style.json. The standard look is those styles
as they are, so its stylesheet has no layers. Every other look of palettes.json is made
from them: each colour is replaced by the look's colour of the same role, each icon by the
look's icon, and then the look's own changes are applied. A colour that has no role is an
error: it would look the same by night. Themes are maps of one
indicator: whole stylesheets in which "{values}" stands for the value of the division at
hand (-1: none), {years} and {sources} for where the values come from. They are taken
from layers/city_indicators/city_indicators.csv, so that a style stays plain data that
works in pictures, vector tiles and MapLibre alike.
"""

import csv
import json
import sys
from pathlib import Path

SOURCES = {"innomap": {"type": "vector", "url": "/tiles/map.json"}}
# the icon of a kind at these zooms, where a look tells kinds apart by shape alone
MARK_ZOOM, ICON_ZOOM = 7, 11.5


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


class Look:
    def __init__(self, palettes, name, icons):
        self.look = palettes["looks"][name]
        self.roles = {colour: role for role, colour in palettes["roles"].items()}
        if len(self.roles) != len(palettes["roles"]):
            raise SystemExit("palettes.json: two roles have the same standard colour")
        self.icons = icons
        self.name = name

    def colour(self, value, where):
        if value not in self.roles:
            raise SystemExit(f"{where}: colour {value} has no role in palettes.json")
        return self.look["colors"][self.roles[value]]

    def translated(self, value, where):
        if isinstance(value, dict):
            return {k: self.translated(v, where) for k, v in value.items()}
        if isinstance(value, list):
            return [self.translated(v, where) for v in value]
        if isinstance(value, str) and value.startswith("#"):
            return self.colour(value, where)
        return value

    def icon(self, value):
        """Names of images anywhere in an expression."""
        if isinstance(value, list):
            return [self.icon(v) for v in value]
        named = isinstance(value, str) and value + self.look["suffix"]
        return named if named in self.icons else value

    def changed(self, layer):
        for part, members in self.look.get("layers", {}).get(layer["id"], {}).items():
            if not isinstance(members, dict):
                layer[part] = members
                continue
            kept = {**layer.get(part, {}), **members}
            layer[part] = {k: v for k, v in kept.items() if v is not None}
        for part, key in (("layout", "icon-image"), ("paint", "fill-pattern")):
            if key in layer.get(part, {}):
                layer[part][key] = self.icon(layer[part][key])
        return layer

    def layer(self, own, layer_id, is_point):
        out = {"id": own["id"], "type": own["type"]}
        if own["type"] != "background":
            on_points = own["type"] == "symbol" and not is_point and \
                own.get("layout", {}).get("symbol-placement", "point") == "point"
            out["source"] = "innomap"
            out["source-layer"] = layer_id + ("_label" if on_points else "")
        for key in ("metadata", "minzoom", "maxzoom", "filter", "layout", "paint"):
            if key in own:
                out[key] = self.translated(own[key], f"{layer_id}: {own['id']}")
        return self.changed(out)

    def marked(self, layers):
        """Where colour does not tell kinds apart: their outlines instead of circles."""
        for icon, layer_id in self.look.get("marks", {}).items():
            point = next(x for x in layers if x["id"] == layer_id + "-point")
            point["maxzoom"] = MARK_ZOOM
            layers.append({
                "id": layer_id + "-mark", "type": "symbol", "source": "innomap",
                "source-layer": layer_id, "metadata": dict(point["metadata"]),
                "minzoom": MARK_ZOOM, "maxzoom": ICON_ZOOM, "filter": point["filter"],
                "layout": {"icon-image": self.icon(icon + "-m"),
                           "icon-allow-overlap": True,
                           "icon-ignore-placement": True,
                           "icon-size": ["interpolate", ["linear"], ["zoom"],
                                         MARK_ZOOM, 0.8, 10, 1]}})
        return layers


def layers_of(look, folder):
    found = []
    for path in sorted(Path(folder).glob("*/style.json")):
        layer_id = path.parent.name
        definition = read(path.parent / "layer.json")
        for i, own in enumerate(read(path)["layers"]):
            layer = look.layer(own, layer_id, definition["geometry"] == "point")
            found.append((layer["metadata"]["order"], layer_id, i, layer))
    layers = [layer for *_, layer in sorted(found, key=lambda f: f[:3])]
    return sorted(look.marked(layers), key=lambda x: x["metadata"]["order"])


def stylesheet(palettes, name, folder, icons):
    look = Look(palettes, name, icons)
    titles = look.look["title"]
    # the standard look is what the layers themselves say
    layers = layers_of(look, folder) if look.look["suffix"] else []
    return {"version": 8, "name": titles["en"],
            "metadata": {"title": titles, "order": look.look["order"],
                         "ground": look.look["colors"]["ground"],
                         "dark": look.look.get("dark", False)},
            "glyphs": "/fonts/{fontstack}/{range}.pbf", "sprite": "/sprites/innomap",
            "sources": SOURCES, "layers": layers}


def figures(folder, indicator, level):
    """The newest exact value of each province (0000) or city (00), by adcode."""
    newest = {}
    path = Path(folder) / "city_indicators" / "city_indicators.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            code = row["adcode"]
            is_province = code.endswith("0000")
            fits = is_province if level == "province" else \
                code.endswith("00") and not is_province
            if row["indicator"] == indicator and code and fits and \
                    row["qualifier"] == "exact" and \
                    row["year"] > newest.get(code, {"year": ""})["year"]:
                newest[code] = row
    return newest


def filled(value, values, words):
    if isinstance(value, dict):
        return {k: filled(v, values, words) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, values, words) for v in value]
    if value == "{values}":
        return values
    if isinstance(value, str):
        for word, text in words.items():
            value = value.replace(word, text)
    return value


def theme(path, folder):
    """A theme with its values."""
    sheet = read(path)
    asked = sheet["metadata"]["indicator"]
    rows = figures(folder, **asked)
    if not rows:
        raise SystemExit(f"{path}: city_indicators.csv has no {asked}")
    values = ["match", ["get", "adcode"]]
    for adcode, row in sorted(rows.items()):
        number = float(row["value"])
        values += [adcode, int(number) if number.is_integer() else number]
    years = sorted({row["year"] for row in rows.values()})
    words = {"{years}": years[0] if len(years) == 1 else f"{years[0]}–{years[-1]}",
             "{sources}": "；".join(sorted({r["source"] for r in rows.values()}))}
    return filled(sheet, values + [-1], words)


def main(palettes, folder, sprites, out, *themes):
    palettes = read(palettes)
    icons = set(read(sprites))
    for name in palettes["looks"]:
        sheet = stylesheet(palettes, name, folder, icons)
        text = json.dumps(sheet, ensure_ascii=False, indent=1) + "\n"
        (Path(out) / f"{name}.json").write_text(text, encoding="utf-8")
    for path in themes:
        text = json.dumps(theme(path, folder), ensure_ascii=False, indent=1) + "\n"
        (Path(out) / Path(path).name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
