"""Sending hours as staff set them. `queueing/hours.py` decides what they mean at an instant."""

import datetime as dt
import uuid
import zoneinfo
from typing import Any

import holidays
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.dateparse import parse_time


def as_time(value: dt.time | str) -> dt.time:
    """Return a time of day that may still be text, as it is on an unsaved instance.

    :raises ValidationError: where it is no time.
    """
    if isinstance(value, dt.time):
        return value
    try:
        parsed = parse_time(value)
    except ValueError:
        parsed = None
    if parsed is None:
        raise ValidationError(f"“{value}” is no time of day. Use a form such as 07:30.")
    return parsed


class SendingHours(models.Model):
    """When a campaign may send, in the wall time of one zone."""

    DEFAULT_NAME = "Default (New York, 7 to 18)"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    workspace = models.ForeignKey(
        "campaigns.Workspace",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="own_sending_hours",
        help_text="Empty: shared by all workspaces, and edited by superusers only.",
    )
    timezone = models.CharField(
        "time zone",
        max_length=64,
        default="America/New_York",
        help_text="An IANA name, such as America/New_York or Europe/Berlin.",
    )
    working_hours_start = models.TimeField(
        default=dt.time(7),
        help_text="Local time. The same as the end: all day.",
    )
    working_hours_end = models.TimeField(
        default=dt.time(18),
        help_text="Local time, not included. Earlier than the start: over midnight.",
    )
    skip_weekends = models.BooleanField(default=True)
    skip_holidays = models.BooleanField(default=True)
    holiday_country = models.CharField(
        max_length=2, default="US", blank=True, help_text="Two letters, such as US or DE."
    )
    holiday_subdivision = models.CharField(
        max_length=10, blank=True, help_text="State or province, such as CA or BY. Empty: none."
    )

    class Meta:
        ordering = ("name",)
        verbose_name = verbose_name_plural = "sending hours"
        constraints = (
            models.UniqueConstraint(
                fields=["workspace", "name"],
                nulls_distinct=False,
                name="sending_hours_name_unique_in_workspace",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        problems = self._problems()
        if problems:
            raise ValidationError(problems)

    def _problems(self) -> dict[str, str]:
        problems = {}
        if self.timezone not in zoneinfo.available_timezones():
            problems["timezone"] = (
                f"“{self.timezone}” is no time zone. Use an IANA name such as America/New_York."
            )
        start, end = (as_time(self.working_hours_start), as_time(self.working_hours_end))
        if start != end and start.replace(second=0, microsecond=0) == end.replace(
            second=0, microsecond=0
        ):
            problems["working_hours_end"] = (
                "These hours would never be open for a whole minute. Move the end, or make it "
                "equal to the start for all day."
            )
        if self.skip_holidays:
            problems |= self._holiday_problems()
        return problems

    def _holiday_problems(self) -> dict[str, str]:
        supported = holidays.list_supported_countries()
        if self.holiday_country not in supported:
            return {
                "holiday_country": f"No holidays are known for “{self.holiday_country}”. Use two "
                "capital letters such as US or DE, or don't skip holidays."
            }
        subdivisions = supported[self.holiday_country]
        if self.holiday_subdivision and self.holiday_subdivision not in subdivisions:
            return {
                "holiday_subdivision": f"“{self.holiday_subdivision}” is no state or province of "
                f"{self.holiday_country}. Use one of: {', '.join(subdivisions) or 'none'}."
            }
        return {}

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Refuse an unknown zone or country here too, not only in forms.

        :raises ValidationError: naming the field.
        """
        self.clean()
        super().save(*args, **kwargs)


class ClosedDay(models.Model):
    """One date on which the hours are closed, or open in spite of a weekend or a holiday."""

    class Kind(models.TextChoices):
        CLOSED = "closed", "Closed"
        OPEN = "open", "Open in spite of weekend or holiday"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sending_hours = models.ForeignKey(
        SendingHours, on_delete=models.CASCADE, related_name="closed_days"
    )
    date = models.DateField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CLOSED)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("date",)
        constraints = (
            models.UniqueConstraint(fields=["sending_hours", "date"], name="closed_day_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["closed", "open"]), name="closed_day_kind_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.date}: {self.get_kind_display()}"


def default_hours() -> SendingHours:
    """Return the hours of campaigns for which nobody chose any (made by migration)."""
    hours, _ = SendingHours.objects.get_or_create(name=SendingHours.DEFAULT_NAME, workspace=None)
    return hours
