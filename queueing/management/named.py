"""Find what a command's arguments name."""

from django.core.management.base import CommandError

from campaigns.models import Campaign, Workspace


def campaign_named(name: str, workspace: str | None) -> Campaign:
    """Return the campaign of that name.

    :raises CommandError: with exit code 2 where there is none, or more than one.
    """
    campaigns = Campaign.objects.filter(name=name).select_related("workspace")
    if workspace is not None:
        campaigns = campaigns.filter(workspace__name=workspace)
    found = list(campaigns.order_by("workspace__name"))
    if not found:
        where = f" in the workspace “{workspace}”" if workspace else ""
        raise CommandError(f"There is no campaign “{name}”{where}.", returncode=2)
    if len(found) > 1:
        workspaces = ", ".join(f"“{campaign.workspace}”" for campaign in found)
        raise CommandError(
            f"Several workspaces have a campaign “{name}”: {workspaces}. Add --workspace NAME.",
            returncode=2,
        )
    return found[0]


def workspace_named(name: str) -> Workspace:
    """Return the workspace of that name.

    :raises CommandError: with exit code 2 where there is none.
    """
    workspace = Workspace.objects.filter(name=name).first()
    if workspace is None:
        raise CommandError(f"There is no workspace “{name}”.", returncode=2)
    return workspace
