"""Lists beside the queue's as files: people, whom nobody writes to, and the log."""

from io import BytesIO

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from campaigns.models import DoNotContact, Prospect
from queueing.staff import log
from tests.builders import a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.queueing.admin.conftest import a_user, logged_in

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/campaigns/prospect/"
BARRED = "/admin/campaigns/donotcontact/"
LOG = "/admin/admin/logentry/"


def sheet(browser: Client, address: str) -> list[str]:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode("utf-8-sig").splitlines()


def test_people_are_exported_as_they_are_filtered(desk: Client) -> None:
    campaign = a_campaign(a_workspace(), name="Founders")
    a_prospect(campaign, first_name="=1+1", status=Prospect.Status.CONNECTED)
    a_prospect(campaign)

    head, *rows = sheet(desk, f"{PEOPLE}export/csv/?status__exact=connected")

    assert head.startswith("first name,last name,headline,company,location,profile,campaign,")
    assert len(rows) == 1
    assert rows[0].startswith("'=1+1,Example")
    assert ",Founders,Connected," in rows[0]
    assert desk.get(f"{PEOPLE}export/xlsx/").status_code == 200


def test_whom_nobody_writes_to_is_exported_behind_walls(desk: Client) -> None:
    own, other = a_workspace(name="Own"), a_workspace(name="Other")
    for workspace in (own, other):
        DoNotContact.objects.create(workspace=workspace, value="ada-example", reason="Asked")
    viewer = logged_in(a_user("viewer", own, group="Viewer"))

    assert [row.split(",")[0] for row in sheet(viewer, f"{BARRED}export/csv/")[1:]] == ["Own"]
    assert len(sheet(desk, f"{BARRED}export/csv/")) == 3
    assert b"Export CSV" in viewer.get(BARRED).content
    assert b"Import from a file" not in viewer.get(BARRED).content


def test_the_log_is_exported_and_filtered_by_kind(desk: Client) -> None:
    clerk, account = a_user("clerk"), an_account(a_workspace())
    log.note(clerk, [an_item(a_campaign(account.workspace, account), account)], "Skipped", "Old")
    log.note(clerk, [account], "Rest ended", "Well again")
    kind = LogEntry.objects.get(object_id=str(account.pk)).content_type_id

    rows = sheet(desk, f"{LOG}export/csv/?content_type={kind}")

    assert len(rows) == 2
    assert ",clerk,LinkedIn account," in rows[1]
    assert rows[1].endswith("Rest ended: Well again")
    assert len(sheet(desk, f"{LOG}export/csv/?content_type=99999999999999999999")) == 1


def test_no_name_breaks_a_sheet(desk: Client) -> None:
    hostile = "=1+1\x01\x0b\ufffe\uffff"
    campaign = a_campaign(a_workspace(), name=hostile)
    person = a_prospect(campaign, last_name=hostile)
    account = an_account(campaign.workspace)
    an_item(campaign, account, prospect=person, status="sent", sent_at=timezone.now())

    for asked in (f"{PEOPLE}export/xlsx/", "/admin/numbers/?by=campaign&as=xlsx"):
        answer = desk.get(asked)
        assert answer.status_code == 200, asked
        cells = [
            str(cell)
            for row in load_workbook(BytesIO(answer.content)).active.values
            for cell in row
        ]
        assert [cell for cell in cells if "1+1" in cell and not cell.startswith("'=")] == []
        assert any(cell.startswith("'=1+1") for cell in cells), asked
