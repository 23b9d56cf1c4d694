"""How often runs come: do they come, and can accounts reach their limits by them?"""

import datetime as dt
from collections.abc import Collection
from dataclasses import replace

from croniter import croniter
from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from campaigns.models import Campaign, LinkedInAccount
from queueing.gates import hours, limits, spacing
from queueing.gates.days import day_of, zone_of
from queueing.gates.explaining import hours_by_campaign
from queueing.gates.facts import daily_limit_of, policy
from queueing.models import ProcessRun, QueueItem

CADENCES = ("*/30 * * * *", "*/15 * * * *", "*/10 * * * *", "*/5 * * * *", "* * * * *")
"""From the fewest runs to the most. Every 5 minutes is enough for every type in default hours."""

_HORIZON = dt.timedelta(days=hours.HORIZON_DAYS)


def next_run_at(now: dt.datetime) -> dt.datetime:
    """Return when the ticker starts the next run, at `now` or later."""
    ticks = croniter(settings.SEND_QUEUE_CRON, now - dt.timedelta(microseconds=1))
    found: dt.datetime = ticks.get_next(dt.datetime)
    return found


def next_run_in(value: hours.Hours, since: dt.datetime) -> dt.datetime | None:
    """Return the first run at `since` or later that starts inside these hours; None for never."""
    for opens in (span.opens for span in hours.windows(value, since, since + _HORIZON)):
        run = next_run_at(opens)
        if hours.is_open(value, run):
            return run
    return None


def limits_out_of_reach(
    now: dt.datetime, of: QuerySet[LinkedInAccount] | None = None
) -> list[tuple[LinkedInAccount, str]]:
    """Return the accounts of active campaigns that cannot reach their daily limit, and why.

    Judged by the widest hours among the account's active campaigns, on the fullest day of a week.

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
    for account in accounts:
        kept = {hours_of[campaign.pk] for campaign in account.active_campaigns}
        problem = _never_open(kept, now) or out_of_reach(account, kept, now)
        if problem:
            found.append((account, problem))
    return found


def _never_open(kept: Collection[hours.Hours], now: dt.datetime) -> str:
    """Say so where it is not limits or runs: none of these hours ever opens."""
    problems = [hours.never_opens(value, now) for value in kept]
    return f"nothing can go. {problems[0]}" if problems and all(problems) else ""


def most_a_day(account: LinkedInAccount, kept: Collection[hours.Hours], now: dt.datetime) -> int:
    """Return how many requests an account can send on its fullest day, as the planner would.

    Each run sends one, and keeps the account's gap.

    :param kept: the hours of its active campaigns, of which the widest count.
    """
    return _most_a_day(account, kept, now, settings.SEND_QUEUE_CRON)


def _most_a_day(
    account: LinkedInAccount, kept: Collection[hours.Hours], now: dt.datetime, cron: str
) -> int:
    day = day_of(account, now)
    return spacing.most_a_day(
        kept,
        replace(policy(), cron=cron),
        own=account.min_gap_seconds,
        daily=daily_limit_of(account, day.date).value,
        zone=zone_of(account),
        today=day.date,
    )


def out_of_reach(account: LinkedInAccount, kept: Collection[hours.Hours], now: dt.datetime) -> str:
    """Say, after an account's name, why so many a day do not make up its limit; "" where they do.

    It names the fewest runs with which they would.
    """
    limit, most = daily_limit_of(account, day_of(account, now).date), most_a_day(account, kept, now)
    if most >= limit.value:
        return ""
    return (
        f"its limit of {limit.value} a day ({limit.source}) cannot be reached: {most} can go. Each "
        f"run (SEND_QUEUE_CRON is {settings.SEND_QUEUE_CRON}) sends one request for an account, "
        f"within its sending hours{_at_its_gap(account)}. {_remedy(account, kept, now, limit)}"
    )


def _at_its_gap(account: LinkedInAccount) -> str:
    gap = account.min_gap_seconds
    return f" and at its own gap of {limits.in_minutes(gap)}" if gap else ""


def _remedy(
    account: LinkedInAccount, kept: Collection[hours.Hours], now: dt.datetime, limit: limits.Limit
) -> str:
    for cron in CADENCES:
        if _most_a_day(account, kept, now, cron) >= limit.value:
            return f"With SEND_QUEUE_CRON={cron} it can; or lower the limit, or widen the hours."
    shorten = "shorten its gap, " if account.min_gap_seconds else ""
    return f"Lower the limit, {shorten}or widen the hours."


def heartbeat(now: dt.datetime) -> tuple[dt.datetime | None, bool]:
    """Return when the last run began, and whether the ticker is late.

    Late: something was due two ticks ago, with time for a whole run added, and no run has begun
    since that ended well, or is still under way. Hours and caps play no part: a run that sends
    nothing is noted, too.
    """
    last_run_at = (
        ProcessRun.objects.order_by("-started_at").values_list("started_at", flat=True).first()
    )
    two_ticks_ago = ticks_ago(settings.SEND_QUEUE_CRON, now)
    under_way = Q(
        finished_at__isnull=True,
        started_at__gte=now - dt.timedelta(seconds=settings.Q_CLUSTER["timeout"]),
    )
    alive = ProcessRun.objects.filter(
        ProcessRun.ENDED_WELL | under_way, started_at__gte=two_ticks_ago
    )
    due = QueueItem.objects.due(two_ticks_ago).filter(campaign__status=Campaign.Status.ACTIVE)
    return last_run_at, not alive.exists() and due.exists()


def ticks_ago(cron: str, now: dt.datetime) -> dt.datetime:
    """Return the tick before the last one by which a run would have ended."""
    ticks = croniter(cron, now - dt.timedelta(seconds=settings.SEND_RUN_DEADLINE_SECONDS))
    ticks.get_prev(dt.datetime)
    found: dt.datetime = ticks.get_prev(dt.datetime)
    return found
