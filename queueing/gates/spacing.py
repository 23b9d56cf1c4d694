"""How far apart an account's requests are, fitted to the instants at which runs start. Pure.

A gap that no number of runs makes up would cost every other run: of a gap of 11 minutes runs every
10 minutes make one of 20. So an automatic gap is shortened to what the runs offer, never by more
than it takes: whoever lets runs start more often never sends less.
"""

import datetime as dt
import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

from campaigns.hours import zones
from queueing.gates import hours, limits
from queueing.gates.ticker import ticker

# A run starts a little after its tick and records its sends a little after that. More would be
# safer where runs are long, but cost accounts whose gap is nearly a run's interval every other run.
LATENESS_SECONDS = 30
SLACK_SECONDS = 2 * LATENESS_SECONDS

_DAY = dt.timedelta(days=1)


def gap_seconds(
    policy: limits.Policy, *, own: int | None, kept: hours.Hours, daily: int, on: dt.date
) -> int:
    """Return the shortest time between two sends of an account, in seconds.

    :param own: the account's own gap, which is taken as it is.
    :param kept: the hours of the campaign.
    :param daily: the account's limit of the day.
    """
    seconds = hours.open_seconds_per_day(kept)
    widest = limits.gap_seconds(policy, own=own, open_seconds=seconds, daily=daily)
    if own is not None or not policy.cron:
        return widest
    floor = policy.spacing_floor_seconds
    return _fitted(kept, policy.cron, widest, floor, daily, on.replace(day=1))


def distance_seconds(
    policy: limits.Policy, *, own: int | None, kept: hours.Hours, daily: int, on: dt.date
) -> int:
    """Return how far apart two runs must start that both send for an account, in seconds.

    A send is recorded a little after its run's start. For an account's own gap a run waits, so that
    it costs no run more than it must. One second at least: a run sends one.
    """
    gap = gap_seconds(policy, own=own, kept=kept, daily=daily, on=on)
    return max(gap, 1) if own is not None else gap + LATENESS_SECONDS


@lru_cache(maxsize=4096)
def _fitted(
    kept: hours.Hours, cron: str, widest: int, floor: int, daily: int, since: dt.date
) -> int:
    """Return the widest gap with which a full day's runs reach the limit, else the narrowest.

    Runs that are hardly further apart than the widest gap count too: late as they are, they would
    else miss it. One that is shortened is so by some seconds more, for runs are late and calls take
    time; never by so many that a further run would do.
    """
    runs = _of_a_full_day(kept, cron, zones.zone(kept.timezone), since)
    if most_in(runs, widest + LATENESS_SECONDS) >= daily:
        return widest
    offered = _distances(runs, floor + LATENESS_SECONDS, widest + SLACK_SECONDS)
    if not offered:
        return widest
    reaching = [gap for gap in offered if most_in(runs, gap) >= daily]
    chosen = reaching[-1] if reaching else offered[0]
    narrower = max(_distances(runs, 1, chosen - 1), default=0)
    return min(max(chosen - min(SLACK_SECONDS, (chosen - narrower) // 2), floor), widest)


def _distances(runs: Sequence[int], floor: int, widest: int) -> list[int]:
    """Return how far apart any two runs of a day are, within these bounds, in order."""
    found = set()
    for position, run in enumerate(runs):
        for later in range(bisect_left(runs, run + floor, position + 1), len(runs)):
            if runs[later] - run > widest:
                break
            found.add(runs[later] - run)
    return sorted(found)


def most_in(runs: Sequence[int], apart: int) -> int:
    """Return how many sends these runs can make, each so many seconds after the one before."""
    number, position = 0, 0
    while position < len(runs):
        number += 1
        position = bisect_left(runs, runs[position] + max(apart, 1), position + 1)
    return number


def most_a_day(
    kept: Iterable[hours.Hours],
    policy: limits.Policy,
    *,
    own: int | None,
    daily: int,
    zone: ZoneInfo,
    today: dt.date,
) -> int:
    """Return how many requests an account can send on its fullest day, as the planner would.

    :param kept: the hours of its campaigns, of which the widest count.
    :param zone: of the account's days.
    """
    found = []
    for value in kept:
        apart = distance_seconds(policy, own=own, kept=value, daily=daily, on=today)
        found.append(_most_on_a_full_day(value, policy.cron, zone, today, apart))
    return max(found, default=0)


@lru_cache(maxsize=4096)  # the dashboard asks for the same days every minute
def _most_on_a_full_day(
    value: hours.Hours, cron: str, zone: ZoneInfo, today: dt.date, apart: int
) -> int:
    return most_in(_of_a_full_day(value, cron, zone, today), apart)


@lru_cache(maxsize=1024)
def _of_a_full_day(value: hours.Hours, cron: str, zone: ZoneInfo, since: dt.date) -> list[int]:
    """Return the runs inside the hours on the fullest of eight days, in epoch seconds.

    Their first is the next on which there is a run at all: neither the hours nor the cron
    expression need know every weekday, and a limit is out of reach where no day is long enough.
    """
    found: list[list[int]] = []
    for number in range(hours.HORIZON_DAYS):
        day = since + number * _DAY
        begins, ends = limits.midnight(day, zone), limits.midnight(day + _DAY, zone)
        runs = [
            run
            for span in hours.windows(value, begins, ends)
            for run in ticker(cron).within(_epoch(span.opens), _epoch(span.closes))
        ]
        if found or runs:
            found.append(runs)
        if len(found) > 7:
            break
    return max(found, key=len, default=[])


def _epoch(instant: dt.datetime) -> int:
    """The first whole second at or after an instant."""
    return math.ceil(instant.timestamp())
