"""Put a campaign's people into the queue: each once, with a slot and the note that will be sent."""

import datetime as dt
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from threading import Barrier
from typing import TypeVar

from django.db import connection, transaction

from campaigns import messages
from campaigns.hours import clocks
from campaigns.models import Campaign, Prospect
from queueing.models import QueueItem
from queueing.planning import board, selection
from queueing.planning.board import Board
from queueing.planning.people import Person
from queueing.planning.placing import Placing, Planned
from queueing.planning.selection import LeftOut

CHUNK = 2000  # people a transaction
STORING = 3  # transactions at once: the database has processors of its own

Progress = Callable[[int, int], None]
_T = TypeVar("_T")


class CannotEnqueueError(ValueError):
    """The campaign itself can't be queued; the text says why and what to do, for staff."""


@dataclass
class EnqueueReport:
    """What an enqueue did. Instants are UTC; `left_out` maps a reason to names.

    `note`: what the queued wait for. `cannot_send`: why the campaign found somebody no slot.
    """

    queued: int = 0
    first_at: dt.datetime | None = None
    last_at: dt.datetime | None = None
    left_out: dict[str, list[str]] = field(default_factory=dict)
    note: str = ""
    cannot_send: str = ""

    def count(self, times: Sequence[dt.datetime]) -> None:
        """Count the times of items that were stored."""
        self.queued += len(times)
        self.first_at = min(filter(None, [self.first_at, *times]), default=None)
        self.last_at = max(filter(None, [self.last_at, *times]), default=None)

    def as_json(self) -> dict[str, object]:
        """Return the report as callers of the endpoint and of `--json` read it."""
        return {
            "queued": self.queued,
            "first_at": self.first_at.isoformat() if self.first_at else None,
            "last_at": self.last_at.isoformat() if self.last_at else None,
            "left_out": self.left_out,
            "note": self.note,
        }

    def leave_out(self, prospect: Prospect | Person, reason: str) -> None:
        self.left_out.setdefault(reason, []).append(str(prospect))


def enqueue(
    campaign: Campaign, now: dt.datetime, progress: Progress = lambda done, total: None
) -> EnqueueReport:
    """Queue a campaign's new prospects; leave out, and report, those who must not be written to.

    Safe to repeat, to interrupt and to race: whoever is queued is queued once, together with the
    prospect's status. A campaign that is a draft or paused can be queued; its items wait for it.

    :param progress: called with how many people are done, and how many there are.
    :raises CannotEnqueueError: where the campaign has ended, or its message can't be read.
    """
    with board.planning(campaign.workspace_id):
        fresh = board.campaigns().get(pk=campaign.pk)
        _refuse(fresh)
        enqueuing = _Enqueuing(fresh, now)
        for prospect in _dealt_with(fresh):
            enqueuing.report.leave_out(prospect, selection.earlier_end(prospect))
        total, done = selection.new_prospects(fresh).count(), 0
        progress(done, total)
        many = total > CHUNK and not connection.in_atomic_block
        with _storing(beside=many) as start:
            under_way: deque[Wait[int]] = deque()
            for chunk in _chunks(fresh):
                people, left_out = enqueuing.place(chunk)
                under_way.append(enqueuing.store(chunk, people, left_out, start))
                while len(under_way) > (STORING if many else 0):
                    done += under_way.popleft()()
                    progress(done, total)
            for finish in under_way:
                done += finish()
                progress(done, total)
    return enqueuing.report


def cannot_start(campaign: Campaign, report: EnqueueReport) -> str:
    """Return why a draft that has just been queued must stay one, or nothing.

    It has people, and nobody of them has a slot: started, it would send nothing and seem to.
    """
    has_queue = QueueItem.objects.pending().filter(campaign=campaign).exists()
    return "" if has_queue else report.cannot_send


Wait = Callable[[], _T]
"""Waits for the end of some work, and returns what it returned."""


