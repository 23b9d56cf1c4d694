"""Webhooks: who wants to be told, and what there is to tell. How it is worded is each face's."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sandbox.clock import iso, parse
from sandbox.errors import ApiError
from sandbox.model import Degree, Event, State

if TYPE_CHECKING:
    from sandbox.world import World


class About(StrEnum):
    RELATION = "relation"
    MESSAGE = "message"
    STATUS = "status"
    CONNECTED = "connected"  # somebody has been on the page of a link
    SYNCED = "synced"  # what was written before has been read
    LOCK = "lock"
    REMOVED = "removed"


@dataclass(slots=True)
class Hook:
    """A registered webhook. `source` and `headers` are V1's, `secret` is V2's."""

    id: str
    api: str
    url: str
    events: list[str]
    source: str = ""
    headers: list[dict[str, str]] = field(default_factory=list)
    account_ids: list[str] = field(default_factory=list)
    enabled: bool = True
    name: str = ""
    format: str = "json"
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something to tell. `word`: the status, or how a link ended; `state` came with the link.

    `word` is V1's, and `v2_word` V2's without `account.`; "" where that version does not tell it.
    """

    id: str
    about: About
    account_id: str
    at: datetime
    due: datetime
    slug: str = ""
    message_id: str = ""
    word: str = ""
    v2_word: str = ""
    state: str = ""


@dataclass(slots=True)
class Try:
    """One delivery that was tried. `status` is None where no answer came."""

    fact_id: str
    event: str
    url: str
    attempt: int
    at: str
    status: int | None
    hook_id: str = ""
    answer: str = ""


class Hooks:
    """The registered webhooks of a world, and the facts that they have not been told."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._numbers = itertools.count(1)
        self.clear()

    def clear(self) -> None:
        """Forget all webhooks and all facts."""
        self.hooks: dict[str, Hook] = {}
        self.waiting: list[Fact] = []
        self.tries: list[Try] = []
        self.syncing: set[str] = set()  # accounts whose messages are read anew

    def add(self, hook: Hook) -> Hook:
        """Register a webhook, or change one."""
        self._world.commit(do="hook", values=asdict(hook))
        return self.hooks[hook.id]

    def find(self, hook_id: str, api: str) -> Hook:
        """Return a webhook; 404 if there is none."""
        found = self.hooks.get(hook_id)
        if found is None or found.api != api:
            raise ApiError("resource_not_found", "Webhook not found")
        return found

    def remove(self, hook_id: str, api: str) -> None:
        """Delete a webhook; 404 if there is none."""
        self._world.commit(do="unhook", id=self.find(hook_id, api).id)

    def of(self, api: str) -> list[Hook]:
        """Return the webhooks of a version."""
        return [one for one in self.hooks.values() if one.api == api]

    def apply(self, event: Event) -> None:
        """Apply a change of the journal."""
        if event["do"] == "hook":
            hook = Hook(**event["values"])
            self.hooks[hook.id] = hook
        else:
            self.hooks.pop(event["id"], None)

    def tell(self, about: About, account_id: str, *, after: float = 0.0, **more: Any) -> Fact:
        """Note a fact, to be told `after` seconds of the sandbox's clock."""
        now = self._world.clock.now()
        at = more.pop("at", now)
        fact = Fact(
            id=f"evt_{next(self._numbers):06d}{int(at.timestamp()):x}",
            about=about,
            account_id=account_id,
            at=at,
            due=now + timedelta(seconds=after),
            **more,
        )
        self.waiting.append(fact)
        return fact

    def resync(self, account_id: str) -> str:
        """Begin to read an account's messages anew; the next question is told that it is done."""
        begins = account_id not in self.syncing
        self.syncing ^= {account_id}
        if begins:
            self.tell(About.SYNCED, account_id, word="SYNC_SUCCESS")
        return "SYNC_STARTED" if begins else "SYNC_DONE"

    def due(self) -> list[Fact]:
        """Take the facts whose time has come."""
        now = self._world.clock.now()
        found = [one for one in self.waiting if one.due <= now]
        self.waiting = [one for one in self.waiting if one.due > now]
        return found

    def after_change(self, event: Event) -> None:
        """Note what there is to tell of a change that has just been applied."""
        settings = self._world.settings
        match event["do"]:
            case "end" if event["state"] == State.ACCEPTED:
                one = self._world.invitation(event["id"])
                self._connected(one.account_id, one.slug, parse(event["at"]))
            case "degree" if event["degree"] == Degree.FIRST:
                self._connected(event["account_id"], event["slug"], parse(event["at"]))
            case "message" if not event.get("untold"):
                self.tell(
                    About.MESSAGE,
                    event["account_id"],
                    after=settings.message_lag_seconds,
                    message_id=event["id"],
                    slug=event["slug"],
                    at=parse(event["at"]),
                )
            case "account":
                self._account_changed(event["values"])
            case "account_gone":
                self.tell(About.REMOVED, event["id"], word="DELETED", v2_word="remove")

    def _account_changed(self, values: Event) -> None:
        account = self._world.accounts[values["id"]]
        word, status = values.get("status", ""), f"status.{account.status_in_v2}"
        if word and (word != "OK" or self._world.settings.ok_events):
            self.tell(About.STATUS, account.id, word=word, v2_word=status)
        elif {"v2_status", "products"} & values.keys():
            self.tell(About.STATUS, account.id, v2_word=status)
        if "locked" in values:
            told = "locked" if account.locked else "unlocked"
            self.tell(About.LOCK, account.id, v2_word=told)

    def _connected(self, account_id: str, slug: str, at: datetime) -> None:
        after = self._world.settings.webhook_delay_seconds
        self.tell(About.RELATION, account_id, slug=slug, at=at, after=after)

    def listed(self) -> list[dict[str, Any]]:
        """Return the facts that wait, as JSON."""
        return [asdict(one) | {"at": iso(one.at), "due": iso(one.due)} for one in self.waiting]
