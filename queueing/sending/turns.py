"""A run under way: whose turn it is, and their claims, never more than there are free senders."""

import datetime as dt
import logging
import sys
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.db import Error, InterfaceError, OperationalError

from campaigns.models import LinkedInAccount
from queueing.models import ProcessRun, QueueItem
from queueing.sending import claiming, leaving
from queueing.sending.claiming import Call
from queueing.sending.clocks import Clock
from queueing.sending.verdicts import Verdict
from queueing.telling import Fence
from queueing.unipile import Client, uptime

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ItemResult:
    """What became of one item in a run."""

    item_id: uuid.UUID
    name: str
    status: str
    error_code: str
    error_message: str
    kind: str = QueueItem.Kind.CONNECTION_REQUEST


@dataclass
class Run:
    """A run under way. `started` is an instant of `uptime()`."""

    client: Client
    clock: Clock
    row: ProcessRun
    limit: int | None
    deadline_seconds: float
    should_stop: Callable[[], bool]
    fence: Fence
    since: dt.datetime | None = None  # turns that any run has taken since then are over
    waiting: deque[leaving.Turn] = field(default_factory=deque)  # as they may leave
    started: float = field(default_factory=uptime)
    claimed: int = 0
    busy: set[uuid.UUID] = field(default_factory=set)
    leaves_at: dict[uuid.UUID, float] = field(default_factory=dict)  # instants of `uptime()`
    broken: Error | None = None
    results: list[ItemResult] = field(default_factory=list)

    def may_claim(self) -> bool:
        """Return whether another item may be claimed: limit, deadline and stop allow it."""
        return (
            self._left() > 0
            and uptime() - self.started < self.deadline_seconds
            and self.broken is None
            and not self.should_stop()
        )

    def _left(self) -> int:
        return sys.maxsize if self.limit is None else self.limit - self.claimed

    def line_up(self, in_turn: Sequence[claiming.Turn]) -> None:
        """Let these turns wait, in the order in which they may leave."""
        accounts = LinkedInAccount.objects.in_bulk({pk for pk, _ in in_turn})
        turns = [(accounts[pk], kind) for pk, kind in in_turn if pk in accounts]
        waits = leaving.waits(turns, self.row, self.clock())
        self.leaves_at = {pk: uptime() + seconds for pk, seconds in waits.items()}
        self.waiting = deque(sorted(turns, key=self._leaves_at))

    def next_calls(self, free: int) -> list[Call]:
        """Claim an item of each of the next accounts that let one be claimed, `free` at most.

        An account of which a call is under way keeps its turn for another kind until that has
        ended.
        """
        calls: list[Call] = []
        while len(calls) < free and self.may_claim():
            turns = self._next_turns(min(free - len(calls), self._left()))
            if not turns:
                break
            made = self._claim_together(turns)
            self.claimed += len(made)
            self.busy.update(call.claim.account_id for call in made)
            calls += made
        return calls

    def _next_turns(self, most: int) -> list[leaving.Turn]:
        """Take the next turns out of those that wait: each of another account, none too early."""
        passed: list[leaving.Turn] = []
        turns: dict[uuid.UUID, leaving.Turn] = {}
        now = uptime()
        while self.waiting and len(turns) < most and self._leaves_at(self.waiting[0]) <= now:
            turn = self.waiting.popleft()
            if turn[0].pk in self.busy or turn[0].pk in turns:
                passed.append(turn)
            else:
                turns[turn[0].pk] = turn
        self.waiting.extendleft(reversed(passed))
        return list(turns.values())

    def _leaves_at(self, turn: leaving.Turn) -> float:
        return self.leaves_at.get(turn[0].pk, 0)

    def pause(self) -> float | None:
        """Return in how many seconds the next account may leave; None where nobody waits."""
        free = next((turn for turn in self.waiting if turn[0].pk not in self.busy), None)
        if free is None or not self.may_claim():
            return None
        return max(self._leaves_at(free) - uptime(), 0)

    def _claim_together(self, turns: Sequence[leaving.Turn]) -> list[Call]:
        """Claim for all of them at once, or for each by itself where that fails."""
        if len(turns) > 1:
            asked = [claiming.Turn(account.pk, kind) for account, kind in turns]
            try:
                return self._claim_all(asked)
            except Exception:
                logger.exception("%s accounts are claimed for one by one", len(turns))
        return [call for turn in turns for call in self._claim(*turn)]

    def _claim_all(self, turns: Sequence[claiming.Turn]) -> list[Call]:
        return claiming.claim_all(turns, self.row, self.clock(), self.fence, self.since)

    def _claim(self, account: LinkedInAccount, kind: str) -> list[Call]:
        if self.broken is not None:
            return []
        turn = claiming.Turn(account.pk, kind)
        with self.fence.around(f"The queue of {account}", account.workspace_id):
            try:
                return self._claim_all([turn])
            except (OperationalError, InterfaceError) as error:
                # Nothing more is claimed; the calls in flight are still ended and recorded.
                logger.exception("The database does not let anything be claimed")
                self.broken = error
        return []

    def note(self, call: Call, held: Verdict) -> None:
        """Note for the result what became of an item."""
        claim, told = call.claim, (held.status, held.error_code, held.error_message)
        self.results.append(ItemResult(claim.item_id, claim.name, *told, claim.item_kind))
