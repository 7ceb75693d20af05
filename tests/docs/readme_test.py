# SPDX-License-Identifier: Apache-2.0
"""The commands of both READMEs work on the shipped layers and print what the READMEs say
they print; the layer that they show can be imported; both tell the same."""

import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ["INNOMAP"]
MODULES = os.environ.get("INNOMAP_NODE_MODULES", os.path.join(ROOT, "node_modules"))
QUESTIONS = {"README.md": "## Ask the map", "README.zh-CN.md": "## 向地图提问"}
PAGES = {"README.md": "## Tiles in your own page", "README.zh-CN.md": "## 在自己的网页中使用瓦片"}
FILES = {"README.md": "## Tiles as files", "README.zh-CN.md": "## 把瓦片导出成文件"}
ADDING = {"README.md": "## Add a layer", "README.zh-CN.md": "## 添加图层"}
OWN_DATA = {"README.md": "## Bring your own data", "README.zh-CN.md": "## 导入自己的数据"}


def section(name, headings):
    """Its lines, without the heading."""
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        lines = file.read().splitlines()
    start = lines.index(headings[name]) + 1
    end = next(i for i in range(start, len(lines)) if lines[i].startswith("## "))
    return lines[start:end]


def steps(lines):
    """(commands, what the last of them prints) one after the other: indented lines are
    typed, a ``` block behind them is an answer; "…" stands for what is left out. A block
    that names its language (```html) is neither."""
    commands, answer, inside = [], [], None
    for line in lines:
        if line.startswith("```"):
            if inside == "```":
                yield commands, answer
                commands, answer = [], []
            inside = None if inside else line
        elif inside == "```":
            answer.append(line)
        elif inside:
            continue
        elif line.startswith("    "):
            commands.append(line.strip())
    if commands:
        yield commands, answer


class Readme(unittest.TestCase):
    """As ./start leaves a folder: the shipped layers on the base map."""

    @classmethod
    def setUpClass(cls):
        cls.made = tempfile.mkdtemp(prefix="innomap-readme-")
        cls.addClassCleanup(shutil.rmtree, cls.made)
        for command in (["basemap", "--modules", MODULES, "--out", "basemap.gpkg"],
                        ["import", "--shipped", os.path.join(ROOT, "layers"), "--basemap",
                         "basemap.gpkg", "--quiet"]):
            subprocess.run([PROGRAM, *command], cwd=cls.made, check=True, timeout=300,
                           capture_output=True)

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="innomap-readme-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.makedirs(os.path.join(self.folder, "build", "release"))
        os.symlink(PROGRAM, os.path.join(self.folder, "build", "release", "innomap"))
        for name in ("tests", "layers"):
            os.symlink(os.path.join(ROOT, name), os.path.join(self.folder, name))
        shutil.copy(os.path.join(self.made, "innomap.db"), self.folder)

    def run_in_folder(self, command):
        environment = dict(os.environ, LANG="C.UTF-8")
        environment.pop("LC_ALL", None)
        done = subprocess.run(command, shell=True, cwd=self.folder, env=environment,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def follow(self, name, headings, at_least, answers_at_least=2):
        n_commands = n_answers = 0
        for commands, answer in steps(section(name, headings)):
            said = ""
            for command in commands:
                said = self.run_in_folder(command)
                n_commands += 1
            for line in answer:
                for part in line.split("…"):
                    self.assertIn(part.strip(), said, f"{name}: {commands[-1]}")
                n_answers += 1
        self.assertGreaterEqual(n_commands, at_least)
        self.assertGreaterEqual(n_answers, answers_at_least)

    def follow_tiles(self, name):
        self.follow(name, PAGES, 1, 0)
        self.follow(name, FILES, 5, 3)
        for made, first in (("map.png", b"\x89PNG"), ("map.pmtiles", b"PMTiles\x03"),
                            ("shanghai.mbtiles", b"SQLite format 3"), ("incubators.gpkg", b"SQLite format 3"),
                            ("cgcs2000/tileMatrixSet.json", b"{")):
            with open(os.path.join(self.folder, made), "rb") as file:
                self.assertTrue(file.read(20).startswith(first), made)

    def add_the_layer(self, name):
        """The three files as they stand there."""
        text = "\n".join(section(name, ADDING))
        made = os.path.join(self.folder, "more", "my_places")
        os.makedirs(made)
        files = re.findall(r"^`([a-z_.]+)`\n```(?:json)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        self.assertEqual(len(files), 3)
        for file_name, content in files:
            with open(os.path.join(made, file_name), "w", encoding="utf-8") as file:
                file.write(content)
        self.run_in_folder(f"'{PROGRAM}' import --shipped more")
        self.assertIn("一号地点", self.run_in_folder(f"'{PROGRAM}' list my_places --lang zh"))

    def assert_brought(self):
        with open(os.path.join(self.folder, "report.json"), encoding="utf-8") as file:
            report = json.load(file)
        self.assertEqual((report["read"], report["refused"]), (38, 2))
        self.assertEqual(len(report["refused_rows"]), 2)
        with open(os.path.join(self.folder, "mend.csv"), encoding="utf-8-sig") as file:
            self.assertEqual(len(file.read().splitlines()), 3)
        self.assertTrue(os.path.exists(os.path.join(self.folder, "report.html")))
        layers = json.loads(self.run_in_folder(f"'{PROGRAM}' layers --json"))["layers"]
        counts = {layer["id"]: layer["count"] for layer in layers}
        self.assertEqual(counts["office_list"], 34)
        self.assertEqual(counts["my_outlines"], 40)
        for name in ("layer.json", "style.json", "my_outlines.geojson"):
            self.assertTrue(os.path.exists(
                os.path.join(self.folder, "mylayers", "my_outlines", name)))

    def test_both_languages_tell_the_same(self):
        """As many headings, and the same commands with the same options; what is asked in
        words differs."""
        commands, headings = [], []
        for name in ("README.md", "README.zh-CN.md"):
            with open(os.path.join(ROOT, name), encoding="utf-8") as file:
                text = file.read()
            typed = re.findall(r"^    build/release/innomap (.*)$", text, re.MULTILINE)
            commands.append([line.replace(" --lang zh", "") for line in typed if not line.startswith("ask ")])
            headings.append(re.findall(r"^#+", text, re.MULTILINE))
        self.assertEqual(*commands)
        self.assertEqual(*headings)

    def test_tiles_in_english(self):
        self.follow_tiles("README.md")

    def test_tiles_in_chinese(self):
        self.follow_tiles("README.zh-CN.md")

    def test_the_layer_to_add_in_english(self):
        self.add_the_layer("README.md")

    def test_the_layer_to_add_in_chinese(self):
        self.add_the_layer("README.zh-CN.md")

    def test_questions_in_english(self):
        self.follow("README.md", QUESTIONS, 10)

    def test_questions_in_chinese(self):
        self.follow("README.zh-CN.md", QUESTIONS, 10)

    def test_own_data_in_english(self):
        self.follow("README.md", OWN_DATA, 4)
        self.assert_brought()

    def test_own_data_in_chinese(self):
        self.follow("README.zh-CN.md", OWN_DATA, 4)
        self.assert_brought()


if __name__ == "__main__":
    unittest.main()
