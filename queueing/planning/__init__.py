"""From prospects to a calendar: who is queued when, and when it will go."""

from queueing.planning.enqueue import CannotEnqueueError, EnqueueReport, enqueue
from queueing.planning.schedule import ScheduleReport, execute_scheduled_campaigns

__all__ = [
    "CannotEnqueueError",
    "EnqueueReport",
    "ScheduleReport",
    "enqueue",
    "execute_scheduled_campaigns",
]
