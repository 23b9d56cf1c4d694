"""V2's people, relation requests, relations, accounts and chats as plain values, read strictly.

An Error may come inside a 200: whatever is not the object that was asked for is unreadable.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar

from queueing.unipile.answers import Answer, json_object, safe_text, unreadable
from queueing.unipile.reading import (
    DEGREES,
    INVITATION_STATUSES,
    Page,
    Unclear,
    check_object,
    contract,
    id_of,
    instant,
    list_of,
    obj,
    optional_id,
    read_each,
    shown,
    slug_of,
    text_of,
)
from queueing.unipile.values import (
    Account,
    AccountState,
    Invitation,
    Profile,
    Relation,
    SentInvitation,
    Webhook,
    Withdrawal,
)

T = TypeVar("T")

ID_LIMIT = 200  # of chats and messages, which have a column of this length
_TYPES = {"sent": "SENT", "received": "RECEIVED"}
_WAITING = ("errored", "paused")
_PARTLY = ("degraded", "partial")


def state_of(status: str, classic: str = "", *, is_locked: bool = False) -> AccountState:
    """Return what an account can do.

    :param classic: the status of the one LinkedIn product that invitations need, "" if not told.
    """
    if status == "disconnected" or classic == "disconnected":
        return AccountState.DISCONNECTED  # no weaker state may hide that its owner must sign in
    if is_locked:
        return AccountState.RESTRICTED
    if status in _WAITING or classic == "errored":
        return AccountState.WAITING
    if status == "running" or (status in _PARTLY and classic == "running"):
        return AccountState.CONNECTED
    if status in _PARTLY:
        return AccountState.DISCONNECTED if status == "partial" else AccountState.WAITING
    return AccountState.UNKNOWN


def invitation(answer: Answer, asked: str) -> Invitation:
    """Read the answer to an invitation of `asked`; UnipileError UNKNOWN unless it plainly says so.

    A receipt is a 201 with a RelationRequest that was sent, has an id, and names who was asked for.
    """
    body = json_object(answer, reading=False)
    with contract(answer, reading=False):
        if answer.status != 201:
            raise ValueError("the status is not 201")
        check_object(body, "RelationRequest")
        if body.get("type") != "sent":
            raise ValueError("the type is not sent")
        user = body.get("user")
        if user is not None and obj(user).get("id") != asked:
            raise ValueError("the receipt is about somebody else")
        return Invitation(
            invitation_id=id_of(body, "id"),
            usage=None,
            http_status=answer.status,
            raw=safe_text(answer.body),
        )


def withdrawal(answer: Answer) -> Withdrawal:
    """Read the answer to a cancel; UnipileError unless it plainly says so."""
    body = json_object(answer, reading=False)
    with contract(answer, reading=False):
        if answer.status != 200:
            raise ValueError("the status is not 200")
        check_object(body, "RelationRequestCanceled")
    return Withdrawal(True, answer.status, safe_text(answer.body))


def profile(answer: Answer) -> Profile:
    """Read the answer to GET /users/{identifier}."""
    body = json_object(answer, reading=True)
    unclear = Unclear()
    with contract(answer):
        check_object(body, "UserProfile")
        provider_id = id_of(body, "id")
        slug = slug_of(body, "public_identifier")
        specifics = obj(body.get("specifics") or {})
        degree = unclear.word(specifics, "network_distance", (*DEGREES, "SELF"))
        if not degree and not str(unclear):
            unclear.note("network_distance is missing")
        request = specifics.get("relation_request")
        status = unclear.word(specifics, "relation_request_status", INVITATION_STATUSES)
        kind = _kind_of(request, status, unclear)
        first, last = shown(body.get("first_name")), shown(body.get("last_name"))
        return Profile(
            provider_id=provider_id,
            public_identifier="" if slug == provider_id.lower() else slug,
            first_name=first,
            last_name=last,
            headline=shown(body.get("description")),
            location=shown(body.get("location")),
            degree="" if degree == "SELF" else degree,
            is_relationship=degree == "FIRST_DEGREE",
            is_self=degree == "SELF",
            invitation_type=kind,
            invitation_status=status if kind else "",
            http_status=answer.status,
            raw=safe_text(answer.body),
            unclear=str(unclear),
            invited_at=_exact(request.get("created_at")) if isinstance(request, dict) else None,
        )


def _kind_of(request: object, status: str, unclear: Unclear) -> str:
    """Return who invited whom. A request has a status, and a status is one of a request."""
    if request is None and not status:
        return ""
    told = request.get("type") if isinstance(request, dict) else None
    kind = _TYPES.get(str(told), "")
    if not kind or not status:
        unclear.note("relation_request and its status do not go together")
    return kind


def sent_invitations(answer: Answer) -> Page[SentInvitation]:
    """Read a page of the relation requests that were sent."""
    return page(answer, _sent_invitation)


def relations(answer: Answer) -> Page[Relation]:
    """Read a page of the relations."""
    return page(answer, relation)


def page(answer: Answer, entry: Callable[[Any], T]) -> Page[T]:
    """Read a page of a method list by offset. Its cursor is how many entries it had, "" for none.

    The end is an empty page: a short one is not the last.
    """
    body = json_object(answer, reading=True)
    with contract(answer):
        if "object" in body and body["object"] == "Error":
            raise ValueError("an Error came as a page")
        items, total = list_of(body, "data"), body.get("total_count")
        read = read_each(items, str(len(items)) if items else "", entry)
        is_number = isinstance(total, int) and not isinstance(total, bool)
        return read._replace(total=total if is_number else None)


def core_page(answer: Answer, name: str, entry: Callable[[Any], T]) -> Page[T]:
    """Read a page of a list of Unipile's own things, which says whether there is more."""
    body = json_object(answer, reading=True)
    with contract(answer):
        check_object(body, name)
        items, more = list_of(body, "data"), body.get("has_more")
        if not isinstance(more, bool):
            return read_each(items, None, entry)
        return read_each(items, str(len(items)) if more and items else "", entry)


