"""A run of the queue: claim just in time, call from threads, record at once.

One thread, this one, talks to the database; sender threads do HTTP only. Any number of runs on any
number of machines share the queue.
"""

import contextvars
import logging
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from queue import Empty, SimpleQueue

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

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
    outcomes,
    recording,
    recovering,
    righting,
    sharing,
    together,
)
from queueing.sending.claiming import Call
from queueing.sending.clocks import Clock
from queueing.sending.sharing import Share
from queueing.sending.turns import ItemResult, Run
from queueing.sending.verdicts import Answer, Verdict
from queueing.telling import Fence
from queueing.unipile import Client, uptime

logger = logging.getLogger(__name__)

ASKS_AGAIN_SECONDS = 0.5
RECONNECT_PAUSES_SECONDS = (0.2, 0.5, 1, 2, 4)


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
    share: Share | None = None,
) -> Run:
    """Send what may go now, at most one item of each account and kind.

    Returns the run, with what became of each item, and what could not be dealt with.
    :param limit: claim at most so many items.
    :param deadline_seconds: claim nothing more after so many seconds; calls under way are ended.
    :param should_stop: asked before each claim.
    :param share: of a tick; a turn that another share of it has taken is over.
    """
    fence = Fence(clock())
    journal.replay(fence)
    with fence.around("What lies far in the future"):
        righting.right(clock())
    recovering.recover(clock(), fence)
    run = Run(
        client=client,
        clock=clock,
        row=row,
        limit=limit,
        deadline_seconds=deadline_seconds,
        should_stop=should_stop,
        fence=fence,
        since=share.tick if share else None,
    )
    with ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="sender") as senders:
        for turns in sharing.parts(share, clock, account):
            run.line_up(turns)
            _send_all(run, senders, concurrency)
    if run.broken is not None:
        raise run.broken
    return run


def _send_all(run: Run, senders: ThreadPoolExecutor, concurrency: int) -> None:
    """Keep the senders busy until nothing more may be claimed and all calls have ended."""
    in_flight: dict[Future[Answer], Step] = {}
    ended: SimpleQueue[Future[Answer]] = SimpleQueue()

    def begin(step: Step) -> None:
        future = _submit(run, senders, step.call)
        in_flight[future] = step
        future.add_done_callback(ended.put)

    while True:
        # Never more claims than free senders: a crash leaves only calls that were in flight.
        for call in run.next_calls(concurrency - len(in_flight)):
            begin(Step(call))
        pause = run.pause() if len(in_flight) < concurrency else None
        if not in_flight and pause is None:
            return
        if not in_flight:
            time.sleep(min(pause or 0, ASKS_AGAIN_SECONDS))  # whether to stop, as soon as that
            continue
        answers = [(in_flight.pop(one), one.result()) for one in _all_of(ended, pause)]
        for step in _carry_on_all(run, answers):
            begin(step)


def _all_of(ended: "SimpleQueue[Future[Answer]]", pause: float | None) -> list[Future[Answer]]:
    """Wait for calls to end, so long at most; return all that have."""
    found: list[Future[Answer]] = []
    try:
        found.append(ended.get(timeout=pause))
        while True:
            found.append(ended.get_nowait())
    except Empty:
        return found


def _carry_on_all(run: Run, answers: list[tuple[Step, Answer]]) -> list[Step]:
    """Record what has ended; return the steps that follow."""
    recorded = _record_together(run, answers)
    steps = []
    for step, answer in answers:
        following = None
        if step.call.attempt_id not in recorded:
            with _about(step.call), _fenced(run, step, answer):
                following = _carry_on_or_keep(run, step, answer)
        if following is None:
            run.busy.discard(step.call.claim.account_id)
        else:
            steps.append(following)
    return steps


def _record_together(run: Run, answers: list[tuple[Step, Answer]]) -> set[uuid.UUID]:
    """Record the sends that went plainly at once; return their attempts. The others follow."""
    try:
        sent = [
            together.Sent(step.call, answer, verdict)
            for step, answer in answers
            if step.call.kind == SendAttempt.Kind.SEND
            and (verdict := deciding.plainly_sent(answer, step.call.claim.item_kind))
        ]
        recorded = together.record_sent(sent, run.clock()) if sent else set()
    except Exception:
        logger.exception("%s answers are dealt with one by one", len(answers))
        return set()
    done = [one for one in sent if one.call.claim.item_id in recorded]
    for one in done:
        run.note(one.call, one.verdict)
    return {one.call.attempt_id for one in done}


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
    verdict = None if look else deciding.plainly_sent(sent, step.call.claim.item_kind)
    if verdict is None:
        before = history.history_of(step.call.claim, now)
        verdict = deciding.after_send(sent, look, before, now)
    _record(run, step, answer, verdict, invitation_id=sent.invitation_id)


def _record(
    run: Run, step: Step, answer: Answer, verdict: Verdict, invitation_id: str = ""
) -> None:
    held = recording.record(step.call, answer, verdict, run.clock(), invitation_id)
    if held is not None:
        run.note(step.call, held)


def sent_results(results: list[ItemResult]) -> list[ItemResult]:
    """Return those that were sent."""
    return [result for result in results if result.status == QueueItem.Status.SENT]
