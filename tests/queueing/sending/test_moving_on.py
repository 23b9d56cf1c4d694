"""An account moves on: one person, or one hour of trouble, is nobody else's end."""

import datetime as dt
import uuid

import pytest

from campaigns.models import Campaign, LinkedInAccount
from queueing.looking import reconciling
from queueing.models import TOUCH_LASTS, Kind, ProcessRun, QueueItem, SendAttempt
from queueing.sending import Claim, Verdict, history, recording, runs
from queueing.unipile import Client, Outcome
from sandbox.testing import Sandbox
from tests.builders import NOON, a_prospect, an_account, an_item
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db(transaction=True)
Status = QueueItem.Status


def runs_for(client: Client, clock: MovedClock, sandbox: Sandbox, *, hours: float) -> None:
    """Make the half-hourly runs of some hours, each with its looks at what is in doubt."""
    for _ in range(int(hours * 2)):
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=client)
        clock.advance(minutes=30)
        sandbox.control.freeze(clock().isoformat())
        reconciling.reconcile(client, clock)


def statuses(campaign: Campaign) -> dict[str, int]:
    found = list(campaign.queue_items.values_list("status", flat=True))
    return {status: found.count(status) for status in set(found)}


@pytest.fixture
def world(sandbox: Sandbox, clock: MovedClock) -> Sandbox:
    sandbox.control.freeze(clock().isoformat())
    return sandbox


