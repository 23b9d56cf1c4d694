"""What becomes of a message, or a withdrawal, of which nobody knows whether it went."""

import datetime as dt
import uuid

from django.conf import settings

from campaigns.models import LinkedInAccount, Prospect
from queueing import gates
from queueing.gates import hours
from queueing.looking import budget, looks, pace
from queueing.models import Kind, QueueItem, SendAttempt
from queueing.sending import (
    FOUND,
    Claim,
    Clock,
    History,
    Verdict,
    calls,
    history,
    judging,
    messaging,
    news,
    recording,
    retries,
    withdrawing,
)
from queueing.sending.judging import Seen
from queueing.unipile import Client, Outcome, UnipileError

Route = SendAttempt.Route
IN_DOUBT_STILL = ""

GIVEN_UP_AFTER = judging.GIVEN_UP_AFTER
_UNREADABLE = Verdict(
    QueueItem.Status.FAILED,
    "conversation_gone",
    "For a week its conversation could not be read: whether it went cannot be seen. Read it on "
    "LinkedIn. A retry reads it first, and sends nothing before it could.",
)


_UNSEEN = Verdict(
    QueueItem.Status.FAILED,
    judging.UNCLEAR_STATE,
    "For a week LinkedIn has not shown, in words that SendQ knows, what became of the invitation: "
    "whether it was withdrawn cannot be seen. See the person on LinkedIn; then retry, or skip.",
)


def message(client: Client, account: LinkedInAccount, item: QueueItem, clock: Clock) -> str:
    """Read the conversation of a message in doubt; return its new status, or IN_DOUBT_STILL.

    Found: it was sent. Two complete looks without it, far enough apart for the lag of what Unipile
    keeps: it was not, and waits again. An answer that is seen on the way counts.
    """
    (attempt,) = looks.begin([item], Route.CHAT, clock())
    try:
        answer = calls.read_conversation(
            client, account.unipile_account_id, item.linkedin_user_id, item.chat_id
        )
    except UnipileError as error:
        looks.end_with_error([attempt], error, clock())
        return _unless_untold(item, Route.CHAT, _UNREADABLE, clock())
    now = clock()
    if answer.conversation is None:
        looks.end(attempt, Outcome.NOT_SENT, answer.summary, now)
        return IN_DOUBT_STILL
    found = messaging.on_conversation(answer.conversation, _history(item, now), now)
    if found is not None and found.arrived:
        looks.end(attempt, FOUND, answer.raw, now)
        return _settled(item, found, now)
    is_unclear = found is not None and found.error_code == messaging.UNCLEAR_ANSWER
    if found is not None and found.answered_at is None and not is_unclear:
        looks.end(attempt, Outcome.UNKNOWN, f"{answer.raw} {found.error_message}", now)
        return _unless_untold(item, Route.CHAT, _UNREADABLE, now)  # not whole, or too early
    looks.end(attempt, looks.NOTHING, answer.raw, now)
    if found is not None and found.answered_at is not None:
        news.record(item, found, now, now)
    if not _looked_in_vain_twice(item):
        return IN_DOUBT_STILL
    return _settled(item, not_sent(item, now), now, searched=True)


def _unless_untold(item: QueueItem, route: Route, given_up: Verdict, now: dt.datetime) -> str:
    """Leave an item in doubt, unless looks by a route have told nothing for a week.

    Those that were not answered at all do not count: Unipile was away.
    """
    _, since = pace.calls(item)
    untold: list[dt.datetime] = []
    for look in since:
        if look.route == route and look.outcome in {FOUND, looks.NOTHING}:
            untold = []
        elif look.route == route and look.outcome != Outcome.NOT_SENT:
            untold.append(look.started_at)
    if len(untold) < 2 or untold[-1] - untold[0] < GIVEN_UP_AFTER:
        return IN_DOUBT_STILL
    return _settled(item, given_up, now, searched=True)


def _looked_in_vain_twice(item: QueueItem) -> bool:
    _, since = pace.calls(item)
    vain = [look.started_at for look in since if look.outcome == looks.NOTHING]
    return len(vain) > 1 and vain[-1] - vain[0] >= pace.BETWEEN_LOOKS


def withdrawal(
    client: Client, account: LinkedInAccount, item: QueueItem, clock: Clock, *, still: bool
) -> str:
    """Settle a withdrawal in doubt by the list that was just walked, and the profile.

    An invitation that is still pending was not withdrawn: doing that again does no harm. One that
    is not may have been accepted, which the profile tells.

    :param still: the invitation is in the list of those pending.
    """
    if still:
        return _settled(item, not_sent(item, clock()), clock(), searched=True)
    walked = [look for look in pace.calls(item)[1] if look.route == Route.SENT_LIST]
    if not walked or walked[-1].outcome != looks.NOTHING:
        return IN_DOUBT_STILL
    if budget.left_for_doubts(account, clock()) < 1:
        return IN_DOUBT_STILL
    (attempt,) = looks.begin([item], Route.PROFILE, clock())
    try:
        profile = client.profile(account.unipile_account_id, item.linkedin_user_id)
    except UnipileError as error:
        looks.end_with_error([attempt], error, clock())
        return _unless_untold(item, Route.PROFILE, _UNSEEN, clock())
    now = clock()
    is_told = judging.seen(profile) not in {Seen.UNCLEAR, Seen.INVITED}
    looks.end(attempt, FOUND if is_told else Outcome.UNKNOWN, profile.raw, now)
    if not is_told:
        return _unless_untold(item, Route.PROFILE, _UNSEEN, now)
    verdict = withdrawing.on_profile_of_the_gone(profile, _history(item, now), now)
    return _settled(item, verdict, now, searched=True)


def _history(item: QueueItem, now: dt.datetime) -> History:
    if item.claimed_at is None:
        raise AssertionError("what is in doubt was claimed")
    return history.history_of(
        Claim(item.pk, uuid.uuid4(), item.linkedin_account_id, item.claimed_at), now
    )


def _settled(item: QueueItem, verdict: Verdict, now: dt.datetime, *, searched: bool = False) -> str:
    held = recording.settle_doubt(item, verdict, now, searched=searched and not verdict.arrived)
    return held.status if held else "changed_meanwhile"


def _failed(item: QueueItem) -> str:
    return Prospect.Status.FAILED if item.kind == Kind.CONNECTION_REQUEST else ""


def not_sent(item: QueueItem, now: dt.datetime) -> Verdict:
    """Return the verdict on an item without a trace: a retry, or given up."""
    if item.status == QueueItem.Status.PENDING:
        return Verdict(item.status, item.error_code, item.error_message)
    delays = settings.RETRY_DELAYS_SECONDS
    if retries.retry_at(now, item.attempts + 1, delays) is None:
        return Verdict(
            QueueItem.Status.FAILED,
            "not_sent",
            f"Not sent: LinkedIn shows no trace of it. Given up after {item.attempts + 1} tries.",
            burns_attempt=True,
            prospect_status=_failed(item),
        )
    return Verdict(
        QueueItem.Status.PENDING,
        "not_sent",
        "Not sent: two complete looks found no trace of it.",
        burns_attempt=True,
        retry_at=hours.next_opening(gates.hours_of(item.campaign.hours()), now) or now,
    )
