"""An answer that is recorded late changes nothing that has been changed since it came."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from campaigns.models import Campaign, LinkedInAccount
from queueing.looking import syncing
from queueing.models import QueueItem, SendAttempt, SendingStop
from queueing.sending import AccountChange, Answer, claiming, journal, recording, recovering
from queueing.staff import places
from queueing.unipile import Client, Outcome
from sandbox.testing import Sandbox
from tests.builders import NOON, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db
Status = LinkedInAccount.Status
HOUR = dt.timedelta(hours=1)
LOST = Answer(Outcome.ACCOUNT_DISCONNECTED, "lost", "disconnected_account", 401)
LIMIT = Answer(Outcome.ACCOUNT_LIMIT, "limit", "limit_exceeded", 422)


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> None:
    settings.JOURNAL_DIR = tmp_path / "journal"


def kept(account: LinkedInAccount, campaign: Campaign, answer: Answer) -> None:
    """An answer that came at noon lies in the journal."""
    an_item(campaign, account, linkedin_user_id="ACoAAexample0000000000")
    call = claiming.claim(account.pk, None, NOON)
    assert call is not None
    journal.keep(call, answer, NOON)


def test_what_was_reconnected_since_stays_connected(
    account: LinkedInAccount, campaign: Campaign, admin_user: User
) -> None:
    kept(account, campaign, LOST)
    LinkedInAccount.objects.update(status=Status.DISCONNECTED)
    places.mark_connected(account, admin_user, "it works", NOON + HOUR)

    assert journal.replay() == 1

    account.refresh_from_db()
    assert (account.status, account.pause_reason) == (Status.CONNECTED, "")
    assert SendAttempt.objects.get().outcome == Outcome.ACCOUNT_DISCONNECTED
    assert QueueItem.objects.get().status == QueueItem.Status.PENDING


def test_a_rest_that_staff_ended_since_does_not_begin_again(
    account: LinkedInAccount, campaign: Campaign, admin_user: User
) -> None:
    kept(account, campaign, LIMIT)
    LinkedInAccount.objects.update(paused_until=NOON + 3 * HOUR)
    places.end_rest(account, admin_user, "LinkedIn says so", NOON + HOUR)

    journal.replay()

    account.refresh_from_db()
    assert account.paused_until is None


def test_a_rest_of_one_kind_that_staff_ended_since_does_not_begin_again(
    account: LinkedInAccount, admin_user: User
) -> None:
    limit = AccountChange(rest_until=NOON + 24 * HOUR, reason="limit", kind="message")
    recording.change_account(account.pk, limit, NOON - HOUR)
    places.end_rest(account, admin_user, "LinkedIn says so", NOON + HOUR)

    recording.change_account(account.pk, limit, NOON)

    account.refresh_from_db()
    assert account.kind_rests == {}


def test_what_nothing_has_changed_since_is_still_news(
    account: LinkedInAccount, campaign: Campaign
) -> None:
    kept(account, campaign, LOST)

    journal.replay()

    account.refresh_from_db()
    assert (account.status, account.changed_at) == (Status.DISCONNECTED, NOON)


def test_a_stop_that_was_lifted_since_stays_lifted(
    account: LinkedInAccount, campaign: Campaign, admin_user: User
) -> None:
    kept(account, campaign, Answer(Outcome.BAD_API_KEY, "wrong key", http_status=401))
    places.stop_all(admin_user, "the key is wrong", NOON)
    places.lift_stop(admin_user, "it is right now", NOON + HOUR)

    journal.replay()

    assert not SendingStop.objects.open().exists()


def test_a_refusal_whose_run_died_is_as_old_as_its_answer(
    account: LinkedInAccount, campaign: Campaign, admin_user: User
) -> None:
    an_item(campaign, account, linkedin_user_id="ACoAAexample0000000000")
    call = claiming.claim(account.pk, None, NOON)
    assert call is not None
    recording.finish_attempt(call, LIMIT, NOON)
    places.rest(account, NOON + 3 * HOUR, admin_user, "asked to", NOON + HOUR)

    recovering.recover(NOON + 2 * HOUR)

    account.refresh_from_db()
    assert account.paused_until == NOON + 3 * HOUR


def test_a_report_that_was_asked_for_earlier_changes_nothing(
    account: LinkedInAccount, client_of_unipile: Client, sandbox: Sandbox, clock: MovedClock
) -> None:
    change = AccountChange(Status.DISCONNECTED, reason="lost just now")
    recording.change_account(account.pk, change, NOON + HOUR)

    syncing.sync_accounts(client_of_unipile, NOON)

    account.refresh_from_db()
    assert account.status == Status.DISCONNECTED
