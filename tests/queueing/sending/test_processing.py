"""A run of the queue against the sandbox: what is sent, what is held, what each answer leads to."""

import datetime as dt

import pytest

from campaigns.models import Campaign, DoNotContact, LinkedInAccount, Prospect
from queueing.models import ProcessRun, QueueItem, SendAttempt, SendingStop
from queueing.sending import claiming, runs
from queueing.unipile import Client, connect
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_prospect, an_account, an_item
from tests.conftest import BOTH, MovedClock

# The client is used from sender threads, and the tests look at rows from the main one.
pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


def run(client: Client, clock: MovedClock, **options: object) -> dict[str, object]:
    return runs.run(ProcessRun.Trigger.COMMAND, clock, client=client, **options)  # type: ignore[arg-type]


@BOTH
def test_a_due_item_is_sent_and_recorded(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    item = an_item(campaign, account, message="Hello Ada")

    result = run(client_of_unipile, clock)

    item.refresh_from_db()
    (effect,) = sandbox.control.effects()
    assert (item.status, item.sent_at, item.claim_token) == (Status.SENT, NOON, None)
    assert (effect["invitation_id"], effect["message"]) == (item.invitation_id, "Hello Ada")
    assert item.prospect.status == Prospect.Status.CONNECTION_REQUEST_SENT
    assert item.prospect.follow_up_due_at == NOON + dt.timedelta(days=3)
    assert [a.kind for a in item.send_attempts.all()] == ["lookup", "send"]
    assert result == {
        "success": True,
        "processed": 1,
        "sent_to": str(item.prospect),
        "remaining_in_queue": 0,
        "message": "CR sent. 0 messages remaining in queue",
        "results": [
            {
                "id": str(item.pk),
                "name": str(item.prospect),
                "status": "sent",
                "error_code": "",
                "error_message": "",
            }
        ],
        "held": {},
    }


def test_a_known_provider_id_needs_no_look_up(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    provider_id = sandbox.control.provider_id(account.unipile_account_id, "grace-example")
    item = an_item(campaign, account, linkedin_user_id=provider_id)

    run(client_of_unipile, clock)

    assert [a.kind for a in item.send_attempts.all()] == [SendAttempt.Kind.SEND]


def test_an_account_sends_one_item_a_run(
    account: LinkedInAccount, campaign: Campaign, client_of_unipile: Client, clock: MovedClock
) -> None:
    for _ in range(3):
        an_item(campaign, account)

    result = run(client_of_unipile, clock)

    assert (result["processed"], result["remaining_in_queue"]) == (1, 2)


def test_the_oldest_item_goes_first(
    account: LinkedInAccount, campaign: Campaign, client_of_unipile: Client, clock: MovedClock
) -> None:
    an_item(campaign, account, scheduled_for=NOON - dt.timedelta(minutes=1))
    oldest = an_item(campaign, account, scheduled_for=NOON - dt.timedelta(days=1))

    run(client_of_unipile, clock)

    oldest.refresh_from_db()
    assert oldest.status == Status.SENT


def closed(account: LinkedInAccount, campaign: Campaign, how: str) -> None:
    item = an_item(campaign, account)
    if how == "stop":
        SendingStop.objects.create(reason="Holiday", stopped_at=NOON)
    elif how == "campaign":
        Campaign.objects.update(status=Campaign.Status.PAUSED)
    elif how == "contact":
        DoNotContact.objects.create(
            workspace=account.workspace, value=item.prospect.public_identifier
        )
    elif how == "disconnected":
        LinkedInAccount.objects.update(status=LinkedInAccount.Status.DISCONNECTED)
    elif how == "resting":
        LinkedInAccount.objects.update(paused_until=NOON + dt.timedelta(hours=1))
    elif how == "later":
        QueueItem.objects.update(scheduled_for=NOON + dt.timedelta(seconds=1))


@pytest.mark.parametrize(
    ("how", "message", "held"),
    [
        ("stop", "All sending is stopped: Holiday", {"sending_on": 1}),
        ("campaign", "The campaign is paused", {"campaign_active": 1}),
        (
            "contact",
            "The person or company is on the do-not-contact list",
            {"contact_allowed": 1},
        ),
        ("disconnected", "The account is disconnected", {"account_connected": 1}),
        (
            "resting",
            "The account rests until 2026-07-08 17:00 UTC: no reason given",
            {"account_rested": 1},
        ),
        ("later", "No messages due", {}),
    ],
)
def test_a_closed_gate_holds_the_item(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
    how: str,
    message: str,
    held: dict[str, int],
) -> None:
    closed(account, campaign, how)

    result = run(client_of_unipile, clock)

    assert (result["processed"], result["message"], result["held"]) == (0, message, held)
    assert sandbox.control.effects() == []


def test_outside_the_hours_nothing_is_sent(
    account: LinkedInAccount, client_of_unipile: Client, clock: MovedClock
) -> None:
    an_item(a_campaign(account.workspace, account, sending_hours=None), account)
    clock.now = dt.datetime(2026, 7, 11, 16, tzinfo=dt.UTC)  # a Saturday

    result = run(client_of_unipile, clock)

    assert result["message"] == "Skipped due to schedule restrictions"
    assert result["held"] == {"hours_open": 1}


@BOTH
def test_the_daily_cap_holds_what_is_over_it(
    account: LinkedInAccount, campaign: Campaign, client_of_unipile: Client, clock: MovedClock
) -> None:
    LinkedInAccount.objects.update(daily_limit=2)
    for _ in range(4):
        an_item(campaign, account)

    results = [run(client_of_unipile, clock) for _ in range(3)]

    assert [result["processed"] for result in results] == [1, 1, 0]
    assert results[-1]["message"] == "Daily limit reached (2/2)"
    assert results[-1]["held"] == {"daily_cap": 2}


def test_the_weekly_cap_rolls(
    account: LinkedInAccount, campaign: Campaign, client_of_unipile: Client, clock: MovedClock
) -> None:
    LinkedInAccount.objects.update(weekly_limit=1)
    for _ in range(2):
        an_item(campaign, account)
    run(client_of_unipile, clock)

    clock.advance(days=7, seconds=-1)
    held = run(client_of_unipile, clock)
    clock.advance(seconds=2)
    freed = run(client_of_unipile, clock)

    assert held["message"] == "Weekly limit reached (1/1)"
    assert freed["processed"] == 1


def test_spacing_keeps_sends_apart(
    account: LinkedInAccount, campaign: Campaign, client_of_unipile: Client, clock: MovedClock
) -> None:
    LinkedInAccount.objects.update(min_gap_seconds=600)
    for _ in range(2):
        an_item(campaign, account)
    run(client_of_unipile, clock)

    clock.advance(seconds=599)
    too_soon = run(client_of_unipile, clock)
    clock.advance(seconds=1)
    in_time = run(client_of_unipile, clock)

    assert too_soon["held"] == {"spacing": 1}
    assert in_time["processed"] == 1


def test_the_limit_option_stops_the_run(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    other = an_account(account.workspace)
    sandbox.control.add_account(other.unipile_account_id, "free")
    an_item(campaign, account)
    an_item(campaign, other)

    assert run(client_of_unipile, clock, limit=1)["processed"] == 1


@pytest.mark.parametrize(
    ("status", "error_type", "item_status", "attempts", "prospect_status"),
    [
        (422, "already_connected", Status.SKIPPED, 0, Prospect.Status.CONNECTED),
        (422, "invalid_recipient", Status.FAILED, 1, Prospect.Status.FAILED),
        (400, "too_many_characters", Status.PENDING, 0, Prospect.Status.QUEUED),
        (503, "network_down", Status.PENDING, 1, Prospect.Status.QUEUED),
        (422, "cannot_resend_yet", Status.PENDING, 0, Prospect.Status.QUEUED),
        (429, "too_many_requests", Status.PENDING, 0, Prospect.Status.QUEUED),
        (401, "disconnected_account", Status.PENDING, 0, Prospect.Status.QUEUED),
        (403, "account_restricted", Status.PENDING, 0, Prospect.Status.QUEUED),
        (500, "provider_error", Status.UNCONFIRMED, 0, Prospect.Status.QUEUED),
        (504, "request_timeout", Status.UNCONFIRMED, 0, Prospect.Status.QUEUED),
    ],
)
def test_what_an_answer_means_for_the_item(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
    status: int,
    error_type: str,
    item_status: str,
    attempts: int,
    prospect_status: str,
) -> None:
    item = an_item(campaign, account)
    sandbox.control.fault("answer", route="invite", status=status, type=f"errors/{error_type}")

    run(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.attempts) == (item_status, attempts)
    assert item.prospect.status == prospect_status
    assert sandbox.control.effects() == []


@BOTH
def test_an_unknown_outcome_is_never_sent_again(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    item = an_item(campaign, account)
    sandbox.control.fault("close", route="invite", when="after")

    run(client_of_unipile, clock)
    for _ in range(3):
        clock.advance(hours=1)
        run(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED
    assert len(sandbox.control.effects()) == 1


@BOTH
def test_somebody_connected_already_is_skipped(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    prospect = a_prospect(campaign, public_identifier="grace-example")
    item = an_item(campaign, account, prospect=prospect)
    sandbox.control.set_degree(account.unipile_account_id, "grace-example", "FIRST_DEGREE")

    run(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.prospect.status) == (Status.SKIPPED, Prospect.Status.CONNECTED)


@BOTH
def test_a_dead_run_leaves_what_it_was_sending_in_doubt(
    account: LinkedInAccount, campaign: Campaign, client_of_unipile: Client, clock: MovedClock
) -> None:
    item = an_item(campaign, account, linkedin_user_id="ACoAAexample0000000000")
    call = claiming.claim(account.pk, None, clock())
    assert call is not None

    clock.advance(seconds=181)
    run(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.error_code) == (Status.UNCONFIRMED, "interrupted")


def test_a_run_is_noted(
    account: LinkedInAccount, campaign: Campaign, client_of_unipile: Client, clock: MovedClock
) -> None:
    an_item(campaign, account)

    run(client_of_unipile, clock)

    row = ProcessRun.objects.get()
    assert (row.trigger, row.counts) == ("command", {"sent": 1, "held": {}})
    assert row.finished_at is not None


def test_an_attempt_without_an_answer_says_why(
    account: LinkedInAccount, campaign: Campaign, clock: MovedClock
) -> None:
    item = an_item(campaign, account)

    run(connect("http://127.0.0.1:9", "key"), clock)

    assert "refused" in item.send_attempts.get().detail
