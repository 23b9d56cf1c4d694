"""A whole SendQ of its own: a PostgreSQL that may be crashed, and processes that work on it."""

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from sandbox.testing import SandboxProcess
from sendq_site.embedded.server import USER, Cluster
from tests import processes
from tests.preloaded import Forked

SEED = """
import django; django.setup()
from django.utils import timezone
from tests.builders import a_campaign, a_workspace, an_account, an_item
workspace = a_workspace()
accounts = [an_account(workspace, daily_limit=50) for _ in range({accounts})]
campaign = a_campaign(workspace, *accounts)
for account in accounts:
    for _ in range({each}):
        an_item(campaign, account, scheduled_for=timezone.now())
print(*[account.unipile_account_id for account in accounts])
"""

TICK = "import django; django.setup(); from django_q.scheduler import scheduler; scheduler()"


class Installation:
    """The cluster must be running; `folder` is for what the processes write."""

    def __init__(self, cluster: Cluster, sandbox: SandboxProcess, folder: Path) -> None:
        self.cluster, self.sandbox = cluster, sandbox
        host = quote(str(cluster.socket_dir), safe="")
        self.env = {
            "PATH": os.environ["PATH"],
            "SEND_SPREAD_SECONDS": "0",
            "HOME": os.environ.get("HOME", "/"),
            "DATABASE_URL": f"postgresql://{USER}@{host}/sendq",
            "SECRET_KEY": "only for this test",
            "UNIPILE_DSN": sandbox.url,
            "UNIPILE_API_KEY": sandbox.api_key,
            "JOURNAL_DIR": str(folder / "journal"),
            "DJANGO_SETTINGS_MODULE": "sendq_site.settings",
        }
        self._make_database()

    def _make_database(self) -> None:
        """Migrate once in each cluster; the next installations begin with a copy."""
        with psycopg.connect(self.cluster.dsn(), autocommit=True) as connection:
            asked = "SELECT 1 FROM pg_database WHERE datname = 'migrated'"
            if connection.execute(asked).fetchone() is None:
                connection.execute("CREATE DATABASE sendq")
                self.manage("migrate", "-v0")
                connection.execute("ALTER DATABASE sendq RENAME TO migrated")
            connection.execute("CREATE DATABASE sendq TEMPLATE migrated")

    def manage(self, *arguments: str) -> str:
        """Run a command and return what it printed."""
        (printed,) = processes.end(processes.start(self.env, *arguments))
        return printed

    def start(self, *arguments: str) -> Forked:
        return processes.start(self.env, *arguments)

    def run(self) -> dict[str, Any]:
        """Make a run and return its result."""
        result: dict[str, Any] = json.loads(self.manage("process_send_queue", "--json"))
        return result

    def seed(self, accounts: int, each: int) -> None:
        """Make accounts with due items, and tell the sandbox of the accounts."""
        program = SEED.format(accounts=accounts, each=each)
        (printed,) = processes.end(processes.start_python(self.env, program))
        for account_id in printed.split():
            self.sandbox.control.add_account(account_id, "sales_navigator")

    def tick(self) -> None:
        """Let django-q2 queue all its jobs, without waiting for a cluster to look."""
        self.sql("UPDATE django_q_schedule SET next_run = now()")
        processes.end(processes.start_python(self.env, TICK))

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database; waits while it recovers from a crash."""
        with psycopg.connect(self.cluster.dsn("sendq"), autocommit=True) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def statuses(self) -> dict[str, int]:
        return dict(self.sql("SELECT status, count(*) FROM send_queue GROUP BY status"))
