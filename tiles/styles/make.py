#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the stylesheets: python3 make.py PALETTES LAYERS_FOLDER SPRITE_JSON OUT_FOLDER [THEME...]

One truth for what is drawn where: layers/*/style.json. The standard look is those styles
as they are, so its stylesheet has no layers. Every other look of palettes.json is made
from them: each colour is replaced by the look's colour of the same role, each icon by the
look's icon, and then the look's own changes are applied. A colour that has no role is an
error: it would look the same by night. Themes, whole stylesheets for maps of one
indicator, are copied as they are: their numbers come from the database (metadata.join).
Only their legends are made: an entry with "classes" becomes one line for each class of a
"step", an entry with "sizes" one circle for each value, as the style layer draws it.
"""

import json
import math
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


    def entry(self, own, layer_id, layers):
        """A line of the legend, drawn as the look draws the map."""
        out = {"layer": layer_id,
               **{k: self.translated(v, f"{layer_id}: legend") for k, v in own.items()}}
        images = [[zoom, self.icon(name)] for zoom, name in own.get("images", [])]
        mark = self.icon(own["images"][0][1] + "-m") if images else ""
        if mark in self.icons and layer_id in self.look.get("marks", {}).values():
            images.insert(0, [MARK_ZOOM, mark])
        if images:
            out["images"] = images
        for layer in layers if own["shape"] == "fill" else []:
            if layer["type"] == "fill" and layer["source-layer"] == layer_id and \
                    "fill-pattern" in layer["paint"]:
                out["pattern"] = layer["paint"]["fill-pattern"]
                out["opacity"] = 0.6
        return out


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


def legend_of(look, folder, layers):
    return [look.entry(own, path.parent.name, layers)
            for path in sorted(Path(folder).glob("*/style.json"))
            for own in read(path)["legend"]]


def stylesheet(palettes, name, folder, icons):
    look = Look(palettes, name, icons)
    titles = look.look["title"]
    # the standard look is what the layers themselves say
    layers = layers_of(look, folder) if look.look["suffix"] else []
    metadata = {"title": titles, "order": look.look["order"],
                "ground": look.look["colors"]["ground"],
                "dark": look.look.get("dark", False)}
    if layers:
        metadata["legend"] = legend_of(look, folder, layers)
    return {"version": 8, "name": titles["en"], "metadata": metadata,
            "glyphs": "/fonts/{fontstack}/{range}.pbf", "sprite": "/sprites/innomap",
            "sources": SOURCES, "layers": layers}


def walk(value, found):
    """All lists in an expression, outermost first."""
    if isinstance(value, list):
        found.append(value)
        for part in value:
            walk(part, found)
    return found


def number(value, digits):
    return f"{value:.{digits}f}"


def classes(theme, entry):
    """A line for each class of the "step" that colours a layer, the highest first."""
    how = entry["classes"]
    paint = next(x for x in theme["layers"] if x["id"] == how["layer"])["paint"]
    steps = [e for e in walk(paint[how["property"]], []) if e[0] == "step"]
    if len(steps) != 1:
        raise SystemExit(f"{how['layer']}: {how['property']} has {len(steps)} steps, not one")
    colours, limits = steps[0][2::2], steps[0][3::2]
    text = [number(v, how.get("digits", 0)) for v in limits]
    unit = how["unit"]
    out = []
    for i, colour in reversed(list(enumerate(colours))):
        low, high = (text[i - 1] if i else None), (text[i] if i < len(text) else None)
        if low is None:
            title = {"zh": f"{high}{unit['zh']} 以下", "en": f"Under {high}{unit['en']}"}
        elif high is None:
            title = {"zh": f"{low}{unit['zh']} 及以上", "en": f"{low}{unit['en']} and over"}
        else:
            # a value on the limit belongs to the class above
            title = {"zh": f"{low}{unit['zh']} 至不足 {high}{unit['zh']}",
                     "en": f"{low}{unit['en']} to under {high}{unit['en']}"}
        out.append({"title": title, "shape": "fill", "color": colour})
    return out


FUNCTIONS = {"*": math.prod, "+": sum, "sqrt": lambda v: math.sqrt(v[0]),
             "min": min, "max": max}


def value_of(expression, values):
    """Of the few expressions that sizes are made with."""
    if isinstance(expression, (int, float)):
        return expression
    name, *arguments = expression
    if name == "get":
        return values[arguments[0]]
    if name not in FUNCTIONS:
        raise SystemExit(f"legend: \"{name}\" is not known to make.py")
    return FUNCTIONS[name]([value_of(a, values) for a in arguments])


def sizes(theme, entry):
    """A circle for each value, as large as on the map."""
    how = entry["sizes"]
    paint = next(x for x in theme["layers"] if x["id"] == how["layer"])["paint"]
    radius = paint["circle-radius"]
    field = next(e[1] for e in walk(radius, []) if e[0] == "get")
    return [{"title": {lang: f"{value}{how['unit'][lang]}" for lang in ("zh", "en")},
             "shape": "circle", "color": paint["circle-color"],
             "opacity": paint.get("circle-opacity", 1),
             "outline": paint.get("circle-stroke-color", paint["circle-color"]),
             "radius": round(value_of(radius, {field: value}), 2)}
            for value in how["values"]]


def themed(theme):
    legend = []
    for entry in theme["metadata"]["legend"]:
        legend += classes(theme, entry) if "classes" in entry else \
            sizes(theme, entry) if "sizes" in entry else [entry]
    theme["metadata"]["legend"] = legend
    return theme


def main(palettes, folder, sprites, out, *themes):
    palettes = read(palettes)
    icons = set(read(sprites))
    for name in palettes["looks"]:
        sheet = stylesheet(palettes, name, folder, icons)
        text = json.dumps(sheet, ensure_ascii=False, indent=1) + "\n"
        (Path(out) / f"{name}.json").write_text(text, encoding="utf-8")
    for path in themes:
        text = json.dumps(themed(read(path)), ensure_ascii=False, indent=1) + "\n"
        (Path(out) / Path(path).name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
