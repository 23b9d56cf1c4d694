"""What staff do to one row: a button on its page, a page that says what will happen, a reason."""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from campaigns.models import LinkedInAccount
from campaigns.pages import DeskAdmin, ReasonForm, kept_for_back
from queueing.admin import undoing
from queueing.admin.anew import plan_anew
from queueing.staff import log
from queueing.staff.places import NotNowError

ALL_AT_MOST = 50  # rows that something is done to at once


class NothingToFill(forms.Form):
    """For what changes nothing."""


@dataclass(frozen=True)
class Done:
    """What came of it, in words for staff."""

    text: str
    level: int = messages.SUCCESS
    undo: str = ""  # the tag of a message that offers to undo it
    goes_to: str = ""  # the page to go on with; else the row's own


Do = Callable[[Any, dict[str, Any], User, dt.datetime], Done]


@dataclass(frozen=True)
class Deed:
    """One thing that can be done to a row.

    `warns` says beforehand what will happen. `is_offered` says whether the row is in a state that
    it starts from; `do` finds out for certain.
    """

    slug: str
    label: str
    warns: Callable[[Any, dt.datetime], str]
    is_offered: Callable[[Any, dt.datetime], bool]
    do: Do
    form: type[forms.Form] = ReasonForm
    template: str = "admin/deed.html"
    shows: Callable[[Any], dict[str, Any]] = lambda row: {}  # besides, on a page of its own
    starts_with: Callable[[Any], dict[str, Any]] = lambda row: {}  # what the form proposes


class DeedsAdmin(DeskAdmin):
    """Pages of rows with buttons: each leads to a page of its own, and acts by POST alone."""

    deeds: tuple[Deed, ...] = ()
    times_depend_on: tuple[str, ...] = ()  # fields of the form, besides its inlines

    def panel(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """Return what the page shows of a row above its form."""
        return {}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context.get("original")
        if row is not None:
            if request.method == "POST":  # a form with errors has changed it: show what is stored
                row = self.row(request, str(row.pk))
            context |= {"deeds": self.buttons(request, row), **self.panel(request, row)}
        return super().render_change_form(request, context, *args, **kwargs)

    def must_be_explained(self, row: Any) -> Collection[str]:
        return self.times_depend_on

    def accounts_of(self, row: Any) -> list[LinkedInAccount]:
        """Return the accounts whose plans depend on a row."""
        return []

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Plan anew where the calendar depends on what was changed."""
        super().save_related(request, form, formsets, change)
        touched = set(form.changed_data) & set(self.times_depend_on)
        if change and (touched or any(formset.has_changed() for formset in formsets)):
            told = plan_anew(self.accounts_of(form.instance), timezone.now())
            if told:
                self.message_user(request, f"Planned anew: {told}")

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_deed"
        view = self.admin_site.admin_view(self.deed_view)
        return [path("<path:object_id>/do/<slug:slug>/", view, name=name), *super().get_urls()]

    def do_to_all(
        self, request: HttpRequest, rows: models.QuerySet[Any], slug: str
    ) -> HttpResponse | None:
        """Do a deed to each row that was chosen, after a page that names them and asks once why."""
        deed, now = next(each for each in self.deeds if each.slug == slug), timezone.now()
        chosen = list(rows[: ALL_AT_MOST + 1])
        if len(chosen) > ALL_AT_MOST:
            self.message_user(request, f"Choose {ALL_AT_MOST} at most.", messages.WARNING)
            return None
        is_sent = "confirmed" in request.POST
        form = deed.form(request.POST if is_sent else None)
        if is_sent and form.is_valid():
            done = [
                self._act(request, deed, row, form.cleaned_data, name=str(row)) for row in chosen
            ]
            tags = [each.undo for each in done]
            if tag := undoing.together(cast(User, request.user), tags):
                told = f"{deed.label}: {sum(map(bool, tags))} at once."
                self.message_user(request, told, messages.SUCCESS, extra_tags=tag)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": f"{deed.label}: {len(chosen)} at once",
            "opts": self.opts,
            "deed": deed,
            "rows": [(row, deed.is_offered(row, now)) for row in chosen],
            "form": form,
            "again": log.last_reasons(cast(User, request.user)),
            "action": request.POST.get("action", ""),
            "back": request.get_full_path(),
        }
        return kept_for_back(TemplateResponse(request, "admin/all_at_once.html", context))

    def row(self, request: HttpRequest, object_id: str) -> Any:
        """Return a row that the user may see.

        :raises Http404: where there is none, or it is behind another wall.
        """
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_permission(request, row):
            raise Http404(f"There is no such {self.opts.verbose_name}, or it is not yours to see.")
        return row

    def buttons(self, request: HttpRequest, row: models.Model) -> list[Deed]:
        """Return what the user may do to a row in its present state."""
        if not self.has_change_permission(request, row):
            return []
        now = timezone.now()
        return [deed for deed in self.deeds if deed.is_offered(row, now)]

    def deed_view(self, request: HttpRequest, object_id: str, slug: str) -> HttpResponse:
        """Ask for the reason (GET), then act (POST)."""
        row = self.row(request, object_id)
        deed = next((deed for deed in self.deeds if deed.slug == slug), None)
        if deed is None:
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else None
        form = deed.form(sent, initial=deed.starts_with(row))
        if form.is_bound and form.is_valid():
            done = self._act(request, deed, row, form.cleaned_data)
            return HttpResponseRedirect(done.goes_to or self.page_of(row))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{deed.label}: {row}",
            "opts": self.opts,
            "original": row,
            "deed": deed,
            "warning": deed.warns(row, timezone.now()),
            "form": form,
            "again": log.last_reasons(cast(User, request.user)) if "reason" in form.fields else [],
            "back": self.page_of(row),
            **deed.shows(row),
        }
        return kept_for_back(TemplateResponse(request, deed.template, context))

    def _act(
        self,
        request: HttpRequest,
        deed: Deed,
        row: Any,
        values: dict[str, Any],
        name: str = "",
    ) -> Done:
        try:
            done = deed.do(row, values, cast(User, request.user), timezone.now())
        except (NotNowError, ValueError) as error:
            done = Done(str(error), messages.WARNING)
        told = f"{name}: {done.text}" if name else done.text
        self.message_user(request, told, done.level, extra_tags=done.undo)
        return done

    def page_of(self, row: models.Model) -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return reverse(name, args=[row.pk])
