#!/usr/bin/env bash
# Somebody filters a list of people in a spreadsheet and saves it: who is filtered out is hidden,
# not gone. Three readers hand out the hidden rows among the others, and only one of them can be
# asked about it: openpyxl, unless it reads row by row, as one does with long lists.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    'xlsxwriter==3.3.1' 'openpyxl==3.1.5' 'tablib==3.10.0' 'python-calamine==0.9.1'

cd "$work"
venv/bin/python - <<'EOF'
from importlib.metadata import version
from pathlib import Path

import openpyxl
import tablib
import xlsxwriter
from python_calamine import CalamineWorkbook

PEOPLE = [("First Name", "Agreed"), ("Ada", "yes"), ("Jonas", "no"), ("Mia", "yes")]
with xlsxwriter.Workbook("people.xlsx") as book:
    sheet = book.add_worksheet("People")
    for number, row in enumerate(PEOPLE):
        sheet.write_row(number, 0, row)
    sheet.autofilter(0, 0, 3, 1)
    sheet.filter_column(1, "Agreed == yes")
    sheet.set_row(2, None, None, {"hidden": True})  # as a spreadsheet does when it filters

print(*(f"{name} {version(name)}" for name in ("openpyxl", "tablib", "python-calamine")), sep=", ")
whole = openpyxl.load_workbook("people.xlsx").active
by_row = openpyxl.load_workbook("people.xlsx", read_only=True).active
by_calamine = CalamineWorkbook.from_path("people.xlsx").get_sheet_by_index(0)
found = {
    "openpyxl": [row[0] for row in whole.iter_rows(min_row=2, values_only=True)],
    "openpyxl, read_only": [row[0] for row in by_row.iter_rows(min_row=2, values_only=True)],
    "tablib": tablib.Dataset().load(Path("people.xlsx").read_bytes(), format="xlsx")["First Name"],
    "calamine": [row[0] for row in by_calamine.to_python()[1:]],
}
for reader, names in found.items():
    print(f"{reader}: {names}")
hidden = [number for number, row in whole.row_dimensions.items() if row.hidden]
print("openpyxl: hidden rows", hidden, "filter", whole.auto_filter.ref)
told = [name for name in ("row_dimensions", "auto_filter") if hasattr(by_row, name)]
print("openpyxl, read_only: tells of row_dimensions and auto_filter:", told)

assert all(names == ["Ada", "Jonas", "Mia"] for names in found.values())
assert hidden == [3] and whole.auto_filter.ref == "A1:B4"
assert told == []
EOF
