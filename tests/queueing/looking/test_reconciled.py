"""What the list settles, and what follows for an item that was not sent."""

import datetime as dt

import pytest

from campaigns.models import Campaign, LinkedInAccount, Prospect, SendingHours
from queueing.looking import reconciling
from queueing.models import Notice, ProcessRun, QueueItem, SendAttempt
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, an_item
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


@pytest.mark.parametrize(
    ("profiles", "others_are_read", "is_gone"),
    [
        ([("rejected", 422)] * 8, False, True),
        ([("not_sent", 500)] * 8, True, True),
        ([("not_sent", 500)] * 8, False, False),  # nobody's can be read: an outage
        ([("not_sent", None)] * 8, True, False),  # not asked at all
        ([("not_sent", 500)] * 7 + [("nothing", 200)], True, False),
        ([("not_sent", 500)] * 7, True, False),  # not for a week yet
    ],
)
def test_whose_profile_alone_tells_nothing_for_a_week_is_left_to_people(
    account: LinkedInAccount,
    campaign: Campaign,
    profiles: list[tuple[str, int | None]],
    others_are_read: bool,
    is_gone: bool,
) -> None:
    item, other = an_item(campaign, account), an_item(campaign, account)
    route = SendAttempt.Route
    looks: list[tuple[QueueItem, str, int, str, int | None]]
    looks = [(item, route.INVITE, 0, "unknown", None)]
    for day, (outcome, http_status) in enumerate(profiles):
        looks.append((item, route.SENT_LIST, day, "nothing", 200))
        looks.append((item, route.PROFILE, day, outcome, http_status))
    if others_are_read:
        looks.append((other, route.PROFILE, 3, "found", 200))
    for number, (of, by, day, outcome, http_status) in enumerate(looks):
        kind = SendAttempt.Kind.SEND if by == route.INVITE else SendAttempt.Kind.LOOKUP
        at = NOON + dt.timedelta(days=day)
        SendAttempt.objects.create(
            item=of, linkedin_account=account, kind=kind, route=by, number=number, started_at=at,
            finished_at=at, outcome=outcome, http_status=http_status,
        )  # fmt: skip

    assert reconciling._is_gone(item) == is_gone


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
