"""Addresses of LinkedIn profiles behind cells that show something else, such as “View profile”."""

import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple
from xml.etree.ElementTree import Element

from openpyxl.packaging.relationship import get_rels_path
from openpyxl.utils.cell import coordinate_to_tuple, range_boundaries
from openpyxl.xml.functions import iterparse

from campaigns import people
from campaigns.importing.rows import Link, Row, UnreadableFileError

MAX_LINKS = 200_000  # of a sheet; Excel keeps no more than 65,530 beside formulas
_CELLS_OF_A_LINK = 1_000  # that one link may cover
# =HYPERLINK("https://…","Ada"), under whatever name a language gives the function.
_FORMULA = re.compile(
    r"""'?=?\s*[^\W\d][\w.]*\(\s*"(?P<address>[^"]+)"\s*"""
    r"""(?:[;,]\s*"(?P<text>(?:[^"]|"")*)"\s*)?\)\s*"""
)
_BLOCK = 1 << 20


class Formula(NamedTuple):
    """What a link formula leads to, and what it shows."""

    address: str
    text: str


def formula_in(cell: str) -> Formula | None:
    """Return the link formula that a cell is, if it leads to a LinkedIn profile."""
    found = _FORMULA.fullmatch(cell)
    if found is None or not people.looks_like_profile(found["address"]):
        return None
    address, text = found["address"], found["text"]
    return Formula(address, address if text is None else text.replace('""', '"'))


def without_formulas(row: Row) -> Row:
    """Return a row of a text file in which link formulas are what they show, and links."""
    found = {
        column: formula
        for column, cell in enumerate(row.cells)
        if cell.startswith(("=", "'=")) and (formula := formula_in(cell))
    }
    if not found:
        return row
    cells = tuple(
        found[column].text if column in found else cell for column, cell in enumerate(row.cells)
    )
    links = tuple(Link(column, formula.address) for column, formula in found.items())
    return replace(row, cells=cells, links=links)


def on_sheet(archive: zipfile.ZipFile, path: str) -> dict[int, dict[int, Formula]]:
    """Return the links of a workbook's sheet, by row, from 1, and column, from 0.

    Those of cells and those of formulas that name the address. They are read ahead of the rows,
    for the sheet has them at its end.

    :raises UnreadableFileError: where there are more than can be held.
    """
    found: dict[int, dict[int, Formula]] = defaultdict(dict)
    if not _mentions_links(archive, path):
        return found
    for number, (row, column, formula) in enumerate(_links(archive, path)):
        if number >= MAX_LINKS:
            raise UnreadableFileError(
                f"The sheet has more than {MAX_LINKS:,} links. Import it in parts."
            )
        found[row].setdefault(column, formula)
    return found


def _mentions_links(archive: zipfile.ZipFile, path: str) -> bool:
    """Return whether a sheet may have links: most have none, and need not be read twice."""
    tail = b""
    with archive.open(path) as stream:
        while block := stream.read(_BLOCK):
            if b"hyperlink" in (seen := (tail + block).lower()):
                return True
            tail = seen[-len(b"hyperlink") :]
    return False


def _links(archive: zipfile.ZipFile, path: str) -> Iterator[tuple[int, int, Formula]]:
    targets = _targets(archive, path)
    row = column = 0
    with archive.open(path) as stream:
        for event, element in iterparse(stream, events=("start", "end")):
            name = element.tag.rpartition("}")[2]
            if event == "start":
                if name == "row":
                    row, column = int(element.get("r") or row + 1), 0
                elif name == "c":
                    given = element.get("r")
                    column = coordinate_to_tuple(given)[1] if given else column + 1
                continue
            if name == "f" and (formula := formula_in(element.text or "")):
                yield row, column - 1, formula
            elif name == "hyperlink":
                yield from _of_cells(element, targets)
            if name in {"row", "hyperlink"}:
                element.clear()


def _targets(archive: zipfile.ZipFile, path: str) -> dict[str, str]:
    """Return the LinkedIn profiles that a sheet's links lead to, by their ids."""
    name = get_rels_path(path)
    if name not in archive.namelist():
        return {}
    found = {}
    with archive.open(name) as stream:
        for _, element in iterparse(stream):
            target = element.get("Target") or ""
            if element.get("TargetMode") == "External" and people.looks_like_profile(target):
                found[element.get("Id") or ""] = target
            element.clear()
    return found


def _of_cells(element: Element, targets: dict[str, str]) -> Iterator[tuple[int, int, Formula]]:
    key = next((value for name, value in element.items() if name.endswith("}id")), "")
    if key not in targets:
        return
    left, top, right, bottom = range_boundaries(element.get("ref"))
    if (right - left + 1) * (bottom - top + 1) <= _CELLS_OF_A_LINK:
        for row in range(top, bottom + 1):
            for column in range(left - 1, right):
                yield row, column, Formula(targets[key], "")
