"""What is, and what is not, as it should be: one finding each, with what to do about it."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Max, Min

from queueing import schedules
from queueing.gates import cadence
from queueing.looking import events
from queueing.models import Installation, JobRecord, Notice, ProcessRun, QueueItem

IN_DOUBT_FOR = dt.timedelta(days=2)  # looked up some ten times by then
MAIL_WAITS_FOR = dt.timedelta(hours=2)
JOURNAL_WAITS_FOR = dt.timedelta(hours=2)


@dataclass(frozen=True)
class Finding:
    """Whether one thing is as it should be; `told` says how it is, or what to do."""

    name: str
    is_well: bool
    told: str


def findings(now: dt.datetime) -> list[Finding]:
    """Look at everything that has to work for requests to go out.

    :raises django.db.Error: where the database cannot be asked.
    """
    pending = unapplied_migrations()
    if pending:  # what else is asked may not be there yet
        told = f"{len(pending)} migrations are not applied: run `manage.py migrate`."
        return [Finding("migrations", False, told)]
    return [
        Finding("migrations", True, "all applied"),
        *(
            Finding(name, not trouble, trouble or "ok")
            for name, look in _LOOKS.items()
            for trouble in [look(now)]
        ),
    ]


def unapplied_migrations() -> list[str]:
    """Return the migrations that this code has and the database has not."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _installation(_now: dt.datetime) -> str:
    return Installation.why_held()


def _ticker(now: dt.datetime) -> str:
    _, is_late = cadence.heartbeat(now)
    if not is_late:
        return ""
    return "Items are due, and no run has begun that ended well: is qcluster running? See its log."


def _schedules(_now: dt.datetime) -> str:
    return " ".join(schedules.differences())


def _jobs(now: dt.datetime) -> str:
    return " ".join(
        f"{name} has not ended well since {at:%Y-%m-%d %H:%M} UTC: see the log of qcluster."
        for name, at in late_jobs(now)
    )


def late_jobs(now: dt.datetime) -> Iterator[tuple[str, dt.datetime]]:
    """Yield the jobs that have missed two of their times, and since when; see `cadence.ticks_ago`.

    A job that never ran counts from when its tables were made.
    """
    made_at = MigrationRecorder(connection).migration_qs.aggregate(at=Max("applied"))["at"] or now
    last = last_successes()
    for job in schedules.jobs():
        at = last.get(job.name) or made_at
        if at < cadence.ticks_ago(job.cron, now):
            yield job.name, at


def last_successes() -> dict[str, dt.datetime]:
    """Return when each job last ended well; a run of the queue by whomever it was started."""
    records = JobRecord.objects.filter(succeeded_at__isnull=False)
    found = dict(records.values_list("name", "succeeded_at"))
    run = ProcessRun.objects.filter(ProcessRun.ENDED_WELL).aggregate(at=Max("finished_at"))["at"]
    if run is not None:
        found["process_send_queue"] = run
    return {name: at for name, at in found.items() if at is not None}


def _unconfirmed(now: dt.datetime) -> str:
    doubts = QueueItem.objects.filter(
        status=QueueItem.Status.UNCONFIRMED, claimed_at__lt=now - IN_DOUBT_FOR
    )
    number = doubts.count()
    return f"{number} items are unconfirmed for more than two days: see to them." if number else ""


def _journal(now: dt.datetime) -> str:
    limit = (now - JOURNAL_WAITS_FOR).timestamp()
    old = [path for path in journal_files() if path.stat().st_mtime < limit]
    if not old:
        return ""
    return f"{len(old)} answers wait in the journal of this machine: does a run come by here?"


def journal_files() -> list[Path]:
    """Return the answers that wait on this machine for the database to take them."""
    return list(Path(settings.JOURNAL_DIR).glob("*.json"))


def _mail(now: dt.datetime) -> str:
    waiting = Notice.objects.filter(mailed_at__isnull=True)
    oldest = waiting.aggregate(at=Min("created_at"))["at"]
    if oldest is None or oldest > now - MAIL_WAITS_FOR:
        return ""
    return f"Notices wait to be mailed since {oldest:%Y-%m-%d %H:%M} UTC: see EMAIL_URL."


_LOOKS: dict[str, Callable[[dt.datetime], str]] = {
    "installation": _installation,
    "ticker": _ticker,
    "schedules": _schedules,
    "jobs": _jobs,
    "unconfirmed": _unconfirmed,
    "journal": _journal,
    "mail": _mail,
    "webhooks": events.trouble,
}
