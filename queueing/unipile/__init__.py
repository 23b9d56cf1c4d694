"""What does Unipile say? One protocol in our words, one error, one vocabulary of outcomes.

Pure: no Django, no clock but time-outs. What an answer means for an item is decided in `sending/`.
Which version of the API speaks is known in `choosing.py` alone.
"""

from queueing.unipile.answers import (
    ANOTHER_PERSON,
    ANOTHER_SHAPE,
    IN_WORDS,
    NOT_FRESH,
    UnipileError,
    safe_text,
)
from queueing.unipile.choosing import (
    MEANING,
    OF_A_WRONG_ID,
    Version,
    codes_about,
    connect,
    receiver,
)
from queueing.unipile.exchange import uptime
from queueing.unipile.outcomes import Certainty, Outcome
from queueing.unipile.probing import CALLS_AT_MOST
from queueing.unipile.protocol import Client, Receiver
from queueing.unipile.tables import About
from queueing.unipile.values import (
    Account,
    AccountState,
    Chat,
    ChatKind,
    Conversation,
    Event,
    EventKind,
    Invitation,
    LinkWanted,
    Message,
    MessageKind,
    Profile,
    Registration,
    Relation,
    Returned,
    SentInvitation,
    SentMessage,
    SentWalk,
    Walk,
    Webhook,
    Withdrawal,
)

__all__ = [
    "ANOTHER_PERSON",
    "ANOTHER_SHAPE",
    "CALLS_AT_MOST",
    "IN_WORDS",
    "MEANING",
    "NOT_FRESH",
    "OF_A_WRONG_ID",
    "About",
    "Account",
    "AccountState",
    "Certainty",
    "Chat",
    "ChatKind",
    "Client",
    "Conversation",
    "Event",
    "EventKind",
    "Invitation",
    "LinkWanted",
    "Message",
    "MessageKind",
    "Outcome",
    "Profile",
    "Receiver",
    "Registration",
    "Relation",
    "Returned",
    "SentInvitation",
    "SentMessage",
    "SentWalk",
    "UnipileError",
    "Version",
    "Walk",
    "Webhook",
    "Withdrawal",
    "codes_about",
    "connect",
    "receiver",
    "safe_text",
    "uptime",
]
