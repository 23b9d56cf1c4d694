"""Why a row is changed or deleted: asked for on its page, kept in the log with what was changed.

The reason is no field of the row. It may be left empty where nothing depends on the change.
"""

from collections.abc import Collection, Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse

from campaigns.pages.fresh import FreshForm, in_words

LONGEST = 500
REASON = "change_reason"  # in forms of rows, some of which have a `reason` of their own
EFFECT = "_effect"  # the button that shows what saving would do
MISSING = "Say why: it stays in the log, with your name."
SHOWN = 80  # characters of a value; of longer ones only the name is told
NAMED = 10
DELETED_AT_MOST = 1_000  # rows at once: the page before it names each of them
KEPT_AT_MOST = 100  # rows that stand in the way, which Django's page names; more take minutes


def reason_field(**options: Any) -> forms.CharField:
    """Return the field that asks why."""
    return forms.CharField(
        **{
            "label": "Reason",
            "max_length": LONGEST,
            "widget": forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
            "help_text": "It stays in the log, with your name.",
            **options,
        }
    )


class ReasonForm(forms.Form):
    """Asks why: the log keeps it."""

    reason = reason_field()


class ReasonedForm(FreshForm):
    """A row's form, which asks why. The admin that shows it sets the two attributes."""

    explained: Collection[str] = ()  # fields that are not changed without a reason
    user: Any = None

    change_reason = reason_field(
        required=False,
        help_text="It stays in the log, with your name. Needed for what decides about sending, or "
        "who may do what.",
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get(REASON) == "" and set(self.changed_data) & set(self.explained):
            self.add_error(REASON, MISSING)
        return values


class ReasonedFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """Rows inside a row's form, not changed without a reason."""

    def clean(self) -> None:
        super().clean()
        # Django shows the row no more, and so not what is wrong with it.
        if any("id" in form.errors for form in self.initial_forms):
            raise ValidationError("One of these was deleted since you looked. Look again.")
        is_shown = not self.instance._state.adding and EFFECT not in self.data
        if is_shown and self.has_changed() and not self.data.get(REASON, "").strip():
            raise ValidationError("Say why, under “Reason” below: it stays in the log.")


def told(form: Any, formsets: Iterable[Any], *, is_new: bool) -> str:
    """Say for the log what saved forms changed, from which values to which, and why."""
    changed = ", ".join(_changes(form, is_new=is_new))
    verb = "Added" if is_new else "Changed"
    parts = [f"{verb} {changed}"] if changed else ["Added"] if is_new else []
    for formset in formsets:
        parts += _rows_changed(formset)
    what = "; ".join(parts) or "Nothing changed"
    reason = form.cleaned_data.get(REASON)
    return f"{what}: {reason}" if reason else f"{what}."


def _rows_changed(formset: Any) -> list[str]:
    kind = formset.model._meta.verbose_name
    forms_of = {form.instance.pk: form for form in formset.forms}
    return [
        *(f"added {kind} “{row}”" for row in formset.new_objects),
        *(
            f"changed {kind} “{row}”: {', '.join(_changes(forms_of[row.pk], is_new=False))}"
            for row, _ in formset.changed_objects
        ),
        *(f"deleted {kind} “{row}”" for row in formset.deleted_objects),
    ]


def _changes(form: Any, *, is_new: bool) -> list[str]:
    """Name what a form changed, with old and new values where they are short."""
    found = []
    for name in form.changed_data:
        if name == REASON:
            continue
        field = form.fields[name]
        if isinstance(field.widget, forms.PasswordInput):
            continue
        before, after = form.get_initial_for_field(field, name), form.cleaned_data.get(name)
        if isinstance(field, forms.ModelMultipleChoiceField):
            values = _gained_and_lost(set(before or ()), set(after or ()))
        else:
            values = _from_to(in_words(field, before), in_words(field, after), is_new=is_new)
        found.append(f"“{field.label or name}”{values}")
    return found


def _from_to(before: str, after: str, *, is_new: bool) -> str:
    if max(len(before), len(after)) > SHOWN:
        return ""
    return f" {after}" if is_new else f" from {before} to {after}"


def _gained_and_lost(before: set[Any], after: set[Any]) -> str:
    words = (("with", after - before), ("without", before - after))
    return f" ({', '.join(f'{word} {_names(rows)}' for word, rows in words if rows)})"


def _names(rows: set[Any]) -> str:
    names = sorted(str(row) for row in rows)
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more:,} more" if more > 0 else "")


def in_the_way(rows: models.QuerySet[Any]) -> str:
    """Say what keeps these rows from being deleted, where it is too much to be named; else ""."""
    for relation in rows.model._meta.get_fields(include_hidden=True):
        if getattr(relation, "on_delete", None) is not models.PROTECT:
            continue
        model: Any = relation.related_model
        name = relation.field.name
        found = model._base_manager.filter(**{f"{name}__in": rows.values("pk")})
        if found[KEPT_AT_MOST:].exists():
            kind = model._meta.verbose_name_plural
            return f"Nothing was deleted: more than {KEPT_AT_MOST:,} {kind} hang on it, and stay."
    return ""


def delete_with_reason(
    desk: "ReasonedAdmin", request: HttpRequest, rows: models.QuerySet[Any]
) -> HttpResponse | None:
    """Ask for the reason on the page that names the rows, then delete them."""
    if rows[DELETED_AT_MOST:].exists():
        text = f"Delete at most {DELETED_AT_MOST:,} at once: narrow the list."
        desk.message_user(request, text, messages.ERROR)
        return None
    if kept := in_the_way(rows):
        desk.message_user(request, kept, messages.ERROR)
        return None
    is_sent = "post" in request.POST
    form = ReasonForm(request.POST if is_sent else None)
    if is_sent and not form.is_valid():  # Django then shows the page again
        unconfirmed = request.POST.copy()
        del unconfirmed["post"]
        request.POST = unconfirmed  # type: ignore[assignment]
    answer = delete_selected(desk, request, rows)
    if isinstance(answer, TemplateResponse):
        answer.context_data = {**(answer.context_data or {}), "form": form}
    return answer


class ReasonedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Pages that ask why a row is changed or deleted, and a log that keeps it."""

    form = ReasonedForm

    def must_be_explained(self, row: Any) -> Collection[str]:
        """Return the fields that are not changed without a reason."""
        return ()

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        # The template puts the reason last, behind all rows inside the form.
        return [name for name in super().get_fields(request, obj) if name != REASON]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.user = request.user
        form.explained = self.must_be_explained(obj)
        if not change:
            form.base_fields.pop(REASON, None)
        return form

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        return told(form, formsets or (), is_new=add)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if "delete_selected" in actions:
            _, name, words = actions["delete_selected"]
            actions["delete_selected"] = (delete_with_reason, name, words)
        return actions

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        if row is not None and self.has_delete_permission(request, row):
            kept = in_the_way(self.model._base_manager.filter(pk=row.pk))
            if kept:
                self.message_user(request, kept, messages.ERROR)
                return HttpResponseRedirect("../change/")
        form = ReasonForm(request.POST if request.method == "POST" else None)
        if form.is_bound and not form.is_valid():
            request.POST = QueryDict()  # Django shows the page again
        return super().delete_view(request, object_id, {**(extra_context or {}), "form": form})

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        why = f"Deleted: {request.POST['reason'].strip()}"
        user = cast(User, request.user)
        return LogEntry.objects.log_actions(user.pk, queryset, DELETION, why)
