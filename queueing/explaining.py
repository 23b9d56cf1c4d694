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

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from campaigns.models import Campaign, DoNotContact, LinkedInAccount, SendingHours
from campaigns.sending_hours import default_hours
from queueing import gates, hours
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


def pairs_of(items: QueueItemQuerySet, now: dt.datetime) -> list[Pair]:
    """Ask the gates for every account and campaign that has something pending among the items."""
    found = list(items.pending().order_by().values_list("linkedin_account", "campaign").distinct())
    explain = Explainer(now, {account for account, _ in found}, {pair[1] for pair in found})
    asked: dict[tuple[uuid.UUID, str, int], Pair] = {}
    pairs = []
    for account, campaign in found:
        # Campaigns of the same state and hours get the same answer: it is asked for once.
        key = (account, explain.status[campaign], id(explain.hours[campaign]))
        if key not in asked:
            asked[key] = _pair(explain, account, campaign)
        pairs.append(replace(asked[key], campaign_id=campaign))
    return pairs


def _pair(explain: Explainer, account: uuid.UUID, campaign: uuid.UUID) -> Pair:
    report = explain.report(account, campaign)
    barred = explain.report(account, campaign, do_not_contact=True)
    state = report.binding
    bound = explain.now + dt.timedelta(microseconds=1)  # what is due now is before it
    if state is not None and state.somebody_must_act:
        bound = dt.datetime.max.replace(tzinfo=dt.UTC)
    elif state is not None and state.opens_at is not None:
        bound = max(bound, state.opens_at)
    return Pair(account, campaign, waits_for(report), bound, state, waits_for(barred))


def waiting_for(items: QueueItemQuerySet, gate: str, now: dt.datetime) -> QueueItemQuerySet:
    """Return the pending items that wait for a gate, or for the next run."""
    pairs, pending = pairs_of(items, now), items.pending()
    if gate == Gate.DUE:
        found = pending.filter(_in_pairs(pairs, "send_queue.scheduled_for >= pair.bound"))
    else:
        of_gate = [pair for pair in pairs if pair.gate == gate]
        found = pending.filter(_in_pairs(of_gate, "send_queue.scheduled_for < pair.bound"))
    if not DoNotContact.objects.exists():
        return found
    if gate == Gate.CONTACT_ALLOWED:
        barring = [pair for pair in pairs if pair.if_barred == gate]
        return pending.filter(_in_pairs(barring, "TRUE"), gates.on_do_not_contact_list())
    if gate in {Gate.SENDING_ON, Gate.CAMPAIGN_ACTIVE}:
        return found  # asked before the list is
    return found.exclude(gates.on_do_not_contact_list())


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
    pairs = pairs_of(items, now)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pair.number, count(*) FILTER (WHERE item.scheduled_for < pair.bound), count(*)"
            " FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) WITH ORDINALITY"
            " AS pair(account, campaign, bound, number)"
            " JOIN send_queue item ON item.linkedin_account_id = pair.account"
            " AND item.campaign_id = pair.campaign AND item.status = 'pending'"
            " GROUP BY pair.number",
            _columns(pairs),
        )
        counted = cursor.fetchall()
    waiting: Counter[str] = Counter()
    for number, before, total in counted:
        waiting[pairs[number - 1].gate] += before
        waiting[Gate.DUE] += total - before
    if DoNotContact.objects.exists():
        _move_barred(waiting, items, pairs)
    return +waiting


def _move_barred(waiting: Counter[str], items: QueueItemQuerySet, pairs: list[Pair]) -> None:
    """Count those on the do-not-contact list where they belong."""
    by_pair = {(pair.account_id, pair.campaign_id): pair for pair in pairs}
    barred = items.pending().filter(gates.on_do_not_contact_list()).order_by()
    for account, campaign, at in barred.values_list(
        "linkedin_account", "campaign", "scheduled_for"
    ):
        pair = by_pair[account, campaign]
        waiting[pair.gate if at < pair.bound else Gate.DUE] -= 1
        waiting[pair.if_barred] += 1
