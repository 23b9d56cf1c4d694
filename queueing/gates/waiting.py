"""What many pending items wait for, counted and filtered by: one question for each place.

A filter by what items wait for is exact: it is a bound on their time, place by place.
"""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Count, Q
from django.db.models.expressions import RawSQL

from campaigns.models import Campaign
from queueing.gates.barring import barred
from queueing.gates.counting import among, as_array
from queueing.gates.evaluating import Gate
from queueing.gates.explaining import CampaignKind, Explainer, Sort
from queueing.gates.large import kept
from queueing.gates.notes import HAS_NOTE, KIND_OF_NOTE, OF_ITS_ACCOUNT, Note
from queueing.gates.words import waits_for
from queueing.models import Kind, QueueItemQuerySet

_AN_INSTANT = dt.timedelta(microseconds=1)
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Wait:
    """What an account's pending items wait for, in campaigns of one state and hours.

    Those planned before `bound` wait for `gate`, the others for their time.
    """

    gate: str
    bound: dt.datetime


Place = tuple[uuid.UUID, CampaignKind, Sort]
"""An account, the kind of the campaigns that it sends for, and the sort of its items."""


class Pending(NamedTuple):
    """Numbers of pending items: those that are due, and all."""

    due: int
    total: int


_Row = tuple[uuid.UUID, int, str, int, bool, int, int]
"""An account, the number of a kind of campaigns, a sort, and its `Pending`."""


def _size(rows: list[_Row]) -> int:
    return sum(total for *_, total in rows)


