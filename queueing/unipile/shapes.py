"""Unipile's resources as plain values, read strictly from JSON.

Who somebody is must be told as the contract says, or the whole answer counts as unreadable: a
mistake here would invite somebody twice. Where only the state between the two is told in words that
the contract does not have, the person can be read and the state is `unclear`: nothing may be
concluded from it. What is only shown to people is taken where it is usable and "" where it is not.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from campaigns.people.slugs import slug_told
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

    `provider_id` is valid for the asking account only. `public_identifier` is the normal form of a
    slug that can be one person's own. There is no status "accepted": who accepted has
    `is_relationship` and no invitation. `unclear`: what was told of degree, relationship or
    invitation that the contract does not have, in words; then what is missing proves nothing.
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
    unclear: str = ""


@dataclass(frozen=True)
class SentInvitation:
    """A pending invitation. `parsed_datetime` is good to the day only, never an exact time.

    Either name of the person may be missing, and so may the `id`. `public_identifier` is in the
    normal form of slugs.
    """

    id: str
    invited_user_id: str
    public_identifier: str
    parsed_datetime: dt.datetime | None

    @property
    def names(self) -> frozenset[str]:
        """All that it calls its person: a match of any one is a match."""
        return frozenset({self.invited_user_id, self.public_identifier} - {""})


@dataclass(frozen=True)
class SentWalk:
    """Pending invitations of an account. Only a complete walk can show that one is missing.

    `trouble` says why it is not complete. `contract_broken`: because the list has another shape
    than Unipile documents, so that no later walk will be complete either.
    """

    invitations: tuple[SentInvitation, ...]
    trouble: str = ""
    contract_broken: bool = False

    @property
    def complete(self) -> bool:
        return not self.trouble


class Page(NamedTuple, Generic[T]):
    """A page of a list. `cursor` is "" at the end; None where nothing says whether it goes on.

    `strange`: what is wrong with the entries that could not be read, each with its place.
    """

    entries: list[T]
    cursor: str | None
    strange: list[str]


@dataclass(frozen=True)
class Account:
    """`status` is "OK" only if every source is; else the worst one's, UNKNOWN where none is told.

    `type` is the provider, "LINKEDIN" for ours. No premium features: a free account. `owner_id` and
    `owner_slug` name the LinkedIn member who is logged in, as far as told. `trouble`: why
    the account could not be read; then it says nothing but its id, as far as that was told.
    """

    id: str
    name: str
    type: str
    status: str
    premium_features: tuple[str, ...]
    owner_id: str = ""
    owner_slug: str = ""
    trouble: str = ""


def invitation(answer: Answer) -> Invitation:
    """Read the answer to POST /users/invite; UnipileError UNKNOWN unless it plainly says sent.

    Its type is ANOTHER_SHAPE where the answer is whole, and a yes of Unipile's in another shape.
    """
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
    state = _State(body)
    with _contract(answer):
        _check_object(body, "UserProfile")
        provider_id = _id(body, "provider_id")
        slug = slug_told(_optional(body, "public_identifier", str) or "")
        return Profile(
            provider_id=provider_id,
            public_identifier="" if slug == provider_id.lower() else slug,
            first_name=_shown(body.get("first_name")),
            last_name=_shown(body.get("last_name")),
            headline=_shown(body.get("headline")),
            location=_shown(body.get("location")),
            degree=state.word(body, "network_distance", DEGREES),
            is_relationship=state.flag("is_relationship"),
            is_self=state.flag("is_self"),
            invitation_type=state.of_invitation("type", INVITATION_TYPES),
            invitation_status=state.of_invitation("status", INVITATION_STATUSES),
            http_status=answer.status,
            raw=safe_text(answer.body),
            unclear=state.unclear,
        )


class _State:
    """What a profile tells of the two people, and what of it is in words that nobody knows."""

    def __init__(self, body: dict[str, Any]) -> None:
        self._body = body
        self._unclear: list[str] = []

    @property
    def unclear(self) -> str:
        return ", ".join(self._unclear)

    def word(self, body: dict[str, Any], key: str, known: tuple[str, ...]) -> str:
        """Return a word that the contract has; "" where none is told, or one that it has not."""
        value = body.get(key)
        if value is None or value in known:
            return value or ""
        self._unclear.append(f"{key} {_shown(json.dumps(value))}")
        return ""

    def flag(self, key: str) -> bool:
        value = self._body.get(key)
        if value in (None, True, False):  # 0 and 1 among them, which Unipile writes elsewhere
            return bool(value)
        self._unclear.append(f"{key} {_shown(json.dumps(value))}")
        return False

    def of_invitation(self, key: str, known: tuple[str, ...]) -> str:
        """Return a word of the invitation, which has both where there is one."""
        invited = self._body.get("invitation")
        if invited is None:
            return ""
        if not isinstance(invited, dict) or invited.get(key) is None:
            self._unclear.append(f"invitation without {key}")
            return ""
        return self.word(invited, key, known)


def sent_invitations(answer: Answer) -> Page[SentInvitation]:
    """Read a page of GET /users/invite/sent."""
    items, cursor = _page(answer, "InvitationList")
    return _read(items, cursor, _sent_invitation)


def account(answer: Answer) -> Account:
    """Read the answer to GET /accounts/{id}."""
    body = json_object(answer, reading=True)
    with _contract(answer):
        return _account(body)


def accounts(answer: Answer) -> Page[Account]:
    """Read a page of GET /accounts; an account that cannot be read is there with its `trouble`."""
    items, cursor = _page(answer, "AccountList")
    return _read(items, cursor, _account_or_trouble)


def _read(items: list[Any], cursor: str | None, entry: Callable[[Any], T]) -> Page[T]:
    """Read entry by entry: a strange one is named, and does not hide the others."""
    page: Page[T] = Page([], cursor, [])
    for number, item in enumerate(items, start=1):
        try:
            page.entries.append(entry(item))
        except ValueError as err:
            page.strange.append(f"entry {number}: {err}")
    return page


@contextmanager
def _contract(answer: Answer, *, reading: bool = True) -> Iterator[None]:
    """Make a ValueError about the body an unreadable answer."""
    try:
        yield
    except ValueError as err:
        raise unreadable(answer, str(err), reading=reading) from err


def _page(answer: Answer, name: str) -> tuple[list[Any], str | None]:
    body = json_object(answer, reading=True)
    with _contract(answer):
        _check_object(body, name)
        items = body.get("items")
        if not isinstance(items, list):
            raise ValueError("items is no list")  # noqa: TRY004 (one error for callers)
        # A missing cursor is not "the end": the contract says null.
        if body.get("cursor", "") in ("", False):
            return items, None
        cursor = body["cursor"]
        if cursor is not None and not isinstance(cursor, str):
            raise ValueError("cursor is neither null nor text")
        return items, cursor or ""


def _sent_invitation(told: object) -> SentInvitation:
    item = _object(told)
    return SentInvitation(
        id=_optional_id(item, "id"),
        invited_user_id=_optional_id(item, "invited_user_id"),
        public_identifier=slug_told(_optional(item, "invited_user_public_id", str) or ""),
        parsed_datetime=_instant(item.get("parsed_datetime")),
    )


def _account_or_trouble(item: object) -> Account:
    """Read an account of the list. What cannot be read must not be taken for one that is gone."""
    try:
        return _account(_object(item))
    except ValueError as err:
        told = item if isinstance(item, dict) else {}
        return Account(
            id=_shown(told.get("id")),
            name=_shown(told.get("name")),
            type=_shown(told.get("type")),
            status=ACCOUNT_STATUS_UNKNOWN,
            premium_features=(),
            trouble=str(err),
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


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 (one error for callers)
    return value


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


def _optional(body: dict[str, Any], key: str, kind: type[T]) -> T | None:
    value = body.get(key)
    if value is not None and not isinstance(value, kind):
        raise ValueError(f"{key} has the wrong type")
    return value


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
