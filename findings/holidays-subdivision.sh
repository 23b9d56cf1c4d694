#!/usr/bin/env bash
# A country's subdivision does not only add days to the country's public holidays: in the United
# States it takes federal ones away, while the United Kingdom without one lacks days that three of
# its four parts have.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'holidays==0.109'

"$work/venv/bin/python" - <<'EOF'
import holidays

YEAR = 2026


def days(country, subdivision=None):
    return holidays.country_holidays(country, subdiv=subdivision, years=YEAR, language="en_US")


def only_in(first, second):
    return [f"{day} {first[day]}" for day in sorted(first) if day not in second]


print("holidays", holidays.__version__)
nation = days("US")
lacking = {state: only_in(nation, days("US", state)) for state in nation.subdivisions}
for state in ("DE", "FL", "TX"):
    print(f"US has, US-{state} has not:", lacking[state])
fewer = [state for state, lost in lacking.items() if lost]
print(len(fewer), "of", len(lacking), "states and territories lack a day of the whole country")

parts = {part: days("GB", part) for part in ("ENG", "NIR", "SCT", "WLS")}
for part, of_part in parts.items():
    print(f"GB-{part} has, GB has not:", only_in(of_part, days("GB")))
shared = set.intersection(*(set(of_part) for of_part in parts.values()))
print("GB is what all parts share:", set(days("GB")) == shared)

assert lacking["FL"] == ["2026-02-16 Washington's Birthday", "2026-10-12 Columbus Day"]
assert lacking["TX"] == ["2026-10-12 Columbus Day"]
assert len(fewer) > len(lacking) / 2
for part in ("ENG", "NIR", "WLS"):
    assert "2026-04-06 Easter Monday" in only_in(parts[part], days("GB"))
assert set(days("GB")) == shared
EOF
