#!/usr/bin/env bash
# A country's calendar may know this year's days and none of the next year's, or none at all, without a word.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check 'holidays==0.109'
cd "$folder"

"$folder/venv/bin/python" - <<'PROGRAM'
import warnings

import holidays

print("holidays", holidays.__version__)
warnings.simplefilter("error")
found = {
    country: [len(holidays.country_holidays(country, years=year)) for year in (2026, 2027)]
    for country in ("LK", "UA", "SE")
}
for country, numbers in found.items():
    print(f"  {country}: {numbers[0]} days in 2026, {numbers[1]} in 2027")

assert found["LK"][0] > 20, found
assert found["LK"][1] == 0, found
assert found["UA"] == [0, 0], found
assert all(found["SE"]), found
PROGRAM
