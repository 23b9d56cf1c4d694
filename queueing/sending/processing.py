"""A run of the queue: claim just in time, call from threads, record at once.

One thread, this one, talks to the database; sender threads do HTTP only. Any number of runs on any
number of machines share the queue.
"""

import contextvars
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, connection

from campaigns.models import LinkedInAccount
from queueing import tracing
from queueing.gates import GateState
from queueing.models import ProcessRun, QueueItem, SendAttempt
from queueing.sending import (
    calls,
    claiming,
    deciding,
    finding,
    history,
    journal,
    leaving,
    outcomes,
    recording,
    recovering,
    righting,
)
from queueing.sending.claiming import Call
from queueing.sending.clocks import Clock
from queueing.sending.verdicts import Answer, Verdict
from queueing.telling import Fence
from queueing.unipile import Client, uptime

logger = logging.getLogger(__name__)

ASKS_AGAIN_SECONDS = 0.5
RECONNECT_PAUSES_SECONDS = (0.2, 0.5, 1, 2, 4)


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
    waiting: list[tuple[LinkedInAccount, str]]
    fence: Fence
    started: float = field(default_factory=uptime)
    claimed: int = 0
    busy: set[uuid.UUID] = field(default_factory=set)
    leaves_at: dict[uuid.UUID, float] = field(default_factory=dict)  # instants of `uptime()`
    broken: Error | None = None
    results: list[ItemResult] = field(default_factory=list)

    def may_claim(self) -> bool:
        """Return whether another item may be claimed: limit, deadline and stop allow it."""
        return (
            (self.limit is None or self.claimed < self.limit)
            and uptime() - self.started < self.deadline_seconds
            and self.broken is None
            and not self.should_stop()
        )

    def next_call(self) -> Call | None:
        """Claim an item of the next account, and kind, that lets one be claimed.

        An account of which a call is under way keeps its turn for another kind until that has
        ended.
        """
        while self.may_claim():
            free = (turn for turn in self.waiting if turn[0].pk not in self.busy)
            turn = min(free, key=self._leaves_at, default=None)
            if turn is None or self._leaves_at(turn) > uptime():
                return None
            self.waiting.remove(turn)
            call = self._claim(*turn)
            if call is not None:
                self.claimed += 1
                self.busy.add(call.claim.account_id)
                return call
        return None

    def _leaves_at(self, turn: leaving.Turn) -> float:
        return self.leaves_at.get(turn[0].pk, 0)

    def pause(self) -> float | None:
        """Return in how many seconds the next account may leave; None where nobody waits."""
        free = [turn for turn in self.waiting if turn[0].pk not in self.busy]
        if not free or not self.may_claim():
            return None
        return max(min(map(self._leaves_at, free)) - uptime(), 0)

    def _claim(self, account: LinkedInAccount, kind: str) -> Call | None:
        with self.fence.around(f"The queue of {account}", account.workspace_id):
            try:
                return claiming.claim(account.pk, self.row, self.clock(), self.fence, kind)
            except (OperationalError, InterfaceError) as error:
                # Nothing more is claimed; the calls in flight are still ended and recorded.
                logger.exception("The database does not let anything be claimed")
                self.broken = error
        return None


@dataclass(frozen=True)
class Step:
    """A call in flight. `sent` and `sent_call`: the send that made this look-up necessary."""

    call: Call
    sent: Answer | None = None
    sent_call: Call | None = None

    @property
    def sending_call(self) -> Call:
        return self.sent_call or self.call

    @property
    def is_about_a_send(self) -> bool:
        """Whether there is a send whose answer must not be lost."""
        return self.sending_call.kind == SendAttempt.Kind.SEND


def process_queue(
    client: Client,
    *,
    clock: Clock,
    row: ProcessRun,
    limit: int | None = None,
    account: uuid.UUID | None = None,
    concurrency: int = settings.SEND_CONCURRENCY,
    deadline_seconds: float = settings.SEND_RUN_DEADLINE_SECONDS,
    should_stop: Callable[[], bool] = lambda: False,
) -> Run:
    """Send what may go now, at most one item of each account and kind.

    Returns the run, with what became of each item, and what could not be dealt with.
    :param limit: claim at most so many items.
    :param deadline_seconds: claim nothing more after so many seconds; calls under way are ended.
    :param should_stop: asked before each claim.
    """
    fence = Fence(clock())
    journal.replay(fence)
    with fence.around("What lies far in the future"):
        righting.right(clock())
    recovering.recover(clock(), fence)
    in_turn = claiming.in_turn(clock(), account)
    accounts = LinkedInAccount.objects.in_bulk({pk for pk, _ in in_turn})
    turns = [(accounts[pk], kind) for pk, kind in in_turn if pk in accounts]
    waits = leaving.waits(turns, row, clock())
    run = Run(
        client=client,
        clock=clock,
        row=row,
        limit=limit,
        deadline_seconds=deadline_seconds,
        should_stop=should_stop,
        waiting=turns,
        fence=fence,
        leaves_at={pk: uptime() + seconds for pk, seconds in waits.items()},
    )
    with ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="sender") as senders:
        _send_all(run, senders, concurrency)
    if run.broken is not None:
        raise run.broken
    return run


