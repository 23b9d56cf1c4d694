"""What time is it? The database says so, for it alone is the same for all machines."""

import datetime as dt
import logging
from collections.abc import Callable

from django.db import Error, connection

from queueing.unipile import uptime

logger = logging.getLogger(__name__)

ANEW_AFTER_SECONDS = 0.5  # so anew for every claim, which waits for a call to end
Clock = Callable[[], dt.datetime]


class DatabaseClock:
    """The database's time; while that is away, carried on by how long this machine is up.

    A machine's own clock may be minutes wrong. By it a claim that another machine has just made
    would seem to have grown old, and two would call for one account at once.
    """

    def __init__(self) -> None:
        """Read the time. Raises `django.db.Error` where the database cannot be reached."""
        self._read()

    def __call__(self) -> dt.datetime:
        if uptime() - self._read_at > ANEW_AFTER_SECONDS:
            try:
                self._read()
            except Error as error:
                logger.warning("The time is reckoned, for the database is away: %s", error)
        return self._then + dt.timedelta(seconds=uptime() - self._read_at)

    def _read(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            told: dt.datetime = cursor.fetchone()[0]
        self._then = told.astimezone(dt.UTC)
        self._read_at = uptime()
