"""Who did what, when and why, to rows of all kinds: the log that every change leaves."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from import_export.fields import Field

from campaigns.pages import ExportingAdmin, PlainResource, clock, date_range
from queueing.admin.evidence import ReadOnly

SHOWN = 600  # characters: a reason has fewer, the filters of an export may have more
DoneFilter = date_range("done", "action_time", "done")


class KindFilter(admin.SimpleListFilter):
    """Kinds of rows that have pages of their own: the log is of nothing else."""

    title = "kind"
    parameter_name = "content_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = ContentType.objects.get_for_models(*admin.site._registry).values()
        named = {str(kind.pk): capfirst(kind.name) for kind in kinds}
        return sorted(named.items(), key=lambda entry: entry[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if not chosen:
            return queryset
        known = chosen in dict(self.lookup_choices)
        return queryset.filter(content_type=chosen) if known else queryset.none()


class LogResource(PlainResource):
    at = Field("action_time", "when")
    user = Field("user__username", "who")
    kind = Field("content_type__name", "kind")
    row = Field("object_repr", "to what")
    what = Field("get_change_message", "what, and why")

    class Meta:
        model = LogEntry
        fields = ("at", "user", "kind", "row", "what")


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnly, ExportingAdmin):
    export_resource = LogResource
    list_display = ("at", "user", "content_type", "what_it_was", "what_was_done")
    list_display_links = None
    list_filter = ("user", "action_flag", KindFilter, DoneFilter)
    list_select_related = ("user", "content_type")
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("at", "user", "content_type", "what_it_was", "what_was_done")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return all for superusers; others see what they did: an entry knows no workspace."""
        rows = admin.ModelAdmin.get_queryset(self, request)
        return rows if request.user.is_superuser else rows.filter(user=request.user)

    @admin.display(description="when")
    def at(self, entry: LogEntry) -> SafeString | None:
        return clock.shown(entry.action_time)

    @admin.display(description="to what")
    def what_it_was(self, entry: LogEntry) -> SafeString | str:
        url = entry.get_admin_url() if entry.object_id and not entry.is_deletion() else None
        if url is None:
            return clock.own(entry.object_repr)
        return format_html('<a href="{}">{}</a>', url, clock.own(entry.object_repr))

    @admin.display(description="what, and why")
    def what_was_done(self, entry: LogEntry) -> str:
        what = entry.get_change_message() or entry.get_action_flag_display()
        return clock.own(Truncator(what).chars(SHOWN))
