"""What accounts have sent, counted in the database for the caps and the spacing."""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from typing import NamedTuple

from django.conf import settings
from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from campaigns.models import LinkedInAccount
from queueing import limits
from queueing.models import QueueItem, counts_since


class Counted(NamedTuple):
    """Requests of one account: since the day began, in the last 7 days, in flight; the last."""

    today: int
    week: int
    in_flight: int
    last: dt.datetime | None


def by_account(
    accounts: Collection[LinkedInAccount], day_began_at: dt.datetime, now: dt.datetime
) -> dict[uuid.UUID, Counted]:
    """Count what each account has sent, in one query."""
    week_began_at = now - limits.WEEK
    longest_gap = max((account.min_gap_seconds or 0 for account in accounts), default=0)
    since = min(week_began_at, now - dt.timedelta(seconds=longest_gap))
    rows = (
        QueueItem.objects.filter(linkedin_account__in=[account.pk for account in accounts])
        .counting_since(since)
        .order_by()
        .values("linkedin_account")
        .annotate(
            today=Count("id", filter=counts_since(day_began_at)),
            week=Count("id", filter=counts_since(week_began_at)),
            in_flight=Count("id", filter=Q(status=QueueItem.Status.SENDING)),
            last=Max(Coalesce("sent_at", "claimed_at")),
        )
        .values_list("linkedin_account", "today", "week", "in_flight", "last")
    )
    counted = {account.pk: Counted(0, 0, 0, None) for account in accounts}
    return counted | {pk: Counted(*figures) for pk, *figures in rows}


def weeks_free_at(
    excess: Mapping[uuid.UUID, int], now: dt.datetime
) -> dict[uuid.UUID, dt.datetime]:
    """Return when enough of the week's sends are 7 days old, for accounts whose week is full.

    :param excess: by how many each exceeds its limit; nearly always 0, and every different number
        takes a query.
    """
    # An unconfirmed one counts a little longer: see counts_since.
    bound = dt.timedelta(seconds=settings.SENDING_BOUND_SECONDS)
    leaving = (
        QueueItem.objects.filter(linkedin_account=OuterRef("pk"))
        .counting_since(now - limits.WEEK)
        .annotate(at=Coalesce("sent_at", F("claimed_at") + bound))
        .order_by("at")
        .values("at")
    )
    found: dict[uuid.UUID, dt.datetime] = {}
    for over in set(excess.values()):
        full = LinkedInAccount.objects.filter(pk__in=[pk for pk in excess if excess[pk] == over])
        last_to_leave = full.annotate(at=Subquery(leaving[over : over + 1])).values_list("pk", "at")
        found |= {pk: at + limits.WEEK for pk, at in last_to_leave if at}
    return found
