#!/usr/bin/env bash
# Christmas Eve and New Year's Eve are days off in Sweden, and in the library another category: not asked for by default.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check 'holidays==0.109'
cd "$folder"

"$folder/venv/bin/python" - <<'PROGRAM'
import datetime as dt

import holidays

print("holidays", holidays.__version__)
EVES = [dt.date(2026, 12, 24), dt.date(2026, 12, 31)]
default = holidays.country_holidays("SE", years=2026)
print("  categories that there are:", holidays.SE.supported_categories)
asked = holidays.country_holidays("SE", years=2026, categories=holidays.SE.supported_categories)
for day in EVES:
    print(f"  {day}: by default {day in default}, with all categories {day in asked}")

assert not any(day in default for day in EVES)
assert all(day in asked for day in EVES)
PROGRAM
