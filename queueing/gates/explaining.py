"""Why items wait, for many at once: the gates asked once for each account and kind of campaign.

Items of one account share every gate but their own time and the do-not-contact list, in campaigns
of one state and the same hours. So a whole queue is explained by as many questions as there are
such places, and a filter by what items wait for is exact: it is a bound on their time, place by
place.
"""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Count, Q, QuerySet, prefetch_related_objects
from django.db.models.expressions import RawSQL

from campaigns.models import Campaign, LinkedInAccount, SendingHours, default_hours
from queueing.gates import hours
from queueing.gates.barring import barred
from queueing.gates.counting import among, as_array
from queueing.gates.evaluating import AccountFacts, Facts, Gate, Report, evaluate
from queueing.gates.facts import hours_of, on_do_not_contact_list, policy, stop_reason, usages
from queueing.gates.words import waits_for
from queueing.models import QueueItem, QueueItemQuerySet

_AN_INSTANT = dt.timedelta(microseconds=1)
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


Kind = tuple[str, int, bool, dt.datetime | None]
"""A campaign's state, its hours, whether it may drop notes, and when it starts by itself: campaigns
of a kind are alike to the gates."""


class Explainer:
    """Asks the gates about items of the given accounts and campaigns, as they stand at `now`."""

    def __init__(
        self,
        now: dt.datetime,
        account_ids: Collection[uuid.UUID],
        campaigns: QuerySet[Campaign],
    ) -> None:
        self.now = now
        self.stop = stop_reason()
        self.policy = policy()
        rows = campaigns.order_by().select_related("workspace")
        self.status = {campaign.pk: campaign.status for campaign in rows}
        self.starts_at = {
            row.pk: row.starts_at if row.status == Campaign.Status.DRAFT else None for row in rows
        }
        self.hours = hours_by_campaign(rows)
        self.may_drop_note = {row.pk: row.without_note_when_used_up for row in rows}
        self._workspaces = {campaign.workspace_id: campaign.workspace for campaign in rows}
        self.usage: dict[uuid.UUID, AccountFacts] = {}
        if account_ids:
            self.count(account_ids)

    def count(self, account_ids: Iterable[uuid.UUID]) -> None:
        """Count what these accounts have sent: they are those that can be asked about."""
        those = among("campaigns_linkedinaccount.id", set(account_ids))
        accounts = list(LinkedInAccount.objects.filter(those).order_by())
        for account in accounts:  # not joined: a thousand have few workspaces, and all are here
            if account.workspace_id in self._workspaces:
                account.workspace = self._workspaces[account.workspace_id]
        prefetch_related_objects(accounts, "workspace")  # of one that was moved since
        self.usage = usages(accounts, self.now)

    def kind(self, campaign_id: uuid.UUID) -> Kind:
        hours_id = id(self.hours[campaign_id])
        may_drop_note, starts_at = self.may_drop_note[campaign_id], self.starts_at[campaign_id]
        return self.status[campaign_id], hours_id, may_drop_note, starts_at

    def report(
        self,
        account_id: uuid.UUID,
        campaign_id: uuid.UUID,
        *,
        status: str = QueueItem.Status.PENDING,
        scheduled_for: dt.datetime | None = None,
        do_not_contact: bool = False,
        has_note: bool = False,
        note_length: int = 0,
    ) -> Report:
        """Ask every gate; `scheduled_for` None stands for an item that is due."""
        facts = Facts(
            stop=self.stop,
            item_status=status,
            scheduled_for=scheduled_for or self.now,
            do_not_contact=do_not_contact,
            campaign_status=self.status[campaign_id],
            hours=self.hours[campaign_id],
            account=self.usage[account_id],
            policy=self.policy,
            has_note=has_note,
            note_length=note_length,
            may_drop_note=self.may_drop_note[campaign_id],
            campaign_starts_at=self.starts_at[campaign_id],
        )
        return evaluate(facts, self.now)


