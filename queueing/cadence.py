"""Can an account reach its limit, when each run sends at most one item of it?"""

import datetime as dt
from collections.abc import Iterator

from croniter import croniter
from django.conf import settings

from campaigns.models import Campaign, LinkedInAccount
from queueing import gates, hours


def runs_in(cron: str, since: dt.datetime, until: dt.datetime) -> int:
    """Count how often a cron expression (UTC) fires in [since, until)."""
    return sum(1 for _ in _ticks(cron, since, until))


def _ticks(cron: str, since: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
    ticks = croniter(cron, since - dt.timedelta(microseconds=1))
    while (tick := ticks.get_next(dt.datetime)) < until:
        yield tick


def limits_out_of_reach(now: dt.datetime) -> list[tuple[LinkedInAccount, str]]:
    """Return the accounts of active campaigns that run too seldom for their daily limit.

    Judged by the widest hours among the account's active campaigns, on their next open day.
    """
    found = []
    campaigns = Campaign.objects.filter(status=Campaign.Status.ACTIVE).select_related(
        "workspace__sending_hours", "sending_hours"
    )
    runs_a_day = {campaign.pk: _runs_on_an_open_day(campaign, now) for campaign in campaigns}
    accounts = LinkedInAccount.objects.filter(
        campaigns__status=Campaign.Status.ACTIVE
    ).select_related("workspace")
    for account in accounts.distinct().prefetch_related("campaigns"):
        best = max(runs_a_day.get(campaign.pk, 0) for campaign in account.campaigns.all())
        limit = gates.daily_limit_of(account, now.astimezone(gates.policy().day_zone).date())
        if best < limit.value:
            found.append(
                (
                    account,
                    f"its limit of {limit.value} a day ({limit.source}) cannot be reached: "
                    f"SEND_QUEUE_CRON ({settings.SEND_QUEUE_CRON}) makes {best} runs in its "
                    "sending hours, and each sends one. Run more often or lower the limit.",
                )
            )
    return found


def _runs_on_an_open_day(campaign: Campaign, now: dt.datetime) -> int:
    value = gates.hours_of(campaign.hours())
    opens = hours.next_opening(value, now)
    if opens is None:
        return 0
    closes = hours.closes_at(value, opens) or opens
    closes = min(closes, opens + dt.timedelta(days=1))
    return runs_in(settings.SEND_QUEUE_CRON, opens, closes)
