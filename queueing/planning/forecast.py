"""What will go when, before it goes: a calendar of days and accounts."""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from campaigns.models import Campaign, LinkedInAccount, Workspace
from queueing import gates
from queueing.gates import barred
from queueing.models import WILL_SEND, Kind, QueueItem, QueueItemQuerySet
from queueing.planning import board, selection
from queueing.planning.binding import Bound, bound_on
from queueing.planning.board import Board, instant
from queueing.planning.placing import Placing
from queueing.planning.replan import arranged
from queueing.planning.ticks import Calendar

CHUNK = 2000


class Send(NamedTuple):
    """One request to come: who, by whom, and the instant at which a run sends it (UTC)."""

    prospect_id: uuid.UUID
    campaign_id: uuid.UUID
    account_id: uuid.UUID
    at: dt.datetime
    day: dt.date
    item_id: uuid.UUID | None = None


@dataclass(frozen=True)
class DayOfAccount:
    """What an account will do on a day of its caps, and what binds it on that day."""

    day: dt.date
    account_id: uuid.UUID
    account: str
    count: int
    first_at: dt.datetime
    last_at: dt.datetime
    binds: Bound | None


@dataclass
class Forecast:
    """A calendar. `held` counts, by reason, queued people who go only when somebody acts.

    `left_out` counts, by reason, new people who would not be queued. `note` says what the whole
    calendar waits for.
    """

    sends: list[Send] = field(default_factory=list)
    days: list[DayOfAccount] = field(default_factory=list)
    held: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    note: str = ""

    @property
    def last_at(self) -> dt.datetime | None:
        """When the last one goes; None where nobody will."""
        return max((send.at for send in self.sends), default=None)

    def what_binds(self) -> str:
        """Say what would have to change for an earlier end, in words for staff."""
        kinds = Counter(day.binds.kind for day in self.days if day.binds)
        if not kinds:
            return "Nothing: all go as soon as they are due."
        kind, number = kinds.most_common(1)[0]
        return f"{kind} (on {number} of {len(self.days)} days of accounts)."


def forecast_workspace(
    workspace: Workspace,
    now: dt.datetime,
    *,
    replanned: bool = False,
    kind: str = Kind.CONNECTION_REQUEST,
) -> Forecast:
    """Foresee all that a workspace has queued, and the people of drafts that start by themselves.

    :param replanned: with the times that replanning would give; else with those that are stored.
    :param kind: each kind has a calendar of its own. Of messages and withdrawals those that are
        planned by now: when others will accept nobody knows.
    """
    accounts = LinkedInAccount.objects.filter(workspace=workspace)
    drafts = board.campaigns().filter(
        workspace=workspace, status=Campaign.Status.DRAFT, starts_at__isnull=False
    )
    forecasting = _Forecasting(accounts, now, kind)
    forecasting.queue(replanned=replanned)
    for draft in drafts.order_by("starts_at", "pk"):
        forecasting.new_people(draft)
    forecasting.count_held(QueueItem.objects.filter(workspace=workspace))
    return forecasting.forecast()


def forecast_campaign(
    campaign: Campaign,
    now: dt.datetime,
    *,
    replanned: bool = False,
    kind: str = Kind.CONNECTION_REQUEST,
) -> Forecast:
    """Foresee a campaign's queue and its new people, as if those were queued now.

    Its accounts' other queues are reckoned with. A paused campaign, and a draft without a time to
    start at, are foreseen as if they were started now.

    :param replanned: with the times that replanning would give; else with those that are stored.
    :param kind: see `forecast_workspace`.
    """
    fresh = board.campaigns().get(pk=campaign.pk)
    if not board.starts_at(fresh):
        fresh.status = Campaign.Status.ACTIVE
    items = QueueItem.objects.filter(campaign=fresh)
    holding = items.filter(kind=kind).pending().order_by().values("linkedin_account")
    accounts = LinkedInAccount.objects.filter(Q(campaigns=fresh) | Q(pk__in=holding)).distinct()
    forecasting = _Forecasting(accounts, now, kind)
    if campaign.status != Campaign.Status.ACTIVE and not board.starts_at(fresh):
        forecasting.note(
            f"The campaign is {campaign.get_status_display().lower()}: nothing goes before it is "
            "active. This is as if it were from now on."
        )
    forecasting.queue(replanned=replanned, of_campaign=fresh)
    forecasting.new_people(fresh)
    forecasting.count_held(items, as_if_active=fresh)
    return forecasting.forecast(fresh)


def foreseen_at(item: QueueItem, now: dt.datetime) -> dt.datetime | None:
    """Return the instant of the run that will send an item, with all that is before it (UTC).

    Several may be planned for the same time, by hand or because they are late: one goes a run, and
    each keeps the gap. None where it goes only when somebody acts.
    """
    account = LinkedInAccount.objects.filter(pk=item.linkedin_account_id)
    return _Forecasting(account, now, item.kind).of_item(item.pk)


def before_and_after(
    what: Workspace | Campaign, now: dt.datetime, change: Callable[[], object]
) -> tuple[Forecast, Forecast]:
    """Foresee a workspace or a campaign as it is, and as it would be after a change.

    :param change: makes the change in the database, such as a form's `save`; it is undone here.
    """
    before = _forecast(what, now, replanned=False)
    with transaction.atomic():
        change()
        after = _forecast(what, now, replanned=True)
        transaction.set_rollback(True)
    return before, after


def _forecast(what: Workspace | Campaign, now: dt.datetime, *, replanned: bool) -> Forecast:
    if isinstance(what, Campaign):
        return forecast_campaign(what, now, replanned=replanned)
    return forecast_workspace(what, now, replanned=replanned)


