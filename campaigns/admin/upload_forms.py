"""What an upload is asked for: the file, what it is for, and how it is read."""

from typing import Any, ClassVar, NamedTuple

from django import forms
from django.http import HttpRequest

from campaigns.importing.uploads import MAX_UPLOAD
from campaigns.models import Campaign, DoNotContact, Workspace
from campaigns.pages import behind_walls, reason_field

ENCODINGS = {
    "": "UTF-8, or what the file says of itself",
    "cp1252": "Windows-1252 (Western Europe)",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "mac_roman": "Mac Roman",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
}


class Anew(NamedTuple):
    """Another way to read a file that is here: a field of the upload, its value, and words."""

    field: str
    value: str
    words: str


def ways_to_read(option: str) -> list[Anew]:
    """Return what would help to read a file, the likeliest first.

    :param option: as the error names it, for the command line; empty where nothing is known.
    """
    name, _, value = option.removeprefix("--").partition(" ")
    name, value = name.replace("-", "_"), value.strip("“”")
    if name == "encoding":
        others = [each for each in ENCODINGS if each not in {"", value}]
        return [
            Anew(name, each, f"Read it as {ENCODINGS.get(each, each)}") for each in (value, *others)
        ]
    if name == "sheet" and value:
        return [Anew(name, value, f"Read the sheet “{value}”")]
    return [Anew(name, "on", "Read its hidden rows, too")] if name == "with_hidden" else []


class UploadForm(forms.Form):
    """The file, and how it is read."""

    target_field: ClassVar[str]

    file = forms.FileField(
        help_text=f"CSV or XLSX with a row of column names, at most {MAX_UPLOAD // 10**6} MB.",
        error_messages={
            "required": f"No file arrived. Choose one of at most {MAX_UPLOAD // 10**6} MB."
        },
    )
    encoding = forms.ChoiceField(
        required=False,
        choices=list(ENCODINGS.items()),
        help_text="Of a CSV file. Try the first; where it is wrong, you are told.",
    )
    sheet = forms.CharField(
        required=False,
        help_text="Of a workbook. Empty: the first one with people that is not hidden.",
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        targets: Any = self.fields[self.target_field]
        targets.queryset = targets_of(self.target_field, request)

    def about(self) -> dict[str, Any]:
        """Return what the upload is for, and how it is read.

        A list of whom never to contact is read with its hidden rows: rather too many than too few.
        """
        values = self.cleaned_data
        return {
            "target": str(values[self.target_field].pk),
            "with_hidden": values.get("with_hidden", True),
            **{name: values.get(name, "") for name in ("encoding", "sheet", "kind", "reason")},
        }


class ProspectsForm(UploadForm):
    target_field = "campaign"

    campaign = forms.ModelChoiceField(Campaign.objects.none())
    with_hidden = forms.BooleanField(
        label="Hidden rows, too", required=False, help_text="Of a workbook: also filtered ones."
    )
    field_order = ("campaign", "file", "encoding", "sheet", "with_hidden")


class DoNotContactForm(UploadForm):
    target_field = "workspace"

    workspace = forms.ModelChoiceField(Workspace.objects.none())
    kind = forms.ChoiceField(
        label="The file lists",
        choices=[(DoNotContact.Kind.PERSON, "people"), (DoNotContact.Kind.COMPANY, "companies")],
    )
    reason = reason_field(help_text="Kept with each entry and in the log.")
    field_order = ("workspace", "kind", "reason")


def targets_of(field: str, request: HttpRequest) -> Any:
    """Return the campaigns or workspaces that the user may import into."""
    if field == "workspace":
        return behind_walls(Workspace.objects.all(), request.user, "pk")
    campaigns = Campaign.objects.exclude(status=Campaign.Status.ARCHIVED)
    walled = behind_walls(campaigns, request.user, "workspace")
    return walled.select_related("workspace").order_by("workspace__name", "name")
