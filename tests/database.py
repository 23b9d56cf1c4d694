"""The tests' database: a server that need not survive a crash, and rows that are put back.

After a test that commits, Django truncates every table and then makes its permissions anew. That
takes longer than most tests and loses what migrations wrote. Here the rows that a test left go,
and those that the migrations wrote come back.
"""

from django.conf import settings
from django.db import connection, transaction

from sendq_site.embedded import base
from sendq_site.embedded.server import Cluster


def use_the_tests_server() -> None:
    """Have the tests' databases on a server without fsync, unless DATABASE_URL names another."""
    if settings.DATABASES["default"]["ENGINE"] == "sendq_site.embedded":
        base.cluster = Cluster(settings.DATA_DIR / "tests", durable=False)
        connection.settings_dict["HOST"] = str(base.cluster.socket_dir)


class Rows:
    """The rows that migrations wrote: copies of their tables, in a schema beside them."""

    def __init__(self) -> None:
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        self._tables = sorted(names)
        self._kept = self._with_rows()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA kept")
            for name in self._kept:
                cursor.execute(f'CREATE TABLE kept."{name}" AS TABLE "{name}"')

    def put_back(self) -> None:
        """Delete what was left, in any order: foreign keys are looked at when it is committed."""
        left = self._with_rows()
        deletions = [f'DELETE FROM "{name}"' for name in left]
        copies = [f'INSERT INTO "{name}" TABLE kept."{name}"' for name in self._kept]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("; ".join([*deletions, *copies]))

    def _with_rows(self) -> list[str]:
        """Return the tables that are not empty."""
        asked = [f"(SELECT '{name}' FROM \"{name}\" LIMIT 1)" for name in self._tables]
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(asked))
            return [name for (name,) in cursor.fetchall()]
