"""Real processes of SendQ on the test's database and sandbox."""

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.db import connection
from django.utils import timezone
from django_q.models import Schedule

from sandbox.testing import Sandbox, SandboxProcess
from tests.preloaded import ROOT, Forked

Process = Forked | subprocess.Popen[str]


def environment(sandbox: Sandbox | SandboxProcess, **more: str) -> dict[str, str]:
    """Return what a process needs to work on the test's database and the sandbox."""
    database = connection.settings_dict
    url = f"postgresql://{database['USER']}@{quote(database['HOST'], safe='')}/{database['NAME']}"
    return {
        "PATH": os.environ["PATH"],
        "SEND_SPREAD_SECONDS": "0",
        "HOME": os.environ.get("HOME", "/"),
        "DATABASE_URL": url,
        "SECRET_KEY": "only for this test",
        "UNIPILE_DSN": sandbox.url,
        "UNIPILE_API_KEY": sandbox.api_key,
        **more,
    }


def let_no_job_come() -> str:
    """Put every job off; return the cron of the sending one, which comes in half an hour.

    By no more than a cluster that starts believes: what lies farther ahead it puts right.
    """
    cron = f"{(timezone.now().minute + 30) % 60} * * * *"
    Schedule.objects.update(next_run=timezone.now() + dt.timedelta(days=7))
    Schedule.objects.filter(name="process_send_queue").update(cron=cron)
    return cron


def start(env: dict[str, str], *arguments: str) -> Forked:
    """Start `manage.py` with these arguments, in a Python that has the libraries loaded already."""
    return Forked((str(ROOT / "manage.py"), *arguments), env)


def start_python(env: dict[str, str], program: str) -> Forked:
    """Start a Python program given as text, as above."""
    return Forked(("-c", program), env)


def start_anew(env: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    """Start Python itself, for tests of what it loads; in a session of its own like the others."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=env,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(*processes: Process, seconds: float = 400) -> list[str]:
    """Wait for processes and return what they printed.

    :raises AssertionError: with the error output, where one failed.
    """
    printed = []
    for process in processes:
        out, err = process.communicate(timeout=seconds)
        assert process.returncode == 0, err
        printed.append(out)
    return printed


def until(condition: Callable[[], bool], process: Process, seconds: float = 400) -> None:
    """Wait for a condition to hold; fail at once where the process ends before it does."""
    give_up = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < give_up, "nothing happened"
        time.sleep(0.1)


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Run some works at the same time, each with a connection of its own."""
    together, results = threading.Barrier(len(works)), []

    def run(work: Callable[[], Any]) -> None:
        try:
            together.wait()
            results.append(work())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
