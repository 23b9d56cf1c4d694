"""A database that is away refuses, and is told at once; one that is frozen answers nothing at all.

For the latter the time is taken here: the server's own `statement_timeout` is frozen with it, and
TCP's keepalives are answered by its kernel. For pages alone: see
`DATABASE_ANSWER_SECONDS`.
"""

from typing import Any

import psycopg
from django.conf import settings
from django.db.backends.postgresql import base
from django.utils.asyncio import async_unsafe
from psycopg import errors

LATER_THAN_SERVER = 5  # seconds: it ends a statement in order, where it can


class DatabaseWrapper(base.DatabaseWrapper):
    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        seconds = settings.DATABASE_ANSWER_SECONDS
        if not seconds:
            return super().get_new_connection(conn_params)
        options = f"{conn_params.get('options', '')} -c statement_timeout={seconds}s".strip()
        connection = super().get_new_connection({**conn_params, "options": options})
        bound(connection, seconds + LATER_THAN_SERVER)
        return connection


def bound(connection: "psycopg.Connection[Any]", seconds: float) -> None:
    """Let nobody wait longer than this for one answer on a connection: it is closed then."""
    wait = connection.wait

    def wait_for(generator: Any, *args: Any, **options: Any) -> Any:
        options["timeout"] = options.get("timeout") or seconds
        try:
            return wait(generator, *args, **options)
        except errors._WaitTimeout as error:
            connection.pgconn.finish()  # nobody knows what it would answer now
            raise psycopg.OperationalError(
                f"The database has not answered for {seconds:g} seconds."
            ) from error

    connection.wait = wait_for  # type: ignore[method-assign, assignment]
