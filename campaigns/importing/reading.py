"""Files as rows of text: encoding, delimiter, the header below any notes, and broken rows.

Nothing is read as a whole: a file may have millions of rows, and one row may be as large as a file.
"""

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from campaigns import people
from campaigns.importing import columns, headers, workbook
from campaigns.importing.links import without_formulas
from campaigns.importing.rows import Row, UnreadableFileError

DELIMITERS = (",", ";", "\t")
MAX_LINE = 1_000_000  # characters, of one line and of one row
MAX_ROW_LINES = 2_000  # a quotation mark that is still open after them was never closed
HEADER_WITHIN = 25  # rows from the top
SAMPLE_ROWS = 100
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KNOWN_STARTS = (
    (
        b"PK\x03\x04",
        "a ZIP archive or a damaged workbook. Unpack it and import the file in it, such as "
        "Connections.csv; save a workbook again as .xlsx",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "an old or protected Excel workbook. Save it as .xlsx, without password",
    ),
    (b"%PDF", "a PDF. Export the list as CSV or XLSX"),
    (b"\x89PNG", "a picture. Export the list as CSV or XLSX"),
    (b"\xff\xd8\xff", "a picture. Export the list as CSV or XLSX"),
    (b"\x1f\x8b", "compressed (gzip). Unpack it first"),
)


@dataclass(frozen=True)
class Table:
    """A file whose header was found. `rows()` reads it again from the start, row by row.

    `codec` is empty for a workbook, of which `sheet` is read and the sheets in `not_read` are not.
    Where cells link to profiles: a column in `replaced` becomes the addresses; for each in `linked`
    a column of addresses, which the file does not have, stands at the end.
    """

    path: Path
    header: tuple[str, ...]
    header_row: int
    sample: tuple[tuple[str, ...], ...]
    delimiter: str = ","
    codec: str = ""
    sheet: int = 0
    not_read: tuple[str, ...] = ()
    rows_expected: int | None = None
    linked: tuple[int, ...] = ()
    replaced: tuple[int, ...] = ()

    def rows(self) -> Iterator[Row]:
        """Yield what stands below the header, empty rows left out.

        :raises UnreadableFileError: where the file breaks off or changed since it was opened.
        """
        if self.codec:
            records = _records(self.path, self.codec, self.delimiter)
        else:
            records = workbook.rows(self.path, self.sheet)
        for record in records:
            if record.number <= self.header_row:
                continue
            row = self.with_links(record)
            if row.problem or any(map(str.strip, row.cells)):
                yield row

    def with_links(self, row: Row) -> Row:
        """Return a row of the file with the addresses that its cells link to."""
        if row.problem or not (row.links or self.linked):
            return row
        addresses = dict(row.links)
        cells = [
            addresses[column]
            if column in addresses
            and column in self.replaced
            and not people.looks_like_profile(cell)
            else cell
            for column, cell in enumerate(row.cells)
        ]
        width = len(self.header) - len(self.linked)
        if not self.linked or any(map(str.strip, cells[width:])):
            return replace(row, cells=tuple(cells), problem=row.too_wide_for(width))
        cells = cells[:width] + [""] * (width - len(cells))
        for column in self.linked:
            plain = cells[column] if people.looks_like_profile(cells[column]) else ""
            cells.append(addresses.get(column, plain))
        return replace(row, cells=tuple(cells))

    def has_rows(self) -> bool:
        """Return whether anything stands below the header; what was seen saves opening the file."""
        return any(map(str.strip, chain(*self.sample))) or next(self.rows(), None) is not None


def read_table(path: Path, encoding: str = "", named: Sequence[str] = ()) -> Table:
    """Open a file of people: CSV in UTF-8, UTF-16 with a mark or the encoding given, or XLSX.

    Of a workbook, the first sheet that looks like a list of people.

    :param encoding: for text without a byte order mark; empty means UTF-8.
    :param named: names of columns that staff have given, by which the header is found too.
    :raises UnreadableFileError: with what to do about it.
    """
    squeezed = [headers.squeezed(name) for name in named]
    try:
        with path.open("rb") as file:
            start = file.read(4096)
        if not start.strip():
            raise UnreadableFileError("The file is empty.")
        if workbook.is_workbook(path):
            table = _read_workbook(path, squeezed)
        else:
            codec = _codec(start, encoding)
            rows_expected = _lines_decoded(path, codec)
            table = _read_text(path, codec, squeezed)
            table = table and replace(table, rows_expected=rows_expected)
    except OSError as error:
        raise UnreadableFileError(f"The file cannot be read: {error.strerror or error}.") from error
    if table is None:
        raise UnreadableFileError(
            f"None of the first {HEADER_WITHIN} rows was recognised as the names of the columns. "
            "Put a row such as “First Name,Last Name,LinkedIn URL” above the people, or say which "
            "column is which.",
            f"--map “COLUMN={headers.PROFILE_URL}”",
        )
    if not table.has_rows():
        raise UnreadableFileError("The file has names of columns, but no row below them.")
    return table


def is_text_encoding(name: str) -> bool:
    """Tell whether Python can read text in an encoding of this name."""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=name)
    except (LookupError, ValueError):
        return False
    return True


