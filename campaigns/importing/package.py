"""The parts of an XLSX workbook, found by what refers to them and not by their usual names.

openpyxl does the reading; here it is given an archive in which it finds what it looks for: parts in
other folders, in other capitals, with backslashes, and those of the form that Excel calls “Strict
Open XML”, whose namespaces are others.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from openpyxl.packaging.manifest import Override
from openpyxl.packaging.relationship import get_dependents, get_rels_path
from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import ARC_CONTENT_TYPES, ARC_WORKBOOK, SHARED_STRINGS, XLSX

ROOT_RELATIONS = "_rels/.rels"
_A_WORKBOOK = re.compile(
    rb"(?:spreadsheetml\.(?:sheet|template)|ms-excel\.(?:sheet|template)\.macroenabled)\.main\+xml",
    re.IGNORECASE,
)
_LONGEST_LIST = 1_000_000  # bytes, of the list of parts
_STRICT = b"http://purl.oclc.org/ooxml/"
_USUAL = (
    (_STRICT + b"spreadsheetml/main", b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"),
    (
        _STRICT + b"officeDocument/relationships",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    ),
)
_BEGINNING = 1 << 16  # bytes of a part, in which its namespaces are named


class _Names(list[str]):
    """Names of parts, among which one is found however it is spelt."""

    def __init__(self, names: Iterator[str]) -> None:
        super().__init__(names)
        self._spelt = {_plain(name): name for name in self}

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _plain(name) in self._spelt

    def spelt(self, name: str) -> str:
        return self._spelt.get(_plain(name), name)


class Package(zipfile.ZipFile):
    """A workbook's archive."""

    def __init__(self, file: IO[bytes] | Path) -> None:
        super().__init__(file)
        self._names = _Names(info.filename for info in self.infolist())
        self._is_strict = False
        if ROOT_RELATIONS in self._names:
            with super().open(self.getinfo(ROOT_RELATIONS)) as stream:
                self._is_strict = _STRICT in stream.read(_BEGINNING)

    def namelist(self) -> list[str]:
        return self._names

    def getinfo(self, name: str) -> zipfile.ZipInfo:
        return super().getinfo(self._names.spelt(name))

    def open(self, name: Any, *args: Any, **options: Any) -> Any:
        stream = super().open(
            self.getinfo(name) if isinstance(name, str) else name, *args, **options
        )
        return _Usual(stream) if self._is_strict else stream

    def is_workbook(self) -> bool:
        """Return whether the archive is an XLSX workbook, be it one with macros or a template."""
        if ARC_WORKBOOK in self._names:
            return True
        if ARC_CONTENT_TYPES not in self._names:
            return False
        with self.open(ARC_CONTENT_TYPES) as stream:
            return bool(_A_WORKBOOK.search(stream.read(_LONGEST_LIST)))


class _Usual(io.RawIOBase):
    """A part of a strict workbook with the namespaces of usual ones."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._rest = stream
        beginning = stream.read(_BEGINNING)
        for strict, usual in _USUAL:
            beginning = beginning.replace(strict, usual)
        self._beginning = io.BytesIO(beginning)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        if size is None or size < 0:
            return self._beginning.read() + self._rest.read()
        return self._beginning.read(size) or self._rest.read(size)

    def close(self) -> None:
        self._rest.close()
        super().close()


class Reader(ExcelReader):  # type: ignore[misc]
    """openpyxl's reader, which takes workbook and texts from where the relationships point."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, read_only=True, data_only=True)
        self.archive = Package(file)
        self.valid_files = self.archive.namelist()

    def read_manifest(self) -> None:
        super().read_manifest()
        book = self._target(ROOT_RELATIONS, "/officeDocument") or ARC_WORKBOOK
        texts = self._target(get_rels_path(book), "/sharedStrings")
        # A new list: where a package names no parts, openpyxl's is one that all packages share.
        parts = [part for part in self.package.Override if not _is_of_a_workbook(part)]
        kinds = [part.ContentType for part in self.package.Override if _is_of_a_workbook(part)]
        parts.append(Override(f"/{book}", kinds[0] if kinds else XLSX))
        if texts and self.package.find(SHARED_STRINGS) is None:
            parts.append(Override(f"/{texts}", SHARED_STRINGS))
        self.package.Override = parts

    def _target(self, relations: str, kind: str) -> str:
        """Return the part that one of these relations of a kind leads to, or ""."""
        if relations not in self.valid_files:
            return ""
        for relation in get_dependents(self.archive, relations):
            if relation.Type.endswith(kind) and relation.target in self.valid_files:
                return str(relation.target)
        return ""


def _is_of_a_workbook(part: Any) -> bool:
    return bool(_A_WORKBOOK.search(part.ContentType.encode()))


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()
