"""The disk is full: PostgreSQL refuses to write, and the journal may not be written either."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from campaigns.models import LinkedInAccount
from queueing.looking import reconciling
from queueing.models import ProcessRun, QueueItem
from queueing.sending import processing, runs
from queueing.unipile import connect
from sandbox.testing import SandboxProcess
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item
from tests.conftest import MovedClock
from tests.faults import killing, oracle

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


@pytest.fixture
def account(
    lenient_sandbox: SandboxProcess, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> LinkedInAccount:
    settings.JOURNAL_DIR = tmp_path / "journal"
    monkeypatch.setattr(processing, "RECONNECT_PAUSES_SECONDS", (0, 0))
    lenient_sandbox.control.freeze(NOON.isoformat())
    account = an_account(a_workspace())
    lenient_sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


@contextmanager
def no_room_for(status: str) -> Iterator[None]:
    """Let PostgreSQL give the error of a full disk where an item is to get this status."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
            "'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;"
            "CREATE TRIGGER no_room BEFORE UPDATE ON send_queue FOR EACH ROW "
            f"WHEN (NEW.status = '{status}') EXECUTE FUNCTION no_room()"
        )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION no_room CASCADE")


def test_without_room_for_a_claim_nothing_is_sent(
    account: LinkedInAccount, lenient_sandbox: SandboxProcess, clock: MovedClock
) -> None:
    item = an_item(a_campaign(account.workspace, account), account)
    client = connect(lenient_sandbox.url, lenient_sandbox.api_key)

    with no_room_for(Status.SENDING), pytest.raises(OperationalError, match="No space left"):
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
    effects = lenient_sandbox.control.effects()
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)

    item.refresh_from_db()
    assert (effects, item.status) == ([], Status.SENT)


def test_without_room_for_the_outcome_the_journal_has_it(
    account: LinkedInAccount, lenient_sandbox: SandboxProcess, clock: MovedClock
) -> None:
    item = an_item(a_campaign(account.workspace, account), account)
    client = connect(lenient_sandbox.url, lenient_sandbox.api_key)

    with no_room_for(Status.SENT), pytest.raises(OperationalError, match="No space left"):
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)

    item.refresh_from_db()
    assert item.status == Status.SENT
    assert oracle.judge(lenient_sandbox.control).broken == {}


def test_without_room_for_anything_the_item_is_looked_up(
    account: LinkedInAccount, lenient_sandbox: SandboxProcess, clock: MovedClock
) -> None:
    item = an_item(a_campaign(account.workspace, account), account)
    client = connect(lenient_sandbox.url, lenient_sandbox.api_key)

    with no_room_for(Status.SENT):
        run = killing.run_in_child(
            lenient_sandbox.url,
            lenient_sandbox.api_key,
            clock,
            lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
        )
        _, status = os.waitpid(run, 0)
    item.refresh_from_db()
    assert (os.waitstatus_to_exitcode(status), item.status) == (1, Status.SENDING)
    clock.advance(minutes=5)
    lenient_sandbox.control.freeze(clock().isoformat())
    reconciling.reconcile(client, clock)

    item.refresh_from_db()
    assert item.status == Status.SENT
    assert oracle.judge(lenient_sandbox.control).broken == {}
