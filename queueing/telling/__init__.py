"""Who must be told? Notices of what needs people, mailed as one digest a workspace and run.

A new thing that somebody must hear of is a notice here. A loop over rows has its fence from here.
"""

from queueing.telling import notices
from queueing.telling.fencing import Fence, in_words

__all__ = [
    "Fence",
    "in_words",
    "notices",
]
