"""Starters for tests, and a client of the control routes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

from sandbox.app import Core, Options
from sandbox.server import ServerThread

_ROOT = Path(__file__).resolve().parent.parent


class ControlCallError(Exception):
    """The sandbox refused a control request; the message is its own."""


class Control:
    """Seeds, breaks and inspects a running sandbox over its control routes."""

    def __init__(self, url: str) -> None:
        self._base = f"{url}/__sandbox__"
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy between us and loopback

    def call(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Call a control route and return its JSON; ControlCallError unless it answers 200."""
        answer = self._session.request(
            method, self._base + path, json=body, params=query, timeout=30
        )
        if answer.status_code != 200:
            raise ControlCallError(f"{answer.status_code}: {answer.text}")
        return answer.json()

    def reset(self) -> None:
        """Go back to how the sandbox was started."""
        self.call("POST", "/reset")

    def add_account(self, account_id: str, account_type: str = "free", **more: Any) -> None:
        """Add an account; `more`: name, status, caps, login, features, raw, cap_error.

        Accounts with one `login` are one LinkedIn account; without it, each is its own.
        """
        self.call("POST", "/accounts", {"id": account_id, "type": account_type, **more})

    def set_account(self, account_id: str, **values: Any) -> None:
        """Change an account: status, type, caps, login, features, raw."""
        self.call("POST", "/accounts", {"id": account_id, **values})

    def remove_account(self, account_id: str) -> None:
        """Let Unipile forget an account."""
        self.call("POST", "/accounts/remove", {"id": account_id})

    def login(self, account_id: str) -> str:
        """Return the slug of whose LinkedIn the account is."""
        known = self.call("GET", "/")["accounts"]
        return next(str(one["login"]) for one in known if one["id"] == account_id)

    def add_person(self, slug: str, **values: Any) -> None:
        """Say who has a slug; `exists=False`: nobody; `moved_to`: the person's slug of today.

        `does` (wait, accept, decline, ignore, withdraw) and `after_seconds`: with an invitation;
        `refusal`: the error type that answers whoever invites them.
        """
        self.call("POST", "/people", {"slug": slug, **values})

    def set_degree(self, account_id: str, person: str, degree: str) -> None:
        """Set how near a person (slug) is: FIRST_DEGREE, SECOND_DEGREE, ..."""
        pair = {"account_id": account_id, "person": person}
        self.call("POST", "/degree", {**pair, "degree": degree})

    def provider_id(self, account_id: str, person: str) -> str:
        """Return the id under which the account sees the person (slug)."""
        found = self.call("GET", "/provider_id", account_id=account_id, person=person)
        return str(found["provider_id"])

    def accept(self, account_id: str, person: str, **later: float) -> None:
        """Let the person accept the account's pending invitation; `after_seconds`: later."""
        self.call("POST", "/accept", {"account_id": account_id, "person": person, **later})

    def decline(self, account_id: str, person: str, **later: float) -> None:
        """Let the person decline it."""
        self.call("POST", "/decline", {"account_id": account_id, "person": person, **later})

    def ignore(self, account_id: str, person: str, **later: float) -> None:
        """Let the person ignore it."""
        self.call("POST", "/ignore", {"account_id": account_id, "person": person, **later})

    def withdraw(self, account_id: str, person: str, **later: float) -> None:
        """Withdraw it, as its owner can in LinkedIn itself."""
        self.call("POST", "/withdraw", {"account_id": account_id, "person": person, **later})

    def invite_by_hand(self, account_id: str, *people: str) -> None:
        """Let the account's owner invite people in LinkedIn itself: in no ledger."""
        self.call("POST", "/by_hand", {"account_id": account_id, "people": list(people)})

    def receive(self, account_id: str, person: str) -> str:
        """Let the person invite the account; return the invitation's id."""
        body = {"account_id": account_id, "person": person}
        return str(self.call("POST", "/receive", body)["invitation_id"])

    def fault(self, kind: str, **values: Any) -> int:
        """Script a fault (fields: `sandbox.faults.Fault`); return its id."""
        return int(self.call("POST", "/faults", {"kind": kind, **values})["ids"][0])

    def clear_faults(self) -> None:
        """Drop all scripted faults."""
        self.call("DELETE", "/faults")

    def end_waits(self) -> None:
        """Let every call that a fault holds go on, as if its seconds were over."""
        self.call("POST", "/faults/end_waits")

    def settings(self, **values: Any) -> dict[str, Any]:
        """Change settings (`sandbox.model.Settings`, fault_rate, ...); return them all."""
        return dict(self.call("POST", "/settings", values))

    def freeze(self, now: str) -> None:
        """Stop the sandbox's clock at an ISO 8601 instant."""
        self.call("POST", "/clock", {"now": now})

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock on."""
        self.call("POST", "/clock", {"advance_seconds": seconds})

    def effects(self, **query: str) -> list[dict[str, Any]]:
        """Return every invitation really recorded, oldest first."""
        return list(self.call("GET", "/ledger", **query)["effects"])

    def calls(self, **query: str) -> list[dict[str, Any]]:
        """Return every call received, oldest first; filter by `route`, `account_id`."""
        return list(self.call("GET", "/calls", **query)["calls"])

    def write(self, account_id: str, person: str, text: str, **more: Any) -> dict[str, Any]:
        """Let the person write to the account.

        `more`: `from_us` (its owner, by hand), `room` (direct, inmail, sponsored, group), `kind`
        (MESSAGE, INMAIL_REPLY, ...), `is_event`, `untold` (no webhook).
        """
        body = {"account_id": account_id, "person": person, "text": text, **more}
        return dict(self.call("POST", "/messages", body))

    def messages(self, **query: str) -> list[dict[str, Any]]:
        """Return every message that a call really sent, oldest first; `of="all"`: anybody's."""
        return list(self.call("GET", "/messages", **query)["effects"])

    def tell_status(self, account_id: str, word: str) -> None:
        """Tell the webhooks a status of an account, whether or not it has it."""
        self.call("POST", "/tell", {"account_id": account_id, "word": word})

    def deliveries(self) -> list[dict[str, Any]]:
        """Wait until the webhooks have been told what is due; return every try."""
        return list(self.call("POST", "/webhooks/settle")["tries"])

    def release(self, **how: Any) -> list[dict[str, Any]]:
        """Tell what `webhook_hold` has held: `order` ("reverse"), `copies`, `count`."""
        return list(self.call("POST", "/webhooks/release", how)["tries"])

    def use_link(self, url: str, choice: str = "approve", login: str = "") -> dict[str, Any]:
        """Do as somebody does on a connect link's page: approve, fail, create, wrong.

        Return `location`, where the browser is sent, and the `notice` that was posted.
        """
        return dict(self.call("POST", "/links/use", {"url": url, "choice": choice, "login": login}))

    def max_in_flight(self) -> dict[str, int]:
        """Return, per account, the most invite calls that were ever open at once."""
        return dict(self.call("GET", "/calls", route="none")["max_in_flight_per_account"])

    def close(self) -> None:
        self._session.close()


