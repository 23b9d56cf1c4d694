"""V2: chats and messages, asked of LinkedIn on demand. Truth values are booleans here."""

from __future__ import annotations

from sandbox.asking import JSON, Ask, Operation, required
from sandbox.chats import Chat, Message, Room, other_id
from sandbox.clock import iso
from sandbox.errors import ApiError
from sandbox.model import Account
from sandbox.people import Person, provider_id
from sandbox.v1.messages import within
from sandbox.v2.api import live, paged, user_shape
from sandbox.world import World

INBOX = "CLASSIC_PRIMARY"


def inboxes(world: World, ask: Ask) -> JSON:
    live(world, ask)
    inbox = {"object": "Inbox", "id": INBOX, "description": "Primary", "disabled": False}
    return paged(ask, [inbox], dict)


def start_chat(world: World, ask: Ask) -> JSON:
    body = ask.json_body()
    account = live(world, ask)
    if ask.path.get("inbox_id", INBOX) != INBOX:
        raise ApiError("provider/method_not_allowed", status=405)
    users = body.get("users_ids")
    ids: list[str] = users if isinstance(users, list) else [users or ""]
    if not ids or not all(isinstance(one, str) and one for one in ids):
        raise ApiError("invalid_parameters", "body/users_ids must be string or array of strings")
    if len(ids) > 1:
        raise ApiError("feature_not_implemented", "The sandbox starts chats of two.")
    person = world.chats.recipient(account, ids[0])
    if body.get("text") == "":  # opens the chat, and writes nothing
        chat = world.chats.open(account, person)
        return {"object": "ChatStarted", "chat_id": chat.id, "message_id": None}
    message = world.chats.send(account, person, required(body, "text"))
    return {"object": "ChatStarted", "chat_id": message.chat_id, **_receipt(world, message)}


def send(world: World, ask: Ask) -> JSON:
    body = ask.json_body()
    account = live(world, ask)
    message = world.chats.send(account, None, required(body, "text"), ask.path["chat_id"])
    return {"object": "MessageSent", **_receipt(world, message)}


def _receipt(world: World, message: Message) -> JSON:
    return {"message_id": None if world.settings.null_ids else message.id}


def look_up(world: World, ask: Ask) -> JSON:
    account = live(world, ask)
    person = world.chats.recipient(account, ask.path["identifier"])
    found = [one for one in world.chats.with_person(account, person) if one.room is not Room.GROUP]
    found += [one for one in world.chats.opened(account, person) if one not in found]
    data = [
        {"chat_id": one.id, "inbox_id": INBOX, "has_history": bool(one.messages)} for one in found
    ]
    return {"object": "ChatLookup", "data": data}


def chats(world: World, ask: Ask) -> JSON:
    account = live(world, ask)
    if lacking := {"type", "is_archived", "is_unread"} & ask.query.keys():
        raise ApiError(
            "invalid_parameters", f"querystring/{min(lacking)} is not available on LinkedIn"
        )
    if ask.path.get("inbox_id", INBOX) != INBOX:
        raise ApiError("resource_not_found", "Inbox not found")
    found = within(ask, world.chats.of(account), lambda one: _last(world, one).at)
    return paged(ask, found, lambda one: chat_shape(world, account, one))


def one_chat(world: World, ask: Ask) -> JSON:
    account = live(world, ask)
    return chat_shape(world, account, world.chats.one(account, ask.path["chat_id"]))


def messages(world: World, ask: Ask) -> JSON:
    account = live(world, ask)
    chat = world.chats.one(account, ask.path["chat_id"])
    shown = within(ask, world.chats.shown(chat.messages), lambda one: one.at)
    if (wanted := ask.query.get("user_id")) is not None:
        shown = [one for one in shown if sender_id(account, one) == wanted]
    return paged(ask, shown[::-1], lambda one: message_shape(account, one))


def one_message(world: World, ask: Ask) -> JSON:
    account = live(world, ask)
    chat = world.chats.one(account, ask.path["chat_id"])
    for message in world.chats.shown(chat.messages):
        if message.id == ask.path["message_id"]:
            return message_shape(account, message)
    raise ApiError("resource_not_found", "Message not found")


