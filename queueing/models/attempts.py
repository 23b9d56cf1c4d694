"""The calls made for items, and the runs that made the calls."""

import uuid
from typing import Any, Never

from django.db import models
from django.db.models import Q
from django.utils import timezone

from campaigns.models import LinkedInAccount
from queueing.models.items import QueueItem


class ProcessRun(models.Model):
    """One run of the queue: the heartbeat of the dashboard."""

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", "Schedule"
        COMMAND = "command", "Command"
        HTTP = "http", "HTTP"
        ADMIN = "admin", "Admin"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    trigger = models.CharField(max_length=10, choices=Trigger)
    started_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    message = models.TextField(blank=True)

    # What ends early, by an error or a kill, has no counts.
    ENDED_WELL = Q(finished_at__isnull=False) & ~Q(counts={})

    class Meta:
        ordering = ("-started_at",)
        constraints = (
            models.CheckConstraint(
                condition=Q(trigger__in=["schedule", "command", "http", "admin"]),
                name="run_trigger_known",
            ),
        )

    def __str__(self) -> str:
        return f"Run of {timezone.localtime(self.started_at):%Y-%m-%d %H:%M:%S}"


class SendAttemptQuerySet(models.QuerySet["SendAttempt"]):
    def delete(self) -> Never:
        raise models.ProtectedError("Attempts are evidence: they are never deleted.", set(self))


class SendAttempt(models.Model):
    """One call to Unipile about an item: written before the call and finished after it.

    Append-only. An item that has one cannot be deleted, for it is the evidence of what was done.
    """

    class Kind(models.TextChoices):
        SEND = "send", "Send"
        LOOKUP = "lookup", "Look-up"

    class Route(models.TextChoices):
        INVITE = "invite", "Invitation"
        PROFILE = "profile", "Profile"
        SENT_LIST = "sent_list", "List of sent invitations"
        MESSAGE = "message", "Message"
        CHAT = "chat", "Conversation"
        WITHDRAWAL = "withdrawal", "Withdrawal"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(QueueItem, on_delete=models.PROTECT, related_name="send_attempts")
    linkedin_account = models.ForeignKey(
        LinkedInAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="Whose session made the call.",
    )
    run = models.ForeignKey(
        ProcessRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="send_attempts"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    route = models.CharField(
        max_length=10, choices=Route, blank=True, help_text="What Unipile was asked."
    )
    number = models.PositiveIntegerField(help_text="Counts the calls about one item from 1.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=30, blank=True)
    asked_again = models.BooleanField(
        default=False,
        db_default=False,
        help_text="It took a second look to believe the answer: it counts twice.",
    )
    http_status = models.PositiveIntegerField(null=True, blank=True)
    error_code = models.CharField(max_length=100, blank=True)
    detail = models.TextField(blank=True, help_text="What Unipile answered, cut to size.")

    objects = SendAttemptQuerySet.as_manager()

    class Meta:
        ordering = ("item", "number")
        constraints = (
            models.UniqueConstraint(fields=["item", "number"], name="attempt_number_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["send", "lookup"]), name="attempt_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, outcome="")
                | (Q(finished_at__isnull=False) & ~Q(outcome="")),
                name="attempt_outcome_when_finished",
            ),
        )
        indexes = (
            # processing.look_up_budget: look-ups of a day
            models.Index(fields=["started_at"], name="attempt_by_start"),
            # sending.history: how an account's last claims ended; looking.budget: its looks
            models.Index(fields=["linkedin_account", "started_at"], name="attempt_by_account"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}: {self.outcome or 'in flight'}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.linkedin_account_id = self.linkedin_account_id or self.item.linkedin_account_id
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        SendAttempt.objects.filter(pk=self.pk).delete()
