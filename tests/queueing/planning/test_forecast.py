"""What will go when, and what binds."""

import datetime as dt
import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from campaigns.models import Campaign, DoNotContact, LinkedInAccount
from queueing import gates, planning
from queueing.models import QueueItem, SendingStop
from queueing.planning.binding import Kind
from tests.builders import (
    NOON,
    a_campaign,
    a_prospect,
    a_queueable,
    a_workspace,
    an_account,
    an_item,
)
from tests.queueing.planning.test_replan import a_queue

pytestmark = pytest.mark.django_db


MORNING = NOON - dt.timedelta(hours=6)  # before the hours open


def a_campaign_with(people: int, **account: object) -> Campaign:
    """Return a campaign in New York's hours whose people are not queued."""
    workspace = a_workspace()
    values = {"account_type": "free", "min_gap_seconds": None, **account}
    campaign = a_campaign(workspace, an_account(workspace, **values), sending_hours=None)
    for _ in range(people):
        a_prospect(campaign)
    return campaign


def test_a_campaign_is_foreseen_before_it_is_queued_and_nothing_is_stored() -> None:
    campaign = a_campaign_with(30)

    forecast = planning.forecast_campaign(campaign, NOON)

    assert not QueueItem.objects.exists()
    assert [(f"{row.day:%m-%d}", row.count) for row in forecast.days] == [
        ("07-08", 12),
        ("07-09", 18),
    ]
    assert [row.binds.kind if row.binds else None for row in forecast.days] == [Kind.RUNS, None]
    planning.enqueue(campaign, NOON)
    queued = planning.forecast_campaign(campaign, NOON)
    assert [(send.prospect_id, send.at) for send in forecast.sends] == [
        (send.prospect_id, send.at) for send in queued.sends
    ]


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        ({"daily_limit": 5}, Kind.DAILY_CAP),
        ({"daily_limit": 20, "weekly_limit": 4}, Kind.WEEKLY_CAP),
        ({"daily_limit": 20, "warm_up_started_on": dt.date(2026, 7, 8)}, Kind.WARM_UP),
        ({"daily_limit": 20, "min_gap_seconds": 7200}, Kind.HOURS),
        ({"daily_limit": 40}, Kind.RUNS),
    ],
)
def test_a_day_says_what_binds(account: dict[str, object], kind: Kind) -> None:
    campaign = a_campaign_with(60, **account)

    forecast = planning.forecast_campaign(campaign, MORNING)

    assert forecast.days[0].binds is not None
    assert forecast.days[0].binds.kind == kind


def test_warm_up_grows_over_the_days() -> None:
    campaign = a_campaign_with(60, warm_up_started_on=dt.date(2026, 7, 13))

    forecast = planning.forecast_campaign(campaign, NOON + dt.timedelta(days=5, hours=-6))

    assert [row.count for row in forecast.days[:5]] == [5, 6, 7, 8, 9]


def test_a_workspace_is_foreseen_with_all_that_holds() -> None:
    campaign = a_queue(3)
    account = campaign.accounts.get()
    paused = a_campaign(campaign.workspace, account, name="Spring", status=Campaign.Status.PAUSED)
    an_item(paused, account)
    lost = an_account(campaign.workspace, name="Bo", status=LinkedInAccount.Status.DISCONNECTED)
    an_item(campaign, lost)
    listed = an_item(campaign, account)
    DoNotContact.objects.create(workspace=campaign.workspace, value=listed.person_key)
    SendingStop.objects.create(reason="Holiday", stopped_at=NOON)

    forecast = planning.forecast_workspace(campaign.workspace, NOON)

    assert len(forecast.sends) == 3
    assert forecast.held == {
        "Campaign “Spring” is paused": 1,
        "Account Bo is disconnected": 1,
        "On the do-not-contact list": 1,
    }
    assert "Holiday" in forecast.note


def test_a_draft_that_starts_by_itself_is_foreseen_from_its_start() -> None:
    campaign = a_campaign_with(2)
    starts_at = NOON + dt.timedelta(days=6)
    Campaign.objects.update(status=Campaign.Status.DRAFT, starts_at=starts_at)

    forecast = planning.forecast_workspace(campaign.workspace, NOON)

    assert [send.at for send in forecast.sends] == [starts_at, starts_at + dt.timedelta(minutes=30)]


def test_before_and_after_a_change_that_is_not_made() -> None:
    campaign = a_queue(30)

    def halve() -> None:
        LinkedInAccount.objects.update(daily_limit=10)

    before, after = planning.before_and_after(campaign, NOON, halve)

    assert [row.count for row in before.days] == [12, 18]
    assert [row.count for row in after.days] == [6, 10, 10, 4]
    assert LinkedInAccount.objects.get().daily_limit is None


def test_another_account_ends_a_campaign_earlier() -> None:
    campaign = a_campaign_with(60)

    def join() -> None:
        campaign.accounts.add(an_account(campaign.workspace, min_gap_seconds=None, daily_limit=20))

    before, after = planning.before_and_after(campaign, NOON, join)

    assert before.last_at is not None
    assert after.last_at is not None
    assert after.last_at < before.last_at
    assert campaign.accounts.count() == 1


