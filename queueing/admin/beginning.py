"""The first steps, for whoever sees a desk that has nothing to send yet."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse

from campaigns.models import Campaign, LinkedInAccount, Prospect, Workspace
from campaigns.pages import behind_walls

# What is done, the rows that show it, their way to the client, the page for it.
_STEPS = (
    ("Make a client, or a team of your own", Workspace, "pk", "add"),
    ("Add a LinkedIn account that sends for it", LinkedInAccount, "workspace", "add"),
    ("Write a campaign, and choose its accounts", Campaign, "workspace", "add"),
    ("Import people into the campaign", Prospect, "campaign__workspace", "import"),
)
_START = "Look at what would go, and start it"


@dataclass(frozen=True)
class Step:
    """`url` is empty where the user may not do it."""

    words: str
    url: str
    is_done: bool


def first_steps(user: User | AnonymousUser) -> list[Step]:
    """Return what is to be done before anything is sent; nothing once all of it was done."""
    steps = []
    for words, model, path, page in _STEPS:
        name = f"admin:campaigns_{model._meta.model_name}_{page}"
        may = user.has_perm(f"campaigns.add_{model._meta.model_name}")
        rows = behind_walls(model._default_manager.all(), user, path)
        steps.append(Step(words, reverse(name) if may else "", rows.exists()))
    campaigns = behind_walls(Campaign.objects.all(), user, "workspace")
    started = campaigns.exclude(status=Campaign.Status.DRAFT).exists()
    may = user.has_perm("campaigns.change_campaign")
    of_campaigns = reverse("admin:campaigns_campaign_changelist") if may else ""
    return [] if started else [*steps, Step(_START, of_campaigns, started)]


def next_after(user: User | AnonymousUser, row: Workspace | LinkedInAccount) -> str:
    """Return the page of the step after one that was just taken; empty for whoever began long ago.

    A first client leads to its account, a first account to its campaign.
    """
    campaigns = behind_walls(Campaign.objects.all(), user, "workspace", narrowed=False)
    if campaigns.exists():
        return ""
    if isinstance(row, Workspace):
        accounts = behind_walls(LinkedInAccount.objects.all(), user, "workspace", narrowed=False)
        may = user.has_perm("campaigns.add_linkedinaccount") and not accounts.exists()
        page = reverse("admin:campaigns_linkedinaccount_add")
        return f"{page}?{urlencode({'workspace': row.pk})}" if may else ""
    page = reverse("admin:campaigns_campaign_add")
    asked = urlencode({"workspace": row.workspace_id, "accounts": row.pk})
    return f"{page}?{asked}" if user.has_perm("campaigns.add_campaign") else ""
