"""What a failure means for the people who look at it, and what they can do. Pure.

An item's `error_code` is the code of the provider's error, or SendQ's own word where none came.
What each code is about is told by the provider's table: see `unipile/tables.py`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from queueing.unipile import ANOTHER_SHAPE, IN_WORDS, MEANING, About, Outcome, codes_about


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
    Meaning.UNKNOWN: Advice(
        "Unknown outcome",
        "A call was made, and whether it arrived was never seen: nobody is asked twice meanwhile. "
        "Have them looked up again; or open the profile and say whether it was sent.",
    ),
    Meaning.OURS: Advice(
        "Our fault",
        "Nothing was sent. Retry; if it fails again, tell whoever looks after SendQ.",
    ),
}

# A line for staff, and what the provider said in brackets behind it: see `UnipileError.summary`.
_EVIDENCE = re.compile(
    rf"({'|'.join(re.escape(line) for line in IN_WORDS.values())}) \((?:[^()]|\([^()]*\))*\)"
)


def plain(told: str) -> str:
    """Return an error without the HTTP line in its brackets, which stands behind “Details”."""
    return _EVIDENCE.sub(r"\1", told)


SOMEBODY_ELSE = "somebody_else"
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
    by_person, by_text = codes_about(About.PERSON), codes_about(About.TEXT)
    named = {
        Meaning.PERSON: by_person,
        Meaning.ANOTHER: frozenset([SOMEBODY_ELSE]),
        Meaning.MESSAGE: by_text,
        Meaning.ACCOUNT: frozenset(by_account | set(_ACCOUNTS)) - by_person - by_text,
        Meaning.UNKNOWN: frozenset(in_doubt | _CANNOT_BE_SEEN),
    }
    return {meaning: frozenset(map(str, codes)) for meaning, codes in named.items()}


CODES = _codes()
"""The codes of each meaning; whatever is in none of them is `Meaning.OURS`."""


def of(error_code: str) -> Meaning:
    """Return what an error code means."""
    return next((meaning for meaning, codes in CODES.items() if error_code in codes), Meaning.OURS)