class Sandbox:
    """A sandbox in a thread of this process, on a free port; a context manager."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self._server = ServerThread(Core(self.options))
        self.url = self._server.url
        self.api_key = self.options.api_key
        self.service_key = self.options.service_key
        self.control = Control(self.url)

    def __enter__(self) -> Sandbox:
        self._server.start()
        return self

    def __exit__(self, *_exc: Any) -> None:
        self.control.close()
        self._server.stop()


class SandboxProcess:
    """A sandbox in a process of its own, on a free port; a context manager."""

    def __init__(self, *arguments: str, api_key: str = "sandbox-key") -> None:
        """`arguments` are further ones of `python -m sandbox`."""
        self.api_key = api_key
        self._arguments = arguments
        self.url = ""

    def __enter__(self) -> SandboxProcess:
        command = [sys.executable, "-m", "sandbox", "--port", "0", "--api-key", self.api_key]
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, *self._arguments], stdout=subprocess.PIPE, text=True, cwd=_ROOT
        )
        assert self.process.stdout is not None  # noqa: S101 - asked for above
        line = self.process.stdout.readline()
        if not line.startswith("sandbox listening on "):
            self.__exit__()
            raise RuntimeError(f"the sandbox did not start: {line!r}")
        self.url = line.split()[-1]
        self.control = Control(self.url)
        return self

    def __exit__(self, *_exc: Any) -> None:
        if self.url:
            self.control.close()
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
