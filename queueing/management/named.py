"""Find what a command's arguments name."""

import contextlib
import uuid

from django.core.management.base import CommandError
from django.db.models import Q

from campaigns.models import Campaign, LinkedInAccount, Workspace


def account_named(text: str) -> LinkedInAccount:
    """Return the account of that id, SendQ's or Unipile's.

    :raises CommandError: with exit code 2 where there is none.
    """
    named = Q(unipile_account_id=text)
    with contextlib.suppress(ValueError):  # no UUID: it can only be a Unipile id
        named |= Q(pk=uuid.UUID(text))
    account = LinkedInAccount.objects.filter(named).first()
    if account is None:
        raise CommandError(f"--account: there is no account “{text}”.", returncode=2)
    return account


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
