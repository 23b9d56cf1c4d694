"""What accounts have sent and have waiting, read once: the planner's view of the database."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from itertools import repeat
from typing import NamedTuple

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, F, Func, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce

from campaigns.models import Campaign, ClosedDay, LinkedInAccount, default_hours
from queueing import gates
from queueing.gates import barred, counting, hours, limits
from queueing.gates.counting import counts_from
from queueing.gates.ticker import seconds_after, ticker
from queueing.models import WILL_SEND, Kind, QueueItem, QueueItemQuerySet
from queueing.planning.core import Line, Waiting, simulate
from queueing.planning.slots import Slot, Terms, Timeline
from queueing.planning.ticks import Calendar

TURN = ("scheduled_for", "created_at", "id")
_EPOCH = Func(
    F("scheduled_for"),
    template="floor(extract(epoch FROM %(expressions)s))::bigint",
    output_field=BigIntegerField(),
)


class Pending(NamedTuple):
    """A pending item, as planning sees it: a tuple, for there may be a hundred thousand.

    `at` is when it falls due, in epoch seconds, rounded down.
    """

    id: uuid.UUID
    account_id: uuid.UUID
    campaign_id: uuid.UUID
    prospect_id: uuid.UUID
    at: int
    pinned: bool
    attempts: int
    has_note: bool = False


def epoch(instant: dt.datetime) -> int:
    """Return an instant as whole epoch seconds, rounded down."""
    return int(instant.timestamp() // 1)


def instant(seconds: int) -> dt.datetime:
    """Return epoch seconds as an aware UTC instant."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def leaves_at(account_id: uuid.UUID, tick: int) -> dt.datetime:
    """Return when an account's call leaves in the run of a tick: some seconds after it (UTC)."""
    return instant(tick + seconds_after(account_id, tick, settings.SEND_SPREAD_SECONDS))


def accounts_of(campaign: Campaign) -> list[LinkedInAccount]:
    """Return a campaign's accounts in a fixed order, with their workspace."""
    return list(campaign.accounts.select_related("workspace").order_by("name", "pk"))


def can_send(account: LinkedInAccount) -> bool:
    """Return whether an account will send again without anybody's doing."""
    return account.status == LinkedInAccount.Status.CONNECTED


def starts_at(campaign: Campaign) -> int:
    """Return from when on a campaign sends, in epoch seconds; 0 for one that does already."""
    if campaign.status == Campaign.Status.DRAFT and campaign.starts_at:
        return epoch(campaign.starts_at)
    return 0


def needs_a_note(item: "Pending", campaign: Campaign) -> bool:
    """Return whether an item waits where its account's notes are used up."""
    return item.has_note and not campaign.without_note_when_used_up


def campaigns() -> QuerySet[Campaign]:
    """Return campaigns with all that `gates.hours_of` reads, in a fixed number of queries."""
    days = Prefetch("sending_hours__closed_days", ClosedDay.objects.order_by("date"))
    default_days = Prefetch("workspace__sending_hours__closed_days", ClosedDay.objects.all())
    return Campaign.objects.select_related(
        "sending_hours", "workspace__sending_hours"
    ).prefetch_related(days, default_days)


def never_sends(value: hours.Hours, now: dt.datetime) -> str:
    """Say why nothing can ever go in these hours, and what to do, for staff; "" where it can."""
    problem = hours.never_opens(value, now)
    if problem:
        return problem
    runs = ticker(settings.SEND_QUEUE_CRON)
    calendar = Calendar(value, runs, gates.policy().day_zone, epoch(now))
    if calendar.at_or_after(epoch(now)) is not None:
        return ""
    return (
        f"No run of the queue starts within these hours: runs start at “{runs.cron}” "
        "(SEND_QUEUE_CRON, in UTC). Make the window longer, or let runs start more often."
    )


@contextmanager
def planning(workspace_id: uuid.UUID) -> Iterator[None]:
    """Let one planner at a time work on a workspace, in this database; others wait here.

    Two at once would give the same slots away twice. No row is locked: sending goes on meanwhile.
    The lock ends with a transaction: the caller's or, where there is none, one on a connection of
    its own. Behind a pooler, where each transaction may have another session, no other lock holds.
    """
    key = int.from_bytes(workspace_id.bytes[:8], "big", signed=True)
    if connection.in_atomic_block:
        _take(connection, key)
        yield
        return
    own = connection.copy()
    try:
        own.set_autocommit(False)
        _take(own, key)
        yield
    finally:
        own.close()


