"""Cells that show one thing and link to another: the profile behind “View profile”."""

import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook

from campaigns.importing import links
from campaigns.importing.reading import read_table
from campaigns.models import Campaign, Prospect
from tests.campaigns.importing.conftest import Write, imported, reasons

pytestmark = pytest.mark.django_db

ADA, BEN = (f"https://www.linkedin.com/in/{name}-example" for name in ("ada", "ben"))
Rows = list[list[str]]


def a_workbook(path: Path, rows: Rows, behind: dict[str, str]) -> Path:
    """Write a workbook in which cells, such as "B2", have links behind them."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for cell, address in behind.items():
        sheet[cell].hyperlink = address
    book.save(path)
    return path


def people(campaign: Campaign) -> list[tuple[str, str]]:
    return list(campaign.prospects.values_list("first_name", "public_identifier"))


def test_a_link_behind_a_word_is_the_address(campaign: Campaign, tmp_path: Path) -> None:
    rows = [["Name", "LinkedIn", "Web"], ["Ada Example", "View profile", "site"], ["Cem", "View"]]
    behind = {"B2": f"{ADA}?trk=x", "C2": "https://example.com", "B1": ADA}

    report = imported(a_workbook(tmp_path / "people.xlsx", rows, behind))

    assert people(campaign) == [("Ada", "ada-example")]
    assert report["columns"]["LinkedIn"] == "profile_url"
    assert [(row, field) for row, _, field, _ in reasons(report)] == [(3, "LinkedIn")]


def test_links_behind_names_are_a_column_of_their_own(campaign: Campaign, tmp_path: Path) -> None:
    rows = [["Name", "Firma"], ["Ada Example", "X"], ["Ben Example", "Y"], ["Cem Example", "Z"]]
    behind = {"A2": ADA, "A3": BEN, "B2": "https://www.linkedin.com/company/x"}
    rejects = tmp_path / "rejects.csv"

    report = imported(a_workbook(tmp_path / "people.xlsx", rows, behind), "--rejects", str(rejects))

    assert people(campaign) == [("Ada", "ada-example"), ("Ben", "ben-example")]
    assert report["columns"]["LinkedIn (Name link)"] == "profile_url"
    [(row, _, field, reason)] = reasons(report)
    assert (row, field, reason) == (4, "LinkedIn (Name link)", "no profile address")
    corrected = rejects.read_text(encoding="utf-8-sig").replace("Z,", f"Z,{ADA}-2")
    rejects.write_text(corrected, encoding="utf-8")
    assert imported(rejects)["added"] == 1


def test_a_column_may_mix_links_and_addresses(campaign: Campaign, tmp_path: Path) -> None:
    rows = [["Name", "Profile"], ["Ada", "Profile"], ["Ben", BEN]]

    imported(a_workbook(tmp_path / "people.xlsx", rows, {"B2": ADA}))

    assert people(campaign) == [("Ada", "ada-example"), ("Ben", "ben-example")]


def test_addresses_that_a_program_made_links_of_stay_one_column(
    campaign: Campaign, tmp_path: Path
) -> None:
    rows = [["Name", "Perfil"], ["Ada", ADA], ["Ben", "linkedin.com/in/ben-example"]]

    report = imported(a_workbook(tmp_path / "people.xlsx", rows, {"B2": ADA, "B3": BEN}))

    assert report["columns"] == {"Name": "full_name", "Perfil": "profile_url"}
    assert report["added"] == 2


def test_formulas_of_a_workbook_link_too(campaign: Campaign, tmp_path: Path) -> None:
    rows = [
        ["Name", "LinkedIn URL"],
        ["Ada", f'=HYPERLINK("{ADA}","Profile")'],
        [f'=HYPERLINK("{BEN}","Ben ""B"" Example")', ""],
        ["Cem", '=HYPERLINK(A3,"Cem")'],
    ]

    report = imported(a_workbook(tmp_path / "people.xlsx", rows, {}))

    assert people(campaign) == [("Ada", "ada-example"), ("Ben", "ben-example")]
    assert [row for row, *_ in reasons(report)] == [4]


def test_formulas_of_a_text_file_link_too(write: Write, campaign: Campaign) -> None:
    path = write(
        "Name;LinkedIn;Opener\n"
        f'Ada;"=HYPERLINK(""{ADA}"",""Profile"")";=1+1\n'
        f'Cem;"=LIEN_HYPERTEXTE(""{ADA}-cem"";""Profil"")";\n'
        f'"\'=HYPERLINK(""{BEN}"";""Ben Example"")";;\n'
    )

    imported(path)

    assert people(campaign) == [
        ("Ada", "ada-example"),
        ("Cem", "ada-example-cem"),
        ("Ben", "ben-example"),
    ]
    assert campaign.prospects.get(first_name="Ada").variables == {"opener": "=1+1"}


def test_a_row_that_is_too_wide_is_not_taken_for_one_with_a_link(
    write: Write, campaign: Campaign
) -> None:
    path = write(f'Name;Firma\n"=HYPERLINK(""{ADA}"";""Ada"")";X\nBen;Y;{BEN}\n')

    report = imported(path)

    assert people(campaign) == [("Ada", "ada-example")]
    assert "the row has 3 cells and the header 2" in reasons(report)[0][3]


def test_cells_that_do_not_say_where_they_are_are_counted(tmp_path: Path) -> None:
    path = a_workbook(
        tmp_path / "people.xlsx",
        [["Name", "LinkedIn"], ["Ada", f'=HYPERLINK("{ADA}","Profile")']],
        {},
    )
    bare = tmp_path / "bare.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(bare, "w") as copy:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet1.xml":
                for cell in (b' r="1"', b' r="2"', b' r="A1"', b' r="B1"', b' r="A2"', b' r="B2"'):
                    assert cell in content
                    content = content.replace(cell, b"")
            copy.writestr(name, content)

    assert [row.cells for row in read_table(bare).rows()] == [("Ada", ADA)]


def test_more_links_than_can_be_held_are_refused(
    campaign: Campaign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "MAX_LINKS", 1)
    path = a_workbook(
        tmp_path / "people.xlsx", [["Name"], ["Ada"], ["Ben"]], {"A2": ADA, "A3": BEN}
    )

    with pytest.raises(CommandError, match="more than 1 links"):
        call_command("import_prospects", "--campaign", "Spring", str(path))

    assert not Prospect.objects.exists()
