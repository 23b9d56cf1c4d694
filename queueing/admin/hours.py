"""Sending hours, with their closed days: when they are open, and whose limits they cannot hold."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import capfirst

from campaigns.hours import calendars, clocks, zones
from campaigns.models import Campaign, ClosedDay, LinkedInAccount, SendingHours, Workspace
from campaigns.pages import DeskInline, ReasonedFormSet, behind_walls
from queueing import gates
from queueing.admin.anew import with_waiting
from queueing.admin.forecast import FORESEEN_AT_MOST, ForeseenAdmin
from queueing.gates import cadence, hours, limits
from queueing.planning import board

DAYS_SHOWN = 14
BAR_WIDTH = 288  # a pixel is five minutes
JUDGED_AT_MOST = 50


@dataclass(frozen=True)
class Bar:
    """An open stretch of a day: its times in words, and where it is drawn."""

    text: str
    x: int
    width: int


@dataclass(frozen=True)
class Day:
    """One local day. `why`: the holiday's name or what else decided."""

    date: dt.date
    bars: list[Bar]
    why: str


def next_days(value: hours.Hours, now: dt.datetime) -> list[Day]:
    """Return the next days in the hours' own zone."""
    zone = zones.zone(value.timezone)
    today = now.astimezone(zone).date()
    dates = [today + dt.timedelta(days=number) for number in range(DAYS_SHOWN)]
    notes = {date: hours.day_verdict(value, date).reason for date in dates}
    return [Day(date, _bars(value, date), notes[date]) for date in dates]


def _bars(value: hours.Hours, date: dt.date) -> list[Bar]:
    zone = zones.zone(value.timezone)
    begins, ends = (limits.midnight(date + dt.timedelta(days=more), zone) for more in (0, 1))
    bars = []
    for span in hours.windows(value, begins, ends):
        x, until = (
            round((instant - begins) / (ends - begins) * BAR_WIDTH)
            for instant in (span.opens, span.closes)
        )
        closes = (
            "midnight" if span.closes == ends else clocks.time_said(span.closes.astimezone(zone))
        )
        text = f"{clocks.time_said(span.opens.astimezone(zone))} to {closes}"
        bars.append(Bar(text, x, until - x))
    return bars


def holidays_ahead(value: hours.Hours, now: dt.datetime) -> list[tuple[dt.date, str]]:
    """Return the holidays of a year from today on that are skipped, in order."""
    if not value.skip_holidays:
        return []
    today = now.astimezone(zones.zone(value.timezone)).date()
    years = (hours.holidays_of(value, today.year + more) or {} for more in (0, 1))
    found = sorted(pair for year in years for pair in year.items())
    return [(day, name) for day, name in found if today <= day < today + dt.timedelta(days=365)]


def holiday_notes(value: hours.Hours, now: dt.datetime) -> list[str]:
    """Return what staff should know of the holidays that are skipped."""
    country, part = value.holiday_country, value.holiday_subdivision
    if not value.skip_holidays or calendars.problems(country, part):
        return []
    return calendars.notes(country, part, value.holiday_kinds, now.year)


def campaigns_in(row: SendingHours) -> QuerySet[Campaign]:
    """Return the campaigns that keep these hours: as their own, the workspace's or the default."""
    keep = Q(sending_hours=row) | Q(sending_hours=None, workspace__sending_hours=row)
    if row.workspace_id is None and row.name == SendingHours.DEFAULT_NAME:
        keep |= Q(sending_hours=None, workspace__sending_hours=None)
    return Campaign.objects.exclude(status=Campaign.Status.ARCHIVED).filter(keep)


