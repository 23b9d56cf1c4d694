"""LinkedIn accounts: what they used, what limits them, and what staff do to them."""

import datetime as dt
import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.models import User
from django.db.models import Exists
from django.db.models.functions import Coalesce, Length
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from campaigns.hours import clocks, zones
from campaigns.messages import NOTE_LIMITS
from campaigns.models import LinkedInAccount, Workspace, default_hours
from campaigns.pages import ReasonedForm, ReasonForm, behind_walls
from queueing import gates
from queueing.admin.account_list import AccountColumns
from queueing.admin.anew import plan_anew
from queueing.admin.deeds import Deed, Done, NothingToFill
from queueing.admin.forecast import ForeseenAdmin
from queueing.desk import status
from queueing.gates import cadence, counting, hours, limits
from queueing.models import QueueItem, SendAttempt
from queueing.sending import runs
from queueing.staff import log, places
from queueing.unipile import AccountState, UnipileError

RAISE_CAP = "campaigns.raise_cap"
NEEDS_RAISE_CAP = "Raising this needs the permission “Can raise a cap”. Ask a manager."
DAYS_BACK, DAYS_AHEAD = 14, 14
PROPOSED_AT_MOST = 3
CHART_WIDTH, CHART_HEIGHT = 560, 120


class AccountForm(ReasonedForm):
    """Refuses to raise a cap to those who may not, and says what a lower type would hold."""

    class Meta:
        # Whether it is taken, behind another wall perhaps, is nobody's business.
        error_messages: ClassVar = {
            "unipile_account_id": {
                "unique": "This id cannot be used. If it is right, ask a superuser."
            }
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = NOTE_LIMITS[LinkedInAccount.Type.FREE]
        if "account_type" in self.fields and self.instance.note_limit > free:
            waiting = self.instance.queue_items.pending().annotate(length=Length("message"))
            if number := waiting.filter(length__gt=free).count():
                self.fields["account_type"].help_text = (
                    f"LinkedIn takes {free} characters from free accounts. Notes that wait and are "
                    f"longer: {number}. As a free account's they are held until they are shortened."
                )

        if "day_zone" in self.fields:
            self._propose_zone(self.fields["day_zone"])

    def _propose_zone(self, field: forms.Field) -> None:
        """Propose the zone of the workspace's hours, of a new account where there is one only."""
        field.widget = AdminTextInputWidget(attrs={"list": "zone-names"})
        if not self.instance._state.adding:
            proposed = {_zone_of_hours(self.instance.workspace)}
        else:
            mine = behind_walls(Workspace.objects.all(), self.user, "pk")
            rows = mine.select_related("sending_hours")[: PROPOSED_AT_MOST + 1]
            proposed = {_zone_of_hours(workspace) for workspace in rows}
            if len(proposed) == 1:
                field.initial = field.initial or next(iter(proposed))
        field.help_text += f" Proposed: {' or '.join(sorted(proposed)[:PROPOSED_AT_MOST])}."

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        if not self.user.has_perm(RAISE_CAP):
            for field in raised(self.instance, values):
                self.add_error(field, NEEDS_RAISE_CAP)
        return values


def _zone_of_hours(workspace: Workspace) -> str:
    return (workspace.sending_hours or default_hours()).timezone


def day_apart(account: LinkedInAccount, now: dt.datetime) -> str:
    """Say so where an account's day ends within its workspace's hours; "" where it does not."""
    zone, of_hours = gates.zone_of(account).key, _zone_of_hours(account.workspace)
    if zone == of_hours or account.day_zone:
        return ""
    value = gates.hours_of(account.workspace.sending_hours or default_hours())
    spans = hours.windows(value, now, now + dt.timedelta(days=DAYS_AHEAD))
    if all(span.closes <= gates.day_of(account, span.opens).ends for span in spans):
        return ""
    return (
        f"Its day begins at midnight in {zone}, and its workspace's sending hours are in "
        f"{of_hours}: the limits of two days can go within one day there. Choose {of_hours} under "
        "“Day begins at midnight in”."
    )


def raised(account: LinkedInAccount, values: dict[str, Any]) -> list[str]:
    """Name the fields that would raise a cap of an account, as it is stored.

    A new account is measured by its type.
    """
    policy, is_new = gates.policy(), account._state.adding
    kind = values.get("account_type", account.account_type)
    old_kind = kind if is_new else account.account_type
    found = []
    for field, by_type in (
        ("daily_limit", policy.type_daily),
        ("weekly_limit", policy.type_weekly),
    ):
        old, new = None if is_new else getattr(account, field), values.get(field)
        before = by_type[old_kind] if old is None else old
        after = by_type[kind] if new is None else new
        if after > before:
            found.append(field if new != old else "account_type")
    place = values.get("workspace")
    if place and not is_new and _ceiling(place) > _ceiling(account.workspace):
        found.append("workspace")
    started, starts = account.warm_up_started_on, values.get("warm_up_started_on")
    if started and (starts is None or starts < started):
        found.append("warm_up_started_on")
    return [field for field in dict.fromkeys(found) if field in values]


def _ceiling(workspace: Workspace) -> float:
    """Return what a workspace lets each of its accounts send a day at most."""
    caps = (workspace.daily_cr_limit, settings.TIER_DAILY_LIMITS.get(workspace.tier))
    return min((cap for cap in caps if cap is not None), default=math.inf)


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
    rows = QueueItem.objects.filter(linkedin_account=account).counting_since(past[0].begins)
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
    return account.paused_until is not None and account.paused_until > now


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
class LinkedInAccountAdmin(AccountColumns, ForeseenAdmin):
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
            "rests": _rests(account, now),
            "days": days,
            "limit_line": " ".join(steps),
            "chart": (CHART_WIDTH, CHART_HEIGHT),
            "day_zone": gates.zone_of(account).key,
            "day_apart": day_apart(account, now),
            "out_of_reach": [
                problem
                for _, problem in cadence.limits_out_of_reach(
                    now, LinkedInAccount.objects.filter(pk=account.pk)
                )
            ],
        }
