"""Django's PostgreSQL backend, on a server that starts with the first connection."""

import fcntl
import os
from typing import Any

from django.conf import settings
from django.db.backends.postgresql import client, creation
from django.utils.asyncio import async_unsafe
from psycopg import OperationalError, connect, errors, sql

from sendq_site.embedded import programs
from sendq_site.embedded.server import PORT, USER, Cluster, ServerError
from sendq_site.postgres import base

cluster = Cluster(settings.DATA_DIR / "postgres")


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell` with the server's own psql: the machine need not have one."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Any
    ) -> tuple[list[str], dict[str, str] | None]:
        cluster.use()
        _create_database(settings_dict["NAME"])
        args, env = super().settings_to_cmd_args_env(settings_dict, parameters)
        return [str(programs.folder(cluster.account) / "psql"), *args[1:]], env


class DatabaseCreation(creation.DatabaseCreation):
    """Test runs at the same time get a database each: test_sendq, test_sendq_2 and so on."""

    _slot: tuple[int, int] | None = None  # number, and the lock that is held while we run

    def _get_test_db_name(self) -> str:
        name: str = super()._get_test_db_name()  # type: ignore[misc]
        number = self.slot()
        return name if number == 1 else f"{name}_{number}"

    @classmethod
    def slot(cls) -> int:
        """Return this run's number from 1 on, kept until the process ends."""
        number = 1
        while cls._slot is None:
            lock = os.open(cluster.home / f"test-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                cls._slot = (number, lock)
            except BlockingIOError:
                os.close(lock)
                number += 1
        return cls._slot[0]

    def _destroy_test_db(self, test_database_name: str, verbosity: int) -> None:
        # By force: a session that is left, such as that of a server's thread which a browser keeps
        # waiting, must not spoil the run.
        with self._nodb_cursor() as cursor:  # type: ignore[attr-defined]
            name = self.connection.ops.quote_name(test_database_name)
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient
    creation_class = DatabaseCreation

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        settings_dict.update(HOST=str(cluster.socket_dir), PORT=str(PORT), USER=USER)
        super().__init__(settings_dict, alias)

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            if not cluster.in_use:
                cluster.use()
            return super().get_new_connection(conn_params)
        except OperationalError:
            return self._connect_after_start(conn_params)  # no database yet, or a server that died
        except ServerError as error:
            raise OperationalError(str(error)) from error

    def _connect_after_start(self, conn_params: dict[str, Any]) -> Any:
        try:
            cluster.use()
        except ServerError as error:
            raise OperationalError(str(error)) from error
        _create_database(conn_params["dbname"])
        return super().get_new_connection(conn_params)


def _create_database(name: str) -> None:
    with connect(cluster.dsn(), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if found.fetchone() is None:
            try:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            except (errors.DuplicateDatabase, errors.UniqueViolation):
                return  # another process was quicker
