"""A restore repeats nothing and forgets nothing: dump, send, restore, after_restore, and on."""

import datetime as dt
import io
import os
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection

from access.models import Session
from access.sessions import SessionStore
from campaigns.models import Campaign, LinkedInAccount, Prospect, Step
from queueing import gates
from queueing.looking import reconciling
from queueing.models import Installation, ProcessRun, QueueItem, SendingStop
from queueing.planning import steps
from queueing.sending import runs
from queueing.telling import notices
from queueing.unipile import Client
from sandbox.testing import Sandbox
from sendq_site.embedded import programs
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.conftest import MovedClock
from tests.faults import oracle

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


class Backup:
    """What pg_dump and pg_restore make of the test's own database."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "sendq.dump"
        self._run("pg_dump", "--format=custom", f"--file={self.path}")

    def restore(self) -> None:
        self._run("pg_restore", "--clean", "--if-exists", str(self.path))

    def _run(self, program: str, *arguments: str) -> None:
        at = connection.settings_dict
        where = ("-h", at["HOST"], "-U", at["USER"], "-d", at["NAME"])
        connection.close()
        subprocess.run(
            [programs.folder(None) / program, *where, *arguments],
            check=True,
            capture_output=True,
            env={"PATH": os.defpath},
        )


@pytest.fixture
def accounts(sandbox: Sandbox, clock: MovedClock) -> list[LinkedInAccount]:
    sandbox.control.freeze(clock().isoformat())
    workspace = a_workspace(notify_emails="boss@example.com")
    made = [an_account(workspace, daily_limit=4) for _ in range(5)]
    for account in made:
        sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return made


@pytest.fixture
def campaign(accounts: list[LinkedInAccount]) -> Campaign:
    return a_campaign(accounts[0].workspace, *accounts)


def run_again(client: Client, clock: MovedClock, times: int) -> None:
    for _ in range(times):
        runs.run(ProcessRun.Trigger.SCHEDULE, clock, client=client)
        clock.advance(seconds=30)


def after_restore(
    monkeypatch: pytest.MonkeyPatch, client: Client, clock: MovedClock, **how: Any
) -> None:
    monkeypatch.setattr("queueing.management.commands.after_restore.DatabaseClock", lambda: clock)
    monkeypatch.setattr(runs, "unipile_client", lambda: client)
    call_command("after_restore", **how)


def lift() -> None:
    SendingStop.objects.open().update(lifted_at=NOON)


def test_nobody_is_invited_twice_and_no_cap_exceeded_by_a_restore(
    accounts: list[LinkedInAccount],
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Twenty go after the dump; of them people accept, decline, and two were queued after it."""
    control, client = sandbox.control, client_of_unipile
    for account in accounts:
        # Known and looked up within the day: nobody would look again before a send.
        for _ in range(6):
            person = a_prospect(campaign, status=Prospect.Status.QUEUED)
            known_as = control.provider_id(account.unipile_account_id, person.public_identifier)
            Prospect.objects.filter(pk=person.pk).update(resolved_with=account, resolved_at=NOON)
            an_item(campaign, account, prospect=person, linkedin_user_id=known_as)
    run_again(client, clock, 1)
    SessionStore().save()
    backup = Backup(tmp_path)
    before = len(control.effects())

    late = [
        an_item(campaign, account, scheduled_for=NOON - dt.timedelta(days=1))
        for account in accounts[:2]
    ]
    run_again(client, clock, 3)
    sent = control.effects()
    assert (before, len(sent)) == (5, 20)  # each account's four of the day
    control.accept(sent[-1]["account_id"], sent[-1]["person"])
    control.accept(accounts[0].unipile_account_id, late[0].person_key)
    control.decline(sent[-2]["account_id"], sent[-2]["person"])
    clock.advance(hours=1)
    control.freeze(clock().isoformat())

    backup.restore()
    held = runs.run(ProcessRun.Trigger.SCHEDULE, clock, client=client)
    assert held["processed"] == 0
    assert "after_restore" in held["message"]
    lift()  # whoever lifts the stop is none the wiser
    run_again(client, clock, 2)
    assert len(control.effects()) == 20

    after_restore(monkeypatch, client, clock)
    assert SendingStop.objects.open().exists()
    lift()
    for _ in range(3):
        run_again(client, clock, 1)
        reconciling.reconcile(client, clock)
        clock.advance(minutes=31)
        control.freeze(clock().isoformat())

    pairs = Counter((one["account_id"], one["person"]) for one in control.effects())
    assert max(pairs.values()) == 1
    judgement = oracle.judge(control)
    assert judgement.broken == {}
    assert judgement.effects == 20  # the day's caps were used up before the restore
    assert not Session.objects.exists()


def import_connected(
    campaign: Campaign, account: LinkedInAccount, sandbox: Sandbox, *slugs: str
) -> None:
    """Import people who are connected with the account, and plan their first message."""
    for slug in slugs:
        a_prospect(
            campaign,
            public_identifier=slug,
            status=Prospect.Status.CONNECTED,
            linkedin_user_id=sandbox.control.provider_id(account.unipile_account_id, slug),
            resolved_with=account,
            resolved_at=NOON - dt.timedelta(days=9),
        )
    Prospect.objects.update(created_at=NOON - dt.timedelta(days=9))
    steps.plan_follow_ups(NOON)


