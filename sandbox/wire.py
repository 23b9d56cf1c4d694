"""Faults on the wire: late, broken and missing answers."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto
from http.client import responses
from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from sandbox.errors import ApiError
from sandbox.faults import Fault, Kind, When

CONTENT_TYPE = "application/json; charset=utf-8"
_HTML = "<!doctype html><html><body><h1>Sign in</h1><p>This is not JSON.</p></body></html>"
_TYPE_OF_STATUS = {
    401: "disconnected_account",
    403: "account_restricted",
    404: "resource_not_found",
    425: "auth_in_progress",
    429: "too_many_requests",
    500: "provider_error",
    503: "service_unavailable",
    504: "request_timeout",
}
_WRONG_TYPES = {
    "object": 7,
    "invitation_id": ["7461918827820281856"],
    "usage": "most of it",
    "items": {"0": "none"},
    "cursor": 12,
    "provider_id": 5,
    "invitation": "PENDING",
    "is_relationship": "no",
    "network_distance": 2,
    "sources": "OK",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete HTTP answer."""

    status: int
    body: bytes
    content_type: str = CONTENT_TYPE
    location: str | None = None
    error: str | None = None
    more: tuple[tuple[str, str], ...] = ()  # further headers
    announce: bool = True  # with a Content-Length

    def headers(self) -> dict[str, str]:
        headers = {"content-type": self.content_type}
        if self.location is not None:
            headers["location"] = self.location
        return headers | dict(self.more)

    def raw(self) -> tuple[bytes, bytes]:
        """Return head and body as they go over the wire."""
        lines = [f"HTTP/1.1 {self.status} {responses.get(self.status, 'Unknown')}"]
        headers = self.headers() | {"content-length": str(len(self.body)), "connection": "close"}
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode(), self.body

    def response(self) -> Response:
        if self.announce:
            return Response(self.body, self.status, self.headers())
        return StreamingResponse(_pieces(self.body), self.status, self.headers())


async def _pieces(body: bytes) -> Any:
    for start in range(0, len(body), 65536):
        yield body[start : start + 65536]


def json_answer(status: int, body: dict[str, Any], error: str | None = None) -> Answer:
    """Return an answer as the real service writes them."""
    return Answer(status, json.dumps(body, ensure_ascii=False).encode(), error=error)


def error_answer(error: ApiError) -> Answer:
    """Return an error as V1 writes it."""
    return json_answer(error.status, error.envelope(), error.type)


class Hold(Enum):
    """Why a wait ended."""

    ELAPSED = auto()
    CLIENT_LEFT = auto()
    RELEASED = auto()


class Release(asyncio.Event):
    """Ends all waits at once; `how` is why they ended."""

    how = Hold.RELEASED


