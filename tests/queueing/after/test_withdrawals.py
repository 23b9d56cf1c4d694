"""What nobody answers is taken back: once, few a day, and never what was accepted."""

import datetime as dt

import pytest

from campaigns.models import Campaign, DoNotContact, LinkedInAccount, Prospect
from queueing.gates import barred, report
from queueing.looking import reconciling
from queueing.looking import withdrawals as choosing
from queueing.models import Kind, QueueItem
from queueing.planning import withdrawals
from queueing.sending import Verdict, recording
from queueing.unipile import UnipileError
from tests.builders import an_account
from tests.conftest import BOTH
from tests.queueing.after.conftest import World

pytestmark = pytest.mark.django_db
Status = QueueItem.Status


@pytest.fixture
def person(world: World) -> Prospect:
    """Somebody who has not answered for 22 days, in a campaign that withdraws after 21."""
    person = world.invited()
    Campaign.objects.update(withdraw_after_days=21)
    world.later(days=22)
    return person


def withdrawal() -> QueueItem:
    return QueueItem.objects.get(kind=Kind.WITHDRAWAL)


def pending(world: World) -> int:
    return len(world.client.sent_invitations(world.account.unipile_account_id).invitations)


def test_off_until_somebody_has_seen_the_preview(world: World, person: Prospect) -> None:
    Campaign.objects.update(withdraw_after_days=None)

    world.look()

    assert not QueueItem.objects.filter(kind=Kind.WITHDRAWAL).exists()
    told = withdrawals.preview(world.campaign, world.clock(), 21).in_words(21)
    assert f"Today that is 1: {person}." in told
    assert "sent 22 days ago" in told


@BOTH
def test_an_old_invitation_is_taken_back_and_the_lock_is_on_the_person(
    world: World, person: Prospect
) -> None:
    assert world.look()["withdrawals planned"] == 1
    world.due()

    world.run()

    assert withdrawal().status == Status.SENT
    assert pending(world) == 0
    person.refresh_from_db()
    assert person.status == Prospect.Status.SKIPPED
    assert person.invite_again_from == (world.clock() + dt.timedelta(days=21)).date()


def test_a_withdrawal_of_which_nothing_can_be_seen_is_left_to_people_after_a_week(
    world: World, person: Prospect
) -> None:
    world.look()
    world.due()
    world.sandbox.control.fault("answer", route="cancel", when="after", status=504)
    world.run()
    world.sandbox.control.fault(
        "answer", route="profile", status=404, type="errors/resource_not_found", times=0
    )

    for days in (1, 6, 2):
        assert withdrawal().status == Status.UNCONFIRMED
        world.later(days=days)
        reconciling.reconcile(world.client, world.clock)

    assert (withdrawal().status, withdrawal().error_code) == (Status.FAILED, "unclear_state")


def test_an_invitation_of_somebody_who_is_never_to_be_contacted_is_taken_back(
    world: World, person: Prospect
) -> None:
    DoNotContact.objects.create(workspace=world.campaign.workspace, value=person.public_identifier)
    assert world.look()["withdrawals planned"] == 1
    world.due()
    assert not barred(QueueItem.objects.all()).exists()
    assert report(withdrawal().pk, world.clock()).is_open

    world.run()

    assert withdrawal().status == Status.SENT
    assert pending(world) == 0


@BOTH
def test_who_accepts_before_the_call_is_accepted(world: World, person: Prospect) -> None:
    world.look()
    world.due()
    world.accept(person)

    world.run()

    assert (withdrawal().status, withdrawal().error_code) == (Status.SKIPPED, "accepted")
    person.refresh_from_db()
    assert person.status == Prospect.Status.CONNECTED
    assert person.accepted_source == Prospect.Source.PROFILE


@BOTH
@pytest.mark.parametrize(("when", "left"), [("after", 0), ("before", 1)])
def test_a_withdrawal_without_an_answer_is_settled_by_the_list(
    world: World, person: Prospect, when: str, left: int
) -> None:
    world.look()
    world.due()
    world.sandbox.control.fault("answer", route="cancel", when=when, status=504)
    world.run()
    assert withdrawal().status == Status.UNCONFIRMED
    assert pending(world) == left

    world.later(minutes=61)
    reconciling.reconcile(world.client, world.clock)

    assert withdrawal().status == (Status.SENT if when == "after" else Status.PENDING)
    world.due()
    world.later(minutes=5)
    world.run()
    assert withdrawal().status == Status.SENT
    assert pending(world) == 0


def test_what_an_account_refuses_is_no_other_accounts(world: World, person: Prospect) -> None:
    """Only a request may go by another account: a withdrawal is about one of this account's."""
    world.campaign.accounts.add(an_account(world.account.workspace))
    world.look()
    Prospect.objects.update(public_identifier="", linkedin_user_id="ACoAAforgotten")
    refused = Verdict(Status.FAILED, "invalid_recipient", "Refused", try_another_account=True)

    held = recording.settle(withdrawal(), refused, world.clock())

    assert held.status == Status.FAILED
    assert withdrawal().linkedin_account == world.account


def test_a_campaign_that_has_ended_withdraws_nothing(world: World, person: Prospect) -> None:
    Campaign.objects.update(status=Campaign.Status.ARCHIVED)

    world.look()

    assert not QueueItem.objects.filter(kind=Kind.WITHDRAWAL).exists()


@pytest.mark.parametrize("trouble", ["resting", "restricted"])
def test_an_account_in_trouble_withdraws_nothing(
    world: World, person: Prospect, trouble: str
) -> None:
    if trouble == "resting":
        LinkedInAccount.objects.update(paused_until=world.clock() + dt.timedelta(hours=1))
    else:
        LinkedInAccount.objects.update(status=LinkedInAccount.Status.RESTRICTED)

    world.look()

    assert not QueueItem.objects.filter(kind=Kind.WITHDRAWAL).exists()


@pytest.mark.parametrize("kind", ["close", "truncated"])
def test_nothing_is_chosen_from_a_part_of_the_list(
    world: World, person: Prospect, kind: str
) -> None:
    world.sandbox.control.fault(kind, route="sent", times=0)

    with pytest.raises(UnipileError):
        choosing.choose(world.client, world.account, world.clock)

    assert not QueueItem.objects.filter(kind=Kind.WITHDRAWAL).exists()


def test_ten_a_day(world: World) -> None:
    for _ in range(12):
        world.invited()
        world.later(minutes=2)
    Campaign.objects.update(withdraw_after_days=21)
    world.later(days=22)

    assert world.look()["withdrawals planned"] == 10

    assert withdrawals.room_today(world.account, world.clock()) == 0
