"""What V1 sends: three webhooks, flat and unsigned, each with the header that we registered.

The body is JSON whatever its content type says (live it is `application/x-www-form-urlencoded`).
There is no event id, so a key is made of what tells two events apart.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.people.slugs import slug_told
from queueing.unipile.answers import safe_text
from queueing.unipile.reading import instant, maybe_flag, read_object, shown, text_of
from queueing.unipile.v1.messages import kind_of, provider_id
from queueing.unipile.v1.shapes import state_of
from queueing.unipile.values import (
    AccountState,
    Event,
    EventKind,
    Message,
    Relation,
    Returned,
)

SECRET_HEADER = "Unipile-Auth"  # the name that Unipile's documentation uses  # noqa: S105
WANTED = {
    "users": ("new_relation",),
    "messaging": ("message_received",),
    # Named one by one: the default set leaves out the good news.
    "account_status": (
        "creation_success",
        "creation_fail",
        "deleted",
        "reconnected",
        "sync_success",
        "stopped",
        "ok",
        "connecting",
        "error",
        "credentials",
        "permissions",
    ),
}
"""The webhook of each source, and the events that it has to tell."""

_STATES = {
    "CREATION_SUCCESS": AccountState.WAITING,
    "RECONNECTED": AccountState.WAITING,
    "SYNC_SUCCESS": AccountState.CONNECTED,
}


class Receiver:
    """V1's webhooks, and its call when somebody has been on the page of a link."""

    def is_genuine(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: dt.datetime
    ) -> bool:
        """Compare the registered header with each secret, in constant time."""
        told = headers.get(SECRET_HEADER.lower(), "").encode("utf-8", "replace")
        fits = [hmac.compare_digest(told, secret.encode()) for secret in secrets if secret]
        return any(fits)

    def parse(self, body: bytes, now: dt.datetime) -> Event:
        """Read an event, or the call to the `notify_url` of a link."""
        told = read_object(body)
        if isinstance(told.get("AccountStatus"), dict):
            return _account_status(told["AccountStatus"], told, now)
        name = shown(told.get("event"))
        if name == "new_relation":
            return _new_relation(told, now)
        if name == "message_received":
            return _message_received(told, body)
        if not name and told.get("status") and told.get("account_id"):
            return _link_used(told)
        return _other(told, name, body)

    def returned(self, query: Mapping[str, str]) -> Returned:
        """Read our own `state`, which we had put into the address."""
        trouble = query.get("error_title") or query.get("error") or query.get("failed", "")
        return Returned(
            state=query.get("state", ""),
            account_id=safe_text(query.get("account_id", ""), 100),
            trouble=safe_text(trouble, 300),
        )


def _new_relation(told: dict[str, Any], now: dt.datetime) -> Event:
    account_id, person = shown(told.get("account_id")), provider_id(told.get("user_provider_id"))
    slug = slug_told(text_of(told.get("user_public_identifier")))
    relation = Relation(
        provider_id=person,
        public_identifier=slug,
        name=shown(told.get("user_full_name")),
        connected_at=instant(told.get("timestamp")),
    )
    at = relation.connected_at
    return Event(
        # Two people part and meet again, in the same words. Not every event has its time: then what
        # comes again on another day is worked off once more, and is no news.
        key=f"new_relation {account_id} {person or slug} {at.isoformat() if at else now.date()}",
        kind=EventKind.NEW_RELATION,
        name="new_relation",
        account_id=account_id,
        at=relation.connected_at,
        relation=relation if relation.names else None,
    )


def _message_received(told: dict[str, Any], body: bytes) -> Event:
    account_id, message_id = shown(told.get("account_id")), shown(told.get("message_id"))
    owner = _in(told, "account_info", "user_id")
    sender = provider_id(_in(told, "sender", "attendee_provider_id"))
    from_us = maybe_flag(told.get("is_sender"))
    if from_us is None and sender and owner:
        from_us = sender == owner
    message = Message(
        id=message_id,
        chat_id=shown(told.get("chat_id")),
        from_us=from_us,
        text=text_of(told.get("message")),
        at=instant(told.get("timestamp")),
        kind=kind_of(told),
        sender_id=sender,
    )
    # Without an id of its own, only the same words again are the same event.
    which = message_id or shown(told.get("provider_message_id")) or _digest(body)
    return Event(
        key=f"message_received {account_id} {which}",
        kind=EventKind.MESSAGE,
        name="message_received",
        account_id=account_id,
        at=message.at,
        message=message,
        in_group=maybe_flag(told.get("is_group")),
        person_id=_other_person(told, sender, owner),
    )


def _other_person(told: dict[str, Any], sender: str, owner: object) -> str:
    """Return the one person of the chat who is not the owner; "" where that is not plain."""
    attendees = told.get("attendees")
    people = {sender} | {
        provider_id(one.get("attendee_provider_id"))
        for one in (attendees if isinstance(attendees, list) else [])
        if isinstance(one, dict)
    }
    others = people - {"", owner}
    return others.pop() if len(others) == 1 and owner else ""


def _account_status(told: dict[str, Any], whole: dict[str, Any], now: dt.datetime) -> Event:
    account_id, word = shown(told.get("account_id")), shown(told.get("message"))
    at = instant(told.get("timestamp")) or instant(whole.get("timestamp"))
    return Event(
        # The second loss in a day is told in the same words as the first.
        key=f"account_status {account_id} {word} {at or now:%Y-%m-%dT%H:%M}",
        kind=EventKind.ACCOUNT_STATUS,
        name=word,
        account_id=account_id,
        at=at,
        state=_STATES.get(word) or state_of(word),
    )


def _link_used(told: dict[str, Any]) -> Event:
    account_id, word = shown(told.get("account_id")), shown(told.get("status"))
    return Event(
        key=f"link {account_id} {shown(told.get('name'))[-40:]}",
        kind=EventKind.ACCOUNT_CONNECTED,
        name=word,
        account_id=account_id,
        at=None,
        connect_state=text_of(told.get("name")),
    )


def _other(told: dict[str, Any], name: str, body: bytes) -> Event:
    return Event(
        key=f"{name or 'unnamed'} {_digest(body)}",
        kind=EventKind.OTHER,
        name=name,
        account_id=shown(told.get("account_id")),
        at=instant(told.get("timestamp")),
    )


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _in(told: dict[str, Any], outer: str, key: str) -> object:
    found = told.get(outer)
    return found.get(key) if isinstance(found, dict) else None
