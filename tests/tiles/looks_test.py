# SPDX-License-Identifier: Apache-2.0
"""The shipped looks can be read by everybody: contrast (WCAG 2.1, 1.4.3 and 1.4.11), kinds
told apart without seeing red and green, no image that the sheet of icons lacks.

usage: looks_test.py SOURCE_FOLDER SHARE_FOLDER
"""

import csv
import itertools
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE, SHARE = Path(sys.argv[1]), Path(sys.argv[2])
PALETTES = json.loads((SOURCE / "tiles/styles/palettes.json").read_text("utf-8"))
LOOKS = PALETTES["looks"]
KINDS = ["park", "incubator", "enclave", "concept-verification", "pilot-platform",
         "facility", "service-centre"]
ROLES = {"concept-verification": "concept", "pilot-platform": "pilot",
         "service-centre": "service"}


def linear(colour):
    return [v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4
            for v in (int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))]


def contrast(a, b):
    light, dark = sorted((sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear(c)))
                          for c in (a, b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def without_green(colour):
    """Viénot, Brettel, Mollon 1999: what a deuteranope sees, linear RGB."""
    r, g, b = linear(colour)
    mixed = 0.29275 * r + 0.70725 * g
    return [mixed, mixed, -0.02234 * r + 0.02234 * g + b]


def lab(rgb):
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(m * v for m, v in zip(row, rgb)) / white
           for row, white in zip(to_xyz, (0.9505, 1, 1.089))]
    f = [v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz]
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def outline(kind):
    svg = (SOURCE / f"tiles/sprites/{kind}.svg").read_text("utf-8")
    return re.search(r'<g class="body">(.*?)</g>', svg, re.S).group(1)


def images(value):
    """Names of images in an expression: all texts that can come out of it."""
    if isinstance(value, str):
        return [value] if value else []
    if not isinstance(value, list):
        return []
    outputs = {"match": value[3::2] + value[-1:], "step": value[2::2]}[value[0]]
    return [name for output in outputs for name in images(output)]


class Looks(unittest.TestCase):
    def test_names_stand_out_from_their_halo(self):
        for look, palette in LOOKS.items():
            colours = palette["colors"]
            for role in (r for r in colours if r.endswith("-name")):
                with self.subTest(look=look, role=role):
                    self.assertGreaterEqual(contrast(colours[role], colours["paper"]), 4.5)

    def test_names_can_be_read_where_the_halo_is_thin(self):
        for look, palette in LOOKS.items():
            colours = palette["colors"]
            for role in (r for r in colours if r.endswith("-name")):
                ground = colours["water" if role == "water-name" else "land"]
                with self.subTest(look=look, role=role):
                    self.assertGreaterEqual(contrast(colours[role], ground), 4.5)

    def test_places_stand_out_from_land_and_water(self):
        for look, palette in LOOKS.items():
            colours = palette["colors"]
            for kind, ground in itertools.product(KINDS, ("land", "ground", "water")):
                with self.subTest(look=look, kind=kind, ground=ground):
                    role = ROLES.get(kind, kind)
                    self.assertGreaterEqual(contrast(colours[role], colours[ground]), 3)

    def test_what_is_drawn_on_an_icon_stands_out_from_it(self):
        for look, palette in LOOKS.items():
            for name, icon in palette["icons"].items():
                with self.subTest(look=look, icon=name):
                    self.assertGreaterEqual(contrast(icon["ink"], icon["body"]), 3)

    def test_each_kind_has_an_outline_of_its_own(self):
        outlines = [outline(kind) for kind in KINDS]
        self.assertEqual(len(set(outlines)), len(KINDS))

    def test_kinds_differ_without_red_and_green(self):
        """Dots have one shape: their colours have to do. Just noticeable is about 2.3."""
        for look, palette in LOOKS.items():
            if palette.get("marks"):
                continue  # it tells kinds apart by outline from zoom 7 on
            for a, b in itertools.combinations(KINDS, 2):
                with self.subTest(look=look, kinds=(a, b)):
                    one, other = (lab(without_green(palette["colors"][ROLES.get(k, k)]))
                                  for k in (a, b))
                    distance = sum((x - y) ** 2 for x, y in zip(one, other)) ** 0.5
                    self.assertGreater(distance, 6)


