"""Who may be written to: workspaces, prospects, and the do-not-contact list."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from campaigns.admin.imports import DoNotContactForm, ImportingAdmin, ProspectsForm
from campaigns.desk import DeskAdmin
from campaigns.models import DoNotContact, Prospect, Workspace


@admin.register(Workspace)
class WorkspaceAdmin(DeskAdmin):
    workspace_path = "pk"
    list_display = ("name", "tier", "daily_cr_limit", "sending_hours")
    list_filter = ("tier",)
    list_select_related = ("sending_hours",)
    search_fields = ("name",)
    autocomplete_fields = ("sending_hours",)
    filter_horizontal = ("members",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Who belongs to a workspace decides who sees it.
        return () if request.user.is_superuser else ("members",)


@admin.register(Prospect)
class ProspectAdmin(ImportingAdmin):
    import_form = ProspectsForm
    import_title = "Import people into a campaign"
    workspace_path = "campaign__workspace"
    list_display = ("__str__", "company", "campaign", "status", "follow_up_due_at")
    list_filter = ("status",)
    list_select_related = ("campaign",)
    search_fields = ("first_name", "last_name", "public_identifier")
    autocomplete_fields = ("campaign",)
    readonly_fields = ("resolved_with", "resolved_at", "created_at")


@admin.register(DoNotContact)
class DoNotContactAdmin(ImportingAdmin):
    import_form = DoNotContactForm
    import_title = "Import a do-not-contact list"
    list_display = ("value", "kind", "workspace", "reason", "created_at")
    list_filter = ("kind",)
    list_select_related = ("workspace",)
    search_fields = ("value",)
    autocomplete_fields = ("workspace",)