def participants(world: World, ask: Ask) -> JSON:
    account = live(world, ask)
    chat = world.chats.one(account, ask.path["chat_id"])
    people = [account.owner, world.names.person(chat.slug)]
    found = [one for one in people if one is not None]
    return paged(ask, found, lambda one: _participant(account, one))


def _participant(account: Account, person: Person) -> JSON:
    is_self = person.slug == account.owner.slug
    return {
        "object": "GroupParticipant",
        "user": user_shape(account, person),
        "is_self": is_self,
        "is_admin": False,
    }


def read(world: World, ask: Ask) -> JSON:
    world.chats.one(live(world, ask), ask.path["chat_id"])
    return {"object": "MessageRead"}


def _last(world: World, chat: Chat) -> Message:
    return world.chats.shown(chat.messages)[-1]


def chat_shape(world: World, account: Account, chat: Chat) -> JSON:
    """Return a Chat; one of two tells the other person."""
    is_group = chat.room is Room.GROUP
    person = world.names.person(chat.slug)
    shape: JSON = {
        "object": "Chat",
        "id": chat.id,
        "name": person.full_name if person else "",
        "type": "group" if is_group else "1to1",
        "is_group": is_group,
        "is_1to1": not is_group,
        "is_channel": False,
        "unread_count": 0,
        "is_pinned": False,
        "is_readonly": chat.room is Room.SPONSORED,
        "is_archived": False,
        "muted_until": False,
        "folders": ["INBOX"],
        "provider": "linkedin",
    }
    if world.chats.shown(chat.messages):
        last = _last(world, chat)
        shape["last_message_timestamp"] = iso(last.at)
        shape["last_message"] = {
            "object": "MessagePreview",
            "id": last.id,
            "text": last.text,
            "is_sender": last.from_us,
        }
    if person and not is_group:
        shape |= {"user_id": other_id(chat), "user": user_shape(account, person)}
    return shape


def sender_id(account: Account, message: Message) -> str:
    """Return the id of who wrote a message."""
    slug = account.owner.slug if message.from_us else message.slug
    return provider_id(account.viewer, slug)


def message_shape(account: Account, message: Message) -> JSON:
    """Return a Message. Nothing tells the note of an invitation from another message."""
    return {
        "object": "Message",
        "id": message.id,
        "text": message.text,
        "sender_id": sender_id(account, message),
        "chat_id": message.chat_id,
        "timestamp": iso(message.at),
        "is_sender": message.from_us,
        "is_hidden": False,
        "is_seen": False,
        "is_delivered": True,
        "is_deleted": False,
        "is_edited": False,
        "is_pinned": False,
        "is_event": message.is_event,
        "is_mentionned": False,
        "reactions_counter": [],
        "attachments": [],
        "provider": "linkedin",
    }


ROUTES = (
    Operation("inboxes", "GET", "/{account_id}/inboxes", inboxes),
    Operation("first_message", "POST", "/{account_id}/inboxes/{inbox_id}/chats/send", start_chat),
    Operation("first_message", "POST", "/{account_id}/chats/send", start_chat),
    Operation("message", "POST", "/{account_id}/chats/{chat_id}/messages/send", send),
    Operation("read", "POST", "/{account_id}/chats/{chat_id}/messages/{message_id}/read", read),
    Operation("chats_with", "GET", "/{account_id}/users/{identifier}/chat", look_up),
    Operation("chats", "GET", "/{account_id}/chats", chats),
    Operation("chats", "GET", "/{account_id}/inboxes/{inbox_id}/chats", chats),
    Operation("chat", "GET", "/{account_id}/chats/{chat_id}", one_chat),
    Operation("messages", "GET", "/{account_id}/chats/{chat_id}/messages", messages),
    Operation(
        "one_message", "GET", "/{account_id}/chats/{chat_id}/messages/{message_id}", one_message
    ),
    Operation("participants", "GET", "/{account_id}/chats/{chat_id}/participants", participants),
)
