"""What will go when, as a page; and what a change of a form would do to it, before it is saved."""

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from campaigns.hours import zones
from campaigns.models import Campaign, Workspace
from campaigns.pages import EFFECT, REASON, clock, reason_field
from queueing import gates, planning
from queueing.admin.deeds import DeedsAdmin
from queueing.gates import hours, limits
from queueing.models import PLURAL, Kind
from queueing.planning import board
from queueing.planning.binding import Bound

ROWS_SHOWN = 500
FORESEEN_AT_MOST = 5
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Cell:
    """A day of the calendar. `count` is None outside the forecast."""

    day: dt.date
    count: int | None
    is_closed: bool = False


@dataclass(frozen=True)
class Month:
    """A month's weeks, Monday first; None where a day belongs to another month."""

    first: dt.date
    weeks: list[list[Cell | None]]


def hours_kept(row: Campaign | Workspace) -> list[hours.Hours]:
    """Return the hours of a campaign, or those of all that a workspace has under way."""
    if isinstance(row, Campaign):
        campaigns = board.campaigns().filter(pk=row.pk)
    else:
        ended = (Campaign.Status.COMPLETED, Campaign.Status.ARCHIVED)
        campaigns = board.campaigns().filter(workspace=row).exclude(status__in=ended)
    one_of_each = {campaign.sending_hours_id: campaign for campaign in campaigns}
    return [gates.hours_of(campaign.hours()) for campaign in one_of_each.values()]


@dataclass(frozen=True)
class Row:
    """What an account will do on a day of the reader's, and what holds more of it back."""

    day: dt.date
    account: str
    account_id: uuid.UUID
    count: int
    first_at: dt.datetime
    last_at: dt.datetime
    binds: Bound | None


def days_of(forecast: planning.Forecast, zone: dt.tzinfo) -> list[Row]:
    """Return a forecast by day and account, days being those of `zone`.

    Limits know days of their own: what binds is told of the last of them that a row reaches into.
    """
    binds = {(row.day, row.account_id): row.binds for row in forecast.days}
    names = {row.account_id: row.account for row in forecast.days}
    found: dict[tuple[dt.date, uuid.UUID], list[planning.Send]] = defaultdict(list)
    for send in forecast.sends:
        found[send.at.astimezone(zone).date(), send.account_id].append(send)
    rows = (
        Row(
            day=day,
            account=names[account],
            account_id=account,
            count=len(sends),
            first_at=sends[0].at,
            last_at=sends[-1].at,
            binds=binds[sends[-1].day, account],
        )
        for (day, account), sends in found.items()
    )
    return sorted(rows, key=lambda row: (row.day, row.account, row.account_id))


def months_of(days: Sequence[Row], zone: ZoneInfo, kept: Sequence[hours.Hours] = ()) -> list[Month]:
    """Lay a forecast's days out as months.

    :param zone: that of the days.

    :param kept: a day on which none of these hours open is marked as closed.
    """
    count: Counter[dt.date] = Counter()
    for row in days:
        count[row.day] += row.count
    if not count:
        return []
    begins, ends = min(count), max(count)
    cells = {
        day: Cell(day, count[day], not count[day] and _is_closed(day, kept, zone))
        for day in (begins + number * _DAY for number in range((ends - begins).days + 1))
    }
    firsts = dict.fromkeys(day.replace(day=1) for day in cells)
    return [Month(first, _weeks(first, cells)) for first in firsts]


def _is_closed(day: dt.date, kept: Sequence[hours.Hours], zone: ZoneInfo) -> bool:
    begins, ends = (limits.midnight(date, zone) for date in (day, day + _DAY))
    return bool(kept) and not any(any(hours.windows(each, begins, ends)) for each in kept)


def _weeks(first: dt.date, cells: dict[dt.date, Cell]) -> list[list[Cell | None]]:
    weeks: list[list[Cell | None]] = []
    monday = first - first.weekday() * _DAY
    while monday.month == first.month or monday < first:
        days = [monday + number * _DAY for number in range(7)]
        weeks.append(
            [cells.get(day, Cell(day, None)) if day.month == first.month else None for day in days]
        )
        monday += 7 * _DAY
    return weeks


class Shift(NamedTuple):
    """How many an account sends on a day, as it is and after a change."""

    day: dt.date
    account: str
    before: int
    after: int


def shifts(before: planning.Forecast, after: planning.Forecast, zone: dt.tzinfo) -> list[Shift]:
    """Return the days of accounts on which a change makes a difference, in order."""
    counts = [
        {(row.day, row.account, row.account_id): row.count for row in days_of(forecast, zone)}
        for forecast in (before, after)
    ]
    found = (
        Shift(key[0], key[1], counts[0].get(key, 0), counts[1].get(key, 0))
        for key in sorted(counts[0].keys() | counts[1].keys())
    )
    return [shift for shift in found if shift.before != shift.after]


