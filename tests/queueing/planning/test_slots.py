"""One account's time: caps, spacing, rest and jitter."""

import datetime as dt
import uuid
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queueing.gates.spacing import LATENESS_SECONDS
from queueing.planning.core import Line, Spreader, Waiting, simulate
from queueing.planning.slots import Jitter, Slot, Timeline
from queueing.planning.ticks import Calendar
from tests.queueing.planning.conftest import (
    EVERY_MINUTE,
    HALF_HOURLY,
    a_calendar,
    a_timeline,
    at,
    text_of,
)

WEDNESDAY_NOON = "2026-07-08 16:00"
SEED = uuid.UUID(int=7)


def planned(timelines: list[Timeline], calendar: Calendar, people: int) -> list[tuple[int, Slot]]:
    spreader = Spreader(timelines, [calendar] * len(timelines))
    everybody = tuple(range(len(timelines)))
    placed = [
        spreader.place(everybody, Jitter.of(SEED, uuid.UUID(int=person)))
        for person in range(people)
    ]
    return [(place.account, place.slot) for place in placed if place]


def ticks(timeline: Timeline, calendar: Calendar, people: int) -> list[str]:
    return [text_of(slot.tick) for _, slot in planned([timeline], calendar, people)]


def test_the_first_is_due_at_once_and_the_next_keep_the_gap() -> None:
    slots = planned([a_timeline("2026-07-08 16:10")], a_calendar("2026-07-08 00:00"), 3)

    assert [text_of(slot.tick) for _, slot in slots] == [
        "2026-07-08 16:30",
        "2026-07-08 17:00",
        "2026-07-08 17:30",
    ]
    assert text_of(slots[0][1].at) == "2026-07-08 16:10"


def test_of_those_who_are_late_one_alone_is_due_at_once() -> None:
    timeline, calendar = a_timeline("2026-07-08 16:10", own_gap=0), a_calendar("2026-07-08 00:00")

    first, second = (timeline.take_now(calendar) for _ in range(2))

    assert first is not None
    assert (text_of(first.at), text_of(first.tick)) == ("2026-07-08 16:10", "2026-07-08 16:30")
    assert second is None


def test_nothing_is_due_at_once_while_closed_or_resting_or_just_after_a_send() -> None:
    calendar = a_calendar("2026-07-08 00:00")

    closed = planned([a_timeline("2026-07-08 03:00")], calendar, 1)
    resting = planned([a_timeline(WEDNESDAY_NOON, rests_until="2026-07-09 15:10")], calendar, 1)
    spaced = planned([a_timeline(WEDNESDAY_NOON, sent=["2026-07-08 15:50"])], calendar, 1)

    assert text_of(closed[0][1].at) == "2026-07-08 11:00"
    assert text_of(resting[0][1].tick) == "2026-07-09 15:30"
    assert text_of(spaced[0][1].tick) == "2026-07-08 16:30"


def test_what_was_sent_today_counts_against_the_daily_cap() -> None:
    sent = [f"2026-07-08 {hour}:00" for hour in (11, 12, 13)]

    found = ticks(a_timeline(WEDNESDAY_NOON, daily=5, sent=sent), a_calendar("2026-07-08 00:00"), 3)

    assert [tick[:10] for tick in found] == ["2026-07-08", "2026-07-08", "2026-07-09"]


def test_the_week_rolls_and_frees_a_place_seven_days_after_each_send() -> None:
    sent = ["2026-07-02 14:00", "2026-07-03 15:00", "2026-07-06 16:00"]
    timeline = a_timeline(WEDNESDAY_NOON, weekly=3, own_gap=0, sent=sent)

    assert ticks(timeline, a_calendar("2026-07-08 00:00"), 3) == [
        "2026-07-09 14:30",
        "2026-07-10 15:30",
        "2026-07-13 16:30",
    ]


def test_a_holiday_is_left_out() -> None:
    calendar = a_calendar("2026-11-25 00:00")
    timeline = a_timeline("2026-11-25 21:00", daily=1)

    assert [tick[:10] for tick in ticks(timeline, calendar, 3)] == [
        "2026-11-25",
        "2026-11-27",
        "2026-11-30",
    ]


@pytest.mark.parametrize(("daily", "weekly"), [(0, 100), (20, 0)])
def test_an_account_that_may_never_send_gets_no_slot(daily: int, weekly: int) -> None:
    timeline = a_timeline(WEDNESDAY_NOON, daily=daily, weekly=weekly)

    assert planned([timeline], a_calendar("2026-07-08 00:00"), 1) == []


def test_jitter_is_repeatable_by_seed_and_moves_runs_where_there_is_room() -> None:
    calendar = a_calendar("2026-07-08 00:00", cron=EVERY_MINUTE)

    first, again = (ticks(a_timeline(WEDNESDAY_NOON), calendar, 30) for _ in range(2))

    assert first == again
    assert len({tick[-2:] for tick in first}) > 5


