"""Who is written to, and what: campaigns, and the names of all that belongs to them.

Names of models and fields are relied on by data and scripts outside the code: keep them.
"""

import logging
import uuid

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from campaigns import messages
from campaigns.models.accounts import LinkedInAccount
from campaigns.models.do_not_contact import DoNotContact
from campaigns.models.prospects import Prospect, columns_of_people
from campaigns.models.sending_hours import ClosedDay, SendingHours, default_hours
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

DAYS_IN_A_YEAR = 365
MIN_WITHDRAWAL_DAYS = 7  # nearly nine of ten who accept do so within a week


class Campaign(models.Model):
    """One message to a list of prospects, sent by one or more accounts."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        COMPLETED = "completed", "Completed"
        ARCHIVED = "archived", "Archived"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(
        Workspace, on_delete=models.PROTECT, related_name="campaigns", verbose_name="client"
    )
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    accounts = models.ManyToManyField(LinkedInAccount, blank=True, related_name="campaigns")
    sending_hours = models.ForeignKey(
        SendingHours,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
        help_text="Empty: the client's hours.",
    )
    message_template = models.TextField(
        "message",
        blank=True,
        help_text="The note. Empty: no note. May use {{ first_name }}, {{ last_name }}, "
        "{{ company }}, {{ headline }}, {{ location }}, {{ sender_first_name }} and extra columns "
        "of the import.",
    )
    varies_words = models.BooleanField(
        "varies its words",
        default=False,
        db_default=False,
        help_text="On: of {Hello|Good morning} each person gets one, and the preview shows which. "
        "In the note and in follow-ups. Off: such braces are refused.",
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
        template, varies = self.message_template, self.varies_words
        told = messages.problem(template, self.known_variables(), varies=varies)
        return told or messages.too_long(template, varies=varies)

    def known_variables(self) -> set[str] | None:
        """Return the names that its texts may use; None while it has nobody."""
        return None if self._state.adding else columns_of_people(self.pk)

    def texts_problem(self) -> str:
        """Say what is wrong with the note or a follow-up, by name; or nothing."""
        if told := self.message_problem():
            return f"Its note can't be used. {told}"
        known = self.known_variables()
        for step in self.steps.order_by("number"):
            if told := step.problem_of(step.text, known) or step.problem_of(step.text_b, known):
                return f"The text of message {step.number} can't be used. {told}"
        return ""

    def _problem_with_move(self) -> str:
        if self._state.adding or not self.workspace_id:
            return ""
        moves = Campaign.objects.filter(pk=self.pk).exclude(workspace=self.workspace_id).exists()
        if moves and self.prospects.exists():
            return "The campaign has people: it stays with its client. Make a new one instead."
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