class Files(unittest.TestCase):
    def test_every_image_is_in_the_sheet(self):
        sheet = json.loads((SHARE / "sprites/innomap.json").read_text("utf-8"))
        styles = [*SHARE.glob("styles/*.json"), *SOURCE.glob("layers/*/style.json")]
        found = set()
        for path in styles:
            for layer in json.loads(path.read_text("utf-8"))["layers"]:
                for part, key in (("layout", "icon-image"), ("paint", "fill-pattern"),
                                  ("paint", "line-pattern")):
                    value = layer.get(part, {}).get(key)
                    for name in images(value):
                        found.add(name)
                        self.assertIn(name, sheet, f"{path}: {layer['id']}")
        self.assertGreater(len(found), 40)

    def test_sheets_of_all_ratios_hold_the_same(self):
        sheets = [json.loads((SHARE / f"sprites/innomap{s}.json").read_text("utf-8"))
                  for s in ("", "@2x", "@3x")]
        for ratio, sheet in enumerate(sheets, 1):
            self.assertEqual(sheet.keys(), sheets[0].keys())
            for name, image in sheet.items():
                self.assertEqual(image["pixelRatio"], ratio)
                self.assertEqual(image["width"], sheets[0][name]["width"] * ratio)

    def test_the_same_sources_give_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "innomap"
            subprocess.run([sys.executable, SOURCE / "tiles/sprites/sheet.py",
                            SOURCE / "tiles/styles/palettes.json",
                            SOURCE / "tiles/sprites", out], check=True)
            for path in Path(folder).iterdir():
                self.assertEqual(path.read_bytes(),
                                 (SHARE / "sprites" / path.name).read_bytes(), path.name)

    def test_the_standard_look_is_what_the_layers_say(self):
        light = json.loads((SHARE / "styles/light.json").read_text("utf-8"))
        self.assertEqual(light["layers"], [])
        self.assertEqual(LOOKS["light"]["colors"], PALETTES["roles"])

    def test_the_other_looks_leave_nothing_out(self):
        own = {layer["id"] for path in SOURCE.glob("layers/*/style.json")
               for layer in json.loads(path.read_text("utf-8"))["layers"]}
        for look in LOOKS:
            if look != "light":
                sheet = json.loads((SHARE / f"styles/{look}.json").read_text("utf-8"))
                self.assertLessEqual(own, {layer["id"] for layer in sheet["layers"]})


class Legends(unittest.TestCase):
    def sheets(self):
        return {path.stem: json.loads(path.read_text("utf-8"))
                for path in SHARE.glob("styles/*.json")}

    def test_each_look_says_what_the_layers_say_in_its_own_colours(self):
        own = {(path.parent.name, entry["title"]["zh"]): entry
               for path in SOURCE.glob("layers/*/style.json")
               for entry in json.loads(path.read_text("utf-8"))["legend"]}
        roles = {colour: role for role, colour in PALETTES["roles"].items()}
        for look in (look for look in LOOKS if look != "light"):
            legend = self.sheets()[look]["metadata"]["legend"]
            said = {(entry["layer"], entry["title"]["zh"]): entry for entry in legend}
            self.assertEqual(said.keys(), own.keys())
            for key, entry in own.items():
                self.assertEqual(said[key]["color"],
                                 LOOKS[look]["colors"][roles[entry["color"]]], key)

    def test_images_of_legends_are_in_the_sheet(self):
        icons = json.loads((SHARE / "sprites/innomap.json").read_text("utf-8"))
        legends = [sheet["metadata"].get("legend", []) for sheet in self.sheets().values()]
        legends += [json.loads(path.read_text("utf-8"))["legend"]
                    for path in SOURCE.glob("layers/*/style.json")]
        found = 0
        for entry in (entry for legend in legends for entry in legend):
            names = [name for _, name in entry.get("images", [])]
            if "pattern" in entry:
                names.append(entry["pattern"])
            found += len(names)
            for name in names:
                self.assertIn(name, icons, entry)
        self.assertGreater(found, 30)


class Themes(unittest.TestCase):
    """Maps of one indicator take it from the database, and say from when and where."""

    def test_numbers_are_joined_and_their_origin_is_told(self):
        for theme, indicator in (("rd-intensity", "rd_intensity"),
                                 ("national-incubators", "national_incubators")):
            sheet = json.loads((SHARE / f"styles/{theme}.json").read_text("utf-8"))
            join = sheet["metadata"]["join"]
            with (SOURCE / f"layers/{join['table']}/{join['table']}.csv").open(
                    encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            self.assertIn(indicator, {row["indicator"] for row in rows})
            self.assertIn(f"indicator = '{indicator}'", join["where"])
            self.assertIn("qualifier = 'exact'", join["where"])
            for member in ("on", "value", "newest", "source"):
                self.assertIn(join[member], rows[0])
            legend = json.dumps(sheet["metadata"]["legend"], ensure_ascii=False)
            for word in ("years", "sources"):
                self.assertIn("{%s.%s}" % (join["as"], word), legend)
            self.assertIn("无数据", legend)

    def test_the_classes_of_the_legend_are_those_of_the_style(self):
        sheet = json.loads((SHARE / "styles/rd-intensity.json").read_text("utf-8"))
        step = sheet["layers"][0]["paint"]["fill-color"][-1][-1]
        self.assertEqual(step[0], "step")
        entries = [e for e in sheet["metadata"]["legend"] if e["shape"] == "fill"]
        self.assertEqual([e["color"] for e in entries[:-1]], step[:1:-2])
        limits = step[3::2]
        for entry, low in zip(entries, reversed([None, *limits])):
            numbers = [float(n) for n in re.findall(r"\d+\.\d", entry["title"]["zh"])]
            self.assertEqual(numbers[0], limits[0] if low is None else low)
            self.assertIn("%", entry["title"]["zh"])

    def test_the_circles_of_the_legend_are_as_large_as_on_the_map(self):
        sheet = json.loads((SHARE / "styles/national-incubators.json").read_text("utf-8"))
        circles = [e for e in sheet["metadata"]["legend"] if e["title"]["en"].isdigit()]
        self.assertGreater(len(circles), 2)
        for entry in circles:
            # area in proportion: radius² over the number is one constant
            self.assertAlmostEqual(entry["radius"] ** 2 / int(entry["title"]["en"]), 6.25,
                                   places=1)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
