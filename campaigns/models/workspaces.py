"""Who is written to, and what: workspaces, accounts, hours, campaigns and prospects.

Names of models and fields are relied on by data and scripts outside the code: keep them.
"""

import datetime as dt
import logging
import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from campaigns import messages
from campaigns.models.do_not_contact import DoNotContact
from campaigns.models.prospects import Prospect, columns_of_people
from campaigns.models.sending_hours import ClosedDay, SendingHours, default_hours, validate_zone
from campaigns.models.steps import Step
from campaigns.models.walls import Workspace, problem_with_hours

__all__ = [
    "Campaign",
    "ClosedDay",
    "DoNotContact",
    "LinkedInAccount",
    "Prospect",
    "SendingHours",
    "Workspace",
]


logger = logging.getLogger(__name__)

DAYS_IN_A_YEAR, SECONDS_IN_A_WEEK = 365, 604_800
MIN_WITHDRAWAL_DAYS = 7  # nearly nine of ten who accept do so within a week
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
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="accounts")
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
                {"workspace": "Campaigns of its workspace use this account: take it out of them."}
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding and not self.counted_in:
            # Nothing of it counts in any other.
            self.counted_in = self.day_zone or settings.DAILY_CAP_TIMEZONE
        super().save(*args, **kwargs)

    @property
    def why_it_rests(self) -> str:
        return self.rest_reason or self.pause_reason

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


class Campaign(models.Model):
    """One message to a list of prospects, sent by one or more accounts."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        COMPLETED = "completed", "Completed"
        ARCHIVED = "archived", "Archived"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="campaigns")
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    accounts = models.ManyToManyField(LinkedInAccount, blank=True, related_name="campaigns")
    sending_hours = models.ForeignKey(
        SendingHours,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
        help_text="Empty: the workspace's hours.",
    )
    message_template = models.TextField(
        "message",
        blank=True,
        help_text="The note. Empty: no note. May use {{ first_name }}, {{ last_name }}, "
        "{{ company }}, {{ headline }}, {{ location }} and extra columns of the import.",
    )
    without_note_when_used_up = models.BooleanField(
        "without a note when notes are used up",
        default=False,
        help_text="A free account may send five notes in 30 days. On: further requests go without. "
        "Off: they wait until the account may send a note again.",
    )
    follow_up_after_days = models.PositiveIntegerField(
        default=3, validators=[MaxValueValidator(DAYS_IN_A_YEAR)]
    )
    connected_get_messages = models.BooleanField(
        "write to people who are connected already",
        default=False,
        db_default=False,
        help_text="On: who turns out to be connected gets the follow-ups, from the first one on. "
        "Off: they are left alone.",
    )
    withdraw_after_days = models.PositiveIntegerField(
        "withdraw unanswered invitations after (days)",
        null=True,
        blank=True,
        editable=False,
        validators=[MinValueValidator(MIN_WITHDRAWAL_DAYS), MaxValueValidator(DAYS_IN_A_YEAR)],
        help_text="Empty: they stay. Switched on from the preview, which says who that would be.",
    )
    starts_at = models.DateTimeField(
        null=True, blank=True, help_text="Starts by itself at this time. Empty: started by hand."
    )

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "name"], name="campaign_name_unique_in_workspace"
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "active", "paused", "completed", "archived"]),
                name="campaign_status_known",
            ),
            models.CheckConstraint(
                condition=Q(follow_up_after_days__lte=DAYS_IN_A_YEAR),
                name="campaign_follow_up_within_a_year",
            ),
            models.CheckConstraint(
                condition=Q(withdraw_after_days__isnull=True)
                | Q(withdraw_after_days__range=(MIN_WITHDRAWAL_DAYS, DAYS_IN_A_YEAR)),
                name="campaign_withdraws_in_time",
            ),
        )
        indexes = (
            # execute_scheduled_campaigns: drafts whose time has come
            models.Index(
                fields=["starts_at"],
                condition=Q(status="draft", starts_at__isnull=False),
                name="campaign_to_start",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a message that nobody could be sent, and what belongs to another workspace.

        Which accounts are chosen is seen by the form alone: see `CampaignForm`.

        :raises ValidationError: naming each field.
        """
        problems = {
            "message_template": self.message_problem(),
            "sending_hours": problem_with_hours(self.sending_hours, self.workspace_id),
            "workspace": self._problem_with_move(),
        }
        if any(problems.values()):
            raise ValidationError({field: text for field, text in problems.items() if text})

    def message_problem(self) -> str:
        """Say what is wrong with the message, or nothing.

        Extra columns are known once people are imported.
        """
        known = None if self._state.adding else columns_of_people(self.pk)
        template = self.message_template
        return messages.problem(template, known) or messages.too_long(template)

    def _problem_with_move(self) -> str:
        if self._state.adding or not self.workspace_id:
            return ""
        moves = Campaign.objects.filter(pk=self.pk).exclude(workspace=self.workspace_id).exists()
        if moves and self.prospects.exists():
            return "The campaign has people: it stays in its workspace. Make a new one instead."
        return ""

    @classmethod
    def wake(cls, campaign_id: uuid.UUID) -> bool:
        """Make a campaign active again that was completed, and has something to send by now.

        Returns whether it was: one that has been archived meanwhile stays so.
        """
        completed = cls.objects.filter(pk=campaign_id, status=cls.Status.COMPLETED)
        is_awake = bool(completed.update(status=cls.Status.ACTIVE))
        if is_awake:
            logger.info("Campaign %s is active again, for it has something to send", campaign_id)
        return is_awake

    def hours(self) -> SendingHours:
        """Return the hours that hold for this campaign: its own, the workspace's, the default."""
        return self.sending_hours or self.workspace.sending_hours or default_hours()
