"""What an answer of Unipile means for the item, its prospect and its account. Pure.

The client says what an answer is (`unipile.Outcome`); here it is decided what follows from it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from campaigns.models import LinkedInAccount, Prospect
from queueing.gates import hours
from queueing.models import QueueItem
from queueing.sending import meaning, retries
from queueing.sending.meaning import Meaning
from queueing.unipile import Outcome, Profile

Status = QueueItem.Status

REINVITE_AFTER = dt.timedelta(days=21)  # LinkedIn refuses a new invitation after a withdrawal
LIMIT_REST = dt.timedelta(hours=24)
LIMIT_REST_AT_MOST = dt.timedelta(hours=72)
FEATURE_REST = dt.timedelta(days=1)
RESTRICTION_REST = dt.timedelta(days=3)
THROTTLE_REST = dt.timedelta(hours=1)
THROTTLE_REST_AT_MOST = dt.timedelta(hours=24)
UNKNOWN_IN_A_ROW = 3
OUR_FAULTS_IN_A_ROW = 3
BAD_API_KEY_REASON = "Unipile refuses the API key: check UNIPILE_API_KEY."
USAGE_TO_REST_AT = 95.0  # per cent of LinkedIn's quota, as Unipile reports it

# What Unipile says of an id that is not, or no longer, one of this account's.
_OF_A_WRONG_ID = (
    "invalid_parameters",
    "invalid_recipient",
    "invalid_resource_identifier",
    "resource_not_found",
)


_SEEN_BY_A_LOOK = (Outcome.ALREADY_INVITED, Outcome.ACCOUNT_LIMIT, Outcome.THROTTLED)


@dataclass(frozen=True)
class Answer:
    """What one call brought. `outcome` of a look-up that found somebody is FOUND."""

    outcome: str
    summary: str = ""
    error_code: str = ""
    http_status: int | None = None
    raw: str = ""
    invitation_id: str = ""
    usage: float | None = None
    profile: Profile | None = None


FOUND = "found"
WITHDRAWN = "invitation_withdrawn"


@dataclass(frozen=True)
class AccountChange:
    """What becomes of the account: a new status, or a rest with its reason."""

    status: str = ""
    rest_until: dt.datetime | None = None
    reason: str = ""
    stop_everything: bool = False


@dataclass(frozen=True)
class History:
    """What went before. Counts of answers in a row, before this one, of the same account.

    `was_tried`: a send about the item has ended before. `id_may_be_wrong`: the person's id was
    found before this claim, and can be found anew by slug.
    """

    attempts: int
    was_tried: bool
    id_may_be_wrong: bool
    limits_in_a_row: int
    throttles_in_a_row: int
    unknown_in_a_row: int
    disconnects_in_a_row: int
    our_faults_in_a_row: int
    next_day_at: dt.datetime
    retry_delays_seconds: Sequence[int]
    hours: hours.Hours


@dataclass(frozen=True)
class Verdict:
    """The item's next state. `retry_at` None leaves its time alone."""

    status: str
    error_code: str = ""
    error_message: str = ""
    burns_attempt: bool = False
    retry_at: dt.datetime | None = None
    prospect_status: str = ""
    account: AccountChange = field(default_factory=AccountChange)


def after_first_look(answer: Answer, history: History, now: dt.datetime) -> Verdict | None:
    """Decide after the look-up that finds the provider id; None means: go on and send."""
    if answer.profile is not None:
        if history.was_tried and _is_invited(answer.profile):
            return _found_invited()  # by an earlier try, whatever was answered then
        return by_profile(answer.profile, now)
    if answer.outcome == Outcome.REJECTED:
        return _failed(answer, history)
    if answer.outcome in _BACK_TO_PENDING:
        return _back_to_pending(answer, history, now)
    return _retry(answer, history, now)


def needs_a_look_up(sent: Answer) -> bool:
    """Return whether the person is to be looked up before anything follows from this answer.

    True where Unipile says that nothing was sent, or that somebody was invited, and may not be the
    one who decides that: the request has reached it.
    """
    if sent.outcome == Outcome.NOT_SENT:
        return sent.http_status is not None
    return sent.outcome in _SEEN_BY_A_LOOK


