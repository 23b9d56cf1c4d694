"""The jobs that the ticker starts: one row a job, by its name, which follows the settings."""

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Any

from croniter import croniter
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import Schedule

from campaigns.models import LinkedInAccount
from queueing import planning
from queueing.models import QueueItem
from queueing.staff import log
from queueing.telling import Fence

logger = logging.getLogger(__name__)

SENDING = "process_send_queue"
FAR = dt.timedelta(days=8)
COMMAND = "django.core.management.call_command"
ON, OFF = -1, 0  # of `repeats`, as django-q2 reads it: without end, and never
SWITCH = "Switch it on under Scheduled tasks."
REMEDY = "It follows the settings when a cluster is started anew, or at `manage.py migrate`."


@dataclass(frozen=True)
class Job:
    """A management command and when it runs (cron, in UTC)."""

    name: str
    cron: str
    arguments: tuple[str, ...]


def jobs() -> list[Job]:
    """Return all scheduled jobs."""
    return [
        Job(
            SENDING,
            settings.SEND_QUEUE_CRON,
            ("process_send_queue", "--trigger", "schedule", *_in_shares()),
        ),
        Job("process_pending_prospects", "*/15 * * * *", ("process_pending_prospects",)),
        Job("reconcile_send_queue", "*/5 * * * *", ("reconcile_send_queue",)),
        Job("look_for_answers", "* * * * *", ("look_for_answers",)),
        Job("sync_accounts", "7-59/15 * * * *", ("sync_accounts",)),
        Job("execute_scheduled_campaigns", "*/5 * * * *", ("execute_scheduled_campaigns",)),
        Job("deliver_webhooks", "* * * * *", ("deliver_webhooks",)),
        Job("prune", "17 3 * * *", ("prune",)),
    ]


def _in_shares() -> tuple[str, ...]:
    shares = settings.SEND_DISTRIBUTE
    return ("--distribute", str(shares)) if shares > 1 else ()


def make_schedules(**_signal: object) -> None:
    """Write the jobs' Schedule rows; a row whose job has not changed keeps its next run.

    At every migrate, and when a cluster starts: several may at once.
    """
    if Schedule._meta.db_table not in connection.introspection.table_names():
        return  # one app alone was migrated, or django-q2 unmigrated
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [__name__])
        changed = [job.name for job in jobs() if _write(job)]
    if SENDING in changed:  # what waits was planned for other runs
        now = timezone.now()
        waiting = QueueItem.objects.pending().order_by().values("linkedin_account")
        moved = planning.replan(LinkedInAccount.objects.filter(pk__in=waiting), now, Fence(now))
        logger.info("Runs start at other times: %s items have new ones", moved)


def _write(job: Job) -> bool:
    """Write a job's row; return whether it ran at other times before."""
    row, *others = _rows_of(job) or [Schedule(name=job.name, repeats=ON)]
    now, moves = timezone.now(), row.pk is not None and row.cron != job.cron
    # A next run far ahead was set by a clock that was wrong: nothing would run until then.
    if row.pk is None or row.cron != job.cron or row.next_run > now + FAR:
        row.next_run = croniter(job.cron, now).get_next(dt.datetime)
    for field, value in _values(job).items():
        setattr(row, field, value)
    row.repeats = ON if is_on(row) else OFF
    row.save()
    for other in others:  # a copy would run the job as well, at times of its own
        other.delete()
    return moves


def _rows_of(job: Job) -> list[Schedule]:
    return list(Schedule.objects.filter(name=job.name).order_by("pk"))


def _values(job: Job) -> dict[str, Any]:
    return {
        "func": COMMAND,
        "args": ", ".join(repr(argument) for argument in job.arguments),
        "schedule_type": Schedule.CRON,
        "cron": job.cron,
    }


def is_job(row: Schedule) -> bool:
    """Say whether a schedule is one of ours: only code says what those run."""
    return row.name in {job.name for job in jobs()}


def _only_jobs(row: Schedule) -> None:
    if not is_job(row):
        raise ValueError(f"“{row.name}” is no job of SendQ's: nobody has it run here.")


def is_on(row: Schedule) -> bool:
    return bool(row.repeats != OFF)


def switch(row: Schedule, by: User, reason: str, *, on: bool) -> None:
    """Let the cluster run a schedule from now on, or not any more: that outlasts its restarts.

    :raises ValueError: where it is none of our jobs, and is to be run.
    """
    if on:
        _only_jobs(row)
    with transaction.atomic():
        Schedule.objects.filter(pk=row.pk).update(repeats=ON if on else OFF)
        log.note(by, [row], "Switched on" if on else "Switched off", reason)


def run_now(row: Schedule, by: User, reason: str, now: dt.datetime) -> None:
    """Have the cluster run a job as soon as it looks, and then at its times as before.

    :raises ValueError: where it is none of our jobs.
    """
    _only_jobs(row)
    with transaction.atomic():
        Schedule.objects.filter(pk=row.pk).update(next_run=now)
        log.note(by, [row], "Run at once", reason)


def differences() -> list[str]:
    """Say for each job in what the cluster's schedule is not that of the settings."""
    rows: dict[str, Schedule] = {}
    for row in Schedule.objects.filter(name__in=[job.name for job in jobs()]).order_by("-pk"):
        rows[row.name] = row  # of several the one that will be kept
    found = []
    for job in jobs():
        row = rows.get(job.name)
        if problem := _difference(job, row):
            remedy = SWITCH if row is not None and not is_on(row) else REMEDY
            found.append(f"{problem} {remedy}")
    return found


def _difference(job: Job, row: Schedule | None) -> str:
    if row is None:
        return f"The cluster does not run {job.name}: it has no schedule."
    if not is_on(row):
        return f"{job.name} is switched off: the cluster does not run it."
    if row.cron != job.cron:
        wanted = "SEND_QUEUE_CRON is" if job.cron == settings.SEND_QUEUE_CRON else "not at"
        return f"The cluster runs {job.name} at “{row.cron}”, {wanted} “{job.cron}”."
    changed = [field for field, value in _values(job).items() if getattr(row, field) != value]
    if changed:
        return f"The schedule of {job.name} was changed by hand ({', '.join(changed)})."
    return ""
