"""Download a list as it is filtered, as CSV or XLSX."""

import codecs
import datetime as dt
import re
from typing import Any, cast

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db.models import DateTimeField, Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from import_export.formats.base_formats import CSV, XLSX
from import_export.resources import ModelResource

from campaigns.cells import as_text
from campaigns.pages import clock
from campaigns.pages.lists import DeskAdmin

AT_MOST = 100_000  # rows: a sheet is built in memory
FORMATS = {"csv": CSV, "xlsx": XLSX}

# What no sheet may hold.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def as_plain_text(value: object) -> str:
    """Return a cell that every spreadsheet shows and none runs: strangers wrote these texts."""
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    text = _CONTROL.sub(" ", "" if value is None else str(value))
    return as_text(text)


class PlainResource(ModelResource):  # type: ignore[misc]
    """A row of a list in a sheet. Instants are by the clock of whoever exports, and say which."""

    def get_export_headers(self, selected_fields: Any = None) -> list[str]:
        columns = [field for field in self.get_export_fields(selected_fields) if field]
        return [
            f"{column.column_name} ({clock.here()})"
            if self._is_instant(column.attribute)
            else str(column.column_name)
            for column in columns
        ]

    def _is_instant(self, attribute: str) -> bool:
        fields = {field.name: field for field in self._meta.model._meta.get_fields()}
        return isinstance(fields.get(attribute), DateTimeField)

    def export_field(self, field: Any, instance: Model, **kwargs: Any) -> str:
        return as_plain_text(field.get_value(instance))


class ExportingAdmin(DeskAdmin):
    """A list with `export/csv/` and `export/xlsx/` beside it. `export_resource` has its columns."""

    export_resource: type[PlainResource]
    change_list_template = "admin/exported_change_list.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_export"
        view = self.admin_site.admin_view(self.export_view)
        return [path("export/<str:kind>/", view, name=name), *super().get_urls()]

    def export_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Answer with the file; what the filters leave, behind the walls, in the list's order."""
        if kind not in FORMATS:
            raise Http404(f"There is no export as {kind}.")
        if not self.has_view_permission(request):
            return HttpResponse("You may not see this list.", status=403)
        back = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(back)
        if rows[AT_MOST : AT_MOST + 1].exists():
            messages.error(request, f"An export holds {AT_MOST:,} rows at most: narrow the list.")
            return HttpResponseRedirect(f"{back}?{request.GET.urlencode()}")
        sheet = FORMATS[kind]()
        data = sheet.export_data(self.export_resource().export(rows.iterator(chunk_size=2000)))
        if isinstance(data, str):  # Excel takes a CSV file for UTF-8 only with this mark
            data = codecs.BOM_UTF8 + data.encode()
        answer = HttpResponse(data, content_type=sheet.get_content_type())
        name = f"{self.opts.verbose_name_plural} {timezone.localdate():%Y-%m-%d}.{kind}"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        _note(request, self.model, request.GET.urlencode())
        return answer


def _note(request: HttpRequest, model: type[Model], filters: str) -> None:
    LogEntry.objects.create(
        user=cast(User, request.user),
        content_type=ContentType.objects.get_for_model(model),
        object_repr=f"list of {model._meta.verbose_name_plural}",
        action_flag=CHANGE,
        change_message=f"Exported the list ({filters or 'no filter'}).",
    )
