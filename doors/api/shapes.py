"""What comes in and goes out, as types: they check, and they are the description."""

import datetime as dt
import uuid
from dataclasses import asdict
from typing import Annotated, Any

from ninja import Schema
from pydantic import AfterValidator, ConfigDict, Field

from queueing.numbers import Funnel


def _is_text(value: str) -> str:
    """Refuse what no database takes."""
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("holds a character that is no text")
    return value


_Text = AfterValidator(_is_text)
UpTo100 = Annotated[str, Field(max_length=100), _Text]
UpTo200 = Annotated[str, Field(max_length=200), _Text]
UpTo300 = Annotated[str, Field(max_length=300), _Text]
UpTo500 = Annotated[str, Field(max_length=500), _Text]
UpTo2000 = Annotated[str, Field(max_length=2_000), _Text]
UpTo10000 = Annotated[str, Field(max_length=10_000), _Text]


class Error(Schema):
    success: bool = False
    error: str


class Status(Schema):
    now: dt.datetime
    version: str
    is_stopped: bool
    last_run_at: dt.datetime | None
    next_run_at: dt.datetime
    is_late: bool
    items: dict[str, int]


class Run(Schema):
    started_at: dt.datetime
    finished_at: dt.datetime | None
    trigger: str
    calls: int = Field(description="Calls that it made for this workspace.")


class Account(Schema):
    id: uuid.UUID
    name: str
    account_type: str
    status: str
    paused_until: dt.datetime | None
    sent_today: int
    daily_limit: int
    sent_this_week: int
    weekly_limit: int


class Campaign(Schema):
    id: uuid.UUID
    name: str
    status: str
    starts_at: dt.datetime | None
    people: dict[str, int]


class Queued(Schema):
    success: bool = True
    queued: int
    first_at: dt.datetime | None
    last_at: dt.datetime | None
    left_out: dict[str, list[str]]
    note: str


class ForecastDay(Schema):
    day: dt.date
    account_id: uuid.UUID
    count: int
    first_at: dt.datetime
    last_at: dt.datetime


class Forecast(Schema):
    last_at: dt.datetime | None
    days: list[ForecastDay]
    held: dict[str, int]
    left_out: dict[str, int]
    note: str


class Prospect(Schema):
    id: uuid.UUID
    campaign_id: uuid.UUID
    first_name: str
    last_name: str
    company: str
    profile_url: str
    public_identifier: str
    status: str
    status_reason: str
    created_at: dt.datetime
    accepted_at: dt.datetime | None
    replied_at: dt.datetime | None = Field(description="When they answered first.")
    tag: str = Field(description="What somebody made of the answer.")


class Answer(Schema):
    id: uuid.UUID
    prospect_id: uuid.UUID
    item_id: uuid.UUID = Field(description="What they answered: the last thing that went before.")
    linkedin_account_id: uuid.UUID
    at: dt.datetime
    text: str = Field(description="What they wrote last, as far as it was read.")
    done: bool = Field(description="Nobody needs to answer any more.")
    snoozed_until: dt.datetime | None
    taken_by: str | None = Field(description="Whose it is.")

    @staticmethod
    def resolve_taken_by(row: Any) -> str | None:
        return row.taken_by.get_username() if row.taken_by else None


class Item(Schema):
    id: uuid.UUID
    kind: str
    campaign_id: uuid.UUID
    prospect_id: uuid.UUID
    linkedin_account_id: uuid.UUID
    step: int = Field(description="Which of the campaign's messages; 0: none of them.")
    variant: str = Field(description="Which of two texts.")
    status: str
    scheduled_for: dt.datetime
    sent_at: dt.datetime | None
    error_code: str
    error_message: str


class Why(Schema):
    gate: str
    detail: str


class ExplainedItem(Item):
    waits_for: Why | None = Field(description="What holds it; null where nothing does.")
    earliest: dt.datetime | None = Field(description="When that ends, as far as it is known.")


class Prospects(Schema):
    items: list[Prospect]
    cursor: uuid.UUID | None = Field(description="Send it to get the next page; null: the end.")


class Answers(Schema):
    items: list[Answer]
    cursor: uuid.UUID | None = Field(description="Send it to get the next page; null: the end.")


class Items(Schema):
    items: list[Item]
    cursor: uuid.UUID | None = Field(description="Send it to get the next page; null: the end.")


class NewPerson(Schema):
    model_config = ConfigDict(extra="forbid")

    profile_url: UpTo500
    first_name: UpTo200 = ""
    last_name: UpTo200 = ""
    company: UpTo300 = ""
    headline: UpTo2000 = ""
    location: UpTo300 = ""
    variables: dict[UpTo100, UpTo10000] = Field(default_factory=dict, max_length=50)


class NewEntry(Schema):
    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(pattern="^(person|company)$")] = "person"
    value: UpTo500
    reason: UpTo2000 = ""


class Entry(Schema):
    id: uuid.UUID
    kind: str
    value: str
    reason: str
    created_at: dt.datetime


class Day(Schema):
    day: dt.date
    sent: int = Field(description="Of all kinds: requests, messages and withdrawals.")
    failed: int = Field(description="Of all kinds.")
    sent_by_kind: dict[str, int] = Field(description="The sent, by the kind of item.")


class Numbers(Schema):
    """What became of people; each figure is a part of the one before, but for the withdrawn."""

    week: dt.date | None = Field(None, description="The Monday of the week of the invitations.")
    id: uuid.UUID | None = Field(None, description="Of the campaign or the account.")
    invited: int
    accepted: int
    answered: int
    interested: int
    withdrawn: int

    @classmethod
    def of(cls, funnel: Funnel, **what: Any) -> "Numbers":
        return cls(**asdict(funnel), **what)
