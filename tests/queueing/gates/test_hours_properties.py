"""Sending hours against a walk, minute by minute, that shares no code with them but the zone."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import holidays
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.hours import zones
from queueing.gates.hours import (
    Hours,
    closes_at,
    is_open,
    never_opens,
    next_opening,
    why_closed,
    windows,
)
from tests import thorough

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TICK = timedelta.resolution
US_HOLIDAYS = holidays.country_holidays("US")

# Zones and the instant of a clock change that is unusual in size, hour or date.
ODD_CHANGES = [
    ("Australia/Lord_Howe", "2026-04-04T15:00"),  # half an hour back
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Pacific/Apia", "2011-12-30T10:00"),  # a date skipped
    ("Pacific/Kwajalein", "1993-08-21T12:00"),
    ("Pacific/Fakaofo", "2011-12-30T11:00"),
    ("America/Sao_Paulo", "2018-11-04T03:00"),  # midnight does not exist
    ("America/Sao_Paulo", "2019-02-17T02:00"),  # back to the day before
    ("Asia/Beirut", "2025-10-25T21:00"),
    ("America/Havana", "2026-11-01T05:00"),
    ("Africa/Monrovia", "1972-01-07T00:44:30"),  # offset with seconds
    ("Africa/Casablanca", "2026-02-15T02:00"),  # Ramadan
    ("Antarctica/Troll", "2026-03-29T01:00"),  # two hours
    ("Asia/Pyongyang", "2018-05-04T15:00"),
    ("Asia/Kathmandu", "1985-12-31T18:30"),
    ("America/Caracas", "2016-05-01T07:00"),
    ("Europe/Dublin", "2026-10-25T01:00"),
    ("America/Nuuk", "2026-03-29T01:00"),
    ("Pacific/Chatham", "2026-04-04T14:00"),
    ("Europe/Amsterdam", "1937-06-30T23:40"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
]


@lru_cache(maxsize=512)
def clock_changes(key: str, year: int) -> list[datetime]:
    """Hours of a year after which the zone's offset is another."""
    zone, at, found = zones.zone(key), datetime(year, 1, 1, tzinfo=UTC), []
    while at.year == year:
        if at.astimezone(zone).utcoffset() != (at + HOUR).astimezone(zone).utcoffset():
            found.append(at)
        at += HOUR
    return found


