"""V1's people, invitations, relations and accounts as plain values, read strictly from JSON."""

from collections.abc import Callable
from typing import Any, TypeVar

from queueing.unipile.answers import Answer, json_object, safe_text
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

INVITATION_TYPES = ("SENT", "RECEIVED")

ACCOUNT_OK = "OK"
ACCOUNT_STATUS_UNKNOWN = "UNKNOWN"
_FROM_BAD_TO_WORST = ("CONNECTING", ACCOUNT_STATUS_UNKNOWN, "STOPPED", "ERROR", "PERMISSIONS")
_WORST = "CREDENTIALS"
_STATES = {
    ACCOUNT_OK: AccountState.CONNECTED,
    "CONNECTING": AccountState.WAITING,
    "DELETED": AccountState.GONE,
    **dict.fromkeys(["CREDENTIALS", "PERMISSIONS", "ERROR", "STOPPED"], AccountState.DISCONNECTED),
}


def state_of(status: str) -> AccountState:
    """Return what an account of this status can do."""
    return _STATES.get(status, AccountState.UNKNOWN)


def invitation(answer: Answer) -> Invitation:
    """Read the answer to POST /users/invite; UnipileError UNKNOWN unless it plainly says sent.

    Its type is ANOTHER_SHAPE where the answer is whole, and a yes of Unipile's in another shape.
    """
    body = json_object(answer, reading=False)
    with contract(answer, reading=False):
        check_object(body, "UserInvitationSent")
        return Invitation(
            invitation_id=id_of(body, "invitation_id"),
            usage=_percentage(body.get("usage")),
            http_status=answer.status,
            raw=safe_text(answer.body),
        )


def withdrawal(answer: Answer) -> Withdrawal:
    """Read the answer to DELETE /users/invite/sent/{id}; UnipileError unless it plainly says so."""
    body = json_object(answer, reading=False)
    with contract(answer, reading=False):
        check_object(body, "InvitationCanceled")
    return Withdrawal(True, answer.status, safe_text(answer.body))


def profile(answer: Answer) -> Profile:
    """Read the answer to GET /users/{identifier}."""
    body = json_object(answer, reading=True)
    unclear = Unclear()
    with contract(answer):
        check_object(body, "UserProfile")
        provider_id = id_of(body, "provider_id")
        slug = slug_of(body, "public_identifier")
        degree = unclear.word(body, "network_distance", DEGREES)
        is_relationship = unclear.flag(body, "is_relationship")
        is_self = unclear.flag(body, "is_self")
        kind = _of_invitation(body, "type", INVITATION_TYPES, unclear)
        status = _of_invitation(body, "status", INVITATION_STATUSES, unclear)
        return Profile(
            provider_id=provider_id,
            public_identifier="" if slug == provider_id.lower() else slug,
            first_name=shown(body.get("first_name")),
            last_name=shown(body.get("last_name")),
            headline=shown(body.get("headline")),
            location=shown(body.get("location")),
            degree=degree,
            is_relationship=is_relationship,
            is_self=is_self,
            invitation_type=kind,
            invitation_status=status,
            http_status=answer.status,
            raw=safe_text(answer.body),
            unclear=str(unclear),
        )


def _of_invitation(body: dict[str, Any], key: str, known: tuple[str, ...], unclear: Unclear) -> str:
    """Return a word of the invitation, which has both where there is one."""
    invited = body.get("invitation")
    if invited is None:
        return ""
    if not isinstance(invited, dict) or invited.get(key) is None:
        unclear.note(f"invitation without {key}")
        return ""
    return unclear.word(invited, key, known)


def sent_invitations(answer: Answer) -> Page[SentInvitation]:
    """Read a page of GET /users/invite/sent."""
    return page(answer, "InvitationList", _sent_invitation)


def relations(answer: Answer) -> Page[Relation]:
    """Read a page of GET /users/relations, whose entries have no `provider_id`."""
    return page(answer, "UserRelationsList", _relation)


def account(answer: Answer) -> Account:
    """Read the answer to GET /accounts/{id}."""
    body = json_object(answer, reading=True)
    with contract(answer):
        return _account(body)


def accounts(answer: Answer) -> Page[Account]:
    """Read a page of GET /accounts; an account that cannot be read is there with its `trouble`."""
    return page(answer, "AccountList", _account_or_trouble)


def webhooks(answer: Answer) -> Page[Webhook]:
    """Read a page of GET /webhooks. It shows our secret: nothing of it is kept as it is."""
    return page(answer, "WebhookList", _webhook)


