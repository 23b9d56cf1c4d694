"""Who is held by an id, not by an address: the reason is the row that would refuse the insert."""

import pytest

from campaigns.models import Prospect
from queueing import planning
from queueing.models import QueueItem
from queueing.planning import selection
from tests.builders import NOON, a_campaign, a_prospect, a_queueable, a_workspace, an_item

pytestmark = pytest.mark.django_db


def test_whom_an_account_invited_in_its_former_workspace_it_does_not_invite_again() -> None:
    campaign = a_queueable()
    account = campaign.accounts.get()
    before = a_campaign(a_workspace(), account)
    known = {"linkedin_user_id": "ACoAAexample0000000000"}
    an_item(before, account, status=QueueItem.Status.SENT, sent_at=NOON, **known)
    campaign.prospects.update(**known, resolved_with=account, resolved_at=NOON)

    report = planning.enqueue(campaign, NOON)

    assert list(report.left_out) == [selection.HELD_BY_OUR_ACCOUNT]
    assert campaign.prospects.get().status == Prospect.Status.SKIPPED


def test_two_rows_of_one_person_are_both_told_who_holds_them() -> None:
    campaign = a_queueable(people=2)
    account = campaign.accounts.get()
    known = {"linkedin_user_id": "ACoAAexample0000000000"}
    sent = {"status": QueueItem.Status.SENT, "sent_at": NOON}
    an_item(a_campaign(campaign.workspace, account), account, **sent, **known)
    campaign.prospects.update(**known, resolved_with=account, resolved_at=NOON)

    report = planning.enqueue(campaign, NOON)

    assert [len(names) for names in report.left_out.values()] == [2]


def test_who_is_connected_is_recognised_by_the_id_under_another_address() -> None:
    campaign = a_queueable()
    known = {"linkedin_user_id": "ACoAAexample0000000000"}
    a_prospect(a_campaign(campaign.workspace), status=Prospect.Status.CONNECTED, **known)
    campaign.prospects.update(**known)

    report = planning.enqueue(campaign, NOON)

    assert list(report.left_out) == [selection.ALREADY_CONNECTED]
