"""How long a retry waits, and how long an account rests."""

import datetime as dt

import pytest

from queueing.sending import retries
from tests.builders import NOON

DELAYS = (300, 900, 3600)
DAY = dt.timedelta(hours=24)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 300), (2, 900), (3, 3600)])
def test_retries_wait_longer_each_time(attempts: int, seconds: int) -> None:
    assert retries.retry_at(NOON, attempts, DELAYS) == NOON + dt.timedelta(seconds=seconds)


def test_after_the_last_retry_there_is_none() -> None:
    assert retries.retry_at(NOON, 4, DELAYS) is None
    assert retries.retry_at(NOON, 1, ()) is None


@pytest.mark.parametrize(("times_before", "hours"), [(0, 24), (1, 48), (2, 72), (3, 72)])
def test_rests_double_up_to_a_ceiling(times_before: int, hours: int) -> None:
    assert retries.doubled(DAY, times_before, 3 * DAY) == dt.timedelta(hours=hours)


def test_a_long_row_of_rests_does_not_overflow() -> None:
    assert retries.doubled(DAY, 10_000, 3 * DAY) == 3 * DAY
