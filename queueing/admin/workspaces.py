"""Workspaces, with what they mean for the queue: their caps, their hours and their forecast."""

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.utils import timezone

from campaigns.admin import WorkspaceAdmin
from campaigns.models import Campaign, LinkedInAccount, Workspace
from campaigns.pages import ReasonedForm, client, clock
from queueing.admin import beginning, stopping
from queueing.admin.account_form import NEEDS_RAISE_CAP, RAISE_CAP
from queueing.admin.anew import with_waiting
from queueing.admin.clients import ReportingAdmin
from queueing.admin.forecast import ForecastAdmin
from queueing.desk import clients

admin.site.unregister(Workspace)


class WorkspaceForm(ReasonedForm):
    """Refuses to raise a cap to those who may not."""

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        workspace = self.instance
        if self.user.has_perm(RAISE_CAP) or workspace._state.adding:
            return values
        if "daily_cr_limit" in values and _is_higher(
            values["daily_cr_limit"], workspace.daily_cr_limit
        ):
            self.add_error("daily_cr_limit", NEEDS_RAISE_CAP)
        tiers = settings.TIER_DAILY_LIMITS
        if "tier" in values and _is_higher(tiers.get(values["tier"]), tiers.get(workspace.tier)):
            self.add_error("tier", NEEDS_RAISE_CAP)
        return values


def _is_higher(new: int | None, old: int | None) -> bool:
    """Compare two caps; None is no cap at all."""
    return old is not None and (new is None or new > old)


@admin.register(Workspace)
class WorkspaceOfTheQueueAdmin(WorkspaceAdmin, ReportingAdmin, ForecastAdmin):
    form = WorkspaceForm
    times_depend_on = ("daily_cr_limit", "tier", "sending_hours")

    def must_be_explained(self, row: Workspace) -> Collection[str]:
        return (*self.times_depend_on, "members")

    def accounts_of(self, row: Workspace) -> list[LinkedInAccount]:
        return with_waiting(Campaign.objects.filter(workspace=row))

    def panel(self, request: HttpRequest, row: Workspace) -> dict[str, Any]:
        return {
            **super().panel(request, row),
            "client": clients.client(row, timezone.now(), clock.zone()),
            "may_stop": stopping.may_stop(request.user),
            "may_lift": request.user.has_perm(stopping.PERMISSION),
            "is_narrowed": client.of(request.user) == row.pk,
        }

    def response_add(self, request: HttpRequest, obj: Workspace, *args: Any) -> Any:
        answer = super().response_add(request, obj, *args)
        is_plain = not {"_popup", "_addanother", "_continue"} & request.POST.keys()
        following = beginning.next_after(request.user, obj) if is_plain else ""
        return HttpResponseRedirect(following) if following else answer