def after_send(sent: Answer, look: Answer | None, history: History, now: dt.datetime) -> Verdict:
    """Decide after the send, and the look-up behind it where the answer called for one."""
    if not needs_a_look_up(sent):
        return _by_send(sent, history, now)
    profile = look.profile if look else None
    if profile is not None and profile.invitation_type == "SENT":
        return _found_invited() if _is_invited(profile) else withdrawn(now)
    if profile is not None and is_connected(profile):
        return _connected()
    if sent.outcome == Outcome.ALREADY_INVITED:
        return _invited_recently(sent, now) if profile else _unconfirmed(sent, history)
    # An invitation takes up to a minute to show, and the look may have failed: the next try begins
    # with another (see claiming).
    if sent.outcome == Outcome.NOT_SENT:
        return _retry(sent, history, now)
    return _back_to_pending(sent, history, now)


def _by_send(sent: Answer, history: History, now: dt.datetime) -> Verdict:
    if sent.outcome == Outcome.SENT:
        return _sent(sent, history)
    if sent.outcome == Outcome.NOT_SENT:
        return _retry(sent, history, now)
    if sent.outcome == Outcome.REJECTED:
        return _with_another_id(sent, history, now) or _failed(sent, history)
    if sent.outcome == Outcome.ALREADY_CONNECTED:
        return _connected()
    if sent.outcome in _BACK_TO_PENDING:
        return _back_to_pending(sent, history, now)
    return _unconfirmed(sent, history)


def _is_invited(profile: Profile) -> bool:
    return (profile.invitation_type, profile.invitation_status) == ("SENT", "PENDING")


def is_connected(profile: Profile) -> bool:
    """Return whether the account and the person are connected on LinkedIn."""
    return profile.is_relationship or profile.degree == "FIRST_DEGREE"


def by_profile(profile: Profile, now: dt.datetime) -> Verdict | None:
    """Decide by what LinkedIn shows before anything is sent; None: nothing speaks against it."""
    if is_connected(profile):
        return _connected()
    if profile.is_self:
        return _skipped("own_profile", "This is the sending account's own profile.")
    if _is_invited(profile):
        return Verdict(
            Status.SKIPPED,
            error_code="invited_by_hand",
            error_message="This account has invited the person already, outside SendQ.",
            prospect_status=Prospect.Status.CONNECTION_REQUEST_SENT,
        )
    seen = (profile.invitation_type, profile.invitation_status)
    if seen == ("RECEIVED", "PENDING"):
        return _skipped(
            "has_invited_us", "The person has invited this account: accept that on LinkedIn."
        )
    if seen == ("SENT", "WITHDRAWN"):
        return withdrawn(now)
    return None


def _found_invited() -> Verdict:
    return Verdict(
        Status.SENT,
        error_code="found_invited",
        error_message="LinkedIn shows the invitation as pending.",
        prospect_status=Prospect.Status.CONNECTION_REQUEST_SENT,
    )


def _sent(sent: Answer, history: History) -> Verdict:
    account = AccountChange()
    if sent.usage is not None and sent.usage >= USAGE_TO_REST_AT:
        account = AccountChange(
            rest_until=history.next_day_at,
            reason=f"LinkedIn reports {sent.usage:g} % of the account's quota as used",
        )
    return Verdict(
        Status.SENT,
        prospect_status=Prospect.Status.CONNECTION_REQUEST_SENT,
        account=account,
    )


def next_try(history: History, now: dt.datetime) -> dt.datetime | None:
    """Return when to try again, inside the sending hours; None when the retries are used up."""
    at = retries.retry_at(now, history.attempts + 1, history.retry_delays_seconds)
    return at and (hours.next_opening(history.hours, at) or at)


def _retry(answer: Answer, history: History, now: dt.datetime) -> Verdict:
    at = next_try(history, now)
    if at is None:
        return Verdict(
            Status.FAILED,
            answer.error_code,
            f"Given up after {history.attempts + 1} tries. {answer.summary}",
            burns_attempt=True,
            prospect_status=Prospect.Status.FAILED,
        )
    return Verdict(
        Status.PENDING, answer.error_code, answer.summary, burns_attempt=True, retry_at=at
    )


