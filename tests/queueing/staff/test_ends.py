"""What a retry says beforehand of campaigns and people that ended; doubts settled in any state."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing import planning
from queueing.models import Notice, QueueItem
from queueing.staff import items, triage
from queueing.staff.items import Status
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db
ALL = QueueItem.objects.all()
State = Campaign.Status
TRIED: dict[str, Any] = {"tried_at": NOON, "searched_at": NOON, "claimed_at": NOON}


@pytest.fixture
def account() -> LinkedInAccount:
    return an_account(a_workspace())


@pytest.fixture
def clerk() -> User:
    return User.objects.create_user("clerk")


def failed(account: LinkedInAccount, state: State = State.ACTIVE, **values: Any) -> QueueItem:
    campaign = a_campaign(account.workspace, account, status=state)
    person = a_prospect(campaign, status=Prospect.Status.FAILED)
    return an_item(campaign, account, **{"prospect": person, "status": Status.FAILED, **values})


@pytest.mark.parametrize("state", [State.DRAFT, State.PAUSED, State.COMPLETED])
def test_a_retry_says_beforehand_what_becomes_of_it(account: LinkedInAccount, state: State) -> None:
    failed(account)
    failed(account, state)

    told = items.preview(triage.RetryNow(), ALL).sentence("retried", "will be ")

    assert told == f"2 will be retried. Of these, 1 {items.WAITS[state]}."


@pytest.mark.parametrize("status", Prospect.ENDED)
def test_nobody_who_has_ended_is_retried(
    account: LinkedInAccount, clerk: User, status: str
) -> None:
    failed(account)
    Prospect.objects.update(status=status)

    assert items.preview(triage.RetryNow(), ALL).left == {items.ENDED: 1}
    assert items.act(triage.RetryNow(), ALL, clerk, NOON).done == 0


def test_what_was_looked_up_in_vain_does_not_stand_in_its_own_way(
    account: LinkedInAccount, clerk: User
) -> None:
    item = failed(account, **TRIED)

    assert items.act(triage.RetryNow(), ALL, clerk, NOON).done == 1

    item.refresh_from_db()
    assert item.status == Status.PENDING


def test_whom_the_account_holds_under_another_address_is_told_before_the_retry(
    account: LinkedInAccount,
) -> None:
    failed(account, linkedin_user_id="ACoAAexample0000000000")
    other = a_campaign(account.workspace, account)
    an_item(other, account, linkedin_user_id="ACoAAexample0000000000")

    assert items.preview(triage.RetryNow(), ALL).left[items.HELD] == 1


def test_a_retry_that_makes_a_campaign_active_again_is_in_its_log(
    account: LinkedInAccount, clerk: User
) -> None:
    campaign = failed(account, State.COMPLETED).campaign

    items.act(triage.RetryNow(), ALL, clerk, NOON, reason="wrong note")

    line = LogEntry.objects.get(object_id=str(campaign.pk))
    assert line.change_message == "Active again, for it has something to send: wrong note"


def test_so_is_a_doubt_that_staff_settle_as_not_sent(account: LinkedInAccount, clerk: User) -> None:
    item = failed(account, State.COMPLETED, status=Status.UNCONFIRMED, **TRIED)

    items.act(triage.ConfirmNotSent(), ALL, clerk, NOON, reason="looked")

    item.campaign.refresh_from_db()
    assert item.campaign.status == State.ACTIVE
    assert LogEntry.objects.filter(object_id=str(item.campaign_id)).exists()


@pytest.mark.parametrize("status", [Status.FAILED, Status.SKIPPED])
def test_who_was_never_invited_is_free_once_staff_say_so(
    account: LinkedInAccount, clerk: User, status: str
) -> None:
    item = failed(account, status=status, error_message="Given up.", **TRIED)
    again = a_campaign(account.workspace, account)
    a_prospect(again, public_identifier=item.person_key)
    assert planning.enqueue(again, NOON).queued == 0

    items.act(triage.ConfirmNotSent(), ALL, clerk, NOON, reason="looked")

    assert planning.enqueue(again, NOON).queued == 1
    item.refresh_from_db()
    told = "Given up. Confirmed as not sent by clerk: looked"
    assert (item.status, item.error_message) == (status, told)
    assert not Notice.objects.exists()


def test_what_waits_goes_on_as_planned_once_staff_say_so(
    account: LinkedInAccount, clerk: User
) -> None:
    later = NOON + dt.timedelta(hours=3)
    item = failed(account, status=Status.PENDING, scheduled_for=later, **TRIED)

    items.act(triage.ConfirmNotSent(), ALL, clerk, NOON, reason="looked")

    item.refresh_from_db()
    assert (item.status, item.scheduled_for, item.tried_at) == (Status.PENDING, later, None)


@pytest.mark.parametrize("status", [Status.PENDING, Status.FAILED, Status.SKIPPED])
def test_what_was_tried_is_marked_as_sent_in_any_state(
    account: LinkedInAccount, clerk: User, status: str
) -> None:
    item = failed(account, status=status, **TRIED)

    items.act(triage.MarkSent(), ALL, clerk, NOON + dt.timedelta(days=1), reason="seen")

    item.refresh_from_db()
    item.prospect.refresh_from_db()
    assert (item.status, item.sent_at) == (Status.SENT, NOON + dt.timedelta(minutes=3))
    assert item.prospect.status == Prospect.Status.CONNECTION_REQUEST_SENT


@pytest.mark.parametrize("action", [triage.MarkSent(), triage.ConfirmNotSent()])
def test_what_was_never_tried_is_left_alone(
    account: LinkedInAccount, action: items.ItemAction
) -> None:
    for status in (Status.PENDING, Status.FAILED, Status.SKIPPED):
        failed(account, status=status)

    assert items.preview(action, ALL).left == {"waiting already": 1, "failed": 1, "skipped": 1}


def test_what_ended_meanwhile_does_not_wait_again_and_that_is_told(
    account: LinkedInAccount, clerk: User
) -> None:
    item = failed(account, State.ARCHIVED, status=Status.UNCONFIRMED, **TRIED)

    told = items.preview(triage.ConfirmNotSent(), ALL).told
    items.act(triage.ConfirmNotSent(), ALL, clerk, NOON, reason="looked")

    item.refresh_from_db()
    assert told == {triage.IS_SKIPPED: 1}
    assert (item.status, item.tried_at) == (Status.SKIPPED, None)
