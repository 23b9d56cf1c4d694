"""What people are to be told, and the stop that they can make."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Notice(models.Model):
    """Something that a workspace's people should be told; sent with others as one digest."""

    class Kind(models.TextChoices):
        ITEM_FAILED = "item_failed", "Failed for good"
        ACCOUNT_CHANGED = "account_changed", "Account"
        SENDING_STOPPED = "sending_stopped", "All sending stopped"
        UNIPILE_CHANGED = "unipile_changed", "Unipile's answers"
        SET_ASIDE = "set_aside", "Set aside"
        NOT_STARTED = "not_started", "Campaign not started"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey("campaigns.Workspace", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind)
    item = models.ForeignKey(
        "queueing.QueueItem", on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    page = models.CharField(
        max_length=200, blank=True, editable=False, help_text="Where it is dealt with: a path."
    )
    text = models.TextField()
    detail = models.TextField(blank=True, help_text="What Unipile answered, cut to size.")
    created_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="By a run that mails it.")
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        indexes = (
            # notices.send_digests: what is still to be told
            models.Index(
                fields=["workspace", "created_at"],
                condition=Q(mailed_at__isnull=True),
                name="notice_to_mail",
            ),
            # dashboard: what was set aside lately; Fence: whether that was told
            models.Index(
                fields=["created_at"], condition=Q(kind="set_aside"), name="notice_set_aside"
            ),
        )

    def __str__(self) -> str:
        return self.text


class SendingStopQuerySet(models.QuerySet["SendingStop"]):
    def open(self) -> Self:
        return self.filter(lifted_at__isnull=True)

    def of_all(self) -> Self:
        """Return those that hold all workspaces."""
        return self.filter(workspace__isnull=True)


class SendingStop(models.Model):
    """While a row is open, nothing is sent for its workspace; for none at all where it has none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    workspace = models.ForeignKey(
        "campaigns.Workspace",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: of all clients.",
        verbose_name="client",
    )
    reason = models.TextField()
    stopped_at = models.DateTimeField()
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = SendingStopQuerySet.as_manager()

    class Meta:
        ordering = ("-stopped_at",)
        permissions = (("stop_all_sending", "Can stop sending and let it go on"),)
        constraints = (
            models.UniqueConstraint(
                fields=["workspace"],
                condition=Q(lifted_at__isnull=True),
                nulls_distinct=False,
                name="one_open_stop_each",
                violation_error_message="Sending is stopped already.",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="stop_has_a_reason"),
        )

    def __str__(self) -> str:
        return f"Stop of {timezone.localtime(self.stopped_at):%Y-%m-%d %H:%M}"
