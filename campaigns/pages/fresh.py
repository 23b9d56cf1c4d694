"""Forms that save what was changed, and never what has changed since somebody looked."""

import datetime as dt
from typing import Any

from django import forms
from django.db import connection, models
from django.forms.models import model_to_dict
from django.utils.functional import cached_property

CHANGED = "Changed since you looked: it is {} by now. Look again before you change it."
NOT_ANY_MORE = (
    "“{}” cannot be changed any more: SendQ has gone on with this since you looked. Look again."
)


class FreshForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row's form. Each field carries, hidden, the value that was shown.

    So what somebody changed is told from what the machine, or somebody else, changed meanwhile:
    that stays as it is, and where both changed the same field the form says so. The row is locked
    until it is saved.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            return
        for name in self._of_the_row():
            field = self.fields[name]
            is_known = not self.is_bound or not field.hidden_widget().value_omitted_from_data(
                self.data, self.files, self.add_initial_prefix(name)
            )
            field.show_hidden_initial = is_known  # a program may leave it out

    @cached_property
    def changed_data(self) -> list[str]:
        """Return the names of the fields that somebody changed: none that was not sent at all."""
        changed: list[str] = super().changed_data
        if self.instance._state.adding:
            return changed
        return [name for name in changed if not self._is_omitted(name)]

    def _is_omitted(self, name: str) -> bool:
        widget = self.fields[name].widget
        return bool(widget.value_omitted_from_data(self.data, self.files, self.add_prefix(name)))

    def _of_the_row(self) -> list[str]:
        """Return the form's fields that are columns of the row."""
        columns = {field.name for field in self.instance._meta.concrete_fields}
        return [name for name in self.fields if name in columns]

    def _post_clean(self) -> None:
        if not self.instance._state.adding:
            rows = type(self.instance)._base_manager
            locked = rows.select_for_update(no_key=True) if connection.in_atomic_block else rows
            now = locked.filter(pk=self.instance.pk).first()
            if now is None:
                self.add_error(None, "This was deleted since you looked.")
            else:
                self._leave_what_is_not_changed(now)
        super()._post_clean()  # type: ignore[misc]

    def _leave_what_is_not_changed(self, now: models.Model) -> None:
        for name in self._of_the_row():
            if name not in self.changed_data:
                self.cleaned_data[name] = getattr(now, name)
            elif name in self.cleaned_data and self._has_moved(name, now):
                self.add_error(name, CHANGED.format(f"“{_in_words(now, name)}”"))
        for field in now._meta.concrete_fields:
            if field.name not in self.fields:
                setattr(self.instance, field.attname, getattr(now, field.attname))
                shown = self.data.get(self.add_initial_prefix(field.name))
                if shown is not None and shown != self.data.get(self.add_prefix(field.name)):
                    self.add_error(None, NOT_ANY_MORE.format(field.verbose_name))

    def _has_moved(self, name: str, now: models.Model) -> bool:
        """Return whether a changed field was changed elsewhere too, and to something else."""
        field = self.fields[name]
        if not field.show_hidden_initial:
            return False
        value = model_to_dict(now, fields=[name]).get(name)
        if isinstance(value, dt.datetime | dt.time) and not field.widget.supports_microseconds:
            value = value.replace(microsecond=0)
        shown = field.hidden_widget().value_from_datadict(
            self.data, self.files, self.add_initial_prefix(name)
        )
        wanted = self[name].data
        return field.has_changed(value, shown) and field.has_changed(value, wanted)


def _in_words(row: models.Model, name: str) -> str:
    display = getattr(row, f"get_{name}_display", None)
    value = display() if display else getattr(row, name)
    return "empty" if value in (None, "") else str(value)
