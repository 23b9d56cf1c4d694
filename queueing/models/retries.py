"""What items were before somebody retried them, so that a mistake can be taken back."""

import datetime as dt
from collections.abc import Sequence
from typing import Self

from django.contrib.auth.models import User
from django.db import models

from campaigns.messages import EDITION_LENGTH
from campaigns.models import Prospect
from queueing.models.items import QueueItem


class Retry(models.Model):
    """The last retry of an item by hand: what it was before, and what was made of it."""

    item = models.OneToOneField(
        QueueItem, on_delete=models.CASCADE, primary_key=True, related_name="retry"
    )
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField(blank=True)
    error_code = models.CharField(max_length=100, blank=True)
    error_message = models.TextField(blank=True)
    attempts = models.PositiveIntegerField()
    message = models.TextField(blank=True)
    edition = models.CharField(max_length=EDITION_LENGTH, blank=True, db_default="")
    new_message = models.TextField(blank=True)
    scheduled_for = models.DateTimeField()
    failed_at = models.DateTimeField()
    prospect_status = models.CharField(max_length=30, choices=Prospect.Status)
    prospect_reason = models.TextField(blank=True)
    was_same_person = models.BooleanField()

    def __str__(self) -> str:
        return f"The retry of {self.item_id}"

    @classmethod
    def of(cls, item: QueueItem, by: User, reason: str, now: dt.datetime) -> Self:
        """Return what a failed item is now, and its person as read with it; not stored yet."""
        person = item.prospect
        return cls(
            item=item,
            by=by,
            at=now,
            reason=reason,
            error_code=item.error_code,
            error_message=item.error_message,
            attempts=item.attempts,
            message=item.message,
            edition=item.edition,
            scheduled_for=item.scheduled_for,
            failed_at=item.updated_at,
            prospect_status=person.status,
            prospect_reason=person.status_reason,
            was_same_person=person.is_same_person,
        )

    @classmethod
    def keep(cls, retries: Sequence[Self]) -> None:
        """Store them; each takes the place of what was kept of its item before."""
        for each in retries:
            each.new_message = each.item.message
        kept = [field.name for field in cls._meta.fields if not field.primary_key]
        cls.objects.bulk_create(
            retries, update_conflicts=True, unique_fields=["item"], update_fields=kept
        )
