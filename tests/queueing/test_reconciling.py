"""What is in doubt is looked up until it is known; nothing is concluded from less."""

import datetime as dt
import json

import pytest
from django.db import IntegrityError, transaction

from campaigns.models import Campaign, LinkedInAccount, Prospect, SendingHours
from queueing import reconciling, runs
from queueing.models import Notice, ProcessRun, QueueItem, SendAttempt
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
Route = SendAttempt.Route


@pytest.fixture
def account(sandbox: Sandbox, clock: MovedClock) -> LinkedInAccount:
    sandbox.control.freeze(clock().isoformat())
    account = an_account(a_workspace())
    sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account)


def in_doubt(
    campaign: Campaign,
    account: LinkedInAccount,
    sandbox: Sandbox,
    client: Client,
    clock: MovedClock,
    when: str,
) -> QueueItem:
    """Send an item whose answer never comes: `when` is before or after the effect."""
    item = an_item(campaign, account)
    sandbox.control.fault("close", route="invite", when=when)
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED
    return item


def later(clock: MovedClock, sandbox: Sandbox, **by: float) -> None:
    clock.advance(**by)
    sandbox.control.freeze(clock().isoformat())


def looked(item: QueueItem) -> list[tuple[str, str]]:
    """Return route and outcome of the look-ups after the send."""
    made = list(item.send_attempts.order_by("number").values_list("route", "outcome"))
    return made[[route for route, _ in made].index(Route.INVITE) + 1 :]


def test_an_invitation_that_shows_was_sent(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    claimed_at = clock()
    later(clock, sandbox, minutes=10)

    settled = reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert (settled, item.status) == ({"sent": 1}, Status.SENT)
    assert item.sent_at == claimed_at + dt.timedelta(seconds=180)  # the latest it can have been
    assert item.prospect.follow_up_due_at == item.sent_at + dt.timedelta(days=3)
    assert item.prospect.status == Prospect.Status.CONNECTION_REQUEST_SENT
    assert looked(item) == [(Route.PROFILE, "found")]


def test_the_first_look_waits_a_minute(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    later(clock, sandbox, seconds=59)

    assert reconciling.reconcile(client_of_unipile, clock) == {}
    assert looked(item) == []


def test_somebody_who_accepted_was_sent_and_is_connected(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    sandbox.control.accept(account.unipile_account_id, item.prospect.public_identifier)
    later(clock, sandbox, minutes=10)

    reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.prospect.status) == (Status.SENT, Prospect.Status.CONNECTED)


def test_a_withdrawn_invitation_is_skipped_and_holds_its_person(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    sandbox.control.withdraw(account.unipile_account_id, item.prospect.public_identifier)
    later(clock, sandbox, minutes=10)

    reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.error_code) == (Status.SKIPPED, "invitation_withdrawn")
    other = a_campaign(account.workspace, account)
    with pytest.raises(IntegrityError, match="nobody_twice"), transaction.atomic():
        an_item(other, account, person_key=item.person_key)


def test_the_list_finds_what_the_profile_does_not_show_yet(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    sandbox.control.settings(profile_lag_seconds=86_400)
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    later(clock, sandbox, minutes=10)

    reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    (effect,) = sandbox.control.effects()
    assert (item.status, item.invitation_id) == (Status.SENT, effect["invitation_id"])
    assert looked(item) == [(Route.PROFILE, "nothing"), (Route.SENT_LIST, "found")]


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


def test_a_slow_list_is_never_taken_for_nothing(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    sandbox.control.fault("answer", route="sent", status=500, times=50)

    for _ in range(6):
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED
    assert set(looked(item)) == {(Route.PROFILE, "nothing"), (Route.SENT_LIST, "not_sent")}


def test_one_walk_serves_all_of_an_account(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    items = [
        in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before") for _ in range(2)
    ]
    later(clock, sandbox, minutes=5)

    reconciling.reconcile(client_of_unipile, clock)
    later(clock, sandbox, minutes=31)
    reconciling.reconcile(client_of_unipile, clock)

    walks = sandbox.control.calls(route="sent")
    assert len(walks) == 1
    assert [looked(item)[1] for item in items] == [(Route.SENT_LIST, "nothing")] * 2


def test_a_person_who_is_gone_says_nothing(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    sandbox.control.add_person(item.prospect.public_identifier, exists=False)

    for _ in range(4):
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED


def test_a_disconnected_account_is_left_alone(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    LinkedInAccount.objects.update(status=LinkedInAccount.Status.DISCONNECTED)
    later(clock, sandbox, minutes=10)

    assert reconciling.reconcile(client_of_unipile, clock) == {}
    assert looked(item) == []


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


def test_one_item_can_be_checked_now(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")

    assert reconciling.check_item(client_of_unipile, item.pk, clock) == Status.SENT


def test_the_list_settles_what_an_unreadable_profile_leaves_open(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    sandbox.control.fault(
        "answer", route="profile", status=200, body='{"object": "UserProfile"}', times=9
    )
    later(clock, sandbox, minutes=10)

    reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.SENT
    assert looked(item) == [(Route.PROFILE, "not_sent"), (Route.SENT_LIST, "found")]


def test_without_its_profile_a_complete_walk_proves_nothing(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    sandbox.control.fault("answer", route="profile", status=500, times=99)

    for _ in range(5):
        later(clock, sandbox, minutes=61)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED
    assert set(looked(item)) == {(Route.PROFILE, "not_sent"), (Route.SENT_LIST, "unknown")}


def test_what_cannot_be_settled_is_looked_up_less_and_less_often(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    sandbox.control.add_person(item.prospect.public_identifier, exists=False)

    views = []
    for _ in range(3):  # days
        for _ in range(48):
            later(clock, sandbox, minutes=30)
            reconciling.reconcile(client_of_unipile, clock)
        views.append(len(sandbox.control.calls(route="profile")))

    assert views[0] < 15
    assert views[2] - views[1] <= 2


def test_an_account_that_is_told_to_slow_down_looks_nobody_up_for_an_hour(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    items = [
        in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after") for _ in range(2)
    ]
    kind = "errors/too_many_requests"
    sandbox.control.fault("answer", route="profile", status=429, type=kind)
    calls = []
    for minutes in (5, 5, 54, 2):
        later(clock, sandbox, minutes=minutes)
        reconciling.reconcile(client_of_unipile, clock)
        calls.append(sum(len(looked(item)) for item in items))

    assert calls == [1, 1, 1, 3]
    assert set(QueueItem.objects.values_list("status", flat=True)) == {Status.SENT}


def test_the_list_is_searched_for_the_one_spelling_of_a_slug(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    prospect = a_prospect(campaign, public_identifier="zoë-example")
    item = an_item(
        campaign, account, prospect=prospect, status=Status.UNCONFIRMED, claimed_at=clock()
    )
    invitation = {
        "object": "InvitationSent",
        "id": "17",
        "invited_user_id": None,
        "invited_user_public_id": "ZO%C3%8B-example",
    }
    page = {"object": "InvitationList", "items": [invitation], "cursor": None}
    sandbox.control.fault("answer", route="sent", status=200, body=json.dumps(page))
    later(clock, sandbox, minutes=5)

    reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.invitation_id) == (Status.SENT, "17")


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
