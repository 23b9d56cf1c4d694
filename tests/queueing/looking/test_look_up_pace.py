"""How often people in doubt are looked up: profile views and list walks are budgeted."""

import pytest

from campaigns.models import Campaign, LinkedInAccount
from queueing.looking import reconciling
from queueing.models import Notice, QueueItem, SendAttempt
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import a_workspace, an_account
from tests.conftest import MovedClock
from tests.queueing.looking.doubt import in_doubt, later, looked

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
Route = SendAttempt.Route


@pytest.fixture
def account(sandbox: Sandbox, clock: MovedClock) -> LinkedInAccount:
    sandbox.control.freeze(clock().isoformat())
    account = an_account(a_workspace())
    sandbox.control.add_account(account.unipile_account_id, "sales_navigator")
    return account


def test_the_first_look_waits_a_minute(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    later(clock, sandbox, seconds=59)

    assert reconciling.reconcile(client_of_unipile, clock) == {}
    assert looked(item) == []


def test_one_walk_serves_all_of_an_account(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    items = [
        in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before") for _ in range(2)
    ]
    later(clock, sandbox, minutes=5)

    reconciling.reconcile(client_of_unipile, clock)
    later(clock, sandbox, minutes=31)
    reconciling.reconcile(client_of_unipile, clock)

    walks = sandbox.control.calls(route="sent")
    assert len(walks) == 1
    round_of_looks = [(Route.SENT_LIST, "nothing"), (Route.PROFILE, "nothing")]
    assert [looked(item) for item in items] == [round_of_looks] * 2


def test_what_cannot_be_settled_is_looked_up_less_and_less_often(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    sandbox.control.add_person(item.prospect.public_identifier, exists=False)

    views = []
    for _ in range(3):  # days
        for _ in range(48):
            later(clock, sandbox, minutes=30)
            reconciling.reconcile(client_of_unipile, clock)
        views.append(len(sandbox.control.calls(route="profile")))

    assert views[0] < 15
    assert views[2] - views[1] <= 2


def test_somebody_unknown_under_every_name_is_not_in_doubt_for_ever(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    sandbox.control.add_person(item.prospect.public_identifier, exists=False)

    became = []
    for days in (1, 5, 2, 1):
        later(clock, sandbox, days=days)
        reconciling.reconcile(client_of_unipile, clock)
        item.refresh_from_db()
        became.append(item.status)

    assert became == [Status.UNCONFIRMED, Status.UNCONFIRMED, Status.FAILED, Status.FAILED]
    assert (item.error_code, item.sent_at) == ("person_gone", None)
    assert QueueItem.objects.holding_the_person().filter(pk=item.pk).exists()
    assert Notice.objects.filter(item=item).exists()


def test_an_account_that_is_told_to_slow_down_looks_nobody_up_for_an_hour(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    items = [
        in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before") for _ in range(2)
    ]
    kind = "errors/too_many_requests"
    sandbox.control.fault("answer", route="profile", status=429, type=kind)
    calls = []
    for minutes in (5, 5, 54, 2):
        later(clock, sandbox, minutes=minutes)
        reconciling.reconcile(client_of_unipile, clock)
        calls.append(sum(len(looked(item)) for item in items))

    assert calls == [3, 3, 3, 7]  # a walk for both, a refused profile; an hour later all of it


def test_a_look_up_whose_process_died_is_not_under_way_for_ever(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "after")
    later(clock, sandbox, minutes=5)
    SendAttempt.objects.create(
        item=item,
        kind=SendAttempt.Kind.LOOKUP,
        route=Route.PROFILE,
        number=9,
        started_at=clock(),
    )
    later(clock, sandbox, minutes=31)

    reconciling.reconcile(client_of_unipile, clock)

    assert looked(item) == [(Route.PROFILE, "unknown"), (Route.SENT_LIST, "found")]
