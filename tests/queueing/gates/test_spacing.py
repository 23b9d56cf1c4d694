"""Gaps and runs fit each other: whoever lets runs start more often never sends less."""

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from queueing.gates import limits, spacing
from queueing.gates.hours import Hours
from queueing.gates.spacing import gap_seconds, most_in
from queueing.gates.ticker import ticker
from queueing.planning.core import Line, Waiting, simulate
from queueing.planning.slots import Terms, Timeline
from tests.queueing.planning.conftest import NEW_YORK, POLICY, a_calendar, at

MONDAY = "2026-07-13 00:00"
OFTEN = (30, 20, 15, 12, 10, 7, 6, 5, 4, 3, 2, 1)
FROM_SELDOM_TO_OFTEN = [f"*/{minutes} * * * *" for minutes in OFTEN]
TYPES = POLICY.type_daily


def sent_on_a_day(cron: str, daily: int, own: int | None = None, value: Hours = NEW_YORK) -> int:
    """What the planner lets go on a Monday with as many people as there can be."""
    terms = Terms(
        daily=lambda day: limits.Limit(daily, "set on the account"),
        weekly=limits.Limit(9_999, "account type"),
        own_gap=own,
        policy=replace(POLICY, cron=cron),
    )
    calendar = a_calendar(MONDAY, value, cron)
    queue = Line(calendar, [Waiting(number, at(MONDAY)) for number in range(200)])
    slots = simulate(Timeline(terms, at(MONDAY), []), [queue])
    return sum(slot.day == dt.date(2026, 7, 13) for _, slot in slots)


def told(cron: str, daily: int, own: int | None = None, value: Hours = NEW_YORK) -> int:
    return spacing.most_a_day(
        [value],
        replace(POLICY, cron=cron),
        own=own,
        daily=daily,
        zone=POLICY.day_zone,
        today=dt.date(2026, 7, 13),
    )


@pytest.mark.parametrize(
    ("cron", "daily", "own", "sent"),
    [
        ("*/30 * * * *", 20, None, 20),
        ("*/30 * * * *", 50, None, 22),
        ("*/15 * * * *", 50, None, 44),
        ("*/10 * * * *", 50, None, 50),
        ("*/5 * * * *", 50, None, 50),
        ("*/5 * * * *", 100, None, 100),
        ("* * * * *", 100, None, 100),
        ("*/30 * * * *", 20, 1_790, 20),
        ("*/30 * * * *", 20, 1_800, 20),
        ("*/30 * * * *", 20, 1_801, 11),
        ("*/10 * * * *", 50, 700, 33),
    ],
)
def test_what_goes_on_a_day_is_what_is_told(
    cron: str, daily: int, own: int | None, sent: int
) -> None:
    assert sent_on_a_day(cron, daily, own) == sent
    assert min(told(cron, daily, own), daily) == sent


@pytest.mark.parametrize("window", [(7, 18), (9, 17), (9, 12)])
@pytest.mark.parametrize("minutes", [30, 15, 10, 6, 5, 4, 2, 1])
def test_nothing_is_told_that_the_planner_would_not_do(
    window: tuple[int, int], minutes: int
) -> None:
    opens, closes = map(dt.time, window)
    value, cron = replace(NEW_YORK, start=opens, end=closes), f"*/{minutes} * * * *"

    for daily in (10, 55, 80, 90, 100, 115):
        promised = min(told(cron, daily, value=value), daily)
        assert promised == sent_on_a_day(cron, daily, value=value), daily


@pytest.mark.parametrize("daily", [5, 20, 50, 73, 100, 150])
@pytest.mark.parametrize("end", [11, 15, 18])
def test_runs_more_often_never_send_less(daily: int, end: int) -> None:
    value = replace(NEW_YORK, end=dt.time(end))
    sent = [min(told(cron, daily, value=value), daily) for cron in FROM_SELDOM_TO_OFTEN]

    assert sent == sorted(sent)


def test_every_type_reaches_its_limit_every_five_minutes() -> None:
    assert {daily: told("*/5 * * * *", daily) >= daily for daily in TYPES.values()} == {
        20: True,
        50: True,
        100: True,
    }


minutes = st.lists(st.integers(0, 59), min_size=1, max_size=12, unique=True)


@given(minutes, minutes, st.integers(1, 200))
def test_further_minutes_never_make_it_less(few: list[int], more: list[int], daily: int) -> None:
    some, all_of_them = (
        f"{','.join(map(str, sorted(set(of))))} * * * *" for of in (few, few + more)
    )

    assert min(told(some, daily), daily) <= min(told(all_of_them, daily), daily)


@given(st.lists(st.integers(0, 10_000), max_size=60, unique=True), st.integers(0, 2_000))
def test_as_many_as_go_one_by_one(runs: list[int], gap: int) -> None:
    runs.sort()
    went: list[int] = []
    for run in runs:
        if not went or run - went[-1] >= max(gap, 1):
            went.append(run)

    assert most_in(runs, gap) == len(went)


@given(
    st.sampled_from(FROM_SELDOM_TO_OFTEN),
    st.integers(1, 200),
    st.lists(st.integers(1, 20), min_size=60, max_size=60),
)
def test_a_fitted_gap_bears_seconds_after_each_run(
    cron: str, daily: int, seconds: list[int]
) -> None:
    policy = replace(POLICY, cron=cron)
    gap = gap_seconds(policy, own=None, kept=NEW_YORK, daily=daily, on=dt.date(2026, 7, 13))
    runs = list(ticker(cron).within(at("2026-07-13 11:00"), at("2026-07-13 22:00")))
    assume(len(runs) > 1)
    as_planned = [0]
    for number, run in enumerate(runs):
        if run - runs[as_planned[-1]] >= gap + 30:
            as_planned.append(number)

    left = [runs[number] + seconds[number % 60] for number in as_planned]

    assert all(later - earlier >= gap for earlier, later in pairwise(left))
