#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make han_tables.c: simplified forms and pinyin readings of Chinese characters.

    python3 engine/text/make_han_tables.py > engine/text/han_tables.c

Sources, both under the Unicode licence (Debian packages named):
  uconv -x Traditional-Simplified (icu-devtools): simplified form of each character
  Unihan_Readings.txt (unicode-data): kMandarin, kHanyuPinlu, kTGHZ2013
and place_readings.txt beside this file for what people say in names.
"""
import bz2
import collections
import os
import subprocess
import sys
import unicodedata

FIRST, LAST = 0x4E00, 0x9FFF
HERE = os.path.dirname(os.path.abspath(__file__))
UNIHAN = "/usr/share/unicode/Unihan_Readings.txt.bz2"
# Readings below this share of a character's uses (kHanyuPinlu) are left out: they bring
# more wrong finds than right ones. What names need of them stands in place_readings.txt.
LEAST_SHARE = 0.04
# Common in texts, not in names.
DROPPED = {"地": {"de"}, "大": {"dai"}, "都": {"dou"}, "了": {"liao"}, "着": {"zhao", "zhe"},
           "得": {"dei"}, "还": {"hai"}, "和": {"huo", "hai"}, "那": {"nei"}, "这": {"zhei"}}
ADDED = {"六": {"lu"}, "角": {"jue"}, "厦": {"xia"}, "莘": {"xin", "shen"}, "浒": {"hu", "xu"},
         "会": {"kuai"}, "单": {"shan"}, "台": {"tai"}, "堡": {"pu", "bu"}}
PHRASE_MAX = 4
SET_MAX = 4


def plain(reading):
    """Without tones: lǜ -> lv, lu: people type either."""
    letters = unicodedata.normalize("NFD", reading)
    letters = "".join(c for c in letters if c not in "\u0304\u0301\u030c\u0300")
    letters = unicodedata.normalize("NFC", letters).lower()
    letters = "".join(c for c in letters if c == "ü" or c.isascii() and c.isalpha())
    if "ü" in letters:
        return [letters.replace("ü", "v"), letters.replace("ü", "u")]
    return [letters] if letters else []


def add(into, readings):
    for r in readings:
        if r not in into:
            into.append(r)


def unihan():
    raw = collections.defaultdict(dict)
    with bz2.open(UNIHAN, "rt", encoding="utf-8") as f:
        for line in f:
            if line.startswith("U+"):
                code, field, value = line.rstrip("\n").split("\t")
                if field in ("kMandarin", "kHanyuPinlu", "kTGHZ2013"):
                    raw[int(code[2:], 16)][field] = value
    return raw


def readings_of(c, fields):
    out = []
    for r in fields.get("kMandarin", "").split()[:1]:
        add(out, plain(r))
    if "kHanyuPinlu" in fields:
        uses = collections.Counter()
        for item in fields["kHanyuPinlu"].split():
            reading, n = item.rstrip(")").split("(")
            for r in plain(reading):
                uses[r] += int(n)
        total = sum(uses.values())
        for r, n in uses.most_common():
            if n >= LEAST_SHARE * total:
                add(out, [r])
    else:
        for item in fields.get("kTGHZ2013", "").split():
            for r in item.split(":")[1].split(","):
                add(out, plain(r))
    out = [r for r in out if r not in DROPPED.get(chr(c), ())]
    add(out, sorted(ADDED.get(chr(c), ())))
    return tuple(out[:SET_MAX])


def simplified():
    chars = [chr(c) for c in range(FIRST, LAST + 1)]
    text = "\n".join(chars) + "\n"
    out = subprocess.run(["uconv", "-f", "utf-8", "-t", "utf-8", "-x", "Traditional-Simplified"],
                         input=text.encode(), stdout=subprocess.PIPE, check=True).stdout.decode()
    lines = out.split("\n")[:-1]
    assert len(lines) == len(chars)
    table = {ord(c): ord(t) if len(t) == 1 and FIRST <= ord(t) <= LAST else ord(c)
             for c, t in zip(chars, lines)}
    # a few stand for each other: one of them for both, and no chains
    for c in table:
        seen = [c]
        while table[seen[-1]] not in seen:
            seen.append(table[seen[-1]])
        end = table[seen[-1]]
        table[c] = end if end == seen[-1] else min(end, seen[-1])
    for c in table:
        assert table[table[c]] == table[c]
    return [table[ord(c)] for c in chars]


def phrases(simple):
    out = {}
    with open(os.path.join(HERE, "place_readings.txt"), encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            word, parts = words[0], words[1:]
            if len(word) != len(parts):
                sys.exit(f"place_readings.txt:{number}: {word} has {len(word)} characters")
            if any(simple[ord(c) - FIRST] != ord(c) for c in word):
                sys.exit(f"place_readings.txt:{number}: {word} is not simplified")
            out[word] = [tuple(p.split("/")) for p in parts]
    return out


def numbers(values, width):
    lines = []
    line = ""
    for v in values:
        piece = f"{v},"
        if len(line) + len(piece) > width:
            lines.append(line)
            line = ""
        line += piece
    lines.append(line)
    return "\n".join(lines)


def main():
    simple = simplified()
    raw = unihan()
    readings = []
    for c in range(FIRST, LAST + 1):
        # a traditional character is looked up by its simplified form
        readings.append(readings_of(c, raw.get(c, {})) if simple[c - FIRST] == c else ())
    # words whose every character has but that one reading say nothing new
    words = {w: p for w, p in phrases(simple).items()
             if any(readings[ord(c) - FIRST] != r for c, r in zip(w, p))}
    longest = max(len(w) for w in words)
    if longest > PHRASE_MAX:
        sys.exit(f"a word of {longest} characters, allowed are {PHRASE_MAX}")
    sets = sorted({r for r in readings if r} | {r for p in words.values() for r in p})
    syllables = sorted({s for r in sets for s in r})
    number_of = {r: i + 1 for i, r in enumerate(sets)}
    starts = {w[0] for w in words}
    out = ["/* SPDX-License-Identifier: Apache-2.0 */",
           "/* Made by make_han_tables.py from Unicode data (Unihan, ICU; Unicode licence) and",
           " * place_readings.txt. Not to be edited. */",
           "#include \"text/han.h\"", "", "/* clang-format off */",
           "/* in alphabetical order */", "const char han_syllables[][HAN_SYLLABLE_SIZE] = {"]
    out.append(numbers([f"\"{s}\"" for s in syllables], 88))
    out += ["};", f"const size_t han_n_syllables = {len(syllables)};",
            "const struct han_set han_sets[] = {{0, {0}},"]
    out.append(numbers([f"{{{len(r)},{{{','.join(str(syllables.index(s)) for s in r)}}}}}"
                        for r in sets], 88))
    out += ["};", "/* + HAN_BEGINS_PHRASE where a phrase may begin */",
            "const uint16_t han_readings[] = {"]
    out.append(numbers([number_of.get(r, 0) | (0x8000 if chr(FIRST + i) in starts else 0)
                        for i, r in enumerate(readings)], 88))
    out += ["};", "const uint16_t han_simplified[] = {"]
    out.append(numbers(simple, 88))
    out += ["};", "/* by first character, the longest first */",
            "const struct han_phrase han_phrases[] = {"]
    for w in sorted(words, key=lambda w: (ord(w[0]), -len(w), w)):
        codes = ",".join(str(ord(c)) for c in w)
        numbers_ = ",".join(str(number_of[r]) for r in words[w])
        out.append(f"{{{len(w)},{{{codes}}},{{{numbers_}}}}},")
    out += ["};", f"const size_t han_n_phrases = {len(words)};", "/* clang-format on */"]
    print("\n".join(out))
    print(f"{len(sets)} sets, {len(syllables)} syllables, {len(words)} words, "
          f"{sum(len(r) > 1 for r in readings)} characters with several readings, "
          f"{sum(s != FIRST + i for i, s in enumerate(simple))} traditional", file=sys.stderr)


if __name__ == "__main__":
    main()
