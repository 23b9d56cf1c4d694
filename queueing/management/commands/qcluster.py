"""Start the cluster, with the jobs as the settings have them now, once the database answers."""

import logging
import os
import signal
import sys
import time
from typing import Any

from django import db
from django.db import connection
from django_q.cluster import Cluster
from django_q.management.commands import qcluster
from django_q.models import Schedule

from queueing.schedules import make_schedules

logger = logging.getLogger(__name__)

PAUSES_SECONDS = (1, 2, 5, 10)  # the last one again and again


class Command(qcluster.Command):  # type: ignore[misc]
    """django-q2's own, which stands behind ours in INSTALLED_APPS."""

    def handle(self, *args: Any, **options: Any) -> None:
        # Until django-q2 has its own: nothing is under way yet, so a stop is no failure.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        wait_for_the_database()
        connection.close()  # what is forked must not share it
        if name := options.get("cluster_name"):
            os.environ["Q_CLUSTER_NAME"] = name
        cluster = Stoppable()
        cluster.start()
        if options.get("run_once"):
            cluster.stop()


class Stoppable(Cluster):  # type: ignore[misc]
    """A cluster that a signal ends at any time.

    django-q2's own loses one that comes while its first process is being made: it goes on for ever.
    """

    is_told = False

    def start(self) -> int:
        pid: int = super().start()
        if self.is_told:
            self.stop()
        return pid

    def sig_handler(self, signum: int, frame: Any) -> None:
        self.is_told = True
        if self.sentinel is not None:
            super().sig_handler(signum, frame)


def wait_for_the_database() -> None:
    """Make the schedules, however long the database is not there, or not migrated.

    A cluster often starts with its machine, before its database does. A signal ends the wait.
    """
    tries = 0
    while True:
        try:
            make_schedules()
            if Schedule._meta.db_table in connection.introspection.table_names():
                return
            told = "its tables are not there: run `manage.py migrate`"
        except db.Error as error:
            told = " ".join(str(error).split())[:300]
        pause = PAUSES_SECONDS[min(tries, len(PAUSES_SECONDS) - 1)]
        logger.warning("Waiting for the database: %s. The next try in %s s", told, pause)
        connection.close()
        time.sleep(pause)
        tries += 1
