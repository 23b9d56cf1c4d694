"""How people read an instant: by their own clock. Pure; what is kept, and what texts hold, is UTC.

Texts that SendQ keeps or makes below its pages (the log, reasons, the gates' answers) hold instants
as `2026-07-08 12:00 UTC`; whatever shows them to somebody puts that person's clock in the place.
"""

import datetime as dt
import re
from zoneinfo import ZoneInfo

_INSTANT = re.compile(r"\b(\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)?) UTC\b")
_DAY = dt.timedelta(days=1)
_NEAR = {-1: "yesterday", 0: "today", 1: "tomorrow"}


def utc(instant: dt.datetime) -> str:
    """Return an instant as texts hold it."""
    return f"{instant.astimezone(dt.UTC):%Y-%m-%d %H:%M} UTC"


def said(instant: dt.datetime, zone: ZoneInfo, now: dt.datetime) -> str:
    """Return an instant as whoever lives in `zone` says it: “today 9:43 pm”."""
    try:
        local = instant.astimezone(zone)
    except OverflowError:  # at an end of the calendar: typed by mistake, long ago or far ahead
        local = instant
    today = now.astimezone(zone).date()
    near = _NEAR.get((local.date() - today).days)
    return (
        f"{near} {time_said(local)}" if near else f"{date_said(local, today)}, {time_said(local)}"
    )


def day_said(day: dt.date, today: dt.date) -> str:
    """Return a day as people say it: “today”, “Mon 30 Nov”, of another year “Mon 30 Nov 2027”."""
    return _NEAR.get((day - today).days) or date_said(day, today)


def date_said(day: dt.date, today: dt.date) -> str:
    """Return a day by its date alone, for texts that do not know in which zone they are read."""
    year = f" {day.year}" if day.year != today.year else ""
    return f"{day:%a} {day.day} {day:%b}{year}"


def time_said(local: dt.datetime | dt.time) -> str:
    """Return a wall-clock time as people say it: “9:43 pm”."""
    return f"{local.hour % 12 or 12}:{local.minute:02} {'pm' if local.hour >= 12 else 'am'}"


def in_text(text: str, zone: ZoneInfo, now: dt.datetime) -> str:
    """Put the clock of `zone` in the place of the instants that a text holds in UTC."""

    def own(found: re.Match[str]) -> str:
        try:
            instant = dt.datetime.fromisoformat(found[1]).replace(tzinfo=dt.UTC)
            return said(instant, zone, now)
        except (ValueError, OverflowError):  # typed by somebody: no day, or none with neighbours
            return found[0]

    return _INSTANT.sub(own, text)


def city(key: str) -> str:
    """Return what people call a zone: “New York” of America/New_York."""
    return key.rpartition("/")[2].replace("_", " ")
