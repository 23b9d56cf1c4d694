"""Accounts, people and invitations: what may be asked of them. No HTTP."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta

from sandbox import caps
from sandbox.changes import Changes
from sandbox.chats import Chats, Kind
from sandbox.clock import Clock, iso, real_now
from sandbox.errors import ApiError
from sandbox.hooks import Hooks
from sandbox.journal import Journal
from sandbox.links import Links
from sandbox.model import (
    COOLDOWN,
    ENDS,
    NOTE_LIMIT,
    NOTE_LIMIT_FREE,
    Account,
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
from sandbox.people import PROVIDER_ID, Person, normalise, provider_id, slug_of

_SHOWN = (State.PENDING, State.IGNORED, State.WITHDRAWN)  # by a profile, for as long as they stand


class World(Changes):
    """Everything the stand-in knows. Methods raise ApiError as the real service would answer."""

    def __init__(
        self, accounts: list[Account], settings: Settings, clock: Clock, journal: Journal
    ) -> None:
        self.chats, self.hooks, self.links = Chats(self), Hooks(self), Links(self)
        super().__init__(accounts, settings, clock, journal)

    def _start(self, accounts: list[Account]) -> None:
        super()._start(accounts)
        self.chats.clear()
        self.hooks.clear()
        self.links.clear()
        self.gone: dict[str, Account] = {}  # accounts that Unipile knew

    def apply(self, event: Event) -> None:
        """Apply a change, of chats and webhooks too."""
        match event["do"]:
            case "message" | "reply_later" | "chat":
                self._last_id = max(self._last_id, self.chats.apply(event))
            case "hook" | "unhook":
                self.hooks.apply(event)
            case "account_gone":
                gone = self.accounts.pop(event["id"], None)
                if gone is not None:
                    self.gone[gone.id] = gone
            case _:
                super().apply(event)

    def after(self, event: Event) -> None:
        """Let people answer what they were told, and the webhooks tell of it."""
        self.hooks.after_change(event)
        self.chats.after_change(event)

    # Reading

    def account(self, account_id: str) -> Account:
        """Return an account; 404 if Unipile does not have it."""
        try:
            return self.accounts[account_id]
        except KeyError:
            raise ApiError("resource_not_found", "Account not found") from None

    def told_of(self, account_id: str) -> Account | None:
        """Return an account that there is, or was."""
        return self.accounts.get(account_id) or self.gone.get(account_id)

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
        book, now = self._book(account.id), self.clock.now()
        caps.refuse_over_cap(self.settings, account, book, message, now)
        invitation = self._enter(account, person, message, by_hand=False)
        return invitation, caps.usage(self.settings, account, book, now)

    def invite_by_hand(self, account: Account, person: Person) -> Invitation:
        """Let an account's owner invite somebody in LinkedIn itself: no effect of a call."""
        self._refuse_repeat(account, person)
        return self._enter(account, person, None, by_hand=True)

    def _enter(
        self, account: Account, person: Person, message: str | None, *, by_hand: bool
    ) -> Invitation:
        invitation_id = self.next_id()
        does, seconds = self.settings.what_becomes_of(account.viewer, person)
        self.commit(
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
        self.commit(do="end_later", id=invitation.id, state=state.value, ends_at=iso(at))

    def live(self) -> None:
        """Let everything happen that people were to do by now."""
        while self._ends and self._ends[0][0] <= self.clock.now():
            ends_at, invitation_id = heapq.heappop(self._ends)
            one = self._by_id[invitation_id]
            if one.state is State.PENDING and one.ends_as and one.ends_at == ends_at:
                self._end(one, one.ends_as, at=iso(ends_at))
        self.chats.live()

    def end(self, invitation_id: str, state: State, account_id: str | None = None) -> Invitation:
        """Withdraw, accept or decline a pending invitation; 404 if it is not pending any more."""
        invitation = self._by_id.get(invitation_id)
        viewer = None if account_id is None else self.accounts[account_id].viewer
        is_others = invitation is None or viewer not in (None, invitation.viewer)
        if invitation is None or is_others or invitation.state is not State.PENDING:
            raise ApiError("resource_not_found", "Invitation not found")
        self._end(invitation, state)
        return invitation

    def _end(self, invitation: Invitation, state: State, **more: str) -> None:
        """End an invitation. The note of one that was accepted begins the chat of the two."""
        self.commit(do="end", id=invitation.id, state=state.value, **more)
        person = self.names.person(invitation.slug)
        account = self.accounts.get(invitation.account_id)
        if state is State.ACCEPTED and invitation.message and person and account:
            note = {"from_us": True, "kind": Kind.INVITATION.value, **more}
            self.chats.write(account, person, invitation.message, **note)

    def invitation(self, invitation_id: str) -> Invitation:
        """Return an invitation that was sent."""
        return self._by_id[invitation_id]

    def latest(self, account: Account, person: Person) -> Invitation:
        """Return the last invitation of an account to a person."""
        return self._book(account.id).latest[person.slug]

    def put_account(self, values: Event) -> Account:
        """Add an account, or change the given fields of one."""
        self.commit(do="account", values=values)
        return self.accounts[values["id"]]

    def remove_account(self, account_id: str) -> None:
        """Let Unipile forget an account; 404 if it does not have it. LinkedIn forgets nothing."""
        self.commit(do="account_gone", id=self.account(account_id).id)

    def put_person(self, slug: str, values: Event | None) -> None:
        """Say who has a slug; None: nobody."""
        self.commit(do="person", slug=normalise(slug), values=values)

    def move_person(self, slug: str, moved_to: str) -> None:
        """Say that whoever had a slug has another one now; LinkedIn goes on answering to both."""
        self.commit(do="move", slug=normalise(slug), moved_to=normalise(moved_to))

    def set_degree(self, account: Account, person: Person, degree: Degree) -> None:
        """Set how near a person is; first degree makes a relation now."""
        self.commit(do="degree", account_id=account.id, slug=person.slug, degree=degree.value)

    def receive(self, account: Account, person: Person) -> str:
        """Let a person invite the account; return the invitation's id."""
        invitation_id = self.next_id()
        self.commit(do="receive", id=invitation_id, account_id=account.id, slug=person.slug)
        return invitation_id

    def answer_received(self, account: Account, invitation_id: str, *, accept: bool) -> None:
        """Accept or decline a received invitation; 404 if it is not there."""
        received = self._book(account.id).received.get(invitation_id)
        if received is None:
            raise ApiError("resource_not_found", "Invitation not found")
        self.commit(do="answer", account_id=account.id, id=invitation_id)
        if accept:
            self.commit(
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
