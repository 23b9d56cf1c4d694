"""Accounts are held when Unipile has lost them, and go on by themselves; each change told once."""

import datetime as dt
import json

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from campaigns.models import LinkedInAccount
from queueing import gates
from queueing.looking import syncing
from queueing.models import Notice, ProcessRun, QueueItem, SendingStop
from queueing.sending import BAD_API_KEY_REASON, AccountChange, recording, runs
from queueing.telling import notices
from queueing.unipile import Client, UnipileError, connect
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item, queued
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
Status = LinkedInAccount.Status


@pytest.fixture
def account(sandbox: Sandbox) -> LinkedInAccount:
    account = an_account(a_workspace(notify_emails="staff@example.com"), name="Nora Example")
    sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


def test_an_account_is_held_and_goes_on(
    account: LinkedInAccount, sandbox: Sandbox, client_of_unipile: Client
) -> None:
    seen = []
    for reported in ("CREDENTIALS", "CREDENTIALS", "CONNECTING", "OK", "OK"):
        sandbox.control.set_account(account.unipile_account_id, status=reported)
        syncing.sync_accounts(client_of_unipile, NOON)
        account.refresh_from_db()
        seen.append(account.status)

    assert seen == [Status.DISCONNECTED] * 3 + [Status.CONNECTED] * 2
    assert Notice.objects.count() == 2  # one for each change


def test_an_account_that_unipile_does_not_know_is_held(client_of_unipile: Client) -> None:
    account = an_account(a_workspace())

    syncing.sync_accounts(client_of_unipile, NOON)

    account.refresh_from_db()
    assert account.status == Status.DISCONNECTED
    assert "does not know" in account.pause_reason


def test_a_restricted_account_rests_before_it_goes_on(
    account: LinkedInAccount, client_of_unipile: Client
) -> None:
    rest_until = NOON + dt.timedelta(days=3)
    LinkedInAccount.objects.update(status=Status.RESTRICTED, paused_until=rest_until)

    for now, status in [(NOON, Status.RESTRICTED), (rest_until, Status.CONNECTED)]:
        syncing.sync_accounts(client_of_unipile, now)
        account.refresh_from_db()
        assert account.status == status
    assert account.warm_up_started_on == rest_until.date()
    assert gates.daily_limit_of(account, rest_until.date()).value == 5


def test_what_a_restricted_account_has_waiting_follows_its_warm_up_at_once(
    account: LinkedInAccount, client_of_unipile: Client
) -> None:
    LinkedInAccount.objects.update(status=Status.RESTRICTED)
    campaign = a_campaign(account.workspace, account)
    for number in range(12):  # all in time, on a day on which 100 might go
        an_item(campaign, account, scheduled_for=NOON + dt.timedelta(minutes=30 * number + 5))

    syncing.sync_accounts(client_of_unipile, NOON)

    days = [f"{item.scheduled_for:%m-%d}" for item in queued(campaign)]
    assert days == ["07-08"] * 5 + ["07-09"] * 7


def test_a_lost_account_that_turns_out_to_be_restricted_is_held_as_restricted(
    account: LinkedInAccount,
) -> None:
    for status in (Status.DISCONNECTED, Status.RESTRICTED, Status.DISCONNECTED):
        recording.change_account(account.pk, AccountChange(status, reason=status), NOON)

    account.refresh_from_db()
    assert (account.status, account.pause_reason) == (Status.RESTRICTED, Status.RESTRICTED)
    assert Notice.objects.count() == 2


def test_a_lost_session_does_not_begin_a_warm_up(
    account: LinkedInAccount, client_of_unipile: Client
) -> None:
    LinkedInAccount.objects.update(status=Status.DISCONNECTED)

    syncing.sync_accounts(client_of_unipile, NOON)

    account.refresh_from_db()
    assert (account.status, account.warm_up_started_on) == (Status.CONNECTED, None)


def test_a_wrong_key_stops_everything_once_and_is_lifted_when_it_works(
    account: LinkedInAccount, sandbox: Sandbox, client_of_unipile: Client
) -> None:
    wrong = connect(sandbox.url, "wrong-key")

    for _ in range(2):
        with pytest.raises(UnipileError):
            syncing.sync_accounts(wrong, NOON)
    stop = SendingStop.objects.get()
    assert (stop.reason, stop.lifted_at, stop.stopped_by) == (BAD_API_KEY_REASON, None, None)
    account.refresh_from_db()
    assert account.status == Status.CONNECTED

    for minutes in (15, 30):
        syncing.sync_accounts(client_of_unipile, NOON + dt.timedelta(minutes=minutes))

    assert not SendingStop.objects.open().exists()
    stopped, goes_on = Notice.objects.values_list("text", flat=True)
    assert stopped.startswith("All sending is stopped")
    assert goes_on.startswith("Sending goes on")


