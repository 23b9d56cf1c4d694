"""The vocabulary of outcomes, which is one for every provider."""

from enum import StrEnum


class Certainty(StrEnum):
    """Did the invitation leave? Three answers, because "no answer" is not "no"."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What an answer means for the item."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    REJECTED = "rejected"
    ALREADY_CONNECTED = "already_connected"
    ALREADY_INVITED = "already_invited"
    ACCOUNT_LIMIT = "account_limit"
    NOTE_TOO_LONG = "note_too_long"
    THROTTLED = "throttled"
    WAIT = "wait"
    ACCOUNT_DISCONNECTED = "account_disconnected"
    ACCOUNT_RESTRICTED = "account_restricted"
    BAD_API_KEY = "bad_api_key"
    UNKNOWN = "unknown"

    @property
    def certainty(self) -> Certainty:
        if self is Outcome.SENT:
            return Certainty.SENT
        return Certainty.UNKNOWN if self is Outcome.UNKNOWN else Certainty.NOT_SENT