class EffectForm(forms.Form):
    """Asks why, before what was looked at is saved."""

    change_reason = reason_field()


class _NotValidError(Exception):
    """The form has errors: its page shows them."""


class ForeseenAdmin(DeedsAdmin):
    """Pages whose form has a second button: it shows what saving would do to the calendar."""

    def foreseen(self, request: HttpRequest, row: Any) -> list[Campaign] | list[Workspace]:
        """Return what is foreseen to show the effect of a change of a row."""
        return []

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        if EFFECT in request.POST:
            form.explained = ()
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if object_id and request.method == "POST" and EFFECT in request.POST:
            return self._effect_view(request, object_id, form_url, extra_context)
        context = {**(extra_context or {}), "shows_effect": True}
        return super().changeform_view(request, object_id, form_url, context)

    def _effect_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str,
        extra_context: dict[str, Any] | None,
    ) -> HttpResponse:
        """Save the form, look at the forecast, and take it all back."""
        row = self.row(request, object_id)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        answers: list[HttpResponse] = []

        def save() -> None:
            answers[:] = [
                super(ForeseenAdmin, self).changeform_view(
                    request, object_id, form_url, {**(extra_context or {}), "shows_effect": True}
                )
            ]
            if answers[0].status_code != 302:
                raise _NotValidError

        now = timezone.now()
        effects: list[tuple[Any, ...]] = []
        try:
            for what in self.foreseen(request, row)[:FORESEEN_AT_MOST]:
                before, after = planning.before_and_after(what, now, save)
                changed = shifts(before, after, timezone.get_current_timezone())
                more = max(len(changed) - ROWS_SHOWN, 0)
                effects.append((what, before, after, changed[:ROWS_SHOWN], more))
        except _NotValidError:
            return answers[0]
        return self._effect_page(request, row, effects)

    def _effect_page(
        self, request: HttpRequest, row: Any, effects: list[tuple[Any, ...]]
    ) -> HttpResponse:
        left_out = {"csrfmiddlewaretoken", EFFECT, REASON}
        context = {
            **self.admin_site.each_context(request),
            "title": f"What saving would change: {row}",
            "opts": self.opts,
            "original": row,
            "effects": effects,
            "form": EffectForm(initial=request.POST.dict()),
            "action": self.page_of(row),
            "hidden": [
                (name, value)
                for name, values in request.POST.lists()
                if name not in left_out
                for value in values
            ],
            "back": self.page_of(row),
        }
        return TemplateResponse(request, "admin/effect.html", context)

    def message_user(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        if EFFECT not in request.POST:  # else nothing has happened
            super().message_user(request, *args, **kwargs)


def _kind_of(request: HttpRequest) -> Kind:
    wanted = request.GET.get("kind", "")
    return Kind(wanted) if wanted in Kind.values else Kind.CONNECTION_REQUEST


class ForecastAdmin(ForeseenAdmin):
    """Pages of rows that have a forecast: campaigns and workspaces."""

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_forecast"
        view = self.admin_site.admin_view(self.forecast_view)
        return [path("<path:object_id>/forecast/", view, name=name), *super().get_urls()]

    def foreseen(self, request: HttpRequest, row: Any) -> list[Campaign] | list[Workspace]:
        return [row]

    def panel(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_forecast"
        return {"forecast_url": reverse(name, args=[row.pk])}

    def forecast_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.row(request, object_id)
        now, kind = timezone.now(), _kind_of(request)
        if isinstance(row, Campaign):
            forecast = planning.forecast_campaign(row, now, kind=kind)
        else:
            forecast = planning.forecast_workspace(row, now, kind=kind)
        days, kept = days_of(forecast, timezone.get_current_timezone()), hours_kept(row)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Forecast: {row}",
            "opts": self.opts,
            "original": row,
            "forecast": forecast,
            "kinds": [(each, PLURAL[each].capitalize()) for each in Kind],
            "kind": kind,
            "what": PLURAL[kind],
            # Lists: a template that asks a Counter for `.items` is told how often "items" occurs.
            "held": forecast.held.most_common(),
            "left_out": forecast.left_out.most_common(),
            "months": months_of(days, zones.zone(clock.here()), kept),
            "rows": days[:ROWS_SHOWN],
            "more": max(len(days) - ROWS_SHOWN, 0),
            "here": clock.here(),
            "client_zone": kept[0].timezone if len(kept) == 1 else "",
            "weekdays": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
            "back": self.page_of(row),
        }
        return TemplateResponse(request, "admin/forecast.html", context)
