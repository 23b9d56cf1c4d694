"""XLSX workbooks as rows of text: the first sheet, with the values that its formulas last had."""

import datetime as dt
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.escape import unescape
from openpyxl.utils.exceptions import InvalidFileException

from campaigns.importing.rows import Row, UnreadableFileError

MAX_UNPACKED = 500_000_000  # bytes: a workbook is a ZIP archive, and a small one may unpack to much
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    InvalidFileException,
    KeyError,
    ValueError,
    TypeError,
    EOFError,
    NotImplementedError,  # zipfile's, for a compression that it does not know
)


def is_workbook(path: Path) -> bool:
    """Tell an XLSX workbook from other ZIP archives and other files."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "xl/workbook.xml" in archive.namelist()


def rows_expected(path: Path) -> int | None:
    """Return the number of rows that the first sheet claims to have."""
    with _Opened(path) as book:
        highest: int | None = book.worksheets[0].max_row if book.worksheets else None
        return highest


def rows(path: Path) -> Iterator[Row]:
    """Yield the rows of the first sheet.

    :raises UnreadableFileError: where the workbook is damaged or much larger than it looks.
    """
    with _Opened(path) as book:
        if not book.worksheets:
            raise UnreadableFileError("The workbook has no sheet with cells.")
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # a sheet may claim a million columns
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells = [_text(value) for value in values]
            while cells and not cells[-1]:
                cells.pop()
            yield Row.checked(number, cells)


class _Opened:
    """An open workbook, whose damages are told in one way."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._book: Any = None

    def __enter__(self) -> Any:
        with zipfile.ZipFile(self._path) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED:
                raise UnreadableFileError(
                    f"The workbook unpacks to more than {MAX_UNPACKED // 10**6} MB. Save its first "
                    "sheet as “CSV UTF-8”."
                )
        try:
            self._book = openpyxl.load_workbook(self._path, read_only=True, data_only=True)
        except _DAMAGED as error:
            raise UnreadableFileError(f"The workbook is damaged: {error}.") from error
        return self._book

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        self._book.close()
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
