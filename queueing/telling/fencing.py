"""Keep one row that can't be dealt with from ending a loop over all."""

import datetime as dt
import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import Error, connection

from queueing.models import Notice

logger = logging.getLogger(__name__)

ONCE_IN = dt.timedelta(days=1)  # every run may meet it again


class Fence:
    """Around each row of a loop. `aside` names the rows that could not be dealt with, and why.

    A workspace whose row it is gets a notice, one a day of each row.
    """

    def __init__(self, now: dt.datetime | None) -> None:
        """Take the time of notices; None where nobody is to be told."""
        self.now = now
        self.aside: list[str] = []
        self.first: Exception | None = None

    @contextmanager
    def around(
        self,
        row: str,
        workspace_id: uuid.UUID | None = None,
        *,
        item_id: uuid.UUID | None = None,
        then: Callable[[Exception], object] | None = None,
    ) -> Iterator[None]:
        """Set the row aside where what is done to it fails, so that the loop goes on.

        Where the database is away that is no row's fault, and the error goes on, as does whatever
        is to end the process.

        :param row: as people are to read it.
        :param then: what keeps the row from coming back for ever.
        """
        try:
            yield
        except Exception as error:
            if isinstance(error, Error) and not connection.is_usable():
                raise
            logger.exception("%s could not be dealt with; the others go on", row)
            self.first = self.first or error
            self.aside.append(f"{row}: {in_words(error)}")
            for follows in (then, lambda error: self._tell(row, workspace_id, item_id, error)):
                if follows is not None:
                    self._do_what_follows(row, follows, error)

    def _do_what_follows(
        self, row: str, follows: Callable[[Exception], object], error: Exception
    ) -> None:
        try:
            follows(error)
        except Exception as second:
            if isinstance(second, Error) and not connection.is_usable():
                raise
            logger.exception("%s could not be set aside either", row)

    def _tell(
        self, row: str, workspace_id: uuid.UUID | None, item_id: uuid.UUID | None, error: Exception
    ) -> None:
        if workspace_id is None or self.now is None:
            return
        text = f"{row} could not be dealt with and was set aside. Everything else went on."
        told = Notice.objects.filter(
            workspace=workspace_id,
            kind=Notice.Kind.SET_ASIDE,
            text=text,
            created_at__gt=self.now - ONCE_IN,
        )
        if not told.exists():
            Notice.objects.create(
                workspace_id=workspace_id,
                kind=Notice.Kind.SET_ASIDE,
                item_id=item_id,
                text=text,
                detail=in_words(error),
                created_at=self.now,
            )


def in_words(error: Exception) -> str:
    """Return what went wrong, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]
