"""What an answer means for the account: it rests, is held, or all is stopped; counted over runs."""

import datetime as dt
import json

import pytest

from campaigns.models import Campaign, LinkedInAccount
from queueing.looking import syncing
from queueing.models import ProcessRun, QueueItem, SendingStop
from queueing.sending import runs
from queueing.unipile import Client, connect
from sandbox.testing import Sandbox
from tests.builders import NOON, an_item
from tests.conftest import BOTH, MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
TOMORROW = dt.datetime(2026, 7, 9, tzinfo=dt.UTC)


def run(client: Client, clock: MovedClock) -> dict[str, object]:
    return runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)


@BOTH
def test_a_disconnected_account_holds_its_items(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    an_item(campaign, account)
    sandbox.control.set_account(account.unipile_account_id, status="CREDENTIALS")

    run(client_of_unipile, clock)

    account.refresh_from_db()
    assert account.status == LinkedInAccount.Status.DISCONNECTED


@BOTH
def test_a_wrong_api_key_stops_everything(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    item = an_item(campaign, account)
    wrong = connect(sandbox.url, "wrong-key")

    run(wrong, clock)
    result = run(client_of_unipile, clock)

    item.refresh_from_db()
    account.refresh_from_db()
    assert (item.status, item.attempts) == (Status.PENDING, 0)
    assert account.status == LinkedInAccount.Status.CONNECTED
    assert result["held"] == {"sending_on": 1}


@pytest.mark.parametrize(
    ("route", "outcome", "hours"),
    [("profile", "throttled", 2), ("invite", "throttled", 2), ("invite", "limit", 48)],
)
def test_a_second_refusal_in_a_row_doubles_the_rest(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
    route: str,
    outcome: str,
    hours: int,
) -> None:
    an_item(campaign, account)
    status, kind = {"throttled": (429, "too_many_requests"), "limit": (422, "limit_exceeded")}[
        outcome
    ]
    sandbox.control.fault("answer", route=route, status=status, type=f"errors/{kind}", times=9)

    run(client_of_unipile, clock)
    account.refresh_from_db()
    assert account.paused_until is not None
    clock.now = account.paused_until
    run(client_of_unipile, clock)

    account.refresh_from_db()
    assert account.paused_until == clock() + dt.timedelta(hours=hours)


def test_an_account_that_unipile_calls_ok_and_refuses_rests_the_second_time(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    an_item(campaign, account)
    kind = "errors/disconnected_account"
    sandbox.control.fault("answer", route="profile", status=401, type=kind, times=9)

    for _ in range(2):
        clock.advance(minutes=30)
        syncing.sync_accounts(client_of_unipile, clock())
        run(client_of_unipile, clock)

    account.refresh_from_db()
    assert account.status == LinkedInAccount.Status.DISCONNECTED
    assert account.paused_until == clock() + dt.timedelta(days=1)


def test_a_wrong_key_is_named_on_the_item_whatever_its_type(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    item = an_item(campaign, account)
    sandbox.control.fault("answer", status=401, type="errors/invalid_credentials", times=9)

    run(client_of_unipile, clock)

    item.refresh_from_db()
    assert "API key" in item.error_message


@pytest.mark.parametrize("kind", ["missing_credentials", "invalid_credentials"])
def test_a_401_about_one_accounts_page_holds_that_account_alone(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
    kind: str,
) -> None:
    an_item(campaign, account)
    for route in ("profile", "account"):
        sandbox.control.fault("answer", route=route, status=401, type=f"errors/{kind}", times=0)

    run(client_of_unipile, clock)

    account.refresh_from_db()
    assert account.status == LinkedInAccount.Status.DISCONNECTED
    assert not SendingStop.objects.exists()


def test_a_401_of_which_nothing_more_is_learnt_stops_nothing(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    an_item(campaign, account)
    kind = "errors/missing_credentials"
    sandbox.control.fault("answer", route="profile", status=401, type=kind)
    sandbox.control.fault("answer", route="accounts", status=503, type="errors/network_down")

    run(client_of_unipile, clock)

    assert not SendingStop.objects.exists()


def test_an_account_that_is_signing_in_waits_for_minutes(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    item = an_item(campaign, account)
    kind = "errors/auth_in_progress"
    sandbox.control.fault("answer", route="profile", status=425, type=kind)

    run(client_of_unipile, clock)

    account.refresh_from_db()
    item.refresh_from_db()
    assert (account.status, account.paused_until) == (LinkedInAccount.Status.CONNECTED, None)
    assert item.scheduled_for == clock() + dt.timedelta(minutes=5)


def test_a_change_at_unipile_does_not_fail_the_whole_queue(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    for _ in range(5):
        an_item(campaign, account)
    kind = "errors/missing_parameters"
    sandbox.control.fault("answer", route="invite", status=400, type=kind, times=9)

    for _ in range(5):
        run(client_of_unipile, clock)
        clock.advance(minutes=30)

    account.refresh_from_db()
    assert QueueItem.objects.filter(status=Status.FAILED).count() == 2
    assert account.paused_until == NOON + dt.timedelta(hours=2)


@BOTH
def test_three_unclear_answers_in_a_row_rest_the_account(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    for _ in range(6):
        an_item(campaign, account)

    rests = []
    for unclear in (True, True, False, True, True, True):
        if unclear:
            sandbox.control.fault("close", route="invite", when="before")
        run(client_of_unipile, clock)
        account.refresh_from_db()
        rests.append(account.paused_until)
        clock.advance(minutes=1)

    assert rests == [None] * 5 + [TOMORROW]
    assert "without a clear answer" in account.pause_reason


def test_an_account_whose_quota_is_nearly_used_up_rests_after_its_send(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    item = an_item(campaign, account)
    sent = {"object": "UserInvitationSent", "invitation_id": "17", "usage": 95}
    sandbox.control.fault("answer", route="invite", status=200, body=json.dumps(sent))

    run(client_of_unipile, clock)

    item.refresh_from_db()
    account.refresh_from_db()
    assert (item.status, item.invitation_id) == (Status.SENT, "17")
    assert account.paused_until == TOMORROW
