"""V1: chats and messages, as its own store has them. Truth values are 0 and 1 here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sandbox.asking import JSON, Ask, Operation, required
from sandbox.chats import Chat, Kind, Message, Room, other_id
from sandbox.clock import iso, parse
from sandbox.cursors import write_cursor
from sandbox.errors import ApiError
from sandbox.model import Account, Degree
from sandbox.people import Person, digest, provider_id
from sandbox.world import World

T = TypeVar("T")

_TYPES = {Room.GROUP: 1}
_CONTENT = {Room.INMAIL: "inmail", Room.SPONSORED: "sponsored"}
_DISTANCE = {
    Degree.FIRST: "DISTANCE_1",
    Degree.SECOND: "DISTANCE_2",
    Degree.THIRD: "DISTANCE_3",
    Degree.OUT: "OUT_OF_NETWORK",
}


def attendee_id(account: Account, slug: str) -> str:
    """Return Unipile's own id of somebody in the account's chats."""
    return f"at-{digest('attendee', account.id, slug):016x}"


def paged(
    world: World, ask: Ask, items: Sequence[T], shape: Callable[[T], JSON], name: str
) -> JSON:
    """Return a page of a list."""
    if world.settings.cursor_alone and "cursor" in ask.query and "limit" in ask.query:
        raise ApiError("invalid_parameters", "Send cursor or limit, not both.")
    start, cursor_limit = ask.offset("cursor")
    limit = ask.limit(default=cursor_limit or 100, most=250)
    page = [shape(one) for one in items[start : start + limit]]
    more = start + limit < len(items)
    cursor = write_cursor(limit=limit, cursor=start + limit) if more else None
    return {"object": name, "items": page, "cursor": cursor}


def within(ask: Ask, items: Sequence[T], at: Callable[[T], Any]) -> list[T]:
    """Return what lies between `after` and `before`, both exclusive; 400 for no instant."""
    try:
        after, before = (ask.query.get(key) for key in ("after", "before"))
        since, until = (parse(text) if text else None for text in (after, before))
    except ValueError:
        raise ApiError("invalid_parameters", "after and before are ISO 8601 instants.") from None
    return [
        one
        for one in items
        if (since is None or at(one) > since) and (until is None or at(one) < until)
    ]


def start_chat(world: World, ask: Ask) -> JSON:
    body = ask.form_body()
    account = world.live_account(required(body, "account_id"))
    attendees = body.get("attendees_ids")
    if not attendees:
        raise ApiError("missing_parameters", "attendees_ids is required.")
    ids = attendees if isinstance(attendees, list) else [attendees]
    if len(ids) > 1:
        raise ApiError("feature_not_implemented", "The sandbox starts chats of two.")
    person = world.chats.recipient(account, str(ids[0]))
    message = world.chats.send(account, person, str(body.get("text", "")))
    return {"object": "ChatStarted", **_ids(world, message, "chat_id", "message_id")}


def send(world: World, ask: Ask) -> JSON:
    body = ask.form_body()
    chat_id = ask.path["chat_id"]
    account_id = body.get("account_id")
    account = _owner(world, chat_id) if account_id is None else world.live_account(str(account_id))
    message = world.chats.send(account, None, str(body.get("text", "")), chat_id)
    return {"object": "MessageSent", **_ids(world, message, "message_id")}


def _ids(world: World, message: Message, *names: str) -> JSON:
    told = {"chat_id": message.chat_id, "message_id": message.id}
    return {name: None if world.settings.null_ids else told[name] for name in names}


def _owner(world: World, chat_id: str) -> Account:
    for account in world.accounts.values():
        if any(one.id == chat_id for one in world.chats.of(account)):
            return account
    raise ApiError("resource_not_found", "Chat not found")


def chats(world: World, ask: Ask) -> JSON:
    ids = (ask.query.get("account_id") or "").split(",")
    wanted = [world.account(one) for one in ids] if ids != [""] else list(world.accounts.values())
    found = [(account, chat) for account in wanted for chat in world.chats.of(account)]
    if ask.query.get("account_type", "LINKEDIN") != "LINKEDIN" or ask.query.get("unread") == "true":
        found = []  # there is no other network here, and all has been read
    found = within(ask, found, lambda pair: world.chats.shown(pair[1].messages)[-1].at)
    return paged(world, ask, found, lambda pair: chat_shape(world, *pair), "ChatList")


def one_chat(world: World, ask: Ask) -> JSON:
    account_id = ask.query.get("account_id")
    chat_id = ask.path["chat_id"]
    account = world.account(account_id) if account_id else _owner(world, chat_id)
    chat = world.chats.one(account, chat_id)
    shown = world.chats.shown(chat.messages)
    last = message_shape(account, shown[-1]) if shown else None
    return chat_shape(world, account, chat) | {"lastMessage": last}


def sync_chat(world: World, ask: Ask) -> JSON:
    _owner(world, ask.path["chat_id"])
    return {"object": "ChatHistorySync", "status": "SYNC_DONE"}


def messages(world: World, ask: Ask) -> JSON:
    account = _owner(world, ask.path["chat_id"])
    chat = world.chats.one(account, ask.path["chat_id"])
    return _messages(world, ask, [(account, one) for one in chat.messages])


def all_messages(world: World, ask: Ask) -> JSON:
    account_id = ask.query.get("account_id")
    wanted = [world.account(account_id)] if account_id else list(world.accounts.values())
    found = [
        (account, one)
        for account in wanted
        for chat in world.chats.of(account)
        for one in chat.messages
    ]
    return _messages(world, ask, found)


def _messages(world: World, ask: Ask, found: list[tuple[Account, Message]]) -> JSON:
    shown = {id(one) for one in world.chats.shown([one for _, one in found])}
    pairs = [pair for pair in found if id(pair[1]) in shown]
    pairs = within(ask, pairs, lambda pair: pair[1].at)
    if wanted := ask.query.get("sender_id"):
        pairs = [pair for pair in pairs if _sender(*pair) == wanted]
    pairs.sort(key=lambda pair: pair[1].at, reverse=True)
    return paged(world, ask, pairs, lambda pair: message_shape(*pair), "MessageList")


def attendees(world: World, ask: Ask) -> JSON:
    account = _owner(world, ask.path["chat_id"])
    chat = world.chats.one(account, ask.path["chat_id"])
    people = [account.owner, world.names.person(chat.slug)]
    found = [one for one in people if one is not None]
    return paged(
        world, ask, found, lambda one: attendee_shape(world, account, one), "ChatAttendeeList"
    )


def chat_attendees(world: World, ask: Ask) -> JSON:
    account = world.account(ask.account_id())
    slugs = {chat.slug for chat in world.chats.of(account)}
    found = [person for slug in sorted(slugs) if (person := world.names.person(slug))]
    return paged(
        world, ask, found, lambda one: attendee_shape(world, account, one), "ChatAttendeeList"
    )


def one_attendee(world: World, ask: Ask) -> JSON:
    for account in world.accounts.values():
        for chat in world.chats.of(account):
            for slug in (account.owner.slug, chat.slug):
                person = world.names.person(slug)
                if person and attendee_id(account, slug) == ask.path["attendee_id"]:
                    return attendee_shape(world, account, person)
    raise ApiError("resource_not_found", "Attendee not found")


def one_message(world: World, ask: Ask) -> JSON:
    message = world.chats.message(ask.path["message_id"])
    if message is None or not world.chats.shown([message]):
        raise ApiError("resource_not_found", "Message not found")
    return message_shape(_owner(world, message.chat_id), message)


def patch_chat(world: World, ask: Ask) -> JSON:
    _owner(world, ask.path["chat_id"])
    if required(ask.json_body(), "action") != "setReadStatus":
        raise ApiError("invalid_action")
    return {"object": "ChatPatched"}


def chats_with(world: World, ask: Ask) -> JSON:
    pairs = [(account, chat) for account, chat in _with(world, ask) if chat.room is not Room.GROUP]
    return paged(world, ask, pairs, lambda pair: chat_shape(world, *pair), "ChatList")


def messages_with(world: World, ask: Ask) -> JSON:
    found = [(account, one) for account, chat in _with(world, ask) for one in chat.messages]
    return _messages(world, ask, [pair for pair in found if not pair[1].from_us])


def _with(world: World, ask: Ask) -> list[tuple[Account, Chat]]:
    """Return the chats with somebody, by Unipile's attendee id or, perhaps, by the provider id."""
    wanted, account_id = ask.path["attendee_id"], ask.query.get("account_id")
    accounts = [world.account(account_id)] if account_id else list(world.accounts.values())
    how = world.settings.attendee_route
    found = []
    for account in accounts:
        for chat in world.chats.of(account):
            by_provider_id = other_id(chat) == wanted and how == "works"
            if attendee_id(account, chat.slug) == wanted or by_provider_id:
                found.append((account, chat))
    if not found and how == "missing":
        raise ApiError("resource_not_found", "Attendee not found")
    return found


