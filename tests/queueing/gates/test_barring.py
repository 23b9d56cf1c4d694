"""The do-not-contact list asked from its own end answers as the gates ask it, item by item."""

import pytest

from campaigns.models import DoNotContact
from queueing import gates
from queueing.gates import barred
from queueing.models import QueueItem
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db

ID = "ACoAA1234567890abcdef"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("person", "ada-married"),
        ("person", "ada-now"),
        ("person", ID),
        ("person", f"{ID}-of-the-item"),
        ("company", "Muster GmbH"),
        ("company", "ada-now"),
        ("person", "nobody"),
    ],
)
def test_the_list_finds_whom_the_gates_hold(kind: str, value: str) -> None:
    workspace = a_workspace()
    account = an_account(workspace)
    campaign = a_campaign(workspace, account)
    person = a_prospect(
        campaign, public_identifier="ada-now", linkedin_user_id=ID, company="Muster  GmbH"
    )
    an_item(
        campaign,
        account,
        prospect=person,
        person_key="ada-married",
        linkedin_user_id=f"{ID}-of-the-item",
        claimed_at=NOON,  # only the look-up before a send gives an item another key than its person
    )
    an_item(campaign, account)
    elsewhere = an_account(a_workspace())
    DoNotContact.objects.create(workspace=elsewhere.workspace, kind=kind, value=value)
    before = set(barred(QueueItem.objects.all()))
    DoNotContact.objects.create(workspace=workspace, kind=kind, value=value)

    found = set(barred(QueueItem.objects.all()))

    assert before == set()
    assert found == set(QueueItem.objects.filter(gates.on_do_not_contact_list()))
    is_there = (kind, value) not in {("company", "ada-now"), ("person", "nobody")}
    assert len(found) == is_there


def test_what_is_not_pending_is_left_out() -> None:
    account = an_account(a_workspace())
    item = an_item(a_campaign(account.workspace, account), account, status="failed")
    DoNotContact.objects.create(workspace=account.workspace, value=item.person_key)

    assert not barred(QueueItem.objects.all()).exists()
