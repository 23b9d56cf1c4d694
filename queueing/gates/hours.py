"""Sending hours: open at this instant? when next? in which windows?

Pure: no models and no clock; every instant is an argument. One definition decides everything:
an instant is open when its local wall-clock time lies in the window [start, end) of a working
day. Wall time is read off the instant (UTC to local), never the other way round, so a wall time
that does not exist (clock put forward) is simply not met, and one that comes twice (clock put
back) is open both times.

A window over midnight (start after end) belongs to the day it starts on: Friday's runs into
Saturday morning even where weekends are skipped. Start equal to end is the whole local day. The
weekend is that of the holiday country, unless the hours name its days.

What cannot be judged is closed, never open: an unknown time zone, an unknown holiday country or
subdivision, a year the holiday calendar does not reach, days outside 1900 to 2099. The first
meeting with each is logged as an error, once per process and setting.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from campaigns.hours import calendars, zones

logger = logging.getLogger(__name__)

HORIZON_DAYS = 400  # more than a year: hours that open at all open in it

_DAY = timedelta(days=1)
_FIRST_YEAR, _LAST_YEAR = 1900, 2099
_MIN, _MAX = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
# A year beyond the days that can be open; arithmetic inside never overflows.
_EARLIEST = datetime(_FIRST_YEAR - 1, 1, 1, tzinfo=UTC)
_LATEST = datetime(_LAST_YEAR + 2, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Hours:
    """A SendingHours row as plain values; times are local and naive, dates are local."""

    timezone: str
    start: time
    end: time
    skip_weekends: bool = True
    skip_holidays: bool = True
    holiday_country: str = "US"
    holiday_subdivision: str = ""
    holiday_kinds: frozenset[str] = frozenset()  # beside public holidays
    weekend: frozenset[int] | None = None  # by `date.weekday`; None: the country's
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()  # working days whatever weekend or holiday says


@dataclass(frozen=True, slots=True)
class Span:
    """Open from `opens` up to, not including, `closes`; both UTC."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class DayVerdict:
    """Does a window start on this local date? `reason` is empty for an ordinary working day."""

    open: bool
    reason: str = ""


@lru_cache(maxsize=1024)  # one request asks the same for many accounts
def is_open(hours: Hours, at: datetime) -> bool:
    """Is sending allowed at the aware instant `at`? Settings that cannot be judged: False."""
    instant = _utc(at)
    if _fault(hours) or not _EARLIEST <= instant < _LATEST:
        return False
    local = _local(hours, instant)
    day = _window_day(hours, local)
    opens, closes = _wall_window(hours, day)
    return opens <= local < closes and day_verdict(hours, day).open


@lru_cache(maxsize=1024)
def next_opening(
    hours: Hours, after: datetime, horizon_days: int = HORIZON_DAYS
) -> datetime | None:
    """The first open instant at or after `after` (itself, if open), in UTC; None if the horizon
    holds none."""
    since = _utc(after)
    first = next(_spans(hours, since, _later(since, horizon_days)), None)
    return first.opens if first else None


def closes_at(hours: Hours, at: datetime, horizon_days: int = HORIZON_DAYS) -> datetime | None:
    """The end, in UTC, of the open span that holds `at`; None if closed at `at`.

    Spans that touch count as one. Hours that stay open through the horizon answer its end,
    `at` + `horizon_days`.
    """
    if not is_open(hours, at):
        return None
    since = _utc(at)
    return next(windows(hours, since, _later(since, horizon_days))).closes


def windows(hours: Hours, since: datetime, until: datetime) -> Iterator[Span]:
    """The open spans in [since, until) in order, clipped to it; spans that touch are one.

    Lazy: a caller may ask for years and stop early. Naive arguments raise ValueError at once.
    """
    return _merged(_spans(hours, _utc(since), _utc(until)))


