"""Effects that nobody was told of, on people who then leave no trace: counted, and never twice."""

import datetime as dt

import pytest

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.looking import reconciling
from queueing.models import ProcessRun, QueueItem
from queueing.planning import enqueue
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


@pytest.fixture
def account(sandbox: Sandbox, clock: MovedClock) -> LinkedInAccount:
    sandbox.control.freeze(clock().isoformat())
    sandbox.control.settings(lag_seconds=60)
    account = an_account(a_workspace(), daily_limit=2)
    sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


def live(client: Client, clock: MovedClock, sandbox: Sandbox, *, hours: float) -> None:
    """Let half-hourly runs come for some hours, and looks every ten minutes."""
    for number in range(int(hours * 6)):
        if number % 3 == 0:
            runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
        reconciling.reconcile(client, clock)
        clock.advance(minutes=10)
        sandbox.control.freeze(clock().isoformat())


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "close"},
        {"kind": "answer", "status": 503, "type": "errors/service_unavailable"},
        {"kind": "answer", "status": 429, "type": "errors/too_many_requests"},
        {"kind": "answer", "status": 500, "type": "errors/provider_error"},
    ],
    ids=["close", "503", "429", "500"],
)
def test_who_declines_what_nobody_told_us_of_is_known_as_invited(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    fault: dict[str, object],
) -> None:
    item = an_item(campaign, account)
    slug = item.prospect.public_identifier
    sandbox.control.fault(route="invite", when="after", **fault)  # type: ignore[arg-type]
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)
    sandbox.control.decline(account.unipile_account_id, slug)
    other = an_account(account.workspace)
    sandbox.control.add_account(other.unipile_account_id, "premium")
    elsewhere = a_campaign(account.workspace, other)
    a_prospect(elsewhere, public_identifier=slug)

    for _ in range(5):
        enqueue(elsewhere, clock())
        live(client_of_unipile, clock, sandbox, hours=6)

    item.refresh_from_db()
    assert (item.status, item.error_code) == (Status.SENT, "found_by_refusal")
    assert item.sent_at is not None
    assert item.sent_at < NOON + dt.timedelta(minutes=10)
    assert item.prospect.status == Prospect.Status.CONNECTION_REQUEST_SENT
    assert len(sandbox.control.effects()) == 1
    assert not elsewhere.queue_items.exists()


def test_hidden_effects_count_against_the_day(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    for _ in range(4):
        an_item(campaign, account)
    kind = "errors/service_unavailable"
    sandbox.control.fault("answer", route="invite", when="after", status=503, type=kind, times=2)

    live(client_of_unipile, clock, sandbox, hours=7)

    assert clock().date() == NOON.date()
    assert len(sandbox.control.effects()) <= 2


def test_the_last_try_that_arrived_is_no_end(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = an_item(campaign, account, attempts=3)
    kind = "errors/service_unavailable"
    sandbox.control.fault("answer", route="invite", when="after", status=503, type=kind)

    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client_of_unipile)
    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED
    live(client_of_unipile, clock, sandbox, hours=1)

    item.refresh_from_db()
    assert (item.status, item.error_code) == (Status.SENT, "found_invited")
