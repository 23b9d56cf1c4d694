"""What the sandbox's world is made of: settings, accounts, invitations."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sandbox.people import Does, Person, digest, invent, owner_slug

COOLDOWN = timedelta(days=21)  # after a withdrawal LinkedIn refuses the person for about 3 weeks
USAGE_MARKS = (95, 90, 75, 50)  # per cent of the weekly cap that Unipile reports when crossed
NOTE_LIMIT_FREE, NOTE_LIMIT = 200, 300
REPEAT_ERRORS = ("already_invited_recently", "cannot_resend_yet")
FOREIGN_ID_ERRORS = ("invalid_recipient", "invalid_parameters", "resource_not_found")
CAP_ERRORS = ("cannot_resend_yet", "limit_exceeded", "too_many_requests", "provider_error")

ATTENDEE_ROUTES = ("works", "missing", "empty")
SIGNATURES = ("good", "wrong", "old")
APIS = ("v1", "v2")

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


V2_STATUSES = {
    SourceStatus.OK: "running",
    SourceStatus.CONNECTING: "errored",
    SourceStatus.ERROR: "errored",
    SourceStatus.STOPPED: "disconnected",
    SourceStatus.CREDENTIALS: "disconnected",
    SourceStatus.PERMISSIONS: "disconnected",
}


class Degree(StrEnum):
    FIRST = "FIRST_DEGREE"
    SECOND = "SECOND_DEGREE"
    THIRD = "THIRD_DEGREE"
    OUT = "OUT_OF_NETWORK"


class State(StrEnum):
    """Where an invitation stands; ACCEPTED and DECLINED are never shown by the API."""

    PENDING = "PENDING"
    IGNORED = "IGNORED"
    WITHDRAWN = "WITHDRAWN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"


ENDS = {
    Does.ACCEPT: State.ACCEPTED,
    Does.DECLINE: State.DECLINED,
    Does.IGNORE: State.IGNORED,
    Does.WITHDRAW: State.WITHDRAWN,
}


@dataclass(slots=True)
class Settings:
    """How the sandbox behaves; caps are per account, seconds are the sandbox clock's."""

    lag_seconds: float = 0.0  # before an invitation, or its end, shows in the sent list
    profile_lag_seconds: float | None = None  # the same for the profile; None: as the list
    day_cap: int = 100  # rolling 24 hours
    week_cap: int = 200  # rolling 7 days
    month_note_cap: int | None = None  # notes from free accounts in 30 days; LinkedIn has about 5
    cap_error: str = CAP_ERRORS[0]
    page_cap: int = 100  # pages of the sent list are never longer, whatever limit is asked for
    note_error: str | None = None  # answer at the cap of notes; None: as at any cap
    refuse_repeats: bool = True  # False: a second invitation to a person is a second effect
    repeat_error: str = REPEAT_ERRORS[0]
    foreign_id_error: str = FOREIGN_ID_ERRORS[0]  # for an id that another account was given
    unknown_strangers: bool = False  # who is out of network is told as `UNKNOWN` in profiles
    # The people: shares of them who do something with an invitation, the others let it wait.
    accept_rate: float = 0.0
    decline_rate: float = 0.0
    ignore_rate: float = 0.0
    withdraw_rate: float = 0.0
    answer_seconds: float = 0.0  # a quarter of them do it at once, the others within this time
    people_seed: int = 1
    # Messages.
    message_lag_seconds: float = 0.0  # before a message shows in the chats
    reply_rate: float = 0.0  # share of people who answer the first that they are told
    reply_seconds: float = 0.0  # within this time
    day_message_cap: int = 100  # rolling 24 hours
    null_ids: bool = False  # a send is answered without chat_id and message_id
    attendee_route: str = ATTENDEE_ROUTES[0]  # V1: does /chat_attendees take a provider id?
    # Webhooks.
    webhook_delay_seconds: float = 0.0  # before new relations are told, by the sandbox's clock
    webhook_copies: int = 1
    webhook_hold: bool = False  # nothing is told before POST /webhooks/release
    webhook_retry_seconds: float = 1.0  # before the first of five more tries; doubles
    webhook_signature: str = SIGNATURES[0]  # V2
    webhook_production: bool = True  # V2: False: events come from a development application
    ok_events: bool = True  # False: that an account is well again is never told
    sender_told: bool = True  # False: `is_sender` is missing
    wrong_sender: bool = False  # the first message of a new chat is told as the other person's
    relation_timestamp: bool = True  # False: new_relation without `timestamp`
    # The API as a whole.
    api: str = APIS[0]  # which version the key is for
    cursor_alone: bool = False  # V1: a `cursor` together with `limit` is a 400
    rate_limit: int | None = None  # V2: calls of an account in a minute
    cache_always: bool = False  # V2: answer from the cache whatever was asked for

    def what_becomes_of(self, viewer: str, person: Person) -> tuple[Does, float]:
        """Return what a person does with an account's invitation, and after how many seconds."""
        if person.does is not None:
            return person.does, person.after_seconds
        draw = (digest(what, str(self.people_seed), viewer, person.slug) for what in "ab")
        luck, haste = (number / 2**64 for number in draw)
        after = max(0.0, haste - 0.25) / 0.75 * self.answer_seconds
        for does, rate in (
            (Does.ACCEPT, self.accept_rate),
            (Does.DECLINE, self.decline_rate),
            (Does.IGNORE, self.ignore_rate),
            (Does.WITHDRAW, self.withdraw_rate),
        ):
            if luck < rate:
                return does, after
            luck -= rate
        return Does.WAIT, 0.0


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
    login: str | None = None  # slug of who is logged in; None: somebody of this account's own
    features: list[str] | None = None  # premium features told by Unipile; None: the tier's
    raw: Event | None = None  # the JSON with which Unipile describes it, whatever that is
    v2_status: str | None = None  # what V2 calls its status; None: what goes with `status`
    locked: bool = False  # V2: not usable until it is unlocked
    products: dict[str, str] | None = None  # V2: how each product is; None: as the status says
    custom_data: dict[str, str] | None = None  # V2: what a client has stored with it

    @property
    def viewer(self) -> str:
        """Who is logged in: ids, invitations and relations are theirs, not Unipile's."""
        return self.login or owner_slug(self.id)

    @property
    def owner(self) -> Person:
        return invent(self.viewer)

    @property
    def inmail_credits(self) -> dict[str, int]:
        """How many InMails may go, by product; a product that the account lacks is not there."""
        return {
            Tier.FREE: {},
            Tier.PREMIUM: {"premium": 5},
            Tier.SALES_NAVIGATOR: {"premium": 5, "sales_navigator": 50},
        }[self.tier]

    @property
    def status_in_v2(self) -> str:
        return self.v2_status or V2_STATUSES[self.status]

    @property
    def label(self) -> str:
        return self.name or self.owner.full_name or self.id


def degree_by_luck(account: Account, person: Person) -> Degree:
    """Return how near a person is to an account for which nothing else was said."""
    luck = digest("degree", account.viewer, person.slug) % 32
    return Degree.OUT if luck == 0 else Degree.THIRD if luck < 8 else Degree.SECOND


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
    viewer: str
    by_hand: bool = False  # made in LinkedIn itself, not through Unipile
    state: State = State.PENDING
    ended_at: datetime | None = None
    ends_as: State | None = None  # what becomes of it, at `ends_at`
    ends_at: datetime | None = None


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