def test_no_message_goes_twice_and_no_cap_of_theirs_is_exceeded(
    accounts: list[LinkedInAccount],
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Eight people, four a day; somebody was queued, and written to, after the backup."""
    account, control, client = accounts[0], sandbox.control, client_of_unipile
    Campaign.objects.update(connected_get_messages=True)
    Step.objects.create(campaign=campaign, number=1, text="Hello {{ first_name }}!", delay_days=1)
    LinkedInAccount.objects.filter(pk=account.pk).update(daily_message_limit=4)

    def go_on(times: int, minutes: int = 60) -> None:
        for _ in range(times):
            run_again(client, clock, 1)
            reconciling.reconcile(client, clock)
            clock.advance(minutes=minutes)
            control.freeze(clock().isoformat())

    late = "cid", "dot", "eve", "fay", "gil", "hal"
    early = "ada", "bob"
    for slug in (*early, *late):
        control.set_degree(account.unipile_account_id, slug, "FIRST_DEGREE")
    clock.advance(minutes=5)
    control.freeze(clock().isoformat())
    import_connected(campaign, account, sandbox, *early)
    go_on(3)
    backup = Backup(tmp_path)
    assert len(control.messages()) == 2
    import_connected(campaign, account, sandbox, *late)
    go_on(2)
    assert len(control.messages()) >= 3

    backup.restore()
    after_restore(monkeypatch, client, clock)
    lift()
    import_connected(campaign, account, sandbox, *late)
    waiting = QueueItem.objects.pending().values_list("scheduled_for", flat=True)
    assert min(waiting) >= gates.day_of(account, clock()).ends
    go_on(24, minutes=180)

    texts = Counter(one["person"] for one in control.messages())
    assert set(texts.values()) == {1}
    assert len(texts) == 8
    days = Counter(one["at"][:10] for one in control.messages())
    assert max(days.values()) <= 4, days


def test_the_next_day_goes_on_where_the_old_database_ended(
    accounts: list[LinkedInAccount],
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = accounts[0]
    for _ in range(6):
        an_item(campaign, account)
    run_again(client_of_unipile, clock, 1)
    backup = Backup(tmp_path)
    run_again(client_of_unipile, clock, 2)
    backup.restore()
    clock.advance(minutes=5)
    sandbox.control.freeze(clock().isoformat())

    after_restore(monkeypatch, client_of_unipile, clock)
    lift()
    for _ in range(3):
        reconciling.reconcile(client_of_unipile, clock)
        clock.advance(hours=9)
        sandbox.control.freeze(clock().isoformat())
        run_again(client_of_unipile, clock, 2)

    judgement = oracle.judge(sandbox.control)
    assert judgement.broken == {}
    assert judgement.effects == 6
    assert set(QueueItem.objects.values_list("status", flat=True)) == {Status.SENT}


def test_an_account_that_cannot_be_read_rests_or_holds_everything(
    accounts: list[LinkedInAccount],
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost, strange, *_ = accounts
    Installation.meet(NOON)
    Installation.objects.update(database="another")
    sandbox.control.set_account(lost.unipile_account_id, status="CREDENTIALS")
    sandbox.control.fault("answer", route="sent", status=500, times=9)

    with pytest.raises(CommandError, match="set aside"):
        after_restore(monkeypatch, client_of_unipile, clock, since=NOON)
    assert Installation.why_held()

    sandbox.control.clear_faults()
    after_restore(monkeypatch, client_of_unipile, clock, since=NOON)
    lost.refresh_from_db()
    strange.refresh_from_db()
    assert not Installation.why_held()
    assert lost.paused_until == clock() + dt.timedelta(days=7)
    assert strange.paused_until is None


def test_a_copy_neither_sends_nor_mails(
    accounts: list[LinkedInAccount],
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    settings: Any,
) -> None:
    an_item(campaign, accounts[0])
    settings.SITE_KNOWN_AS = "https://sendq.example.com"
    Installation.meet(clock())
    settings.SITE_KNOWN_AS = "https://staging.example.com"

    made = runs.run(ProcessRun.Trigger.SCHEDULE, clock, client=client_of_unipile)

    assert (made["processed"], sandbox.control.effects(), mail.outbox) == (0, [], [])
    assert "a copy must not send" in made["message"]
    assert notices.send_digests(clock()) == 0


def test_after_restore_has_nothing_to_do_where_nothing_was_restored(clock: MovedClock) -> None:
    Installation.meet(clock())

    with pytest.raises(CommandError, match="--since"):
        call_command("after_restore")
    assert not SendingStop.objects.exists()


def test_whom_an_account_of_after_the_backup_has_invited_is_read_once_it_is_known(
    accounts: list[LinkedInAccount],
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace, out, since = campaign.workspace, io.StringIO(), NOON - dt.timedelta(hours=1)
    sandbox.control.add_account("came-later", "sales_navigator")
    person, backup = a_prospect(campaign), Backup(tmp_path)
    late = an_account(workspace, unipile_account_id="came-later")
    an_item(campaign, late, prospect=person)
    run_again(client_of_unipile, clock, 1)
    assert len(sandbox.control.effects()) == 1
    backup.restore()

    after_restore(monkeypatch, client_of_unipile, clock, since=since, stdout=out)
    unknown = out.getvalue().partition("does not know: ")[2].partition(". Whom")[0]
    assert "came-later" in unknown.split(", ")
    assert accounts[0].unipile_account_id not in unknown.split(", ")
    an_account(workspace, unipile_account_id="came-later")
    after_restore(monkeypatch, client_of_unipile, clock, since=since, stdout=out)

    found = QueueItem.objects.get()
    assert (found.status, found.prospect_id) == (Status.SENT, person.pk)
