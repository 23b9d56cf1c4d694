"""What is asked of a real account to settle what documentation leaves open. Reads only.

A finding says what kinds of things were told, how many and in which order: never whom or what.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from queueing.unipile.answers import Answer, UnipileError, json_object
from queueing.unipile.reading import instant

KNOWN_WORDS_AT_MOST = 12
CALLS_AT_MOST = 10  # that a probe makes, of whichever version
_PLAIN = ("object", "type", "status", "message_type", "provider", "has_more", "network_distance")


@dataclass(frozen=True)
class Finding:
    """One question, and what a real account answers."""

    question: str
    answer: str


@dataclass(frozen=True)
class Told:
    """An answer that was read: its body, {} where there was none, and the error in short."""

    body: dict[str, Any]
    error: str = ""
    from_cache: bool = False

    def entries(self, key: str) -> list[dict[str, Any]]:
        """Return the objects of a list in it."""
        found = self.body.get(key)
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


class Get(Protocol):
    """Reads a path below the account's."""

    def __call__(self, path: str, **params: str) -> Told: ...


def ask(read: Callable[[], Answer]) -> Told:
    """Make a call; an error is told by its status and type alone."""
    try:
        answer = read()
        body = json_object(answer, reading=True)
    except UnipileError as error:
        return Told({}, f"{error.http_status or 'no answer'} {error.error_type}".strip())
    return Told(body, from_cache=answer.from_cache)


def keys_of(body: Mapping[str, Any]) -> str:
    """Say which keys an object has, and what kind of value each: words of the API in full."""
    return ", ".join(f"{key}: {_told_of(key, value)}" for key, value in sorted(body.items()))


def _told_of(key: str, value: object) -> str:
    if key in _PLAIN and isinstance(value, str | int):
        return str(value)[:40]
    return "null" if value is None else type(value).__name__


def words_of(entries: list[dict[str, Any]], key: str) -> str:
    """Say which words of the API stand under a key, and how often."""
    words: dict[str, int] = {}
    for entry in entries:
        word = str(entry.get(key, "missing"))
        words[word] = words.get(word, 0) + 1
    told = sorted(words.items(), key=lambda pair: -pair[1])[:KNOWN_WORDS_AT_MOST]
    return ", ".join(f"{word} {number}" for word, number in told) or "no entries"


def order_of(entries: list[dict[str, Any]], key: str) -> str:
    """Say in which order the entries of a list come, by an instant."""
    times = [at for entry in entries if (at := instant(entry.get(key))) is not None]
    if len(times) < 2:
        return f"cannot be told: {len(times)} of {len(entries)} have {key}"
    if times == sorted(times, reverse=True):
        return f"newest first ({len(times)} entries)"
    return f"{'oldest first' if times == sorted(times) else 'in no order of time'} ({len(times)})"


def told(question: str, answer: Told, how: Callable[[], str]) -> Iterator[Finding]:
    """Yield the finding: the error, or what is made of the answer."""
    yield Finding(question, answer.error or how())
