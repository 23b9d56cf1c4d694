"""Who must be told? Notices of what needs people, mailed as one digest a workspace and run.

A new thing that somebody must hear of is a notice here.
"""

from queueing.telling import notices

__all__ = [
    "notices",
]
