#!/usr/bin/env bash
# The weekend is not Saturday and Sunday everywhere, and a calendar knows it in two ways that
# disagree: its attribute `weekend` is one set for all years, `is_weekend()` looks at the year.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'holidays==0.109'

"$work/venv/bin/python" - <<'EOF'
from datetime import date

import holidays
from holidays.registry import EntityLoader

print("holidays", holidays.__version__)
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
by_weekend = {}
for code in sorted(code for code in EntityLoader.get_country_codes() if len(code) == 2):
    weekend = holidays.country_holidays(code).weekend
    by_weekend.setdefault("+".join(NAMES[day] for day in sorted(weekend)), []).append(code)
for weekend, codes in by_weekend.items():
    print(f"{weekend}: {len(codes) if weekend == 'Sat+Sun' else ' '.join(codes)}")

friday, sunday = date(2026, 11, 20), date(2026, 11, 22)
for code in ("DE", "IL", "SA", "HK"):
    calendar = holidays.country_holidays(code)
    works = {day.strftime("%a"): calendar.is_working_day(day) for day in (friday, sunday)}
    print(code, "works on", works, "and on Saturday:", calendar.is_working_day(date(2026, 11, 21)))

emirates = holidays.country_holidays("AE", years=[2021, 2026])
before, after = date(2021, 11, 19), date(2026, 11, 20)  # two Fridays
print("AE weekend:", sorted(NAMES[day] for day in emirates.weekend))
for day in (before, after):
    print(f"{day:%a %Y-%m-%d} in `weekend`:", day.weekday() in emirates.weekend,
          "- is_weekend():", emirates.is_weekend(day))

assert not {"IL", "SA", "EG"} - set(by_weekend["Fri+Sat"])
assert "HK" in by_weekend["Sun"] and by_weekend["Fri+Sun"] == ["BN"]
assert before.weekday() not in emirates.weekend and emirates.is_weekend(before)
assert not emirates.is_weekend(after)
EOF
