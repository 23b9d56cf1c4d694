#!/usr/bin/env bash
# A sheet filtered to one row gives all its rows, and a hidden sheet comes like the others: nothing in a cell tells.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -qq --disable-pip-version-check 'openpyxl==3.1.5'
cd "$folder"

"$folder/venv/bin/python" - <<'PROGRAM'
import openpyxl

print("openpyxl", openpyxl.__version__)
book = openpyxl.Workbook()
sheet = book.active
sheet.title = "People"
for row in (["name", "city"], ["Ada Example", "Paris"], ["Ben Example", "Rome"]):
    sheet.append(row)
sheet.auto_filter.ref = "A1:B3"
sheet.auto_filter.add_filter_column(1, ["Paris"])
sheet.row_dimensions[3].hidden = True  # as a spreadsheet program does when the filter is set
old = book.create_sheet("Old list", 0)
old.append(["name"])
old.sheet_state = "hidden"
book.save("people.xlsx")

read = openpyxl.load_workbook("people.xlsx", read_only=True)
names = [row[0] for row in read["People"].iter_rows(values_only=True)]
print("  rows of the sheet, filtered to Paris:", names)
print("  sheets:", read.sheetnames, "first:", read.worksheets[0].title)
has_rows = hasattr(read["People"], "row_dimensions")
print("  read-only sheets know which rows are hidden:", has_rows)

assert names == ["name", "Ada Example", "Ben Example"], names
assert read.sheetnames[0] == "Old list", read.sheetnames
assert not has_rows
PROGRAM
