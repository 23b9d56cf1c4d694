"""The jobs that the ticker starts. Made by code at every migrate: one row a job, by its name."""

import datetime as dt
from dataclasses import dataclass

from croniter import croniter
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_q.models import Schedule

FAR = dt.timedelta(days=8)
COMMAND = "django.core.management.call_command"


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
    ]


def make_schedules(**_signal: object) -> None:
    """Write the jobs' Schedule rows; a row whose job has not changed keeps its next run."""
    if Schedule._meta.db_table not in connection.introspection.table_names():
        return  # one app alone was migrated, or django-q2 unmigrated
    for job in jobs():
        values = {
            "func": COMMAND,
            "args": ", ".join(repr(argument) for argument in job.arguments),
            "schedule_type": Schedule.CRON,
            "cron": job.cron,
            "repeats": -1,
        }
        row, now = Schedule.objects.filter(name=job.name).first(), timezone.now()
        # A next run far ahead was set by a clock that was wrong: nothing would run until then.
        if row is None or row.cron != job.cron or row.next_run > now + FAR:
            values["next_run"] = croniter(job.cron, now).get_next(dt.datetime)
        Schedule.objects.update_or_create(name=job.name, defaults=values)
