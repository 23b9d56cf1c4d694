"""One HTTP request: one connection, one deadline, and proof of whether anything left.

Why not a plain `urllib3.request`, or one of `requests`, which is built on it:

- Its read time-out is per `recv`: a server that drips one byte a second holds it for ever, and
  nothing limits name resolution. So the request runs in a thread of its own and the caller waits
  for the total time, never longer, whatever the other side does. The thread that is left behind
  finds its socket shut down and ends.
- Their errors mix "refused" with "reset after the request left". So the connection
  notes the moment before its first byte of HTTP (after name, connect and TLS), under the same lock
  that calls it off. An exception before that moment proves that nothing was sent; after it, nothing
  is proven.
- A kept-alive connection may be dead without either side knowing, which looks like a reset after
  sending. So each request has a fresh connection, and says `Connection: close`.

Environment proxies, netrc and CA bundle variables are ignored; certificates are always checked
against certifi's. No retries, no redirects: the caller sees the answer as it is.
"""

import datetime as dt
import json
import logging
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

import certifi
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.filepost import encode_multipart_formdata
from urllib3.util import Url, parse_url
from urllib3.util.ssl_ import create_urllib3_context

from queueing.unipile.answers import RETRY_AFTER_AT_MOST, Answer

logger = logging.getLogger(__name__)

_CHUNK = 65_536
_KEPT = {"HIT", "STALE", "UPDATING"}  # what caches call an answer that they did not ask for anew
# macOS has no CLOCK_BOOTTIME, and its CLOCK_MONOTONIC runs through a sleep.
_THROUGH_SLEEP = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def uptime() -> float:
    """Return seconds of a clock that never jumps and runs on while the machine sleeps.

    Not `time.monotonic`, which on Linux stands still then: a machine that is suspended and wakes
    must know that others have taken for dead what it was doing.
    """
    return time.clock_gettime(_THROUGH_SLEEP)


@dataclass(frozen=True)
class Call:
    """One request. `leave_by` and `deadline` are instants of `uptime()`, time-outs seconds."""

    method: str
    url: str
    headers: dict[str, str]
    params: dict[str, str]
    connect_timeout: float
    read_timeout: float
    leave_by: float
    deadline: float
    max_bytes: int
    json: Mapping[str, object] | None = None
    form: Mapping[str, object] | None = None
    """Fields of a multipart form, in the place of `json`."""


class NoAnswerError(Exception):
    """No status line came. `left` is False only where no byte can have gone out, now or later."""

    def __init__(self, why: str, *, left: bool, status: int | None = None) -> None:
        super().__init__(why)
        self.why, self.left, self.status = why, left, status


class TooLateError(OSError):
    """The instant by which the request had to leave has passed, or it was called off."""


def exchange(call: Call) -> Answer:
    """Make the request; return the answer or raise NoAnswerError, by the deadline at the latest."""
    wire = _Wire(call.leave_by)
    thread = threading.Thread(target=_work, args=(call, wire), name="unipile", daemon=True)
    try:
        thread.start()
        wire.done.wait(max(0.0, call.deadline - uptime()))
    except (RuntimeError, OSError, MemoryError) as err:  # the machine has no more threads
        raise NoAnswerError(f"could not start: {err}", left=wire.call_off()) from err
    finally:
        # Also when a signal's exception ends the wait: what has not left must not leave later.
        left = wire.call_off()
    if wire.answer is not None:
        return wire.answer
    if wire.error is None:
        raise NoAnswerError("no whole answer in time", left=left, status=wire.status)
    try:
        raise NoAnswerError(_in_words(wire.error), left=left, status=wire.status) from wire.error
    finally:
        wire.error = None  # its traceback holds this wire: a cycle that would keep memory


class _Wire:
    """What the caller and the request's thread share."""

    def __init__(self, leave_by: float) -> None:
        self.done = threading.Event()
        self.answer: Answer | None = None
        self.error: BaseException | None = None
        self.status: int | None = None
        self._leave_by = leave_by
        # A virtual machine that was paused finds every clock of its own standing still, until its
        # wall clock is put right.
        self._wall_ahead_by = time.time() - uptime()
        self._lock = threading.Lock()
        self._called_off = False
        self._socket: socket.socket | None = None

    def leave(self, sock: socket.socket) -> None:
        """Called before every write: the first one counts as the departure of the request."""
        with self._lock:
            if self._called_off:
                raise TooLateError("called off")
            if self._socket is None and self._now() >= self._leave_by:
                raise TooLateError("too late to send")
            self._socket = sock

    def _now(self) -> float:
        return max(uptime(), time.time() - self._wall_ahead_by)

    def call_off(self) -> bool:
        """Nothing leaves from now on, and a waiting read ends. Return whether anything left."""
        with self._lock:
            self._called_off = True
            sock = self._socket
        if sock is None:
            return False
        if not self.done.is_set():
            try:
                # Not SSLSocket.shutdown, which takes the TLS state from under the reading thread.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
            except OSError as err:
                logger.debug("Connection was gone already: %s", err)
        return True

    def close(self) -> None:
        """Free the descriptor. urllib3 leaves it to the garbage collector after some headers."""
        if self._socket is not None and self._socket.fileno() != -1:
            os.close(self._socket.detach())