def _sent_invitation(told: object) -> SentInvitation:
    item = obj(told)
    check_object(item, "RelationRequest")
    if item.get("type") != "sent":
        raise ValueError("it was not sent")
    user = obj(item.get("user") or {})
    return SentInvitation(
        id=optional_id(item, "id"),
        invited_user_id=optional_id(user, "id"),
        public_identifier=slug_of(user, "public_identifier"),
        sent_at=instant(item.get("created_at")),
        is_exact=_exact(item.get("created_at")) is not None,
    )


def _exact(told: object) -> dt.datetime | None:
    """Return an instant that is one: midnight sharp is a day, and so is what has no zone."""
    at = instant(told)
    if at is None or at.time() == dt.time() or not str(told).endswith(("Z", "+00:00")):
        return None
    return at


def relation(told: object) -> Relation:
    """Read a UserRelation."""
    item = obj(told)
    user = obj(item.get("user") or {})
    found = Relation(
        provider_id=optional_id(user, "id"),
        public_identifier=slug_of(user, "public_identifier"),
        name=shown(user.get("display_name")),
        connected_at=instant(item.get("created_at")),
    )
    if not found.names:
        raise ValueError("neither the user's id nor public_identifier is told")
    return found


def account(answer: Answer) -> Account:
    """Read the answer to GET /accounts/{id}."""
    body = json_object(answer, reading=True)
    with contract(answer):
        return _account(body)


def accounts(answer: Answer) -> Page[Account]:
    """Read a page of GET /accounts/; an account that cannot be read is there with its `trouble`."""
    return core_page(answer, "Accounts", _account_or_trouble)


def _account_or_trouble(item: object) -> Account:
    try:
        return _account(obj(item))
    except ValueError as err:
        told = item if isinstance(item, dict) else {}
        return Account(
            id=shown(told.get("id")),
            name=shown(told.get("name")),
            type=shown(told.get("provider")).upper(),
            status="",
            premium_features=None,
            trouble=str(err),
        )


def _account(body: dict[str, Any]) -> Account:
    check_object(body, "Account")
    metadata = _dict(body.get("metadata"))
    told = _dict(metadata.get("products_connection_status"))
    products = {shown(key): shown(value) for key, value in told.items()}
    status, is_locked = shown(body.get("status")), body.get("is_locked") is True
    details = [f"{name}: {word}" for name, word in sorted(products.items()) if word != "running"]
    paid = tuple(sorted({"sales_navigator", "recruiter"} & products.keys()))
    return Account(
        id=id_of(body, "id"),
        name=shown(body.get("name")),
        type=shown(body.get("provider")).upper(),
        status=", ".join([status, *(["locked"] if is_locked else []), *details]),
        # Premium itself is not told, so that nothing paid is no news.
        premium_features=paid or None,
        owner_id=shown(body.get("user_id")),
        state=state_of(status, products.get("classic", ""), is_locked=is_locked),
        former_id=shown(metadata.get("v1_account_id")),
    )


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def link(answer: Answer) -> str:
    """Read the answer to POST /auth/link."""
    body = json_object(answer, reading=True)
    with contract(answer):
        check_object(body, "HostedAuthLink")
        url = body.get("link")
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise ValueError("link is no address")
        return url


def endpoints(answer: Answer) -> Page[tuple[Webhook, str]]:
    """Read a page of the webhook endpoints, each with its secret: never keep or log that."""
    return core_page(answer, "WebhookEndpoints", _endpoint)


def endpoint(answer: Answer) -> tuple[Webhook, str]:
    """Read one webhook endpoint and its secret."""
    try:
        return _endpoint(json_object(answer, reading=True))
    except ValueError as err:
        # Not with the body, which holds the secret.
        raise unreadable(Answer(answer.status, b""), str(err), reading=True) from err


def _endpoint(told: object) -> tuple[Webhook, str]:
    item = obj(told)
    check_object(item, "WebhookEndpoint")
    events = item.get("trigger_events")
    webhook = Webhook(
        id=id_of(item, "id"),
        url=text_of(item.get("url")),
        events=tuple(map(shown, events)) if isinstance(events, list) else (),
        enabled=item.get("enabled") is not False,
        about=shown(item.get("description")),
    )
    return webhook, text_of(item.get("secret"))
