"""Whom a workspace never writes to."""

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from campaigns import people


class DoNotContact(models.Model):
    """A person or a company that this workspace never writes to."""

    class Kind(models.TextChoices):
        PERSON = "person", "Person"
        COMPANY = "company", "Company"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(
        "campaigns.Workspace",
        on_delete=models.CASCADE,
        related_name="do_not_contact",
        verbose_name="client",
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
        verbose_name = "never-contact entry"
        verbose_name_plural = "never-contact entries"
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
        """Bring the value to its one spelling.

        :raises ValidationError: for `value`, where it names nobody.
        """
        try:
            self.value = self.normalised(self.kind, self.value)
        except ValidationError as error:
            raise ValidationError({"value": error.messages}) from error

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.clean()
        super().save(*args, **kwargs)

    @classmethod
    def normalised(cls, kind: str, value: str) -> str:
        """Return the value as it is stored and compared.

        :raises ValidationError: where it names nobody.
        """
        if kind == cls.Kind.PERSON:
            return people.person_value(value)
        if not (key := people.company_key(value)):
            raise ValidationError("Give the company's name.")
        return key