def hours_by_campaign(campaigns: Collection[Campaign]) -> dict[uuid.UUID, hours.Hours]:
    """Return the hours that hold for each campaign, as `Campaign.hours` chooses them."""
    chosen = {
        campaign.pk: campaign.sending_hours_id or campaign.workspace.sending_hours_id
        for campaign in campaigns
    }
    default = default_hours() if None in chosen.values() else None
    rows = SendingHours.objects.filter(pk__in={pk for pk in chosen.values() if pk})
    plain = {row.pk: hours_of(row) for row in rows.prefetch_related("closed_days")}
    if default is not None:
        plain[default.pk] = hours_of(default)
    return {
        campaign: plain[pk or default.pk]  # type: ignore[union-attr]
        for campaign, pk in chosen.items()
    }


def reports(items: Collection[QueueItem], now: dt.datetime) -> dict[uuid.UUID, Report]:
    """Explain a page of items, in a fixed number of queries."""
    campaigns = Campaign.objects.filter(pk__in={item.campaign_id for item in items})
    explain = Explainer(now, {item.linkedin_account_id for item in items}, campaigns)
    listed = QueueItem.objects.filter(on_do_not_contact_list(), pk__in=[item.pk for item in items])
    barred = set(listed.order_by().values_list("pk", flat=True))
    return {
        item.pk: explain.report(
            item.linkedin_account_id,
            item.campaign_id,
            status=item.status,
            scheduled_for=item.scheduled_for,
            do_not_contact=item.pk in barred,
            has_note=item.has_note,
            note_length=len(item.message),
        )
        for item in items
    }


@dataclass(frozen=True)
class Wait:
    """What an account's pending items wait for, in campaigns of one state and hours.

    Those planned before `bound` wait for `gate`, the others for their time.
    """

    gate: str
    bound: dt.datetime


Place = tuple[uuid.UUID, Kind, bool]
"""An account, the kind of the campaigns that it sends for, and whether with a note."""


class Pending(NamedTuple):
    """Numbers of pending items: those that are due, and all."""

    due: int
    total: int


