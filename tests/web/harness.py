# SPDX-License-Identifier: Apache-2.0
"""A server of the built program on a loopback port, and raw HTTP to it."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get("INNOMAP", "")
# Sanitizers make everything slower; deadlines only say when a test gives up.
PATIENCE_S = 300


def environment():
    env = dict(os.environ)
    env.pop("INNOMAP_REVIEW_NUMBER", None)
    env["LC_ALL"] = "C.UTF-8"
    # without effect in builds without the thread sanitizer
    env.setdefault("TSAN_OPTIONS", "suppressions=" + os.path.join(os.path.dirname(HERE), "tsan.supp"))
    return env


def run(*arguments, **options):
    """Run the program to its end; the result has returncode, stdout and stderr."""
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True,
                          timeout=PATIENCE_S, env=environment(), **options)


def until(question, what):
    """Ask until the answer is true; the deadline is for broken programs only."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        answer = question()
        if answer:
            return answer
        time.sleep(0.01)
    raise AssertionError(f"never happened: {what}")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Server:
    """`with Server(db, "--option") as server:`; the log is in server.log(). The server's
    deadlines are such that a loaded machine or a sanitizer meets none of them; a test of
    a deadline gives its own."""

    PATIENT = ("--question-ms", str(PATIENCE_S * 1000), "--tile-ms",
               str(PATIENCE_S * 1000), "--body-seconds", str(PATIENCE_S), "--header-seconds", str(PATIENCE_S))

    def __init__(self, db, *options):
        self.log_file = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--db", db, "--port", "0", "--lang", "en",
             *self.PATIENT, *options],
            stdout=subprocess.PIPE, stderr=self.log_file, text=True, env=environment())
        first = self.process.stdout.readline()
        found = re.search(r"http://\S+:(\d+)/", first)
        if not found:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"no address in {first!r}; log: {self.log()}")
        self.port = int(found.group(1))
        # nobody reads the rest of its standard output until it ends
        self.greeting = [first]
        self.reader = threading.Thread(
            target=lambda: self.greeting.extend(self.process.stdout), daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.close()

    def close(self):
        self.reader.join(PATIENCE_S)
        self.process.stdout.close()
        self.log_file.close()

    def stop(self):
        """SIGTERM; the exit code. What the server said last is shown when that is none
        it ends with by itself, such as a sanitizer's."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE_S)
        if code:
            print(f"exit code {code}, the log ends:\n{self.log()[-8000:]}", file=sys.stderr)
        return code

    def log(self):
        self.log_file.seek(0)
        return self.log_file.read()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)

    def ask(self, path, method="GET", connection=None, body=None, **headers):
        """Headers by keyword: if_none_match="*" is If-None-Match."""
        own = connection is None
        connection = connection or self.connect()
        names = {k.replace("_", "-"): v for k, v in headers.items()}
        try:
            connection.request(method, path, body, headers=names)
            return Answer(connection.getresponse())
        finally:
            if own:
                connection.close()

    def get(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        return self.ask(path + ("?" + query if query else ""))

    def raw(self, data, close_write=False):
        """Send bytes, return everything until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE_S) as s:
            try:
                s.sendall(data)
                if close_write:
                    s.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # refused before all of it was sent
            return receive_all(s)

    def metric(self, name):
        text = self.ask("/metrics").body.decode()
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found.group(1)) if found else None


def receive_all(s):
    parts = []
    try:
        while part := s.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


class Folder:
    """A temporary folder that goes with the class that made it."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="innomap-test-")

    def __truediv__(self, name):
        return os.path.join(self.path, name)

    def remove(self):
        shutil.rmtree(self.path)


def write(path, text, encoding="utf-8"):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding=encoding) as file:
        file.write(text)
