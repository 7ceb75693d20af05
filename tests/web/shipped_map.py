# SPDX-License-Identifier: Apache-2.0
"""The database of the shipped map, as ./start makes it, once for all tests that only
read it (a ctest fixture). Argument: its path."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(__file__))

from harness import HERE, run

ROOT = os.path.dirname(os.path.dirname(HERE))
MODULES = os.environ.get("INNOMAP_NODE_MODULES", os.path.join(ROOT, "node_modules"))


def make(db):
    """basemap, then import; ends the program with what they say when one fails."""
    os.makedirs(os.path.dirname(db), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        basemap = os.path.join(folder, "basemap.gpkg")
        for arguments in (("basemap", "--modules", MODULES, "--out", basemap),
                          ("import", "--shipped", os.path.join(ROOT, "layers"), "--basemap", basemap, "--db", db)):
            done = run(*arguments)
            assert done.returncode == 0, done.stdout + done.stderr


if __name__ == "__main__":
    for suffix in ("", "-wal", "-shm"):
        if os.path.exists(sys.argv[1] + suffix):
            os.remove(sys.argv[1] + suffix)
    make(sys.argv[1])
