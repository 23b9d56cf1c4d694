"""How often runs come: do they come, and can accounts reach their limits by them?"""

import datetime as dt
from collections.abc import Iterator

from croniter import croniter
from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from campaigns.models import Campaign, LinkedInAccount
from queueing import gates, hours
from queueing.explaining import hours_by_campaign
from queueing.models import ProcessRun, QueueItem


def runs_in(cron: str, since: dt.datetime, until: dt.datetime) -> int:
    """Count how often a cron expression (UTC) fires in [since, until)."""
    return sum(1 for _ in _ticks(cron, since, until))


def _ticks(cron: str, since: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
    ticks = croniter(cron, since - dt.timedelta(microseconds=1))
    while (tick := ticks.get_next(dt.datetime)) < until:
        yield tick


def next_run_at(now: dt.datetime) -> dt.datetime:
    """Return when the ticker starts the next run, at `now` or later."""
    ticks = croniter(settings.SEND_QUEUE_CRON, now - dt.timedelta(microseconds=1))
    found: dt.datetime = ticks.get_next(dt.datetime)
    return found


def limits_out_of_reach(
    now: dt.datetime, of: QuerySet[LinkedInAccount] | None = None
) -> list[tuple[LinkedInAccount, str]]:
    """Return the accounts of active campaigns that run too seldom for their daily limit.

    Judged by the widest hours among the account's active campaigns, on their next open day.

    :param of: these accounts only.
    """
    found: list[tuple[LinkedInAccount, str]] = []
    rows = LinkedInAccount.objects.all() if of is None else of
    active = Campaign.objects.filter(status=Campaign.Status.ACTIVE).select_related("workspace")
    accounts = rows.filter(Exists(active.filter(accounts=OuterRef("pk")))).prefetch_related(
        Prefetch("campaigns", active, to_attr="active_campaigns")
    )
    accounts = accounts.select_related("workspace")
    hours_of = hours_by_campaign({one for of in accounts for one in of.active_campaigns})
    runs: dict[hours.Hours, int] = {}
    for account in accounts:
        kept = {hours_of[campaign.pk] for campaign in account.active_campaigns}
        runs |= {value: _runs_on_an_open_day(value, now) for value in kept - runs.keys()}
        best = max((runs[value] for value in kept), default=0)
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


def _runs_on_an_open_day(value: hours.Hours, now: dt.datetime) -> int:
    # What is left of a window that is open now says nothing about a day.
    after = hours.closes_at(value, now) if hours.is_open(value, now) else None
    opens = hours.next_opening(value, after or now)
    if opens is None:
        return 0
    closes = hours.closes_at(value, opens) or opens
    closes = min(closes, opens + dt.timedelta(days=1))
    return runs_in(settings.SEND_QUEUE_CRON, opens, closes)


def heartbeat(now: dt.datetime) -> tuple[dt.datetime | None, bool]:
    """Return when the last run began, and whether the ticker is late.

    Late: something was due two ticks ago, with time for a whole run added, and no run has begun
    since. Hours and caps play no part: a run that sends nothing is noted, too.
    """
    newest = ProcessRun.objects.order_by("-started_at").values_list("started_at", flat=True)
    last_run_at = newest.first()
    ticks = croniter(
        settings.SEND_QUEUE_CRON, now - dt.timedelta(seconds=settings.SEND_RUN_DEADLINE_SECONDS)
    )
    ticks.get_prev(dt.datetime)
    two_ticks_ago = ticks.get_prev(dt.datetime)
    if last_run_at is not None and last_run_at >= two_ticks_ago:
        return last_run_at, False
    due = QueueItem.objects.due(two_ticks_ago).filter(campaign__status=Campaign.Status.ACTIVE)
    return last_run_at, due.exists()
