# SPDX-License-Identifier: Apache-2.0
"""Names of the shipped layers over the seams of tiles: makes the database, as ./start
does, for shipped_seams.c. Arguments: the program, the test, the npm modules."""

import os
import subprocess
import sys
import tempfile

program, test, modules = sys.argv[1:]
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
with tempfile.TemporaryDirectory() as folder:
    basemap = os.path.join(folder, "basemap.gpkg")
    database = os.path.join(folder, "innomap.db")
    for command in (["basemap", "--modules", modules, "--out", basemap],
                    ["import", "--shipped", os.path.join(root, "layers"), "--basemap",
                     basemap, "--db", database]):
        done = subprocess.run([program, *command], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout + done.stderr)
    sys.exit(subprocess.run([test, database]).returncode)
