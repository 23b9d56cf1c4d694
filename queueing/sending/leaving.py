"""When in a run an account's call leaves: never at :00 and :30 sharp, and not before its own gap.

Runs that a clock starts wait for it; those that somebody makes by hand do not.
"""

import datetime as dt
import uuid
from collections.abc import Sequence

from django.conf import settings

from campaigns.models import LinkedInAccount
from queueing import gates
from queueing.gates.ticker import seconds_after, ticker
from queueing.models import ProcessRun

WAITS_AT_MOST = 60
"""Seconds that a run waits for an account's own gap to pass: a longer rest is for the next run."""

Turn = tuple[LinkedInAccount, str]


def waits(turns: Sequence[Turn], row: ProcessRun, now: dt.datetime) -> dict[uuid.UUID, float]:
    """Return how many seconds after `now` each account may leave at the earliest, in this run."""
    by_a_clock = {ProcessRun.Trigger.SCHEDULE, ProcessRun.Trigger.HTTP}
    if row.trigger not in by_a_clock or settings.SEND_SPREAD_SECONDS < 1:
        return {}
    started = int(now.timestamp())
    tick = ticker(settings.SEND_QUEUE_CRON).last(started)
    found = {
        account.pk: _drawn(account, started if tick is None else tick, row) for account, _ in turns
    }
    for pk, rest in _own_gaps(turns, now).items():
        if rest <= WAITS_AT_MOST:
            found[pk] = max(found[pk], rest)
    return found


def _drawn(account: LinkedInAccount, tick: int, row: ProcessRun) -> float:
    """Return the seconds that the forecast has, too; folded to half the time that a caller waits.

    So of a run by HTTP a call leaves when it was foreseen, or at most half that time sooner.
    """
    drawn = seconds_after(account.pk, tick, settings.SEND_SPREAD_SECONDS)
    if row.trigger == ProcessRun.Trigger.HTTP:
        drawn = 1 + (drawn - 1) % (settings.HTTP_RUN_DEADLINE_SECONDS // 2)
    return drawn


def _own_gaps(turns: Sequence[Turn], now: dt.datetime) -> dict[uuid.UUID, float]:
    """Return in how many seconds gaps end that accounts have of their own; one query a kind."""
    found: dict[uuid.UUID, float] = {}
    for kind in {kind for account, kind in turns if account.min_gap_seconds}:
        own = [account for account, of in turns if of == kind and account.min_gap_seconds]
        facts = gates.usages(own, now, kind=kind)
        for account in own:
            last = facts[account.pk].last_send_at
            if last is not None and account.min_gap_seconds:
                rest = account.min_gap_seconds - (now - last).total_seconds()
                found[account.pk] = max(rest, found.get(account.pk, 0))
    return found
