"""XLSX: which sheet is read, what is said of the others, and files that unpack to too much."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from openpyxl import Workbook
from pytest_django import Settings

from campaigns.importing.reading import read_table
from campaigns.models import Campaign, DoNotContact, Prospect
from tests.campaigns.importing.conftest import imported
from tests.campaigns.importing.test_admin import wait_for
from tests.campaigns.importing.test_hidden import a_book, people
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db

IMPORT = "/admin/campaigns/prospect/import/"
Rows = list[list[str]]
PEOPLE: Rows = [["First name", "LinkedIn URL"], ["Ada", "linkedin.com/in/ada-example"]]


def a_workbook(path: Path, *, with_lengths: bool = True, **sheets: Rows) -> Path:
    """Write a workbook, whose sheets say how long they are or, as of many programs, do not."""
    book = Workbook(write_only=not with_lengths)
    if with_lengths:
        book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_the_sheet_with_the_people_is_read_and_the_others_are_named(
    campaign: Campaign, tmp_path: Path
) -> None:
    path = a_workbook(tmp_path / "two.xlsx", About=[["Name"], ["A list"]], People=PEOPLE, Empty=[])

    report = imported(path)

    assert campaign.prospects.get().public_identifier == "ada-example"
    assert report["sheets_not_read"] == ["About"]


def test_of_two_sheets_with_people_the_first_is_read(campaign: Campaign, tmp_path: Path) -> None:
    others: Rows = [PEOPLE[0], ["Ben", "linkedin.com/in/ben-example"]]
    path = a_workbook(tmp_path / "two.xlsx", March=PEOPLE, April=others)

    report = imported(path)

    assert campaign.prospects.get().public_identifier == "ada-example"
    assert report["sheets_not_read"] == ["April"]


def test_the_page_names_the_other_sheets_and_opens_the_workbook_no_more(
    campaign: Campaign, tmp_path: Path, settings: Settings
) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    browser = logged_in(a_user("operator", campaign.workspace, group="Operator"))
    path = a_workbook(tmp_path / "two.xlsx", About=[["x"]], People=PEOPLE)
    with path.open("rb") as file:
        answer: Any = browser.post(IMPORT, {"campaign": campaign.pk, "file": file})
    assert answer.status_code == 302, answer.context["form"].errors
    url = answer.url
    token = url.rstrip("/").rpartition("/")[2]
    page = browser.get(url).content.decode()

    (settings.UPLOADS_DIR / token / "file").unlink()
    assert "Other sheets of the workbook are not read: About." in page
    assert "linkedin.com/in/ada-example" in page
    assert browser.get(url).content.decode().count("ada-example") == page.count("ada-example")


def test_the_page_says_what_is_hidden_and_lets_staff_choose(
    campaign: Campaign, tmp_path: Path, settings: Settings
) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    browser = logged_in(a_user("operator", campaign.workspace, group="Operator"))
    others: Rows = [PEOPLE[0], ["Eve", "linkedin.com/in/eve-example"]]
    path = a_book(tmp_path / "a.xlsx", (2,), People=people("ada", "ben"), OLD=others)
    with path.open("rb") as file:
        answer: Any = browser.post(IMPORT, {"campaign": campaign.pk, "file": file})

    seen = browser.get(answer.url).content.decode()
    chosen = {"read-again": "x", "sheet": "People", "with-hidden": "on"}
    whole = browser.post(answer.url, chosen, follow=True).content.decode()
    old = browser.post(answer.url, {"read-again": "x", "sheet": "OLD"}, follow=True)

    assert "1 row of the sheet is hidden or filtered out, and not read." in seen
    assert "Hidden sheets of the workbook are not read: OLD." in seen
    assert "<b>1</b> new" in seen
    assert "<b>2</b> new" in whole
    assert "eve-example" in old.content.decode()


def test_what_would_help_is_chosen_where_people_are_hidden(
    campaign: Campaign, tmp_path: Path, settings: Settings
) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    browser = logged_in(a_user("operator", campaign.workspace, group="Operator"))
    pages = []
    for path in (
        a_book(tmp_path / "a.xlsx", About=[["Name"]], OLD=people("ada")),
        a_book(tmp_path / "b.xlsx", (2,), People=people("ada")),
    ):
        with path.open("rb") as file:
            answer = browser.post(IMPORT, {"campaign": campaign.pk, "file": file})
        pages.append(answer.content.decode())

    assert "The people are on the sheet “OLD”, which is hidden" in pages[0]
    assert "Read the sheet “OLD”</button>" in pages[0]
    assert "All rows below the names of the columns are hidden" in pages[1]
    assert "Read its hidden rows, too</button>" in pages[1]


def test_the_command_reads_hidden_rows_and_sheets_where_it_is_told(
    campaign: Campaign, tmp_path: Path
) -> None:
    path = a_book(tmp_path / "a.xlsx", (2,), People=people("ada", "ben"), OLD=people("eve"))

    seen = imported(path, "--dry-run")
    imported(path, "--with-hidden")
    imported(path, "--sheet", "OLD")

    assert (seen["added"], seen["hidden_rows"], seen["hidden_sheets"]) == (1, 1, ["OLD"])
    assert set(campaign.prospects.values_list("first_name", flat=True)) == {"Ada", "Ben", "Eve"}


def test_whom_never_to_contact_is_read_with_what_is_hidden(
    campaign: Campaign, tmp_path: Path
) -> None:
    path = a_book(tmp_path / "a.xlsx", (2,), People=people("ada", "ben"))

    call_command(
        "import_do_not_contact", "--workspace", campaign.workspace.name, "--reason", "x", str(path)
    )

    assert DoNotContact.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_sheet_that_does_not_say_how_long_it_is_is_checked_beside_the_request(
    campaign: Campaign, tmp_path: Path, settings: Settings
) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    browser = logged_in(a_user("operator", campaign.workspace, group="Operator"))
    path = a_workbook(tmp_path / "short.xlsx", with_lengths=False, People=PEOPLE)

    with path.open("rb") as file:
        answer: Any = browser.post(IMPORT, {"campaign": campaign.pk, "file": file})
    assert answer.status_code == 302, answer.context["form"].errors
    url = answer.url

    assert "<b>1</b> new" in wait_for(browser, url, 'name="confirm"')


def test_a_workbook_that_unpacks_to_a_thousand_times_its_size_is_refused(
    campaign: Campaign, tmp_path: Path
) -> None:
    path = a_workbook(tmp_path / "bomb.xlsx", People=PEOPLE)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", b"<si/>" * 5_000_000)

    with pytest.raises(CommandError, match="unpacks to 25 MB, more than such a file should"):
        call_command("import_prospects", "--campaign", "Spring", str(path))

    assert not Prospect.objects.exists()


def test_a_large_sheet_is_no_bomb(tmp_path: Path) -> None:
    rows: Rows = [[f"Ada {n}", f"linkedin.com/in/ada-{n}", *["same"] * 20] for n in range(20_000)]
    path = a_workbook(tmp_path / "large.xlsx", with_lengths=False, People=[PEOPLE[0], *rows])
    with zipfile.ZipFile(path) as archive:
        assert sum(info.file_size for info in archive.infolist()) > 20_000_000

    assert read_table(path).header == ("First name", "LinkedIn URL")
