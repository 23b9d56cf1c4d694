"""May this item go now? The one definition, used by claiming, explaining and forecasting.

Pure: it looks at plain facts in a fixed order. `facts` reads them.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from campaigns.models import Campaign, LinkedInAccount
from queueing.gates import hours, limits, spacing
from queueing.models import PLURAL, TOUCH_LASTS, Kind, QueueItem


class Gate(StrEnum):
    """The gates in the order in which they are asked."""

    SENDING_ON = "sending_on"
    PENDING = "pending"
    DUE = "due"
    CAMPAIGN_ACTIVE = "campaign_active"
    CONTACT_ALLOWED = "contact_allowed"
    ACCOUNT_CONNECTED = "account_connected"
    ACCOUNT_RESTED = "account_rested"
    HOURS_OPEN = "hours_open"
    SPACING = "spacing"
    DAILY_CAP = "daily_cap"
    WEEKLY_CAP = "weekly_cap"
    NOTES = "notes"
    PERSON_RESTED = "person_rested"
    ANSWER_KNOWN = "answer_known"
    CAUGHT_UP = "caught_up"
    NOTHING_IN_FLIGHT = "nothing_in_flight"


STARTS_WITHIN = dt.timedelta(minutes=15)  # three times the time between two looks at who starts


@dataclass(frozen=True)
class GateState:
    """One gate's answer. Closed, it opens by itself at `opens_at`, or `somebody_must_act`."""

    gate: Gate
    is_open: bool
    detail: str
    opens_at: dt.datetime | None = None
    somebody_must_act: bool = False
    count: int | None = None  # of a cap: what was sent, and
    limit: int | None = None  # how many may be


class CapOfDay(NamedTuple):
    """A day's cap, and how many requests of the account count against it."""

    day: limits.Day
    limit: limits.Limit
    sent: int


@dataclass(frozen=True)
class AccountFacts:
    """What the gates look at of an account. Counts are of one kind, gaps are seconds."""

    status: str
    paused_until: dt.datetime | None
    pause_reason: str
    daily: limits.Limit
    weekly: limits.Limit
    sent_today: int
    sent_this_week: int
    last_send_at: dt.datetime | None
    own_gap_seconds: int | None
    in_flight: int
    day_began_at: dt.datetime
    next_day_at: dt.datetime
    week_frees_at: dt.datetime | None
    notes_sent: int = 0
    notes_limit: int | None = None  # in 30 days; None: as many as requests
    notes_free_at: dt.datetime | None = None
    note_limit: int = 300  # characters
    day: dt.date | None = None  # of its caps; None: of UTC
    daily_tomorrow: limits.Limit | None = None  # None: that of today
    full_before: CapOfDay | None = None  # the day under way in a zone that held before, full
    other_login: str = ""  # who else is logged in behind the account
    kind: str = Kind.CONNECTION_REQUEST
    look_back_from: dt.datetime | None = None  # what happened since then is not known yet


@dataclass(frozen=True)
class Facts:
    """What the gates look at for one item."""

    stop: str
    item_status: str
    scheduled_for: dt.datetime
    do_not_contact: bool
    campaign_status: str
    hours: hours.Hours
    account: AccountFacts
    policy: limits.Policy
    note_length: int = 0  # characters of a request's note, or of a message
    may_drop_note: bool = False
    person_has_ended: str = ""  # what the person is, where nobody in that state is written to
    campaign_starts_at: dt.datetime | None = None
    by_hand: bool = False  # an answer that somebody wrote
    touched_at: dt.datetime | None = None  # when something else reached the person, or may have
    asked_at: dt.datetime | None = None  # when it was last known that they have not answered
    ask_again_at: dt.datetime | None = None  # that could not be looked up
    stop_here: str = ""  # why the workspace's sending is stopped
    ask_from: dt.datetime | None = None  # since when it must have been: set right before the send

    @property
    def kind(self) -> str:
        return self.account.kind


