import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler, OperationalError
from pytest_django import DjangoDbBlocker

from sendq_site.embedded import base
from sendq_site.embedded.server import Cluster


@pytest.fixture
def connection(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> Iterator[BaseDatabaseWrapper]:
    """A Django connection as the settings make it, on a cluster that has not been started."""
    monkeypatch.setattr(base, "cluster", cluster)
    handler = ConnectionHandler({"default": {"ENGINE": "sendq_site.embedded", "NAME": "sendq"}})
    with django_db_blocker.unblock():
        yield handler["default"]
        handler["default"].close()


def fetch(connection: BaseDatabaseWrapper, sql: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def test_first_connection_makes_server_and_database(
    cluster: Cluster, connection: BaseDatabaseWrapper
) -> None:
    assert not cluster.is_running()

    assert fetch(connection, "SELECT current_database()") == "sendq"


def test_next_connection_after_a_crash_starts_the_server_again(
    cluster: Cluster, connection: BaseDatabaseWrapper
) -> None:
    fetch(connection, "SELECT 1")
    os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    connection.close()

    assert fetch(connection, "SELECT 2") == 2


def test_start_that_fails_is_an_operational_error(
    cluster: Cluster, connection: BaseDatabaseWrapper
) -> None:
    cluster.socket_dir.mkdir(mode=0o755)

    with pytest.raises(OperationalError, match="must be a folder that only"):
        connection.ensure_connection()

    cluster.socket_dir.rmdir()


def test_database_shell_is_the_servers_own(
    cluster: Cluster, connection: BaseDatabaseWrapper
) -> None:
    command, _ = connection.client.settings_to_cmd_args_env(
        connection.settings_dict, ["-c", "SELECT current_database()", "-At"]
    )

    done = subprocess.run(command, capture_output=True, text=True, env={}, check=False)

    assert "sendq" in done.stdout, done


def run_python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "sendq_site.settings"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.django_db
def test_test_runs_at_the_same_time_have_a_database_each() -> None:
    ours = base.DatabaseCreation.slot()

    others = run_python(
        "import django; django.setup(); from tests.database import base, use_the_tests_server\n"
        "use_the_tests_server(); print(base.DatabaseCreation.slot())"
    )

    assert int(others) != ours


def test_loading_the_project_starts_nothing() -> None:
    in_use = run_python(
        "import django; django.setup(); from django.db import connection; connection.vendor\n"
        "from sendq_site.embedded.base import cluster; print(cluster.in_use)"
    )

    assert in_use == "False\n"