class _Fenced(HTTPConnection):
    def __init__(self, *args: Any, wire: _Wire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wire = wire

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self._wire.leave(self.sock)
        super().send(data)


class _FencedTLS(HTTPSConnection):
    def __init__(self, *args: Any, wire: _Wire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wire = wire

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self._wire.leave(self.sock)
        super().send(data)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Fenced


class _PoolTLS(HTTPSConnectionPool):
    ConnectionCls = _FencedTLS


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    """Read certifi's certificates, which takes longer than a whole call does: once."""
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(certifi.where())
    return context


def _work(call: Call, wire: _Wire) -> None:
    try:
        wire.answer = _request(call, wire)
    except BaseException as err:  # noqa: BLE001 (the caller raises it; a thread has nobody to)
        wire.error = err
    finally:
        wire.close()
        wire.done.set()


def _request(call: Call, wire: _Wire) -> Answer:
    left = max(0.001, call.deadline - uptime())
    body, headers = _body(call)
    address = parse_url(f"{call.url}?{urlencode(call.params)}" if call.params else call.url)
    with _pool(address, wire) as pool:
        response = pool.urlopen(
            call.method,
            address.request_uri,
            body,
            {**call.headers, **headers, "Connection": "close", "Accept-Encoding": "identity"},
            retries=False,
            redirect=False,
            timeout=Timeout(
                connect=min(call.connect_timeout, left), read=min(call.read_timeout, left)
            ),
            preload_content=False,
        )
        try:
            return _answer(response, call, wire)
        finally:
            response.close()


def _pool(address: Url, wire: _Wire) -> HTTPConnectionPool:
    """Return what makes the one connection of a request."""
    if not address.host or address.scheme not in {"http", "https"}:
        raise ValueError(f"{address} is no address")
    if address.scheme == "http":
        return _Pool(address.host, address.port, wire=wire)
    return _PoolTLS(address.host, address.port, ssl_context=_certificates(), wire=wire)


def _body(call: Call) -> tuple[bytes | None, dict[str, str]]:
    if call.form is not None:
        body, kind = encode_multipart_formdata({k: str(v) for k, v in call.form.items()})
        return body, {"Content-Type": kind}
    if call.json is not None:
        text = json.dumps(call.json, allow_nan=False)
        return text.encode(), {"Content-Type": "application/json"}
    return None, {}


def _answer(response: BaseHTTPResponse, call: Call, wire: _Wire) -> Answer:
    wire.status = response.status
    body, trouble = _read(response, call.max_bytes)
    location = response.headers.get("Location", "")
    wait = _retry_after(response.headers)
    cached = _is_cached(response.headers)
    return Answer(response.status, body, trouble, location, wait, from_cache=cached)


def _read(response: BaseHTTPResponse, max_bytes: int) -> tuple[bytes, str]:
    """The body and, where it is not whole, why. A status that came is kept in any case."""
    body = bytearray()
    try:
        for chunk in response.stream(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > max_bytes:
                return bytes(body[:max_bytes]), f"the answer is larger than {max_bytes} bytes"
    except Exception as err:  # noqa: BLE001 (any failure here is a broken body, never a traceback)
        return bytes(body), f"the answer broke off: {_in_words(err)}"
    return bytes(body), ""


def _is_cached(headers: Mapping[str, str]) -> bool:
    """Return whether an answer says itself that it was kept: by a word, or by its age in seconds.

    Each cache on the way may add a word, perhaps with its name.
    """
    words = set(re.split(r"[\s,;=]+", headers.get("X-Cache", "").upper()))
    age = headers.get("Age", "").strip()
    return bool(words & _KEPT) or (age.isascii() and age.isdigit() and int(age[:10]) > 0)


def _retry_after(headers: Mapping[str, str]) -> int | None:
    """Return the seconds that `Retry-After` asks for, as a number or as a date (RFC 9110, 10.2.3).

    A date is measured from that of the answer, for the two machines' clocks may differ.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:10]), RETRY_AFTER_AT_MOST)
    until = _date(text)
    if until is None:
        return None
    now = _date(headers.get("Date", "")) or dt.datetime.now(dt.UTC)
    return min(max(0, round((until - now).total_seconds())), RETRY_AFTER_AT_MOST)


def _date(text: str) -> dt.datetime | None:
    try:
        read = parsedate_to_datetime(text)
        return (read if read.tzinfo else read.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None


def _in_words(err: BaseException) -> str:
    """The innermost cause: what urllib3 wraps around it helps nobody."""
    cause: BaseException = err
    for _ in range(10):
        inner = getattr(cause, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((arg for arg in cause.args if isinstance(arg, BaseException)), None)
        if inner is None:
            break
        cause = inner
    text = str(cause) or type(cause).__name__
    # urllib3 starts some messages with the connection object, address in memory and all.
    return text.rsplit(">: ", 1)[-1].rsplit("): ", 1)[-1]
