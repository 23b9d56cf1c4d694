"""Dates that are far away: no page fails on them, and what can't be planned is said in words."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, ClosedDay, LinkedInAccount
from queueing import planning
from queueing.models import QueueItem
from tests.builders import a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db

FIRST = dt.datetime(1, 1, 1, tzinfo=dt.UTC)
LAST = dt.datetime(9999, 12, 31, 23, 59, tzinfo=dt.UTC)


@pytest.fixture
def campaign() -> Campaign:
    workspace = a_workspace()
    campaign = a_campaign(workspace, an_account(workspace, name="Ada"))
    a_prospect(campaign)
    return campaign


def look_at(desk: Client, campaign: Campaign) -> None:
    """Open the pages that reckon with dates, and let the ticker's job plan."""
    account, hours = campaign.accounts.get(), campaign.hours()
    items = QueueItem.objects.values_list("pk", flat=True)
    for address in (
        f"campaigns/campaign/{campaign.pk}/forecast/",
        f"campaigns/campaign/{campaign.pk}/change/",
        f"campaigns/workspace/{campaign.workspace_id}/forecast/",
        f"campaigns/linkedinaccount/{account.pk}/change/",
        f"campaigns/sendinghours/{hours.pk}/change/",
        *(f"queueing/queueitem/{key}/change/" for key in items),
        "queueing/queueitem/",
        "",
    ):
        assert desk.get(f"/admin/{address}").status_code == 200, address
    planning.execute_scheduled_campaigns(timezone.now())


def reasons(campaign: Campaign) -> list[str]:
    return list(planning.enqueue(campaign, timezone.now()).left_out)


@pytest.mark.parametrize(
    ("starts_at", "left_out"),
    [(FIRST, []), (LAST, ["The campaign starts too far away to be planned: 9999-12-31"])],
)
def test_a_draft_starts(
    desk: Client, campaign: Campaign, starts_at: dt.datetime, left_out: list[str]
) -> None:
    Campaign.objects.update(status=Campaign.Status.DRAFT, starts_at=starts_at)

    assert reasons(campaign) == left_out
    look_at(desk, campaign)


@pytest.mark.parametrize(
    ("until", "left_out"),
    [
        (FIRST, []),
        (
            LAST,
            [
                "The campaign's accounts rest for longer than can be planned: "
                "Ada until 9999-12-31 23:59 UTC"
            ],
        ),
    ],
)
def test_an_account_rests(
    desk: Client, campaign: Campaign, until: dt.datetime, left_out: list[str]
) -> None:
    LinkedInAccount.objects.update(paused_until=until)

    assert reasons(campaign) == left_out
    look_at(desk, campaign)


def test_an_item_that_waits_for_ever_asks_nobody_to_act(desk: Client, campaign: Campaign) -> None:
    account = campaign.accounts.get()
    item = an_item(campaign, account)
    LinkedInAccount.objects.update(paused_until=LAST)

    page = desk.get(f"/admin/queueing/queueitem/{item.pk}/change/").content.decode()

    assert "Nobody needs to act." in page
    assert "Earliest: later than can be foreseen." in page


def test_all_accounts_rest_for_a_while(campaign: Campaign) -> None:
    until = timezone.now() + dt.timedelta(days=3)
    LinkedInAccount.objects.update(paused_until=until)

    report = planning.enqueue(campaign, timezone.now())

    assert report.queued == 1
    assert report.first_at is not None
    assert report.first_at >= until


@pytest.mark.parametrize("far", [FIRST, LAST])
@pytest.mark.parametrize("pinned", [True, False])
def test_items_are_planned(
    desk: Client, campaign: Campaign, far: dt.datetime, *, pinned: bool
) -> None:
    assert not reasons(campaign)
    QueueItem.objects.update(scheduled_for=far, pinned=pinned)

    look_at(desk, campaign)


@pytest.mark.parametrize("far", [FIRST, LAST])
def test_a_day_is_closed_and_an_account_warms_up(
    desk: Client, campaign: Campaign, far: dt.datetime
) -> None:
    ClosedDay.objects.create(sending_hours=campaign.hours(), date=far.date())
    LinkedInAccount.objects.update(warm_up_started_on=far.date())

    assert not reasons(campaign)
    look_at(desk, campaign)


@pytest.mark.parametrize("typed", ["0000-01-01", "10000-01-01", "99999999-1-1"])
def test_dates_that_do_not_exist_are_refused(desk: Client, campaign: Campaign, typed: str) -> None:
    form: dict[str, Any] = {"starts_at_0": typed, "starts_at_1": "00:00", "name": "X"}

    page = desk.post(f"/admin/campaigns/campaign/{campaign.pk}/change/", form)

    assert "Enter a valid date" in page.content.decode()
