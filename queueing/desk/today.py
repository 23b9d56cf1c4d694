"""The day at a glance: what has gone, what still goes, and when the queue is empty."""

import datetime as dt
from dataclasses import dataclass
from operator import itemgetter
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q, QuerySet

from campaigns.hours import zones
from campaigns.models import LinkedInAccount, Prospect
from campaigns.pages import CappedPaginator
from queueing import gates
from queueing.desk import status
from queueing.gates import cadence, hours, limits
from queueing.models import WILL_SEND, QueueItemQuerySet
from queueing.numbers import Funnel, counting
from queueing.numbers.counting import Week
from queueing.numbers.people import follow_up_is_due

DAYS_LOOKED_BACK = 30  # 99 of 100 who accept do so within them
LOOKED_AT = 10


@dataclass(frozen=True)
class Today:
    """Requests of the reader's day. `to_go` are those planned until it ends, if any goes before.

    `next` is the one that goes first, on whatever day, and `next_at` the run that sends it.
    `why_not_now` says what it waits for. `empty_on` is when the last one goes, as planned.
    """

    sent: int
    failed: int
    to_go: int
    last_at: dt.datetime | None
    next: status.Waiting | None
    next_at: dt.datetime | None
    why_not_now: str
    empty_on: dt.datetime | None

    @property
    def planned(self) -> int:
        """How many the day has in all."""
        return self.sent + self.to_go

    @property
    def all(self) -> int:
        """How many the day's bar stands for: what failed, too."""
        return self.planned + self.failed


@dataclass(frozen=True)
class People:
    """What became of the people who were invited since an instant, and whose follow-up is due.

    `counted_at` is when that was counted, where it is of very many.
    """

    since: dt.datetime
    funnel: Funnel
    follow_ups_due: CappedPaginator
    weeks: list[Week]
    counted_at: dt.datetime

    @property
    def asked(self) -> int:
        return self.funnel.invited

    @property
    def accepted(self) -> int:
        return self.funnel.accepted

    @property
    def no_answer(self) -> int:
        return self.funnel.waiting

    @property
    def share(self) -> int | None:
        """Percent of those asked who accepted."""
        return self.funnel.accepted_share


def going(
    items: QueueItemQuerySet, accounts: QuerySet[LinkedInAccount], now: dt.datetime
) -> QueueItemQuerySet:
    """Return the pending items that go without anybody doing something."""
    stopped = list(gates.stops().of_one)
    lost = accounts.exclude(status=LinkedInAccount.Status.CONNECTED).exclude(
        paused_until__gt=now, other_login=""
    )
    held = Q(linkedin_account__in=list(_keys(lost))) | Q(workspace__in=stopped)
    return items.pending().filter(WILL_SEND).exclude(held)


def _keys(accounts: QuerySet[LinkedInAccount]) -> QuerySet[LinkedInAccount, object]:
    return accounts.order_by().values_list("pk", flat=True)


def today(
    items: QueueItemQuerySet,
    accounts: QuerySet[LinkedInAccount],
    now: dt.datetime,
    day: status.Day,
) -> Today:
    """Read the figures of a day, which is under way."""
    going_on = going(items, accounts, now)
    rest = going_on.filter(scheduled_for__lt=day.ends).order_by()
    of_today, _ = gates.kept(
        "to go",
        rest,
        now,
        lambda: rest.aggregate(number=Count("*"), last=Max("scheduled_for")),
        itemgetter("number"),
    )
    first, next_at = _first(going_on, now)
    last = going_on.order_by("-scheduled_for").values_list("scheduled_for", flat=True).first()
    is_over = next_at is not None and next_at >= day.ends
    return Today(
        sent=day.sent,
        failed=day.failed,
        to_go=0 if is_over else of_today["number"],
        last_at=max(of_today["last"], next_at or now) if of_today["last"] else None,
        next=first,
        next_at=next_at,
        why_not_now=_why_not_now(first, now),
        empty_on=max(last, next_at or now) if last else None,
    )


def _first(
    going_on: QueueItemQuerySet, now: dt.datetime
) -> tuple[status.Waiting | None, dt.datetime | None]:
    """Return the one that goes first of those whose turn comes first, and when.

    One whose hours are closed is passed by others, until the calendar has been moved.
    """
    waiting = status.next_pending(going_on, now, at_most=LOOKED_AT)
    times = [(_goes_at(one, now), one) for one in waiting]
    dated = [(at, number, one) for number, (at, one) in enumerate(times) if at is not None]
    if not dated:
        return next(iter(waiting), None), None
    at, _, first = min(dated)
    return first, at


def _goes_at(first: status.Waiting | None, now: dt.datetime) -> dt.datetime | None:
    if first is None or first.report.earliest is None:
        return None
    return cadence.next_run_in(first.report.facts.hours, max(first.report.earliest, now))


def _why_not_now(first: status.Waiting | None, now: dt.datetime) -> str:
    """Say why the next one does not go now, in few words; nothing where it may."""
    if first is None or first.report.is_open:
        return ""
    kept = first.report.facts.hours
    if hours.is_open(kept, now):
        return first.waits_for
    verdict = hours.day_verdict(kept, now.astimezone(zones.zone(kept.timezone)).date())
    return "outside the sending hours" if verdict.open else verdict.reason


def people(
    items: QueueItemQuerySet, prospects: QuerySet[Prospect], now: dt.datetime, zone: ZoneInfo
) -> People:
    """Count what became of those invited in the last 30 days, today the last of them.

    :param zone: of whoever reads; days are its days.
    """
    since = limits.last_days(now, zone, DAYS_LOOKED_BACK)[0].begins
    # As the list counts that the figure links to: up to the same bound.
    due = CappedPaginator(prospects.filter(follow_up_is_due(now)), per_page=1)
    (weeks, funnel), counted_at = gates.kept(
        ("people", since),
        items,
        now,
        lambda: counting.weeks_and_since(items, now, zone, since=since),
        lambda found: sum(week.funnel.invited for week in found[0]),
    )
    return People(since, funnel, due, weeks, counted_at)
