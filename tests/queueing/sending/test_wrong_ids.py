"""An id that Unipile refuses is looked up anew, once; a person who is refused stays refused."""

import pytest

from campaigns.models import Campaign, LinkedInAccount
from queueing.models import ProcessRun, QueueItem
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import NOON, a_prospect, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
REFUSED, FOUND_ANEW = ("send", "rejected"), ("lookup", "found")


def with_an_old_id(campaign: Campaign, account: LinkedInAccount) -> QueueItem:
    """An item whose id Unipile does not know for this account, as after a reconnection."""
    prospect = a_prospect(
        campaign, public_identifier="grace-example", resolved_with=account, resolved_at=NOON
    )
    return an_item(campaign, account, prospect=prospect, linkedin_user_id="ACoAAoftheold0000000000")


def run_twice(client: Client, clock: MovedClock, item: QueueItem) -> list[str]:
    statuses = []
    for _ in range(2):
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
        clock.advance(minutes=30)
        item.refresh_from_db()
        statuses.append(item.status)
    return statuses


def calls_of(item: QueueItem) -> list[tuple[str, str]]:
    return list(item.send_attempts.order_by("number").values_list("kind", "outcome"))


def test_an_old_id_is_found_anew_and_the_person_invited(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = with_an_old_id(campaign, account)

    assert run_twice(client_of_unipile, clock, item) == [Status.PENDING, Status.SENT]

    assert calls_of(item) == [REFUSED, FOUND_ANEW, ("send", "sent")]
    provider_id = sandbox.control.provider_id(account.unipile_account_id, "grace-example")
    assert item.linkedin_user_id == provider_id
    assert [effect["person"] for effect in sandbox.control.effects()] == ["grace-example"]


def test_a_person_who_is_refused_under_a_fresh_id_has_failed(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = with_an_old_id(campaign, account)
    kind = "errors/invalid_recipient"
    sandbox.control.fault("answer", route="invite", status=422, type=kind, times=9)

    assert run_twice(client_of_unipile, clock, item) == [Status.PENDING, Status.FAILED]

    assert calls_of(item) == [REFUSED, FOUND_ANEW, REFUSED]


def test_a_person_who_is_gone_is_not_tried_again(
    account: LinkedInAccount,
    campaign: Campaign,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = with_an_old_id(campaign, account)
    sandbox.control.add_person("grace-example", exists=False)

    assert run_twice(client_of_unipile, clock, item) == [Status.PENDING, Status.FAILED]

    assert calls_of(item) == [REFUSED, ("lookup", "rejected")]


def test_whom_no_slug_names_cannot_be_looked_up_anew(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    prospect = a_prospect(
        campaign, public_identifier="", linkedin_user_id="ACoAAoftheold0000000000"
    )
    item = an_item(campaign, account, prospect=prospect, linkedin_user_id=prospect.person_key)

    assert run_twice(client_of_unipile, clock, item)[0] == Status.FAILED