class Waits(dict[Place, Wait]):
    """What pending items wait for, by place: each is asked for once, when it is first needed."""

    def __init__(
        self,
        items: QueueItemQuerySet,
        now: dt.datetime,
        workspaces: Collection[uuid.UUID] | None,
    ) -> None:
        """Count the pending ones of these items, by place.

        :param workspaces: of all the items; None for any.
        """
        super().__init__()
        self.workspaces = workspaces
        campaigns = Campaign.objects.all()
        if workspaces is not None:
            campaigns = campaigns.filter(workspace__in=workspaces)
        self.explain = Explainer(now, (), campaigns)
        self._campaign_of: dict[Kind, uuid.UUID] = {}
        self._kind_of: dict[uuid.UUID, Kind] = {}
        for campaign in self.explain.status:
            kind = self.explain.kind(campaign)
            self._kind_of[campaign] = kind
            self._campaign_of[kind] = campaign
        self._number_of = {kind: number for number, kind in enumerate(self._campaign_of)}
        self.pending = self.counted(items.pending())
        self.explain.count(account for account, _, _ in self.pending)

    def counted(self, rows: QueueItemQuerySet) -> dict[Place, Pending]:
        """Count rows by place, summed up by the database: there are many more campaigns."""
        by_pair = (
            rows.order_by()
            .values("linkedin_account", "campaign", "has_note")
            .annotate(
                due=Count("scheduled_for", filter=Q(scheduled_for__lte=self.explain.now)),
                total=Count("*"),
            )
        )
        try:
            sql, values = by_pair.query.sql_with_params()
        except EmptyResultSet:  # filtered by a name that nothing has
            return {}
        kinds = list(self._campaign_of)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pair.linkedin_account, kind.number, pair.has_note,"  # noqa: S608 - all of it is ours
                f" sum(pair.due)::bigint, sum(pair.total)::bigint FROM ({sql}) AS pair"
                f" JOIN {_KINDS} ON kind.campaign = pair.campaign GROUP BY 1, 2, 3",
                (*values, *self._kinds()),
            )
            return {
                (account, kinds[number], has_note): Pending(due, total)
                for account, number, has_note, due, total in cursor.fetchall()
            }

    def _kinds(self) -> tuple[str, str]:
        """Return the values of `_KINDS`."""
        return as_array(self._kind_of), as_array(map(self._number_of.get, self._kind_of.values()))

    def __missing__(self, place: Place) -> Wait:
        account, kind, has_note = place
        report = self.explain.report(account, self._campaign_of[kind], has_note=has_note)
        state, bound = report.binding, self.explain.now + _AN_INSTANT  # what is due is before it
        if state is not None and state.somebody_must_act:
            bound = _NEVER
        elif state is not None and state.opens_at is not None:
            bound = max(bound, state.opens_at)
        self[place] = wait = Wait(waits_for(report), bound)
        return wait

    def if_barred(self, place: Place) -> str:
        """Return what those wait for who are on the do-not-contact list, whatever the time."""
        account, kind, has_note = place
        campaign = self._campaign_of[kind]
        return waits_for(
            self.explain.report(account, campaign, do_not_contact=True, has_note=has_note)
        )

    def place(self, account: uuid.UUID, campaign: uuid.UUID, has_note: bool) -> Place | None:
        """Return the place of an item; None where it was queued since the others were counted."""
        kind = self._kind_of.get(campaign)
        found = (account, kind, has_note) if kind else None
        return found if found in self.pending else None

    def where(self, found: Collection[Place], comparison: str) -> Q:
        """Return the condition that an item is of one of these places, on this side of its bound.

        A look-up, not a join: however the planner errs, a row costs no more than finding its
        account among those of its kind.
        """
        accounts_of: dict[tuple[Kind, bool], list[uuid.UUID]] = defaultdict(list)
        for account, kind, has_note in found:
            accounts_of[kind, has_note].append(account)
        campaigns_of: dict[Kind, list[uuid.UUID]] = defaultdict(list)
        for campaign, kind in self._kind_of.items():
            campaigns_of[kind].append(campaign)
        arms: list[str] = []
        values: list[str | bool] = []
        for (kind, has_note), accounts in accounts_of.items():
            ends = (self[account, kind, has_note].bound for account in accounts)
            arms.append(
                "WHEN send_queue.campaign_id = ANY(%s::uuid[]) AND send_queue.has_note = %s"
                " THEN (%s::timestamptz[])"
                "[array_position(%s::uuid[], send_queue.linkedin_account_id)]"
            )
            bounds = as_array(f'"{end.isoformat()}"' for end in ends)
            values += [as_array(campaigns_of[kind]), has_note, bounds, as_array(accounts)]
        on_its_side = RawSQL(  # noqa: S611 - every value is a parameter
            f"send_queue.scheduled_for {comparison} CASE {' '.join(arms)} END",
            values,
            output_field=BooleanField(),
        )
        # The planner knows how many items these accounts have.
        return Q(among("send_queue.linkedin_account_id", {account for account, _, _ in found})) & Q(
            on_its_side
        )


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
            (item.pk, waits.place(item.account_id, item.campaign_id, item.has_note))
            for item in listed
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
    has_note: bool


def _barred(items: QueueItemQuerySet, workspaces: Collection[uuid.UUID] | None) -> list[Barred]:
    """Return them as a plain list: few, and looked up once."""
    fields = ("pk", "linkedin_account", "campaign", "scheduled_for", "has_note")
    return [Barred(*row) for row in barred(items, workspaces).order_by().values_list(*fields)]


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
    for item in _barred(items, waits.workspaces):
        place_of_it = waits.place(item.account_id, item.campaign_id, item.has_note)
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
