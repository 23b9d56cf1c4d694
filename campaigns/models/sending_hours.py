"""Sending hours as staff set them. `queueing/hours.py` decides what they mean at an instant."""

import datetime as dt
import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.dateparse import parse_time

from campaigns.hours import calendars, zones

SHORTEST_WINDOW_SECONDS = 60  # cron, which starts the runs, knows nothing shorter

_DAY, _SECOND = dt.timedelta(days=1), dt.timedelta(seconds=1)


def validate_zone(key: str) -> None:
    """Model-field validator.

    :raises ValidationError: where staff may not choose a zone of that name.
    """
    if told := zones.problem(key):
        raise ValidationError(told)


class SendingHours(models.Model):
    """When a campaign may send, in the wall time of one zone."""

    class Weekend(models.TextChoices):
        """Its days, as `date.weekday` numbers them; none: those of the holiday country."""

        OF_THE_COUNTRY = "", "As in the holiday country"
        SATURDAY_SUNDAY = "56", "Saturday and Sunday"
        FRIDAY_SATURDAY = "45", "Friday and Saturday"
        THURSDAY_FRIDAY = "34", "Thursday and Friday"
        FRIDAY_SUNDAY = "46", "Friday and Sunday"
        FRIDAY = "4", "Friday"
        SATURDAY = "5", "Saturday"
        SUNDAY = "6", "Sunday"

    DEFAULT_NAME = "Default (New York, 7 to 18)"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    workspace = models.ForeignKey(
        "campaigns.Workspace",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="own_sending_hours",
        help_text="Empty: shared by all clients, and edited by superusers only.",
        verbose_name="client",
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
    weekend = models.CharField(
        max_length=7, blank=True, choices=Weekend, default=Weekend.OF_THE_COUNTRY
    )
    skip_holidays = models.BooleanField(default=True)
    holiday_country = models.CharField(
        max_length=2,
        default="US",
        blank=True,
        help_text="Two letters, such as US or DE. Empty: no holidays, and Saturday and Sunday.",
    )
    holiday_subdivision = models.CharField(
        max_length=40,
        blank=True,
        help_text="State or province, such as CA or BY. Empty: only the days that the whole "
        "country shares (no Easter Monday in GB, no Thanksgiving in CA).",
    )
    holiday_kinds = ArrayField(
        models.CharField(max_length=40, choices=calendars.KINDS),
        default=list,
        blank=True,
        verbose_name="more holidays",
        help_text="Skipped beside public holidays. Not every country has days of every kind.",
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
        """Refuse settings that cannot be judged: such hours would never open.

        :raises ValidationError: naming each field.
        """
        problems = self._problems()
        if (
            self.workspace_id
            and not self._state.adding
            and self._is_used_outside(self.workspace_id)
        ):
            problems["workspace"] = (
                "Other clients use these hours: make hours of their own for them first."
            )
        if problems:
            raise ValidationError(problems)

    def _is_used_outside(self, workspace_id: uuid.UUID) -> bool:
        others = self.workspaces_by_default.exclude(pk=workspace_id)
        return others.exists() or self.campaigns.exclude(workspace=workspace_id).exists()

    def _problems(self) -> dict[str, str]:
        problems = {}
        if unknown_zone := zones.problem(self.timezone):
            problems["timezone"] = unknown_zone
        kinds = self.holiday_kinds if self.skip_holidays else ()
        if self.skip_holidays or self._takes_the_weekend_of_its_country():
            problems |= calendars.problems(self.holiday_country, self.holiday_subdivision, kinds)
        seconds = self._window_seconds()
        if seconds < SHORTEST_WINDOW_SECONDS:
            problems["working_hours_end"] = (
                f"The window is only {seconds} seconds long. End it at least a minute after its "
                "start, or set both to the same time for all day."
            )
        return problems

    def _takes_the_weekend_of_its_country(self) -> bool:
        return bool(self.skip_weekends and not self.weekend and self.holiday_country)

    def _window_seconds(self) -> int:
        """Wall-clock length of a day's window; a whole day where start and end are equal."""
        start, end = (
            dt.datetime.combine(dt.date.min, self._time_of(field))
            for field in ("working_hours_start", "working_hours_end")
        )
        return ((end - start) % _DAY or _DAY) // _SECOND

    def _time_of(self, field: str) -> dt.time:
        """A time of day, which may still be text on an unsaved instance."""
        value = getattr(self, field)
        try:
            parsed = value if isinstance(value, dt.time) else parse_time(value)
        except (TypeError, ValueError):
            parsed = None
        if parsed is None:
            raise ValidationError(
                {field: f"{value!r} is no time of day. Use a form such as 07:30."}
            )
        return parsed

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