def chat_shape(world: World, account: Account, chat: Chat) -> JSON:
    """Return a Chat; one of two tells the other person."""
    last = world.chats.shown(chat.messages)
    shape: JSON = {
        "object": "Chat",
        "id": chat.id,
        "account_id": account.id,
        "account_type": "LINKEDIN",
        "provider_id": f"2-{chat.id}",
        "name": None,
        "type": _TYPES.get(chat.room, 0),
        "timestamp": iso(last[-1].at) if last else None,
        "unread_count": 0,
        "archived": 0,
        "muted_until": None,
        "read_only": 0,
        "folder": ["INBOX", "INBOX_LINKEDIN_CLASSIC"],
    }
    if chat.room is not Room.GROUP:
        shape["attendee_provider_id"] = other_id(chat)
    if chat.room in _CONTENT:
        shape["content_type"] = _CONTENT[chat.room]
    return shape


def _sender(account: Account, message: Message) -> str:
    slug = account.owner.slug if message.from_us else message.slug
    return provider_id(account.viewer, slug)


def message_shape(account: Account, message: Message) -> JSON:
    """Return a Message."""
    slug = account.owner.slug if message.from_us else message.slug
    return {
        "object": "Message",
        "id": message.id,
        "account_id": account.id,
        "chat_id": message.chat_id,
        "chat_provider_id": f"2-{message.chat_id}",
        "provider_id": f"2-{message.id}",
        "sender_id": _sender(account, message),
        "sender_attendee_id": attendee_id(account, slug),
        "text": message.text,
        "timestamp": iso(message.at),
        "is_sender": int(message.from_us),
        "seen": 0,
        "seen_by": {},
        "delivered": 1,
        "hidden": 0,
        "deleted": 0,
        "edited": 0,
        "is_event": int(message.is_event),
        "reactions": [],
        "attachments": [],
        "behavior": None,
        "original": "",
        "message_type": Kind(message.kind).value,
    }


