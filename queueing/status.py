"""The figures of the queue, as the dashboard and `queue_status` show them."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from campaigns.models import LinkedInAccount
from queueing import explaining, gates
from queueing.gates import AccountFacts, Report
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
