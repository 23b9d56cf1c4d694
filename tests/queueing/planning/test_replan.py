"""New times for what waits when something has changed."""

import datetime as dt
import sys
from itertools import pairwise
from typing import Any

import pytest
from django.db.models import F

from campaigns.models import (
    Campaign,
    ClosedDay,
    DoNotContact,
    LinkedInAccount,
    SendingHours,
)
from queueing import planning
from queueing.models import QueueItem
from queueing.planning.slots import Jitter
from queueing.sending import AccountChange, recording
from tests.builders import (
    NOON,
    a_campaign,
    a_prospect,
    a_workspace,
    an_account,
    an_item,
    queued,
)
from tests.processes import at_once

pytestmark = pytest.mark.django_db


def a_queue(people: int, **account: Any) -> Campaign:
    """Return a campaign in New York's hours with one account and its people queued."""
    workspace = a_workspace()
    values = {"account_type": "free", "min_gap_seconds": None, **account}
    campaign = a_campaign(workspace, an_account(workspace, **values), sending_hours=None)
    for _ in range(people):
        a_prospect(campaign)
    planning.enqueue(campaign, NOON)
    return campaign


def times(campaign: Campaign) -> list[dt.datetime]:
    return [item.scheduled_for for item in queued(campaign)]


def days(campaign: Campaign) -> list[str]:
    return [f"{at:%m-%d}" for at in times(campaign)]


def test_nothing_moves_where_nothing_has_changed() -> None:
    campaign = a_queue(30)

    assert planning.replan(list(campaign.accounts.all()), NOON) == 0


def test_a_rest_moves_all_behind_it_in_turn() -> None:
    campaign = a_queue(25)
    before = queued(campaign)
    campaign.accounts.update(paused_until=NOON + dt.timedelta(days=1))

    moved = planning.replan(list(campaign.accounts.all()), NOON)

    assert moved == 25
    assert queued(campaign) == before
    assert days(campaign)[0] == "07-09"
    assert min(times(campaign)) >= NOON + dt.timedelta(days=1)


def test_a_lower_cap_spreads_and_a_higher_one_draws_together() -> None:
    campaign = a_queue(6)
    LinkedInAccount.objects.update(daily_limit=2)

    planning.replan(list(campaign.accounts.all()), NOON)
    spread = days(campaign)
    LinkedInAccount.objects.update(daily_limit=None)
    planning.replan(list(campaign.accounts.all()), NOON)

    assert spread == ["07-08", "07-08", "07-09", "07-09", "07-10", "07-10"]
    assert days(campaign) == ["07-08"] * 6


def test_a_day_that_is_closed_is_left() -> None:
    campaign = a_queue(30)
    hours = campaign.hours()
    ClosedDay.objects.create(sending_hours=hours, date=dt.date(2026, 7, 9))

    planning.replan_hours(SendingHours.objects.get(pk=hours.pk), NOON)

    assert set(days(campaign)) == {"07-08", "07-10"}


def test_what_staff_pinned_stays_and_the_others_keep_clear_of_it() -> None:
    campaign = a_queue(8)
    pinned = queued(campaign)[-1]
    pinned_at = NOON + dt.timedelta(hours=1)
    QueueItem.objects.filter(pk=pinned.pk).update(pinned=True, scheduled_for=pinned_at)

    planning.replan(list(campaign.accounts.all()), NOON)

    pinned.refresh_from_db()
    assert pinned.scheduled_for == pinned_at
    others = [at for at in times(campaign) if at != pinned_at]
    assert len(others) == 7
    assert all(abs(at - pinned_at) > dt.timedelta(minutes=25) for at in others)


def test_a_retry_goes_no_earlier_than_planned() -> None:
    campaign = a_queue(3)
    retried = queued(campaign)[0]
    retry_at = NOON + dt.timedelta(hours=1)
    QueueItem.objects.filter(pk=retried.pk).update(attempts=1, scheduled_for=retry_at)

    planning.replan(list(campaign.accounts.all()), NOON)

    retried.refresh_from_db()
    assert retry_at <= retried.scheduled_for < retry_at + dt.timedelta(minutes=90)