def _send_all(run: Run, senders: ThreadPoolExecutor, concurrency: int) -> None:
    """Keep the senders busy until nothing more may be claimed and all calls have ended."""
    in_flight: dict[Future[Answer], Step] = {}
    while True:
        # Never more claims than free senders: a crash leaves only calls that were in flight.
        while len(in_flight) < concurrency and (call := run.next_call()) is not None:
            in_flight[_submit(run, senders, call)] = Step(call)
        pause = run.pause() if len(in_flight) < concurrency else None
        if not in_flight and pause is None:
            return
        if not in_flight:
            time.sleep(min(pause or 0, ASKS_AGAIN_SECONDS))  # whether to stop, as soon as that
            continue
        ended, _ = wait(in_flight, timeout=pause, return_when=FIRST_COMPLETED)
        for future in ended:
            step, answer = in_flight.pop(future), future.result()
            following = None
            with _about(step.call), _fenced(run, step, answer):
                following = _carry_on_or_keep(run, step, answer)
            if following is None:
                run.busy.discard(step.call.claim.account_id)
            else:
                in_flight[_submit(run, senders, following.call)] = following


def _about(call: Call) -> AbstractContextManager[None]:
    return tracing.about(item=call.claim.item_id, attempt=call.attempt_id)


def _fenced(run: Run, step: Step, answer: Answer) -> AbstractContextManager[None]:
    claim = step.call.claim
    return run.fence.around(
        f"The answer about {claim.name}",
        claim.workspace_id,
        item_id=claim.item_id,
        then=partial(_set_aside, run, step, answer),
    )


def _set_aside(run: Run, step: Step, answer: Answer, error: Exception) -> None:
    """Keep a send's answer for a later run; after a look-up nothing was sent, so try later."""
    if step.is_about_a_send:
        journal.keep(step.sending_call, step.sent or answer, run.clock())
        return
    recording.record_trouble(step.call, error, run.clock())


def _submit(run: Run, senders: ThreadPoolExecutor, call: Call) -> Future[Answer]:
    # Half the bound: the claim cannot be taken away while the call goes on.
    age = (run.clock() - call.claim.claimed_at).total_seconds()
    not_after = uptime() + settings.SENDING_BOUND_SECONDS / 2 - age
    with _about(call):  # a thread begins without it
        here = contextvars.copy_context()
    return senders.submit(here.run, calls.make, run.client, call, not_after)


def _carry_on_or_keep(run: Run, step: Step, answer: Answer) -> Step | None:
    """Carry on, through short absences of the database; else keep the answer in the journal."""
    for pause in RECONNECT_PAUSES_SECONDS:
        try:
            return _carry_on(run, step, answer)
        except (OperationalError, InterfaceError) as error:
            logger.warning("The database is away (%s); the next try in %s s", error, pause)
            connection.close()
            time.sleep(pause)
    try:
        return _carry_on(run, step, answer)
    except (OperationalError, InterfaceError) as error:
        # Nothing more is claimed; the other calls are still ended.
        logger.exception("The answer about %s cannot be recorded now", step.call.claim.name)
        run.broken = error
        if step.is_about_a_send:
            journal.keep(step.sending_call, step.sent or answer, run.clock())
        return None


def _carry_on(run: Run, step: Step, answer: Answer) -> Step | None:
    """Take a call's answer: record the end, or return the step that follows."""
    if step.call.kind == SendAttempt.Kind.SEND:
        return _after_send(run, step, answer)
    if step.sent is not None:
        _end(run, step, answer, step.sent)
        return None
    return _after_first_look(run, step, answer)


def _after_first_look(run: Run, step: Step, answer: Answer) -> Step | None:
    now, claim = run.clock(), step.call.claim
    verdict = finding.verdict_on_look(claim, answer, now)
    if verdict is not None:
        _record(run, step, answer, verdict)
        return None
    recording.finish_attempt(step.call, answer, now)
    if answer.profile is not None:
        claim = replace(claim, provider_id=answer.profile.provider_id)
    elif answer.conversation is None:
        raise AssertionError("a look-up that found nothing must have a verdict")
    call = claiming.begin_call(claim, SendAttempt.Kind.SEND, run.row, now)
    if isinstance(call, GateState):
        _record(run, step, answer, outcomes.held(call))
        return None
    return Step(call) if call else None


def _after_send(run: Run, step: Step, answer: Answer) -> Step | None:
    now, claim = run.clock(), step.call.claim
    if not deciding.needs_a_look_up(answer, claim.item_kind):
        _end(run, step, answer, answer)
        return None
    recording.finish_attempt(step.call, answer, now)
    call = claiming.begin_call(claim, SendAttempt.Kind.LOOKUP, run.row, now)
    return Step(call, sent=answer, sent_call=step.call) if isinstance(call, Call) else None


def _end(run: Run, step: Step, answer: Answer, sent: Answer) -> None:
    """Decide on the send and record it; `answer` is that of the step's own call."""
    now = run.clock()
    look = answer if answer is not sent else None
    before = history.history_of(step.call.claim, now)
    verdict = deciding.after_send(sent, look, before, now)
    _record(run, step, answer, verdict, invitation_id=sent.invitation_id)


def _record(
    run: Run, step: Step, answer: Answer, verdict: Verdict, invitation_id: str = ""
) -> None:
    claim = step.call.claim
    held = recording.record(step.call, answer, verdict, run.clock(), invitation_id)
    if held is not None:
        run.results.append(
            ItemResult(
                claim.item_id,
                claim.name,
                held.status,
                held.error_code,
                held.error_message,
                claim.item_kind,
            )
        )


def sent_results(results: list[ItemResult]) -> list[ItemResult]:
    """Return those that were sent."""
    return [result for result in results if result.status == QueueItem.Status.SENT]
