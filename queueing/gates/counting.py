"""What accounts have sent, counted in the database for the caps and the spacing."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from operator import or_
from typing import NamedTuple

from django.conf import settings
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateTimeField,
    F,
    Max,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from campaigns.models import LinkedInAccount
from queueing.gates import limits
from queueing.gates.statements import Statement, slot
from queueing.models import Kind, QueueItem, in_doubt_since


def among(column: str, ids: Iterable[uuid.UUID]) -> RawSQL:
    """Return the condition that a column, as SQL of ours names it, has one of many ids.

    All are one parameter: `__in` makes one of each, which takes as long as the query itself.
    """
    return _among(column, as_array(ids))


def _among(column: str, ids: object) -> RawSQL:
    return RawSQL(f"{column} = ANY(%s::uuid[])", [ids], output_field=BooleanField())  # noqa: S611 - the value is a parameter


def among_slot(column: str, name: str) -> RawSQL:
    """Return `among` for a `Statement`, which is given the list of ids by this name."""
    return _among(column, slot(name))


def as_array(values: Iterable[object]) -> str:
    """Return an array as PostgreSQL writes it; texts in it must be quoted."""
    return f"{{{','.join(map(str, values))}}}"


MAYBE_SENT_AT = Case(
    When(status=QueueItem.Status.SENDING, then=F("claimed_at")),
    default=Coalesce("tried_at", "claimed_at"),
)
"""When the call of an item without a `sent_at` began."""


def counts_from() -> Coalesce:
    """Return the instant by which an item counts: see `counts_since`."""
    bound = dt.timedelta(seconds=settings.SENDING_BOUND_SECONDS)
    return Coalesce("sent_at", MAYBE_SENT_AT + bound, output_field=DateTimeField())


def notes_sent(
    accounts: Iterable[LinkedInAccount], now: dt.datetime
) -> dict[uuid.UUID, list[dt.datetime]]:
    """Return when free accounts sent the notes that still count, oldest first.

    Others have no such limit: they are left out.
    """
    free = [one.pk for one in accounts if one.account_type == LinkedInAccount.Type.FREE]
    found: dict[uuid.UUID, list[dt.datetime]] = {key: [] for key in free}
    if free:
        asked = _notes_sent(settings.SENDING_BOUND_SECONDS)
        for key, at in asked.rows(accounts=free, since=now - limits.NOTES_WINDOW):
            found[key].append(at)
    return found


@lru_cache(maxsize=8)
def _notes_sent(_bound: float) -> Statement:
    """Return the query of `notes_sent`: the bound of a call stands in it."""
    return Statement(
        QueueItem.objects.filter(
            among_slot("send_queue.linkedin_account_id", "accounts"),
            kind=Kind.CONNECTION_REQUEST,
            note_length__gt=0,
        )
        .counting_since(_instant("since"))
        .annotate(at=counts_from())
        .order_by("at")
        .values_list("linkedin_account", "at")
    )


def _instant(name: str) -> dt.datetime:
    at: dt.datetime = slot(name, DateTimeField())
    return at


class Counted(NamedTuple):
    """What one account did of one kind: since the day began, in the last 7 days; the last.

    In flight is what is of any kind.
    """

    today: int
    week: int
    in_flight: int
    last: dt.datetime | None

    def and_also(self, other: "Counted") -> "Counted":
        return Counted(
            self.today + other.today,
            self.week + other.week,
            self.in_flight + other.in_flight,
            max((last for last in (self.last, other.last) if last), default=None),
        )


def by_account(
    day_began_at: Mapping[LinkedInAccount, dt.datetime],
    now: dt.datetime,
    without: uuid.UUID | None = None,
    kind: str = Kind.CONNECTION_REQUEST,
) -> dict[uuid.UUID, Counted]:
    """Count what each account has sent of a kind, in one query: both halves see the same moment.

    What was sent and what is in doubt exclude each other, and each half has an index that answers.

    :param day_began_at: of each account, whose days need not begin together.
    :param without: an item that counts for nothing.
    """
    week_began_at = now - limits.WEEK
    longest_gap = max((account.min_gap_seconds or 0 for account in day_began_at), default=0)
    accounts_of: dict[dt.datetime, list[uuid.UUID]] = defaultdict(list)
    for account, at in day_began_at.items():
        accounts_of[at].append(account.pk)
    days = list(accounts_of.items())
    asked = _counted(kind, max(len(days), 1), settings.SENDING_BOUND_SECONDS)
    told = asked.rows(
        accounts=[account.pk for account in day_began_at],
        since=min(week_began_at, now - dt.timedelta(seconds=longest_gap)),
        week=week_began_at,
        without=without,
        **{f"day_{n}": at for n, (at, _) in enumerate(days or [(now, [])])},
        **{f"of_day_{n}": ids for n, (_, ids) in enumerate(days)},
    )
    counted = {account.pk: Counted(0, 0, 0, None) for account in day_began_at}
    for pk, *figures in told:
        counted[pk] = counted[pk].and_also(Counted(*figures))
    return counted


@lru_cache(maxsize=64)
def _counted(kind: str, days: int, _bound: float) -> Statement:
    """Return the query of `by_account`, for accounts whose days begin at so many instants."""
    since, week_began_at = _instant("since"), _instant("week")
    of_them = QueueItem.objects.filter(
        among_slot("send_queue.linkedin_account_id", "accounts"),
        RawSQL("send_queue.id IS DISTINCT FROM %s::uuid", [slot("without")], BooleanField()),
    )
    by_one = of_them.order_by().values("linkedin_account")
    of_kind, begins = Q(kind=kind), [_instant(f"day_{number}") for number in range(days)]
    sent = by_one.filter(of_kind, sent_at__gte=since).annotate(
        today=Count("sent_at", filter=_today([Q(sent_at__gte=at) for at in begins])),
        week=Count("sent_at", filter=Q(sent_at__gte=week_began_at)),
        in_flight=Value(0),
        last=Max("sent_at"),
    )
    in_doubt = by_one.filter(in_doubt_since(since)).annotate(
        today=Count("id", filter=of_kind & _today([in_doubt_since(at) for at in begins])),
        week=Count("id", filter=of_kind & in_doubt_since(week_began_at)),
        in_flight=Count("id", filter=Q(status=QueueItem.Status.SENDING)),
        last=Max(MAYBE_SENT_AT, filter=of_kind),
    )
    fields = ("linkedin_account", "today", "week", "in_flight", "last")
    both = sent.values_list(*fields).union(in_doubt.values_list(*fields), all=True)
    return Statement(both)


def _today(counts: Sequence[Q]) -> Q:
    """Return the condition that an item counts since its account's day began.

    :param counts: that it counts since each of the days.
    """
    if len(counts) == 1:
        return counts[0]
    column = "send_queue.linkedin_account_id"
    of_each = (Q(among_slot(column, f"of_day_{n}")) & one for n, one in enumerate(counts))
    return reduce(or_, of_each)


def weeks_free_at(
    excess: Mapping[uuid.UUID, int], now: dt.datetime, kind: str = Kind.CONNECTION_REQUEST
) -> dict[uuid.UUID, dt.datetime]:
    """Return when enough of the week's sends are 7 days old, for accounts whose week is full.

    :param excess: by how many each exceeds its limit; nearly always 0, and every different number
        takes a query.
    """
    if not excess:
        return {}
    leaving = (
        QueueItem.objects.filter(linkedin_account=OuterRef("pk"), kind=kind)
        .counting_since(now - limits.WEEK)
        .annotate(at=counts_from())
        .order_by("at")
        .values("at")
    )
    found: dict[uuid.UUID, dt.datetime] = {}
    for over in set(excess.values()):
        full = LinkedInAccount.objects.filter(pk__in=[pk for pk in excess if excess[pk] == over])
        last_to_leave = full.annotate(at=Subquery(leaving[over : over + 1])).values_list("pk", "at")
        found |= {pk: at + limits.WEEK for pk, at in last_to_leave if at}
    return found
