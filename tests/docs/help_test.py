# SPDX-License-Identifier: Apache-2.0
"""What --help says: each option it lists is one, each there is is listed, in Chinese and
English alike; the documents name no other."""

import os
import re
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ["INNOMAP"]
# where the options of a command are listed in the source; those of the questions come
# from one table, as their help does
SOURCES = {"import": ["import/cmd_import.c"], "serve": ["web/server/cmd_serve.c"],
           "export": ["web/server/cmd_export.c", "layers/export/cmd_export.c"],
           "tile": ["web/server/cmd_tile.c"], "static": ["web/server/cmd_static.c"],
           "basemap": ["layers/basemap/cmd_basemap.c"], "style": ["tiles/style/cmd_style.c"],
           "doctor": ["web/server/cmd_doctor.c"],
           "layers": ["layers/cmd_layers.c", "layers/cmd_layers_folder.c",
                      "layers/cmd_layers_history.c"]}
# named in prose only, or the old name of another
OTHERS = {"import": ["--replace"]}
SUBCOMMANDS = {"layers": ["folder", "history", "prune"]}
DOCUMENTS = ["README.md", "README.zh-CN.md", "ARCHITECTURE.md", "CHANGELOG.md",
             "CONTRIBUTING.md", "NOTICE.md", "tests/bench/README.md"]
# {"db", required_argument, ...} of getopt_long and {"db", .text = ...} of struct cli_option
OPTIONS = re.compile(r'\{"([a-z-]+)",\s*(required_argument|no_argument|\.[^}]*)')
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
NUMBER = re.compile(r"(?<![\w.:-])\d[\d.]*(?![\w.:-])")


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=60,
                          stdin=subprocess.DEVNULL)


def numbers(text):
    return NUMBER.findall(text.replace(",000", "000"))


def help_of(command, lang):
    """With that of its subcommands."""
    texts = []
    for sub in [[], *([name] for name in SUBCOMMANDS.get(command, []))]:
        done = run(*([command] if command else []), *sub, "--help", "--lang", lang)
        assert done.returncode == 0 and not done.stderr, (command, done.stderr)
        texts.append(done.stdout)
    return "\n".join(texts)


def listed(text):
    """{option: its own lines} of those that begin a line."""
    found, name = {}, None
    for line in text.splitlines():
        start = re.match(r"  (--[a-z][a-z-]*)( .*)?$", line)
        if start:
            name = start[1]
            found[name] = found.get(name, "") + line
        elif name and line.startswith("      "):
            found[name] += line
        else:
            name = None
    return found


class Help(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.commands = re.findall(r"^  ([a-z]+) +\S", help_of("", "en"), re.MULTILINE)
        cls.texts = {(c, lang): help_of(c, lang) for c in cls.commands for lang in ("zh", "en")}

    def test_the_languages_list_the_same_commands(self):
        self.assertEqual(re.findall(r"^  ([a-z]+) +\S", help_of("", "zh"), re.MULTILINE),
                         self.commands)
        self.assertGreater(len(self.commands), 20)

    def test_the_languages_list_the_same_options_with_the_same_numbers(self):
        for command in self.commands:
            zh, en = (listed(self.texts[command, lang]) for lang in ("zh", "en"))
            self.assertEqual(list(zh), list(en), command)
            for option in zh:
                self.assertEqual(sorted(numbers(zh[option])),
                                 sorted(numbers(en[option])), (command, option))

    def test_an_option_is_listed_when_it_is_taken_and_with_a_value_when_it_takes_one(self):
        for command, sources in SOURCES.items():
            known = {"--help": False, "--lang": True}
            for name, kind in OPTIONS.findall("".join(map(read, sources))):
                known["--" + name] = kind != "no_argument" and not re.match(r"\.flag|.*is_bare", kind)
            self.assertGreater(len(known), 4, sources)
            text = self.texts[command, "en"]
            self.assertEqual(set(known) - set(OPTION.findall(text)) - {"--help"}, set(OTHERS.get(command, ())))
            for option, lines in listed(text).items():
                self.assertIn(option, known, command)
                takes = re.match(r" *--[a-z-]+ \S", lines) is not None
                self.assertEqual(takes, known[option], (command, option))

    def test_the_documents_name_no_option_that_is_none(self):
        n_named = 0
        for document in DOCUMENTS:
            text = read(document)
            typed = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^    (\S.*)$", text, re.MULTILINE)
            for line in typed:
                said = re.match(r"(?:\S*/)?(?:innomap )?([a-z]+)(?: .*)? --[a-z]", line)
                if not said or said[1] not in self.commands or line.startswith("--"):
                    continue
                known = set(OPTION.findall(self.texts[said[1], "en"])) | {"--help", "--lang"}
                for option in OPTION.findall(line):
                    self.assertIn(option, known, f"{document}: {line}")
                    n_named += 1
        self.assertGreater(n_named, 40)


if __name__ == "__main__":
    unittest.main()
