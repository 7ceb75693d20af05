#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the sprite sheet: python3 sheet.py PALETTES SVG_FOLDER OUT

Each icon is drawn once per look with that look's colours (palettes.json), in three
sizes: NAME 22 px, NAME-s 17 px, NAME-m 11 px (its outline only). The standard look has no
suffix, others have "-LOOK". Patterns have the look's pattern colour. OUT gets .json, .png
and the same with @2x and @3x. Same input and same rsvg-convert, same bytes.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

SMALL, MARK = 17 / 22, 11 / 22
SHEET_PX = 512


def content(path):
    """What is inside <svg>, without the colours for people who open the file; size."""
    text = path.read_text(encoding="utf-8")
    opening, rest = re.search(r"<svg[^>]*>", text), None
    rest = text[opening.end():text.rindex("</svg>")]
    rest = re.sub(r"<style>.*?</style>|<!--.*?-->", "", rest, flags=re.S).strip()
    width = int(re.search(r'width="(\d+)"', opening.group()).group(1))
    height = int(re.search(r'height="(\d+)"', opening.group()).group(1))
    return rest, width, height


def coloured(svg, colours):
    """Classes become colours: rsvg knows style sheets, but not one per picture."""
    fills = {"ring": 'fill="{0}" stroke="{0}"', "body": 'fill="{0}"',
             "ink": 'fill="{0}"', "ink-line": 'fill="none" stroke="{0}"'}
    return re.sub(r'class="([a-z-]+)"',
                  lambda m: fills[m[1]].format(colours[m[1].replace("-line", "")]), svg)


def outline(svg):
    """An icon without what is drawn on it, for sizes at which that would be a blot."""
    parts = "\n".join(re.findall(r'<g class="(?:ring|body)".*?</g>', svg, flags=re.S))
    # half of it lies outside of the body: 1 px of 11, which a photocopier still sees
    return parts.replace('stroke-width="2"', 'stroke-width="4"')


def pictures(palettes, folder):
    """(name, svg, width, height of its own pixels, width and height shown)"""
    files = sorted(folder.glob("*.svg"))
    for look, palette in sorted(palettes["looks"].items()):
        suffix = palette["suffix"]
        for path in files:
            svg, width, height = content(path)
            if path.stem.startswith("pattern-"):
                if "pattern" in palette:
                    colours = {"ink": palette["pattern"]}
                    yield path.stem + suffix, coloured(svg, colours), width, height, 1
                continue
            colours = palette["icons"][path.stem]
            yield path.stem + suffix, coloured(svg, colours), width, height, 1
            yield (path.stem + "-s" + suffix, coloured(svg, colours), width, height,
                   SMALL)
            yield (path.stem + "-m" + suffix, coloured(outline(svg), colours), width,
                   height, MARK)


def place(items):
    """Rows from the highest down; a pixel between any two."""
    placed, x, y, row = [], 0, 0, 0
    for item in sorted(items, key=lambda i: (-round(i[3] * i[4]), i[0])):
        name, svg, width, height, scale = item
        w, h = round(width * scale), round(height * scale)
        if x + w > SHEET_PX:
            x, y, row = 0, y + row + 1, 0
        placed.append((name, svg, width, height, x, y, w, h))
        x, row = x + w + 1, max(row, h)
    return placed, y + row


def main(palettes, folder, out):
    looks = json.loads(Path(palettes).read_text(encoding="utf-8"))
    placed, height = place(list(pictures(looks, Path(folder))))
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{SHEET_PX}" '
             f'height="{height}">']
    for _, svg, own_w, own_h, x, y, w, h in placed:
        parts.append(f'<svg x="{x}" y="{y}" width="{w}" height="{h}" '
                     f'viewBox="0 0 {own_w} {own_h}" overflow="hidden">{svg}</svg>')
    parts.append("</svg>\n")
    sheet = Path(out + ".svg")
    sheet.write_text("\n".join(parts), encoding="utf-8")
    for ratio, suffix in ((1, ""), (2, "@2x"), (3, "@3x")):
        subprocess.run(["rsvg-convert", "--zoom", str(ratio), "--output",
                        f"{out}{suffix}.png", str(sheet)], check=True)
        index = {name: {"x": x * ratio, "y": y * ratio, "width": w * ratio,
                        "height": h * ratio, "pixelRatio": ratio}
                 for name, _, _, _, x, y, w, h in sorted(placed)}
        Path(f"{out}{suffix}.json").write_text(
            json.dumps(index, indent=1) + "\n", encoding="utf-8")
    sheet.unlink()


if __name__ == "__main__":
    main(*sys.argv[1:])
