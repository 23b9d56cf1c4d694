"""Exact examples of sending hours; test_hours_properties.py holds the rules in general."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from campaigns.hours import zones
from queueing.gates.hours import (
    DayVerdict,
    Hours,
    Span,
    calendar_ends,
    closes_at,
    day_verdict,
    is_open,
    never_opens,
    next_opening,
    open_seconds_per_day,
    why_closed,
    windows,
)

NEW_YORK = Hours("America/New_York", time(7), time(18))
NIGHTS = replace(NEW_YORK, start=time(22), end=time(6))
ALL_DAY = replace(NEW_YORK, start=time(0), end=time(0))
ALWAYS = replace(ALL_DAY, skip_weekends=False, skip_holidays=False)


LORD_HOWE = Hours(
    "Australia/Lord_Howe", time(1, 30), time(2), skip_weekends=False, skip_holidays=False
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(hours: Hours, text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zones.zone(hours.timezone))


def spans(hours: Hours, since: str, until: str) -> list[tuple[datetime, datetime]]:
    return [(s.opens, s.closes) for s in windows(hours, utc(since), utc(until))]


# The window of one day


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-07-08T06:59:59.999999", False),
        ("2026-07-08T07:00", True),
        ("2026-07-08T17:59:59.999999", True),
        ("2026-07-08T18:00", False),
    ],
)
def test_window_is_half_open_in_local_time(at: str, expected: bool) -> None:
    assert is_open(NEW_YORK, local(NEW_YORK, at)) is expected


def test_zone_of_the_question_does_not_matter() -> None:
    seven = utc("2026-07-08T11:00")

    assert is_open(NEW_YORK, seven)
    assert is_open(NEW_YORK, seven.astimezone(timezone(timedelta(hours=9))))


def test_window_over_midnight_belongs_to_the_day_it_starts_on() -> None:
    assert is_open(NIGHTS, local(NIGHTS, "2026-07-11T05:59"))  # Saturday: Friday's window
    assert not is_open(NIGHTS, local(NIGHTS, "2026-07-11T22:00"))  # Saturday's own
    assert not is_open(NIGHTS, local(NIGHTS, "2026-07-13T02:00"))  # Monday: Sunday's window
    assert is_open(NIGHTS, local(NIGHTS, "2026-07-13T22:00"))


def test_equal_start_and_end_is_the_whole_local_day_whatever_the_time() -> None:
    noon_to_noon = replace(ALL_DAY, start=time(12), end=time(12))

    assert is_open(noon_to_noon, local(noon_to_noon, "2026-07-13T00:00"))
    assert not is_open(noon_to_noon, local(noon_to_noon, "2026-07-12T23:59"))


@pytest.mark.parametrize(
    ("hours", "seconds"), [(NEW_YORK, 39_600), (NIGHTS, 28_800), (ALL_DAY, 86_400)]
)
def test_open_seconds_per_day(hours: Hours, seconds: int) -> None:
    assert open_seconds_per_day(hours) == seconds


# Which days


@pytest.mark.parametrize(
    ("day", "verdict"),
    [
        (date(2026, 7, 8), DayVerdict(True)),
        (date(2026, 7, 11), DayVerdict(False, "weekend")),
        (date(2026, 11, 26), DayVerdict(False, "holiday: Thanksgiving Day")),
        (date(2026, 7, 3), DayVerdict(False, "holiday: Independence Day (observed)")),
        (date(2027, 12, 31), DayVerdict(False, "holiday: New Year's Day (observed)")),
        (date(1899, 12, 29), DayVerdict(False, "before 1900 or after 2099")),
        (date.max, DayVerdict(False, "before 1900 or after 2099")),
    ],
)
def test_day_verdict(day: date, verdict: DayVerdict) -> None:
    assert day_verdict(NEW_YORK, day) == verdict


def test_subdivision_adds_its_holidays() -> None:
    germany = Hours("Europe/Berlin", time(9), time(17), holiday_country="DE")
    bavaria = replace(germany, holiday_subdivision="BY")
    epiphany = date(2027, 1, 6)

    assert day_verdict(germany, epiphany).open
    assert day_verdict(bavaria, epiphany) == DayVerdict(False, "holiday: Epiphany")


def days_off(hours: Hours, monday: str) -> list[str]:
    """The days of a week on which the hours are closed for a weekend."""
    week = [date.fromisoformat(monday) + timedelta(days=number) for number in range(7)]
    return [f"{day:%a}" for day in week if day_verdict(hours, day).reason == "weekend"]


@pytest.mark.parametrize(
    ("country", "subdivision", "off"),
    [
        ("US", "", ["Sat", "Sun"]),
        ("IL", "", ["Fri", "Sat"]),
        ("EG", "", ["Fri", "Sat"]),
        ("IR", "", ["Fri"]),
        ("BN", "", ["Fri", "Sun"]),
        ("AE", "", ["Sat", "Sun"]),
        ("MY", "", ["Sat", "Sun"]),
        ("MY", "KDH", ["Fri", "Sat"]),
        ("", "", ["Sat", "Sun"]),
    ],
)
def test_the_weekend_is_that_of_the_country(country: str, subdivision: str, off: list[str]) -> None:
    hours = replace(
        NEW_YORK, skip_holidays=False, holiday_country=country, holiday_subdivision=subdivision
    )

    assert days_off(hours, "2027-02-01") == off


def test_a_weekend_that_moved_is_that_of_its_time() -> None:
    emirates = replace(NEW_YORK, skip_holidays=False, holiday_country="AE")

    assert days_off(emirates, "2021-12-13") == ["Fri", "Sat"]
    assert days_off(emirates, "2022-01-10") == ["Sat", "Sun"]


def test_a_weekend_of_ones_own_comes_first() -> None:
    fridays = replace(NEW_YORK, weekend=frozenset({4}))

    assert days_off(fridays, "2027-02-01") == ["Fri"]
    assert days_off(replace(fridays, skip_weekends=False), "2027-02-01") == []


@pytest.mark.parametrize(
    ("country", "kind", "day", "name"),
    [
        ("BR", "optional", "2027-02-09", "Carnival"),
        ("SE", "de_facto", "2027-12-24", "Christmas Eve"),
        ("CA", "government", "2027-10-11", "Thanksgiving Day"),
        ("SE", "bank", "2027-03-25", "Maundy Thursday (from 2pm)"),
    ],
)
def test_days_of_other_kinds_are_worked_unless_chosen(
    country: str, kind: str, day: str, name: str
) -> None:
    hours = replace(NEW_YORK, holiday_country=country)
    chosen = replace(hours, holiday_kinds=frozenset({kind, "unofficial"}))

    assert day_verdict(hours, date.fromisoformat(day)).open
    assert day_verdict(chosen, date.fromisoformat(day)) == DayVerdict(False, f"holiday: {name}")


SRI_LANKA = Hours("Asia/Colombo", time(9), time(17), holiday_country="LK")  # ends with 2026


@pytest.mark.parametrize("now", ["2025-12-01T00:00", "2026-11-28T00:00", "2027-03-01T00:00"])
def test_a_calendar_that_ends_is_told_before_and_after(now: str) -> None:
    told = calendar_ends(SRI_LANKA, utc(now))

    assert told.startswith("The holiday calendar of LK ends with 2026: from 2027-01-01 on no day")


@pytest.mark.parametrize(
    "hours",
    [NEW_YORK, replace(SRI_LANKA, skip_holidays=False), replace(SRI_LANKA, timezone="Mars/Base")],
)
def test_other_calendars_are_told_nothing_of(hours: Hours) -> None:
    assert calendar_ends(hours, utc("2026-11-28T00:00")) == ""
    assert calendar_ends(SRI_LANKA, utc("2025-11-20T00:00")) == ""  # 400 days are in 2026


def test_hours_that_a_calendar_closed_say_so() -> None:
    told = never_opens(SRI_LANKA, utc("2027-03-01T00:00"))

    assert "do not open once in the 400 days from now. The holiday calendar of LK ends" in told


def test_single_days_are_closed_or_lifted() -> None:
    thanksgiving, saturday, wednesday = date(2026, 11, 26), date(2026, 7, 11), date(2026, 7, 8)
    hours = replace(
        NEW_YORK,
        opened=frozenset({thanksgiving, saturday}),
        closed=frozenset({wednesday}),
    )

    assert day_verdict(hours, thanksgiving) == DayVerdict(True, "opened day")
    assert day_verdict(hours, saturday) == DayVerdict(True, "opened day")
    assert day_verdict(hours, wednesday) == DayVerdict(False, "closed day")
    assert is_open(hours, local(hours, "2026-07-11T10:00"))


def test_day_both_closed_and_lifted_is_closed() -> None:
    day = frozenset({date(2026, 7, 8)})

    verdict = day_verdict(replace(NEW_YORK, opened=day, closed=day), date(2026, 7, 8))

    assert verdict == DayVerdict(False, "closed day")


def test_holidays_not_skipped_need_no_country() -> None:
    hours = replace(NEW_YORK, skip_holidays=False, holiday_country="Atlantis")

    assert is_open(hours, local(hours, "2026-11-26T10:00"))


def test_year_without_a_holiday_calendar_is_closed() -> None:
    before_independence = Hours("Europe/Kyiv", time(9), time(17), holiday_country="UA")

    verdict = day_verdict(before_independence, date(1980, 6, 4))

    assert verdict == DayVerdict(False, "no holiday calendar for UA in 1980")


def test_year_of_which_the_holiday_calendar_warns_raises_nothing() -> None:
    india = Hours("Asia/Kolkata", time(9), time(17), holiday_country="IN")

    assert day_verdict(india, date(2040, 1, 26)) == DayVerdict(False, "holiday: Republic Day")


# What comes next


def test_next_opening_of_an_open_instant_is_itself() -> None:
    at = local(NEW_YORK, "2026-07-08T09:30:15")

    assert next_opening(NEW_YORK, at) == at
    assert next_opening(NEW_YORK, at).tzinfo is UTC  # type: ignore[union-attr]


def test_next_opening_steps_over_holiday_and_weekend() -> None:
    thursday_evening = local(NEW_YORK, "2026-07-02T18:00")

    assert next_opening(NEW_YORK, thursday_evening) == utc("2026-07-06T11:00")


def test_next_opening_beyond_the_horizon_is_none() -> None:
    friday_evening = local(NEW_YORK, "2026-07-10T18:00")

    assert next_opening(NEW_YORK, friday_evening, horizon_days=2) is None
    assert next_opening(NEW_YORK, friday_evening, horizon_days=3) == utc("2026-07-13T11:00")


def test_closes_at_ends_the_window() -> None:
    assert closes_at(NEW_YORK, local(NEW_YORK, "2026-07-08T07:00")) == utc("2026-07-08T22:00")
    assert closes_at(NEW_YORK, local(NEW_YORK, "2026-07-08T18:00")) is None


def test_closes_at_joins_days_that_touch() -> None:
    assert closes_at(ALL_DAY, local(ALL_DAY, "2026-07-07T13:00")) == utc("2026-07-11T04:00")


def test_closes_at_of_hours_that_never_close_is_the_horizon() -> None:
    at = utc("2026-07-08T12:00")

    assert closes_at(ALWAYS, at) == at + timedelta(days=400)


def test_windows_are_clipped() -> None:
    assert spans(NEW_YORK, "2026-07-08T12:00", "2026-07-09T12:00") == [
        (utc("2026-07-08T12:00"), utc("2026-07-08T22:00")),
        (utc("2026-07-09T11:00"), utc("2026-07-09T12:00")),
    ]
    assert spans(NEW_YORK, "2026-07-09T12:00", "2026-07-08T12:00") == []


def test_windows_are_lazy() -> None:
    centuries = windows(NEW_YORK, utc("1990-01-01T00:00"), datetime.max.replace(tzinfo=UTC))

    assert next(centuries) == Span(utc("1990-01-02T12:00"), utc("1990-01-02T23:00"))


# Why closed


@pytest.mark.parametrize(
    ("hours", "at", "reason"),
    [
        (NEW_YORK, "2026-07-08T12:00", ""),
        (
            NEW_YORK,
            "2026-07-08T20:05",
            "outside 07:00\N{EN DASH}18:00 America/New_York (now Wed 20:05)",
        ),
        (NEW_YORK, "2026-07-11T11:20", "weekend"),
        (NEW_YORK, "2026-07-03T11:20", "holiday: Independence Day (observed)"),
        (NIGHTS, "2026-07-13T02:00", "weekend (window of Sun 2026-07-12)"),
        (NEW_YORK, "1500-01-01T12:00", "before 1900 or after 2099"),
    ],
)
def test_why_closed(hours: Hours, at: str, reason: str) -> None:
    assert why_closed(hours, local(hours, at)) == reason
