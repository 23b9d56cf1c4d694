"""The first steps, for whoever sees a desk that has nothing to send yet."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse

from campaigns.models import Campaign, LinkedInAccount, Prospect, Workspace
from campaigns.pages import behind_walls

# What is done, the rows that show it, their way to the workspace, the page for it.
_STEPS = (
    ("Make a workspace, for a client or a team", Workspace, "pk", "add"),
    ("Add a LinkedIn account that sends for it", LinkedInAccount, "workspace", "add"),
    ("Write a campaign, and choose its accounts", Campaign, "workspace", "add"),
    ("Import people into the campaign", Prospect, "campaign__workspace", "import"),
)
_START = "Look at the campaign's notes and forecast, then press Start on its page"


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
