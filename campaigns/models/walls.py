"""Workspaces: the walls behind which everything else lives."""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from campaigns import people
from campaigns.models.sending_hours import SendingHours

WITHDRAWAL_DAYS = (7, 14, 21, 28, 42, 60, 90)  # nearly nine of ten who accept do within a week
HOURS_TO_CHOOSE = "shared hours, or hours of this client"


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
        help_text="Highest number a day for each account of this client. Empty: no limit here.",
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
        help_text="Who may see this client.",
    )
    withdraw_after_days = models.PositiveSmallIntegerField(
        "withdraws after (days)",
        choices=[(days, f"{days} days") for days in WITHDRAWAL_DAYS],
        null=True,
        blank=True,
        help_text="What campaigns propose where somebody lets them take unanswered invitations "
        "back. Each campaign may have another number. Empty: 21.",
    )
    notify_emails = models.TextField(
        blank=True,
        validators=[people.validate_email_list],
        help_text="Where notices about failures go. One address a line, or separated by commas.",
    )

    class Meta:
        ordering = ("name",)
        verbose_name = "client"
        constraints = (
            models.CheckConstraint(
                condition=Q(tier__in=["startup", "sme", "enterprise"]), name="workspace_tier_known"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse hours of another workspace.

        :raises ValidationError: naming the field.
        """
        if problem := problem_with_hours(self.sending_hours, self.pk):
            raise ValidationError({"sending_hours": problem})


def problem_with_hours(hours: SendingHours | None, workspace_id: uuid.UUID | None) -> str:
    """Say why a workspace may not use these hours, or nothing."""
    if hours is None or hours.workspace_id in {None, workspace_id}:
        return ""
    return f"These hours belong to another client. Choose {HOURS_TO_CHOOSE}."
