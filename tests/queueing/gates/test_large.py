"""Counts of very many rows are kept for a minute; those of fewer are made anew each time."""

import datetime as dt
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queueing.gates import Waits, large, waiting
from queueing.models import QueueItem
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item

SECOND = dt.timedelta(seconds=1)


@pytest.fixture(autouse=True)
def nothing_kept(db: None) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def counted(now: dt.datetime, number: int, what: str = "ada") -> tuple[int, dt.datetime]:
    items = QueueItem.objects.filter(status="pending")
    return large.kept(what, items, now, lambda: number, lambda found: found)


def test_what_counts_many_is_not_counted_again_for_a_minute() -> None:
    assert counted(NOON, large.LARGE) == (large.LARGE, NOON)
    assert counted(NOON + 59 * SECOND, 1) == (large.LARGE, NOON)
    assert counted(NOON + 60 * SECOND, 1) == (1, NOON + 60 * SECOND)


def test_what_counts_few_is_counted_each_time() -> None:
    assert counted(NOON, large.LARGE - 1) == (large.LARGE - 1, NOON)
    assert counted(NOON, 1) == (1, NOON)


def test_another_question_has_another_answer() -> None:
    counted(NOON, large.LARGE)

    assert counted(NOON, 1, "eve") == (1, NOON)
    others = QueueItem.objects.filter(status="sent")
    assert large.kept("ada", others, NOON, lambda: 2, lambda found: found) == (2, NOON)
    none = QueueItem.objects.filter(pk__in=[])
    assert large.kept("ada", none, NOON, lambda: 3, lambda found: found) == (3, NOON)


def test_what_items_wait_for_follows_the_gates_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of places are kept; what each place waits for is asked each time."""
    monkeypatch.setattr(large, "LARGE", 1)
    workspace = a_workspace()
    account = an_account(workspace)
    an_item(a_campaign(workspace, account), account)
    items = QueueItem.objects.all()
    before = waiting.count_waiting(items, Waits(items, NOON, None))
    account.status = account.Status.DISCONNECTED
    account.save()

    with CaptureQueriesContext(connection) as captured:
        waits = Waits(items, NOON + SECOND, None)
    after = waiting.count_waiting(items, waits)

    assert (before.total(), after) == (1, {"account_connected": 1})
    assert waits.counted_at == NOON
    assert not any("AS pair" in query["sql"] for query in captured.captured_queries)
