"""The routes under /__sandbox__/ that the real service has not: seed, break, look."""

from __future__ import annotations

import inspect
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from datetime import timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import faults, talking
from sandbox.app import Core
from sandbox.checks import (
    FLAG,
    JSON,
    LIST,
    MAYBE_LIST,
    MAYBE_NUMBER,
    MAYBE_OBJECT,
    MAYBE_TEXT,
    MAYBE_WHOLE,
    NUMBER,
    TEXT,
    WHOLE,
    ControlError,
    checked,
    one_of,
)
from sandbox.clock import iso, parse
from sandbox.errors import ApiError
from sandbox.faces import ROUTE_NAMES
from sandbox.faults import Weather
from sandbox.model import (
    APIS,
    ATTENDEE_ROUTES,
    CAP_ERRORS,
    FOREIGN_ID_ERRORS,
    REPEAT_ERRORS,
    SIGNATURES,
    Account,
    Degree,
    Invitation,
    Settings,
    SourceStatus,
    State,
    Tier,
)
from sandbox.people import Does, Person, normalise, provider_id

Action = Callable[[Core, Any, Request], Any]

_ACCOUNT: dict[str, tuple[type, ...]] = {
    "id": TEXT,
    "type": TEXT,
    "status": TEXT,
    "name": MAYBE_TEXT,
    "day_cap": MAYBE_WHOLE,
    "week_cap": MAYBE_WHOLE,
    "month_note_cap": MAYBE_WHOLE,
    "cap_error": MAYBE_TEXT,
    "login": MAYBE_TEXT,
    "v2_status": MAYBE_TEXT,
    "locked": FLAG,
    "products": MAYBE_OBJECT,
    "custom_data": MAYBE_OBJECT,
    "features": MAYBE_LIST,
    "raw": MAYBE_OBJECT,
}
_PERSON: dict[str, tuple[type, ...]] = {
    "slug": TEXT,
    "exists": FLAG,
    "moved_to": TEXT,
    "first_name": MAYBE_TEXT,
    "last_name": MAYBE_TEXT,
    "headline": MAYBE_TEXT,
    "location": MAYBE_TEXT,
    "is_premium": FLAG,
    "is_open_profile": FLAG,
    "connections_count": WHOLE,
    "does": MAYBE_TEXT,
    "after_seconds": NUMBER,
    "refusal": MAYBE_TEXT,
    "message_refusal": MAYBE_TEXT,
    "replies": MAYBE_TEXT,
}
_TYPES: dict[str, tuple[type, ...]] = {
    "float": NUMBER,
    "float | None": MAYBE_NUMBER,
    "int": WHOLE,
    "int | None": MAYBE_WHOLE,
    "str": TEXT,
    "str | None": MAYBE_TEXT,
    "bool": FLAG,
}
_SETTINGS: dict[str, tuple[type, ...]] = {
    **{one.name: _TYPES[str(one.type)] for one in fields(Settings)},
    **{f"fault_{one.name}": _TYPES[str(one.type)] for one in fields(Weather)},
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "cap_error": CAP_ERRORS,
    "note_error": CAP_ERRORS,
    "repeat_error": REPEAT_ERRORS,
    "foreign_id_error": FOREIGN_ID_ERRORS,
    "attendee_route": ATTENDEE_ROUTES,
    "webhook_signature": SIGNATURES,
    "api": APIS,
}
_PAIR: dict[str, tuple[type, ...]] = {"account_id": TEXT, "person": TEXT}


def _pair(core: Core, values: JSON) -> tuple[Account, Person]:
    account = core.world.account(values["account_id"])
    person = core.world.names.at(values["person"])
    if person is None:
        raise ControlError(f"person: nobody is called {values['person']!r}")
    return account, person


def summary(core: Core, _values: Any, _request: Request) -> JSON:
    return {
        "status": "ok",
        "now": iso(core.clock.now()),
        "accounts": [
            {"id": one.id, "type": one.tier, "login": one.viewer}
            for one in core.world.accounts.values()
        ],
        "effects": len(core.world.effects),
        "calls": len(core.calls.calls),
    }


def _effect(core: Core, one: Invitation) -> JSON:
    return {
        "invitation_id": one.id,
        "account_id": one.account_id,
        "login": one.viewer,
        "person": one.slug,
        "addresses": core.world.names.addresses(one.slug),
        "provider_id": one.provider_id,
        "message": one.message,
        "at": iso(one.at),
        "real_at": iso(one.real_at),
        "state": one.state,
        "ended_at": None if one.ended_at is None else iso(one.ended_at),
    }


