"""Moving over: whom the old queue has invited stays invited, and what waited there waits here."""

import datetime as dt
import uuid

import pytest

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing import planning
from queueing.models import QueueItem
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.queueing.old_queue.old_export import (
    PLANNED,
    SENT_AT,
    UTC,
    Old,
    a_row,
    figures,
    item_of,
    moved,
    old_id,
    states,
    user_id,
)

pytestmark = pytest.mark.django_db
Status = QueueItem.Status


@pytest.fixture
def account(db: None) -> LinkedInAccount:
    return an_account(a_workspace(name="Example & Co"), unipile_account_id="acc-1")


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account, name="Spring", follow_up_after_days=5)


def test_what_was_sent_is_sent(old: Old, campaign: Campaign, account: LinkedInAccount) -> None:
    report = moved(old(a_row("ada", "sent")))

    item = item_of("ada")
    assert (item.status, item.sent_at, item.message) == (Status.SENT, SENT_AT, "Hi Ada")
    assert (item.campaign, item.workspace, item.linkedin_account) == (
        campaign,
        campaign.workspace,
        account,
    )
    assert (item.linkedin_user_id, item.person_key) == (user_id("ada"), "ada-example")
    assert item.created_at == dt.datetime(2025, 11, 20, 8, tzinfo=UTC)
    assert item.updated_at == SENT_AT + dt.timedelta(seconds=1.5)
    prospect = item.prospect
    assert (prospect.full_name, prospect.variables) == ("Ada Example", {})
    assert prospect.status == Prospect.Status.CONNECTION_REQUEST_SENT
    assert prospect.follow_up_due_at == SENT_AT + dt.timedelta(days=5)
    assert (prospect.linkedin_user_id, prospect.resolved_with) == (user_id("ada"), account)
    assert (report["rows"], figures(report)) == (1, (1, 0, 0, 0))
    assert report["became"] == {"sent": 1}


def test_what_waits_waits_here(old: Old, campaign: Campaign) -> None:
    moved(old(a_row("ada", "pending")))

    item = item_of("ada")
    assert (item.status, item.scheduled_for, item.sent_at) == (Status.PENDING, PLANNED, None)
    assert (item.message, item.linkedin_user_id) == ("Hi Ada", user_id("ada"))
    assert item.prospect.status == Prospect.Status.QUEUED


@pytest.mark.parametrize("status", ["failed", "skipped"])
def test_what_has_ended_keeps_its_reason(old: Old, campaign: Campaign, status: str) -> None:
    moved(old(a_row("ada", status, error_message="422: no invitations taken")))

    item = item_of("ada")
    assert (item.status, item.error_message) == (status, "422: no invitations taken")
    assert (item.prospect.status, item.prospect.status_reason) == (
        status,
        "422: no invitations taken",
    )
    assert item.updated_at == SENT_AT + dt.timedelta(seconds=1.5)


@pytest.mark.parametrize(
    ("status", "sent_at", "claimed_at"),
    [
        ("sending", "", SENT_AT + dt.timedelta(seconds=1.5)),
        ("pending", "2025-11-24 14:00:00+00", SENT_AT),
        ("failed", "2025-11-24 14:00:00+00", SENT_AT),
        ("unconfirmed", "", SENT_AT + dt.timedelta(seconds=1.5)),
    ],
)
def test_what_is_unclear_is_to_be_looked_up(
    old: Old, campaign: Campaign, status: str, sent_at: str, claimed_at: dt.datetime
) -> None:
    moved(old(a_row("ada", status, sent_at=sent_at, error_message="socket hang up")))

    item = item_of("ada")
    assert (item.status, item.claimed_at, item.sent_at) == (Status.UNCONFIRMED, claimed_at, None)
    assert item.error_message.endswith("socket hang up")
    assert item.prospect.status == Prospect.Status.QUEUED


def test_who_was_sent_to_and_then_skipped_still_counts_as_invited(
    old: Old, campaign: Campaign
) -> None:
    again = a_row("ada", "pending", id=str(old_id("again")))
    report = moved(old(again, a_row("ada", "skipped", sent_at="2025-11-24 14:00:00+00")))

    item = QueueItem.objects.get()
    assert (item.pk, item.status, item.sent_at) == (old_id("ada"), Status.SKIPPED, SENT_AT)
    assert figures(report) == (1, 0, 1, 0)


