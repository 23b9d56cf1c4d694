"""A Python that has the libraries loaded, and forks for each program that a test starts.

Half of what a short command costs is to load the same libraries once more. Only such are loaded
here as look at no setting: those of SendQ itself and its models come with each child, in the
child's own environment. A child is a process as any other: in a session of its own, with pipes,
an exit code, and signals that do to it what they always do.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Never

ROOT = Path(__file__).resolve().parent.parent
ORDER_BYTES = 200_000
LIBRARIES = (
    "croniter",
    "cryptography.fernet",
    "csp.middleware",
    "django.contrib.admin",
    "django.core.management.commands.check",
    "django.core.management.commands.migrate",
    "django.db.backends.postgresql.base",
    "environ",
    "holidays",
    "import_export.resources",
    "multiprocessing.pool",
    "nameparser",
    "openpyxl",
    "psycopg.types.json",
    "pydantic",
    "pythonjsonlogger.json",
    "requests",
    "segno",
    "tqdm",
    "urllib3",
    "webauthn",
    "whitenoise.middleware",
)


class Forked:
    """A program in a forked child; has what tests ask of a `subprocess.Popen` with text pipes."""

    returncode: int | None
    """As of a Popen: minus the signal, where one ended it; None as long as it is not known."""

    def __init__(self, arguments: tuple[str, ...], env: dict[str, str]) -> None:
        self.args, self.returncode = arguments, None
        ends = [os.pipe() for _ in range(3)]
        self._out, self._err, status = (reader for reader, _ in ends)
        writers = [writer for _, writer in ends]
        order = json.dumps({"arguments": arguments, "env": env}).encode()
        socket.send_fds(_server(), [order], writers)
        for writer in writers:
            os.close(writer)
        self._status = os.fdopen(status)
        self.pid = int(self._status.readline() or _no_answer())

    def poll(self) -> int | None:
        return self._ended_within(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; TimeoutExpired where it takes longer than so many seconds."""
        code = self._ended_within(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def _ended_within(self, seconds: float | None) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], seconds)[0]:
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Read both pipes to their ends and wait; TimeoutExpired as with `wait`."""
        give_up = time.monotonic() + timeout if timeout is not None else None
        read: dict[int, bytearray] = {self._out: bytearray(), self._err: bytearray()}
        with selectors.DefaultSelector() as selector:
            for pipe in read:
                selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                left = None if give_up is None else give_up - time.monotonic()
                if left is not None and left <= 0:
                    raise subprocess.TimeoutExpired(self.args, timeout or 0)
                for key, _ in selector.select(left):
                    if block := os.read(key.fd, 65_536):
                        read[key.fd] += block
                    else:
                        selector.unregister(key.fd)
                        os.close(key.fd)
        self.wait(timeout)
        return read[self._out].decode(), read[self._err].decode()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _no_answer() -> Never:
    raise RuntimeError("The process that forks has ended: its own error is on standard error.")


@functools.cache
def _server() -> socket.socket:
    """Start this module as a program; return where it takes orders, until this process ends."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.preloaded", str(theirs.fileno())],
        cwd=ROOT,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,  # as a child's own will be, and never read
        pass_fds=[theirs.fileno()],
        start_new_session=True,
    )
    theirs.close()

    @atexit.register
    def end() -> None:
        ours.close()
        program.communicate()

    return ours


def _serve(orders: socket.socket) -> list[str] | None:
    """Fork for each order. In a child, return its arguments; None when no more orders come."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who mind the children
    while True:
        order, fds, _, _ = socket.recv_fds(orders, ORDER_BYTES, 3)
        if not order:
            return None
        if os.fork() == 0:
            orders.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            return _child(order, *fds)
        for fd in fds:
            os.close(fd)


def _child(order: bytes, out: int, err: int, status: int) -> list[str]:
    """Fork once more: one process becomes the program, the other tells its id and its end."""
    child = os.fork()
    if child:
        os.write(status, b"%d\n" % child)
        os.close(out)
        os.close(err)
        _, how = os.waitpid(child, 0)
        os.write(status, b"%d\n" % os.waitstatus_to_exitcode(how))
        os._exit(0)
    os.close(status)
    os.setsid()
    for fd, standard in ((out, 1), (err, 2)):
        os.dup2(fd, standard)
        os.close(fd)
    told = json.loads(order)
    os.environ.clear()
    os.environ.update(told["env"])
    return list(told["arguments"])


def _become(arguments: list[str]) -> None:
    """Run what `python` does with these arguments: a file, or `-c` and a text."""
    if arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    for name in LIBRARIES:
        importlib.import_module(name)
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as orders:
        arguments = _serve(orders)
    if arguments:
        _become(arguments)
