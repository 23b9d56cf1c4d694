"""Filters of the admin's lists that people fill in: part of a name, a range of dates."""

import datetime as dt
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.functional import cached_property

from campaigns.pages.lists import behind_walls

SUGGESTED_AT_MOST = 50


class Field(NamedTuple):
    """One input: `kind` is that of HTML."""

    name: str
    label: str
    kind: str = "text"


class FormFilter(admin.ListFilter):
    """A filter with inputs; without JavaScript, in the address, beside all other filters."""

    template = "admin/form_filter.html"
    fields: tuple[Field, ...] = ()

    def __init__(
        self,
        request: HttpRequest,
        params: dict[str, list[str]],
        model: type[Model],
        model_admin: Any,
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for field in self.fields:
            if field.name in params:
                self.used_parameters[field.name] = params.pop(field.name)[-1].strip()

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [field.name for field in self.fields]

    def suggestions(self) -> list[str]:
        """Return texts to choose from; people may type others."""
        return []

    def picked(self) -> list[tuple[str, str]]:
        """Return values to pick from with their words; nothing where there are too many."""
        return []

    def shown(self, field: Field) -> str:
        """Return the value as people read it."""
        return str(self.used_parameters.get(field.name, ""))

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        own = {field.name for field in self.fields}
        yield {
            "fields": [(field, self.shown(field)) for field in self.fields],
            "others": [
                (name, value)
                for name, values in changelist.params.items()
                for value in ([values] if isinstance(values, str) else values)
                if name not in own and name != "p"
            ],
            "suggestions": self.suggestions(),
            "picked": self.picked(),
            "without": changelist.get_query_string(remove=sorted(own)),
            "is_used": any(self.used_parameters.values()),
        }


class RelatedFilter(FormFilter):
    """Rows whose related row has this text in its name; a link may give its id instead."""

    related: type[Model]
    lookup = ""
    workspace_path = "workspace"

    def rows(self) -> QuerySet[Any]:
        user: Any = self.request.user
        return behind_walls(self.related._default_manager.all(), user, self.workspace_path)

    @cached_property
    def _named(self) -> list[tuple[str, str]]:
        named = self.rows().order_by("name").values_list("pk", "name")[: SUGGESTED_AT_MOST + 1]
        return [(str(key), name) for key, name in named]

    def suggestions(self) -> list[str]:
        return [name for _, name in self._named[:SUGGESTED_AT_MOST]]

    def picked(self) -> list[tuple[str, str]]:
        """Return all, where a list can hold them and none was typed in part."""
        value = str(self.used_parameters.get(self.fields[0].name, ""))
        is_typed = bool(value) and value not in dict(self._named)
        return [] if is_typed or len(self._named) > SUGGESTED_AT_MOST else self._named

    def shown(self, field: Field) -> str:
        key = _as_uuid(super().shown(field))
        if key is None:
            return super().shown(field)
        row = self.rows().filter(pk=key).first()
        return str(row) if row else ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = str(self.used_parameters.get(self.fields[0].name, ""))
        if not value:
            return queryset
        key = _as_uuid(value)
        found = self.rows().filter(pk=key) if key else self.rows().filter(name__icontains=value)
        # A plain list of ids: so the planner knows how few there are.
        return queryset.filter(**{f"{self.lookup}__in": list(found.values_list("pk", flat=True))})


def _as_uuid(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value)
    except ValueError:
        return None


class DateRangeFilter(FormFilter):
    """Rows whose instant lies on these days of the reader's, both included."""

    lookup = ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since, until = (self._day(field) for field in self.fields)
        if since:
            queryset = queryset.filter(**{f"{self.lookup}__gte": _midnight(since)})
        if until and until < dt.date.max:
            queryset = queryset.filter(
                **{f"{self.lookup}__lt": _midnight(until + dt.timedelta(days=1))}
            )
        return queryset

    def _day(self, field: Field) -> dt.date | None:
        try:
            return parse_date(str(self.used_parameters.get(field.name, "")))
        except ValueError:  # 31 February: the input shows it, and it does not narrow the list
            return None


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), timezone.get_current_timezone())


def date_range(title_: str, field: str, prefix: str) -> type[DateRangeFilter]:
    """Return a filter on a field, with parameters `<prefix>_from` and `<prefix>_until`."""

    class Filter(DateRangeFilter):
        title = title_
        lookup = field
        fields = (
            Field(f"{prefix}_from", "From", "date"),
            Field(f"{prefix}_until", "Until", "date"),
        )

    return Filter
