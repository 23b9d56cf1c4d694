"""Counts of very many rows: kept for a minute, for they take long and hardly move meanwhile.

What counts fewer is counted each time. Each process keeps its own; pages say how old a figure is.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet

from queueing.models import QueueItemQuerySet

LARGE = 20_000  # rows
KEPT_FOR = dt.timedelta(minutes=1)

T = TypeVar("T")


def kept(
    what: object,
    items: QueueItemQuerySet,
    now: dt.datetime,
    count: Callable[[], T],
    size: Callable[[T], int],
) -> tuple[T, dt.datetime]:
    """Return what `count` returns, and when it was counted.

    :param what: what is counted, with all that it depends on but the items and the time.
    :param items: which are counted.
    :param size: how many rows a result counts.
    """
    try:
        asked = (what, *items.order_by().values("pk").query.sql_with_params())
    except EmptyResultSet:  # filtered by a name that nothing has
        return count(), now
    key = f"large:{hashlib.sha256(repr(asked).encode()).hexdigest()}"
    found: tuple[T, dt.datetime] | None = cache.get(key)
    if found is not None and found[1] <= now < found[1] + KEPT_FOR:
        return found
    value = count()
    if size(value) >= LARGE:
        cache.set(key, (value, now), KEPT_FOR.total_seconds())
    return value, now
