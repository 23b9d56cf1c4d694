"""What the list settles, and what follows for an item that was not sent."""

import datetime as dt

import pytest

from campaigns.models import Campaign, LinkedInAccount, Prospect, SendingHours
from queueing.looking import reconciling
from queueing.models import Notice, ProcessRun, QueueItem
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import an_item
from tests.conftest import BOTH, MovedClock
from tests.queueing.looking.doubt import in_doubt, later

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


@pytest.fixture(autouse=True)
def _linkedins_clock(sandbox: Sandbox, clock: MovedClock) -> None:
    sandbox.control.freeze(clock().isoformat())


@BOTH
def test_twice_nothing_makes_it_a_retry(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")

    statuses = []
    for _ in range(3):
        later(clock, sandbox, minutes=31)
        reconciling.reconcile(client_of_unipile, clock)
        item.refresh_from_db()
        statuses.append(item.status)
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)

    item.refresh_from_db()
    # One walk an hour: the second comes with the third look.
    assert statuses == [Status.UNCONFIRMED, Status.UNCONFIRMED, Status.PENDING]
    assert (item.status, item.attempts) == (Status.SENT, 1)
    assert len(sandbox.control.effects()) == 1


def test_the_last_retry_that_was_not_sent_fails_and_is_told(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    QueueItem.objects.update(attempts=3)

    for _ in range(2):
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.prospect.status) == (Status.FAILED, Prospect.Status.FAILED)
    assert Notice.objects.get().item_id == item.pk


def test_a_notice_of_what_failed_in_doubt_has_what_unipile_answered(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = an_item(campaign, account, attempts=3)
    sandbox.control.fault("answer", route="invite", status=500, type="errors/provider_error")
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)

    for _ in range(2):
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.FAILED
    assert "provider_error" in Notice.objects.get().detail


def test_what_was_not_sent_waits_for_the_next_open_window(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    SendingHours.objects.update(working_hours_start=dt.time(7), working_hours_end=dt.time(17))

    for _ in range(2):
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.scheduled_for) == (
        Status.PENDING,
        dt.datetime(2026, 7, 9, 7, tzinfo=dt.UTC),
    )
