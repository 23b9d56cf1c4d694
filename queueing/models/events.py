"""What a provider has told by itself, as it came: kept first, worked off later."""

import datetime as dt
import uuid
from typing import Self

from django.db import models
from django.db.models import Q


class WebhookEventQuerySet(models.QuerySet["WebhookEvent"]):
    def to_do(self, now: dt.datetime) -> Self:
        """Return what is to be worked off now, in the order in which it came."""
        waiting = self.filter(handled_at__isnull=True, try_at__lte=now)
        return waiting.order_by("received_at", "id")

    def stuck(self, since: dt.datetime) -> Self:
        """Return what came before an instant and could not be worked off, though it was tried."""
        return self.filter(handled_at__isnull=True, received_at__lt=since, tries__gt=0)


class WebhookEvent(models.Model):
    """A webhook. Its body is emptied once it is worked off: it holds what people wrote.

    `key` is the event's own, and is there once it was worked off well: what comes again is then
    known. While work on it fails the key stays free, so that a second delivery is no duplicate.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    received_at = models.DateTimeField()
    body = models.TextField(blank=True)
    key = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=100, blank=True)
    tries = models.PositiveIntegerField(default=0)
    try_at = models.DateTimeField(help_text="When it is worked off, or tried again.")
    handled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True, help_text="What came of it, in words.")

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        ordering = ("-received_at",)
        constraints = (
            models.UniqueConstraint(fields=["key"], condition=~Q(key=""), name="event_once"),
            models.CheckConstraint(
                condition=Q(handled_at__isnull=True, key="") | Q(handled_at__isnull=False, body=""),
                name="event_is_emptied_when_handled",
            ),
        )
        indexes = (
            # events.work_off: what is to be done, in order
            models.Index(
                fields=["received_at", "id"],
                condition=Q(handled_at__isnull=True),
                name="event_to_do",
            ),
            # events.forget: what is old
            models.Index(
                fields=["handled_at"], condition=Q(handled_at__isnull=False), name="event_handled"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name or 'Event'} of {self.received_at:%Y-%m-%d %H:%M} UTC"
