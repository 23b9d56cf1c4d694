"""The figures of the queue, as the dashboard and `queue_status` show them."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet
from django.db.models.expressions import Combinable

from campaigns.models import LinkedInAccount
from queueing import gates
from queueing.gates import AccountFacts, Report, explaining, limits, words
from queueing.models import QueueItem, QueueItemQuerySet
from queueing.numbers import counting


@dataclass(frozen=True)
class Waiting:
    """A pending item and what the gates say of it."""

    item: QueueItem
    report: Report

    @property
    def waits_for(self) -> str:
        return words.IN_WORDS[words.waits_for(self.report)]


@dataclass(frozen=True)
class Usage:
    """An account, and what it has sent."""

    account: LinkedInAccount
    facts: AccountFacts
    rests_until: dt.datetime | None


@dataclass(frozen=True)
class Day:
    """A day, and the numbers of requests of it."""

    date: dt.date
    begins: dt.datetime
    ends: dt.datetime
    sent: int
    failed: int


def count_by_status(items: QueueItemQuerySet) -> dict[str, int]:
    """Count items by status, every status named."""
    found = dict(
        items.order_by()
        .values_list("status")
        .annotate(number=Count("*"))
        .values_list("status", "number")
    )
    return {status: found.get(status, 0) for status in QueueItem.Status.values}


def next_pending(items: QueueItemQuerySet, now: dt.datetime, at_most: int = 5) -> list[Waiting]:
    """Return the items whose turn comes first, explained."""
    rows = list(
        items.pending()
        .in_turn()
        .select_related("prospect", "campaign", "linkedin_account")[:at_most]
    )
    reports = explaining.reports(rows, now)
    return [Waiting(item, reports[item.pk]) for item in rows]


def failed(items: QueueItemQuerySet, at_most: int = 20) -> list[QueueItem]:
    """Return what failed last, newest first."""
    rows = items.filter(status=QueueItem.Status.FAILED).order_by("-updated_at")
    return list(rows.select_related("prospect", "campaign", "linkedin_account")[:at_most])


def usage(accounts: QuerySet[LinkedInAccount], now: dt.datetime) -> list[Usage]:
    """Return what each account has sent, in a fixed number of queries."""
    rows: Collection[LinkedInAccount] = list(accounts.select_related("workspace"))
    facts = gates.usages(rows, now)
    return [Usage(account, facts[account.pk], _rests_until(account, now)) for account in rows]


def _rests_until(account: LinkedInAccount, now: dt.datetime) -> dt.datetime | None:
    until = account.paused_until
    return until if until and until > now else None


def by_day(items: QueueItemQuerySet, now: dt.datetime, zone: ZoneInfo, days: int = 14) -> list[Day]:
    """Count what was sent and what failed for good on each of the last days, today the last.

    Days are those of `zone`, of whoever reads; a failure belongs to the day of the item's last
    change.
    """
    found = limits.last_days(now, zone, days)
    since = found[0].begins
    sent = count_by_day(items.filter(sent_at__gte=since), F("sent_at"), found)
    has_failed = Q(status=QueueItem.Status.FAILED, updated_at__gte=since)
    failed = count_by_day(items.filter(has_failed), F("updated_at"), found)
    return [Day(*day, sent[day.date], failed[day.date]) for day in found]


def count_by_day(
    items: QueueItemQuerySet, instant: Combinable, days: Sequence[limits.Day]
) -> Counter[dt.date]:
    """Count items by the day in which their `instant` falls; those of other days do not count."""
    number = counting.bucket(instant, [*(day.begins for day in days), days[-1].ends])
    rows = items.order_by().annotate(day=number).values_list("day").annotate(items=Count("*"))
    return Counter({days[day - 1].date: count for day, count in rows if 1 <= day <= len(days)})
