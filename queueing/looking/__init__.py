"""What came of it? What is in doubt, who somebody is, how the accounts are.

Whatever only reads at Unipile, and writes down what it learnt, is here.
"""

from queueing.looking import (
    answers,
    connecting,
    events,
    next_steps,
    reconciling,
    resolving,
    restoring,
    syncing,
)

__all__ = [
    "answers",
    "connecting",
    "events",
    "next_steps",
    "reconciling",
    "resolving",
    "restoring",
    "syncing",
]
