"""Figures for Prometheus, read from the database when they are asked for.

So every process of an installation tells the same, and none has to be asked for its own.
docs/monitoring/ has a dashboard and alert rules; a test holds their names against these.
"""

import datetime as dt
from collections.abc import Iterator

from django.conf import settings
from django.db import connection
from django.db.models import Count, Min
from django_q.brokers import get_broker
from django_q.models import OrmQ
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector

from campaigns.models import Campaign, LinkedInAccount
from queueing import schedules
from queueing.models import (
    Installation,
    JobRecord,
    Notice,
    ProcessRun,
    QueueItem,
    SendAttempt,
    SendingStop,
)
from queueing.watching.findings import (
    journal_files,
    last_successes,
    late_jobs,
    unapplied_migrations,
)

AN_HOUR, A_DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def exposition(now: dt.datetime) -> bytes:
    """Return all figures as text for Prometheus.

    :raises django.db.Error: where the database cannot be asked.
    """
    registry = CollectorRegistry()
    registry.register(Figures(now))
    return generate_latest(registry)


class Figures(Collector):
    """Reads the figures anew at each scrape."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def describe(self) -> list[Gauge]:
        """Say nothing beforehand: registering must not read them all."""
        return []

    def collect(self) -> Iterator[Gauge]:
        yield _gauge("sendq_info", "The version that answers.", {(settings.VERSION,): 1}, "version")
        yield from self._items()
        yield from self._calls()
        yield from self._accounts()
        yield from self._jobs()
        yield from self._waiting()

    def _items(self) -> Iterator[Gauge]:
        items = QueueItem.objects.order_by()
        by_status = dict.fromkeys(QueueItem.Status.values, 0)
        by_status |= dict(items.values_list("status").annotate(Count("pk")))
        yield _by("sendq_items", "Items by status.", by_status, "status")
        due = items.pending().filter(
            scheduled_for__lte=self.now, campaign__status=Campaign.Status.ACTIVE
        )
        told = due.aggregate(number=Count("pk"), oldest=Min("scheduled_for"))
        yield _one("sendq_items_due", "Items of active campaigns that are due.", told["number"])
        yield self._age("sendq_oldest_due_seconds", "How long the oldest is due.", told["oldest"])
        doubts = items.filter(status=QueueItem.Status.UNCONFIRMED)
        oldest = doubts.aggregate(at=Min("claimed_at"))["at"]
        yield self._age("sendq_oldest_unconfirmed_seconds", "The oldest doubt's age.", oldest)
        sent = items.filter(sent_at__gt=self.now - A_DAY).count()
        yield _one("sendq_sent_last_day", "Requests sent within 24 hours.", sent)

    def _calls(self) -> Iterator[Gauge]:
        recent = SendAttempt.objects.order_by().filter(started_at__gt=self.now - AN_HOUR)
        counted = recent.values_list("kind", "outcome").annotate(Count("pk"))
        yield _gauge(
            "sendq_calls_last_hour",
            "Calls to Unipile within the hour, by kind and outcome; without one: under way.",
            {(kind, outcome): number for kind, outcome, number in counted},
            "kind",
            "outcome",
        )
        runs = ProcessRun.objects.filter(started_at__gt=self.now - A_DAY)
        well = runs.filter(ProcessRun.ENDED_WELL).count()
        yield _by(
            "sendq_runs_last_day",
            "Runs within 24 hours, by how they ended; one under way is not well yet.",
            {"well": well, "not_well": runs.count() - well},
            "ended",
        )

    def _accounts(self) -> Iterator[Gauge]:
        by_status = dict.fromkeys(LinkedInAccount.Status.values, 0)
        accounts = LinkedInAccount.objects.order_by()
        by_status |= dict(accounts.values_list("status").annotate(Count("pk")))
        yield _by("sendq_accounts", "LinkedIn accounts by status.", by_status, "status")
        resting = accounts.filter(paused_until__gt=self.now).count()
        yield _one("sendq_accounts_resting", "LinkedIn accounts that rest.", resting)

    def _jobs(self) -> Iterator[Gauge]:
        names = [job.name for job in schedules.jobs()]
        late = {name for name, _ in late_jobs(self.now)}
        yield _by(
            "sendq_job_late",
            "1 where a job has missed two of its times.",
            {name: int(name in late) for name in names},
            "job",
        )
        yield _by(
            "sendq_job_last_success_timestamp_seconds",
            "When a job last ended well.",
            {name: at.timestamp() for name, at in last_successes().items()},
            "job",
        )
        failures = JobRecord.objects.filter(failed_at__isnull=False)
        yield _by(
            "sendq_job_last_failure_timestamp_seconds",
            "When a job last failed.",
            {row.name: row.failed_at.timestamp() for row in failures if row.failed_at},
            "job",
        )
        yield _one(
            "sendq_schedules_wrong",
            "Jobs whose schedule in the cluster is not that of the settings.",
            len(schedules.differences()),
        )

    def _waiting(self) -> Iterator[Gauge]:
        yield _one(
            "sendq_stopped",
            "1 while all sending is stopped.",
            SendingStop.objects.open().of_all().exists(),
        )
        yield _one(
            "sendq_held",
            "1 where the database was restored, copied or moved.",
            bool(Installation.why_held()),
        )
        notices = Notice.objects.filter(mailed_at__isnull=True)
        told = notices.aggregate(number=Count("pk"), oldest=Min("created_at"))
        yield _one("sendq_notices_waiting", "Notices that are not mailed yet.", told["number"])
        yield self._age("sendq_oldest_notice_seconds", "The oldest's age.", told["oldest"])
        yield _one(
            "sendq_journal_files",
            "Answers that wait on the disk of the machine that is asked.",
            len(journal_files()),
        )
        in_redis = "redis" in settings.Q_CLUSTER
        tasks = get_broker().queue_size() if in_redis else OrmQ.objects.count()
        yield _one("sendq_tasks_waiting", "Tasks that wait for the cluster.", tasks)
        yield _one(
            "sendq_migrations_unapplied",
            "Migrations that this code has and the database has not.",
            len(unapplied_migrations()),
        )
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            size = cursor.fetchone()[0]
        yield _one("sendq_database_bytes", "Size of the database.", size)

    def _age(self, name: str, told: str, since: dt.datetime | None) -> Gauge:
        age = max(0.0, (self.now - since).total_seconds()) if since else 0
        return _one(name, f"{told} 0: there is none.", age)


def _one(name: str, told: str, value: float) -> Gauge:
    return Gauge(name, told, value=float(value))


def _by(name: str, told: str, values: dict[str, float] | dict[str, int], label: str) -> Gauge:
    return _gauge(name, told, {(key,): value for key, value in values.items()}, label)


def _gauge(name: str, told: str, values: dict[tuple[str, ...], float], *labels: str) -> Gauge:
    family = Gauge(name, told, labels=labels)
    for key, value in values.items():
        family.add_metric(list(key), value)
    return family
