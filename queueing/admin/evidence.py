"""What was done: runs and calls. Read only."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from campaigns.pages import DeskAdmin, column
from queueing.models import ProcessRun, SendAttempt


class ReadOnly:
    """Evidence is looked at, never written."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(SendAttempt)
class SendAttemptAdmin(ReadOnly, DeskAdmin):
    workspace_path = "item__workspace"
    list_display = ("item", "number", "kind", "started_at", "outcome", "http_status", "error_code")
    list_filter = ("kind", "outcome")
    list_select_related = ("item__prospect",)
    ordering = ("-started_at",)


@admin.register(ProcessRun)
class ProcessRunAdmin(ReadOnly, DeskAdmin):
    list_filter = ("trigger",)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return [column(self.model, name) for name in self.get_fields(request)]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # The message may name a person, of whatever workspace; the counts are of all of them.
        more = ("counts", "message") if obj else ("message",)
        shown = ("started_at", "finished_at", "trigger")
        return (*shown, *more) if request.user.is_superuser else shown

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return admin.ModelAdmin.get_queryset(self, request)  # a run serves all workspaces

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Let nobody find out by filters what the columns keep from them."""
        field = lookup.partition("__")[0]
        return field in self.get_fields(request) and super().lookup_allowed(lookup, value, request)
