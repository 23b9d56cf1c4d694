"""Plain builders: each makes one row, with fixed and readable values that a test can override."""

import datetime as dt
import itertools
from typing import Any

from campaigns.models import Campaign, LinkedInAccount, Prospect, SendingHours, Workspace
from queueing.models import QueueItem
from sandbox.people import invent
from sandbox.v1.shapes import QUIRK_NO_SLUG

NOON = dt.datetime(2026, 7, 8, 16, tzinfo=dt.UTC)  # a Wednesday, noon in New York
_number = itertools.count(1)


def a_workspace(**values: Any) -> Workspace:
    return Workspace.objects.create(**{"name": f"Workspace {next(_number)}", **values})


def hours_all_day(**values: Any) -> SendingHours:
    return SendingHours.objects.create(
        **{
            "name": f"All day {next(_number)}",
            "timezone": "UTC",
            "working_hours_start": dt.time(0),
            "working_hours_end": dt.time(0),
            "skip_weekends": False,
            "skip_holidays": False,
            **values,
        }
    )


def an_account(workspace: Workspace, **values: Any) -> LinkedInAccount:
    number = next(_number)
    return LinkedInAccount.objects.create(
        **{
            "workspace": workspace,
            "name": f"Account {number}",
            "unipile_account_id": f"acc_account-{number}",  # as V2 wants it; V1 takes any
            "account_type": LinkedInAccount.Type.SALES_NAVIGATOR,
            "min_gap_seconds": 0,
            **values,
        }
    )


def a_campaign(workspace: Workspace, *accounts: LinkedInAccount, **values: Any) -> Campaign:
    values = {
        "workspace": workspace,
        "name": f"Campaign {next(_number)}",
        "status": Campaign.Status.ACTIVE,
        **values,
    }
    if "sending_hours" not in values:
        values["sending_hours"] = hours_all_day(workspace=workspace)
    campaign = Campaign.objects.create(**values)
    campaign.accounts.set(accounts)
    return campaign


def _number_of_somebody() -> int:
    """Return the next number of somebody whose profile the sandbox shows with their address.

    One in 64 is shown without, and looked at twice: such a one is for a test to ask for by name.
    """
    return next(n for n in _number if invent(f"ada-example-{n}").quirk != QUIRK_NO_SLUG)


def a_prospect(campaign: Campaign, **values: Any) -> Prospect:
    number = _number_of_somebody()
    slug = values.get("public_identifier", f"ada-example-{number}")
    return Prospect.objects.create(
        **{
            "campaign": campaign,
            "first_name": "Ada",
            "last_name": f"Example {number}",
            "profile_url": f"https://www.linkedin.com/in/{slug}" if slug else "",
            "public_identifier": slug,
            **values,
        }
    )


def an_item(campaign: Campaign, account: LinkedInAccount, **values: Any) -> QueueItem:
    prospect = values.pop("prospect", None) or a_prospect(
        campaign,
        status=Prospect.Status.QUEUED,
        # An id is one that the account has just found: nobody looks again before the send.
        **(
            {"resolved_with": account, "resolved_at": NOON}
            if values.get("linkedin_user_id")
            else {}
        ),
    )
    return QueueItem.objects.create(
        **{
            "workspace": campaign.workspace,
            "campaign": campaign,
            "prospect": prospect,
            "linkedin_account": account,
            "person_key": prospect.person_key,
            "scheduled_for": NOON - dt.timedelta(hours=1),
            **values,
        }
    )


def a_queueable(people: int = 1, accounts: int = 1, **values: Any) -> Campaign:
    """Store a campaign with people to be queued and accounts that can send to them."""
    workspace = values.pop("workspace", None) or a_workspace()
    campaign = a_campaign(workspace, *(an_account(workspace) for _ in range(accounts)), **values)
    for _ in range(people):
        a_prospect(campaign)
    return campaign


def queued(campaign: Campaign) -> list[QueueItem]:
    return list(QueueItem.objects.filter(campaign=campaign).in_turn())