def test_others_wait_one_rest_at_most_for_whom_alone_the_limit_is_said(
    account: LinkedInAccount,
    campaign: Campaign,
    world: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    alone = an_item(campaign, account, scheduled_for=NOON - dt.timedelta(hours=2))
    others = [an_item(campaign, account) for _ in range(5)]
    slug = alone.prospect.public_identifier
    kind = "errors/cannot_resend_yet"
    world.control.fault("answer", route="invite", person=slug, status=422, type=kind, times=0)

    runs_for(client_of_unipile, clock, world, hours=24 + 3)

    assert {QueueItem.objects.get(pk=item.pk).status for item in others} == {Status.SENT}
    runs_for(client_of_unipile, clock, world, hours=2)
    alone.refresh_from_db()
    account.refresh_from_db()
    assert alone.status == Status.PENDING
    assert "set aside until" in alone.error_message
    assert account.paused_until is None or account.paused_until <= clock()


def test_an_id_of_another_account_goes_by_the_account_that_knows_it(
    account: LinkedInAccount,
    campaign: Campaign,
    world: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    knows = an_account(account.workspace)
    world.control.add_account(knows.unipile_account_id, "premium")
    campaign.accounts.add(knows)
    user_id = world.control.provider_id(knows.unipile_account_id, "ada-example")
    prospect = a_prospect(campaign, public_identifier="", linkedin_user_id=user_id)
    item = an_item(campaign, account, prospect=prospect)

    runs_for(client_of_unipile, clock, world, hours=1)

    item.refresh_from_db()
    assert (item.status, item.linkedin_account) == (Status.SENT, knows)
    assert [effect["person"] for effect in world.control.effects()] == ["ada-example"]


def test_an_id_that_no_account_knows_fails_in_the_end(
    account: LinkedInAccount,
    campaign: Campaign,
    world: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    other = an_account(account.workspace)
    world.control.add_account(other.unipile_account_id, "premium")
    campaign.accounts.add(other)
    prospect = a_prospect(
        campaign, public_identifier="", linkedin_user_id="ACoAAnobodyknows0000000"
    )
    item = an_item(campaign, account, prospect=prospect)

    runs_for(client_of_unipile, clock, world, hours=2)

    item.refresh_from_db()
    asked = set(item.send_attempts.values_list("linkedin_account", flat=True))
    assert (item.status, asked) == (Status.FAILED, {account.pk, other.pk})


@pytest.mark.parametrize("status", [400, 404])
def test_where_every_look_up_is_refused_few_fail(
    account: LinkedInAccount,
    campaign: Campaign,
    world: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
    status: int,
) -> None:
    for _ in range(10):
        an_item(campaign, account)
    kind = "errors/invalid_parameters" if status == 400 else "errors/resource_not_found"
    world.control.fault("answer", route="profile", status=status, type=kind, times=0)

    runs_for(client_of_unipile, clock, world, hours=24)

    assert statuses(campaign).get(Status.FAILED, 0) <= 4


def test_people_of_one_company_who_are_all_refused_cost_the_account_nothing(
    account: LinkedInAccount,
    campaign: Campaign,
    world: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    kind = "errors/nobody_has_seen_this"
    for number in range(8):
        prospect = a_prospect(campaign, company="Example Bank")
        an_item(
            campaign,
            account,
            prospect=prospect,
            scheduled_for=NOON - dt.timedelta(hours=9 - number),
        )
        slug = prospect.public_identifier
        world.control.fault("answer", route="invite", person=slug, status=422, type=kind, times=0)
    elsewhere = an_item(campaign, account)

    runs_for(client_of_unipile, clock, world, hours=5)

    elsewhere.refresh_from_db()
    account.refresh_from_db()
    assert elsewhere.status == Status.SENT
    assert account.paused_until is None


def test_a_day_without_the_service_gives_nobody_up(
    account: LinkedInAccount,
    campaign: Campaign,
    world: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    for _ in range(4):
        an_item(campaign, account)
    kind = "errors/service_unavailable"
    world.control.fault("answer", status=503, type=kind, times=0)

    runs_for(client_of_unipile, clock, world, hours=24)

    assert statuses(campaign) == {Status.PENDING: 4}
    world.control.clear_faults()
    runs_for(client_of_unipile, clock, world, hours=24)
    assert statuses(campaign) == {Status.SENT: 4}
    assert len(world.control.effects()) == 4


def test_an_id_that_another_account_has_invited_is_the_same_person(
    account: LinkedInAccount,
    campaign: Campaign,
    world: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    user_id = world.control.provider_id(account.unipile_account_id, "ada-example-new")
    other = an_account(account.workspace)
    an_item(campaign, other, linkedin_user_id=user_id, status=Status.SENT, sent_at=NOON)
    prospect = a_prospect(campaign, public_identifier="ada-example-new")
    item = an_item(campaign, account, prospect=prospect)

    runs_for(client_of_unipile, clock, world, hours=1)

    item.refresh_from_db()
    assert (item.status, item.error_code) == (Status.SKIPPED, "same_person")
    assert world.control.effects() == []


def test_nobody_moves_to_another_account_in_a_campaign_that_has_ended(
    account: LinkedInAccount, campaign: Campaign
) -> None:
    campaign.accounts.add(an_account(account.workspace))
    Campaign.objects.update(status=Campaign.Status.ARCHIVED)
    prospect = a_prospect(campaign, public_identifier="", linkedin_user_id="ACoAAofanother")
    item = an_item(campaign, account, prospect=prospect)
    unknown = Verdict(Status.FAILED, "invalid_recipient", "Unknown", try_another_account=True)

    recording.settle(item, unknown, NOON)

    item.refresh_from_db()
    assert (item.status, item.error_code) == (Status.SKIPPED, "campaign_archived")
    assert item.linkedin_account == account


def test_a_message_of_another_account_is_no_invitation(
    account: LinkedInAccount,
    campaign: Campaign,
    world: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    user_id = world.control.provider_id(account.unipile_account_id, "ada-example-new")
    message = {"kind": Kind.MESSAGE, "step": 1, "message": "Hello!", "linkedin_user_id": user_id}
    later = NOON + dt.timedelta(days=9)
    an_item(campaign, an_account(account.workspace), scheduled_for=later, **message)
    item = an_item(
        campaign, account, prospect=a_prospect(campaign, public_identifier="ada-example-new")
    )

    runs_for(client_of_unipile, clock, world, hours=1)

    item.refresh_from_db()
    assert item.status == Status.SENT


def test_whom_a_message_has_reached_under_another_address_waits_for_a_day(
    account: LinkedInAccount,
    campaign: Campaign,
    world: Sandbox,
    client_of_unipile: Client,
    clock: MovedClock,
) -> None:
    world.control.add_person("ada-example-old", moved_to="ada-example-new")
    an_item(
        campaign,
        an_account(account.workspace),
        kind=Kind.MESSAGE,
        step=1,
        message="Hello!",
        person_key="ada-example-new",
        status=Status.SENT,
        claimed_at=NOON,
        sent_at=NOON,
    )
    item = an_item(
        campaign, account, prospect=a_prospect(campaign, public_identifier="ada-example-old")
    )

    runs_for(client_of_unipile, clock, world, hours=1)

    item.refresh_from_db()
    assert (item.status, item.error_code) == (Status.PENDING, "person_rested")
    assert item.scheduled_for == NOON + TOUCH_LASTS
    assert world.control.effects() == []


def test_what_linkedin_says_to_messages_is_no_word_about_invitations(
    account: LinkedInAccount, campaign: Campaign
) -> None:
    message = an_item(campaign, account, kind=Kind.MESSAGE, step=1, message="Hello!")
    request, other = (an_item(campaign, account) for _ in range(2))
    for minutes, item, outcome in (
        (50, request, Outcome.ACCOUNT_LIMIT),
        (40, message, Outcome.SENT),
        (30, other, Outcome.ACCOUNT_LIMIT),
        (20, message, Outcome.ACCOUNT_LIMIT),
    ):
        at = NOON - dt.timedelta(minutes=minutes)
        number = SendAttempt.objects.filter(item=item).count() + 1
        SendAttempt.objects.create(
            item=item, kind="send", number=number, started_at=at, finished_at=at, outcome=outcome
        )

    before = history.history_of(Claim(request.pk, uuid.uuid4(), account.pk, NOON), NOON)

    assert (before.limits_in_a_row, before.others_pass) == (2, False)
