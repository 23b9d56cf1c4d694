"""The figures of the queue, as the dashboard and `queue_status` show them."""

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, IntegerField, Q, QuerySet
from django.db.models.expressions import RawSQL

from campaigns.models import LinkedInAccount
from queueing import gates
from queueing.gates import AccountFacts, Report, explaining, limits
from queueing.models import QueueItem, QueueItemQuerySet


@dataclass(frozen=True)
class Waiting:
    """A pending item and what the gates say of it."""

    item: QueueItem
    report: Report

    @property
    def waits_for(self) -> str:
        return explaining.IN_WORDS[explaining.waits_for(self.report)]


@dataclass(frozen=True)
class Usage:
    """An account, and what it has sent."""

    account: LinkedInAccount
    facts: AccountFacts
    rests_until: dt.datetime | None


@dataclass(frozen=True)
class Day:
    """A day of the daily cap, and the numbers of requests of it."""

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
        .annotate(number=Count("id"))
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


def by_day(items: QueueItemQuerySet, now: dt.datetime, days: int = 14) -> list[Day]:
    """Count what was sent and what failed for good on each of the last days, today the last.

    Days are those of the daily cap; a failure belongs to the day of the item's last change.
    """
    zone = gates.policy().day_zone
    starts = [limits.next_day_start(now, zone)]
    for _ in range(days):
        starts.append(limits.day_start(starts[-1] - dt.timedelta(microseconds=1), zone))
    starts.reverse()
    sent = _by_day(items.filter(sent_at__gte=starts[0]), "sent_at", starts)
    has_failed = Q(status=QueueItem.Status.FAILED, updated_at__gte=starts[0])
    failed = _by_day(items.filter(has_failed), "updated_at", starts)
    return [
        Day(begins.astimezone(zone).date(), begins, ends, sent[number], failed[number])
        for number, (begins, ends) in enumerate(itertools.pairwise(starts), start=1)
    ]


def _by_day(items: QueueItemQuerySet, column: str, starts: list[dt.datetime]) -> Counter[int]:
    """Count items by the number of the day, from 1 on; an index alone answers."""
    number = RawSQL(  # noqa: S611 - the value is a parameter
        f"width_bucket(send_queue.{column}, %s::timestamptz[])",
        [starts],
        output_field=IntegerField(),
    )
    return Counter(dict(items.order_by().values_list(number).annotate(items=Count("*"))))