class Exchange:
    """One request's connection, with means to treat it badly."""

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        release: Release,
        over: Callable[[], None],
    ) -> None:
        """`release` ends all waits: the sandbox stops or is reset, or says that their time is up.

        `over` is told just before the client learns that the call is over, or when it has gone.
        """
        self.over = over
        self._scope, self._receive, self._send = scope, receive, send
        self._transport: asyncio.Transport = scope["state"]["transport"]
        self._left: asyncio.Task[None] = asyncio.create_task(self._watch())
        self._release = release
        self._released = asyncio.create_task(release.wait())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def answer(self, answer: Answer) -> None:
        """Answer properly."""
        self.end()
        self.over()
        await answer.response()(self._scope, self._receive, self._send)

    async def hold(self, seconds: float, *, notice_client: bool = True) -> Hold:
        """Wait; end early on release and, if `notice_client`, when the client goes."""
        watched: set[asyncio.Task[Any]] = {self._released}
        if notice_client:
            watched.add(self._left)
        done, _ = await asyncio.wait(watched, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._released in done:
            return self._release.how
        return Hold.CLIENT_LEFT if done else Hold.ELAPSED

    def write(self, data: bytes) -> None:
        """Write bytes past the HTTP machinery; the connection must be closed afterwards."""
        self._transport.write(data)

    async def close(self) -> None:
        """End the connection in order, after what was written."""
        self.over()
        self._transport.close()
        await asyncio.wait({self._left, self._released}, return_when=asyncio.FIRST_COMPLETED)
        if not self._left.done():
            self._transport.abort()
            await self._left

    async def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.over()
        sock: socket.socket = self._transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()
        await self._left

    def end(self) -> None:
        """Stop watching the connection."""
        self._left.cancel()
        self._released.cancel()


async def strike(
    fault: Fault,
    exchange: Exchange,
    path: str,
    run: Callable[[], Answer],
    worded: Callable[[ApiError], Answer],
) -> Answer | None:
    """Let a fault strike. Return what was answered, even if in part; None without an answer.

    `run` makes the call's effect and gives the true answer. `worded` writes an error as the face
    does.
    """
    if fault.kind is Kind.DELAY:
        return await _delay(fault, exchange, run)
    if fault.kind in (Kind.EDIT, Kind.STRANGER):
        answer = _edited(fault, run())
        await exchange.answer(answer)
        return answer
    true = run() if fault.when is When.AFTER else None
    if fault.kind is Kind.HANG:
        await exchange.hold(fault.seconds)
        await exchange.close()
        return None
    if fault.kind is Kind.RESET:
        await exchange.reset()
        return None
    if fault.kind is Kind.CLOSE:
        await exchange.close()
        return None
    answer = _altered(fault, true, path, worded)
    if fault.kind is Kind.DRIP:
        await _drip(fault, exchange, answer)
    elif fault.kind is Kind.TRUNCATED:
        head, body = answer.raw()
        exchange.write(head + body[: len(body) // 2])
        await exchange.close()
    else:
        await exchange.answer(answer)
    return answer


async def _delay(fault: Fault, exchange: Exchange, run: Callable[[], Answer]) -> Answer | None:
    loop = asyncio.get_running_loop()
    end = loop.time() + fault.seconds
    true = run() if fault.when is When.AFTER else None
    hold = await exchange.hold(fault.seconds)
    if hold is Hold.CLIENT_LEFT:
        exchange.over()
        if true is None:
            hold = await exchange.hold(end - loop.time(), notice_client=False)
            if hold is Hold.ELAPSED:
                run()  # the effect lands although nobody waits for it any more
        return None
    if hold is Hold.RELEASED:
        await exchange.close()
        return None
    answer = true or run()
    await exchange.answer(answer)
    return answer


async def _drip(fault: Fault, exchange: Exchange, answer: Answer) -> None:
    head, body = answer.raw()
    rest = head + body if fault.head else body
    if not fault.head:
        exchange.write(head)
    end = asyncio.get_running_loop().time() + fault.seconds
    while rest and asyncio.get_running_loop().time() <= end:
        exchange.write(rest[: fault.bytes])
        rest = rest[fault.bytes :]
        if await exchange.hold(fault.interval) is not Hold.ELAPSED:
            break
    await exchange.close()


def _edited(fault: Fault, true: Answer) -> Answer:
    """Return the true answer in another shape; an error stays as it is."""
    if true.error is not None:
        return true
    if fault.status == 204:
        return Answer(204, b"")
    body = {key: value for key, value in json.loads(true.body).items() if key not in fault.drop}
    return json_answer(fault.status or true.status, body | fault.put)


def _altered(
    fault: Fault, true: Answer | None, path: str, worded: Callable[[ApiError], Answer]
) -> Answer:
    """Return the answer that a fault puts in the place of the true one, with its headers."""
    answer = _substitute(fault, true, path, worded)
    return replace(answer, more=(*answer.more, *fault.headers.items()))


def _substitute(
    fault: Fault, true: Answer | None, path: str, worded: Callable[[ApiError], Answer]
) -> Answer:
    status = fault.status or 200
    match fault.kind:
        case Kind.GARBAGE:
            return Answer(status, (fault.body or _HTML).encode(), "text/html; charset=utf-8")
        case Kind.EMPTY:
            return Answer(status, b"")
        case Kind.WRONG_TYPES:
            return json_answer(status, _WRONG_TYPES)
        case Kind.HUGE:
            size = int(fault.megabytes * 1_000_000)
            body = b'{"object":"UserInvitationSent","padding":"' + b"x" * size + b'"}'
            return Answer(status, body, announce=fault.announce)
        case Kind.REDIRECT:
            return Answer(fault.status or 307, b"", location=fault.location or path)
        case Kind.TRUNCATED if true is None:
            return json_answer(status, {"object": "UserInvitationSent", "invitation_id": "0"})
        case Kind.TRUNCATED | Kind.DRIP if true is not None:
            return true
    error = ApiError(
        fault.type or _TYPE_OF_STATUS.get(fault.status or 500, "unexpected_error"),
        fault.detail,
        status=fault.status,
        title=fault.title,
    )
    if fault.body is not None:
        kind = fault.content_type or CONTENT_TYPE
        return Answer(error.status, fault.body.encode(), kind, error=fault.type)
    return worded(error)
