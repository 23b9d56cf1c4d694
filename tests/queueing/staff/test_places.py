import datetime as dt

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing import gates
from queueing.models import QueueItem
from queueing.sending import claiming
from queueing.staff import places
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> LinkedInAccount:
    return an_account(a_workspace())


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account)


@pytest.fixture
def clerk() -> User:
    return User.objects.create_user("clerk")


def test_pause_really_holds_what_is_queued(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    an_item(campaign, account)
    an_item(campaign, account)

    held = places.move(campaign, places.PAUSE, clerk, "client asked")

    assert str(held) == "held 2, under way 0"
    assert claiming.claim(account.pk, None, NOON) is None
    assert LogEntry.objects.get().change_message == "Paused: client asked"


def test_pause_says_what_is_in_flight(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    an_item(campaign, account)
    an_item(campaign, account)
    assert claiming.claim(account.pk, None, NOON)

    assert str(places.move(campaign, places.PAUSE, clerk)) == "held 1, under way 1"


def test_second_pause_is_refused(campaign: Campaign, clerk: User) -> None:
    places.move(campaign, places.PAUSE, clerk)

    with pytest.raises(places.NotNowError, match="is paused by now: nothing was changed"):
        places.move(campaign, places.PAUSE, clerk)
    assert LogEntry.objects.count() == 1


def test_start_queues_and_lets_go(account: LinkedInAccount, clerk: User) -> None:
    draft = a_campaign(account.workspace, account, status=Campaign.Status.DRAFT)
    a_prospect(draft)

    report = places.start(draft, clerk, NOON)

    draft.refresh_from_db()
    assert (report.queued, draft.status) == (1, Campaign.Status.ACTIVE)


@pytest.mark.parametrize("status", ["active", "paused", "archived"])
def test_start_from_a_stale_page_queues_nobody(
    account: LinkedInAccount, clerk: User, status: str
) -> None:
    campaign = a_campaign(account.workspace, account, status=Campaign.Status.DRAFT)
    a_prospect(campaign)
    Campaign.objects.update(status=status)

    with pytest.raises(places.NotNowError, match=f"is {status} by now: nothing was changed"):
        places.start(campaign, clerk, NOON)
    assert not QueueItem.objects.exists()


def test_archive_frees_people(campaign: Campaign, account: LinkedInAccount, clerk: User) -> None:
    item = an_item(campaign, account)

    assert places.archive(campaign, clerk, "over", NOON).done == 1

    item.refresh_from_db()
    assert item.status == QueueItem.Status.SKIPPED
    assert item.error_message == "Skipped by clerk: campaign archived: over"
    again = a_campaign(account.workspace, account)
    an_item(again, account, prospect=a_prospect(again, public_identifier=item.person_key))
    assert Prospect.objects.count() == 2


def test_an_interrupted_archiving_is_gone_on_with(
    campaign: Campaign, account: LinkedInAccount, clerk: User
) -> None:
    places.move(campaign, places.ARCHIVE, clerk, "over")  # and then the process died
    an_item(campaign, account)
    campaign.refresh_from_db()

    assert places.archive(campaign, clerk, "over", NOON).done == 1
    with pytest.raises(places.NotNowError):
        places.archive(campaign, clerk, "over", NOON)


def test_rest_and_its_end(account: LinkedInAccount, clerk: User) -> None:
    places.rest(account, NOON + dt.timedelta(days=1), clerk, "holiday", NOON)
    account.refresh_from_db()
    assert account.pause_reason == "holiday"

    places.end_rest(account, clerk, "back", NOON)

    account.refresh_from_db()
    assert account.paused_until is None
    with pytest.raises(places.NotNowError):
        places.end_rest(account, clerk, "back", NOON)


def test_rest_into_the_past_is_refused(account: LinkedInAccount, clerk: User) -> None:
    with pytest.raises(ValueError, match="still to come"):
        places.rest(account, NOON, clerk, "holiday", NOON)


@pytest.mark.parametrize(
    ("held_as", "warms_up_from"), [("restricted", NOON.date()), ("disconnected", None)]
)
def test_mark_connected(
    account: LinkedInAccount, clerk: User, held_as: str, warms_up_from: dt.date | None
) -> None:
    LinkedInAccount.objects.update(status=held_as)

    places.mark_connected(account, clerk, "LinkedIn lifted it", NOON)

    account.refresh_from_db()
    assert account.status == LinkedInAccount.Status.CONNECTED
    assert account.warm_up_started_on == warms_up_from
    with pytest.raises(places.NotNowError):
        places.mark_connected(account, clerk, "again", NOON)


def test_stop_holds_everything_until_it_is_lifted(clerk: User) -> None:
    places.stop_all(clerk, "wrong text", NOON)
    assert gates.stop_reason() == "wrong text"
    with pytest.raises(places.NotNowError):
        places.stop_all(clerk, "again", NOON)

    places.lift_stop(clerk, "text is right", NOON)

    assert gates.stop_reason() == ""
    with pytest.raises(places.NotNowError):
        places.lift_stop(clerk, "again", NOON)
    assert LogEntry.objects.count() == 2
