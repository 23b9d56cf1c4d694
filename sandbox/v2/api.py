"""V2: people, relation requests and relations. The account stands in the path."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sandbox.asking import JSON, Ask, Operation, optional, required
from sandbox.clock import iso
from sandbox.cursors import write_cursor
from sandbox.errors import ApiError
from sandbox.model import Account, Degree, Invitation, State, Tier
from sandbox.people import Person, provider_id
from sandbox.v1.shapes import QUIRK_NO_SLUG
from sandbox.world import World

T = TypeVar("T")

_ACCOUNT_ID = re.compile(r"acc_(.*)")
_VARIANTS = ("linkedin_classic", "linkedin_sales_navigator", "linkedin_recruiter")


def known(world: World, ask: Ask) -> Account:
    """Return the account of the path; 400 for what is no id of V2's, 404 for nobody's."""
    told = ask.path["account_id"]
    if not _ACCOUNT_ID.fullmatch(told):
        raise ApiError("invalid_parameters", "params/account_id must match pattern ^acc_(.*)$")
    return world.account(told if told in world.accounts else told.removeprefix("acc_"))


def live(world: World, ask: Ask) -> Account:
    """Return the account of the path, which is connected; 401 if it is not."""
    account = known(world, ask)
    if account.locked:
        raise ApiError("api/insufficient_permissions", status=403)
    return world.live_account(account.id)


def paged(
    ask: Ask,
    items: Sequence[T],
    shape: Callable[[T], JSON],
    *,
    cursor: bool = False,
    most: int = 100,
) -> JSON:
    """Return a page of a method list by offset, or by cursor. The last page is an empty one.

    A cursor holds the query that it goes on with: nothing is sent along with it.
    """
    if "cursor" in ask.query and not cursor:
        raise ApiError("invalid_parameters", "This list has offset pagination, not a cursor.")
    limit, start = min(most, ask.limit(default=20, most=100)), _offset(ask)
    if "cursor" in ask.query:
        if "offset" in ask.query:
            raise ApiError("invalid_parameters", "querystring: offset or cursor, not both")
        start, told = ask.offset("cursor")
        limit = told or limit
    page = [shape(one) for one in items[start : start + limit]]
    answer: JSON = {"data": page, "total_count": len(items)}
    if cursor:
        more = start + limit < len(items)
        answer["next_cursor"] = write_cursor(limit=limit, cursor=start + limit) if more else None
    return answer


def core_paged(ask: Ask, items: Sequence[T], shape: Callable[[T], JSON], name: str) -> JSON:
    """Return a page of a list of Unipile's own things."""
    limit, start = ask.limit(default=20, most=100), _offset(ask)
    page = [shape(one) for one in items[start : start + limit]]
    return {"object": name, "data": page, "has_more": start + limit < len(items)}


def _offset(ask: Ask) -> int:
    text = ask.query.get("offset", "0")
    if not re.fullmatch(r"[0-9]{1,6}", text):
        raise ApiError("invalid_parameters", "querystring/offset must be a number")
    return int(text)


# Relation requests


def invite(world: World, ask: Ask) -> JSON:
    body = ask.json_body()
    account = live(world, ask)
    user_id, message = required(body, "user_id"), optional(body, "message")
    invitation, _ = world.invite(account, user_id, message)
    return request_shape(world, account, invitation)


def pending(world: World, ask: Ask) -> JSON:
    account, kind = live(world, ask), ask.query.get("type")
    if kind == "received":
        return paged(ask, world.received(account), lambda one: _received(world, account, one))
    if kind != "sent":
        raise ApiError("invalid_parameters", "querystring/type must be sent or received")
    found = world.pending(account)
    most = world.settings.page_cap  # a short page is not the last one
    return paged(ask, found, lambda one: request_shape(world, account, one), most=most)


def cancel(world: World, ask: Ask) -> JSON:
    account, request_id = live(world, ask), ask.path["request_id"]
    if any(one.id == request_id for one in world.received(account)):
        world.answer_received(account, request_id, accept=False)
    else:
        world.end(request_id, State.WITHDRAWN, account.id)
    return {"object": "RelationRequestCanceled"}


def accept(world: World, ask: Ask) -> JSON:
    world.answer_received(live(world, ask), ask.path["request_id"], accept=True)
    return {"object": "RelationRequestConfirmed"}


def request_shape(world: World, account: Account, one: Invitation) -> JSON:
    """Return a RelationRequest that the account sent; `created_at` is the very instant."""
    shape: JSON = {
        "object": "RelationRequest",
        "id": one.id,
        "type": "sent",
        "created_at": iso(one.at),
    }
    person = world.names.person(one.slug)
    if person is not None:
        shape["user"] = user_shape(account, person)
    if one.message is not None:
        shape["message"] = one.message
    return shape


