"""Control routes of messages, webhooks and links, and the page on which an account is connected."""

from __future__ import annotations

import html
import json
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.app import Core
from sandbox.chats import Kind, Message, Room
from sandbox.checks import FLAG, JSON, MAYBE_WHOLE, TEXT, WHOLE, ControlError, checked, one_of
from sandbox.clock import iso
from sandbox.delivery import post
from sandbox.errors import ApiError
from sandbox.hooks import About
from sandbox.links import Choice, Used
from sandbox.model import V2_STATUSES, SourceStatus

_MESSAGE: dict[str, tuple[type, ...]] = {
    "account_id": TEXT,
    "person": TEXT,
    "text": TEXT,
    "kind": TEXT,
    "room": TEXT,
    "from_us": FLAG,
    "is_event": FLAG,
    "untold": FLAG,
}
_RELEASE: dict[str, tuple[type, ...]] = {"order": TEXT, "copies": WHOLE, "count": MAYBE_WHOLE}
_USE: dict[str, tuple[type, ...]] = {"url": TEXT, "choice": TEXT, "login": TEXT}


def _shape(core: Core, one: Message) -> JSON:
    return {
        "message_id": one.id,
        "chat_id": one.chat_id,
        "account_id": one.account_id,
        "login": one.viewer,
        "person": one.slug,
        "addresses": core.world.names.addresses(one.slug),
        "text": one.text,
        "kind": one.kind,
        "from_us": one.from_us,
        "by_call": one.by_call,
        "at": iso(one.at),
        "real_at": iso(one.real_at),
    }


def messages(core: Core, _values: Any, request: Request) -> JSON:
    """Return every message that a call really sent; `of=all`: whoever wrote it."""
    account_id, whose = (request.query_params.get(key) for key in ("account_id", "of"))
    chats = core.world.chats
    written = chats.all if whose == "all" else chats.effects
    found = [one for one in written if account_id in (None, one.account_id)]
    return {"effects": [_shape(core, one) for one in found], "count": len(found)}


def write(core: Core, values: Any, _request: Request) -> JSON:
    """Let a person write to the account, or its owner by hand."""
    given = dict(checked(values, _MESSAGE, required=("account_id", "person", "text")))
    one_of("kind", given.get("kind", "MESSAGE"), list(Kind))
    one_of("room", given.get("room", "direct"), list(Room))
    account = core.world.account(given.pop("account_id"))
    person = core.world.names.at(given.pop("person"))
    if person is None:
        raise ControlError("person: nobody is called so")
    text = given.pop("text")
    more = {"from_us": False} | given
    return _shape(core, core.world.chats.write(account, person, text, **more))


def tell(core: Core, values: Any, _request: Request) -> JSON:
    """Tell a status of an account, whether or not it has it.

    `word` is V1's, such as CREATION_FAIL, or V2's without `account.`, such as initial_sync.failed.
    """
    given = checked(values, {"account_id": TEXT, "word": TEXT}, required=("account_id", "word"))
    account = core.world.account(given["account_id"])
    word = given["word"]
    if word.islower():
        core.world.hooks.tell(About.STATUS, account.id, v2_word=word)
    else:
        known = word in list(SourceStatus)
        status = V2_STATUSES[SourceStatus(word)] if known else ""
        told = {"word": word, "v2_word": f"status.{status}" if status else ""}
        core.world.hooks.tell(About.STATUS, account.id, **told)
    return {"status": "ok"}


def deliveries(core: Core, _values: Any, _request: Request) -> JSON:
    return core.delivery.listed()


async def release(core: Core, values: Any, _request: Request) -> JSON:
    """Tell what was held, in order or in reverse, so many times."""
    given = checked(values, _RELEASE)
    order = one_of("order", given.get("order", "as it was"), ("as it was", "reverse"))
    core.delivery.pump()
    tries = await core.delivery.release(order, given.get("copies", 1), given.get("count"))
    return {"tries": [asdict(one) for one in tries]}


async def settle(core: Core, _values: Any, _request: Request) -> JSON:
    """Wait until everything that is due has been told, or given up."""
    core.delivery.pump()
    return {"tries": [asdict(one) for one in await core.delivery.settled()]}


async def use_link(core: Core, values: Any, _request: Request) -> JSON:
    """Do as somebody does on the page of a link; return where the browser is sent."""
    given = checked(values, _USE, required=("url", "choice"))
    choice = Choice(one_of("choice", given["choice"], list(Choice)))
    used, status = await _use(core, given["url"], choice, given.get("login", ""))
    return {"location": used.location, "notice": used.notice, "notice_status": status}


async def _use(core: Core, url: str, choice: Choice, login: str) -> tuple[Used, int | None]:
    used = core.world.links.use(url.rsplit("/", 1)[-1], choice, login)
    core.delivery.pump()
    status = None
    if used.notify_url and used.notice is not None:
        # Without any header of the caller's: who it is stands in `name` alone.
        body = json.dumps(used.notice).encode()
        status, _ = await post(used.notify_url, body, {"Content-Type": "application/json"})
    return used, status


def page_routes(core: Core) -> list[Route]:
    """Return the page of a link: `POST` does what its buttons say."""

    async def show(request: Request) -> Response:
        token = request.path_params["token"]
        try:
            link = core.world.links.find(token)
        except ApiError as error:
            return HTMLResponse(f"<h1>{html.escape(error.title)}</h1>", 401)
        what = f"Reconnect {link.account_id}" if link.account_id else "Connect a LinkedIn account"
        buttons = "".join(f'<button name="choice" value="{one}">{one}</button> ' for one in Choice)
        return HTMLResponse(
            '<!doctype html><title>Sandbox</title><link rel="icon" href="data:,">'
            f"<h1>{html.escape(what)}</h1>"
            f'<form method="post"><label>Who logs in (a slug, or nothing) <input name="login">'
            f"</label><p>{buttons}</p></form>"
        )

    async def act(request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        try:
            choice = Choice(form.get("choice", ["approve"])[0])
            login = form.get("login", [""])[0]
            used, _ = await _use(core, request.path_params["token"], choice, login)
        except (ApiError, ValueError) as error:
            return HTMLResponse(f"<h1>{html.escape(str(error))}</h1>", 401)
        return RedirectResponse(used.location or "/", 303)

    path = "/__hosted__/{token}"
    return [Route(path, show, methods=["GET"]), Route(path, act, methods=["POST"])]


ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/messages", messages),
    ("POST", "/messages", write),
    ("POST", "/tell", tell),
    ("GET", "/webhooks", deliveries),
    ("POST", "/webhooks/release", release),
    ("POST", "/webhooks/settle", settle),
    ("POST", "/links/use", use_link),
)
