"""Who gets which follow-up when."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.models import User

from campaigns.messages import edition_of
from campaigns.models import Campaign, LinkedInAccount, Prospect, Step
from queueing import planning
from queueing.models import Kind, QueueItem
from queueing.planning import steps
from queueing.staff import items, triage
from queueing.staff.items import Result
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item

pytestmark = pytest.mark.django_db
Status = QueueItem.Status
DAY = dt.timedelta(days=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def account() -> LinkedInAccount:
    return an_account(a_workspace(), name="Bo Founder")


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    campaign = a_campaign(account.workspace, account, sending_hours=None)  # New York, 7 to 18
    for number, days in enumerate(Step.DELAYS[:2], 1):
        Step.objects.create(
            campaign=campaign,
            number=number,
            delay_days=days,
            text=f"{number}: {{{{ first_name }}}}, it is {{{{ sender_first_name }}}}",
        )
    return campaign


def who_accepted(
    campaign: Campaign, account: LinkedInAccount, at: dt.datetime = NOON, **values: Any
) -> Prospect:
    person = a_prospect(
        campaign,
        **{
            "status": Prospect.Status.CONNECTED,
            "accepted_at": at,
            "accepted_source": Prospect.Source.RELATIONS,
            **values,
        },
    )
    sent = at - 3 * DAY
    an_item(
        campaign,
        account,
        prospect=person,
        status=Status.SENT,
        claimed_at=sent,
        sent_at=sent,
        linkedin_user_id=f"ACoAA{person.last_name[8:]}",
    )
    return person


def messages(campaign: Campaign) -> list[QueueItem]:
    return list(QueueItem.objects.filter(campaign=campaign, kind=Kind.MESSAGE).order_by("step"))


def test_the_first_message_is_planned_for_the_next_working_day(
    campaign: Campaign, account: LinkedInAccount
) -> None:
    friday = NOON + 2 * DAY
    person = who_accepted(campaign, account, friday)

    assert steps.plan_follow_ups(friday) == 1

    (item,) = messages(campaign)
    assert item.message == "1: Ada, it is Bo"
    assert item.edition == edition_of(campaign.steps.get(number=1).text)
    assert (item.step, item.prospect, item.linkedin_account) == (1, person, account)
    assert item.linkedin_user_id
    monday = friday.replace(hour=11) + 3 * DAY
    assert monday <= item.scheduled_for < monday + 11 * HOUR


def test_four_hours_pass_after_the_acceptance_at_least(
    campaign: Campaign, account: LinkedInAccount
) -> None:
    at_night = NOON.replace(hour=10) + DAY  # 6 in New York; their working day begins in an hour
    who_accepted(campaign, account, at_night - DAY + 23 * HOUR)

    steps.plan_follow_ups(at_night)

    (item,) = messages(campaign)
    assert item.scheduled_for >= at_night + 3 * HOUR


def test_a_follow_up_that_could_not_be_filled_in_is_never_sent_as_it_stands(
    campaign: Campaign, account: LinkedInAccount
) -> None:
    person = who_accepted(campaign, account)
    Prospect.objects.filter(pk=person.pk).update(first_name="")
    steps.plan_follow_ups(NOON)
    (item,) = messages(campaign)
    assert (item.status, item.error_code) == (Status.FAILED, "unfilled_variable")
    boss = User.objects.create_user("bo")

    def retry() -> Result:
        rows = QueueItem.objects.filter(pk=item.pk)
        return items.act(triage.RetryNow(), rows, boss, NOON, reason="again")

    assert retry().left == {"“first_name” is empty": 1}
    campaign.steps.filter(number=1).update(text="1: Good morning")
    assert retry().done == 1

    item.refresh_from_db()
    assert (item.status, item.message) == (Status.PENDING, "1: Good morning")
    assert item.edition == edition_of("1: Good morning")


def test_planning_again_plans_nothing(campaign: Campaign, account: LinkedInAccount) -> None:
    who_accepted(campaign, account)

    assert [steps.plan_follow_ups(NOON) for _ in range(2)] == [1, 0]


def test_the_second_message_counts_from_the_first(
    campaign: Campaign, account: LinkedInAccount
) -> None:
    who_accepted(campaign, account)
    steps.plan_follow_ups(NOON)
    sent_at = NOON + DAY
    QueueItem.objects.filter(kind=Kind.MESSAGE).update(
        status=Status.SENT, claimed_at=sent_at, sent_at=sent_at, chat_id="chat-1"
    )

    assert steps.plan_follow_ups(sent_at) == 1

    _, second = messages(campaign)
    assert (second.step, second.chat_id) == (2, "chat-1")
    tuesday = NOON.replace(day=14, hour=11)  # Friday, Monday, Tuesday
    assert tuesday <= second.scheduled_for < tuesday + 11 * HOUR


@pytest.mark.parametrize("state", [Status.FAILED, Status.SKIPPED, Status.PENDING])
def test_what_has_not_gone_has_no_follow_up(
    campaign: Campaign, account: LinkedInAccount, state: str
) -> None:
    who_accepted(campaign, account)
    steps.plan_follow_ups(NOON)
    QueueItem.objects.filter(kind=Kind.MESSAGE).update(status=state)

    assert steps.plan_follow_ups(NOON + 30 * DAY) == 0


@pytest.mark.parametrize("status", [Prospect.Status.REPLIED, Prospect.Status.SKIPPED])
def test_who_answered_gets_nothing(
    campaign: Campaign, account: LinkedInAccount, status: str
) -> None:
    who_accepted(campaign, account, status=status)

    assert steps.plan_follow_ups(NOON) == 0


def test_who_was_out_of_office_is_written_to_when_they_are_back(
    campaign: Campaign, account: LinkedInAccount
) -> None:
    who_accepted(campaign, account, goes_on_at=NOON + 7 * DAY)

    steps.plan_follow_ups(NOON)

    (item,) = messages(campaign)
    assert item.scheduled_for >= NOON + 7 * DAY


def test_a_completed_campaign_goes_on_when_somebody_accepts(
    campaign: Campaign, account: LinkedInAccount
) -> None:
    who_accepted(campaign, account)
    Campaign.objects.update(status=Campaign.Status.COMPLETED)

    report = planning.execute_scheduled_campaigns(NOON)

    campaign.refresh_from_db()
    assert (report.follow_ups, campaign.status) == (1, Campaign.Status.ACTIVE)


@pytest.mark.parametrize(("days", "completed"), [(29, False), (31, True)])
def test_a_campaign_with_follow_ups_waits_for_who_may_accept(
    campaign: Campaign, account: LinkedInAccount, days: int, completed: bool
) -> None:
    person = who_accepted(campaign, account)
    Prospect.objects.filter(pk=person.pk).update(
        status=Prospect.Status.CONNECTION_REQUEST_SENT, accepted_at=None, accepted_source=""
    )

    planning.execute_scheduled_campaigns(NOON + (days - 3) * DAY)

    campaign.refresh_from_db()
    assert (campaign.status == Campaign.Status.COMPLETED) == completed


@pytest.mark.parametrize(("wanted", "number"), [(False, 0), (True, 2)])
def test_who_was_connected_already_is_written_to_where_the_campaign_says_so(
    campaign: Campaign, account: LinkedInAccount, wanted: bool, number: int
) -> None:
    Campaign.objects.update(connected_get_messages=wanted)
    connected = {"status": Prospect.Status.CONNECTED, "linkedin_user_id": "ACoAA1"}
    found_before = {"resolved_with": account, "resolved_at": NOON}
    an_item(
        campaign,
        account,
        prospect=a_prospect(campaign, status=Prospect.Status.CONNECTED),
        status=Status.SKIPPED,
        error_code="already_connected",
        linkedin_user_id="ACoAA2",
    )
    a_prospect(campaign, **connected, **found_before)

    assert steps.plan_follow_ups(NOON) == number


def test_a_text_that_cannot_be_filled_in_is_there_to_see(
    campaign: Campaign, account: LinkedInAccount
) -> None:
    who_accepted(campaign, account, first_name="")

    steps.plan_follow_ups(NOON)

    (item,) = messages(campaign)
    assert (item.status, item.error_code) == (Status.FAILED, "unfilled_variable")
    assert "first_name" in item.error_message


def test_half_of_the_people_get_the_second_text(
    campaign: Campaign, account: LinkedInAccount
) -> None:
    Step.objects.filter(number=1).update(text="One", text_b="Two")
    for _ in range(30):
        who_accepted(campaign, account)

    steps.plan_follow_ups(NOON)

    got = [(item.variant, item.message) for item in messages(campaign)]
    assert set(got) == {("A", "One"), ("B", "Two")}
    assert 8 <= got.count(("B", "Two")) <= 22


def test_messages_are_planned_within_their_own_caps(
    campaign: Campaign, account: LinkedInAccount
) -> None:
    LinkedInAccount.objects.update(daily_message_limit=2)
    for _ in range(5):
        who_accepted(campaign, account)

    steps.plan_follow_ups(NOON)

    days = sorted(item.scheduled_for.date().day for item in messages(campaign))
    assert days == [9, 9, 10, 10, 13]
