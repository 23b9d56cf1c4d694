"""How does it go? Claim an item, make its call, decide what the answer means, record it.

What may happen to an item between its claim and the end of its call is decided here.
"""

from queueing.sending import (
    calls,
    choosing,
    claiming,
    conversing,
    deciding,
    finding,
    history,
    inbox,
    journal,
    judging,
    leaving,
    meaning,
    messaging,
    news,
    outcomes,
    processing,
    recording,
    recovering,
    retries,
    righting,
    runs,
    together,
    turns,
    withdrawing,
)
from queueing.sending.claiming import INTERRUPTED, Call, Claim
from queueing.sending.clocks import Clock, DatabaseClock
from queueing.sending.meaning import Advice, Meaning
from queueing.sending.news import follow_up_due_at
from queueing.sending.outcomes import BAD_API_KEY_REASON
from queueing.sending.verdicts import (
    FOUND,
    GONE,
    RESTORED,
    AccountChange,
    Answer,
    History,
    Verdict,
)

__all__ = [
    "BAD_API_KEY_REASON",
    "FOUND",
    "GONE",
    "INTERRUPTED",
    "RESTORED",
    "AccountChange",
    "Advice",
    "Answer",
    "Call",
    "Claim",
    "Clock",
    "DatabaseClock",
    "History",
    "Meaning",
    "Verdict",
    "calls",
    "choosing",
    "claiming",
    "conversing",
    "deciding",
    "finding",
    "follow_up_due_at",
    "history",
    "inbox",
    "journal",
    "judging",
    "leaving",
    "meaning",
    "messaging",
    "news",
    "outcomes",
    "processing",
    "recording",
    "recovering",
    "retries",
    "righting",
    "runs",
    "together",
    "turns",
    "withdrawing",
]
