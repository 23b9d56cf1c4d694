"""The ASGI application: the API, its faults and its call log, and the control routes."""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox import api
from sandbox.api import MAX_BODY_BYTES, Ask, Handler, subject_of
from sandbox.calls import Call, CallLog
from sandbox.clock import Clock
from sandbox.errors import ApiError
from sandbox.faults import Fault, Kind, Plan, Weather
from sandbox.journal import Journal
from sandbox.model import Account, Settings, Tier
from sandbox.wire import Answer, Exchange, error_answer, json_answer, strike
from sandbox.world import World

PREFIX = "/api/v1"


def default_accounts() -> list[Account]:
    """Return the two accounts of a sandbox started bare."""
    return [
        Account("sandbox-account-free", Tier.FREE),
        Account("sandbox-account-nav", Tier.SALES_NAVIGATOR),
    ]


@dataclass(slots=True)
class Options:
    """How a sandbox starts, and what a reset goes back to."""

    api_key: str = "sandbox-key"
    accounts: list[Account] = field(default_factory=default_accounts)
    settings: Settings = field(default_factory=Settings)
    weather: Weather = field(default_factory=Weather)
    clock_start: datetime | None = None
    state: Path | None = None


class Core:
    """One sandbox: its world, its faults, its log."""

    def __init__(self, options: Options) -> None:
        """Start the world. JournalError if the state file does not fit."""
        self.options = options
        self.clock = Clock()
        self.clock.set(options.clock_start, frozen=False)
        self.journal = Journal(options.state)
        self.world = World(options.accounts, replace(options.settings), self.clock, self.journal)
        self.plan = Plan(options.weather)
        self.calls = CallLog(self.clock)
        self.release = asyncio.Event()

    def reset(self) -> None:
        """Go back to how the sandbox was started, with an empty state file; end all hangs."""
        self.let_go()
        self.release = asyncio.Event()
        self.clock.set(self.options.clock_start, frozen=False)
        self.world.settings = replace(self.options.settings)
        self.world.reset(self.options.accounts)
        self.plan.faults.clear()
        self.plan.set_weather(self.options.weather)
        self.calls.clear()

    def let_go(self) -> None:
        """End every call that a fault holds."""
        self.release.set()

    def allows(self, key: str) -> bool:
        return hmac.compare_digest(key.encode(), self.options.api_key.encode())


class Operation:
    """One route of the API as an ASGI application: key, log, fault, handler, in this order."""

    def __init__(self, core: Core, name: str, handler: Handler) -> None:
        self._core, self._name, self._handler = core, name, handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            ask = await _read(request)
        except ClientDisconnect:
            return
        core = self._core
        subject = subject_of(core.world, ask)
        call = core.calls.open(self._name, request.method, request.url.path, subject)
        try:
            if not core.allows(request.headers.get("x-api-key", "")):
                answer = self._note(call, error_answer(ApiError("missing_credentials")))
                await answer.response()(scope, receive, send)
                return
            fault = core.plan.take(self._name, subject)
            if fault is None:
                answer = self._note(call, self._run(ask))
                # Noted before the last byte leaves: the client may call again at once.
                core.calls.left(call)
                await answer.response()(scope, receive, send)
            else:
                exchange = Exchange(
                    scope, receive, send, core.release, lambda: core.calls.left(call)
                )
                await self._strike(fault, exchange, call, ask)
        finally:
            core.calls.close(call)

    def _run(self, ask: Ask) -> Answer:
        self._core.world.live()
        try:
            return json_answer(200, self._handler(self._core.world, ask))
        except ApiError as error:
            return error_answer(error)

    async def _strike(self, fault: Fault, exchange: Exchange, call: Call, ask: Ask) -> None:
        call.fault, call.when = fault.kind.value, fault.when.value
        if fault.kind is Kind.STRANGER:
            ask = replace(ask, path=ask.path | {"identifier": fault.other})
        try:
            answered = await strike(fault, exchange, call.path, lambda: self._run(ask))
        finally:
            exchange.end()
        if answered is not None:
            self._note(call, answered)

    @staticmethod
    def _note(call: Call, answer: Answer) -> Answer:
        call.status, call.error = answer.status, answer.error
        return answer


async def _read(request: Request) -> Ask:
    """Read a request, its body up to just over the limit."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            break
    return Ask(
        path=request.path_params,
        query=request.query_params,
        body=bytes(body),
        content_type=request.headers.get("content-type", ""),
    )


def build_app(core: Core, control: list[Route]) -> Starlette:
    """Return the application. Anything else under /api asks for the key, then is a 404."""
    routes = [
        Route(PREFIX + path, Operation(core, name, handler), methods=[method])
        for name, method, path, handler in api.ROUTES
    ]
    lost = Route("/{path:path}", Operation(core, "unknown", api.unknown))
    return Starlette(routes=[*routes, *control, lost])