@pytest.mark.parametrize("cron", [HALF_HOURLY, EVERY_MINUTE])
def test_jitter_never_costs_the_day_a_request(cron: str) -> None:
    calendar = a_calendar("2026-07-13 00:00", cron=cron)

    slots = planned([a_timeline("2026-07-13 00:00")], calendar, 100)

    assert Counter(slot.day.isoformat() for _, slot in slots) == dict.fromkeys(
        [f"2026-07-{day}" for day in range(13, 18)], 20
    )


@pytest.mark.parametrize("cron", [HALF_HOURLY, EVERY_MINUTE])
def test_nothing_falls_due_just_after_a_run_that_comes_late_and_would_take_it(cron: str) -> None:
    calendar, timeline = a_calendar("2026-07-08 00:00", cron=cron), a_timeline(WEDNESDAY_NOON)
    free = timeline.first_free(calendar, at("2026-07-08 17:00"))
    assert free is not None

    slot = timeline.take_near(calendar, free, Jitter(lead=0.99999))

    interval = 1800 if cron == HALF_HOURLY else 60
    assert slot.at - (slot.tick - interval) == LATENESS_SECONDS + 1


def test_accounts_share_by_what_each_has_left() -> None:
    calendar = a_calendar("2026-07-08 00:00")
    fresh = a_timeline("2026-07-08 11:00", daily=20)
    warming = a_timeline("2026-07-08 11:00", daily=5)
    resting = a_timeline("2026-07-08 11:00", rests_until="2026-07-20 00:00")

    given = Counter(account for account, _ in planned([fresh, warming, resting], calendar, 25))

    assert given == {0: 20, 1: 5}


def test_equal_accounts_take_turns() -> None:
    calendar = a_calendar("2026-07-08 00:00")
    timelines = [a_timeline("2026-07-08 11:00") for _ in range(3)]

    assert [account for account, _ in planned(timelines, calendar, 6)] == [0, 1, 2, 0, 1, 2]


def test_after_a_standstill_the_overdue_go_one_a_run() -> None:
    calendar = a_calendar("2026-07-08 00:00")
    overdue = [Waiting(n, at("2026-07-06 12:00") + 1800 * n) for n in range(40)]

    sent = list(simulate(a_timeline(WEDNESDAY_NOON), [Line(calendar, overdue)]))

    assert [item.key for item, _ in sent] == list(range(40))
    assert [text_of(slot.tick) for _, slot in sent[:3]] == [
        "2026-07-08 16:00",
        "2026-07-08 16:30",
        "2026-07-08 17:00",
    ]


def test_new_people_do_not_displace_those_who_wait() -> None:
    calendar = a_calendar("2026-07-08 00:00")
    timeline = a_timeline("2026-07-08 11:00")
    waiting = [Waiting(n, at("2026-07-08 14:00") + 3600 * n) for n in range(5)]
    for _ in simulate(timeline, [Line(calendar, waiting)]):
        pass

    slots = planned([timeline], calendar, 30)

    queue = [Waiting(100 + n, slot.at) for n, (_, slot) in enumerate(slots)]
    lines = [Line(calendar, waiting), Line(calendar, queue)]
    found = {item.key: slot.tick for item, slot in simulate(a_timeline("2026-07-08 11:00"), lines)}
    assert [found[n] for n in range(5)] == [item.at for item in waiting]
    assert [found[item.key] for item in queue] == [slot.tick for _, slot in slots]


@settings(deadline=None, max_examples=60)
@given(
    now=st.integers(at("2026-03-01 00:00"), at("2026-12-31 00:00")),
    daily=st.integers(1, 60),
    weekly=st.integers(1, 120),
    gap=st.one_of(st.none(), st.integers(0, 20_000)),
    cron=st.sampled_from([HALF_HOURLY, "*/7 * * * *", "5,50 8-20 * * 1-6"]),
    people=st.integers(1, 150),
)
def test_a_plan_keeps_every_rule_and_comes_true(
    now: int, daily: int, weekly: int, gap: int | None, cron: str, people: int
) -> None:
    start = text_of(now)
    calendar = a_calendar("2026-02-01 00:00", cron=cron)
    slots = [
        slot
        for _, slot in planned(
            [a_timeline(start, daily=daily, weekly=weekly, own_gap=gap)], calendar, people
        )
    ]

    runs = [slot.tick for slot in slots]
    assert len(runs) == people
    assert all(now - 60 <= slot.at <= slot.tick for slot in slots)
    assert max(Counter(slot.day for slot in slots).values()) <= daily
    week = int(dt.timedelta(days=7).total_seconds())
    assert all(later - runs[n] > week for n, later in enumerate(runs[weekly:]))
    smallest = max(gap, 1) if gap is not None else 90 + LATENESS_SECONDS
    assert all(later - earlier >= smallest for earlier, later in pairwise(runs))
    stretches = [calendar.at(run) for run in runs]
    assert all(
        stretch and stretch.day == slot.day for stretch, slot in zip(stretches, slots, strict=True)
    )

    queue = Line(calendar, [Waiting(n, slot.at) for n, slot in enumerate(slots)])
    fresh = a_timeline(start, daily=daily, weekly=weekly, own_gap=gap)
    assert [slot.tick for _, slot in simulate(fresh, [queue])] == runs
