"""V1's chats and messages as plain values. Truth values are 0 and 1 here, not so elsewhere."""

from typing import Any

from queueing.unipile.answers import Answer, json_object, safe_text
from queueing.unipile.reading import (
    Page,
    check_object,
    contract,
    id_of,
    instant,
    maybe_flag,
    obj,
    optional_id,
    text_of,
)
from queueing.unipile.v1.shapes import page
from queueing.unipile.values import Chat, ChatKind, Message, MessageKind, SentMessage

ID_LIMIT = 200  # of chats and messages, which have a column of this length
_CHAT_KINDS = {0: ChatKind.SINGLE, 1: ChatKind.GROUP, 2: ChatKind.CHANNEL}
_ADVERTS = ("sponsored", "linkedin_offer")
_KINDS = {
    "MESSAGE": MessageKind.MESSAGE,
    "INVITATION": MessageKind.NOTE,
    "INMAIL": MessageKind.INMAIL,
    "INMAIL_REPLY": MessageKind.INMAIL,
    "INMAIL_ACCEPT": MessageKind.INMAIL,
    "INMAIL_DECLINE": MessageKind.INMAIL_DECLINED,
}


def sent_message(answer: Answer, chat_id: str) -> SentMessage:
    """Read the answer to a send; UnipileError UNKNOWN unless it plainly says sent.

    `chat_id`: the chat that was written into, "" where the answer is to tell it.
    """
    body = json_object(answer, reading=False)
    with contract(answer, reading=False):
        check_object(body, "MessageSent" if chat_id else "ChatStarted")
        return SentMessage(
            chat_id=chat_id or optional_id(body, "chat_id", ID_LIMIT),
            message_id=optional_id(body, "message_id", ID_LIMIT),
            http_status=answer.status,
            raw=safe_text(answer.body),
        )


def chat(answer: Answer) -> Chat:
    """Read the answer to GET /chats/{id}."""
    body = json_object(answer, reading=True)
    with contract(answer):
        check_object(body, "Chat")
        return _chat(body)


def chats(answer: Answer) -> Page[Chat]:
    """Read a page of GET /chats, or of the chats with one person."""
    return page(answer, "ChatList", _chat)


def messages(answer: Answer) -> Page[Message]:
    """Read a page of the messages of a chat."""
    return page(answer, "MessageList", _message)


def kind_of(told: dict[str, Any], advert: bool = False) -> MessageKind:
    """Return what a message is; one without a type is an ordinary one."""
    if any(maybe_flag(told.get(key)) for key in ("hidden", "deleted")):
        return MessageKind.REMOVED
    if maybe_flag(told.get("is_event")):
        return MessageKind.EVENT
    if advert or told.get("chat_content_type") in _ADVERTS:
        return MessageKind.ADVERT
    named = told.get("message_type")
    return _KINDS.get(named, MessageKind.UNKNOWN) if named else MessageKind.MESSAGE


def _chat(told: object) -> Chat:
    item = obj(told)
    return Chat(
        id=id_of(item, "id", ID_LIMIT),
        person_id=optional_id(item, "attendee_provider_id"),
        kind=_CHAT_KINDS.get(item.get("type"), ChatKind.UNKNOWN),  # type: ignore[arg-type]
        last_at=instant(item.get("timestamp")),
        is_advert=item.get("content_type") in _ADVERTS,
    )


def _message(told: object) -> Message:
    item = obj(told)
    return Message(
        id=id_of(item, "id", ID_LIMIT),
        chat_id=optional_id(item, "chat_id", ID_LIMIT),
        from_us=maybe_flag(item.get("is_sender")),
        text=text_of(item.get("text")),
        at=instant(item.get("timestamp")),
        kind=kind_of(item),
        sender_id=provider_id(item.get("sender_id")),
    )


def provider_id(told: object) -> str:
    """Return a provider id, "" for another kind of id: Unipile's attendees have one as well."""
    is_one = isinstance(told, str) and told.startswith(("ACo", "ADo")) and len(told) <= 100
    return str(told) if is_one else ""
