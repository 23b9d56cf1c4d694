"""One PostgreSQL of our own: made, started, and stopped when its last user has gone.

Three locks (flock) carry everything, and the kernel drops them when a process dies, however it
dies:

- `server.lock` is held by whoever starts the server and, inherited, by every process of it. As
  long as it is held something of the server lives; free, nothing does.
- `users.lock` is held shared by every process that uses the server, for its whole life, and by the
  children that it forks.
- `watch.lock` is held by the watch: this module run as a program. It waits until `users.lock` is
  free and stops the server.

Only the standard library is used here, because the watch is a process of its own and stays small.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from sendq_site.embedded import programs
from sendq_site.embedded.programs import ServerError

__all__ = ["Cluster", "ServerError"]

MODULE = "sendq_site.embedded.server"
USER = "sendq"  # the superuser inside; the socket's folder decides who may be it
PORT = 5432  # only a part of the socket's name: the server does not listen on TCP
GRACE_SECONDS = 2.0  # commands that follow each other find the server still running
START_SECONDS = 120  # recovery after a power cut takes time
STOP_SECONDS = 60
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
LOG_BYTES = 5_000_000


class Cluster:
    """The server whose files belong to `folder`; making the object touches nothing.

    For an ordinary user everything is inside `folder`. PostgreSQL refuses to run as root: then it
    runs as `nobody`, with its data and a copy of its programs under `/var/lib/sendq`.
    `durable=False` is for tests whose data nobody will miss.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder.resolve()
        self.durable = durable
        self.account = programs.unprivileged_account()
        uid = self.account.pw_uid if self.account else os.geteuid()
        # Not TMPDIR: every process must find the same folder, and 107 bytes must be enough.
        self.socket_dir = Path(f"/tmp/sendq-{uid}-{_digest(str(self.folder))}")  # noqa: S108
        self._uid = uid
        self._lease: int | None = None
        self._thread_lock = threading.Lock()

    @cached_property
    def home(self) -> Path:
        """The folder of the locks, and of the server's own folder `cluster`."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.account is None:
            return self.folder
        # A new checkout at the path of a deleted one must not meet the old data, nor must a copy.
        name = self.folder / "id"
        with suppress(FileExistsError):
            name.symlink_to(secrets.token_hex(8))
        home = programs.ROOT_BASE / _digest(f"{self.folder} {name.readlink()}")
        programs.public_dir(programs.ROOT_BASE)
        programs.public_dir(home)
        return home

    @property
    def data(self) -> Path:
        return self.home / "cluster" / "data"

    @property
    def log(self) -> Path:
        return self.home / "cluster" / "log"

    def dsn(self, database: str = "postgres") -> str:
        """Return a libpq connection string; the socket's folder has no character to be quoted."""
        return f"host={self.socket_dir} port={PORT} user={USER} dbname={database}"

    @property
    def in_use(self) -> bool:
        """Whether this process, or the one that it was forked from, holds the server in use."""
        return self._lease is not None

    def use(self) -> None:
        """Hold the server in use until this process ends, and see that it runs.

        Raises ServerError.
        """
        with self._thread_lock:
            if self._lease is None:
                lease = self._open_lock("users.lock")
                fcntl.flock(lease, fcntl.LOCK_SH)  # waits while the watch is stopping the server
                self._lease = lease
            self._start_watch()  # before the server: a start that is interrupted leaves nothing
            self.start()

    def release(self) -> None:
        """Use the server no longer; the last user stops it, and returns when it has stopped."""
        with self._thread_lock:
            if self._lease is None:
                return
            os.close(self._lease)
            self._lease = None
            users = self._try_lock("users.lock")  # opened anew: forked children share the old one
            if users is not None:
                try:
                    self.stop()
                finally:
                    os.close(users)

    def is_running(self) -> bool:
        """Say whether any process of the server lives, be it just starting or stopping."""
        return self._is_held("server.lock")

    def is_watched(self) -> bool:
        """Say whether the watch lives; it ends with the server, a moment later."""
        return self._is_held("watch.lock")

    def answers(self) -> bool:
        """Say whether the server accepts connections."""
        done = programs.run(self.account, "pg_isready", "--quiet", "--dbname", self.dsn())
        return done.returncode == 0

    def start(self) -> None:
        """Start the server unless it runs, and return when it answers. Raises ServerError."""
        give_up = time.monotonic() + START_SECONDS
        while not self.answers():
            lock = self._try_lock("server.lock")
            if lock is not None:
                try:
                    self._start_holding(lock)
                finally:
                    os.close(lock)
            elif time.monotonic() > give_up:
                raise ServerError(
                    f"PostgreSQL has not answered for {START_SECONDS} s.{self._log_tail()}"
                )
            else:
                time.sleep(0.05)

    def stop(self, mode: str = "fast") -> None:
        """Stop the server if it runs; `immediate` is a crash that the next start recovers from."""
        if self.is_running() and (self.data / "postmaster.pid").exists():
            done = self._pg_ctl("stop", "--mode", mode, "--timeout", str(STOP_SECONDS))
            if done.returncode != 0 and self.is_running():
                raise ServerError(f"PostgreSQL did not stop: {done.stdout}{self._log_tail()}")
        with suppress(OSError):
            self.socket_dir.rmdir()

    def restart(self) -> None:
        self.stop()
        self.start()

    def _start_holding(self, lock: int) -> None:
        self._make_folders()
        if not self.data.exists():
            self._initdb(lock)
        self._drop_stale_pid_files()
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old"))
        settings = SETTINGS | {"unix_socket_directories": str(self.socket_dir)}
        if not self.durable:
            settings |= NOT_DURABLE
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        done = self._pg_ctl(
            "start", "--log", str(self.log), "--timeout", str(START_SECONDS), "-o", options, fd=lock
        )
        if done.returncode != 0:
            raise ServerError(f"PostgreSQL does not start: {done.stdout}{self._log_tail()}")

    def _make_folders(self) -> None:
        self._private_dir(self.home / "cluster")
        self._private_dir(self.socket_dir)
        if self.account:
            (self.home / "origin").write_text(f"{self.folder}\n")

    def _private_dir(self, path: Path) -> None:
        """Make `path` for the server's user alone; refuse one that somebody else has made."""
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
            if self.account:
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        found = path.lstat()
        mode = stat.S_IMODE(found.st_mode)
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self._uid or mode & 0o077:
            raise ServerError(
                f"{path} must be a folder that only user {self._uid} may enter, but it belongs to "
                f"user {found.st_uid} with mode {mode:04o}. Remove it if it is not in use."
            )

    def _initdb(self, lock: int) -> None:
        """Make the data beside its place and move it there: what is in place is complete."""
        for leftover in self.data.parent.glob("new-*"):
            shutil.rmtree(leftover)
        draft = self.data.parent / f"new-{secrets.token_hex(4)}"
        options = [] if self.durable else ["--no-sync"]
        done = programs.run(
            self.account,
            "initdb",
            *("--pgdata", str(draft), "--username", USER, "--encoding", "UTF8"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
            *("--auth-local", "trust", "--auth-host", "reject", "--no-instructions", *options),
            fd=lock,
        )
        if done.returncode != 0:
            raise ServerError(f"initdb failed:\n{done.stdout}")
        draft.rename(self.data)

    def _drop_stale_pid_files(self) -> None:
        """Remove what a crash left, if its process id belongs to no server on these data.

        PostgreSQL alone would refuse to start where another process of the user has got the number
        since, or where nobody has reaped the dead one, as in many containers. A server's working
        directory is its data; a zombie has none.
        """
        path = self.data / "postmaster.pid"
        if not path.exists() or not Path("/proc/self/cwd").exists():
            return
        pid = path.read_text().partition("\n")[0]
        try:
            stale = not Path(f"/proc/{pid}/cwd").samefile(self.data)
        except OSError:
            stale = True
        if stale:
            path.unlink()
            (self.socket_dir / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _start_watch(self) -> None:
        lock = self._try_lock("watch.lock")
        if lock is None:
            return
        # The shell leaves at once, so the watch is nobody's child; it shares no terminal or pipe.
        with (self.home / "watch.log").open("w") as log:
            watch = [
                sys.executable,
                "-m",
                "sendq_site.embedded.server",
                str(self.folder),
                str(lock),
            ]
            subprocess.run(  # noqa: S603
                ["/bin/sh", "-c", '"$@" &', "sh", *watch],
                check=True,
                cwd=Path(__file__).parents[2],
                env={},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(lock,),
            )
        os.close(lock)

    def watch(self, watching: int) -> None:
        """Stop the server when no process has used it for a while. `watching`: its lock, held."""
        users = self._open_lock("users.lock")
        while True:
            fcntl.flock(users, fcntl.LOCK_EX)  # sleeps in the kernel as long as there are users
            fcntl.flock(users, fcntl.LOCK_UN)
            grace_over = time.monotonic() + GRACE_SECONDS
            while self.is_running() and time.monotonic() < grace_over:
                time.sleep(0.1)
            with suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
        self.stop()
        os.close(watching)  # before `users`: whoever comes next sees that it needs a watch
        os.close(users)

    def _open_lock(self, name: str) -> int:
        return os.open(self.home / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _try_lock(self, name: str) -> int | None:
        lock = self._open_lock(name)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        return lock

    def _is_held(self, name: str) -> bool:
        lock = self._try_lock(name)
        if lock is None:
            return True
        os.close(lock)
        return False

    def _pg_ctl(
        self, command: str, *args: str, fd: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        options = ("--silent", "--pgdata", str(self.data))
        return programs.run(self.account, "pg_ctl", command, *options, *args, fd=fd)

    def _log_tail(self) -> str:
        if not self.log.is_file():
            return ""
        lines = self.log.read_text(errors="replace").splitlines()[-15:]
        return "\n".join(["", f"The last lines of {self.log}:", *lines])


def _digest(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()[:16]


if __name__ == "__main__":
    Cluster(Path(sys.argv[1])).watch(int(sys.argv[2]))
