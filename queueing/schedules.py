"""The jobs that the ticker starts: one row a job, by its name, which follows the settings."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from croniter import croniter
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import Schedule

FAR = dt.timedelta(days=8)
COMMAND = "django.core.management.call_command"
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
            "process_send_queue",
            settings.SEND_QUEUE_CRON,
            ("process_send_queue", "--trigger", "schedule"),
        ),
        Job("process_pending_prospects", "*/15 * * * *", ("process_pending_prospects",)),
        Job("reconcile_send_queue", "*/5 * * * *", ("reconcile_send_queue",)),
        Job("sync_accounts", "7-59/15 * * * *", ("sync_accounts",)),
        Job("execute_scheduled_campaigns", "*/5 * * * *", ("execute_scheduled_campaigns",)),
        Job("prune", "17 3 * * *", ("prune",)),
    ]


def make_schedules(**_signal: object) -> None:
    """Write the jobs' Schedule rows; a row whose job has not changed keeps its next run.

    At every migrate, and when a cluster starts: several may at once.
    """
    if Schedule._meta.db_table not in connection.introspection.table_names():
        return  # one app alone was migrated, or django-q2 unmigrated
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [__name__])
        for job in jobs():
            _write(job)


def _write(job: Job) -> None:
    row, *others = _rows_of(job) or [Schedule(name=job.name)]
    now = timezone.now()
    # A next run far ahead was set by a clock that was wrong: nothing would run until then.
    if row.pk is None or row.cron != job.cron or row.next_run > now + FAR:
        row.next_run = croniter(job.cron, now).get_next(dt.datetime)
    for field, value in _values(job).items():
        setattr(row, field, value)
    row.save()
    for other in others:  # a copy would run the job as well, at times of its own
        other.delete()


def _rows_of(job: Job) -> list[Schedule]:
    return list(Schedule.objects.filter(name=job.name).order_by("pk"))


def _values(job: Job) -> dict[str, Any]:
    return {
        "func": COMMAND,
        "args": ", ".join(repr(argument) for argument in job.arguments),
        "schedule_type": Schedule.CRON,
        "cron": job.cron,
        "repeats": -1,
    }


def differences() -> list[str]:
    """Say for each job in what the cluster's schedule is not that of the settings."""
    rows: dict[str, Schedule] = {}
    for row in Schedule.objects.filter(name__in=[job.name for job in jobs()]).order_by("-pk"):
        rows[row.name] = row  # of several the one that will be kept
    found = []
    for job in jobs():
        if problem := _difference(job, rows.get(job.name)):
            found.append(f"{problem} {REMEDY}")
    return found


def _difference(job: Job, row: Schedule | None) -> str:
    if row is None:
        return f"The cluster does not run {job.name}: it has no schedule."
    if row.cron != job.cron:
        wanted = "SEND_QUEUE_CRON is" if job.cron == settings.SEND_QUEUE_CRON else "not at"
        return f"The cluster runs {job.name} at “{row.cron}”, {wanted} “{job.cron}”."
    changed = [field for field, value in _values(job).items() if getattr(row, field) != value]
    if changed:
        return f"The schedule of {job.name} was changed by hand ({', '.join(changed)})."
    return ""
