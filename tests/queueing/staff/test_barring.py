"""Whoever is never to be contacted is barred under every name that is known of the person."""

import pytest
from django.contrib.auth.models import User

from campaigns.models import Campaign, DoNotContact
from queueing.models import QueueItem
from queueing.staff import items
from queueing.staff.people import never_contact
from queueing.staff.triage import NeverContact
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db
ID, ID_TOLD = "ACoAAexample0000000001", "ACoAAexample0000000002"
ALL_NAMES = {"ada-of-the-file", ID, "ada-told", ID_TOLD}


@pytest.fixture
def campaign() -> Campaign:
    workspace = a_workspace()
    return a_campaign(workspace, an_account(workspace))


@pytest.fixture
def looked_up(campaign: Campaign) -> QueueItem:
    """An item whose person a look-up knew by another name than the file."""
    person = a_prospect(campaign, public_identifier="ada-of-the-file", linkedin_user_id=ID)
    return an_item(
        campaign,
        campaign.accounts.get(),
        prospect=person,
        person_key="ada-told",
        linkedin_user_id=ID_TOLD,
        status="failed",
    )


def barred() -> set[str]:
    return set(DoNotContact.objects.values_list("value", flat=True))


def test_a_person_is_barred_under_what_a_look_up_told(
    looked_up: QueueItem, admin_user: User
) -> None:
    never_contact([looked_up.prospect], admin_user, "asked us", NOON)

    assert barred() == ALL_NAMES


def test_an_item_bars_its_person_under_every_name(looked_up: QueueItem, admin_user: User) -> None:
    items.act(NeverContact(), QueueItem.objects.all(), admin_user, NOON, reason="asked us")

    assert barred() == ALL_NAMES


def test_what_is_known_of_the_person_in_another_campaign_counts(
    looked_up: QueueItem, campaign: Campaign, admin_user: User
) -> None:
    second = a_campaign(campaign.workspace, campaign.accounts.get())
    same = a_prospect(second, public_identifier="ada-of-the-file")

    never_contact([same], admin_user, "asked us", NOON)

    assert barred() == ALL_NAMES


def test_what_waits_under_a_name_that_was_told_is_skipped(
    looked_up: QueueItem, campaign: Campaign, admin_user: User
) -> None:
    waiting = an_item(
        campaign,
        campaign.accounts.get(),
        prospect=a_prospect(campaign, public_identifier="ada-told"),
    )

    never_contact([looked_up.prospect], admin_user, "asked us", NOON)

    waiting.refresh_from_db()
    assert waiting.status == QueueItem.Status.SKIPPED


def test_other_people_and_workspaces_are_left_alone(
    looked_up: QueueItem, campaign: Campaign, admin_user: User
) -> None:
    other = a_prospect(campaign)
    elsewhere = a_workspace()

    never_contact([other], admin_user, "asked us", NOON)

    assert barred() == {other.public_identifier}
    assert not DoNotContact.objects.filter(workspace=elsewhere).exists()
