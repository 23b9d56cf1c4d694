"""What keeps an account from sending more on a day. Pure."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from queueing.planning.slots import Binds, Timeline
from queueing.planning.ticks import Calendar


class Kind(StrEnum):
    """What binds; the value says what of it staff should know."""

    DAILY_CAP = "Too few accounts, or too low a daily cap"
    WARM_UP = "The warm-up"
    WEEKLY_CAP = "Too few accounts, or too low a weekly cap"
    HOURS = "The sending hours, at the accounts' spacing"
    RUNS = "Runs that are too seldom: each sends one request of an account"


@dataclass(frozen=True)
class Bound:
    """What binds on one day, and its figures in words."""

    kind: Kind
    detail: str


def bound_on(timeline: Timeline, calendar: Calendar, day: dt.date, last: int) -> Bound | None:
    """Return what kept an account from sending one more on a day; None where it could have.

    :param last: the run that sent the day's last one, in epoch seconds.
    """
    limit = timeline.limit_on(day)
    if timeline.sent_on(day) >= limit.value:
        is_warm_up = limit.source.startswith("warm-up")
        kind = Kind.WARM_UP if is_warm_up else Kind.DAILY_CAP
        return Bound(kind, f"daily cap {limit.value} ({limit.source})")
    instant, runs_unused = last + 1, 0
    while (found := calendar.at_or_after(instant)) and found[0].day == day:
        run = found[0].ticks[found[1]]
        blocked = timeline.why_not(calendar, run)
        if blocked is None:
            return None
        if blocked[0] == Binds.WEEKLY_CAP:
            weekly = timeline.terms.weekly
            return Bound(Kind.WEEKLY_CAP, f"weekly cap {weekly.value} ({weekly.source})")
        runs_unused += 1
        instant = run + 1
    if not runs_unused and timeline.uses_every_run(calendar, last):
        return Bound(Kind.RUNS, "every run is used")
    return Bound(Kind.HOURS, "closing time")
