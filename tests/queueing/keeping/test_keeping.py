"""Erasing leaves hashes and counts, exporting shows everything, pruning goes by age."""

import datetime as dt
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import CommandError, call_command
from django.db import connection

from campaigns.models import Campaign, DoNotContact, ErasedPerson, LinkedInAccount, Prospect
from doors import keys
from doors.models import IdempotentAnswer
from queueing import gates
from queueing.keeping import exporting, pruning
from queueing.keeping.whom import person_named
from queueing.models import Notice, ProcessRun, QueueItem, Reply, SendAttempt, WebhookEvent
from queueing.planning import enqueue
from queueing.sending import runs
from queueing.staff import log
from queueing.unipile import Client
from sandbox.testing import Sandbox
from sendq_site.embedded import programs
from tests.builders import NOON, a_prospect, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
WHO = "grace-hopper-example"
SECRETS = ("Gracia", "Hopperova", WHO, "Secret Navy", "Harbour town", "shoe size", "ACoAAGrace")


@pytest.fixture
def grace(campaign: Campaign, sandbox: Sandbox, clock: MovedClock) -> Prospect:
    sandbox.control.freeze(clock().isoformat())
    sandbox.control.add_person(WHO, first_name="Gracia", last_name="Hopperova")
    return a_prospect(
        campaign,
        first_name="Gracia",
        last_name="Hopperova",
        public_identifier=WHO,
        company="Secret Navy",
        location="Harbour town",
        headline="Gracia at Secret Navy",
        variables={"shoe size": "38"},
        status=Prospect.Status.QUEUED,
    )


def dump(tmp_path: Path) -> str:
    """Return every row of the test's database as pg_dump writes it."""
    at = connection.settings_dict
    where = ("-h", at["HOST"], "-U", at["USER"], "-d", at["NAME"], "--data-only")
    done = subprocess.run(
        [programs.folder(None) / "pg_dump", *where, "--schema=public"],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def told_to(command: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out)
    return out.getvalue()


def test_who_is_erased_is_nowhere_and_never_comes_back(
    grace: Prospect,
    campaign: Campaign,
    account: LinkedInAccount,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    admin_user: User,
    tmp_path: Path,
) -> None:
    item = an_item(campaign, account, prospect=grace, message="Dear Gracia")
    other = an_item(campaign, account)
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)
    log.note(admin_user, [grace], "Skipped", "Gracia Hopperova asked to")
    log.note(admin_user, [other], "Not the same as Gracia Hopperova")
    Notice.objects.create(
        workspace=campaign.workspace,
        kind="item_failed",
        text="The answer about Gracia Hopperova",
        created_at=NOON,
    )
    DoNotContact.objects.create(workspace=campaign.workspace, value=WHO, reason="Gracia wrote")
    item.refresh_from_db()
    assert item.status == QueueItem.Status.SENT
    what = {"workspace": campaign.workspace, "item": item, "prospect": grace}
    reply = Reply.objects.create(**what, linkedin_account=account, at=NOON, text="Harbour town")
    log.note(admin_user, [reply], "Snoozed", "Gracia asked for it")
    key, _ = keys.make(campaign.workspace, "crm", ["queue"], admin_user, NOON)
    for name, body in (("one", {"left_out": ["Gracia Hopperova"]}), ("two", {"value": "ada"})):
        IdempotentAnswer.objects.create(key=key, name=name, status=200, body=body, created_at=NOON)
    exported = json.loads(told_to("export_person", f"https://www.linkedin.com/in/{WHO}"))
    assert exported["prospects"][0]["company"] == "Secret Navy"
    assert (len(exported["requests"]), len(exported["calls"])) == (1, item.send_attempts.count())
    assert exported["do_not_contact"][0]["reason"] == "Gracia wrote"
    assert "would be erased" in told_to("erase_person", WHO)
    before = gates.usage(account, clock())

    assert told_to("erase_person", WHO, "--yes").startswith("Erased: ")

    kept = dump(tmp_path)
    of_the_api = IdempotentAnswer.objects.order_by("name").values_list("status", flat=True)
    assert list(of_the_api) == [409, 200]
    assert [word for word in (*SECRETS, item.linkedin_user_id) if word in kept] == []
    assert "Not the same as" in kept
    assert gates.usage(account, clock()) == before  # it was sent, and counts
    with pytest.raises(CommandError, match="Nobody is known"):
        call_command("export_person", WHO)

    # Nobody adds them again, under any name that was known.
    with pytest.raises(ValidationError, match="asked to be forgotten"):
        Prospect(campaign=campaign, public_identifier=WHO).full_clean()
    path = tmp_path / "people.csv"
    path.write_text(f"profile url\nhttps://www.linkedin.com/in/{WHO}\n")
    call_command("import_prospects", str(path), "--campaign", campaign.name)
    assert not Prospect.objects.filter(public_identifier=WHO).exists()
    again = a_prospect(campaign, public_identifier=WHO)  # by whatever way
    report = enqueue(campaign, clock())
    assert report.left_out["This person asked to be forgotten"] == [str(again)]
    sandbox.control.add_person("a-new-address", moved_to=WHO)
    moved = an_item(
        campaign, account, prospect=a_prospect(campaign, public_identifier="a-new-address")
    )
    clock.advance(minutes=5)
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)
    moved.refresh_from_db()
    assert (moved.status, moved.error_code) == (QueueItem.Status.SKIPPED, "erased")