@contextmanager
def _storing(*, beside: bool) -> Iterator[Callable[[Callable[[], _T]], Wait[_T]]]:
    """Yield what starts some work on the database.

    :param beside: in threads with connections of their own, so that the next people are placed
        meanwhile; else at once. Every chunk is a transaction of its own either way.
    """
    if not beside:
        yield _at_once
        return
    with ThreadPoolExecutor(max_workers=STORING, thread_name_prefix="storing") as threads:
        try:
            yield lambda work: threads.submit(work).result
        finally:
            together = Barrier(STORING)  # so that each thread closes the connection of its own
            for _ in range(STORING):
                threads.submit(_close_own, together)


def _close_own(together: Barrier) -> None:
    together.wait()
    connection.close()


def _at_once(work: Callable[[], _T]) -> Wait[_T]:
    result = work()
    return lambda: result


def _refuse(campaign: Campaign) -> None:
    if campaign.status == Campaign.Status.COMPLETED:
        raise CannotEnqueueError(f"The campaign “{campaign}” is completed. Resume it first.")
    if campaign.status == Campaign.Status.ARCHIVED:
        raise CannotEnqueueError(f"The campaign “{campaign}” is archived: it has ended for good.")
    if problem := campaign.texts_problem():
        raise CannotEnqueueError(f"“{campaign}” can't be queued. {problem}")


def _note_on(campaign: Campaign) -> str:
    """Say what keeps a queued campaign from sending, or nothing."""
    if campaign.status == Campaign.Status.ACTIVE:
        return ""
    if board.starts_at(campaign) and campaign.starts_at:
        start = clocks.utc(campaign.starts_at)
        return f"The campaign is a draft: it starts by itself at {start}."
    if campaign.status == Campaign.Status.PAUSED:
        return "The campaign is paused: nothing goes before it is resumed."
    return "The campaign is a draft: nothing goes before it is started."


def _dealt_with(campaign: Campaign) -> Iterator[Prospect]:
    before = Prospect.objects.filter(campaign=campaign).exclude(status=Prospect.Status.NEW)
    return before.order_by("created_at", "id").iterator(chunk_size=CHUNK)


def _chunks(campaign: Campaign) -> Iterator[list[Person]]:
    rows = selection.new_people(campaign, CHUNK)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


class _Enqueuing:
    """One enqueue under way."""

    def __init__(self, campaign: Campaign, now: dt.datetime) -> None:
        self._campaign, self._now = campaign, now
        chosen = board.accounts_of(campaign)
        planned = Board([account for account in chosen if board.can_send(account)], now)
        for _ in planned.simulate_queue():
            pass
        self._placing = Placing(campaign, planned, chosen)
        self.report = EnqueueReport(note=_note_on(campaign))

    def place(self, prospects: Sequence[Person]) -> tuple[list[Planned], dict[uuid.UUID, LeftOut]]:
        """Place some people; say why others are left out."""
        return self._placing.place(prospects)

    def store(
        self,
        prospects: Sequence[Person],
        people: Sequence[Planned],
        left_out: dict[uuid.UUID, LeftOut],
        start: Callable[[Callable[[], set[uuid.UUID]]], Wait[set[uuid.UUID]]],
    ) -> Wait[int]:
        """Start to store people who are placed, in one transaction.

        Returns what waits for its end and reports it; that returns how many are done.
        """
        wait = start(partial(_store, self._campaign, people, left_out, self._now))

        def finish() -> int:
            self._report(prospects, people, left_out, wait())
            return len(prospects)

        return finish

    def _report(
        self,
        prospects: Sequence[Person],
        people: Sequence[Planned],
        left_out: dict[uuid.UUID, LeftOut],
        stored: set[uuid.UUID],
    ) -> None:
        self.report.count([person.at for person in people if person.prospect.pk in stored])
        lost = [person.prospect for person in people if person.prospect.pk not in stored]
        left_out |= self._lost_races(lost)
        for prospect in prospects if left_out else ():
            if prospect.pk in left_out:
                self.report.leave_out(prospect, left_out[prospect.pk].reason)
        if any(left.reason == self._placing.no_slot for left in left_out.values()):
            self.report.cannot_send = self._placing.no_slot

    def _lost_races(self, prospects: Sequence[Person]) -> dict[uuid.UUID, LeftOut]:
        """Say why people could not be stored: somebody else dealt with them meanwhile."""
        if not prospects:
            return {}
        now_are = Prospect.objects.in_bulk([prospect.pk for prospect in prospects])
        held = self._placing.selection.held(list(now_are.values()))
        return {
            key: held.get(prospect.person_key) or LeftOut(selection.earlier_end(prospect))
            for key, prospect in now_are.items()
        }


