"""Why items wait, for many at once: the gates asked once for each account and kind of campaign.

Items of one account share every gate but their own time and the do-not-contact list, in campaigns
of one state and the same hours. So a whole queue is explained by as many questions as there are
such places: see `waiting`.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db.models import Case, F, QuerySet, Value, When, prefetch_related_objects

from campaigns.models import Campaign, LinkedInAccount, Prospect, SendingHours, default_hours
from queueing.gates import hours
from queueing.gates.counting import among
from queueing.gates.evaluating import AccountFacts, Facts, Report, evaluate
from queueing.gates.facts import (
    hours_of,
    on_do_not_contact_list,
    policy,
    stops,
    touched_at,
    usages,
)
from queueing.gates.notes import Note
from queueing.models import Kind, QueueItem

CampaignKind = tuple[str, int, bool, dt.datetime | None, str]
"""A campaign's state, its hours, whether it may drop notes, when it starts by itself, and why its
workspace is stopped: campaigns of a kind are alike to the gates."""


class Sort(NamedTuple):
    """What tells items apart to the gates that are of one account and campaign."""

    kind: str
    note: int  # a `Note`; rows are annotated with `KIND_OF_NOTE` as `note`
    by_hand: bool


REQUEST = Sort(Kind.CONNECTION_REQUEST, note=Note.NONE, by_hand=False)


def sort_of(item: QueueItem) -> Sort:
    return Sort(item.kind, Note.FITS if item.message else Note.NONE, item.by_hand)


class Explainer:
    """Asks the gates about items of the given accounts and campaigns, as they stand at `now`."""

    def __init__(
        self,
        now: dt.datetime,
        account_ids: Collection[uuid.UUID],
        campaigns: QuerySet[Campaign],
    ) -> None:
        self.now = now
        self.stops = stops()
        self.policy = policy()
        rows = campaigns.order_by().select_related("workspace")
        self.status = {campaign.pk: campaign.status for campaign in rows}
        self.starts_at = {
            row.pk: row.starts_at if row.status == Campaign.Status.DRAFT else None for row in rows
        }
        self.hours = hours_by_campaign(rows)
        self.may_drop_note = {row.pk: row.without_note_when_used_up for row in rows}
        of_one = self.stops.of_one
        self.stop_here = {row.pk: of_one.get(row.workspace_id, "") for row in rows}
        self._workspaces = {campaign.workspace_id: campaign.workspace for campaign in rows}
        self._accounts: list[LinkedInAccount] = []
        self._usage: dict[str, dict[uuid.UUID, AccountFacts]] = {}
        if account_ids:
            self.count(account_ids)

    def count(self, account_ids: Iterable[uuid.UUID]) -> None:
        """Take these accounts: they are those that can be asked about."""
        those = among("campaigns_linkedinaccount.id", set(account_ids))
        accounts = list(LinkedInAccount.objects.filter(those).order_by())
        for account in accounts:  # not joined: a thousand have few workspaces, and all are here
            if account.workspace_id in self._workspaces:
                account.workspace = self._workspaces[account.workspace_id]
        prefetch_related_objects(accounts, "workspace")  # of one that was moved since
        self._accounts, self._usage = accounts, {}

    def know(self, requests: dict[uuid.UUID, AccountFacts]) -> None:
        """Take what some accounts are known to have sent of requests: it is not counted again."""
        self.usage(Kind.CONNECTION_REQUEST).update(requests)

    def usage(self, kind: str) -> dict[uuid.UUID, AccountFacts]:
        """Return what the accounts have sent of a kind: counted when it is first asked for."""
        if kind not in self._usage:
            found = usages(self._accounts, self.now, kind=kind) if self._accounts else {}
            self._usage[kind] = found
        return self._usage[kind]

    def kind(self, campaign_id: uuid.UUID) -> CampaignKind:
        hours_id = id(self.hours[campaign_id])
        may_drop_note, starts_at = self.may_drop_note[campaign_id], self.starts_at[campaign_id]
        stop_here = self.stop_here[campaign_id]
        return self.status[campaign_id], hours_id, may_drop_note, starts_at, stop_here

    def report(
        self,
        account_id: uuid.UUID,
        campaign_id: uuid.UUID,
        *,
        scheduled_for: dt.datetime | None = None,
        do_not_contact: bool = False,
        sort: "Sort | None" = None,
        item: QueueItem | None = None,
        person_has_ended: str = "",
        touched_at: dt.datetime | None = None,
    ) -> Report:
        """Ask every gate; `scheduled_for` None stands for an item that is due.

        :param item: whose own facts are asked about, too; without one those of its sort alone.
        """
        sort = sort or (sort_of(item) if item else REQUEST)
        account = self.usage(sort.kind)[account_id]
        facts = Facts(
            stop=self.stops.of_all,
            stop_here=self.stop_here[campaign_id],
            item_status=item.status if item else QueueItem.Status.PENDING,
            scheduled_for=scheduled_for or self.now,
            do_not_contact=do_not_contact,
            campaign_status=self.status[campaign_id],
            hours=self.hours[campaign_id],
            account=account,
            policy=self.policy,
            note_length=len(item.message) if item else Note(sort.note).length(account.note_limit),
            may_drop_note=self.may_drop_note[campaign_id],
            person_has_ended=person_has_ended,
            campaign_starts_at=self.starts_at[campaign_id],
            by_hand=sort.by_hand,
            touched_at=touched_at,
            asked_at=item.asked_at if item else None,
            ask_again_at=item.ask_again_at if item else None,
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
    closed = QueueItem.objects.filter(
        QueueItem.PERSON_HAS_ENDED | on_do_not_contact_list(), pk__in=[item.pk for item in items]
    )
    ended = When(QueueItem.PERSON_HAS_ENDED, then=F("prospect__status"))
    ends = dict(closed.order_by().values_list("pk", Case(ended, default=Value(""))))
    touched = _touched(items)
    return {
        item.pk: explain.report(
            item.linkedin_account_id,
            item.campaign_id,
            scheduled_for=item.scheduled_for,
            do_not_contact=item.pk in ends,
            person_has_ended=Prospect.Status(end).label if (end := ends.get(item.pk)) else "",
            item=item,
            touched_at=touched.get(item.pk),
        )
        for item in items
    }


def _touched(items: Collection[QueueItem]) -> dict[uuid.UUID, dt.datetime]:
    """Return when something else reached the people of follow-ups; requests are people's first."""
    follow_ups = [item.pk for item in items if item.kind == Kind.MESSAGE]
    if not follow_ups:
        return {}
    rows = QueueItem.objects.filter(pk__in=follow_ups).annotate(at=touched_at())
    return dict(rows.order_by().values_list("pk", "at"))
