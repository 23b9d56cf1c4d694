"""System checks: a wrong configuration fails at `manage.py check`, with what to do about it."""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from croniter import croniter
from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_q.models import Schedule

from campaigns.hours import zones
from campaigns.models import Campaign, SendingHours, Workspace
from queueing import gates, schedules
from queueing.gates import cadence, hours
from queueing.gates.ticker import ticker
from queueing.sending import runs

OLDEST_POSTGRESQL = 150000
MOST_SHARES = 100  # of a tick

CALLS_OF_AN_ITEM = 4  # look-up, send, look-up behind it, and asking for the account

# What queueing relies on in django-q2: see docs/architecture.md.
Q_CLUSTER_FIXED = {
    "orm": "default",
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "bulk": 1,
}
Q_CLUSTER_FREE = {
    "name", "workers", "timeout", "retry", "queue_limit", "save_limit", "poll", "label",
    "redis", "recycle", "max_rss", "log_level", "daemonize_workers", "error_reporter",
}  # fmt: skip


TAG = "queueing"


def register_all() -> None:
    checks.register(check_ticker, TAG)
    checks.register(check_settings, TAG)
    checks.register(check_database, Tags.database)


def check_ticker(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Hold Q_CLUSTER to what makes a task that runs twice, or not at all, harmless."""
    cluster = settings.Q_CLUSTER
    in_redis = "redis" in cluster
    fixed = {
        key: Q_CLUSTER_FIXED[key] for key in Q_CLUSTER_FIXED if not (in_redis and key == "orm")
    }
    found: list[CheckMessage] = [
        Error(
            f"Q_CLUSTER has the unknown key {key!r}.",
            hint="django-q2 ignores unknown keys in silence: correct or remove it.",
            id="queueing.E001",
        )
        for key in sorted(cluster.keys() - Q_CLUSTER_FIXED.keys() - Q_CLUSTER_FREE)
    ]
    found += [
        Error(
            f"Q_CLUSTER[{key!r}] is {cluster.get(key)!r}.",
            hint=f"Set it to {value!r}: the send queue relies on it.",
            id="queueing.E002",
        )
        for key, value in fixed.items()
        if cluster.get(key) != value
    ]
    if in_redis and find_spec("redis") is None:
        found.append(
            Error(
                "TASK_BROKER_URL is set, and the package redis is not installed.",
                hint="Install it (pip install redis), or leave TASK_BROKER_URL empty: tasks then "
                "wait in the database.",
                id="queueing.E010",
            )
        )
    deadline, timeout = settings.SEND_RUN_DEADLINE_SECONDS, cluster.get("timeout") or 0
    longest = CALLS_OF_AN_ITEM * settings.CALL_TOTAL_SECONDS
    if not deadline + longest < timeout < (cluster.get("retry") or 0):
        found.append(
            Error(
                "A run's deadline and its last calls, the cluster's timeout and its retry do not "
                "follow each other.",
                hint=f"Keep SEND_RUN_DEADLINE_SECONDS + {CALLS_OF_AN_ITEM} CALL_TOTAL_SECONDS < "
                "timeout < retry.",
                id="queueing.E003",
            )
        )
    if not 0 < (cluster.get("save_limit") or 0) <= 1000:
        found.append(
            Error(
                "Q_CLUSTER['save_limit'] keeps too many or no finished tasks.",
                hint="Set it between 1 and 1000.",
                id="queueing.E004",
            )
        )
    return found


def check_settings(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Refuse settings with which the queue could not do its work."""
    found: list[CheckMessage] = []
    try:
        ticker(settings.SEND_QUEUE_CRON)
        croniter(settings.SEND_QUEUE_CRON, timezone.now()).get_next()
        _fits_its_row(settings.SEND_QUEUE_CRON)
    except ValueError as error:
        found.append(
            Error(
                f"SEND_QUEUE_CRON is {settings.SEND_QUEUE_CRON!r}, which starts no run: {error}",
                hint="Use five fields, such as */30 * * * *.",
                id="queueing.E005",
            )
        )
    if not 1 <= settings.SEND_DISTRIBUTE <= MOST_SHARES:
        found.append(
            Error(
                f"SEND_DISTRIBUTE is {settings.SEND_DISTRIBUTE}.",
                hint=f"Set it to the number of machines with a cluster, 1 to {MOST_SHARES}.",
                id="queueing.E011",
            )
        )
    problem = zones.problem(settings.DAILY_CAP_TIMEZONE)
    if problem:
        found.append(Error(f"DAILY_CAP_TIMEZONE: {problem}", id="queueing.E006"))
    if settings.UNIPILE_DSN:
        try:
            runs.configured_client()
        except ValueError as error:
            found.append(Error(str(error), id="queueing.E009"))
    if settings.SENDING_BOUND_SECONDS < CALLS_OF_AN_ITEM * settings.CALL_TOTAL_SECONDS:
        found.append(
            Error(
                "SENDING_BOUND_SECONDS is too short: a claim could be taken away during a call.",
                hint="Make it at least four times CALL_TOTAL_SECONDS.",
                id="queueing.E007",
            )
        )
    return found


def _fits_its_row(cron: str) -> None:
    longest = Schedule._meta.get_field("cron").max_length
    if len(cron) > longest:
        raise ValueError(f"it is longer than {longest} characters.")


def check_database(
    app_configs: Sequence[AppConfig] | None = None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """With `check --database default`: the server's version, schedules, limits out of reach."""
    if not databases or "default" not in databases:
        return []
    with connection.cursor():  # opens the connection, whose version is asked for
        version = connection.pg_version  # type: ignore[attr-defined]
    if version < OLDEST_POSTGRESQL:
        return [
            Error(
                f"PostgreSQL {version // 10000} is too old.",
                hint="Use PostgreSQL 15 or newer.",
                id="queueing.E008",
            )
        ]
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return []  # `migrate` itself asks: rows of columns that are not there yet cannot be read
    return [
        *(checks.Warning(problem, id="queueing.W001") for problem in schedules.differences()),
        *(checks.Warning(problem, id="queueing.W002") for problem in _calendars_that_end()),
        *(checks.Info(problem, id="queueing.I002") for problem in _nobody_told()),
        *(
            checks.Info(f"{account}: {problem}", id="queueing.I001")
            for account, problem in cadence.limits_out_of_reach(timezone.now())
        ),
    ]


def _nobody_told() -> list[str]:
    silent = Workspace.objects.filter(notify_emails="", campaigns__status=Campaign.Status.ACTIVE)
    return [
        f"Workspace “{workspace}” has no addresses for notices: nobody is mailed when something "
        "fails, an account is lost, or a campaign cannot start. Add them on its page."
        for workspace in silent.distinct().order_by("name")
    ]


def _calendars_that_end() -> list[str]:
    rows = SendingHours.objects.prefetch_related("closed_days")
    ends = ((row, hours.calendar_ends(gates.hours_of(row), timezone.now())) for row in rows)
    return [f"Sending hours “{row}”: {problem}" for row, problem in ends if problem]
