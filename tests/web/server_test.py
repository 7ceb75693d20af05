# SPDX-License-Identifier: Apache-2.0
"""The built server on a loopback port, as a browser, a cache and a stranger see it."""

import concurrent.futures
import gzip
import json
import os
import re
import socket
import struct
import sys
import unittest
import urllib.parse
import zlib

sys.path.insert(0, os.path.dirname(__file__))

import fixture
from harness import PATIENCE_S, Folder, Server, receive_all, run, until, write

TILE = "/tiles/sites/8/214/104"
EMPTY = "/tiles/sites/8/10/10"


def setUpModule():
    global FOLDER, DB, VIEWER, SHARED
    FOLDER = Folder()
    DB = FOLDER / "test.db"
    VIEWER = FOLDER / "viewer"
    fixture.make_database(DB, FOLDER / "layers")
    fixture.make_viewer(VIEWER)
    write(FOLDER / "secret.txt", "not for the web")
    os.symlink(FOLDER / "secret.txt", VIEWER + "/link.txt")
    SHARED = Server(DB, "--viewer", VIEWER, "--header-seconds", "2")


def tearDownModule():
    code = SHARED.stop()
    log = SHARED.log()
    SHARED.close()
    FOLDER.remove()
    if code != 0 or "level=error" in log:
        raise AssertionError(f"the shared server ended with {code}; log: {log}")


