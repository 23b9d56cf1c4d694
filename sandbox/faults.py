"""Faults: which call gets which one."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from sandbox.asking import Subject
from sandbox.checks import (
    FLAG,
    LIST,
    NUMBER,
    OBJECT,
    TEXT,
    WHOLE,
    ControlError,
    checked,
    one_of,
)
from sandbox.people import normalise


class Kind(StrEnum):
    """What happens instead of the true answer."""

    ANSWER = "answer"  # any status, type and body
    HANG = "hang"  # hold the connection for `seconds`, then close it without an answer
    DRIP = "drip"  # `bytes` of the answer every `interval`, for `seconds` at most
    RESET = "reset"  # TCP reset without an answer
    CLOSE = "close"  # orderly end of the connection without an answer
    GARBAGE = "garbage"  # 200 with an HTML page
    EMPTY = "empty"  # 200 with no body
    TRUNCATED = "truncated"  # 200 that ends before its Content-Length
    HUGE = "huge"  # 200 with `megabytes` of JSON
    WRONG_TYPES = "wrong_types"  # 200 with JSON whose fields have the wrong types
    REDIRECT = "redirect"  # to `location`, by default the same path
    DELAY = "delay"  # the true answer, `seconds` late
    EDIT = "edit"  # the true answer in another shape: `drop`ped keys, `put` ones, `status`
    STRANGER = "stranger"  # a look-up is answered with the profile of `other`


class When(StrEnum):
    """Whether the call has its effect before the fault strikes.

    BEFORE: the fault strikes first, and there is no effect (only DELAY has one, late, even if
    the client has gone by then). AFTER: the effect is there, and only the answer suffers.
    """

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class Fault:
    """A scripted fault for the next `times` calls that match; 0 times means until cleared."""

    kind: Kind
    when: When = When.BEFORE
    times: int = 1
    route: str | None = None
    account_id: str | None = None
    person: str | None = None
    status: int | None = None
    type: str | None = None
    title: str | None = None
    detail: str | None = None
    body: str | None = None
    content_type: str | None = None
    location: str | None = None
    seconds: float = 3600.0
    bytes: int = 1
    interval: float = 0.5
    head: bool = False  # DRIP: drip the status line and headers too
    megabytes: float = 10.0
    announce: bool = True  # HUGE: send a Content-Length
    headers: dict[str, str] = field(default_factory=dict)  # of the answer, such as Retry-After
    drop: list[str] = field(default_factory=list)
    put: dict[str, Any] = field(default_factory=dict)
    other: str = ""
    skip: int = 0  # so many calls that fit pass first
    id: int = 0

    def fits(self, route: str, subject: Subject) -> bool:
        return (
            self.route in (None, route)
            and self.account_id in (None, subject.account_id)
            and self.person in (None, subject.slug)
        )


_SPEC: dict[str, tuple[type, ...]] = {
    "kind": TEXT,
    "when": TEXT,
    "times": WHOLE,
    "route": TEXT,
    "account_id": TEXT,
    "person": TEXT,
    "status": WHOLE,
    "type": TEXT,
    "title": TEXT,
    "detail": TEXT,
    "body": TEXT,
    "content_type": TEXT,
    "location": TEXT,
    "seconds": NUMBER,
    "bytes": WHOLE,
    "interval": NUMBER,
    "head": FLAG,
    "megabytes": NUMBER,
    "announce": FLAG,
    "headers": OBJECT,
    "drop": LIST,
    "put": OBJECT,
    "other": TEXT,
    "skip": WHOLE,
}


def parse(values: Any, routes: Collection[str]) -> Fault:
    """Read a fault as the control route takes it. ControlError names a wrong field."""
    given = dict(checked(values, _SPEC, required=("kind",)))
    given["kind"] = Kind(one_of("kind", given["kind"], list(Kind)))
    given["when"] = When(one_of("when", given.get("when", "before"), list(When)))
    if "route" in given:
        one_of("route", given["route"], routes)
    if "person" in given:
        given["person"] = normalise(given["person"])
    if "type" in given:
        given["type"] = given["type"].removeprefix("errors/")
    if not 200 <= given.get("status", 200) <= 599:
        raise ControlError("status must be between 200 and 599")
    if given.get("bytes", 1) == 0:
        raise ControlError("bytes must be 1 or more")
    _check_answer(given)
    return Fault(**given)


def _check_answer(given: dict[str, Any]) -> None:
    if not all(isinstance(value, str) for value in given.get("headers", {}).values()):
        raise ControlError("headers must have text as values")
    if not all(isinstance(key, str) for key in given.get("drop", [])):
        raise ControlError("drop must be a list of keys")
    if given["kind"] is Kind.STRANGER and not given.get("other"):
        raise ControlError("other is missing: whose profile is answered")
    if given["kind"] in (Kind.EDIT, Kind.STRANGER):
        given["when"] = When.AFTER  # the call itself goes its way


def _answer(kind: str, when: When) -> Fault:
    return Fault(Kind.ANSWER, when, type=kind)


_PROXY_PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"

# What a standing fault rate draws from: an answer that means "not sent" (4xx, 503) never follows an
# effect, an answer that means nothing may follow either.
_BEFORE_ONLY = ("too_many_requests", "cannot_resend_yet", "limit_exceeded", "service_unavailable")
_EITHER = ("provider_error", "unexpected_error", "request_timeout")
_EITHER_KINDS = (Kind.HANG, Kind.DRIP, Kind.RESET, Kind.CLOSE, Kind.GARBAGE, Kind.EMPTY)
MIX: tuple[Fault, ...] = (
    *(_answer(kind, When.BEFORE) for kind in _BEFORE_ONLY),
    *(_answer(kind, when) for kind in _EITHER for when in When),
    *(
        Fault(Kind.ANSWER, when, status=502, body=_PROXY_PAGE, content_type="text/html")
        for when in When
    ),
    *(Fault(kind, when) for kind in _EITHER_KINDS for when in When),
    *(Fault(kind, when) for kind in (Kind.TRUNCATED, Kind.WRONG_TYPES) for when in When),
    *(Fault(Kind.DELAY, when) for when in When),
)
# What hides an effect: LinkedIn has the invitation, and the answer does not say so. 429 and 503 do
# that too: somebody between us and LinkedIn may pass a request on and then refuse it.
HIDING: tuple[Fault, ...] = (
    *(_answer(kind, When.AFTER) for kind in ("too_many_requests", "service_unavailable", *_EITHER)),
    *(Fault(kind, When.AFTER) for kind in (Kind.RESET, Kind.CLOSE, Kind.HANG, Kind.EMPTY)),
    Fault(Kind.EDIT, When.AFTER, drop=["invitation_id"]),
    Fault(Kind.EDIT, When.AFTER, put={"object": "InvitationSent"}),
    Fault(Kind.EDIT, When.AFTER, status=201),
    Fault(Kind.EDIT, When.AFTER, status=204),
)

# What keeps somebody from looking.
BLINDING: tuple[Fault, ...] = (
    *(_answer(kind, When.BEFORE) for kind in ("too_many_requests", "service_unavailable")),
    *(_answer(kind, When.BEFORE) for kind in _EITHER),
    Fault(Kind.RESET),
    Fault(Kind.EDIT, When.AFTER, drop=["cursor", "provider_id"]),
)
_SENDS = ("invite", "first_message", "message", "cancel")
_LOOKS = ("profile", "sent", "relations", "chats", "chats_with", "messages")


@dataclass(frozen=True, slots=True)
class Weather:
    """A standing chance of a fault, drawn with `seed`: `rate` of the calls that send fail somehow.

    `hides` of them have their effect, and no answer that says so. `blinds` of the look-ups
    (profiles, connections, conversations, sent invitations) fail. Hangs, delays and drips last
    `seconds`.
    """

    rate: float = 0.0
    hides: float = 0.0
    blinds: float = 0.0
    seed: int = 1
    seconds: float = 30.0


class Plan:
    """The scripted faults, oldest first, and the weather for calls that no script fits."""

    def __init__(self, weather: Weather) -> None:
        self.faults: list[Fault] = []
        self._last_id = 0
        self.set_weather(weather)

    def set_weather(self, weather: Weather) -> None:
        """Start a new sequence of random faults."""
        self.weather = weather
        self._random = random.Random(weather.seed)  # noqa: S311 - repeatable, not secret

    def add(self, fault: Fault) -> int:
        """Script a fault; return its id."""
        self._last_id += 1
        fault.id = self._last_id
        self.faults.append(fault)
        return fault.id

    def take(self, route: str, subject: Subject) -> Fault | None:
        """Return the fault for a call and use it up."""
        for fault in self.faults:
            if fault.fits(route, subject):
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.times == 1:
                    self.faults.remove(fault)
                elif fault.times:
                    fault.times -= 1
                return fault
        return self._by_chance(route)

    def _by_chance(self, route: str) -> Fault | None:
        weather = self.weather
        choices: tuple[tuple[float, tuple[Fault, ...]], ...]
        if route in _SENDS:
            choices = ((weather.hides, HIDING), (weather.rate, MIX))
        elif route in _LOOKS:
            choices = ((weather.blinds, BLINDING),)
        else:
            return None
        luck = self._random.random()
        for rate, mix in choices:
            if luck < rate:
                return replace(self._random.choice(mix), seconds=weather.seconds)
            luck -= rate
        return None

    def listed(self) -> list[dict[str, Any]]:
        """Return the scripts still standing, as JSON."""
        return [
            {key: value for key, value in asdict(fault).items() if value is not None}
            for fault in self.faults
        ]
