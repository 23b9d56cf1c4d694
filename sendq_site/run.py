"""What `make run` starts: the database, one run of the queue, then the site until Ctrl-C.

The programs come from the Procfile. Each is in a session of its own, so that Ctrl-C and a closed
terminal reach this process alone, which stops the others in order. If it is killed itself, their
leashes (leash.py) and the database's watch end them.
"""

import fcntl
import json
import multiprocessing
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import honcho.manager
import honcho.printer
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from honcho.environ import parse_procfile

from sendq_site.embedded.server import Cluster, ServerError

LEASH = Path(__file__).with_name("leash.py")
STOP_SECONDS = 10  # a call in flight is given so long to end


class StartError(Exception):
    """SendQ cannot start or go on; the text says why and what to do."""


def main() -> int:
    """Run SendQ. Returns 0 after Ctrl-C, SIGTERM or SIGHUP, else 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sendq_site.settings")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with ExitStack() as stack:
            try:
                return _run(stack)
            finally:
                _go_deaf()  # a second Ctrl-C must not cut short what ends by itself in time
    except KeyboardInterrupt:
        return 0
    except (StartError, ServerError, ImproperlyConfigured) as error:
        sys.stderr.write(f"SendQ: {error}\n")
        return 1


def _run(stack: ExitStack) -> int:
    settings.DATA_DIR.mkdir(mode=0o700, exist_ok=True)
    port = os.environ.get("PORT") or "8000"
    if not os.environ.get("SITE_URL") and not settings.SERVED_TO_OTHERS:
        os.environ["SITE_URL"] = f"http://127.0.0.1:{port}"
    lock = settings.DATA_DIR / "run.lock"
    cluster = Cluster(settings.DATA_DIR / "postgres")
    if settings.ON_TRIAL:
        stack.callback(_let_go, cluster)  # happens last, when the leashes are gone
    stack.enter_context(_only_run(lock, port))
    _check_port(port)
    if settings.ON_TRIAL:
        cluster.use()
    procfile = parse_procfile((settings.BASE_DIR / "Procfile").read_text())
    commands = {name: _on_leash(command, lock) for name, command in procfile.processes.items()}
    sandbox_command = commands.pop("sandbox")
    sandbox = None
    if not settings.UNIPILE_DSN:
        sandbox = stack.enter_context(_sandbox(sandbox_command))
    _prepare()
    return _serve(commands, port, sandbox)


def _go_deaf() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _let_go(cluster: Cluster) -> None:
    """Stop the database, unless others still use it, and see its watch end."""
    cluster.release()
    give_up = time.monotonic() + 3
    while not cluster.is_running() and cluster.is_watched() and time.monotonic() < give_up:
        time.sleep(0.02)


@contextmanager
def _only_run(path: Path, port: str) -> Iterator[None]:
    """Hold the lock that says that this checkout is served; leashes wait for it."""
    with path.open("a+") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise StartError(
                f"this checkout runs already: {lock.read().strip()}. Use that, or stop it first."
            ) from error
        lock.truncate(0)
        lock.write(f"process {os.getpid()} serves http://127.0.0.1:{port}/admin/")
        lock.flush()
        yield


def _check_port(text: str) -> None:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise StartError(f"PORT is {text!r}: it must be a number from 1 to 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn does
        try:
            probe.bind(("127.0.0.1", int(text)))
        except OSError as error:
            raise StartError(
                f"port {text} of 127.0.0.1 cannot be had ({error.strerror}). Stop what uses it, or "
                "set PORT to another one: make run PORT=8001"
            ) from error


def _environment(**more: str) -> dict[str, str]:
    """Return ours, in which the programs of our Python come first and print line by line."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return os.environ | {"PATH": path, "PYTHONUNBUFFERED": "1"} | more


def _on_leash(command: str, lock: Path) -> str:
    leash = shlex.join([sys.executable, "-I", str(LEASH), str(lock)])
    return f"{leash} </dev/null >/dev/null 2>&1 & exec {command}"


