"""The day of an account's caps, and what a change of its zone may never do."""

import datetime as dt
from collections import Counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from campaigns.hours import zones
from campaigns.models import LinkedInAccount
from queueing import gates, planning
from queueing.gates import Gate, limits
from queueing.models import QueueItem
from queueing.planning.slots import Terms, Timeline
from queueing.sending import claiming
from tests.builders import a_campaign, a_workspace, an_account, an_item
from tests.queueing.planning.conftest import POLICY, a_calendar, at

UTC = dt.UTC
TOKYO, NEW_YORK = "Asia/Tokyo", "America/New_York"
KEYS = [TOKYO, NEW_YORK, "UTC", "Pacific/Auckland", "Pacific/Honolulu", "Asia/Kathmandu", ""]
CAP = 3


@given(
    st.lists(
        st.tuples(
            st.integers(0, 600),  # minutes since the step before
            st.sampled_from([*KEYS, None]),  # a change of zone, or none
        ),
        max_size=120,
    ),
    st.sampled_from(KEYS),
)
def test_no_local_day_old_or_new_sees_more_than_one_cap(
    steps: list[tuple[int, str | None]], first: str
) -> None:
    now = dt.datetime(2026, 10, 24, 12, tzinfo=UTC)  # clocks change on some of the days
    account = LinkedInAccount(day_zone=first, counted_in=first or "UTC")
    sent: list[tuple[dt.datetime, str]] = []
    for minutes, change in steps:
        now += dt.timedelta(minutes=minutes)
        if change is not None:
            account.day_zone = change
        for _ in range(CAP + 1):
            days = gates.days_of(account, now)
            if all(sum(day.begins <= when for when, _ in sent) < CAP for day in days):
                for field, value in gates.counting_from_now_on(account, now).items():
                    setattr(account, field, value)
                sent.append((now, gates.zone_of(account).key))

    for key in {zone for _, zone in sent}:
        days_of_zone = Counter(when.astimezone(zones.zone(key)).date() for when, _ in sent)
        for when, zone in sent:  # each day of a zone in which something went while the zone held
            if zone == key:
                assert days_of_zone[when.astimezone(zones.zone(key)).date()] <= CAP


@pytest.mark.parametrize("key", [TOKYO, NEW_YORK, "Nowhere/Atall", ""])
def test_the_day_begins_at_midnight_in_the_account_s_zone(settings: Settings, key: str) -> None:
    settings.DAILY_CAP_TIMEZONE = "Europe/Berlin"
    zone = zones.zone(key) if key in {TOKYO, NEW_YORK} else zones.zone("Europe/Berlin")
    now = dt.datetime(2026, 7, 8, 16, tzinfo=UTC)

    day = gates.day_of(LinkedInAccount(day_zone=key), now)

    assert day == limits.day_at(now, zone)
    assert day.begins.astimezone(zone).time() == dt.time()


@pytest.mark.django_db
def test_each_account_counts_in_its_own_day() -> None:
    tokyo, utc = an_account(a_workspace(), day_zone=TOKYO), an_account(a_workspace())
    now = dt.datetime(2026, 7, 8, 16, tzinfo=UTC)  # past one in the night of the 9th in Tokyo
    for account in (tokyo, utc):
        campaign = a_campaign(account.workspace, account)
        an_item(campaign, account, status="sent", sent_at=now - dt.timedelta(minutes=30))
        an_item(campaign, account, status="sent", sent_at=now - dt.timedelta(hours=5))

    facts = gates.usages([tokyo, utc], now)

    assert (facts[tokyo.pk].sent_today, facts[utc.pk].sent_today) == (1, 2)
    assert facts[tokyo.pk].next_day_at == dt.datetime(2026, 7, 9, 15, tzinfo=UTC)


@pytest.mark.django_db
def test_after_a_change_of_zone_claim_explanation_and_plan_agree() -> None:
    now = dt.datetime(2026, 7, 8, 16, tzinfo=UTC)
    account = an_account(a_workspace(), daily_limit=2, min_gap_seconds=0, counted_in="UTC")
    campaign = a_campaign(account.workspace, account)
    for hours in (2, 5):
        an_item(campaign, account, status="sent", sent_at=now - dt.timedelta(hours=hours))
    item = an_item(campaign, account, scheduled_for=now)

    account.day_zone = TOKYO  # where nothing was sent since midnight
    account.save()

    binding = gates.report(item.pk, now).binding
    midnight = dt.datetime(2026, 7, 9, tzinfo=UTC)
    assert binding is not None
    assert (binding.gate, binding.opens_at) == (Gate.DAILY_CAP, midnight)
    assert "the day of the zone that held before" in binding.detail
    assert claiming.claim(account.pk, None, now) is None
    foreseen = planning.foreseen_at(item, now)
    assert foreseen is not None
    assert foreseen >= midnight
    assert claiming.claim(account.pk, None, foreseen) is not None
    account.refresh_from_db()
    assert (account.counted_in, account.counted_before) == (
        TOKYO,
        [["UTC", "2026-07-10T00:00:00+00:00"]],
    )
    assert QueueItem.objects.get(pk=item.pk).status == "sending"


def test_a_plan_keeps_to_the_day_of_the_zone_that_held_before() -> None:
    now = "2026-07-08 16:00"
    terms = Terms(
        daily=lambda day: limits.Limit(2, "set on the account"),
        weekly=limits.Limit(100, "account type"),
        own_gap=0,
        policy=POLICY,
        zone=ZoneInfo(TOKYO),
        days_before=[(at("2026-07-08 00:00"), at("2026-07-09 00:00"), 2)],
    )
    sent = [at("2026-07-08 11:00"), at("2026-07-08 12:00")]

    slot = Timeline(terms, at(now), sent).first_free(a_calendar(now), at(now))

    assert slot is not None
    assert slot.tick >= at("2026-07-09 00:00")
