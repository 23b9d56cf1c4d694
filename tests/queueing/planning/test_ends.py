"""Ends are rules: whatever comes back to an end is skipped, and a campaign with work goes on."""

import datetime as dt

import pytest
from django.contrib.auth.models import User

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing import gates, planning
from queueing.gates import Gate
from queueing.models import QueueItem
from queueing.planning import ends
from queueing.sending import Verdict, claiming, recording
from queueing.staff import items, triage
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db
Status = QueueItem.Status
State = Campaign.Status


@pytest.fixture
def account() -> LinkedInAccount:
    return an_account(a_workspace())


def campaign_of(account: LinkedInAccount, status: str = State.ACTIVE) -> Campaign:
    return a_campaign(account.workspace, account, status=status)


def test_what_was_in_doubt_in_an_archived_campaign_does_not_wait_there(
    account: LinkedInAccount,
) -> None:
    campaign = campaign_of(account, State.ARCHIVED)
    item = an_item(campaign, account, status=Status.UNCONFIRMED, claimed_at=NOON, tried_at=NOON)

    held = recording.settle_doubt(item, Verdict(Status.PENDING, "not_sent"), NOON, searched=True)

    item.refresh_from_db()
    assert held is not None
    assert (item.status, item.error_code) == (Status.SKIPPED, "campaign_archived")


def test_what_waits_in_an_archived_campaign_is_skipped_whatever_put_it_there(
    account: LinkedInAccount,
) -> None:
    campaign = campaign_of(account, State.ARCHIVED)
    item = an_item(campaign, account)
    maybe = an_item(campaign, account, tried_at=NOON, claimed_at=NOON)

    planning.execute_scheduled_campaigns(NOON)

    item.refresh_from_db()
    maybe.refresh_from_db()
    assert (item.status, maybe.status) == (Status.SKIPPED, Status.UNCONFIRMED)
    an_item(campaign_of(account), account, person_key=item.person_key)  # the person is free


def test_what_the_former_queue_may_have_sent_is_looked_up_before_it_ends(
    account: LinkedInAccount, admin_user: User
) -> None:
    archived = an_item(campaign_of(account, State.ARCHIVED), account, tried_at=NOON)
    skipped = an_item(campaign_of(account), account, tried_at=NOON)

    planning.execute_scheduled_campaigns(NOON)
    mine = QueueItem.objects.filter(pk=skipped.pk)
    assert items.act(triage.Skip(), mine, admin_user, NOON, reason="no").done == 1

    for item in (archived, skipped):
        item.refresh_from_db()
        assert (item.status, item.claimed_at) == (Status.UNCONFIRMED, NOON)


@pytest.mark.parametrize("status", Prospect.ENDED)
def test_nobody_who_has_ended_is_sent_anything(account: LinkedInAccount, status: str) -> None:
    item = an_item(campaign_of(account), account)
    Prospect.objects.update(status=status)

    assert claiming.claim(account.pk, None, NOON) is None
    binding = gates.report(item.pk, NOON).binding
    assert binding is not None
    assert binding.gate == Gate.CONTACT_ALLOWED

    assert ends.skip_what_has_ended(NOON) == 1
    item.refresh_from_db()
    assert item.status == Status.SKIPPED


def test_a_retry_says_beforehand_that_an_archived_campaign_has_ended(
    account: LinkedInAccount,
) -> None:
    item = an_item(campaign_of(account, State.ARCHIVED), account, status=Status.FAILED)
    chosen = QueueItem.objects.all()

    foreseen = items.preview(triage.RetryNow(), chosen)
    boss = User.objects.create_superuser("boss")
    done = items.act(triage.RetryNow(), chosen, boss, NOON, reason="Again")

    item.refresh_from_db()
    assert foreseen.left == done.left == {items.ARCHIVED: 1}
    assert item.status == Status.FAILED


def test_a_completed_campaign_that_gets_work_is_active_again(account: LinkedInAccount) -> None:
    campaign = campaign_of(account, State.COMPLETED)
    an_item(campaign, account, status=Status.FAILED)
    boss = User.objects.create_superuser("boss")

    items.act(triage.RetryNow(), QueueItem.objects.all(), boss, NOON, reason="Again")

    campaign.refresh_from_db()
    assert campaign.status == State.ACTIVE


def test_a_completed_campaign_whose_doubt_is_settled_as_not_sent_is_active_at_once(
    account: LinkedInAccount,
) -> None:
    campaign = campaign_of(account, State.COMPLETED)
    item = an_item(campaign, account, status=Status.UNCONFIRMED, claimed_at=NOON, tried_at=NOON)

    recording.settle_doubt(item, Verdict(Status.PENDING, "not_sent"), NOON, searched=True)

    campaign.refresh_from_db()
    assert campaign.status == State.ACTIVE


def test_one_that_is_archived_is_not_made_active(account: LinkedInAccount) -> None:
    campaign = campaign_of(account, State.ARCHIVED)
    an_item(campaign, account)

    assert ends.reopen() == []

    campaign.refresh_from_db()
    assert campaign.status == State.ARCHIVED


def test_a_completed_campaign_that_got_work_in_another_way_is_active_with_the_next_schedule(
    account: LinkedInAccount,
) -> None:
    campaign = campaign_of(account, State.COMPLETED)
    an_item(campaign, account)

    planning.execute_scheduled_campaigns(NOON - dt.timedelta(days=1))

    campaign.refresh_from_db()
    assert campaign.status == State.ACTIVE


def test_a_skip_of_what_may_have_arrived_waits_for_a_look(account: LinkedInAccount) -> None:
    item = an_item(campaign_of(account), account, tried_at=NOON, claimed_at=NOON)
    boss = User.objects.create_superuser("boss")

    items.act(triage.Skip(), QueueItem.objects.all(), boss, NOON, reason="Enough")
    item.refresh_from_db()
    assert item.status == Status.UNCONFIRMED
    recording.settle_doubt(item, Verdict(Status.PENDING, "not_sent"), NOON, searched=True)

    item.refresh_from_db()
    assert item.status == Status.SKIPPED


def test_whom_another_account_knows_by_id_alone_is_recognised_by_address(
    account: LinkedInAccount,
) -> None:
    by_id = a_prospect(
        campaign_of(account), public_identifier="", linkedin_user_id="ACoAAexample0000000000"
    )
    an_item(
        by_id.campaign,
        account,
        prospect=by_id,
        linkedin_user_id="ACoAAexample0000000000",
        status=Status.SENT,
        sent_at=NOON,
    )
    later = campaign_of(account)
    a_prospect(
        later,
        linkedin_user_id="ACoAAexample0000000000",
        resolved_with=account,
        resolved_at=NOON,
    )

    report = planning.enqueue(later, NOON)

    assert list(report.left_out) == ["Already invited for this client"]
    assert later.prospects.get().status == Prospect.Status.SKIPPED
