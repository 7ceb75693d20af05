# SPDX-License-Identifier: Apache-2.0
"""The commands of "Bring your own data" in both READMEs work on the shipped layers, and
print what the READMEs say they print."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ["INNOMAP"]
SECTIONS = {"README.md": "## Bring your own data", "README.zh-CN.md": "## 导入自己的数据"}


def section(name):
    """Its lines, without the heading."""
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        lines = file.read().splitlines()
    start = lines.index(SECTIONS[name]) + 1
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
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="innomap-readme-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.makedirs(os.path.join(self.folder, "build", "release"))
        os.symlink(PROGRAM, os.path.join(self.folder, "build", "release", "innomap"))
        os.symlink(os.path.join(ROOT, "tests"), os.path.join(self.folder, "tests"))
        self.run_in_folder(f"'{PROGRAM}' import --shipped '{ROOT}/layers' --quiet")

    def run_in_folder(self, command):
        environment = dict(os.environ, LANG="C.UTF-8")
        environment.pop("LC_ALL", None)
        done = subprocess.run(command, shell=True, cwd=self.folder, env=environment,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def follow(self, name):
        n_commands = n_answers = 0
        for commands, answer in steps(section(name)):
            said = ""
            for command in commands:
                said = self.run_in_folder(command)
                n_commands += 1
            for line in answer:
                for part in line.split("…"):
                    self.assertIn(part.strip(), said, f"{name}: {commands[-1]}")
                n_answers += 1
        self.assertGreaterEqual(n_commands, 4)
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

    def test_the_english_readme(self):
        self.follow("README.md")
        self.assert_brought()

    def test_the_chinese_readme(self):
        self.follow("README.zh-CN.md")
        self.assert_brought()


if __name__ == "__main__":
    unittest.main()
