"""Stops: of all sending, by superusers, or of a client's, by anybody who works for it.

A page of its own, reached from every page's header and from the client's. To stop is safe, and so
is for everybody; managers let sending go on.
"""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Workspace
from campaigns.pages import DeskAdmin, ReasonForm, behind_walls, client, reason_field
from queueing.admin.evidence import ReadOnly
from queueing.desk.context import stops_shown_to
from queueing.models import SendingStop
from queueing.staff import places

PERMISSION = "queueing.stop_all_sending"
"""To let go on what is stopped, and for superusers to stop all."""


def may_stop(user: Any) -> bool:
    """Say whether somebody may stop the sending of their own clients."""
    return bool(user.has_perm("queueing.view_queueitem"))


@admin.register(SendingStop)
class SendingStopAdmin(ReadOnly, DeskAdmin):
    """Who stopped sending, when and why, and who let it go on."""

    list_display = ("stopped_at", "of", "stopped_by", "reason", "lifted_at", "lifted_by")
    list_select_related = ("stopped_by", "lifted_by", "workspace")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[SendingStop]:
        rows = admin.ModelAdmin.get_queryset(self, request)
        return rows.filter(workspace__isnull=True) | behind_walls(rows, request.user, "workspace")

    @admin.display(description="of")
    def of(self, stop: SendingStop) -> str:
        return str(stop.workspace or "all clients")


class StopForm(ReasonForm):
    """Asks of which workspace, where that is not plain, and why."""

    workspace = forms.ModelChoiceField(
        label="Client", queryset=Workspace.objects.none(), required=False
    )
    reason = reason_field(
        help_text="It goes into the log, and everybody whose sending it stops sees it.",
        error_messages={"required": "Say why: others will want to know."},
    )
    field_order = ("workspace", "reason")
    only: Workspace | None = None

    def __init__(
        self, data: Any, workspaces: models.QuerySet[Workspace], first: str, *, for_all: bool
    ) -> None:
        super().__init__(data, initial={"workspace": first})
        field = cast("forms.ModelChoiceField[Workspace]", self.fields["workspace"])
        field.queryset = workspaces
        field.empty_label = "All clients" if for_all else "---------"
        field.required = not for_all
        choices = list(workspaces[:2])
        if len(choices) + for_all <= 1:  # nothing to choose
            field.required, self.only = False, choices[0] if choices else None
            field.widget = forms.HiddenInput()

    def of(self) -> Workspace | None:
        """Return the workspace whose sending is meant; None for all."""
        return self.cleaned_data["workspace"] or self.only


def stop_page(request: HttpRequest) -> HttpResponse:
    """Stop sending.

    Stopping and letting go on have a URL each, so that what is pressed on a stale page is never
    taken for its opposite.
    """
    return _page(request, lifting=False)


def lift_page(request: HttpRequest) -> HttpResponse:
    """Let sending go on."""
    return _page(request, lifting=True)


def _page(request: HttpRequest, *, lifting: bool) -> HttpResponse:
    user = cast(User, request.user)
    mine = behind_walls(Workspace.objects.all(), user, "pk", narrowed=False)
    may = user.has_perm(PERMISSION) if lifting else may_stop(user)
    if not may or not (user.is_superuser or mine.exists()):
        raise PermissionDenied
    stops = [one for one in stops_shown_to(user) if one.workspace_id or user.is_superuser]
    for_all = user.is_superuser
    if lifting:  # only what is stopped can go on
        mine = mine.filter(pk__in=[one.workspace_id for one in stops if one.workspace_id])
        for_all = any(one.workspace_id is None for one in stops)
    first = request.GET.get("workspace") or str(client.of(user) or "")
    form = StopForm(request.POST or None, mine, first, for_all=for_all)
    if request.method == "POST" and form.is_valid():
        _act(request, form, lifting=lifting)
        return HttpResponseRedirect(reverse("admin:index"))
    context = {
        **admin.site.each_context(request),
        "title": "Let sending go on" if lifting else "Stop sending",
        "form": form,
        "lifting": lifting,
        "stops": stops,
        "one": form.only or (None if user.is_superuser else "one of your clients"),
        "may_lift": user.has_perm(PERMISSION),
    }
    return render(request, "admin/sending_stop.html", context)


def _act(request: HttpRequest, form: StopForm, *, lifting: bool) -> None:
    user, now = cast(User, request.user), timezone.now()
    of, reason = form.of(), form.cleaned_data["reason"]
    what = f"The sending of {of}" if of else "All sending"
    try:
        if lifting:
            places.lift_stop(user, reason, now, of)
        else:
            places.stop_all(user, reason, now, of)
    except places.NotNowError as error:
        messages.warning(request, str(error))
    else:
        messages.success(
            request,
            f"{'Sending' if of is None else what} goes on with the next run."
            if lifting
            else f"{what} is stopped. Requests that were under way end by themselves.",
        )
