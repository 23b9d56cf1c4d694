"""The ASGI application: the API, its faults and its call log, and the control routes."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.asking import MAX_BODY_BYTES, Ask, Operation, subject_of, unknown
from sandbox.calls import Call, CallLog
from sandbox.clock import Clock
from sandbox.delivery import Delivery
from sandbox.errors import ApiError
from sandbox.faces import FACES, Face
from sandbox.faults import Fault, Kind, Plan, Weather
from sandbox.journal import Journal
from sandbox.model import Account, Settings, Tier
from sandbox.v2.cache import Cache
from sandbox.wire import Answer, Exchange, Hold, Release, json_answer, strike
from sandbox.world import World

SERVICE_PATH = "/v2/webhooks/"


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
    service_key: str = "sandbox-service-key"  # V2: for registering webhooks
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
        self.cache = Cache()
        self.delivery = Delivery(self.world, {name: one.notice for name, one in FACES.items()})
        self.release = Release()

    def reset(self) -> None:
        """Go back to how the sandbox was started, with an empty state file; end all hangs."""
        self.let_go()
        self.release = Release()
        self.clock.set(self.options.clock_start, frozen=False)
        self.world.settings = replace(self.options.settings)
        self.world.reset(self.options.accounts)
        self.plan.faults.clear()
        self.plan.set_weather(self.options.weather)
        self.calls.clear()
        self.cache.clear()
        self.delivery.clear()

    def let_go(self) -> None:
        """End every call that a fault holds."""
        self.release.set()

    def end_waits(self) -> None:
        """Let every call that a fault holds go on, as if its time were up."""
        self.release.how = Hold.ELAPSED
        self.let_go()
        self.release = Release()

    def refused(self, face: Face, request: Request) -> ApiError | None:
        """Return what a key is refused with; None for the right key of the right version."""
        key = request.headers.get("x-api-key", "").encode()
        is_service = hmac.compare_digest(key, self.options.service_key.encode())
        is_api = hmac.compare_digest(key, self.options.api_key.encode())
        wants_service = request.url.path.startswith(SERVICE_PATH)
        if face.name != self.world.settings.api or not (is_service or is_api):
            return ApiError("missing_credentials")
        if face.name == "v2" and is_service != wants_service:
            return ApiError("insufficient_permissions")
        return None


class Endpoint:
    """One route of a face as an ASGI application: key, log, fault, handler, in this order."""

    def __init__(self, core: Core, face: Face, operation: Operation) -> None:
        self._core, self._face, self._operation = core, face, operation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            ask = await _read(request)
        except ClientDisconnect:
            return
        core, name = self._core, self._operation.name
        subject = subject_of(core.world, ask)
        call = core.calls.open(name, request.method, request.url.path, subject)
        try:
            refused = core.refused(self._face, request)
            if refused is not None:
                answer = self._note(call, self._face.error(refused))
                await answer.response()(scope, receive, send)
                return
            fault = core.plan.take(name, subject)
            if fault is None:
                answer = self._note(call, self._run(ask))
                # Noted before the last byte leaves: the client may call again at once.
                core.calls.left(call)
                await answer.response()(scope, receive, send)
            else:
                exchange = Exchange(
                    scope, receive, send, core.release, lambda: core.calls.left(call)
                )
                await self._strike(self._face.fault(fault), exchange, call, ask)
        finally:
            core.calls.close(call)

    def _run(self, ask: Ask) -> Answer:
        """Let everybody do what they were to do by now, run the handler, tell what happened."""
        core, face = self._core, self._face
        core.world.live()
        now, settings = core.clock.now(), core.world.settings
        try:
            # The lists of accounts, hooks and keys have neither cache nor limit.
            if not (face.caches and self._operation.path.startswith("/{account_id}/")):
                return self._handle(ask)
            return core.cache.through(
                ask, self._operation, now, lambda: self._handle(ask), settings
            )
        except ApiError as error:
            return face.error(error)
        finally:
            core.delivery.pump()

    def _handle(self, ask: Ask) -> Answer:
        operation = self._operation
        try:
            body = operation.handler(self._core.world, ask)
            if operation.status == 204:
                return Answer(204, b"")
            return json_answer(operation.status, body)
        except ApiError as error:
            return self._face.error(error)

    async def _strike(self, fault: Fault, exchange: Exchange, call: Call, ask: Ask) -> None:
        call.fault, call.when = fault.kind.value, fault.when.value
        if fault.kind is Kind.STRANGER:
            ask = replace(ask, path=ask.path | {"identifier": fault.other})
        try:
            answered = await strike(
                fault, exchange, call.path, lambda: self._run(ask), self._face.error
            )
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
        headers={**request.headers, "base": str(request.base_url).rstrip("/")},
    )


def build_app(core: Core, more: list[Route]) -> Starlette:
    """Return the application. Anything else of a face asks for the key, then is a 404."""
    routes = [
        Route(face.prefix + one.path, Endpoint(core, face, one), methods=[one.method])
        for face in FACES.values()
        for one in face.routes
    ]
    lost = [
        Route(path, Endpoint(core, FACES[name], Operation("unknown", "GET", "", unknown)))
        for name, path in (("v2", "/v2/{path:path}"), ("v1", "/{path:path}"))
    ]
    return Starlette(routes=[*routes, *more, *lost])
