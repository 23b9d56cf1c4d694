"""Chats, webhooks and links of the sandbox, as nobody but it has them."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.testing import Control, Sandbox, SandboxProcess

from .conftest import FREE, NAV, Api, assert_error


class Ear(HTTPServer):
    """Keeps the events that webhooks tell, by their names."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Ear

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.heard.append(body)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture
def ear() -> Iterator[Ear]:
    server = Ear()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join(120)
    server.server_close()


def listen(api: Api, ear: Ear, source: str = "users", **more: Any) -> None:
    body = {"source": source, "request_url": ear.url, **more}
    assert api.call("POST", "/webhooks", json=body).status_code == 201


def test_events_that_were_held_come_late_twice_and_in_reverse(
    api: Api, control: Control, ear: Ear
) -> None:
    listen(api, ear)
    control.settings(webhook_hold=True)
    for person in ("ada-example", "milo-example"):
        control.set_degree(FREE, person, "FIRST_DEGREE")
    before = list(ear.heard)

    tries = control.release(order="reverse", copies=2)

    assert before == []
    assert [one["status"] for one in tries] == [200] * 4
    assert ["milo" in body for body in ear.heard] == [True, True, False, False]


def test_without_events_the_good_news_is_left_out(api: Api, control: Control, ear: Ear) -> None:
    listen(api, ear, "account_status")
    for word in ("OK", "CREDENTIALS", "CREATION_FAIL"):
        control.tell_status(FREE, word)
    control.deliveries()

    told = " ".join(ear.heard)
    assert "CREDENTIALS" in told
    assert "CREATION_FAIL" in told
    assert '"OK"' not in told


def test_who_connects_anew_instead_of_reconnecting_is_there_twice(
    sandbox: Sandbox, api: Api, control: Control
) -> None:
    body = {
        "type": "reconnect",
        "reconnect_account": NAV,
        "api_url": sandbox.url,
        "expiresOn": "2100-01-01T00:00:00.000Z",
        "success_redirect_url": "http://127.0.0.1:9/done",
    }
    url = api.call("POST", "/hosted/accounts/link", json=body).json()["url"]
    assert "Reconnect" in requests.get(url, timeout=60).text

    went = requests.post(url, data={"choice": "create"}, timeout=60, allow_redirects=False)

    assert went.headers["location"] == "http://127.0.0.1:9/done"
    accounts = {one["id"]: one for one in api.get("/accounts").json()["items"]}
    members = [one["connection_params"]["im"]["id"] for one in accounts.values()]
    assert len(accounts) == 3
    assert len(set(members)) == 2
    assert accounts[NAV]["sources"][0]["status"] == "CREDENTIALS"
    assert requests.get(url, timeout=60).status_code == 401  # once only


def test_a_received_invitation_is_accepted_with_its_secret(api: Api, control: Control) -> None:
    control.receive(FREE, "ada-example")
    (item,) = api.get("/users/invite/received", account_id=FREE).json()["items"]
    body = {"provider": "LINKEDIN", "account_id": FREE, "action": "accept"}
    path = f"/users/invite/received/{item['id']}"

    assert_error(
        api.call("POST", path, json=body | {"shared_secret": "wrong"}), 400, "invalid_parameters"
    )
    secret = item["specifics"]["shared_secret"]
    done = api.call("POST", path, json=body | {"shared_secret": secret})

    assert done.json() == {"object": "UserInvitationHandled", "status": "ACCEPTED"}


def test_chats_and_answers_outlive_a_restart(tmp_path: Path) -> None:
    arguments = ("--state", str(tmp_path / "state"), "--reply-rate", "1")
    with SandboxProcess(*arguments) as sandbox:
        sandbox.control.set_degree(NAV, "ada-example", "FIRST_DEGREE")
        sandbox.control.write(NAV, "ada-example", "Hello", from_us=True)
        api = Api(sandbox.url, sandbox.api_key)
        before = api.get("/messages", account_id=NAV).json()
    with SandboxProcess(*arguments) as sandbox:
        api = Api(sandbox.url, sandbox.api_key)
        after = api.get("/messages", account_id=NAV).json()

    assert len(before["items"]) == 2
    assert after == before
