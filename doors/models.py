"""Keys of the API, its answers that can be asked for again, and webhooks with their deliveries."""

import base64
import datetime as dt
import secrets
import uuid
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from access import sealing
from campaigns.models import Workspace
from doors import outward


class Scope(models.TextChoices):
    READ = "read", "Read everything of the workspace"
    PEOPLE = "people", "Add people to campaigns"
    QUEUE = "queue", "Queue campaigns"
    BAR = "do_not_contact", "Add to the do-not-contact list"


class ApiKey(models.Model):
    """A key for one workspace. The key itself is shown once; only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=100, help_text="What it is for, and whose.")
    prefix = models.CharField(
        max_length=12, unique=True, editable=False, help_text="How the key begins, after sendq_."
    )
    secret_hash = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope), default=list)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    minute = models.DateTimeField(null=True, editable=False)
    requests_in_minute = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ("name", "created_at")
        verbose_name = "API key"
        constraints = (models.CheckConstraint(condition=~Q(name=""), name="api_key_has_a_name"),)

    def __str__(self) -> str:
        return f"{self.name} (sendq_{self.prefix}…)"


class IdempotentAnswer(models.Model):
    """The answer to a request with an Idempotency-Key: who repeats it gets the same, for a day."""

    id = models.BigAutoField(primary_key=True)
    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["key", "name"], name="idempotency_key_once"),
        )

    def __str__(self) -> str:
        return self.name


SECRET_BYTES = 32
FORMER_SIGNS = dt.timedelta(days=1)


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def active(self) -> Self:
        return self.filter(is_active=True)


class Endpoint(models.Model):
    """An address that is told what happens in a workspace."""

    class Event(models.TextChoices):
        REQUEST_SENT = "connection_request.sent", "Connection request sent"
        REQUEST_FAILED = "connection_request.failed", "Connection request failed for good"
        MESSAGE_SENT = "message.sent", "Message sent"
        MESSAGE_FAILED = "message.failed", "Message failed for good"
        ACCEPTED = "prospect.accepted", "Person accepted"
        ANSWERED = "prospect.answered", "Person answered"
        ACCOUNT_LOST = "account.lost", "LinkedIn account disconnected or restricted"
        ACCOUNT_BACK = "account.back", "LinkedIn account connected again"
        CAMPAIGN_DONE = "campaign.completed", "Campaign completed"
        CAMPAIGN_STUCK = "campaign.stuck", "Campaign waits for somebody to act"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    url = models.CharField(
        "address", max_length=500, help_text="https://, on the public internet. It gets a POST."
    )
    events = ArrayField(
        models.CharField(max_length=40, choices=Event),
        default=list,
        blank=True,
        help_text="Which ones it is told. None chosen: all.",
    )
    secret = models.CharField(max_length=100, editable=False, help_text="Sealed.")
    former_secret = models.CharField(max_length=100, editable=False, blank=True, db_default="")
    former_until = models.DateTimeField(null=True, editable=False)
    is_active = models.BooleanField("active", default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        ordering = ("url",)
        verbose_name = "webhook"

    def __str__(self) -> str:
        return self.url

    def clean(self) -> None:
        """Refuse an address that nothing may be sent to.

        :raises ValidationError: naming the field.
        """
        try:
            outward.check(self.url)
        except outward.NotAllowedError as error:
            raise ValidationError({"url": str(error)}) from error

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Make the secret with the first save."""
        self.secret = self.secret or self._sealed(secrets.token_bytes(SECRET_BYTES))
        super().save(*args, **kwargs)

    @property
    def signing_secret(self) -> str:
        """Return what deliveries are signed with, as Standard Webhooks writes it.

        :raises UnreadableError: where `SECRET_KEY` was changed without a fallback.
        """
        return "whsec_" + base64.b64encode(self._unsealed(self.secret)).decode()

    def keys(self, now: dt.datetime) -> list[bytes]:
        """Return what a delivery is signed with now: for a day after a change the former, too.

        :raises UnreadableError: where `SECRET_KEY` was changed without a fallback.
        """
        key = self._unsealed(self.secret)
        if self.secret != (newest := self._sealed(key)):  # a fallback may go once all have
            Endpoint.objects.filter(pk=self.pk, secret=self.secret).update(secret=newest)
        if self.former_until is None or now >= self.former_until:
            return [key]
        try:
            return [key, self._unsealed(self.former_secret)]
        except sealing.UnreadableError:
            return [key]

    def change_secret(self, now: dt.datetime) -> None:
        """Make a new secret; the one of before signs, too, for a day."""
        self.former_secret, self.former_until = self.secret, now + FORMER_SIGNS
        self.secret = self._sealed(secrets.token_bytes(SECRET_BYTES))
        self.save(update_fields=["secret", "former_secret", "former_until"])

    def _sealed(self, plain: bytes) -> str:
        return sealing.seal(plain, "doors.Endpoint", str(self.pk))

    def _unsealed(self, sealed: str) -> bytes:
        return sealing.unseal(sealed, "doors.Endpoint", str(self.pk))


class Delivery(models.Model):
    """Something that happened, to be told to one address. Written with the change itself.

    Names nobody: ids and states only, so that it need not be forgotten.
    """

    # The waits between tries: at once, then over a day, as Standard Webhooks has it.
    WAITS = tuple(
        dt.timedelta(seconds=seconds) for seconds in (60, 300, 1800, 7200, 18_000, 36_000, 21_600)
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True, help_text="Empty: over.")
    tries = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    trouble = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-happened_at",)
        verbose_name_plural = "deliveries"
        indexes = (
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="delivery_due"),
            models.Index(fields=["endpoint", "-happened_at"], name="delivery_of_endpoint"),
        )

    def __str__(self) -> str:
        return f"{self.event} {self.id}"
