"""V1: webhooks, the page of a link, and how what happened is told. Nothing of it is signed."""

from __future__ import annotations

import json
import secrets
from typing import Any

from sandbox.asking import JSON, Ask, Operation, optional, required
from sandbox.chats import Message, Room
from sandbox.clock import iso, parse
from sandbox.delivery import Notice
from sandbox.errors import ApiError
from sandbox.hooks import About, Fact, Hook
from sandbox.model import Account
from sandbox.people import provider_id
from sandbox.v1.messages import attendee_id, paged
from sandbox.world import World

_STATUS_EVENTS = (
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
)
_MESSAGE_EVENTS = (
    "message_received",
    "message_read",
    "message_reaction",
    "message_edited",
    "message_deleted",
    "message_delivered",
)
EVENTS = {
    "users": ("new_relation",),
    "messaging": _MESSAGE_EVENTS,
    "account_status": _STATUS_EVENTS,
}
_DEFAULT = {
    "users": ("new_relation",),
    "messaging": ("message_received",),
    "account_status": tuple(
        one for one in _STATUS_EVENTS if one not in ("connecting", "ok", "stopped")
    ),
}
_OTHER_SOURCES = ("email", "email_tracking", "calendar_event")
# Without a Content-Type of one's own the body is JSON all the same.
_HEADERS = {"User-Agent": "axios/1.7.7", "Content-Type": "application/x-www-form-urlencoded"}


def create(world: World, ask: Ask) -> JSON:
    body = ask.json_body()
    source, url = required(body, "source"), required(body, "request_url")
    if source not in EVENTS and source not in _OTHER_SOURCES:
        raise ApiError("invalid_parameters", "source is not valid.")
    events = body.get("events") or list(_DEFAULT.get(source, ()))
    strange = [one for one in events if one not in EVENTS.get(source, ())]
    if strange and source in EVENTS:
        raise ApiError("invalid_parameters", f"events: {strange[0]} is not one of {source}.")
    hook = Hook(
        id=f"wh-{secrets.token_hex(8)}",
        api="v1",
        url=url,
        events=events,
        source=source,
        headers=list(body.get("headers") or []),
        account_ids=list(body.get("account_ids") or []),
        enabled=body.get("enabled", True),
        name=optional(body, "name") or "",
        format=body.get("format", "json"),
    )
    return {"object": "WebhookCreated", "webhook_id": world.hooks.add(hook).id}


def listed(world: World, ask: Ask) -> JSON:
    return paged(world, ask, world.hooks.of("v1"), lambda one: _shape(world, one), "WebhookList")


def delete(world: World, ask: Ask) -> JSON:
    world.hooks.remove(ask.path["webhook_id"], "v1")
    return {"object": "WebhookDeleted"}


def _shape(world: World, hook: Hook) -> JSON:
    named = [world.accounts[one] for one in hook.account_ids if one in world.accounts]
    return {
        "object": "Webhook",
        "id": hook.id,
        "account_ids": [{"id": one.id, "name": one.label, "type": "LINKEDIN"} for one in named],
        "enabled": hook.enabled,
        "name": hook.name,
        "request_url": hook.url,
        "format": hook.format,
        "headers": hook.headers,
        "data": [],
        "events": hook.events,
        "type": "AUTO",
    }


def link(world: World, ask: Ask) -> JSON:
    body = ask.json_body()
    kind, expires = required(body, "type"), required(body, "expiresOn")
    required(body, "api_url")
    if kind not in ("create", "reconnect"):
        raise ApiError("invalid_parameters", "type must be create or reconnect.")
    account_id = ""
    if kind == "create":
        if not body.get("providers"):
            raise ApiError("missing_parameters", "providers is required.")
    else:
        account_id = world.account(required(body, "reconnect_account")).id
    if not expires.endswith("Z") or "." not in expires:
        raise ApiError("invalid_parameters", "expiresOn must match YYYY-MM-DDTHH:MM:SS.sssZ")
    made = world.links.make(
        api="v1",
        state=optional(body, "name") or "",
        success_url=optional(body, "success_redirect_url") or "",
        failure_url=optional(body, "failure_redirect_url") or "",
        notify_url=optional(body, "notify_url") or "",
        expires_at=parse(expires),
        account_id=account_id,
    )
    return {"object": "HostedAuthUrl", "url": f"{ask.headers['base']}/__hosted__/{made.token}"}


