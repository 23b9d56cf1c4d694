"""Who is queued, once, with what; and who is left out, and why."""

import datetime as dt
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from campaigns import messages
from campaigns.models import Campaign, DoNotContact, LinkedInAccount, Prospect, SendingHours
from queueing import planning
from queueing.models import QueueItem
from queueing.planning import selection
from tests.builders import (
    NOON,
    a_campaign,
    a_prospect,
    a_queueable,
    a_workspace,
    an_account,
    an_item,
    hours_all_day,
    queued,
)

pytestmark = pytest.mark.django_db
Status = Campaign.Status


def test_people_and_their_items_are_stored_together() -> None:
    campaign = a_queueable(message_template='Hello {{ first_name|default:"there" }}!')
    prospect = campaign.prospects.get()

    report = planning.enqueue(campaign, NOON)

    (item,) = queued(campaign)
    prospect.refresh_from_db()
    assert (report.queued, report.first_at, report.last_at) == (1, NOON, NOON)
    assert (report.left_out, report.note) == ({}, "")
    assert prospect.status == Prospect.Status.QUEUED
    assert item.person_key == prospect.public_identifier
    assert (item.message, item.scheduled_for) == ("Hello Ada!", NOON)
    assert item.edition == messages.edition_of(campaign.message_template) != ""
    assert (item.status, item.workspace_id) == (QueueItem.Status.PENDING, campaign.workspace_id)


def test_names_are_cleaned_in_the_note_and_kept_on_the_prospect() -> None:
    campaign = a_queueable(people=0, accounts=1, message_template="{{first_name}} {{last_name}}!")
    prospect = a_prospect(campaign, first_name="DR. ADA 🚀", last_name="de la EXAMPLE, MBA")

    planning.enqueue(campaign, NOON)

    (item,) = queued(campaign)
    prospect.refresh_from_db()
    assert item.message == "Ada de la Example!"
    assert (prospect.first_name, prospect.last_name) == ("DR. ADA 🚀", "de la EXAMPLE, MBA")


def test_a_name_of_which_nothing_is_left_takes_the_fallback() -> None:
    campaign = a_queueable(people=0, message_template='Hi {{ first_name|default:"there" }}')
    a_prospect(campaign, first_name="🚀")

    planning.enqueue(campaign, NOON)

    assert queued(campaign)[0].message == "Hi there"


def test_a_second_time_queues_nobody_and_says_so() -> None:
    campaign = a_queueable(people=3)
    planning.enqueue(campaign, NOON)

    report = planning.enqueue(campaign, NOON)

    assert report.queued == 0
    assert list(report.left_out) == [selection.ALREADY_QUEUED]
    assert len(report.left_out[selection.ALREADY_QUEUED]) == 3
    assert len(queued(campaign)) == 3


def test_an_id_found_by_another_account_is_not_taken_over() -> None:
    workspace = a_workspace()
    ours, other = an_account(workspace), an_account(workspace)
    campaign = a_campaign(workspace, ours)
    a_prospect(campaign, public_identifier="bo", linkedin_user_id="ACoAAbo", resolved_with=ours)
    a_prospect(campaign, public_identifier="cy", linkedin_user_id="ACoAAcy", resolved_with=other)

    planning.enqueue(campaign, NOON)

    ids = {item.person_key: item.linkedin_user_id for item in queued(campaign)}
    assert ids == {"bo": "ACoAAbo", "cy": ""}


def test_a_person_stays_with_the_account_that_tried() -> None:
    workspace = a_workspace()
    first, second = an_account(workspace, name="A"), an_account(workspace, name="B")
    campaign = a_campaign(workspace, first, second)
    tried = a_prospect(campaign)
    an_item(campaign, second, prospect=tried, status=QueueItem.Status.FAILED, claimed_at=NOON)

    planning.enqueue(campaign, NOON)

    assert QueueItem.objects.pending().get().linkedin_account == second


def left_out(campaign: Campaign) -> tuple[str, Prospect]:
    """Enqueue a campaign of one person and return why it was left out."""
    report = planning.enqueue(campaign, NOON)
    assert report.queued == 0
    ((reason, names),) = report.left_out.items()
    prospect = campaign.prospects.get()
    assert names == [str(prospect)]
    assert not queued(campaign)
    return reason, prospect


def test_left_out_for_good_are_those_invited_in_this_workspace() -> None:
    campaign = a_queueable()
    other = a_campaign(campaign.workspace)
    same = a_prospect(other, public_identifier=campaign.prospects.get().public_identifier)
    account = campaign.accounts.get()
    an_item(other, account, prospect=same, status=QueueItem.Status.SENT, sent_at=NOON)

    reason, prospect = left_out(campaign)

    assert reason == selection.ALREADY_INVITED
    assert (prospect.status, prospect.status_reason) == (Prospect.Status.SKIPPED, reason)