@contextmanager
def _ended_afterwards(process: "subprocess.Popen[str]") -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _sandbox(command: str) -> Iterator["subprocess.Popen[str]"]:
    """Start the stand-in for Unipile on a free port; say where it is as long as it runs."""
    key = secrets.token_urlsafe(24)
    process = subprocess.Popen(  # noqa: S602 - a line of the Procfile, as honcho runs it
        command,
        shell=True,
        cwd=settings.BASE_DIR,
        env=_environment(SANDBOX_PORT="0", SANDBOX_API_KEY=key),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process, _ended_afterwards(process):
        assert process.stdout is not None  # noqa: S101 - asked for above
        line = process.stdout.readline()
        if not line.startswith("sandbox listening on "):
            raise StartError(f"the sandbox did not start: it said {line!r}.")
        draft = settings.SANDBOX_FILE.with_suffix(".new")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps({"url": line.split()[-1], "api_key": key}))
        draft.replace(settings.SANDBOX_FILE)
        try:
            yield process
        finally:
            settings.SANDBOX_FILE.unlink(missing_ok=True)


def _prepare() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "sendq_site.prepare"],
        cwd=settings.BASE_DIR,
        env=_environment(),
        text=True,
        start_new_session=True,
    )
    with _ended_afterwards(process):
        if process.wait() != 0:
            raise StartError("the database could not be made ready, or the first run failed.")


class _Printer(honcho.printer.Printer):  # type: ignore[misc]
    """Honcho's, which says once that the site is up, and survives the end of its terminal."""

    def __init__(self, greeting: str) -> None:
        super().__init__(sys.stdout)
        self._greeting = greeting

    def write(self, message: Any) -> None:
        try:
            super().write(message)
            if self._greeting and message.name == "web" and b"Listening at" in message.data:
                sys.stdout.write(self._greeting)
                sys.stdout.flush()
                self._greeting = ""
        except OSError:  # nobody reads us any more: stop, and go on silently
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            os.kill(os.getpid(), signal.SIGTERM)


class _LeadersFirst:
    """Signals for honcho: SIGTERM to a program alone, for it knows how to end its workers."""

    def terminate(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)

    def kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


def _serve(commands: dict[str, str], port: str, sandbox: "subprocess.Popen[str] | None") -> int:
    """Run the programs until one ends or a signal ends all. Returns an exit code."""
    greeting = f"SendQ is at http://127.0.0.1:{port}/admin/ - Ctrl-C stops it.\n"
    multiprocessing.set_start_method("fork", force=True)
    honcho.manager.KILL_WAIT = STOP_SECONDS
    manager = honcho.manager.Manager(_Printer(greeting))
    manager._procmgr = _LeadersFirst()
    for name, command in commands.items():
        manager.add_process(name, command, env=_environment(PORT=port), cwd=settings.BASE_DIR)
    ours, on_terminal = os.getpid(), os.isatty(0)

    def watch(number: int, frame: FrameType | None) -> None:
        if os.getpid() != ours:
            return  # honcho's children inherit this; they end when their program does
        hung_up = number == signal.SIGHUP or (on_terminal and not os.isatty(0))
        if hung_up or (sandbox and sandbox.poll() is not None):
            os.kill(ours, signal.SIGTERM)

    signal.signal(signal.SIGHUP, watch)
    signal.signal(signal.SIGALRM, watch)
    signal.setitimer(signal.ITIMER_REAL, 1, 1)  # SIGHUP may have gone to `make` alone
    manager.loop()
    for child in multiprocessing.active_children():
        child.join()  # they share our hold on the database
    if sandbox and sandbox.poll() is not None:
        raise StartError("the sandbox has ended by itself.")
    return 0 if manager.returncode in (130, 143) else 1


if __name__ == "__main__":
    sys.exit(main())
