"""What a failure means for the people who look at it, and what they can do. Pure.

An item's `error_code` is Unipile's type without `errors/`, or SendQ's own word where none came.
"""

from dataclasses import dataclass
from enum import StrEnum

from queueing.unipile import ANOTHER_SHAPE, MEANING, Outcome


class Meaning(StrEnum):
    """Where the cause of a failure lies."""

    PERSON = "person"
    ANOTHER = "another"
    MESSAGE = "message"
    ACCOUNT = "account"
    UNKNOWN = "unknown"
    OURS = "ours"


@dataclass(frozen=True)
class Advice:
    """A meaning in words: what it is called, and what to do next."""

    label: str
    next_step: str


ADVICE = {
    Meaning.PERSON: Advice(
        "This person",
        "LinkedIn does not let this person be invited. Skip them, or never contact them.",
    ),
    Meaning.ANOTHER: Advice(
        "Another name",
        "LinkedIn shows another name at this address. Open the profile: say that it is the same "
        "person, correct the address, or skip them.",
    ),
    Meaning.MESSAGE: Advice("This message", "Shorten or change the text, then retry."),
    Meaning.ACCOUNT: Advice(
        "The account",
        "See to the account first: reconnect it or let it rest. Then retry, spread over time.",
    ),
    Meaning.UNKNOWN: Advice("Unknown outcome", "Look the person up on LinkedIn before you retry."),
    Meaning.OURS: Advice(
        "Our fault",
        "Nothing was sent. Retry; if it fails again, tell whoever looks after SendQ.",
    ),
}

SOMEBODY_ELSE = "somebody_else"
_BY_TEXT = {
    "too_many_characters",
    "unescaped_characters",
    "content_too_large",
    "invalid_message",
    "cant_send_message",
}
_BY_PERSON = {
    "invalid_recipient",
    "cannot_invite_attendee",
    "user_unreachable",
    "blocked_recipient",
    "no_connection_with_recipient",
    "resource_not_found",
    "invalid_resource_identifier",
    "resource_access_restricted",
    "recipient_rejected",
    "already_invited_recently",
    "action_already_performed",
    "already_connected",
    "provider/invalid_parameters",
    "provider/resource_not_found",
    "provider/insufficient_permissions",
}
_CANNOT_BE_SEEN = {
    Outcome.UNKNOWN,
    ANOTHER_SHAPE,
    "interrupted",
    "person_gone",
    "conversation_gone",
    "could_not_ask",
    "unclear_state",
}
_ACCOUNTS = {
    Outcome.ACCOUNT_LIMIT,
    Outcome.THROTTLED,
    Outcome.WAIT,
    Outcome.ACCOUNT_DISCONNECTED,
    Outcome.ACCOUNT_RESTRICTED,
}


def _codes() -> dict[Meaning, frozenset[str]]:
    by_account = {kind for (_, kind), outcome in MEANING.items() if outcome in _ACCOUNTS}
    in_doubt = {kind for (_, kind), outcome in MEANING.items() if outcome == Outcome.UNKNOWN}
    named = {
        Meaning.PERSON: frozenset(_BY_PERSON),
        Meaning.ANOTHER: frozenset([SOMEBODY_ELSE]),
        Meaning.MESSAGE: frozenset(_BY_TEXT),
        Meaning.ACCOUNT: frozenset(by_account | set(_ACCOUNTS)) - _BY_PERSON - _BY_TEXT,
        Meaning.UNKNOWN: frozenset(in_doubt | _CANNOT_BE_SEEN),
    }
    return {meaning: frozenset(map(str, codes)) for meaning, codes in named.items()}


CODES = _codes()
"""The codes of each meaning; whatever is in none of them is `Meaning.OURS`."""


def of(error_code: str) -> Meaning:
    """Return what an error code means."""
    return next((meaning for meaning, codes in CODES.items() if error_code in codes), Meaning.OURS)