@dataclass(frozen=True)
class Report:
    """All gates in order, as they answered about `facts` at `now`."""

    states: tuple[GateState, ...]
    facts: Facts
    now: dt.datetime

    @property
    def is_open(self) -> bool:
        return all(state.is_open for state in self.states)

    @property
    def binding(self) -> GateState | None:
        """What the item really waits for: somebody, or else the gate that opens last."""
        closed = [state for state in self.states if not state.is_open]
        for state in closed:
            if state.gate == Gate.PENDING or state.somebody_must_act:
                return state
        return max(closed, key=_opening, default=None)

    @property
    def earliest(self) -> dt.datetime | None:
        """The first instant at which the gates that are closed now will all be open.

        As far as it can be known from this item alone; None where somebody must act, or it is done.
        """
        last = self.binding
        if last and (last.gate == Gate.PENDING or last.somebody_must_act):
            return None
        return hours.next_opening(self.facts.hours, (last and last.opens_at) or self.now)


def _opening(state: GateState) -> dt.datetime:
    # A call in flight ends any moment: it never outlasts another gate.
    return state.opens_at or dt.datetime.min.replace(tzinfo=dt.UTC)


def evaluate(facts: Facts, now: dt.datetime) -> Report:
    """Ask every gate."""
    return Report(tuple(ask(facts, now) for ask in _IN_ORDER), facts, now)


def _sending_on(facts: Facts, now: dt.datetime) -> GateState:
    if facts.stop:
        detail = f"All sending is stopped: {facts.stop}"
        return GateState(Gate.SENDING_ON, False, detail, somebody_must_act=True)
    if facts.stop_here:
        detail = f"Sending is stopped for this client: {facts.stop_here}"
        return GateState(Gate.SENDING_ON, False, detail, somebody_must_act=True)
    return GateState(Gate.SENDING_ON, True, "Sending is on")


def _pending(facts: Facts, now: dt.datetime) -> GateState:
    is_pending = facts.item_status == QueueItem.Status.PENDING
    label = QueueItem.Status(facts.item_status).label.lower()
    return GateState(Gate.PENDING, is_pending, f"The item is {label}")


def _due(facts: Facts, now: dt.datetime) -> GateState:
    is_due = facts.scheduled_for <= now
    detail = f"Planned for {_utc(facts.scheduled_for)}"
    return GateState(Gate.DUE, is_due, detail, None if is_due else facts.scheduled_for)


def _campaign_active(facts: Facts, now: dt.datetime) -> GateState:
    if facts.by_hand:
        return GateState(Gate.CAMPAIGN_ACTIVE, True, "An answer does not wait for the campaign")
    is_active = facts.campaign_status == Campaign.Status.ACTIVE
    detail = f"The campaign is {Campaign.Status(facts.campaign_status).label.lower()}"
    starts_at = facts.campaign_starts_at
    if facts.campaign_status == Campaign.Status.DRAFT and starts_at is not None:
        if now <= starts_at + STARTS_WITHIN:
            detail = f"The campaign starts by itself at {_utc(starts_at)}"
            return GateState(Gate.CAMPAIGN_ACTIVE, False, detail, max(starts_at, now))
        detail += f": it was to start at {_utc(starts_at)}, and has not"
    return GateState(Gate.CAMPAIGN_ACTIVE, is_active, detail, somebody_must_act=not is_active)


def _contact_allowed(facts: Facts, now: dt.datetime) -> GateState:
    if facts.person_has_ended:
        detail = f"The person is {facts.person_has_ended.lower()}: the item will be skipped"
        return GateState(Gate.CONTACT_ALLOWED, False, detail, somebody_must_act=True)
    if facts.do_not_contact and facts.kind != Kind.WITHDRAWAL:  # taking back reaches nobody
        detail = "The person or company is on the do-not-contact list"
        return GateState(Gate.CONTACT_ALLOWED, False, detail, somebody_must_act=True)
    return GateState(Gate.CONTACT_ALLOWED, True, "Not on the do-not-contact list")


def _person_rested(facts: Facts, now: dt.datetime) -> GateState:
    if facts.kind == Kind.WITHDRAWAL or facts.by_hand:
        return GateState(Gate.PERSON_RESTED, True, "Nothing that reaches the person unasked")
    last = facts.touched_at
    if last is None or last + TOUCH_LASTS <= now:
        return GateState(Gate.PERSON_RESTED, True, "Nothing reached them in the last 24 hours")
    detail = f"Something else reached the person at {_utc(last)}: once in 24 hours is enough"
    return GateState(Gate.PERSON_RESTED, False, detail, last + TOUCH_LASTS)