def test_a_sent_row_without_its_time_takes_the_next_best(old: Old, campaign: Campaign) -> None:
    moved(old(a_row("ada", "sent", sent_at=""), a_row("ben", "sent", sent_at="", updated_at="")))

    assert item_of("ada").sent_at == SENT_AT + dt.timedelta(seconds=1.5)
    assert item_of("ben").sent_at == PLANNED


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2025-11-24 14:00:00+00", SENT_AT),
        ("2025-11-24T09:00:00-05:00", SENT_AT),
        ("2025-11-24T14:00:00Z", SENT_AT),
        ("2025-11-24 14:00:00", SENT_AT),
        ("2025-11-24 14:00:00.25+00", SENT_AT + dt.timedelta(milliseconds=250)),
        ("2025-11-24 19:30:00.123456+05:30", SENT_AT + dt.timedelta(microseconds=123456)),
    ],
)
def test_times_in_all_the_forms_that_exports_have(
    old: Old, campaign: Campaign, text: str, at: dt.datetime
) -> None:
    moved(old(a_row("ada", "sent", sent_at=text)))

    assert item_of("ada").sent_at == at


def test_people_of_the_campaign_are_found_by_address_or_else_by_id(
    old: Old, campaign: Campaign, account: LinkedInAccount
) -> None:
    ada = a_prospect(campaign, public_identifier="ada-example")
    ben = a_prospect(campaign, public_identifier="ben-old-name", linkedin_user_id=user_id("ben"))
    eve = a_prospect(campaign, public_identifier="", linkedin_user_id=user_id("eve"))

    moved(
        old(
            a_row("ada", "sent", linkedin_url="LinkedIn.com/in/ADA-example?x=1"),
            a_row("ben", "sent", linkedin_url=""),
            a_row("eve", "pending"),
        )
    )

    assert [item_of(name).prospect for name in ("ada", "ben", "eve")] == [ada, ben, eve]
    assert item_of("ben").person_key == "ben-old-name"
    eve.refresh_from_db()
    assert (eve.public_identifier, item_of("eve").person_key) == ("eve-example", "eve-example")
    assert eve.resolved_with == account


def test_a_second_time_adds_nothing(old: Old, campaign: Campaign) -> None:
    path = old(*(a_row(f"person{n}", status) for n, status in enumerate(Status.values)))

    first, before = moved(path), list(QueueItem.objects.values())
    second = moved(path)

    assert figures(first) == (6, 0, 0, 0)
    assert figures(second) == (0, 0, 6, 0)
    assert list(QueueItem.objects.values()) == before
    assert Prospect.objects.count() == 6


def test_rows_numbered_by_a_counter_are_recognised_too(old: Old, campaign: Campaign) -> None:
    path = old(a_row("ada", "failed", id="41"), a_row("ben", "failed", id="42"))

    assert [figures(moved(path)) for _ in range(2)] == [(2, 0, 0, 0), (0, 0, 2, 0)]


def test_a_dry_run_reports_alike_and_stores_nothing(old: Old, campaign: Campaign) -> None:
    path = old(a_row("ada", "sent"), a_row("ben", "pending"), a_row("eve", "lost"))

    rehearsed = moved(path, "--dry-run")

    assert not QueueItem.objects.exists()
    assert not Prospect.objects.exists()
    assert rehearsed | {"dry_run": False} == moved(path)


def test_of_several_rows_for_a_person_what_was_sent_counts(old: Old, campaign: Campaign) -> None:
    rows = [
        a_row("ada", status, id=str(old_id(f"{status}{number}")))
        for number, status in enumerate(["pending", "failed", "sending", "sent", "sent"])
    ]

    report = moved(old(*rows))

    assert list(QueueItem.objects.values_list("pk", "status")) == [(old_id("sent3"), "sent")]
    assert figures(report) == (1, 0, 4, 0)


def test_a_newer_file_brings_up_to_date_what_an_older_left_pending(
    old: Old, campaign: Campaign
) -> None:
    names = ["ada", "ben", "eve", "kim"]
    moved(old(*(a_row(name, "pending") for name in names)))

    newer = dict(zip(names, ["sent", "failed", "sending", "pending"], strict=True))
    report = moved(old(*(a_row(name, status) for name, status in newer.items())))

    assert figures(report) == (0, 3, 1, 0)
    assert states() == {
        "ada-example": "sent",
        "ben-example": "failed",
        "eve-example": "unconfirmed",
        "kim-example": "pending",
    }
    assert item_of("ada").prospect.follow_up_due_at == SENT_AT + dt.timedelta(days=5)
    assert item_of("ben").prospect.status == Prospect.Status.FAILED


