"""A call that would leave too late does not leave."""

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from queueing.unipile import Outcome, UnipileError, uptime

from .raw_server import SENT, RawServer, http


def test_too_late_is_not_sent(server: RawServer) -> None:
    server.reply = http(200, SENT)

    with pytest.raises(UnipileError) as caught:
        server.client().invite("acc", "ACoAA1", not_after=uptime() - 1)

    assert caught.value.outcome is Outcome.NOT_SENT
    assert "too late" in caught.value.summary
    assert server.requests == []


def test_the_fence_holds_when_connecting_takes_too_long(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.reply = http(200, SENT)
    not_after = uptime() + 0.2
    real = socket.getaddrinfo

    def getaddrinfo(*args: object, **kwargs: object) -> object:
        time.sleep(0.4)
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    with pytest.raises(UnipileError) as caught:
        server.client().invite("acc", "ACoAA1", not_after=not_after)

    assert caught.value.outcome is Outcome.NOT_SENT
    assert server.requests == []


ASLEEP = ["unshare", "--time", "--fork", "--boottime", "1000"]


INVITE = """
import sys
from queueing.unipile import UnipileError
from queueing.unipile.v1.client import V1Client
try:
    V1Client(sys.argv[1], "key").invite("acc", "ACoAA1", not_after=float(sys.argv[2]))
except UnipileError as error:
    print(error.outcome, error.summary)
"""


def test_a_machine_that_slept_does_not_send(server: RawServer) -> None:
    if not shutil.which("unshare") or subprocess.run([*ASLEEP, "true"], check=False).returncode:
        # The next test shows the same fence by a wall clock that is put right.
        pytest.skip("only Linux's root can move the clock that runs while a machine sleeps")
    server.reply = http(200, SENT)
    not_after = uptime() + 60  # and then it sleeps for 1000 seconds

    said = subprocess.run(
        [*ASLEEP, sys.executable, "-c", INVITE, server.url, str(not_after)],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )

    assert said.stdout.startswith("not_sent ")
    assert "too late" in said.stdout
    assert server.requests == []


def test_a_machine_whose_wall_clock_is_put_right_does_not_send(
    server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.reply = http(200, SENT)
    asleep, real = [0.0], socket.getaddrinfo
    wall = time.time
    monkeypatch.setattr(time, "time", lambda: wall() + asleep[0])

    def getaddrinfo(*args: object, **kwargs: object) -> object:
        asleep[0] = 1000.0
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    with pytest.raises(UnipileError) as caught:
        server.client().invite("acc", "ACoAA1", not_after=uptime() + 60)

    assert caught.value.outcome is Outcome.NOT_SENT
    assert server.requests == []


def test_in_time_is_sent(server: RawServer) -> None:
    server.reply = http(200, SENT)

    invitation = server.client().invite("acc", "ACoAA1", not_after=uptime() + 60)

    assert invitation.http_status == 200
