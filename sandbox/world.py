"""Accounts, people and invitations: plain state, no HTTP.

Every change is an event that is first kept in the journal and then applied, so that replaying
the journal gives the same world again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sandbox.clock import Clock, iso, parse, real_now
from sandbox.errors import ApiError
from sandbox.journal import Journal, JournalError
from sandbox.model import (
    COOLDOWN,
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
)
from sandbox.people import (
    MAX_SLUG,
    MISSING_PREFIX,
    PROVIDER_ID,
    Person,
    digest,
    invent,
    normalise,
    slug_of,
)


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
        self._people: dict[str, Person | None] = {}
        self._moved: dict[str, str] = {}
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

    def person(self, slug: str) -> Person | None:
        """Return who has this slug; None if nobody does."""
        slug = normalise(slug)
        slug = self._moved.get(slug, slug)
        if slug in self._people:
            return self._people[slug]
        if not 1 <= len(slug) <= MAX_SLUG or slug.startswith(MISSING_PREFIX):
            return None
        return invent(slug)

    def find(self, account: Account, identifier: str) -> Person:
        """Return the person behind a slug or a provider id of this account's own.

        404 for a slug of nobody, 422 for an id that is not valid for this account.
        """
        if PROVIDER_ID.fullmatch(identifier):
            return self.recipient(account, identifier)
        person = self.person(identifier)
        if person is None:
            raise ApiError("resource_not_found", "User not found")
        return person

    def recipient(self, account: Account, identifier: str) -> Person:
        """Return the person behind a provider id; 422 if it is not this account's own."""
        slug = slug_of(account.id, identifier)
        person = None if slug is None else self.person(slug)
        if person is None:
            raise ApiError("invalid_recipient")
        return person

    def degree(self, account: Account, person: Person) -> Degree:
        """Return how near the account is to a person."""
        known = self._books[account.id].degrees.get(person.slug)
        if known is not None:
            return known
        luck = digest("degree", account.id, person.slug) % 32
        return Degree.OUT if luck == 0 else Degree.THIRD if luck < 8 else Degree.SECOND

    def standing(self, account: Account, person: Person) -> Invitation | None:
        """Return the sent invitation that still counts: pending, or ended within the cool-down."""
        latest = self._books[account.id].latest.get(person.slug)
        if latest is None or latest.state in (State.PENDING, State.ACCEPTED):
            return latest if latest and latest.state is State.PENDING else None
        ended_at = latest.ended_at or latest.at
        return latest if self.clock.now() < ended_at + COOLDOWN else None

    def profile_invitation(self, account: Account, person: Person) -> tuple[str, str] | None:
        """Return (type, status) as the profile shows it; None if it shows none."""
        if any(r.slug == person.slug for r in self._books[account.id].received.values()):
            return ("RECEIVED", "PENDING")
        standing = self.standing(account, person)
        if standing is None or standing.state is State.DECLINED:
            return None
        lag = self.settings.profile_lag_seconds
        if standing.state is State.PENDING and not self._shows(standing, lag):
            return None
        return ("SENT", standing.state.value)

    def pending(self, account: Account) -> list[Invitation]:
        """Return the visible pending invitations, newest first."""
        found = [
            invitation
            for invitation in self._books[account.id].latest.values()
            if invitation.state is State.PENDING and self._shows(invitation, None)
        ]
        return sorted(found, key=lambda one: (one.at, int(one.id)), reverse=True)

    def received(self, account: Account) -> list[Received]:
        """Return the pending invitations others sent to the account, newest first."""
        return sorted(
            self._books[account.id].received.values(), key=lambda one: one.at, reverse=True
        )

    def relations(self, account: Account) -> list[tuple[Person, datetime]]:
        """Return the account's connections with the instant each was made, newest first."""
        found = self._books[account.id].connected_at.items()
        people = [(person, at) for slug, at in found if (person := self.person(slug))]
        return sorted(people, key=lambda pair: pair[1], reverse=True)

    def _shows(self, invitation: Invitation, lag: float | None) -> bool:
        seconds = self.settings.lag_seconds if lag is None else lag
        return self.clock.now() >= invitation.at + timedelta(seconds=seconds)

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
        self._refuse_over_cap(account, message)
        invitation_id = self._next_id()
        self._commit(
            do="invite",
            id=invitation_id,
            account_id=account.id,
            slug=person.slug,
            provider_id=identifier,
            message=message,
            real_at=iso(real_now()),
        )
        return self._by_id[invitation_id], self._usage(account)

    def end(self, invitation_id: str, state: State, account_id: str | None = None) -> Invitation:
        """Withdraw, accept or decline a pending invitation; 404 if it is not pending any more."""
        invitation = self._by_id.get(invitation_id)
        if invitation is None or (account_id is not None and invitation.account_id != account_id):
            raise ApiError("resource_not_found", "Invitation not found")
        if invitation.state is not State.PENDING:
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
        received = self._books[account.id].received.get(invitation_id)
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
            raise ApiError("already_invited_recently")
        if self.profile_invitation(account, person) == ("RECEIVED", "PENDING"):
            raise ApiError("cannot_invite_attendee")

    def _refuse_over_cap(self, account: Account, message: str | None) -> None:
        book, now = self._books[account.id], self.clock.now()
        day_cap = self.settings.day_cap if account.day_cap is None else account.day_cap
        note_cap = account.month_note_cap
        if note_cap is None:
            note_cap = self.settings.month_note_cap
        over = (
            book.sent_since(now - timedelta(days=1)) >= day_cap
            or book.sent_since(now - timedelta(days=7)) >= self._week_cap(account)
            or (
                account.tier is Tier.FREE
                and message is not None
                and note_cap is not None
                and book.notes_since(now - timedelta(days=30)) >= note_cap
            )
        )
        if over:
            raise ApiError(account.cap_error or self.settings.cap_error)

    def _week_cap(self, account: Account) -> int:
        return self.settings.week_cap if account.week_cap is None else account.week_cap

    def _usage(self, account: Account) -> int | None:
        cap = self._week_cap(account)
        used = self._books[account.id].sent_since(self.clock.now() - timedelta(days=7))
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
        event["at"] = iso(self.clock.now())
        self._journal.append(event)
        self._apply(event)

    def _apply(self, event: Event) -> None:
        at = parse(event["at"])
        match event["do"]:
            case "invite":
                self._apply_invite(event, at)
            case "end":
                self._apply_end(self._by_id[event["id"]], State(event["state"]), at)
            case "account":
                self._apply_account(event["values"])
            case "person":
                self._people[event["slug"]] = _described(event["slug"], event["values"])
            case "move":
                self._moved[event["slug"]] = event["moved_to"]
            case "degree":
                degree = Degree(event["degree"])
                self._books[event["account_id"]].connect(event["slug"], degree, at)
            case "receive":
                received = Received(event["id"], event["slug"], at)
                self._books[event["account_id"]].received[received.id] = received
            case "answer":
                self._books[event["account_id"]].received.pop(event["id"], None)
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
        )
        self.effects.append(invitation)
        self._by_id[invitation.id] = invitation
        self._last_id = max(self._last_id, int(invitation.id))
        self._books[invitation.account_id].add(invitation)

    def _apply_end(self, invitation: Invitation, state: State, at: datetime) -> None:
        invitation.state, invitation.ended_at = state, at
        if state is State.ACCEPTED:
            self._books[invitation.account_id].connect(invitation.slug, Degree.FIRST, at)

    def _apply_account(self, values: Event) -> None:
        known = self.accounts.get(values["id"])
        merged = ({} if known is None else asdict(known)) | values
        merged["tier"] = Tier(merged["tier"])
        merged["status"] = SourceStatus(merged.get("status", SourceStatus.OK))
        self.accounts[merged["id"]] = Account(**merged)


def _described(slug: str, values: Event | None) -> Person | None:
    """Return the invented person with the given fields instead, and no field left empty by luck."""
    if values is None:
        return None
    plain = invent(slug)
    named: Event = {
        "first_name": plain.first_name or "Ada",
        "last_name": plain.last_name or "Example",
    }
    located: Event = {"location": plain.location or "Lisbon, Portugal", "quirk": -1}
    return replace(plain, **(named | located | values))