def opening_after_days(hours: Hours, since: datetime, days: int) -> datetime | None:
    """When the `days`-th working day after the local date of `since` opens, in UTC.

    A working day is one on which a window starts. None where the horizon has too few.
    """
    day, left = _local(hours, since).date(), days
    for _ in range(HORIZON_DAYS):
        day += _DAY
        left -= day_verdict(hours, day).open
        if left <= 0:
            opens, _ = _wall_window(hours, day)
            return next_opening(hours, opens.replace(tzinfo=zones.zone(hours.timezone)))
    return None


def open_seconds_per_day(hours: Hours) -> int:
    """Nominal length of a working day's window in wall-clock seconds; 86400 for all day."""
    opens, closes = _wall_window(hours, date(2000, 1, 1))
    return int((closes - opens).total_seconds())


def day_verdict(hours: Hours, day: date) -> DayVerdict:
    """Does a window start on the local date `day`, and what decided it?

    Reasons: "closed day", "opened day", "weekend", "holiday: <name in English>", or why the day
    cannot be judged. A date both closed and opened is closed.
    """
    if fault := _fault(hours):
        return DayVerdict(open=False, reason=fault)
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        return DayVerdict(open=False, reason=f"before {_FIRST_YEAR} or after {_LAST_YEAR}")
    if day in hours.closed:
        return DayVerdict(open=False, reason="closed day")
    if day in hours.opened:
        return DayVerdict(open=True, reason="opened day")
    if hours.skip_weekends and _is_weekend(hours, day):
        return DayVerdict(open=False, reason="weekend")
    if not hours.skip_holidays:
        return DayVerdict(open=True)
    calendar = holidays_of(hours, day.year)
    if calendar is None:
        reason = f"no holiday calendar for {hours.holiday_country} in {day.year}"
        return DayVerdict(open=False, reason=reason)
    name = calendar.get(day)
    return DayVerdict(open=False, reason=f"holiday: {name}") if name else DayVerdict(open=True)


def holidays_of(hours: Hours, year: int) -> Mapping[date, str] | None:
    """The days of a year that are skipped as holidays, and their names; None: not known."""
    country = hours.holiday_country
    found = calendars.days(country, hours.holiday_subdivision, year, hours.holiday_kinds)
    if found is None:
        _log_no_calendar(country, year)
    return found


def _is_weekend(hours: Hours, day: date) -> bool:
    if hours.weekend is not None:
        return day.weekday() in hours.weekend
    return calendars.is_weekend(hours.holiday_country, hours.holiday_subdivision, day)


@lru_cache(maxsize=1024)
def why_closed(hours: Hours, at: datetime) -> str:
    """Why `at` is closed, in a few words for staff; "" if it is open."""
    instant = _utc(at)
    if is_open(hours, instant):
        return ""
    if fault := _fault(hours):
        return fault
    local = _local(hours, min(max(instant, _EARLIEST), _LATEST))
    day = _window_day(hours, local)
    verdict = day_verdict(hours, day)
    if verdict.open:
        window = f"{hours.start:%H:%M}\N{EN DASH}{hours.end:%H:%M}"
        return f"outside {window} {hours.timezone} (now {local:%a %H:%M})"
    if day != local.date():
        return f"{verdict.reason} (window of {day:%a} {day.isoformat()})"
    return verdict.reason


def never_opens(hours: Hours, now: datetime) -> str:
    """What a form says of hours that do not open in the 400 days from `now`; "" if they do.

    Closed days or a holiday calendar that ends can bring this about; one field alone cannot tell.
    """
    if next_opening(hours, now) is not None:
        return ""
    if ended := calendar_ends(hours, now):
        return f"These hours do not open once in the {HORIZON_DAYS} days from now. {ended}"
    return (
        f"These hours do not open once in the {HORIZON_DAYS} days from now"
        f" (today: {why_closed(hours, now)}). Remove closed days or change what is skipped."
    )


