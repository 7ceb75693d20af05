# SPDX-License-Identifier: Apache-2.0
"""ARCHITECTURE.md tells of the code as it is: its links lead somewhere, and the codes of
"What the importer says" are those that the importer uses."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = "([a-z]+(?:_[a-z]+)*)"
# How a code is given in the sources: to a function that tells or refuses, as a member,
# or in a table of reasons.
USES = (rf'\b(?:refuse|refusal_of|plan_note|add_note)\(\s*(?:[\w&>.-]+,\s*)?"{CODE}"',
        rf'\.code = "{CODE}"',
        rf'\{{(?:SHAPE_\w+, )?"{CODE}", "[^"]*[^\x00-\x7f]')
TABLES = (ROOT / "import/place/shape.c", ROOT / "import/plan/check.c")


def document():
    return (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def told():
    """Codes in the first column of the tables of the section."""
    section = document().split("### What the importer says", 1)[1].split("\n### ", 1)[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {code for cell in cells for code in re.findall(f"`{CODE}`", cell)}


def used():
    codes = set()
    for path in (ROOT / "import").rglob("*.c"):
        text = path.read_text(encoding="utf-8")
        for use in USES[:2] if path not in TABLES else USES:
            codes.update(re.findall(use, text))
    return codes


class Architecture(unittest.TestCase):
    def test_every_code_of_the_importer_is_explained(self):
        self.assertGreater(len(used()), 30)
        self.assertEqual(sorted(used() - told()), [])

    def test_every_code_that_is_explained_is_used(self):
        self.assertEqual(sorted(told() - used()), [])

    def test_links_lead_to_files(self):
        links = set(re.findall(r"\]\(([^)#:]+)\)", document()))
        self.assertGreater(len(links), 50)
        self.assertEqual(sorted(x for x in links if not (ROOT / x).exists()), [])


if __name__ == "__main__":
    unittest.main()
