"""What a form sees and a model does not: the rows that are chosen beside it."""

import datetime as dt
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from campaigns import messages
from campaigns.models import Campaign
from campaigns.pages.converting import convert
from campaigns.pages.reasons import ReasonedForm

HELP_ON_NOTES = (
    "The note. Empty: no note. May use {{ first_name }}, {{ last_name }}, {{ company }}, "
    "{{ headline }}, {{ location }}, {{ sender_first_name }} and extra columns of the import. "
    "Whoever has nothing there is "
    'left out, unless you say what to write instead: {{ first_name|default:"there" }}. Names go '
    "without emoji, titles and capitals throughout."
)


class CampaignForm(ReasonedForm):
    """A campaign with its accounts: of its own workspace, one at least able to send the note."""

    class Meta:
        model = Campaign
        fields = "__all__"  # the admin decides which are shown
        help_texts: ClassVar = {
            "message_template": HELP_ON_NOTES,
            "starts_at": "Starts by itself at this time, by your clock. Empty: started by hand.",
        }

    def clean_starts_at(self) -> dt.datetime | None:
        """Refuse a new start that is over: a slip in the year would let everything go at once."""
        starts_at: dt.datetime | None = self.cleaned_data["starts_at"]
        if starts_at and starts_at <= timezone.now() and "starts_at" in self.changed_data:
            raise ValidationError(
                "This time is over: the campaign would start at once. Choose a time to come, or "
                "leave it empty and press “Start”."
            )
        return starts_at

    def clean(self) -> dict[str, Any]:
        values = super().clean()
        workspace, accounts = values.get("workspace"), list(values.get("accounts") or ())
        foreign = [each.name for each in accounts if workspace and each.workspace != workspace]
        if foreign:
            self.add_error("accounts", f"Of another client than {workspace}: {_and(foreign)}.")
        varies = values.get("varies_words", self.instance.varies_words)
        convert(self, "message_template", self.instance.known_variables(), varies=varies)
        template, limits = values.get("message_template", ""), [one.note_limit for one in accounts]
        problem = messages.too_long(template, limits, varies=varies)
        if problem and not messages.too_long(template, varies=varies):  # else the model says so
            self.add_error("message_template", problem)
        return values


class NewCampaignForm(CampaignForm):
    """A new campaign, with the file of its people where that is at hand."""

    people_file = forms.FileField(
        label="People",
        required=False,
        help_text="A CSV or XLSX file, if you have it: the next page shows what is made of each "
        "row before anybody is imported. Empty: import them later.",
    )


def _and(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
