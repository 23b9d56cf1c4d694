import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.faults import MIX, When
from sandbox.testing import Control
from tests.sandbox.conftest import FREE, NAV, Api, assert_error

BOTH = pytest.mark.parametrize(("when", "effects"), [("before", 0), ("after", 1)])


@contextmanager
def hanging(api: Api, control: Control, person: str) -> Iterator[None]:
    """Invite somebody; the sandbox holds the call until its caller leaves at the end."""
    body = json.dumps({"account_id": FREE, "provider_id": api.provider_id(person)})
    address = urlsplit(api.url)
    caller = http.client.HTTPConnection(address.netloc, timeout=60)
    headers = {"X-API-KEY": api.key, "Content-Type": "application/json"}
    with closing(caller):
        caller.request("POST", f"{address.path}/users/invite", body, headers)
        wait_for(lambda: any(one["fault"] for one in control.calls(route="invite")))
        yield


@BOTH
@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_an_error_before_or_after_the_effect(
    api: Api, control: Control, when: str, effects: int, status: int
) -> None:
    control.fault("answer", route="invite", when=when, status=status)

    answer = api.invite("ada")

    assert answer.status_code == status
    assert answer.json()["status"] == status
    assert len(control.effects()) == effects


def test_a_known_type_brings_its_own_body(api: Api, control: Control) -> None:
    control.fault("answer", route="invite", type="cannot_resend_yet")

    body = assert_error(api.invite("ada"), 422, "cannot_resend_yet")

    assert body["title"] == "Cannot resend yet"


def test_a_type_that_is_on_no_list(api: Api, control: Control) -> None:
    control.fault("answer", route="invite", type="errors/out_of_coffee", detail="Refill")

    body = assert_error(api.invite("ada"), 422, "out_of_coffee")

    assert body["detail"] == "Refill"


def test_any_bytes_with_any_status(api: Api, control: Control) -> None:
    control.fault(
        "answer", route="invite", status=502, body="<h1>Bad gateway</h1>", content_type="text/html"
    )

    answer = api.invite("ada")

    assert (answer.status_code, answer.text) == (502, "<h1>Bad gateway</h1>")
    assert answer.headers["content-type"] == "text/html"


@BOTH
def test_a_reset(api: Api, control: Control, when: str, effects: int) -> None:
    control.fault("reset", route="invite", when=when)

    with pytest.raises(requests.ConnectionError, match="Connection reset by peer"):
        api.invite("ada")

    assert len(control.effects()) == effects


@BOTH
def test_a_close_without_an_answer(api: Api, control: Control, when: str, effects: int) -> None:
    control.fault("close", route="invite", when=when)

    with pytest.raises(requests.ConnectionError, match="closed connection without response"):
        api.invite("ada")

    assert len(control.effects()) == effects


@BOTH
def test_a_hang(api: Api, control: Control, when: str, effects: int) -> None:
    control.fault("hang", route="invite", when=when)

    with hanging(api, control, "ada"):
        assert len(control.effects()) == effects


def test_a_hang_ends_in_a_close(api: Api, control: Control) -> None:
    control.fault("hang", route="invite", seconds=0.05)

    with pytest.raises(requests.ConnectionError, match="closed connection without response"):
        api.invite("ada")


@BOTH
def test_a_truncated_answer(api: Api, control: Control, when: str, effects: int) -> None:
    control.fault("truncated", route="invite", when=when)

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        api.invite("ada")

    assert len(control.effects()) == effects


@BOTH
def test_garbage(api: Api, control: Control, when: str, effects: int) -> None:
    control.fault("garbage", route="invite", when=when)

    answer = api.invite("ada")

    assert answer.status_code == 200
    assert answer.text.startswith("<!doctype html>")
    assert len(control.effects()) == effects


@BOTH
def test_an_empty_answer(api: Api, control: Control, when: str, effects: int) -> None:
    control.fault("empty", route="invite", when=when)

    answer = api.invite("ada")

    assert (answer.status_code, answer.content) == (200, b"")
    assert len(control.effects()) == effects


@BOTH
def test_wrong_types(api: Api, control: Control, when: str, effects: int) -> None:
    control.fault("wrong_types", route="invite", when=when)

    answer = api.invite("ada")

    assert answer.status_code == 200
    assert not isinstance(answer.json()["invitation_id"], str)
    assert len(control.effects()) == effects


@pytest.mark.parametrize("announce", [True, False])
def test_a_huge_answer(api: Api, control: Control, announce: bool) -> None:
    control.fault("huge", route="invite", megabytes=2, announce=announce)

    answer = api.invite("ada")

    assert len(answer.content) > 2_000_000
    assert ("content-length" in answer.headers) is announce


def test_a_client_may_leave_in_the_middle_of_a_huge_answer(api: Api, control: Control) -> None:
    control.fault("huge", route="accounts", megabytes=20)
    api.call("GET", "/accounts", stream=True).close()

    assert api.get("/accounts").status_code == 200


def test_a_redirect_to_the_same_path_by_default(api: Api, control: Control) -> None:
    control.fault("redirect", route="invite")

    answer = api.invite("ada")

    assert (answer.status_code, answer.headers["location"]) == (307, "/api/v1/users/invite")