def _codec(start: bytes, encoding: str) -> str:
    """Return how a file is to be decoded: by its mark, by what staff say, or as UTF-8."""
    for signature, what in _KNOWN_STARTS:
        if start.startswith(signature):
            raise UnreadableFileError(f"The file is {what}.")
    for mark, codec in _BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return codec
    if not encoding and start.count(0) * 4 > len(start):
        order = "be" if start.startswith(b"\0") else "le"
        raise UnreadableFileError(
            "The file seems to be UTF-16 without a byte order mark. Save it again as “CSV UTF-8”, "
            f"or import it as UTF-16 {order.upper()}.",
            f"--encoding utf-16-{order}",
        )
    return encoding or "utf-8"


def _read_workbook(path: Path, named: Sequence[str]) -> Table | None:
    sheets = workbook.sheets(path, HEADER_WITHIN + SAMPLE_ROWS)
    found = [
        replace(table, sheet=sheet.number, rows_expected=sheet.rows_expected)
        for sheet in sheets
        if (table := _below_header(path, sheet.top, named))
    ]
    chosen = max(found, key=lambda table: columns.names_people(table.header, named), default=None)
    if chosen is None:
        return None
    others = (sheet.name for sheet in sheets if sheet.number != chosen.sheet and sheet.top)
    return replace(chosen, not_read=tuple(others))


def _read_text(path: Path, codec: str, named: Sequence[str]) -> Table | None:
    found = [
        replace(table, codec=codec, delimiter=delimiter)
        for delimiter in _delimiters_to_try(path, codec)
        if (table := _below_header(path, _top(path, codec, delimiter), named))
    ]
    return max(
        found,
        key=lambda table: (columns.header_score(table.header, named), len(table.header)),
        default=None,
    )


def _top(path: Path, codec: str, delimiter: str) -> list[Row]:
    return list(islice(_records(path, codec, delimiter), HEADER_WITHIN + SAMPLE_ROWS))


def _lines_decoded(path: Path, codec: str) -> int:
    """Decode the whole file once, and return the number of its lines.

    A wrong encoding is so found before anything is done, and not at row 40,000.
    """
    decoder = codecs.getincrementaldecoder(codec)()
    lines, tail = 1, b""
    with path.open("rb") as file:
        while True:
            block = file.read(1 << 16)
            try:
                lines += decoder.decode(block, final=not block).count("\n")
            except UnicodeDecodeError as error:
                raise _undecodable(error, codec, lines, tail) from error
            if not block:
                return lines
            tail = block[-40:]


def _undecodable(
    error: UnicodeDecodeError, codec: str, lines: int, tail: bytes
) -> UnreadableFileError:
    read = error.object
    line = lines + read[: error.start].count(b"\n")
    near = (tail + read)[max(0, error.start + len(tail) - 25) : error.start + len(tail) + 25]
    as_windows = near.decode("cp1252", "replace").splitlines()
    shown = max(as_windows, key=len, default="").strip()
    return UnreadableFileError(
        f"The file is not {codec.removesuffix('-sig').upper()}: line {line} has a byte "
        f"(0x{read[error.start]:02X}) that cannot be. Save it again as “CSV UTF-8”. If this reads "
        f"right: “{shown}”, it is Windows-1252, and can be imported as that.",
        "--encoding cp1252",
    )


def _delimiters_to_try(path: Path, codec: str) -> tuple[str, ...]:
    """Return the delimiter that Excel's first line `sep=;` names, or all of them."""
    with _open_text(path, codec) as stream:
        first = stream.readline(10).strip().lower()
    if first.startswith("sep=") and len(first) == 5:
        return (first[4],)
    return DELIMITERS


def _below_header(path: Path, top: list[Row], named: Sequence[str]) -> Table | None:
    """Return the table below the row that looks most like a header, or None if none does."""
    candidates = [
        row for row in top[:HEADER_WITHIN] if not row.problem and not _names_somebody(row)
    ]
    header = max(candidates, key=lambda r: columns.header_score(r.cells, named), default=None)
    if header is None or not columns.header_score(header.cells, named):
        return None
    names = tuple(cell.strip() for cell in header.cells)
    below = [row for row in top if row.number > header.number and not row.problem]
    linked, replaced = _linking(names, below)
    table = Table(
        path=path,
        header=names + tuple(columns.name_of_links(names, column) for column in linked),
        header_row=header.number,
        sample=(),
        linked=linked,
        replaced=replaced,
    )
    return replace(table, sample=tuple(table.with_links(row).cells for row in below))


def _names_somebody(row: Row) -> bool:
    """Return whether a row holds a profile, and so is no header, be “LinkedIn” its source."""
    return any(map(people.looks_like_profile, row.cells))


def _linking(names: Sequence[str], rows: Sequence[Row]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the columns whose links stand for more than the cells show, and those for the cells.

    In a column of addresses the link is what is meant by “View profile”; under a name it is
    something else than what is shown.
    """
    addresses = {
        column
        for column, name in enumerate(names)
        if headers.recognised(headers.squeezed(name)) == headers.PROFILE_URL
    }
    others = {
        link.column
        for row in rows
        for link in row.links
        if link.column < len(names) and not people.looks_like_profile(row.cells[link.column])
    }
    plain = {link.column for row in rows for link in row.links} - others
    return tuple(sorted(others - addresses)), tuple(sorted(addresses | plain))


def _open_text(path: Path, codec: str) -> io.TextIOWrapper:
    return path.open("r", encoding=codec, newline="")


def _records(path: Path, codec: str, delimiter: str) -> Iterator[Row]:
    """Yield the rows of a CSV file, numbered as a spreadsheet numbers them, also the broken ones.

    A broken row costs one line: what follows is read anew, so that a quotation mark that nobody
    closed does not swallow the people below it.
    """
    with _open_text(path, codec) as stream:
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
