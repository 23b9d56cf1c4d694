"""What an answer of Unipile means for the item, its prospect and its account. Pure.

The client says what an answer is (`unipile.Outcome`); here it is decided what follows from it.
"""

import datetime as dt
from dataclasses import replace

from campaigns import messages
from campaigns.models import LinkedInAccount, Prospect
from queueing.gates import GateState, hours
from queueing.models import PLURAL, Kind, QueueItem
from queueing.sending import judging, meaning, retries
from queueing.sending.meaning import Meaning
from queueing.sending.verdicts import AccountChange, Answer, History, Verdict
from queueing.unipile import OF_A_WRONG_ID, Outcome

Status = QueueItem.Status

LIMIT_REST = dt.timedelta(hours=24)
LIMIT_REST_AT_MOST = dt.timedelta(hours=72)
WAIT_SECONDS = 60
FEATURE_REST = dt.timedelta(days=1)
RESTRICTION_REST = dt.timedelta(days=3)
THROTTLE_REST = dt.timedelta(hours=1)
THROTTLE_REST_AT_MOST = dt.timedelta(hours=24)
UNKNOWN_IN_A_ROW = 3
OUR_FAULTS_IN_A_ROW = 3
OUR_FAULTS_REST_AT_MOST = dt.timedelta(hours=4)
ASKED_AGAIN_AFTER = dt.timedelta(days=1)  # by then others have passed, if it is the person
REFUSED_IN_A_ROW = 5  # one list may well have four dead profiles in a row
REFUSED_REST = dt.timedelta(hours=1)
REFUSED_REST_AT_MOST = dt.timedelta(hours=24)
ASKED_AGAIN_AT_MOST = 6  # after rests of an hour to three days
SET_ASIDE_FOR = dt.timedelta(days=3)
BAD_API_KEY_REASON = "Unipile refuses the API key: check UNIPILE_API_KEY."
UNCLEAR_REASON = "calls in a row ended without a clear answer"
USAGE_TO_REST_AT = 95.0  # per cent of LinkedIn's quota, as Unipile reports it

_SENT = Verdict(Status.SENT, prospect_status=Prospect.Status.CONNECTION_REQUEST_SENT)
_SEEN_BY_A_LOOK = (Outcome.ALREADY_INVITED, Outcome.ACCOUNT_LIMIT, Outcome.THROTTLED)


def after_first_look(answer: Answer, history: History, now: dt.datetime) -> Verdict | None:
    """Decide after the look-up that finds the provider id; None means: go on and send."""
    if answer.profile is not None:
        verdict = judging.on_profile(
            answer.profile,
            history.tried_at,
            now,
            first_tried_at=history.first_tried_at,
            unclear_since=history.unclear_since,
        )
        return verdict or judging.too_early(history.tried_at, now)
    if answer.outcome == Outcome.REJECTED:
        return _refused(answer, history, now)
    if answer.outcome in _BACK_TO_PENDING:
        return _back_to_pending(answer, history, now)
    return _retry(answer, history, now)


def held(by: GateState) -> Verdict:
    """Return the verdict on an item whose send was stopped before it began: it waits again."""
    return Verdict(Status.PENDING, by.gate, f"Held just before it was to be sent: {by.detail}")


def needs_a_look_up(sent: Answer) -> bool:
    """Return whether the person is to be looked up before anything follows from this answer.

    True where Unipile says that nothing was sent, or that somebody was invited, and may not be the
    one who decides that: the request has reached it.
    """
    if sent.outcome == Outcome.NOT_SENT:
        return sent.http_status is not None
    return sent.outcome in _SEEN_BY_A_LOOK


def after_send(sent: Answer, look: Answer | None, history: History, now: dt.datetime) -> Verdict:
    """Decide after the send, and the look-up behind it where the answer called for one.

    An invitation takes up to a minute to show, and the look may have failed: that it shows nothing
    proves nothing yet, and the next try begins with another (see claiming).
    """
    profile = look.profile if look else None
    if sent.outcome == Outcome.ALREADY_INVITED:
        repeated = judging.on_refused_repeat(
            sent, look, history.tried_at, now, first_tried_at=history.first_tried_at
        )
        return repeated or _unconfirmed(sent, history)
    if profile is not None and needs_a_look_up(sent):
        found = judging.on_profile(
            profile, history.tried_at or now, now, first_tried_at=history.first_tried_at
        )
        if found is not None and (found.arrived or _explains(found, sent)):
            return found
    return by_send(sent, history, now)


