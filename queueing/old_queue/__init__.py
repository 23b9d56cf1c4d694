"""How does one move over? Rows of the replaced system become items here.

Nothing else knows what that system called things.
"""

from queueing.old_queue.moving import MoveFailedError, MoveReport, move_over

__all__ = [
    "MoveFailedError",
    "MoveReport",
    "move_over",
]