def _answer_known(facts: Facts, now: dt.datetime) -> GateState:
    if facts.kind != Kind.MESSAGE or facts.by_hand:
        return GateState(Gate.ANSWER_KNOWN, True, "No follow-up: an answer holds nothing back")
    if facts.ask_from is not None and (facts.asked_at is None or facts.asked_at < facts.ask_from):
        detail = "Whether the person has answered was not looked up"
        return GateState(Gate.ANSWER_KNOWN, False, detail, facts.ask_again_at)
    if facts.ask_again_at is not None and facts.ask_again_at > now:
        detail = (
            "Whether the person has answered could not be looked up: it is again at "
            f"{_utc(facts.ask_again_at)}, and nothing goes before"
        )
        return GateState(Gate.ANSWER_KNOWN, False, detail, facts.ask_again_at)
    last = f" Last: {_utc(facts.asked_at)}, no answer." if facts.asked_at else ""
    detail = f"Whether the person has answered is looked up right before it goes.{last}"
    return GateState(Gate.ANSWER_KNOWN, True, detail)


def _caught_up(facts: Facts, now: dt.datetime) -> GateState:
    since = facts.account.look_back_from
    if since is None:
        return GateState(Gate.CAUGHT_UP, True, "Nothing is missing of what happened meanwhile")
    detail = f"The account was away since {_utc(since)}: what happened meanwhile is read first"
    return GateState(Gate.CAUGHT_UP, False, detail)


def _account_connected(facts: Facts, now: dt.datetime) -> GateState:
    is_connected = facts.account.status == LinkedInAccount.Status.CONNECTED
    detail = f"The account is {LinkedInAccount.Status(facts.account.status).label.lower()}"
    rests_until = facts.account.paused_until
    if not is_connected and rests_until and rests_until > now and not facts.account.other_login:
        detail += (
            f": it goes on by itself after its rest, {_utc(rests_until)}, if Unipile reports it as "
            "OK then"
        )
        return GateState(Gate.ACCOUNT_CONNECTED, False, detail, rests_until)
    return GateState(
        Gate.ACCOUNT_CONNECTED, is_connected, detail, somebody_must_act=not is_connected
    )


def _account_rested(facts: Facts, now: dt.datetime) -> GateState:
    until = facts.account.paused_until
    if until is None or until <= now:
        return GateState(Gate.ACCOUNT_RESTED, True, "The account is not resting")
    reason = facts.account.pause_reason or "no reason given"
    detail = f"The account rests until {_utc(until)}: {reason}"
    return GateState(Gate.ACCOUNT_RESTED, False, detail, until)


def _hours_open(facts: Facts, now: dt.datetime) -> GateState:
    if hours.is_open(facts.hours, now):
        return GateState(Gate.HOURS_OPEN, True, "Inside the sending hours")
    opens_at = hours.next_opening(facts.hours, now)
    detail = f"Closed: {hours.why_closed(facts.hours, now)}"
    return GateState(Gate.HOURS_OPEN, False, detail, opens_at, somebody_must_act=opens_at is None)


def _gap_after(last: dt.datetime, facts: Facts, daily: limits.Limit, on: dt.date) -> int:
    if facts.kind == Kind.WITHDRAWAL:
        return limits.withdrawal_gap_seconds(last)
    own = facts.account.own_gap_seconds
    return spacing.gap_seconds(facts.policy, own=own, kept=facts.hours, daily=daily.value, on=on)


def _spacing(facts: Facts, now: dt.datetime) -> GateState:
    account, last = facts.account, facts.account.last_send_at
    today = account.day or now.astimezone(dt.UTC).date()
    gap = _gap_after(last or now, facts, account.daily, today)
    opens_at = last + dt.timedelta(seconds=gap) if last else None
    if last and opens_at and opens_at > account.next_day_at:  # by then another limit may hold
        tomorrow = today + dt.timedelta(days=1)
        gap = _gap_after(last, facts, account.daily_tomorrow or account.daily, tomorrow)
        opens_at = max(account.next_day_at, last + dt.timedelta(seconds=gap))
    apart = f"the account's {PLURAL[Kind(facts.kind)]} are at least {limits.in_minutes(gap)} apart"
    if last is None or opens_at is None or opens_at <= now:
        return GateState(Gate.SPACING, True, f"Long enough since the last one: {apart}")
    detail = f"The last one went at {_utc(last)}: {apart}"
    return GateState(Gate.SPACING, False, detail, opens_at)