def _explains(found: Verdict, sent: Answer) -> bool:
    """Return whether a refusal that may be a limit was about what the look behind it shows.

    Then the account need not rest for it; were it a limit, the next answer would say so again.
    """
    return sent.outcome == Outcome.ACCOUNT_LIMIT and found.status == Status.SKIPPED


def by_send(sent: Answer, history: History, now: dt.datetime) -> Verdict:
    """Decide by the answer alone."""
    if sent.outcome == Outcome.SENT:
        return _sent(sent, history)
    if sent.outcome == Outcome.NOT_SENT:
        return _retry(sent, history, now)
    if sent.outcome == Outcome.REJECTED:
        return _with_another_id(sent, history, now) or _refused(sent, history, now)
    if sent.outcome == Outcome.ALREADY_CONNECTED:
        return judging.on_connected_answer(history.tried_at)
    if sent.outcome in _BACK_TO_PENDING:
        return _back_to_pending(sent, history, now)
    return _unconfirmed(sent, history)


def plainly_sent(sent: Answer) -> Verdict | None:
    """Decide on a send by its answer alone; None where what went before may count."""
    near_its_limit = sent.usage is not None and sent.usage >= USAGE_TO_REST_AT
    if sent.outcome != Outcome.SENT or near_its_limit:
        return None
    return _SENT


def _sent(sent: Answer, history: History) -> Verdict:
    if (plain := plainly_sent(sent)) is not None:
        return plain
    rest = AccountChange(
        rest_until=history.next_day_at,
        reason=f"LinkedIn reports {sent.usage:g} % of the account's quota as used",
    )
    return replace(_SENT, account=rest)


def next_try(history: History, now: dt.datetime) -> dt.datetime | None:
    """Return when to try again, inside the sending hours; None when the retries are used up."""
    at = retries.retry_at(now, history.attempts + 1, history.retry_delays_seconds)
    return at and (hours.next_opening(history.hours, at) or at)


def _retry(answer: Answer, history: History, now: dt.datetime) -> Verdict:
    at = next_try(history, now)
    if at is not None:
        at = max(at, now + dt.timedelta(seconds=answer.retry_after or 0))
        return Verdict(
            Status.PENDING, answer.error_code, answer.summary, burns_attempt=True, retry_at=at
        )
    if history.outage:
        # Everybody's calls fail: that is no reason to give anybody up.
        again = now + dt.timedelta(seconds=history.retry_delays_seconds[-1])
        return Verdict(Status.PENDING, answer.error_code, answer.summary, retry_at=again)
    return Verdict(
        Status.FAILED,
        answer.error_code,
        f"Given up after {history.attempts + 1} tries. {answer.summary}",
        burns_attempt=True,
        prospect_status=Prospect.Status.FAILED,
    )


def is_our_fault(outcome: str, error_code: str) -> bool:
    """Return whether a refusal has nothing to do with the person or the text, as far as we know."""
    return outcome == Outcome.REJECTED and meaning.of(error_code) == Meaning.OURS


def _refused(answer: Answer, history: History, now: dt.datetime) -> Verdict:
    """Fail the item, unless so many others were refused as well that it cannot be the person.

    One change at Unipile, or one account that sees nobody, would else make a whole queue fail, item
    by item. People of one company stand together in a list, so they count as one. Where no company
    is told, a list of such people would cost weeks: each rest is short, and comes only after as
    many more.
    """
    failed = Verdict(
        Status.FAILED,
        answer.error_code,
        answer.summary,
        burns_attempt=True,
        prospect_status=Prospect.Status.FAILED,
        try_another_account=answer.error_code in OF_A_WRONG_ID,
    )
    if is_our_fault(answer.outcome, answer.error_code):
        return _refused_by_our_fault(failed, answer, history, now)
    reason, rest = "", REFUSED_REST
    if history.refused_in_a_row + 1 >= REFUSED_IN_A_ROW:
        reason = "as if the fault were each person's"
        times_before = history.refused_in_a_row + 1 - REFUSED_IN_A_ROW
        rest = retries.doubled(REFUSED_REST, times_before, REFUSED_REST_AT_MOST)
    if not reason or next_try(history, now) is None:
        return failed
    return replace(
        _asked_again(failed, answer),
        retry_at=now + rest,
        account=AccountChange(
            rest_until=now + rest,
            reason=f"Calls about {_so_many(history)} in a row were refused {reason}",
            kind=_of_one_kind(history),
        ),
    )


