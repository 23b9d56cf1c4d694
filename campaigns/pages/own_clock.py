"""Django's columns and fields that are only looked at, by the reader's clock."""

import datetime as dt
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, cast

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.helpers import (
    AdminField,
    AdminForm,
    AdminReadonlyField,
    Fieldline,
    Fieldset,
)
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns.pages import clock


def column(model: type[models.Model], name: str) -> str | Callable[[Any], Any]:
    """Return a list's column; of an instant, or a text that may hold some, one that shows them."""
    return _column(model._meta.label, name)


@lru_cache(maxsize=256)  # the same column each time it is asked for: Django compares them
def _column(label: str, name: str) -> str | Callable[[Any], Any]:
    try:
        field = apps.get_model(label)._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    if isinstance(field, models.DateTimeField):
        show: Callable[[Any], Any] = clock.shown
    elif isinstance(field, models.TextField):
        show = clock.own
    elif isinstance(field, models.CharField) and name == "status" and field.choices:
        show = _pill(dict(field.flatchoices))
    else:
        return name

    @admin.display(description=field.verbose_name, ordering=name)
    def shown(row: Any) -> Any:
        value = getattr(row, name)
        return show(value) if value else None

    shown.__name__ = name  # of which the column's class in the page is made
    return shown


def _pill(labels: dict[str, str]) -> Callable[[str], SafeString]:
    """Return what shows a state by word, colour and shape."""
    return lambda value: format_html(
        '<span class="pill {}">{}</span>', value, labels.get(value, value)
    )


class OwnClockForm(AdminForm):
    """A form whose fields that are only looked at show instants by the reader's clock."""

    @classmethod
    def of(cls, form: AdminForm) -> "OwnClockForm":
        own = cls(form.form, form.fieldsets, {}, form.readonly_fields, form.model_admin)
        own.prepopulated_fields = form.prepopulated_fields
        return own

    def __iter__(self) -> Iterator[Fieldset]:
        for name, options in self.fieldsets:
            yield _Fieldset(
                self.form,
                name,
                readonly_fields=self.readonly_fields,
                model_admin=self.model_admin,
                **cast(dict[str, Any], options),
            )


class _Fieldset(Fieldset):
    def __iter__(self) -> Iterator[Fieldline]:
        for field in cast(Any, self).fields:
            yield _Line(self.form, field, self.readonly_fields, model_admin=self.model_admin)


class _Line(Fieldline):
    def __iter__(self) -> Iterator[Any]:
        for index, field in enumerate(self.fields):
            is_first = index == 0
            if field in self.readonly_fields:
                yield _Looked(self.form, field, is_first, model_admin=self.model_admin)
            else:
                yield AdminField(self.form, field, is_first)


class _Looked(AdminReadonlyField):
    def contents(self) -> SafeString:
        value = getattr(self.form.instance, str(self.field["field"]), None)
        if isinstance(value, dt.datetime):
            return clock.shown(value) or SafeString()
        return SafeString(clock.own(super().contents()))