def test_items_of_two_campaigns_that_fall_due_at_once_go_in_their_turn() -> None:
    account = an_account(a_workspace())
    first, second = (a_campaign(account.workspace, account) for _ in range(2))
    an_item(second, account, scheduled_for=NOON - dt.timedelta(hours=1))
    at_once = [an_item(campaign, account, scheduled_for=NOON) for campaign in (first, second)]
    next_in_turn = list(QueueItem.objects.pending().in_turn().values_list("pk", flat=True))
    assert next_in_turn[1:] == [item.pk for item in at_once]  # as runs claim them

    forecast = planning.forecast_workspace(account.workspace, NOON - dt.timedelta(hours=2))

    assert [send.item_id for send in forecast.sends] == next_in_turn


def test_queries_do_not_grow_with_the_queue(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    campaign = a_queue(60)
    for _ in range(10):
        campaign.accounts.add(an_account(campaign.workspace))

    with django_assert_max_num_queries(25):
        assert len(planning.forecast_workspace(campaign.workspace, NOON).sends) == 60


def test_the_command_shows_a_table_and_json() -> None:
    campaign = a_campaign_with(2)
    table, as_json, of_workspace = StringIO(), StringIO(), StringIO()

    call_command("forecast", campaign.name, stdout=table)
    call_command("forecast", campaign.name, "--json", stdout=as_json)
    call_command("forecast", "--workspace", campaign.workspace.name, stdout=of_workspace)

    lines = table.getvalue().splitlines()
    assert lines[0].startswith(f"“{campaign}”: 2 requests, the last on ")
    assert lines[1].split() == ["Day", "Account", "Requests", "Last", "at", "What", "binds"]
    assert campaign.accounts.get().name in lines[2]
    assert json.loads(as_json.getvalue())["count"] == 2
    assert of_workspace.getvalue().strip() == f"“{campaign.workspace}”: nothing will go."


@pytest.mark.parametrize("arguments", [[], ["Winter"], ["--workspace", "Winter"]])
def test_the_command_refuses_wrong_names(arguments: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("forecast", *arguments)

    assert refused.value.returncode == 2


def test_of_several_pinned_to_one_time_each_says_when_it_goes() -> None:
    campaign = a_queueable(accounts=1, status=Campaign.Status.ACTIVE)
    account = campaign.accounts.get()
    at = NOON + dt.timedelta(hours=2)
    items = [an_item(campaign, account, scheduled_for=at, pinned=True) for _ in range(3)]

    foreseen = [planning.foreseen_at(item, NOON) for item in items]

    half_hour = dt.timedelta(minutes=30)
    assert foreseen == [at, at + half_hour, at + 2 * half_hour]


def test_nothing_is_foreseen_of_what_somebody_must_act_for() -> None:
    campaign = a_queueable(accounts=1, status=Campaign.Status.PAUSED)
    item = an_item(campaign, campaign.accounts.get())

    assert planning.foreseen_at(item, NOON) is None


@pytest.mark.parametrize("status", ["paused", "draft", "completed"])
def test_the_forecast_of_a_campaign_that_does_not_run_says_so(status: str) -> None:
    campaign = a_queue(3)
    running = planning.forecast_campaign(campaign, NOON)
    Campaign.objects.update(status=status)
    campaign.refresh_from_db()

    forecast = planning.forecast_campaign(campaign, NOON)

    assert running.note == ""
    assert forecast.note == (
        f"The campaign is {status}: nothing goes before it is active. This is as if it were from "
        "now on."
    )


def test_a_send_in_doubt_keeps_others_at_a_distance_by_its_beginning() -> None:
    campaign = a_queue(1)
    account = LinkedInAccount.objects.get()
    LinkedInAccount.objects.update(min_gap_seconds=1_800)
    doubtful = an_item(campaign, account, status="unconfirmed", claimed_at=NOON)
    item = QueueItem.objects.pending().get()
    QueueItem.objects.filter(pk=item.pk).update(scheduled_for=NOON)
    now = NOON + dt.timedelta(minutes=1)

    report = gates.report(item.pk, now)

    assert doubtful.claimed_at is not None
    assert report.earliest == NOON + dt.timedelta(minutes=30)
    assert planning.foreseen_at(item, now) == report.earliest


def test_each_kind_has_a_calendar_of_its_own() -> None:
    campaign = a_queueable(people=0, status=Campaign.Status.PAUSED)
    account = campaign.accounts.get()
    an_item(campaign, account)
    message = {"kind": QueueItem.Kind.MESSAGE, "message": "Hello!", "scheduled_for": NOON}
    an_item(campaign, account, step=1, **message)
    by_hand = an_item(campaign, account, by_hand=True, **message)
    workspace = campaign.workspace

    paused = planning.forecast_workspace(workspace, NOON, kind=QueueItem.Kind.MESSAGE)
    requests = planning.forecast_workspace(workspace, NOON)
    Campaign.objects.update(status=Campaign.Status.ACTIVE)
    active = planning.forecast_workspace(workspace, NOON, kind=QueueItem.Kind.MESSAGE)

    assert [send.item_id for send in paused.sends] == [by_hand.pk]
    assert planning.foreseen_at(by_hand, NOON) is not None
    assert (paused.held.total(), requests.held.total(), len(requests.sends)) == (1, 1, 0)
    assert [send.at for send in active.sends] == [NOON, NOON + dt.timedelta(minutes=30)]
