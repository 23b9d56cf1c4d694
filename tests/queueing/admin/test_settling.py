"""What may have been sent is settled by hand in whatever state it is."""

import uuid

import pytest
from django.test import Client

from campaigns.models import LinkedInAccount
from queueing.models import QueueItem
from tests.builders import NOON, a_campaign, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db
Status = QueueItem.Status
TRIED = {"tried_at": NOON, "searched_at": NOON, "claimed_at": NOON}


@pytest.fixture
def account() -> LinkedInAccount:
    return an_account(a_workspace())


def actions_on_the_page(desk: Client, item: QueueItem) -> set[str]:
    page = desk.get(f"/admin/queueing/queueitem/{item.pk}/change/")
    return {action for _, action, _ in page.context["buttons"]}


@pytest.mark.parametrize("status", [Status.PENDING, Status.FAILED, Status.SKIPPED])
def test_only_what_was_tried_can_be_settled(
    desk: Client, account: LinkedInAccount, status: str
) -> None:
    campaign = a_campaign(account.workspace, account)
    tried = an_item(campaign, account, status=status, **TRIED)
    other = an_item(campaign, account, status=status)

    assert {"mark_sent", "confirm_not_sent"} <= actions_on_the_page(desk, tried)
    assert not {"mark_sent", "confirm_not_sent"} & actions_on_the_page(desk, other)


@pytest.mark.parametrize("place", ["queueitem", "unconfirmedsend"])
def test_a_failed_one_is_confirmed_as_not_sent(
    desk: Client, account: LinkedInAccount, place: str
) -> None:
    campaign = a_campaign(account.workspace, account)
    item = an_item(campaign, account, status=Status.FAILED, **TRIED)
    url = f"/admin/queueing/{place}/"
    chosen = {"action": "confirm_not_sent", "_selected_action": [item.pk], "item": item.pk}
    page = desk.post(url, chosen)
    assert "1 stay as they are, and their people are free again" in page.content.decode()

    desk.post(url, {**chosen, "progress": page.context["progress"], "reason": "looked"})

    item.refresh_from_db()
    assert (item.status, item.tried_at) == (Status.FAILED, None)


def test_whoever_ended_in_doubt_is_looked_up_again(desk: Client, account: LinkedInAccount) -> None:
    """It is in doubt as before: nothing is sent by it, and the person stays held."""
    campaign = a_campaign(account.workspace, account)
    ended = {"status": Status.FAILED, "error_code": "person_gone"}
    item = an_item(campaign, account, **ended, **TRIED)
    never = an_item(campaign, account, **ended)
    url = "/admin/queueing/failedsend/?meaning=unknown"
    whole = {"select_across": "1", "_selected_action": str(uuid.UUID(int=0))}
    chosen = {"action": "look_again", **whole}
    (group,) = desk.get(url).context["groups"]
    assert [action for action, _ in group.buttons][:1] == ["look_again"]
    page = desk.post(url, chosen)
    assert "1 not: 1 never tried" in page.content.decode()

    desk.post(url, {**chosen, "progress": page.context["progress"], "reason": "seen elsewhere"})

    item.refresh_from_db()
    never.refresh_from_db()
    assert (item.status, never.status) == (Status.UNCONFIRMED, Status.FAILED)
    assert QueueItem.objects.maybe_arrived().get() == item
    assert "Looked up again, asked for by" in item.error_message
