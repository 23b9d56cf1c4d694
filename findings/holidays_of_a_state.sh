#!/usr/bin/env bash
# A state of the US does not have all the holidays of "US": its calendar is another one, not a longer one.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check 'holidays==0.109'
cd "$folder"

"$folder/venv/bin/python" - <<'PROGRAM'
import holidays

YEAR = 2027
print("holidays", holidays.__version__)
country = holidays.country_holidays("US", years=YEAR)
lacking = {}
for state in holidays.US.subdivisions:
    days = holidays.country_holidays("US", subdiv=state, years=YEAR)
    lacking[state] = sorted(country[day] for day in country if day not in days)
some = {state: names for state, names in lacking.items() if names}
print(f"{len(some)} of {len(lacking)} lack days of the country in {YEAR}, such as:")
for state in ("CA", "TX", "GA"):
    print(" ", state, some[state])

assert some["CA"] == some["TX"] == ["Columbus Day"], some
assert some["GA"] == ["Washington's Birthday"], some["GA"]
assert len(some) > len(lacking) / 3, len(some)
PROGRAM
