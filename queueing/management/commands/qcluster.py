"""Start the cluster, with the jobs as the settings have them now."""

import logging
from typing import Any

from django.db import OperationalError, connection
from django_q.management.commands import qcluster

from queueing.schedules import make_schedules

logger = logging.getLogger(__name__)


class Command(qcluster.Command):  # type: ignore[misc]
    """django-q2's own, which stands behind ours in INSTALLED_APPS."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            make_schedules()
        except OperationalError:  # it may come up before its database does, and waits for it then
            logger.exception("The schedules stay as they were: the database does not answer")
        connection.close()  # what is forked must not share it
        super().handle(*args, **options)
