"""Unipile's resources as plain values, read strictly from JSON.

What matters for a decision (who, invited or not, connected or not) must have the type that the
contract gives it, or the whole answer counts as unreadable: a mistake here would invite somebody
twice. What is only shown to people is taken where it is usable and "" where it is not.
"""

import datetime as dt
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from queueing.unipile.answers import Answer, json_object, safe_text, unreadable

T = TypeVar("T")

_ID_LIMIT = 100
_SHOWN_LIMIT = 200

DEGREES = ("FIRST_DEGREE", "SECOND_DEGREE", "THIRD_DEGREE", "OUT_OF_NETWORK")
INVITATION_TYPES = ("SENT", "RECEIVED")
INVITATION_STATUSES = ("PENDING", "IGNORED", "WITHDRAWN")

ACCOUNT_OK = "OK"
ACCOUNT_STATUS_UNKNOWN = "UNKNOWN"
_FROM_BAD_TO_WORST = ("CONNECTING", ACCOUNT_STATUS_UNKNOWN, "STOPPED", "ERROR", "PERMISSIONS")
_WORST = "CREDENTIALS"


@dataclass(frozen=True)
class Invitation:
    """An invitation that Unipile took. `usage`: per cent of LinkedIn's quota, where reported."""

    invitation_id: str
    usage: float | None
    http_status: int
    raw: str


@dataclass(frozen=True)
class Profile:
    """A person as the asking account sees them; "" where LinkedIn says nothing.

    `provider_id` is valid for the asking account only. There is no status "accepted": who accepted
    has `is_relationship` and no invitation.
    """

    provider_id: str
    public_identifier: str
    first_name: str
    last_name: str
    headline: str
    location: str
    degree: str
    is_relationship: bool
    is_self: bool
    invitation_type: str
    invitation_status: str
    http_status: int
    raw: str


@dataclass(frozen=True)
class SentInvitation:
    """A pending invitation. `parsed_datetime` is good to the day only, never an exact time."""

    id: str
    invited_user_id: str
    public_identifier: str
    parsed_datetime: dt.datetime | None


@dataclass(frozen=True)
class SentWalk:
    """Pending invitations of an account. Only a complete walk can show that one is missing."""

    invitations: tuple[SentInvitation, ...]
    complete: bool


@dataclass(frozen=True)
class Account:
    """`status` is "OK" only if every source is; else the worst one's, UNKNOWN where none is told.

    `type` is the provider, "LINKEDIN" for ours. No premium features: a free account. `owner_id` and
    `owner_slug` name the LinkedIn member who is logged in, as far as told.
    """

    id: str
    name: str
    type: str
    status: str
    premium_features: tuple[str, ...]
    owner_id: str = ""
    owner_slug: str = ""


def invitation(answer: Answer) -> Invitation:
    """Read the answer to POST /users/invite; UnipileError UNKNOWN unless it plainly says sent."""
    body = json_object(answer, reading=False)
    with _contract(answer, reading=False):
        _check_object(body, "UserInvitationSent")
        return Invitation(
            invitation_id=_id(body, "invitation_id"),
            usage=_percentage(body.get("usage")),
            http_status=answer.status,
            raw=safe_text(answer.body),
        )


def profile(answer: Answer) -> Profile:
    """Read the answer to GET /users/{identifier}."""
    body = json_object(answer, reading=True)
    with _contract(answer):
        _check_object(body, "UserProfile")
        invited = _optional(body, "invitation", dict)
        return Profile(
            provider_id=_id(body, "provider_id"),
            public_identifier=_slug(body, "public_identifier"),
            first_name=_shown(body.get("first_name")),
            last_name=_shown(body.get("last_name")),
            headline=_shown(body.get("headline")),
            location=_shown(body.get("location")),
            degree=_degree(body),
            is_relationship=bool(_optional(body, "is_relationship", bool)),
            is_self=bool(_optional(body, "is_self", bool)),
            invitation_type=_one_of(invited, "type", INVITATION_TYPES),
            invitation_status=_one_of(invited, "status", INVITATION_STATUSES),
            http_status=answer.status,
            raw=safe_text(answer.body),
        )


def sent_invitations(answer: Answer) -> tuple[list[SentInvitation], str]:
    """Read a page of GET /users/invite/sent: invitations and the next cursor, "" at the end."""
    items, cursor = _page(answer, "InvitationList")
    with _contract(answer):
        return [_sent_invitation(item) for item in items], cursor


def account(answer: Answer) -> Account:
    """Read the answer to GET /accounts/{id}."""
    body = json_object(answer, reading=True)
    with _contract(answer):
        return _account(body)