def _of_one_kind(history: History) -> str:
    """Return of which kind an account rests; "" for all of it."""
    return "" if history.kind == Kind.CONNECTION_REQUEST else history.kind


def _refused_by_our_fault(
    failed: Verdict, answer: Answer, history: History, now: dt.datetime
) -> Verdict:
    """Decide on a refusal that no person explains; it is the person's until others are refused."""
    in_a_row = history.our_faults_in_a_row + 1
    if in_a_row < OUR_FAULTS_IN_A_ROW or next_try(history, now) is None:
        return failed
    account = AccountChange()
    if history.our_faults_since_rest + 1 >= OUR_FAULTS_IN_A_ROW:
        rests_before = in_a_row // OUR_FAULTS_IN_A_ROW - 1
        rest = retries.doubled(REFUSED_REST, rests_before, OUR_FAULTS_REST_AT_MOST)
        account = AccountChange(
            rest_until=now + rest,
            reason=f"Calls about {_so_many(history)} in a row were refused for no reason that lies "
            "with a person",
            kind=_of_one_kind(history),
        )
    return replace(_asked_again(failed, answer), retry_at=now + ASKED_AGAIN_AFTER, account=account)


def _asked_again(failed: Verdict, answer: Answer) -> Verdict:
    return replace(
        failed,
        status=Status.PENDING,
        error_message=f"{answer.summary}. Others were refused as well: asked again after them.",
        prospect_status="",
    )


def _so_many(history: History) -> str:
    return f"{max(history.refused_in_a_row, history.our_faults_in_a_row) + 1} people"


def _with_another_id(sent: Answer, history: History, now: dt.datetime) -> Verdict | None:
    """Try once more where the refusal may be about an id of former times, not about the person."""
    if not history.id_may_be_wrong or sent.error_code not in OF_A_WRONG_ID:
        return None
    if next_try(history, now) is None:
        return None
    return replace(
        _refused(sent, history, now),
        status=Status.PENDING,
        try_another_account=False,
        error_message=f"{sent.summary}. The person is looked up anew before the next try.",
        prospect_status="",
    )


def _unconfirmed(answer: Answer, history: History) -> Verdict:
    account = AccountChange()
    if answer.outcome == Outcome.UNKNOWN and history.unknown_in_a_row + 1 >= UNKNOWN_IN_A_ROW:
        account = AccountChange(
            rest_until=history.next_day_at,
            reason=f"{history.unknown_in_a_row + 1} {UNCLEAR_REASON}",
        )
    return Verdict(Status.UNCONFIRMED, answer.error_code, answer.summary, account=account)


def about_the_account(answer: Answer, history: History, now: dt.datetime) -> Verdict | None:
    """Decide on an answer that is about the account; None: it is not."""
    return _back_to_pending(answer, history, now) if answer.outcome in _BACK_TO_PENDING else None


def _back_to_pending(answer: Answer, history: History, now: dt.datetime) -> Verdict:
    """Let the account rest, or be held, and put the item behind what the account has not tried.

    Asked again while others pass, such an answer is the item's own, whatever it says.
    """
    if answer.outcome not in _NEVER_THE_PERSONS:
        if history.others_pass:
            return _set_aside(answer, history, now)
        if history.account_answers >= ASKED_AGAIN_AT_MOST:
            return asked_often_enough(answer, history)
    change = _BACK_TO_PENDING[Outcome(answer.outcome)](answer, history, now)
    return Verdict(
        Status.PENDING,
        answer.error_code,
        answer.summary,
        retry_at=change.rest_until,
        account=change,
    )


def asked_often_enough(answer: Answer, history: History) -> Verdict:
    """End what nobody else can be compared with: else it would be asked for once a day for ever."""
    return Verdict(
        Status.FAILED,
        answer.error_code,
        f"{answer.summary}. So it was answered {history.account_answers + 1} times: see whether "
        "the account or the person is the reason, then retry or skip.",
        burns_attempt=True,
        prospect_status=Prospect.Status.FAILED,
    )