def link(answer: Answer) -> str:
    """Read the answer to POST /hosted/accounts/link, whose `object` is written in two ways."""
    body = json_object(answer, reading=True)
    with contract(answer):
        url = body.get("url")
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise ValueError("url is no address")
        return url


def page(answer: Answer, name: str, entry: Callable[[Any], T]) -> Page[T]:
    """Read a page of a list: `items`, and a `cursor` that is null at the end."""
    body = json_object(answer, reading=True)
    with contract(answer):
        check_object(body, name)
        items = list_of(body, "items")
        # A missing cursor is not "the end": the contract says null.
        if body.get("cursor", "") in ("", False):
            return read_each(items, None, entry)
        cursor = body["cursor"]
        if cursor is not None and not isinstance(cursor, str):
            raise ValueError("cursor is neither null nor text")
        return read_each(items, cursor or "", entry)


def _sent_invitation(told: object) -> SentInvitation:
    item = obj(told)
    return SentInvitation(
        id=optional_id(item, "id"),
        invited_user_id=optional_id(item, "invited_user_id"),
        public_identifier=slug_of(item, "invited_user_public_id"),
        # LinkedIn's "yesterday", resolved against now: good to the day.
        sent_at=instant(item.get("parsed_datetime")),
    )


def _relation(told: object) -> Relation:
    item = obj(told)
    found = Relation(
        provider_id=optional_id(item, "member_id"),
        public_identifier=slug_of(item, "public_identifier"),
        name=f"{shown(item.get('first_name'))} {shown(item.get('last_name'))}".strip(),
        connected_at=instant(item.get("created_at")),
    )
    if not found.names:
        raise ValueError("neither member_id nor public_identifier is told")
    return found


def _webhook(told: object) -> Webhook:
    item = obj(told)
    events = item.get("events")
    return Webhook(
        id=id_of(item, "id"),
        url=text_of(item.get("request_url")),
        events=tuple(map(shown, events)) if isinstance(events, list) else (),
        enabled=item.get("enabled") is not False,
        about=shown(item.get("name")),
    )


def _account_or_trouble(item: object) -> Account:
    """Read an account of the list. What cannot be read must not be taken for one that is gone."""
    try:
        return _account(obj(item))
    except ValueError as err:
        told = item if isinstance(item, dict) else {}
        return Account(
            id=shown(told.get("id")),
            name=shown(told.get("name")),
            type=shown(told.get("type")),
            status=ACCOUNT_STATUS_UNKNOWN,
            premium_features=(),
            trouble=str(err),
        )


def _account(body: dict[str, Any]) -> Account:
    check_object(body, "Account")
    status = _worst_status(body.get("sources"))
    return Account(
        id=id_of(body, "id"),
        name=shown(body.get("name")),
        type=shown(body.get("type")),
        status=status,
        premium_features=_premium_features(body),
        owner_id=shown(_im(body, "id")),
        owner_slug=shown(_im(body, "publicIdentifier")),
        state=state_of(status),
    )


def _worst_status(sources: object) -> str:
    if not isinstance(sources, list) or not sources:
        return ACCOUNT_STATUS_UNKNOWN
    statuses = {_source_status(source) for source in sources} - {ACCOUNT_OK}
    return max(statuses, key=_badness, default=ACCOUNT_OK)


def _source_status(source: object) -> str:
    status = source.get("status") if isinstance(source, dict) else None
    return shown(status) or ACCOUNT_STATUS_UNKNOWN


def _badness(status: str) -> tuple[int, str]:
    if status == _WORST:
        return len(_FROM_BAD_TO_WORST), status
    known = status if status in _FROM_BAD_TO_WORST else ACCOUNT_STATUS_UNKNOWN
    return _FROM_BAD_TO_WORST.index(known), status


def _premium_features(body: dict[str, Any]) -> tuple[str, ...]:
    found = _im(body, "premiumFeatures")
    return tuple(filter(None, map(shown, found))) if isinstance(found, list) else ()


def _im(body: dict[str, Any], key: str) -> object:
    """Return what an account tells of its messaging connection, the one that LinkedIn has."""
    found: object = body
    for step in ("connection_params", "im", key):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _percentage(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1000 else None


def webhook_id(answer: Answer) -> str:
    """Read the answer to POST /webhooks."""
    body = json_object(answer, reading=True)
    with contract(answer):
        check_object(body, "WebhookCreated")
        return id_of(body, "webhook_id")
