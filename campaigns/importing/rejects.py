"""The rows that were not imported, as a CSV file to correct and import again."""

import csv
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from campaigns.cells import as_text
from campaigns.importing.verdicts import REJECTED, Verdict

HEADER = ("SendQ row", "SendQ verdict", "SendQ field", "SendQ reason")


class RejectsFile:
    """A CSV file of rejected rows that takes its place only when all of it is written.

    UTF-8 with a byte order mark, so that Excel reads it right, in the delimiter of the import.
    """

    def __init__(self, path: Path, header: Iterable[str], delimiter: str) -> None:
        self._path = path
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        self._draft = Path(draft)
        self._stream = os.fdopen(handle, "w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._stream, delimiter=delimiter)
        self._writer.writerow([*HEADER, *map(as_text, header)])

    def add(self, verdict: Verdict) -> None:
        """Write a row if it is to be corrected: refused, or on the do-not-contact list."""
        if verdict.outcome in REJECTED:
            explained = (str(verdict.row), verdict.outcome, verdict.field, verdict.reason)
            self._writer.writerow(map(as_text, (*explained, *verdict.cells)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: object, _trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if kind is None:
            self._draft.replace(self._path)
        else:
            self._draft.unlink()
