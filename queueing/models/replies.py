"""What people have answered: what staff make of it, and the conversation as it was last read."""

import datetime as dt
import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models import LinkedInAccount, Prospect, Workspace
from queueing.models.items import QueueItem


class ReplyQuerySet(models.QuerySet["Reply"]):
    def waiting(self, now: dt.datetime) -> Self:
        """Return those that need an answer now."""
        return self.filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now), done=False)

    def snoozed(self, now: dt.datetime) -> Self:
        return self.filter(done=False, snoozed_until__gt=now)


class Reply(models.Model):
    """That somebody has answered. One for a person of a workspace: of a newer answer it is anew.

    `item` is what they answered: the last thing that went before. `messages` is the conversation as
    it was read last: dicts with `at` (ISO 8601 or ""), `from_us` (None: not told), `text`, `kind`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="+")
    prospect = models.OneToOneField(Prospect, on_delete=models.CASCADE, related_name="reply")
    item = models.ForeignKey(QueueItem, on_delete=models.CASCADE, related_name="+")
    linkedin_account = models.ForeignKey(
        LinkedInAccount, on_delete=models.PROTECT, related_name="+", verbose_name="account"
    )
    at = models.DateTimeField("answered")
    text = models.TextField(blank=True, help_text="What they wrote last, as far as it was read.")
    done = models.BooleanField(default=False)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="whose it is",
    )
    chat_id = models.CharField(max_length=200, blank=True)
    messages = models.JSONField(default=list, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = ReplyQuerySet.as_manager()

    class Meta:
        ordering = ("-at", "id")
        verbose_name = "answer"
        verbose_name_plural = "answers"
        indexes = (
            # The list of answers, of all and of those that wait; the count in the menu
            models.Index(fields=["-at", "id"], name="reply_newest_first"),
            models.Index(
                fields=["workspace", "-at"], condition=Q(done=False), name="reply_not_done"
            ),
        )

    def __str__(self) -> str:
        return str(self.prospect)
