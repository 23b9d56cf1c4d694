"""The follow-ups of a campaign: up to four messages to those who have accepted."""

import uuid
from collections.abc import Collection

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from campaigns import messages
from campaigns.models.prospects import columns_of_people

STEPS_AT_MOST, DELAY_AT_MOST = 4, 60
TEXTS = ("text", "text_b")


class Step(models.Model):
    """A follow-up message: its text, or two to compare, and how long after the one before."""

    class Variant(models.TextChoices):
        A = "A", "A"
        B = "B", "B"

    DELAYS = (1, 3, 5, 7)  # working days, for each step in turn, where nothing else is said

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(
        "campaigns.Campaign", on_delete=models.CASCADE, db_index=False, related_name="steps"
    )
    number = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(STEPS_AT_MOST)],
        help_text="1 to 4: the order in which they go.",
    )
    delay_days = models.PositiveSmallIntegerField(
        "working days",
        validators=[MinValueValidator(1), MaxValueValidator(DELAY_AT_MOST)],
        help_text="Days on which the campaign's hours are open, after the acceptance; from the "
        "second message on after the one before. Never less than 4 hours after the acceptance.",
    )
    text = models.TextField(
        help_text="Variables as in the note of the invitation. A column of the import with texts "
        "that are written already: its name alone, as {{ first_message }}."
    )
    text_b = models.TextField(
        "second text",
        blank=True,
        help_text="To compare: half of the people get this one instead. Empty: all get the first.",
    )

    class Meta:
        ordering = ("campaign", "number")
        constraints = (
            models.UniqueConstraint(fields=["campaign", "number"], name="step_once_in_campaign"),
            models.CheckConstraint(
                condition=Q(number__range=(1, STEPS_AT_MOST)), name="step_number_up_to_four"
            ),
            models.CheckConstraint(
                condition=Q(delay_days__range=(1, DELAY_AT_MOST)), name="step_delay_in_days"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="step_has_a_text"),
        )

    def __str__(self) -> str:
        return f"Message {self.number}"

    def clean(self) -> None:
        """Refuse a text that nobody could be sent.

        :raises ValidationError: naming each field.
        """
        known = columns_of_people(self.campaign_id) if self.campaign_id else None
        problems = {field: self.problem_of(getattr(self, field), known) for field in TEXTS}
        if any(problems.values()):
            raise ValidationError({field: told for field, told in problems.items() if told})

    def problem_of(self, text: str, known: Collection[str] | None) -> str:
        """Say what is wrong with a text of it, or nothing.

        :param known: the names that it may use; None where extra columns are not known yet.
        """
        varies = self.campaign_id is not None and self.campaign.varies_words
        told = messages.problem(text, known, varies=varies)
        return told or messages.message_too_long(text, varies=varies)

    def text_of(self, variant: str) -> str:
        """Return the text of a variant; the only one where there is no second."""
        return self.text_b if variant == self.Variant.B and self.text_b else self.text
