"""Pages of the provider's on which somebody connects an account, and what came of each."""

import datetime as dt
import uuid
from typing import Self

from django.conf import settings
from django.db import models

from campaigns.models import LinkedInAccount, Workspace

LOGIN_LASTS = dt.timedelta(minutes=30)  # whoever opened the page at its last moment logs in


class ConnectLinkQuerySet(models.QuerySet["ConnectLink"]):
    def open(self, now: dt.datetime) -> Self:
        """Return the links by which an account may still come."""
        return self.filter(ended_at__isnull=True, expires_at__gt=now - LOGIN_LASTS)


class ConnectLink(models.Model):
    """A link to connect an account anew, or `account` again.

    `known`: the ids that the provider had before, for what a link brings is not among them. What
    the person's browser, or the provider, says of the account is `told_id`: a hint, until the
    account was asked for. `url` lets whoever has it connect an account: it is gone at the end.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(
        LinkedInAccount, on_delete=models.CASCADE, null=True, related_name="+"
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    url = models.TextField(blank=True)
    known = models.JSONField(default=list)
    starts_slowly = models.BooleanField(default=True)
    told_id = models.CharField(max_length=200, blank=True)
    trouble = models.CharField(max_length=300, blank=True, help_text="Why it has not worked yet.")
    ended_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True, help_text="What came of it, in words for staff.")
    connected = models.ForeignKey(
        LinkedInAccount, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    objects = ConnectLinkQuerySet.as_manager()

    class Meta:
        ordering = ("-made_at",)

    def __str__(self) -> str:
        what = f"“{self.account}” again" if self.account else "a LinkedIn account"
        return f"Connect {what}"

    def is_open(self, now: dt.datetime) -> bool:
        return self.ended_at is None and self.expires_at > now - LOGIN_LASTS
