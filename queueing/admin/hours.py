"""Sending hours, with their closed days."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Q
from django.http import HttpRequest

from campaigns.desk import DeskAdmin, DeskInline
from campaigns.models import ClosedDay, SendingHours


class ClosedDayInline(DeskInline):
    model = ClosedDay
    show_change_link = False


@admin.register(SendingHours)
class SendingHoursAdmin(DeskAdmin):
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


def _is_own(request: HttpRequest, hours: SendingHours | None) -> bool:
    """Say whether the user may edit these hours: shared ones are for superusers."""
    return request.user.is_superuser or hours is None or hours.workspace_id is not None
