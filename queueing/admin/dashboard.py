"""The dashboard on the first page: figures of the user's workspaces, and where they lead."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from campaigns.models import LinkedInAccount
from campaigns.pages import CappedPaginator, behind_walls, clock, workspaces_of
from queueing import schedules
from queueing.admin.beginning import first_steps
from queueing.desk import Day, dashboard
from queueing.gates import words
from queueing.models import FailedSend, QueueItem, UnconfirmedSend

PERMISSION = "queueing.view_queueitem"

CHART_HEIGHT = 100
_Account = LinkedInAccount.Status


@dataclass(frozen=True)
class Figure:
    """A number, what it counts, and the list that it counts."""

    number: int
    label: str
    url: str
    is_cut: bool = False
    somebody_must_act: bool = False


@dataclass(frozen=True)
class Bar:
    """A day's bars in the chart, in its units, and the lists of that day's figures."""

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
        return CHART_HEIGHT - self.failed_height


def fragment(request: HttpRequest) -> HttpResponse:
    """Answer with the widget alone, for the page that refreshes itself."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    return render(request, "admin/dashboard.html", context(request.user, timezone.now()))


def context(user: User | AnonymousUser, now: dt.datetime) -> dict[str, Any]:
    """Return what the widget shows to a user; nothing where they may not see the queue."""
    if not user.has_perm(PERMISSION):
        return {"figures": None}
    items = behind_walls(QueueItem.objects.all(), user, "workspace")
    accounts = behind_walls(LinkedInAccount.objects.all(), user, "workspace")
    figures = dashboard.gather(items, accounts, now, clock.zone(), workspaces_of(user))  # type: ignore[arg-type]
    sent = sum(day.sent for day in figures.days)
    failed = sum(day.failed for day in figures.days)
    return {
        "figures": figures,
        "first_steps": [] if figures.pending or sent or failed else first_steps(user),
        "schedule_problems": schedules.differences(),
        "needs_you": needs_you(figures),
        "waiting": waiting(figures),
        "pending_url": list_url(QueueItem, status__exact=QueueItem.Status.PENDING),
        "accounts_url": list_url(LinkedInAccount),
        "bars": bars(figures.days),
        "sent": sent,
        "failed": failed,
    }


def list_url(model: type[Model], **filters: Any) -> str:
    """Return the address of a model's list in the admin, filtered."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    return f"{reverse(name)}?{urlencode(filters)}" if filters else reverse(name)


def needs_you(figures: dashboard.Dashboard) -> list[Figure]:
    """Return what somebody should see to, worst first."""
    resting = {"status__exact": _Account.CONNECTED, "paused_until__gt": figures.now.isoformat()}
    found = [
        _of_list("failed", figures.failed, list_url(FailedSend)),
        _of_list(
            "unconfirmed: perhaps sent, perhaps not",
            figures.unconfirmed,
            list_url(UnconfirmedSend),
        ),
        _of_accounts("disconnected", figures.accounts.disconnected, _Account.DISCONNECTED),
        _of_accounts("restricted", figures.accounts.restricted, _Account.RESTRICTED),
        Figure(
            figures.accounts.resting,
            f"{_accounts(figures.accounts.resting)} resting",
            list_url(LinkedInAccount, **resting),
        ),
    ]
    return [figure for figure in found if figure.number]


def _of_list(label: str, counted: CappedPaginator, url: str) -> Figure:
    return Figure(counted.count, label, url, is_cut=counted.is_cut)


def _of_accounts(label: str, number: int, status: str) -> Figure:
    url = list_url(LinkedInAccount, status__exact=status)
    return Figure(number, f"{_accounts(number)} {label}", url)


def _accounts(number: int) -> str:
    return "account" if number == 1 else "accounts"


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


def bars(days: list[Day]) -> list[Bar]:
    """Return the chart, scaled to its highest bar."""
    highest = max((number for day in days for number in (day.sent, day.failed)), default=0) or 1
    return [
        Bar(
            day,
            x=index * 40,
            sent_height=_height(day.sent, highest),
            failed_height=_height(day.failed, highest),
            sent_url=list_url(
                QueueItem, sent_at__gte=day.begins.isoformat(), sent_at__lt=day.ends.isoformat()
            ),
            failed_url=list_url(
                QueueItem,
                status__exact=QueueItem.Status.FAILED,
                updated_at__gte=day.begins.isoformat(),
                updated_at__lt=day.ends.isoformat(),
            ),
        )
        for index, day in enumerate(days)
    ]


def _height(number: int, highest: int) -> int:
    return max(round(CHART_HEIGHT * number / highest), 1) if number else 0