class Waits(dict[Place, Wait]):
    """What pending items wait for, by place: each is asked for once, when it is first needed."""

    def __init__(
        self,
        items: QueueItemQuerySet,
        now: dt.datetime,
        workspaces: Collection[uuid.UUID] | None,
    ) -> None:
        """Count the pending ones of these items, by place; of very many as they were lately.

        :param workspaces: of all the items; None for any.
        """
        super().__init__()
        self.workspaces = workspaces
        campaigns = Campaign.objects.all()
        if workspaces is not None:
            campaigns = campaigns.filter(workspace__in=workspaces)
        self.explain = Explainer(now, (), campaigns)
        self._campaign_of: dict[CampaignKind, uuid.UUID] = {}
        self._kind_of: dict[uuid.UUID, CampaignKind] = {}
        for campaign in self.explain.status:
            kind = self.explain.kind(campaign)
            self._kind_of[campaign] = kind
            self._campaign_of[kind] = campaign
        self._number_of = {kind: number for number, kind in enumerate(self._campaign_of)}
        pending = items.pending()
        rows, self.counted_at = kept(
            ("places", self._kinds()), pending, now, lambda: self._rows(pending), _size
        )
        self.pending = self._by_place(rows)
        self.explain.count(account for account, _, _ in self.pending)

    def counted(self, rows: QueueItemQuerySet) -> dict[Place, Pending]:
        """Count rows by place."""
        return self._by_place(self._rows(rows))

    def _rows(self, rows: QueueItemQuerySet) -> list[_Row]:
        """Count rows by place, summed up by the database: there are many more campaigns."""
        by_pair = (
            rows.order_by()
            .annotate(note=KIND_OF_NOTE)
            .values("linkedin_account", "campaign", *Sort._fields)
            .annotate(
                due=Count("scheduled_for", filter=Q(scheduled_for__lte=self.explain.now)),
                total=Count("*"),
            )
        )
        try:
            sql, values = by_pair.query.sql_with_params()
        except EmptyResultSet:  # filtered by a name that nothing has
            return []
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pair.linkedin_account, kind.number, pair.kind, pair.note, pair.by_hand,"  # noqa: S608 - all of it is ours
                f" sum(pair.due)::bigint, sum(pair.total)::bigint FROM ({sql}) AS pair"
                f" JOIN {_KINDS} ON kind.campaign = pair.campaign GROUP BY 1, 2, 3, 4, 5",
                (*values, *self._kinds()),
            )
            found: list[_Row] = cursor.fetchall()
            return found

    def _by_place(self, rows: list[_Row]) -> dict[Place, Pending]:
        kinds = list(self._campaign_of)
        return {
            (account, kinds[number], Sort(kind, note, by_hand)): Pending(due, total)
            for account, number, kind, note, by_hand, due, total in rows
        }

    def _kinds(self) -> tuple[str, str]:
        """Return the values of `_KINDS`."""
        return as_array(self._kind_of), as_array(map(self._number_of.get, self._kind_of.values()))

    def __missing__(self, place: Place) -> Wait:
        account, kind, sort = place
        report = self.explain.report(account, self._campaign_of[kind], sort=sort)
        state, bound = report.binding, self.explain.now + _AN_INSTANT  # what is due is before it
        if state is not None and state.somebody_must_act:
            bound = _NEVER
        elif state is not None and state.opens_at is not None:
            bound = max(bound, state.opens_at)
        self[place] = wait = Wait(waits_for(report), bound)
        return wait

    def if_barred(self, place: Place) -> str:
        """Return what those wait for who are on the do-not-contact list, whatever the time."""
        account, kind, sort = place
        campaign = self._campaign_of[kind]
        return waits_for(self.explain.report(account, campaign, do_not_contact=True, sort=sort))

    def place(self, account: uuid.UUID, campaign: uuid.UUID, sort: Sort) -> Place | None:
        """Return the place of an item; None where it was queued since the others were counted."""
        kind = self._kind_of.get(campaign)
        found = (account, kind, sort) if kind else None
        return found if found in self.pending else None

    def where(self, found: Collection[Place], comparison: str) -> Q:
        """Return the condition that an item is of one of these places, on this side of its bound.

        A look-up, not a join: however the planner errs, a row costs no more than finding its
        account among those of its kind.
        """
        accounts_of: dict[tuple[CampaignKind, Sort], list[uuid.UUID]] = defaultdict(list)
        for account, kind, sort in found:
            accounts_of[kind, sort].append(account)
        campaigns_of: dict[CampaignKind, list[uuid.UUID]] = defaultdict(list)
        for campaign, kind in self._kind_of.items():
            campaigns_of[kind].append(campaign)
        arms: list[str] = []
        values: list[str | bool] = []
        for (kind, sort), accounts in accounts_of.items():
            ends = (self[account, kind, sort].bound for account in accounts)
            has_note, of_note = self._has_note(sort, accounts)
            arms.append(
                "WHEN send_queue.campaign_id = ANY(%s::uuid[]) AND send_queue.kind = %s"
                f" AND send_queue.by_hand = %s AND {has_note}"
                f" THEN (%s::timestamptz[]){OF_ITS_ACCOUNT}"
            )
            bounds = as_array(f'"{end.isoformat()}"' for end in ends)
            values += [as_array(campaigns_of[kind]), sort.kind, sort.by_hand, *of_note]
            values += [bounds, as_array(accounts)]
        on_its_side = RawSQL(  # noqa: S611 - every value is a parameter
            f"send_queue.scheduled_for {comparison} CASE {' '.join(arms)} END",
            values,
            output_field=BooleanField(),
        )
        # The planner knows how many items these accounts have.
        return Q(among("send_queue.linkedin_account_id", {account for account, _, _ in found})) & Q(
            on_its_side
        )

    def _has_note(self, sort: Sort, accounts: Collection[uuid.UUID]) -> tuple[str, list[str]]:
        """Return the condition that an item's note is of this sort, and its parameters."""
        if sort.kind != Kind.CONNECTION_REQUEST:  # of messages LinkedIn takes any
            return f"send_queue.note_length {'>' if sort.note else '='} 0", []
        if sort.note == Note.NONE:
            return HAS_NOTE[Note.NONE], []
        usage = self.explain.usage(sort.kind)
        limits = as_array(usage[account].note_limit for account in accounts)
        return HAS_NOTE[Note(sort.note)], [limits, as_array(accounts)]


_KINDS = "unnest(%s::uuid[], %s::int[]) AS kind(campaign, number)"


