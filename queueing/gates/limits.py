"""How many an account may send, and how far apart. Pure: plain values in, plain values out."""

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

NOTES_WINDOW = dt.timedelta(days=30)
WEEK = dt.timedelta(days=7)

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Policy:
    """What the installation sets for all accounts (settings).

    `tier_daily`: highest daily limit by workspace tier, None for none. Counts are requests; of
    messages and withdrawals those of an account in a day.
    """

    type_daily: dict[str, int]
    type_weekly: dict[str, int]
    tier_daily: dict[str, int | None]
    warm_up_first_day: int
    warm_up_days: int
    spacing_floor_seconds: int
    day_zone: ZoneInfo
    messages_a_day: int = 40
    withdrawals_a_day: int = 10
    cron: str = ""  # when runs start; empty: gaps are not fitted to them


@dataclass(frozen=True)
class Limit:
    """A number of requests, and where it comes from, in words for staff."""

    value: int
    source: str


def daily_limit(
    policy: Policy,
    *,
    account_type: str,
    own: int | None,
    workspace: int | None,
    tier: str,
    warm_up_started_on: dt.date | None,
    today: dt.date,
) -> Limit:
    """Return how many requests an account may send today: of all that limit it the lowest.

    Of equal ones the first.
    """
    return min(
        daily_limits(
            policy,
            account_type=account_type,
            own=own,
            workspace=workspace,
            tier=tier,
            warm_up_started_on=warm_up_started_on,
            today=today,
        ),
        key=_value,
    )


def daily_limits(
    policy: Policy,
    *,
    account_type: str,
    own: int | None,
    workspace: int | None,
    tier: str,
    warm_up_started_on: dt.date | None,
    today: dt.date,
) -> list[Limit]:
    """Return all that limits an account today.

    The account's own limit, else its type's; the workspace's; its tier's; the warm-up.
    """
    if own is None:
        found = [Limit(policy.type_daily[account_type], "account type")]
    else:
        found = [Limit(own, "set on the account")]
    if workspace is not None:
        found.append(Limit(workspace, "the client's limit"))
    tier_limit = policy.tier_daily.get(tier)
    if tier_limit is not None:
        found.append(Limit(tier_limit, f"tier {tier}"))
    if warm_up_started_on is not None:
        full = min(found, key=_value).value
        found.append(_warm_up(policy, full, (today - warm_up_started_on).days))
    return found


def _value(limit: Limit) -> int:
    return limit.value


def _warm_up(policy: Policy, full: int, days_done: int) -> Limit:
    """Return the warm-up's limit: a straight line from the first day to the full limit."""
    first, last_day = policy.warm_up_first_day, policy.warm_up_days - 1
    day = min(max(days_done, 0), last_day)
    value = first + (full - first) * day // last_day if last_day and full > first else full
    return Limit(value, f"warm-up, day {day + 1} of {policy.warm_up_days}")


def weekly_limit(policy: Policy, *, account_type: str, own: int | None) -> Limit:
    """Return how many requests an account may send in any 7 days."""
    if own is None:
        return Limit(policy.type_weekly[account_type], "account type")
    return Limit(own, "set on the account")


def gap_seconds(policy: Policy, *, own: int | None, open_seconds: int, daily: int) -> int:
    """Return the shortest time between two sends of an account, in seconds.

    :param open_seconds: nominal open time of one day of the hours that hold.
    :param daily: the daily limit; 80 % of the open time is shared out evenly, so that the limit
        can be reached in spite of a ticker that comes late.
    """
    if own is not None:
        return own
    return max(policy.spacing_floor_seconds, open_seconds * 8 // 10 // max(daily, 1))


def withdrawal_gap_seconds(last: dt.datetime) -> int:
    """Return how long an account waits after a withdrawal: 60 to 180 seconds, as a person would.

    :param last: when it went: each has a gap of its own, and the same one whoever asks.
    """
    return 60 + int(last.timestamp()) * 7919 % 121


def in_minutes(seconds: int) -> str:
    """Return a length of time for staff: “5 min 16 s”."""
    minutes, rest = divmod(seconds, 60)
    parts = (f"{minutes:,} min" if minutes else "", f"{rest} s" if rest or not minutes else "")
    return " ".join(filter(None, parts))


class Day(NamedTuple):
    """A day of a zone: from its midnight up to, not including, the next; both UTC."""

    date: dt.date
    begins: dt.datetime
    ends: dt.datetime


def day_at(now: dt.datetime, zone: ZoneInfo) -> Day:
    """Return the day of `zone` that an instant falls into."""
    today = now.astimezone(zone).date()
    return Day(today, midnight(today, zone), midnight(today + _DAY, zone))


def day_start(now: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return the last midnight in `zone`, as UTC."""
    return midnight(now.astimezone(zone).date(), zone)


def next_day_start(now: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Return the next midnight in `zone`, as UTC."""
    return midnight(now.astimezone(zone).date() + _DAY, zone)


def last_days(now: dt.datetime, zone: ZoneInfo, number: int) -> list[Day]:
    """Return so many days of `zone` in order, today the last.

    Counted by dates: a day is 23 or 25 hours long where clocks change.
    """
    today = now.astimezone(zone).date()
    dates = [today - back * _DAY for back in reversed(range(number))]
    return [Day(date, midnight(date, zone), midnight(date + _DAY, zone)) for date in dates]


def midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    """Return when a day begins in `zone`, as UTC."""
    return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
