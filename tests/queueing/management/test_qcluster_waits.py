"""The cluster waits for its database instead of dying."""

import logging
import time
from typing import Any

import pytest
from django.db import OperationalError, connection
from django_q.models import Schedule

from queueing import schedules
from queueing.management.commands import qcluster


@pytest.mark.django_db
def test_it_waits_as_long_as_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    slept: list[float] = []
    real = schedules.make_schedules

    def away(**_: Any) -> None:
        if len(slept) < 6:
            raise OperationalError("connection refused")
        real()

    monkeypatch.setattr(qcluster, "make_schedules", away)
    monkeypatch.setattr(connection, "close", lambda: None)  # the test's own transaction
    monkeypatch.setattr(time, "sleep", slept.append)
    Schedule.objects.all().delete()

    with caplog.at_level(logging.WARNING):
        qcluster.wait_for_the_database()

    assert slept == [1, 2, 5, 10, 10, 10]
    assert "connection refused" in caplog.text
    assert Schedule.objects.filter(name="process_send_queue").exists()