def attendee_shape(world: World, account: Account, person: Person) -> JSON:
    """Return a ChatAttendee."""
    is_self = person.slug == account.owner.slug
    specifics: JSON = {
        "provider": "LINKEDIN",
        "member_urn": f"urn:li:member:{digest('member', person.slug) % 10**9}",
        "headline": person.headline or "",
    }
    if not is_self:  # the official client does not take SELF
        specifics["network_distance"] = _DISTANCE[world.degree(account, person)]
    return {
        "object": "ChatAttendee",
        "id": attendee_id(account, person.slug),
        "account_id": account.id,
        "provider_id": provider_id(account.viewer, person.slug),
        "name": person.full_name,
        "is_self": int(is_self),
        "hidden": 0,
        "profile_url": f"https://www.linkedin.com/in/{person.address}",
        "specifics": specifics,
    }


ROUTES = (
    Operation("first_message", "POST", "/chats", start_chat, 201),
    Operation("message", "POST", "/chats/{chat_id}/messages", send, 201),
    Operation("chats", "GET", "/chats", chats),
    Operation("chat", "GET", "/chats/{chat_id}", one_chat),
    Operation("messages", "GET", "/chats/{chat_id}/messages", messages),
    Operation("sync_chat", "GET", "/chats/{chat_id}/sync", sync_chat),
    Operation("attendees", "GET", "/chats/{chat_id}/attendees", attendees),
    Operation("patch_chat", "PATCH", "/chats/{chat_id}", patch_chat),
    Operation("one_message", "GET", "/messages/{message_id}", one_message),
    Operation("attendee", "GET", "/chat_attendees/{attendee_id}", one_attendee),
    Operation("all_messages", "GET", "/messages", all_messages),
    Operation("chat_attendees", "GET", "/chat_attendees", chat_attendees),
    Operation("chats_with", "GET", "/chat_attendees/{attendee_id}/chats", chats_with),
    Operation("messages_with", "GET", "/chat_attendees/{attendee_id}/messages", messages_with),
)
