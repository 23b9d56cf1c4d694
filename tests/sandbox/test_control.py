import threading
from typing import Any

import pytest
import requests

from sandbox.testing import Control, ControlCallError, Sandbox
from tests.sandbox.conftest import FREE, NAV, Api
from tests.sandbox.test_faults import wait_for


def test_calls_tell_what_was_asked_and_answered(api: Api, control: Control) -> None:
    control.fault("answer", route="invite", when="after", status=500)
    api.invite("ada", message="hi")

    look_up, invite = control.calls()

    assert (look_up["route"], look_up["person"], look_up["status"]) == ("profile", "ada", 200)
    assert (invite["route"], invite["account_id"], invite["person"]) == ("invite", FREE, "ada")
    assert (invite["status"], invite["error"]) == (500, "provider_error")
    assert (invite["fault"], invite["when"]) == ("answer", "after")
    assert invite["started_at"] <= invite["finished_at"]


def test_calls_without_a_key_are_noted(api: Api, control: Control) -> None:
    requests.get(f"{api.url}/accounts", timeout=60)

    assert [call["status"] for call in control.calls()] == [401]


def test_calls_are_found_by_route_and_account(api: Api, control: Control) -> None:
    api.invite("ada")
    api.invite("ada", NAV)

    assert len(control.calls(route="invite")) == 2
    assert len(control.calls(route="invite", account_id=NAV)) == 1


def test_calls_in_flight_are_counted_per_account(api: Api, control: Control) -> None:
    known = [api.provider_id("ada"), api.provider_id("bea")]
    control.fault("hang", route="invite", times=2)

    def call(provider_id: str) -> None:
        body = {"account_id": FREE, "provider_id": provider_id}
        headers = {"X-API-KEY": api.key}
        with pytest.raises(requests.RequestException):
            requests.post(f"{api.url}/users/invite", json=body, headers=headers, timeout=60)

    threads = [threading.Thread(target=call, args=(one,)) for one in known]
    for thread in threads:
        thread.start()
    wait_for(lambda: control.max_in_flight() == {FREE: 2})
    control.reset()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


def test_one_call_after_the_other_is_one_in_flight(api: Api, control: Control) -> None:
    for number in range(20):
        control.fault("reset" if number % 2 else "garbage", route="invite")
        try:
            api.invite(f"person-{number}")
        except requests.ConnectionError:
            continue

    assert control.max_in_flight() == {FREE: 1}


def test_a_reset_goes_back_to_the_start(api: Api, control: Control) -> None:
    control.add_account("third", "premium")
    control.set_account(FREE, status="STOPPED")
    control.fault("reset", times=0)
    control.settings(lag_seconds=9)
    control.freeze("2030-01-01T00:00:00Z")

    control.reset()

    api.invite("ada")
    assert [one["id"] for one in api.get("/accounts").json()["items"]] == [FREE, NAV]
    assert len(api.sent()) == 1
    assert not control.effects()[0]["at"].startswith("2030")


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/faults", {"kind": "explode"}, "kind"),
        ("/faults", {"kind": "reset", "when": "never"}, "when"),
        ("/faults", {"kind": "reset", "rout": "invite"}, "rout"),
        ("/faults", {"kind": "reset", "route": "invites"}, "route"),
        ("/faults", {"kind": "hang", "seconds": "long"}, "seconds"),
        ("/faults", {"kind": "reset", "times": -1}, "times"),
        ("/faults", {"kind": "answer", "status": 99}, "status"),
        ("/accounts", {"id": "x"}, "type"),
        ("/accounts", {"id": "x", "type": "gold"}, "type"),
        ("/accounts", {"id": FREE, "status": "ASLEEP"}, "status"),
        ("/people", {}, "slug"),
        ("/degree", {"account_id": FREE, "person": "ada", "degree": "FOURTH"}, "degree"),
        ("/accept", {"account_id": FREE, "person": "ada"}, "person"),
        ("/clock", {"now": "noon"}, "now"),
        ("/clock", {}, "now"),
        ("/settings", {"lag": 1}, "lag"),
        ("/settings", {"fault_rate": 2}, "fault_rate"),
        ("/settings", [], "object"),
    ],
)
def test_a_wrong_control_request_is_told_what_is_wrong(
    control: Control, path: str, body: Any, named: str
) -> None:
    with pytest.raises(ControlCallError, match=rf"400.*\b{named}\b"):
        control.call("POST", path, body)


def test_a_control_body_that_is_no_json(sandbox: Sandbox) -> None:
    answer = requests.post(f"{sandbox.url}/__sandbox__/faults", data=b"{", timeout=60)

    assert (answer.status_code, answer.json()) == (400, {"error": "the body is not JSON"})


def test_a_false_batch_of_faults_scripts_none(control: Control) -> None:
    with pytest.raises(ControlCallError):
        control.call("POST", "/faults", [{"kind": "reset"}, {"kind": "none"}])

    assert control.call("GET", "/faults") == {"faults": []}


def test_the_clock_ticks_on_from_an_instant(control: Control) -> None:
    control.call("POST", "/clock", {"now": "2030-01-01T00:00:00Z", "frozen": False})
    first = control.call("GET", "/clock")["now"]

    wait_for(lambda: control.call("GET", "/clock")["now"] > first)
    assert first.startswith("2030-01-01T00:00:0")


def test_the_url_says_what_it_holds(control: Control) -> None:
    found = control.call("GET", "/")

    assert found["accounts"][0] == {"id": FREE, "type": "free", "login": control.login(FREE)}
    assert found["effects"] == 0