def ledger(core: Core, _values: Any, request: Request) -> JSON:
    account_id = request.query_params.get("account_id")
    found = [one for one in core.world.effects if account_id in (None, one.account_id)]
    return {"effects": [_effect(core, one) for one in found], "count": len(found)}


def calls(core: Core, _values: Any, request: Request) -> JSON:
    route, account_id = (request.query_params.get(key) for key in ("route", "account_id"))
    found = [
        asdict(call)
        for call in core.calls.calls
        if route in (None, call.route) and account_id in (None, call.account_id)
    ]
    return {
        "calls": found,
        "count": len(found),
        "max_in_flight": core.calls.peak,
        "max_in_flight_per_account": dict(core.calls.peak_per_account),
    }


def reset(core: Core, _values: Any, _request: Request) -> JSON:
    core.reset()
    return {"status": "ok"}


def put_account(core: Core, values: Any, _request: Request) -> JSON:
    given = dict(checked(values, _ACCOUNT, required=("id",)))
    if not given["id"]:
        raise ControlError("id must not be empty")
    if "type" in given:
        given["tier"] = one_of("type", given.pop("type"), list(Tier))
    elif given["id"] not in core.world.accounts:
        raise ControlError("type is missing")
    if "status" in given:
        one_of("status", given["status"], list(SourceStatus))
    if given.get("cap_error") is not None:
        one_of("cap_error", given["cap_error"], CAP_ERRORS)
    return asdict(core.world.put_account(given))


def remove_account(core: Core, values: Any, _request: Request) -> JSON:
    core.world.remove_account(checked(values, {"id": TEXT}, required=("id",))["id"])
    return {"status": "ok"}


def put_person(core: Core, values: Any, _request: Request) -> JSON:
    given = dict(checked(values, _PERSON, required=("slug",)))
    slug = normalise(given.pop("slug"))
    exists = given.pop("exists", True)
    if not slug:
        raise ControlError("slug must not be empty")
    if given.get("does") is not None:
        one_of("does", given["does"], list(Does))
    moved_to = given.pop("moved_to", "")
    if moved_to:
        core.world.move_person(slug, moved_to)
    else:
        core.world.put_person(slug, given if exists else None)
    person = core.world.names.at(slug)
    return {"person": None if person is None else asdict(person)}


def find_id(core: Core, _values: Any, request: Request) -> JSON:
    values = checked(dict(request.query_params), _PAIR, required=_PAIR)
    account, person = _pair(core, values)
    return {"provider_id": provider_id(account.viewer, person.slug)}


def set_degree(core: Core, values: Any, _request: Request) -> JSON:
    given = checked(values, _PAIR | {"degree": TEXT}, required=(*_PAIR, "degree"))
    degree = Degree(one_of("degree", given["degree"], list(Degree)))
    core.world.set_degree(*_pair(core, given), degree)
    return {"status": "ok"}


def receive(core: Core, values: Any, _request: Request) -> JSON:
    pair = _pair(core, checked(values, _PAIR, required=_PAIR))
    return {"invitation_id": core.world.receive(*pair)}


def invite_by_hand(core: Core, values: Any, _request: Request) -> JSON:
    given = checked(values, {"account_id": TEXT, "people": LIST}, required=("account_id", "people"))
    ids = []
    for slug in given["people"]:
        pair = _pair(core, {"account_id": given["account_id"], "person": str(slug)})
        ids.append(core.world.invite_by_hand(*pair).id)
    return {"invitation_ids": ids}


def _ending(state: State) -> Action:
    def end(core: Core, values: Any, _request: Request) -> JSON:
        spec = _PAIR | {"invitation_id": TEXT, "after_seconds": NUMBER}
        needed = () if "invitation_id" in checked(values, spec) else tuple(_PAIR)
        given = checked(values, spec, needed)
        if not needed:
            return _effect(core, core.world.end(given["invitation_id"], state))
        account, person = _pair(core, given)
        standing = core.world.standing(account, person)
        if standing is None:
            raise ControlError("person: has no pending invitation from this account")
        if "after_seconds" in given:
            at = core.clock.now() + timedelta(seconds=given["after_seconds"])
            core.world.end_later(standing, state, at)
            return _effect(core, standing)
        return _effect(core, core.world.end(standing.id, state))

    return end


def show_clock(core: Core, _values: Any, _request: Request) -> JSON:
    return {"now": iso(core.clock.now())}


