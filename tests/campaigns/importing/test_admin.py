"""Import in the admin: upload, look, correct, confirm."""

import stat
import time
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from campaigns.admin import imports
from campaigns.importing import uploads
from campaigns.models import Campaign, DoNotContact, Prospect
from tests.builders import a_campaign, a_prospect, a_workspace
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db

IMPORT = "/admin/campaigns/prospect/import/"
BAR = "/admin/campaigns/donotcontact/import/"
PEOPLE = (
    "First Name,Nickname,URL\n"
    "Ada,Countess,linkedin.com/in/ada\n"
    "ADA,,https://de.linkedin.com/in/Ada/?x=1\n"
    "Ben,,https://example.com/ben\n"
    "Eve,<b>E</b>,linkedin.com/in/eve\n"
)


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> None:
    settings.UPLOADS_DIR = tmp_path / "uploads"


@pytest.fixture
def operator(campaign: Campaign) -> User:
    return a_user("operator", campaign.workspace, group="Operator")


@pytest.fixture
def browser(operator: User) -> Client:
    return logged_in(operator)


def upload(browser: Client, campaign: Campaign, content: str | bytes = PEOPLE, **more: Any) -> Any:
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(more.pop("name", "people.csv"), data)
    return browser.post(IMPORT, {"campaign": campaign.pk, "file": file, **more})


def page_of(browser: Client, campaign: Campaign, content: str | bytes = PEOPLE) -> str:
    """Upload; return the address of the page of verdicts."""
    answer = upload(browser, campaign, content)
    assert answer.status_code == 302, answer.context["form"].errors
    url: str = answer.url
    return url


def confirm(browser: Client, url: str, checks: int = 1) -> str:
    return browser.post(url, {"confirm": "x", "checks": checks}, follow=True).content.decode()


def test_every_row_has_a_verdict_and_nothing_is_stored_before_it_is_confirmed(
    browser: Client, campaign: Campaign
) -> None:
    DoNotContact.objects.create(workspace=campaign.workspace, value="eve", reason="asked us")

    page = browser.get(page_of(browser, campaign)).content.decode()

    for words in (
        "<td>2</td><td>Ada</td><td>New</td>",
        "<td>Duplicate in the file</td><td></td><td>the same person as in row 2</td>",
        "<td>Refused</td><td>URL</td><td>“https://example.com/ben” is no LinkedIn profile",
        "<td>Do not contact</td><td>URL</td><td>asked us</td>",
        "<b>4</b> rows",
        "&lt;b&gt;E&lt;/b&gt;",
        "<code>{{ nickname }}</code>",
        f"/admin/campaigns/campaign/{campaign.pk}/change/",
    ):
        assert words in page
    assert not Prospect.objects.exists()


def test_confirmed_once_however_often_it_is_clicked(
    browser: Client, campaign: Campaign, operator: User
) -> None:
    url = page_of(browser, campaign)

    first, second = confirm(browser, url), confirm(browser, url)

    assert set(campaign.prospects.values_list("first_name", flat=True)) == {"Ada", "Eve"}
    assert "Imported “people.csv”: 2 new, 1 duplicate in the file, 1 refused." in first
    assert "<b>2</b> new" in second
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (operator, str(campaign.pk))
    assert "2 new" in entry.change_message


def test_the_same_file_again_finds_everybody_known(browser: Client, campaign: Campaign) -> None:
    confirm(browser, page_of(browser, campaign))

    page = browser.get(page_of(browser, campaign), {"verdict": "known"}).content.decode()

    assert page.count("<td>already in this campaign</td>") == 2
    assert "<b>0</b> new" in page


def test_what_is_to_be_known_of_the_people_is_said_before_they_are_imported(
    browser: Client, campaign: Campaign
) -> None:
    url = page_of(browser, campaign, "URL,Connected On\nlinkedin.com/in/ada,08 Jul 2026\n")

    before = browser.get(url).content.decode()
    browser.post(url, {"check": "x", "invite-connected": "on"})
    confirm(browser, url, checks=2)

    assert "The file has no first names" in before
    assert "1 of 1 new people are connected already, says the column “Connected On”" in before
    assert campaign.prospects.get().status == Prospect.Status.NEW


def test_columns_are_corrected(browser: Client, campaign: Campaign) -> None:
    url = page_of(browser, campaign)
    columns = {"column-0": "variable", "column-1": "first_name", "column-2": "profile_url"}

    browser.post(url, columns)
    stale = confirm(browser, url, checks=1)
    confirm(browser, url, checks=2)

    assert "columns were changed meanwhile" in stale
    ada = campaign.prospects.get(public_identifier="ada")
    assert (ada.first_name, ada.variables) == ("Countess", {"first_name_2": "Ada"})


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"column-2": "ignore"}, "No column was recognised as “Profile address"),
        ({"column-1": "first_name"}, "Two columns are mapped to “First name”"),
    ],
)
def test_columns_that_do_not_fit_are_explained(
    browser: Client, campaign: Campaign, columns: dict[str, str], words: str
) -> None:
    url = page_of(browser, campaign)

    page = browser.post(url, columns, follow=True).content.decode()

    assert words in page
    assert "--map" not in page
    assert 'name="confirm"' not in page
    assert words in confirm(browser, url, checks=2)
    assert not Prospect.objects.exists()


