#!/usr/bin/env bash
# Two parsers of names, asked for the first name to greet somebody with. One takes plain people for
# companies, with a degree as their legal form, and gives up at some academic titles; the other
# takes names that are also titles for titles, and greets with the family name or with nothing.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'nameparser==2.6.0' 'probablepeople==0.5.6'

"$work/venv/bin/python" - <<'EOF'
from importlib.metadata import version

import probablepeople
from nameparser import HumanName

print("nameparser", version("nameparser"), "- probablepeople", version("probablepeople"))


def by_nameparser(name):
    parsed = HumanName(name)
    return {"title": parsed.title, "first": parsed.first, "last": parsed.last}


def by_probablepeople(name):
    try:
        parts, kind = probablepeople.tag(name)
    except probablepeople.RepeatedLabelError as error:
        return type(error).__name__, {}
    return kind, dict(parts)


NAMES = ("Ada Example", "Ada Example, PhD", "Price Waters", "Prof. Dr. med. Mia Muster",
         "PD Dr. Ada Example", "Judge Example", "Prince Example", "King Example", "Ed Vi",
         "Ada Example | Founder")
first, second = {}, {}
for name in NAMES:
    first[name], second[name] = by_nameparser(name), by_probablepeople(name)
    print(f"{name}\n  nameparser     {first[name]}\n  probablepeople {second[name]}")

assert second["Ada Example"][0] == "Corporation"
assert second["Ada Example, PhD"][1]["CorporationLegalType"] == "PhD"
assert first["Judge Example"] == {"title": "Judge", "first": "", "last": "Example"}
assert first["Prince Example"] == {"title": "Prince", "first": "Example", "last": ""}
assert first["Ed Vi"]["last"] == "" and first["Ada Example | Founder"]["last"] == "Founder"
assert first["Prof. Dr. med. Mia Muster"]["first"] == "Mia"
assert second["Prof. Dr. med. Mia Muster"][0] == "RepeatedLabelError"
EOF
