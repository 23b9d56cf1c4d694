"""Ends as rules: nothing waits where the campaign, or the person, has ended."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection

from django.db.models import Case, Exists, OuterRef, TextField, Value, When
from django.db.models.functions import Coalesce

from campaigns.models import Campaign, Prospect, Step
from queueing.models import Kind, QueueItem, QueueItemQuerySet

Status = QueueItem.Status
REOPENED = "Active again, for it has something to send"
LOOKED_UP_FIRST = "A try of it may have arrived: it is looked up first."


def set_aside(items: QueueItemQuerySet, code: str, told: str, now: dt.datetime) -> int:
    """Skip items that wait or have failed; return how many.

    Those of which a try may have arrived come into doubt instead: nobody's end without a look.
    """
    words = Case(
        When(QueueItem.MAYBE_ARRIVED, then=Value(f"{told} {LOOKED_UP_FIRST}")),
        default=Value(told),
        output_field=TextField(),
    )
    status = Case(
        When(QueueItem.MAYBE_ARRIVED, then=Value(Status.UNCONFIRMED)), default=Value(Status.SKIPPED)
    )
    # What the former queue tried was never claimed here: it was tried when it was, at the latest.
    claimed_at = Case(
        When(QueueItem.MAYBE_ARRIVED, then=Coalesce("claimed_at", "tried_at")),
        default="claimed_at",
    )
    return items.filter(status__in=[Status.PENDING, Status.FAILED]).update(
        status=status, claimed_at=claimed_at, error_code=code, error_message=words, updated_at=now
    )


def reopen(campaign_ids: Collection[uuid.UUID] | None = None) -> list[Campaign]:
    """Make completed campaigns active again that have something to send; return them.

    :param campaign_ids: these only; None for all.
    """
    waits = QueueItem.objects.pending().filter(campaign=OuterRef("pk"))
    ended = Campaign.objects.filter(Exists(waits), status=Campaign.Status.COMPLETED)
    if campaign_ids is not None:
        ended = ended.filter(pk__in=campaign_ids)
    return [campaign for campaign in ended if Campaign.wake(campaign.pk)]


def skip_removed_steps(now: dt.datetime) -> int:
    """Skip the follow-ups that wait and that their campaigns do not have any more."""
    steps = Step.objects.filter(campaign=OuterRef("campaign"), number=OuterRef("step"))
    rows = QueueItem.objects.pending().filter(~Exists(steps), kind=Kind.MESSAGE, by_hand=False)
    gone = QueueItem.objects.filter(pk__in=list(rows.order_by().values_list("pk", flat=True)))
    told = "This message was taken out of the campaign's follow-ups."
    return set_aside(gone, "step_removed", told, now)


def skip_what_has_ended(now: dt.datetime) -> int:
    """Skip what waits in an archived campaign, or for somebody who has ended; return how many.

    Whatever put it there: a doubt that was settled, a call that was refused, a hand on the person's
    page. Their people are set aside with it.
    """
    pending = QueueItem.objects.pending()
    archived = pending.filter(campaign__status=Campaign.Status.ARCHIVED, by_hand=False)
    of_archived = list(archived.values_list("pk", "prospect_id"))
    number = set_aside(
        QueueItem.objects.filter(pk__in=[pk for pk, _ in of_archived]),
        "campaign_archived",
        "The campaign is archived: nothing of it goes any more.",
        now,
    )
    Prospect.objects.filter(
        pk__in=[person for _, person in of_archived], status=Prospect.Status.QUEUED
    ).update(status=Prospect.Status.SKIPPED, status_reason="The campaign was archived.")
    number += skip_removed_steps(now)
    of_ended: dict[str, list[uuid.UUID]] = defaultdict(list)
    ended = pending.filter(QueueItem.PERSON_HAS_ENDED).order_by()
    for pk, status in ended.values_list("pk", "prospect__status"):
        of_ended[status].append(pk)
    for status, pks in of_ended.items():
        told = f"The person is {Prospect.Status(status).label.lower()}: nothing is sent any more."
        rows = QueueItem.objects.filter(pk__in=pks, prospect__status=status)
        number += set_aside(rows, "person_ended", told, now)
    return number
