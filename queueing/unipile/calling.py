"""One call: its address, its time, its redirects, and an error where it was refused."""

import copy
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar
from urllib.parse import quote, urljoin, urlsplit

from campaigns.people.slugs import is_id, normalised_slug
from queueing.unipile.answers import (
    Answer,
    UnipileError,
    about_another,
    from_cache,
    refusal,
    unanswered,
)
from queueing.unipile.exchange import Call, NoAnswerError, exchange, uptime
from queueing.unipile.outcomes import Outcome
from queueing.unipile.reading import Page
from queueing.unipile.tables import ErrorTable
from queueing.unipile.values import Profile

T = TypeVar("T")

STANDSTILL = 3  # pages in a row that bring nothing new
MAX_REDIRECTS = 3

_again = threading.Lock()


class Caller:
    """Makes calls to one API with one key.

    Times are seconds. `total_timeout` holds for a call with everything that belongs to it.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        errors: ErrorTable,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
        total_timeout: float = 30.0,
        max_bytes: int = 2_000_000,
    ) -> None:
        check_key("UNIPILE_API_KEY", api_key)
        self.base_url = base_url.rstrip("/")
        self.total_timeout = total_timeout
        self._headers = {"X-API-KEY": api_key, "Accept": "application/json", "User-Agent": "SendQ"}
        self._errors = errors
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._max_bytes = max_bytes

    def with_key(self, api_key: str) -> "Caller":
        """Return the same caller with another key."""
        other = copy.copy(self)
        other._headers = {**self._headers, "X-API-KEY": api_key}
        return other

    def read(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        fresh: bool = False,
        headers: Mapping[str, str] | None = None,
        deadline: float | None = None,
    ) -> Answer:
        """Ask for something; return a 2xx answer or raise UnipileError, which leaves no doubt.

        `fresh`: an answer out of the provider's cache is an error.
        """
        asked = {**(headers or {}), **({"Cache-Control": "no-cache"} if fresh else {})}
        answer = self._request(
            "GET", path, reading=True, params=params, headers=asked, deadline=deadline
        )
        if fresh and answer.from_cache:
            raise from_cache(answer)
        return answer

    def act(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        not_after: float | None = None,
        reaches_people: bool = True,
    ) -> Answer:
        """Do something, once; return a 2xx answer or raise UnipileError.

        `reaches_people` False: nobody hears of it, and it may be done again, so no doubt is left.
        """
        return self._request(
            method,
            path,
            reading=not reaches_people,
            params=params,
            headers=headers,
            not_after=not_after,
            json=json,
            form=form,
        )

    def _request(
        self,
        method: str,
        path: str,
        *,
        reading: bool,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        not_after: float | None = None,
        deadline: float | None = None,
        **body: Mapping[str, object] | None,
    ) -> Answer:
        deadline = deadline or uptime() + self.total_timeout
        url, query = self.base_url + path, params or {}
        for _ in range(MAX_REDIRECTS + 1):
            call = Call(
                method=method,
                url=url,
                headers={**self._headers, **(headers or {})},
                params=dict(query),
                **body,
                connect_timeout=self._connect_timeout,
                read_timeout=self._read_timeout,
                leave_by=deadline if not_after is None else min(deadline, not_after),
                deadline=deadline,
                max_bytes=self._max_bytes,
            )
            answer = _answer_to(call, reading=reading)
            if 200 <= answer.status < 300:
                return answer
            # Never but for a GET: whoever answered may have passed the request on.
            target = _redirect(url, answer) if method == "GET" else ""
            if not target:
                raise refusal(answer, self._errors, reading=reading)
            url, query = target, {} if urlsplit(target).query else query
        raise refusal(answer, self._errors, reading=reading)


def check_key(setting: str, key: str) -> None:
    """Raise ValueError where no key can look like this."""
    if not key.isascii() or (key and not key.isprintable()) or " " in key:
        raise ValueError(f"{setting} holds a space or a character that no key has.")


def profile_of(ask: Callable[[float], Profile], identifier: str, total_timeout: float) -> Profile:
    """Ask for a person, and believe the answer only where it is about them.

    Under load Unipile has answered about other people, and slugs are changed and handed on. So an
    answer with another id than was asked for is never believed, and one without the slug that was
    asked for only if it comes again, when nobody else is asked for a second time.
    """
    deadline = uptime() + total_timeout
    found = ask(deadline)
    if _is_about(found, identifier):
        return found
    asks_again = False
    with _asked_again(deadline) as may_ask:
        asks_again = may_ask and not is_id(identifier)
        if asks_again:
            again = _second_look(ask, deadline)
            if _is_about(again, identifier) or _is_same(again, found):
                return again
    told = f"{found.public_identifier or found.provider_id}"
    name = f"{found.first_name} {found.last_name}".strip() or "no name"
    error = about_another(identifier, f"{told} ({name})", found.http_status, found.raw)
    error.asked_again = asks_again
    raise error


def _second_look(ask: Callable[[float], Profile], deadline: float) -> Profile:
    """Look again, and note that on what comes of it: profile views are budgeted."""
    try:
        return replace(ask(deadline), asked_again=True)
    except UnipileError as error:
        error.asked_again = True
        raise


def walk(
    ask: Callable[[str], Page[T]], *, pages: int | None = None, once: bool = False
) -> tuple[list[T], str]:
    """Return the entries of a list's pages and why they are not all, "" where they are.

    The walk goes on for as long as pages bring something new. What was found is there; what was not
    found proves nothing unless they are all. `ask` is given a cursor, "" for the first page.
    Entries are told apart by their `id`, or else by all that they say. `pages`: no more than so
    many. `once`: an entry that comes twice shows that the list has moved, and another may have been
    missed.

    :raises UnipileError: where a page fails; what was read before it goes along.
    """
    entries: dict[object, T] = {}
    strange: list[str] = []
    asked: set[str] = set()
    totals: set[int] = set()
    cursor: str | None = ""
    without_news = read = told = 0
    while cursor is not None and cursor not in asked and without_news < STANDSTILL:
        if read == pages:
            return list(entries.values()), f"only the first {pages} pages were read"
        asked.add(cursor)
        try:
            page = ask(cursor)
        except UnipileError as error:
            error.read_before = tuple(entries.values())
            raise
        read += 1
        before, told = len(entries), told + len(page.entries)
        entries |= {getattr(one, "id", "") or one: one for one in page.entries}
        strange += [f"page {read}, {what}" for what in page.strange]
        totals |= {page.total} - {None}  # type: ignore[arg-type]
        without_news = 0 if len(entries) > before else without_news + 1
        cursor = page.cursor
        if not cursor:
            break
    moved = len(totals) > 1 or (once and told > len(entries))
    return list(entries.values()), "; ".join([*_why_not_ended(cursor, moved), *strange[:3]])


def _why_not_ended(cursor: str | None, moved: bool) -> Iterator[str]:
    """Yield why a walk is not complete; nothing where its last page says that it is the last."""
    if cursor is None:
        yield "the list does not say whether it goes on: a page has no cursor"
    elif cursor:
        yield "the pages of the list bring nothing new and do not end"
    if moved:
        yield "the list has changed while it was read"


def required(identifier: str, otherwise: Outcome) -> str:
    """Return an id that can be asked with."""
    if not identifier.strip(". "):
        raise UnipileError(otherwise, title="There is no id to ask Unipile with")
    return identifier


def segment(identifier: str, otherwise: Outcome) -> str:
    """Return an id as one path segment: nothing in it can lead to another address."""
    return quote(required(identifier, otherwise), safe="", errors="replace")


@contextmanager
def _asked_again(deadline: float) -> Iterator[bool]:
    """Let one call at a time ask a second time; False where the others took all the time."""
    has_turn = _again.acquire(timeout=max(0.0, deadline - uptime()))
    try:
        yield has_turn
    finally:
        if has_turn:
            _again.release()


def _is_about(found: Profile, identifier: str) -> bool:
    """Return whether an answer is about the person who was asked for."""
    return found.provider_id == identifier or (
        bool(found.public_identifier) and found.public_identifier == normalised_slug(identifier)
    )


def _is_same(one: Profile, other: Profile) -> bool:
    return (one.provider_id, one.public_identifier) == (other.provider_id, other.public_identifier)


def _answer_to(call: Call, *, reading: bool) -> Answer:
    try:
        return exchange(call)
    except NoAnswerError as err:
        raise unanswered(left=err.left, why=err.why, status=err.status, reading=reading) from err


def _redirect(url: str, answer: Answer) -> str:
    """Return where to go on; "" unless it is the same server, the only one to see the API key."""
    if answer.status not in {301, 302, 303, 307, 308} or not answer.location:
        return ""
    try:
        target = urljoin(url, answer.location)
        old, new = urlsplit(url), urlsplit(target)
        same = (old.scheme, old.hostname, old.port) == (new.scheme, new.hostname, new.port)
    except ValueError:
        return ""
    return target if same and "@" not in new.netloc else ""
