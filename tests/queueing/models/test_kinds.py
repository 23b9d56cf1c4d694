"""Messages and withdrawals beside requests: what the database itself holds of them."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection

from campaigns.models import Campaign, LinkedInAccount, Prospect
from queueing.models import TOUCH_LASTS, Kind, QueueItem, has_ended
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account, an_item
from tests.queueing.models.test_models import Refused

pytestmark = pytest.mark.django_db
Status = QueueItem.Status
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def account() -> LinkedInAccount:
    return an_account(a_workspace())


@pytest.fixture
def campaign(account: LinkedInAccount) -> Campaign:
    return a_campaign(account.workspace, account)


@pytest.fixture
def person(campaign: Campaign) -> Prospect:
    return a_prospect(campaign, status=Prospect.Status.CONNECTED)


def a_message(person: Prospect, account: LinkedInAccount, **values: Any) -> QueueItem:
    values = {"kind": Kind.MESSAGE, "message": "Hello again", "step": 1, **values}
    return an_item(person.campaign, account, prospect=person, **values)


def sent(at: dt.datetime) -> dict[str, Any]:
    return {"status": Status.SENT, "claimed_at": at, "sent_at": at}


@pytest.mark.parametrize("state", [Status.PENDING, Status.SKIPPED, Status.FAILED])
def test_a_person_has_each_step_once_whatever_became_of_it(
    person: Prospect, account: LinkedInAccount, state: str
) -> None:
    a_message(person, account, status=state)

    a_message(person, account, step=2)
    with Refused("each_step_once_a_person"):
        a_message(person, account)


def test_a_step_is_for_one_member_under_any_address(
    campaign: Campaign, person: Prospect, account: LinkedInAccount
) -> None:
    a_message(person, account, linkedin_user_id="ACoAAada")

    with Refused("each_step_once_by_an_account"):
        a_message(a_prospect(campaign), account, linkedin_user_id="ACoAAada")


def test_an_invitation_is_withdrawn_once(person: Prospect, account: LinkedInAccount) -> None:
    an_item(person.campaign, account, prospect=person, **sent(NOON))
    an_item(person.campaign, account, prospect=person, kind=Kind.WITHDRAWAL, **sent(NOON))

    with Refused("nobody_twice_in_a_workspace"):
        an_item(person.campaign, account, prospect=person, kind=Kind.WITHDRAWAL)


@pytest.mark.parametrize(
    "state",
    [
        {"status": Status.SENT, "sent_at": NOON},
        {"status": Status.UNCONFIRMED},
        {"status": Status.PENDING, "tried_at": NOON},
    ],
)
def test_one_touch_a_day_over_campaigns_and_accounts_of_a_workspace(
    person: Prospect, account: LinkedInAccount, state: dict[str, Any]
) -> None:
    workspace = account.workspace
    other = an_account(workspace)
    elsewhere = a_prospect(a_campaign(workspace, other), public_identifier=person.public_identifier)
    a_message(person, account, claimed_at=NOON, **state)
    second = a_message(elsewhere, other)
    claim: dict[str, Any] = {"status": Status.UNCONFIRMED}

    with Refused("one_touch_in_a_day"):
        QueueItem.objects.filter(pk=second.pk).update(
            claimed_at=NOON + TOUCH_LASTS - MINUTE, **claim
        )
    QueueItem.objects.filter(pk=second.pk).update(claimed_at=NOON + TOUCH_LASTS, **claim)


def test_an_answer_by_hand_and_another_workspace_are_no_touch(
    person: Prospect, account: LinkedInAccount
) -> None:
    a_message(person, account, **sent(NOON))
    a_message(person, account, step=0, by_hand=True, **sent(NOON + MINUTE))
    other = an_account(a_workspace())
    elsewhere = a_prospect(
        a_campaign(other.workspace, other), public_identifier=person.public_identifier
    )

    a_message(elsewhere, other, **sent(NOON + MINUTE))

    assert QueueItem.objects.filter(person_key=person.person_key).count() == 3


def test_the_database_has_the_same_length_of_a_touch() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT upper(span) - lower(span)"
            " FROM sendq_touch_span(gen_random_uuid(), 'ada-example', now()) AS span"
        )
        (seconds,) = cursor.fetchone()

    assert float(seconds) == TOUCH_LASTS.total_seconds()


def test_sql_and_python_agree_on_who_has_ended(
    campaign: Campaign, account: LinkedInAccount
) -> None:
    for kind, by_hand in [*((kind, False) for kind in Kind), (Kind.MESSAGE, True)]:
        for status in Prospect.Status:
            person = a_prospect(campaign, status=status)
            values: dict[str, Any] = {"kind": kind, "prospect": person}
            if kind == Kind.MESSAGE:
                values |= {"message": "Hello", "step": 0 if by_hand else 1, "by_hand": by_hand}
            item = an_item(campaign, account, **values)

            found = QueueItem.objects.filter(QueueItem.PERSON_HAS_ENDED, pk=item.pk).exists()

            assert found == has_ended(kind, status, by_hand=by_hand), (kind, status, by_hand)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"message": ""}, "message_has_a_text"),
        ({"step": 0}, "message_is_a_step_or_by_hand"),
        ({"step": 5}, "message_is_a_step_or_by_hand"),
        ({"kind": Kind.WITHDRAWAL}, "message_fields_of_messages"),
    ],
)
def test_a_message_is_whole(
    person: Prospect, account: LinkedInAccount, values: dict[str, Any], constraint: str
) -> None:
    with Refused(constraint):
        a_message(person, account, **values)
