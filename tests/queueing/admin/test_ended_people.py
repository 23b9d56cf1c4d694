"""Somebody who is set to have ended is not written to, wherever else they are."""

import uuid
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from campaigns.models import LinkedInAccount, Prospect
from queueing import planning
from queueing.models import QueueItem
from queueing.sending import Verdict, claiming, recording
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db
Status = QueueItem.Status
WHO = {"public_identifier": "ada-example"}


@pytest.fixture
def account() -> LinkedInAccount:
    return an_account(a_workspace())


def set_to(desk: Client, person: Prospect, status: str) -> Any:
    url = f"/admin/campaigns/prospect/{person.pk}/change/"
    form = desk.get(url).context["adminform"].form
    values = {field.html_name: field.value() or "" for field in form}
    answer = desk.post(
        url, {**values, "status": status, "change_reason": "asked not to be"}, follow=True
    )
    assert not answer.context.get("errors"), answer.context["errors"]
    return " ".join(map(str, answer.context["messages"]))


def elsewhere(account: LinkedInAccount, **values: Any) -> QueueItem:
    """Store an item of the person in another campaign."""
    campaign = a_campaign(account.workspace, account)
    person = a_prospect(campaign, status=Prospect.Status.QUEUED, **WHO)
    return an_item(campaign, account, prospect=person, **values)


@pytest.mark.parametrize("status", [Prospect.Status.SKIPPED, Prospect.Status.REPLIED])
def test_what_waits_in_another_campaign_is_skipped(
    desk: Client, account: LinkedInAccount, status: str
) -> None:
    person = a_prospect(a_campaign(account.workspace, account), **WHO)
    item = elsewhere(account)

    told = set_to(desk, person, status)

    item.refresh_from_db()
    assert item.status == Status.SKIPPED
    assert "asked not to be" in item.error_message
    assert "Of the queue's items of this person, 1 skipped." in told
    assert LogEntry.objects.filter(object_id=str(item.pk)).exists()


def test_what_has_failed_is_skipped_too(desk: Client, account: LinkedInAccount) -> None:
    item = elsewhere(account, status=Status.FAILED)

    set_to(desk, item.prospect, Prospect.Status.SKIPPED)

    item.refresh_from_db()
    assert item.status == Status.SKIPPED


def test_a_campaign_that_has_the_person_still_before_it_leaves_them_out(
    desk: Client, account: LinkedInAccount
) -> None:
    person = a_prospect(a_campaign(account.workspace, account), **WHO)
    other = a_prospect(a_campaign(account.workspace, account), **WHO)

    told = set_to(desk, person, Prospect.Status.SKIPPED)

    assert "In other campaigns this person is skipped, too: 1." in told
    assert planning.enqueue(other.campaign, NOON).queued == 0


@pytest.mark.parametrize(
    "state",
    [
        {"status": Status.UNCONFIRMED, "claimed_at": NOON, "tried_at": NOON},
        {"status": Status.SENDING, "claimed_at": NOON, "claim_token": uuid.uuid4()},
    ],
    ids=["in doubt", "in flight"],
)
def test_what_comes_back_from_another_campaign_is_skipped(
    desk: Client, account: LinkedInAccount, state: dict[str, Any]
) -> None:
    person = a_prospect(a_campaign(account.workspace, account), **WHO)
    item = elsewhere(account, **state)

    set_to(desk, person, Prospect.Status.SKIPPED)
    recording.settle(item, Verdict(Status.PENDING, "not_sent"), NOON)

    item.refresh_from_db()
    assert claiming.claim(account.pk, None, NOON) is None
    assert item.status in {Status.SKIPPED, Status.UNCONFIRMED}


def test_other_workspaces_keep_the_person(desk: Client, account: LinkedInAccount) -> None:
    person = a_prospect(a_campaign(account.workspace, account), **WHO)
    theirs = elsewhere(an_account(a_workspace()))

    set_to(desk, person, Prospect.Status.SKIPPED)

    theirs.refresh_from_db()
    assert (theirs.status, theirs.prospect.status) == (Status.PENDING, Prospect.Status.QUEUED)


def test_nobody_is_queued_or_failed_by_hand(desk: Client, account: LinkedInAccount) -> None:
    waits = elsewhere(account).prospect
    free = a_prospect(a_campaign(account.workspace, account))

    offered = [
        {value for value, _ in _form(desk, person).fields["status"].choices}
        for person in (waits, free)
    ]

    assert offered == [{"queued", *Prospect.ENDED}, {"new", *Prospect.ENDED}]


def _form(desk: Client, person: Prospect) -> Any:
    page = desk.get(f"/admin/campaigns/prospect/{person.pk}/change/")
    return page.context["adminform"].form


def test_who_set_it_and_why_stays_with_the_person(desk: Client, account: LinkedInAccount) -> None:
    person = a_prospect(a_campaign(account.workspace, account))

    set_to(desk, person, Prospect.Status.SKIPPED)

    person.refresh_from_db()
    assert person.status_reason == "Set by boss: asked not to be"
