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
from sandbox.hooks import About, Fact, Hook
from sandbox.links import wire_id
from sandbox.model import Account
from sandbox.v2.api import core_paged, known, relation_shape, status_of
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
    "relation.new",
    "follower.new",
]
WINDOW_SECONDS = 300
ROOT = "/webhooks/endpoints"


def create(world: World, ask: Ask) -> JSON:
    body = ask.json_body()
    hook = Hook(
        id=f"we_{secrets.token_hex(8)}",
        api="v2",
        url=required(body, "url"),
        events=_events(body.get("trigger_events")),
        account_ids=list(body.get("account_ids") or []),
        name=optional(body, "description") or "",
        secret=f"wes_{secrets.token_hex(14)}",
    )
    return _shape(world.hooks.add(hook))


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
    hook.url = body.get("url", hook.url)
    hook.enabled = body.get("enabled", hook.enabled)
    hook.account_ids = body.get("account_ids", hook.account_ids)
    return _shape(world.hooks.add(hook))


def delete(world: World, ask: Ask) -> JSON:
    world.hooks.remove(ask.path["endpoint_id"], "v2")
    return {"success": True}


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
    account = world.accounts.get(fact.account_id)
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
            "application_id": "app_sandbox",
            "application_production": False,
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
        case About.STATUS:
            name = f"account.status.{status_of(account)}"
            return name, {"timestamp": iso(fact.at)}
        case About.CONNECTED:
            name = "account.reconnect" if fact.word == "RECONNECTED" else "account.add"
            told = {"id": wire_id(account.id), "status": status_of(account)}
            return name, {"account": told, "state": fact.state}


ROUTES = (
    Operation("link", "POST", "/auth/link", link),
    Operation("create_webhook", "POST", ROOT + "/", create),
    Operation("create_webhook", "POST", ROOT, create),
    Operation("webhooks", "GET", ROOT + "/", listed),
    Operation("webhooks", "GET", ROOT, listed),
    Operation("webhook", "GET", ROOT + "/{endpoint_id}", one),
    Operation("change_webhook", "PATCH", ROOT + "/{endpoint_id}", change),
    Operation("delete_webhook", "DELETE", ROOT + "/{endpoint_id}", delete),
)