class ClosedDaysFormSet(ReasonedFormSet):
    """Refuses hours that, with these days, never let anything go."""

    def clean(self) -> None:
        super().clean()
        try:
            self.instance.clean()
        except ValidationError:
            return  # the fields say what is wrong
        days = [
            form.instance
            for form in self.forms
            if form.is_valid() and form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        value = gates.hours_of(self.instance, days)
        if problem := board.never_sends(value, timezone.now()):
            raise ValidationError(problem)


class ClosedDayInline(DeskInline):
    model = ClosedDay
    formset = ClosedDaysFormSet
    show_change_link = False


@admin.register(SendingHours)
class SendingHoursAdmin(ForeseenAdmin):
    list_display = (
        "name",
        "workspace",
        "timezone",
        "working_hours_start",
        "working_hours_end",
        "skip_weekends",
        "skip_holidays",
    )
    list_select_related = ("workspace",)
    search_fields = ("name", "timezone")
    autocomplete_fields = ("workspace",)
    inlines = (ClosedDayInline,)
    times_depend_on = (
        "timezone",
        "working_hours_start",
        "working_hours_end",
        "skip_weekends",
        "weekend",
        "skip_holidays",
        "holiday_country",
        "holiday_subdivision",
        "holiday_kinds",
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "timezone":
            kwargs["widget"] = AdminTextInputWidget(attrs={"list": "zone-names"})
        if db_field.name == "holiday_kinds":
            return forms.MultipleChoiceField(
                label=capfirst(db_field.verbose_name),
                help_text=db_field.help_text,
                choices=calendars.KINDS.items(),
                widget=forms.CheckboxSelectMultiple,
                required=False,
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["zone_names"] = sorted(zones.choosable())
        return super().render_change_form(request, context, *args, **kwargs)

    def accounts_of(self, row: SendingHours) -> list[LinkedInAccount]:
        return with_waiting(campaigns_in(row))

    def foreseen(self, request: HttpRequest, row: SendingHours) -> list[Workspace]:
        found = Workspace.objects.filter(campaigns__in=campaigns_in(row)).distinct()
        return list(behind_walls(found, request.user, "pk").order_by("name")[:FORESEEN_AT_MOST])

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Return own hours and those that all workspaces share."""
        rows = admin.ModelAdmin.get_queryset(self, request)
        if request.user.is_superuser:
            return rows
        own = Q(workspace__in=request.user.workspaces.values("pk"))  # type: ignore[union-attr]
        return rows.filter(own | Q(workspace__isnull=True))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _is_own(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_own(request, obj)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        if "workspace" in form.base_fields and not request.user.is_superuser:
            form.base_fields["workspace"].required = True
        return form

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Say at once, also of new hours, what their holidays leave out."""
        now, value = timezone.now(), gates.hours_of(obj)
        for note in filter(None, [hours.calendar_ends(value, now), *holiday_notes(value, now)]):
            self.message_user(request, note, messages.WARNING)
        return super().response_add(request, obj, *args, **kwargs)

    def panel(self, request: HttpRequest, row: SendingHours) -> dict[str, Any]:
        now, value = timezone.now(), gates.hours_of(row)
        if value.timezone not in zones.names():
            return {}  # the field says what is wrong, once it is saved
        active = campaigns_in(row).filter(status=Campaign.Status.ACTIVE)
        accounts = LinkedInAccount.objects.filter(campaigns__in=active).distinct()
        seen = behind_walls(accounts, request.user, "workspace")
        keys = seen.order_by("name").values_list("pk", flat=True)[:JUDGED_AT_MOST]
        judged = LinkedInAccount.objects.filter(pk__in=list(keys))
        return {
            "days": next_days(value, now),
            "zone_told": zones.told(value.timezone, now),
            "holidays": holidays_ahead(value, now),
            "calendar_ends": hours.calendar_ends(value, now),
            "holiday_notes": holiday_notes(value, now),
            "bar_width": BAR_WIDTH,
            "never_sends": board.never_sends(value, now),
            "out_of_reach": cadence.limits_out_of_reach(now, judged),
        }


def _is_own(request: HttpRequest, row: SendingHours | None) -> bool:
    """Say whether the user may edit these hours: shared ones are for superusers."""
    return request.user.is_superuser or row is None or row.workspace_id is not None
