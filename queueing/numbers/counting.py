"""The figures, counted in the database: of any items, by whatever they have in common."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Func, IntegerField, Value
from django.db.models.expressions import Combinable, RawSQL

from queueing.gates import limits
from queueing.models import QueueItem, QueueItemQuerySet
from queueing.numbers.people import REQUESTS, Stage, is_at

_WEEK = dt.timedelta(days=7)
BY = {"workspace": "workspace", "campaign": "campaign", "account": "linkedin_account"}


@dataclass(frozen=True)
class Funnel:
    """How many came how far. Each figure is a part of the one before it, but for the withdrawn."""

    invited: int = 0
    accepted: int = 0
    answered: int = 0
    interested: int = 0
    withdrawn: int = 0

    @property
    def waiting(self) -> int:
        return self.invited - self.accepted - self.withdrawn

    @property
    def accepted_share(self) -> int | None:
        """Percent of those invited who accepted."""
        return share(self.accepted, self.invited)

    @property
    def answered_share(self) -> int | None:
        """Percent of those who accepted who answered."""
        return share(self.answered, self.accepted)

    @property
    def interested_share(self) -> int | None:
        """Percent of those who answered who are interested."""
        return share(self.interested, self.answered)

    def __add__(self, other: "Funnel") -> "Funnel":
        return Funnel(*(getattr(self, name) + getattr(other, name) for name in FIGURES))


FIGURES = ("invited", "accepted", "answered", "interested", "withdrawn")


def share(part: int, whole: int) -> int | None:
    """Return a share in percent; None of nothing."""
    return round(100 * part / whole) if whole else None


class Week(NamedTuple):
    """A week, Monday to Sunday of whoever reads, and what became of those invited in it."""

    monday: dt.date
    begins: dt.datetime
    ends: dt.datetime
    funnel: Funnel


def of(items: QueueItemQuerySet) -> Funnel:
    """Count the people of all these items."""
    return by(items.annotate(all_of_them=Value(1)), "all_of_them").get((1,), Funnel())


def of_people(campaigns: Collection[uuid.UUID]) -> dict[uuid.UUID, Funnel]:
    """Count the people of campaigns, each of which is in the answer."""
    found = by(QueueItem.objects.filter(campaign__in=campaigns), "campaign")
    return {key: found.get((key,), Funnel()) for key in campaigns}


def by(items: QueueItemQuerySet, *what: str) -> dict[tuple[Any, ...], Funnel]:
    """Count the people of these items by what they have in common.

    :param what: of `BY`, or any field of an item.
    """
    names = [BY.get(name, name) for name in what]
    sent = items.filter(REQUESTS).order_by()
    # Most have not come further than being invited: those are counted without their people's rows.
    further = sent.filter(
        is_at(Stage.ACCEPTED, "prospect__") | is_at(Stage.WITHDRAWN, "prospect__")
    )
    nothing = {name: Value(0) for name in FIGURES}
    rows = sent.values_list(*names).annotate(**{**nothing, "invited": Count("*")})
    others = further.values_list(*names).annotate(**{**nothing, **_figures()})
    found: dict[tuple[Any, ...], Funnel] = {}
    for row in rows.union(others, all=True):
        key = row[: len(names)]
        found[key] = found.get(key, Funnel()) + Funnel(*row[len(names) :])
    return found


def weeks(
    items: QueueItemQuerySet, now: dt.datetime, zone: ZoneInfo, number: int = 8
) -> list[Week]:
    """Count the people of these items by the week in which they were invited, this one the last.

    :param zone: of whoever reads: weeks are its weeks.
    """
    return weeks_and_since(items, now, zone, number)[0]


def weeks_and_since(
    items: QueueItemQuerySet,
    now: dt.datetime,
    zone: ZoneInfo,
    number: int = 8,
    since: dt.datetime | None = None,
) -> tuple[list[Week], Funnel]:
    """Count people by week, and those who were invited since an instant within these weeks.

    In one query: of many items it takes the longest of all on the first page.
    """
    mondays = last_mondays(now, zone, number)
    begins = [limits.midnight(day, zone) for day in (*mondays, mondays[-1] + _WEEK)]
    bounds = sorted({*begins, since or begins[0]})
    parts = list(zip(bounds, _between(items, bounds), strict=False))
    shown = [
        Week(monday, at, ends, total(part for begin, part in parts if at <= begin < ends))
        for monday, at, ends in zip(mondays, begins, begins[1:], strict=False)
    ]
    return shown, total(part for begin, part in parts if begin >= (since or begins[0]))


def _between(items: QueueItemQuerySet, bounds: Sequence[dt.datetime]) -> list[Funnel]:
    """Count the people who were invited from each bound up to, not including, the next."""
    within = items.filter(sent_at__gte=bounds[0], sent_at__lt=bounds[-1])
    found = by(within.annotate(part=bucket(F("sent_at"), bounds)), "part")
    return [found.get((index,), Funnel()) for index in range(1, len(bounds))]


def last_mondays(now: dt.datetime, zone: ZoneInfo, number: int) -> list[dt.date]:
    """Return the Mondays of so many weeks of `zone` in order, this week's the last."""
    today = now.astimezone(zone).date()
    monday = today - dt.timedelta(days=today.weekday())
    return [monday - back * _WEEK for back in reversed(range(number))]


def bucket(instant: Combinable, bounds: Sequence[dt.datetime]) -> Func:
    """Return between which of these bounds an instant falls, from 1 on.

    PostgreSQL compares with the bounds and is not asked for dates: it has time zone rules of its
    own, which are older or newer than ours. Of a column an index alone answers.
    """
    array = RawSQL("%s::timestamptz[]", [list(bounds)])
    return Func(instant, array, function="width_bucket", output_field=IntegerField())


def total(funnels: Iterable[Funnel]) -> Funnel:
    """Return the sum of some."""
    return sum(funnels, Funnel())


def _figures() -> dict[str, Count]:
    stages = (Stage.ACCEPTED, Stage.ANSWERED, Stage.INTERESTED, Stage.WITHDRAWN)
    # Of a column that indexes have: none need look at the rows.
    return {stage.value: Count("prospect", filter=is_at(stage, "prospect__")) for stage in stages}
