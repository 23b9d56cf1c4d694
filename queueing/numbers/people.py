"""What has become of the people who were invited: the definitions behind every figure.

The unit is a person of a campaign to whom a request has gone. Nobody has two such requests in a
workspace, so that requests and people are the same number.
"""

import datetime as dt
import uuid

from django.db.models import Exists, F, OuterRef, Q, TextChoices

from campaigns.models import Prospect, Step
from queueing.models import Kind, QueueItem

Status = Prospect.Status


class Stage(TextChoices):
    """Where somebody stands who was invited; each is a list of people, and a figure."""

    INVITED = "invited", "Invited"
    WAITING = "waiting", "Waiting for acceptance"
    WITHDRAWN = "withdrawn", "Invitation withdrawn"
    ACCEPTED = "accepted", "Accepted"
    SILENT = "silent", "Accepted, no answer yet"
    ANSWERED = "answered", "Answered"
    INTERESTED = "interested", "Interested"


DEFINITIONS = {
    Stage.INVITED: "A connection request has gone to them, as far as is known. One that may have "
    "arrived counts once that is settled. Who was connected before is not invited.",
    Stage.WAITING: "Invited, not accepted, and not withdrawn. Who declines stays here: LinkedIn "
    "does not tell.",
    Stage.WITHDRAWN: "The invitation was taken back, for nobody had accepted it.",
    Stage.ACCEPTED: "Invited, and connected since. It counts to the week of the invitation, "
    "however late it comes, and to the account that invited.",
    Stage.SILENT: "Accepted, and has not written.",
    Stage.ANSWERED: "Accepted, and has written back. Our own note is no answer, nor is an "
    "automatic reply that was tagged as out of office.",
    Stage.INTERESTED: "Answered, and tagged by somebody as interested.",
}

_ACCEPTED = (Status.CONNECTED.value, Status.REPLIED.value)

REQUESTS = Q(kind=Kind.CONNECTION_REQUEST, sent_at__isnull=False)
"""The items that are counted: requests that have gone."""


def is_at(stage: str, prefix: str = "") -> Q:
    """Return the condition that somebody who was invited is at a stage.

    :param prefix: the lookup that leads to the person, `prospect__` from an item.
    """
    accepted = Q(**{f"{prefix}accepted_at__isnull": False}) | Q(
        **{f"{prefix}status__in": _ACCEPTED}  # of the former queue nobody knows when
    )
    withdrawn = Q(**{f"{prefix}invite_again_from__isnull": False})
    has_written = Q(**{f"{prefix}status": Status.REPLIED}) | Q(
        **{f"{prefix}replied_at__isnull": False}
    ) & ~Q(**{f"{prefix}status": Status.CONNECTED})  # else they were out of office
    answered = accepted & has_written
    conditions: dict[str, Q] = {
        Stage.INVITED: Q(),
        Stage.WAITING: ~accepted & ~withdrawn,
        Stage.WITHDRAWN: ~accepted & withdrawn,
        Stage.ACCEPTED: accepted,
        Stage.SILENT: accepted & ~has_written,
        Stage.ANSWERED: answered,
        Stage.INTERESTED: answered & Q(**{f"{prefix}tag": Prospect.Tag.INTERESTED}),
    }
    return conditions[stage]


def people_at(
    stage: str,
    *,
    invited_from: dt.datetime | None = None,
    invited_until: dt.datetime | None = None,
    account: uuid.UUID | None = None,
) -> Q:
    """Return the condition that a person was invited, and is at a stage: for lists of people.

    :param invited_from: not before this; `invited_until`: before this.
    :param account: the one that invited.
    """
    sent = QueueItem.objects.filter(REQUESTS, prospect=OuterRef("pk"))
    if invited_from is not None:
        sent = sent.filter(sent_at__gte=invited_from)
    if invited_until is not None:
        sent = sent.filter(sent_at__lt=invited_until)
    if account is not None:
        sent = sent.filter(linkedin_account=account)
    return is_at(stage) & Q(Exists(sent))


def follow_up_is_due(now: dt.datetime) -> Q:
    """Return the condition that a person's follow-up is due: for lists of people.

    A message waits whose time has come; or, where the campaign has no messages of its own, the day
    has come on which somebody meant to write.
    """
    waiting = QueueItem.objects.pending().filter(
        kind=Kind.MESSAGE, by_hand=False, scheduled_for__lte=now, prospect=OuterRef("pk")
    )
    steps = Step.objects.filter(campaign=OuterRef("campaign"))
    by_date = Q(follow_up_due_at__lte=now) & ~Q(Exists(steps))
    # First what needs no look at the queue.
    return Q(status=Status.CONNECTED) & (by_date | Q(Exists(waiting)))


def nothing_heard_since(instant: dt.datetime) -> Q:
    """Return the condition that nothing was heard of a person since the last thing that went.

    And that this was before `instant`: a request that waits, or a message without an answer.
    """
    touched = QueueItem.objects.filter(
        kind__in=[Kind.CONNECTION_REQUEST, Kind.MESSAGE],
        sent_at__isnull=False,
        prospect=OuterRef("pk"),
    )
    waits = is_at(Stage.WAITING) | is_at(Stage.SILENT)
    return waits & Q(Exists(touched)) & ~Q(Exists(touched.filter(sent_at__gte=instant)))


def was_the_last_before_the_answer() -> Q:
    """Return the condition that an item is what its person answered: none went in between."""
    later = QueueItem.objects.filter(
        prospect=OuterRef("prospect"),
        kind__in=[Kind.CONNECTION_REQUEST, Kind.MESSAGE],
        sent_at__gt=OuterRef("sent_at"),
        sent_at__lte=OuterRef("prospect__replied_at"),
    )
    return Q(prospect__replied_at__gte=F("sent_at")) & ~Q(Exists(later))
