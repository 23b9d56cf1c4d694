"""XLSX workbooks as rows of text: one sheet, with the values that its formulas last had.

What a cell shows is its text; the profile that it links to comes beside it.
"""

import datetime as dt
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from campaigns.importing import hidden, links
from campaigns.importing.package import Package, Reader
from campaigns.importing.rows import Link, Row, UnreadableFileError

# A workbook is a ZIP archive, and a small one may unpack to much: here, in bytes and times its
# size, what no sheet of people reaches. A bomb unpacks to a thousand times, and takes up in memory
# ten times that.
MAX_UNPACKED = 500_000_000
LIKELY_UNPACKED, MAX_RATIO = 20_000_000, 100
MAX_SHEETS = 20
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    InvalidFileException,
    LookupError,
    ValueError,
    TypeError,
    EOFError,
    NotImplementedError,  # zipfile's, for a compression that it does not know
)


def is_workbook(path: Path) -> bool:
    """Tell an XLSX workbook from other ZIP archives and other files."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        with Package(path) as archive:
            return archive.is_workbook()
    except _DAMAGED:
        return False


@dataclass(frozen=True)
class Sheet:
    """A sheet's number from 0, its name, its first rows, and how many rows it says it has.

    `hidden_rows` are the numbers of those that hold something and are not shown.
    """

    number: int
    name: str
    top: list[Row]
    rows_expected: int | None
    is_hidden: bool = False
    hidden_rows: frozenset[int] = frozenset()


def sheets(path: Path, rows_each: int) -> list[Sheet]:
    """Return the first rows of each sheet.

    :raises UnreadableFileError: where the workbook is damaged or much larger than it looks.
    """
    with _Opened(path) as book:
        if not book.worksheets:
            raise UnreadableFileError("The workbook has no sheet with cells.")
        return [
            _sheet(number, sheet, rows_each)
            for number, sheet in enumerate(book.worksheets[:MAX_SHEETS])
        ]


def _sheet(number: int, sheet: Any, rows_each: int) -> Sheet:
    expected = sheet.max_row  # before the rows, which forget it
    return Sheet(
        number,
        sheet.title,
        list(islice(_rows_of(sheet), rows_each)),
        expected,
        sheet.sheet_state != "visible",
        _hidden_on(sheet),
    )


def rows(path: Path, sheet: int) -> Iterator[Row]:
    """Yield the rows of a sheet, also those that are hidden.

    :raises UnreadableFileError: where the workbook is damaged or much larger than it looks.
    """
    with _Opened(path) as book:
        yield from _rows_of(book.worksheets[sheet])


def _rows_of(sheet: Any) -> Iterator[Row]:
    # The sheet's file in the archive: openpyxl says it nowhere else while it reads row by row.
    linked = links.on_sheet(sheet.parent._archive, sheet._worksheet_path)
    hidden_rows = _hidden_on(sheet)
    sheet.reset_dimensions()  # a sheet may claim a million columns
    for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        cells = [_text(value) for value in values]
        found = linked.pop(number, {})
        for column, formula in found.items():
            cells += [""] * (column + 1 - len(cells))
            cells[column] = cells[column] or formula.text  # of one that was never calculated
        while cells and not cells[-1] and len(cells) - 1 not in found:
            cells.pop()
        row = replace(Row.checked(number, cells), is_hidden=number in hidden_rows)
        yield row if row.problem or not found else replace(row, links=_sorted(found))


def _hidden_on(sheet: Any) -> frozenset[int]:
    return hidden.on_sheet(sheet.parent._archive, sheet._worksheet_path)


def _sorted(found: dict[int, links.Formula]) -> tuple[Link, ...]:
    return tuple(Link(column, formula.address) for column, formula in sorted(found.items()))


class _Opened:
    """An open workbook, whose damages are told in one way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._book: Any = None

    def __enter__(self) -> Any:
        with zipfile.ZipFile(self._path) as archive:
            unpacked = sum(info.file_size for info in archive.infolist())
        likely = max(LIKELY_UNPACKED, MAX_RATIO * self._path.stat().st_size)
        if unpacked > min(likely, MAX_UNPACKED):
            raise UnreadableFileError(
                f"The workbook unpacks to {unpacked // 10**6} MB, more than such a file should. "
                "Save the sheet with the people as “CSV UTF-8”."
            )
        # By its content: openpyxl judges a path by its ending, which an upload does not have.
        self._file = self._path.open("rb")
        try:
            reader = Reader(self._file)
            reader.read()
            self._book = reader.wb
        except _DAMAGED as error:
            self._file.close()
            raise UnreadableFileError(f"The workbook is damaged: {error}.") from error
        return self._book

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        self._book.close()
        self._file.close()
        if isinstance(error, _DAMAGED):
            raise UnreadableFileError(f"The workbook is damaged: {error}.") from error


def _text(value: object) -> str:
    """Return a cell as text: dates as 2026-07-31, whole numbers without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, dt.datetime):
        at_midnight = value.time() == dt.time()
        return value.date().isoformat() if at_midnight else value.isoformat(" ", "minutes")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return unescape(value) if isinstance(value, str) else str(value)
