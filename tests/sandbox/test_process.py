import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from sandbox.testing import SandboxProcess
from tests.sandbox.conftest import FREE, Api

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_at_once_although_a_call_hangs(number: signal.Signals) -> None:
    with SandboxProcess() as sandbox:
        sandbox.control.fault("hang", route="accounts")
        with socket.create_connection(("127.0.0.1", int(sandbox.url.rsplit(":")[-1]))) as caller:
            caller.sendall(
                b"GET /api/v1/accounts HTTP/1.1\r\nHost: x\r\nX-API-KEY: sandbox-key\r\n\r\n"
            )
            while not sandbox.control.calls():
                time.sleep(0.02)

            sandbox.process.send_signal(number)

            assert sandbox.process.wait(60) == 0
            assert caller.recv(1) == b""


def test_the_state_file_keeps_what_happened(tmp_path: Path) -> None:
    state = str(tmp_path / "state.jsonl")
    with SandboxProcess("--state", state) as sandbox:
        api = Api(sandbox.url, sandbox.api_key)
        for person in ("ada", "bea", "cy"):
            api.invite(person, message="hi")
        sandbox.control.accept(FREE, "bea")
        sandbox.control.withdraw(FREE, "cy")
        sandbox.control.add_account("third", "premium")
        before = sandbox.control.effects()
        api.session.close()

    with SandboxProcess("--state", state) as sandbox:
        api = Api(sandbox.url, sandbox.api_key)
        assert sandbox.control.effects() == before
        assert api.invite("ada").status_code == 422
        assert api.get("/users/bea", account_id=FREE).json()["is_relationship"] is True
        assert api.invitation("cy") == {"type": "SENT", "status": "WITHDRAWN"}
        assert api.get("/accounts/third").status_code == 200
        api.session.close()


def test_a_torn_last_line_is_dropped_and_written_over(tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    for person in ("ada", "bea"):
        with SandboxProcess("--state", str(state)) as sandbox:
            api = Api(sandbox.url, sandbox.api_key)
            assert api.invite(person).status_code == 200
            api.session.close()
        with state.open("ab") as file:
            file.write(b'{"do": "invi')

    with SandboxProcess("--state", str(state)) as sandbox:
        assert [one["person"] for one in sandbox.control.effects()] == ["ada", "bea"]


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", '{"do": "dance", "at": "2026-01-01"}'])
def test_a_state_file_that_is_none_is_refused(tmp_path: Path, line: str) -> None:
    state = tmp_path / "state.jsonl"
    state.write_text(line + "\n")

    done = run("--port", "0", "--state", str(state))

    assert done.returncode == 1
    assert done.stderr.startswith("sandbox: ")
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        done = run("--port", port)

    assert done.returncode == 1
    assert done.stderr == f"sandbox: 127.0.0.1:{port}: Address already in use\n"


@pytest.mark.parametrize(
    "arguments", [["--account", "free"], ["--port", "70000"], ["--clock", "noon"], ["--lag", "-1"]]
)
def test_wrong_options_are_refused_by_name(arguments: list[str]) -> None:
    done = run(*arguments)

    assert done.returncode == 2
    assert f"argument {arguments[0]}:" in done.stderr


def test_options_shape_the_sandbox() -> None:
    arguments = ["--account", "one:premium", "--accounts", "2", "--day-cap", "1", "--lag", "60"]
    with SandboxProcess(*arguments, "--clock", "2030-01-01T00:00:00Z", api_key="k") as sandbox:
        api = Api(sandbox.url, "k")
        listed = [one["id"] for one in api.get("/accounts").json()["items"]]
        assert listed == ["one", "sandbox-account-001", "sandbox-account-002"]
        assert api.invite("ada", "one").status_code == 200
        assert api.invite("bea", "one").status_code == 422
        assert api.sent("one") == []
        assert sandbox.control.effects()[0]["at"].startswith("2030-01-01")
        api.session.close()


def test_a_thousand_invitations_are_each_recorded_once() -> None:
    with SandboxProcess("--day-cap", "2000", "--week-cap", "2000") as sandbox:
        api = Api(sandbox.url, sandbox.api_key)
        for number in range(1000):
            assert api.invite(f"person-{number}").status_code == 200
        people = [one["person"] for one in sandbox.control.effects()]
        api.session.close()

    assert len(people) == len(set(people)) == 1000


def test_ids_handed_out_before_a_restart_stay_good() -> None:
    with SandboxProcess() as sandbox:
        known = sandbox.control.provider_id(FREE, "ada")

    with SandboxProcess() as sandbox:
        answer = requests.post(
            f"{sandbox.url}/api/v1/users/invite",
            json={"account_id": FREE, "provider_id": known},
            headers={"X-API-KEY": sandbox.api_key},
            timeout=60,
        )
        assert answer.status_code == 200
        assert sandbox.control.effects()[0]["person"] == "ada"
