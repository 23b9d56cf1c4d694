"""The global stop: a page of its own, reached from every page's header."""

from typing import cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from campaigns.pages import DeskAdmin, ReasonForm, reason_field
from queueing.admin.evidence import ReadOnly
from queueing.models import SendingStop
from queueing.staff import places

PERMISSION = "queueing.stop_all_sending"


@admin.register(SendingStop)
class SendingStopAdmin(ReadOnly, DeskAdmin):
    """Who stopped all sending, when and why, and who let it go on."""

    list_display = ("stopped_at", "stopped_by", "reason", "lifted_at", "lifted_by")
    list_select_related = ("stopped_by", "lifted_by")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[SendingStop]:
        return admin.ModelAdmin.get_queryset(self, request)  # a stop holds all workspaces


class StopForm(ReasonForm):
    reason = reason_field(
        help_text="It goes into the log, and everybody sees it while sending is stopped.",
        error_messages={"required": "Say why: others will want to know."},
    )


def stop_page(request: HttpRequest) -> HttpResponse:
    """Stop all sending.

    Stopping and letting go on have a URL each, so that what is pressed on a stale page is never
    taken for its opposite.
    """
    return _page(request, lifting=False)


def lift_page(request: HttpRequest) -> HttpResponse:
    """Let all sending go on."""
    return _page(request, lifting=True)


def _page(request: HttpRequest, *, lifting: bool) -> HttpResponse:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    form = StopForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        _act(request, form.cleaned_data["reason"], lifting=lifting)
        return HttpResponseRedirect(reverse("admin:index"))
    context = {
        **admin.site.each_context(request),
        "title": "Let all sending go on" if lifting else "Stop all sending",
        "form": form,
        "lifting": lifting,
    }
    return render(request, "admin/sending_stop.html", context)


def _act(request: HttpRequest, reason: str, *, lifting: bool) -> None:
    user, now = cast(User, request.user), timezone.now()
    try:
        if lifting:
            places.lift_stop(user, reason, now)
        else:
            places.stop_all(user, reason, now)
    except places.NotNowError as error:
        messages.warning(request, str(error))
    else:
        messages.success(
            request,
            "Sending goes on with the next run."
            if lifting
            else "All sending is stopped. Requests that were under way end by themselves.",
        )