def is_our_fault(outcome: str, error_code: str) -> bool:
    """Return whether a refusal has nothing to do with the person or the text, as far as we know."""
    return outcome == Outcome.REJECTED and meaning.of(error_code) == Meaning.OURS


def _failed(answer: Answer, history: History) -> Verdict:
    account = AccountChange()
    in_a_row = history.our_faults_in_a_row + 1
    if is_our_fault(answer.outcome, answer.error_code) and in_a_row >= OUR_FAULTS_IN_A_ROW:
        # Else one change at Unipile would make the whole queue fail, item by item.
        account = AccountChange(
            rest_until=history.next_day_at,
            reason=f"{in_a_row} calls in a row were refused for no reason that lies with a person",
        )
    return Verdict(
        Status.FAILED,
        answer.error_code,
        answer.summary,
        burns_attempt=True,
        prospect_status=Prospect.Status.FAILED,
        account=account,
    )


def _with_another_id(sent: Answer, history: History, now: dt.datetime) -> Verdict | None:
    """Try once more where the refusal may be about an id of former times, not about the person."""
    if not history.id_may_be_wrong or sent.error_code not in _OF_A_WRONG_ID:
        return None
    if next_try(history, now) is None:
        return None
    return replace(
        _failed(sent, history),
        status=Status.PENDING,
        error_message=f"{sent.summary}. The person is looked up anew before the next try.",
        prospect_status="",
    )


def _connected() -> Verdict:
    return Verdict(
        Status.SKIPPED,
        error_code="already_connected",
        error_message="Already connected.",
        prospect_status=Prospect.Status.CONNECTED,
    )


def _skipped(code: str, message: str) -> Verdict:
    return Verdict(Status.SKIPPED, code, message, prospect_status=Prospect.Status.SKIPPED)


def withdrawn(now: dt.datetime) -> Verdict:
    """Return the verdict on somebody whose earlier invitation was withdrawn."""
    return _skipped(
        WITHDRAWN,
        "An earlier invitation was withdrawn. LinkedIn takes a new one from "
        f"{(now + REINVITE_AFTER).date()} on at the earliest.",
    )


def _invited_recently(sent: Answer, now: dt.datetime) -> Verdict:
    return _skipped(
        sent.error_code or "already_invited_recently",
        "The person was invited not long ago. LinkedIn takes a new invitation from about "
        f"{(now + REINVITE_AFTER).date()} on.",
    )


def _unconfirmed(answer: Answer, history: History) -> Verdict:
    account = AccountChange()
    if answer.outcome == Outcome.UNKNOWN and history.unknown_in_a_row + 1 >= UNKNOWN_IN_A_ROW:
        account = AccountChange(
            rest_until=history.next_day_at,
            reason=f"{history.unknown_in_a_row + 1} calls in a row ended without a clear answer",
        )
    return Verdict(Status.UNCONFIRMED, answer.error_code, answer.summary, account=account)


def _back_to_pending(answer: Answer, history: History, now: dt.datetime) -> Verdict:
    change = _BACK_TO_PENDING[Outcome(answer.outcome)](answer, history, now)
    return Verdict(Status.PENDING, answer.error_code, answer.summary, account=change)


def _limit_rest(answer: Answer, history: History, now: dt.datetime) -> AccountChange:
    rest = retries.doubled(LIMIT_REST, history.limits_in_a_row, LIMIT_REST_AT_MOST)
    return AccountChange(rest_until=now + rest, reason=f"LinkedIn's limit: {answer.summary}")


def _throttle_rest(answer: Answer, history: History, now: dt.datetime) -> AccountChange:
    rest = retries.doubled(THROTTLE_REST, history.throttles_in_a_row, THROTTLE_REST_AT_MOST)
    return AccountChange(rest_until=now + rest, reason=f"Too many requests: {answer.summary}")


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
    Outcome.THROTTLED: _throttle_rest,
    Outcome.ACCOUNT_DISCONNECTED: _disconnected,
    Outcome.ACCOUNT_RESTRICTED: _restricted,
    Outcome.BAD_API_KEY: _bad_api_key,
}
