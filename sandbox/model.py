"""What the sandbox's world is made of: settings, accounts, invitations."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sandbox.people import Person, invent, owner_slug

COOLDOWN = timedelta(days=21)  # after a withdrawal LinkedIn refuses the person for about 3 weeks
USAGE_MARKS = (95, 90, 75, 50)  # per cent of the weekly cap that Unipile reports when crossed
NOTE_LIMIT_FREE, NOTE_LIMIT = 200, 300
CAP_ERRORS = ("cannot_resend_yet", "limit_exceeded", "too_many_requests", "provider_error")

Event = dict[str, Any]


class Tier(StrEnum):
    FREE = "free"
    PREMIUM = "premium"
    SALES_NAVIGATOR = "sales_navigator"


class SourceStatus(StrEnum):
    OK = "OK"
    CONNECTING = "CONNECTING"
    CREDENTIALS = "CREDENTIALS"
    PERMISSIONS = "PERMISSIONS"
    STOPPED = "STOPPED"
    ERROR = "ERROR"


class Degree(StrEnum):
    FIRST = "FIRST_DEGREE"
    SECOND = "SECOND_DEGREE"
    THIRD = "THIRD_DEGREE"
    OUT = "OUT_OF_NETWORK"


class State(StrEnum):
    """Where an invitation stands; ACCEPTED and DECLINED are never shown by the API."""

    PENDING = "PENDING"
    WITHDRAWN = "WITHDRAWN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


@dataclass(slots=True)
class Settings:
    """How the sandbox behaves; caps are per account, seconds are the sandbox clock's."""

    lag_seconds: float = 0.0  # before a new invitation shows in the sent list
    profile_lag_seconds: float | None = None  # the same for the profile; None: as the list
    day_cap: int = 100  # rolling 24 hours
    week_cap: int = 200  # rolling 7 days
    month_note_cap: int | None = None  # notes from free accounts in 30 days; LinkedIn has about 5
    cap_error: str = CAP_ERRORS[0]
    page_cap: int = 100  # pages of the sent list are never longer, whatever limit is asked for
    refuse_repeats: bool = True  # False: a second invitation to a person is a second effect


@dataclass(slots=True)
class Account:
    """One LinkedIn account connected to Unipile. Caps of None are those of the settings."""

    id: str
    tier: Tier
    status: SourceStatus = SourceStatus.OK
    name: str | None = None
    created_at: str = "2026-01-05T09:00:00.000Z"
    day_cap: int | None = None
    week_cap: int | None = None
    month_note_cap: int | None = None
    cap_error: str | None = None
    login: str | None = None  # slug of who is logged in, where that is not who was at first

    @property
    def owner(self) -> Person:
        return invent(self.login or owner_slug(self.id))

    @property
    def label(self) -> str:
        return self.name or self.owner.full_name or self.id


@dataclass(slots=True)
class Invitation:
    """An invitation LinkedIn really took; `message` is None without a note."""

    id: str
    account_id: str
    slug: str
    provider_id: str
    message: str | None
    at: datetime
    real_at: datetime
    state: State = State.PENDING
    ended_at: datetime | None = None


@dataclass(slots=True)
class Received:
    """An invitation somebody sent to the account."""

    id: str
    slug: str
    at: datetime


@dataclass(slots=True)
class Book:
    """What one account has done."""

    latest: dict[str, Invitation] = field(default_factory=dict)
    sent_at: list[datetime] = field(default_factory=list)
    notes_at: list[datetime] = field(default_factory=list)
    degrees: dict[str, Degree] = field(default_factory=dict)
    connected_at: dict[str, datetime] = field(default_factory=dict)
    received: dict[str, Received] = field(default_factory=dict)

    def sent_since(self, start: datetime) -> int:
        """Count the invitations sent after `start`."""
        return len(self.sent_at) - bisect.bisect_right(self.sent_at, start)

    def notes_since(self, start: datetime) -> int:
        """Count the invitations with a note sent after `start`."""
        return len(self.notes_at) - bisect.bisect_right(self.notes_at, start)

    def add(self, invitation: Invitation) -> None:
        """Enter an invitation that was sent."""
        self.latest[invitation.slug] = invitation
        bisect.insort(self.sent_at, invitation.at)
        if invitation.message is not None:
            bisect.insort(self.notes_at, invitation.at)

    def connect(self, slug: str, degree: Degree, at: datetime) -> None:
        """Set how near a person is; the first degree makes a relation, others end it."""
        self.degrees[slug] = degree
        self.connected_at.pop(slug, None)
        if degree is Degree.FIRST:
            self.connected_at[slug] = at
