"""A campaign's follow-ups, as rows of its page."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT, ManagementForm
from django.http import HttpRequest
from django.utils.functional import cached_property

from campaigns.models import Step
from campaigns.models.steps import STEPS_AT_MOST, TEXTS
from campaigns.pages import DeskInline, convert
from campaigns.pages.fresh import FreshForm
from campaigns.pages.reasons import ReasonedFormSet
from queueing.models import Kind, QueueItem

TEXT_ROWS = {"rows": 4, "cols": 50}


class StepForm(FreshForm):
    """A follow-up: without working days it gets those that are usual for its place."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("text", "text_b"):
            if name in self.fields:
                label = {"aria-label": str(self.fields[name].label)}  # its heading is the column's
                self.fields[name].widget = forms.Textarea(attrs={**TEXT_ROWS, **label})
        if "delay_days" in self.fields:
            self.fields["delay_days"].required = False

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        campaign = values.get("campaign")
        if campaign is not None:
            known = campaign.known_variables()
            for name in TEXTS:
                convert(self, name, known, varies=campaign.varies_words)
        return values

    def clean_number(self) -> int | None:
        """Refuse another number where somebody has the message: by it they get each one once."""
        number: int | None = self.cleaned_data.get("number")
        before: int | None = self.initial.get("number")
        if before is None or number == before:
            return number
        campaign = self.instance.campaign_id
        theirs = QueueItem.objects.filter(kind=Kind.MESSAGE, campaign=campaign, step=before)
        if theirs.exists():
            raise forms.ValidationError(
                f"Message {before} has gone to somebody or is planned, and keeps its number: by it "
                "nobody gets it twice. Change the texts instead, or add a message after the others."
            )
        return number

    def clean_delay_days(self) -> int | None:
        days: int | None = self.cleaned_data.get("delay_days")
        number: int = self.cleaned_data.get("number") or 0
        if days is None and 1 <= number <= STEPS_AT_MOST:
            return Step.DELAYS[number - 1]
        return days


def texts_changed(formsets: Iterable[Any]) -> bool:
    """Return whether one of a campaign's follow-ups was saved with another text."""
    forms_of_steps = (form for one in formsets if one.model is Step for form in one.forms)
    return any(not {*TEXTS}.isdisjoint(form.changed_data) for form in forms_of_steps)


class StepFormSet(ReasonedFormSet):
    """Leaves the follow-ups alone where a form was sent that says nothing of them."""

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        if "DELETE" in form.fields:  # the heading of its column is no label to a screen reader
            form.fields["DELETE"].widget.attrs["aria-label"] = "Delete this follow-up"

    @cached_property
    def management_form(self) -> ManagementForm:
        if not self.is_bound or f"{self.prefix}-{TOTAL_FORM_COUNT}" in self.data:
            told: ManagementForm = super().management_form
            return told
        none = {f"{self.prefix}-{name}": "0" for name in (TOTAL_FORM_COUNT, INITIAL_FORM_COUNT)}
        nothing = ManagementForm(none, auto_id=self.auto_id, prefix=self.prefix)
        nothing.full_clean()
        return nothing


class StepInline(DeskInline):
    """Whoever may change a campaign may change its follow-ups."""

    model = Step
    form = StepForm
    formset = StepFormSet
    fields = ("number", "delay_days", "text", "text_b")
    max_num = STEPS_AT_MOST
    show_change_link = False
    verbose_name = "follow-up"
    verbose_name_plural = "follow-ups: messages to who has accepted"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("campaigns.view_campaign"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("campaigns.change_campaign"))

    has_add_permission = has_delete_permission = has_change_permission
