"""What the dashboard shows, in a fixed number of queries, however many items and accounts."""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, Min, Q, QuerySet, Value, When

from campaigns.models import Campaign, LinkedInAccount, Prospect
from campaigns.pages import CappedPaginator
from queueing.desk import campaigns, needs, status, today
from queueing.desk.today import People, Today
from queueing.gates import (
    KIND_OF_NOTE,
    Explainer,
    Waits,
    cadence,
    explaining,
    kept,
    limits,
    waiting,
    words,
)
from queueing.models import Kind, Notice, QueueItem, QueueItemQuerySet
from queueing.telling.fencing import ONCE_IN

ACCOUNTS_AT_MOST = 8
CAMPAIGNS_AT_MOST = 8
RESTING_AT_MOST = 5
SET_ASIDE_AT_MOST = 10

Account = LinkedInAccount.Status


@dataclass(frozen=True)
class Accounts:
    """Accounts that somebody should see to; of those connected, the ones that rest."""

    total: int
    disconnected: int
    restricted: int
    resting: int

    @property
    def lost(self) -> int:
        """How many do not come back by themselves, but for those that rest as well."""
        return self.disconnected + self.restricted


@dataclass(frozen=True)
class AccountLine:
    """An account with its use, and when its next request goes as far as is known now.

    `zone` is that of its hours. `waits_for` is set where nothing goes before somebody acts.
    `most_a_day` is set where so many runs are too few for its limit.
    """

    usage: status.Usage
    zone: str
    most_a_day: int | None
    next_send: dt.datetime | None
    waits_for: str


@dataclass(frozen=True)
class Dashboard:
    """All figures, as they stand at `now`; what counts very many, at `counted_at`."""

    now: dt.datetime
    failed: CappedPaginator
    unconfirmed: CappedPaginator
    accounts: Accounts
    waiting: Counter[str]
    stop: str
    today: Today
    people: People
    needs: needs.Needs
    resting: list[LinkedInAccount]
    campaigns: list[campaigns.Line]
    lines: list[AccountLine]
    days: list[status.Day]
    set_aside: list[Notice]
    last_run: dt.datetime | None
    next_run: dt.datetime
    is_late: bool
    counted_at: dt.datetime

    @property
    def pending(self) -> int:
        return self.waiting.total()


def gather(
    items: QueueItemQuerySet,
    accounts: QuerySet[LinkedInAccount],
    now: dt.datetime,
    zone: ZoneInfo,
    workspaces: Collection[uuid.UUID] | None = None,
) -> Dashboard:
    """Read the figures of the given items and accounts.

    :param zone: of whoever reads; days are its days.
    :param workspaces: of all these; None for any.
    """
    last_run, is_late = cadence.heartbeat(now)
    waits = Waits(items, now, workspaces)
    counted = waiting.count_waiting(items, waits)
    days, _ = kept(
        ("by day", limits.day_start(now, zone)),
        items,
        now,
        lambda: status.by_day(items, now, zone),
        lambda found: sum(day.sent for day in found),
    )
    theirs, prospects = Campaign.objects.all(), Prospect.objects.all()
    if workspaces is not None:
        theirs = theirs.filter(workspace__in=workspaces)
        prospects = prospects.filter(campaign__workspace__in=workspaces)
    people = today.people(items, prospects, now, zone)
    return Dashboard(
        now=now,
        failed=_counted(items, QueueItem.Status.FAILED),
        unconfirmed=_counted(items, QueueItem.Status.UNCONFIRMED),
        accounts=_standing(accounts, now),
        waiting=counted,
        stop=waits.explain.stops.of_all,
        today=today.today(items, accounts, now, days[-1]),
        people=people,
        needs=needs.gather(items, accounts, theirs, waits, counted),
        resting=list(_resting(accounts, now)),
        campaigns=campaigns.lines(
            campaigns.first(theirs, CAMPAIGNS_AT_MOST), since=days[-1].begins
        ),
        lines=_lines(items, accounts, waits.explain),
        days=days,
        set_aside=_set_aside(now, workspaces),
        last_run=last_run,
        next_run=cadence.next_run_at(now),
        is_late=is_late,
        counted_at=min(waits.counted_at, people.counted_at),
    )