def test_who_waits_in_another_campaign_is_not_invited_again(
    old: Old, campaign: Campaign, account: LinkedInAccount
) -> None:
    other = an_account(account.workspace)
    elsewhere = a_campaign(account.workspace, other)
    ada = a_prospect(
        elsewhere, public_identifier="ada-example", status="queued", linkedin_user_id="ACoAAother"
    )
    item = an_item(elsewhere, other, prospect=ada, linkedin_user_id="ACoAAother")

    report = moved(old(a_row("ada", "sent")))

    item.refresh_from_db()
    ada.refresh_from_db()
    assert figures(report) == (0, 1, 0, 0)
    assert (item.status, item.sent_at) == (Status.SENT, SENT_AT)
    assert (item.linkedin_account, item.linkedin_user_id) == (account, "")
    assert ada.status == Prospect.Status.CONNECTION_REQUEST_SENT
    assert not campaign.prospects.exists()


def test_what_sendq_has_done_since_is_not_undone(
    old: Old, campaign: Campaign, account: LinkedInAccount
) -> None:
    names = ["ada", "ben", "eve"]
    moved(old(*(a_row(name, "pending") for name in names)))
    QueueItem.objects.filter(pk=old_id("ada")).update(status="sent", sent_at=NOON)
    QueueItem.objects.filter(pk=old_id("ben")).update(claimed_at=NOON)
    QueueItem.objects.filter(pk=old_id("eve")).update(
        status="sending", claimed_at=NOON, claim_token=uuid.uuid4()
    )

    report = moved(old(a_row("ada", "sent"), a_row("ben", "failed"), a_row("eve", "sent")))

    assert figures(report) == (0, 0, 3, 0)
    assert item_of("ada").sent_at == NOON
    assert (item_of("ben").status, item_of("eve").status) == (Status.PENDING, Status.SENDING)


@pytest.mark.parametrize("status", ["connected", "replied", "skipped", "connection_request_sent"])
def test_whom_sendq_has_dealt_with_does_not_wait_again(
    old: Old, campaign: Campaign, status: str
) -> None:
    ada = a_prospect(campaign, public_identifier="ada-example", status=status)

    report = moved(old(a_row("ada", "pending")))

    ada.refresh_from_db()
    assert (figures(report), ada.status) == ((0, 0, 1, 0), status)
    assert not QueueItem.objects.exists()


def test_a_connected_person_stays_connected(old: Old, campaign: Campaign) -> None:
    ada = a_prospect(campaign, public_identifier="ada-example", status="connected")

    moved(old(a_row("ada", "sent")))

    ada.refresh_from_db()
    assert (item_of("ada").status, ada.status, ada.follow_up_due_at) == ("sent", "connected", None)


def test_whom_the_old_system_invited_is_left_out_of_later_campaigns(
    old: Old, campaign: Campaign, account: LinkedInAccount
) -> None:
    moved(old(a_row("ada", "sent"), a_row("ben", "sending"), a_row("eve", "pending")))
    later = a_campaign(account.workspace, account)
    for name in ("ada", "ben", "eve"):
        a_prospect(later, public_identifier=f"{name}-example", first_name=name, last_name="")

    report = planning.enqueue(later, NOON)

    assert report.queued == 0
    assert report.left_out == {
        "Already invited for this client": ["ada"],
        "Queued in campaign “Spring”": ["ben", "eve"],
    }


def test_other_workspaces_are_not_concerned(
    old: Old, campaign: Campaign, account: LinkedInAccount
) -> None:
    path = old(a_row("ada", "sent"))
    moved(path)
    other = an_account(a_workspace(), unipile_account_id="acc-2")
    a_campaign(other.workspace, other, name="Elsewhere")

    report = moved(path, account="acc-2", campaign="Elsewhere")

    assert figures(report) == (0, 0, 0, 1)
    assert report["problems"][0]["reason"] == (
        "this row was moved over into another workspace already"
    )
