"""Do the figures agree with the lists, the parts with the whole, and all of it with the calls?

Each difference is named, with the row that it is about. What LinkedIn shows is compared in
`looking.comparing`.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, F, Min, OuterRef, Q

from campaigns.models import Prospect
from queueing.models import Kind, QueueItem, QueueItemQuerySet, Reply, SendAttempt
from queueing.numbers import counting, texts
from queueing.numbers.counting import Funnel
from queueing.numbers.people import REQUESTS, Stage, is_at, people_at
from queueing.sending import FOUND, GONE
from queueing.unipile import Outcome

NAMED_AT_MOST = 50  # of one kind
_UTC = ZoneInfo("UTC")

_OF_STAGES = {
    Stage.INVITED: "invited",
    Stage.ACCEPTED: "accepted",
    Stage.ANSWERED: "answered",
    Stage.INTERESTED: "interested",
    Stage.WITHDRAWN: "withdrawn",
    Stage.WAITING: "waiting",
}
_BY_A_LOOK = Q(error_code="marked_by_staff") | Q(error_code__startswith="found_")
_BEHIND = (Prospect.Status.NEW, Prospect.Status.QUEUED)
"""Where nobody can be to whom a request has gone."""
_SHOWS = Q(outcome__in=[Outcome.SENT, FOUND, GONE])


class Difference(NamedTuple):
    """Two things that should agree, and do not. `item` is the row that it is about, if one is."""

    text: str
    item: UUID | None = None


def check(
    items: QueueItemQuerySet, workspaces: Collection[UUID] | None, now: dt.datetime
) -> list[Difference]:
    """Hold figures, lists, people and calls against each other.

    :param items: those of `workspaces`, or all of them where that is None.
    """
    people = Prospect.objects.all()
    if workspaces is not None:
        people = people.filter(campaign__workspace__in=workspaces)
    return [
        *_parts_and_whole(items, now),
        *_figures_and_lists(items, people),
        *_calls(items),
        *_people(items),
    ]


def _parts_and_whole(items: QueueItemQuerySet, now: dt.datetime) -> Iterator[Difference]:
    whole = counting.of(items)
    for what in ("workspace", "campaign", "account"):
        parts = counting.total(counting.by(items, what).values())
        if parts != whole:
            yield Difference(f"By {what} the figures add up to {parts}, and not to {whole}.")
    first = items.filter(REQUESTS).aggregate(at=Min("sent_at"))["at"] or now
    number = max((now - first).days // 7 + 2, 1)
    parts = counting.total(week.funnel for week in counting.weeks(items, now, _UTC, number))
    if parts != whole:
        yield Difference(f"By week the figures add up to {parts}, and not to {whole}.")
    found = [line for line in texts.lines(items) if not line.step]
    told = sum(line.sent for line in found), sum(line.accepted or 0 for line in found)
    if told != (whole.invited, whole.accepted):
        yield Difference(
            f"By text {told[0]:,} were invited and {told[1]:,} have accepted, and not "
            f"{whole.invited:,} and {whole.accepted:,}."
        )


def _figures_and_lists(items: QueueItemQuerySet, people: Any) -> Iterator[Difference]:
    """Compare, for each campaign and stage, the figure with the length of the list behind it."""
    figures = counting.by(items, "campaign", "campaign__name")
    for stage, name in _OF_STAGES.items():
        rows = people.filter(people_at(stage)).order_by().values_list("campaign")
        held = dict(rows.annotate(number=Count("pk")).values_list("campaign", "number"))
        for (campaign, called), funnel in figures.items():
            counted, listed = getattr(funnel, name), held.pop(campaign, 0)
            if counted != listed:
                yield Difference(
                    f"“{called}”: {counted:,} are counted as {stage.label.lower()}, and its list "
                    f"has {listed:,}."
                )
        for campaign, listed in held.items():
            yield Difference(f"A campaign ({campaign}) lists {listed:,}, and counts {Funnel()}.")


def _calls(items: QueueItemQuerySet) -> Iterator[Difference]:
    """Compare what is counted as sent with the calls that were made for it."""
    calls = SendAttempt.objects.filter(item=OuterRef("pk"))
    sent = calls.filter(kind=SendAttempt.Kind.SEND, outcome=Outcome.SENT)
    # What the former queue sent was never claimed here, and has no calls.
    without = items.filter(sent_at__isnull=False, claimed_at__isnull=False).exclude(
        Q(Exists(calls.filter(_SHOWS))) | _BY_A_LOOK
    )
    yield from _named(without, "{item} counts as sent, and no call or look shows it")
    uncounted = items.filter(Exists(sent), sent_at__isnull=True)
    yield from _named(uncounted, "{item}: a call was answered as sent, and it does not count")
    twice = items.filter(
        pk__in=SendAttempt.objects.filter(kind=SendAttempt.Kind.SEND, outcome=Outcome.SENT)
        .values("item")
        .annotate(number=Count("pk"))
        .filter(number__gt=1)
        .values("item")
    )
    yield from _named(twice, "{item}: two calls were answered as sent")


def _people(items: QueueItemQuerySet) -> Iterator[Difference]:
    """Compare what is known of people with their requests."""
    requests = items.filter(REQUESTS)
    undated = requests.filter(is_at(Stage.ACCEPTED, "prospect__"), prospect__accepted_at=None)
    yield from _named(undated, "{item} has accepted, and nobody knows when")
    early = requests.filter(prospect__accepted_at__lt=F("sent_at"))
    yield from _named(early, "{item} has accepted before the invitation went")
    behind = requests.filter(prospect__status__in=_BEHIND)
    yield from _named(behind, "{item} was invited, and is listed as if nothing had gone")
    invited = requests.filter(
        prospect__status=Prospect.Status.CONNECTION_REQUEST_SENT,
        prospect__accepted_at__isnull=False,
    )
    yield from _named(invited, "{item} has accepted, and is listed as invited")
    unread = requests.filter(is_at(Stage.SILENT, "prospect__"), prospect__replied_at=None)
    told = unread.filter(Exists(Reply.objects.filter(prospect=OuterRef("prospect"))))
    yield from _named(told, "{item} is in Answers, and does not count as answered")
    replies = Reply.objects.filter(item__person_key=OuterRef("person_key"))
    unlisted = requests.filter(is_at(Stage.ANSWERED, "prospect__")).exclude(Exists(replies))
    yield from _named(unlisted, "{item} has answered, and is not in Answers")
    withdrawals = QueueItem.objects.filter(
        kind=Kind.WITHDRAWAL, status=QueueItem.Status.SENT, prospect=OuterRef("prospect")
    )
    kept = requests.filter(is_at(Stage.WAITING, "prospect__")).filter(Exists(withdrawals))
    yield from _named(kept, "{item} was withdrawn, and counts as waiting")


def _named(items: QueueItemQuerySet, told: str) -> Iterator[Difference]:
    found = items.select_related("prospect", "campaign").order_by("pk")[: NAMED_AT_MOST + 1]
    for number, item in enumerate(found):
        if number == NAMED_AT_MOST:
            yield Difference(f"And more like this: {told.format(item='…')}.")
            return
        name = f"{item.prospect} ({item.campaign}, {item.get_kind_display().lower()})"
        yield Difference(f"{told.format(item=name)}.", item.pk)
