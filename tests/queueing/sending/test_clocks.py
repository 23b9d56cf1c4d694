"""Machines whose clocks differ share one time: the database's."""

import datetime as dt

import pytest
from django.core.management import call_command
from django.db import Error, connection
from django.utils import timezone

from campaigns.models import Campaign, LinkedInAccount
from queueing.models import QueueItem
from queueing.sending import DatabaseClock, claiming, clocks, runs
from queueing.unipile import Client, uptime
from tests.builders import an_item

pytestmark = pytest.mark.django_db(transaction=True)
MINUTES = dt.timedelta(minutes=4)


def test_the_time_is_the_databases() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (before,) = cursor.fetchone()
        now = DatabaseClock()()
        cursor.execute("SELECT clock_timestamp()")
        (after,) = cursor.fetchone()

    assert before < now < after
    assert now.tzinfo == dt.UTC


def test_while_the_database_is_away_the_time_is_reckoned(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = DatabaseClock()
    then, up = clock(), uptime()

    def away() -> None:
        raise Error("away")

    monkeypatch.setattr(connection, "cursor", away)
    monkeypatch.setattr(clocks, "uptime", lambda: up + 3600)

    assert abs(clock() - then - dt.timedelta(hours=1)) < dt.timedelta(minutes=1)


def test_a_machine_that_is_minutes_ahead_takes_no_claim_away(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    due = DatabaseClock()() - dt.timedelta(hours=1)
    item = an_item(campaign, account, scheduled_for=due)
    an_item(campaign, account, scheduled_for=due)
    assert claiming.claim(account.pk, None, DatabaseClock()()) is not None  # another machine's
    ahead = timezone.now() + MINUTES
    monkeypatch.setattr(timezone, "now", lambda: ahead)
    monkeypatch.setattr(runs, "unipile_client", lambda: client_of_unipile)

    for command in ("process_send_queue", "reconcile_send_queue"):
        call_command(command)

    item.refresh_from_db()
    assert item.status == QueueItem.Status.SENDING
    assert QueueItem.objects.pending().count() == 1
