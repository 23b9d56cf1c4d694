"""Why items wait, for many at once: the gates asked once for each account and kind of campaign.

Items of one account share every gate but their own time and the do-not-contact list, in campaigns
of one state and the same hours. So a whole queue is explained by as many questions as there are
such places, and a filter by what items wait for is exact: it is a bound on their time, place by
place.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import BooleanField, Count, Q
from django.db.models.expressions import RawSQL

from campaigns.models import Campaign, LinkedInAccount, SendingHours
from campaigns.sending_hours import default_hours
from queueing import gates, hours
from queueing.barring import barred
from queueing.gates import Gate, Report
from queueing.models import QueueItem, QueueItemQuerySet

NEXT_RUN = "next_run"
"""What an item waits for whose gates are all open."""

IN_WORDS = {
    Gate.SENDING_ON: "the global stop to be lifted",
    Gate.PENDING: "nothing: it is not pending",
    Gate.DUE: "its planned time",
    Gate.CAMPAIGN_ACTIVE: "its campaign to be active",
    Gate.CONTACT_ALLOWED: "nothing: do not contact",
    Gate.ACCOUNT_CONNECTED: "its account to be reconnected",
    Gate.ACCOUNT_RESTED: "its account to end its rest",
    Gate.HOURS_OPEN: "its sending hours",
    Gate.SPACING: "the gap after the last request",
    Gate.DAILY_CAP: "tomorrow: today's limit is reached",
    Gate.WEEKLY_CAP: "room in the 7-day limit",
    Gate.NOTHING_IN_FLIGHT: "a request that is being sent",
    NEXT_RUN: "the next run",
}
"""What an item waits for, as it follows the words “waits for”."""


_AN_INSTANT = dt.timedelta(microseconds=1)
_NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)


class Explainer:
    """Asks the gates about items of the given accounts and campaigns, as they stand at `now`."""

    def __init__(
        self,
        now: dt.datetime,
        account_ids: Iterable[uuid.UUID],
        campaign_ids: Iterable[uuid.UUID],
    ) -> None:
        self.now = now
        self.stop = gates.stop_reason()
        self.policy = gates.policy()
        accounts = LinkedInAccount.objects.filter(pk__in=set(account_ids))
        self.usage = gates.usages(accounts.select_related("workspace"), now)
        campaigns = Campaign.objects.filter(pk__in=set(campaign_ids)).select_related("workspace")
        self.status = {campaign.pk: campaign.status for campaign in campaigns}
        self.hours = hours_by_campaign(campaigns)

    def report(
        self,
        account_id: uuid.UUID,
        campaign_id: uuid.UUID,
        *,
        status: str = QueueItem.Status.PENDING,
        scheduled_for: dt.datetime | None = None,
        do_not_contact: bool = False,
    ) -> Report:
        """Ask every gate; `scheduled_for` None stands for an item that is due."""
        facts = gates.Facts(
            stop=self.stop,
            item_status=status,
            scheduled_for=scheduled_for or self.now,
            do_not_contact=do_not_contact,
            campaign_status=self.status[campaign_id],
            hours=self.hours[campaign_id],
            account=self.usage[account_id],
            policy=self.policy,
        )
        return gates.evaluate(facts, self.now)


def hours_by_campaign(campaigns: Collection[Campaign]) -> dict[uuid.UUID, hours.Hours]:
    """Return the hours that hold for each campaign, as `Campaign.hours` chooses them."""
    chosen = {
        campaign.pk: campaign.sending_hours_id or campaign.workspace.sending_hours_id
        for campaign in campaigns
    }
    default = default_hours() if None in chosen.values() else None
    rows = SendingHours.objects.filter(pk__in={pk for pk in chosen.values() if pk})
    plain = {row.pk: gates.hours_of(row) for row in rows.prefetch_related("closed_days")}
    if default is not None:
        plain[default.pk] = gates.hours_of(default)
    return {
        campaign: plain[pk or default.pk]  # type: ignore[union-attr]
        for campaign, pk in chosen.items()
    }


def reports(items: Collection[QueueItem], now: dt.datetime) -> dict[uuid.UUID, Report]:
    """Explain a page of items, in a fixed number of queries."""
    explain = Explainer(
        now, {item.linkedin_account_id for item in items}, {item.campaign_id for item in items}
    )
    listed = QueueItem.objects.filter(
        gates.on_do_not_contact_list(), pk__in=[item.pk for item in items]
    )
    barred = set(listed.order_by().values_list("pk", flat=True))
    return {
        item.pk: explain.report(
            item.linkedin_account_id,
            item.campaign_id,
            status=item.status,
            scheduled_for=item.scheduled_for,
            do_not_contact=item.pk in barred,
        )
        for item in items
    }


def waits_for(report: Report) -> str:
    """Return what an item waits for: a gate, or the next run."""
    return report.binding.gate if report.binding else NEXT_RUN


@dataclass(frozen=True)
class Wait:
    """What an account's pending items wait for, in campaigns of one state and hours.

    Those planned before `bound` wait for `gate`, the others for their time.
    """

    gate: str
    bound: dt.datetime


Kind = tuple[str, int]
"""The state and hours of a campaign: campaigns of one kind get the same answer of the gates."""

Place = tuple[uuid.UUID, Kind]
"""An account, and the kind of the campaigns that it sends for."""


class Waits(dict[Place, Wait]):
    """What pending items wait for, by place: each is asked for once, when it is first needed."""

    def __init__(self, pairs: Collection[tuple[uuid.UUID, uuid.UUID]], now: dt.datetime) -> None:
        """Make ready for items of these accounts and campaigns."""
        super().__init__()
        accounts, campaigns = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
        self._explain = Explainer(now, accounts, campaigns)
        self._campaign_of: dict[Kind, uuid.UUID] = {}
        self.kind_of: dict[uuid.UUID, Kind] = {}
        for campaign in self._explain.status:
            kind = (self._explain.status[campaign], id(self._explain.hours[campaign]))
            self.kind_of[campaign] = kind
            self._campaign_of[kind] = campaign

    def __missing__(self, place: Place) -> Wait:
        account, campaign = place[0], self._campaign_of[place[1]]
        report = self._explain.report(account, campaign)
        state, bound = report.binding, self._explain.now + _AN_INSTANT  # what is due is before it
        if state is not None and state.somebody_must_act:
            bound = _NEVER
        elif state is not None and state.opens_at is not None:
            bound = max(bound, state.opens_at)
        self[place] = wait = Wait(waits_for(report), bound)
        return wait

    def if_barred(self, place: Place) -> str:
        """Return what those wait for who are on the do-not-contact list, whatever the time."""
        account, campaign = place[0], self._campaign_of[place[1]]
        return waits_for(self._explain.report(account, campaign, do_not_contact=True))

    def place(self, account: uuid.UUID, campaign: uuid.UUID) -> Place:
        return account, self.kind_of[campaign]

    def where(self, found: Collection[Place], condition: str) -> RawSQL:
        """Return the condition that an item is of one of these places. `condition` is SQL of ours.

        It may speak of `place.bound`.
        """
        numbers = {kind: number for number, kind in enumerate(self._campaign_of)}
        return RawSQL(  # noqa: S611 - every value is a parameter
            "EXISTS (SELECT FROM unnest(%s::uuid[], %s::int[]) AS kind(campaign, number)"
            " JOIN unnest(%s::uuid[], %s::int[], %s::timestamptz[])"
            " AS place(account, kind, bound) ON place.kind = kind.number"
            " WHERE place.account = send_queue.linkedin_account_id"
            f" AND kind.campaign = send_queue.campaign_id AND {condition})",
            (
                list(self.kind_of),
                [numbers[kind] for kind in self.kind_of.values()],
                [account for account, _ in found],
                [numbers[kind] for _, kind in found],
                [self[place].bound for place in found],
            ),
            output_field=BooleanField(),
        )


def waiting_for(
    items: QueueItemQuerySet,
    gate: str,
    now: dt.datetime,
    workspaces: Collection[uuid.UUID] | None = None,
) -> QueueItemQuerySet:
    """Return the pending items that wait for a gate, or for the next run.

    :param workspaces: of all the items; None for any.
    """
    pending, listed = items.pending(), _barred(items, workspaces)
    if gate == Gate.CONTACT_ALLOWED:
        waits = Waits([(item.account_id, item.campaign_id) for item in listed], now)
        found = [item.pk for item in listed if waits.if_barred(item.place(waits)) == gate]
        return pending.filter(pk__in=found)
    pairs = list(pending.order_by().values_list("linkedin_account", "campaign").distinct())
    waits = Waits(pairs, now)
    places = {waits.place(*pair) for pair in pairs}
    of_gate = [place for place in places if gate in {waits[place].gate, Gate.DUE}]
    if not of_gate:
        return pending.none()
    # The outermost bound, too: the list's own index then leads to where they begin or end.
    if gate == Gate.DUE:
        those = pending.filter(
            waits.where(of_gate, "send_queue.scheduled_for >= place.bound"),
            scheduled_for__gte=min(waits[place].bound for place in of_gate),
        )
    else:
        those = pending.filter(
            waits.where(of_gate, "send_queue.scheduled_for < place.bound"),
            scheduled_for__lt=max(waits[place].bound for place in of_gate),
        )
    if gate in {Gate.SENDING_ON, Gate.CAMPAIGN_ACTIVE}:
        return those  # asked before the do-not-contact list is
    return those.exclude(pk__in=[item.pk for item in listed])


class Barred(NamedTuple):
    """A pending item whose person or company is on the do-not-contact list."""

    pk: uuid.UUID
    account_id: uuid.UUID
    campaign_id: uuid.UUID
    scheduled_for: dt.datetime

    def place(self, waits: Waits) -> Place:
        return waits.place(self.account_id, self.campaign_id)


def _barred(items: QueueItemQuerySet, workspaces: Collection[uuid.UUID] | None) -> list[Barred]:
    """Return them as a plain list: few, and looked up once."""
    fields = ("pk", "linkedin_account", "campaign", "scheduled_for")
    return [Barred(*row) for row in barred(items, workspaces).order_by().values_list(*fields)]


def count_waiting(
    items: QueueItemQuerySet, now: dt.datetime, workspaces: Collection[uuid.UUID] | None = None
) -> Counter[str]:
    """Count the pending items by what they wait for: as many as `waiting_for` would return."""
    counted = list(
        items.pending()
        .order_by()
        .values_list("linkedin_account", "campaign")
        .annotate(due=Count("scheduled_for", filter=Q(scheduled_for__lte=now)), total=Count("*"))
    )
    waits = Waits([(account, campaign) for account, campaign, _, _ in counted], now)
    due: Counter[Place] = Counter()
    total: Counter[Place] = Counter()
    for account, campaign, of_them_due, number in counted:
        place = waits.place(account, campaign)
        due[place] += of_them_due
        total[place] += number
    soon = _count_between(items, waits, total, now)
    waiting: Counter[str] = Counter()
    for place, number in total.items():
        wait = waits[place]
        before = number if wait.bound == _NEVER else due[place] + soon[place]
        waiting[wait.gate] += before
        waiting[Gate.DUE] += number - before
    for item in _barred(items, workspaces):
        if item.campaign_id not in waits.kind_of:
            continue  # queued since the others were counted
        place = item.place(waits)
        waiting[waits[place].gate if item.scheduled_for < waits[place].bound else Gate.DUE] -= 1
        waiting[waits.if_barred(place)] += 1
    return +waiting


def _count_between(
    items: QueueItemQuerySet, waits: Waits, places: Collection[Place], now: dt.datetime
) -> Counter[Place]:
    """Count what falls due after `now`, but before the bound of its place."""
    later = [place for place in places if now + _AN_INSTANT < waits[place].bound < _NEVER]
    counted: Counter[Place] = Counter()
    if not later:
        return counted
    rows = items.pending().filter(
        waits.where(later, "send_queue.scheduled_for < place.bound"),
        scheduled_for__gt=now,
        scheduled_for__lt=max(waits[place].bound for place in later),
    )
    by_pair = rows.order_by().values_list("linkedin_account", "campaign").annotate(n=Count("*"))
    for account, campaign, number in by_pair:
        counted[waits.place(account, campaign)] += number
    return counted
