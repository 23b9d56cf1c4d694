"""Give what waits new times, so that the calendar stays true when something has changed."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby, islice

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from campaigns.models import Campaign, LinkedInAccount, SendingHours
from queueing import gates
from queueing.gates.ticker import ticker
from queueing.models import WILL_SEND, Kind, QueueItem, QueueItemQuerySet
from queueing.planning import board
from queueing.planning.board import Board, Pending, instant
from queueing.planning.slots import Jitter, Slot
from queueing.planning.ticks import Calendar
from queueing.telling import Fence

CHUNK = 2000  # items a transaction
TOO_FAR = dt.timedelta(days=30)


def replan(
    accounts: Collection[LinkedInAccount], now: dt.datetime, fence: Fence | None = None
) -> int:
    """Move the times of what these accounts have waiting to where it can go; return how many moved.

    Call it when limits, hours or closed days change, an account rests or returns, a campaign
    pauses or resumes, or items are retried. Of requests only: the time of a message, or of a
    withdrawal, is the earliest at which it may go, and stays. Items keep their turn and their
    account. Those that staff pinned stay; those that are tried again go no earlier than planned;
    those of accounts and campaigns that can't send stay as they are. Safe beside runs: an item that
    is claimed meanwhile is left alone.

    :param fence: remembers accounts that can't be planned. Without one, the first error is raised
        when all others are done.
    """
    moved = 0
    by_workspace = sorted(accounts, key=_workspace)
    own = fence or Fence(now)
    for workspace_id, group in groupby(by_workspace, key=_workspace):
        moved += _each_or_all(workspace_id, list(group), now, own)
    if fence is None and own.first is not None:
        raise own.first
    return moved


def _each_or_all(
    workspace_id: uuid.UUID, accounts: Sequence[LinkedInAccount], now: dt.datetime, fence: Fence
) -> int:
    """Replan a workspace's accounts together; where that fails each alone, for one is at fault."""
    if len(accounts) > 1:
        together = Fence(None)
        with together.around(f"Planning {len(accounts)} accounts at once"):
            return _replan_in(workspace_id, accounts, now)
    moved = 0
    for account in accounts:
        with fence.around(f"Planning the account {account}", workspace_id):
            moved += _replan_in(workspace_id, [account], now)
    return moved


def _replan_in(
    workspace_id: uuid.UUID, accounts: Sequence[LinkedInAccount], now: dt.datetime
) -> int:
    with board.planning(workspace_id):
        return _replan_workspace([account.pk for account in accounts], now)


def replan_campaign(campaign: Campaign, now: dt.datetime) -> int:
    """Replan the accounts that have something of a campaign waiting, as after a pause."""
    return replan(_accounts_with(QueueItem.objects.filter(campaign=campaign)), now)


def replan_hours(sending_hours: SendingHours, now: dt.datetime) -> int:
    """Replan the accounts that send in these hours, as after a change of hours or closed days."""
    keep = [
        campaign.pk
        for campaign in board.campaigns().exclude(status=Campaign.Status.ARCHIVED)
        if campaign.hours().pk == sending_hours.pk
    ]
    return replan(_accounts_with(QueueItem.objects.filter(campaign__in=keep)), now)


def replan_overdue(now: dt.datetime, fence: Fence | None = None) -> int:
    """Replan the accounts that have an item which can't go, or hasn't gone, at its time.

    After a failure or a standstill, or when LinkedIn's answer lets an account rest, nobody calls:
    this finds what they left behind, whatever began the rest, and what a wrong clock planned. It is
    a job of its own, so that no run waits for a planner, and a run that dies leaves no account with
    a calendar that is untrue.
    """
    items = QueueItem.objects.filter(
        WILL_SEND,
        ~gates.on_do_not_contact_list(),
        ~gates.TOO_LONG,
        kind=Kind.CONNECTION_REQUEST,
        pinned=False,
    )
    late = items.filter(scheduled_for__lt=_last_run(now))
    in_a_rest = items.filter(
        linkedin_account__status=LinkedInAccount.Status.CONNECTED,
        linkedin_account__paused_until__gt=now,
        scheduled_for__lt=F("linkedin_account__paused_until"),
    )
    accounts = {*_accounts_with(late), *_accounts_with(in_a_rest), *_planned_too_far(items, now)}
    return replan(accounts, now, fence)


def _planned_too_far(items: QueueItemQuerySet, now: dt.datetime) -> QuerySet[LinkedInAccount]:
    """Return accounts that could send, and have nothing planned for weeks.

    A clock that was wrong planned them, or a holiday is long: then their plan stays as it is.
    """
    has_begun = Q(campaign__starts_at__isnull=True) | Q(campaign__starts_at__lte=now)
    of_account = items.pending().filter(has_begun, linkedin_account=OuterRef("pk"), attempts=0)
    may_send = Q(paused_until__isnull=True) | Q(paused_until__lte=now)
    return (
        LinkedInAccount.objects.filter(may_send, status=LinkedInAccount.Status.CONNECTED)
        .annotate(first=Subquery(of_account.order_by("scheduled_for").values("scheduled_for")[:1]))
        .filter(first__gt=now + TOO_FAR)
    )


