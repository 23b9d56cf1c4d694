"""The queue."""

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from campaigns.desk import DeskAdmin
from queueing import gates
from queueing.admin.evidence import AttemptInline
from queueing.models import QueueItem
from queueing.staff import items, triage


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
    actions = ("retry_failed", "skip")
    search_fields = ("person_key", "prospect__first_name", "prospect__last_name")
    fields = (
        "prospect",
        "campaign",
        "linkedin_account",
        "message",
        "status",
        "why_not_yet",
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

    @admin.display(description="Why not yet?")
    def why_not_yet(self, item: QueueItem) -> SafeString | str:
        """Show every gate in order, and when the item can go."""
        if item.status != QueueItem.Status.PENDING:
            return "-"
        report = gates.report(item.pk, timezone.now())
        lines = [(("open" if state.is_open else "CLOSED"), state.detail) for state in report.states]
        if report.earliest is not None:
            lines.append(("earliest", f"{report.earliest:%Y-%m-%d %H:%M} UTC"))
        elif not report.is_open:
            lines.append(("earliest", "not before somebody acts"))
        return format_html_join("", "<div><b>{}</b>: {}</div>", lines)

    @admin.action(permissions=["change"], description="Retry: failed items wait again")
    def retry_failed(self, request: HttpRequest, chosen: QuerySet[QueueItem]) -> None:
        self._act(request, items.BackToPending(), chosen)

    @admin.action(permissions=["change"], description="Skip: pending and failed items")
    def skip(self, request: HttpRequest, chosen: QuerySet[QueueItem]) -> None:
        self._act(request, triage.Skip(), chosen)

    def _act(
        self, request: HttpRequest, action: items.ItemAction, chosen: QuerySet[QueueItem]
    ) -> None:
        rows = QueueItem.objects.filter(pk__in=chosen.values("pk"))
        result = items.act(
            action,
            rows,
            cast(User, request.user),
            timezone.now(),
            reason="from the list of queue items",
        )
        self.message_user(request, result.sentence(action.verb))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # planning queues people, under limits and in hours

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Calls are the evidence of what was done; in bulk, such items are protected.
        return super().has_delete_permission(request, obj) and (
            obj is None or not obj.send_attempts.exists()
        )