def test_left_out_are_those_queued_elsewhere_with_the_campaign_named() -> None:
    campaign = a_queueable()
    other = a_campaign(campaign.workspace, name="Spring")
    same = a_prospect(other, public_identifier=campaign.prospects.get().public_identifier)
    an_item(other, campaign.accounts.get(), prospect=same)

    reason, prospect = left_out(campaign)

    assert reason == "Queued in campaign “Spring”"
    assert prospect.status == Prospect.Status.NEW


def test_the_same_person_in_another_workspace_is_queued() -> None:
    campaign, other = a_queueable(), a_queueable(people=0)
    a_prospect(other, public_identifier=campaign.prospects.get().public_identifier)
    planning.enqueue(other, NOON)

    assert planning.enqueue(campaign, NOON).queued == 1


@pytest.mark.parametrize(
    ("kind", "value"),
    [("person", "bo-example"), ("person", "ACoAAbo_example1"), ("company", "Evil  LTD")],
)
def test_left_out_are_those_on_the_do_not_contact_list(kind: str, value: str) -> None:
    campaign = a_queueable(people=0)
    a_prospect(
        campaign,
        public_identifier="bo-example",
        linkedin_user_id="ACoAAbo_example1",
        company="evil ltd",
    )
    DoNotContact.objects.create(workspace=campaign.workspace, kind=kind, value=value)

    reason, prospect = left_out(campaign)

    assert reason == selection.DO_NOT_CONTACT
    assert prospect.status == Prospect.Status.SKIPPED


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Prospect.Status.CONNECTED, selection.ALREADY_CONNECTED),
        (Prospect.Status.REPLIED, selection.ALREADY_CONNECTED),
        (Prospect.Status.CONNECTION_REQUEST_SENT, selection.ALREADY_INVITED),
    ],
)
@pytest.mark.parametrize(
    "who", [{}, {"public_identifier": "", "profile_url": "", "linkedin_user_id": "ACoAAbo"}]
)
def test_left_out_are_those_met_through_another_campaign_without_an_item(
    status: str, reason: str, who: dict[str, str]
) -> None:
    campaign = a_queueable(people=0)
    person = a_prospect(campaign, **who)
    same = {"public_identifier": person.public_identifier, **who}
    a_prospect(a_campaign(campaign.workspace), status=status, **same)

    found, prospect = left_out(campaign)

    assert (found, prospect.status) == (reason, Prospect.Status.SKIPPED)


def test_left_out_are_those_without_a_profile() -> None:
    campaign = a_queueable(people=0)
    a_prospect(campaign, public_identifier="", profile_url="")

    reason, prospect = left_out(campaign)

    assert (reason, prospect.status) == (selection.NO_PROFILE, Prospect.Status.NEW)


def test_left_out_are_those_whose_message_has_a_gap() -> None:
    campaign = a_queueable(message_template="How is {{ company }}?")

    assert left_out(campaign)[0] == "Message: “company” is empty and has no fallback"


def test_a_long_note_goes_through_the_accounts_that_may_send_it() -> None:
    workspace = a_workspace()
    free = an_account(workspace, account_type=LinkedInAccount.Type.FREE)
    premium = an_account(workspace, account_type=LinkedInAccount.Type.PREMIUM)
    campaign = a_campaign(workspace, free, premium, message_template="x" * 250)
    for _ in range(3):
        a_prospect(campaign)

    planning.enqueue(campaign, NOON)

    assert {item.linkedin_account for item in queued(campaign)} == {premium}


def test_left_out_are_those_whose_note_no_account_may_send() -> None:
    workspace = a_workspace()
    free = an_account(workspace, account_type=LinkedInAccount.Type.FREE)
    campaign = a_campaign(workspace, free, message_template="x" * 201)
    a_prospect(campaign)

    assert left_out(campaign)[0] == "Message longer than 200 characters"


def test_a_campaign_without_accounts_queues_nobody() -> None:
    assert left_out(a_queueable(accounts=0))[0] == "The campaign has no account to send from"


def test_a_disconnected_account_gets_nobody() -> None:
    campaign = a_queueable()
    LinkedInAccount.objects.update(status=LinkedInAccount.Status.DISCONNECTED, name="Ada")

    assert left_out(campaign)[0] == "No account of the campaign can send: Ada is disconnected"


def test_a_resting_account_is_planned_after_its_rest() -> None:
    campaign = a_queueable()
    until = NOON + dt.timedelta(days=2)
    LinkedInAccount.objects.update(paused_until=until)

    report = planning.enqueue(campaign, NOON)

    assert report.first_at is not None
    assert report.first_at > until