def _last_run(now: dt.datetime) -> dt.datetime:
    """Return the start of the last run that must have recorded its sends by now."""
    until = board.epoch(now) - settings.SEND_RUN_DEADLINE_SECONDS
    days = 1
    while days < 400:
        ticks = ticker(settings.SEND_QUEUE_CRON).within(until - days * 86_400, until)
        if ticks:
            return instant(ticks[-1])
        days *= 4
    return now - dt.timedelta(days=days)


def _workspace(account: LinkedInAccount) -> uuid.UUID:
    return account.workspace_id


def _accounts_with(items: QueueItemQuerySet) -> list[LinkedInAccount]:
    keys = items.pending().order_by().values("linkedin_account")
    return list(LinkedInAccount.objects.filter(pk__in=keys))


def _replan_workspace(keys: Sequence[uuid.UUID], now: dt.datetime) -> int:
    accounts = LinkedInAccount.objects.filter(pk__in=keys).select_related("workspace")
    planned = Board([account for account in accounts if board.can_send(account)], now)
    pending, of = planned.queue()
    moves = (
        (item, instant(slot.at))
        for item, slot in arranged(planned, pending, of)
        if slot.at != item.at
    )
    moved = 0
    while chunk := list(islice(moves, CHUNK)):
        moved += _store(chunk, now)
    return moved


def arranged(
    planned: Board, pending: Sequence[Pending], of: Mapping[uuid.UUID, Campaign]
) -> Iterator[tuple[Pending, Slot]]:
    """Give pending items slots, in turn, on accounts whose queues are not simulated yet.

    Pinned ones come first: the others are planned around them. Takes the slots; items that can
    never go are left out.

    :param pending: in turn.
    :param of: their campaigns.
    """
    yield from planned.simulate([item for item in pending if item.pinned], dict(of))
    by_account: dict[uuid.UUID, list[Pending]] = defaultdict(list)
    for item in pending:
        if not item.pinned and item.account_id in planned.timelines:
            by_account[item.account_id].append(item)
    for key, items in by_account.items():
        arranging = _Arranging(planned, key, of)
        for item in items:
            slot = arranging.place(item)
            if slot is not None:
                yield item, slot


class _Arranging:
    """One account's items being placed anew."""

    def __init__(
        self, planned: Board, account_id: uuid.UUID, of: Mapping[uuid.UUID, Campaign]
    ) -> None:
        self._timeline = planned.timelines[account_id]
        self._calendars = {
            key: planned.calendar_of(campaign, account_id) for key, campaign in of.items()
        }
        self._starts = {key: board.starts_at(campaign) for key, campaign in of.items()}
        self._from: dict[tuple[uuid.UUID, bool], int] = {}
        self._of = of

    def place(self, item: Pending) -> Slot | None:
        """Take a slot for an item; it keeps its time where the same run would send it anyway."""
        timeline, calendar = self._timeline, self._calendars[item.campaign_id]
        starts = self._starts[item.campaign_id]
        not_before = max(starts, item.at) if item.attempts else starts
        line = (item.campaign_id, item.has_note)
        since = max(self._from.get(line, timeline.now), not_before)
        is_late = max(item.at, not_before) <= timeline.now
        note = board.needs_a_note(item, self._of[item.campaign_id])
        slot = timeline.take_now(calendar, note) if is_late else None
        if slot is not None:
            return Slot(item.at, slot.tick, slot.day)
        free = timeline.first_free(calendar, since, note)
        if free is None:
            return None
        jitter = Jitter.of(item.campaign_id, item.prospect_id)
        if item.attempts:  # it begins where it was put last: it would go later every time
            jitter = jitter._replace(run=0.0)
        slot = timeline.take_near(calendar, free, jitter, not_before, note)
        if not item.attempts:
            self._from[line] = slot.tick + 1
        is_sent_then = not is_late and self._goes_with(item, slot, calendar, not_before)
        return Slot(item.at if is_sent_then else slot.at, slot.tick, slot.day)

    @staticmethod
    def _goes_with(item: Pending, slot: Slot, calendar: Calendar, not_before: int) -> bool:
        """Return whether the slot's run would send the item at its old time too, an open one.

        And no other: what falls due just after a run is taken by that run where it comes late.
        """
        since = max(item.at, not_before)
        first = calendar.at_or_after(since)
        if first is None or first[0].ticks[first[1]] != slot.tick:
            return False
        return max(first[0].opens, first[0].due_from(first[1])) <= since


_MOVE = """
UPDATE send_queue SET scheduled_for = move.new, updated_at = %s
FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[]) AS move (id, old, new)
WHERE send_queue.id = move.id
AND floor(extract(epoch FROM send_queue.scheduled_for)) = move.old
"""


def _store(moves: Sequence[tuple[Pending, dt.datetime]], now: dt.datetime) -> int:
    """Move items that still wait where they waited when they were read; return how many."""
    with transaction.atomic():
        # In one order, so that two who change many items never wait for each other.
        waiting = set(
            QueueItem.objects.select_for_update(no_key=True)
            .pending()
            .filter(pk__in=[item.id for item, _ in moves], pinned=False)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        rows = [(item.id, item.at, new) for item, new in moves if item.id in waiting]
        with connection.cursor() as cursor:
            columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
            cursor.execute(_MOVE, [now, *columns])
            return int(cursor.rowcount)
