"""People in every state, written as rows: what the counting of them is held against."""

import datetime as dt
from typing import Any

import pytest

from campaigns.models import Campaign, Prospect, Step
from queueing.models import Kind, QueueItem
from tests.builders import NOON, a_campaign, a_prospect, a_workspace, an_account

Status, Tag = Prospect.Status, Prospect.Tag
DAY = dt.timedelta(days=1)


def invited(campaign: Campaign, ago: dt.timedelta, **person: Any) -> Prospect:
    """Somebody to whom a request has gone so long before NOON, and what is known of them since."""
    values = {"status": Status.CONNECTION_REQUEST_SENT, **person}
    if "accepted_at" in values:
        values |= {"status": person.get("status", Status.CONNECTED), "accepted_source": "relations"}
    if "replied_at" in values:
        values |= {
            "status": person.get("status", Status.REPLIED),
            "replied_source": "messages",
            "last_replied_at": values["replied_at"],
        }
    prospect = a_prospect(campaign, **values)
    request(prospect, NOON - ago)
    return prospect


def request(person: Prospect, at: dt.datetime, **values: Any) -> QueueItem:
    return QueueItem.objects.create(
        **{
            "workspace": person.campaign.workspace,
            "campaign": person.campaign,
            "prospect": person,
            "linkedin_account": person.campaign.accounts.first(),
            "person_key": person.person_key,
            "scheduled_for": at,
            "sent_at": at,
            "status": QueueItem.Status.SENT,
            **values,
        }
    )


def message(person: Prospect, at: dt.datetime, **values: Any) -> QueueItem:
    return request(person, at, **{"kind": Kind.MESSAGE, "step": 1, "message": "Hello!", **values})


@pytest.fixture
def campaign(db: None) -> Campaign:
    workspace = a_workspace()
    campaign = a_campaign(workspace, an_account(workspace))
    Step.objects.create(campaign=campaign, number=1, delay_days=1, text="Hello!", text_b="Hi!")
    return campaign


@pytest.fixture
def crowd(campaign: Campaign) -> Campaign:
    """One of each: NOON is a Wednesday, so that two days before it is another day of its week."""
    at = NOON - 3 * DAY  # when they answered, and before it accepted
    answers = {"accepted_at": at - DAY, "replied_at": at}
    invited(campaign, 1 * DAY)
    invited(campaign, 9 * DAY)
    invited(campaign, 30 * DAY, invite_again_from=(NOON + 21 * DAY).date())
    invited(campaign, 16 * DAY, accepted_at=at)  # two weeks later, and counted to its own
    invited(campaign, 9 * DAY, **answers, tag=Tag.NOT_NOW)
    invited(campaign, 9 * DAY, **answers, tag=Tag.INTERESTED)
    invited(campaign, 9 * DAY, **answers, status=Status.CONNECTED, tag=Tag.OUT_OF_OFFICE)
    a_prospect(campaign, status=Status.CONNECTED)  # was connected before: never invited
    a_prospect(campaign)
    return campaign
