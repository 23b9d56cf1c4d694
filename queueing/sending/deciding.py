"""Which rules decide on an answer: those of requests, of messages, or of withdrawals."""

import datetime as dt

from queueing.models import Kind
from queueing.sending import messaging, outcomes, withdrawing
from queueing.sending.verdicts import GONE, Answer, History, Verdict


def after_first_look(answer: Answer, history: History, now: dt.datetime) -> Verdict | None:
    """Decide after the look with which a claim begins; None means: go on and send."""
    if history.kind == Kind.MESSAGE:
        return messaging.after_look(answer, history, now)
    return outcomes.after_first_look(answer, history, now)


def needs_a_look_up(sent: Answer, kind: str) -> bool:
    """Return whether the person is to be looked up before anything follows from this answer."""
    if kind == Kind.CONNECTION_REQUEST:
        return outcomes.needs_a_look_up(sent)
    return kind == Kind.WITHDRAWAL and sent.outcome == GONE


def after_send(sent: Answer, look: Answer | None, history: History, now: dt.datetime) -> Verdict:
    """Decide after the send, and the look-up behind it where the answer called for one."""
    if history.kind == Kind.MESSAGE:
        return messaging.after_send(sent, history, now)
    if history.kind == Kind.WITHDRAWAL:
        return withdrawing.after_send(sent, look, history, now)
    return outcomes.after_send(sent, look, history, now)


def plainly_sent(sent: Answer, kind: str) -> Verdict | None:
    """Return what `after_send` says where the answer alone decides: it went, and no more than that.

    None: ask `after_send`. A withdrawal changes more than its item.
    """
    if kind == Kind.CONNECTION_REQUEST:
        return outcomes.plainly_sent(sent)
    return messaging.plainly_sent(sent) if kind == Kind.MESSAGE else None