def test_a_retry_is_not_put_off_whenever_something_is_planned_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Jitter, "of", lambda *_: Jitter(run=0.9, lead=0.5))  # late, every time
    campaign = a_queue(1, daily_limit=1, min_gap_seconds=7200)  # an hour of room for jitter
    retry_at = NOON + dt.timedelta(minutes=10)
    QueueItem.objects.update(attempts=1, scheduled_for=retry_at)

    for _ in range(2):
        planning.replan(list(campaign.accounts.all()), NOON)

    assert times(campaign) == [retry_at]


def test_a_paused_campaign_makes_room_and_comes_back_in_turn() -> None:
    first = a_queue(20)
    account = first.accounts.get()
    second = a_campaign(first.workspace, account, sending_hours=None)
    a_prospect(second)
    planning.enqueue(second, NOON)
    assert days(second) == ["07-09"]

    Campaign.objects.filter(pk=first.pk).update(status=Campaign.Status.PAUSED)
    planning.replan([account], NOON)
    while_paused = times(second)
    Campaign.objects.filter(pk=first.pk).update(status=Campaign.Status.ACTIVE)
    planning.replan_campaign(first, NOON + dt.timedelta(minutes=10))

    assert while_paused == [NOON]
    assert not set(times(first)) & set(times(second))


def test_after_a_standstill_the_late_get_new_times_without_a_burst() -> None:
    campaign = a_queue(40)
    monday = NOON + dt.timedelta(days=5)

    moved = planning.replan_overdue(monday)

    found = times(campaign)
    assert moved >= 39
    assert days(campaign).count("07-13") <= 20
    assert all(late - early > dt.timedelta(minutes=20) for early, late in pairwise(found[1:]))
    assert planning.replan_overdue(monday) == 0


def test_a_rest_that_linkedin_asked_for_moves_what_falls_into_it() -> None:
    resting, other = a_queue(30), a_queue(5)
    account, times_of_other = resting.accounts.get(), times(other)
    until = NOON + dt.timedelta(hours=24)
    in_time = [item.pk for item in queued(resting) if item.scheduled_for < until]
    pinned = queued(resting)[3]
    QueueItem.objects.filter(pk=pinned.pk).update(pinned=True)
    asks = AccountChange(rest_until=until, reason="LinkedIn's limit")
    recording.change_account(account.pk, asks, NOON)

    moved = planning.execute_scheduled_campaigns(NOON + dt.timedelta(minutes=5)).moved

    assert moved >= len(in_time) - 1 > 15
    assert [item.pk for item in queued(resting) if item.scheduled_for < until] == [pinned.pk]
    assert times(other) == times_of_other
    assert planning.replan_overdue(NOON + dt.timedelta(minutes=10)) == 0


def test_a_rest_is_planned_around_once(django_assert_max_num_queries: Any) -> None:
    campaign = a_queue(3)
    campaign.accounts.update(paused_until=NOON + dt.timedelta(hours=1))
    listed = queued(campaign)[0].person_key
    DoNotContact.objects.create(workspace=campaign.workspace, kind="person", value=listed)
    planning.replan_overdue(NOON)

    with django_assert_max_num_queries(3):  # looks for late ones, ones in a rest, ones far ahead
        assert planning.replan_overdue(NOON + dt.timedelta(minutes=5)) == 0


def test_accounts_that_cannot_send_keep_their_times() -> None:
    campaign = a_queue(3)
    before = times(campaign)
    LinkedInAccount.objects.update(status=LinkedInAccount.Status.RESTRICTED)

    assert planning.replan_overdue(NOON + dt.timedelta(days=1)) == 0
    assert times(campaign) == before


