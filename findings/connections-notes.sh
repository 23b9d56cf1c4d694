#!/usr/bin/env bash
# LinkedIn's Connections.csv begins with a note, a quoted paragraph and an empty line; the names of
# the columns stand in the fourth row. tablib refuses it with an error that has no text, and what
# Python offers to tell a header takes the note for one.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check 'tablib==3.10.0'

"$work/venv/bin/python" - <<'EOF'
import csv
import io
import sys
from importlib.metadata import version

import tablib

CONNECTIONS = '''Notes:
"Some addresses may be missing, as not everybody shares theirs, with everybody."

First Name,Last Name,URL,Email Address,Company,Position,Connected On
Ada,Example,https://www.linkedin.com/in/ada-example,,Example GmbH,"Head of Sales, EMEA",02 Nov 2026
Jonas,Muster,https://www.linkedin.com/in/jonas-muster,,Muster AG,Founder,01 Nov 2026
'''
print("tablib", version("tablib"), "- Python", sys.version.split()[0])

print("tablib takes it for:", tablib.detect_format(CONNECTIONS))
try:
    tablib.Dataset().load(CONNECTIONS, format="csv")
    raised = None
except tablib.InvalidDimensions as error:
    raised = error
print(f"tablib loads it: {type(raised).__name__} {str(raised)!r}")

people = list(csv.DictReader(io.StringIO(CONNECTIONS)))
print("csv.DictReader:", len(people), "people; columns of the last:", list(people[-1]))
sniffed = csv.Sniffer().has_header(CONNECTIONS)
print("csv.Sniffer: the first row is a header:", sniffed)

assert tablib.detect_format(CONNECTIONS) == "csv"
assert raised is not None and str(raised) == ""
assert len(people) == 4 and list(people[-1]) == ["Notes:", None]
assert sniffed
EOF
