"""What grows old goes, in batches: each is committed, so that nothing waits for long.

Attempts stay for ever, for they are the evidence of what was done; what Unipile answered does not.
"""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db.models import Model, QuerySet

from access.models import Session
from queueing.models import ConnectLink, Notice, ProcessRun, Reply, Retry, SendAttempt, WebhookEvent

BATCH = 1_000
SECONDS_AT_MOST = 120  # the rest goes the next night
RUNS_AT_LEAST_DAYS = 8  # caps look back a week, and so does who judges the clock


def prune(now: dt.datetime, seconds: float = SECONDS_AT_MOST, batch: int = BATCH) -> Counter[str]:
    """Delete, or blank, what is older than the settings let it grow; return how many of what."""
    until = time.monotonic() + seconds
    became: Counter[str] = Counter()
    for what, (days, rows, drop) in _due(now).items():
        while days > 0 and time.monotonic() < until:
            some = list(rows.order_by("pk").values_list("pk", flat=True)[:batch])
            if not some:
                break
            drop(rows.model._default_manager.filter(pk__in=some))
            became[what] += len(some)
    return +became


Due = tuple[int, "QuerySet[Model]", Callable[["QuerySet[Model]"], object]]


def _due(now: dt.datetime) -> dict[str, Due]:
    def before(days: int) -> dt.datetime:
        return now - dt.timedelta(days=days)

    answers, notices = settings.KEEP_ANSWERS_DAYS, settings.KEEP_NOTICES_DAYS
    log, runs = settings.KEEP_LOG_DAYS, settings.KEEP_RUNS_DAYS
    runs = max(runs, RUNS_AT_LEAST_DAYS) if runs else 0
    return {
        "answers of Unipile": (
            answers,
            SendAttempt.objects.filter(started_at__lt=before(answers)).exclude(detail=""),
            lambda rows: rows.update(detail=""),
        ),
        "events of Unipile": (
            answers,
            WebhookEvent.objects.filter(handled_at__lt=before(answers)),
            _delete,
        ),
        "conversations": (
            answers,
            Reply.objects.filter(done=True, read_at__lt=before(answers)).exclude(messages=[]),
            lambda rows: rows.update(messages=[], text=""),
        ),
        "connect links": (
            answers,
            ConnectLink.objects.filter(made_at__lt=before(answers)),
            _delete,
        ),
        "notices": (notices, Notice.objects.filter(created_at__lt=before(notices)), _delete),
        "runs": (runs, ProcessRun.objects.filter(started_at__lt=before(runs)), _delete),
        "log entries": (log, LogEntry.objects.filter(action_time__lt=before(log)), _delete),
        "retries": (1, Retry.objects.filter(at__lt=before(1)), _delete),
        "sessions": (1, Session.objects.filter(expire_date__lt=now), _delete),
    }


def _delete(rows: "QuerySet[Model]") -> None:
    rows.delete()