@st.composite
def zones_and_instants(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and a whole minute, mostly within two days of a clock change."""
    if draw(st.booleans()):
        key, text = draw(st.sampled_from(ODD_CHANGES))
        base = datetime.fromisoformat(text).replace(second=0, tzinfo=UTC)
    else:
        key = draw(st.sampled_from(sorted(zones.names())))
        year = draw(st.integers(1910, 2090))
        usual = datetime(year, draw(st.integers(1, 12)), draw(st.integers(1, 28)), tzinfo=UTC)
        base = draw(st.sampled_from([usual, *clock_changes(key, year)]))
    return key, base - draw(st.integers(0, 2 * 24 * 60)) * MINUTE


def wall_times() -> st.SearchStrategy[time]:
    quarters = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45]))
    return quarters | st.times().map(lambda t: t.replace(second=0, microsecond=0))


def sets_of_days(around: date) -> st.SearchStrategy[frozenset[date]]:
    days = st.integers(-2, 12).map(lambda n: around + n * DAY)
    return st.frozensets(days, max_size=5)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Hours, datetime]:
    key, since = draw(zones_and_instants())
    hours = Hours(
        timezone=key,
        start=draw(wall_times()),
        end=draw(wall_times()),
        skip_weekends=draw(st.booleans()),
        skip_holidays=draw(st.booleans()),
        closed=draw(sets_of_days(since.date())),
        opened=draw(sets_of_days(since.date())),
    )
    return hours, since


def walk_says(hours: Hours, at: datetime) -> bool:
    """The definition: look at the wall clock, find the window's day, ask whether it is worked."""
    wall = at.astimezone(zones.zone(hours.timezone))
    clock, day = wall.time(), wall.date()
    if hours.start < hours.end:
        inside = hours.start <= clock < hours.end
    elif hours.start > hours.end:
        inside = clock >= hours.start or clock < hours.end
        day = day if clock >= hours.start else day - DAY
    else:
        inside = True
    off = (hours.skip_weekends and day.strftime("%w") in "06") or (
        hours.skip_holidays and day in US_HOLIDAYS
    )
    return inside and day not in hours.closed and (day in hours.opened or not off)


def minutes(since: datetime, days: int) -> list[datetime]:
    return [since + n * MINUTE for n in range(days * 24 * 60)]


@settings(max_examples=thorough.of(100), deadline=None)
@given(cases())
def test_is_open_at_every_minute(case: tuple[Hours, datetime]) -> None:
    hours, since = case

    wrong = [at for at in minutes(since, 4) if is_open(hours, at) != walk_says(hours, at)]

    assert wrong == []


@settings(max_examples=thorough.of(150), deadline=None)
@given(cases())
def test_windows_hold_exactly_the_open_minutes(case: tuple[Hours, datetime]) -> None:
    hours, since = case
    until = since + 4 * DAY

    spans = list(windows(hours, since, until))

    held = {at for at in minutes(since, 4) if any(s.opens <= at < s.closes for s in spans)}
    assert held == {at for at in minutes(since, 4) if walk_says(hours, at)}
    for span in spans:
        assert since <= span.opens < span.closes <= until
        assert walk_says(hours, span.opens)
        assert walk_says(hours, span.closes - TICK)
        assert span.opens == since or not walk_says(hours, span.opens - TICK)
        assert span.closes == until or not walk_says(hours, span.closes)


@settings(max_examples=thorough.of(150), deadline=None)
@given(cases())
def test_next_opening_is_the_first_open_instant(case: tuple[Hours, datetime]) -> None:
    hours, after = case

    found = next_opening(hours, after, horizon_days=5)

    first = next((at for at in minutes(after, 5) if walk_says(hours, at)), None)
    if found is None:
        assert first is None
    else:
        assert after <= found < after + 5 * DAY
        assert walk_says(hours, found)
        assert found == after or not walk_says(hours, found - TICK)
        assert first is None or found <= first
        assert first is None or first - found < MINUTE  # offsets may hold seconds


@settings(max_examples=thorough.of(150), deadline=None)
@given(cases())
def test_closes_at_is_the_first_closed_instant(case: tuple[Hours, datetime]) -> None:
    hours, at = case

    found = closes_at(hours, at, horizon_days=5)

    if found is None:
        assert not walk_says(hours, at)
    else:
        assert all(walk_says(hours, minute) for minute in minutes(at, 5) if minute < found)
        assert found == at + 5 * DAY or not walk_says(hours, found)


@settings(max_examples=thorough.of(200), deadline=None)
@given(cases())
def test_a_reason_is_given_exactly_when_closed(case: tuple[Hours, datetime]) -> None:
    hours, at = case

    assert bool(why_closed(hours, at)) is not walk_says(hours, at)


@settings(max_examples=thorough.of(300), deadline=None)
@given(
    key=st.sampled_from(sorted(zones.names())) | st.text(max_size=20),
    country=st.sampled_from(["US", "DE", "IL"]) | st.text(max_size=4),
    subdivision=st.just("") | st.text(max_size=3),
    window=st.tuples(st.times(), st.times()),
    at=st.datetimes(
        min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        max_value=datetime(9998, 12, 31),  # noqa: DTZ001
        timezones=st.timezones() | st.just(UTC),
    ),
    now=st.datetimes(timezones=st.just(UTC)),
)
def test_nothing_raises_whatever_is_asked(
    key: str,
    country: str,
    subdivision: str,
    window: tuple[time, time],
    at: datetime,
    now: datetime,
) -> None:
    hours = Hours(key, *window, holiday_country=country, holiday_subdivision=subdivision)

    opening = next_opening(hours, at)

    opens_now = opening == at.astimezone(UTC)
    assert is_open(hours, at) is opens_now
    assert (closes_at(hours, at) is not None) is opens_now
    assert bool(why_closed(hours, at)) is not opens_now
    assert bool(never_opens(hours, now)) is (next_opening(hours, now) is None)
