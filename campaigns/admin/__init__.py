"""Workspaces, and whom they never write to. Prospects are with the queue that they are in."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from import_export.fields import Field

from campaigns.admin.imports import ImportingAdmin
from campaigns.admin.upload_forms import DoNotContactForm
from campaigns.models import DoNotContact, Workspace
from campaigns.pages import DeskAdmin, PlainResource


@admin.register(Workspace)
class WorkspaceAdmin(DeskAdmin):
    workspace_path = "pk"
    list_display = ("name", "tier", "daily_cr_limit", "sending_hours")
    list_filter = ("tier",)
    list_select_related = ("sending_hours",)
    search_fields = ("name",)
    autocomplete_fields = ("sending_hours",)
    filter_horizontal = ("members",)
    fieldsets = (
        (None, {"fields": ("name", "members", "notify_emails")}),
        (
            "How it sends",
            {"fields": ("sending_hours", "daily_cr_limit", "tier", "withdraw_after_days")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Who belongs to a workspace decides who sees it. A name that is taken would tell of others.
        return () if request.user.is_superuser else ("name", "members")

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kwargs["extra_context"] = {"title": "New client", **(kwargs.get("extra_context") or {})}
        return super().add_view(request, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Lead to the new client's page, which says what comes next."""
        answer = super().response_add(request, obj, *args, **kwargs)
        if {"_popup", "_addanother", "_continue"} & request.POST.keys():
            return answer
        return redirect("admin:campaigns_workspace_change", obj.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_superuser) and super().has_add_permission(request)


class DoNotContactResource(PlainResource):
    workspace = Field("workspace__name", "workspace")
    kind = Field("get_kind_display", "kind")
    value = Field("value", "value")
    reason = Field("reason", "reason")
    since = Field("created_at", "since")

    class Meta:
        model = DoNotContact
        fields = ("workspace", "kind", "value", "reason", "since")


@admin.register(DoNotContact)
class DoNotContactAdmin(ImportingAdmin):
    export_resource = DoNotContactResource
    import_form = DoNotContactForm
    import_title = "Import a do-not-contact list"
    list_display = ("value", "kind", "workspace", "reason", "created_at")
    list_filter = ("kind",)
    list_select_related = ("workspace",)
    search_fields = ("value",)
    autocomplete_fields = ("workspace",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Added, and lifted by deleting: never changed into an entry for somebody else.
        return ("workspace", "kind", "value") if obj else ()

    def must_be_explained(self, row: DoNotContact | None) -> Collection[str]:
        return ("reason",)
