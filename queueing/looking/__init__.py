"""What came of it? What is in doubt, who somebody is, how the accounts are.

Whatever only reads at Unipile, and writes down what it learnt, is here.
"""

from queueing.looking import reconciling, resolving, syncing

__all__ = [
    "reconciling",
    "resolving",
    "syncing",
]
