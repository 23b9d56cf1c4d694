"""May this item go now? One definition, for claiming and for explaining."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueing import gates
from queueing.gates import Gate, hours, limits, words
from queueing.models import TOUCH_LASTS, Kind, QueueItem
from tests.builders import NOON
from tests.queueing.gates.test_limits import a_policy

Status = QueueItem.Status
MINUTE = dt.timedelta(minutes=1)
ALL_DAY = hours.Hours("UTC", dt.time(0), dt.time(0), skip_weekends=False, skip_holidays=False)
OFFICE = hours.Hours("America/New_York", dt.time(7), dt.time(18))

ACCOUNT = gates.AccountFacts(
    status="connected",
    paused_until=None,
    pause_reason="",
    daily=limits.Limit(20, "account type"),
    weekly=limits.Limit(100, "account type"),
    sent_today=0,
    sent_this_week=0,
    last_send_at=None,
    own_gap_seconds=600,
    in_flight=0,
    day_began_at=NOON.replace(hour=0),
    next_day_at=NOON.replace(hour=0) + dt.timedelta(days=1),
    week_frees_at=None,
)


def ask(
    now: dt.datetime = NOON, account: dict[str, Any] | None = None, **facts: Any
) -> gates.Report:
    """Ask about an item that may go, but for the facts given."""
    good: dict[str, Any] = {
        "stop": "",
        "item_status": Status.PENDING,
        "scheduled_for": NOON - MINUTE,
        "do_not_contact": False,
        "campaign_status": "active",
        "hours": OFFICE,
        "account": replace(ACCOUNT, **(account or {})),
        "policy": a_policy(),
    }
    return gates.evaluate(gates.Facts(**{**good, **facts}), now)


def test_an_item_with_nothing_against_it_may_go() -> None:
    report = ask()

    assert report.is_open
    assert report.binding is None
    assert report.earliest == NOON
    assert [state.gate for state in report.states] == list(Gate)


def test_what_somebody_writes_by_hand_waits_for_no_campaign_and_no_look() -> None:
    asked: dict[str, Any] = {
        "ask_from": NOON,
        "touched_at": NOON - MINUTE,
        "campaign_status": "completed",
    }

    assert ask(account={"kind": Kind.MESSAGE}, by_hand=True, **asked).is_open
    assert not ask(account={"kind": Kind.MESSAGE}, **asked).is_open


def test_withdrawals_are_one_to_three_minutes_apart() -> None:
    gaps = [limits.withdrawal_gap_seconds(NOON + number * MINUTE) for number in range(500)]

    assert (min(gaps), max(gaps)) == (60, 180)


TOMORROW = ACCOUNT.next_day_at
OPENS = NOON.replace(hour=11)  # 7 in New York
HOUR = 60 * MINUTE
A_MESSAGE = {"kind": Kind.MESSAGE}
GAP = dt.timedelta(seconds=limits.withdrawal_gap_seconds(NOON))
IN_A_DAY = NOON + dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("gate", "facts", "account", "opens_at", "detail"),
    [
        (Gate.SENDING_ON, {"stop": "Holiday"}, {}, None, "All sending is stopped: Holiday"),
        (Gate.PENDING, {"item_status": "sent"}, {}, None, "The item is sent"),
        (Gate.DUE, {"scheduled_for": NOON + MINUTE}, {}, NOON + MINUTE,
         "Planned for 2026-07-08 16:01 UTC"),
        (Gate.CAMPAIGN_ACTIVE, {"campaign_status": "paused"}, {}, None, "The campaign is paused"),
        (Gate.CONTACT_ALLOWED, {"do_not_contact": True}, {}, None, "do-not-contact list"),
        (Gate.PERSON_RESTED, {"touched_at": NOON - HOUR}, {}, NOON - HOUR + TOUCH_LASTS,
         "reached the person at 2026-07-08 15:00 UTC"),
        (Gate.ANSWER_KNOWN, {"ask_again_at": NOON + MINUTE}, A_MESSAGE, NOON + MINUTE,
         "could not be looked up: it is again at 2026-07-08 16:01 UTC"),
        (Gate.ANSWER_KNOWN, {"ask_from": NOON}, A_MESSAGE, None, "was not looked up"),
        (Gate.ANSWER_KNOWN, {"ask_from": NOON, "asked_at": NOON - MINUTE}, A_MESSAGE, None,
         "was not looked up"),
        (Gate.SPACING, {}, {"kind": Kind.WITHDRAWAL, "last_send_at": NOON}, NOON + GAP,
         "the account's withdrawals are at least"),
        (Gate.ACCOUNT_CONNECTED, {}, {"status": "restricted"}, None, "The account is restricted"),
        (Gate.ACCOUNT_RESTED, {}, {"paused_until": NOON + MINUTE, "pause_reason": "Tired"},
         NOON + MINUTE, "rests until 2026-07-08 16:01 UTC: Tired"),
        (Gate.SPACING, {}, {"last_send_at": NOON - 9 * MINUTE}, NOON + MINUTE,
         "at 2026-07-08 15:51 UTC: the account's requests are at least 10 min apart"),
        (Gate.DAILY_CAP, {}, {"sent_today": 20}, TOMORROW, "20 of 20 sent since 2026-07-08 00:00"),
        (Gate.DAILY_CAP, {}, {"sent_today": 21}, TOMORROW, "21 of 20"),
        (Gate.DAILY_CAP, {}, {"daily": limits.Limit(0, "set on the account")}, None, "0 of 0"),
        (Gate.WEEKLY_CAP, {}, {"sent_this_week": 100, "week_frees_at": IN_A_DAY}, IN_A_DAY,
         "100 of 100 sent in the last 7 days"),
        (Gate.NOTHING_IN_FLIGHT, {}, {"in_flight": 1}, None, "is being sent"),
    ],
)  # fmt: skip
def test_each_gate_closes_alone(
    gate: Gate, facts: dict[str, Any], account: dict[str, Any], opens_at: Any, detail: str
) -> None:
    report = ask(account=account, **facts)

    (closed,) = [state for state in report.states if not state.is_open]
    assert report.binding == closed
    assert (closed.gate, closed.opens_at) == (gate, opens_at)
    assert detail in closed.detail
    assert not report.is_open


@pytest.mark.parametrize("starts_in", [dt.timedelta(days=2), dt.timedelta(0), -10 * MINUTE])
def test_a_draft_that_starts_by_itself_waits_for_that_and_nobody(starts_in: dt.timedelta) -> None:
    starts_at = NOON + starts_in

    report = ask(campaign_status="draft", campaign_starts_at=starts_at)

    assert report.binding is not None
    assert not report.binding.somebody_must_act
    assert report.binding.opens_at == report.earliest == max(starts_at, NOON)
    assert words.waits_for(report) == "campaign_starts"


@pytest.mark.parametrize(
    ("status", "starts_at"),
    [("draft", None), ("draft", NOON - 16 * MINUTE), ("paused", NOON + MINUTE)],
)
def test_a_campaign_that_does_not_start_by_itself_needs_somebody(
    status: str, starts_at: dt.datetime | None
) -> None:
    report = ask(campaign_status=status, campaign_starts_at=starts_at)

    assert report.earliest is None
    assert words.waits_for(report) == Gate.CAMPAIGN_ACTIVE


@pytest.mark.parametrize("status", ["restricted", "disconnected"])
def test_an_account_that_comes_back_after_its_rest_needs_nobody(status: str) -> None:
    report = ask(account={"status": status, "paused_until": IN_A_DAY})

    assert report.earliest == IN_A_DAY
    assert words.waits_for(report) == "account_returns"
    assert "it goes on by itself after its rest, 2026-07-09 16:00 UTC" in report.states[5].detail


@pytest.mark.parametrize(
    "account", [{"paused_until": NOON}, {"paused_until": IN_A_DAY, "other_login": "ben-example"}]
)
def test_an_account_that_does_not_come_back_by_itself_needs_somebody(
    account: dict[str, Any],
) -> None:
    report = ask(account={"status": "disconnected", **account})

    assert report.earliest is None
    assert words.waits_for(report) == Gate.ACCOUNT_CONNECTED


@pytest.mark.parametrize(
    ("gate", "account", "facts"),
    [
        (Gate.DUE, {}, {"scheduled_for": NOON}),
        (Gate.ACCOUNT_RESTED, {"paused_until": NOON}, {}),
        (Gate.SPACING, {"last_send_at": NOON - 10 * MINUTE}, {}),
        (Gate.DAILY_CAP, {"sent_today": 19}, {}),
        (Gate.WEEKLY_CAP, {"sent_this_week": 99}, {}),
    ],
)
def test_gates_open_at_the_very_instant(
    gate: Gate, account: dict[str, Any], facts: dict[str, Any]
) -> None:
    assert ask(account=account, **facts).is_open, gate


def test_outside_the_hours_an_item_waits_for_the_opening() -> None:
    friday_evening = dt.datetime(2026, 7, 10, 22, tzinfo=dt.UTC)

    report = ask(friday_evening)

    assert report.binding is not None
    assert report.binding.gate == Gate.HOURS_OPEN
    assert report.binding.detail.endswith("America/New_York (now Fri 18:00)")
    assert report.earliest == dt.datetime(2026, 7, 13, 11, tzinfo=dt.UTC)


def test_hours_that_cannot_be_judged_need_somebody() -> None:
    report = ask(hours=replace(OFFICE, timezone="Mars/Olympus"))

    assert report.binding is not None
    assert report.binding.somebody_must_act
    assert report.earliest is None


def test_what_opens_last_binds() -> None:
    account = {"last_send_at": NOON - MINUTE, "sent_today": 20}

    report = ask(account=account)

    assert report.binding is not None
    assert report.binding.gate == Gate.DAILY_CAP
    # The day of the cap begins at midnight UTC, when the hours are closed.
    assert report.earliest == OPENS + dt.timedelta(days=1)


def test_what_somebody_must_do_binds_before_all_that_passes() -> None:
    report = ask(account={"sent_today": 20}, campaign_status="paused", do_not_contact=True)

    assert report.binding is not None
    assert report.binding.gate == Gate.CAMPAIGN_ACTIVE
    assert report.earliest is None


def test_a_workspaces_own_gap_spreads_over_the_open_hours() -> None:
    account = {"own_gap_seconds": None, "last_send_at": NOON - 26 * MINUTE}

    report = ask(account=account)

    # 80 % of 11 hours, shared out over 20: 1584 s.
    assert report.binding is not None
    assert report.binding.opens_at == NOON - 26 * MINUTE + dt.timedelta(seconds=1584)


@given(
    sent_today=st.integers(0, 25),
    week=st.integers(0, 110),
    minutes_ago=st.integers(0, 40) | st.none(),
    rest=st.integers(-60, 60) | st.none(),
    due_in=st.integers(-60, 60),
)
def test_at_the_earliest_instant_what_was_closed_is_open(
    sent_today: int, week: int, minutes_ago: int | None, rest: int | None, due_in: int
) -> None:
    account = {
        "sent_today": sent_today,
        "sent_this_week": week,
        "week_frees_at": NOON + 30 * MINUTE,
        "last_send_at": None if minutes_ago is None else NOON - minutes_ago * MINUTE,
        "paused_until": None if rest is None else NOON + rest * MINUTE,
    }
    report = ask(account=account, scheduled_for=NOON + due_in * MINUTE)

    assert report.earliest is not None
    assert report.earliest >= NOON
    freed = {
        "sent_today": 0 if report.earliest >= ACCOUNT.next_day_at else sent_today,
        "sent_this_week": min(week, 99) if report.earliest >= NOON + 30 * MINUTE else week,
    }
    later = ask(report.earliest, account | freed, scheduled_for=NOON + due_in * MINUTE)
    assert later.is_open


def test_a_gap_over_midnight_is_that_of_the_new_day_s_limit() -> None:
    last = ACCOUNT.next_day_at - 10 * MINUTE
    warming = {
        "daily": limits.Limit(5, "warm-up, day 1 of 14"),
        "daily_tomorrow": limits.Limit(72, "warm-up, day 2 of 14"),
        "own_gap_seconds": None,
        "last_send_at": last,
    }

    report = ask(last + MINUTE, warming, hours=ALL_DAY)

    state = next(state for state in report.states if state.gate == Gate.SPACING)
    assert state.opens_at == last + 16 * MINUTE  # 80 % of a day by 72; by 5 it would be 230
