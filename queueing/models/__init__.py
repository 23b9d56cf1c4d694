"""What is kept? Items, the calls made for them, the runs that made the calls, stops and notices.

Names of models, fields and the table are relied on outside the code: keep them.
"""

from queueing.models.alarms import Notice, SendingStop
from queueing.models.attempts import ProcessRun, SendAttempt
from queueing.models.cards import Card, key_of_person
from queueing.models.events import WebhookEvent
from queueing.models.installation import Installation
from queueing.models.items import (
    WILL_SEND,
    QueueItem,
    QueueItemQuerySet,
    counts_since,
    in_doubt_since,
)
from queueing.models.jobs import JobRecord
from queueing.models.kinds import PLURAL, TOUCH_LASTS, TOUCHES, Kind, has_ended, is_a_touch
from queueing.models.links import ConnectLink
from queueing.models.replies import Reply
from queueing.models.retries import Retry
from queueing.models.triage import FailedSend, UnconfirmedSend

__all__ = [
    "PLURAL",
    "TOUCHES",
    "TOUCH_LASTS",
    "WILL_SEND",
    "Card",
    "ConnectLink",
    "FailedSend",
    "Installation",
    "JobRecord",
    "Kind",
    "Notice",
    "ProcessRun",
    "QueueItem",
    "QueueItemQuerySet",
    "Reply",
    "Retry",
    "SendAttempt",
    "SendingStop",
    "UnconfirmedSend",
    "WebhookEvent",
    "counts_since",
    "has_ended",
    "in_doubt_since",
    "is_a_touch",
    "key_of_person",
]
