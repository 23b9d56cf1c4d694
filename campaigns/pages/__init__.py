"""What do all pages of the admin share? Walls, clocks, lists, filters, reasons, exports.

What a single page shows is not here, but in `admin/`.
"""

from campaigns.pages import client, clock, reasons
from campaigns.pages.checked import NUL, CheckedLists
from campaigns.pages.converting import convert
from campaigns.pages.exporting import ExportingAdmin, PlainResource, as_plain_text
from campaigns.pages.filters import Field, RelatedFilter, date_range
from campaigns.pages.forms import CampaignForm, NewCampaignForm
from campaigns.pages.lists import (
    CappedPaginator,
    DeskAdmin,
    DeskInline,
    back_to,
    behind_walls,
    kept_for_back,
    workspaces_of,
)
from campaigns.pages.own_clock import column
from campaigns.pages.reasons import (
    EFFECT,
    MISSING,
    REASON,
    ReasonedAdmin,
    ReasonedForm,
    ReasonedFormSet,
    ReasonForm,
    reason_field,
)

__all__ = [
    "EFFECT",
    "MISSING",
    "NUL",
    "REASON",
    "CampaignForm",
    "CappedPaginator",
    "CheckedLists",
    "DeskAdmin",
    "DeskInline",
    "ExportingAdmin",
    "Field",
    "NewCampaignForm",
    "PlainResource",
    "ReasonForm",
    "ReasonedAdmin",
    "ReasonedForm",
    "ReasonedFormSet",
    "RelatedFilter",
    "as_plain_text",
    "back_to",
    "behind_walls",
    "client",
    "clock",
    "column",
    "convert",
    "date_range",
    "kept_for_back",
    "reason_field",
    "reasons",
    "workspaces_of",
]
