"""The way back: what somebody skipped waits again, whom they barred by that is free, and what they
retried is to be fixed as before.
"""

import datetime as dt
from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db.models import F, Q, Value, When

from campaigns.models import Campaign, DoNotContact, Prospect
from queueing.models import Kind, QueueItem, QueueItemQuerySet, Retry
from queueing.staff import barring, log
from queueing.staff.items import (
    ALREADY,
    ARCHIVED,
    FREE,
    HELD,
    ItemAction,
    Result,
    Status,
    held_elsewhere,
)
from queueing.staff.triage import NeverContact, RetrySpread, Skip

NOT_BY_HAND = "not skipped by hand"
MAYBE_SENT = "sent, or maybe"
CHANGED_SINCE = "whose person was changed since"
NOT_RETRIED = "not retried by hand"
TRIED_SINCE = "tried since"
OTHER_TEXT = "given another text since"

BY_HAND = (Skip.code, NeverContact.code)
_SKIPPED_WITH_IT = Q(
    prospect__status=Prospect.Status.SKIPPED, prospect__status_reason=F("error_message")
)


class PutBack(RetrySpread):
    """Items that somebody skipped get free slots of their accounts, and their people wait again."""

    verb = "put back in the queue"
    starts_from = (Status.SKIPPED,)

    def others_left(self) -> list[When]:
        """Leave alone what was not skipped by hand, and whoever has moved on since."""
        left = ALREADY[Status.SKIPPED]
        return [
            When(~Q(error_code__in=BY_HAND), then=Value(NOT_BY_HAND)),
            When(~Q(kind=Kind.CONNECTION_REQUEST), then=Value(left)),
            When(Q(sent_at__isnull=False) | Q(tried_at__isnull=False), then=Value(MAYBE_SENT)),
            When(campaign__status=Campaign.Status.ARCHIVED, then=Value(ARCHIVED)),
            When(~_SKIPPED_WITH_IT, then=Value(CHANGED_SINCE)),
            *(When(held, then=Value(HELD)) for held in held_elsewhere()),
        ]

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        people = Prospect.objects.filter(
            pk__in=[item.prospect_id for item in items], status=Prospect.Status.SKIPPED
        )
        skipped = {person.pk: person.status_reason for person in people}
        people.update(status=Prospect.Status.NEW)
        result = super().change(items, by, reason, now)
        # Whoever could not be put back stays as they were.
        left = Prospect.objects.filter(pk__in=skipped, status=Prospect.Status.NEW)
        left.update(status=Prospect.Status.SKIPPED)
        return result


class Unbar(PutBack):
    """Items whose people were barred with them; the entries that this made are lifted."""

    verb = "put back in the queue, and taken off the do-not-contact list"

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        for workspace in {item.workspace_id for item in items}:
            mine = [item for item in items if item.workspace_id == workspace]
            names = barring.names_of(workspace, [item.prospect for item in mine])
            DoNotContact.objects.filter(
                workspace=workspace,
                kind=DoNotContact.Kind.PERSON,
                value__in=names,
                created_at__gte=min(item.updated_at for item in mine) - dt.timedelta(minutes=1),
            ).delete()
        return super().change(items, by, reason, now)


_TRIED_SINCE = (
    Q(claimed_at__gte=F("retry__at"))
    | Q(tried_at__gte=F("retry__at"))
    | Q(attempts__gt=0)
    | ~Q(error_code="")
    | QueueItem.MAYBE_ARRIVED
)
_MOVED_ON = Q(retry__prospect_status__in=FREE) & ~Q(prospect__status=Prospect.Status.QUEUED)


class BackToFix(ItemAction):
    """Items that somebody retried are failed again, with the error and the text of before."""

    verb = "put back to fix"
    starts_from = (Status.PENDING,)
    looks_at = ("prospect",)

    def others_left(self) -> list[When]:
        """Leave alone what was tried since, and what somebody has changed since."""
        return [
            When(Q(retry__isnull=True), then=Value(NOT_RETRIED)),
            When(_TRIED_SINCE, then=Value(TRIED_SINCE)),
            When(~Q(message=F("retry__new_message")), then=Value(OTHER_TEXT)),
            When(_MOVED_ON, then=Value(CHANGED_SINCE)),
        ]

    def change(self, items: Sequence[QueueItem], by: User, reason: str, now: dt.datetime) -> Result:
        retries = Retry.objects.in_bulk([item.pk for item in items])
        for item in items:
            was = retries[item.pk]
            QueueItem.objects.filter(pk=item.pk).update(
                status=Status.FAILED,
                error_code=was.error_code,
                error_message=was.error_message,
                attempts=was.attempts,
                message=was.message,
                edition=was.edition,
                scheduled_for=was.scheduled_for,
                updated_at=was.failed_at,
            )
            person = Prospect.objects.filter(pk=item.prospect_id)
            person.update(is_same_person=was.was_same_person)
            if was.prospect_status in FREE:
                person.update(status=was.prospect_status, status_reason=was.prospect_reason)
        Retry.objects.filter(pk__in=list(retries)).delete()
        log.note(by, items, self.verb.capitalize(), reason)
        return Result(len(items))


def retried_between(
    by: User, reason: str, since: dt.datetime, until: dt.datetime
) -> QueueItemQuerySet:
    """Return what somebody retried in one deed, which may have taken several requests."""
    retries = Retry.objects.filter(by=by, reason=reason, at__gte=since, at__lte=until)
    return QueueItem.objects.filter(pk__in=retries.values("pk"))


def skipped_between(
    by: User, reason: str, since: dt.datetime, until: dt.datetime
) -> QueueItemQuerySet:
    """Return what somebody skipped in one deed, which may have taken several requests."""
    told = f"Skipped by {by}: {reason}"
    rows = QueueItem.objects.filter(status=Status.SKIPPED, error_code__in=BY_HAND)
    return rows.filter(error_message=told, updated_at__gte=since, updated_at__lte=until)
