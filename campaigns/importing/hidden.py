"""Rows of a workbook's sheet that people do not see: hidden by hand or a filter, or folded away."""

import zipfile

from openpyxl.xml.functions import iterparse

_BLOCK = 1 << 20
_MARKS = (b"hidden=", b'ht="0"', b"ht='0'")
_LONGEST_MARK = max(map(len, _MARKS))


def on_sheet(archive: zipfile.ZipFile, path: str) -> frozenset[int]:
    """Return the numbers, from 1, of hidden rows that hold something.

    Read ahead of the rows, for openpyxl says nothing of them while it reads row by row.
    """
    if not _may_hide(archive, path):
        return frozenset()
    found = set()
    number, holds_something = 0, False
    with archive.open(path) as stream:
        for event, element in iterparse(stream, events=("start", "end")):
            name = element.tag.rpartition("}")[2]
            if event == "start":
                if name == "row":
                    number, holds_something = int(element.get("r") or number + 1), False
            elif name in {"v", "t"}:
                holds_something = holds_something or bool((element.text or "").strip())
            elif name == "row":
                if holds_something and _is_hidden(element.get("hidden"), element.get("ht")):
                    found.add(number)
                element.clear()
    return frozenset(found)


def _may_hide(archive: zipfile.ZipFile, path: str) -> bool:
    """Return whether a sheet may have hidden rows: most have none, and need not be read twice."""
    tail = b""
    with archive.open(path) as stream:
        while block := stream.read(_BLOCK):
            seen = tail + block
            if any(mark in seen for mark in _MARKS):
                return True
            tail = seen[-_LONGEST_MARK:]
    return False


def _is_hidden(hidden: str | None, height: str | None) -> bool:
    return (hidden or "").lower() in {"1", "true"} or height == "0"
