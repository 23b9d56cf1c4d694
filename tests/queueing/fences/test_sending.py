"""One row that can't be dealt with never ends a loop over all: it is set aside and named."""

import socket
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from pytest_django import Settings

from queueing import gates
from queueing.looking import syncing
from queueing.models import Notice, QueueItem
from queueing.sending import (
    claiming,
    finding,
    journal,
    outcomes,
    recording,
    recovering,
    runs,
    together,
)
from queueing.telling import Fence, notices
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock
from tests.queueing.fences.conftest import PoisonError, late, poisoned, replan, run, states

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


def test_gates_that_cannot_be_asked_hold_their_own_campaign_alone(
    items: list[QueueItem],
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poison = items[0].campaign
    fails = poisoned(gates.facts_of, lambda item, *_: item.campaign == poison)
    monkeypatch.setattr(gates, "facts_of", fails)
    account = items[0].linkedin_account
    behind = an_item(a_campaign(account.workspace, account), account)  # of the same account

    result = run(client_of_unipile, clock)

    assert states([*items, behind]) == [Status.PENDING, *[Status.SENT] * 3]
    assert f"Campaign “{items[0].campaign}”" in result["set_aside"][0]


def test_an_account_that_cannot_be_claimed_for_is_named(
    items: list[QueueItem],
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = items[0].linkedin_account_id
    fails = poisoned(
        claiming.claim_all, lambda turns, *_: first in {turn.account_id for turn in turns}
    )
    monkeypatch.setattr(claiming, "claim_all", fails)

    for _ in range(2):
        result = run(client_of_unipile, clock)

    assert states(items) == [Status.PENDING, Status.SENT, Status.SENT]
    assert result["set_aside"] == ["The queue of Account 0: PoisonError: nobody thought of this"]
    assert Notice.objects.get(kind=Notice.Kind.SET_ASIDE).text.startswith("The queue of Account 0")


def test_an_answer_to_a_look_up_is_tried_again_and_in_the_end_given_up(
    items: list[QueueItem],
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poison = items[0].pk
    fails = poisoned(finding.verdict_on_look, lambda claim, *_: claim.item_id == poison)
    monkeypatch.setattr(finding, "verdict_on_look", fails)

    run(client_of_unipile, clock)
    first = states(items)
    for _ in range(3):
        clock.advance(hours=2)
        run(client_of_unipile, clock)

    items[0].refresh_from_db()
    assert first == [Status.PENDING, Status.SENT, Status.SENT]
    assert (items[0].status, items[0].error_code) == (Status.FAILED, "internal_error")
    assert "PoisonError: nobody thought of this" in items[0].error_message


def test_the_answer_to_a_send_is_kept_and_settled(
    items: list[QueueItem],
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    sandbox: Sandbox,
) -> None:
    poison = items[0].pk
    fails = poisoned(recording.record, lambda call, *_: call.claim.item_id == poison)
    together_fails = poisoned(
        together.record_sent, lambda sent, *_: poison in {one.call.claim.item_id for one in sent}
    )
    with monkeypatch.context() as patched:
        patched.setattr(recording, "record", fails)
        patched.setattr(together, "record_sent", together_fails)
        run(client_of_unipile, clock)
    kept = [path.suffix for path in folder.iterdir()]

    run(client_of_unipile, clock)

    assert kept == [".json"]
    assert states(items) == [Status.SENT] * 3
    assert len(sandbox.control.effects()) == 3


def test_a_call_that_breaks_in_our_hands_is_in_doubt(
    items: list[QueueItem],
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    poison = items[0].linkedin_account.unipile_account_id
    fails = poisoned(client_of_unipile.invite, lambda account, *_, **more: account == poison)
    monkeypatch.setattr(client_of_unipile, "invite", fails)

    run(client_of_unipile, clock)

    assert states(items) == [Status.UNCONFIRMED, Status.SENT, Status.SENT]


def test_a_file_of_the_journal_is_set_aside_whatever_is_wrong_with_it(
    items: list[QueueItem],
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
) -> None:
    monkeypatch.setattr(recording, "record", poisoned(recording.record, lambda *_: True))
    monkeypatch.setattr(together, "record_sent", poisoned(together.record_sent, lambda *_: True))
    run(client_of_unipile, clock)
    monkeypatch.undo()
    poison = items[0].pk
    fails = poisoned(recording.record, lambda call, *_: call.claim.item_id == poison)
    monkeypatch.setattr(recording, "record", fails)
    fence = Fence(clock())

    replayed = journal.replay(fence)

    assert (replayed, len(fence.aside)) == (2, 1)
    assert states(items) == [Status.SENDING, Status.SENT, Status.SENT]
    assert [path.suffix for path in folder.iterdir()] == [".unreadable"]


def test_a_dead_claim_that_cannot_be_settled_is_in_doubt(
    items: list[QueueItem], clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for item in items:
        assert claiming.claim(item.linkedin_account_id, None, clock()) is not None
    fails = poisoned(recovering._settle, lambda item, now: item.pk == items[0].pk)
    monkeypatch.setattr(recovering, "_settle", fails)
    clock.advance(minutes=10)

    assert recovering.recover(clock()) == (2, 1)

    assert states(items) == [Status.UNCONFIRMED, Status.PENDING, Status.PENDING]
    assert Notice.objects.get(kind=Notice.Kind.SET_ASIDE).item == items[0]


def test_the_end_of_the_process_is_no_rows_fault() -> None:
    fence = Fence(NOON)

    with pytest.raises(SystemExit), fence.around("a row"):
        raise SystemExit(1)

    assert fence.aside == []


def test_a_database_that_is_away_is_no_rows_fault() -> None:
    fence = Fence(NOON)
    connection.close()

    with pytest.raises(OperationalError), fence.around("a row"):
        raise OperationalError("the connection is lost")

    assert fence.aside == []


@pytest.mark.parametrize(
    ("command", "loop"),
    [
        ("process_send_queue", (claiming, "claim_all")),
        ("sync_accounts", (syncing, "_bring_to")),
        ("execute_scheduled_campaigns", (replan, "_replan_workspace")),
    ],
)
def test_a_command_that_set_something_aside_says_so_and_fails(
    items: list[QueueItem],
    client_of_unipile: Client,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    loop: tuple[Any, str],
) -> None:
    late(items)
    monkeypatch.setattr(runs, "unipile_client", lambda: client_of_unipile)
    monkeypatch.setattr(*loop, poisoned(getattr(*loop), lambda *_: True))

    with pytest.raises(CommandError, match=r"3 set aside, see the log: .*PoisonError"):
        call_command(command)


def test_outcomes_are_decided_for_the_others_too(
    items: list[QueueItem],
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The decision itself fails, again and again: the item ends in doubt, the others are sent."""
    calls: list[int] = []

    def fails_first(*arguments: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) <= 2:  # of those that ended at once, and of the first alone
            raise PoisonError("nobody thought of this")
        return decide(*arguments, **more)

    decide = outcomes.plainly_sent
    monkeypatch.setattr(outcomes, "plainly_sent", fails_first)

    run(client_of_unipile, clock)

    assert sorted(states(items)) == [Status.SENDING, Status.SENT, Status.SENT]


def test_a_mail_server_that_is_silent_holds_a_run_once(
    settings: Settings, db: None, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(3):
        workspace = a_workspace(notify_emails=f"team-{number}@example.com")
        notices.account_changed(an_account(workspace), "was lost", NOON)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes calls, and never says a word
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        settings.EMAIL_TIMEOUT = 0.1

        assert notices.send_digests(NOON) == 0

    assert caplog.text.count("could not be dealt with") == 1
    assert not Notice.objects.filter(claimed_at__isnull=False).exists(), "they are tried again"
