"""What every page of the admin has in common: walls between workspaces, and lists of any length."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import (
    AdminSplitDateTime,
    AutocompleteMixin,
    AutocompleteSelect,
    AutocompleteSelectMultiple,
)
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from campaigns.pages import client
from campaigns.pages.checked import NUL, CheckedLists
from campaigns.pages.fresh import FreshForm
from campaigns.pages.own_clock import OwnClockForm, column
from campaigns.pages.plain_json import PlainJSON
from campaigns.pages.reasons import ReasonedAdmin, ReasonedFormSet

_M = TypeVar("_M", bound=models.Model)
User = AbstractBaseUser | AnonymousUser


def behind_walls(
    rows: models.QuerySet[_M], user: User, path: str, *, narrowed: bool = True
) -> models.QuerySet[_M]:
    """Return those rows that belong to a workspace of the user's; superusers see all.

    :param path: the lookup that leads from a row to its workspace, `pk` for a workspace itself.
    :param narrowed: to the one client that the user has chosen, if any.
    """
    if narrowed and (chosen := client.narrows(user)):
        rows = rows.filter(**{path: chosen})
    if getattr(user, "is_superuser", False):
        return rows
    return rows.filter(**{f"{path}__in": getattr(user, "workspaces").values("pk")})  # noqa: B009


def workspaces_of(user: User) -> list[uuid.UUID] | None:
    """Return the workspaces that a user sees; None for all."""
    chosen = client.narrows(user)
    if getattr(user, "is_superuser", False) and chosen:
        return [chosen]
    if getattr(user, "is_superuser", False):
        return None
    own = getattr(user, "workspaces")  # noqa: B009
    return list((own.filter(pk=chosen) if chosen else own).values_list("pk", flat=True))


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to a bound: nobody pages through a million rows, and counting them takes seconds.

    `is_cut` says that there are more than `count`.
    """

    COUNT_AT_MOST = 10_000

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        if not isinstance(rows, models.QuerySet):
            return len(rows)
        return rows.order_by()[: self.COUNT_AT_MOST + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self._counted, self.COUNT_AT_MOST)

    @property
    def is_cut(self) -> bool:
        return self._counted > self.COUNT_AT_MOST


class _PossibleKeys(AutocompleteMixin):
    """Leaves out what cannot be a row's key: an address may bring anything."""

    field: Any

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, list(filter(self._can_be_key, value)), attr)

    def _can_be_key(self, value: Any) -> bool:
        try:
            self.field.target_field.to_python(value)
        except ValidationError:
            return False
        return True


class Choice(_PossibleKeys, AutocompleteSelect):
    pass


class Choices(_PossibleKeys, AutocompleteSelectMultiple):
    pass


class _Walled:
    """What pages and their inlines share: choices stop at the walls too."""

    admin_site: admin.AdminSite

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs.setdefault("widget", Choice(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs.setdefault("widget", Choices(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]

    def get_field_queryset(
        self, db: str | None, db_field: Any, request: HttpRequest
    ) -> models.QuerySet[Any] | None:
        related = self.admin_site._registry.get(db_field.remote_field.model)
        if isinstance(related, DeskAdmin):
            return related.get_queryset(request)
        found: models.QuerySet[Any] | None = super().get_field_queryset(  # type: ignore[misc]
            db, db_field, request
        )
        return found


class LabelledSplitDateTime(AdminSplitDateTime):
    """Date and time, each with a name of its own for screen readers."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        for widget, name in zip(self.widgets, ("Date", "Time"), strict=True):
            widget.attrs["aria-label"] = name

    def decompress(self, value: Any) -> Any:
        return _decompressed(super().decompress, value)


class HiddenSplitDateTime(forms.SplitHiddenDateTimeWidget):
    """The same, unseen: the value that was shown."""

    def decompress(self, value: Any) -> Any:
        return _decompressed(super().decompress, value)


class InstantField(forms.SplitDateTimeField):
    """Asks for a date and a time by the reader's clock."""

    hidden_widget = HiddenSplitDateTime


def _decompressed(decompress: Callable[[Any], Any], value: Any) -> Any:
    """Take an instant apart; nothing of a text that an address brings."""
    try:
        return decompress(value if isinstance(value, dt.datetime) else None)
    except OverflowError:  # at an end of the calendar there is no local time
        return [value.date(), value.time()]


def back_to(request: HttpRequest, otherwise: str) -> str:
    """Return the page that somebody came from, of this site alone."""
    asked: str = request.POST.get("back") or request.META.get("HTTP_REFERER", "")
    allowed = url_has_allowed_host_and_scheme(
        asked, {request.get_host()}, require_https=request.is_secure()
    )
    return asked if asked and allowed and request.path not in asked else otherwise


def kept_for_back(page: TemplateResponse) -> TemplateResponse:
    """Let the browser keep a page that a POST brought: else Back from what follows is an error.

    For pages that do no harm when they are sent again.
    """

    def keep(rendered: HttpResponse) -> None:
        rendered["Cache-Control"] = "private, max-age=0"  # the admin's own forbids to store it

    page.add_post_render_callback(keep)
    return page


class DeskAdmin(_Walled, CheckedLists, ReasonedAdmin):
    """A page of the admin. `workspace_path` leads from a row to its workspace."""

    workspace_path = "workspace"
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    empty_value_display = SafeString('<span class="none">-</span>')  # left out of narrow lists
    formfield_overrides = {
        models.DateTimeField: {"form_class": InstantField, "widget": LabelledSplitDateTime},
        models.JSONField: {"decoder": PlainJSON},
    }

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return behind_walls(super().get_queryset(request), request.user, self.workspace_path)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Return the columns; instants by the reader's clock."""
        return [
            column(self.model, each) if isinstance(each, str) else each
            for each in super().get_list_display(request)
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["adminform"] = OwnClockForm.of(context["adminform"])
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_term.replace(NUL, ""))

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponse:
        # A guessed id behind another wall is answered like one that never was.
        raise Http404(f"There is no such {opts.verbose_name}, or it is not yours to see.")


class DeskInline(_Walled, admin.TabularInline):  # type: ignore[type-arg]
    """Rows inside a page."""

    extra = 0
    show_change_link = True

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Give each input a name of its own for screen readers: the column's is not enough."""
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            widget = getattr(field.widget, "widget", field.widget)
            widget.attrs.setdefault("aria-label", str(capfirst(field.label)))
        return field

    form = FreshForm
    formset = ReasonedFormSet
