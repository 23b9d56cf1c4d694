"""What is done about people, and which rules hold for each kind of it."""

import datetime as dt

from django.contrib.postgres.fields import DecimalRangeField
from django.db import IntegrityError, models
from django.db.models import Q

from campaigns.models import Prospect


class Kind(models.TextChoices):
    """What an item does: all kinds go through the same gates, claims and records."""

    CONNECTION_REQUEST = "connection_request", "Connection request"
    MESSAGE = "message", "Message"
    WITHDRAWAL = "withdrawal", "Withdrawal"


PLURAL = {
    Kind.CONNECTION_REQUEST: "requests",
    Kind.MESSAGE: "messages",
    Kind.WITHDRAWAL: "withdrawals",
}

HOLDS = (
    Q(status__in=["pending", "sending", "unconfirmed", "sent"])
    | Q(sent_at__isnull=False)
    | Q(tried_at__isnull=False)
)
"""An item that keeps its person from having a second one of its kind."""

TOUCH_LASTS = dt.timedelta(hours=24, minutes=10)
"""From one claim to the next that may reach the same person: 24 hours from effect to effect, and
the longest that a call can take. The function `sendq_touch_span` has it, too."""

TOUCHES = Q(
    kind__in=[Kind.CONNECTION_REQUEST.value, Kind.MESSAGE.value],
    by_hand=False,
    claimed_at__isnull=False,
) & (
    Q(status__in=["sending", "unconfirmed", "sent"])
    | Q(sent_at__isnull=False)
    | Q(tried_at__isnull=False)
)
"""An item that has reached its person, or may have: what somebody writes by hand is no touch."""


def is_a_touch(error: IntegrityError) -> bool:
    """Return whether what was refused would have reached a person twice within 24 hours."""
    told = getattr(error.__cause__, "diag", None)
    return getattr(told, "constraint_name", None) == "one_touch_in_a_day"


_ENDED_FOR_MESSAGES = [
    status for status in Prospect.Status.values if status != Prospect.Status.CONNECTED
]
_ACCEPTED = [Prospect.Status.CONNECTED, Prospect.Status.REPLIED]
PERSON_HAS_ENDED = (
    Q(kind="connection_request", prospect__status__in=Prospect.ENDED)
    | Q(kind="message", by_hand=False, prospect__status__in=_ENDED_FOR_MESSAGES)
    | Q(kind="message", by_hand=True, prospect__status=Prospect.Status.SKIPPED)
    | Q(kind="withdrawal", prospect__status__in=_ACCEPTED)
)
"""Nothing of the item's kind is done about a person in this state: it is skipped.

Invited is whoever has not been yet; messages go to who is connected and has not answered, but for
an answer that somebody writes; an invitation is withdrawn unless it was accepted.
"""


def has_ended(kind: str, person_status: str, *, by_hand: bool) -> bool:
    """Return `PERSON_HAS_ENDED` of one item, as plain values."""
    if kind == Kind.WITHDRAWAL:
        return person_status in _ACCEPTED
    if kind == Kind.MESSAGE and by_hand:
        return person_status == Prospect.Status.SKIPPED
    if kind == Kind.MESSAGE:
        return person_status != Prospect.Status.CONNECTED
    return person_status in Prospect.ENDED


class TouchSpan(models.Func):
    """The time around a claim in which nothing else may reach the same person of a workspace.

    A numeric range: its number space is cut into one piece for each person, by hash, and runs in
    seconds within. So an index that PostgreSQL has of itself keeps two from overlapping; the
    extension that compares names in one is not everywhere. Made by a migration.
    """

    function = "sendq_touch_span"
    output_field = DecimalRangeField()
