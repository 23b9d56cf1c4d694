"""What people wrote to each other: chats of two, and the few others that LinkedIn has."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sandbox.clock import iso, parse, real_now
from sandbox.errors import ApiError
from sandbox.model import Account, Degree, Event
from sandbox.people import PROVIDER_ID, Person, digest, provider_id

if TYPE_CHECKING:
    from sandbox.world import World

TEXT_LIMIT = 8000


class Kind(StrEnum):
    """What a message is, in V1's words; V2 tells none of them."""

    MESSAGE = "MESSAGE"
    INVITATION = "INVITATION"  # the note of an invitation that was accepted
    INMAIL = "INMAIL"
    INMAIL_REPLY = "INMAIL_REPLY"
    INMAIL_DECLINE = "INMAIL_DECLINE"


class Room(StrEnum):
    """What a chat is: one of two, or one whose messages are no answers."""

    DIRECT = "direct"
    INMAIL = "inmail"
    SPONSORED = "sponsored"
    GROUP = "group"


@dataclass(slots=True)
class Message:
    """`slug` is the other person of the chat; `from_us`: the account's owner wrote it.

    `by_call`: through the API. `is_event`: a reaction, or somebody joined.
    """

    id: str
    chat_id: str
    viewer: str
    account_id: str
    slug: str
    from_us: bool
    text: str
    at: datetime
    real_at: datetime
    kind: Kind = Kind.MESSAGE
    by_call: bool = False
    is_event: bool = False


@dataclass(slots=True)
class Chat:
    """One chat as the account's owner sees it."""

    id: str
    viewer: str
    slug: str
    room: Room
    messages: list[Message] = field(default_factory=list)


def chat_id(viewer: str, slug: str, room: Room) -> str:
    """Return the id of the one chat of two people in such a room."""
    return f"ch-{digest('chat', viewer, slug, room):016x}=="


