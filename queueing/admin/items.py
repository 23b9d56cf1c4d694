"""The queue."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from campaigns.desk import DeskAdmin
from queueing.admin.evidence import AttemptInline
from queueing.models import QueueItem


@admin.register(QueueItem)
class QueueItemAdmin(DeskAdmin):
    list_display = (
        "prospect",
        "campaign",
        "linkedin_account",
        "status",
        "scheduled_for",
        "sent_at",
        "error_message",
    )
    list_filter = ("status",)
    list_select_related = ("prospect", "campaign", "linkedin_account")
    search_fields = ("person_key", "prospect__first_name", "prospect__last_name")
    fields = (
        "prospect",
        "campaign",
        "linkedin_account",
        "message",
        "status",
        "scheduled_for",
        "sent_at",
        "error_code",
        "error_message",
        "attempts",
        "claimed_at",
        "invitation_id",
        "created_at",
        "updated_at",
    )
    inlines = (AttemptInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # planning queues people, under limits and in hours

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Calls are the evidence of what was done; in bulk, such items are protected.
        return super().has_delete_permission(request, obj) and (
            obj is None or not obj.send_attempts.exists()
        )