# What is told


def notice(world: World, hook: Hook, fact: Fact) -> Notice | None:
    """Return what one webhook is told of a fact; None where it does not want it."""
    account = world.told_of(fact.account_id)
    if account is None or (hook.account_ids and account.id not in hook.account_ids):
        return None
    name, body = _told(world, hook, account, fact)
    if body is None or name not in hook.events:
        return None
    headers = _HEADERS | {one["key"]: one["value"] for one in hook.headers if "key" in one}
    return Notice(hook.url, json.dumps(body, ensure_ascii=False).encode(), headers, name)


def _told(world: World, hook: Hook, account: Account, fact: Fact) -> tuple[str, JSON | None]:
    if fact.about is About.RELATION and hook.source == "users":
        return "new_relation", _relation(world, hook, account, fact)
    message = world.chats.message(fact.message_id)
    if fact.about is About.MESSAGE and hook.source == "messaging" and message:
        name = "message_reaction" if message.is_event else "message_received"
        return name, _message(world, hook, account, message, name)
    if fact.word and hook.source == "account_status":
        told = {"account_id": account.id, "account_type": "LINKEDIN", "message": fact.word}
        return fact.word.lower(), {"AccountStatus": told}
    return "", None


def _relation(world: World, hook: Hook, account: Account, fact: Fact) -> JSON | None:
    person = world.names.person(fact.slug)
    if person is None:
        return None
    told: JSON = {
        "event": "new_relation",
        "account_id": account.id,
        "account_type": "LINKEDIN",
        "webhook_name": hook.name,
        "user_full_name": person.full_name,
        "user_provider_id": provider_id(account.viewer, person.slug),
        "user_public_identifier": person.address,
        "user_profile_url": f"https://www.linkedin.com/in/{person.address}/",
        "user_picture_url": f"https://media.example.com/{person.slug}.jpg",
    }
    if world.settings.relation_timestamp:
        told["timestamp"] = iso(fact.at)
    return told


def _message(
    world: World, hook: Hook, account: Account, message: Message, name: str
) -> JSON | None:
    person = world.names.person(message.slug)
    if person is None:
        return None
    owner, other = _attendee(account, account.owner), _attendee(account, person)
    is_wrong = world.settings.wrong_sender and world.chats.is_new(message)
    from_us = message.from_us and not is_wrong
    chat = world.chats.one(account, message.chat_id)
    content = {Room.SPONSORED: "sponsored", Room.INMAIL: "inmail"}.get(chat.room)
    told: JSON = {
        "account_id": account.id,
        "account_type": "LINKEDIN",
        "account_info": _account_info(account),
        "event": name,
        "chat_id": message.chat_id,
        "timestamp": iso(message.at),
        "webhook_name": hook.name,
        "message_id": message.id,
        "message": message.text,
        "sender": owner if from_us else other,
        "attendees": [owner, other],
        "attachments": [],
        "subject": None,
        "provider_chat_id": f"2-{message.chat_id}",
        "provider_message_id": f"2-{message.id}",
        "is_event": int(message.is_event),
        "quoted": None,
        "chat_content_type": content,
        "message_type": message.kind.value,
        "is_group": chat.room is Room.GROUP,
        "folder": ["INBOX", "INBOX_LINKEDIN_CLASSIC"],
    }
    if world.settings.sender_told:
        told["is_sender"] = from_us
    return told


def _account_info(account: Account) -> JSON:
    own_id = provider_id(account.viewer, account.owner.slug)
    return {"type": "LINKEDIN", "feature": "classic", "user_id": own_id}


def _attendee(account: Account, person: Any) -> JSON:
    own_id = provider_id(account.viewer, person.slug)
    return {
        "attendee_id": attendee_id(account, person.slug),
        "attendee_name": person.full_name,
        "attendee_provider_id": own_id,
        "attendee_profile_url": f"https://www.linkedin.com/in/{own_id}/",
    }


ROUTES = (
    Operation("create_webhook", "POST", "/webhooks", create, 201),
    Operation("webhooks", "GET", "/webhooks", listed),
    Operation("delete_webhook", "DELETE", "/webhooks/{webhook_id}", delete),
    Operation("link", "POST", "/hosted/accounts/link", link),
)
