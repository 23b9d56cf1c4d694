"""How does it go? Claim an item, make its call, decide what the answer means, record it.

What may happen to an item between its claim and the end of its call is decided here.
"""

from queueing.sending import (
    calls,
    claiming,
    history,
    journal,
    judging,
    meaning,
    outcomes,
    processing,
    recording,
    recovering,
    retries,
    righting,
    runs,
)
from queueing.sending.claiming import INTERRUPTED, Call, Claim
from queueing.sending.clocks import Clock, DatabaseClock
from queueing.sending.meaning import Advice, Meaning
from queueing.sending.outcomes import BAD_API_KEY_REASON
from queueing.sending.recording import follow_up_due_at
from queueing.sending.verdicts import FOUND, AccountChange, Answer, History, Verdict

__all__ = [
    "BAD_API_KEY_REASON",
    "FOUND",
    "INTERRUPTED",
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
    "claiming",
    "follow_up_due_at",
    "history",
    "journal",
    "judging",
    "meaning",
    "outcomes",
    "processing",
    "recording",
    "recovering",
    "retries",
    "righting",
    "runs",
]
