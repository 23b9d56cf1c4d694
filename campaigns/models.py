"""Who is written to, and what: workspaces, accounts, hours, campaigns and prospects.

Names of models and fields are relied on by data and scripts outside the code: keep them.
"""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower, Trim

from campaigns import messages, people, search
from campaigns.sending_hours import ClosedDay, SendingHours, default_hours

__all__ = [
    "Campaign",
    "ClosedDay",
    "DoNotContact",
    "LinkedInAccount",
    "Prospect",
    "SendingHours",
    "Workspace",
]


class Workspace(models.Model):
    """A client of the agency, or a team: a wall that people, accounts and campaigns live behind."""

    class Tier(models.TextChoices):
        STARTUP = "startup", "Startup"
        SME = "sme", "SME"
        ENTERPRISE = "enterprise", "Enterprise"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200, unique=True)
    tier = models.CharField(max_length=20, choices=Tier, default=Tier.STARTUP)
    daily_cr_limit = models.PositiveIntegerField(
        "daily connection request limit",
        null=True,
        blank=True,
        help_text="Highest number a day for each account of this workspace. Empty: no limit here.",
    )
    sending_hours = models.ForeignKey(
        "SendingHours",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="workspaces_by_default",
        help_text="For campaigns that have no hours of their own. Empty: the default hours.",
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="workspaces",
        help_text="Who may see this workspace.",
    )
    notify_emails = models.TextField(
        blank=True,
        validators=[people.validate_email_list],
        help_text="Where notices about failures go. One address a line, or separated by commas.",
    )

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=Q(tier__in=["startup", "sme", "enterprise"]), name="workspace_tier_known"
            ),
        )

    def __str__(self) -> str:
        return self.name


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
    min_gap_seconds = models.PositiveIntegerField(
        "shortest gap (seconds)",
        null=True,
        blank=True,
        help_text="Between two requests. Empty: spread over the open hours, at least 90.",
    )
    status = models.CharField(max_length=20, choices=Status, default=Status.CONNECTED)
    paused_until = models.DateTimeField(null=True, blank=True)
    pause_reason = models.TextField(blank=True)
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
        )

    def __str__(self) -> str:
        return self.name

    @property
    def note_limit(self) -> int:
        """Longest note that LinkedIn takes from this account, in characters."""
        return messages.NOTE_LIMITS[self.account_type]


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
    follow_up_after_days = models.PositiveIntegerField(default=3)
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
        problem = messages.problem(self.message_template)
        if problem:
            raise ValidationError({"message_template": problem})

    def hours(self) -> SendingHours:
        """Return the hours that hold for this campaign: its own, the workspace's, the default."""
        return self.sending_hours or self.workspace.sending_hours or default_hours()


class Prospect(models.Model):
    """A person in a campaign."""

    class Status(models.TextChoices):
        NEW = "new", "New"
        QUEUED = "queued", "Queued"
        CONNECTION_REQUEST_SENT = "connection_request_sent", "Connection request sent"
        CONNECTED = "connected", "Connected"
        REPLIED = "replied", "Replied"
        SKIPPED = "skipped", "Skipped"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="prospects")
    first_name = models.CharField(max_length=200, blank=True)
    last_name = models.CharField(max_length=200, blank=True)
    headline = models.TextField(blank=True)
    company = models.CharField(max_length=300, blank=True)
    location = models.CharField(max_length=300, blank=True)
    profile_url = models.CharField(
        "profile address", max_length=500, blank=True, validators=[people.validate_profile_url]
    )
    public_identifier = models.CharField(
        max_length=200,
        blank=True,
        help_text="The last part of the profile address. Empty: taken from the address.",
    )
    linkedin_user_id = models.CharField(
        "LinkedIn user id",
        max_length=200,
        blank=True,
        help_text="Unipile's provider id. Good for the account only that found it.",
    )
    resolved_with = models.ForeignKey(
        LinkedInAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        help_text="The account that found the LinkedIn user id.",
    )
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    variables = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=30, choices=Status, default=Status.NEW)
    status_reason = models.TextField(blank=True, help_text="Why skipped or failed, in words.")
    follow_up_due_at = models.DateTimeField(null=True, blank=True)
    company_key = models.GeneratedField(
        expression=Lower(
            Trim(
                models.Func(
                    "company", Value(r"\s+"), Value(" "), Value("g"), function="regexp_replace"
                )
            )
        ),
        output_field=models.CharField(max_length=300),
        db_persist=True,
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["campaign", "public_identifier"],
                condition=~Q(public_identifier=""),
                name="prospect_once_in_campaign",
            ),
            models.UniqueConstraint(
                fields=["campaign", "linkedin_user_id"],
                condition=Q(public_identifier="") & ~Q(linkedin_user_id=""),
                name="prospect_without_slug_once_in_campaign",
            ),
            models.CheckConstraint(
                condition=Q(public_identifier=Lower(F("public_identifier"))),
                name="prospect_slug_in_lower_case",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "new",
                        "queued",
                        "connection_request_sent",
                        "connected",
                        "replied",
                        "skipped",
                        "failed",
                    ]
                ),
                name="prospect_status_known",
            ),
        )
        indexes = (
            # enqueue_campaign and the progress of a campaign: its prospects by status, in order
            models.Index(
                fields=["campaign", "status", "created_at", "id"], name="prospect_by_status"
            ),
            # search.matching: the admin's search for people
            GinIndex(search.words_of_a_prospect(), name="prospect_words"),
        )

    def __str__(self) -> str:
        return self.full_name or self.public_identifier or self.linkedin_user_id or "(no name)"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def person_key(self) -> str:
        """What recognises the same person: the slug, or the provider id where none is known."""
        return self.public_identifier or self.linkedin_user_id

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Take the slug from the profile address where it is not given, and normalise it."""
        if not self.public_identifier and self.profile_url:
            self.public_identifier = people.slug_of(self.profile_url)
        self.public_identifier = people.normalised_slug(self.public_identifier)
        super().save(*args, **kwargs)


class DoNotContact(models.Model):
    """A person or a company that this workspace never writes to."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        COMPANY = "company", "Company"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="do_not_contact"
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERSON)
    value = models.CharField(
        max_length=500,
        help_text="A profile address, its last part, or a LinkedIn user id; or a company's name.",
    )
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("value",)
        verbose_name = verbose_name_plural = "do not contact"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "kind", "value"], name="do_not_contact_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["person", "company"]), name="do_not_contact_kind_known"
            ),
            models.CheckConstraint(condition=~Q(value=""), name="do_not_contact_value_given"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.value}"

    def clean(self) -> None:
        self.value = self.normalised(self.kind, self.value)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.clean()
        super().save(*args, **kwargs)

    @classmethod
    def normalised(cls, kind: str, value: str) -> str:
        """Return the value as it is stored and compared.

        :raises ValidationError: where it names nobody.
        """
        if kind == cls.Kind.COMPANY:
            return people.company_key(value)
        return people.person_value(value)
