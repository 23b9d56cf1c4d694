"""What does Unipile say? One client, one error, one classification.

Pure: no Django, no clock but time-outs. What an answer means for an item is decided in `sending/`.
"""

from queueing.unipile.answers import (
    ANOTHER_PERSON,
    ANOTHER_SHAPE,
    MEANING,
    Certainty,
    Outcome,
    UnipileError,
    safe_text,
)
from queueing.unipile.client import Client, base_url, note_limit
from queueing.unipile.exchange import uptime
from queueing.unipile.shapes import Account, Invitation, Profile, SentInvitation, SentWalk

__all__ = [
    "ANOTHER_PERSON",
    "ANOTHER_SHAPE",
    "MEANING",
    "Account",
    "Certainty",
    "Client",
    "Invitation",
    "Outcome",
    "Profile",
    "SentInvitation",
    "SentWalk",
    "UnipileError",
    "base_url",
    "note_limit",
    "safe_text",
    "uptime",
]
