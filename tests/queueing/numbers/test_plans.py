"""What counts many rows can be answered by an index alone: the rows themselves take too long."""

import datetime as dt
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.models import Campaign
from queueing import numbers
from queueing.admin import failed
from queueing.desk import campaigns, status
from queueing.models import QueueItem
from tests.builders import NOON

UTC = ZoneInfo("UTC")
NAMED = re.compile(r'"send_queue"\."(\w+)"')

COUNTS: dict[str, Callable[[], object]] = {
    "people by week": lambda: numbers.weeks(QueueItem.objects.all(), NOON, UTC),
    "people of campaigns": lambda: numbers.of_people(
        list(Campaign.objects.values_list("pk", flat=True))
    ),
    "sent and failed by day": lambda: status.by_day(QueueItem.objects.all(), NOON, UTC),
    "progress of campaigns": lambda: campaigns.lines(
        list(Campaign.objects.all()), NOON - dt.timedelta(days=1)
    ),
    "what failed, by its meaning": lambda: failed.groups(
        QueueItem.objects.filter(status="failed"), ()
    ),
}


@pytest.mark.parametrize("what", COUNTS)
def test_one_index_has_all_that_is_asked(what: str, crowd: Campaign) -> None:
    with CaptureQueriesContext(connection) as captured:
        COUNTS[what]()
    counts = [
        query["sql"]
        for query in captured.captured_queries
        if "COUNT(" in query["sql"] and NAMED.search(query["sql"])
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'send_queue'")
        indexes = [set(re.findall(r"\w+", definition)) for (definition,) in cursor.fetchall()]

    assert counts
    for sql in counts:
        assert any(set(NAMED.findall(sql)) <= index for index in indexes), sql
