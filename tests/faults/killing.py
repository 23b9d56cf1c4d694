"""Runs of the queue in forked children, which are killed at a named point or at any instant.

Forking a process that has Django loaded makes a kill cheap. A child never shares a connection with
its parent, and its end by SIGKILL runs nothing: no handler, no rollback, no `finally`.
"""

import datetime as dt
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, Never

from django.db import connections
from django.utils import timezone

from queueing.models import ProcessRun
from queueing.sending import calls, claiming, recording, runs, together
from queueing.unipile import Version, connect
from queueing.unipile.v1.client import V1Client
from queueing.unipile.v2.client import V2Client

Clock = Callable[[], dt.datetime]


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(module: Any, name: str) -> None:
    real = getattr(module, name)

    def dying(*args: Any, **kwargs: Any) -> Any:
        _die()
        return real(*args, **kwargs)

    setattr(module, name, dying)


def after(module: Any, name: str) -> None:
    real = getattr(module, name)

    def dying(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        if result not in (None, False, []):
            _die()
        return result

    setattr(module, name, dying)


def after_call(name: str) -> None:
    """Die when a call of Unipile has been answered, whichever version speaks."""
    for client in (V1Client, V2Client):
        after(client, name)


# Of one answer, and of several that came at the same instant.
RECORD = [(recording, "record"), (together, "record_sent")]
RECORD_ITEMS = [(recording, "_record_item"), (together, "_record_items")]


def each(dies: Callable[[Any, str], None], places: list[tuple[Any, str]]) -> None:
    for module, name in places:
        dies(module, name)


# Where a run can die: the promise must hold at each of these instants.
POINTS: dict[str, Callable[[], None]] = {
    "before the claim is committed": lambda: after(claiming, "_take"),
    "after the claim": lambda: after(claiming, "claim_all"),
    "before the call": lambda: before(calls, "make"),
    "after the effect": lambda: after_call("invite"),
    "before the record": lambda: each(before, RECORD),
    "in the record, before its commit": lambda: each(after, RECORD_ITEMS),
    "after the record": lambda: each(after, RECORD),
    "before the run is noted as ended": lambda: before(runs, "_finish"),
}


def run_in_child(
    url: str,
    api_key: str,
    clock: Clock = timezone.now,
    prepare: Callable[[], None] = lambda: None,
    api: str = Version.V1,
) -> int:
    """Fork a child that makes one run; return its process id."""
    connections.close_all()
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        assert all(each.connection is None for each in connections.all()), "shared with the parent"
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        prepare()
        runs.run(ProcessRun.Trigger.COMMAND, clock, client=connect(url, api_key, api))
        status = 0
    finally:
        _end_child(status)


def _end_child(status: int) -> Never:
    """End this process whatever comes: beyond here it would be a second test run."""
    try:
        if status:  # there is nobody to raise it to: pytest shows it with the failure
            traceback.print_exc()
            sys.stderr.flush()
    finally:
        os._exit(status)


def ended(child: int, seconds: float = 400) -> int:
    """Wait for a child and return the signal that ended it, or 0.

    :raises AssertionError: where it ended with an error of its own, or not in time.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            if os.WIFSIGNALED(status):
                return os.WTERMSIG(status)
            assert os.WEXITSTATUS(status) == 0, "the run ended with an error"
            return 0
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise AssertionError("the run did not end in time")


def kill_at(
    point: str, url: str, api_key: str, clock: Clock = timezone.now, api: str = Version.V1
) -> int:
    """Make a run that dies at a named point; return the signal it ended by."""
    return ended(run_in_child(url, api_key, clock, POINTS[point], api))


def kill_at_random(
    chance: random.Random,
    url: str,
    api_key: str,
    clock: Clock = timezone.now,
    api: str = Version.V1,
) -> int:
    """Make a run and kill it within its first 120 ms or so; return the signal it ended by."""
    child = run_in_child(url, api_key, clock, api=api)
    time.sleep(chance.random() * 0.12)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
