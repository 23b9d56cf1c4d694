"""LinkedIn accounts: what they used, what limits them, and what staff do to them."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import Exists
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from campaigns.hours import clocks, zones
from campaigns.models import LinkedInAccount, Workspace
from campaigns.pages import EFFECT, ReasonForm
from queueing import gates
from queueing.admin import numbers
from queueing.admin.account_form import DAYS_AHEAD, AccountForm, ask, day_apart
from queueing.admin.account_list import AccountColumns
from queueing.admin.anew import plan_anew
from queueing.admin.connecting import CONNECT, ConnectingAdmin
from queueing.admin.deeds import Deed, Done, NothingToFill
from queueing.admin.forecast import ForeseenAdmin
from queueing.desk import status
from queueing.gates import cadence, counting, limits
from queueing.models import QueueItem, SendAttempt
from queueing.sending import runs
from queueing.staff import log, places
from queueing.unipile import AccountState, UnipileError

DAYS_BACK = 14
CHART_WIDTH, CHART_HEIGHT = 560, 120


class RestForm(ReasonForm):
    """Asks until when, and why."""

    until = forms.DateTimeField(
        label="Rest until",
        help_text="By your clock.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    field_order = ("until", "reason")


@dataclass(frozen=True)
class Day:
    """A day's use and limit, and where the chart shows them.

    `sent` is None for a day to come, `limit` for one before the warm-up, when it was another.
    """

    date: dt.date
    sent: int | None
    limit: int | None
    x: int
    width: int
    y: int
    height: int
    limit_y: int | None


def use_by_day(account: LinkedInAccount, now: dt.datetime) -> list[Day]:
    """Return the last days' use, and the days to come while the warm-up lasts."""
    past = limits.last_days(now, gates.zone_of(account), DAYS_BACK)
    today = past[-1].date
    ahead = DAYS_AHEAD if account.warm_up_started_on else 0
    dates = [past[0].date + dt.timedelta(days=number) for number in range(DAYS_BACK + ahead)]
    requests = account.queue_items.filter(kind=QueueItem.Kind.CONNECTION_REQUEST)
    rows = requests.counting_since(past[0].begins)
    sent = status.count_by_day(rows, Coalesce("sent_at", counting.MAYBE_SENT_AT), past)
    limited_from = min(account.warm_up_started_on or dates[0], today)
    daily = {
        date: gates.daily_limit_of(account, date).value for date in dates if date >= limited_from
    }
    highest = max(*daily.values(), *sent.values(), 1)
    step = CHART_WIDTH // len(dates)

    def height(number: int) -> int:
        return round(number * (CHART_HEIGHT - 10) / highest)

    return [
        Day(
            date=date,
            sent=sent[date] if date <= today else None,
            limit=daily.get(date),
            x=index * step + 2,
            width=step - 4,
            y=CHART_HEIGHT - height(sent[date]),
            height=height(sent[date]),
            limit_y=CHART_HEIGHT - height(daily[date]) if date in daily else None,
        )
        for index, date in enumerate(dates)
    ]


def has_sent(account: LinkedInAccount) -> bool:
    """Return whether anything was sent with an account, or may have been: it is one person's then.

    Another Unipile id would let another member send, past the caps of both.
    """
    attempts = SendAttempt.objects.filter(linkedin_account=account, kind=SendAttempt.Kind.SEND)
    sent = QueueItem.objects.filter(linkedin_account=account, sent_at__isnull=False)
    same = LinkedInAccount.objects.filter(pk=account.pk)
    return same.filter(Exists(attempts) | Exists(sent)).exists()


def _is_connected(account: LinkedInAccount) -> bool:
    return account.status == LinkedInAccount.Status.CONNECTED


def _rests(account: LinkedInAccount, now: dt.datetime) -> bool:
    return bool(places.rest_under_way(account, now))


def _rest(account: LinkedInAccount, values: dict[str, Any], by: User, now: dt.datetime) -> Done:
    until = values["until"]
    places.rest(account, until, by, values["reason"], now)
    return Done(f"Rests until {clocks.utc(until)}. {plan_anew([account], now)}".strip())


def _end_rest(account: LinkedInAccount, values: dict[str, Any], by: User, now: dt.datetime) -> Done:
    places.end_rest(account, by, values["reason"], now)
    account.refresh_from_db()
    told = f"The rest is over. {places.rest_under_way(account, now)}".strip()
    return Done(f"{told} {plan_anew([account], now)}".strip())


def _reconnect(
    account: LinkedInAccount, values: dict[str, Any], by: User, now: dt.datetime
) -> Done:
    places.mark_connected(account, by, values["reason"], now)
    account.refresh_from_db()
    told = f"Marked as connected. {places.rest_under_way(account, now)}"
    return Done(f"{told.strip()} {plan_anew([account], now)}".strip())


def _before_resting(account: LinkedInAccount, now: dt.datetime) -> str:
    text = "The account sends nothing until then. What waits for it gets later times."
    under_way = places.rest_under_way(account, now)
    return f"{text} {under_way} That is never shortened here." if under_way else text


def _before_the_end_of_a_rest(account: LinkedInAccount, now: dt.datetime) -> str:
    under_way = places.rest_under_way(account, now)
    if account.shorter_rest_asked_for(now):
        return f"{under_way} After this that shorter rest goes on."
    text = f"{under_way} After this the account sends again, within its hours and limits."
    return f"{text} If LinkedIn asked for the rest, it may restrict the account.".strip()


