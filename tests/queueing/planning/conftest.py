"""Plain values for the pure parts of planning."""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from queueing.gates import hours, limits
from queueing.gates.ticker import ticker
from queueing.planning.slots import Terms, Timeline
from queueing.planning.ticks import Calendar

UTC = dt.UTC
POLICY = limits.Policy(
    type_daily={"free": 20, "premium": 50, "sales_navigator": 100},
    type_weekly={"free": 100, "premium": 200, "sales_navigator": 200},
    tier_daily={},
    warm_up_first_day=5,
    warm_up_days=14,
    spacing_floor_seconds=90,
    day_zone=ZoneInfo("UTC"),
)
NEW_YORK = hours.Hours("America/New_York", dt.time(7), dt.time(18))
HALF_HOURLY, EVERY_MINUTE = "*/30 * * * *", "* * * * *"


def at(text: str) -> int:
    """Read `2026-07-08 16:00`, in UTC, as epoch seconds."""
    return int(dt.datetime.fromisoformat(f"{text}+00:00").timestamp())


def text_of(seconds: int) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"


def a_calendar(
    since: str, sending_hours: hours.Hours = NEW_YORK, cron: str = HALF_HOURLY
) -> Calendar:
    return Calendar(sending_hours, ticker(cron), POLICY.day_zone, at(since))


def a_timeline(
    now: str,
    *,
    daily: int = 20,
    weekly: int = 100,
    own_gap: int | None = None,
    sent: Sequence[str] = (),
    rests_until: str = "1970-01-01 00:00",
) -> Timeline:
    terms = Terms(
        daily=lambda day: limits.Limit(daily, "set on the account"),
        weekly=limits.Limit(weekly, "account type"),
        own_gap=own_gap,
        policy=POLICY,
        rests_until=at(rests_until),
    )
    return Timeline(terms, at(now), [at(instant) for instant in sent])
