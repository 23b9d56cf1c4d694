"""The Unipile REST API v1 as far as SendQ needs it.

Every call ends within its total time in a value or in a UnipileError that says what may be
concluded; nothing is retried here.
"""

import ipaddress
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import quote, urljoin, urlsplit

from campaigns.people.slugs import is_id, normalised_slug
from queueing.unipile import shapes
from queueing.unipile.answers import (
    Answer,
    Outcome,
    UnipileError,
    about_another,
    refusal,
    unanswered,
)
from queueing.unipile.exchange import Call, NoAnswerError, exchange, uptime
from queueing.unipile.shapes import Account, Invitation, Page, Profile, SentWalk

T = TypeVar("T")

PAGE_SIZE = 100  # the documented 250 is met with 100 by the live service
STANDSTILL = 3  # pages in a row that bring nothing new
MAX_REDIRECTS = 3
FREE_NOTE_LIMIT = 200
NOTE_LIMIT = 300

_again = threading.Lock()
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*")


def note_limit(account_type: str) -> int:
    """Return how many characters LinkedIn takes in a note from this type of account."""
    return FREE_NOTE_LIMIT if account_type == "free" else NOTE_LIMIT


def base_url(dsn: str) -> str:
    """Return the address of the API for a DSN such as `api8.unipile.com:13851`.

    Raise ValueError, with what to do, unless it is `host:port`; `https://` in front is tolerated,
    `http://` only for this machine, since the API key would travel in the clear.
    """
    want = "Write UNIPILE_DSN as host:port, as Unipile's dashboard shows it"
    if not dsn or dsn != dsn.strip() or not dsn.isascii() or not dsn.isprintable() or " " in dsn:
        raise ValueError(f"{want}: without spaces, not empty, plain ASCII.")
    scheme, rest = dsn.split("://", 1) if "://" in dsn else ("https", dsn)
    scheme, rest = scheme.lower(), rest.removesuffix("/")
    if scheme not in {"https", "http"}:
        raise ValueError(f"{want}: https is used of itself, and nothing else is possible.")
    if "@" in rest:
        raise ValueError(f"{want}: no user or password; the key belongs into UNIPILE_API_KEY.")
    if any(mark in rest for mark in "/?#\\"):
        raise ValueError(f"{want}: nothing may follow the port; /api/v1 is added of itself.")
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError as err:
        raise ValueError(f"{want}: host or port cannot be read ({err}).") from err
    if port == 0 or rest.endswith(":") or not (_is_address(host) or _HOST.fullmatch(host)):
        raise ValueError(f"{want}: host or port cannot be read.")
    if scheme == "http" and not _is_loopback(host):
        raise ValueError(f"{want}: http:// is for a server on this machine only; leave it out.")
    return f"{scheme}://{parts.netloc}/api/v1"


