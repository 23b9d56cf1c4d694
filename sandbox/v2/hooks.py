"""V2: webhook endpoints, which need a service key, the page of a link, and the signed events."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets

from sandbox.asking import JSON, Ask, Operation, optional, required
from sandbox.clock import iso, parse, real_now
from sandbox.delivery import Notice
from sandbox.errors import ApiError
from sandbox.hooks import About, Fact, Hook, Try
from sandbox.links import wire_id
from sandbox.model import Account
from sandbox.v2.accounts import products_of
from sandbox.v2.api import core_paged, known, relation_shape
from sandbox.v2.messages import message_shape
from sandbox.world import World

EVENTS = [
    "account.add",
    "account.reconnect",
    "account.remove",
    "account.locked",
    "account.unlocked",
    "account.status.running",
    "account.status.disconnected",
    "account.status.errored",
    "account.status.degraded",
    "account.status.partial",
    "account.initial_sync.completed",
    "account.initial_sync.failed",
    "account.initial_sync.running",
    "message.new",
    "message.update",
    "message.delete",
    "message.receipt.read",
    "message.receipt.delivery",
    "message.reaction.new",
    "message.reaction.delete",
    "chat.update",
    "chat.delete",
    "email.new",
    "email.new.bounce",
    "email.delete",
    "email.draft.new",
    "email.draft.delete",
    "email.folder.create",
    "email.folder.update",
    "email.folder.delete",
    "calendar.create",
    "calendar.update",
    "calendar.delete",
    "calendar.event.new",
    "calendar.event.update",
    "calendar.event.delete",
    "tracking.open",
    "tracking.click",
    "relation.new",
    "follower.new",
]
LONGEST = 255  # of an address or a description
WINDOW_SECONDS = 300
ROOT = "/webhooks/endpoints"


def create(world: World, ask: Ask) -> JSON:
    body = ask.json_body()
    hook = Hook(
        id=f"we_{secrets.token_hex(8)}",
        api="v2",
        url=_short(body, "url"),
        events=_events(body.get("trigger_events")),
        account_ids=list(body.get("account_ids") or []),
        name=_short(body, "description") if body.get("description") else "",
        secret=f"wes_{secrets.token_hex(14)}",
    )
    return _shape(world.hooks.add(hook))


def _short(body: JSON, key: str) -> str:
    text = required(body, key)
    if len(text) > LONGEST:
        raise ApiError("invalid_parameters", f"body/{key} must NOT have more than 255 characters")
    return text


def _events(told: object) -> list[str]:
    if not isinstance(told, list) or not told:
        raise ApiError("missing_parameters", "body/trigger_events is required")
    if strange := [one for one in told if one not in EVENTS]:
        raise ApiError(
            "invalid_parameters", f"body/trigger_events/{told.index(strange[0])} must be one of"
        )
    return told


def listed(world: World, ask: Ask) -> JSON:
    return core_paged(ask, world.hooks.of("v2"), _shape, "WebhookEndpoints")


def one(world: World, ask: Ask) -> JSON:
    return _shape(world.hooks.find(ask.path["endpoint_id"], "v2"))


def change(world: World, ask: Ask) -> JSON:
    body, hook = ask.json_body(), world.hooks.find(ask.path["endpoint_id"], "v2")
    hook.events = _events(body.get("trigger_events", hook.events))
    hook.url = _short(body, "url") if "url" in body else hook.url
    hook.name = _short(body, "description") if body.get("description") else hook.name
    hook.enabled = body.get("enabled", hook.enabled) is not False
    hook.account_ids = body.get("account_ids", hook.account_ids)
    return _shape(world.hooks.add(hook))


def delete(world: World, ask: Ask) -> JSON:
    world.hooks.remove(ask.path["endpoint_id"], "v2")
    return {"success": True}


def conversations(world: World, ask: Ask) -> JSON:
    """Answer how deliveries to an endpoint went, the newest first."""
    endpoint_id, event_id = ask.query.get("endpoint_id"), ask.query.get("event_id")
    if not endpoint_id:
        raise ApiError("missing_parameters", "querystring/endpoint_id is required")
    hook = world.hooks.find(endpoint_id, "v2")
    tries = [
        (number, one)
        for number, one in enumerate(world.hooks.tries)
        if one.hook_id == hook.id and event_id in (None, one.fact_id)
    ]
    return core_paged(ask, tries[::-1], _conversation, "WebhookConversations")


def _conversation(numbered: tuple[int, Try]) -> JSON:
    number, one = numbered
    return {
        "object": "WebhookConversation",
        "id": f"wc_{number:012d}",
        "endpoint_id": one.hook_id,
        "event_id": one.fact_id,
        "event_type": one.event,
        "first_attempt": one.attempt == 1,
        "http_status": one.status or 0,
        "endpoint_url": one.url,
        "response_body": one.answer,
        "created_at": one.at,
    }


def _shape(hook: Hook) -> JSON:
    return {
        "object": "WebhookEndpoint",
        "id": hook.id,
        "secret": hook.secret,
        "url": hook.url,
        "enabled": hook.enabled,
        "description": hook.name,
        "trigger_events": hook.events,
        "account_ids": hook.account_ids,
        "application_id": "app_sandbox",
        "account_targets": [],
    }


def link(world: World, ask: Ask) -> JSON:
    body = ask.json_body()
    expires, back = required(body, "expires_on"), required(body, "redirect_uri")
    account_id = ""
    if body.get("account_id") is not None:
        path = {"account_id": required(body, "account_id")}
        account_id = known(world, Ask(path, ask.query, b"", "")).id
    elif not body.get("providers"):
        raise ApiError("missing_parameters", "body/providers is required")
    try:
        until = parse(expires)
    except ValueError:
        raise ApiError("invalid_parameters", "body/expires_on must be a date-time") from None
    made = world.links.make(
        api="v2",
        state=optional(body, "state") or "",
        success_url=back,
        failure_url=back,
        notify_url="",
        expires_at=until,
        account_id=account_id,
    )
    return {"object": "HostedAuthLink", "link": f"{ask.headers['base']}/__hosted__/{made.token}"}


# What is told


def signature(secret: str, body: bytes, at: int) -> str:
    """Return the header `unipile-signature` of a body at an instant in Unix seconds."""
    signed = f"{at}.".encode() + body
    return f"t={at},v0={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def notice(world: World, hook: Hook, fact: Fact) -> Notice | None:
    """Return what one endpoint is told of a fact; None where it does not want it."""
    account = world.told_of(fact.account_id)
    if account is None or (hook.account_ids and wire_id(account.id) not in hook.account_ids):
        return None
    name, payload = _told(world, account, fact)
    if payload is None or name not in hook.events:
        return None
    body = json.dumps(
        {
            "id": fact.id,
            "type": name,
            "created_at": iso(fact.at),
            "account_id": wire_id(account.id),
            "payload": payload,
            "account_provider": "linkedin",
            "account_name": account.label,
            "application_id": "app_sandbox",
            "application_production": world.settings.webhook_production,
            "webhook_id": hook.id,
        },
        ensure_ascii=False,
    ).encode()
    at = int(real_now().timestamp())
    how = world.settings.webhook_signature
    header = signature(
        hook.secret if how != "wrong" else "wes_wrong",
        body,
        at - 2 * WINDOW_SECONDS if how == "old" else at,
    )
    headers = {"Content-Type": "application/json", "unipile-signature": header}
    return Notice(hook.url, body, headers, name)


def _told(world: World, account: Account, fact: Fact) -> tuple[str, JSON | None]:
    match fact.about:
        case About.RELATION:
            person = world.names.person(fact.slug)
            shape = None if person is None else relation_shape(account, person, fact.at)
            return "relation.new", shape
        case About.MESSAGE:
            message = world.chats.message(fact.message_id)
            if message is None:
                return "", None
            name = "message.reaction.new" if message.is_event else "message.new"
            return name, message_shape(account, message)
        case About.CONNECTED:
            name = "account.reconnect" if fact.word == "RECONNECTED" else "account.add"
            told = {"id": wire_id(account.id), "status": account.status_in_v2}
            return name, {"account": told, "state": fact.state}
        case _:
            return f"account.{fact.v2_word}", _of_account(account, fact)


def _of_account(account: Account, fact: Fact) -> JSON:
    """Return the payload: of a status when, why, and of which product, where it is of one."""
    if fact.about is not About.STATUS:
        return {}
    payload: JSON = {"timestamp": iso(fact.at)}
    if fact.v2_word == "status.errored":
        payload["reason"] = "provider"
    if fact.v2_word in ("status.degraded", "status.partial"):
        lost = [name for name, word in products_of(account).items() if word != "running"]
        payload |= {"product": lost[0]} if lost else {}
    return payload


ROUTES = (
    Operation("link", "POST", "/auth/link", link),
    Operation("conversations", "GET", "/webhooks/conversations/", conversations),
    Operation("conversations", "GET", "/webhooks/conversations", conversations),
    Operation("create_webhook", "POST", ROOT + "/", create),
    Operation("create_webhook", "POST", ROOT, create),
    Operation("webhooks", "GET", ROOT + "/", listed),
    Operation("webhooks", "GET", ROOT, listed),
    Operation("webhook", "GET", ROOT + "/{endpoint_id}", one),
    Operation("change_webhook", "PATCH", ROOT + "/{endpoint_id}", change),
    Operation("delete_webhook", "DELETE", ROOT + "/{endpoint_id}", delete),
)
