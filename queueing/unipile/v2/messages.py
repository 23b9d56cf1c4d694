"""V2's chats and messages as plain values. Truth values are booleans, and no message has a type.

So the note of an invitation is a MESSAGE of ours here, known by its text alone.
"""

from typing import Any

from queueing.unipile.answers import Answer, json_object, safe_text
from queueing.unipile.reading import (
    Page,
    check_object,
    contract,
    id_of,
    instant,
    list_of,
    maybe_flag,
    obj,
    optional_id,
    text_of,
)
from queueing.unipile.v2.shapes import ID_LIMIT, page
from queueing.unipile.values import Chat, ChatKind, Message, MessageKind, SentMessage

_CHAT_KINDS = {"1to1": ChatKind.SINGLE, "group": ChatKind.GROUP, "channel": ChatKind.CHANNEL}


def sent_message(answer: Answer, chat_id: str) -> SentMessage:
    """Read the answer to a send; UnipileError UNKNOWN unless it plainly says sent.

    `chat_id`: the chat that was written into, "" where the answer is to tell it.
    """
    body = json_object(answer, reading=False)
    with contract(answer, reading=False):
        check_object(body, "MessageSent" if chat_id else "ChatStarted")
        told = body.get("message_id")
        first = (told[:1] or [None])[0] if isinstance(told, list) else told
        return SentMessage(
            chat_id=chat_id or optional_id(body, "chat_id", ID_LIMIT),
            message_id=optional_id({"message_id": first}, "message_id", ID_LIMIT),
            http_status=answer.status,
            raw=safe_text(answer.body),
        )


def chats_with(answer: Answer) -> list[str]:
    """Read which chats there are with a person; none: there is none."""
    body = json_object(answer, reading=True)
    with contract(answer):
        check_object(body, "ChatLookup")
        return [id_of(obj(one), "chat_id", ID_LIMIT) for one in list_of(body, "data")]


def chat(answer: Answer) -> Chat:
    """Read the answer to GET /chats/{id}."""
    body = json_object(answer, reading=True)
    with contract(answer):
        check_object(body, "Chat")
        return _chat(body)


def chats(answer: Answer) -> Page[Chat]:
    """Read a page of the chats."""
    return page(answer, _chat)


def messages(answer: Answer) -> Page[Message]:
    """Read a page of the messages of a chat."""
    return page(answer, message)


def _chat(told: object) -> Chat:
    item = obj(told)
    return Chat(
        id=id_of(item, "id", ID_LIMIT),
        person_id=optional_id(item, "user_id"),
        kind=_CHAT_KINDS.get(text_of(item.get("type")), ChatKind.UNKNOWN),
        last_at=instant(item.get("last_message_timestamp")),
    )


def message(told: object) -> Message:
    """Read a Message."""
    item = obj(told)
    return Message(
        id=id_of(item, "id", ID_LIMIT),
        chat_id=optional_id(item, "chat_id", ID_LIMIT),
        from_us=maybe_flag(item.get("is_sender")),
        text=text_of(item.get("text")),
        at=instant(item.get("timestamp")),
        kind=_kind_of(item),
        sender_id=optional_id(item, "sender_id", ID_LIMIT),
    )


def _kind_of(told: dict[str, Any]) -> MessageKind:
    if any(maybe_flag(told.get(key)) for key in ("is_hidden", "is_deleted")):
        return MessageKind.REMOVED
    return MessageKind.EVENT if maybe_flag(told.get("is_event")) else MessageKind.MESSAGE
