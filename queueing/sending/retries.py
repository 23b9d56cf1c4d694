"""How long to wait before a call is tried again, and how long an account rests. Pure."""

import datetime as dt
from collections.abc import Sequence


def retry_at(now: dt.datetime, attempts: int, delays_seconds: Sequence[int]) -> dt.datetime | None:
    """Return when to try again, or None when the retries are used up.

    :param attempts: failed tries so far, the one just made included.
    :param delays_seconds: one delay for each retry, such as 300, 900, 3600.
    """
    if attempts > len(delays_seconds):
        return None
    return now + dt.timedelta(seconds=delays_seconds[attempts - 1])


def doubled(base: dt.timedelta, times_before: int, ceiling: dt.timedelta) -> dt.timedelta:
    """Return a rest that doubles each time it is needed again, up to a ceiling."""
    return min(base * (1 << min(times_before, 16)), ceiling)