def test_a_stop_by_somebody_is_not_lifted(
    account: LinkedInAccount, client_of_unipile: Client
) -> None:
    SendingStop.objects.create(reason="Holiday", stopped_at=NOON)

    syncing.sync_accounts(client_of_unipile, NOON)

    assert SendingStop.objects.open().exists()


def test_one_digest_tells_a_workspace_of_all_failures(
    account: LinkedInAccount,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    other = an_account(account.workspace)
    sandbox.control.add_account(other.unipile_account_id, "free")
    campaign = a_campaign(account.workspace, account, other)
    items = [an_item(campaign, account), an_item(campaign, other)]
    sandbox.control.fault(
        "answer", route="invite", status=422, type="errors/blocked_recipient", times=2
    )

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)

    (digest,) = mail.outbox
    assert digest.to == ["staff@example.com"]
    assert "2 notices" in digest.subject
    for item in items:
        assert str(item.prospect) in digest.body
        assert f"/admin/queueing/queueitem/{item.pk}/change/" in digest.body
    assert "blocked_recipient" in digest.body
    assert QueueItem.objects.filter(status=QueueItem.Status.FAILED).count() == 2


def test_a_mail_that_cannot_be_sent_is_kept_for_later(
    account: LinkedInAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices.account_changed(account, "rests", NOON)
    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", _refused)
        assert notices.send_digests(NOON) == 0

    assert notices.send_digests(NOON) == 1
    assert notices.send_digests(NOON) == 0
    assert len(mail.outbox) == 1


def test_a_run_that_is_ended_while_it_mails_leaves_the_notices_to_the_next(
    account: LinkedInAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices.account_changed(account, "rests", NOON)
    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", _timed_out)
        with pytest.raises(SystemExit):
            notices.send_digests(NOON)

    assert notices.send_digests(NOON + dt.timedelta(minutes=9)) == 0
    assert notices.send_digests(NOON + dt.timedelta(minutes=10)) == 1
    assert notices.send_digests(NOON + dt.timedelta(minutes=20)) == 0


def _timed_out(message: object) -> int:
    raise SystemExit(1)  # as django-q2 ends a task


def _refused(message: object) -> int:
    raise ConnectionRefusedError("no mail server")


def test_names_cannot_add_headers_to_a_digest(account: LinkedInAccount) -> None:
    account.workspace.name = "Agency\nBcc: all@example.com"
    account.workspace.save()
    notices.account_changed(account, "rests", NOON)

    notices.send_digests(NOON)

    assert mail.outbox[0].message()["Bcc"] is None


def test_a_rest_is_told_once_and_never_shortened(account: LinkedInAccount) -> None:
    for hours in (48, 24, 72):
        change = AccountChange(rest_until=NOON + dt.timedelta(hours=hours), reason=f"{hours} h")
        recording.change_account(account.pk, change, NOON)

    account.refresh_from_db()
    assert account.paused_until == NOON + dt.timedelta(hours=72)
    assert Notice.objects.count() == 1


@pytest.mark.parametrize("kind", ["missing_credentials", "invalid_credentials", "something_new"])
def test_a_refused_list_is_about_the_key_whatever_its_type(
    account: LinkedInAccount, sandbox: Sandbox, client_of_unipile: Client, kind: str
) -> None:
    sandbox.control.fault("answer", route="accounts", status=401, type=f"errors/{kind}")

    with pytest.raises(UnipileError):
        syncing.sync_accounts(client_of_unipile, NOON)

    assert SendingStop.objects.open().get().reason == BAD_API_KEY_REASON


def test_an_address_that_is_none_keeps_no_other_workspace_from_being_told(
    account: LinkedInAccount,
) -> None:
    spoilt = an_account(a_workspace(name="A", notify_emails=f"x@{'é' * 70}.example.com"))
    for each in (spoilt, account):
        notices.account_changed(each, "rests", NOON)

    assert notices.send_digests(NOON) == 1

    assert Notice.objects.get(mailed_at=None).workspace == spoilt.workspace


@pytest.mark.parametrize("with_id", [True, False])
def test_a_strange_account_is_left_as_it_is_and_keeps_no_other_from_being_synced(
    account: LinkedInAccount, sandbox: Sandbox, client_of_unipile: Client, with_id: bool
) -> None:
    lost = an_account(account.workspace)
    ours = {"object": "Workspace"} | ({"id": account.unipile_account_id} if with_id else {})
    theirs = {
        "object": "Account",
        "id": lost.unipile_account_id,
        "sources": [{"status": "CREDENTIALS"}],
    }
    body = json.dumps({"object": "AccountList", "items": [ours, theirs], "cursor": None})
    sandbox.control.fault("answer", route="accounts", status=200, body=body)

    changed = syncing.sync_accounts(client_of_unipile, NOON)

    account.refresh_from_db()
    assert account.status == Status.CONNECTED
    assert changed == {Status.DISCONNECTED: 1}