def test_a_holiday_calendar_that_ends_is_not_blamed_on_the_limits() -> None:
    hours = SendingHours.objects.create(
        name="Colombo", timezone="Asia/Colombo", holiday_country="LK"
    )
    campaign = a_queueable(people=3, sending_hours=hours)
    LinkedInAccount.objects.update(daily_limit=1)
    now = dt.datetime(2026, 12, 30, 0, tzinfo=dt.UTC)  # there is no calendar of 2027

    report = planning.enqueue(campaign, now)

    assert report.queued == 2
    assert [(why, len(names)) for why, names in report.left_out.items()] == [
        (selection.hours_end(hours), 1)
    ]


def test_hours_that_never_open_queue_nobody() -> None:
    campaign = a_queueable()
    hours = campaign.sending_hours or pytest.fail("no hours")
    days = [NOON.date() + dt.timedelta(days=n) for n in range(-1, 420)]
    hours.closed_days.bulk_create(
        hours.closed_days.model(sending_hours=hours, date=d) for d in days
    )

    assert left_out(campaign)[0] == selection.never_open(hours)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (Status.COMPLETED, "is completed. Resume it first."),
        (Status.ARCHIVED, "is archived: it has ended for good."),
    ],
)
def test_a_campaign_that_has_ended_is_refused(status: str, says: str) -> None:
    campaign = a_queueable(status=status)

    with pytest.raises(planning.CannotEnqueueError, match=says):
        planning.enqueue(campaign, NOON)

    assert not queued(campaign)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (Status.PAUSED, "The campaign is paused: nothing goes before it is resumed."),
        (Status.DRAFT, "The campaign is a draft: nothing goes before it is started."),
        (Status.ACTIVE, ""),
    ],
)
def test_what_is_queued_and_waits_for_its_campaign_is_said(status: str, says: str) -> None:
    assert planning.enqueue(a_queueable(status=status), NOON).note == says


def test_a_draft_is_queued_for_its_start() -> None:
    starts_at = NOON + dt.timedelta(days=3)
    campaign = a_queueable(status=Status.DRAFT, starts_at=starts_at)

    report = planning.enqueue(campaign, NOON)

    assert "starts by itself at 2026-07-11 16:00" in report.note
    assert report.first_at is not None
    assert starts_at <= report.first_at <= starts_at + dt.timedelta(minutes=30)


def test_another_campaigns_queue_is_planned_around() -> None:
    campaign = a_queueable()
    account = campaign.accounts.get()
    account.min_gap_seconds = 1500
    account.save()
    other = a_campaign(campaign.workspace, account)
    for minutes in (0, 30, 60):
        an_item(other, account, scheduled_for=NOON + dt.timedelta(minutes=minutes))

    report = planning.enqueue(campaign, NOON)

    assert report.first_at is not None
    assert NOON + dt.timedelta(minutes=60) < report.first_at <= NOON + dt.timedelta(minutes=90)


def test_queries_do_not_grow_with_people_or_accounts(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    campaign = a_queueable(people=60, accounts=12)

    with django_assert_max_num_queries(30):
        assert planning.enqueue(campaign, NOON).queued == 60


def test_the_command_reports_in_words() -> None:
    campaign = a_queueable(people=2, accounts=2, sending_hours=hours_all_day(timezone="UTC"))
    a_prospect(campaign, public_identifier="", profile_url="", first_name="Bo", last_name="Nowhere")
    out = StringIO()

    call_command("enqueue_campaign", campaign.name, stdout=out)

    lines = out.getvalue().splitlines()
    assert lines[0].startswith("Queued 2, from ")
    assert lines[1:] == ["Left out 1. No LinkedIn profile: Bo Nowhere"]


def test_the_command_tells_wrong_usage_from_failure() -> None:
    name = "Spring"
    a_queueable(name=name, accounts=0)
    a_queueable(name=name)

    with pytest.raises(CommandError, match="no campaign “Winter”") as unknown:
        call_command("enqueue_campaign", "Winter")
    with pytest.raises(CommandError, match="Add --workspace") as ambiguous:
        call_command("enqueue_campaign", name)
    workspace = Campaign.objects.get(accounts__isnull=True).workspace.name
    with pytest.raises(CommandError, match="has no account") as failed:
        call_command("enqueue_campaign", name, "--workspace", workspace)

    assert [error.value.returncode for error in (unknown, ambiguous, failed)] == [2, 2, 1]


def test_a_message_that_cannot_be_read_is_refused() -> None:
    campaign = a_queueable()
    Campaign.objects.filter(pk=campaign.pk).update(message_template="{{ oops")

    with pytest.raises(planning.CannotEnqueueError, match="between braces"):
        planning.enqueue(campaign, NOON)

    assert not queued(campaign)