def _daily_cap(facts: Facts, now: dt.datetime) -> GateState:
    account, before = facts.account, facts.account.full_before
    if before and before.day.ends > (
        account.next_day_at if account.sent_today >= account.daily.value else now
    ):
        since = f"since {_utc(before.day.begins)}, the day of the zone that held before"
        return _cap(Gate.DAILY_CAP, before.limit, before.sent, since, before.day.ends)
    since = f"since {_utc(account.day_began_at)}"
    return _cap(Gate.DAILY_CAP, account.daily, account.sent_today, since, account.next_day_at)


def _weekly_cap(facts: Facts, now: dt.datetime) -> GateState:
    account = facts.account
    since = "in the last 7 days"
    return _cap(
        Gate.WEEKLY_CAP, account.weekly, account.sent_this_week, since, account.week_frees_at
    )


def _cap(
    gate: Gate, limit: limits.Limit, count: int, since: str, frees_at: dt.datetime | None
) -> GateState:
    is_open, never = count < limit.value, limit.value == 0
    return GateState(
        gate,
        is_open,
        f"{count} of {limit.value} sent {since} (limit: {limit.source})",
        opens_at=None if is_open or never else frees_at,
        somebody_must_act=never,
        count=count,
        limit=limit.value,
    )


def notes_are_used_up(account: AccountFacts) -> bool:
    """Return whether the account may send requests only without a note now."""
    return account.notes_limit is not None and account.notes_sent >= account.notes_limit


def _notes(facts: Facts, now: dt.datetime) -> GateState:
    account = facts.account
    if facts.kind != Kind.CONNECTION_REQUEST:
        return GateState(Gate.NOTES, True, "Only requests have notes")
    if facts.note_length > account.note_limit:
        detail = (
            f"The note has {facts.note_length} characters, and LinkedIn takes {account.note_limit} "
            "from this account: shorten it, or correct the account's type and its longest note"
        )
        return GateState(Gate.NOTES, False, detail, somebody_must_act=True)
    if account.notes_limit is None:
        return GateState(Gate.NOTES, True, "The account may send a note with every request")
    used = f"{account.notes_sent} of {account.notes_limit} notes sent in the last 30 days"
    if not facts.note_length:
        return GateState(Gate.NOTES, True, f"Goes without a note ({used})")
    if not notes_are_used_up(account):
        return GateState(Gate.NOTES, True, f"{used}, which a free account may")
    if facts.may_drop_note:
        return GateState(Gate.NOTES, True, f"{used}: goes without its note, as the campaign says")
    return GateState(
        Gate.NOTES,
        False,
        f"{used}: more a free account may not send with a note",
        opens_at=account.notes_free_at,
        somebody_must_act=account.notes_free_at is None,
        count=account.notes_sent,
        limit=account.notes_limit,
    )


def _nothing_in_flight(facts: Facts, now: dt.datetime) -> GateState:
    is_free = facts.account.in_flight == 0
    detail = "No call under way" if is_free else "Something of this account is being sent"
    return GateState(Gate.NOTHING_IN_FLIGHT, is_free, detail)


def _utc(instant: dt.datetime) -> str:
    return instant.astimezone(dt.UTC).isoformat(" ")[:16] + " UTC"


_IN_ORDER: tuple[Callable[[Facts, dt.datetime], GateState], ...] = (
    _sending_on,
    _pending,
    _due,
    _campaign_active,
    _contact_allowed,
    _account_connected,
    _account_rested,
    _hours_open,
    _spacing,
    _daily_cap,
    _weekly_cap,
    _notes,
    _person_rested,
    _answer_known,
    _caught_up,
    _nothing_in_flight,
)