def _set_aside(answer: Answer, history: History, now: dt.datetime) -> Verdict:
    told = f"{answer.summary}. Others pass, so this is about the person"
    if next_try(history, now) is None:
        return Verdict(
            Status.FAILED,
            answer.error_code,
            f"{told}: given up after {history.attempts + 1} tries.",
            burns_attempt=True,
            prospect_status=Prospect.Status.FAILED,
        )
    again = now + SET_ASIDE_FOR
    return Verdict(
        Status.PENDING,
        answer.error_code,
        f"{told}: set aside until {again:%Y-%m-%d}, then asked again.",
        burns_attempt=True,
        retry_at=again,
    )


def _note_too_long(answer: Answer, history: History, now: dt.datetime) -> AccountChange:
    """Hold the account's long notes: every one would be refused alike."""
    if not history.note_length:
        return AccountChange(rest_until=history.next_day_at, reason=answer.summary)
    free = messages.NOTE_LIMITS[LinkedInAccount.Type.FREE]
    longest = free if history.note_length > free else history.note_length - 1
    return AccountChange(
        longest_note=longest,
        reason=(
            f"LinkedIn takes shorter notes from it than its type allows, as after Premium has "
            f"lapsed: what is longer than {longest} characters waits. Renew the subscription and "
            "empty “longest note” on its page, or correct its type and shorten the notes."
        ),
    )


def _limit_rest(answer: Answer, history: History, now: dt.datetime) -> AccountChange:
    """Let the account rest, or of it the messages or withdrawals whose limit was met.

    Invitations are what LinkedIn restricts accounts for: at their limit nothing else goes either.
    """
    rest = retries.doubled(LIMIT_REST, history.limits_in_a_row, LIMIT_REST_AT_MOST)
    kind = _of_one_kind(history)
    limit = f"LinkedIn's limit for {PLURAL[Kind(kind)]}" if kind else "LinkedIn's limit"
    return AccountChange(rest_until=now + rest, reason=f"{limit}: {answer.summary}", kind=kind)


def _throttle_rest(answer: Answer, history: History, now: dt.datetime) -> AccountChange:
    rest = retries.doubled(THROTTLE_REST, history.throttles_in_a_row, THROTTLE_REST_AT_MOST)
    rest = max(rest, dt.timedelta(seconds=answer.retry_after or 0))
    return AccountChange(rest_until=now + rest, reason=f"Too many requests: {answer.summary}")


def _wait(answer: Answer, history: History, now: dt.datetime) -> AccountChange:
    """Unipile's own limiter, which knows when: LinkedIn was not asked, and is not angry."""
    seconds = max(WAIT_SECONDS, answer.retry_after or 0)
    return AccountChange(rest_until=now + dt.timedelta(seconds=seconds), reason=answer.summary)


def _disconnected(answer: Answer, history: History, now: dt.datetime) -> AccountChange:
    # Unipile may go on to report the account as OK: where a feature is missing (other answers than
    # 401), or the account was lost again at once. Without a rest it would come and go with every
    # sync.
    lost_once = answer.http_status == 401 and not history.disconnects_in_a_row
    rest_until = None if lost_once else now + FEATURE_REST
    return AccountChange(
        LinkedInAccount.Status.DISCONNECTED, rest_until=rest_until, reason=answer.summary
    )


def _restricted(answer: Answer, history: History, now: dt.datetime) -> AccountChange:
    # Unipile may go on to report the account as OK: it rests a while before it is tried again.
    return AccountChange(
        LinkedInAccount.Status.RESTRICTED,
        rest_until=now + RESTRICTION_REST,
        reason=answer.summary,
    )


def _bad_api_key(answer: Answer, history: History, now: dt.datetime) -> AccountChange:
    return AccountChange(stop_everything=True, reason=BAD_API_KEY_REASON)


# The account cannot send now; the item did nothing wrong and keeps all its tries.
_BACK_TO_PENDING = {
    Outcome.ACCOUNT_LIMIT: _limit_rest,
    Outcome.NOTE_TOO_LONG: _note_too_long,
    Outcome.THROTTLED: _throttle_rest,
    Outcome.WAIT: _wait,
    Outcome.ACCOUNT_DISCONNECTED: _disconnected,
    Outcome.ACCOUNT_RESTRICTED: _restricted,
    Outcome.BAD_API_KEY: _bad_api_key,
}
_NEVER_THE_PERSONS = (Outcome.BAD_API_KEY, Outcome.NOTE_TOO_LONG, Outcome.WAIT)
