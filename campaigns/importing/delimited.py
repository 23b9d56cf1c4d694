"""CSV files as rows, also the broken ones: a row that cannot be read costs one line.

Nothing is read as a whole: a file may have millions of rows, and one row may be as large as a file.
"""

import csv
import io
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from campaigns.importing.links import without_formulas
from campaigns.importing.rows import Row, UnreadableFileError

MAX_LINE = 1_000_000  # characters, of one line and of one row
MAX_ROW_LINES = 2_000  # a quotation mark that is still open after them was never closed


def open_text(path: Path, codec: str) -> io.TextIOWrapper:
    """Open a text file with its line ends as they are."""
    return path.open("r", encoding=codec, newline="")


def records(path: Path, codec: str, delimiter: str) -> Iterator[Row]:
    """Yield the rows of a CSV file, numbered as a spreadsheet numbers them, also the broken ones.

    A broken row costs one line: what follows is read anew, so that a quotation mark that nobody
    closed does not swallow the people below it.
    """
    with open_text(path, codec) as stream:
        lines = _Lines(stream)
        reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
        number = 0
        while True:
            lines.begin_row()
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(number, (lines.give_back()[:1000],), _in_words(error))
                continue
            except UnicodeDecodeError as error:
                raise UnreadableFileError("The file changed while it was read.") from error
            yield without_formulas(Row.checked(number, cells))


class _Lines:
    """The lines of a file, of which those of one row can be given back."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream
        self._returned: deque[str] = deque()
        self._row: list[str] = []
        self._size = 0

    def begin_row(self) -> None:
        self._row = []
        self._size = 0

    def give_back(self) -> str:
        """Return the row's first line, and let the others be read again."""
        first, *others = self._row
        self._returned.extendleft(reversed(others))
        return first

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else self._stream.readline(MAX_LINE + 1)
        if not line:
            raise StopIteration
        self._row.append(line)
        self._size += len(line)
        if len(line) > MAX_LINE:
            self._skip_rest_of(line)
            raise csv.Error(f"longer than {MAX_LINE:,} characters")
        if self._size > MAX_LINE or len(self._row) > MAX_ROW_LINES:
            raise csv.Error("unexpected end of data")
        return line

    def _skip_rest_of(self, line: str) -> None:
        while line and not line.endswith(("\n", "\r")):
            line = self._stream.readline(MAX_LINE)


def _in_words(error: csv.Error) -> str:
    text = str(error)
    if "longer than" in text:
        return f"the row is {text}"
    if "field larger" in text:
        return f"a cell is longer than {csv.field_size_limit():,} characters"
    if "unexpected end" in text:
        return "a quotation mark is opened and never closed"
    return "the quotation marks are out of balance"