def png_size(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def statuses(raw):
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n", raw)]


class Tiles(unittest.TestCase):
    def test_a_tile_is_a_picture_that_may_be_kept_if_checked(self):
        a = SHARED.ask(TILE + ".png")
        self.assertEqual(a.status, 200)
        self.assertEqual(a.headers["Content-Type"], "image/png")
        self.assertEqual(a.headers["Cache-Control"], "no-cache")
        self.assertNotIn("Vary", a.headers)
        self.assertNotIn("Content-Encoding", a.headers)
        self.assertEqual(png_size(a.body), (256, 256))

    def test_2x_is_twice_as_large(self):
        self.assertEqual(png_size(SHARED.ask(TILE + "@2x.png").body), (512, 512))

    def test_an_empty_picture_is_one_transparent_tile(self):
        a = SHARED.ask(EMPTY + ".png")
        b = SHARED.ask("/tiles/sites/8/11/10.png")
        self.assertEqual((a.status, b.status), (200, 200))
        self.assertEqual(a.body, b.body)
        self.assertNotEqual(a.headers["ETag"], b.headers["ETag"])
        self.assertLess(len(a.body), len(SHARED.ask(TILE + ".png").body))

    def test_an_empty_vector_tile_is_no_content(self):
        a = SHARED.ask(EMPTY + ".mvt")
        self.assertEqual((a.status, a.body), (204, b""))
        self.assertNotIn("Content-Length", a.headers)

    def test_a_vector_tile_names_its_type_and_layer(self):
        a = SHARED.ask(TILE + ".mvt")
        self.assertEqual(a.status, 200)
        self.assertEqual(a.headers["Content-Type"], "application/vnd.mapbox-vector-tile")
        self.assertIn(b"sites", a.body)

    def test_layers_in_any_order_and_repeated_are_the_same_map(self):
        a = SHARED.ask("/tiles/sites,others/8/214/104.png")
        b = SHARED.ask("/tiles/others,sites,others/8/214/104.png")
        self.assertEqual(a.headers["ETag"], b.headers["ETag"])
        self.assertEqual(a.body, b.body)

    def test_outside_the_grid_is_not_found_with_the_range(self):
        for path, name, allowed in (("/tiles/sites/23/0/0.png", "z", "0..22"),
                                    ("/tiles/sites/3/8/0.png", "x", "0..7"),
                                    ("/tiles/sites/3/0/-1.mvt", "y", "0..7"),
                                    ("/tiles/sites/0/0/1@2x.png", "y", "0..0")):
            problem = SHARED.ask(path + "?lang=en")
            self.assertEqual(problem.status, 404, path)
            self.assertEqual(problem.json()["parameter"], name)
            self.assertEqual(problem.json()["allowed"], allowed)

    def test_what_is_no_number_is_a_bad_request(self):
        for z in ("a", "1.5", "1e1", "0x1", "+1", "%E4%B8%80", "nan"):
            a = SHARED.ask(f"/tiles/sites/{z}/0/0.png?lang=en")
            self.assertEqual(a.status, 400, z)
            self.assertIn("not a whole number", a.json()["detail"])

    def test_an_unknown_layer_is_not_found_with_the_known_ones(self):
        for layers in ("nothing", "sites,nothing", "sites,", "map,sites", "SITES"):
            a = SHARED.ask(f"/tiles/{layers}/3/1/1.png")
            self.assertEqual(a.status, 404, layers)
            self.assertIn("sites", a.json()["allowed"])
            self.assertNotIn("hidden", a.json()["allowed"])

    def test_internal_layers_are_behind_no_door(self):
        for path in ("/tiles/hidden/3/1/1.png", "/tiles/hidden/3/1/1.mvt",
                     "/tiles/hidden.json", "/styles/hidden.json",
                     "/api/nearest?layer=hidden&lon=121&lat=31",
                     "/api/within?layer=hidden&lon=121&lat=31&radius_km=99",
                     "/api/feature?layer=hidden&id=H1"):
            self.assertEqual(SHARED.ask(path).status, 404, path)
        for path in ("/api/layers", "/tiles/map.json", "/styles/map.json"):
            self.assertNotIn(b"hidden", SHARED.ask(path).body, path)
        found = SHARED.get("/api/nearest", layer="sites", near="hidden1")
        self.assertEqual(found.status, 404)


class Caching(unittest.TestCase):
    def test_a_known_tag_is_answered_without_the_body(self):
        for path in (TILE + ".png", TILE + ".mvt", EMPTY + ".png", "/tiles/sites.json",
                     "/styles/sites.json", "/api/layers", "/", "/icon.svg",
                     "/api/nearest?layer=sites&lon=121&lat=31"):
            first = SHARED.ask(path)
            tag = first.headers["ETag"]
            self.assertRegex(tag, r'^"[^"]+"$', path)
            for known in (tag, "W/" + tag, f'"x", {tag}', "*"):
                a = SHARED.ask(path, if_none_match=known)
                self.assertEqual((a.status, a.body), (304, b""), (path, known))
                self.assertEqual(a.headers["ETag"], tag)
                self.assertEqual(a.headers["Cache-Control"],
                                 first.headers["Cache-Control"])
                self.assertEqual(a.headers.get("Vary"), first.headers.get("Vary"))
            self.assertEqual(SHARED.ask(path, if_none_match='"x"').status, 200)

    def test_a_tag_costs_no_drawing(self):
        before = SHARED.metric('innomap_render_seconds_count{kind="png"}')
        a = SHARED.ask("/tiles/sites/9/428/208.png", if_none_match="*")
        self.assertEqual(a.status, 304)
        self.assertEqual(SHARED.metric('innomap_render_seconds_count{kind="png"}'),
                         before)

    def test_gzip_is_another_form_with_its_own_tag(self):
        for path in ("/tiles/sites.json", "/styles/sites.json", "/api/layers", "/",
                     "/assets/app-1a2b.js",
                     "/api/nearest?layer=sites&lon=121&lat=31",
                     "/api/within?layer=sites&lon=121&lat=31&radius_km=999"):
            plain = SHARED.ask(path)
            packed = SHARED.ask(path, accept_encoding="br, gzip;q=0.5")
            self.assertNotIn("Content-Encoding", plain.headers)
            self.assertEqual(packed.headers["Content-Encoding"], "gzip", path)
            self.assertEqual(gzip.decompress(packed.body), plain.body)
            self.assertNotEqual(packed.headers["ETag"], plain.headers["ETag"])
            for a in (plain, packed):
                self.assertEqual(a.headers["Vary"], "Accept-Encoding")
            again = SHARED.ask(path, accept_encoding="gzip",
                               if_none_match=packed.headers["ETag"])
            self.assertEqual(again.status, 304)
            self.assertEqual(again.headers["ETag"], packed.headers["ETag"])

    def test_gzip_is_not_sent_to_those_who_refuse_it(self):
        for accept in ("gzip;q=0", "identity", "gzip;q=0.1, identity;q=1"):
            a = SHARED.ask("/api/layers", accept_encoding=accept)
            self.assertNotIn("Content-Encoding", a.headers, accept)

    def test_a_url_that_names_the_version_is_kept_for_ever(self):
        tilejson = SHARED.ask("/tiles/sites.json").json()
        template = tilejson["tiles"][0]
        self.assertRegex(template, rf"^http://127\.0\.0\.1:{SHARED.port}/tiles/sites/")
        self.assertIn("v=", template)
        url = urllib.parse.urlsplit(
            template.replace("{z}", "8").replace("{x}", "214").replace("{y}", "104"))
        a = SHARED.ask(url.path + "?" + url.query)
        self.assertEqual(a.status, 200)
        self.assertEqual(a.headers["Cache-Control"],
                         "public, max-age=31536000, immutable")
        old = SHARED.ask(url.path + "?v=0000000000000000")
        self.assertEqual(old.headers["Cache-Control"], "no-cache")

    def test_files_of_the_build_are_kept_for_ever_the_page_is_not(self):
        self.assertIn("immutable",
                      SHARED.ask("/assets/app-1a2b.js").headers["Cache-Control"])
        self.assertEqual(SHARED.ask("/").headers["Cache-Control"], "no-cache")

    def test_errors_are_not_kept(self):
        self.assertEqual(SHARED.ask("/nothing").headers["Cache-Control"], "no-store")


class Fonts(unittest.TestCase):
    def test_a_range_is_made_once(self):
        path = "/fonts/Noto%20Sans%20Regular/0-255.pbf"
        first = SHARED.ask(path)
        self.assertEqual(first.status, 200)
        self.assertEqual(first.headers["Content-Type"], "application/x-protobuf")
        self.assertIn(b"Noto Sans Regular", first.body)
        again = SHARED.ask("/fonts/Nothing,Noto%20Sans%20Regular/0-255.pbf")
        self.assertEqual(again.headers["ETag"], first.headers["ETag"])
        self.assertEqual(SHARED.ask(path, if_none_match=first.headers["ETag"]).status,
                         304)

    def test_what_there_is_not(self):
        self.assertIn("Noto Sans Bold",
                      SHARED.ask("/fonts/Nothing/0-255.pbf").json()["allowed"])
        for given in ("1-256", "0-256", "a-b", "65536-65791", "-256--1", "0", "0-"):
            a = SHARED.ask(f"/fonts/Noto%20Sans%20Bold/{given}.pbf")
            self.assertEqual(a.status, 400, given)


class Doors(unittest.TestCase):
    OPEN = (TILE + ".png", "/tiles/sites.json", "/styles/sites.json", "/api/layers")

    def test_head_is_get_without_the_body(self):
        for path in (*self.OPEN, TILE + ".mvt", "/", "/healthz", "/metrics", "/nothing"):
            get, head = SHARED.ask(path), SHARED.ask(path, "HEAD")
            self.assertEqual((head.status, head.body), (get.status, b""), path)
            for name in ("ETag", "Content-Type", "Cache-Control"):
                self.assertEqual(head.headers[name], get.headers[name], (path, name))
            if path != "/metrics":
                self.assertEqual(head.headers["Content-Length"],
                                 get.headers["Content-Length"], path)

    def test_other_pages_may_read_tiles_and_answers(self):
        for path in (*self.OPEN, "/tiles/nothing/1/1/1.png", "/api/nearest"):
            a = SHARED.ask(path, origin="http://elsewhere.example")
            self.assertEqual(a.headers["Access-Control-Allow-Origin"], "*", path)
        a = SHARED.ask("/api/layers", "OPTIONS", origin="http://elsewhere.example",
                       access_control_request_method="GET",
                       access_control_request_headers="x-mine")
        self.assertEqual((a.status, a.body), (204, b""))
        self.assertEqual(a.headers["Access-Control-Allow-Origin"], "*")
        self.assertIn("GET", a.headers["Access-Control-Allow-Methods"])
        self.assertEqual(a.headers["Access-Control-Allow-Headers"], "*")

    def test_other_pages_may_not_read_the_counters(self):
        self.assertNotIn("Access-Control-Allow-Origin", SHARED.ask("/metrics").headers)

    def test_other_methods_are_refused_with_the_allowed_ones(self):
        for method in ("POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"):
            a = SHARED.ask("/styles/sites.json", method)
            self.assertEqual(a.status, 405, method)
            self.assertEqual(a.headers["Allow"], "GET, HEAD, OPTIONS")

    def test_a_trailing_slash_does_not_matter_on_fixed_paths(self):
        for path in ("/api/layers/", "/healthz/", "/readyz/", "/metrics/"):
            self.assertEqual(SHARED.ask(path).status, 200, path)
        self.assertEqual(SHARED.ask(TILE + ".png/").status, 404)

    def test_the_page_says_what_it_may_load(self):
        a = SHARED.ask("/")
        self.assertEqual(a.headers["Content-Type"], "text/html; charset=utf-8")
        self.assertIn("default-src 'self'", a.headers["Content-Security-Policy"])
        self.assertEqual(a.headers["X-Content-Type-Options"], "nosniff")

    def test_only_the_page_for_others_may_be_framed_by_them(self):
        embed = SHARED.ask("/embed?style=dark&lang=en")
        self.assertEqual(embed.status, 200)
        self.assertEqual(embed.body, SHARED.ask("/").body)
        self.assertIn("frame-ancestors *", embed.headers["Content-Security-Policy"])
        for path in ("/", "/index.html"):
            policy = SHARED.ask(path).headers.get("Content-Security-Policy", "")
            self.assertNotIn("frame-ancestors *", policy, path)

    def test_the_public_profile_is_told_from_style_to_tiles(self):
        def tiles(path, **more):
            answer = SHARED.get(path, **more).json()
            return answer.get("sources", {}).get("innomap", answer)["tiles"][0]

        for path in ("/styles/map.json", "/tiles/map.json"):
            self.assertIn("profile=public", tiles(path, profile="public"))
            self.assertNotIn("profile", tiles(path))
        self.assertEqual(SHARED.ask("/styles/map.json?profile=all").status, 400)

    def test_no_path_leads_out_of_the_viewer(self):
        for path in ("/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt",
                     "/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt", "/link.txt",
                     "//secret.txt", "/assets/", "/assets", "/.hidden",
                     "/assets/%00", FOLDER / "secret.txt"):
            a = SHARED.ask(path)
            self.assertIn(a.status, (400, 404), path)
            self.assertNotIn(b"not for the web", a.body)

    def test_operation(self):
        self.assertEqual(SHARED.ask("/healthz").body, b"ok\n")
        self.assertIn(b"ready", SHARED.ask("/readyz").body)
        text = SHARED.ask("/metrics").body.decode()
        for line in text.splitlines():
            self.assertRegex(line, r"^(# (HELP|TYPE) \w+ .+|\w+(\{.+\})? [0-9.e+-]+)$")
        self.assertIn('innomap_requests_total{route="/healthz",status="200"}', text)


class Refusals(unittest.TestCase):
    def problem(self, path, status, **headers):
        a = SHARED.ask(path, **headers)
        self.assertEqual(a.status, status, (path, a.body))
        self.assertEqual(a.headers["Content-Type"], "application/problem+json")
        problem = a.json()
        self.assertEqual(problem["status"], status)
        for member in ("type", "title", "detail", "code"):
            self.assertTrue(problem[member], member)
        return problem

    def test_a_typing_error_is_named(self):
        p = self.problem("/api/within?layer=sites&limt=3&lang=en", 400)
        self.assertEqual(p["parameter"], "limt")
        self.assertIn("did you mean limit?", p["detail"])
        self.assertIn("limit", self.problem("/api/within?limt=3", 400)["detail"])

    def test_messages_come_in_the_language_asked_for(self):
        path = "/api/nearest?layer=sites&lon=999&lat=1"
        chinese = self.problem(path, 400)["detail"]
        self.assertRegex(chinese, "允许范围")
        self.assertEqual(self.problem(path + "&lang=zh", 400)["detail"], chinese)
        english = self.problem(path + "&lang=en", 400)["detail"]
        self.assertIn("allowed is -180..180", english)
        self.assertEqual(
            self.problem(path, 400, accept_language="en-GB, zh;q=0.5")["detail"], english)
        self.assertEqual(
            self.problem(path + "&lang=zh", 400, accept_language="en")["detail"], chinese)

    def test_numbers_out_of_range_or_none_at_all(self):
        for value in ("nan", "inf", "181", "1e99", "abc", "", "1,2", "0x1"):
            p = self.problem(f"/api/nearest?layer=sites&lon={value}&lat=1&lang=en", 400)
            self.assertEqual(
                (p["parameter"], p.get("value", ""), p["allowed"]),
                ("lon", value, "-180..180"))
        for k in ("0", "10001", "1.5", "-1"):
            p = self.problem(f"/api/nearest?layer=sites&lon=1&lat=1&k={k}", 400)
            self.assertEqual((p["parameter"], p["allowed"]), ("k", "1..10000"))

    def test_a_parameter_twice(self):
        p = self.problem("/api/nearest?layer=sites&lon=1&lon=2&lat=1&lang=en", 400)
        self.assertIn("more than once", p["detail"])

    def test_an_origin_is_needed_and_one_is_enough(self):
        self.assertIn("near=", self.problem("/api/nearest?layer=sites", 400)["detail"])
        self.problem("/api/nearest?layer=sites&lon=1", 400)
        self.problem("/api/nearest?layer=sites&near=x&lon=1&lat=1", 400)
        self.problem("/api/nearest?lon=1&lat=1", 400)
        p = self.problem("/api/within?layer=sites&lon=1&lat=1", 400)
        self.assertEqual(p["parameter"], "radius_km")

    def test_unknown_layers_and_places(self):
        p = self.problem("/api/nearest?layer=sitse&lon=1&lat=1&lang=en", 404)
        self.assertIn("did you mean sites?", p["detail"])
        self.problem("/api/nearest?layer=sites&near=%E4%B9%8C%E6%9C%89", 404)
        self.problem("/api/feature?layer=sites&id=none", 404)
        self.problem("/api/feature?layer=sites", 400)

    def test_an_ambiguous_place_is_a_choice(self):
        near = urllib.parse.quote("鼓楼")
        p = self.problem(f"/api/nearest?layer=others&near={near}", 300)
        self.assertEqual(p["code"], "ambiguous")
        self.assertEqual(len(p["choices"]), 2)
        for choice in p["choices"]:
            again = SHARED.get("/api/nearest", layer="others", near=choice["near"])
            self.assertEqual(again.status, 200, choice)

    def test_broken_targets(self):
        for target in (b"/%", b"/%zz", b"/a%00b", b"/%ff", b"/api/layers?lang=%c0%af"):
            raw = SHARED.raw(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n"
                             b"Connection: close\r\n\r\n")
            self.assertEqual(statuses(raw), [400], target)

    def test_a_long_url(self):
        self.problem("/" + "a" * 2047, 404)
        p = self.problem("/" + "a" * 2048, 414)
        self.assertIn("2048", p["detail"])
        raw = SHARED.raw(b"GET /" + b"a" * 30000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(statuses(raw), [414])

    def test_text_of_strangers_stays_text(self):
        p = self.problem("/api/nearest?layer=%3Cscript%3E&lon=1&lat=1", 404)
        self.assertEqual(p["value"], "<script>")
        raw = SHARED.ask("/api/nearest?layer=%3Cscript%3E&lon=1&lat=1").body
        self.assertNotIn(b"<script>", raw)

    def test_a_host_that_could_carry_something_else(self):
        for host in ('a"b', "a/b", "a b", "<x>"):
            a = SHARED.ask("/tiles/sites.json", host=host)
            self.assertEqual(a.status, 400, host)
        a = SHARED.ask("/tiles/sites.json", host="map.example:8443")
        self.assertIn("http://map.example:8443/", a.json()["tiles"][0])


class Wire(unittest.TestCase):
    HOST = b"Host: a\r\n"

    def test_pipelined_requests_are_answered_in_order(self):
        raw = SHARED.raw(b"GET /healthz HTTP/1.1\r\n" + self.HOST + b"\r\n"
                         b"GET " + TILE.encode() + b".png?_=1 HTTP/1.1\r\n" + self.HOST
                         + b"\r\nGET /nothing HTTP/1.1\r\n" + self.HOST
                         + b"Connection: close\r\n\r\n")
        self.assertEqual(statuses(raw), [200, 200, 404])

    def test_a_connection_is_kept(self):
        connection = SHARED.connect()
        for _ in range(20):
            self.assertEqual(SHARED.ask(TILE + ".png", connection=connection).status, 200)
            sock = connection.sock
            self.assertIsNotNone(sock)
        connection.close()

    def test_requests_of_unclear_length_are_refused_and_cut(self):
        for headers in (b"Content-Length: 0\r\nContent-Length: 5\r\n",
                        b"Content-Length: 5\r\nContent-Length: 5\r\n",
                        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n"):
            raw = SHARED.raw(b"POST /healthz HTTP/1.1\r\n" + self.HOST + headers + b"\r\n"
                             b"GET /healthz HTTP/1.1\r\n" + self.HOST + b"\r\n")
            self.assertEqual(statuses(raw), [400], headers)

    def test_bodies_are_refused_and_cut(self):
        raw = SHARED.raw(b"GET /healthz HTTP/1.1\r\n" + self.HOST
                         + b"Content-Length: 4\r\n\r\nabcd"
                         b"GET /healthz HTTP/1.1\r\n" + self.HOST + b"\r\n")
        self.assertEqual(statuses(raw), [413])

    def test_a_request_without_host_is_refused(self):
        raw = SHARED.raw(b"GET /healthz HTTP/1.1\r\n\r\n"
                         b"GET /healthz HTTP/1.1\r\n" + self.HOST + b"\r\n")
        # libmicrohttpd 0.9.75 writes this head twice before it closes
        self.assertEqual(set(statuses(raw)), {400})

    def test_http_1_0_and_the_absolute_form(self):
        raw = SHARED.raw(b"GET /tiles/sites.json HTTP/1.0\r\n\r\n")
        self.assertIn(f"http://127.0.0.1:{SHARED.port}/".encode(), raw)
        raw = SHARED.raw(b"GET http://a/healthz HTTP/1.1\r\n" + self.HOST
                         + b"Connection: close\r\n\r\n")
        self.assertEqual(statuses(raw), [200])

    def test_a_request_that_drips_in_is_cut(self):
        before = SHARED.metric("innomap_connections_cut_total")
        with socket.create_connection(("127.0.0.1", SHARED.port), PATIENCE_S) as s:
            s.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")

            def is_cut():
                try:  # a byte at a time keeps an idle time-out away
                    s.sendall(b"a")
                except OSError:
                    return True
                return SHARED.metric("innomap_connections_cut_total") > before

            until(is_cut, "the slow connection is cut")
            self.assertEqual(statuses(receive_all(s)), [])

    def test_noise_does_not_hurt(self):
        for noise in (b"\x16\x03\x01\x02\x00\x01\x00", b"\r\n\r\n", b"GET\r\n\r\n",
                      b"\0" * 100, b"GET / HTTP/9.9\r\n\r\n", b"A" * 100000):
            SHARED.raw(noise, close_write=True)
        self.assertEqual(SHARED.ask("/healthz").status, 200)

    def test_many_headers_are_refused(self):
        many = b"".join(b"X-%d: y\r\n" % i for i in range(5000))
        raw = SHARED.raw(b"GET /healthz HTTP/1.1\r\n" + self.HOST + many + b"\r\n")
        self.assertIn(statuses(raw), ([431], [413], []))


class Questions(unittest.TestCase):
    def test_nearest_in_order_with_what_it_is_worth(self):
        a = SHARED.get("/api/nearest", layer="sites", lon=121.61, lat=31.2, k=3)
        self.assertEqual(a.headers["Content-Type"], "application/geo+json")
        answer = a.json()
        self.assertEqual([f["id"] for f in answer["features"]], ["S1", "S3", "S2"])
        first = answer["features"][0]["properties"]
        self.assertLess(abs(first["distance_m"] - 950), 250)
        self.assertEqual(first["uncertainty_m"], 200)
        self.assertEqual(answer["apart"]["numberMatched"], 1)
        self.assertEqual(answer["completeness"][0]["note"], "只是测试")

    def test_a_place_by_name(self):
        answer = SHARED.get("/api/nearest", layer="sites", near="东园", lang="en").json()
        self.assertEqual(answer["query"]["origin"]["place"]["id"], "S1")
        self.assertEqual(answer["features"][0]["id"], "S1")
        self.assertEqual(answer["completeness"][0]["note"], "A test only")

    def test_precision_all_takes_everything(self):
        answer = SHARED.get("/api/nearest", layer="sites", lon=121.5, lat=31.2,
                            precision="all", k=10).json()
        self.assertIn("S4", [f["id"] for f in answer["features"]])
        self.assertEqual(answer["apart"]["numberMatched"], 0)

    def test_within(self):
        answer = SHARED.get("/api/within", layer="sites,others", lon=121.6, lat=31.2,
                            radius_km=25).json()
        self.assertEqual(answer["features"][0]["id"], "S1")
        self.assertNotIn("S5", [f["id"] for f in answer["features"]])
        self.assertEqual(answer["numberReturned"], len(answer["features"]))
        some = SHARED.get("/api/within", layer="sites,others", lon=121.6, lat=31.2,
                          radius_km=25, limit=1).json()
        self.assertEqual(some["numberReturned"], 1)
        self.assertEqual(some["numberMatched"], answer["numberMatched"])

    def test_one_place_with_where_it_comes_from(self):
        a = SHARED.get("/api/feature", layer="sites", id="S1", lang="en").json()
        self.assertEqual((a["type"], a["id"]), ("Feature", "S1"))
        self.assertEqual(a["geometry"]["coordinates"], [121.6, 31.2])
        self.assertEqual(a["properties"]["name"], "East Park")
        self.assertEqual((a["source"], a["source_date"], a["attribution"]),
                         ("Test", "2026-01", "Test data"))

    def test_layers(self):
        answer = SHARED.get("/api/layers", lang="en").json()
        self.assertEqual([layer["id"] for layer in answer["layers"]], ["sites", "others"])
        sites = answer["layers"][0]
        self.assertEqual((sites["count"], sites["placed"]), (6, 6))
        self.assertEqual(sites["by_precision"], {"site": 4, "town": 1, "city": 1})
        self.assertEqual(sites["legend"][0]["title"], "Points")
        self.assertEqual(answer["review_number"], "无审图号")
        self.assertEqual(answer["problems"], [])


class Start(unittest.TestCase):
    def refused(self, *arguments):
        done = run("serve", "--port", "0", "--lang", "en", "--no-viewer", *arguments)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        return done.stderr

    def test_without_a_database(self):
        missing = FOLDER / "missing.db"
        self.assertIn(missing, self.refused("--db", missing))
        self.assertFalse(os.path.exists(missing))

    def test_with_something_else(self):
        other = FOLDER / "other.db"
        write(other, "this is no database " * 100)
        self.assertIn(other, self.refused("--db", other))
        with open(other, encoding="utf-8") as file:
            self.assertEqual(file.read(), "this is no database " * 100)

    def test_with_half_a_database(self):
        half = FOLDER / "half.db"
        with open(DB, "rb") as whole, open(half, "wb") as part:
            part.write(whole.read(8192))
        self.refused("--db", half)

    def test_on_a_port_in_use(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            s.listen()
            port = str(s.getsockname()[1])
            said = self.refused("--db", DB, "--port", port)
            self.assertIn(port, said)
            self.assertIn("--port", said)

    def test_without_a_font(self):
        self.assertIn("font", self.refused("--db", DB, "--fonts", FOLDER / "none"))

    def test_without_a_viewer_that_was_asked_for(self):
        done = run("serve", "--port", "0", "--lang", "en", "--db", DB, "--viewer",
                   FOLDER / "none")
        self.assertEqual(done.returncode, 3)
        self.assertIn("--viewer", done.stderr)

    def test_with_wrong_options(self):
        for arguments, says in ((["--prot", "1"], "--port"), (["--port", "x"], "65535"),
                                (["--port", "70000"], "65535"), (["--lang", "fr"], "zh"),
                                (["file.db"], "--db"), (["--port"], "value")):
            done = run("serve", "--lang", "en", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn(says, done.stderr)

    def test_help_teaches_in_both_languages(self):
        for command in ("serve", "nearest", "within", "tile", "doctor"):
            english = run(command, "--help", "--lang", "en")
            chinese = run(command, "--help", "--lang", "zh")
            self.assertEqual((english.returncode, chinese.returncode), (0, 0))
            self.assertIn("Examples", english.stdout)
            self.assertIn("例", chinese.stdout)

    def test_an_unknown_command_is_answered_with_the_nearest(self):
        done = run("serv", "--lang", "en")
        self.assertEqual(done.returncode, 2)
        self.assertIn("did you mean serve?", done.stderr)


class Life(unittest.TestCase):
    def new_database(self, name):
        path = FOLDER / name
        fixture.make_database(path, FOLDER / (name + ".layers"))
        return path

    def import_rows(self, db, sites, name="more.csv"):
        path = FOLDER / name
        write(path, fixture.rows(sites))
        done = run("import", path, "--layer", "sites", "--db", db, "--lang", "en")
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)

    def test_an_import_shows_while_serving(self):
        db = self.new_database("live.db")
        with Server(db, "--no-viewer") as server:
            tag = server.ask(TILE + ".png").headers["ETag"]
            other = server.ask("/tiles/others/8/214/104.png").headers["ETag"]
            self.import_rows(db, [("S9", "新园", "New Park", "上海市", "site", 121.55,
                                   31.25)])
            until(lambda: server.get("/api/feature", layer="sites", id="S9").status
                  == 200, "the new place is served")
            self.assertNotEqual(server.ask(TILE + ".png").headers["ETag"], tag)
            self.assertEqual(server.ask(TILE + ".png", if_none_match=tag).status, 200)
            # tiles of layers that did not change stay what they are
            self.assertEqual(server.ask("/tiles/others/8/214/104.png").headers["ETag"],
                             other)
            self.assertEqual(server.stop(), 0)
            self.assertNotIn("level=error", server.log())

    def test_a_database_that_goes_away_and_is_replaced(self):
        db = self.new_database("moved.db")
        fresh = self.new_database("fresh.db")
        self.import_rows(fresh, [("S8", "换园", "Other", "上海市", "site", 121.5, 31.2)],
                         "fresh.csv")
        with Server(db, "--no-viewer") as server:
            os.rename(db, db + ".away")
            self.assertEqual(server.get("/api/feature", layer="sites", id="S1").status,
                             200)
            write(db, "broken " * 1000)
            until(lambda: "database_unreadable" in server.log(), "the fault is logged")
            self.assertEqual(server.get("/api/feature", layer="sites", id="S1").status,
                             200)
            os.rename(fresh, db)
            until(lambda: server.get("/api/feature", layer="sites", id="S8").status
                  == 200, "the replacement is served")
            self.assertEqual(server.stop(), 0)
            self.assertEqual(server.log().count("event=database_unreadable"), 1)

    def test_sigterm_finishes_what_runs(self):
        with Server(DB, "--no-viewer", "--workers", "1", "--no-cache") as server:
            with concurrent.futures.ThreadPoolExecutor(24) as pool:
                paths = [f"/tiles/map/12/{3420 + i}/1670@2x.png" for i in range(24)]
                asked = [pool.submit(server.ask, path) for path in paths]
                running = [0]

                def begun():
                    running[0] = server.metric("innomap_requests_in_flight") - 1
                    return running[0] > 0 or all(a.done() for a in asked)

                until(begun, "requests are running")
                self.assertEqual(server.stop(), 0)
                statuses = []
                for a in asked:
                    try:
                        answer = a.result(PATIENCE_S)
                    except ConnectionError:
                        continue  # it had not been accepted yet
                    statuses.append(answer.status)
                    if answer.status != 200:  # accepted, but asked after the last was drawn
                        self.assertEqual(answer.status, 503)
                        self.assertRegex(answer.json()["detail"], "stopping|停止")
                self.assertGreaterEqual(statuses.count(200), running[0])

    def test_one_drawing_however_many_ask(self):
        with Server(DB, "--no-viewer", "--workers", "1") as server:
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                answers = list(pool.map(lambda _: server.ask("/tiles/map/7/107/52.png"),
                                        range(64)))
            self.assertEqual({a.status for a in answers}, {200})
            self.assertEqual(len({a.body for a in answers}), 1)
            self.assertEqual(server.metric('innomap_render_seconds_count{kind="png"}'), 1)

    def test_the_review_number_is_shown(self):
        with Server(DB, "--no-viewer", "--public", "--review-number", "XS-1") as server:
            self.assertEqual(server.ask("/api/layers").json()["review_number"], "XS-1")

    def test_the_cache_stays_within_its_bytes(self):
        with Server(DB, "--no-viewer", "--cache-mb", "1") as server:
            for i in range(120):
                server.ask(f"/tiles/map/8/214/104@2x.png?lang={'zh' if i % 2 else 'en'}")
                server.ask(f"/tiles/map/14/{13700 + i}/6680@2x.png")
                self.assertLessEqual(server.metric("innomap_cache_bytes"), 1 << 20)


class Commands(unittest.TestCase):
    def test_nearest_prints_a_list(self):
        done = run("nearest", "sites", "--near", "东园", "-k", "2", "--db", DB, "--lang",
                   "en")
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("East Park", "South Park", "2026-01", "A test only", "Somewhere"):
            self.assertIn(words, done.stdout)

    def test_nearest_gives_the_answer_of_http_as_json(self):
        done = run("nearest", "sites", "--lon", "121.61", "--lat", "31.2", "-k", "3",
                   "--json", "--db", DB, "--lang", "zh")
        http = SHARED.get("/api/nearest", layer="sites", lon=121.61, lat=31.2, k=3)
        self.assertEqual(json.loads(done.stdout), http.json())

    def test_within_prints_what_lies_inside(self):
        done = run("within", "sites", "--near", "东园", "--radius-km", "5", "--db", DB,
                   "--lang", "en")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("East Park", done.stdout)
        self.assertNotIn("Drum", done.stdout)

    def test_rows_apart_tell_where_they_lie_not_how_far(self):
        done = run("nearest", "sites", "--lon", "121.61", "--lat", "31.2", "-k", "9",
                   "--db", DB, "--lang", "en")
        apart = done.stdout.split("Apart,")[1].splitlines()[1]
        self.assertIn("上海市", apart)
        self.assertNotIn("km", apart)

    def test_what_stayed_as_it_was_is_one_line(self):
        folder = FOLDER / "again.db"
        first = run("import", "--shipped", FOLDER / "layers", "--db", folder, "--lang", "en")
        self.assertGreater(len(first.stdout.splitlines()), 2)
        self.assertRegex(first.stdout.splitlines()[-1], r"^\d+ layers, .* added")
        second = run("import", "--shipped", FOLDER / "layers", "--db", folder, "--lang", "en")
        self.assertRegex(second.stdout, r"\A\d+ layers, [\d,]+ rows: nothing changed\n\Z")
        third = run("import", "--shipped", FOLDER / "layers", "--db", folder, "--lang", "zh")
        self.assertRegex(third.stdout, r"\A\d+ 个图层，[\d,]+ 行：没有变化\n\Z")

    def test_a_missing_database_is_the_surroundings(self):
        for command in (["layers"], ["nearest", "sites", "--near", "东园"],
                        ["tile", "8/214/104", "--out", FOLDER / "x.png"]):
            done = run(*command, "--db", FOLDER / "none.db", "--lang", "en")
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn("innomap import", done.stderr)

    def test_choices_are_printed(self):
        done = run("nearest", "others", "--near", "鼓楼", "--db", DB, "--lang", "en")
        self.assertEqual(done.returncode, 1)
        self.assertIn("--near sites:S5", done.stderr)
        self.assertIn("--near sites:S6", done.stderr)

    def test_wrong_questions(self):
        for arguments, code, says in (
                (["sitse", "--near", "东园"], 1, "did you mean sites?"),
                (["sites"], 2, "near="), (["sites", "--near", "乌有之乡"], 1, "乌有"),
                (["sites", "--lon", "999", "--lat", "1"], 2, "-180"),
                (["sites", "--naer", "x"], 2, "--near"), ([], 2, "layer")):
            done = run("nearest", *arguments, "--db", DB, "--lang", "en")
            self.assertEqual(done.returncode, code, (arguments, done.stderr))
            self.assertIn(says, done.stderr)

    def test_a_tile_is_what_the_server_sends(self):
        out = FOLDER / "tile.png"
        done = run("tile", "8/214/104", "--layers", "sites", "--out", out, "--db", DB,
                   "--lang", "zh")
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(out, "rb") as file:
            self.assertEqual(file.read(), SHARED.ask(TILE + ".png").body)
        done = run("tile", "8/999/0", "--out", out, "--db", DB, "--lang", "en")
        self.assertEqual(done.returncode, 2)
        self.assertIn("255", done.stderr)

    def test_the_doctor_says_what_is_wrong(self):
        done = run("doctor", "--db", DB, "--viewer", VIEWER, "--lang", "en")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertNotIn("fail", done.stdout.split("Nothing failed")[0])
        other = FOLDER / "no.db"
        write(other, "x" * 5000)
        done = run("doctor", "--db", other, "--lang", "en")
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stdout, r"(?m)^fail  .*no\.db")


if __name__ == "__main__":
    unittest.main(verbosity=1)
