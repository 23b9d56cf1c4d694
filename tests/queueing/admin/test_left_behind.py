"""An account is taken out of a campaign: who waits for it moves on, stays, or is skipped."""

import pytest
from django.test import Client

from campaigns.models import Campaign, LinkedInAccount
from queueing.models import QueueItem
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db

State = QueueItem.Status


@pytest.fixture
def eve(db: None) -> LinkedInAccount:
    return an_account(a_workspace(), name="Eve")


@pytest.fixture
def campaign(eve: LinkedInAccount) -> Campaign:
    """One that Eve and Fritz send for; three people wait for Gina, who was taken out."""
    others = [an_account(eve.workspace, name=name) for name in ("Fritz", "Gina")]
    campaign = a_campaign(eve.workspace, eve, others[0])
    for number in range(3):
        an_item(campaign, others[1], linkedin_user_id=f"ACo-{number}")
    return campaign


def answered(desk: Client, campaign: Campaign, what: str) -> str:
    page = f"/admin/campaigns/campaign/{campaign.pk}/do/left-behind/"
    assert "3 for Gina. In it now: Eve, Fritz." in desk.get(page).content.decode()
    return desk.post(page, {"what": what}, follow=True).content.decode()


def senders() -> dict[str, int]:
    names = QueueItem.objects.pending().values_list("linkedin_account__name", flat=True)
    return {name: list(names).count(name) for name in set(names)}


def test_they_move_to_whoever_has_the_fewest_waiting(
    desk: Client, campaign: Campaign, eve: LinkedInAccount
) -> None:
    an_item(campaign, eve)

    told = answered(desk, campaign, "move")

    assert "3 moved to the campaign&#x27;s accounts" in told
    assert senders() == {"Eve": 2, "Fritz": 2}
    assert not QueueItem.objects.exclude(linkedin_user_id="").exists(), "ids are of one account"


def test_who_may_have_been_invited_by_it_stays_with_it(desk: Client, campaign: Campaign) -> None:
    QueueItem.objects.filter(linkedin_user_id="ACo-0").update(tried_at=NOON)

    told = answered(desk, campaign, "move")

    assert "2 moved to the campaign&#x27;s accounts, 1 not: 1 maybe sent by that account" in told
    assert senders() == {"Eve": 1, "Fritz": 1, "Gina": 1}


def test_a_note_goes_to_an_account_that_may_send_it(
    desk: Client, campaign: Campaign, eve: LinkedInAccount
) -> None:
    LinkedInAccount.objects.filter(pk=eve.pk).update(account_type=LinkedInAccount.Type.FREE)
    QueueItem.objects.update(message="x" * 250)

    answered(desk, campaign, "move")

    assert senders() == {"Fritz": 3}


def test_they_are_skipped_and_that_is_undone(desk: Client, campaign: Campaign) -> None:
    told = answered(desk, campaign, "skip")
    assert "3 skipped." in told
    token = told.partition('name="undo" value="')[2].partition('"')[0]

    back = desk.post("/admin/undo/", {"undo": token}, follow=True).content.decode()

    assert "3 put back in the queue" in back
    assert senders() == {"Gina": 3}


def test_an_archived_campaign_comes_back_with_who_waited(desk: Client, campaign: Campaign) -> None:
    page = f"/admin/campaigns/campaign/{campaign.pk}/do/archive/"
    told = desk.post(page, {"reason": "By mistake"}, follow=True).content.decode()
    assert "Archived. 3 skipped." in told
    token = told.partition('name="undo" value="')[2].partition('"')[0]

    back = desk.post("/admin/undo/", {"undo": token}, follow=True).content.decode()

    assert "is active again. 3 put back in the queue" in back
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.ACTIVE
    assert senders() == {"Gina": 3}
    again = desk.post("/admin/undo/", {"undo": token}, follow=True).content.decode()
    assert "is active by now: nothing was changed" in again
