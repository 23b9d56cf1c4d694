"""The routes under /api/v1: each takes the world and a request and returns a JSON object."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from sandbox import shapes
from sandbox.errors import ApiError
from sandbox.model import Account, SourceStatus, State
from sandbox.people import PROVIDER_ID, normalise, slug_of
from sandbox.shapes import JSON
from sandbox.world import World

MAX_BODY_BYTES = 1_000_000


def _parse(body: bytes) -> Any:
    """Read JSON that can be written again as UTF-8; ValueError if it is none."""
    try:
        value = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate is a ValueError
    return value


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, read whole."""

    path: dict[str, str]
    query: QueryParams
    body: bytes
    content_type: str

    def loose_body(self) -> JSON:
        """Return the JSON object sent, or an empty one whatever was sent instead."""
        try:
            body = _parse(self.body)
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def json_body(self) -> JSON:
        """Return the JSON object sent; 415 or 400 if there is none."""
        if self.content_type.split(";")[0].strip().lower() != "application/json":
            raise ApiError("unsupported_media_type")
        if len(self.body) > MAX_BODY_BYTES:
            raise ApiError("content_too_large")
        try:
            body = _parse(self.body)
        except ValueError:
            raise ApiError("malformed_request") from None
        if not isinstance(body, dict):
            raise ApiError("malformed_request", "The request body is not a JSON object.")
        return body

    def account_id(self) -> str:
        """Return the `account_id` of the query; 400 without one."""
        account_id = self.query.get("account_id")
        if not account_id:
            raise ApiError("missing_parameters", "account_id is required.")
        return account_id

    def limit(self, *, default: int, most: int) -> int:
        """Return the `limit` of the query, 1 to `most`; 400 outside of that."""
        text = self.query.get("limit")
        if text is None:
            return default
        if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= most:
            raise ApiError("invalid_parameters", f"limit must be between 1 and {most}.")
        return int(text)

    def offset(self, key: str) -> tuple[int, int | None]:
        """Return the offset and the limit that the cursor carries; (0, None) without one."""
        cursor = self.query.get("cursor")
        if cursor is None:
            return 0, None
        values = shapes.read_cursor(cursor)
        start, limit = values.get(key), values.get("limit")
        if type(start) is not int or type(limit) is not int or start < 0 or limit < 1:
            raise ApiError("invalid_parameters", "The cursor is not valid.")
        return start, limit


class Subject(NamedTuple):
    """Whom a request is about, as far as it can be told without judging it.

    `slug` is who the person is, whatever address was asked for.
    """

    account_id: str | None
    slug: str | None
    provider_id: str | None


def subject_of(world: World, ask: Ask) -> Subject:
    """Read the account and the person from wherever the route carries them."""
    body = ask.loose_body() if ask.body else {}
    account_id = (
        ask.query.get("account_id") or ask.path.get("account_id") or _text(body, "account_id")
    )
    identifier = ask.path.get("identifier") or _text(body, "provider_id")
    if identifier is None:
        return Subject(account_id, None, None)
    if not PROVIDER_ID.fullmatch(identifier):
        person = world.names.at(identifier)
        return Subject(account_id, person.slug if person else normalise(identifier), None)
    return Subject(account_id, slug_of(world.viewer(account_id or ""), identifier), identifier)


def _text(body: JSON, key: str) -> str | None:
    value = body.get(key)
    return value if isinstance(value, str) else None


def _required(body: JSON, key: str) -> str:
    value = body.get(key)
    if value is None:
        raise ApiError("missing_parameters", f"{key} is required.")
    if not isinstance(value, str) or not value:
        raise ApiError("invalid_parameters", f"{key} must be a string that is not empty.")
    return value


def _optional(body: JSON, key: str) -> str | None:
    return _required(body, key) if key in body else None


def invite(world: World, ask: Ask) -> JSON:
    body = ask.json_body()
    identifier, account_id = _required(body, "provider_id"), _required(body, "account_id")
    message = _optional(body, "message")
    _optional(body, "user_email")
    account = world.live_account(account_id)
    invitation, usage = world.invite(account, identifier, message)
    answer: JSON = {"object": "UserInvitationSent", "invitation_id": invitation.id}
    if usage is not None:
        answer["usage"] = usage
    return answer


def sent(world: World, ask: Ask) -> JSON:
    account = world.live_account(ask.account_id())
    start, cursor_limit = ask.offset("cursor")
    limit = ask.limit(default=cursor_limit or 10, most=250)
    size = min(limit, world.settings.page_cap)
    pending = world.pending(account)
    page = [shapes.sent_invitation(world, account, one) for one in pending[start : start + size]]
    more = start + size < len(pending)
    cursor = shapes.write_cursor(limit=limit, cursor=start + size) if more else None
    return {"object": "InvitationList", "items": page, "cursor": cursor}


