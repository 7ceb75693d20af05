# SPDX-License-Identifier: Apache-2.0
"""The commands of "Ask the map" and "Bring your own data" in both READMEs work on the
shipped layers, and print what the READMEs say they print."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ["INNOMAP"]
MODULES = os.environ.get("INNOMAP_NODE_MODULES", os.path.join(ROOT, "node_modules"))
QUESTIONS = {"README.md": "## Ask the map", "README.zh-CN.md": "## 向地图提问"}
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
    typed, a ``` block behind them is an answer; "…" stands for what is left out."""
    commands, answer, inside = [], [], False
    for line in lines:
        if line.startswith("```"):
            inside = not inside
            if not inside:
                yield commands, answer
                commands, answer = [], []
        elif inside:
            answer.append(line)
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
        os.symlink(os.path.join(ROOT, "tests"), os.path.join(self.folder, "tests"))
        shutil.copy(os.path.join(self.made, "innomap.db"), self.folder)

    def run_in_folder(self, command):
        environment = dict(os.environ, LANG="C.UTF-8")
        environment.pop("LC_ALL", None)
        done = subprocess.run(command, shell=True, cwd=self.folder, env=environment,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def follow(self, name, headings, at_least):
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
        self.assertGreaterEqual(n_answers, 2)

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
