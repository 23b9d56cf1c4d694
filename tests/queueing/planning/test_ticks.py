"""The runs that start inside sending hours."""

import datetime as dt

import pytest

from queueing.gates import hours
from tests.queueing.planning.conftest import EVERY_MINUTE, a_calendar, at, text_of


def test_the_first_run_after_closing_is_that_of_the_next_working_day() -> None:
    friday_evening = "2026-07-10 22:00"

    found = a_calendar(friday_evening).at_or_after(at(friday_evening))

    assert found is not None
    assert text_of(found[0].ticks[found[1]]) == "2026-07-13 11:00"


def test_runs_keep_to_local_hours_over_a_clock_change() -> None:
    calendar = a_calendar("2026-10-30 00:00")

    before, after = (
        calendar.at_or_after(at(day)) for day in ("2026-10-30 00:00", "2026-11-02 00:00")
    )

    assert before is not None
    assert after is not None
    assert text_of(before[0].ticks[0]) == "2026-10-30 11:00"
    assert text_of(after[0].ticks[0]) == "2026-11-02 12:00"


def test_open_time_is_cut_where_the_day_of_the_cap_ends() -> None:
    sydney = hours.Hours("Australia/Sydney", dt.time(7), dt.time(18), skip_holidays=False)
    calendar = a_calendar("2026-07-07 20:00", sydney)

    found = calendar.at_or_after(at("2026-07-07 21:00"))

    assert found is not None
    assert (text_of(found[0].opens), text_of(found[0].closes)) == (
        "2026-07-07 21:00",
        "2026-07-08 00:00",
    )


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        ("2026-07-08 10:59", False),
        ("2026-07-08 11:00", True),
        ("2026-07-08 22:00", False),
        ("2026-07-09 07:00", False),
        ("2026-09-09 11:00", True),
    ],
)
def test_a_calendar_that_was_asked_nothing_yet_knows_whether_it_is_open(
    instant: str, *, is_open: bool
) -> None:
    assert (a_calendar("2026-07-08 00:00").at(at(instant)) is not None) is is_open


def test_hours_that_never_open_have_no_run() -> None:
    closed = frozenset(dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(800))
    calendar = a_calendar(
        "2026-07-08 00:00", hours.Hours("UTC", dt.time(7), dt.time(8), closed=closed)
    )

    assert calendar.at_or_after(at("2026-07-08 00:00")) is None


def test_latest_starts_count_back_from_closing() -> None:
    calendar = a_calendar("2026-07-08 00:00", cron=EVERY_MINUTE)
    stretch, _ = calendar.at_or_after(at("2026-07-08 11:00")) or pytest.fail("never open")

    starts = calendar.latest_starts(stretch, 3600)

    assert [text_of(stretch.ticks[start]) for start in starts[:3]] == [
        "2026-07-08 21:59",
        "2026-07-08 20:59",
        "2026-07-08 19:59",
    ]
    assert len(starts) == 11
