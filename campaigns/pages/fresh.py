"""Forms that save what was changed, and never what has changed since somebody looked."""

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.forms.models import model_to_dict
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property

from campaigns.hours import clocks
from campaigns.pages import clock

CHANGED = (
    "Changed since you looked: it was “{}”, and is “{}” by now. Look again before you change it."
)
NOT_ANY_MORE = (
    "“{}” cannot be changed any more: SendQ has gone on with this since you looked. Look again."
)
DELETED = "This was deleted since you looked."


class FreshForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row's form. Each field carries, hidden, the value that was shown.

    So what somebody changed is told from what the machine, or somebody else, changed meanwhile:
    that stays as it is, and where both changed the same field the form says so. The row is locked
    until it is saved. Rows inside a row's form are behind the lock of that one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            return
        known = [name for name in self._of_the_row() if self._is_known(name)]
        for name in known:
            self.fields[name].show_hidden_initial = True
        missing = {self.add_initial_prefix(name) for name in known} - self.data.keys()
        if self.is_bound and missing and isinstance(self.data, MultiValueDict):
            # Of several inputs, or of none: else Django shows what was typed as what was shown.
            self.data = self.data.copy()
            for name in missing:
                self.data.setlist(name, [])

    def _is_known(self, name: str) -> bool:
        """Say whether what was shown is sent, too: a program may leave it out.

        Of an empty list there is nothing to be sent, and what cannot be typed is not shown twice.
        """
        if self.fields[name].disabled or not self.is_bound:
            return not self.fields[name].disabled
        if isinstance(self.fields[name].hidden_widget(), forms.MultipleHiddenInput):
            return any(key.startswith(self.add_initial_prefix("")) for key in self.data)
        return not self._omits(self.fields[name].hidden_widget(), self.add_initial_prefix(name))

    def _omits(self, widget: forms.Widget, name: str) -> bool:
        return bool(widget.value_omitted_from_data(self.data, self.files, name))

    @cached_property
    def changed_data(self) -> list[str]:
        """Return the names of the fields that somebody changed: none that was not sent at all."""
        changed: list[str] = super().changed_data
        if self.instance._state.adding:
            return changed
        return [
            name
            for name in changed
            if not self._omits(self.fields[name].widget, self.add_prefix(name))
        ]

    def _of_the_row(self) -> list[str]:
        """Return the form's fields that are the row's: its columns, and its lists of others."""
        options = self.instance._meta
        names = {field.name for field in (*options.concrete_fields, *options.many_to_many)}
        return [name for name in self.fields if name in names]

    def clean(self) -> dict[str, Any]:
        """Put what is stored by now in the place of what was not changed.

        First of all: what else is asked of the values is asked of those that will be stored.
        """
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.instance._state.adding:
            return values
        now = self._by_now()
        if now is None:
            self.add_error(None, DELETED)
            return values
        self._leave_what_is_not_changed(now)
        return self.cleaned_data

    def _by_now(self) -> Any:
        if self.prefix and not self.has_changed():
            return self.instance  # a row inside another's form, which is not saved
        rows = type(self.instance)._base_manager
        locked = rows.select_for_update(no_key=True) if connection.in_atomic_block else rows
        return locked.filter(pk=self.instance.pk).first()

    def _leave_what_is_not_changed(self, now: models.Model) -> None:
        for field in now._meta.concrete_fields:
            setattr(self.instance, field.attname, getattr(now, field.attname))
            if field.name not in self.fields and self._is_typed_in_vain(field.name):
                self.add_error(None, NOT_ANY_MORE.format(field.verbose_name))
        for name in self._of_the_row():
            if name not in self.changed_data:
                self.errors.pop(name, None)  # nobody typed it; the row itself is validated yet
                stored = getattr(now, name)
                is_list = isinstance(now._meta.get_field(name), models.ManyToManyField)
                self.cleaned_data[name] = stored.all() if is_list else stored
            elif name in self.cleaned_data and self._has_moved(name, now):
                self.add_error(name, self._told(name, now))

    def _is_typed_in_vain(self, name: str) -> bool:
        """Say whether a field that is not in the form any more was changed all the same."""
        pairs = (
            (self.data.get(self.add_initial_prefix(name) + part), self.add_prefix(name) + part)
            for part in ("", "_0", "_1")
        )
        return any(shown is not None and shown != self.data.get(typed) for shown, typed in pairs)

    def _shown(self, name: str) -> Any:
        widget = self.fields[name].hidden_widget()
        return widget.value_from_datadict(self.data, self.files, self.add_initial_prefix(name))

    def _has_moved(self, name: str, now: models.Model) -> bool:
        """Return whether a changed field was changed elsewhere too, and to something else."""
        field = self.fields[name]
        if not field.show_hidden_initial:
            return False
        value = model_to_dict(now, fields=[name]).get(name)
        if isinstance(value, dt.datetime | dt.time) and not field.widget.supports_microseconds:
            value = value.replace(microsecond=0)
        return all(_differ(field, value, sent) for sent in (self._shown(name), self[name].data))

    def _told(self, name: str, now: models.Model) -> str:
        field = self.fields[name]
        try:
            shown = in_words(field, field.clean(self._shown(name)))
        except ValidationError:
            shown = "empty"
        by_now = in_words(field, model_to_dict(now, fields=[name]).get(name))
        return clock.own(CHANGED.format(shown, by_now))


def _differ(field: forms.Field, value: Any, sent: Any) -> bool:
    """Compare what is stored with what was sent: browsers send other ends of lines."""
    if isinstance(value, str) and isinstance(sent, str):
        return value.strip().splitlines() != sent.strip().splitlines()
    return field.has_changed(value, sent)


def in_words(field: Any, value: Any) -> str:
    """Return a field's value as people read it."""
    if isinstance(field, forms.ModelMultipleChoiceField):
        return ", ".join(sorted(map(str, value))) or "empty"
    if value is None or value in ("", []):
        return "empty"
    if isinstance(value, list):
        return ", ".join(in_words(field, one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.datetime):
        return clocks.utc(value)
    if isinstance(value, dt.time):
        return str(value).removesuffix(":00")
    if isinstance(field, forms.ModelChoiceField):
        model = field.queryset.model  # type: ignore[union-attr]
        # The former value is a key, and need not be among the choices.
        is_row = isinstance(value, model)
        return str(value if is_row else model._base_manager.filter(pk=value).first())
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
    return str(value)
