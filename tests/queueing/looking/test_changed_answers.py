"""Unipile answers in another way than it documents: nothing is lost, and staff are told once."""

import json

import pytest

from campaigns.models import Campaign, LinkedInAccount
from queueing.looking import reconciling
from queueing.models import Notice, ProcessRun, QueueItem
from queueing.sending import runs
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import an_item
from tests.conftest import MovedClock
from tests.queueing.looking.doubt import in_doubt, later

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


def told() -> list[str]:
    notices = Notice.objects.filter(kind=Notice.Kind.UNIPILE_CHANGED)
    return list(notices.values_list("text", flat=True))


def send(
    sandbox: Sandbox, client: Client, clock: MovedClock, number: int, **answer: object
) -> None:
    later(clock, sandbox, minutes=0)
    for _ in range(number):
        sandbox.control.fault("answer", route="invite", when="after", **answer)
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
        later(clock, sandbox, minutes=3)


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 201, "body": '{"object":"Invitation","id":"7"}'},
        {"status": 204, "body": ""},
        {"status": 200, "body": '{"object":"UserInvitationSent"}'},
    ],
    ids=["201", "204", "no id"],
)
def test_a_yes_in_another_shape_that_is_found_ends_the_rest_and_is_told_once(
    campaign: Campaign,
    account: LinkedInAccount,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    answer: dict[str, object],
) -> None:
    items = [an_item(campaign, account) for _ in range(3)]
    send(sandbox, client_of_unipile, clock, 3, **answer)
    account.refresh_from_db()
    rested = account.paused_until

    reconciling.reconcile(client_of_unipile, clock)

    account.refresh_from_db()
    assert rested is not None
    assert account.paused_until is None
    assert {QueueItem.objects.get(pk=item.pk).status for item in items} == {Status.SENT}
    assert len(told()) == 1
    assert "Unipile answers invitations in another way" in told()[0]


def test_a_rest_for_another_reason_goes_on(
    campaign: Campaign,
    account: LinkedInAccount,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    an_item(campaign, account)
    send(sandbox, client_of_unipile, clock, 1, status=204, body="")
    account.paused_until, account.pause_reason = clock.now.replace(hour=23), "LinkedIn's limit"
    account.save()

    reconciling.reconcile(client_of_unipile, clock)

    account.refresh_from_db()
    assert account.pause_reason == "LinkedIn's limit"


def test_a_list_that_does_not_say_where_it_ends_settles_what_it_shows_and_is_told_once(
    campaign: Campaign,
    account: LinkedInAccount,
    sandbox: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    body = json.dumps({"object": "InvitationList", "items": []})
    sandbox.control.fault("answer", route="sent", status=200, body=body, times=0)

    for _ in range(4):
        later(clock, sandbox, hours=2)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    walk = item.send_attempts.filter(route="sent_list").last()
    assert item.status == Status.UNCONFIRMED
    assert walk is not None
    assert "not all there are: the list does not say whether it goes on" in walk.detail
    assert len(told()) == 1
