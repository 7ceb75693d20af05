# SPDX-License-Identifier: Apache-2.0
"""innomap style: what it prints and how it ends. Usage: command_test.py INNOMAP"""
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1)


def run(*arguments, text=None):
    done = subprocess.run([PROGRAM, "style", *arguments, "--lang", "en"], input=text,
                          capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


class Style(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def file(self, content):
        path = os.path.join(self.folder.name, "file.json")
        with open(path, "w", encoding="utf-8") as out:
            out.write(content if isinstance(content, str) else json.dumps(content))
        return path

    def problems(self, *layers, **members):
        path = self.file({"layers": list(layers), **members})
        code, out, _ = run("check", "--json", path)
        result = json.loads(out)[0]
        self.assertEqual(result["valid"], code == 0)
        self.assertTrue(all(p["message_zh"] for p in result["problems"]))
        return [(p["path"], p["message"]) for p in result["problems"]]

    def test_all_problems_are_named_with_their_path(self):
        found = self.problems(
            {"id": "a", "type": "fill", "paint": {"fill-colr": "red", "fill-opacity": 3}},
            {"id": "b", "type": "raster"},
            {"id": "c", "type": "line", "filter": ["==", ["get", "x"], ["var", "y"]],
             "paint": {"line-gradient": "red", "line-width": ["+", 1, "a"]}})
        self.assertEqual([path for path, _ in found], [
            "layers[0].paint.fill-colr", "layers[0].paint.fill-opacity", "layers[1].type",
            "layers[2].filter[2][1]", "layers[2].paint.line-gradient",
            "layers[2].paint.line-width[2]"])
        self.assertIn("fill-color", found[0][1])

    def both(self, content):
        """The first problem in English and in Chinese."""
        path = os.path.join(self.folder.name, "faulty.json")
        with open(path, "wb") as out:
            out.write(content if isinstance(content, bytes) else json.dumps(content).encode())
        code, out, _ = run("check", "--json", path)
        self.assertEqual(code, 1)
        problem = json.loads(out)[0]["problems"][0]
        return problem["message"], problem["message_zh"]

    def test_what_is_no_json_is_told_with_what_to_do(self):
        style = json.dumps({"layers": []})
        for content, en, zh in (
                (b"\xef\xbb\xbf" + style.encode(), "without BOM", "无 BOM"),
                (style.encode("utf-16"), "UTF-16", "UTF-16"),
                (b"", "nothing", "内容为空"), (b" \n\t", "nothing", "内容为空"),
                (b'{"layers": [', "line 1", "提前结束"),
                (b'{"layers": [NaN]}', "column", "语法有误"),
                (b'{"layers": [1e999]}', "overflow", "数字过大"),
                (b'{"layers": [], "layers": []}', "duplicate", "重复"),
                (b"[" * 100000, "depth", "嵌套太深")):
            message, message_zh = self.both(content)
            self.assertIn(en, message)
            self.assertIn(zh, message_zh)

    def test_no_message_shows_how_a_number_is_printed(self):
        for value, en, zh in ((["/", 0, 0], "no number", "不是数"),
                              (["sqrt", -1], "no number", "不是数"),
                              (["ln", -1], "no number", "不是数"),
                              (["/", 1, 0], "infinite", "无穷大"),
                              (1e308, "1e+308", "1e+308")):
            message, message_zh = self.both({"layers": [
                {"id": "a", "type": "line", "paint": {"line-width": value}}]})
            self.assertIn(en, message)
            self.assertIn(zh, message_zh)
            self.assertNotIn("nan", message + message_zh)
            self.assertNotIn("inf ", message + message_zh)
            self.assertIn("0..64", message_zh)

    def test_images_that_the_sheet_lacks_are_named(self):
        sheet = os.path.join(self.folder.name, "sheet.json")
        with open(sheet, "w", encoding="utf-8") as out:
            json.dump({"park": {}, "dots": {}}, out)
        path = self.file({"layers": [
            {"id": "a", "type": "symbol", "layout": {"icon-image": [
                "match", ["get", "kind"], "x", "park", ["y", "z"], "parc", "{kind}-15"]}},
            {"id": "b", "type": "fill", "paint": {"fill-pattern": [
                "step", ["zoom"], "dots", 5, "dotz"]}},
            {"id": "c", "type": "symbol", "layout": {"icon-image": [
                "case", ["has", "n"], ["image", "park"], ["coalesce", ["get", "i"], "none"]]}}]})
        self.assertEqual(run("check", path)[0], 0)
        code, out, _ = run("check", "--json", "--sprites", sheet, path)
        self.assertEqual(code, 1)
        found = [(p["path"], p["message"].split('"')[1]) for p in json.loads(out)[0]["problems"]]
        self.assertEqual(found, [("layers[0].layout.icon-image", "parc"),
                                 ("layers[1].paint.fill-pattern", "dotz"),
                                 ("layers[2].layout.icon-image", "none")])
        code, _, err = run("check", "--sprites", path + ".none", path)
        self.assertNotEqual(code, 0)
        self.assertIn("--sprites", err)

    def test_messages_in_chinese_are_chinese(self):
        circle = {"id": "a", "type": "circle"}
        for layer in ({"type": "circle"}, {**circle, "minzoom": "5"},
                      {**circle, "paint": {"circle-color": "#12"}},
                      {**circle, "paint": {"circle-color": ["rgb", 300, 0, 0]}},
                      {**circle, "paint": {"circle-radius": ["let", "x", 1]}},
                      {**circle, "paint": {"circle-radius": [
                          "match", ["get", "x"], "a", 1, "a", 2, 3]}}):
            message, message_zh = self.both({"layers": [layer]})
            self.assertNotEqual(message, message_zh)
            self.assertTrue(any("\u4e00" <= c <= "\u9fff" for c in message_zh), message_zh)

    def test_a_style_of_a_whole_map_is_checked_too(self):
        layer = {"id": "a", "type": "circle", "source": "s", "source-layer": "l",
                 "paint": {"circle-radius": {"stops": [[5, 1], [10, 4]]},
                           "circle-radius-transition": {"duration": 0}}}
        self.assertEqual(self.problems(layer, version=8, sources={}), [])
        self.assertEqual(self.problems(layer, version=7, sources={}),
                         [("version", "must be 8")])
        self.assertEqual(len(self.problems(layer)), 3)  # of a layer: no source, no more

    def test_values_of_every_kind_are_understood(self):
        self.assertEqual(self.problems(
            {"id": "s", "type": "symbol", "layout": {
                "text-field": ["format", ["get", "a"], {"font-scale": 1.2}],
                "icon-image": "{kind}-15", "icon-padding": [1, 2], "icon-text-fit": "both",
                "text-variable-anchor-offset": ["top", [0, 1], "left", [1, 0]],
                "symbol-placement": "line-center"}},
            {"id": "h", "type": "heatmap", "paint": {"heatmap-color": [
                "interpolate", ["linear"], ["heatmap-density"], 0, "transparent", 1, "red"]}},
            {"id": "l", "type": "line", "filter": ["in", "kind", "a", "b"],
             "paint": {"line-dasharray": ["step", ["zoom"], ["literal", [1, 2]], 5,
                                          ["literal", [2, 2]]]}}), [])

    def test_what_is_no_json_is_refused(self):
        self.assertEqual(run("check", self.file("{"))[0], 1)
        self.assertEqual(run("check", self.file("[" * 5_000_000))[0], 1)
        self.assertNotEqual(run("check", os.path.join(self.folder.name, "none"))[0], 0)
        self.assertEqual(run("check")[0], 2)
        self.assertEqual(run()[0], 2)

    def test_a_deep_expression_ends_at_once(self):
        deep = '["!",' * 1500 + "true" + "]" * 1500
        code, out, _ = run("eval", self.file(deep))
        self.assertEqual(code, 1)
        self.assertIn("nested deeper than 64 levels", out)
        code, _, error = run("eval", self.file("[" * 10_000_000))
        self.assertEqual(code, 1)
        self.assertIn("line 1", error)

    def test_an_expression_is_evaluated_for_a_feature(self):
        feature = {"type": "Feature", "id": 7, "properties": {"n": 5},
                   "geometry": {"type": "Point", "coordinates": [1, 2]}}
        expression = '["literal", 1]'
        self.assertEqual(run("eval", "--expression", expression)[1], "1\n")
        expression = '["concat", ["id"], ["get", "n"], ["geometry-type"]]'
        self.assertEqual(
            run("eval", "--expression", expression, "--feature", "-",
                text=json.dumps(feature)), (0, '"75Point"\n', ""))
        expression = '["interpolate", ["linear"], ["zoom"], 0, 0, 10, 20]'
        self.assertEqual(run("eval", "--expression", expression, "--zoom", "4")[1], "8\n")

    def test_cases_print_their_outputs_or_all(self):
        case = {"expression": ["number", ["get", "x"]],
                "inputs": [[{}, {"properties": {"x": 1}}], [{}, {}]]}
        code, out, _ = run("eval", self.file(case))
        self.assertEqual(code, 0)
        self.assertEqual(json.loads(out)[0], 1)
        self.assertIn("Expected value to be of type number", json.loads(out)[1]["error"])
        code, out, _ = run("eval", "--compiled", self.file([case, {"expression": ["x"]}]))
        self.assertEqual(json.loads(out)[0]["compiled"]["type"], "number")
        self.assertEqual(json.loads(out)[1]["compiled"]["result"], "error")


if __name__ == "__main__":
    unittest.main()