def accounts(answer: Answer) -> tuple[list[Account], str]:
    """Read a page of GET /accounts: accounts and the next cursor, "" at the end."""
    items, cursor = _page(answer, "AccountList")
    with _contract(answer):
        return [_account(item) for item in items], cursor


@contextmanager
def _contract(answer: Answer, *, reading: bool = True) -> Iterator[None]:
    """Make a ValueError about the body an unreadable answer."""
    try:
        yield
    except ValueError as err:
        raise unreadable(answer, str(err), reading=reading) from err


def _page(answer: Answer, name: str) -> tuple[list[dict[str, Any]], str]:
    body = json_object(answer, reading=True)
    with _contract(answer):
        _check_object(body, name)
        items = body.get("items")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ValueError("items is no list of objects")
        # A missing cursor is not "the end": the contract says null.
        cursor = body.get("cursor", "")
        if cursor is not None and not (isinstance(cursor, str) and cursor):
            raise ValueError("cursor is neither null nor text")
        return items, cursor or ""


def _sent_invitation(item: dict[str, Any]) -> SentInvitation:
    return SentInvitation(
        id=_id(item, "id"),
        invited_user_id=_optional_id(item, "invited_user_id"),
        public_identifier=_slug(item, "invited_user_public_id"),
        parsed_datetime=_instant(item.get("parsed_datetime")),
    )


def _account(body: dict[str, Any]) -> Account:
    _check_object(body, "Account")
    return Account(
        id=_id(body, "id"),
        name=_shown(body.get("name")),
        type=_shown(body.get("type")),
        status=_worst_status(body.get("sources")),
        premium_features=_premium_features(body),
        owner_id=_shown(_im(body, "id")),
        owner_slug=_shown(_im(body, "publicIdentifier")),
    )


def _worst_status(sources: object) -> str:
    if not isinstance(sources, list) or not sources:
        return ACCOUNT_STATUS_UNKNOWN
    statuses = {_source_status(source) for source in sources} - {ACCOUNT_OK}
    return max(statuses, key=_badness, default=ACCOUNT_OK)


def _source_status(source: object) -> str:
    status = source.get("status") if isinstance(source, dict) else None
    return _shown(status) or ACCOUNT_STATUS_UNKNOWN


def _badness(status: str) -> tuple[int, str]:
    if status == _WORST:
        return len(_FROM_BAD_TO_WORST), status
    known = status if status in _FROM_BAD_TO_WORST else ACCOUNT_STATUS_UNKNOWN
    return _FROM_BAD_TO_WORST.index(known), status


def _premium_features(body: dict[str, Any]) -> tuple[str, ...]:
    found = _im(body, "premiumFeatures")
    return tuple(filter(None, map(_shown, found))) if isinstance(found, list) else ()


def _im(body: dict[str, Any], key: str) -> object:
    """Return what an account tells of its messaging connection, the one that LinkedIn has."""
    found: object = body
    for step in ("connection_params", "im", key):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def _check_object(body: dict[str, Any], name: str) -> None:
    if body.get("object") != name:
        raise ValueError(f"the object is not {name}")


def _id(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        value = str(value)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} is missing or no text")
    if safe_text(value, _ID_LIMIT) != value or not value.isprintable():
        raise ValueError(f"{key} is too long or holds control characters")
    return value


def _optional_id(body: dict[str, Any], key: str) -> str:
    return "" if body.get(key) in (None, "") else _id(body, key)


def _slug(body: dict[str, Any], key: str) -> str:
    """Return the public name in a profile's address: any script, emoji too, but storable text."""
    slug = _optional(body, key, str) or ""
    if len(slug) > _SHOWN_LIMIT or any(unicodedata.category(c) in {"Cc", "Cs"} for c in slug):
        raise ValueError(f"{key} is too long or holds control characters")
    return slug


def _optional(body: dict[str, Any], key: str, kind: type[T]) -> T | None:
    value = body.get(key)
    if value is not None and not isinstance(value, kind):
        raise ValueError(f"{key} has the wrong type")
    return value


def _one_of(body: dict[str, Any] | None, key: str, known: tuple[str, ...]) -> str:
    if body is None:
        return ""
    value = body.get(key)
    if value not in known:
        raise ValueError(f"{key} is none of {', '.join(known)}")
    return str(value)


def _degree(body: dict[str, Any]) -> str:
    value = _optional(body, "network_distance", str)
    return value if value in DEGREES else ""


def _shown(value: object) -> str:
    return safe_text(value, _SHOWN_LIMIT) if isinstance(value, str) else ""


def _percentage(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1000 else None


def _instant(value: object) -> dt.datetime | None:
    if not isinstance(value, str):
        return None
    try:
        instant = dt.datetime.fromisoformat(value)
        return (instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