def _take(session: BaseDatabaseWrapper, key: int) -> None:
    with session.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


class Board:
    """The accounts' timelines, begun with what they sent, and the calendars of hours."""

    def __init__(
        self,
        accounts: Sequence[LinkedInAccount],
        now: dt.datetime,
        kind: str = Kind.CONNECTION_REQUEST,
    ) -> None:
        """Read what counts against the accounts' caps. Accounts come with their workspace.

        :param kind: what is planned: each kind has caps and gaps of its own.
        """
        self.kind = kind
        self.accounts = {account.pk: account for account in accounts}
        self.workspaces = {account.workspace_id for account in accounts}
        self.now = now
        self._policy = gates.policy()
        self._calendars: dict[tuple[hours.Hours, str], Calendar] = {}
        self._hours_of: dict[uuid.UUID, hours.Hours] = {}
        self._calendar_of: dict[tuple[uuid.UUID, uuid.UUID], Calendar] = {}
        (sent, last), noted = self._sent(), self._noted()
        self.timelines = {
            key: Timeline(
                self._terms(account),
                epoch(now),
                sent[key],
                [min(epoch(at), epoch(now)) for at in noted.get(key, ())],
                last.get(key),
            )
            for key, account in self.accounts.items()
        }

    def calendar_of(self, campaign: Campaign, account_id: uuid.UUID) -> Calendar:
        """Return the calendar of a campaign's hours in an account's days.

        One for all that keep the same hours in the same zone.
        """
        found = self._calendar_of.get((campaign.pk, account_id))
        if found is None:
            value, zone = self._hours(campaign), gates.zone_of(self.accounts[account_id])
            found = self._calendars.get((value, zone.key)) or Calendar(
                value, ticker(settings.SEND_QUEUE_CRON), zone, epoch(self.now) - 86_400
            )
            self._calendars[value, zone.key] = found
            self._calendar_of[campaign.pk, account_id] = found
        return found

    def _hours(self, campaign: Campaign) -> hours.Hours:
        value = self._hours_of.get(campaign.pk)
        if value is None:
            chosen = campaign.sending_hours or campaign.workspace.sending_hours
            value = gates.hours_of(chosen) if chosen else self._default_hours
            self._hours_of[campaign.pk] = value
        return value

    @cached_property
    def _default_hours(self) -> hours.Hours:
        return gates.hours_of(default_hours())

    def simulate(
        self, pending: Iterable[Pending], of: dict[uuid.UUID, Campaign]
    ) -> Iterator[tuple[Pending, Slot]]:
        """Send pending items ahead of time, account by account; takes their slots.

        :param pending: in turn.
        :param of: their campaigns.
        """
        # Campaigns of the same hours make one line: nothing but turns tells their items apart.
        lines_of: dict[uuid.UUID, dict[tuple[Calendar, int, bool], list[Waiting[Pending]]]]
        lines_of = defaultdict(dict)
        starting = {pk: starts_at(campaign) for pk, campaign in of.items()}
        for turn, item in enumerate(pending):
            campaign = of[item.campaign_id]
            line = (
                self.calendar_of(campaign, item.account_id),
                starting[item.campaign_id],
                needs_a_note(item, campaign),
            )
            lines_of[item.account_id].setdefault(line, []).append(Waiting(item, item.at, turn))
        for key, account in self.accounts.items():
            lines = [
                Line(calendar, items, not_before, note)
                for (calendar, not_before, note), items in lines_of[key].items()
                if can_send(account)
            ]
            for entry, slot in simulate(self.timelines[key], lines):
                yield entry.key, slot

    def queue(self, also: Q | None = None) -> tuple[list[Pending], dict[uuid.UUID, Campaign]]:
        """Return what the accounts have waiting, each in turn, in campaigns that will send.

        And what somebody has written by hand, which waits for no campaign.

        :param also: further items to take.
        """
        wanted = WILL_SEND | Q(by_hand=True)
        if also is not None:
            wanted |= also
        items = QueueItem.objects.filter(
            wanted, ~gates.TOO_LONG, linkedin_account__in=self.accounts, kind=self.kind
        )
        held = set(barred(items, self.workspaces).order_by().values_list("pk", flat=True))
        pending = [item for item in pending_of(items) if not held or item.id not in held]
        return pending, campaigns().in_bulk({item.campaign_id for item in pending})

    def simulate_queue(self) -> Iterator[tuple[Pending, Slot]]:
        """Send ahead of time what the accounts have waiting in campaigns that will send."""
        return self.simulate(*self.queue())

    def _terms(self, account: LinkedInAccount) -> Terms:
        return Terms(
            daily=partial(gates.daily_limit_of, account, rules=self._policy, kind=self.kind),
            weekly=gates.weekly_limit_of(account, self._policy, self.kind),
            own_gap=account.min_gap_seconds,
            policy=self._policy,
            zone=gates.zone_of(account),
            days_before=self._days_before(account),
            rests_until=epoch(rests) + 1 if (rests := account.rest_of(self.kind)[0]) else 0,
            notes=gates.notes_limit(account) if self.kind == Kind.CONNECTION_REQUEST else None,
        )

    def _days_before(self, account: LinkedInAccount) -> tuple[tuple[int, int, int], ...]:
        """Return the days of zones that held before and still bind: begin, end, limit."""
        return tuple(
            (
                epoch(day.begins),
                epoch(day.ends),
                gates.daily_limit_of(account, day.date, kind=self.kind).value,
            )
            for day in gates.days_of(account, self.now)[1:]
        )

    def _noted(self) -> dict[uuid.UUID, list[dt.datetime]]:
        """Return when free accounts sent the notes that still count; only requests have one."""
        if self.kind != Kind.CONNECTION_REQUEST:
            return {}
        return counting.notes_sent(self.accounts.values(), self.now)

    def _sent(self) -> tuple[dict[uuid.UUID, list[int]], dict[uuid.UUID, int]]:
        """Return when requests were sent that still count, and when the last began, by account.

        Those in flight count as sent now; those in doubt as long as `counting_since` counts them.
        """
        longest_gap = max((a.min_gap_seconds or 0 for a in self.accounts.values()), default=0)
        since = self.now - max(limits.WEEK, dt.timedelta(seconds=longest_gap))
        rows = (
            QueueItem.objects.filter(linkedin_account__in=self.accounts, kind=self.kind)
            .counting_since(since)
            .annotate(at=counts_from(), began=Coalesce("sent_at", counting.MAYBE_SENT_AT))
            .values_list("linkedin_account_id", "at", "began")
        )
        sent: dict[uuid.UUID, list[int]] = defaultdict(list)
        last: dict[uuid.UUID, int] = {}
        now = epoch(self.now)
        for account_id, at, began in rows:
            sent[account_id].append(min(epoch(at), now))
            last[account_id] = max(last.get(account_id, 0), min(epoch(began), now))
        return sent, last


def pending_of(items: QueueItemQuerySet) -> Iterator[Pending]:
    """Yield pending items account by account, each account's in turn.

    The database makes a row of lists for each account: a row for each item would cost several
    times as much as planning it does.
    """
    by_account = items.pending().order_by().values("linkedin_account_id")
    lists = {
        name: ArrayAgg(column, order_by=TURN)
        for name, column in {
            "ids": F("id"),
            "campaigns": F("campaign_id"),
            "prospects": F("prospect_id"),
            "times": _EPOCH,
            "pins": F("pinned"),
            "tries": F("attempts"),
            "notes": Q(note_length__gt=0),
        }.items()
    }
    rows = by_account.annotate(**lists).values_list("linkedin_account_id", *lists)
    one_of_each: dict[uuid.UUID, uuid.UUID] = {}
    for account_id, ids, campaign_ids, *others in rows.iterator(chunk_size=100):
        same = [one_of_each.setdefault(key, key) for key in campaign_ids]
        yield from map(Pending, ids, repeat(account_id), same, *others)
