"""Campaigns that start and end by themselves."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from pytest_django import Settings

from campaigns.models import Campaign, Prospect
from queueing import planning
from queueing.models import QueueItem
from queueing.telling import notices
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db
Status = Campaign.Status


def a_draft(**values: object) -> Campaign:
    workspace = a_workspace()
    draft = {"status": Status.DRAFT, "starts_at": NOON, **values}
    campaign = a_campaign(workspace, an_account(workspace), **draft)
    a_prospect(campaign)
    return campaign


def test_a_draft_whose_time_has_come_is_queued_and_started() -> None:
    campaign = a_draft()

    report = planning.execute_scheduled_campaigns(NOON)

    campaign.refresh_from_db()
    assert campaign.status == Status.ACTIVE
    assert QueueItem.objects.pending().filter(campaign=campaign).count() == 1
    assert str(report) == "Started 1, queued 1, completed 0, gave 0 items new times."


@pytest.mark.parametrize("starts_at", [None, NOON + dt.timedelta(seconds=1)])
def test_other_drafts_are_left_alone(starts_at: dt.datetime | None) -> None:
    campaign = a_draft(starts_at=starts_at)

    planning.execute_scheduled_campaigns(NOON)

    campaign.refresh_from_db()
    assert campaign.status == Status.DRAFT
    assert not QueueItem.objects.exists()


def test_one_that_cannot_start_says_why_and_holds_up_nobody() -> None:
    stuck, fine = a_draft(name="Stuck"), a_draft(name="Fine")
    stuck.accounts.clear()

    with pytest.raises(CommandError, match=r"“Stuck”.*no account"):
        call_command("execute_scheduled_campaigns")

    stuck.refresh_from_db()
    fine.refresh_from_db()
    assert (stuck.status, fine.status) == (Status.DRAFT, Status.ACTIVE)


def test_a_campaign_is_completed_when_everybody_is_dealt_with() -> None:
    campaign = a_draft(status=Status.ACTIVE)
    campaign.prospects.update(status=Prospect.Status.CONNECTION_REQUEST_SENT)
    out = StringIO()

    call_command("execute_scheduled_campaigns", "--json", stdout=out)

    campaign.refresh_from_db()
    assert campaign.status == Status.COMPLETED
    assert json.loads(out.getvalue())["completed"] == [campaign.name]


@pytest.mark.parametrize("status", [Prospect.Status.NEW, Prospect.Status.QUEUED])
def test_a_campaign_with_people_to_go_is_not_completed(status: str) -> None:
    campaign = a_draft(status=Status.ACTIVE)
    campaign.prospects.update(status=status)

    assert planning.execute_scheduled_campaigns(NOON).completed == []


def test_a_campaign_with_an_item_in_doubt_is_not_completed() -> None:
    campaign = a_draft(status=Status.ACTIVE)
    prospect = campaign.prospects.get()
    campaign.prospects.update(status=Prospect.Status.FAILED)
    an_item(
        campaign,
        campaign.accounts.get(),
        prospect=prospect,
        status=QueueItem.Status.UNCONFIRMED,
        claimed_at=NOON,
    )

    assert planning.execute_scheduled_campaigns(NOON).completed == []


def test_a_campaign_without_people_is_not_completed() -> None:
    campaign = a_draft(status=Status.ACTIVE)
    campaign.prospects.all().delete()

    assert planning.execute_scheduled_campaigns(NOON).completed == []


def test_a_campaign_that_cannot_start_is_told_once_a_day_with_its_page(
    mailoutbox: list[EmailMessage], settings: Settings
) -> None:
    settings.SITE_URL = "https://sendq.example.com"
    workspace = a_workspace(notify_emails="ada@example.com")
    lost = an_account(workspace, status="disconnected")
    campaign = a_campaign(workspace, lost, name="Spring", status="draft", starts_at=NOON)
    a_prospect(campaign)

    for hours in (0, 1, 25):
        now = NOON + dt.timedelta(hours=hours)
        assert planning.execute_scheduled_campaigns(now).not_started.keys() == {"Spring"}
        notices.send_digests(now)

    assert len(mailoutbox) == 2
    body = mailoutbox[0].body
    assert f"“Spring” could not start at its time. No account of the campaign can send: {lost}" in (
        body
    )
    page = f"https://sendq.example.com/admin/campaigns/campaign/{campaign.pk}/change/"
    assert page in body


def test_mails_about_accounts_lead_to_their_pages(
    mailoutbox: list[EmailMessage], settings: Settings
) -> None:
    settings.SITE_URL = "https://sendq.example.com"
    account = an_account(a_workspace(notify_emails="ada@example.com"))
    notices.account_changed(account, "is lost", NOON)

    notices.send_digests(NOON)

    page = f"https://sendq.example.com/admin/campaigns/linkedinaccount/{account.pk}/change/"
    assert page in mailoutbox[0].body