def set_clock(core: Core, values: Any, request: Request) -> JSON:
    spec = {"now": MAYBE_TEXT, "frozen": FLAG, "advance_seconds": NUMBER}
    given = checked(values, spec)
    if not given.keys() & {"now", "advance_seconds"}:
        raise ControlError("now or advance_seconds is missing")
    if "now" in given:
        try:
            instant = None if given["now"] is None else parse(given["now"])
        except ValueError:
            raise ControlError("now must be an ISO 8601 instant") from None
        core.clock.set(instant, frozen=given.get("frozen", True))
    core.clock.advance(given.get("advance_seconds", 0))
    return show_clock(core, None, request)


def show_settings(core: Core, _values: Any, _request: Request) -> JSON:
    weather = {f"fault_{key}": value for key, value in asdict(core.plan.weather).items()}
    return asdict(core.world.settings) | weather


def set_settings(core: Core, values: Any, request: Request) -> JSON:
    given = checked(values, _SETTINGS)
    for name, allowed in _CHOICES.items():
        if given.get(name) is not None:
            one_of(name, given[name], allowed)
    if given.get("page_cap") == 0:
        raise ControlError("page_cap must be 1 or more")
    for name, value in given.items():
        if name.endswith(("_rate", "_hides", "_blinds")) and value > 1:
            raise ControlError(f"{name} must be between 0 and 1")
    for one in fields(core.world.settings):
        if one.name in given:
            setattr(core.world.settings, one.name, given[one.name])
    weather = asdict(core.plan.weather) | {
        key.removeprefix("fault_"): value
        for key, value in given.items()
        if key.startswith("fault_")
    }
    if any(key.startswith("fault_") for key in given):
        core.plan.set_weather(Weather(**weather))
    return show_settings(core, None, request)


def show_faults(core: Core, _values: Any, _request: Request) -> JSON:
    return {"faults": core.plan.listed()}


def add_faults(core: Core, values: Any, _request: Request) -> JSON:
    told = values if isinstance(values, list) else [values]
    parsed = [faults.parse(one, ROUTE_NAMES) for one in told]
    return {"ids": [core.plan.add(fault) for fault in parsed]}


def clear_faults(core: Core, _values: Any, request: Request) -> JSON:
    core.plan.faults.clear()
    return show_faults(core, None, request)


def end_waits(core: Core, _values: Any, _request: Request) -> JSON:
    core.end_waits()
    return {"status": "ok"}


ROUTES: tuple[tuple[str, str, Action], ...] = (
    ("GET", "/", summary),
    ("GET", "/ledger", ledger),
    ("GET", "/calls", calls),
    ("POST", "/reset", reset),
    ("POST", "/accounts", put_account),
    ("POST", "/accounts/remove", remove_account),
    ("POST", "/people", put_person),
    ("GET", "/provider_id", find_id),
    ("POST", "/degree", set_degree),
    ("POST", "/receive", receive),
    ("POST", "/accept", _ending(State.ACCEPTED)),
    ("POST", "/decline", _ending(State.DECLINED)),
    ("POST", "/ignore", _ending(State.IGNORED)),
    ("POST", "/withdraw", _ending(State.WITHDRAWN)),
    ("POST", "/by_hand", invite_by_hand),
    ("GET", "/clock", show_clock),
    ("POST", "/clock", set_clock),
    ("GET", "/settings", show_settings),
    ("POST", "/settings", set_settings),
    ("GET", "/faults", show_faults),
    ("POST", "/faults", add_faults),
    ("DELETE", "/faults", clear_faults),
    ("POST", "/faults/end_waits", end_waits),
)


def _endpoint(core: Core, action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if request.client is None or not ipaddress.ip_address(request.client.host).is_loopback:
            return JSONResponse({"error": "only from this machine"}, 403)
        try:
            values = await request.json() if await request.body() else {}
        except ValueError:
            return JSONResponse({"error": "the body is not JSON"}, 400)
        try:
            core.world.live()
            result = action(core, values, request)
            told = await result if inspect.isawaitable(result) else result
            core.world.live()
            core.delivery.pump()
            return JSONResponse(told)
        except ControlError as error:
            return JSONResponse({"error": str(error)}, 400)
        except ApiError as error:
            return JSONResponse({"error": error.detail}, error.status)

    return endpoint


def control_routes(core: Core) -> list[Route]:
    """Return the control routes; they ask for no key but answer to this machine only."""
    return [
        Route("/__sandbox__" + path, _endpoint(core, action), methods=[method])
        for method, path, action in (*ROUTES, *talking.ROUTES)
    ] + talking.page_routes(core)
