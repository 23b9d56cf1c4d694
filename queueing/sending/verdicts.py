"""What a decision about an item is made from, and what it is. Plain values."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from queueing.gates import hours
from queueing.models import Kind
from queueing.unipile import Conversation, Outcome, Profile

FOUND = "found"
RESTORED = "restored"  # outcome and error code of calls whose own record a restore has lost
GONE = "gone"  # the outcome of a withdrawal whose invitation was not pending any more
_ALWAYS = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Answer:
    """What one call brought. `outcome` of a look-up that found somebody is FOUND.

    `conversation`: what was read of one, whole or not; its outcome is FOUND, too.
    `retry_after`: seconds that the other side asks to wait; None where it does not. `asked_again`:
    the person was looked at twice for it.
    """

    outcome: str
    summary: str = ""
    error_code: str = ""
    http_status: int | None = None
    raw: str = ""
    invitation_id: str = ""
    usage: float | None = None
    retry_after: int | None = None
    asked_again: bool = False
    profile: Profile | None = None
    chat_id: str = ""
    message_id: str = ""
    conversation: Conversation | None = None


def may_have_arrived(sent: Answer) -> bool:
    """Return whether a send with this answer may have reached LinkedIn, and is not known to have.

    No answer, and an answer that says "not now" although the request was received: 503, 429 and
    limits are said by machines between us and LinkedIn, too, and have hidden an effect.
    """
    if sent.outcome == Outcome.NOT_SENT:
        return sent.http_status is not None
    return sent.outcome in {Outcome.UNKNOWN, Outcome.THROTTLED, Outcome.ACCOUNT_LIMIT}


@dataclass(frozen=True)
class AccountChange:
    """What becomes of the account: a new status, a rest with its reason, or a longest note.

    `kind`: the rest is of what the account sends of this kind, and of nothing else.
    """

    status: str = ""
    rest_until: dt.datetime | None = None
    reason: str = ""
    stop_everything: bool = False
    longest_note: int | None = None
    kind: str = ""


@dataclass(frozen=True)
class History:
    """What went before. Counts of answers in a row, before this one, of the same account.

    `tried_at`: when the last try about the item began that may have arrived; None where there is
    none; `first_tried_at`: when the first call about it began, None where that is not known.
    `id_may_be_wrong`: the person's id was found before this claim, and can be found anew by
    slug. `refused_in_a_row`: companies, or people without one, whose calls were refused, newest
    first; of those `our_faults_in_a_row` in a way that no person explains, and of these
    `our_faults_since_rest` since the account rested last. `others_pass`: since the
    item last met an answer about its account, the account has sent to somebody else;
    `account_answers`: how many of those it has met in a row. `outage`: since the item's first
    failure, everybody else's calls have failed as well. `answers_from`: what the person wrote later
    is an answer; `asked_in_vain`: how often, in a row, whether they did could not be looked up,
    `asked_since` when that began, and `others_are_told`: meanwhile other conversations of the
    account could be read. `unclear_since`: when the first look began of those, in a row, that have
    shown the person in a state that nobody has described.
    """

    attempts: int
    tried_at: dt.datetime | None
    id_may_be_wrong: bool
    limits_in_a_row: int
    throttles_in_a_row: int
    unknown_in_a_row: int
    disconnects_in_a_row: int
    refused_in_a_row: int
    our_faults_in_a_row: int
    others_pass: bool
    account_answers: int
    outage: bool
    next_day_at: dt.datetime
    retry_delays_seconds: Sequence[int]
    hours: hours.Hours
    note_length: int = 0
    first_tried_at: dt.datetime | None = None
    kind: str = Kind.CONNECTION_REQUEST
    by_hand: bool = False
    text: str = ""
    answers_from: dt.datetime = _ALWAYS
    asked_in_vain: int = 0
    others_are_told: bool = False
    asked_since: dt.datetime | None = None
    unclear_since: dt.datetime | None = None
    our_faults_since_rest: int = 0


@dataclass(frozen=True)
class Verdict:
    """The item's next state. `retry_at` None leaves its time alone.

    `arrived`: an earlier try is known to have arrived, and the item is dated by it.
    `chat_id` and `message_id`: where a message stands, as far as told. `answered_at`: when the
    person was seen to have answered. `ask_again_at`: whether they have could not be looked up.
    `try_another_account`: the id that failed may be one of another account of the campaign.
    """

    status: str
    error_code: str = ""
    error_message: str = ""
    burns_attempt: bool = False
    retry_at: dt.datetime | None = None
    prospect_status: str = ""
    arrived: bool = False
    try_another_account: bool = False
    account: AccountChange = field(default_factory=AccountChange)
    chat_id: str = ""
    message_id: str = ""
    answered_at: dt.datetime | None = None
    ask_again_at: dt.datetime | None = None
