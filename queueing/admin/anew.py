"""Plan anew after a change, and tell whoever made it how far the calendar moved."""

import datetime as dt
from collections.abc import Callable, Collection

from django.db.models import Max, QuerySet

from campaigns.hours import clocks
from campaigns.models import Campaign, LinkedInAccount
from queueing import planning
from queueing.models import WILL_SEND, QueueItem


def with_waiting(campaigns: QuerySet[Campaign]) -> list[LinkedInAccount]:
    """Return the accounts that have something of these campaigns waiting."""
    items = QueueItem.objects.pending().filter(campaign__in=campaigns).order_by()
    return list(LinkedInAccount.objects.filter(pk__in=items.values("linkedin_account")))


def plan_anew(accounts: Collection[LinkedInAccount], now: dt.datetime) -> str:
    """Give what these accounts have waiting new times; say how many moved, and the last ones."""
    return _told(accounts, lambda: planning.replan(accounts, now))


def _told(accounts: Collection[LinkedInAccount], replan: Callable[[], int]) -> str:
    before = _last(accounts)
    moved = replan()
    if not moved:
        return ""
    after = _last(accounts)
    requests = "1 request has a new time" if moved == 1 else f"{moved:,} requests have new times"
    if before is None or after is None:
        return f"{requests}."
    if before.date() == after.date():
        return f"{requests}; the last one still goes {clocks.utc(after)}."
    return f"{requests}; the last one goes {clocks.utc(after)} (before: {clocks.utc(before)})."


def _last(accounts: Collection[LinkedInAccount]) -> dt.datetime | None:
    items = QueueItem.objects.pending().filter(WILL_SEND, linkedin_account__in=accounts)
    last: dt.datetime | None = items.aggregate(last=Max("scheduled_for"))["last"]
    return last