def test_a_column_of_a_name_that_stands_twice_can_be_chosen(
    browser: Client, campaign: Campaign
) -> None:
    url = page_of(browser, campaign, "URL,Note,Note\nlinkedin.com/in/ada,red,blue\n")

    browser.post(url, {"column-1": "ignore", "column-2": "headline"})
    confirm(browser, url, checks=2)

    assert campaign.prospects.get().headline == "blue"


def test_rejects_are_downloaded(browser: Client, campaign: Campaign) -> None:
    url = page_of(browser, campaign, PEOPLE + "Cem,=1+1,x\n\uff1dA1,x,x\n")

    answer = browser.get(f"{url}rejects.csv")

    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert "people rejects.csv" in answer["Content-Disposition"]
    assert "4,refused,URL" in text
    assert "'=1+1" in text
    assert "'\uff1dA1" in text, "as exports have it"
    assert "Eve" not in text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"Colour,Size\nred,3\n", "None of the first 25 rows was recognised"),
        (PEOPLE.replace("Ada", "Zo\u00eb").encode("cp1252"), "it is Windows-1252"),
        (b"%PDF-1.7", "The file is a PDF"),
        (b"PK\x03\x04" + bytes(40), "Unpack it"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_at_once_and_not_kept(
    browser: Client, campaign: Campaign, content: bytes, words: str, settings: Settings
) -> None:
    page = upload(browser, campaign, content).content.decode()

    assert words in page
    assert "--" not in page.partition("errorlist")[2].partition("</ul>")[0]
    is_kept = "Read it as" in page  # with one button, another way
    assert is_kept == bool(list(settings.UPLOADS_DIR.glob("*")))


def test_another_encoding_is_chosen(browser: Client, campaign: Campaign) -> None:
    content = PEOPLE.replace("Ada", "Zo\u00eb").encode("cp1252")

    refused = upload(browser, campaign, content)
    anew = f"{IMPORT}{refused.context['upload'].token}/anew/"

    assert 'value="cp1252">Read it as Windows-1252' in refused.content.decode()
    again = browser.post(anew, {"encoding": "mac_roman"})
    assert "Zo\u00eb" not in browser.get(again["Location"]).content.decode()
    right = browser.post(anew, {"encoding": "cp1252"})
    assert "Zo\u00eb" in browser.get(right["Location"]).content.decode()
    confirm(browser, right["Location"], checks=2)
    assert campaign.prospects.filter(first_name="Zo\u00eb").exists()


def test_an_import_is_undone_but_for_those_who_moved_on(
    browser: Client, campaign: Campaign
) -> None:
    url = page_of(browser, campaign)
    assert "Undo this import" not in browser.get(url).content.decode()
    assert "Undo this import" in confirm(browser, url)
    campaign.prospects.filter(first_name="Eve").update(status=Prospect.Status.QUEUED)
    before = a_prospect(campaign)

    told = browser.post(f"{url}undo/", follow=True).content.decode()

    assert "Took back 1 of “people.csv”. 1 stay" in told
    assert "Undo this import" not in told
    assert set(campaign.prospects.values_list("first_name", flat=True)) == {"Eve", "Ada"}
    assert campaign.prospects.filter(pk=before.pk).exists()
    assert "Took back 1" in LogEntry.objects.latest("pk").change_message


def test_nobody_undoes_the_import_of_another_session(
    browser: Client, operator: User, campaign: Campaign
) -> None:
    url = page_of(browser, campaign)
    confirm(browser, url)

    assert logged_in(operator).post(f"{url}undo/").status_code == 404
    assert campaign.prospects.count() == 2


def test_too_large_a_file_is_dropped_while_it_arrives(
    browser: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MAX_UPLOAD", 100_000)

    page = upload(browser, campaign, b"x" * 200_000).content.decode()

    assert "No file arrived. Choose one of at most" in page


def test_a_cell_of_ten_megabytes_is_refused_alone(browser: Client, campaign: Campaign) -> None:
    url = page_of(browser, campaign, PEOPLE + f"Cem,{'x' * 10_000_000},linkedin.com/in/cem\n")

    page = browser.get(url).content.decode()

    assert "the row is longer than 1,000,000 characters" in page
    assert len(page) < 50_000


def test_only_who_may_add_people_imports(campaign: Campaign) -> None:
    viewer = logged_in(a_user("viewer", campaign.workspace, group="Viewer"))

    assert viewer.get(IMPORT).status_code == 403
    assert upload(viewer, campaign).status_code == 403


def test_other_workspaces_are_no_choice(browser: Client) -> None:
    other = a_campaign(a_workspace(name="Elsewhere"), name="Secret")

    page = upload(browser, other).content.decode()

    assert "Secret" not in page
    assert "Select a valid choice" in page


def test_an_upload_belongs_to_its_session(browser: Client, campaign: Campaign) -> None:
    url = page_of(browser, campaign)
    colleague = logged_in(a_user("colleague", campaign.workspace, group="Operator"))

    assert colleague.get(url).status_code == 404
    assert colleague.get(f"{url}rejects.csv").status_code == 404
    assert colleague.post(url, {"confirm": "x", "checks": 1}).status_code == 404


def test_who_lost_the_workspace_meanwhile_imports_nothing(
    browser: Client, campaign: Campaign, operator: User
) -> None:
    url = page_of(browser, campaign)
    operator.workspaces.clear()

    assert browser.post(url, {"confirm": "x", "checks": 1}).status_code == 404
    assert not Prospect.objects.exists()


def test_an_archived_campaign_takes_nobody(browser: Client, campaign: Campaign) -> None:
    url = page_of(browser, campaign)
    Campaign.objects.update(status=Campaign.Status.ARCHIVED)

    assert browser.post(url, {"confirm": "x", "checks": 1}).status_code == 404


def test_uploads_are_private_few_and_swept(
    browser: Client, campaign: Campaign, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = [page_of(browser, campaign) for _ in range(uploads.A_SESSION + 1)]
    folders = list(settings.UPLOADS_DIR.iterdir())

    assert len(folders) == uploads.A_SESSION
    assert browser.get(urls[0]).status_code == 404
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}

    monkeypatch.setattr(uploads, "KEPT_SECONDS", -60)
    call_command("execute_scheduled_campaigns")  # where nobody imports again
    assert not list(settings.UPLOADS_DIR.iterdir())
    assert browser.get(urls[-1]).status_code == 404


def test_a_do_not_contact_list_of_people_and_of_companies(
    browser: Client, campaign: Campaign
) -> None:
    content = "Company,URL\nExample GmbH,linkedin.com/in/ada\n,linkedin.com/in/ADA\nX,\n"
    for kind in ("person", "company"):
        file = SimpleUploadedFile("list.csv", content.encode())
        about = {"workspace": campaign.workspace_id, "kind": kind, "reason": "asked us"}
        url = browser.post(BAR, {"file": file, **about}).url  # type: ignore[attr-defined]
        assert "<b>1</b> refused" in confirm(browser, url)

    assert set(DoNotContact.objects.values_list("kind", "value", "reason")) == {
        ("person", "ada", "asked us"),
        ("company", "example gmbh", "asked us"),
        ("company", "x", "asked us"),
    }


def test_a_do_not_contact_list_needs_a_reason(browser: Client, campaign: Campaign) -> None:
    file = SimpleUploadedFile("list.csv", b"URL\nlinkedin.com/in/ada\n")
    about = {"workspace": campaign.workspace_id, "kind": "person", "reason": " "}

    page = browser.post(BAR, {"file": file, **about}).content.decode()

    assert "This field is required." in page
    assert not DoNotContact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_long_file_is_imported_beside_the_request(
    browser: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ROWS_AT_ONCE", 10)
    content = "URL\n" + "".join(f"linkedin.com/in/ada-{n}\n" for n in range(2_500))
    url = page_of(browser, campaign, content)

    with connection.cursor() as cursor:
        checked = wait_for(browser, url, 'name="confirm"')
        lock = "pg_advisory_lock(hashtextextended(%s, 0))"  # as another import would hold it
        cursor.execute(f"SELECT {lock}", [str(campaign.pk)])
        started = confirm(browser, url)
        again = confirm(browser, url)
        cursor.execute("SELECT pg_advisory_unlock_all()")

    done = wait_for(browser, url, "What was done")
    assert "<b>2,500</b> new" in checked
    assert "of about 2,50" in started
    assert "importing" in started
    assert "being worked on already" in again
    assert "2,500 new" in done
    assert campaign.prospects.count() == 2_500
    assert LogEntry.objects.count() == 1


def wait_for(browser: Client, url: str, words: str) -> str:
    until = time.monotonic() + 400
    while words not in (page := browser.get(url).content.decode()):
        assert time.monotonic() < until, page
        time.sleep(0.1)
    return page


def test_an_interrupted_import_can_be_done_again(browser: Client, campaign: Campaign) -> None:
    url = page_of(browser, campaign)
    upload = uploads.Upload.of(url.rstrip("/").rpartition("/")[2])
    assert upload
    upload.importing = True
    upload.save()

    page = browser.get(url).content.decode()

    assert "SendQ was stopped while it worked on the file" in page
    assert "2 new" in confirm(browser, url)
