"""The people of a campaign."""

import datetime as dt
import uuid
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from campaigns import messages, people
from campaigns.models import search
from campaigns.models.erased import REASON, ErasedPerson


class CompanyKey(models.CharField):  # type: ignore[type-arg]
    """What a person's company is recognised by: made of its name whenever the row is written."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        key = people.company_key(getattr(model_instance, "company"))  # noqa: B009 - any model with one, in migrations too
        setattr(model_instance, self.attname, key)
        return key


class ProspectQuerySet(models.QuerySet["Prospect"]):
    def update(self, **values: Any) -> int:
        """Update; a new company is one that Python knows, for its key is made of it."""
        if "company" in values:
            values["company_key"] = people.company_key(values["company"])
        return super().update(**values)


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

    class Source(models.TextChoices):
        """How something about a person became known; of acceptances the most trusted first."""

        RELATIONS = "relations", "The account's connections"
        WEBHOOK = "webhook", "Unipile's word"
        NOTE_ECHO = "note_echo", "The note, as it stands in the conversation"
        MESSAGES = "messages", "The conversation"
        PROFILE = "profile", "The profile"
        HAND = "hand", "Somebody's hand"

    class Tag(models.TextChoices):
        INTERESTED = "interested", "Interested"
        LATER = "later", "Later"
        NOT_NOW = "not_now", "Not now"
        WRONG_PERSON = "wrong_person", "Wrong person"
        OUT_OF_OFFICE = "out_of_office", "Out of office"
        UNCLEAR = "unclear", "Unclear"

    AWAY_FOR = dt.timedelta(days=7)  # out of office: then the follow-ups go on

    # Nobody in one of these is invited: what still waits for them is skipped.
    ENDED = (
        Status.CONNECTION_REQUEST_SENT,
        Status.CONNECTED,
        Status.REPLIED,
        Status.SKIPPED,
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(
        "campaigns.Campaign",
        on_delete=models.PROTECT,
        db_index=False,  # prospect_by_status begins with it
        related_name="prospects",
    )
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
        validators=[people.validate_user_id],
        help_text="Unipile's provider id. Good for the account only that found it.",
    )
    resolved_with = models.ForeignKey(
        "campaigns.LinkedInAccount",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_index=False,  # prospect_by_finder
        related_name="+",
        help_text="The account that found the LinkedIn user id.",
    )
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolved_twice = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Looked at twice then: views are budgeted.",
    )
    is_same_person = models.BooleanField(
        default=False,
        editable=False,
        help_text="LinkedIn shows another name, and somebody has said that it is this person.",
    )
    variables = models.JSONField(default=dict, blank=True, validators=[people.validate_variables])
    status = models.CharField(max_length=30, choices=Status, default=Status.NEW)
    status_reason = models.TextField(blank=True, help_text="Why skipped or failed, in words.")
    follow_up_due_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(
        "accepted",
        null=True,
        blank=True,
        editable=False,
        help_text="The earliest time at which they are known to have been connected.",
    )
    accepted_source = models.CharField(
        max_length=20,
        choices=Source,
        blank=True,
        db_default="",
        editable=False,
        help_text="How that is known.",
    )
    replied_at = models.DateTimeField(
        "first answer", null=True, blank=True, editable=False, help_text="When they first answered."
    )
    replied_source = models.CharField(
        max_length=20,
        choices=Source,
        blank=True,
        db_default="",
        editable=False,
        help_text="How that is known.",
    )
    last_replied_at = models.DateTimeField("last answer", null=True, blank=True, editable=False)
    goes_on_at = models.DateTimeField(
        "follow-ups go on",
        null=True,
        blank=True,
        editable=False,
        help_text="Out of office: what they wrote until they were tagged stops nothing.",
    )
    tag = models.CharField("answer", max_length=20, choices=Tag, blank=True, db_default="")
    invite_again_from = models.DateField(
        null=True,
        blank=True,
        editable=False,
        help_text="Their invitation was withdrawn: LinkedIn takes another from this day on.",
    )
    company_key = CompanyKey(
        max_length=people.COMPANY_KEY_AT_MOST, blank=True, editable=False, db_default=""
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ProspectQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "id")
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = (
            # The slug first: barring.barred and an import look people up by it.
            models.UniqueConstraint(
                fields=["public_identifier", "campaign"],
                condition=~Q(public_identifier=""),
                name="prospect_once_in_campaign",
                violation_error_message="This person is in the campaign already.",
            ),
            models.UniqueConstraint(
                fields=["campaign", "linkedin_user_id"],
                condition=Q(public_identifier="") & ~Q(linkedin_user_id=""),
                name="prospect_without_slug_once_in_campaign",
                violation_error_message="This LinkedIn user id is in the campaign already.",
            ),
            models.CheckConstraint(
                condition=Q(public_identifier=Lower(F("public_identifier"))),
                name="prospect_slug_in_lower_case",
            ),
            models.CheckConstraint(
                condition=Exact(
                    models.Func(
                        "variables", function="jsonb_typeof", output_field=models.CharField()
                    ),
                    Value("object"),
                ),
                name="prospect_variables_are_an_object",
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
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_source="")
                | (Q(accepted_at__isnull=False) & ~Q(accepted_source="")),
                name="prospect_acceptance_has_a_source",
            ),
            models.CheckConstraint(
                condition=Q(
                    replied_at__isnull=True, replied_source="", last_replied_at__isnull=True
                )
                | (
                    Q(replied_at__isnull=False, last_replied_at__gte=F("replied_at"))
                    & ~Q(replied_source="")
                ),
                name="prospect_answer_has_a_source",
            ),
        )
        indexes = (
            # Each one is written anew for everybody who is queued: no more than have a user.
            # enqueue_campaign and the progress of a campaign: its prospects by status, in order
            models.Index(
                fields=["campaign", "status", "created_at", "id"], name="prospect_by_status"
            ),
            # resolving: what an account has looked up today
            models.Index(
                fields=["resolved_with", "resolved_at"],
                condition=Q(resolved_with__isnull=False),
                name="prospect_by_finder",
            ),
            # barring.barred: people and companies on a do-not-contact list
            models.Index(
                fields=["linkedin_user_id"],
                condition=~Q(linkedin_user_id=""),
                name="prospect_by_user_id",
            ),
            models.Index(
                fields=["company_key"], condition=~Q(company_key=""), name="prospect_by_company"
            ),
            # numbers: those of whom there is more to say than that they were invited
            models.Index(
                fields=["id"],
                include=["status", "accepted_at", "replied_at", "tag", "invite_again_from"],
                condition=Q(accepted_at__isnull=False)
                | Q(status__in=["connected", "replied"])
                | Q(invite_again_from__isnull=False),
                name="prospect_by_outcome",
            ),
            # numbers.follow_up_is_due: those to whom somebody meant to write by now
            models.Index(
                fields=["campaign", "follow_up_due_at"],
                condition=Q(status="connected"),
                name="prospect_follow_up",
            ),
            # search.matching: the admin's search for people
            GinIndex(search.words_of_a_prospect(), name="prospect_words"),
        )

    def __str__(self) -> str:
        return people.shown_as(self)

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def must_be_called(self) -> tuple[str, str]:
        """First and last name that LinkedIn must show; empty where any name will do."""
        return ("", "") if self.is_same_person else (self.first_name, self.last_name)

    @property
    def person_key(self) -> str:
        """What recognises the same person: the slug, or the provider id where none is known."""
        return self.public_identifier or self.linkedin_user_id

    @property
    def answers_count_from(self) -> dt.datetime | None:
        """When they were tagged as out of office: what they had written by then stops nothing."""
        return self.goes_on_at - self.AWAY_FOR if self.goes_on_at else None

    def clean(self) -> None:
        """Bring the slug to its one spelling; refuse one that is not that of the address.

        :raises ValidationError: naming the field.
        """
        try:
            of_address = people.slug_of(self.profile_url) if self.profile_url else ""
        except ValidationError:
            return  # the field's own validator has said so
        try:
            given = people.slug_in(self.public_identifier) if self.public_identifier else ""
        except ValidationError as error:
            raise ValidationError({"public_identifier": error.messages}) from error
        if given and of_address and given != of_address:
            problem = (
                f"The profile address says “{of_address}”. Correct one of them, or empty this."
            )
            raise ValidationError({"public_identifier": problem})
        self.public_identifier = given or of_address
        self._refuse_who_is_erased()

    def _refuse_who_is_erased(self) -> None:
        if not self.campaign_id:
            return
        names = {self.public_identifier, self.linkedin_user_id}
        if ErasedPerson.among(self.campaign.workspace_id, names):
            raise ValidationError(f"This person {REASON}: nobody adds them again.")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Take the slug from the profile address where it is not given, and normalise it."""
        if not self.public_identifier and self.profile_url:
            self.public_identifier = people.slug_of(self.profile_url)
        self.public_identifier = people.normalised_slug(self.public_identifier)
        if "company" in (kwargs.get("update_fields") or ()):
            kwargs["update_fields"] = {*kwargs["update_fields"], "company_key"}
        super().save(*args, **kwargs)


def columns_of_people(campaign_id: uuid.UUID) -> set[str] | None:
    """Return the names that a campaign's message may use; None while the campaign has nobody."""
    prospects = Prospect.objects.filter(campaign=campaign_id).order_by()
    if not prospects.exists():
        return None
    key = models.Func("variables", function="jsonb_object_keys", output_field=models.CharField())
    names = prospects.annotate(key=key).values_list("key", flat=True).distinct()
    return {*messages.PROSPECT_FIELDS, *messages.SENDER_FIELDS, *names}