def test_all_that_belongs_to_a_person_is_exported(grace: Prospect) -> None:
    told = exporting.rows_about(person_named(WHO, [grace.campaign.workspace_id]))
    relations = [*Prospect._meta.related_objects, *QueueItem._meta.related_objects]

    assert {each.related_model for each in relations} <= {rows.model for rows in told.values()}


@pytest.mark.parametrize("status", ["pending", "unconfirmed", "failed"])
def test_what_was_not_sent_never_goes_and_a_doubt_counts_on(
    grace: Prospect, campaign: Campaign, account: LinkedInAccount, status: str
) -> None:
    at = {"claimed_at": NOON, "tried_at": NOON} if status == "unconfirmed" else {}
    item = an_item(campaign, account, prospect=grace, status=status, **at)
    counted = gates.usage(account, NOON)

    call_command("erase_person", WHO, "--yes", "--workspace", campaign.workspace.name)

    item.refresh_from_db()
    grace.refresh_from_db()
    assert (item.status, grace.status) == ("skipped", "skipped")
    assert gates.usage(account, NOON).sent_today == counted.sent_today


def test_messages_and_what_unipile_told_go_too(
    grace: Prospect, campaign: Campaign, account: LinkedInAccount, tmp_path: Path
) -> None:
    Prospect.objects.filter(pk=grace.pk).update(last_name="Hoppé", status="connected")
    an_item(
        campaign,
        account,
        prospect=grace,
        kind="message",
        step=1,
        message="Dear Gracia",
        chat_id="chat-of-grace",
    )
    for body in ('{"name": "Gracia Hopp\\u00e9"}', '{"name": "Somebody else"}'):
        WebhookEvent.objects.create(received_at=NOON, try_at=NOON, body=body)

    call_command("erase_person", WHO, "--yes")

    kept = dump(tmp_path)
    assert [word for word in ("Gracia", WHO, "chat-of-grace") if word in kept] == []
    assert WebhookEvent.objects.get().body == '{"name": "Somebody else"}'


def test_nobody_is_erased_while_a_call_is_under_way(
    grace: Prospect, campaign: Campaign, account: LinkedInAccount
) -> None:
    token = "00000000-0000-0000-0000-000000000001"
    an_item(campaign, account, prospect=grace, status="sending", claim_token=token, claimed_at=NOON)

    with pytest.raises(CommandError, match="five minutes"):
        call_command("erase_person", WHO, "--yes")
    assert not ErasedPerson.objects.exists()


def test_another_key_is_noticed(grace: Prospect, campaign: Campaign, settings: Any) -> None:
    call_command("erase_person", WHO, "--yes")
    a_prospect(campaign)
    settings.ERASURE_KEY = "another"

    with pytest.raises(ImproperlyConfigured, match="ERASURE_KEY"):
        enqueue(campaign, NOON)


def test_what_grew_old_goes_in_batches(
    campaign: Campaign, account: LinkedInAccount, admin_user: User, settings: Any
) -> None:
    item = an_item(campaign, account)
    old, new = NOON - dt.timedelta(days=1000), NOON - dt.timedelta(days=1)
    for number, at in enumerate([old, old, old, new]):
        run = ProcessRun.objects.create(trigger="command", started_at=at)
        SendAttempt.objects.create(
            item=item,
            run=run,
            kind="lookup",
            number=number,
            started_at=at,
            finished_at=at,
            outcome="found",
            detail="Ada",
        )
        Notice.objects.create(
            workspace=campaign.workspace, kind="account_changed", text="x", created_at=at
        )
    log.note(admin_user, [item], "Skipped")
    LogEntry.objects.update(action_time=old)
    settings.KEEP_LOG_DAYS = 0

    became = pruning.prune(NOON, batch=2)

    assert became == {"answers of Unipile": 3, "notices": 3, "runs": 3}
    assert SendAttempt.objects.count() == 4
    assert list(SendAttempt.objects.exclude(detail="").values_list("number", flat=True)) == [3]
    assert LogEntry.objects.count() == 1
