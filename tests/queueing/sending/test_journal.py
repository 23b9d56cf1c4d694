"""A known result is not lost while the database is away."""

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from campaigns.models import Campaign, LinkedInAccount
from queueing.models import ProcessRun, QueueItem
from queueing.sending import journal, processing, recording, recovering, runs, together
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.JOURNAL_DIR = tmp_path / "journal"
    monkeypatch.setattr(processing, "RECONNECT_PAUSES_SECONDS", (0, 0))
    return tmp_path / "journal"


def away(patch: pytest.MonkeyPatch, times: int) -> None:
    """Let whatever records an answer find the database away so many times."""
    left = [times]

    def is_away(real: Callable[..., Any]) -> Callable[..., Any]:
        def record(*args: Any, **kwargs: Any) -> Any:
            if left[0]:
                left[0] -= 1
                raise OperationalError("server closed the connection unexpectedly")
            return real(*args, **kwargs)

        return record

    patch.setattr(recording, "record", is_away(recording.record))
    patch.setattr(together, "record_sent", is_away(together.record_sent))


def test_a_short_absence_is_waited_out(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item = an_item(campaign, account)
    away(monkeypatch, times=3)

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)

    item.refresh_from_db()
    assert item.status == Status.SENT


def sent_without_record(
    item: QueueItem, client: Client, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Send an item while the database takes no outcome."""
    with monkeypatch.context() as patched:
        away(patched, times=99)
        with pytest.raises(OperationalError):
            runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
    item.refresh_from_db()
    assert item.status == Status.SENDING


def test_the_next_run_records_what_the_journal_has(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    sandbox: Sandbox,
) -> None:
    item = an_item(campaign, account)
    sent_without_record(item, client_of_unipile, clock, monkeypatch)
    clock.advance(minutes=10)

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)

    item.refresh_from_db()
    (effect,) = sandbox.control.effects()
    assert (item.status, item.sent_at) == (Status.SENT, NOON)
    assert item.invitation_id == effect["invitation_id"]
    assert item.send_attempts.last().outcome == "sent"  # type: ignore[union-attr]
    assert list(folder.iterdir()) == []


def test_what_was_put_in_doubt_meanwhile_is_known_again(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    item = an_item(campaign, account)
    sent_without_record(item, client_of_unipile, clock, monkeypatch)
    clock.advance(minutes=10)
    recovering.recover(clock())

    assert journal.replay() == 1

    item.refresh_from_db()
    assert (item.status, item.sent_at) == (Status.SENT, NOON)


def test_an_unreadable_file_is_set_aside(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder.mkdir()
    (folder / "broken.json").write_text("{")
    (folder / "half.json.0.draft").write_text("{")

    assert journal.replay() == 0

    assert sorted(path.name for path in folder.iterdir()) == [
        "broken.unreadable",
        "half.json.0.draft",
    ]
    assert "broken.json" in caplog.text


def test_an_answer_about_an_unknown_item_is_set_aside(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
) -> None:
    item = an_item(campaign, account)
    sent_without_record(item, client_of_unipile, clock, monkeypatch)
    (path,) = folder.iterdir()
    path.write_text(path.read_text().replace(str(item.pk), str(account.pk)))

    assert journal.replay() == 0
    assert [path.suffix for path in folder.iterdir()] == [".unreadable"]


def test_where_the_journal_cannot_be_written_the_log_has_the_answer(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder.write_text("a file where the folder should be, as on a full disk")
    item = an_item(campaign, account)

    sent_without_record(item, client_of_unipile, clock, monkeypatch)
    clock.advance(minutes=10)
    recovering.recover(clock())

    critical = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert str(item.pk) in critical[0].getMessage()
    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED


def test_an_entry_is_whole_json(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
) -> None:
    item = an_item(campaign, account)
    sent_without_record(item, client_of_unipile, clock, monkeypatch)

    (path,) = folder.iterdir()

    entry = json.loads(path.read_text())
    assert (entry["item"], entry["answer"]["outcome"]) == (str(item.pk), "sent")


@pytest.mark.parametrize("given_up", [Status.PENDING, Status.FAILED, Status.SKIPPED])
def test_what_was_given_up_as_not_sent_meanwhile_is_not_sent_again(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    sandbox: Sandbox,
    given_up: str,
) -> None:
    item = an_item(campaign, account)
    sent_without_record(item, client_of_unipile, clock, monkeypatch)
    clock.advance(minutes=10)
    recovering.recover(clock())
    # Somebody confirmed that it was not sent.
    QueueItem.objects.update(status=given_up, tried_at=None)

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)

    item.refresh_from_db()
    assert (item.status, item.sent_at) == (Status.SENT, NOON)
    assert len(sandbox.control.effects()) == 1


def test_where_the_person_has_another_item_meanwhile_that_one_stays(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
) -> None:
    item = an_item(campaign, account)
    sent_without_record(item, client_of_unipile, clock, monkeypatch)
    clock.advance(minutes=10)
    recovering.recover(clock())
    QueueItem.objects.update(status=Status.SKIPPED, tried_at=None)
    an_item(campaign, account, person_key=item.person_key)

    assert journal.replay() == 1

    item.refresh_from_db()
    assert item.status == Status.SKIPPED
    assert item.send_attempts.last().outcome == "sent"  # type: ignore[union-attr]
    assert list(folder.iterdir()) == []


def test_an_answer_that_no_row_can_hold_is_set_aside(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
) -> None:
    item = an_item(campaign, account)
    sent_without_record(item, client_of_unipile, clock, monkeypatch)
    (path,) = folder.iterdir()
    entry = json.loads(path.read_text())
    entry["answer"]["invitation_id"] = "1" * 101
    path.write_text(json.dumps(entry))

    assert journal.replay() == 0
    assert [path.suffix for path in folder.iterdir()] == [".unreadable"]


def test_a_file_that_may_not_be_read_stays_and_keeps_nobody_from_sending(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    folder: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    item = an_item(campaign, account)
    (folder / "locked.json").mkdir(parents=True)  # reading a folder fails for root too

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)

    item.refresh_from_db()
    assert item.status == Status.SENT
    assert "locked.json" in caplog.text


def test_two_runs_may_set_the_same_file_aside(folder: Path) -> None:
    journal._set_aside(folder / "gone.json", ValueError("not JSON"))


def test_a_replay_that_was_cut_short_changes_nothing_the_second_time(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
) -> None:
    item = an_item(campaign, account)
    sent_without_record(item, client_of_unipile, clock, monkeypatch)
    (path,) = folder.iterdir()
    kept = path.read_text()
    journal.replay()
    before = QueueItem.objects.values().get(), list(item.send_attempts.values())

    path.write_text(kept)
    journal.replay()

    assert (QueueItem.objects.values().get(), list(item.send_attempts.values())) == before