def _before_reconnecting(account: LinkedInAccount, now: dt.datetime) -> str:
    text = "Say that LinkedIn lets this account work again. Test it first."
    if under_way := places.rest_under_way(account, now):
        ends = "That rest ends, too." if account.rests_for_its_loss else "That rest goes on."
        text = f"{text} {under_way} {ends}"
    if account.status != LinkedInAccount.Status.RESTRICTED:
        return text
    return (
        f"{text} After a restriction it warms up anew: from {settings.WARM_UP_FIRST_DAY} a day up "
        f"to its limit in {settings.WARM_UP_DAYS} days."
    )


def _test(account: LinkedInAccount, values: dict[str, Any], by: User, now: dt.datetime) -> Done:
    try:
        found = runs.unipile_client().account(account.unipile_account_id)
    except (UnipileError, runs.NotConnectedError) as error:
        log.note(by, [account], "Tested the connection: failed")
        return Done(f"The test failed: {error}", messages.ERROR)
    log.note(by, [account], f"Tested the connection: {found.status}")
    if found.state != AccountState.CONNECTED:
        return Done(
            f"Unipile knows the account as “{found.name}” and reports {found.status}: "
            "reconnect it there.",
            messages.WARNING,
        )
    return Done(f"The connection works: Unipile knows the account as “{found.name}”.")


@admin.register(LinkedInAccount)
class LinkedInAccountAdmin(AccountColumns, ConnectingAdmin, ForeseenAdmin):
    form = AccountForm
    list_display = (
        "name",
        "workspace",
        "account_type",
        "state",
        "today",
        "week",
        "waiting",
        "next_planned",
    )
    list_filter = ("status", "account_type")
    list_select_related = ("workspace",)
    search_fields = ("name", "unipile_account_id")
    autocomplete_fields = ("workspace",)
    # Buttons change these, and the sync says whose it is.
    readonly_fields = ("status", "paused_until", "pause_reason", "owner_slug")
    times_depend_on = (
        "daily_limit",
        "weekly_limit",
        "min_gap_seconds",
        "account_type",
        "warm_up_started_on",
        "day_zone",
        "workspace",
    )
    deeds = (
        CONNECT,
        Deed(
            "rest",
            "Rest",
            _before_resting,
            lambda account, now: True,
            _rest,
            RestForm,
        ),
        Deed(
            "resume",
            "End the rest",
            _before_the_end_of_a_rest,
            _rests,
            _end_rest,
        ),
        Deed(
            "reconnect",
            "Mark as connected",
            _before_reconnecting,
            lambda account, now: not _is_connected(account),
            _reconnect,
        ),
        Deed(
            "test",
            "Test the connection",
            lambda account, now: "Unipile is asked how the account is. Nothing is sent.",
            lambda account, now: True,
            _test,
            NothingToFill,
        ),
    )

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Ask Unipile about an id that is new, before Django opens its transaction."""
        given = request.POST.get("unipile_account_id", "").strip()
        if given and EFFECT not in request.POST and self._may_save(request):
            known = LinkedInAccount.objects.filter(unipile_account_id=given)
            if not known.exists():
                request.reported = ask(given)  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, *args, **kwargs)

    def _may_save(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request) or self.has_change_permission(request)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        form.reported = getattr(request, "reported", None)
        return form

    def save_model(self, request: HttpRequest, obj: LinkedInAccount, *args: Any) -> None:
        super().save_model(request, obj, *args)
        reported = getattr(request, "reported", None)
        if reported is not None and (told := reported.warning(obj.account_type)):
            self.message_user(request, told, messages.WARNING)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["zone_names"] = sorted(zones.choosable())
        return super().render_change_form(request, context, *args, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        shown = tuple(super().get_readonly_fields(request, obj))
        if obj is None:
            return shown
        if not hasattr(obj, "is_frozen"):  # Django asks several times for a page
            obj.is_frozen = has_sent(obj)
        return (*shown, "unipile_account_id") if obj.is_frozen else shown

    def must_be_explained(self, row: LinkedInAccount) -> Collection[str]:
        return (*self.times_depend_on, "unipile_account_id")

    def accounts_of(self, row: LinkedInAccount) -> list[LinkedInAccount]:
        return [row]

    def foreseen(self, request: HttpRequest, row: LinkedInAccount) -> list[Workspace]:
        return [row.workspace]

    def panel(self, request: HttpRequest, account: LinkedInAccount) -> dict[str, Any]:
        now = timezone.now()
        facts, days = gates.usage(account, now), use_by_day(account, now)
        today = gates.day_of(account, now).date
        steps = [
            f"{day.x - 2},{day.limit_y} {day.x + day.width + 2},{day.limit_y}"
            for day in days
            if day.limit_y is not None
        ]
        return {
            "facts": facts,
            "limits": gates.daily_limits_of(account, today),
            "rests": account.paused_until is not None and account.paused_until > now,
            "kinds_at_rest": places.kinds_at_rest(account, now),
            "days": days,
            "limit_line": " ".join(steps),
            "chart": (CHART_WIDTH, CHART_HEIGHT),
            **numbers.panel(account.queue_items.all(), now, invited_by=account.pk),
            "day_zone": gates.zone_of(account).key,
            "day_apart": day_apart(account, now),
            "out_of_reach": [
                problem
                for _, problem in cadence.limits_out_of_reach(
                    now, LinkedInAccount.objects.filter(pk=account.pk)
                )
            ],
        }
