"""LinkedIn accounts: whose they are, what limits them, and why they rest."""

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from campaigns import messages
from campaigns.models.sending_hours import validate_zone
from campaigns.models.steps import Step
from campaigns.models.walls import Workspace

SECONDS_IN_A_WEEK = 604_800
MESSAGES_AT_MOST = 100  # a day: about what LinkedIn bears of one account


class LinkedInAccount(models.Model):
    """A LinkedIn account that sends, as Unipile knows it."""

    class Type(models.TextChoices):
        FREE = "free", "Free"
        PREMIUM = "premium", "Premium"
        SALES_NAVIGATOR = "sales_navigator", "Sales Navigator"

    class Status(models.TextChoices):
        CONNECTED = "connected", "Connected"
        DISCONNECTED = "disconnected", "Disconnected"
        RESTRICTED = "restricted", "Restricted"

    # What says until when it rests, and why.
    RESTED = ("paused_until", "pause_reason", "rest_reason", "asked_until", "asked_reason")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.PROTECT, related_name="accounts", verbose_name="client"
    )
    name = models.CharField(max_length=200)
    unipile_account_id = models.CharField("Unipile account id", max_length=200, unique=True)
    account_type = models.CharField(max_length=20, choices=Type, default=Type.FREE)
    daily_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: by account type."
    )
    weekly_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="Over any 7 days. Empty: by account type."
    )
    daily_message_limit = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MESSAGES_AT_MOST)],
        help_text="Follow-ups and answers. Empty: 40. At most 100.",
    )
    min_gap_seconds = models.PositiveIntegerField(
        "shortest gap (seconds)",
        null=True,
        blank=True,
        validators=[MaxValueValidator(SECONDS_IN_A_WEEK)],
        help_text="Between two requests. Empty: spread over the open hours, at least 90.",
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.CONNECTED)
    paused_until = models.DateTimeField(null=True, blank=True)
    pause_reason = models.TextField(blank=True)
    rest_reason = models.TextField(
        blank=True,
        editable=False,
        help_text="Why it rests, where it is also held for another reason.",
    )
    asked_until = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Until when answers of LinkedIn's want it to rest: staff may let it rest longer.",
    )
    asked_reason = models.TextField(blank=True, editable=False)
    kind_rests = models.JSONField(
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        editable=False,
        help_text="Of what kinds LinkedIn takes no more for now: by kind, until when and why.",
    )
    changed_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When its status or its rest last changed: what is older changes it no more.",
    )
    owner_id = models.CharField(
        "LinkedIn user id of the owner", max_length=200, blank=True, editable=False
    )
    owner_slug = models.CharField(
        "public identifier of the owner", max_length=200, blank=True, editable=False
    )
    other_login = models.CharField(
        max_length=200,
        blank=True,
        editable=False,
        help_text="Who is logged in in the place of the owner: nothing is sent then.",
    )
    same_as = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="Another account of the same member: that one sends, for a member has one limit.",
    )
    longest_note = models.PositiveIntegerField(
        "longest note (characters)",
        null=True,
        blank=True,
        help_text="Where LinkedIn has refused a longer one: longer notes wait. Empty: by type.",
    )
    features_told = models.TextField(
        blank=True,
        editable=False,
        help_text="What was told of its type and the features that Unipile reports: told once.",
    )
    day_zone = models.CharField(
        "day begins at midnight in",
        max_length=64,
        blank=True,
        validators=[validate_zone],
        help_text="The time zone in whose days its limit counts, such as Asia/Tokyo: best that of "
        "its sending hours. Empty: that of the installation (DAILY_CAP_TIMEZONE).",
    )
    # In whose days the last request counted, and which zones held before, each until its day ends.
    counted_in = models.CharField(max_length=64, blank=True, editable=False)
    counted_before = models.JSONField(default=list, blank=True, editable=False)
    # When its connections were last read; up to when its conversations were; and since when it was
    # away, where what happened meanwhile was not read yet: then nothing goes.
    relations_read_at = models.DateTimeField(null=True, blank=True, editable=False)
    chats_read_at = models.DateTimeField(null=True, blank=True, editable=False)
    look_back_from = models.DateTimeField(null=True, blank=True, editable=False)
    warm_up_started_on = models.DateField(
        null=True, blank=True, help_text="Start slowly from this day on. Empty: no warm-up."
    )

    class Meta:
        ordering = ("name",)
        verbose_name = "LinkedIn account"
        permissions = (("raise_cap", "Can raise a cap"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(account_type__in=["free", "premium", "sales_navigator"]),
                name="account_type_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["connected", "disconnected", "restricted"]),
                name="account_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(unipile_account_id=""), name="account_unipile_id_given"
            ),
            models.UniqueConstraint(
                fields=["owner_id"],
                condition=~Q(owner_id="") & Q(same_as__isnull=True),
                name="one_account_sends_for_a_member",
            ),
            models.CheckConstraint(
                condition=Q(min_gap_seconds__lte=SECONDS_IN_A_WEEK),
                name="account_gap_within_a_week",
            ),
            models.CheckConstraint(
                condition=Q(daily_message_limit__lte=MESSAGES_AT_MOST),
                name="account_messages_at_most",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse to move an account away from the campaigns that use it.

        :raises ValidationError: naming the field.
        """
        if self._state.adding or not self.workspace_id:
            return
        if self.campaigns.exclude(workspace=self.workspace_id).exists():
            raise ValidationError(
                {"workspace": "Campaigns of its client use this account: take it out of them."}
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding and not self.counted_in:
            # Nothing of it counts in any other.
            self.counted_in = self.day_zone or settings.DAILY_CAP_TIMEZONE
        super().save(*args, **kwargs)

    @property
    def why_it_rests(self) -> str:
        return self.rest_reason or self.pause_reason

    def rest_of(self, kind: str) -> tuple[dt.datetime | None, str]:
        """Return until when nothing of a kind goes, and why: the account rests, or the kind does.

        It may be over already.
        """
        until, why = self.paused_until, self.why_it_rests
        if told := self.kind_rests.get(kind):
            of_kind = dt.datetime.fromisoformat(told["until"])
            if until is None or until < of_kind:
                return of_kind, told["reason"]
        return until, why

    def rest(self, until: dt.datetime, reason: str) -> None:
        """Let it rest, unsaved; why it is lost, if it is, stays told beside it."""
        self.paused_until, self.rest_reason = until, reason
        if self.status == self.Status.CONNECTED:
            self.pause_reason = reason

    def ask_for_rest(self, until: dt.datetime, reason: str, now: dt.datetime) -> None:
        """Let it rest for an answer, unsaved; beside a longer rest, which stays, it is kept."""
        if until > (self.asked_until or now):
            self.asked_until, self.asked_reason = until, reason
        if until > (self.paused_until or now):
            self.rest(until, reason)

    def shorter_rest_asked_for(self, now: dt.datetime) -> bool:
        """Say whether a shorter rest, for LinkedIn's sake, lies beside the one in force."""
        asked, until = self.asked_until, self.paused_until
        return asked is not None and until is not None and now < asked < until

    def end_rest(self, now: dt.datetime) -> None:
        """End the rest of an account, which is locked; a shorter one that was asked for goes on."""
        goes_on = self.shorter_rest_asked_for(now)
        self.paused_until = self.asked_until if goes_on else None
        self.rest_reason = self.asked_reason if goes_on else ""
        if not goes_on:
            self.asked_until, self.asked_reason = None, ""
        if self.status == self.Status.CONNECTED:
            self.pause_reason = self.rest_reason
        self.changed_at = now
        self.save(update_fields=[*self.RESTED, "changed_at"])

    @property
    def rests_for_its_loss(self) -> bool:
        """Say whether its rest came with what it is held for: a restriction's three days, say."""
        return self.rest_reason in {"", self.pause_reason}

    def reconnect(self, today: dt.date, now: dt.datetime, *, ends_rest: bool = False) -> None:
        """Let a lost account, which the caller has locked, send again, once its rest is over.

        LinkedIn looks closely at one that it had restricted: that starts slowly, as if it were new.

        :param ends_rest: at once, if the rest came with the loss; any other goes on, and says why.
        """
        if self.status == self.Status.RESTRICTED:
            self.warm_up_started_on = today
        if ends_rest and self.asked_reason == self.pause_reason:
            self.asked_until, self.asked_reason = None, ""
        is_over = self.paused_until is None or self.paused_until <= now
        if is_over or (ends_rest and self.rests_for_its_loss):
            self.paused_until, self.rest_reason = None, ""
        self.pause_reason = self.why_it_rests if self.paused_until else ""
        if self.look_back_from is None and self.has_follow_ups:
            self.look_back_from = self.changed_at or now
        self.status, self.changed_at = self.Status.CONNECTED, now
        changed = ["status", "changed_at", "warm_up_started_on", "look_back_from"]
        self.save(update_fields=[*self.RESTED, *changed])

    @property
    def has_follow_ups(self) -> bool:
        """Say whether any of its campaigns writes to who has accepted."""
        return Step.objects.filter(campaign__accounts=self).exists()

    @property
    def note_limit(self) -> int:
        """Longest note that LinkedIn takes from this account, in characters."""
        by_type = messages.NOTE_LIMITS[self.account_type]
        return by_type if self.longest_note is None else min(by_type, self.longest_note)