def waiting_for(
    items: QueueItemQuerySet,
    gate: str,
    now: dt.datetime,
    workspaces: Collection[uuid.UUID] | None = None,
) -> QueueItemQuerySet:
    """Return the pending items that wait for a gate, or for the next run.

    :param workspaces: of all the items; None for any.
    """
    pending = items.pending()
    if gate == Gate.CONTACT_ALLOWED:
        listed = _barred(items, workspaces)
        barred_items = items.filter(pk__in=[item.pk for item in listed])
        waits = Waits(barred_items, now, workspaces)
        places = [
            (item.pk, waits.place(item.account_id, item.campaign_id, item.sort)) for item in listed
        ]
        found = [pk for pk, place in places if place and waits.if_barred(place) == gate]
        return pending.filter(pk__in=found)
    waits = Waits(items, now, workspaces)
    of_gate = [place for place in waits.pending if gate in {waits[place].gate, Gate.DUE}]
    if not of_gate:
        return pending.none()
    # The outermost bound, too: the list's own index then leads to where they begin or end.
    if gate == Gate.DUE:
        those = pending.filter(
            waits.where(of_gate, ">="),
            scheduled_for__gte=min(waits[place].bound for place in of_gate),
        )
    else:
        those = pending.filter(
            waits.where(of_gate, "<"),
            scheduled_for__lt=max(waits[place].bound for place in of_gate),
        )
    if gate in {Gate.SENDING_ON, Gate.CAMPAIGN_ACTIVE}:
        return those  # asked before the do-not-contact list is
    return those.exclude(pk__in=[item.pk for item in _barred(items, workspaces)])


class Barred(NamedTuple):
    """A pending item whose person or company is on the do-not-contact list."""

    pk: uuid.UUID
    account_id: uuid.UUID
    campaign_id: uuid.UUID
    scheduled_for: dt.datetime
    sort: Sort


def _barred(items: QueueItemQuerySet, workspaces: Collection[uuid.UUID] | None) -> list[Barred]:
    """Return them as a plain list: few, and looked up once."""
    fields = ("pk", "linkedin_account", "campaign", "scheduled_for", *Sort._fields)
    rows = barred(items, workspaces).order_by().annotate(note=KIND_OF_NOTE).values_list(*fields)
    return [Barred(pk, of, campaign, at, Sort(*sort)) for pk, of, campaign, at, *sort in rows]


def count_waiting(items: QueueItemQuerySet, waits: Waits) -> Counter[str]:
    """Count the pending items by what they wait for: as many as `waiting_for` would return.

    :param waits: those of these items.
    """
    soon = _count_between(items, waits)
    waiting: Counter[str] = Counter()
    for place, number in waits.pending.items():
        wait = waits[place]
        before = number.due + soon[place].total if place in soon else number.due
        if wait.bound == _NEVER:
            before = number.total
        waiting[wait.gate] += before
        waiting[Gate.DUE] += number.total - before
    listed, _ = kept(
        ("barred", waits.workspaces),
        items.pending(),
        waits.explain.now,
        lambda: _barred(items, waits.workspaces),
        lambda _found: sum(number.total for number in waits.pending.values()),
    )
    for item in listed:
        place_of_it = waits.place(item.account_id, item.campaign_id, item.sort)
        if place_of_it is not None:
            wait = waits[place_of_it]
            waiting[wait.gate if item.scheduled_for < wait.bound else Gate.DUE] -= 1
            waiting[waits.if_barred(place_of_it)] += 1
    return +waiting


def _count_between(items: QueueItemQuerySet, waits: Waits) -> dict[Place, Pending]:
    """Count what is not due yet, and falls due before the bound of its place."""
    now = waits.explain.now
    later = [place for place in waits.pending if now + _AN_INSTANT < waits[place].bound < _NEVER]
    if not later:
        return {}
    return waits.counted(
        items.pending().filter(
            waits.where(later, "<"),
            scheduled_for__gt=now,
            scheduled_for__lt=max(waits[place].bound for place in later),
        )
    )
