# SPDX-License-Identifier: Apache-2.0
"""Answers that are made piece by piece while they are sent."""

import concurrent.futures
import gzip
import hashlib
import http.client
import os
import re
import socket
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))

import fixture
import harness
from harness import PATIENCE_S, Folder, Server, receive_all, until

STREAMS_MAX = 256
LONG = 5_000_000  # lines: more than all buffers between the two ends hold


def setUpModule():
    global FOLDER, DB, SHARED
    FOLDER = Folder()
    DB = FOLDER / "test.db"
    fixture.make_database(DB, FOLDER / "layers")
    # from here on the server with the long answers is started
    harness.PROGRAM = os.environ["INNOMAP_STREAM_SERVER"]
    SHARED = Server(DB, "--no-viewer", "--workers", "2")


def tearDownModule():
    code = SHARED.stop()
    log = SHARED.log()
    SHARED.close()
    FOLDER.remove()
    if code != 0 or "Sanitizer" in log:
        raise AssertionError(f"the shared server ended with {code}; log: {log}")


def lines(n):
    return b"".join(b"%09d\n" % i for i in range(n))


def stream(server=None, method="GET", path="/stream", connection=None, **parameters):
    parameters.setdefault("per_piece", 20000)
    query = "&".join(f"{k}={v}" for k, v in parameters.items() if not k.startswith("h_"))
    headers = {k[2:]: v for k, v in parameters.items() if k.startswith("h_")}
    return (server or SHARED).ask(f"{path}?{query}", method, connection, **headers)


def begin(server, n):
    """A client that has asked and does not read."""
    s = socket.socket()
    # little is kept on the way, so that the server has to wait soon
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131072)
    s.settimeout(PATIENCE_S)
    s.connect(("127.0.0.1", server.port))
    s.sendall(b"GET /stream?per_piece=20000&lines=%d HTTP/1.1\r\nHost: a\r\n"
              b"Connection: close\r\n\r\n" % n)
    return s


def first_status(s):
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", s.recv(100))
    return int(found.group(1)) if found else None


class Whole(unittest.TestCase):
    def test_all_pieces_arrive_in_order(self):
        for n, per_piece in ((100000, 20000), (100001, 20000), (99999, 33333),
                             (300000, 300000 - 1), (5000, 1), (2, 1)):
            answer = stream(lines=n, per_piece=per_piece)
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["Content-Type"], "text/plain; charset=utf-8")
            self.assertEqual(hashlib.md5(answer.body).digest(),
                             hashlib.md5(lines(n)).digest(), (n, per_piece))
            self.assertEqual(answer.headers["Transfer-Encoding"], "chunked")
            self.assertNotIn("Content-Length", answer.headers)
            self.assertNotIn("ETag", answer.headers)
            self.assertEqual(answer.headers["Vary"], "Accept-Encoding")
            self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "*")

    def test_compressed_it_is_the_same(self):
        for n, per_piece in ((200000, 20000), (5000, 1), (2, 1)):
            answer = stream(lines=n, per_piece=per_piece, h_accept_encoding="gzip")
            self.assertEqual(answer.headers["Content-Encoding"], "gzip")
            self.assertEqual(gzip.decompress(answer.body), lines(n), n)

    def test_what_fits_into_one_piece_is_an_answer_as_any_other(self):
        for n in (1, 10, 20000):
            answer = stream(lines=n)
            self.assertEqual(answer.body, lines(n))
            self.assertEqual(int(answer.headers["Content-Length"]), len(answer.body))
            tag = answer.headers["ETag"]
            self.assertEqual(stream(lines=n, h_if_none_match=tag).status, 304)
            packed = stream(lines=n, h_accept_encoding="gzip")
            if n > 1000:
                self.assertEqual(gzip.decompress(packed.body), answer.body)

    def test_a_tag_known_beforehand_is_answered_without_work(self):
        plain = stream(lines=100000, tag=7)
        packed = stream(lines=100000, tag=7, h_accept_encoding="gzip")
        self.assertNotEqual(plain.headers["ETag"], packed.headers["ETag"])
        for tag in (plain.headers["ETag"], packed.headers["ETag"]):
            answer = stream(lines=100000, tag=7, h_if_none_match=tag)
            self.assertEqual((answer.status, answer.body), (304, b""))
            self.assertEqual(answer.headers["ETag"], tag)

    def test_head_is_get_without_the_body(self):
        for accept in ("identity", "gzip"):
            get = stream(lines=100000, tag=7, h_accept_encoding=accept)
            head = stream(None, "HEAD", lines=100000, tag=7, h_accept_encoding=accept)
            self.assertEqual((head.status, head.body), (200, b""))
            for name in ("ETag", "Content-Type", "Content-Encoding", "Vary",
                         "Cache-Control"):
                self.assertEqual(head.headers[name], get.headers[name], name)
        until(lambda: SHARED.metric("innomap_streams") == 0, "nothing is left")

    def test_a_posted_question_is_not_kept(self):
        answer = SHARED.ask("/stream", "POST", None, "lines=100000&per_piece=20000&tag=7",
                            content_type="application/x-www-form-urlencoded")
        self.assertEqual(answer.body, lines(100000))
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertNotIn("ETag", answer.headers)

    def test_clients_without_chunks_get_it_to_the_end_of_the_connection(self):
        raw = SHARED.raw(b"GET /stream?per_piece=20000&lines=100000 HTTP/1.0\r\n\r\n")
        head, body = raw.split(b"\r\n\r\n", 1)
        self.assertIn(b" 200 ", head)
        self.assertNotIn(b"chunked", head)
        self.assertEqual(body, lines(100000))

    def test_a_connection_is_kept(self):
        connection = SHARED.connect()
        for n in (100000, 5, 60000, 200000):
            self.assertEqual(stream(lines=n, connection=connection).body, lines(n))
            self.assertIsNotNone(connection.sock)
        connection.close()


