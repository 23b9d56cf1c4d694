"""Why items wait, for many at once: the gates asked once for each account and campaign.

Items of one account and campaign share every gate but their own time and the do-not-contact list.
So a whole queue is explained by as many questions as there are such pairs, and a filter by what
items wait for is exact: it is a bound on their time, pair by pair.
"""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db.models import BooleanField, Count, Q
from django.db.models.expressions import RawSQL

from campaigns.models import Campaign, LinkedInAccount, SendingHours
from campaigns.sending_hours import default_hours
from queueing import gates, hours
from queueing.barring import barred
from queueing.gates import Gate, GateState, Report
from queueing.models import QueueItem, QueueItemQuerySet

NEXT_RUN = "next_run"
"""What an item waits for whose gates are all open."""

IN_WORDS = {
    Gate.SENDING_ON: "all sending is stopped",
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
class Pair:
    """The pending items of one account and campaign.

    Those planned before `bound` wait for `gate`, the others for their time. Whoever is on the
    do-not-contact list waits for `if_barred`, whatever the time.
    """

    account_id: uuid.UUID
    campaign_id: uuid.UUID
    gate: str
    bound: dt.datetime
    state: GateState | None
    if_barred: str


Place = tuple[uuid.UUID, uuid.UUID]
"""An account and a campaign."""


def pairs_of(
    found: Collection[Place], now: dt.datetime, with_barred: Collection[Place] = ()
) -> dict[Place, Pair]:
    """Ask the gates for each of these accounts and campaigns.

    :param with_barred: those of which `if_barred` is needed; of the others it is the gate.
    """
    explain = Explainer(now, {account for account, _ in found}, {place[1] for place in found})
    asked: dict[tuple[uuid.UUID, str, int], Pair] = {}
    pairs = {}
    for account, campaign in found:
        # Campaigns of the same state and hours get the same answer: it is asked for once.
        key = (account, explain.status[campaign], id(explain.hours[campaign]))
        if key not in asked:
            asked[key] = _pair(explain, account, campaign)
        pairs[account, campaign] = replace(asked[key], campaign_id=campaign)
    for account, campaign in pairs.keys() & set(with_barred):
        report = explain.report(account, campaign, do_not_contact=True)
        pairs[account, campaign] = replace(pairs[account, campaign], if_barred=waits_for(report))
    return pairs


def _pair(explain: Explainer, account: uuid.UUID, campaign: uuid.UUID) -> Pair:
    report = explain.report(account, campaign)
    state = report.binding
    bound = explain.now + _AN_INSTANT  # what is due now is before it
    if state is not None and state.somebody_must_act:
        bound = _NEVER
    elif state is not None and state.opens_at is not None:
        bound = max(bound, state.opens_at)
    return Pair(account, campaign, waits_for(report), bound, state, waits_for(report))


def waiting_for(items: QueueItemQuerySet, gate: str, now: dt.datetime) -> QueueItemQuerySet:
    """Return the pending items that wait for a gate, or for the next run."""
    pending, listed = items.pending(), _barred(items)
    if gate == Gate.CONTACT_ALLOWED:
        places = {item.place for item in listed}
        pairs = pairs_of(places, now, places)
        found = [item.pk for item in listed if pairs[item.place].if_barred == gate]
        return pending.filter(pk__in=found)
    places_of = pending.order_by().values_list("linkedin_account", "campaign").distinct()
    pairs = pairs_of(list(places_of), now)
    of_gate = [pair for pair in pairs.values() if gate in {pair.gate, Gate.DUE}]
    if not of_gate:
        return pending.none()
    # The outermost bound, too: the list's own index then leads to where they begin or end.
    if gate == Gate.DUE:
        those = pending.filter(
            _in_pairs(of_gate, "send_queue.scheduled_for >= pair.bound"),
            scheduled_for__gte=min(pair.bound for pair in of_gate),
        )
    else:
        those = pending.filter(
            _in_pairs(of_gate, "send_queue.scheduled_for < pair.bound"),
            scheduled_for__lt=max(pair.bound for pair in of_gate),
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

    @property
    def place(self) -> Place:
        return self.account_id, self.campaign_id


def _barred(items: QueueItemQuerySet) -> list[Barred]:
    """Return them as a plain list: few, and looked up once."""
    fields = ("pk", "linkedin_account", "campaign", "scheduled_for")
    return [Barred(*row) for row in barred(items).order_by().values_list(*fields)]


def _in_pairs(pairs: Collection[Pair], condition: str) -> RawSQL:
    """Return the condition that an item is of one of the pairs. `condition` is SQL of ours."""
    return RawSQL(  # noqa: S611 - every value is a parameter
        "EXISTS (SELECT FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[])"
        " AS pair(account, campaign, bound) WHERE pair.account = send_queue.linkedin_account_id"
        f" AND pair.campaign = send_queue.campaign_id AND {condition})",
        _columns(pairs),
        output_field=BooleanField(),
    )


def _columns(
    pairs: Collection[Pair],
) -> tuple[list[uuid.UUID], list[uuid.UUID], list[dt.datetime]]:
    return (
        [pair.account_id for pair in pairs],
        [pair.campaign_id for pair in pairs],
        [pair.bound for pair in pairs],
    )


def count_waiting(items: QueueItemQuerySet, now: dt.datetime) -> Counter[str]:
    """Count the pending items by what they wait for: as many as `waiting_for` would return."""
    counted = {
        (account, campaign): (due, total)
        for account, campaign, due, total in items.pending()
        .order_by()
        .values_list("linkedin_account", "campaign")
        .annotate(due=Count("scheduled_for", filter=Q(scheduled_for__lte=now)), total=Count("*"))
    }
    listed = _barred(items)
    pairs = pairs_of(list(counted), now, {item.place for item in listed})
    soon = _count_between(items, list(pairs.values()), now)
    waiting: Counter[str] = Counter()
    for place, pair in pairs.items():
        due, total = counted[place]
        before = total if pair.bound == _NEVER else due + soon.get(place, 0)
        waiting[pair.gate] += before
        waiting[Gate.DUE] += total - before
    for item in listed:
        if item.place in pairs:  # else it was queued since the others were counted
            pair = pairs[item.place]
            waiting[pair.gate if item.scheduled_for < pair.bound else Gate.DUE] -= 1
            waiting[pair.if_barred] += 1
    return +waiting


def _count_between(
    items: QueueItemQuerySet, pairs: Collection[Pair], now: dt.datetime
) -> dict[Place, int]:
    """Count what falls due after `now`, but before the bound of its account and campaign."""
    later = [pair for pair in pairs if now + _AN_INSTANT < pair.bound < _NEVER]
    if not later:
        return {}
    rows = items.pending().filter(
        _in_pairs(later, "send_queue.scheduled_for < pair.bound"),
        scheduled_for__gt=now,
        scheduled_for__lt=max(pair.bound for pair in later),
    )
    counted = rows.order_by().values_list("linkedin_account", "campaign").annotate(n=Count("*"))
    return {(account, campaign): number for account, campaign, number in counted}
