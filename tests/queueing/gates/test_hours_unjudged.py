"""Hours that cannot be judged are closed and say so; hours that never open are told."""

import logging
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from queueing.gates.hours import (
    DayVerdict,
    Hours,
    closes_at,
    day_verdict,
    is_open,
    never_opens,
    next_opening,
    why_closed,
    windows,
)
from tests.queueing.gates.test_hours import (
    ALL_DAY,
    ALWAYS,
    LORD_HOWE,
    NEW_YORK,
    NIGHTS,
    utc,
)


@pytest.mark.parametrize(
    "key",
    ["Mars/Base", "", "../etc", "/etc/passwd", "america/new_york", "America", "posixrules", "a\0b"],
)
def test_unknown_zone_is_closed_and_raises_nothing(key: str) -> None:
    hours, at = replace(NEW_YORK, timezone=key), utc("2026-07-08T15:00")

    assert not is_open(hours, at)
    assert next_opening(hours, at) is None
    assert closes_at(hours, at) is None
    assert list(windows(hours, at, at + timedelta(days=9))) == []
    assert why_closed(hours, at) == f"unknown time zone {key!r}"
    assert day_verdict(hours, at.date()) == DayVerdict(False, f"unknown time zone {key!r}")


@pytest.mark.parametrize(
    ("country", "subdivision", "reason"),
    [
        ("XX", "", "unknown holiday country 'XX'"),
        ("", "", "unknown holiday country ''"),
        ("HolidayBase", "", "unknown holiday country 'HolidayBase'"),
        ("__name__", "", "unknown holiday country '__name__'"),
        ("US", "ZZ", "unknown holiday subdivision 'ZZ' of US"),
        ("US", "FM", "unknown holiday subdivision 'FM' of US"),  # deprecated by the library
    ],
)
def test_unknown_holiday_calendar_is_closed(country: str, subdivision: str, reason: str) -> None:
    hours = replace(NEW_YORK, holiday_country=country, holiday_subdivision=subdivision)
    at = utc("2026-07-08T15:00")

    assert not is_open(hours, at)
    assert next_opening(hours, at) is None
    assert why_closed(hours, at) == reason


def test_unknown_zone_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    hours = replace(NEW_YORK, timezone="Mars/Logged_Once")

    with caplog.at_level(logging.ERROR, logger="queueing.gates.hours"):
        for minute in range(3):
            is_open(hours, utc(f"2026-07-08T15:0{minute}"))

    assert [r.getMessage() for r in caplog.records] == [
        "Sending hours count as closed: unknown time zone 'Mars/Logged_Once'"
    ]


def test_naive_instants_are_refused() -> None:
    naive = datetime(2026, 7, 8, 12)  # noqa: DTZ001

    for question in (is_open, next_opening, closes_at, why_closed):
        with pytest.raises(ValueError, match="aware"):
            question(NEW_YORK, naive)
    with pytest.raises(ValueError, match="aware"):
        windows(NEW_YORK, naive, utc("2026-07-08T12:00"))


@pytest.mark.parametrize("year", [1, 1500, 2150, 9999])
@pytest.mark.parametrize("offset", [-12, 0, 14])
def test_far_away_years_are_closed(year: int, offset: int) -> None:
    zone = timezone(timedelta(hours=offset))
    for at in (datetime(year, 1, 1, tzinfo=zone), datetime(year, 12, 31, 23, 59, tzinfo=zone)):
        assert not is_open(ALWAYS, at)
        assert next_opening(ALWAYS, at) is None
        assert closes_at(ALWAYS, at) is None
        assert why_closed(ALWAYS, at) == "before 1900 or after 2099"


@pytest.mark.parametrize("hours", [NEW_YORK, NIGHTS, ALL_DAY, LORD_HOWE])
def test_sensible_hours_open(hours: Hours) -> None:
    assert never_opens(hours, utc("2026-07-08T12:00")) == ""


def test_hours_with_every_day_closed_never_open() -> None:
    now = utc("2026-07-08T12:00")
    days = frozenset(date(2026, 7, 1) + timedelta(days=n) for n in range(500))
    closed = replace(NEW_YORK, closed=days)

    assert never_opens(closed, now) == (
        "These hours do not open once in the 400 days from now"
        " (today: closed day). Remove closed days or change what is skipped."
    )
    assert never_opens(closed, now + timedelta(days=100)) == ""