def _set_aside(now: dt.datetime, workspaces: Collection[uuid.UUID] | None) -> list[Notice]:
    """Return what SendQ could not deal with in the last day, newest first."""
    lately = Notice.objects.filter(kind=Notice.Kind.SET_ASIDE, created_at__gt=now - ONCE_IN)
    if workspaces is not None:
        lately = lately.filter(workspace__in=workspaces)
    return list(lately.order_by("-created_at", "pk")[:SET_ASIDE_AT_MOST])


Line = tuple[uuid.UUID, int]
"""A campaign, and what kind of note its items have: what an account sends in turn."""


def _counted(items: QueueItemQuerySet, of_status: str) -> CappedPaginator:
    # As the list counts that the figure links to: up to the same bound.
    return CappedPaginator(items.filter(status=of_status), per_page=1)


def _standing(accounts: QuerySet[LinkedInAccount], now: dt.datetime) -> Accounts:
    return Accounts(
        **accounts.order_by().aggregate(
            total=Count("pk"),
            disconnected=Count("pk", filter=Q(status=Account.DISCONNECTED)),
            restricted=Count("pk", filter=Q(status=Account.RESTRICTED)),
            resting=Count("pk", filter=Q(status=Account.CONNECTED, paused_until__gt=now)),
        )
    )


def _resting(accounts: QuerySet[LinkedInAccount], now: dt.datetime) -> QuerySet[LinkedInAccount]:
    """Return the accounts that go on by themselves, those first that do so first."""
    back = accounts.filter(paused_until__gt=now, other_login="")
    return back.order_by("paused_until")[:RESTING_AT_MOST]


def _lines(
    items: QueueItemQuerySet, accounts: QuerySet[LinkedInAccount], explain: Explainer
) -> list[AccountLine]:
    """Return the accounts that somebody should see to, then the others by name."""
    now = explain.now
    trouble = Case(
        When(~Q(status=Account.CONNECTED), then=Value(0)),
        When(paused_until__gt=now, then=Value(1)),
        default=Value(2),
    )
    usages = status.usage(accounts.order_by(trouble, "name", "pk")[:ACCOUNTS_AT_MOST], now)
    shown = [usage.account.pk for usage in usages]
    explain.know({usage.account.pk: usage.facts for usage in usages})
    first = (
        items.pending()
        .filter(linkedin_account__in=shown, kind=Kind.CONNECTION_REQUEST)
        .order_by()
        .values_list("linkedin_account", "campaign", KIND_OF_NOTE)
        .annotate(first=Min("scheduled_for"))
    )
    first_at: dict[uuid.UUID, dict[Line, dt.datetime]] = defaultdict(dict)
    for account, campaign, note, at in first:
        if campaign in explain.status:  # else made since those were read
            first_at[account][campaign, note] = at
    active: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
    serving = Campaign.accounts.through.objects.filter(
        linkedinaccount__in=shown, campaign__status=Campaign.Status.ACTIVE
    )
    for account, campaign in serving.order_by("campaign__name").values_list(
        "linkedinaccount", "campaign"
    ):
        if campaign in explain.status:
            active[account].append(campaign)
    return [
        _line(usage, first_at[usage.account.pk], active[usage.account.pk], explain)
        for usage in usages
    ]


def _line(
    usage: status.Usage,
    first_at: dict[Line, dt.datetime],
    active: Collection[uuid.UUID],
    explain: Explainer,
) -> AccountLine:
    # Of campaigns that the gates do not tell apart, the one whose turn comes first.
    first = {
        (explain.kind(line[0]), line[1]): line
        for line in sorted(first_at, key=first_at.__getitem__, reverse=True)
    }
    reports = [
        explain.report(
            usage.account.pk,
            line[0],
            scheduled_for=first_at[line],
            sort=explaining.REQUEST._replace(note=line[1]),
        )
        for line in first.values()
    ]
    runs = [
        cadence.next_run_in(report.facts.hours, report.earliest)
        for report in reports
        if report.earliest
    ]
    next_send = min((run for run in runs if run), default=None)
    first_held = next((words.waits_for(report) for report in reports), "")
    zones = [
        explain.hours[campaign].timezone for campaign in (*active, *(line[0] for line in first_at))
    ]
    their_hours = {explain.hours[campaign] for campaign in active}
    most = cadence.most_a_day(usage.account, their_hours, explain.now)
    return AccountLine(
        usage=usage,
        zone=zones[0] if zones else "UTC",
        most_a_day=most if active and most < usage.facts.daily.value else None,
        next_send=next_send,
        waits_for="" if next_send or not first_held else words.IN_WORDS[first_held],
    )
