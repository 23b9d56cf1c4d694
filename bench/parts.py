"""What measurements share: Django on a database of its own, the server, processes, the peers."""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import django

ROOT = Path(__file__).resolve().parent.parent
HERE = ROOT / "bench"
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "sendq_site.settings"
django.setup()

from django.db import connection
from django.test.utils import setup_databases, teardown_databases


@contextmanager
def a_database() -> Iterator[None]:
    """Make a database of this run's own, and drop it."""
    connection.settings_dict["TEST"]["NAME"] = f"bench_{os.getpid()}"  # others may run beside it
    made = setup_databases(verbosity=0, interactive=False)
    try:
        yield
    finally:
        teardown_databases(made, verbosity=0)


class Server:
    """The server, in a process of its own."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self._address = address

    def __enter__(self) -> "Server":
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "server.py"), self._address],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.wait()

    def reset(self, delay: float) -> None:
        self._ask(f"/reset?delay={delay}", b"")

    def counted(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("/")
        return found

    def _ask(self, path: str, data: bytes | None = None) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data) as answer:
            return json.load(answer)


def _install(folder: Path, pinned: Path) -> None:
    """Make an environment with what a file of requirements names."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q"]
    subprocess.run([*pip, "--disable-pip-version-check", "-r", str(pinned)], check=True)


@contextmanager
def checked_out(commit: str | None) -> Iterator[Path | None]:
    """Check a commit out, with what it depends on, and remove both again; None for none."""
    if commit is None:
        yield None
        return
    git = ["git", "-C", str(ROOT), "worktree"]
    with TemporaryDirectory() as folder:
        there = Path(folder) / "sendq"
        subprocess.run([*git, "add", "--quiet", "--detach", str(there), commit], check=True)
        try:
            _install(there / ".venv", there / "requirements.lock")
            yield there
        finally:
            subprocess.run([*git, "remove", "--force", str(there)], check=True)


@dataclass(frozen=True)
class Ran:
    """How one process ran."""

    seconds: float
    megabytes: float
    cpu_seconds: float


def run(argv: list[str], env: dict[str, str], cwd: Path = ROOT) -> Ran:
    """Run a process to its end.

    :raises SystemExit: with what it said, where it failed.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        argv, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    watch = _MemoryWatch(process.pid)
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    watch.end()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(argv)} failed:\n{said}")
    return Ran(took, watch.megabytes, used.ru_utime + used.ru_stime)


class _MemoryWatch(threading.Thread):
    """Looks at what a process and its children hold: the kernel's own figure begins with ours."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._ended, self.megabytes = pid, threading.Event(), 0.0
        self.start()

    def run(self) -> None:
        while not self._ended.wait(0.1):
            try:
                self.megabytes = max(self.megabytes, self._of(self._pid))
            except OSError:  # it has ended
                return

    def end(self) -> None:
        self._ended.set()
        self.join()

    def _of(self, pid: int) -> float:
        told = Path(f"/proc/{pid}/smaps_rollup").read_text()
        own = next(int(line.split()[1]) / 1024 for line in told.splitlines() if "Pss:" in line)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return own + sum(self._of(int(child)) for child in children)


def environment(port: int) -> dict[str, str]:
    """Return what a SendQ process needs to work on this run's database and server."""
    database = connection.settings_dict
    host = quote(database["HOST"], safe="")
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"postgresql://{database['USER']}@{host}/{database['NAME']}",
        "SECRET_KEY": "only for this measurement",
        "UNIPILE_DSN": f"http://127.0.0.1:{port}",
        "UNIPILE_API_KEY": "none",
        "SEND_SPREAD_SECONDS": "0",
        "PYTHONDONTWRITEBYTECODE": "",
    }


class Peers:
    """Other people's queues, in an environment of their own, each with a database on our server."""

    def __init__(self) -> None:
        self.python = ROOT / ".data" / "bench-peers" / "bin" / "python"
        pinned = HERE / "peers" / "requirements.txt"
        noted = self.python.parent.parent / "installed.txt"
        if not noted.is_file() or noted.read_text() != pinned.read_text():
            _install(self.python.parent.parent, pinned)
            noted.write_text(pinned.read_text())

    def argv(self, peer: str, what: str, number: int = 0) -> list[str]:
        return [str(self.python), str(HERE / "peers" / f"by_{peer}.py"), what, str(number)]

    def environment(self, peer: str, port: int, senders: int) -> dict[str, str]:
        name, host = f"bench_{peer}", str(connection.settings_dict["HOST"])
        return {
            "PATH": os.environ["PATH"],
            "BENCH_PORT": str(port),
            "BENCH_SENDERS": str(senders),
            "BENCH_DSN": f"host={host} port=5432 user=sendq dbname={name}",
            "BENCH_DSN_NAME": name,
            "BENCH_DSN_HOST": host,
        }

    def fill(self, peer: str, port: int, number: int) -> None:
        """Give a peer that much work, in a database that has nothing else."""
        if peer == "requests":
            return
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS bench_{peer} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE bench_{peer}")
        run(self.argv(peer, "fill", number), self.environment(peer, port, 1))
        with connection.cursor() as cursor:
            cursor.execute("CHECKPOINT")

    def drop(self) -> None:
        with connection.cursor() as cursor:
            for peer in ("procrastinate", "post_office"):
                cursor.execute(f"DROP DATABASE IF EXISTS bench_{peer} WITH (FORCE)")


def median(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


def table(head: list[str], rows: list[list[str]]) -> None:
    """Print a table in Markdown."""
    for row in (head, ["---"] * len(head), *rows):
        print("| " + " | ".join(row) + " |", flush=True)
