"""Files that staff upload, kept on this machine between the dry run and the confirmation.

Each has a folder of its own, named by a token that nobody can guess and open to SendQ alone. Who
may ask for it is the session's business: it holds the tokens of the files uploaded in it.
"""

import fcntl
import json
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import IO, Any, Self

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from campaigns.importing.reading import Table, read_table
from campaigns.importing.rejects import RejectsFile
from campaigns.importing.verdicts import Verdict

MAX_UPLOAD = 50_000_000  # bytes: 50,000 people with long headlines have half of it
KEPT_SECONDS = 24 * 3600
A_SESSION = 5  # uploads that one session keeps
PROGRESS_EVERY = 1_000  # rows
SHOWN = 60  # characters of a cell that the page of columns shows


class BusyError(Exception):
    """Somebody works on the upload at this moment."""


class CappedUpload(FileUploadHandler):
    """Drops a file that is too large while it arrives, before it fills the disk."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._arrived = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._arrived += len(raw_data)
        if self._arrived > MAX_UPLOAD:
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None  # the next handler has the file


@dataclass
class Upload:
    """An uploaded file, what it is for, and what was found in it so far.

    `target` is the key of the campaign or workspace that it is for; `found` is its `Table`.
    `counts` are rows by verdict, of the dry run or, once `done`, of the import, and `marks` what
    else was counted of who is added; `checks` are the dry runs so far. `importing` without a lock
    means that the import was interrupted; `problem` is why it came to nothing.
    """

    token: str
    name: str
    target: str
    encoding: str = ""
    kind: str = ""
    reason: str = ""
    sheet: str = ""
    with_hidden: bool = False
    invite_connected: bool = False
    fields: list[str] = field(default_factory=list)
    found: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    checks: int = 0
    importing: bool = False
    problem: str = ""
    done: bool = False

    @classmethod
    def kept(cls, file: "UploadedFile[bytes]", *, target: str, **about: Any) -> Self:
        """Keep a file that has arrived. What others left behind is swept away.

        :param about: how it is read, and what for: fields of the upload.
        """
        sweep()
        name = (file.name or "file")[:200]
        upload = cls(secrets.token_urlsafe(24), name, target, **about)
        upload.folder.mkdir(parents=True, mode=0o700)
        with upload.path.open("xb") as kept:
            for part in file.chunks():
                kept.write(part)
        upload.save()
        return upload

    @classmethod
    def of(cls, token: str) -> Self | None:
        """Return the upload of this token, or None where it is gone."""
        try:
            return cls(**json.loads((_root() / token / "about.json").read_text()))
        except FileNotFoundError:
            return None

    @property
    def folder(self) -> Path:
        return _root() / self.token

    @property
    def path(self) -> Path:
        return self.folder / "file"

    @property
    def added(self) -> Path:
        """Keys of whom the import has added, a line each."""
        return self.folder / "added"

    @property
    def rejects(self) -> Path:
        return self.folder / "rejects.csv"

    def table(self) -> Table:
        """Open the file, the first time; later what was found then is good enough for a page.

        :raises UnreadableFileError: where it cannot be used.
        """
        if not self.found:
            table = read_table(
                self.path, self.encoding, sheet=self.sheet, with_hidden=self.with_hidden
            )
            shown = [[cell[:SHOWN] for cell in row] for row in table.sample]
            found = replace(table, sample=tuple(map(tuple, shown)))
            self.found = {**asdict(found), "path": ""}
            return table
        kept: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in self.found.items()
        }
        kept["path"], kept["sample"] = self.path, tuple(map(tuple, kept["sample"]))
        return Table(**kept)

    def save(self) -> None:
        draft = self.folder / f"about.{secrets.token_hex(8)}"
        draft.write_text(json.dumps(asdict(self)))
        draft.replace(self.folder / "about.json")

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def lock(self) -> IO[str]:
        """Return what keeps others from the upload until it is closed, or its process dies.

        :raises BusyError: where somebody else has it.
        """
        held = (self.folder / "lock").open("a")
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            held.close()
            raise BusyError from error
        (self.folder / "progress").write_text("0")
        return held

    def rows_done(self) -> int | None:
        """Return how many rows have been dealt with, or None where nobody is at work."""
        try:
            with (self.folder / "lock").open("a") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int((self.folder / "progress").read_text() or 0)
        return None

    @contextmanager
    def noting(self, table: Table) -> Iterator[Callable[[Verdict], None]]:
        """Give a place for verdicts; they are kept, and counted, once all are there."""
        counts: Counter[str] = Counter()
        marks: Counter[str] = Counter()
        draft = self.folder / f"verdicts.{secrets.token_hex(8)}"
        with (
            draft.open("w", encoding="utf-8") as lines,
            RejectsFile(self.rejects, table.header, table.delimiter) as rejects,
        ):

            def note(verdict: Verdict) -> None:
                counts[verdict.outcome] += 1
                marks.update(verdict.marks)
                who = verdict.person or " · ".join(filter(None, verdict.cells[:3]))[:100]
                kept = (verdict.row, verdict.outcome, who, verdict.field, verdict.reason)
                lines.write(json.dumps(kept) + "\n")
                rejects.add(verdict)
                if (rows := counts.total()) % PROGRESS_EVERY == 0:
                    (self.folder / "progress").write_text(str(rows))

            yield note
        draft.replace(self.folder / "verdicts")
        self.counts, self.marks = dict(counts), dict(marks)

    def verdicts(self, outcome: str, start: int, number: int) -> list[Verdict]:
        """Return some verdicts in the order of the rows: of one outcome, or of all."""
        with (self.folder / "verdicts").open(encoding="utf-8") as lines:
            found = (Verdict(*json.loads(line)) for line in lines)
            chosen = (each for each in found if not outcome or each.outcome == outcome)
            return list(islice(chosen, start, start + number))


def _root() -> Path:
    return Path(settings.UPLOADS_DIR)


def sweep() -> None:
    """Remove uploads that nobody has touched for a day: at each import, and by a job."""
    oldest = time.time() - KEPT_SECONDS
    for folder in _root().glob("*"):
        try:
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:
            continue  # somebody else has swept it
