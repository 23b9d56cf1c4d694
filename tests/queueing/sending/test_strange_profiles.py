"""Profiles of somebody else, or with words that nobody knows: nothing is sent, nobody fails."""

import json

import pytest
from django.contrib.auth.models import User

from campaigns.models import Campaign, LinkedInAccount
from queueing.looking import reconciling
from queueing.models import ProcessRun, QueueItem
from queueing.sending import runs
from queueing.staff import items, triage
from queueing.unipile import Client
from sandbox.testing import Sandbox
from tests.builders import a_prospect, an_item
from tests.conftest import MovedClock
from tests.queueing.looking.doubt import in_doubt, later

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status
BEN = {
    "object": "UserProfile",
    "provider_id": "ACoAABen0000000000",
    "public_identifier": "ben-stranger",
    "first_name": "Ben",
    "last_name": "Stranger",
}


def run(client: Client, clock: MovedClock) -> None:
    runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)


def answer_with(sandbox: Sandbox, times: int, **profile: object) -> None:
    body = json.dumps({**BEN, **profile})
    sandbox.control.fault("answer", route="profile", status=200, body=body, times=times)


def test_an_answer_about_another_person_changes_nothing_and_is_asked_for_again(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    item = an_item(campaign, account)
    slug = item.prospect.public_identifier
    answer_with(sandbox, 1)
    sandbox.control.fault("answer", route="profile", status=503, type="errors/network_down")

    run(client_of_unipile, clock)
    item.refresh_from_db()
    item.prospect.refresh_from_db()
    kept = (item.status, item.linkedin_user_id, item.person_key, item.prospect.linkedin_user_id)
    clock.now = item.scheduled_for
    run(client_of_unipile, clock)

    assert kept == (Status.PENDING, "", slug, "")
    assert [effect["person"] for effect in sandbox.control.effects()] == [slug]


def test_who_is_mixed_up_once_is_sent_to_in_the_same_run(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    item = an_item(campaign, account)
    answer_with(sandbox, 1)

    run(client_of_unipile, clock)

    effects = sandbox.control.effects()
    assert [effect["person"] for effect in effects] == [item.prospect.public_identifier]


def test_an_answer_about_another_person_settles_no_doubt(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    answer_with(sandbox, 0, is_relationship=True)

    for _ in range(3):
        later(clock, sandbox, hours=2)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED


@pytest.mark.parametrize(
    "told",
    [
        {"invitation": {"type": "SENT", "status": "SNOOZED"}},
        {"invitation": {"type": "SENT"}},
        {"network_distance": "FOURTH_DEGREE"},
        {"is_relationship": "maybe"},
    ],
)
def test_who_is_in_a_state_that_nobody_knows_is_held_and_not_failed(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
    told: dict[str, object],
) -> None:
    item = an_item(campaign, account)
    answer_with(sandbox, 0, public_identifier=item.prospect.public_identifier, **told)

    for _ in range(5):
        run(client_of_unipile, clock)
        clock.advance(days=1)

    item.refresh_from_db()
    assert (item.status, item.error_code, item.attempts) == (Status.PENDING, "unclear_state", 0)
    assert sandbox.control.effects() == []


def test_who_stays_in_a_state_that_nobody_knows_comes_to_people_and_a_retry_begins_another_week(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
    admin_user: User,
) -> None:
    item = an_item(campaign, account)
    slug = item.prospect.public_identifier
    invitation = {"type": "SENT", "status": "SNOOZED"}
    answer_with(sandbox, 0, public_identifier=slug, invitation=invitation)

    def a_week_of_looks() -> tuple[list[str], str]:
        before = []
        for _ in range(8):
            item.refresh_from_db()
            before.append(item.status)
            run(client_of_unipile, clock)
            clock.advance(days=1)
        item.refresh_from_db()
        return before, item.error_code

    assert a_week_of_looks() == ([Status.PENDING] * 8, "unclear_state")
    item.prospect.refresh_from_db()
    assert (item.status, item.prospect.status) == (Status.FAILED, "failed")
    assert 'status "SNOOZED"' in item.error_message

    mine = QueueItem.objects.filter(pk=item.pk)
    assert items.act(triage.RetryNow(), mine, admin_user, clock(), reason="seen").done == 1
    assert a_week_of_looks() == ([Status.PENDING] * 8, "unclear_state")
    assert sandbox.control.effects() == []


def test_a_state_that_nobody_knows_settles_no_doubt_and_comes_to_people_after_a_week(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    item = in_doubt(campaign, account, sandbox, client_of_unipile, clock, "before")
    answer_with(
        sandbox,
        0,
        provider_id=item.linkedin_user_id,
        public_identifier=item.prospect.public_identifier,
        invitation={"type": "SENT", "status": "SNOOZED"},
    )

    for _ in range(4):
        later(clock, sandbox, hours=2)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED

    for _ in range(8):
        later(clock, sandbox, days=1)
        reconciling.reconcile(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.error_code, item.sent_at) == (Status.FAILED, "unclear_state", None)
    assert QueueItem.objects.holding_the_person().filter(pk=item.pk).exists()


def test_two_people_of_whom_no_address_is_told_are_two_people(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    items = [an_item(campaign, account) for _ in range(2)]
    for item in items:
        slug = item.prospect.public_identifier
        provider_id = sandbox.control.provider_id(account.unipile_account_id, slug)
        answer_with(sandbox, 2, provider_id=provider_id, public_identifier="UNKNOWN")
        run(client_of_unipile, clock)
        sandbox.control.clear_faults()

    assert {QueueItem.objects.get(pk=item.pk).status for item in items} == {Status.SENT}
    assert QueueItem.objects.filter(person_key__iexact="unknown").count() == 0


def test_somebody_of_the_campaign_who_is_not_queued_keeps_nobody_from_being_sent(
    account: LinkedInAccount,
    campaign: Campaign,
    client_of_unipile: Client,
    clock: MovedClock,
    sandbox: Sandbox,
) -> None:
    a_prospect(campaign, public_identifier="ada-today", status="failed")
    provider_id = sandbox.control.provider_id(account.unipile_account_id, "ada-today")
    by_id = a_prospect(campaign, public_identifier="", linkedin_user_id=provider_id)
    item = an_item(campaign, account, prospect=by_id, linkedin_user_id="")

    run(client_of_unipile, clock)

    item.refresh_from_db()
    assert (item.status, item.person_key) == (Status.SENT, "ada-today")
