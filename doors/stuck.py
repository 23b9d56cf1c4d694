"""Campaigns that wait for somebody: told once a day, for nothing changes of which to tell."""

import datetime as dt

from campaigns.models import Campaign
from doors import webhooks
from doors.models import Delivery, Endpoint
from queueing.gates import explaining
from queueing.models import QueueItem

EVENT = Endpoint.Event.CAMPAIGN_STUCK
TOLD_AGAIN_AFTER = dt.timedelta(days=1)


def tell(now: dt.datetime) -> int:
    """Tell of each active campaign of which nothing goes before somebody acts; return how many."""
    endpoints = Endpoint.objects.active()
    told = Delivery.objects.filter(event=EVENT, happened_at__gt=now - TOLD_AGAIN_AFTER)
    known = {data.get("id") for data in told.values_list("data", flat=True)}
    number = 0
    for campaign in Campaign.objects.filter(
        status=Campaign.Status.ACTIVE, workspace__in=endpoints.values("workspace")
    ):
        if str(campaign.pk) in known:
            continue
        if reason := why_stuck(campaign, now):
            data: dict[str, object] = {"id": str(campaign.pk), "waits_for": reason}
            webhooks.tell(campaign.workspace_id, EVENT, data, now)
            number += 1
    return number


def why_stuck(campaign: Campaign, now: dt.datetime) -> str:
    """Return the gate that only somebody can open, where all of a campaign waits for such ones.

    Asked of the oldest of each account and kind, whose gates are those of all the others.
    """
    pending = QueueItem.objects.pending().filter(campaign=campaign)
    oldest = list(
        pending.select_related("prospect", "linkedin_account")
        .order_by("linkedin_account_id", "kind", "scheduled_for")
        .distinct("linkedin_account_id", "kind")
    )
    reports = explaining.reports(oldest, now).values() if oldest else ()
    gates = [
        report.binding.gate
        for report in reports
        if report.binding is not None and report.earliest is None
    ]
    return str(gates[0]) if gates and len(gates) == len(oldest) else ""
