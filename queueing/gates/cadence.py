"""How often runs come: do they come, and can accounts reach their limits by them?"""

import datetime as dt
import math
from collections.abc import Collection, Iterable
from functools import lru_cache
from zoneinfo import ZoneInfo

from croniter import croniter
from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from campaigns.models import Campaign, LinkedInAccount
from queueing.gates import hours, limits
from queueing.gates.days import day_of, zone_of
from queueing.gates.explaining import hours_by_campaign
from queueing.gates.facts import daily_limit_of, policy
from queueing.gates.ticker import ticker
from queueing.models import ProcessRun, QueueItem

_DAY = dt.timedelta(days=1)
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
    """Return the accounts of active campaigns that run too seldom for their daily limit.

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
        limit = daily_limit_of(account, day_of(account, now).date)
        most = most_a_day(kept, now, zone_of(account))
        if most < limit.value:
            found.append((account, _never_open(kept, now) or out_of_reach(limit, most)))
    return found


def _never_open(kept: Collection[hours.Hours], now: dt.datetime) -> str:
    """Say so where it is not limits or runs: none of these hours ever opens."""
    problems = [hours.never_opens(value, now) for value in kept]
    return f"nothing can go. {problems[0]}" if problems and all(problems) else ""


def most_a_day(kept: Iterable[hours.Hours], now: dt.datetime, zone: ZoneInfo | None = None) -> int:
    """Return how many requests an account can send on a day of the caps: one by each run.

    :param kept: the hours of its active campaigns, of which the widest count.
    :param zone: of its days; None for that of the installation.
    """
    zone = zone or policy().day_zone
    today = now.astimezone(zone).date()
    found = (_runs_on_a_full_day(value, settings.SEND_QUEUE_CRON, zone, today) for value in kept)
    return max(found, default=0)


def out_of_reach(limit: limits.Limit, most: int) -> str:
    """Say, after an account's name, that so many a day do not make up its limit."""
    return (
        f"its limit of {limit.value} a day ({limit.source}) cannot be reached. Each run sends one "
        f"request for an account, and runs (SEND_QUEUE_CRON is {settings.SEND_QUEUE_CRON}) start "
        f"{most} times within its sending hours. Lower the limit, widen the hours, or run more "
        "often."
    )


@lru_cache(maxsize=1024)  # the dashboard asks for the same days every minute
def _runs_on_a_full_day(value: hours.Hours, cron: str, zone: ZoneInfo, today: dt.date) -> int:
    """Count the runs inside the hours on the fullest of eight days.

    Their first is the next on which there is a run at all, today being one as a whole: neither the
    hours nor the cron expression need know every weekday, and a limit is out of reach where no
    day is long enough for it.
    """
    found: list[int] = []
    for number in range(hours.HORIZON_DAYS):
        day = today + number * _DAY
        begins, ends = limits.midnight(day, zone), limits.midnight(day + _DAY, zone)
        runs = sum(
            len(ticker(cron).within(_epoch(span.opens), _epoch(span.closes)))
            for span in hours.windows(value, begins, ends)
        )
        if found or runs:
            found.append(runs)
        if len(found) > 7:
            break
    return max(found, default=0)


def _epoch(instant: dt.datetime) -> int:
    """The first whole second at or after an instant."""
    return math.ceil(instant.timestamp())


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
