"""The first page: the day at a glance, what needs somebody, campaigns and accounts."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, LinkedInAccount
from campaigns.pages import behind_walls, clock, workspaces_of
from queueing import schedules
from queueing.admin import cards, numbers
from queueing.admin.beginning import first_steps
from queueing.desk import Day, dashboard
from queueing.gates import words
from queueing.looking import events
from queueing.models import FailedSend, QueueItem, UnconfirmedSend

PERMISSION = "queueing.view_queueitem"

CHART_HEIGHT = 100
DAY_WIDTH = 40
PAUSED_TOLD = 3


@dataclass(frozen=True)
class Figure:
    """A number, what it counts, and the list that it counts."""

    number: int
    label: str
    url: str
    somebody_must_act: bool = False


@dataclass(frozen=True)
class Bar:
    """A day's bar in the chart, in its units, and the lists of that day's figures."""

    day: Day
    x: int
    sent_height: int
    failed_height: int
    sent_url: str
    failed_url: str

    @property
    def sent_y(self) -> int:
        return CHART_HEIGHT - self.sent_height

    @property
    def failed_y(self) -> int:
        return self.sent_y - self.failed_height


def fragment(request: HttpRequest) -> HttpResponse:
    """Answer with the widget alone, for the page that refreshes itself."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    found = context(request.user, timezone.now())
    return render(request, "admin/dashboard.html", found)


def context(user: User | AnonymousUser, now: dt.datetime) -> dict[str, Any]:
    """Return what the widget shows to a user; nothing where they may not see the queue."""
    if not isinstance(user, User) or not user.has_perm(PERMISSION):
        return {"figures": None}
    items = behind_walls(QueueItem.objects.all(), user, "workspace")
    accounts = behind_walls(LinkedInAccount.objects.all(), user, "workspace")
    figures = dashboard.gather(items, accounts, now, clock.zone(), workspaces_of(user))  # type: ignore[arg-type]
    sent = sum(day.sent for day in figures.days)
    failed = sum(day.failed for day in figures.days)
    today = figures.days[-1]
    return {
        "figures": figures,
        "today": figures.today,
        "people": figures.people,
        "date": timezone.localtime(now).date(),
        "first_steps": [] if figures.pending or sent or failed else first_steps(user),
        "troubles": [*schedules.differences(), *filter(None, [events.trouble(now)])],
        "needs": [cards.shown(need, user) for need in figures.needs.now],
        "put_off": [cards.shown(need, user) for need in figures.needs.put_off],
        "may_say": user.has_perm(cards.MAY_SAY),
        "paused": paused(user),
        "waiting": waiting(figures),
        "pending_url": list_url(QueueItem, status__exact=QueueItem.Status.PENDING),
        "unconfirmed_url": list_url(UnconfirmedSend),
        "failed_url": list_url(FailedSend),
        "failed_today_url": _of_day(today, "updated_at", status__exact=QueueItem.Status.FAILED),
        "accounts_url": list_url(LinkedInAccount),
        "campaigns_url": list_url(Campaign),
        "bars": bars(figures.days),
        "became": numbers.of_weeks(figures.people.weeks, now),
        "sent": sent,
        "failed": failed,
    }


def list_url(model: type[Model], **filters: Any) -> str:
    """Return the address of a model's list in the admin, filtered."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    return f"{reverse(name)}?{urlencode(filters)}" if filters else reverse(name)


@dataclass(frozen=True)
class Paused:
    """A campaign that somebody paused, and who."""

    campaign: Campaign
    by: str
    at: dt.datetime | None


def paused(user: User) -> list[Paused]:
    """Return a few campaigns that are paused: nobody need do anything about them."""
    rows = Campaign.objects.filter(status=Campaign.Status.PAUSED).order_by("name")
    found = list(behind_walls(rows, user, "workspace")[:PAUSED_TOLD])
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Campaign),
        object_id__in=[str(campaign.pk) for campaign in found],
        change_message__startswith="Paused",
    )
    last = {entry.object_id: entry for entry in entries.select_related("user").order_by("pk")}
    return [
        Paused(each, entry.user.get_username(), entry.action_time)
        if (entry := last.get(str(each.pk)))
        else Paused(each, "", None)
        for each in found
    ]


def waiting(figures: dashboard.Dashboard) -> list[Figure]:
    """Return how many pending items wait for what, most first."""
    return [
        Figure(
            number,
            words.IN_WORDS[gate],
            list_url(QueueItem, waits_for=str(gate)),
            somebody_must_act=gate in words.FOR_SOMEBODY,
        )
        for gate, number in figures.waiting.most_common()
    ]


def _of_day(day: Day, field: str, **filters: Any) -> str:
    """Return the address of the queue's items of a day."""
    bounds = {f"{field}__gte": day.begins.isoformat(), f"{field}__lt": day.ends.isoformat()}
    return list_url(QueueItem, **filters, **bounds)


def bars(days: list[Day]) -> list[Bar]:
    """Return the chart, scaled to its highest day."""
    highest = max((day.sent + day.failed for day in days), default=0) or 1
    return [
        Bar(
            day,
            x=index * DAY_WIDTH,
            sent_height=_height(day.sent, highest),
            failed_height=_height(day.failed, highest),
            sent_url=_of_day(day, "sent_at"),
            failed_url=_of_day(day, "updated_at", status__exact=QueueItem.Status.FAILED),
        )
        for index, day in enumerate(days)
    ]


def _height(number: int, highest: int) -> int:
    return max(round(CHART_HEIGHT * number / highest), 1) if number else 0
