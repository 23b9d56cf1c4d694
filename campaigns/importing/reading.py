"""Files as tables: encoding, delimiter, sheet, and the header below any notes."""

import codecs
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from campaigns import people
from campaigns.importing import columns, delimited, headers, workbook
from campaigns.importing.rows import Row, UnreadableFileError
from campaigns.importing.workbook import Sheet

DELIMITERS = (",", ";", "\t")
HEADER_WITHIN = 25  # rows from the top
SAMPLE_ROWS = 100
SHEET, WITH_HIDDEN = "--sheet", "--with-hidden"
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

    `codec` is empty for a workbook, of which `sheet` is read, and the sheets in `not_read` are not;
    `sheets` are the names of all, and `hidden_sheets` of those that people do not see. Of the
    sheet, `hidden_rows` rows are hidden; they are read where `with_hidden`.
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
    sheets: tuple[str, ...] = ()
    not_read: tuple[str, ...] = ()
    hidden_sheets: tuple[str, ...] = ()
    hidden_rows: int = 0
    with_hidden: bool = False
    rows_expected: int | None = None
    linked: tuple[int, ...] = ()
    replaced: tuple[int, ...] = ()

    def rows(self) -> Iterator[Row]:
        """Yield what stands below the header, empty rows left out.

        :raises UnreadableFileError: where the file breaks off or changed since it was opened.
        """
        if self.codec:
            records = delimited.records(self.path, self.codec, self.delimiter)
        else:
            records = workbook.rows(self.path, self.sheet)
        for record in records:
            if record.number <= self.header_row or (record.is_hidden and not self.with_hidden):
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


def read_table(
    path: Path,
    encoding: str = "",
    named: Sequence[str] = (),
    *,
    sheet: str = "",
    with_hidden: bool = False,
) -> Table:
    """Open a file of people: CSV in UTF-8, UTF-16 with a mark or the encoding given, or XLSX.

    Of a workbook, what people see of it: the first sheet that is not hidden and looks like a list
    of people, without the rows that are hidden or filtered out.

    :param encoding: for text without a byte order mark; empty means UTF-8.
    :param named: names of columns that staff have given, by which the header is found too.
    :param sheet: the name of the sheet to read, be it hidden.
    :param with_hidden: read the sheet's hidden rows, too.
    :raises UnreadableFileError: with what to do about it.
    """
    squeezed = [headers.squeezed(name) for name in named]
    try:
        with path.open("rb") as file:
            start = file.read(4096)
        if not start.strip():
            raise UnreadableFileError("The file is empty.")
        if workbook.is_workbook(path):
            table = _read_workbook(path, squeezed, sheet, with_hidden=with_hidden)
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
        if table.hidden_rows:
            raise UnreadableFileError(
                "All rows below the names of the columns are hidden or filtered out: "
                f"{table.hidden_rows:,}. Show them in the workbook, or choose to read hidden rows.",
                WITH_HIDDEN,
            )
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


def _read_workbook(
    path: Path, named: Sequence[str], wanted: str, *, with_hidden: bool
) -> Table | None:
    sheets = workbook.sheets(path, HEADER_WITHIN + SAMPLE_ROWS)
    found = {
        sheet.number: _of_sheet(table, sheet, with_hidden=with_hidden)
        for sheet in _to_choose_from(sheets, wanted)
        if (table := _below_header(path, sheet.top, named, with_hidden=with_hidden))
    }
    chosen = max(
        found.values(),
        key=lambda table: (columns.names_people(table.header, named), not _is_away(table, sheets)),
        default=None,
    )
    if chosen is None:
        return None
    if _is_away(chosen, sheets) and not wanted:
        name = sheets[chosen.sheet].name
        raise UnreadableFileError(
            f"The people are on the sheet “{name}”, which is hidden in the workbook. Show it "
            "there, or choose that sheet.",
            f"{SHEET} “{name}”",
        )
    others = [sheet for sheet in sheets if sheet.number != chosen.sheet and sheet.top]
    return replace(
        chosen,
        sheets=tuple(sheet.name for sheet in sheets),
        not_read=tuple(sheet.name for sheet in others if not sheet.is_hidden),
        hidden_sheets=tuple(sheet.name for sheet in others if sheet.is_hidden),
    )


def _to_choose_from(sheets: list[Sheet], wanted: str) -> list[Sheet]:
    """Return the sheet of this name, or all.

    :raises UnreadableFileError: where there is none, naming those that are.
    """
    named = [sheet for sheet in sheets if wanted.casefold() in {"", sheet.name.casefold()}]
    if named:
        return named
    names = ", ".join(f"“{sheet.name}”" for sheet in sheets)
    raise UnreadableFileError(f"The workbook has no sheet “{wanted}”. Its sheets are: {names}.")


def _of_sheet(table: Table, sheet: Sheet, *, with_hidden: bool) -> Table:
    hidden = sum(number > table.header_row for number in sheet.hidden_rows)
    return replace(
        table,
        sheet=sheet.number,
        rows_expected=sheet.rows_expected,
        hidden_rows=hidden,
        with_hidden=with_hidden,
    )


def _is_away(table: Table, sheets: list[Sheet]) -> bool:
    return sheets[table.sheet].is_hidden


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
    return list(islice(delimited.records(path, codec, delimiter), HEADER_WITHIN + SAMPLE_ROWS))


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
    with delimited.open_text(path, codec) as stream:
        first = stream.readline(10).strip().lower()
    if first.startswith("sep=") and len(first) == 5:
        return (first[4],)
    return DELIMITERS


def _below_header(
    path: Path, top: list[Row], named: Sequence[str], *, with_hidden: bool = True
) -> Table | None:
    """Return the table below the row that looks most like a header, or None if none does."""
    candidates = [
        row for row in top[:HEADER_WITHIN] if not row.problem and not _names_somebody(row)
    ]
    header = max(candidates, key=lambda r: columns.header_score(r.cells, named), default=None)
    if header is None or not columns.header_score(header.cells, named):
        return None
    names = tuple(cell.strip() for cell in header.cells)
    below = [
        row
        for row in top
        if row.number > header.number and not row.problem and (with_hidden or not row.is_hidden)
    ]
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
        if headers.recognised(name) == headers.PROFILE_URL
    }
    others = {
        link.column
        for row in rows
        for link in row.links
        if link.column < len(names) and not people.looks_like_profile(row.cells[link.column])
    }
    plain = {link.column for row in rows for link in row.links} - others
    return tuple(sorted(others - addresses)), tuple(sorted(addresses | plain))