def calendar_ends(hours: Hours, now: datetime) -> str:
    """What staff are told where the holiday calendar ends in the 400 days from `now`, or has ended.

    "" where it reaches further, and where no holidays are skipped.
    """
    if not hours.skip_holidays or _fault(hours):
        return ""
    last = calendars.last_year(hours.holiday_country)
    if last >= min(_later(_utc(now), HORIZON_DAYS).year, _LAST_YEAR):
        return ""
    return (
        f"The holiday calendar of {hours.holiday_country} ends with {last}: from {last + 1}-01-01 "
        "on no day is open, since nobody knows the holidays. Install a newer release of the "
        "package “holidays”; or do not skip holidays any more, and enter them as closed days."
    )


def _utc(at: datetime) -> datetime:
    if at.utcoffset() is None:
        raise ValueError(f"an aware datetime is needed, not the naive {at.isoformat()}")
    try:
        return at.astimezone(UTC)
    except OverflowError:  # within a day of datetime.min or .max, far outside what can be open
        return _MIN if at.year == 1 else _MAX


def _later(since: datetime, days: int) -> datetime:
    try:
        return since + timedelta(days=days)
    except OverflowError:
        return _MAX


def _local(hours: Hours, instant: datetime) -> datetime:
    """The naive wall-clock time of an instant."""
    return instant.astimezone(zones.zone(hours.timezone)).replace(tzinfo=None)


def _window_day(hours: Hours, local: datetime) -> date:
    """The day whose window a wall-clock time falls in, if it falls in any."""
    over_midnight = hours.start > hours.end and local.time() < hours.end
    return local.date() - _DAY if over_midnight else local.date()


def _wall_window(hours: Hours, day: date) -> tuple[datetime, datetime]:
    """The window that starts on `day`, in naive wall-clock time."""
    if hours.start == hours.end:
        midnight = datetime.combine(day, time.min)
        return midnight, midnight + _DAY
    opens, closes = datetime.combine(day, hours.start), datetime.combine(day, hours.end)
    return opens, closes if opens < closes else closes + _DAY


def _spans(hours: Hours, since: datetime, until: datetime) -> Iterator[Span]:
    """The open spans of [since, until), one per day and stretch, in order and never overlapping.

    Inside a stretch the offset is constant, so wall time and UTC differ by a plain shift and the
    open instants are the wall windows, shifted and clipped.
    """
    if _fault(hours):
        return
    since, until = max(since, _EARLIEST), min(until, _LATEST)
    for begin, end, offset in zones.stretches(hours.timezone, since, until):
        day = (begin + offset).date() - _DAY  # yesterday's window may run over midnight
        last = (end + offset).date()
        while day <= last:
            if day_verdict(hours, day).open:
                opens, closes = (w.replace(tzinfo=UTC) - offset for w in _wall_window(hours, day))
                if max(opens, begin) < min(closes, end):
                    yield Span(max(opens, begin), min(closes, end))
            day += _DAY


def _merged(spans: Iterator[Span]) -> Iterator[Span]:
    current = next(spans, None)
    for span in spans:
        if current and span.opens == current.closes:
            current = Span(current.opens, span.closes)
        else:
            if current:
                yield current
            current = span
    if current:
        yield current


def _fault(hours: Hours) -> str:
    """Why nothing can be said about these hours on any day; "" if all is well."""
    if hours.skip_holidays:
        return _setting_fault(hours.timezone, hours.holiday_country, hours.holiday_subdivision)
    return _setting_fault(hours.timezone, None, "")


@lru_cache(maxsize=1024)  # also makes the log speak once per process and setting
def _setting_fault(key: str, country: str | None, subdivision: str) -> str:
    fault = ""
    if key not in zones.names():
        fault = f"unknown time zone {key!r}"
    elif country is not None and country not in calendars.countries():
        fault = f"unknown holiday country {country!r}"
    elif country is not None and not calendars.is_subdivision(country, subdivision):
        fault = f"unknown holiday subdivision {subdivision!r} of {country}"
    if fault:
        logger.error("Sending hours count as closed: %s", fault)
    return fault


@lru_cache(maxsize=1024)
def _log_no_calendar(country: str, year: int) -> None:
    logger.error("Days count as closed: no holiday calendar for %s in %s", country, year)
