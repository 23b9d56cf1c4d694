#!/usr/bin/env bash
# A cron expression with R is valid, and is another one each time it is read: what two programs read never agrees.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check 'croniter==7.0.0'
cd "$folder"

"$folder/venv/bin/python" - <<'PROGRAM'
import datetime as dt
from importlib.metadata import version

from croniter import croniter

print("croniter", version("croniter"))
noon = dt.datetime(2026, 7, 8, 12, tzinfo=dt.timezone.utc)
assert croniter.is_valid("R * * * *")
minutes = {croniter("R * * * *", noon).get_next(dt.datetime).minute for _ in range(200)}
print(f"  'R * * * *', read 200 times, fires next at {len(minutes)} different minutes")

assert len(minutes) > 20, minutes
PROGRAM
