"""Accounts, people and invitations: plain state, no HTTP.

Every change is an event that is first kept in the journal and then applied, so that replaying
the journal gives the same world again.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import Clock, iso, parse, real_now
from sandbox.errors import ApiError
from sandbox.journal import Journal, JournalError
from sandbox.model import (
    COOLDOWN,
    ENDS,
    NOTE_LIMIT,
    NOTE_LIMIT_FREE,
    USAGE_MARKS,
    Account,
    Book,
    Degree,
    Event,
    Invitation,
    Received,
    Settings,
    SourceStatus,
    State,
    Tier,
    degree_by_luck,
)
from sandbox.names import Names
from sandbox.people import PROVIDER_ID, Person, normalise, owner_slug, provider_id, slug_of

_SHOWN = (State.PENDING, State.IGNORED, State.WITHDRAWN)  # by a profile, for as long as they stand


class World:
    """Everything the stand-in knows. Methods raise ApiError as the real service would answer."""

    def __init__(
        self, accounts: list[Account], settings: Settings, clock: Clock, journal: Journal
    ) -> None:
        """Start with `accounts` and replay the journal. JournalError if that does not fit."""
        self.settings, self.clock, self._journal = settings, clock, journal
        self._last_id = 0
        self._start(accounts)
        for event in journal.replay():
            try:
                self._apply(event)
            except (KeyError, TypeError, ValueError) as error:
                raise JournalError(f"the state file holds an unusable change: {event}") from error

    def _start(self, accounts: list[Account]) -> None:
        self.accounts = {account.id: replace(account) for account in accounts}
        self.effects: list[Invitation] = []
        self._by_id: dict[str, Invitation] = {}
        self._ends: list[tuple[datetime, str]] = []  # a heap: when something becomes of which
        self.names = Names()
        self._books: defaultdict[str, Book] = defaultdict(Book)

    # Reading

    def account(self, account_id: str) -> Account:
        """Return an account; 404 if Unipile does not have it."""
        try:
            return self.accounts[account_id]
        except KeyError:
            raise ApiError("resource_not_found", "Account not found") from None

    def live_account(self, account_id: str) -> Account:
        """Return an account that is connected; 404 or 401 otherwise."""
        account = self.account(account_id)
        if account.status is not SourceStatus.OK:
            raise ApiError("disconnected_account")
        return account

    def find(self, account: Account, identifier: str) -> Person:
        """Return the person behind a slug or a provider id of this account's own.

        404 for a slug of nobody; `recipient` has what answers an id.
        """
        if PROVIDER_ID.fullmatch(identifier):
            return self.recipient(account, identifier)
        person = self.names.at(identifier)
        if person is None:
            raise ApiError("resource_not_found", "User not found")
        return person

    def recipient(self, account: Account, identifier: str) -> Person:
        """Return the person behind a provider id.

        If it is not this account's own, 422 or what the settings say.
        """
        slug = slug_of(account.viewer, identifier)
        person = None if slug is None else self.names.person(slug)
        if person is None:
            raise ApiError(self.settings.foreign_id_error)
        return person

    def degree(self, account: Account, person: Person) -> Degree:
        """Return how near the account is to a person."""
        known = self._book(account.id).degrees.get(person.slug)
        return known or degree_by_luck(account, person)

    def shown_degree(self, account: Account, person: Person) -> Degree:
        """Return how near a profile says they are: it lags behind an acceptance."""
        latest = self._book(account.id).latest.get(person.slug)
        if latest is None or latest.state is not State.ACCEPTED:
            return self.degree(account, person)
        shows = self._seen(latest, self.settings.profile_lag_seconds) is State.ACCEPTED
        return self.degree(account, person) if shows else degree_by_luck(account, person)

    def standing(self, account: Account, person: Person) -> Invitation | None:
        """Return the sent invitation that still counts: pending, or ended within the cool-down."""
        latest = self._book(account.id).latest.get(person.slug)
        if latest is None or latest.state in (State.PENDING, State.ACCEPTED):
            return latest if latest and latest.state is State.PENDING else None
        ended_at = latest.ended_at or latest.at
        return latest if self.clock.now() < ended_at + COOLDOWN else None

    def profile_invitation(self, account: Account, person: Person) -> tuple[str, str] | None:
        """Return (type, status) as the profile shows it; None if it shows none."""
        book = self._book(account.id)
        if any(received.slug == person.slug for received in book.received.values()):
            return ("RECEIVED", "PENDING")
        latest = book.latest.get(person.slug)
        if latest is None:
            return None
        seen = self._seen(latest, self.settings.profile_lag_seconds)
        is_over = latest.state is not State.PENDING and self.standing(account, person) is None
        if seen not in _SHOWN or (is_over and seen is not State.PENDING):
            return None
        return ("SENT", seen.value)

    def pending(self, account: Account) -> list[Invitation]:
        """Return the visible pending invitations, newest first."""
        found = [
            invitation
            for invitation in self._book(account.id).latest.values()
            if self._seen(invitation, None) is State.PENDING
        ]
        return sorted(found, key=lambda one: (one.at, int(one.id)), reverse=True)

    def received(self, account: Account) -> list[Received]:
        """Return the pending invitations others sent to the account, newest first."""
        return sorted(
            self._book(account.id).received.values(), key=lambda one: one.at, reverse=True
        )

    def relations(self, account: Account) -> list[tuple[Person, datetime]]:
        """Return the account's connections with the instant each was made, newest first."""
        found = self._book(account.id).connected_at.items()
        people = [
            (person, at)
            for slug, at in found
            if (person := self.names.person(slug))
            and self.shown_degree(account, person) is Degree.FIRST
        ]
        return sorted(people, key=lambda pair: pair[1], reverse=True)

    def viewer(self, account_id: str) -> str:
        """Return who is logged in with an account, also one that is not here any more."""
        known = self.accounts.get(account_id)
        return owner_slug(account_id) if known is None else known.viewer

    def _book(self, account_id: str) -> Book:
        return self._books[self.viewer(account_id)]

    def _seen(self, invitation: Invitation, lag: float | None) -> State | None:
        """Return how an invitation stands where it is shown `lag` late; None: not there yet."""
        seconds = self.settings.lag_seconds if lag is None else lag
        then = self.clock.now() - timedelta(seconds=seconds)
        if then < invitation.at:
            return None
        ended_at = invitation.ended_at
        return State.PENDING if ended_at is None or then < ended_at else invitation.state

    # Changing

    def invite(
        self, account: Account, identifier: str, message: str | None
    ) -> tuple[Invitation, int | None]:
        """Send an invitation.

        Return it with the share of the weekly cap in use, in per cent, where a mark was crossed.
        """
        limit = NOTE_LIMIT_FREE if account.tier is Tier.FREE else NOTE_LIMIT
        if not PROVIDER_ID.fullmatch(identifier):
            raise ApiError(
                "invalid_parameters", "User ID does not match provider's expected format."
            )
        if message is not None and len(message) > limit:
            raise ApiError("too_many_characters")
        person = self.recipient(account, identifier)
        self._refuse_repeat(account, person)
        if person.refusal is not None:
            raise ApiError(person.refusal)
        self._refuse_over_cap(account, message)
        invitation = self._enter(account, person, message, by_hand=False)
        return invitation, self._usage(account)

    def invite_by_hand(self, account: Account, person: Person) -> Invitation:
        """Let an account's owner invite somebody in LinkedIn itself: no effect of a call."""
        self._refuse_repeat(account, person)
        return self._enter(account, person, None, by_hand=True)

    def _enter(
        self, account: Account, person: Person, message: str | None, *, by_hand: bool
    ) -> Invitation:
        invitation_id = self._next_id()
        does, seconds = self.settings.what_becomes_of(account.viewer, person)
        self._commit(
            do="invite",
            id=invitation_id,
            account_id=account.id,
            slug=person.slug,
            provider_id=provider_id(account.viewer, person.slug),
            message=message,
            by_hand=by_hand,
            real_at=iso(real_now()),
        )
        invitation = self._by_id[invitation_id]
        if does in ENDS:
            self.end_later(invitation, ENDS[does], invitation.at + timedelta(seconds=seconds))
        return invitation

    def end_later(self, invitation: Invitation, state: State, at: datetime) -> None:
        """Say what becomes of a pending invitation, and when, instead of anything else."""
        self._commit(do="end_later", id=invitation.id, state=state.value, ends_at=iso(at))

    def live(self) -> None:
        """Let everything happen that people were to do by now."""
        while self._ends and self._ends[0][0] <= self.clock.now():
            ends_at, invitation_id = heapq.heappop(self._ends)
            one = self._by_id[invitation_id]
            if one.state is State.PENDING and one.ends_as and one.ends_at == ends_at:
                self._commit(do="end", id=one.id, state=one.ends_as.value, at=iso(ends_at))

    def end(self, invitation_id: str, state: State, account_id: str | None = None) -> Invitation:
        """Withdraw, accept or decline a pending invitation; 404 if it is not pending any more."""
        invitation = self._by_id.get(invitation_id)
        viewer = None if account_id is None else self.accounts[account_id].viewer
        is_others = invitation is None or viewer not in (None, invitation.viewer)
        if invitation is None or is_others or invitation.state is not State.PENDING:
            raise ApiError("resource_not_found", "Invitation not found")
        self._commit(do="end", id=invitation_id, state=state.value)
        return invitation

    def put_account(self, values: Event) -> Account:
        """Add an account, or change the given fields of one."""
        self._commit(do="account", values=values)
        return self.accounts[values["id"]]

    def put_person(self, slug: str, values: Event | None) -> None:
        """Say who has a slug; None: nobody."""
        self._commit(do="person", slug=normalise(slug), values=values)

    def move_person(self, slug: str, moved_to: str) -> None:
        """Say that whoever had a slug has another one now; LinkedIn goes on answering to both."""
        self._commit(do="move", slug=normalise(slug), moved_to=normalise(moved_to))

    def set_degree(self, account: Account, person: Person, degree: Degree) -> None:
        """Set how near a person is; first degree makes a relation now."""
        self._commit(do="degree", account_id=account.id, slug=person.slug, degree=degree.value)

    def receive(self, account: Account, person: Person) -> str:
        """Let a person invite the account; return the invitation's id."""
        invitation_id = self._next_id()
        self._commit(do="receive", id=invitation_id, account_id=account.id, slug=person.slug)
        return invitation_id

    def answer_received(self, account: Account, invitation_id: str, *, accept: bool) -> None:
        """Accept or decline a received invitation; 404 if it is not there."""
        received = self._book(account.id).received.get(invitation_id)
        if received is None:
            raise ApiError("resource_not_found", "Invitation not found")
        self._commit(do="answer", account_id=account.id, id=invitation_id)
        if accept:
            self._commit(
                do="degree",
                account_id=account.id,
                slug=received.slug,
                degree=Degree.FIRST.value,
            )

    def _refuse_repeat(self, account: Account, person: Person) -> None:
        if person.slug == account.owner.slug:
            raise ApiError("cannot_invite_attendee")
        if self.degree(account, person) is Degree.FIRST:
            raise ApiError("already_connected")
        if self.settings.refuse_repeats and self.standing(account, person) is not None:
            raise ApiError(self.settings.repeat_error)
        if self.profile_invitation(account, person) == ("RECEIVED", "PENDING"):
            raise ApiError("cannot_invite_attendee")

    def _refuse_over_cap(self, account: Account, message: str | None) -> None:
        book, now = self._book(account.id), self.clock.now()
        day_cap = self.settings.day_cap if account.day_cap is None else account.day_cap
        note_cap = account.month_note_cap
        if note_cap is None:
            note_cap = self.settings.month_note_cap
        cap_error = account.cap_error or self.settings.cap_error
        if book.sent_since(now - timedelta(days=1)) >= day_cap or book.sent_since(
            now - timedelta(days=7)
        ) >= self._week_cap(account):
            raise ApiError(cap_error)
        if account.tier is not Tier.FREE or message is None or note_cap is None:
            return
        if book.notes_since(now - timedelta(days=30)) >= note_cap:
            raise ApiError(self.settings.note_error or cap_error)

    def _week_cap(self, account: Account) -> int:
        return self.settings.week_cap if account.week_cap is None else account.week_cap

    def _usage(self, account: Account) -> int | None:
        cap = self._week_cap(account)
        used = self._book(account.id).sent_since(self.clock.now() - timedelta(days=7))
        crossed = (mark for mark in USAGE_MARKS if (used - 1) * 100 < mark * cap <= used * 100)
        return next(crossed, None)

    def _next_id(self) -> str:
        """Return a rising 19-digit number, as LinkedIn's are; a restart does not repeat one."""
        fresh = int(real_now().timestamp() * 1000) << 22
        self._last_id = max(self._last_id + 1, fresh)
        return str(self._last_id)

    # Events

    def reset(self, accounts: list[Account]) -> None:
        """Forget everything but `accounts`."""
        self._journal.clear()
        self._start(accounts)

    def _commit(self, **event: Any) -> None:
        event = {"at": iso(self.clock.now())} | event
        self._journal.append(event)
        self._apply(event)

    def _apply(self, event: Event) -> None:
        at = parse(event["at"])
        match event["do"]:
            case "invite":
                self._apply_invite(event, at)
            case "end":
                self._apply_end(self._by_id[event["id"]], State(event["state"]), at)
            case "end_later":
                one, ends_at = self._by_id[event["id"]], parse(event["ends_at"])
                one.ends_as, one.ends_at = State(event["state"]), ends_at
                heapq.heappush(self._ends, (ends_at, one.id))
            case "account":
                self._apply_account(event["values"])
            case "person":
                self.names.describe(event["slug"], event["values"])
            case "move":
                self.names.move(event["slug"], event["moved_to"])
            case "degree":
                degree = Degree(event["degree"])
                self._book(event["account_id"]).connect(event["slug"], degree, at)
            case "receive":
                received = Received(event["id"], event["slug"], at)
                self._book(event["account_id"]).received[received.id] = received
            case "answer":
                self._book(event["account_id"]).received.pop(event["id"], None)
            case other:
                raise ValueError(f"unknown change {other!r}")

    def _apply_invite(self, event: Event, at: datetime) -> None:
        invitation = Invitation(
            id=event["id"],
            account_id=event["account_id"],
            slug=event["slug"],
            provider_id=event["provider_id"],
            message=event["message"],
            at=at,
            real_at=parse(event["real_at"]),
            viewer=self.viewer(event["account_id"]),
            by_hand=event.get("by_hand", False),
        )
        if not invitation.by_hand:
            self.effects.append(invitation)
        self._by_id[invitation.id] = invitation
        self._last_id = max(self._last_id, int(invitation.id))
        self._books[invitation.viewer].add(invitation)

    def _apply_end(self, invitation: Invitation, state: State, at: datetime) -> None:
        invitation.state, invitation.ended_at = state, at
        if state is State.ACCEPTED:
            self._books[invitation.viewer].connect(invitation.slug, Degree.FIRST, at)

    def _apply_account(self, values: Event) -> None:
        known = self.accounts.get(values["id"])
        merged = ({} if known is None else asdict(known)) | values
        merged["tier"] = Tier(merged["tier"])
        merged["status"] = SourceStatus(merged.get("status", SourceStatus.OK))
        self.accounts[merged["id"]] = Account(**merged)
