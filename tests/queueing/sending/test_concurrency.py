"""Several runs at once, in several processes, on one queue: the caps and the promises hold."""

import datetime as dt
import json

import pytest
from django.utils import timezone

from queueing.models import QueueItem
from sandbox.testing import Sandbox
from tests import processes
from tests.builders import a_campaign, a_prospect, a_workspace, an_account

pytestmark = pytest.mark.django_db(transaction=True)

# A process that makes runs until nothing is due any more or the caps hold it.
RUN_UNTIL_HELD = """
import django; django.setup()
from django.utils import timezone
from queueing.sending import runs
client = runs.unipile_client()
while True:
    result = runs.run("command", timezone.now, client=client, concurrency=4)
    # Held by nothing: another process is at the accounts in this instant.
    held = set(result["held"])
    if not result["processed"] and held and held <= {"daily_cap", "weekly_cap"}:
        break
"""


def many_items(accounts: int, each: int, daily_limit: int, sandbox: Sandbox) -> None:
    """Queue `each` due items for each of so many accounts of one campaign."""
    workspace = a_workspace()
    rows = [
        an_account(workspace, daily_limit=daily_limit, weekly_limit=10_000) for _ in range(accounts)
    ]
    for account in rows:
        sandbox.control.add_account(
            account.unipile_account_id, "sales_navigator", day_cap=10_000, week_cap=10_000
        )
    campaign = a_campaign(workspace, *rows)
    due = timezone.now() - dt.timedelta(hours=1)
    for account in rows:
        for _ in range(each):
            prospect = a_prospect(campaign)
            QueueItem.objects.create(
                workspace=workspace,
                campaign=campaign,
                prospect=prospect,
                linkedin_account=account,
                scheduled_for=due,
            )


def run_processes(number: int, sandbox: Sandbox) -> None:
    env = processes.environment(sandbox, DJANGO_SETTINGS_MODULE="sendq_site.settings")
    started = [
        processes.start_python(env, RUN_UNTIL_HELD)  # they share the queue
        for _ in range(number)
    ]
    processes.end(*started, seconds=400)


def test_eight_processes_never_exceed_a_cap(sandbox: Sandbox) -> None:
    many_items(accounts=1, each=60, daily_limit=20, sandbox=sandbox)

    run_processes(8, sandbox)

    effects = sandbox.control.effects()
    assert len(effects) == 20
    assert len({effect["person"] for effect in effects}) == 20
    assert set(sandbox.control.max_in_flight().values()) == {1}
    assert QueueItem.objects.pending().count() == 40


def test_four_processes_share_many_accounts(sandbox: Sandbox) -> None:
    many_items(accounts=12, each=8, daily_limit=5, sandbox=sandbox)

    run_processes(4, sandbox)

    effects = sandbox.control.effects()
    assert len(effects) == 60
    assert len({effect["person"] for effect in effects}) == 60
    assert set(sandbox.control.max_in_flight().values()) == {1}
    assert QueueItem.objects.filter(status=QueueItem.Status.SENT).count() == 60


def test_the_command_prints_its_result_as_json(sandbox: Sandbox) -> None:
    many_items(accounts=1, each=2, daily_limit=20, sandbox=sandbox)
    env = processes.environment(sandbox)

    (printed,) = processes.end(processes.start(env, "process_send_queue", "--json"))

    result = json.loads(printed)
    assert (result["processed"], result["remaining_in_queue"]) == (1, 1)
