"""What a world holds, and how it changes.

Every change is an event that is first kept in the journal and then applied, so that replaying
the journal gives the same world again.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sandbox.clock import Clock, iso, parse, real_now
from sandbox.journal import Journal, JournalError
from sandbox.model import (
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
from sandbox.names import Names
from sandbox.people import owner_slug


class Changes:
    """State and journal. `World` says what may be asked of it."""

    def __init__(
        self, accounts: list[Account], settings: Settings, clock: Clock, journal: Journal
    ) -> None:
        """Start with `accounts` and replay the journal. JournalError if that does not fit."""
        self.settings, self.clock, self._journal = settings, clock, journal
        self._last_id = 0
        self._start(accounts)
        for event in journal.replay():
            try:
                self.apply(event)
            except (KeyError, TypeError, ValueError) as error:
                raise JournalError(f"the state file holds an unusable change: {event}") from error

    def _start(self, accounts: list[Account]) -> None:
        self.accounts = {account.id: replace(account) for account in accounts}
        self.effects: list[Invitation] = []
        self._by_id: dict[str, Invitation] = {}
        self._ends: list[tuple[datetime, str]] = []  # a heap: when something becomes of which
        self.names = Names()
        self._books: defaultdict[str, Book] = defaultdict(Book)

    def reset(self, accounts: list[Account]) -> None:
        """Forget everything but `accounts`."""
        self._journal.clear()
        self._start(accounts)

    def commit(self, **event: Any) -> None:
        """Keep a change and apply it."""
        event = {"at": iso(self.clock.now())} | event
        self._journal.append(event)
        self.apply(event)
        self.after(event)

    def after(self, event: Event) -> None:
        """See what follows from a change that has just been made, and was not replayed."""

    def next_id(self) -> str:
        """Return a rising 19-digit number, as LinkedIn's are; a restart does not repeat one."""
        fresh = int(real_now().timestamp() * 1000) << 22
        self._last_id = max(self._last_id + 1, fresh)
        return str(self._last_id)

    def viewer(self, account_id: str) -> str:
        """Return who is logged in with an account, also one that is not here any more."""
        known = self.accounts.get(account_id)
        return owner_slug(account_id) if known is None else known.viewer

    def _book(self, account_id: str) -> Book:
        return self._books[self.viewer(account_id)]

    def apply(self, event: Event) -> None:
        """Apply a change. ValueError for one that nobody knows."""
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
            case "degree" | "receive" | "answer":
                self._apply_standing(event, at)
            case other:
                raise ValueError(f"unknown change {other!r}")

    def _apply_standing(self, event: Event, at: datetime) -> None:
        book = self._book(event["account_id"])
        if event["do"] == "degree":
            book.connect(event["slug"], Degree(event["degree"]), at)
        elif event["do"] == "receive":
            book.received[event["id"]] = Received(event["id"], event["slug"], at)
        else:
            book.received.pop(event["id"], None)

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
