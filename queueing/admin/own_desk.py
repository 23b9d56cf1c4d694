"""How people set up their own desks: by which clock they read it, and which client they see."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from campaigns.hours import clocks, zones
from campaigns.models import Desk, Workspace
from campaigns.pages import back_to, behind_walls, clock
from queueing.admin.confirming import is_uuid


class ClockForm(forms.ModelForm):  # type: ignore[type-arg]
    """Asks for a zone."""

    class Meta:
        model = Desk
        fields = ("timezone",)
        widgets = {"timezone": forms.TextInput(attrs={"list": "zone-names", "class": "vTextField"})}


def clock_page(request: HttpRequest) -> HttpResponse:
    """Let somebody choose the clock by which they read, and go back to where they were."""
    user = cast(User, request.user)
    desk = Desk.objects.filter(user=user).first() or Desk(user=user, timezone=clock.here())
    form = ClockForm(request.POST or None, instance=desk)
    back = back_to(request, reverse("admin:index"))
    if request.method == "POST" and form.is_valid():
        form.save()
        local = timezone.localtime(timezone=zones.zone(desk.timezone))
        now = f"{clocks.time_said(local)} in {clocks.city(desk.timezone)}"
        messages.success(request, f"All times are by your clock now: {now}.")
        return HttpResponseRedirect(back)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Your clock",
        "form": form,
        "back": back,
        "zone_names": sorted(zones.choosable()),
    }
    return render(request, "admin/clock.html", context)


@require_POST
def choose_client(request: HttpRequest) -> HttpResponse:
    """Narrow every list to one client, or to none; somebody without a desk gets one."""
    user, key = cast(User, request.user), request.POST.get("client", "")
    mine = behind_walls(Workspace.objects.all(), user, "pk", narrowed=False)
    chosen = mine.filter(pk=key).first() if is_uuid(key) else None
    desk = Desk.objects.filter(user=user).first() or Desk(user=user, timezone=clock.here())
    desk.client = chosen
    desk.save()
    return HttpResponseRedirect(back_to(request, reverse("admin:index")))
