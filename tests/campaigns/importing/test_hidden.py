"""Workbooks are read as people see them, and whole ones whatever their parts are called."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from campaigns.importing import remarks
from campaigns.importing.reading import Table, read_table
from campaigns.importing.rows import UnreadableFileError

HEADER = ["First name", "LinkedIn URL"]
Parts = dict[str, bytes]


def people(*names: str) -> list[list[str]]:
    return [HEADER, *([name.title(), f"linkedin.com/in/{name}-example"] for name in names)]


def a_book(path: Path, hidden_rows: tuple[int, ...] = (), **sheets: list[list[str]]) -> Path:
    """Write a workbook, whose sheets in capitals are hidden, and whose first has hidden rows."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name.isupper() else "visible"
        for row in rows:
            sheet.append(row)
    for number in hidden_rows:
        book.worksheets[0].row_dimensions[number].hidden = True
    book.save(path)
    return path


def names_in(table: Table) -> list[str]:
    return [row.cells[0] for row in table.rows()]


def test_rows_that_are_hidden_are_counted_and_read_only_where_that_is_chosen(
    tmp_path: Path,
) -> None:
    path = a_book(tmp_path / "a.xlsx", (2, 4, 9), People=people("ada", "ben", "cem"))

    seen, whole = read_table(path), read_table(path, with_hidden=True)

    assert names_in(seen) == ["Ben"]
    assert [cells[0] for cells in seen.sample if cells] == ["Ben"]
    assert remarks.on_table(seen) == [
        "2 rows of the sheet are hidden or filtered out, and not read."
    ]
    assert names_in(whole) == ["Ada", "Ben", "Cem"]
    assert "and read, too" in remarks.on_table(whole)[0]


def test_a_header_may_be_hidden(tmp_path: Path) -> None:
    path = a_book(tmp_path / "a.xlsx", (1,), People=people("ada"))

    assert names_in(read_table(path)) == ["Ada"]
    assert read_table(path).hidden_rows == 0


def test_where_all_rows_are_hidden_it_is_said(tmp_path: Path) -> None:
    path = a_book(tmp_path / "a.xlsx", (2, 3), People=people("ada", "ben"))

    with pytest.raises(UnreadableFileError, match=r"All rows below .* are hidden .*: 2\.") as error:
        read_table(path)
    assert error.value.option == "--with-hidden"


def test_a_hidden_sheet_is_read_only_where_it_is_chosen(tmp_path: Path) -> None:
    path = a_book(tmp_path / "a.xlsx", OLD=people("ada"), People=people("ben"), About=[["x"]])

    seen = read_table(path)

    assert names_in(seen) == ["Ben"]
    assert (seen.not_read, seen.hidden_sheets) == (("About",), ("OLD",))
    assert remarks.on_table(seen)[1] == "Hidden sheets of the workbook are not read: OLD."
    assert names_in(read_table(path, sheet="old")) == ["Ada"]


def test_where_only_a_hidden_sheet_has_people_it_is_named(tmp_path: Path) -> None:
    path = a_book(tmp_path / "a.xlsx", About=[["Name"], ["A list"]], OLD=people("ada"))

    with pytest.raises(UnreadableFileError, match="on the sheet “OLD”, which is hidden") as error:
        read_table(path)
    assert error.value.option == "--sheet “OLD”"
    with pytest.raises(UnreadableFileError, match="Its sheets are: “About”, “OLD”"):
        read_table(path, sheet="New")


def moved(parts: Parts, *changes: tuple[str, str]) -> Parts:
    """Return parts under other names, by which the relationships call them, too."""
    for old, new in changes:
        parts = {
            name.replace(old, new): content.replace(old.encode(), new.encode())
            if name.endswith(".rels") or name == "[Content_Types].xml"
            else content
            for name, content in parts.items()
        }
    return parts


def strict(parts: Parts) -> Parts:
    usual, other = b"http://schemas.openxmlformats.org/", b"http://purl.oclc.org/ooxml/"
    pairs = (
        (b"spreadsheetml/2006/main", b"spreadsheetml/main"),
        (b"officeDocument/2006/relationships", b"officeDocument/relationships"),
    )
    for old, new in pairs:
        parts = {name: part.replace(usual + old, other + new) for name, part in parts.items()}
    return parts


def with_shared_texts(parts: Parts) -> Parts:
    """Return parts whose texts stand in a part of their own, which only a relationship names."""
    texts: list[bytes] = []

    def shared(cell: "re.Match[bytes]") -> bytes:
        texts.append(cell["text"])
        return b'<c%bt="s"><v>%d</v></c>' % (cell["about"], len(texts) - 1)

    sheet = "xl/worksheets/sheet1.xml"
    inline = rb'<c(?P<about>[^>]*)t="inlineStr"><is><t>(?P<text>[^<]*)</t></is></c>'
    found = {**parts, sheet: re.sub(inline, shared, parts[sheet])}
    assert texts
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    items = b"".join(b"<si><t>%b</t></si>" % text for text in texts)
    found["xl/texts.xml"] = b'<sst xmlns="%b">%b</sst>' % (main, items)
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    relation = b'<Relationship Id="rId99" Type="%b" Target="texts.xml"/></Relationships>' % kind
    relations = "xl/_rels/workbook.xml.rels"
    found[relations] = parts[relations].replace(b"</Relationships>", relation)
    return found


@pytest.mark.parametrize(
    "changed",
    [
        lambda parts: moved(parts, ("workbook.xml", "Book1.xml")),
        lambda parts: moved(parts, ("xl/", "content/")),
        lambda parts: moved(parts, ("worksheets/sheet1.xml", "tables/People.xml")),
        lambda parts: {name.replace("xl/", "XL/"): part for name, part in parts.items()},
        lambda parts: {name.replace("/", "\\"): part for name, part in parts.items()},
        strict,
        with_shared_texts,
    ],
    ids=["workbook", "folder", "sheet", "capitals", "backslashes", "strict", "texts"],
)
def test_a_whole_workbook_is_read_whatever_its_parts_are_called(
    tmp_path: Path, changed: Callable[[Parts], Parts]
) -> None:
    usual = a_book(tmp_path / "usual.xlsx", (3,), People=people("ada", "ben", "cem"))
    with zipfile.ZipFile(usual) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(tmp_path / "other.xlsx", "w") as archive:
        for name, part in changed(parts).items():
            archive.writestr(name, part)

    table = read_table(tmp_path / "other.xlsx")

    assert table.header == tuple(HEADER)
    assert names_in(table) == ["Ada", "Cem"]
    assert table.hidden_rows == 1


def test_an_archive_of_something_else_is_no_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("Connections.csv", "First Name,URL\n")

    with pytest.raises(UnreadableFileError, match="Unpack it"):
        read_table(tmp_path / "export.zip")
