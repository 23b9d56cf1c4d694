#!/usr/bin/env bash
# Some calendars end with a year that soon comes. A date behind the end raises nothing: it is no
# holiday, and a working day. Only `end_year` tells; another release moves it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'holidays==0.109'

"$work/venv/bin/python" -W error - <<'EOF'
import holidays
from holidays.registry import EntityLoader

print("holidays", holidays.__version__)
codes = [code for code in EntityLoader.get_country_codes() if len(code) == 2]
ends = {code: holidays.country_holidays(code).end_year for code in codes}
print("calendars:", len(ends), "- ending before 2100:", {c: y for c, y in ends.items() if y < 2100})

lanka = holidays.country_holidays("LK")
for year in (2026, 2027):
    day = f"{year}-02-04"
    print(day, "holiday:", lanka.get(day), "- working day:", lanka.is_working_day(day))
print("holidays of 2027:", len(holidays.country_holidays("LK", years=2027)))

assert {code for code, year in ends.items() if year < 2100} == {"JP", "LK"}
assert ends["LK"] == 2026
assert lanka.get("2026-02-04") == "Independence Day"
assert lanka.get("2027-02-04") is None and lanka.is_working_day("2027-02-04")
assert len(holidays.country_holidays("LK", years=2027)) == 0
EOF
