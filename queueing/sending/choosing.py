"""Who goes next: of each account the oldest item for which every gate is open."""

import datetime as dt
import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.db.models import DateTimeField, IntegerField, OuterRef, Q, Subquery, TextField, Value
from django.db.models.expressions import RawSQL

from campaigns.models import LinkedInAccount
from queueing import gates
from queueing.gates import Gate
from queueing.gates.counting import among_slot
from queueing.gates.statements import Statement, slot
from queueing.models import TOUCH_LASTS, QueueItem, QueueItemQuerySet
from queueing.telling import Fence


def next_open_items(
    accounts: Sequence[LinkedInAccount],
    now: dt.datetime,
    fence: Fence | None = None,
    kind: str = QueueItem.Kind.CONNECTION_REQUEST,
) -> dict[uuid.UUID, QueueItem]:
    """Return of each account the oldest due item of a kind for which every gate is open.

    All gates but the item's own depend on account and campaign only: where they are closed for one
    item they are closed for all of its campaign, and the next campaign's oldest item is asked.
    Items on the do-not-contact list stand aside, and so do those whose person was reached lately,
    or could not be asked for; those whose note is longer than LinkedIn takes from the account, and
    those with a note where only notes are used up. Where its campaign says so, such an item comes
    without its note.
    """
    shared, usages = gates.Shared(), gates.usages(accounts, now, kind=kind)
    fence = fence or Fence(now)
    first, found = _first_due(accounts, now, kind), {}
    for account in accounts:
        asked = _Asked(usages[account.pk], shared, fence)
        item, longest = first.get(account.pk), account.note_limit
        while item is not None and not asked.is_open(item, now):
            due = _due(account.pk, longest, now, kind, now - TOUCH_LASTS)
            item = asked.but_what_is_closed(_with_all(due)).first()
        if item is not None:
            found[account.pk] = item
    return found


class _Asked:
    """The gates of one account, asked about one campaign after the other."""

    def __init__(self, usage: gates.AccountFacts, shared: gates.Shared, fence: Fence) -> None:
        self._usage, self._shared, self._fence = usage, shared, fence
        self._closed: set[tuple[uuid.UUID, bool]] = set()
        self._closed_to_notes: list[uuid.UUID] = []

    def is_open(self, item: QueueItem, now: dt.datetime) -> bool:
        """Ask every gate about an item; where one is closed, remember for what else it is."""
        only_notes = False
        # A campaign whose gates cannot be asked holds back no other of the account.
        with self._fence.around(f"Campaign “{item.campaign}”", item.workspace_id):
            report = gates.evaluate(gates.facts_of(item, self._usage, self._shared), now)
            if report.is_open:
                is_request = item.kind == QueueItem.Kind.CONNECTION_REQUEST
                if is_request and gates.notes_are_used_up(self._usage):
                    item.message = ""
                return True
            only_notes = {each.gate for each in report.states if not each.is_open} == {Gate.NOTES}
        if only_notes:
            self._closed_to_notes.append(item.campaign_id)
        else:
            self._closed.add((item.campaign_id, item.by_hand))
        return False

    def but_what_is_closed(self, due: QueueItemQuerySet) -> QueueItemQuerySet:
        """Return what is due without the campaigns that are known to be closed."""
        by_hand = [key for key, by_hand in self._closed if by_hand]
        planned = [key for key, by_hand in self._closed if not by_hand]
        return (
            due.exclude(campaign__in=by_hand, by_hand=True)
            .exclude(campaign__in=planned, by_hand=False)
            .exclude(campaign__in=self._closed_to_notes, note_length__gt=0)
        )


def _first_due(
    accounts: Sequence[LinkedInAccount], now: dt.datetime, kind: str
) -> dict[uuid.UUID, QueueItem]:
    """Return the first of what `_due` has of each account, by the account: one look at an index.

    In one query for all whose notes may be of the same length, and one for the rows.
    """
    found: list[uuid.UUID] = []
    for longest in {account.note_limit for account in accounts}:
        ids = [account.pk for account in accounts if account.note_limit == longest]
        rows = _first(kind).rows(
            accounts=ids, now=now, rested_since=now - TOUCH_LASTS, longest=longest
        )
        found += [pk for (pk,) in rows if pk is not None]
    items = _items_with_all().instances(items=found) if found else []
    return {item.linkedin_account_id: item for item in items}


@lru_cache(maxsize=len(QueueItem.Kind.values))
def _first(kind: str) -> Statement:
    """Return the query of `_first_due`."""
    at: dict[str, Any] = {name: slot(name, DateTimeField()) for name in ("now", "rested_since")}
    due = _due(OuterRef("pk"), slot("longest", IntegerField()), at["now"], kind, at["rested_since"])
    those = LinkedInAccount.objects.filter(among_slot("campaigns_linkedinaccount.id", "accounts"))
    first = Subquery(due.values("pk")[:1])
    return Statement(those.order_by().annotate(first=first).values_list("first"))


@lru_cache(maxsize=1)
def _items_with_all() -> Statement:
    those = QueueItem.objects.filter(among_slot("send_queue.id", "items"))
    return Statement(_with_all(those.order_by()))


def _due(
    account: uuid.UUID | OuterRef,
    longest_note: int,
    now: dt.datetime,
    kind: str,
    rested_since: dt.datetime,
) -> QueueItemQuerySet:
    """Return an account's due items of a kind whose own gates are open, in turn."""
    items = (
        QueueItem.objects.due(now)
        .filter(~gates.on_do_not_contact_list(), linkedin_account=account, kind=kind)
        .exclude(QueueItem.PERSON_HAS_ENDED)
    )
    if kind == QueueItem.Kind.CONNECTION_REQUEST:
        items = items.exclude(note_length__gt=longest_note)
    if kind != QueueItem.Kind.WITHDRAWAL:
        items = items.alias(touched=gates.touched_at())
        is_rested = Q(touched__isnull=True) | Q(touched__lte=rested_since)
        items = items.filter(is_rested | Q(by_hand=True))
    if kind == QueueItem.Kind.MESSAGE:
        is_known = Q(ask_again_at__isnull=True) | Q(ask_again_at__lte=now)
        items = items.filter(is_known | Q(by_hand=True))
    return items


def _with_all(due: QueueItemQuerySet) -> QueueItemQuerySet:
    """Return items of `_due`, whose persons are free, with what the gates look at beside that."""
    version = RawSQL("send_queue.xmin::text", [], TextField())
    return due.annotate(do_not_contact=Value(False), version=version).select_related(
        "prospect", "campaign__workspace", "campaign__sending_hours"
    )


def version_of(item: QueueItem) -> str:
    """Return which version of its row a chosen item is: any change to it makes another."""
    version: str = item.version  # type: ignore[attr-defined]
    return version
