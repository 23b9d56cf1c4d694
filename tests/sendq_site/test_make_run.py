"""`make run` for real, in a copy of the project whose path has a space in it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from django.conf import settings

from sendq_site.embedded.server import Cluster

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/cwd").exists(), reason="finds what is left running in Linux's /proc"
)
NOT_COPIED = (".*", "__pycache__", "staticfiles", "tests")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("make run") / "my checkout"
    shutil.copytree(settings.BASE_DIR, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))
    yield folder
    wait_for_none(folder)
    shutil.rmtree(Cluster(folder / ".data" / "postgres").home)  # as root it is outside


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(checkout: Path, port: int) -> "subprocess.Popen[str]":
    """Start what `make run` starts, in a session of its own as a terminal has one."""
    hidden = ("DATABASE_URL", "UNIPILE_DSN", "UNIPILE_API_KEY")
    environ = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.Popen(
        [sys.executable, "-m", "sendq_site.run"],
        cwd=checkout,
        env=environ | {"PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def read_until(process: "subprocess.Popen[str]", part: str) -> str:
    """Return what the process printed up to and with the first line that has `part` in it."""
    assert process.stdout is not None
    printed = ""
    for line in process.stdout:
        printed += line
        if part in line:
            return printed
    raise AssertionError(f"it ended without {part!r}:\n{printed}")


def first_run(printed: str) -> dict[str, object]:
    (line,) = [line for line in printed.splitlines() if line.startswith("{")]
    result = json.loads(line)
    assert isinstance(result, dict)
    return result


def processes(checkout: Path) -> list[str]:
    """Return the command lines of all processes that run in the checkout or were started by it."""
    marks = (os.fsencode(checkout), os.fsencode(Cluster(checkout / ".data" / "postgres").home))
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            cwd, command = os.readlink(folder / "cwd"), (folder / "cmdline").read_bytes()
        except OSError:
            continue  # it has ended meanwhile
        if any(mark in command or mark in os.fsencode(cwd) for mark in marks):
            found.append(command.replace(b"\0", b" ").decode())
    return found


def wait_for_none(checkout: Path) -> None:
    give_up = time.monotonic() + 120
    while left := processes(checkout):
        assert time.monotonic() < give_up, left
        time.sleep(0.1)


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


def test_runs_send_serve_stop_and_keep_the_data(checkout: Path, port: int) -> None:
    _the_first_sends_serves_and_stops_at_ctrl_c(checkout, port)
    _the_second_keeps_the_data_and_leaves_nothing_when_killed(checkout, port)


def _the_first_sends_serves_and_stops_at_ctrl_c(checkout: Path, port: int) -> None:
    process = start(checkout, port)
    try:
        printed = read_until(process, f"SendQ is at http://127.0.0.1:{port}/admin/")
        page = requests.get(f"http://127.0.0.1:{port}/admin/login/", timeout=120)
        another = start(checkout, port)
        refusal, _ = another.communicate(timeout=400)
        read_until(process, "[sendq] running")  # django-q2's cluster
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=400)
    finally:
        end(process)

    result = first_run(printed)
    assert result["success"] is True
    assert int(str(result["processed"])) >= 1
    assert "Log in as admin with the password" in printed
    assert page.status_code == 200
    assert (another.returncode, refusal.count("this checkout runs already")) == (1, 1)
    assert process.returncode == 0
    assert "Traceback" not in printed + rest
    assert processes(checkout) == []
    assert not (checkout / ".data" / "sandbox.json").exists()


def _the_second_keeps_the_data_and_leaves_nothing_when_killed(checkout: Path, port: int) -> None:
    process = start(checkout, port)
    try:
        printed = read_until(process, "SendQ is at")
    finally:
        end(process)

    assert "There is a workspace already" in printed
    assert "password" not in printed
    wait_for_none(checkout)


def test_port_that_is_taken_is_named_before_anything_starts(checkout: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        process = start(checkout, port)
        printed, _ = process.communicate(timeout=400)

    assert process.returncode == 1
    assert f"port {port} of 127.0.0.1 cannot be had" in printed
    assert "make run PORT=8001" in printed
    assert processes(checkout) == []
