"""Rows of the old queue that are no connection requests, or were tried before."""

import datetime as dt

import pytest

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing import planning
from queueing.models import QueueItem
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account
from tests.queueing.old_queue.old_export import (
    COLUMNS,
    SENT_AT,
    Old,
    a_row,
    figures,
    item_of,
    moved,
    old_id,
    printed,
    states,
    user_id,
)

pytestmark = pytest.mark.django_db
Status = QueueItem.Status
WITH_KINDS = [*COLUMNS, "message_type", "requires_connection", "variant", "retry_count"]


@pytest.fixture
def account(db: None) -> LinkedInAccount:
    return an_account(a_workspace(name="Example & Co"), unipile_account_id="acc-1")


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account, name="Spring")


@pytest.mark.parametrize(
    ("kind", "needs_connection", "shows"),
    [
        ("follow_up", "t", "connected"),
        ("direct_message_2", "f", "connected"),
        ("", "true", "connected"),
        ("connection_request", "t", "connected"),
        ("inmail", "f", "skipped"),
        ("profile_view", "f", None),
    ],
)
def test_a_text_that_is_no_note_never_becomes_one(
    old: Old, campaign: Campaign, kind: str, needs_connection: str, shows: str | None
) -> None:
    other = {"message_type": kind, "requires_connection": needs_connection, "message": "x" * 400}
    report = moved(
        old(
            a_row("ada", "sent", **other),
            *(a_row("ben", s, **other, id=s) for s in ("pending", "processing", "failed")),
            header=WITH_KINDS,
        )
    )

    assert not QueueItem.objects.exists()
    assert sum(report["left_out"].values()) == report["rows"] == 4
    assert dict(campaign.prospects.values_list("first_name", "status")) == (
        {"Ada": shows} if shows else {}
    )


def test_the_request_of_somebody_with_other_rows_too(old: Old, campaign: Campaign) -> None:
    request = {"message_type": "connection_request", "requires_connection": "f", "variant": "B"}
    message = {"message_type": "direct_message_1", "requires_connection": "t", "message": "Thanks!"}
    path = old(
        a_row("ada", "sent", **request),
        a_row("ada", "sent", **message, id="1"),
        a_row("ben", "pending", **message, id="2"),
        a_row("ben", "pending", **request),
        a_row("eve", "sent", **message, id="3"),
        a_row("eve", "pending", **request),
        header=WITH_KINDS,
    )

    assert "3 rows are no connection requests and were left out: 3 direct_message_1." in (
        printed(path)
    )
    assert states() == {"ada-example": "sent", "ben-example": "pending"}
    assert item_of("ben").message == "Hi Ben"
    assert item_of("ben").prospect.variables == {"variant": "B"}
    ada = item_of("ada").prospect
    assert (ada.status, ada.follow_up_due_at) == (Prospect.Status.CONNECTED, None)


def test_what_was_under_way_or_cancelled(old: Old, campaign: Campaign) -> None:
    moved(old(a_row("ada", "processing"), a_row("ben", "cancelled"), a_row("eve", "canceled")))

    assert states() == {
        "ada-example": "unconfirmed",
        "ben-example": "skipped",
        "eve-example": "skipped",
    }
    assert item_of("ben").error_message == "Cancelled in the old queue."
    assert item_of("ben").prospect.status == Prospect.Status.SKIPPED


@pytest.mark.parametrize(
    "text",
    [
        "ben-example",
        "Ben-Example",
        "https://www.linkedin.com/in/ben-example/",
        "linkedin.com/in/ben-example?x=1",
    ],
)
def test_an_id_that_is_a_slug_or_an_address_names_the_person(
    old: Old, campaign: Campaign, account: LinkedInAccount, text: str
) -> None:
    moved(old(a_row("ben", "sent", linkedin_user_id=text, linkedin_url="")))

    assert (item_of("ben").person_key, item_of("ben").linkedin_user_id) == ("ben-example", "")
    later = a_campaign(account.workspace, account)
    a_prospect(later, public_identifier="ben-example")
    assert planning.enqueue(later, NOON).queued == 0


def test_an_id_that_is_a_number_names_nobody(old: Old, campaign: Campaign) -> None:
    report = moved(old(a_row("ben", "sent", linkedin_user_id="123456789", linkedin_url="")))

    assert figures(report) == (0, 0, 0, 1)


TRIED = SENT_AT + dt.timedelta(seconds=1.5)


@pytest.mark.parametrize(
    ("status", "values", "tried_at"),
    [
        ("failed", {"error_message": "socket hang up"}, TRIED),
        ("failed", {"error_message": ""}, TRIED),
        ("failed", {"error_message": "HTTP 504"}, TRIED),
        ("failed", {"error_message": "429 Too Many Requests"}, TRIED),
        ("failed", {"error_message": "422: cannot be invited"}, None),
        ("pending", {}, None),
        ("pending", {"retry_count": "0"}, None),
        ("pending", {"retry_count": "2"}, TRIED),
        ("pending", {"error_message": "fetch failed"}, TRIED),
        ("processing", {}, TRIED),
        ("skipped", {"error_message": "fetch failed"}, None),
    ],
)
def test_what_was_tried_and_not_refused_for_certain_is_known_as_a_try(
    old: Old, campaign: Campaign, status: str, values: dict[str, str], tried_at: dt.datetime | None
) -> None:
    moved(old(a_row("ada", status, **values), header=WITH_KINDS))

    assert item_of("ada").tried_at == tried_at


def test_a_try_is_known_of_whom_another_row_lets_wait(old: Old, campaign: Campaign) -> None:
    ada = a_prospect(
        campaign,
        public_identifier="ada-example",
        linkedin_user_id=user_id("ada"),
        resolved_at=NOON,
    )
    again = a_row("ada", "failed", id=str(old_id("again")), error_message="timeout")
    moved(old(again, a_row("ada", "pending")))

    assert (item_of("ada").status, item_of("ada").tried_at) == (Status.PENDING, TRIED)
    ada.refresh_from_db()
    assert ada.resolved_at is None  # looked up before the send