class _Forecasting:
    """A forecast being made."""

    def __init__(
        self,
        accounts: QuerySet[LinkedInAccount],
        now: dt.datetime,
        kind: str = Kind.CONNECTION_REQUEST,
    ) -> None:
        rows = list(accounts.select_related("workspace").order_by("name", "pk"))
        self._board = Board([account for account in rows if board.can_send(account)], now, kind)
        self._sends: list[tuple[Send, Calendar]] = []
        self._unplaced = 0
        self._result = Forecast()
        stops = gates.stops()
        here = next((stops.of_one.get(account.workspace_id) for account in rows), "")
        if stop := stops.of_all or here:
            what = "All sending" if stops.of_all else "Sending for this client"
            self.note(f"{what} is stopped ({stop}): this is as if it went on now.")

    def note(self, text: str) -> None:
        """Say what the whole calendar waits for."""
        self._result.note = f"{self._result.note} {text}".strip()

    def queue(self, *, replanned: bool, of_campaign: Campaign | None = None) -> None:
        """Foresee what is queued."""
        also = Q(campaign=of_campaign) if of_campaign else None
        pending, of = self._board.queue(also)
        if of_campaign and of_campaign.pk in of:
            of[of_campaign.pk] = of_campaign
        foresee = arranged if replanned else Board.simulate
        for item, slot in foresee(self._board, pending, of):
            calendar = self._board.calendar_of(of[item.campaign_id], item.account_id)
            at = instant(slot.tick)
            send = Send(item.prospect_id, item.campaign_id, item.account_id, at, slot.day, item.id)
            self._sends.append((send, calendar))
        self._unplaced = len(pending) - len(self._sends)

    def of_item(self, item_id: uuid.UUID) -> dt.datetime | None:
        """Return when a queued item goes; see `foreseen_at`."""
        slots = self._board.simulate_queue()
        found = ((item.account_id, slot) for item, slot in slots if item.id == item_id)
        return next((board.leaves_at(account, slot.tick) for account, slot in found), None)

    def new_people(self, campaign: Campaign) -> None:
        """Foresee a campaign's people who are not queued yet: they are to be invited."""
        if self._board.kind != Kind.CONNECTION_REQUEST:
            return
        placing = Placing(campaign, self._board, board.accounts_of(campaign))
        rows = selection.new_people(campaign, CHUNK)
        while chunk := list(islice(rows, CHUNK)):
            people, left_out = placing.place(chunk)
            self._result.left_out.update(left.reason for left in left_out.values())
            for person in people:
                slot = person.slot
                calendar = self._board.calendar_of(campaign, person.account_id)
                at = instant(slot.tick)
                send = Send(person.prospect.pk, campaign.pk, person.account_id, at, slot.day)
                self._sends.append((send, calendar))

    def count_held(self, items: QueueItemQuerySet, as_if_active: Campaign | None = None) -> None:
        """Count what is queued and goes only when somebody acts."""
        held = self._result.held
        will_send = WILL_SEND | Q(by_hand=True)
        if as_if_active:
            will_send |= Q(campaign=as_if_active)
        items = items.filter(kind=self._board.kind)
        pending = items.pending().order_by()
        waiting = pending.exclude(will_send).values_list("campaign__name", "campaign__status")
        for name, status, number in waiting.annotate(number=Count("pk")):
            held[f"Campaign “{name}” is {Campaign.Status(status).label.lower()}"] += number
        lost = pending.filter(will_send).exclude(linkedin_account__in=self._board.accounts)
        by_account = lost.values_list("linkedin_account__name", "linkedin_account__status")
        for name, status, number in by_account.annotate(number=Count("pk")):
            label = LinkedInAccount.Status(status).label.lower()
            held[f"Account {name} is {label}"] += number
        listed = items.filter(will_send, linkedin_account__in=self._board.accounts)
        never = barred(listed, self._board.workspaces)
        held[selection.DO_NOT_CONTACT] += never.count()
        too_long = listed.pending().filter(gates.TOO_LONG).exclude(pk__in=never.values("pk"))
        held["Their notes are longer than their account may send"] += too_long.count()
        held["Their hours, limits or a long rest never let them go"] += self._unplaced
        self._result.held = +held

    def forecast(self, only: Campaign | None = None) -> Forecast:
        """Return the forecast, of one campaign only where one is given."""
        self._sends.sort(key=lambda pair: pair[0].at)
        by_day: dict[tuple[dt.date, uuid.UUID], list[Send]] = defaultdict(list)
        last_of_day: dict[tuple[dt.date, uuid.UUID], tuple[Send, Calendar]] = {}
        last_of_account: dict[uuid.UUID, Send] = {}
        for send, calendar in self._sends:
            key = (send.day, send.account_id)
            last_of_day[key] = (send, calendar)
            last_of_account[send.account_id] = send
            if only is None or send.campaign_id == only.pk:
                tick = board.epoch(send.at)
                told = send._replace(at=board.leaves_at(send.account_id, tick))
                self._result.sends.append(told)
                by_day[key].append(told)
        for key, sends in by_day.items():
            last, calendar = last_of_day[key]
            has_more = last_of_account[last.account_id] is not last
            self._result.days.append(self._day(sends, last, calendar if has_more else None))
        self._result.days.sort(key=lambda row: (row.day, row.account, row.account_id))
        return self._result

    def _day(self, sends: list[Send], last: Send, calendar: Calendar | None) -> DayOfAccount:
        timeline = self._board.timelines[last.account_id]
        return DayOfAccount(
            day=last.day,
            account_id=last.account_id,
            account=str(self._board.accounts[last.account_id]),
            count=len(sends),
            first_at=sends[0].at,
            last_at=sends[-1].at,
            binds=bound_on(timeline, calendar, last.day, board.epoch(last.at))
            if calendar
            else None,
        )