class Broken(unittest.TestCase):
    def test_an_error_in_the_first_piece_has_its_status(self):
        for fail_at in (0, 19999):
            answer = stream(lines=100000, fail_at=fail_at)
            self.assertEqual(answer.status, 400)
            self.assertIn(str(fail_at), answer.json()["detail"])

    def test_an_error_later_breaks_the_answer_off(self):
        for accept in ("identity", "gzip"):
            with self.assertRaises(http.client.IncompleteRead):
                stream(lines=100000, fail_at=70000, h_accept_encoding=accept)
        self.assertIn("event=answer_broken", SHARED.log())
        until(lambda: SHARED.metric("innomap_streams") == 0, "nothing is left")

    def test_who_goes_away_leaves_nothing(self):
        for take in (0, 100, 100000, 1000000):
            for _ in range(10):
                with begin(SHARED, LONG) as s:
                    left = take
                    while left > 0:
                        left -= len(s.recv(min(left, 65536)))
        until(lambda: SHARED.metric("innomap_streams") == 0, "all are released")
        until(lambda: SHARED.metric("innomap_requests_in_flight") == 1, "only this one")

    def test_who_never_takes_it_is_cut(self):
        with Server(DB, "--no-viewer", "--stream-seconds", "1") as server:
            before = server.metric("innomap_connections_cut_total")
            with begin(server, LONG) as s:
                until(lambda: server.metric("innomap_connections_cut_total") > before,
                      "the slow reader is cut")
                until(lambda: server.metric("innomap_streams") == 0, "and forgotten")
                self.assertLess(len(receive_all(s)), LONG * 10)
            self.assertEqual(server.stop(), 0)

    def test_a_stop_finishes_what_runs(self):
        with Server(DB, "--no-viewer") as server:
            with begin(server, 1_000_000) as s:
                first = s.recv(100)
                self.assertIn(b" 200 ", first)
                with concurrent.futures.ThreadPoolExecutor(1) as pool:
                    rest = pool.submit(receive_all, s)
                    self.assertEqual(server.stop(), 0)
                    self.assertTrue(rest.result().endswith(b"\r\n0\r\n\r\n"))


class Many(unittest.TestCase):
    def peak(self):
        with open(f"/proc/{SHARED.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s+(\d+) kB", file.read()).group(1)) * 1024

    def test_memory_does_not_follow_the_length(self):
        stream(lines=100000)
        before = self.peak()
        answer = stream(lines=LONG)
        self.assertEqual(len(answer.body), LONG * 10)
        # pieces of 200 kB; a whole answer has 50 MB
        self.assertLess(self.peak() - before, 16 << 20)

    def test_two_hundred_at_once(self):
        whole = hashlib.md5(lines(100000)).digest()

        def one(i):
            answer = stream(lines=100000, **({"h_accept_encoding": "gzip"} if i % 2 else {}))
            body = gzip.decompress(answer.body) if i % 2 else answer.body
            return answer.status, hashlib.md5(body).digest()

        with concurrent.futures.ThreadPoolExecutor(200) as pool:
            self.assertEqual(set(pool.map(one, range(200))), {(200, whole)})

    def test_others_are_answered_meanwhile_and_too_many_are_refused(self):
        open_ones = []
        try:
            for _ in range(STREAMS_MAX):
                open_ones.append(begin(SHARED, LONG))
            self.assertEqual({first_status(s) for s in open_ones}, {200})
            self.assertEqual(SHARED.metric("innomap_streams"), STREAMS_MAX)
            self.assertEqual(stream(lines=10).status, 200)
            refused = stream(lines=LONG)
            self.assertEqual(refused.status, 503)
            self.assertEqual(refused.headers["Retry-After"], "1")
        finally:
            for s in open_ones:
                s.close()
        until(lambda: SHARED.metric("innomap_streams") == 0, "all are released")
        self.assertEqual(stream(lines=100000).status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=1)