class Chats:
    """All chats of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.clear()

    def clear(self) -> None:
        """Forget all chats."""
        self._chats: dict[str, Chat] = {}
        self._by_id: dict[str, Message] = {}
        # A heap: when, to which account, who, what.
        self._replies: list[tuple[datetime, str, str, str]] = []

    @property
    def effects(self) -> list[Message]:
        """Return every message that a call really sent, oldest first."""
        return [one for one in self.all if one.by_call]

    @property
    def all(self) -> list[Message]:
        """Return every message, whoever wrote it, in the order in which they were entered."""
        return list(self._by_id.values())

    def is_new(self, message: Message) -> bool:
        """Return whether a message is the first of its chat."""
        return self._chats[message.chat_id].messages[0] is message

    # Reading

    def of(self, account: Account) -> list[Chat]:
        """Return the account's chats that show, the one last written in first."""
        found = [
            one
            for one in self._chats.values()
            if one.viewer == account.viewer and self.shown(one.messages)
        ]
        return sorted(found, key=lambda one: self.shown(one.messages)[-1].at, reverse=True)

    def one(self, account: Account, wanted: str) -> Chat:
        """Return a chat of the account's; 404 for another's."""
        found = self._chats.get(wanted)
        if found is None or found.viewer != account.viewer:
            raise ApiError("resource_not_found", "Chat not found")
        return found

    def with_person(self, account: Account, person: Person) -> list[Chat]:
        """Return the chats of two with a person."""
        return [one for one in self.of(account) if one.slug == person.slug]

    def message(self, message_id: str) -> Message | None:
        """Return a message."""
        return self._by_id.get(message_id)

    def shown(self, messages: list[Message]) -> list[Message]:
        """Return what is old enough to show, oldest first."""
        settings = self._world.settings
        then = self._world.clock.now() - timedelta(seconds=settings.message_lag_seconds)
        return [one for one in messages if one.at <= then]

    # Writing

    def send(self, account: Account, person: Person | None, text: str, wanted: str = "") -> Message:
        """Send a message for a call, into a chat or to a person."""
        if not text.strip():
            raise ApiError("missing_parameters", "text is required.")
        if len(text) > TEXT_LIMIT:
            raise ApiError("too_many_characters")
        room, slug = Room.DIRECT, person.slug if person else ""
        if wanted:
            found = self.one(account, wanted)
            room, slug = found.room, found.slug
        other = self._world.names.person(slug)
        if other is None:
            raise ApiError("invalid_recipient")
        if other.message_refusal is not None:
            raise ApiError(other.message_refusal)
        if room is Room.DIRECT:
            self._refuse_stranger(account, other)
        self._refuse_over_cap(account)
        return self.write(account, other, text, from_us=True, room=room, by_call=True)

    def open(self, account: Account, person: Person) -> Chat:
        """Begin the chat of two without a word, or return the one there is."""
        self._refuse_stranger(account, person)
        wanted = chat_id(account.viewer, person.slug, Room.DIRECT)
        if wanted not in self._chats:
            self._world.commit(do="chat", account_id=account.id, slug=person.slug)
        return self._chats[wanted]

    def opened(self, account: Account, person: Person) -> list[Chat]:
        """Return the chat of two if there is one, also without a word in it."""
        found = self._chats.get(chat_id(account.viewer, person.slug, Room.DIRECT))
        return [found] if found is not None and not found.messages else []

    def recipient(self, account: Account, identifier: str) -> Person:
        """Return who has a provider id; 400 for what is none."""
        if not PROVIDER_ID.fullmatch(identifier):
            raise ApiError(
                "invalid_parameters", "User ID does not match provider's expected format."
            )
        return self._world.recipient(account, identifier)

    def write(self, account: Account, person: Person, text: str, **more: Any) -> Message:
        """Enter a message, whoever wrote it; `more`: from_us, room, kind, by_call, is_event, at."""
        room = Room(more.pop("room", Room.DIRECT))
        message_id = f"ms-{self._world.next_id()}"
        self._world.commit(
            do="message",
            id=message_id,
            account_id=account.id,
            slug=person.slug,
            text=text,
            room=room.value,
            real_at=iso(real_now()),
            **more,
        )
        return self._by_id[message_id]

    def _refuse_stranger(self, account: Account, person: Person) -> None:
        if self._world.degree(account, person) is not Degree.FIRST:
            raise ApiError(
                "no_connection_with_recipient",
                "The recipient appears not to be first degree connection.",
            )

    def _refuse_over_cap(self, account: Account) -> None:
        since = self._world.clock.now() - timedelta(days=1)
        sent = [one for one in self.effects if one.viewer == account.viewer and one.at > since]
        if len(sent) >= self._world.settings.day_message_cap:
            raise ApiError("limit_exceeded")

    def after_change(self, event: Event) -> None:
        """Let somebody who was written to, or has accepted, answer later: by luck, or as told."""
        account = self._world.accounts.get(event.get("account_id", ""))
        if event["do"] != "message" or not event["from_us"] or account is None:
            return
        person = self._world.names.person(event["slug"])
        written = self._chats[chat_id(account.viewer, event["slug"], Room(event["room"]))].messages
        if person is None or not all(one.from_us for one in written):
            return
        settings = self._world.settings
        who = (str(settings.people_seed), account.viewer, person.slug, str(len(written)))
        luck, haste = (digest(what, *who) / 2**64 for what in "rw")
        if person.replies is None and luck >= settings.reply_rate:
            return
        seconds = settings.reply_seconds * haste if person.replies is None else person.after_seconds
        self._world.commit(
            do="reply_later",
            account_id=account.id,
            slug=person.slug,
            text=person.replies or "Thank you, that sounds good.",
            ends_at=iso(parse(event["at"]) + timedelta(seconds=seconds)),
        )

    def live(self) -> None:
        """Let everybody write who was to write by now."""
        while self._replies and self._replies[0][0] <= self._world.clock.now():
            at, account_id, slug, text = heapq.heappop(self._replies)
            account, person = self._world.accounts.get(account_id), self._world.names.person(slug)
            if account is not None and person is not None:
                self.write(account, person, text, from_us=False, at=iso(at), was_due=iso(at))

    def apply(self, event: Event) -> int:
        """Apply a change of the journal; return the number of the message's id, or 0."""
        at = parse(event["at"])
        if event["do"] == "reply_later":
            due = (parse(event["ends_at"]), event["account_id"], event["slug"], event["text"])
            heapq.heappush(self._replies, due)
            return 0
        viewer, room = self._world.viewer(event["account_id"]), Room(event.get("room", Room.DIRECT))
        if event["do"] == "chat":
            begun = chat_id(viewer, event["slug"], room)
            self._chats.setdefault(begun, Chat(begun, viewer, event["slug"], room))
            return 0
        wanted = chat_id(viewer, event["slug"], room)
        message = Message(
            id=event["id"],
            chat_id=wanted,
            viewer=viewer,
            account_id=event["account_id"],
            slug=event["slug"],
            from_us=event["from_us"],
            text=event["text"],
            at=at,
            real_at=parse(event["real_at"]),
            kind=Kind(event.get("kind", Kind.MESSAGE)),
            by_call=event.get("by_call", False),
            is_event=event.get("is_event", False),
        )
        chat = self._chats.setdefault(wanted, Chat(wanted, viewer, event["slug"], room))
        chat.messages.append(message)
        chat.messages.sort(key=lambda one: one.at)
        self._by_id[message.id] = message
        if was_due := event.get("was_due"):
            done = (parse(was_due), message.account_id, message.slug)
            self._replies = [one for one in self._replies if one[:3] != done]
            heapq.heapify(self._replies)
        return int(message.id.removeprefix("ms-"))


def other_id(chat: Chat) -> str:
    """Return the provider id of the other person of a chat."""
    return provider_id(chat.viewer, chat.slug)
