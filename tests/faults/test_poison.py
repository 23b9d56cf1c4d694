"""One answer that cannot be stored spoils nothing else: the run ends the other calls."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from campaigns.models import LinkedInAccount, Workspace
from queueing.looking import reconciling, resolving
from queueing.models import ProcessRun, QueueItem
from queueing.sending import journal, runs
from queueing.unipile import Client, connect
from sandbox.testing import SandboxProcess
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.conftest import MovedClock
from tests.faults import oracle

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
SLUGS = ["ada%00example", "ada%2500example", "İ" * 150, "\u0958" * 150, "%1b[31mada", "a/b", "%"]


@pytest.fixture
def workspace(lenient_sandbox: SandboxProcess, settings: Any, tmp_path: Path) -> Workspace:
    settings.JOURNAL_DIR = tmp_path / "journal"
    lenient_sandbox.control.freeze(NOON.isoformat())
    return a_workspace()


def an_account_of(workspace: Workspace, sandbox: SandboxProcess) -> LinkedInAccount:
    account = an_account(workspace)
    sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


def client_of(sandbox: SandboxProcess) -> Client:
    return connect(sandbox.url, sandbox.api_key)


def a_profile(provider_id: str, slug: str) -> str:
    return json.dumps(
        {"object": "UserProfile", "provider_id": provider_id, "public_identifier": slug}
    )


@pytest.mark.parametrize("slug", SLUGS)
def test_a_slug_that_cannot_be_stored_is_left_aside(
    workspace: Workspace, lenient_sandbox: SandboxProcess, clock: MovedClock, slug: str
) -> None:
    account = an_account_of(workspace, lenient_sandbox)
    item = an_item(a_campaign(workspace, account), account)
    key = item.prospect.public_identifier
    found = a_profile(lenient_sandbox.control.provider_id(account.unipile_account_id, key), slug)
    lenient_sandbox.control.fault("answer", route="profile", status=200, body=found)

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of(lenient_sandbox))

    item.refresh_from_db()
    assert (item.status, item.person_key) == (Status.SENT, key)


@pytest.mark.parametrize("slug", SLUGS)
def test_it_does_not_hold_up_other_new_prospects(
    workspace: Workspace, lenient_sandbox: SandboxProcess, clock: MovedClock, slug: str
) -> None:
    account = an_account_of(workspace, lenient_sandbox)
    campaign = a_campaign(workspace, account)
    a_prospect(campaign, public_identifier="", linkedin_user_id="ACoAAexample0000000001")
    a_prospect(campaign)
    found = a_profile("ACoAAexample0000000001", slug)
    lenient_sandbox.control.fault("answer", route="profile", status=200, body=found)

    assert resolving.resolve_pending(client_of(lenient_sandbox), clock) == {"resolved": 2}


def test_an_outcome_that_the_database_refuses_is_looked_up_and_the_others_are_recorded(
    workspace: Workspace, lenient_sandbox: SandboxProcess, clock: MovedClock
) -> None:
    accounts = [an_account_of(workspace, lenient_sandbox) for _ in range(3)]
    campaign = a_campaign(workspace, *accounts)
    items = [an_item(campaign, account) for account in accounts]
    lenient_sandbox.control.fault("delay", route="invite", seconds=0.3, times=3)
    client = client_of(lenient_sandbox)

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
            "'value out of range' USING ERRCODE = 'numeric_value_out_of_range'; END $$;"
            "CREATE TRIGGER refuse BEFORE UPDATE ON send_queue FOR EACH ROW "
            f"WHEN (NEW.status = 'sent' AND NEW.id = '{items[0].pk}') EXECUTE FUNCTION refuse()"
        )
    try:
        result = runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
        first = [QueueItem.objects.get(pk=item.pk).status for item in items]
        assert journal.replay() == 0  # set aside: later runs are not kept from sending
        clock.advance(minutes=5)
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION refuse CASCADE")
    clock.advance(minutes=5)
    lenient_sandbox.control.freeze(clock().isoformat())
    reconciling.reconcile(client, clock)

    (aside,) = result["set_aside"]
    assert aside.startswith(f"The answer about {items[0].prospect}: DataError: value out of range")
    assert first == [Status.SENDING, Status.SENT, Status.SENT]
    assert set(QueueItem.objects.values_list("status", flat=True)) == {Status.SENT}
    assert oracle.judge(lenient_sandbox.control).broken == {}