def _received(world: World, account: Account, one: object) -> JSON:
    person = world.names.person(one.slug)  # type: ignore[attr-defined]
    shape: JSON = {
        "object": "RelationRequest",
        "id": one.id,  # type: ignore[attr-defined]
        "type": "received",
        "created_at": iso(one.at),  # type: ignore[attr-defined]
    }
    return shape | ({"user": user_shape(account, person)} if person else {})


# People


def user_shape(account: Account, person: Person) -> JSON:
    """Return a User; only its id, type and name are always there."""
    shape: JSON = {
        "object": "User",
        "id": provider_id(account.viewer, person.slug),
        "type": "individual",
        "display_name": person.full_name or "LinkedIn Member",
    }
    if person.address and person.quirk != QUIRK_NO_SLUG:
        shape["public_identifier"] = person.address
        shape["profile_url"] = f"https://www.linkedin.com/in/{person.address}"
    return shape | ({"description": person.headline} if person.headline else {})


def profile(world: World, ask: Ask) -> JSON:
    account = live(world, ask)
    if ask.query.get("variant", _VARIANTS[0]) not in _VARIANTS:
        raise ApiError("invalid_parameters", "querystring/variant must be one of")
    return _profile(world, account, world.find(account, ask.path["identifier"]))


def me(world: World, ask: Ask) -> JSON:
    account = live(world, ask)
    return _profile(world, account, account.owner)


def _profile(world: World, account: Account, person: Person) -> JSON:
    degree = world.shown_degree(account, person)
    is_self = person.slug == account.owner.slug
    specifics: JSON = {
        "network_distance": "SELF" if is_self else degree.value,
        "can_send_inmail": account.tier is not Tier.FREE,
        "is_open_profile": person.is_open_profile,
        "is_premium": person.is_premium if not is_self else account.tier is not Tier.FREE,
    }
    shown = world.profile_invitation(account, person)
    if shown is not None:
        specifics["relation_request_status"] = shown[1]
        specifics["relation_request"] = _relation_request(world, account, person, shown[0])
    names = {"first_name": person.first_name, "last_name": person.last_name}
    shape = user_shape(account, person) | {
        "object": "UserProfile",
        **{key: value for key, value in names.items() if value},
        "is_blocked": False,
        "provider": "linkedin",
        "specifics": specifics,
    }
    if degree is Degree.OUT and world.settings.unknown_strangers:
        shape["public_identifier"] = "UNKNOWN"
    return shape | ({"location": person.location} if person.location else {})


def _relation_request(world: World, account: Account, person: Person, kind: str) -> JSON:
    shape: JSON = {"object": "RelationRequest", "type": kind.lower()}
    if kind == "RECEIVED":
        found = next(one for one in world.received(account) if one.slug == person.slug)
        return shape | {"id": found.id, "created_at": iso(found.at)}
    latest = world.latest(account, person)
    return shape | {"id": latest.id, "created_at": iso(latest.at)}


def relations(world: World, ask: Ask) -> JSON:
    account = live(world, ask)
    wanted = ask.query.get("search", "").casefold()
    found = [
        (person, at)
        for person, at in world.relations(account)
        if wanted in person.full_name.casefold()
    ]
    return paged(ask, found, lambda pair: relation_shape(account, *pair), cursor=True)


def disconnect(world: World, ask: Ask) -> JSON:
    account = live(world, ask)
    person = world.find(account, ask.path["identifier"])
    if world.degree(account, person) is not Degree.FIRST:
        raise ApiError("resource_not_found", "Relation not found")
    world.set_degree(account, person, Degree.SECOND)
    return {}


def relation_shape(account: Account, person: Person, at: datetime) -> JSON:
    """Return a UserRelation."""
    return {
        "object": "UserRelation",
        "id": f"rel_{provider_id(account.viewer, person.slug)}",
        "user": user_shape(account, person),
        "created_at": iso(at),
    }


ROUTES = (
    Operation("invite", "POST", "/{account_id}/users/me/relation-requests", invite, 201),
    Operation("sent", "GET", "/{account_id}/users/me/relation-requests", pending),
    Operation(
        "cancel", "POST", "/{account_id}/users/me/relation-requests/{request_id}/cancel", cancel
    ),
    Operation(
        "answer_received",
        "POST",
        "/{account_id}/users/me/relation-requests/{request_id}/accept",
        accept,
    ),
    Operation("relations", "GET", "/{account_id}/users/me/relations", relations),
    Operation(
        "disconnect", "DELETE", "/{account_id}/users/me/relations/{identifier}", disconnect, 204
    ),
    Operation("me", "GET", "/{account_id}/users/me", me),
    Operation("profile", "GET", "/{account_id}/users/{identifier}", profile),
)
