"""The optional state file: one JSON object a line, appended and flushed, replayed at the start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO


class JournalError(Exception):
    """The state file cannot be used; the message names the file and the line."""


class Journal:
    """An append-only file of changes. Without a path it keeps nothing."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def replay(self) -> Iterator[dict[str, Any]]:
        """Yield every change kept so far; a last line cut short by a crash is dropped.

        OSError if the file cannot be had.
        """
        if self._path is None:
            return
        if not self._path.exists():
            self._path.touch()  # so that a path that cannot be had fails at the start
        content = self._path.read_bytes()
        whole, _, torn = content.rpartition(b"\n")
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                event = json.loads(line)
            except ValueError as error:
                raise JournalError(f"{self._path}, line {number}: not JSON") from error
            if not isinstance(event, dict):
                raise JournalError(f"{self._path}, line {number}: not a JSON object")
            yield event
        if torn:
            with self._path.open("r+b") as file:
                file.truncate(len(content) - len(torn))

    def append(self, event: dict[str, Any]) -> None:
        """Keep one change; it has reached the operating system when this returns."""
        if self._path is None:
            return
        if self._file is None:
            self._file = self._path.open("ab", buffering=0)
        self._file.write(json.dumps(event, ensure_ascii=False).encode() + b"\n")

    def clear(self) -> None:
        """Forget everything kept."""
        self.close()
        if self._path is not None and self._path.exists():
            self._path.write_bytes(b"")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
