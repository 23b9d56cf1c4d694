"""A run died with its claim: what it knew counts, and what nobody knows is in doubt."""

import datetime as dt
import time
from typing import Any

import pytest
from django.utils import timezone

from campaigns.models import Campaign, LinkedInAccount
from queueing.models import ProcessRun, QueueItem, SendAttempt
from queueing.sending import Answer, Call, Verdict, calls, claiming, recording, recovering, runs
from queueing.unipile import Client, Outcome
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db
Status = QueueItem.Status
Kind = SendAttempt.Kind
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def account() -> LinkedInAccount:
    return an_account(a_workspace())


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account)


def test_an_answer_that_comes_late_ends_the_doubt(
    account: LinkedInAccount, campaign: Campaign, clock: MovedClock
) -> None:
    item = an_item(campaign, account, linkedin_user_id="ACoAAexample0000000000")
    call = claiming.claim(account.pk, None, clock())
    assert call is not None
    clock.advance(minutes=4)
    assert recovering.recover(clock()) == (0, 1)

    won = recording.record(
        call, Answer(Outcome.SENT), Verdict(Status.SENT), clock(), invitation_id="17"
    )

    item.refresh_from_db()
    assert (bool(won), item.status, item.invitation_id) == (True, Status.SENT, "17")
    assert item.send_attempts.get().outcome == Outcome.SENT


def test_a_claim_without_a_send_goes_back(
    account: LinkedInAccount, campaign: Campaign, clock: MovedClock
) -> None:
    item = an_item(campaign, account)  # to be looked up first
    assert claiming.claim(account.pk, None, clock()) is not None
    clock.advance(seconds=180)
    assert recovering.recover(clock()) == (0, 0)
    clock.advance(seconds=1)

    assert recovering.recover(clock()) == (1, 0)

    item.refresh_from_db()
    assert (item.status, item.attempts) == (Status.PENDING, 0)


def test_who_lost_the_claim_changes_nothing_and_says_so(
    account: LinkedInAccount,
    campaign: Campaign,
    clock: MovedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    item = an_item(campaign, account, linkedin_user_id="ACoAAexample0000000000")
    lost = claiming.claim(account.pk, None, clock())
    assert lost is not None
    clock.advance(minutes=4)
    recovering.recover(clock())
    QueueItem.objects.update(status=Status.PENDING)  # somebody confirmed that it was not sent
    claiming.claim(account.pk, None, clock())
    before = QueueItem.objects.values().get()

    won = recording.record(lost, Answer(Outcome.SENT), Verdict(Status.SENT), clock())

    assert (won, QueueItem.objects.values().get()) == (None, before)
    assert item.send_attempts.get(pk=lost.attempt_id).outcome == Outcome.SENT
    assert "the claim was lost" in caplog.text


def test_who_lost_the_claim_in_a_look_up_does_not_send(
    account: LinkedInAccount, campaign: Campaign, clock: MovedClock
) -> None:
    an_item(campaign, account)  # to be looked up first
    lost = claiming.claim(account.pk, None, clock())
    assert lost is not None
    clock.advance(minutes=4)
    recovering.recover(clock())
    assert claiming.claim(account.pk, None, clock()) is not None

    assert claiming.begin_call(lost.claim, Kind.SEND, None, clock()) is None


@pytest.mark.django_db(transaction=True)
def test_a_call_that_was_held_up_does_not_leave_when_its_claim_grows_old(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    sandbox: Sandbox,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    provider_id = sandbox.control.provider_id(account.unipile_account_id, "grace-example")
    item = an_item(campaign, account, linkedin_user_id=provider_id)
    settings.SENDING_BOUND_SECONDS = 2
    make = calls.make

    def make_late(*arguments: Any) -> Answer:
        time.sleep(1.1)  # as a machine that was put to sleep
        return make(*arguments)

    monkeypatch.setattr(calls, "make", make_late)
    runs.run(ProcessRun.Trigger.COMMAND, timezone.now, client=client_of_unipile)

    item.refresh_from_db()
    assert (item.status, item.error_code) == (Status.PENDING, "not_sent")
    assert sandbox.control.calls(route="invite") == []


REFUSED = {
    # Three ended so before this one.
    "limit": (Outcome.ACCOUNT_LIMIT, 422, "limit_exceeded", Status.PENDING, 72 * HOUR),
    "throttled": (Outcome.THROTTLED, 429, "too_many_requests", Status.PENDING, 8 * HOUR),
    "invited": (Outcome.ALREADY_INVITED, 422, "already_invited_recently", Status.UNCONFIRMED, None),
}


def dies_behind_a_refusal(
    account: LinkedInAccount, refusal: str, clock: MovedClock, looks: bool
) -> None:
    """A send is refused, and the run dies before the look-up that is to follow, or in it."""
    outcome, http_status, code, _, _ = REFUSED[refusal]
    call = claiming.claim(account.pk, None, clock())
    assert call is not None
    answer = Answer(outcome, error_code=code, http_status=http_status, raw="what LinkedIn said")
    recording.finish_attempt(call, answer, clock())
    if looks:
        assert claiming.begin_call(call.claim, Kind.LOOKUP, None, clock()) is not None


@pytest.mark.parametrize("looks", [False, True])
@pytest.mark.parametrize("refusal", REFUSED)
def test_a_refusal_stands_although_the_look_up_behind_it_never_ended(
    account: LinkedInAccount, campaign: Campaign, clock: MovedClock, refusal: str, looks: bool
) -> None:
    outcome, _, code, status, rest = REFUSED[refusal]
    earlier = an_item(campaign, account, status=Status.SKIPPED)
    for number in range(1, 4):
        SendAttempt.objects.create(
            item=earlier,
            kind=Kind.SEND,
            number=number,
            started_at=NOON - HOUR,
            finished_at=NOON - HOUR,
            outcome=outcome,
        )
    item = an_item(campaign, account, linkedin_user_id="ACoAAexample0000000000", attempts=2)
    dies_behind_a_refusal(account, refusal, clock, looks)
    clock.advance(minutes=4)

    recovering.recover(clock())

    item.refresh_from_db()
    account.refresh_from_db()
    assert (item.status, item.error_code, item.attempts) == (status, code, 2)
    assert str(REFUSED[refusal][1]) in item.error_message
    assert account.paused_until == (rest and NOON + rest)


def test_a_refusal_of_an_earlier_claim_is_over(
    account: LinkedInAccount, campaign: Campaign, clock: MovedClock
) -> None:
    item = an_item(campaign, account, linkedin_user_id="ACoAAexample0000000000")
    dies_behind_a_refusal(account, "throttled", clock, looks=True)
    clock.advance(minutes=4)
    recovering.recover(clock())
    clock.advance(hours=2)
    QueueItem.objects.update(linkedin_user_id="")  # somebody corrected the address
    call = claiming.claim(account.pk, None, clock())
    assert isinstance(call, Call)
    assert call.kind == Kind.LOOKUP
    clock.advance(minutes=4)

    assert recovering.recover(clock()) == (1, 0)

    item.refresh_from_db()
    account.refresh_from_db()
    assert item.status == Status.PENDING
    assert account.paused_until == NOON + HOUR