class Client:
    """Times are seconds. `total_timeout` holds for a call with everything that belongs to it."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        connect_timeout: float = 5.0,
        read_timeout: float = 20.0,
        total_timeout: float = 30.0,
        max_bytes: int = 2_000_000,
    ) -> None:
        if not api_key.isascii() or (api_key and not api_key.isprintable()) or " " in api_key:
            raise ValueError("UNIPILE_API_KEY holds a space or a character that no key has.")
        self._base_url = base_url.rstrip("/")
        self._headers = {"X-API-KEY": api_key, "Accept": "application/json", "User-Agent": "SendQ"}
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._total_timeout = total_timeout
        self._max_bytes = max_bytes

    def invite(
        self,
        account_id: str,
        provider_id: str,
        message: str = "",
        *,
        not_after: float | None = None,
    ) -> Invitation:
        """Send a connection request: one POST, at most once on the wire.

        `not_after`, an instant of `uptime()`, is checked at the last moment, when the
        connection stands: a process that was paused does not send what others have given up.
        Raise UnipileError; with `may_have_been_sent` the invitation must not be sent again before
        somebody has looked.
        """
        _require(provider_id, Outcome.REJECTED)
        _require(account_id, Outcome.ACCOUNT_DISCONNECTED)
        body = {"provider_id": provider_id, "account_id": account_id}
        if message:
            body["message"] = message
        answer = self._request("POST", "/users/invite", json=body, not_after=not_after)
        return shapes.invitation(answer)

    def profile(self, account_id: str, identifier: str) -> Profile:
        """Return a person, by slug or provider id, as the account sees them.

        Under load Unipile has answered about other people, and slugs are changed and handed on. So
        an answer with another id than was asked for is never believed, and one without the slug
        that was asked for only if it comes again, when nobody else is asked for a second time.

        :raises UnipileError: where nothing was learnt; of type ANOTHER_PERSON where the answer was
            about somebody else.
        """
        path = f"/users/{_segment(identifier, Outcome.REJECTED)}"
        deadline = uptime() + self._total_timeout
        params = {"account_id": account_id}
        found = shapes.profile(self._request("GET", path, params, deadline=deadline))
        if _is_about(found, identifier):
            return found
        with _asked_again(deadline) as may_ask:
            if may_ask and not is_id(identifier):
                again = shapes.profile(self._request("GET", path, params, deadline=deadline))
                if _is_about(again, identifier) or _is_same(again, found):
                    return again
        told = f"{found.public_identifier or found.provider_id}"
        name = f"{found.first_name} {found.last_name}".strip() or "no name"
        raise about_another(identifier, f"{told} ({name})", found.http_status, found.raw)

    def sent_invitations(self, account_id: str) -> SentWalk:
        """Walk all pending invitations of an account. Raise UnipileError where a page fails.

        The walk goes on for as long as pages bring something new. Not complete: what was found is
        there, what was not found proves nothing.
        """
        walked = self._walk(
            "/users/invite/sent", {"account_id": account_id}, shapes.sent_invitations
        )
        trouble = "; ".join(filter(None, [_why_not_ended(walked), *walked.strange[:3]]))
        return SentWalk(tuple(walked.entries), trouble)

    def account(self, account_id: str) -> Account:
        """Return one connected account. Raise UnipileError."""
        path = f"/accounts/{_segment(account_id, Outcome.ACCOUNT_DISCONNECTED)}"
        return shapes.account(self._request("GET", path))

    def accounts(self) -> list[Account]:
        """Return all connected accounts of every provider, or raise UnipileError: never some.

        One that cannot be read is among them with its `trouble`.
        """
        walked = self._walk("/accounts", {}, shapes.accounts)
        if trouble := _why_not_ended(walked):
            raise UnipileError(
                Outcome.NOT_SENT, title="The list of accounts is not whole", detail=trouble
            )
        return walked.entries

    def is_key_refused(self) -> bool:
        """Return whether Unipile refuses the API key itself.

        Asked of the list, which is about no account: a 401 about one account may be about that.

        :raises UnipileError: where nothing was learnt.
        """
        try:
            self._request("GET", "/accounts", {"limit": "1"})
        except UnipileError as error:
            if error.http_status != 401:
                raise
            return True
        return False

    def _walk(
        self, path: str, params: dict[str, str], read: Callable[[Answer], Page[T]]
    ) -> Page[T]:
        """Return all pages of a list as one, whose cursor is that of the last page.

        The cursor carries the size of a page: `limit` goes with the first request alone.
        """
        entries: dict[object, T] = {}
        strange: list[str] = []
        asked: set[str] = set()
        cursor: str | None = None
        without_news = 0
        while cursor not in asked and without_news < STANDSTILL:
            if cursor:
                asked.add(cursor)
            how = {"cursor": cursor} if cursor else {"limit": str(PAGE_SIZE)}
            page = read(self._request("GET", path, {**params, **how}))
            before = len(entries)
            entries |= {getattr(one, "id", "") or one: one for one in page.entries}
            strange += [f"page {len(asked) + 1}, {what}" for what in page.strange]
            without_news = 0 if len(entries) > before else without_news + 1
            cursor = page.cursor
            if not cursor:
                break
        return Page(list(entries.values()), cursor, strange)

    def _request(
        self,
        method: str,
        path: str,
        params: dict[str, str] | None = None,
        *,
        json: dict[str, str] | None = None,
        not_after: float | None = None,
        deadline: float | None = None,
    ) -> Answer:
        """Make the one request behind every call; return a 2xx answer or raise UnipileError."""
        reading = method == "GET"
        deadline = deadline or uptime() + self._total_timeout
        url, query = self._base_url + path, params or {}
        for _ in range(MAX_REDIRECTS + 1):
            call = Call(
                method=method,
                url=url,
                headers=self._headers,
                params=query,
                json=json,
                connect_timeout=self._connect_timeout,
                read_timeout=self._read_timeout,
                leave_by=deadline if not_after is None else min(deadline, not_after),
                deadline=deadline,
                max_bytes=self._max_bytes,
            )
            try:
                answer = exchange(call)
            except NoAnswerError as err:
                raise unanswered(
                    left=err.left, why=err.why, status=err.status, reading=reading
                ) from err
            if 200 <= answer.status < 300:
                return answer
            # Never for a POST: whoever answered may have passed the request on.
            target = _redirect(url, answer) if reading else ""
            if not target:
                raise refusal(answer, reading=reading)
            url, query = target, {} if urlsplit(target).query else query
        raise refusal(answer, reading=reading)


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


def _why_not_ended(walked: Page[T]) -> str:
    """Return why a walk is not complete; "" where its last page says that it is the last."""
    if walked.cursor is None:
        return "the list does not say whether it goes on: a page has no cursor"
    return "the pages of the list bring nothing new and do not end" if walked.cursor else ""


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


def _segment(identifier: str, otherwise: Outcome) -> str:
    """Return an id as one path segment: nothing in it can lead to another address."""
    _require(identifier, otherwise)
    return quote(identifier, safe="", errors="replace")


def _require(identifier: str, otherwise: Outcome) -> None:
    if not identifier.strip(". "):
        raise UnipileError(otherwise, title="There is no id to ask Unipile with")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)
