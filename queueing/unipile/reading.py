"""Fields of a provider's JSON, read strictly: what several shapes of both versions need.

Who somebody is must be told as the contract says, or the whole answer counts as unreadable: a
mistake here would invite somebody twice. Where only the state between the two is told in words that
the contract does not have, the person can be read and the state is `unclear`: nothing may be
concluded from it. What is only shown to people is taken where it is usable and "" where it is not.

A reader of one entry raises ValueError; `contract` makes an unreadable answer of it.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, NamedTuple, TypeVar

from campaigns.people.slugs import slug_told
from queueing.unipile.answers import Answer, safe_text, unreadable

T = TypeVar("T")

_SHOWN_LIMIT = 200

DEGREES = ("FIRST_DEGREE", "SECOND_DEGREE", "THIRD_DEGREE", "OUT_OF_NETWORK")
INVITATION_STATUSES = ("PENDING", "IGNORED", "WITHDRAWN")


class Page(NamedTuple, Generic[T]):
    """A page of a list. `cursor` is "" at the end; None where nothing says whether it goes on.

    `strange`: what is wrong with the entries that could not be read, each with its place. `total`:
    how many entries all pages have, where that is told.
    """

    entries: list[T]
    cursor: str | None
    strange: list[str]
    total: int | None = None


@contextmanager
def contract(answer: Answer, *, reading: bool = True) -> Iterator[None]:
    """Make a ValueError about the body an unreadable answer."""
    try:
        yield
    except ValueError as err:
        raise unreadable(answer, str(err), reading=reading) from err


def read_each(items: list[Any], cursor: str | None, entry: Callable[[Any], T]) -> Page[T]:
    """Read entry by entry: a strange one is named, and does not hide the others."""
    page: Page[T] = Page([], cursor, [])
    for number, item in enumerate(items, start=1):
        try:
            page.entries.append(entry(item))
        except ValueError as err:
            page.strange.append(f"entry {number}: {err}")
    return page


class Unclear:
    """Collects what is told in words that nobody knows."""

    def __init__(self) -> None:
        self._told: list[str] = []

    def __str__(self) -> str:
        return ", ".join(self._told)

    def word(self, body: dict[str, Any], key: str, known: tuple[str, ...]) -> str:
        """Return a word that the contract has; "" where none is told, or one that it has not."""
        value = body.get(key)
        if value is None or value in known:
            return value or ""
        self.note(f"{key} {shown(json.dumps(value))}")
        return ""

    def flag(self, body: dict[str, Any], key: str) -> bool:
        """Return a truth value, False where none is told."""
        value = body.get(key)
        if value in (None, True, False):  # 0 and 1 among them, which V1 writes elsewhere
            return bool(value)
        self.note(f"{key} {shown(json.dumps(value))}")
        return False

    def note(self, told: str) -> None:
        self._told.append(told)


def obj(value: object) -> dict[str, Any]:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 (one error for callers)
    return value


def check_object(body: dict[str, Any], name: str) -> None:
    """Raise ValueError unless the object is of the kind that is wanted."""
    if body.get("object") != name:
        raise ValueError(f"the object is not {name}")


def list_of(body: dict[str, Any], key: str) -> list[Any]:
    """Return a list."""
    items = body.get(key)
    if not isinstance(items, list):
        raise ValueError(f"{key} is no list")  # noqa: TRY004 (one error for callers)
    return items


def id_of(body: dict[str, Any], key: str, limit: int = 100) -> str:
    """Return an id, a number among them."""
    value = body.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        value = str(value)
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} is missing or no text")
    if safe_text(value, limit) != value or not value.isprintable():
        raise ValueError(f"{key} is too long or holds control characters")
    return value


def optional_id(body: dict[str, Any], key: str, limit: int = 100) -> str:
    """Return an id, "" where none is told."""
    return "" if body.get(key) in (None, "") else id_of(body, key, limit)


def optional(body: dict[str, Any], key: str, kind: type[T]) -> T | None:
    """Return a value of a type, or None where none is told."""
    value = body.get(key)
    if value is not None and not isinstance(value, kind):
        raise ValueError(f"{key} has the wrong type")
    return value


def slug_of(body: dict[str, Any], key: str) -> str:
    """Return a slug in its normal form, "" where none is told."""
    return slug_told(optional(body, key, str) or "")


def shown(value: object) -> str:
    """Return text that is only shown to people, "" where it is none."""
    return safe_text(value, _SHOWN_LIMIT) if isinstance(value, str) else ""


def text_of(value: object) -> str:
    """Return a text that people wrote, whole but for what no database takes; "" for none."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode()


def maybe_flag(value: object) -> bool | None:
    """Return a truth value, written as such or as 0 or 1; None where it is neither."""
    return bool(value) if value in (0, 1, True, False) and not isinstance(value, float) else None


def instant(value: object) -> dt.datetime | None:
    """Return an instant in UTC, None where it is none: a text, or milliseconds since 1970."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 10**11:
            return dt.datetime.fromtimestamp(value / 1000, dt.UTC)
        if not isinstance(value, str):
            return None
        read = dt.datetime.fromisoformat(value)
        return (read if read.tzinfo else read.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None


def written(at: dt.datetime) -> str:
    """Write an instant as Unipile does: UTC, milliseconds, `Z`."""
    utc = at.astimezone(dt.UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def read_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; ValueError where it is none."""
    try:
        told = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as err:
        raise ValueError(f"the body is no JSON object: {err}") from err
    if not isinstance(told, dict):
        raise ValueError("the body is no JSON object")  # noqa: TRY004 (one error for callers)
    return told