def test_a_redirect_elsewhere(api: Api, control: Control) -> None:
    control.fault("redirect", route="accounts", status=302, location="http://example.com/")

    answer = api.get("/accounts")

    assert (answer.status_code, answer.headers["location"]) == (302, "http://example.com/")


def test_a_drip_beats_the_read_timeout(api: Api, control: Control) -> None:
    control.fault("drip", route="invite", when="after", bytes=2, interval=0.15)
    known = {"account_id": FREE, "provider_id": api.provider_id("ada")}
    started = time.monotonic()

    answer = api.call("POST", "/users/invite", json=known, timeout=3)

    assert answer.json()["object"] == "UserInvitationSent"
    assert time.monotonic() - started > 3  # each byte in time, the whole of them not


@pytest.mark.parametrize("head", [True, False])
def test_a_drip_before_the_effect_carries_an_error(api: Api, control: Control, head: bool) -> None:
    control.fault("drip", route="invite", bytes=50, interval=0, head=head)

    assert_error(api.invite("ada"), 500, "provider_error")
    assert control.effects() == []


def test_a_drip_is_cut_off_in_the_end(api: Api, control: Control) -> None:
    control.fault("drip", route="invite", when="after", interval=0.05, seconds=0.1)

    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        api.invite("ada")

    assert len(control.effects()) == 1


@BOTH
def test_a_delay_gives_the_true_answer_late(
    api: Api, control: Control, when: str, effects: int
) -> None:
    control.fault("delay", route="invite", when=when)
    got: list[requests.Response] = []
    thread = threading.Thread(target=lambda: got.append(api.invite("ada")))
    thread.start()
    wait_for(lambda: any(one["fault"] == "delay" for one in control.calls()))

    assert len(control.effects()) == effects
    control.end_waits()
    thread.join()
    assert got[0].json()["object"] == "UserInvitationSent"
    assert len(control.effects()) == 1


def test_an_effect_may_land_after_the_client_has_given_up(api: Api, control: Control) -> None:
    control.fault("delay", route="invite", when="before")

    with hanging(api, control, "ada"):
        assert control.effects() == []
    assert control.effects() == []
    control.end_waits()
    wait_for(lambda: len(control.effects()) == 1)


def test_a_reset_of_the_sandbox_drops_effects_on_their_way(api: Api, control: Control) -> None:
    control.fault("delay", route="invite", when="before", seconds=0.2)
    with hanging(api, control, "ada"):
        pass

    control.reset()
    time.sleep(0.3)

    assert control.effects() == []


def test_a_fault_strikes_as_often_as_told_and_where(api: Api, control: Control) -> None:
    control.fault("answer", route="invite", account_id=NAV, person="Ada", times=2, status=503)

    assert api.invite("ada", FREE).status_code == 200
    assert api.invite("bea", NAV).status_code == 200
    assert [api.invite("ada", NAV).status_code for _ in range(3)] == [503, 503, 200]


def test_a_fault_of_0_times_stays_until_cleared(api: Api, control: Control) -> None:
    control.fault("answer", route="accounts", times=0, status=503)

    assert [api.get("/accounts").status_code for _ in range(3)] == [503] * 3
    control.clear_faults()
    assert api.get("/accounts").status_code == 200


def test_faults_do_not_hide_a_wrong_key(api: Api, control: Control) -> None:
    control.fault("reset", route="accounts")

    assert requests.get(f"{api.url}/accounts", timeout=60).status_code == 401
    assert len(control.call("GET", "/faults")["faults"]) == 1


def test_a_standing_fault_rate_is_repeatable(api: Api, control: Control) -> None:
    control.settings(day_cap=500, week_cap=500)

    def run() -> list[Any]:
        control.settings(fault_rate=0.5, fault_seed=7, fault_seconds=0)
        for number in range(30):
            try:
                api.invite(f"person-{number}")
            except requests.RequestException:
                continue
        return [(call["fault"], call["when"]) for call in control.calls(route="invite")]

    first = run()
    control.reset()
    control.settings(day_cap=500, week_cap=500)

    assert first == run()
    assert 5 < sum(fault is not None for fault, _ in first) < 25


def test_random_faults_never_claim_not_sent_after_an_effect() -> None:
    for fault in MIX:
        if fault.when is When.AFTER:
            assert fault.status is None or fault.status >= 500
            assert fault.type in (None, "provider_error", "unexpected_error", "request_timeout")


def wait_for(condition: Any) -> None:
    give_up = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < give_up, "it has not come true"
        time.sleep(0.02)


def test_effects_are_hidden_by_chance(api: Api, control: Control) -> None:
    control.settings(fault_hides=1.0, fault_seed=3, fault_seconds=0)

    told = set()
    for number in range(12):
        try:
            told.add(api.invite(f"person-{number}", NAV).status_code)
        except requests.ConnectionError:
            told.add(0)

    assert len(control.effects()) == 12
    assert len(told) > 3


def test_look_ups_fail_by_chance(api: Api, control: Control) -> None:
    control.settings(fault_blinds=1.0)

    seen = [_looks(api) for _ in range(6)]

    assert not any(seen)


def _looks(api: Api) -> bool:
    try:
        answer = api.get("/users/ada", account_id=FREE)
    except requests.ConnectionError:
        return False
    return answer.status_code == 200 and "provider_id" in answer.json()