@pytest.mark.django_db(transaction=True)
def test_what_is_claimed_meanwhile_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = a_queue(5)
    first = queued(campaign)[0]
    campaign.accounts.update(paused_until=NOON + dt.timedelta(days=1))
    replanning = sys.modules["queueing.planning.replan"]
    store = replanning._store

    def claim_then_store(*moves: Any) -> int:
        def claim() -> None:
            QueueItem.objects.pending().filter(pk=first.pk).update(
                status=QueueItem.Status.SENDING, claimed_at=NOON, claim_token=first.pk
            )

        at_once([claim])
        return int(store(*moves))

    monkeypatch.setattr(replanning, "_store", claim_then_store)

    moved = planning.replan(list(campaign.accounts.all()), NOON)

    first.refresh_from_db()
    assert (moved, first.scheduled_for, first.status) == (4, NOON, QueueItem.Status.SENDING)


@pytest.mark.parametrize(
    ("account", "later"),
    [
        ({"account_type": "free"}, {"days": 5, "minutes": 7}),
        ({"account_type": "sales_navigator"}, {"hours": 3, "minutes": 29}),
        ({"min_gap_seconds": 0, "weekly_limit": 9}, {"hours": 15}),  # at night
    ],
)
def test_every_item_gets_the_time_of_the_run_that_sends_it(
    account: dict[str, Any], later: dict[str, int]
) -> None:
    campaign = a_queue(30, **account)
    second = a_campaign(campaign.workspace, campaign.accounts.get(), sending_hours=None)
    for _ in range(5):
        a_prospect(second)
    planning.enqueue(second, NOON)
    now = NOON + dt.timedelta(**later)

    planning.replan_overdue(now)
    assert runs_by_plan(now) == runs_by_forecast(campaign, now)
    campaign.accounts.update(paused_until=now + dt.timedelta(hours=30), daily_limit=4)
    planning.replan([campaign.accounts.get()], now)
    assert runs_by_plan(now) == runs_by_forecast(campaign, now)


def runs_by_plan(now: dt.datetime) -> dict[Any, dt.datetime]:
    """Return, by item, the run before which it falls due: one starts every half hour."""
    due = {item.pk: max(item.scheduled_for, now) for item in QueueItem.objects.pending()}
    return {
        key: dt.datetime.fromtimestamp(-(-int(at.timestamp()) // 1800) * 1800, dt.UTC)
        for key, at in due.items()
    }


def runs_by_forecast(campaign: Campaign, now: dt.datetime) -> dict[Any, dt.datetime]:
    forecast = planning.forecast_workspace(campaign.workspace, now)
    return {send.item_id: send.at for send in forecast.sends}


def test_a_late_item_that_may_go_now_stays_due() -> None:
    workspace = a_workspace()
    account = an_account(workspace)
    item = an_item(a_campaign(workspace, account), account)

    assert planning.replan_overdue(NOON) == 0

    item.refresh_from_db()
    assert item.scheduled_for < NOON


def planned_years_ahead(campaign: Campaign) -> None:
    """As a clock that was wrong plans."""
    by = dt.timedelta(days=5 * 365)
    QueueItem.objects.filter(campaign=campaign).update(scheduled_for=F("scheduled_for") + by)


def test_what_was_planned_years_ahead_is_planned_anew() -> None:
    campaign = a_queue(5)
    planned_years_ahead(campaign)

    assert planning.replan_overdue(NOON) == 5

    assert times(campaign)[-1] < NOON + dt.timedelta(days=3)
    assert planning.replan_overdue(NOON) == 0


@pytest.mark.parametrize("because", ["it starts then", "the account rests till then"])
def test_what_has_a_reason_to_be_far_ahead_stays(because: str) -> None:
    campaign = a_queue(5)
    planned_years_ahead(campaign)
    start = times(campaign)[0]
    if because == "it starts then":
        Campaign.objects.update(starts_at=start)
    else:
        LinkedInAccount.objects.update(paused_until=start)
    before = times(campaign)

    planning.replan_overdue(NOON)

    assert times(campaign) == before