def _store(
    campaign: Campaign,
    people: Sequence[Planned],
    left_out: dict[uuid.UUID, LeftOut],
    now: dt.datetime,
) -> set[uuid.UUID]:
    """Store items and what becomes of their prospects, all or nothing; return whose were stored.

    An item is stored only while its prospect is still new and still the same person, and only
    where the constraint `nobody_twice_in_a_workspace` finds nobody else who holds the person.
    """
    with transaction.atomic():
        stored = _queue(campaign, people, now)
        for reason, keys in _set_aside(left_out).items():
            Prospect.objects.filter(pk__in=keys, status=Prospect.Status.NEW).update(
                status=Prospect.Status.SKIPPED, status_reason=reason
            )
    return stored


_PLANNED = """
CREATE TEMPORARY TABLE planned (
    prospect_id uuid, linkedin_account_id uuid, linkedin_user_id text, person_key text,
    message text, scheduled_for timestamptz
) ON COMMIT DROP
"""
_COPY = (
    "COPY planned (prospect_id, linkedin_account_id, linkedin_user_id, person_key, message, "
    "scheduled_for) FROM STDIN"
)
# Prospects first: whoever was changed meanwhile is looked at anew by the update, under its lock.
_QUEUE = """
WITH taken AS (
    UPDATE campaigns_prospect AS person SET status = %(queued)s
    FROM planned
    WHERE person.id = planned.prospect_id AND person.status = %(new)s
    AND planned.person_key IN (person.public_identifier, person.linkedin_user_id)
    RETURNING planned.*
), stored AS (
    INSERT INTO send_queue (
        prospect_id, linkedin_account_id, linkedin_user_id, person_key, message, scheduled_for,
        id, workspace_id, campaign_id, kind, status, created_at, updated_at,
        pinned, attempts, error_code, error_message, invitation_id, edition
    )
    SELECT
        taken.*,
        gen_random_uuid(), %(workspace)s, %(campaign)s, %(kind)s, %(pending)s, %(now)s, %(now)s,
        false, 0, '', '', '', CASE WHEN message = '' THEN '' ELSE %(edition)s END
    FROM taken
    ON CONFLICT DO NOTHING
    RETURNING prospect_id
)
SELECT prospect_id, false FROM taken UNION ALL SELECT prospect_id, true FROM stored
"""


def _queue(campaign: Campaign, people: Sequence[Planned], now: dt.datetime) -> set[uuid.UUID]:
    """Queue people by COPY, several times as fast as through the models; leave out who can't be."""
    values: dict[str, str | uuid.UUID | dt.datetime] = {
        "new": Prospect.Status.NEW.value,
        "queued": Prospect.Status.QUEUED.value,
        "workspace": campaign.workspace_id,
        "campaign": campaign.pk,
        "kind": QueueItem.Kind.CONNECTION_REQUEST.value,
        "pending": QueueItem.Status.PENDING.value,
        "now": now,
        "edition": messages.edition_of(campaign.message_template),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PLANNED)
        with cursor.copy(_COPY) as copy:
            for person in people:
                copy.write_row(person.row())
        cursor.execute("ANALYZE planned")  # else the planner takes it for a handful of rows
        cursor.execute(_QUEUE, values)
        rows = cursor.fetchall()
        cursor.execute("DROP TABLE planned")
    stored = {key for key, is_stored in rows if is_stored}
    held_by_others = {key for key, _ in rows} - stored
    if held_by_others:
        Prospect.objects.filter(pk__in=held_by_others).update(status=Prospect.Status.NEW)
    return stored


def _set_aside(left_out: dict[uuid.UUID, LeftOut]) -> dict[str, list[uuid.UUID]]:
    people: dict[str, list[uuid.UUID]] = defaultdict(list)
    for key, left in left_out.items():
        if left.for_good:
            people[left.reason].append(key)
    return people
