#!/usr/bin/env bash
# Two releases of one calendar library a year apart give other days for the same country and year,
# without a major version: Sweden's Christmas Eve has become "de facto", a category that must be
# asked for, and that raises for every country without it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
for pinned in holidays==0.80 holidays==0.109; do
    "$work/venv/bin/pip" install -q --disable-pip-version-check "$pinned"
    "$work/venv/bin/python" - "$work/${pinned#holidays==}.json" <<'EOF'
import json
import sys

import holidays

years = {}
for country in ("SE", "SK", "NL", "KR", "MA", "DE"):
    calendar = holidays.country_holidays(country, years=2026, language="en_US")
    years[country] = {str(day): name for day, name in sorted(calendar.items())}
json.dump(years, open(sys.argv[1], "w"))
EOF
done

"$work/venv/bin/python" - "$work/0.80.json" "$work/0.109.json" <<'EOF'
import json
import sys

import holidays

old, new = (json.load(open(path)) for path in sys.argv[1:])
for country in old:
    gone = [f"{day} {name}" for day, name in old[country].items() if day not in new[country]]
    come = [f"{day} {name}" for day, name in new[country].items() if day not in old[country]]
    sundays = sum(day.endswith(" Sunday") for day in gone)
    gone = [day for day in gone if not day.endswith(" Sunday")]
    print(f"{country} gone: {gone}, {sundays} Sundays; new: {come}")

print("holidays", holidays.__version__)
asked = holidays.country_holidays("SE", years=2026, categories=("public", "de_facto"))
print("SE 24 December, public and de facto:", asked.get("2026-12-24"))
try:
    holidays.country_holidays("DK", years=2026, categories=("public", "de_facto"))
    raised = ""
except ValueError as error:
    raised = str(error)
print("DK, the same categories:", raised)

assert {"2026-06-19", "2026-12-24", "2026-12-31"} <= old["SE"].keys() - new["SE"].keys()
assert old["SK"].keys() - new["SK"].keys() == {"2026-05-08", "2026-09-15", "2026-11-17"}
assert "2026-04-03" in new["NL"] and "2026-04-03" not in old["NL"]
assert old["DE"].keys() == new["DE"].keys()
assert asked.get("2026-12-24") and "de_facto" in raised
EOF