def cancel(world: World, ask: Ask) -> JSON:
    account = world.live_account(ask.account_id())
    world.end(ask.path["invitation_id"], State.WITHDRAWN, account.id)
    return {"object": "InvitationCanceled"}


def received(world: World, ask: Ask) -> JSON:
    account = world.live_account(ask.account_id())
    start, cursor_limit = ask.offset("cursor")
    limit = ask.limit(default=cursor_limit or 10, most=100)
    found = world.received(account)
    page = [shapes.received_invitation(world, account, one) for one in found[start : start + limit]]
    more = start + limit < len(found)
    cursor = shapes.write_cursor(limit=limit, cursor=start + limit) if more else None
    return {"object": "InvitationList", "items": page, "cursor": cursor}


def answer_received(world: World, ask: Ask) -> JSON:
    body = ask.json_body()
    account_id, action = _required(body, "account_id"), _required(body, "action")
    _required(body, "provider")
    invitation_id = ask.path["invitation_id"]
    if _required(body, "shared_secret") != shapes.shared_secret(invitation_id):
        raise ApiError("invalid_parameters", "shared_secret is not valid.")
    if action not in ("accept", "decline"):
        raise ApiError("invalid_parameters", "action must be accept or decline.")
    account = world.live_account(account_id)
    world.answer_received(account, invitation_id, accept=action == "accept")
    return {"object": "InvitationHandled"}


def profile(world: World, ask: Ask) -> JSON:
    account = world.live_account(ask.account_id())
    return shapes.profile(world, account, world.find(account, ask.path["identifier"]))


def me(world: World, ask: Ask) -> JSON:
    return shapes.owner_profile(world.live_account(ask.account_id()))


def relations(world: World, ask: Ask) -> JSON:
    account = world.live_account(ask.account_id())
    start, cursor_limit = ask.offset("startIndex")
    limit = ask.limit(default=cursor_limit or 100, most=1000)
    wanted = ask.query.get("filter", "").casefold()
    found = [
        (person, at)
        for person, at in world.relations(account)
        if wanted in person.full_name.casefold()
    ]
    page = [shapes.relation(account, *one) for one in found[start : start + limit]]
    more = start + limit < len(found)
    cursor = shapes.write_cursor(limit=limit, startIndex=start + limit) if more else None
    return {"object": "UserRelationsList", "items": page, "cursor": cursor}


def accounts(world: World, ask: Ask) -> JSON:
    limit = ask.limit(default=100, most=250)
    ids = list(world.accounts)
    if (cursor := ask.query.get("cursor")) is not None:
        inner = shapes.read_cursor(cursor).get("cursor")
        last_id = inner.get("last_id") if isinstance(inner, dict) else None
        if last_id not in ids:
            raise ApiError("invalid_parameters", "The cursor is not valid.")
        ids = ids[ids.index(last_id) + 1 :]
    page: list[Account] = [world.accounts[one] for one in ids[:limit]]
    more = len(ids) > limit
    last = {"last_id": page[-1].id} if page else {}
    return {
        "object": "AccountList",
        "items": [shapes.account(one) for one in page],
        "cursor": shapes.write_cursor(limit=limit, cursor=last) if more else None,
    }


def one_account(world: World, ask: Ask) -> JSON:
    return shapes.account(world.account(ask.path["account_id"]))


def restart(world: World, ask: Ask) -> JSON:
    """A restart helps a stopped account; one whose session is lost needs its owner."""
    account = world.account(ask.path["account_id"])
    if account.status in (SourceStatus.CREDENTIALS, SourceStatus.PERMISSIONS):
        return {"object": "AccountFailedToRestart"}
    world.put_account({"id": account.id, "status": SourceStatus.OK.value})
    return {"object": "AccountRestarted"}


def unknown(_world: World, _ask: Ask) -> JSON:
    raise ApiError("resource_not_found", "Route not found")


Handler = Callable[[World, Ask], dict[str, Any]]

# (name in the call log and in scripted faults, method, path below /api/v1, handler); in this
# order, because /users/{identifier} would swallow the others.
ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("invite", "POST", "/users/invite", invite),
    ("sent", "GET", "/users/invite/sent", sent),
    ("cancel", "DELETE", "/users/invite/sent/{invitation_id}", cancel),
    ("received", "GET", "/users/invite/received", received),
    ("answer_received", "POST", "/users/invite/received/{invitation_id}", answer_received),
    ("me", "GET", "/users/me", me),
    ("relations", "GET", "/users/relations", relations),
    ("profile", "GET", "/users/{identifier}", profile),
    ("accounts", "GET", "/accounts", accounts),
    ("account", "GET", "/accounts/{account_id}", one_account),
    ("restart", "POST", "/accounts/{account_id}/restart", restart),
)
ROUTE_NAMES = tuple(name for name, *_ in ROUTES)
