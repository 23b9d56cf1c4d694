"""Sending hours where clocks change: gaps, overlaps, a date that a zone skipped."""

from dataclasses import replace
from datetime import time

from queueing.gates.hours import (
    next_opening,
)
from tests.queueing.gates.test_hours import ALWAYS, LORD_HOWE, NEW_YORK, spans, utc


def test_window_keeps_its_local_time_over_a_clock_change() -> None:
    assert spans(NEW_YORK, "2026-03-06T00:00", "2026-03-10T00:00") == [
        (utc("2026-03-06T12:00"), utc("2026-03-06T23:00")),
        (utc("2026-03-09T11:00"), utc("2026-03-09T22:00")),
    ]


def test_hour_that_comes_twice_is_open_twice() -> None:
    assert spans(LORD_HOWE, "2026-04-04T12:00", "2026-04-05T00:00") == [
        (utc("2026-04-04T14:30"), utc("2026-04-04T15:30"))
    ]


def test_windows_may_end_at_the_clock_change_itself() -> None:
    assert spans(LORD_HOWE, "2026-04-04T12:00", "2026-04-04T15:00") == [
        (utc("2026-04-04T14:30"), utc("2026-04-04T15:00"))
    ]


def test_window_that_ends_in_an_overlap_opens_again() -> None:
    hours = replace(LORD_HOWE, start=time(1), end=time(1, 45))

    assert spans(hours, "2026-04-04T12:00", "2026-04-05T00:00") == [
        (utc("2026-04-04T14:00"), utc("2026-04-04T14:45")),
        (utc("2026-04-04T15:00"), utc("2026-04-04T15:15")),
    ]


def test_window_in_a_gap_is_not_there_that_day() -> None:
    hours = replace(LORD_HOWE, start=time(2), end=time(2, 30))

    assert next_opening(hours, utc("2026-10-03T12:00")) == utc("2026-10-04T15:00")


def test_window_around_a_gap_is_one_shorter_span() -> None:
    hours = replace(ALWAYS, start=time(1), end=time(4))

    assert spans(hours, "2026-03-08T00:00", "2026-03-09T00:00") == [
        (utc("2026-03-08T06:00"), utc("2026-03-08T08:00"))
    ]


def test_date_that_a_zone_skipped_has_no_window() -> None:
    apia = replace(ALWAYS, timezone="Pacific/Apia", start=time(9), end=time(17))

    assert spans(apia, "2011-12-29T12:00", "2012-01-01T00:00") == [
        (utc("2011-12-29T19:00"), utc("2011-12-30T03:00")),  # Thursday 29
        (utc("2011-12-30T19:00"), utc("2011-12-31T03:00")),  # Saturday 31
        (utc("2011-12-31T19:00"), utc("2012-01-01T00:00")),
    ]
